"""A cluster under load while its brokers fail it in every way that is known: no anomaly in what its
clients did and saw, nothing but 503 meanwhile, and it goes on by itself (DESIGN 3)."""

import pathlib
import subprocess
import tempfile
import threading
import time
import unittest

import kafka
import nodes
from load import Load
from support import SMALL, wait_until

MESSAGE_TIMEOUT_SECONDS = 30  # of the nodes
BROKERS = (1, 2, 3)
LOG = "parlour.events"
PULSES = 5 if SMALL else 20
MOVES_AT_START_MAX = 5
ASLEEP_SECONDS, AWAKE_SECONDS = 0.4, 0.2
DISK_MIB = 1024


def pause(seconds):
    threading.Event().wait(seconds)


class FaultCase(unittest.TestCase):
    """Two nodes on the brokers that a class gives."""

    def setUp(self):
        self.brokers.start()
        nodes.start(self.nodes)

    def highest_term(self):
        return max(node.metric("parlour_highest_term") for node in self.nodes)

    def refused(self, load):
        return sum(client.answers[503] for client in load.clients)

    def finish(self, load, what):
        """What was broken is whole again: all is served, all go on, and nothing was wrong."""
        whole = time.monotonic()
        nodes.wait_served(self.nodes)
        load.wait_progress()
        back = time.monotonic() - whole
        load.check(self.nodes)
        print(f"figure: {what}: all goes on {back:.1f} s after its end; {load.figures()}")


class ThreeBrokers(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls, brokers=3)
        cls.nodes = nodes.for_class(cls, cls.brokers, count=2)

    def test_kill_9_of_a_broker_of_three(self):
        load = Load(self, self.nodes)
        self.brokers.kill(1)
        load.wait_progress()
        self.brokers.start()
        self.finish(load, "kill -9 of a broker of three")

    def test_a_rolling_restart_of_the_brokers(self):
        load = Load(self, self.nodes)
        for number in BROKERS[:1] if SMALL else BROKERS:
            self.brokers.end(number)
            self.brokers.start()
            load.wait_progress()
        self.finish(load, "rolling restart of three brokers")

    def test_a_broker_that_stops_again_and_again(self):
        load = Load(self, self.nodes)
        self.addCleanup(self.brokers.resume, 2)
        for _ in range(PULSES):
            self.brokers.pause(2)
            pause(ASLEEP_SECONDS)
            self.brokers.resume(2)
            pause(AWAKE_SECONDS)
        self.finish(load, f"a broker asleep {ASLEEP_SECONDS} s of "
                          f"{ASLEEP_SECONDS + AWAKE_SECONDS:.1f} s, {PULSES} times")

    def test_brokers_out_for_longer_than_the_time_out_of_a_message(self):
        load = Load(self, self.nodes)
        for number in BROKERS[1:]:
            self.brokers.kill(number)
        began = time.monotonic()
        before = self.refused(load)
        wait_until(lambda: time.monotonic() > began + MESSAGE_TIMEOUT_SECONDS + 2 and
                   self.refused(load) > before, "the time-out is over, and clients are told 503")
        self.brokers.start()
        self.finish(load, f"two of three brokers out for {time.monotonic() - began:.0f} s")

    # A record that the broker will never take ends the idempotent producer for good.
    def test_a_producer_that_ends_with_a_fatal_error(self):
        load = Load(self, self.nodes)
        term = self.highest_term()
        # Each time the partitions written to are claimed anew; those that moved at the start may be
        # some terms ahead of them.
        for _ in range(MOVES_AT_START_MAX):
            self.set_largest_record(100)
            before = self.refused(load)
            wait_until(lambda before=before: self.refused(load) > before, "clients are told 503")
            self.set_largest_record(None)
            load.wait_progress()
            if self.highest_term() > term:
                break
        self.finish(load, "a fatal error of the producers")
        self.assertGreater(self.highest_term(), term)

    def set_largest_record(self, size):
        """None: as it was made."""
        if size is None:
            self.configure(f"max.message.bytes={self.largest}")
        else:
            told = self.brokers.tool("kafka-configs", "--describe", "--entity-type", "topics",
                                     "--entity-name", LOG)
            self.largest = next(word.split("=")[1] for word in told.split()
                                if word.startswith("max.message.bytes="))
            self.addCleanup(self.set_largest_record, None)
            self.configure(f"max.message.bytes={size}")

    def configure(self, setting):
        self.brokers.tool("kafka-configs", "--alter", "--entity-type", "topics",
                          "--entity-name", LOG, "--add-config", setting)

    # The twin wants what its namesake has; each time it comes and goes, claims cross.
    def test_two_nodes_of_one_name_and_partitions_that_come_and_go(self):
        load = Load(self, self.nodes)
        first = self.nodes[0]
        twin = nodes.Node(first.name, self.brokers.url, first.master)
        self.addCleanup(twin.close)
        for end in (twin.kill,) if SMALL else (twin.kill, twin.stop, twin.kill):
            twin.start()
            nodes.wait_served([*self.nodes, twin])
            load.nodes = [*self.nodes, twin]
            load.wait_progress()
            load.nodes = self.nodes
            end()
        self.finish(load, "a node's twin that comes and goes")


class FullDisk(FaultCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = pathlib.Path(tempfile.mkdtemp(prefix="parlour-broker-disk-"))
        cls.addClassCleanup(cls.disk.rmdir)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(cls.disk)],
            capture_output=True, check=False)
        if mounted.returncode != 0:
            raise unittest.SkipTest("a small disk can be mounted by root only")
        cls.addClassCleanup(subprocess.run, ["umount", "--lazy", str(cls.disk)],
                            check=False)
        cls.brokers = kafka.for_class(cls, parent=cls.disk)
        cls.nodes = nodes.for_class(cls, cls.brokers, count=2)

    def test_a_brokers_disk_that_is_full(self):
        load = Load(self, self.nodes)
        balloon = self.disk / "balloon"
        self.addCleanup(balloon.unlink, missing_ok=True)
        with open(balloon, "wb") as file, self.assertRaises(OSError):
            while True:
                file.write(bytes(1 << 20))
        wait_until(lambda: not self.brokers.runs(1), "the broker ends")
        before = self.refused(load)
        wait_until(lambda: self.refused(load) > before, "clients are told 503")
        balloon.unlink()
        self.brokers.start()
        self.finish(load, "a broker's full disk")


if __name__ == "__main__":
    unittest.main()
