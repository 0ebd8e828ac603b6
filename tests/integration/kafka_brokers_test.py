"""ops/kafka/start, stop and tool: brokers from nothing, and only ours are stopped."""

import hashlib
import os
import pathlib
import socket
import tempfile
import unittest

import kafka
from support import TOP


def listens(address):
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


class KafkaBrokersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls)

    # CPL 1.7: a broker is there seconds after start; topics come only from who asks for them.
    def test_a_started_broker_serves_and_makes_no_topic_by_itself(self):
        self.assertTrue(listens(self.brokers.addresses))
        self.brokers.tool("kafka-topics", "--create", "--topic", "asked.for", "--partitions", 2)
        self.assertIn("asked.for", self.brokers.tool("kafka-topics", "--list").split())
        settings = (self.brokers.data / "node-1" / "server.properties").read_text()
        self.assertIn("auto.create.topics.enable=false\n", settings)
        self.assertIn("unclean.leader.election.enable=false\n", settings)

    def test_a_killed_broker_comes_back_at_its_address_with_its_topics(self):
        self.brokers.tool("kafka-topics", "--create", "--topic", "kept", "--partitions", 1)
        self.brokers.kill()
        self.assertEqual(self.brokers.start(), self.brokers.addresses)
        self.assertIn("kept", self.brokers.tool("kafka-topics", "--list").split())

    def test_stop_leaves_alone_what_start_did_not_start(self):
        with tempfile.TemporaryDirectory() as other:
            node = pathlib.Path(other) / "node-1"
            node.mkdir()
            # A process number that meanwhile belongs to somebody else: to this test.
            (node / "pid").write_text(f"{os.getpid()}\n")
            done = kafka.command("stop", "--data", other)
        self.assertEqual((done.returncode, done.stdout), (0, "stopped: none was running\n"))
        self.assertTrue(listens(self.brokers.addresses))

    def test_the_jars_that_run_are_those_of_the_list(self):
        pinned = (TOP / "ops/kafka/jars.sha512").read_text().splitlines()
        wanted = {name: digest for digest, name in map(str.split, pinned)}
        kept = next(path for path in (TOP / "build/kafka").iterdir() if path.is_dir())
        found = {path.name: hashlib.sha512(path.read_bytes()).hexdigest()
                 for path in kept.iterdir()}
        self.assertEqual(found, wanted)


class KafkaWithoutJavaTest(unittest.TestCase):
    def test_one_line_and_an_exit_code_of_its_own_say_what_is_missing(self):
        python = pathlib.Path(os.readlink("/proc/self/exe")).parent
        with tempfile.TemporaryDirectory() as bare:
            (pathlib.Path(bare) / "python3").symlink_to(python / "python3")
            done = kafka.command("start", "--fetch", env={"PATH": bare})
            self.assertEqual((done.returncode, done.stdout), (kafka.UNAVAILABLE, ""))
            self.assertEqual(done.stderr, "start: java is not installed (ops/setup installs it)\n")


if __name__ == "__main__":
    unittest.main()
