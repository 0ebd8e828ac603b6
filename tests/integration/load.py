"""Clients that work on a cluster while something is done to it, and what they saw of it, checked.

    load = Load(case, nodes)            # writers, rivals, a reader and a follower, at random nodes
    load.wait_progress()
    ...                                 # kill, stop, pause something
    load.wait_progress()
    load.check(nodes)                   # ends them; no anomaly, nothing but 503 was answered
"""

import collections
import contextlib
import itertools
import random
import secrets
import socket
import threading
import time

from history import History, check
from support import SMALL, messages_path, wait_until
from websocket import Closed, Live

RETRYABLE = {503}
ANSWER_SECONDS = 20 if SMALL else 5  # after which a client gives a node up: it may hang
PAUSE_SECONDS = 0.02
NOTHING = (OSError, AssertionError, Closed, KeyError, ValueError)  # a node that is not well


class Client(threading.Thread):
    """Does its step again and again, at one node after the other, and counts the answers."""

    def __init__(self, load, name):
        super().__init__(daemon=True)
        self.load = load
        self.name = name
        self.answers = collections.Counter()
        self.done = 0  # steps that were answered
        self.longest_gap = 0.0
        self.running = True
        self.apis = {}
        self.random = random.Random(name)

    @property
    def history(self):
        return self.load.history

    def api(self):
        node = self.random.choice(self.load.nodes)
        if node.url not in self.apis:
            made = node.api()
            made.patient = False  # it counts what it is told
            made.connection.timeout = ANSWER_SECONDS
            self.apis[node.url] = made
        return self.apis[node.url]

    def asked(self, ask):
        """The answer to it, or None; counted."""
        try:
            answer = ask(self.api())
        except OSError:
            self.answers["none"] += 1
            return None
        self.answers[answer.status] += 1
        return answer

    def definite(self, ask):
        """Asks with one key until there is an answer that will stay."""
        while self.running:
            answer = self.asked(ask)
            if answer is not None and answer.status not in RETRYABLE:
                return answer
            threading.Event().wait(PAUSE_SECONDS)
        return None

    def run(self):
        last = time.monotonic()
        while self.running:
            if not self.step():
                threading.Event().wait(PAUSE_SECONDS)
                continue
            self.done += 1
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - last)
            last = now

    def step(self):
        raise NotImplementedError

    def stop(self):
        self.running = False

    def unexpected(self):
        return set(self.answers) - {200, 201, 412, "none"} - RETRYABLE


class Writer(Client):
    """Sends numbered messages to one conversation, each until it is acknowledged."""

    def __init__(self, load, number):
        super().__init__(load, f"writer {number}")
        self.conversation = load.opened(self.name)
        self.acknowledged = []  # texts, in order

    def step(self):
        text = f"{self.name}: {self.done}"
        op = self.history.append(self.name, self.conversation, text)
        answer = self.definite(lambda api: api.send(
            self.conversation, text, key=f"{self.conversation} {text}"))
        if answer is None:
            return False
        if answer.status != 201:
            op.fail()
            return False
        op.ok(answer.json["position"], version_of(answer))
        self.acknowledged.append(text)
        return True


class Rival(Client):
    """Sends to a conversation that others send to as well, each time expecting its version."""

    def __init__(self, load, number, conversation):
        super().__init__(load, f"rival {number}")
        self.conversation = conversation
        self.version = 0
        self.numbers = itertools.count()

    def step(self):
        text = f"{self.name}: {next(self.numbers)}"
        op = self.history.append(self.name, self.conversation, text, expected=self.version)
        answer = self.definite(lambda api: api.request(
            "POST", messages_path(self.conversation), {"author": "visitor", "text": text},
            key=f"{self.conversation} {text}", headers={"If-Match": f'"{op.expected}"'}))
        if answer is None:
            return False
        if answer.status == 201:
            self.version = version_of(answer)
            op.ok(answer.json["position"], self.version)
        elif answer.status == 412:
            self.version = version_of(answer)
            op.conflict(self.version)
        else:
            op.fail()
            return False
        # Else whoever won last goes on winning.
        threading.Event().wait(self.random.random() * PAUSE_SECONDS)
        return True


class Reader(Client):
    """Reads one conversation from its beginning, waiting for what it has read before."""

    def __init__(self, load, conversation):
        super().__init__(load, "reader")
        self.conversation = conversation
        self.position = 0

    def step(self):
        found = self.load.pages(self, self.conversation, self.position)
        if found is None:
            return False
        self.history.read(self.name, self.conversation, found)
        self.position = max([self.position, *(position for position, _, _ in found)])
        threading.Event().wait(10 * PAUSE_SECONDS)
        return True


class Follower(Client):
    """Hears a conversation live, at the next node from where it was."""

    def __init__(self, load, conversation):
        super().__init__(load, "follower")
        self.conversation = conversation
        self.position = None
        self.heard = []
        self.sockets = 0
        self.live = None

    def step(self):
        api = self.api()
        try:
            self.live = Live(api, f"http://{api.connection.host}:{api.connection.port}",
                             timeout=ANSWER_SECONDS)
        except NOTHING:
            return False
        self.sockets += 1
        try:
            self.live.subscribe(f"conversation:{self.conversation}", self.position)
            while self.running:
                self.take(self.live.receive())
        except NOTHING:
            return False
        finally:
            self.live.close()
        return True

    def stop(self):
        super().stop()
        if self.live is not None:
            with contextlib.suppress(OSError):
                self.live.web.socket.shutdown(socket.SHUT_RDWR)

    def take(self, frame):
        event = frame.get("event", {})
        if event.get("type") != "message":
            return
        self.position = frame["position"]
        self.heard.append(event["text"])
        self.done += 1
        self.history.read(self.name, self.conversation, [(self.position, event["text"])],
                          goes_on=True)


class Load:
    def __init__(self, case, cluster, writers=4, rivals=2):
        self.case = case
        self.nodes = list(cluster)
        self.history = History()
        self.clients = []
        case.addCleanup(self.stop)
        self.writers = [Writer(self, i) for i in range(writers)]
        contested = self.opened("rivals")
        self.rivals = [Rival(self, i, contested) for i in range(rivals)]
        self.follower = Follower(self, self.writers[0].conversation)
        self.reader = Reader(self, self.writers[-1].conversation)
        self.clients = [*self.writers, *self.rivals, self.follower, self.reader]
        for client in self.clients:
            client.start()
        self.wait_progress()

    def opened(self, name):
        key = f"{name} {secrets.token_hex(8)}"
        def attempt():
            try:
                return random.choice(self.nodes).api().open(key=key)["id"]
            except NOTHING:
                return None
        return wait_until(attempt, "a conversation is opened")

    def wait_progress(self, more=20):
        goals = {client: client.done + (more if client in self.writers else 1)
                 for client in self.clients}
        def all_went_on():
            return all(client.done >= goal for client, goal in goals.items())
        try:
            wait_until(all_went_on, "the clients go on")
        except AssertionError as error:
            behind = {client.name: (client.done, dict(client.answers))
                      for client, goal in goals.items() if client.done < goal}
            raise AssertionError(f"{error}: {behind}") from error

    def stop(self):
        for client in self.clients:
            client.stop()
        for client in self.clients:
            if client.is_alive():
                client.join()

    def longest_gap(self):
        """The longest time in which a writer heard of no command done."""
        return max(writer.longest_gap for writer in self.writers)

    @staticmethod
    def pages(client, conversation, position):
        """All messages once the views are at the position: (position, text, version) each."""
        found = []
        path = f"{messages_path(conversation)}?limit=200&min_position={position}"
        while path:
            answer = client.asked(lambda api, path=path: api.get(path))
            if answer is None or answer.status != 200:
                return None
            found += [(item["position"], item["text"], item["version"])
                      for item in answer.json["items"]]
            path = answer.json.get("next")
        return found

    def check(self, alive):
        """What all saw and what every node that is left shows has no anomaly."""
        self.stop()
        done = [op.position for op in self.history.appends if op.position is not None]
        for node in alive:
            self.nodes = [node]
            asking = Client(self, f"the end at {node.name}")
            for stream in sorted({op.stream for op in self.history.appends}):
                found = wait_until(lambda s=stream: self.pages(asking, s, max(done)),
                                   f"{node.name} shows a conversation")
                self.history.read(asking.name, stream, found, everything=True)
        for client in self.clients:
            self.case.assertEqual(client.unexpected(), set(), client.answers)
        heard = self.follower.heard
        sent = self.writers[0].acknowledged
        if heard:
            first = sent.index(heard[0])
            self.case.assertEqual(heard[:len(sent) - first], sent[first:first + len(heard)])
        self.case.assertEqual(check(self.history), [])
        self.case.assertGreater(len(done), 0)

    def figures(self):
        done = sum(client.done for client in self.writers)
        wins = sum(1 for op in self.history.appends
                   if op.expected is not None and op.position is not None)
        refused = sum(client.answers[503] for client in self.clients)
        return (f"{done} commands acknowledged, {wins} expected versions won, {refused} answers "
                f"503, {self.follower.sockets} sockets, {len(self.follower.heard)} frames, "
                f"{self.longest_gap():.1f} s the longest without an answer, 0 anomalies")


def version_of(answer):
    return int(answer.headers["ETag"].strip('"'))
