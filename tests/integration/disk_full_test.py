"""A disk that fills up: writing is refused and goes on by itself, reading never stops.

The disk is a small one of the test's own where mounting is allowed; else the folder's own disk,
with a reserve that a large file reaches into.
"""

import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from support import DEADLINE_SECONDS, Folder, messages_path, run, wait_until

RUNS_ALONE = True  # others would find the disk full

MIB = 1 << 20
DISK_MIB = 320
RESERVE_MIB = 96
BALLOON_MIB = 2048  # on a disk that is not the test's own


def free_bytes(folder):
    about = os.statvfs(folder)
    return about.f_bavail * about.f_frsize


class SmallDisk:
    """A folder on a disk of known size, and a file that fills it."""

    def __init__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="parlour-disk-"))
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(self.path)],
            capture_output=True, check=False)
        self.own = mounted.returncode == 0
        self.balloon = self.path / "balloon"
        # Elsewhere others write, too: half of the balloon is room for what they do meanwhile.
        self.reserve_mib = (RESERVE_MIB if self.own else
                            free_bytes(self.path) // MIB - BALLOON_MIB // 2)

    def fill(self, leave_mib=RESERVE_MIB // 2):
        size = free_bytes(self.path) - leave_mib * MIB if self.own else BALLOON_MIB * MIB
        with open(self.balloon, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)

    def empty(self):
        self.balloon.unlink(missing_ok=True)

    def close(self):
        if self.own:
            subprocess.run(["umount", str(self.path)], check=False)
        shutil.rmtree(self.path, ignore_errors=True)


class DiskFull(unittest.TestCase):
    def setUp(self):
        self.disk = SmallDisk()
        self.addCleanup(self.disk.close)
        if not self.disk.own and self.disk.reserve_mib < BALLOON_MIB:
            self.skipTest("neither a disk can be mounted, nor has this one room for the test")
        self.folder = Folder(parent=self.disk.path)
        self.addCleanup(self.folder.close)
        self.reserve = ("--disk-reserve", str(self.disk.reserve_mib))

    def assert_refused(self, answer):
        self.assertEqual(answer.status, 503, answer.body)
        self.assertEqual(answer.json["code"], "storage-full")
        self.assertEqual(answer.headers["Retry-After"], "1")
        self.assertNotIn(str(self.disk.path), answer.body.decode())

    def wait_until_full(self, api, conversation):
        """Each message has a key of its own: one that was taken before is answered as before."""
        keys = (f"filling {i}" for i in itertools.count())
        wait_until(lambda: api.send(conversation, "filling", key=next(keys)).status == 503,
                   "the disk is full")

    def send_until_accepted(self, api, conversation, text):
        """Repeats one message with one key, as a client does that is told to retry."""
        def accepted():
            answer = api.send(conversation, text, key=text)
            return answer if answer.status == 201 else self.assert_refused(answer)
        return wait_until(accepted, "the message is accepted")

    def test_writing_is_refused_and_goes_on_by_itself_while_reading_never_stops(self):
        self.folder.start(*self.reserve)
        api = self.folder.api()
        conversation = api.open()["id"]
        before = [f"before {i}" for i in range(20)]
        for text in before:
            self.assertEqual(api.send(conversation, text).status, 201)
        self.disk.fill()
        self.wait_until_full(api, conversation)
        for i in range(5):
            self.assert_refused(api.send(conversation, f"refused {i}"))
        self.assert_refused(api.post("/api/v1/conversations", {"visitor": {"name": "Ada"}}))
        self.assertEqual(api.texts(conversation)[:len(before)], before)

        self.disk.empty()
        self.send_until_accepted(api, conversation, "while full")
        self.assertTrue(api.send(conversation, "while full", key="while full").replayed)
        self.assertEqual(api.open("Bob") and api.send(conversation, "after").status, 201)
        texts = api.texts(conversation)
        kept = [text for text in texts if text != "filling"]
        self.assertEqual(kept, [*before, "while full", "after"])
        self.assertIsNone(self.folder.server.poll())
        self.folder.kill()
        self.folder.start(*self.reserve)
        self.assertEqual(self.folder.api().texts(conversation), texts)

    def test_a_start_on_a_full_disk_serves_readers_and_writes_once_there_is_room(self):
        self.folder.start(*self.reserve)
        api = self.folder.api()
        conversation = api.open()["id"]
        api.send(conversation, "before")
        self.assertEqual(self.folder.stop(), 0)
        self.disk.fill()
        self.folder.start(*self.reserve, demo=False)
        api = self.folder.api()
        self.assertEqual(api.texts(conversation), ["before"])
        self.assert_refused(api.send(conversation, "while full", key="while full"))
        self.disk.empty()
        self.send_until_accepted(api, conversation, "while full")
        self.assertEqual(api.texts(conversation), ["before", "while full"])

    def test_a_disk_full_in_spite_of_it_ends_the_program_and_loses_nothing(self):
        """Without a reserve the log meets the end of the disk itself.

        Debian's RocksDB is built with its assertions: one may end the program unexplained."""
        if not self.disk.own:
            self.skipTest("only a disk of the test's own may be filled to the last byte")
        self.folder.start("--disk-reserve", "0")
        api = self.folder.api()
        conversation = api.open()["id"]
        self.disk.fill(leave_mib=4)
        kept = []

        def ended():
            for i in range(len(kept), len(kept) + 200):
                text = f"{i} " + "x" * 60_000
                try:
                    answer = api.send(conversation, text, key=str(i))
                except OSError:
                    break
                if answer.status != 201:
                    break
                kept.append(text)
            return self.folder.server.poll()
        code = wait_until(ended, "the program ends")
        self.assertIn(code, (1, -signal.SIGABRT))
        self.folder.server.wait(timeout=DEADLINE_SECONDS)
        errors = [line for line in self.folder.logs[-1].read_text().splitlines()
                  if line.startswith("parlour serve: ")]
        if code == 1:
            self.assertEqual(len(errors), 1, errors)
            self.assertIn("No space left", errors[0])

        self.disk.empty()
        self.folder.start("--disk-reserve", "0")
        texts = self.folder.api().texts(conversation)
        self.assertEqual(texts[:len(kept)], kept)
        self.assertIn(len(texts) - len(kept), (0, 1))

    def test_an_import_waits_for_room_and_then_goes_on(self):
        self.folder.start(*self.reserve)
        api = self.folder.api()
        conversation = api.open()["id"]
        self.disk.fill()
        self.wait_until_full(api, conversation)
        file = self.folder.top / "one.ndjson"
        file.write_text('{"id":"c","turns":[{"speaker":"customer","text":"imported"}]}\n')
        with subprocess.Popen(self.folder.import_command(file), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as importer:
            self.addCleanup(importer.kill)
            self.assertTrue(any(b"waiting for the server" in line for line in importer.stderr))
            self.disk.empty()
            importer.communicate(timeout=DEADLINE_SECONDS)
            self.assertEqual(importer.returncode, 0)
        stored = run("stats", "--data", self.folder.data, "--format", "json")
        self.assertEqual(stored.returncode, 0)
        self.assertEqual([event["fields"]["text"] for event in self.folder.replay()
                          if event["type"] == "MessageSent"].count("imported"), 1)


if __name__ == "__main__":
    unittest.main()
