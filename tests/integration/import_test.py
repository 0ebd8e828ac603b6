"""`parlour import`: everything once, in order, however often and however rudely it is run."""

import collections
import gzip
import json
import subprocess
import unittest

from support import (DEADLINE_SECONDS, SMALL, ServerCase, conversations_of, made_up_line,
                     messages_of_line, run, wait_until)


class Import(ServerCase):
    def write(self, name, lines):
        file = self.folder.top / name
        content = ("\n".join(lines) + "\n").encode()
        file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return file

    def made_up(self, count, turns=9, prefix="c"):
        return [made_up_line(f"{prefix}{i}", turns + i % 4, seed=i) for i in range(count)]

    def assert_stored(self, lines):
        events = self.folder.replay()
        stored = conversations_of(events)
        self.assertEqual(collections.Counter(tuple(m) for m in stored.values()),
                         collections.Counter(messages_of_line(line) for line in lines))
        for conversation, messages in list(stored.items())[:20]:
            items = self.api.messages(conversation, events[-1]["seq"])
            self.assertEqual([(item["author"], item["text"]) for item in items], messages)

    def counts(self, lines):
        return {"conversations": len(lines),
                "messages": sum(len(messages_of_line(line)) for line in lines)}

    def test_a_file_is_imported_word_for_word_and_a_second_run_adds_nothing(self):
        lines = self.made_up(60)
        packed = self.write("some.ndjson.gz", lines[:30])
        plain = self.write("more.ndjson", lines[30:])
        code, counts, errors = self.folder.import_files(packed, plain)
        self.assertEqual(code, 0, errors)
        expected = self.counts(lines)
        self.assertEqual(counts, {**expected, "duplicates": 0, "rejected": 0,
                                  "seconds": counts["seconds"]})
        self.assert_stored(lines)

        before = self.folder.stats()["commits"]
        code, counts, errors = self.folder.import_files(packed, plain)
        self.assertEqual(code, 0, errors)
        self.assertEqual((counts["messages"], counts["duplicates"]), (0, expected["messages"]))
        self.assertEqual(counts["conversations"], len(lines))
        self.assertIn("nothing was added", errors)
        self.assertEqual(self.folder.stats()["commits"], before)

    def test_a_run_that_is_killed_anywhere_is_simply_repeated(self):
        lines = self.made_up(60 if SMALL else 400, turns=12)
        file = self.write("some.ndjson", lines)
        for commits in (40, 200, 400):
            importer = subprocess.Popen(self.folder.import_command(file),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            start = self.folder.stats()["commits"]
            wait_until(lambda: importer.poll() is not None or
                       self.folder.stats()["commits"] > start + commits // (4 if SMALL else 1),
                       "the import is under way")
            importer.kill()
            importer.wait()
        code, counts, errors = self.folder.import_files(file)
        self.assertEqual(code, 0, errors)
        self.assertEqual(counts["messages"] + counts["duplicates"], self.counts(lines)["messages"])
        self.assertGreater(counts["duplicates"], 0)
        self.assert_stored(lines)

    def test_an_import_may_run_twice_at_the_same_time(self):
        lines = self.made_up(60)
        file = self.write("some.ndjson", lines)
        runs = [subprocess.Popen(self.folder.import_command(file), stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL) for _ in range(2)]
        counts = [json.loads(run.communicate(timeout=DEADLINE_SECONDS)[0].splitlines()[-1])
                  for run in runs]
        self.assertEqual(sum(count["messages"] for count in counts), self.counts(lines)["messages"])
        self.assert_stored(lines)

    def test_a_limit_takes_the_first_conversations(self):
        lines = self.made_up(10)
        code, counts, _ = self.folder.import_files(self.write("some.ndjson", lines),
                                                   args=("--limit", "4"))
        self.assertEqual((code, counts["conversations"]), (0, 4))
        self.assert_stored(lines[:4])

    def test_what_is_malformed_is_named_counted_and_passed_over(self):
        good = self.made_up(2)
        secret = "do not show this"
        bad = ["{", "[]", '{"id":"x"}', f'{{"turns":[{{"speaker":"customer","text":"{secret}"}}]}}',
               '{"id":"y","turns":[{"speaker":"customer","text":"\\ud800 ' + secret + '"}]}']
        file = self.write("some.ndjson", [good[0], *bad, "", good[1]])
        code, counts, errors = self.folder.import_files(file)
        self.assertEqual(code, 1)
        self.assertEqual(counts["rejected"], len(bad))
        self.assertEqual(counts["conversations"], len(good))
        for number in range(2, 2 + len(bad)):
            self.assertIn(f"{file}:{number}: ", errors)
        self.assertNotIn(secret, errors)
        self.assert_stored(good)

    def test_a_message_the_server_refuses_is_named_counted_and_passed_over(self):
        turns = [{"speaker": "customer", "text": text}
                 for text in ("first", "nul \u0000 secret", "  ", "y" * 70_000, "z" * 600_000,
                              "last")]
        file = self.write("some.ndjson", [json.dumps({"id": "c", "turns": turns})])
        code, counts, errors = self.folder.import_files(file)
        self.assertEqual((code, counts["messages"], counts["rejected"]), (1, 2, 4), errors)
        for turn in (1, 2, 3, 4):
            self.assertIn(f"{file}:1: turn {turn}: ", errors)
        self.assertNotIn("secret", errors)
        stored = conversations_of(self.folder.replay())
        self.assertEqual([text for _, text in next(iter(stored.values()))], ["first", "last"])

    def test_ids_and_persons_of_any_kind_do_not_stop_an_import(self):
        turns = [{"speaker": "customer", "text": "hello"}, {"speaker": "action", "text": "x"}]
        persons = [{"name": "", "email": ""}, {"name": "n" * 500}, {"name": 7, "email": []}, None,
                   {"name": "Ann\u0000", "email": "ann"}, {"email": "a@b@c"}, [], "Ann",
                   {"name": "Ann", "email": "ann at example dot org"}, {"name": "\u202e"}]
        ids = ["grüße", "x" * 5000, "a b", "a\nb", "\u202e", "a:1", "a", "sha256-x", "../..", "\"'"]
        lines = [json.dumps({"id": i, "turns": turns, "customer": person})
                 for i, person in zip(ids, persons, strict=True)]
        file = self.write("some.ndjson", lines)
        for attempt in range(2):
            code, counts, errors = self.folder.import_files(file)
            self.assertEqual(code, 0, errors)
            self.assertEqual(counts["messages"], 0 if attempt else len(ids))
        self.assert_stored(lines)

    def test_a_cut_packed_file_is_told_and_what_is_whole_is_imported(self):
        lines = [made_up_line(f"c{i}", 40, seed=i) for i in range(200)]
        file = self.write("some.ndjson.gz", lines)
        file.write_bytes(file.read_bytes()[:-100])
        code, counts, errors = self.folder.import_files(file)
        self.assertEqual((code, counts["rejected"]), (1, 1))
        self.assertIn("cut off or damaged", errors)
        self.assert_stored(lines[:counts["conversations"]])

    def test_a_wrong_token_stops_at_once_with_one_line(self):
        file = self.write("some.ndjson", self.made_up(50))
        before = self.folder.stats()["commits"]
        done = run("import", file, "--server", self.folder.url, "--token", "0" * 40)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"token", done.stderr)
        self.assert_one_line(done.stderr)
        self.assertEqual(self.folder.stats()["commits"], before)

    def test_a_file_that_is_not_there_stops_before_anything_is_sent(self):
        before = self.folder.stats()["commits"]
        code, _, errors = self.folder.import_files(self.write("a.ndjson", self.made_up(1)),
                                                   self.folder.top / "absent")
        self.assertEqual(code, 1)
        self.assert_one_line(errors)
        self.assertEqual(self.folder.stats()["commits"], before)

    def test_a_server_that_restarts_is_waited_for(self):
        lines = self.made_up(30 if SMALL else 150)
        file = self.write("some.ndjson", lines)
        command = self.folder.import_command(file)
        self.assertEqual(self.folder.stop(), 0)
        importer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(importer.kill)
        wait_until(lambda: b"waiting for the server" in importer.stderr.readline(),
                   "the import says that it waits")
        self.folder.start()
        self.api = self.folder.api()
        out, errors = importer.communicate(timeout=DEADLINE_SECONDS)
        self.assertEqual(importer.returncode, 0, errors)
        self.assertEqual(json.loads(out.splitlines()[-1])["messages"],
                         self.counts(lines)["messages"])
        self.assert_stored(lines)


if __name__ == "__main__":
    unittest.main()
