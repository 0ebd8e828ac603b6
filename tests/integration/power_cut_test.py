"""What a power cut leaves behind at its worst places: half a first start, half a last write."""

import struct
import unittest

from support import Folder, ServerCase, run

RECOVERY = "recovery key, shown once: "
BLOCK = 32_768
TORN = 1_200  # bytes of a write of which only the first are there


class FirstStart(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)

    def shown(self):
        """The recovery key of the last start, if it was shown."""
        for line in self.folder.logs[-1].read_text().splitlines():
            if line.startswith(RECOVERY):
                return line.removeprefix(RECOVERY)
        return None

    def test_a_start_cut_off_behind_the_master_key_leaves_the_recovery_key_to_the_next(self):
        # What follows the key cannot be written: the program ends there, having shown nothing.
        in_the_way = self.folder.data / "folder.txt.new"
        in_the_way.mkdir(parents=True)
        done = run("serve", "--data", self.folder.data, "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(self.folder.master.exists())
        self.assertNotIn(RECOVERY.encode(), done.stderr)
        in_the_way.rmdir()

        self.folder.start()
        self.assertIsNotNone(self.shown())
        self.folder.kill()
        self.folder.start()
        self.assertIsNone(self.shown())

    def test_a_start_that_cannot_listen_has_shown_it_or_leaves_it_to_the_next(self):
        other = Folder()
        self.addCleanup(other.close)
        other.start()
        done = run("serve", "--data", self.folder.data, "--listen", f"127.0.0.1:{other.port}")
        self.assertEqual(done.returncode, 1)
        self.folder.start()
        before = RECOVERY.encode() in done.stderr
        self.assertEqual(before, self.shown() is None)


class TornWrite(ServerCase):
    def tear(self, folder):
        """Behind the last write of the folder's log: the beginning of one more, then zeros."""
        file = max(folder.glob("*.log"), key=lambda path: int(path.stem))
        with open(file, "ab") as log:
            left = BLOCK - log.tell() % BLOCK
            if left < TORN + 7:
                log.write(struct.pack("<IHB", 0, 0, 0)[:left])
            log.write(struct.pack("<IHB", 0xdeadbeef, TORN, 1) + b"x" * 300 + bytes(TORN - 300))

    # CPL02
    def test_half_a_write_that_nobody_was_told_of_is_cut_off_and_told_the_operator(self):
        conversation = self.api.open()["id"]
        for text in ("one", "two"):
            self.assertEqual(self.api.send(conversation, text).status, 201)
        for store, folder in (("log", self.folder.data / "log"), ("keys", self.folder.keys)):
            self.folder.kill()
            self.tear(folder)
            self.folder.start()
            lines = [line for line in self.folder.logs[-1].read_text().splitlines()
                     if "event=unsynced-write-dropped" in line]
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], rf" warning event=unsynced-write-dropped store={store}$")
            api = self.folder.api()
            self.assertEqual(api.messages(conversation, self.api.position)[-1]["text"], "two")
        self.folder.kill()
        self.folder.start()
        self.assertNotIn("unsynced-write-dropped", self.folder.logs[-1].read_text())


if __name__ == "__main__":
    unittest.main()
