"""parlour topics, and a node that starts: what a cluster lacks is named with its danger, and made
on request."""

import pathlib
import tempfile
import unittest

import kafka
import nodes
from support import run


class KafkaTopicsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls)

    def topics(self, action, *args):
        done = run("topics", action, "--log", self.brokers.url, "--partitions", 4, *args)
        return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode()

    # One story: a broker without topics, then with all of them, then with one made wrong by hand.
    def test_topics_are_made_as_they_must_be_and_each_difference_is_named(self):
        code, lines, _ = self.topics("check")
        self.assertEqual(code, 1)
        names = ["parlour.events", "parlour.keys", "parlour.files", "parlour.analytics"]
        self.assertEqual([line.split(":")[0] for line in lines], names)

        self.assertEqual(self.topics("create")[:2], (0, [f"made {name}" for name in names]))
        self.assertEqual(self.topics("check")[:2], (0, ["the topics are right"]))
        self.assertEqual(self.topics("create")[0], 0)

        wrong = ["cleanup.policy=delete", "max.compaction.lag.ms=604800000", "flush.messages=1000"]
        self.brokers.tool("kafka-configs", "--alter", "--entity-type", "topics", "--entity-name",
                          "parlour.keys", "--add-config", ",".join(wrong))
        code, lines, stderr = self.topics("check")
        self.assertEqual(code, 1)
        self.assertEqual(lines, [
            "parlour.keys: cleanup.policy is delete, must be compact: delete would drop history "
            "by age, and without compact erased bytes stay for ever",
            "parlour.keys: max.compaction.lag.ms is 604800000, must be at most 180000: nothing "
            "bounds how long erased bytes stay on the brokers' disks",
            "parlour.keys: flush.messages is 1000, must be 1: one replica and no sync: a power "
            "cut loses acknowledged records"])
        self.assertIn("3 differences", stderr)

    # One story: no topics, then those that --demo makes, then one made wrong by hand.
    def test_a_node_refuses_missing_and_wrong_topics_by_name_and_a_demo_makes_them(self):
        brokers = kafka.Brokers()
        self.addCleanup(brokers.close)
        refused = self.refusal(brokers)
        self.assertRegex(refused, r"\Aparlour serve: parlour\.events: is not there, .*"
                         r"\(4 differences at parlour\.events, parlour\.keys, parlour\.files, "
                         r"parlour\.analytics; `parlour topics create` makes what is missing, "
                         r"`parlour topics check` names the rest\)\n\Z")
        self.assertEqual(brokers.tool("kafka-topics", "--list").strip(), "")

        node, = nodes.started(self, brokers)  # with --demo
        self.assertEqual(node.stop(), 0)
        made = run("topics", "check", "--log", brokers.url)
        self.assertEqual((made.returncode, made.stdout), (0, b"the topics are right\n"))
        node.start(demo=False)
        self.assertEqual(node.stop(), 0)

        brokers.tool("kafka-configs", "--alter", "--entity-type", "topics", "--entity-name",
                     "parlour.keys", "--add-config", "cleanup.policy=delete")
        refused = self.refusal(brokers)
        self.assertIn("parlour.keys: cleanup.policy is delete, must be compact: delete would drop "
                      "history", refused)
        self.assertIn("(1 difference at parlour.keys; ", refused)

    def refusal(self, brokers):
        """The line with which a node that is no demo does not start."""
        with tempfile.TemporaryDirectory() as top:
            master = pathlib.Path(top) / "master"
            master.touch(mode=0o600)
            master.write_bytes(bytes(32))
            done = run("serve", "--log", brokers.url, "--node", "node", "--advertise",
                       "http://127.0.0.1:1", "--listen", "127.0.0.1:0", "--data", f"{top}/data",
                       "--master-key", master)
        self.assertEqual(done.returncode, 1)
        return done.stderr.decode()

    def test_where_no_broker_listens_one_line_says_so(self):
        done = run("topics", "check", "--log", "kafka://127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"\Aparlour topics check: no broker answers: .*\n\Z")


if __name__ == "__main__":
    unittest.main()
