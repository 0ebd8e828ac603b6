"""`parlour import --as-people`: visitors in the widget, experts at their desks, all of them
listening; and what is not told right is found."""

import collections
import json
import re
import subprocess
import threading
import unittest

from accounts_test import PASSWORD
from meddler import Meddler, text_frame
from support import (DEADLINE_SECONDS, PROGRAM, SMALL, Folder, ServerCase, conversations_of,
                     made_up_line, messages_of_line, run, wait_until)


def as_people(messages):
    """The order in which people say it: only a visitor begins."""
    first = next((i for i, (author, _) in enumerate(messages) if author == "visitor"), 0)
    return (messages[first], *messages[:first], *messages[first + 1:])


def line_of(identity, speakers):
    return json.dumps({"id": identity, "turns": [{"speaker": speaker, "text": f"{identity} {i}"}
                                                 for i, speaker in enumerate(speakers)]})


class PeopleCase(ServerCase):
    def setUp(self):
        super().setUp()
        self.people = self.folder.data / "demo.json"

    def write(self, lines, name="some.ndjson"):
        file = self.folder.top / name
        file.write_text("\n".join(lines) + "\n")
        return file

    def command(self, file, *args, server=None, people=None):
        return [PROGRAM, "import", str(file), "--server", server or self.folder.url,
                "--as-people", str(people or self.people), *map(str, args)]

    def import_as_people(self, file, *args, **more):
        done = subprocess.run(self.command(file, *args, **more), capture_output=True,
                              timeout=DEADLINE_SECONDS, check=False)
        lines = done.stdout.splitlines()
        return done.returncode, json.loads(lines[-1]) if lines else None, done.stderr.decode()

    def assert_stored(self, lines):
        stored = conversations_of(self.folder.replay())
        self.assertEqual(collections.Counter(tuple(m) for m in stored.values()),
                         collections.Counter(as_people(messages_of_line(line)) for line in lines))

    def made_up(self, count, turns=9):
        return [made_up_line(f"c{i}", turns + i % 4, seed=i) for i in range(count)]


class AsPeople(PeopleCase):
    # E01, E14, CPL01, CPL02
    def test_every_message_reaches_both_and_the_inbox_and_a_second_run_adds_nothing(self):
        lines = self.made_up(20 if SMALL else 70)
        file = self.write(lines)
        said = sum(len(messages_of_line(line)) for line in lines)
        for fresh in (True, False):
            code, counts, errors = self.import_as_people(file)
            self.assertEqual(code, 0, errors)
            self.assertEqual((counts["conversations"], counts["rejected"], counts["live_faults"]),
                             (len(lines), 0, 0))
            self.assertEqual((counts["messages"], counts["duplicates"]),
                             (said, 0) if fresh else (0, said))
            # The visitor and the expert each, and the inbox of what is new.
            self.assertEqual(counts["delivered"], said * (3 if fresh else 2))
            self.assertGreaterEqual(counts["subscribers"], len(lines) + 3)
            self.assert_stored(lines)
        events = self.folder.replay()
        types = collections.Counter(event["type"] for event in events)
        self.assertEqual(types["VisitorSessionOpened"], len(lines))
        self.assertEqual(types["VisitorIdentified"], len(lines))
        self.assertEqual(len({event["fields"]["expert_id"] for event in events
                              if event["type"] == "ConversationOpened"}), 3)

    # E14
    def test_a_conversation_that_an_expert_begins_is_begun_by_the_visitor(self):
        lines = [line_of("a", ["expert", "expert", "customer", "expert", "customer"]),
                 line_of("b", ["customer", "expert"]), line_of("c", ["expert", "expert"])]
        file = self.write(lines)
        code, counts, errors = self.import_as_people(file)
        self.assertEqual((code, counts["rejected"], counts["reordered"]), (1, 1, 1), errors)
        self.assertIn(f"{file}:3: no visitor's message", errors)
        self.assert_stored(lines[:2])
        token = self.folder.demo["api_token"]
        code, counts, errors = self.import_as_people(file, "--token", token)
        self.assertEqual((code, counts["messages"], counts["duplicates"]), (0, 2, 7), errors)
        self.assert_stored(lines)

    # A10, E14
    def test_experts_who_were_invited_talk_too(self):
        folder = Folder()
        self.addCleanup(folder.close)
        config = folder.top / "parlour.toml"
        config.write_text('registration = "invite"\npublic_url = "http://127.0.0.1:1"\n')
        folder.start("--config", str(config))
        admin = folder.portal()
        widget = folder.api().get("/api/v1/widgets").json["items"][0]["id"]
        experts = []
        for name in ("nina", "olga"):
            email = f"{name}@example.org"
            made = admin.post("/api/v1/company/invitations",
                              {"name": name, "email": email, "roles": ["expert"],
                               "by_mail": False}).json
            admin.get(f"/api/v1/company/invitations?min_position={admin.position}")
            accepted = folder.api(token="").post(
                "/api/v1/invitations/acceptances", {"token": made["token"], "password": PASSWORD})
            self.assertEqual(accepted.status, 201, accepted.body)
            shown = admin.request("PUT", f"/api/v1/widgets/{widget}/experts/{made['expert']}")
            self.assertEqual(shown.status, 200, shown.body)
            admin.get(f"/api/v1/experts?min_position={shown.json['position']}")
            experts.append({"email": email, "password": PASSWORD})
        people = folder.top / "people.json"
        people.write_text(json.dumps({"widget_key": folder.demo["widget_key"],
                                      "experts": experts}))
        lines = self.made_up(8)
        code, counts, errors = self.import_as_people(self.write(lines), server=folder.url,
                                                     people=people)
        self.assertEqual((code, counts["conversations"]), (0, len(lines)), errors)

    # CPL01, CPL02
    def test_a_run_that_is_killed_anywhere_is_simply_repeated(self):
        lines = self.made_up(20 if SMALL else 60, turns=12)
        file = self.write(lines)
        for commits in (20, 100):
            start = self.folder.stats()["commits"]
            importer = subprocess.Popen(self.command(file), stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
            wait_until(lambda: importer.poll() is not None or
                       self.folder.stats()["commits"] > start + commits,
                       "the import is under way")
            importer.kill()
            importer.wait()
        code, counts, errors = self.import_as_people(file)
        self.assertEqual((code, counts["live_faults"]), (0, 0), errors)
        self.assertGreater(counts["duplicates"], 0)
        self.assert_stored(lines)

    # CPL01, E14
    def test_a_server_that_is_killed_and_comes_back_loses_nobody_a_message(self):
        lines = self.made_up(20 if SMALL else 60, turns=12)
        importer = subprocess.Popen(self.command(self.write(lines)), stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
        self.addCleanup(importer.kill)
        start = self.folder.stats()["commits"]
        wait_until(lambda: self.folder.stats()["commits"] > start + 150,
                   "the import is under way")
        self.folder.kill()
        self.folder.start()
        out, errors = importer.communicate(timeout=DEADLINE_SECONDS)
        self.assertEqual(importer.returncode, 0, errors)
        counts = json.loads(out.splitlines()[-1])
        self.assertEqual(counts["live_faults"], 0)
        self.assertGreater(counts["reconnected"], 0)
        self.assert_stored(lines)

    def test_who_cannot_log_in_or_may_not_show_the_widget_stops_with_one_line(self):
        file = self.write(self.made_up(3))
        people = self.folder.top / "people.json"
        demo = self.folder.demo
        before = self.folder.stats()["commits"]
        for change, args, words in (
                ({"experts": [{"email": "ada@demo.example", "password": "wrong"}]}, (),
                 "expert 1"),
                ({"widget_key": "no-such-widget"}, (), "widget"),
                ({}, ("--origin", "https://elsewhere.example"), "--origin")):
            people.write_text(json.dumps({**demo, **change}))
            code, _, errors = self.import_as_people(file, *args, people=people)
            self.assertEqual(code, 1, errors)
            self.assertIn(words, errors)
            self.assert_one_line(errors)
        people.write_text("[]")
        code, _, errors = self.import_as_people(file, people=people)
        self.assertEqual(code, 1)
        self.assert_one_line(errors)
        done = run("import", file, "--server", self.folder.url, "--token", "t", "--origin", "x")
        self.assertEqual(done.returncode, 2)
        messages = [event for event in self.folder.replay() if event["type"] == "MessageSent"]
        self.assertEqual(messages, [])
        self.assertGreaterEqual(self.folder.stats()["commits"], before)

    def test_credentials_of_visitors_are_for_their_owner_only(self):
        code, _, errors = self.import_as_people(self.write(self.made_up(2)))
        self.assertEqual(code, 0, errors)
        kept = self.people.with_name("demo.json.visitors")
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        self.assertRegex(kept.read_text(), r"\A(\S+ \S+-vis-\S+ \S+-vst-\S+\n){2}\Z")
        self.assertNotIn("vst-", errors)


class Meddled(PeopleCase):
    """What a bad network does is found; the server itself is right."""

    def faults(self, meddle, lines=None):
        meddler = Meddler(self.folder.url, meddle)
        self.addCleanup(meddler.close)
        file = self.write(lines or self.made_up(6))
        code, counts, errors = self.import_as_people(file, server=meddler.url)
        self.assertEqual(code, 3, errors)
        self.assertGreater(counts["live_faults"], 0)
        self.assertRegex(errors, r"\d+ faults of live delivery, see above\n\Z")
        return [re.sub(r"^.*?: live: ", "", line) for line in errors.splitlines()
                if ": live: " in line]

    @staticmethod
    def once(topic, number, do):
        """Calls `do` for that message of a topic, and passes on everything else."""
        seen = collections.Counter()
        lock = threading.Lock()

        def meddle(frame, out):
            if frame.get("event", {}).get("type") == "message" and frame["topic"].startswith(topic):
                with lock:
                    seen[topic] += 1
                    hit = seen[topic] == number
                if hit:
                    return do(frame, out)
            return True
        return meddle

    # E14
    def test_a_message_that_does_not_arrive_is_named(self):
        faults = self.faults(self.once("conversation:", 5, lambda frame, out: False))
        self.assertRegex(faults[0], r"(visitor|expert \d) was not told message \d+$")

    def test_a_message_that_does_not_reach_the_inbox_is_named(self):
        faults = self.faults(self.once("inbox", 7, lambda frame, out: False))
        self.assertRegex(faults[0], r"expert \d: message \d+ did not reach the inbox$")

    def test_a_message_that_arrives_twice_is_named(self):
        def twice(frame, out):
            out(text_frame(json.dumps(frame).encode()))
            return True
        for topic in ("conversation:", "inbox"):
            faults = self.faults(self.once(topic, 4, twice), [made_up_line(topic, 12)])
            self.assertRegex(faults[0], r"(was|inbox was) told message \d+ twice$")

    def test_a_message_that_reaches_somebody_else_is_named(self):
        taken = []

        def take(frame, out):
            taken.append(frame)
            return True
        first = self.once("conversation:", 1, take)

        def meddle(frame, out):
            topic = frame.get("topic", "")
            if taken and topic.startswith("conversation:") and topic != taken[0]["topic"]:
                out(text_frame(json.dumps(taken.pop()).encode()))
            return first(frame, out)
        faults = self.faults(meddle)
        self.assertRegex(faults[0], r"was told a message of another conversation$")

    def test_other_words_are_named_and_not_shown(self):
        def change(frame, out):
            frame["event"]["text"] = "something else"
            out(text_frame(json.dumps(frame).encode()))
            return False
        faults = self.faults(self.once("conversation:", 3, change))
        self.assertRegex(faults[0], r"was told message \d+ with other words or author$")


if __name__ == "__main__":
    unittest.main()
