"""The topic parlour.analytics over several nodes: told by whoever holds a partition, from where the
last one had come."""

import collections
import hashlib
import json
import subprocess
import threading
import unittest

import kafka
import nodes
from analytics_test import EVENTS, lines_of, next_of
from support import DEADLINE_SECONDS, wait_until

TOPIC = "parlour.analytics"
GROUP = "parlour.publisher"
PARTITIONS = 64


class AnalyticsCluster(unittest.TestCase):
    def setUp(self):
        self.brokers = kafka.Brokers()
        self.addCleanup(self.brokers.close)
        self.nodes = nodes.started(self, self.brokers, count=2)
        admin = self.nodes[0].portal()
        made = wait_until(lambda: self.made(admin), "a token is made")
        self.token = made["token"]

    @staticmethod
    def made(admin):
        answer = admin.post("/api/v1/company/tokens",
                            {"name": "analyst", "scopes": ["analytics:read"]})
        return answer.json if answer.status == 201 else None

    def owner(self):
        """The node that holds the company, and the other one: it passes nothing on."""
        for node, other in (self.nodes, self.nodes[::-1]):
            before = node.metric("parlour_forwarded_requests_total")
            answer = node.api().get("/api/v1/experts")
            if answer.status == 200 and before == node.metric("parlour_forwarded_requests_total"):
                return node, other
        return None

    def talk(self, node, count, name):
        """Messages that were all acknowledged, however often they had to be sent."""
        api = node.api()
        conversation = wait_until(lambda: self.opened(api, name), "a conversation is opened")
        for i in range(count):
            wait_until(lambda i=i: self.sent(api, conversation, f"{name} {i}"), "it is sent")

    @staticmethod
    def opened(api, name):
        try:
            return api.open(name=name, key=name)["id"]
        except (OSError, AssertionError):
            return None

    @staticmethod
    def sent(api, conversation, text):
        try:
            return api.send(conversation, text, key=text).status == 201
        except OSError:
            return False

    def expected(self, node):
        """The ids of all events that there are, as the feed over HTTP has them."""
        api = node.api()
        position = api.open(name="Last Example")["position"]
        api.get(f"/api/v1/experts?min_position={position}")
        analyst = node.api(token=self.token)
        path, found = f"{EVENTS}?limit=1000", []
        while True:
            answer = analyst.get(path)
            self.assertEqual(answer.status, 200, answer.body)
            page = lines_of(answer)
            if not page:
                return [event["id"] for event in found]
            found += page
            path = next_of(answer)

    def told(self):
        """The ids in the topic, in their order, as kcat has them."""
        done = subprocess.run(
            ["kcat", "-b", self.brokers.addresses, "-C", "-t", TOPIC, "-e", "-q", "-J"],
            capture_output=True, timeout=DEADLINE_SECONDS, check=True)
        tenant = self.nodes[0].tenant
        found = [json.loads(line) for line in done.stdout.splitlines()]
        found = sorted((message for message in found if message["key"] == tenant),
                       key=lambda message: message["offset"])
        return [dict(zip(message["headers"][::2], message["headers"][1::2]))["ce_id"]
                for message in found]

    def wait_told(self, node):
        expected = self.expected(node)
        told = wait_until(lambda: self.told_all(expected), "the topic is told everything")
        self.assertEqual(list(dict.fromkeys(told)), expected)  # in order, and nothing else
        return told

    def told_all(self, expected):
        told = self.told()
        return told if set(expected) <= set(told) else None

    def behind(self):
        """What Kafka's own tool says that the publisher has yet to read of the company's partition:
        in the others nothing but claims may stand."""
        lines = self.brokers.tool("kafka-consumer-groups", "--describe", "--group", GROUP)
        rows = [line.split() for line in lines.splitlines() if line.startswith(GROUP)]
        digest = hashlib.sha256(bytes.fromhex(self.nodes[0].tenant)).digest()
        partition = int.from_bytes(digest[:8], "big") % PARTITIONS
        return [row[5] for row in rows if int(row[2]) == partition]

    # DESIGN 9
    def test_who_takes_a_partition_over_goes_on_where_the_last_owner_was(self):
        owner, other = wait_until(self.owner, "the owner is known")
        self.talk(owner, 30, "Before")
        before = self.wait_told(owner)
        self.assertEqual(len(set(before)), len(before))
        # Told in some moments; then the place stands where the other node finds it.
        wait_until(lambda: self.behind() == ["0"], "the place is kept")
        self.assertEqual(owner.stop(), 0)
        nodes.wait_served([other])
        self.talk(other, 30, "After")
        told = self.wait_told(other)
        self.assertEqual(len(set(told)), len(told))  # nothing came again
        for node in self.nodes:
            self.assertNotIn("analytics-topic-stopped", node.logged())

    # DESIGN 9, CPL01
    def test_killed_while_it_tells_nothing_is_left_out_and_doubles_have_the_same_id(self):
        for round_ in range(2):
            owner, other = wait_until(self.owner, "the owner is known")
            # By the other node, which passes them on, until it has taken over.
            talks = [threading.Thread(target=self.talk, args=(other, 40, f"{round_} {i}"))
                     for i in range(3)]
            for talk in talks:
                talk.start()
            self.talk(other, 15, f"{round_} until the kill")
            owner.kill()
            for talk in talks:
                talk.join()
            nodes.wait_served([other])
            told = self.wait_told(other)
            owner.start()
            nodes.wait_served(self.nodes)
        counts = collections.Counter(told)
        doubles = [name for name, count in counts.items() if count > 1]
        print(f"figure: analytics topic, owner killed twice: {len(counts)} events, "
              f"{len(doubles)} told again")


if __name__ == "__main__":
    unittest.main()
