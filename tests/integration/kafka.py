"""Kafka brokers for tests: real ones, on loopback, with a folder of their own that goes with them.

    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls, brokers=1, settings={"log.cleaner.backoff.ms": 200})

Where no broker can run the tests are skipped; under CI=true a skip is a failure.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from support import TOP, wait_until

START_SECONDS = 240
UNAVAILABLE = 4  # exit code of ops/kafka/start without jars, Java or Maven


def command(name, *args, seconds=START_SECONDS, **more):
    words = [TOP / "ops" / "kafka" / name, *[str(arg) for arg in args]]
    return subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False,
                          **more)


class Brokers:
    """Running brokers. `addresses` is what clients are given; `data` is their folder."""

    def __init__(self, brokers=1, settings=None, secure=False, parent=None):
        """`parent` is where the folder lies, if not where they usually do."""
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="parlour-kafka-", dir=parent))
        self.made_with = ["--brokers", brokers, *(["--secure"] if secure else [])]
        for key, value in (settings or {}).items():
            self.made_with += ["--set", f"{key}={value}"]
        self.addresses = ""
        try:
            self.addresses = self.start(*self.made_with)
        except BaseException:
            self.close()
            raise

    @property
    def url(self):
        """What `--log` is given."""
        return f"kafka://{self.addresses}"

    def start(self, *args):
        """Starts those that do not run."""
        done = command("start", "--data", self.data, *args)
        if done.returncode == UNAVAILABLE:
            raise unittest.SkipTest(done.stderr.strip())
        if done.returncode != 0:
            raise AssertionError(f"ops/kafka/start ended with {done.returncode}: {done.stderr}")
        return done.stdout.splitlines()[-1]

    def process(self, number):
        return int((self.data / f"node-{number}" / "pid").read_text())

    def signal(self, number, what):
        os.kill(self.process(number), what)

    def runs(self, number):
        """Whether its process is there; one that ended may have no parent that has noticed yet."""
        try:
            state = pathlib.Path(f"/proc/{self.process(number)}/stat").read_text()
        except OSError:
            return False
        return state.rsplit(")", 1)[1].split()[0] != "Z"

    def end(self, number=1):
        """Ends it in order; start() brings it back."""
        self.signal(number, signal.SIGTERM)
        wait_until(lambda: not self.runs(number), "the broker ends")

    def kill(self, number=1):
        """As a power cut would; start() brings it back."""
        self.signal(number, signal.SIGKILL)

    def pause(self, number=1):
        self.signal(number, signal.SIGSTOP)

    def resume(self, number=1):
        self.signal(number, signal.SIGCONT)

    def log_folder(self, number=1):
        """Where that broker keeps its partitions, a folder TOPIC-NUMBER each."""
        return self.data / f"node-{number}" / "log"

    def tool(self, name, *args):
        """Runs a tool of Kafka to its end and gives what it printed."""
        secure = self.data / "client" / "admin.properties"
        login = ["--command-config", secure] if secure.exists() else []
        done = command("tool", name, "--bootstrap-server", self.addresses, *login, *args)
        if done.returncode != 0:
            raise AssertionError(f"{name} ended with {done.returncode}: "
                                 f"{done.stdout}{done.stderr}")
        return done.stdout

    def close(self):
        command("stop", "--data", self.data, "--now")
        shutil.rmtree(self.data, ignore_errors=True)


def for_class(case, **how):
    made = Brokers(**how)
    case.addClassCleanup(made.close)
    return made
