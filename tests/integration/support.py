"""What the integration tests share: the program, a server of their own, and a client of its API.

The program is named by PARLOUR (default build/release/parlour below the repository). With
PARLOUR_TEST_SMALL=1, for a build with sanitizers, the tests do less of the same.
"""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse

import openapi

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("PARLOUR", str(TOP / "build/release/parlour"))
SHARED_DATA = TOP.parent / "shared" / "data"
SMALL = os.environ.get("PARLOUR_TEST_SMALL", "") not in ("", "0")
DEADLINE_SECONDS = 300 if SMALL else 120


def run(*args, timeout=DEADLINE_SECONDS, env=None):
    """Runs the program to its end; stdout and stderr are bytes."""
    words = [PROGRAM, *[str(word) for word in args]]
    return subprocess.run(words, capture_output=True, timeout=timeout, check=False, env=env)


def wait_until(condition, what, seconds=DEADLINE_SECONDS):
    """Waits for a condition; its first true value is the result."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        pause.wait(0.01)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def replayed(self):
        return self.headers.get("Idempotency-Replayed") == "true"


class Api:
    """One keep-alive connection. Every failure of the network is an OSError."""

    def __init__(self, url, token):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(
            parts.hostname, parts.port, timeout=DEADLINE_SECONDS)
        self.token = token
        self.session = {}  # of a log-in: the cookie and the token against other sites
        self.position = 0  # the highest that was acknowledged here: reads wait for it
        self.patient = False  # asks again for as long as it is told 503

    def request(self, method, path, *body, **more):
        """Every answer is held to schemas/openapi.yaml, but for one to a request that is malformed
        as HTTP, which no route sees: described=False."""
        end = time.monotonic() + DEADLINE_SECONDS
        while True:
            answer = self.request_once(method, path, *body, **more)
            if answer.status != 503 or not self.patient or time.monotonic() > end:
                return answer
            threading.Event().wait(0.1)

    def request_once(self, method, path, body=None, headers=None, key=None, described=True):
        value = body if isinstance(body, dict) else None
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        sent.update(self.session)
        if body is not None:
            sent["Content-Type"] = "application/json"
        if key is not None:
            sent["Idempotency-Key"] = key
        sent.update(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False)
        if isinstance(body, str):
            body = body.encode()
        try:
            self.connection.request(method, path, body=body, headers=sent)
            response = self.connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except http.client.HTTPException as error:
            self.connection.close()
            raise ConnectionError(str(error)) from error
        except OSError:
            self.connection.close()
            raise
        if described:
            openapi.contract().check(method, path, answer, sent=value)
        if answer.status == 201:
            position = answer.json.get("position", 0)
            # A visitor's says nothing of an order.
            self.position = max(self.position, position if isinstance(position, int) else 0)
        return answer

    def log_in(self, email, password, **more):
        """Logs in to a portal; what follows on this connection is asked by that account."""
        answer = self.post("/api/v1/sessions", {"email": email, "password": password, **more})
        if answer.status == 201:
            self.session = {"Cookie": answer.headers["Set-Cookie"].split(";")[0],
                            "X-CSRF-Token": answer.json["csrf_token"]}
        return answer

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body, key=None):
        return self.request("POST", path, body=body, key=key)

    def open(self, name="Ada Example", email=None, expert=None, key=None):
        body = {"visitor": {"name": name}}
        if email is not None:
            body["visitor"]["email"] = email
        if expert is not None:
            body["expert"] = expert
        answer = self.post("/api/v1/conversations", body, key=key or secrets.token_hex(8))
        if answer.status != 201:
            raise AssertionError(f"opening a conversation: {answer.status} {answer.body!r}")
        return answer.json

    def send(self, conversation, text, author="visitor", key=None):
        return self.post(messages_path(conversation), {"author": author, "text": text},
                         key=key or secrets.token_hex(8))

    def messages(self, conversation, position=None):
        """All messages of a conversation, page by page, once the view has come to the position."""
        items = []
        position = self.position if position is None else position
        path = f"{messages_path(conversation)}?limit=200&min_position={position}"
        while path:
            answer = self.get(path)
            if answer.status != 200:
                raise AssertionError(f"reading messages: {answer.status} {answer.body!r}")
            items += answer.json["items"]
            path = answer.json.get("next")
        return items

    def texts(self, conversation):
        return [item["text"] for item in self.messages(conversation)]


def messages_path(conversation):
    return f"/api/v1/conversations/{conversation}/messages"


def free_port():
    """Below those of ops/kafka and those that the system gives to whoever asks for any."""
    while True:
        port = 10_000 + secrets.randbelow(10_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class Folder:
    """A data folder in a temporary folder of its own, and the programs that run on it.

    `parent` is where the temporary folder lies, if not where they usually do.
    """

    def __init__(self, parent=None):
        self.top = pathlib.Path(tempfile.mkdtemp(prefix="parlour-test-", dir=parent))
        self.data = self.top / "data"
        self.keys = self.top / "data.keys"
        self.master = self.top / "data.master"
        self.server = None
        self.logs = []
        self.port = free_port()
        self.connections = []

    def close(self):
        for connection in self.connections:
            connection.close()
        with contextlib.suppress(ProcessLookupError):
            self.kill()
        shutil.rmtree(self.top, ignore_errors=True)

    @property
    def demo(self):
        return json.loads((self.data / "demo.json").read_bytes())

    @property
    def tenant(self):
        return self.demo["tenant"]

    def start(self, *args, demo=True):
        """Starts the server and waits for it; the port stays the same from start to start."""
        log = self.top / f"server-{len(self.logs)}"
        self.logs += [log.with_suffix(".out"), log.with_suffix(".err")]
        words = [PROGRAM, "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}"]
        words += ["--demo"] if demo else []
        with open(self.logs[-2], "wb") as out, open(self.logs[-1], "wb") as err:
            self.server = subprocess.Popen([*words, *args], stdout=out, stderr=err)
        line = wait_until(self.listening_line, "the server listens")
        self.port = urllib.parse.urlsplit(line.split()[-1]).port
        return self

    def listening_line(self):
        if self.server.poll() is not None:
            raise AssertionError(f"the server ended with {self.server.returncode}: "
                                 f"{self.logs[-1].read_text(errors='replace')}")
        for line in self.logs[-2].read_text().splitlines():
            if line.startswith("listening on "):
                return line
        return None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def api(self, token=None):
        made = Api(self.url, self.demo["api_token"] if token is None else token)
        self.connections.append(made.connection)
        return made

    def portal(self, person=None):
        """The API as a person of demo.json has it after logging in; the admin if none is named."""
        person = person or self.demo["admin"]
        made = self.api(token="")
        answer = made.log_in(person["email"], person["password"])
        if answer.status != 201:
            raise AssertionError(f"logging in: {answer.status} {answer.body!r}")
        return made

    def kill(self):
        """Ends the server as a power cut would."""
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.server = None

    def stop(self):
        """Ends the server in order; gives its exit code. That of one which breaks off is none."""
        self.server.send_signal(signal.SIGTERM)
        code = self.server.wait(timeout=DEADLINE_SECONDS)
        self.server = None
        if code < 0:
            raise AssertionError(f"the server ended by signal {-code}: "
                                 f"{self.logs[-1].read_text(errors='replace')[-3000:]}")
        return code

    def replay(self, *args, unseal=True, data=None, tenant=None):
        """The lines of `parlour replay` as objects."""
        reason = ["--unseal", "--reason", "test"] if unseal else []
        done = run("replay", "--data", data or self.data, "--tenant", tenant or self.tenant,
                   "--format", "json", *reason, *args)
        if done.returncode != 0:
            raise AssertionError(f"replay ended with {done.returncode}: {done.stderr!r} "
                                 f"{done.stdout[-300:]!r}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def stats(self):
        done = run("stats", "--data", self.data, "--format", "json")
        if done.returncode != 0:
            raise AssertionError(f"stats ended with {done.returncode}: {done.stderr!r}")
        return json.loads(done.stdout)

    def import_command(self, *files, concurrency=16, args=()):
        return [PROGRAM, "import", *[str(file) for file in files], "--server", self.url,
                "--token", self.demo["api_token"], "--concurrency", str(concurrency), *args]

    def import_files(self, *files, concurrency=16, args=(), timeout=DEADLINE_SECONDS):
        """Runs an import to its end: exit code, the counts of its last line, its stderr."""
        done = subprocess.run(self.import_command(*files, concurrency=concurrency, args=args),
                              capture_output=True, timeout=timeout, check=False)
        lines = done.stdout.splitlines()
        return done.returncode, json.loads(lines[-1]) if lines else None, done.stderr.decode()


class ServerCase(unittest.TestCase):
    """A case with a server of its own. `folder` and `api` are ready."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.folder.start()
        self.api = self.folder.api()

    def assert_one_line(self, output):
        text = output.decode() if isinstance(output, bytes) else output
        self.assertEqual(len(text.strip().splitlines()), 1, text)

    def assert_problem(self, answer, status, code=None):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers.get("Content-Type"), "application/problem+json")
        self.assertEqual(answer.json["status"], status)
        self.assertTrue(answer.json["title"])
        if code is not None:
            self.assertEqual(answer.json["code"], code)


def conversations_of(events):
    """The messages of a replay by conversation: id -> [(author, text), ...]."""
    found = collections.defaultdict(list)
    for event in events:
        if event["type"] == "ConversationOpened":
            found[event["stream"]] += []
        elif event["type"] == "MessageSent":
            found[event["stream"]].append((event["fields"]["author"], event["fields"]["text"]))
        elif event["type"] == "OfflineMessageLeft":
            found[event["stream"]].append(("visitor", event["fields"]["text"]))
    return dict(found)


def messages_of_line(line):
    """What an import makes of one line of a file."""
    author = {"customer": "visitor", "expert": "expert"}
    return tuple((author[turn["speaker"]], turn["text"]) for turn in json.loads(line)["turns"]
                 if turn["speaker"] in author)


def made_up_line(identity, turns, seed=0):
    """A conversation in the form of the files, with texts of many kinds."""
    tails = ["", " Grüße", " 😀 ☕", " line\nline", " \u202eturned", " \"quoted\\", " 日本語", "\t"]
    speakers = ["customer", "expert", "customer", "action"]
    return json.dumps({
        "id": identity, "set": "made-up", "lang": "en",
        "turns": [{"speaker": speakers[i % 4],
                   "text": f"{identity} says {i}{tails[(i + seed) % len(tails)]}"}
                  for i in range(turns)],
        "customer": {"name": f"Person {seed}", "email": f"person{seed}@example.org"},
    }, ensure_ascii=seed % 2 == 0)
