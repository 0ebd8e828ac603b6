"""What compaction does to a secret that was replaced, on the disks of real brokers (CPL 1.7): the
cluster removes its bytes because nodes send heartbeats, and a replica that was away does not bring
them back because no record that ends another one is null. Both are shown without it, too."""

import os
import pathlib
import subprocess
import tempfile
import time
import unittest

import kafka
from support import PROGRAM, wait_until

TESTS = pathlib.Path(PROGRAM).parent / "tests" / "events" / "kafka_on_broker"
PARTITIONS = 8
SHORT = {"cleanup.policy": "compact", "message.timestamp.type": "LogAppendTime",
         "max.compaction.lag.ms": 1500, "segment.ms": 1500, "min.compaction.lag.ms": 0,
         "min.cleanable.dirty.ratio": 0.01, "delete.retention.ms": 500,
         "file.delete.delay.ms": 200}
# Far more than the bound that these settings give.
LONG_SECONDS = 12


class Cluster:
    """Topics of a name, and a node's folder for them."""

    def __init__(self, case, brokers, name, placement):
        self.brokers = brokers
        self.name = name
        made = tempfile.TemporaryDirectory(prefix="parlour-node-")
        case.addCleanup(made.cleanup)
        self.folder = pathlib.Path(made.name)
        settings = [word for key, value in SHORT.items() for word in ("--config", f"{key}={value}")]
        for kind in ("events", "keys", "files"):
            brokers.tool("kafka-topics", "--create", "--topic", f"{name}.{kind}", *settings,
                         "--replica-assignment", ",".join([placement] * PARTITIONS))

    def step(self, name, heartbeat_ms=3_600_000):
        """Begins a step; it ends by itself or by stop()."""
        return subprocess.Popen(
            [TESTS, f"--run_test=kafka_steps/{name}"], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PARLOUR_KAFKA": self.brokers.addresses,
                 "PARLOUR_KAFKA_TOPICS": self.name, "PARLOUR_KAFKA_FOLDER": str(self.folder),
                 "PARLOUR_KAFKA_HEARTBEAT_MS": str(heartbeat_ms)})

    def run(self, name):
        self.end(self.step(name))

    def end(self, step):
        said = step.communicate(timeout=120)[1]
        assert step.returncode == 0, said

    def stop(self, step):
        (self.folder / "stop").touch()
        self.end(step)
        (self.folder / "stop").unlink()

    def replaced(self):
        return (self.folder / "replaced").exists()

    def is_on_disk(self, number=1):
        """Whether a file of that broker holds the first secret's sealed bytes."""
        sealed = (self.folder / "sealed").read_bytes()
        for path in self.brokers.log_folder(number).glob(f"{self.name}.keys-*/*"):
            try:
                if sealed in path.read_bytes():
                    return True
            except FileNotFoundError:
                continue  # just removed
        return False


class IdlePartitionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls, settings={"log.cleaner.backoff.ms": 100})

    # CPL 1.7: the active segment rolls only on append
    def test_an_idle_partition_is_cleaned_because_the_node_keeps_it_awake(self):
        silent = Cluster(self, self.brokers, "silent", "1")
        beating = Cluster(self, self.brokers, "beating", "1")
        for cluster in (silent, beating):
            cluster.run("a_secret_is_put")
            self.assertTrue(cluster.is_on_disk())
        nodes = [silent.step("it_is_replaced"), beating.step("it_is_replaced", heartbeat_ms=300)]
        wait_until(lambda: silent.replaced() and beating.replaced(), "the secret is replaced")
        began = time.monotonic()
        wait_until(lambda: not beating.is_on_disk(), "the replaced secret leaves the disk", 60)
        wait_until(lambda: time.monotonic() - began > LONG_SECONDS, "many bounds have passed")
        # Without heartbeats it stays: the defect is seen.
        self.assertTrue(silent.is_on_disk())
        silent.stop(nodes[0])
        beating.stop(nodes[1])


class ReturnedReplicaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls, brokers=3, settings={"log.cleaner.backoff.ms": 100})

    # CPL 1.7: a null is dropped after delete.retention.ms
    def test_a_replica_that_was_away_does_not_bring_a_secret_back(self):
        ours = Cluster(self, self.brokers, "ours", "1:2:3")
        nulls = Cluster(self, self.brokers, "nulls", "1:2:3")
        for cluster in (ours, nulls):
            cluster.run("a_secret_is_put")
            wait_until(lambda it=cluster: it.is_on_disk(3), "the third replica has the secret")
        self.brokers.kill(3)
        node = ours.step("it_is_replaced", heartbeat_ms=300)
        wait_until(ours.replaced, "the secret is replaced")
        nulls.run("it_is_ended_by_a_null")
        awake = nulls.step("the_partition_is_kept_awake")
        wait_until(lambda: not ours.is_on_disk(1) and not nulls.is_on_disk(1),
                   "both secrets leave the disks of those that are there", 90)
        gone = time.monotonic()
        wait_until(lambda: time.monotonic() - gone > LONG_SECONDS, "nulls are dropped as well")
        self.brokers.start()
        wait_until(lambda: not ours.is_on_disk(3), "ours leaves the returned disk, too", 90)
        back = time.monotonic()
        wait_until(lambda: time.monotonic() - back > LONG_SECONDS, "many bounds have passed")
        # A null left no trace of itself: the returned replica keeps what was erased.
        self.assertTrue(nulls.is_on_disk(3))
        ours.stop(node)
        nulls.stop(awake)


if __name__ == "__main__":
    unittest.main()
