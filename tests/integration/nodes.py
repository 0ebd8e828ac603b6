"""Nodes of a cluster: real programs over one broker, each with a folder of its own.

    cls.nodes = nodes.for_class(cls, brokers, count=3)
"""

import pathlib
import re
import secrets
import shutil
import signal
import tempfile
import threading

import support


class Node(support.Folder):
    """`url` is where clients come, `advertise` where the other nodes do."""

    def __init__(self, name, log, master):
        super().__init__()
        self.name = name
        self.master = master
        self.advertise = f"http://127.0.0.1:{support.free_port()}"
        self.options = ["--log", log, "--node", name, "--advertise", self.advertise,
                        "--master-key", str(master)]

    def start(self, *args, demo=True):
        return super().start(*self.options, *args, demo=demo)

    def api(self, token=None):
        """That of a client as clients of a cluster are to be: a partition may move at any time, and
        503 says to ask again."""
        made = super().api(token)
        made.patient = True
        return made

    def metric(self, name):
        """Without credentials, as a monitor asks; None while it does not answer."""
        try:
            text = self.api(token="").request("GET", "/metrics", described=False).body.decode()
        except OSError:
            return None
        found = re.search(rf"^{name} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else None

    @property
    def serves(self):
        return self.metric("parlour_partitions_served") is not None

    def pause(self):
        self.server.send_signal(signal.SIGSTOP)

    def resume(self):
        self.server.send_signal(signal.SIGCONT)

    def logged(self):
        return "".join(log.read_text(errors="replace") for log in self.logs)


def for_class(case, brokers, count):
    """Started nodes, once every partition is served by one of them."""
    keys = pathlib.Path(tempfile.mkdtemp(prefix="parlour-nodes-"))
    case.addClassCleanup(shutil.rmtree, keys, ignore_errors=True)
    master = keys / "master"
    master.touch(mode=0o600)
    master.write_bytes(secrets.token_bytes(32))
    made = [Node(f"node-{i + 1}", brokers.url, master) for i in range(count)]
    for node in made:
        case.addClassCleanup(node.close)
    start(made)
    return made


def start(nodes):
    """Starts those that do not run, at once, and waits until every partition is served."""
    starts = [threading.Thread(target=node.start) for node in nodes if node.server is None]
    for each in starts:
        each.start()
    for each in starts:
        each.join()
    for node in nodes:
        if not node.serves:
            raise AssertionError(f"{node.name} did not start: {node.logged()[-2000:]}")
    wait_served(nodes)


def wait_served(nodes, partitions=64):
    def served():
        return sum(node.metric("parlour_partitions_served") or 0 for node in nodes) == partitions
    support.wait_until(served, "every partition is served by one node")


def started(case, brokers, count=1, partitions=64, args=()):
    """Nodes for one test, one started after the other, once every partition is served."""
    keys = pathlib.Path(tempfile.mkdtemp(prefix="parlour-nodes-"))
    case.addCleanup(shutil.rmtree, keys, ignore_errors=True)
    master = keys / "master"
    master.touch(mode=0o600)
    master.write_bytes(secrets.token_bytes(32))
    made = [Node(f"node-{i + 1}", brokers.url, master) for i in range(count)]
    for node in made:
        case.addCleanup(node.close)
        node.start(*args)
    wait_served(made, partitions)
    return made
