"""`parlour rebuild`, and the same in a running server: views made anew from the log."""

import shutil
import signal
import unittest

from support import Folder, ServerCase, run, wait_until


class Rebuild(ServerCase):
    def setUp(self):
        super().setUp()
        self.conversations = [self.api.open(name=f"Person {i}")["id"] for i in range(5)]
        for i in range(20):
            self.api.send(self.conversations[i % 5], f"message {i}",
                          author=("visitor", "expert")[i % 2])
        self.before = self.everything()

    def everything(self):
        return {one: self.api.texts(one) for one in self.conversations}

    def restart(self):
        self.folder.start()
        self.api = self.folder.api()

    def rebuild(self, *args):
        return run("rebuild", "--data", self.folder.data, *args)

    def views(self):
        return sorted({view["view"].split("@")[0].split("~")[0]
                       for view in self.folder.stats()["views"]} - {"policies"})

    # The rows that were followed event by event are the rows of a rebuild, byte for byte.
    def test_every_view_is_the_same_again(self):
        views = self.views()
        self.folder.stop()
        done = self.rebuild("--check")
        lines = done.stdout.decode().splitlines()
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(sorted(line.split(":")[0] for line in lines), views)
        for line in lines:
            self.assertTrue(line.endswith("the same as before"), line)
        rows = {line.split(":")[0]: int(line.split()[1]) for line in lines}
        self.assertGreaterEqual(rows["conversation"], 30)
        self.restart()
        self.assertEqual(self.everything(), self.before)

    def test_one_view_is_rebuilt_where_that_is_asked(self):
        self.folder.stop()
        done = self.rebuild("--view", "conversation")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 1)
        done = self.rebuild("--view", "nothing")
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"expert-directory", done.stderr)

    # What is written next stands where those views believe to have read already.
    def test_views_ahead_of_a_log_that_was_brought_back_are_made_anew(self):
        self.folder.stop()
        copy = self.folder.top / "copy"
        shutil.copytree(self.folder.data / "log", copy)
        self.restart()
        one = self.conversations[0]
        for i in range(5):
            self.api.send(one, f"lost with the disk {i}")
        self.assertEqual(len(self.api.texts(one)), len(self.before[one]) + 5)
        self.folder.stop()
        shutil.rmtree(self.folder.data / "log")
        copy.rename(self.folder.data / "log")
        self.restart()
        self.assertIn("event=views-ahead-of-log", self.folder.logs[-1].read_text())
        self.assertEqual(self.everything(), self.before)
        self.assertEqual(self.api.send(one, "and on").status, 201)
        self.assertEqual(self.api.texts(one), [*self.before[one], "and on"])

    def test_a_folder_without_views_gets_them_again(self):
        self.folder.stop()
        shutil.rmtree(self.folder.data / "views")
        self.assertEqual(self.rebuild().returncode, 0)
        self.restart()
        self.assertEqual(self.everything(), self.before)

    def test_a_folder_that_is_served_is_refused_with_what_to_do(self):
        done = self.rebuild()
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(done.stderr)
        self.assertIn(b"SIGUSR1", done.stderr)

    # The views of another folder: the check finds that they are not what the log says.
    def test_rows_of_another_log_are_found_and_mended(self):
        other = Folder()
        self.addCleanup(other.close)
        other.start()
        other.api().open(name="Somebody Else")
        other.stop()
        self.folder.stop()
        shutil.rmtree(self.folder.data / "views")
        shutil.copytree(other.data / "views", self.folder.data / "views")
        done = self.rebuild("--check")
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        self.assertIn(b"other ones than before", done.stdout)
        self.assertEqual(self.rebuild("--check").returncode, 0)
        self.restart()
        self.assertEqual(self.everything(), self.before)

    def rebuilt(self):
        return self.folder.logs[-1].read_text().count("views-rebuilt")

    def test_a_running_server_rebuilds_without_a_gap(self):
        for turn in range(1, 4):
            self.folder.server.send_signal(signal.SIGUSR1)
            sent = 0
            while self.rebuilt() < turn:
                text = f"turn {turn}, message {sent}"
                answer = self.api.send(self.conversations[0], text)
                self.assertEqual(answer.status, 201)
                self.before[self.conversations[0]].append(text)
                self.assertEqual(self.api.texts(self.conversations[0])[-1], text)
                sent += 1
            self.assertGreater(sent, 0)
        self.assertEqual(self.everything(), self.before)
        self.assertEqual(self.api.get("/ready").json["views"]["state"], "ready")
        self.folder.stop()
        done = self.rebuild("--check")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_a_stop_in_the_middle_leaves_every_view_whole(self):
        self.folder.server.send_signal(signal.SIGUSR1)
        wait_until(lambda: "view-rebuilt" in self.folder.logs[-1].read_text(), "a view is rebuilt")
        self.folder.kill()
        self.restart()
        self.assertEqual(self.everything(), self.before)
        self.folder.stop()
        done = self.rebuild("--check")
        self.assertEqual(done.returncode, 0, done.stdout)


if __name__ == "__main__":
    unittest.main()
