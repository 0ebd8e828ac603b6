"""The given conversations, word for word. A sample of each file; all with PARLOUR_FULL=1."""

import collections
import gzip
import itertools
import os
import unittest

from import_people_test import as_people
from support import SHARED_DATA, SMALL, ServerCase, conversations_of, messages_of_line

FILES = sorted(SHARED_DATA.glob("*.ndjson.gz"))
FULL = os.environ.get("PARLOUR_FULL", "") not in ("", "0")
SAMPLE = 10 if SMALL else 60
HOUR = 3600


def lines_of(file):
    with gzip.open(file, "rb") as lines:
        yield from lines if FULL else itertools.islice(lines, SAMPLE)


class RealData(ServerCase):
    # E01, E14
    @unittest.skipUnless(FILES, f"no conversations in {SHARED_DATA}")
    def test_the_given_conversations_come_back_word_for_word(self):
        expected = collections.Counter()
        messages = 0
        for file in FILES:
            found = [messages_of_line(line) for line in lines_of(file)]
            expected.update(found)
            count = sum(map(len, found))
            messages += count
            args = () if FULL else ("--limit", str(SAMPLE))
            code, counts, errors = self.folder.import_files(file, args=args, timeout=HOUR)
            self.assertEqual(code, 0, errors)
            self.assertEqual((counts["conversations"], counts["messages"]), (len(found), count))
            code, counts, errors = self.folder.import_files(file, args=args, timeout=HOUR)
            self.assertEqual((code, counts["messages"], counts["duplicates"]), (0, 0, count))
        self.check_history(expected, messages)

    # E01, E14, CPL01
    @unittest.skipUnless(FILES, f"no conversations in {SHARED_DATA}")
    def test_people_have_the_given_conversations_and_each_hears_every_word_once(self):
        people = str(self.folder.data / "demo.json")
        expected = collections.Counter()
        for file in FILES:
            found = [messages_of_line(line) for line in lines_of(file)]
            expected.update(map(as_people, found))
            count = sum(map(len, found))
            args = ("--as-people", people, *(() if FULL else ("--limit", str(SAMPLE))))
            for new, old in ((count, 0), (0, count)):
                code, counts, errors = self.folder.import_files(file, concurrency=64, args=args,
                                                                timeout=HOUR)
                self.assertEqual(code, 0, errors)
                self.assertEqual((counts["conversations"], counts["messages"],
                                  counts["duplicates"], counts["live_faults"]),
                                 (len(found), new, old, 0))
        stored = conversations_of(self.folder.replay())
        self.assertEqual(collections.Counter(map(tuple, stored.values())), expected)

    def check_history(self, expected, messages):
        events = self.folder.replay()
        self.assertEqual([event["seq"] for event in events],
                         sorted(event["seq"] for event in events))
        stored = conversations_of(events)
        self.assertEqual(sum(map(len, stored.values())), messages)
        self.assertEqual(collections.Counter(tuple(found) for found in stored.values()), expected)
        for conversation, found in stored.items():
            items = self.api.messages(conversation, events[-1]["seq"])
            self.assertEqual([(item["author"], item["text"]) for item in items], found)


if __name__ == "__main__":
    unittest.main()
