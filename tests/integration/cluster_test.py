"""Several nodes over a real broker: any node answers any request, and nothing acknowledged is lost
when nodes come, go, die or sleep (DESIGN 3, the log is the lock; DESIGN 10)."""

import collections
import datetime
import re
import time
import unittest

import kafka
import nodes
from load import Load
from support import SMALL, wait_until

SESSION_SECONDS = 10
TAKE_OVER_SECONDS = SESSION_SECONDS + 2
SLOWER = 4 if SMALL else 1.5  # with sanitizers, and beside others on one machine


class ThreeNodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls)
        cls.nodes = nodes.for_class(cls, cls.brokers, count=3)

    def setUp(self):
        nodes.start(self.nodes)

    def owner(self):
        """The node that serves the demo company: the one that passes none of its requests on."""
        for node in self.nodes:
            before = node.metric("parlour_forwarded_requests_total")
            if before is None:
                continue
            answer = node.api().get("/api/v1/experts")
            if answer.status == 200 and before == node.metric("parlour_forwarded_requests_total"):
                return node
        return None

    def test_any_node_answers_any_request(self):
        conversation = self.nodes[0].api().open()["id"]
        sent = []
        for i, node in enumerate(self.nodes * 2):
            text = f"at {node.name}, {i}"
            self.assertEqual(node.api().send(conversation, text, key=text).status, 201)
            sent.append(text)
        for node in self.nodes:
            wait_until(lambda n=node: n.api().texts(conversation) == sent, "every node shows all")
            me = node.portal().get("/api/v1/me")
            self.assertEqual(me.status, 200, me.body)
        self.assertGreater(
            sum(node.metric("parlour_forwarded_requests_total") for node in self.nodes), 0)

    def others(self, node):
        return [other for other in self.nodes if other is not node]

    def test_kill_9_of_the_owner_under_load_loses_nothing_acknowledged(self):
        load = Load(self, self.nodes)
        owner = wait_until(self.owner, "the owner is known")
        killed = time.monotonic()
        owner.kill()
        nodes.wait_served(self.others(owner))
        taken_over = time.monotonic() - killed
        load.wait_progress()
        load.check(self.others(owner))
        print(f"figure: kill -9 of an owner: its partitions are served again after "
              f"{taken_over:.1f} s; {load.figures()}")
        self.assertLess(taken_over, TAKE_OVER_SECONDS * SLOWER)

    def test_the_late_writes_of_an_owner_that_slept_past_its_session_are_void(self):
        load = Load(self, self.nodes)
        owner = wait_until(self.owner, "the owner is known")
        owner.pause()
        self.addCleanup(owner.resume)
        load.nodes = self.others(owner)  # what is under way at the owner stays there
        nodes.wait_served(load.nodes)
        load.wait_progress()
        owner.resume()
        load.nodes = self.nodes
        nodes.wait_served(self.nodes)
        load.wait_progress()
        load.check(self.nodes)
        print(f"figure: an owner asleep past its session: {load.figures()}")

    def test_a_rolling_restart_under_load_shows_nothing_but_503(self):
        load = Load(self, self.nodes)
        since = datetime.datetime.now(datetime.UTC).isoformat()
        for node in self.nodes:
            self.assertEqual(node.stop(), 0)
            nodes.start(self.nodes)
            load.wait_progress()
        load.check(self.nodes)
        gaps = unowned(self.nodes, since)
        print(f"figure: rolling restart of three: partitions without an owner for "
              f"{max(gaps):.2f} s at most, {sorted(gaps)[len(gaps) // 2]:.2f} s in the median, "
              f"{len(gaps)} moves; {load.figures()}")
        self.assertLess(max(gaps), TAKE_OVER_SECONDS * SLOWER)  # no worse than one that died

    def test_a_socket_follows_its_company_through_the_end_of_its_node(self):
        load = Load(self, self.nodes)
        owner = wait_until(self.owner, "the owner is known")
        sockets = load.follower.sockets
        self.assertEqual(owner.stop(), 0)
        load.nodes = self.others(owner)
        load.wait_progress()
        self.assertGreater(load.follower.sockets, sockets)
        load.check(self.others(owner))


def unowned(cluster, since):
    """For each move of a partition that the nodes' logs tell of: the seconds between."""
    moment = re.compile(r"^(\S+) .*partition-(gained|lost).*partition=(\d+)", re.MULTILINE)
    events = collections.defaultdict(list)
    for node in cluster:
        for at, what, partition in moment.findall(node.logged()):
            if at > since:
                events[partition].append((at, what))
    gaps = []
    for told in events.values():
        lost = None
        for at, what in sorted(told):
            when = seconds(at)
            if what == "lost":
                lost = when
            elif lost is not None:
                gaps.append(when - lost)
                lost = None
    return gaps


def seconds(text):
    whole, _, fraction = text.rstrip("Z").partition(".")
    hours, minutes, rest = whole.split("T")[1].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(rest) + float("0." + (fraction or "0"))


if __name__ == "__main__":
    unittest.main()
