"""The analytics feed and the daily totals, read by programs that know nothing of Parlour."""

import datetime
import gzip
import itertools
import json
import os
import re
import subprocess
import unittest
import unittest.mock
import urllib.parse

from support import DEADLINE_SECONDS, SHARED_DATA, SMALL, TOP, Folder, ServerCase, run, \
    wait_until

EVENTS = "/api/v1/analytics/events"
TOTALS = "/api/v1/analytics/totals"
SCHEMA = TOP / "schemas/analytics.schema.json"
CLIENTS = TOP / "tests/integration/clients"
FILES = sorted(SHARED_DATA.glob("*.ndjson.gz"))
SAMPLE = 5 if SMALL else 25
DAY = 86_400


def next_of(answer):
    return re.fullmatch(r'<(.*)>; rel="next"', answer.headers["Link"]).group(1)


def lines_of(answer):
    return [json.loads(line) for line in answer.body.splitlines()]


class AnalyticsCase(ServerCase):
    def setUp(self):
        super().setUp()
        self.analyst = self.folder.api(token=self.token("analytics:read"))

    def token(self, scope):
        admin = self.folder.portal()
        made = admin.post("/api/v1/company/tokens", {"name": "x", "scopes": [scope]}).json
        admin.get(f"/api/v1/company/tokens?min_position={made['position']}")
        return made["token"]

    def settle(self):
        """Waits until the views, and so the feed, show everything that there is: what is asked for
        behind this command is behind all that was acknowledged."""
        self.api.open(name="Last Example")
        self.api.get(f"/api/v1/experts?min_position={self.api.position}")

    def feed(self, path=f"{EVENTS}?limit=1000"):
        """All events from there on, page by page, and where it goes on."""
        found = []
        while True:
            answer = self.analyst.get(path)
            self.assertEqual(answer.status, 200, answer.body)
            page = lines_of(answer)
            path = next_of(answer)
            if not page:
                return found, path
            found += page

    def client(self, script, *args, given=b""):
        """What one of the clients that nobody here wrote prints."""
        node = str(TOP / "ops/node")
        subprocess.run([node, "--packages", "tests/integration/clients"], check=True,
                       timeout=DEADLINE_SECONDS)
        done = subprocess.run([node, "node", str(CLIENTS / script), *args], input=given,
                              capture_output=True, timeout=DEADLINE_SECONDS, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        return done.stdout

    def clients(self, events):
        """What they make of the events."""
        lines = "".join(json.dumps(event) + "\n" for event in events).encode()
        return json.loads(self.client("feed.mjs", str(SCHEMA), given=lines))


class Feed(AnalyticsCase):
    # DESIGN 9
    def test_each_event_is_told_once_whatever_the_pages(self):
        for i in range(5):
            conversation = self.api.open(name=f"Person {i}")["id"]
            self.api.send(conversation, "hello")
            self.api.send(conversation, "good day", author="expert")
        self.settle()
        whole, _ = self.feed()
        names = [event["id"] for event in whole]
        self.assertEqual(len(set(names)), len(names))
        types = [event["type"] for event in whole]
        self.assertEqual(types.count("parlour.conversation.message-sent.v1"), 10)
        for limit in (1, 3):
            pieces, _ = self.feed(f"{EVENTS}?limit={limit}")
            self.assertEqual([event["id"] for event in pieces], names)

    # DESIGN 9
    def test_a_reader_waits_for_what_comes_and_goes_on_there(self):
        _, path = self.feed(f"{EVENTS}?limit=1000")
        empty = self.analyst.get(path)
        self.assertEqual((empty.body, next_of(empty) == ""), (b"", False))
        conversation = self.api.open()["id"]
        self.settle()
        _, path = self.feed(path)
        self.api.send(conversation, "at last")
        told = lines_of(self.analyst.get(f"{path}&wait=20"))
        self.assertEqual([event["type"] for event in told],
                         ["parlour.conversation.message-sent.v1"])
        self.assertEqual(told[0]["data"]["author"], "visitor")

    # DESIGN 9, CPL20
    def test_only_analysts_of_the_company_read_it(self):
        place = urllib.parse.urlsplit(next_of(self.analyst.get(f"{EVENTS}?limit=1"))).query
        self.assert_problem(self.folder.api(token="").get(EVENTS), 401, "unauthorized")
        other_token = self.folder.api(token=self.token("conversations"))
        self.assert_problem(other_token.get(EVENTS), 403, "scope-missing")
        self.assert_problem(self.folder.portal().get(EVENTS), 403, "role-missing")
        other = Folder()
        self.addCleanup(other.close)
        other.start()
        case = AnalyticsCase()
        case.folder = other
        stranger = other.api(token=case.token("analytics:read"))
        self.assert_problem(stranger.get(f"{EVENTS}?{place}"), 400, "after-invalid")
        for event in lines_of(stranger.get(EVENTS)):
            self.assertEqual(event["source"], f"/tenants/{other.tenant}")

    # DESIGN 9
    def test_what_is_asked_wrongly_is_refused_by_name(self):
        for query, code in (("limit=0", "limit-invalid"), ("limit=1001", "limit-invalid"),
                            ("wait=21", "wait-invalid"), ("after=12", "after-invalid"),
                            ("after=" + "0" * 72, "after-invalid")):
            with self.subTest(query):
                self.assert_problem(self.analyst.get(f"{EVENTS}?{query}"), 400, code)
        for query, code in (("from=yesterday", "from-invalid"), ("to=2026-13-01", "to-invalid")):
            with self.subTest(query):
                self.assert_problem(self.analyst.get(f"{TOTALS}?{query}"), 400, code)

    # DESIGN 9
    def test_the_stream_tells_the_same_and_goes_on_behind_its_last_id(self):
        conversation = self.api.open()["id"]
        self.settle()
        whole, _ = self.feed()
        self.assertEqual([event["id"] for event, _ in self.stream(len(whole))],
                         [event["id"] for event in whole])
        place = self.stream(len(whole))[-1][1]
        self.api.send(conversation, "live")
        events = self.stream(1, place)
        self.assertEqual(events[0][0]["type"], "parlour.conversation.message-sent.v1")

    def stream(self, count, last_id=None):
        """The first events of a stream with the places behind them."""
        connection = self.folder.api(token=self.analyst.token).connection
        headers = {"Authorization": f"Bearer {self.analyst.token}", "Accept": "text/event-stream"}
        if last_id:
            headers["Last-Event-ID"] = last_id
        connection.request("GET", EVENTS, headers=headers)
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "text/event-stream")
        found, place = [], None
        while len(found) < count:
            line = answer.readline().decode().rstrip("\n")
            if line.startswith("id: "):
                place = line.removeprefix("id: ")
            if line.startswith("data: "):
                found.append((json.loads(line.removeprefix("data: ")), place))
        connection.close()
        return found

    # DESIGN 9
    def test_the_published_schema_is_served_and_printed(self):
        printed = run("schema")
        self.assertEqual((printed.returncode, printed.stderr), (0, b""))
        self.assertEqual(printed.stdout, SCHEMA.read_bytes())
        self.assertEqual(self.analyst.get("/api/v1/analytics/schema").body, printed.stdout)

    # DESIGN 9
    def test_the_example_consumer_counts_and_goes_on_where_it_was(self):
        place = self.folder.top / "place"
        conversation = self.api.open()["id"]
        for expected in (1, 2):
            self.api.send(conversation, "hello")
            done = subprocess.run(
                [str(TOP / "ops/analytics/consume"), self.folder.url, str(place), "1"],
                env={**os.environ, "PARLOUR_TOKEN": self.analyst.token},
                capture_output=True, timeout=DEADLINE_SECONDS, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            counts = json.loads(done.stdout.splitlines()[-1])
            self.assertEqual(counts["parlour.conversation.message-sent.v1"], 1, expected)
            self.assertEqual("parlour.conversation.conversation-opened.v1" in counts, expected == 1)


class Clients(AnalyticsCase):
    # DESIGN 9
    @unittest.skipUnless(FILES, f"no conversations in {SHARED_DATA}")
    def test_nothing_of_anybody_is_in_the_feed_of_imported_conversations(self):
        texts, count = set(), 0
        for file in FILES:
            code, counts, errors = self.folder.import_files(file, args=("--limit", str(SAMPLE)))
            self.assertEqual(code, 0, errors)
            count += counts["messages"]
            with gzip.open(file, "rb") as lines:
                for line in itertools.islice(lines, SAMPLE):
                    texts |= self.personal_values(json.loads(line))
        demo = self.folder.demo
        for person in (demo["admin"], *demo["experts"]):
            texts |= {person["email"], person.get("name", "")}
        self.settle()
        events, _ = self.feed()
        made = self.clients(events)
        self.assertEqual((made["events"], made["ids"]), (len(events), len(events)))
        self.assertEqual(made["types"]["parlour.conversation.message-sent.v1"], count)
        self.assertGreater(len(texts), 100)
        told = {value for event in events for value in self.strings(event)}
        whole = "\n".join(told)
        for text in texts:
            self.assertNotIn(text, told)
            if len(text) >= 8:  # shorter ones may stand in a word of ours by chance
                self.assertNotIn(text, whole)
        self.assert_no_id(whole)

    def personal_values(self, line):
        values = {turn["text"] for turn in line["turns"]}
        customer = line.get("customer") or {}
        values |= {value for value in customer.values() if isinstance(value, str)}
        return values - {""}

    def strings(self, value):
        if isinstance(value, dict):
            for inner in value.values():
                yield from self.strings(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from self.strings(inner)
        elif isinstance(value, str):
            yield value

    def assert_no_id(self, whole):
        """No id of a stream or of a person stands in the feed as it stands in the log."""
        ids = set()
        for event in self.folder.replay(unseal=False):
            for value in (event["stream"], event["actor"], *self.strings(event["fields"])):
                ids |= set(re.findall(r"[0-9a-f]{32}", value))
        self.assertGreater(len(ids), 100)
        for identity in ids:
            self.assertNotIn(identity, whole)


class Days(unittest.TestCase):
    """The program under another clock: days and weeks go by between its starts."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.clock = self.folder.top / "shifted_clock.so"
        subprocess.run(["clang-19", "-shared", "-fPIC", "-O1", "-o", str(self.clock),
                        str(TOP / "tests/integration/shifted_clock.c")],
                       check=True, timeout=DEADLINE_SECONDS)
        # The noon of a Tuesday to come.
        today = datetime.datetime.now(datetime.timezone.utc).replace(hour=12, minute=0, second=0)
        self.tuesday = today + datetime.timedelta(days=(1 - today.weekday()) % 7 + 7)

    def day(self, later):
        return (self.tuesday + datetime.timedelta(days=later)).strftime("%Y-%m-%d")

    def start(self, later):
        """Starts the server so many days after that Tuesday; all else keeps its own time."""
        now = datetime.datetime.now(datetime.timezone.utc)
        shift = self.tuesday + datetime.timedelta(days=later) - now
        changed = {"LD_PRELOAD": str(self.clock),
                   "CLOCK_SHIFT_SECONDS": str(int(shift.total_seconds()))}
        with unittest.mock.patch.dict(os.environ, changed):
            self.folder.start()
        self.api = self.folder.api()

    # DESIGN 9
    def test_a_day_adds_up_once_and_its_week_is_forgotten(self):
        self.start(0)
        case = AnalyticsCase()
        case.folder = self.folder
        token = case.token("analytics:read")
        for i in range(7):
            conversation = self.api.open(name=f"Person {i}", email=f"p{i}@example.org")["id"]
            self.api.send(conversation, "hello")
        analyst = self.folder.api(token=token)
        self.api.get(f"/api/v1/experts?min_position={self.api.position}")
        page = analyst.get(f"{EVENTS}?limit=1")
        old_place, old_event = next_of(page), lines_of(page)[0]
        self.assertEqual(old_event["time"][:10], self.day(0))
        self.assertEqual(self.totals(analyst), [])
        self.folder.stop()

        self.start(1)
        analyst = self.folder.api(token=token)
        days = self.wait_for_totals(analyst)
        self.assertEqual([day["day"] for day in days], [self.day(0)])
        self.assertEqual(days[0]["company"], {"visitors": 7, "conversations_opened": 7,
                                              "messages_from_visitors": 7})
        self.assertEqual(lines_of(analyst.get(f"{EVENTS}?limit=1"))[0]["id"], old_event["id"])
        self.folder.kill()

        self.start(7)
        analyst = self.folder.api(token=token)
        answer = analyst.get(old_place)
        self.assertEqual((answer.status, answer.json["code"]), (410, "feed-past"))
        self.assertEqual(self.wait_for_totals(analyst)[0], days[0])
        told = lines_of(analyst.get(EVENTS))
        self.assertNotIn(old_event["id"], [event["id"] for event in told])

    def totals(self, analyst):
        days = f"from={self.day(-1)}&to={self.day(6)}"
        return analyst.get(f"{TOTALS}?{days}").json["items"]

    def wait_for_totals(self, analyst):
        return wait_until(lambda: self.totals(analyst), "the day is totalled")


if __name__ == "__main__":
    unittest.main()
