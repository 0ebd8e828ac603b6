"""A cluster of Kafka brokers on this machine's loopback, in one folder.

Each node is broker and controller at once and has a folder of its own: `server.properties`, its
log directory `log`, what it says in `broker.log`, and the number of its process in `pid`.
"""

import base64
import os
import pathlib
import random
import signal
import socket
import subprocess
import time
import uuid

import jars
import security

DATA = jars.HERE.parents[1] / ".parlour" / "kafka"
START_SECONDS = 120
STOP_SECONDS = 10
SERVING = "Kafka Server started"
PORTS = range(20000, 32000)  # below what the system gives to outgoing connections

# What every broker needs (ops/kafka/README.md says why) and what suits a small machine.
SETTINGS = {
    "auto.create.topics.enable": "false",
    "unclean.leader.election.enable": "false",
    "log.cleaner.enable": "true",
    "log.cleaner.threads": "2",
    "log.cleaner.backoff.ms": "15000",
    "log.cleaner.dedupe.buffer.size": str(32 << 20),
    "log.cleaner.io.buffer.load.factor": "0.9",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "num.recovery.threads.per.data.dir": "2",
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    # A killed broker may come back only after its session has ended.
    "broker.session.timeout.ms": "5000",
    "broker.heartbeat.interval.ms": "1000",
}


def free_ports(count):
    found = []
    while len(found) < count:
        port = random.choice(PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


class Node:
    def __init__(self, folder):
        self.folder = folder
        self.properties = folder / "server.properties"
        self.said = folder / "broker.log"

    @property
    def name(self):
        return self.folder.name

    @property
    def process(self):
        """Its number, if it runs. Another process that was given the same number is not it."""
        try:
            number = int((self.folder / "pid").read_text())
            words = pathlib.Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return number if str(self.properties).encode() in words else None

    def format(self, cluster_id, users):
        """Begins to format its storage; formatted() waits for it."""
        added = [word for user in users for word in ("--add-scram", user)]
        self.child = subprocess.Popen(
            jars.java("kafka.tools.StorageTool", "format", f"--cluster-id={cluster_id}",
                      "--config", self.properties, *added),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def formatted(self):
        said, _ = self.child.communicate()
        if self.child.returncode != 0:
            jars.fail(1, f"{self.name} cannot be formatted: {said.decode()[-600:]}")

    def start(self):
        """Begins it; serving() tells when it is there."""
        with open(self.said, "ab") as said:
            self.said_before = said.tell()
            options = [f"-Dkafka.logs.dir={self.folder}"]
            child = subprocess.Popen(
                jars.java("kafka.Kafka", self.properties, heap="384m", options=options),
                stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True)
        (self.folder / "pid").write_text(f"{child.pid}\n")
        self.child = child

    def serving(self):
        with open(self.said, "rb") as said:
            said.seek(self.said_before)
            text = said.read().decode(errors="replace")
        if SERVING in text:
            return True
        if self.child.poll() is not None:
            jars.fail(1, f"{self.name} ended with {self.child.returncode}:\n{text[-1500:]}")
        return False


def nodes(data):
    return [Node(folder) for folder in sorted(data.glob("node-*"))]


def settings_of(count, number, ports, controllers, secure):
    client, broker, controller = ports
    voters = ",".join(f"{i + 1}@127.0.0.1:{port}" for i, port in enumerate(controllers))
    listeners = f"CLIENT://127.0.0.1:{client},BROKER://127.0.0.1:{broker}"
    kind = {"CLIENT": "SASL_SSL", "BROKER": "SSL", "CONTROLLER": "SSL"}
    if not secure:
        kind = dict.fromkeys(kind, "PLAINTEXT")
    return {
        "process.roles": "broker,controller",
        "node.id": number,
        "controller.quorum.voters": voters,
        "listeners": f"{listeners},CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners": listeners,
        "listener.security.protocol.map": ",".join(f"{k}:{v}" for k, v in kind.items()),
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "default.replication.factor": count,
        "min.insync.replicas": 1 if count == 1 else 2,
        "offsets.topic.replication.factor": count,
        "transaction.state.log.replication.factor": count,
        "transaction.state.log.min.isr": 1 if count == 1 else 2,
        "share.coordinator.state.topic.replication.factor": count,
        "share.coordinator.state.topic.min.isr": 1 if count == 1 else 2,
    }


def make(data, count, extra, secure):
    """Writes the settings of `count` new nodes and formats their storage."""
    cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    found = free_ports(3 * count)
    ports = [found[3 * i:3 * i + 3] for i in range(count)]
    controllers = [part[2] for part in ports]
    users = security.make(data) if secure else []
    made = [Node(data / f"node-{i + 1}") for i in range(count)]
    for i, node in enumerate(made):
        node.folder.mkdir(parents=True)
        settings = SETTINGS | settings_of(count, i + 1, ports[i], controllers, secure)
        settings |= {"log.dirs": node.folder / "log"}
        settings |= security.settings(data) if secure else {}
        settings |= extra
        node.properties.write_text("".join(f"{k}={v}\n" for k, v in settings.items()))
        node.properties.chmod(0o600)
        node.format(cluster_id, users)
    for node in made:
        node.formatted()
    addresses = ",".join(f"127.0.0.1:{part[0]}" for part in ports)
    (data / "addresses").write_text(f"{addresses}\n")


def start(data):
    """Starts the nodes that do not run and waits until all serve; gives their addresses."""
    started = [node for node in nodes(data) if node.process is None]
    for node in started:
        node.start()
    end = time.monotonic() + START_SECONDS
    while not all([node.serving() for node in started]):
        if time.monotonic() > end:
            jars.fail(1, f"no broker serves within {START_SECONDS} s: see {data}/node-*/broker.log")
        time.sleep(0.05)
    return (data / "addresses").read_text().strip()


def stop(data, now=False):
    """Ends the nodes of this folder: in order, and by force what still runs after a while."""
    left = {node: node.process for node in nodes(data) if node.process is not None}
    for number in left.values():
        os.kill(number, signal.SIGKILL if now else signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    stopped = [node.name for node in left]
    while left := {node: number for node, number in left.items() if node.process == number}:
        if time.monotonic() > end:
            for number in left.values():
                os.kill(number, signal.SIGKILL)
            end += STOP_SECONDS
        time.sleep(0.05)
    return stopped
