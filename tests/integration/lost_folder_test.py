"""A node whose data folder and key ring are lost: both come back from the topics, as
ops/runbooks/cluster.md says."""

import shutil
import time
import unittest

import kafka
import nodes
from support import wait_until


def created(answer):
    return answer.json if answer.status == 201 else None


class LostFolder(unittest.TestCase):
    def setUp(self):
        self.brokers = kafka.Brokers()
        self.addCleanup(self.brokers.close)
        self.first, self.second = nodes.started(self, self.brokers, count=2)

    @staticmethod
    def say(node, texts):
        """A conversation with these texts; the first moments of a cluster may answer 503."""
        api = node.api()
        body = {"visitor": {"name": "Ada Example"}}
        opened = wait_until(lambda: created(api.post("/api/v1/conversations", body, key="one")),
                            "a conversation is opened")
        for text in texts:
            wait_until(lambda text=text: created(api.send(opened["id"], text, key=text)),
                       "it is sent")
        return opened["id"]

    def test_a_node_without_folder_and_ring_copies_them_and_serves_every_company(self):
        texts = [f"text {i}" for i in range(20)]
        conversation = self.say(self.first, texts)
        self.assertEqual(self.second.stop(), 0)
        shutil.rmtree(self.second.data)
        shutil.rmtree(self.second.keys)
        began = time.monotonic()
        self.second.start()
        print(f"figure: a node without a folder listens after {time.monotonic() - began:.1f} s")
        self.assertEqual(self.first.stop(), 0)
        nodes.wait_served([self.second])
        # Sealed texts: the keys are there as well.
        self.assertEqual(self.second.api().texts(conversation), texts)

    def test_the_ring_alone_comes_back_too(self):
        conversation = self.say(self.second, ["sealed"])
        for node in (self.first, self.second):
            self.assertEqual(node.stop(), 0)
        shutil.rmtree(self.second.keys)
        self.second.start()
        nodes.wait_served([self.second])
        self.assertEqual(self.second.api().texts(conversation), ["sealed"])


if __name__ == "__main__":
    unittest.main()
