"""The topic parlour.analytics on a real broker, read by kcat and kafkajs."""

import collections
import json
import subprocess
import unittest

import kafka
from analytics_test import AnalyticsCase
from support import DEADLINE_SECONDS, run, wait_until

TOPIC = "parlour.analytics"
MINUTE_MS = 60_000


class AnalyticsTopic(AnalyticsCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls)
        made = run("topics", "create", "--log", cls.brokers.url, "--partitions", 64)
        if made.returncode != 0:
            raise AssertionError(made.stderr.decode())

    def start(self):
        """The server, telling the topic."""
        config = self.folder.top / "parlour.toml"
        config.write_text(f'[analytics]\nkafka = "{self.brokers.url}"\n')
        self.folder.start("--config", str(config))
        self.api = self.folder.api()

    def setUp(self):
        super().setUp()
        self.folder.stop()
        self.start()
        self.analyst = self.folder.api(token=self.analyst.token)

    def messages(self):
        """This company's messages, as kcat has them, in their order."""
        done = subprocess.run(
            ["kcat", "-b", self.brokers.addresses, "-C", "-t", TOPIC, "-e", "-q", "-J"],
            capture_output=True, timeout=DEADLINE_SECONDS, check=True)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        found = [message for message in found if message["key"] == self.folder.tenant]
        for message in found:
            pairs = message["headers"]
            message["headers"] = dict(zip(pairs[::2], pairs[1::2]))
            message["value"] = message.pop("payload")
        return sorted(found, key=lambda message: message["offset"])

    def told(self):
        return [message["headers"]["ce_id"] for message in self.messages()]

    def feed_ids(self):
        self.settle()
        return [event["id"] for event in self.feed()[0]]

    def wait_until_all_is_told(self):
        expected = self.feed_ids()
        wait_until(lambda: set(expected) <= set(self.told()), "the topic is told everything")
        return expected

    # DESIGN 9
    def test_the_topic_is_told_what_the_feed_tells_in_its_order(self):
        for i in range(10):
            self.api.send(self.api.open(name=f"Person {i}")["id"], "canary text")
        expected = self.wait_until_all_is_told()
        messages = self.messages()
        self.assertEqual([message["headers"]["ce_id"] for message in messages], expected)
        self.assertEqual(len({message["partition"] for message in messages}), 1)
        self.assertNotIn("canary", json.dumps(messages))
        for message in messages:
            self.assertEqual(message["ts"] % MINUTE_MS, 0)
            self.assertEqual(message["headers"]["content-type"], "application/json")
            self.assertEqual(message["headers"]["ce_partitionkey"], message["key"])
        made = self.clients([{"headers": message["headers"], "value": message["value"],
                              "key": message["key"]} for message in messages])
        self.assertEqual((made["events"], made["ids"]), (len(expected), len(expected)))

    # DESIGN 9
    def test_kafkajs_and_the_cloudevents_sdk_read_the_topic_and_its_data(self):
        for i in range(10):
            self.api.send(self.api.open(name=f"Person {i}")["id"], "hello")
        expected = self.wait_until_all_is_told()
        read = self.client("topic.mjs", self.brokers.addresses, TOPIC, self.folder.tenant,
                           str(len(expected)))
        messages = [json.loads(line) for line in read.splitlines()]
        self.assertEqual(self.clients(messages)["events"], len(expected))
        self.assertEqual([message["headers"]["ce_id"] for message in messages], expected)

    # DESIGN 9, CPL01
    def test_killed_and_with_the_broker_away_nothing_is_left_out_and_doubles_have_the_same_id(self):
        for round_ in range(3):
            conversation = self.api.open(name=f"Person {round_}")["id"]
            for i in range(20):
                self.assertEqual(self.api.send(conversation, f"text {i}").status, 201)
            if round_ == 1:
                self.brokers.kill()
            self.folder.kill()
            self.start()
            if round_ == 1:
                # Without a broker the program takes messages as before.
                self.assertEqual(self.api.send(conversation, "while it is away").status, 201)
                self.brokers.start()
        self.analyst = self.folder.api(token=self.analyst.token)
        expected = self.wait_until_all_is_told()
        told = self.told()
        first = list(dict.fromkeys(told))
        self.assertEqual(first, expected)  # in order, and nothing that the feed does not tell
        doubles = [name for name, count in collections.Counter(told).items() if count > 1]
        print(f"figure: analytics topic after 3 kills: {len(expected)} events, "
              f"{len(doubles)} told again")


if __name__ == "__main__":
    unittest.main()
