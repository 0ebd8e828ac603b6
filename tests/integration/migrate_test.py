"""`parlour migrate`: an embedded installation moves to a real broker, whole or not at all."""

import pathlib
import re
import secrets
import shutil
import subprocess
import tempfile
import unittest

import kafka
import nodes
import pictures_test
from support import DEADLINE_SECONDS, PROGRAM, Folder, run, wait_until

MESSAGES = 900

class Migrate(unittest.TestCase):
    def setUp(self):
        self.brokers = kafka.Brokers()
        self.addCleanup(self.brokers.close)
        self.folder = Folder()
        self.addCleanup(self.folder.close)

    def make_topics(self):
        made = run("topics", "create", "--log", self.brokers.url)
        self.assertEqual(made.returncode, 0, made.stderr)

    def command(self, *args, folder=None):
        return ["migrate", "--from", (folder or self.folder).data, "--to", self.brokers.url, *args]

    def refused(self, what, *args, folder=None):
        done = run(*self.command(*args, folder=folder))
        self.assertEqual((done.returncode, done.stdout), (1, b""), done.stderr)
        text = done.stderr.decode()
        self.assertEqual(text.count("\n"), 1, text)
        self.assertIn(what, text)

    def in_topic(self, name):
        """Records in all partitions of a topic."""
        done = subprocess.run(
            ["kcat", "-b", self.brokers.addresses, "-C", "-t", name, "-e", "-q", "-f", "%p\\n"],
            capture_output=True, timeout=DEADLINE_SECONDS, check=True)
        return len(done.stdout.splitlines())

    def conversation(self):
        """Texts, a file and a person with a password: something of everything that moves."""
        self.folder.start()
        api = self.folder.api()
        conversation = api.open(name="Ada Example", email="ada@example.org")["id"]
        for i in range(MESSAGES):
            self.assertEqual(api.send(conversation, f"message {i}").status, 201)
        widget = api.get("/api/v1/widgets").json["items"][0]["id"]
        logo = api.request("PUT", f"/api/v1/widgets/{widget}/logo", body=pictures_test.png(),
                           headers={"Content-Type": "image/png"})
        self.assertEqual(logo.status, 200, logo.body)

        return conversation, api.messages(conversation)

    # DESIGN 10: positions and history intact, resumable, proved.
    def test_a_killed_migration_goes_on_and_a_node_shows_the_same_history(self):
        conversation, messages = self.conversation()
        self.refused("a server runs on this data folder")
        self.assertEqual(self.folder.stop(), 0)
        self.refused("parlour.events")  # is missing
        self.make_topics()
        replayed = self.folder.replay()
        stats = self.folder.stats()

        self.kill_midway()
        moved = self.in_topic("parlour.events")
        self.assertGreater(moved, 0)
        self.assertLess(moved, stats["commits"])
        done = run(*self.command())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        last = done.stdout.decode().splitlines()[-1]
        self.assertRegex(last, r"^equal: \d+ records, \d+ rows of keys and secrets, \d+ chunks")
        records = int(re.match(r"equal: (\d+)", last)[1])
        self.assertEqual(self.in_topic("parlour.events"), records)  # none twice
        again = run(*self.command())
        self.assertEqual((again.returncode, again.stdout.decode().splitlines()[-1]), (0, last))
        self.assertEqual(self.in_topic("parlour.events"), records)

        node = nodes.Node("one", self.brokers.url, self.folder.master)
        self.addCleanup(node.close)
        node.start()
        nodes.wait_served([node])
        self.assertEqual(node.api().messages(conversation), messages)
        there = self.server_replay(node)
        mine = run("replay", "--data", self.folder.data, "--tenant", self.folder.tenant)
        self.assertEqual(there[:len(mine.stdout)], mine.stdout)
        self.assertTrue(replayed)
        # The picture is there, and whoever had a password still has it.
        shown = node.api(token="").request(
            "GET", f"/api/v1/widget/{node.demo['widget_key']}/logo")
        self.assertEqual(shown.status, 200, shown.body)
        node.portal()
        sent = node.api().send(conversation, "and on it goes")
        self.assertEqual(sent.status, 201, sent.body)
        # A cluster that has gone on is no target any more.
        self.assertEqual(node.stop(), 0)
        self.refused("not what the data folder has there")

    def server_replay(self, node):
        done = run("replay", "--server", node.url, "--token", self.folder.demo["api_token"])
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def kill_midway(self):
        log = self.folder.top / "migrate.out"
        with log.open("wb") as out:
            migration = subprocess.Popen(
                [PROGRAM, *[str(word) for word in self.command("--batch", 1)]], stdout=out)
        wait_until(lambda: b"moved " in log.read_bytes() or migration.poll() is not None,
                   "some of it has moved")
        migration.kill()
        migration.wait()

    def test_topics_that_hold_something_else_are_refused(self):
        self.make_topics()
        self.folder.start()
        self.assertEqual(self.folder.stop(), 0)
        other = Folder()
        self.addCleanup(other.close)
        other.start()
        self.assertEqual(other.stop(), 0)
        done = run(*self.command(folder=other))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.refused("parlour.")
        keys = tempfile.mkdtemp(prefix="parlour-test-")
        self.addCleanup(shutil.rmtree, keys, ignore_errors=True)
        wrong = pathlib.Path(keys) / "master"
        wrong.touch(mode=0o600)
        wrong.write_bytes(secrets.token_bytes(32))
        self.refused("master key", "--master-key", wrong)

if __name__ == "__main__":
    unittest.main()
