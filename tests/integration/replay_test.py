"""`parlour replay` and `stats`: the history as scripts and auditors read it."""

import json
import stat
import unittest

from support import ServerCase, run


class Replay(ServerCase):
    def setUp(self):
        super().setUp()
        self.conversation = self.api.open(name="Ada Example", email="ada@example.org")["id"]
        for i in range(6):
            self.api.send(self.conversation, f"message {i}", author=("visitor", "expert")[i % 2])

    def raw(self, *args):
        return run("replay", "--data", self.folder.data, "--tenant", self.folder.tenant, *args)

    def test_every_event_is_a_line_in_order(self):
        events = self.folder.replay()
        self.assertEqual(len(events), self.folder.stats()["events"])
        seqs = sorted({event["seq"] for event in events})
        self.assertEqual(seqs, list(range(1, self.folder.stats()["commits"] + 1)))
        self.assertEqual([event["seq"] for event in events],
                         sorted(event["seq"] for event in events))
        for event in events:
            self.assertLessEqual({"seq", "time", "stream", "version", "type", "actor", "fields"},
                                 set(event))
            self.assertEqual(event["status"], "verified")
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        versions = {}
        for event in events:
            self.assertEqual(event["version"], versions.get(event["stream"], 0) + 1)
            versions[event["stream"]] = event["version"]

    def test_personal_fields_are_sealed_unless_asked_for(self):
        events = self.folder.replay("--stream", self.conversation, unseal=False)
        self.assertEqual(events[1]["type"], "MessageSent")
        self.assertEqual(events[1]["fields"]["text"], {"sealed": True})
        self.assertEqual(events[1]["fields"]["author"], "visitor")
        opened = self.folder.replay("--stream", self.conversation)
        self.assertEqual(opened[1]["fields"]["text"], "message 0")
        self.assertEqual(opened[0]["fields"]["visitor_id"], events[0]["fields"]["visitor_id"])
        visitor = self.folder.replay("--stream", events[0]["fields"]["visitor_id"])
        self.assertEqual(visitor[0]["fields"], {"name": "Ada Example", "email": "ada@example.org"})

    def test_ranges_of_seq_hold_both_ends(self):
        def seqs(*args):
            return [event["seq"] for event in self.folder.replay(*args, unseal=False)]

        everything = seqs()
        last = everything[-1]
        self.assertEqual(seqs("--from", "2", "--to", "4"),
                         [seq for seq in everything if 2 <= seq <= 4])
        self.assertEqual(seqs("--from", str(last)), [last])
        self.assertEqual(seqs("--from", str(last + 1)), [])

    def test_times_are_from_inclusive_to_exclusive(self):
        events = self.folder.replay(unseal=False)
        middle = events[len(events) // 2]["time"]
        before = [event["seq"] for event in self.folder.replay("--until", middle, unseal=False)]
        after = [event["seq"] for event in self.folder.replay("--since", middle, unseal=False)]
        self.assertEqual(before, [event["seq"] for event in events if event["time"] < middle])
        self.assertEqual(before + after, [event["seq"] for event in events])
        self.assertEqual(self.folder.replay("--until", "2001-01-01", unseal=False), [])

    def test_a_tenant_or_stream_that_is_not_there_is_told_in_one_line(self):
        done = run("replay", "--data", self.folder.data, "--tenant", "f" * 16)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assert_one_line(done.stderr)
        done = self.raw("--stream", f"{self.folder.tenant}-cnv-{'0' * 32}")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assert_one_line(done.stderr)

    def test_text_has_the_columns_of_the_json(self):
        lines = self.raw().stdout.decode().splitlines()
        events = self.folder.replay(unseal=False)
        for line, event in zip(lines, events, strict=True):
            columns = line.split("\t")
            self.assertEqual(columns[:6], [str(event[name]) for name in
                                           ("seq", "time", "stream", "version", "type", "actor")])
        self.assertTrue(lines[-1].endswith(" author=expert text=sealed"), lines[-1])

    def test_a_running_server_is_read_as_far_as_it_has_come(self):
        for i in range(20):
            position = self.api.send(self.conversation, f"more {i}").json["position"]
            last = self.folder.replay()[-1]
            self.assertEqual((last["seq"], last["fields"]["text"]), (position, f"more {i}"))

    # DESIGN 8, 10: the same lines, from a server that runs.
    def test_a_server_tells_an_auditor_what_its_folder_tells(self):
        token = self.token("history:read")
        def asked(*args):
            return run("replay", "--server", self.folder.url, "--token", token, *args)
        for args in ([], ["--format", "json"], ["--from", "3", "--to", "7"],
                     ["--stream", self.conversation]):
            offline = self.raw(*args)
            self.assertEqual((offline.returncode, offline.stderr), (0, b""))
            self.assertTrue(offline.stdout)
            there = asked(*args)
            self.assertEqual((there.returncode, there.stdout, there.stderr),
                             (0, offline.stdout, b""), args)
        missing = asked("--stream", f"{self.folder.tenant}-cnv-{'0' * 32}")
        self.assertEqual((missing.returncode, missing.stdout), (1, b""))

    def test_a_history_longer_than_a_page_comes_whole(self):
        for i in range(1_050):
            self.api.send(self.conversation, f"more {i}")
        token = self.token("history:read")
        offline = self.raw("--from", "2")
        there = run("replay", "--server", self.folder.url, "--token", token, "--from", "2")
        self.assertEqual((there.returncode, there.stdout), (0, offline.stdout))

    def test_a_server_tells_only_those_who_may_read_history_and_only_their_company(self):
        other = self.token("analytics:read")
        done = run("replay", "--server", self.folder.url, "--token", other)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assert_one_line(done.stderr)
        self.assertIn(b"403", done.stderr)
        mine = self.token("history:read")
        for words in (["--tenant", "f" * 16], ["--unseal", "--reason", "test"], ["--data", "x"]):
            done = run("replay", "--server", self.folder.url, "--token", mine, *words)
            self.assertEqual((done.returncode, done.stdout), (2, b""), words)
            self.assert_one_line(done.stderr)

    def token(self, scope):
        admin = self.folder.portal()
        made = admin.post("/api/v1/company/tokens", {"name": "Auditor", "scopes": [scope]}).json
        admin.get(f"/api/v1/company/tokens?min_position={made['position']}")
        return made["token"]

    def test_reading_changes_nothing_and_leaves_nothing(self):
        self.folder.kill()

        def names(top):
            return sorted(str(path.relative_to(top)) for path in top.rglob("*"))

        before = [names(top) for top in (self.folder.data, self.folder.keys)]
        scratch = self.folder.top / "tmp"
        scratch.mkdir()
        done = run("replay", "--data", self.folder.data, "--tenant", self.folder.tenant,
                   env={"TMPDIR": str(scratch)})
        self.assertEqual(done.returncode, 0)
        self.assertEqual(run("stats", "--data", self.folder.data,
                             env={"TMPDIR": str(scratch)}).returncode, 0)
        self.assertEqual([names(top) for top in (self.folder.data, self.folder.keys)], before)
        self.assertEqual(list(scratch.iterdir()), [])

    def test_unsealing_is_recorded_with_its_reason_sealed(self):
        journal = self.folder.data / "unseal-journal.ndjson"
        self.folder.replay(unseal=False)
        self.assertFalse(journal.exists())
        self.raw("--unseal", "--reason", "complaint of Ada Example", "--from", "3")
        self.folder.replay("--stream", self.conversation)
        self.assertEqual(stat.S_IMODE(journal.stat().st_mode), 0o600)
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        self.assertEqual([line["tenant"] for line in lines], [self.folder.tenant] * 2)
        self.assertEqual([line["from"] for line in lines], [3, 1])
        self.assertEqual(lines[1]["stream"], self.conversation)
        self.assertNotIn("Ada", journal.read_text())
        self.assertTrue(all(line["reason_sealed"] for line in lines))

    def test_unsealing_needs_the_keys_and_reading_does_not(self):
        self.folder.kill()
        for missing in (self.folder.keys, self.folder.master):
            hidden = missing.rename(missing.with_name("hidden"))
            done = self.raw("--unseal", "--reason", "test")
            self.assertEqual((done.returncode, done.stdout), (1, b""), missing)
            self.assert_one_line(done.stderr)
            self.assertEqual(self.raw().returncode, 0, missing)
            self.assertEqual(run("stats", "--data", self.folder.data).returncode, 0, missing)
            hidden.rename(missing)

    def test_a_log_that_was_changed_is_a_violation(self):
        # A restart moves what lies in the write-ahead log into the files that are then changed.
        for _ in range(2):
            self.folder.kill()
            self.folder.start()
        self.folder.stop()
        tables = sorted((self.folder.data / "log").glob("*.sst"), key=lambda p: p.stat().st_size)
        content = bytearray(tables[-1].read_bytes())
        for at in range(0, len(content) // 2, 64):
            content[at] ^= 0x55
        tables[-1].write_bytes(content)
        done = self.raw("--format", "json")
        self.assertEqual(done.returncode, 3, (done.stdout[-300:], done.stderr))
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["status"], "VIOLATION")

    def test_stats_count_what_the_replay_shows(self):
        events = self.folder.replay(unseal=False)
        stats = self.folder.stats()
        self.assertEqual(stats["tenants"], 1)
        self.assertEqual(stats["events"], len(events))
        self.assertEqual(stats["commits"], events[-1]["seq"])
        self.assertEqual(stats["streams"], len({event["stream"] for event in events}))
        self.assertEqual(set(stats["bytes"]), {"log", "views", "keys"})
        self.assertTrue(all(count > 0 for count in stats["bytes"].values()), stats["bytes"])
        self.assertTrue(stats["views"])
        self.assertEqual({frozenset(view) for view in stats["views"]},
                         {frozenset(("view", "partition", "next_offset"))})
        text = run("stats", "--data", self.folder.data).stdout.decode()
        self.assertRegex(text, rf"(?m)^events +{len(events)}$")


if __name__ == "__main__":
    unittest.main()
