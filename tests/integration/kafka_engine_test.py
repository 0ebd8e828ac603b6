"""The Kafka engine on a real broker: what build/.../kafka_on_broker says of it."""

import os
import pathlib
import subprocess
import unittest

import kafka
from support import PROGRAM

TESTS = pathlib.Path(PROGRAM).parent / "tests" / "events" / "kafka_on_broker"


class KafkaEngine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.brokers = kafka.for_class(cls)

    # F1, F2, F5, F6, K1, K2, K4; COMPLIANCE 1.6 and 1.7
    def test_the_engine_keeps_the_contract_of_the_log_on_a_real_broker(self):
        done = subprocess.run([TESTS, "--report_level=short"], capture_output=True, text=True,
                              timeout=600, check=False,
                              env={**os.environ, "PARLOUR_KAFKA": self.brokers.addresses})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("test cases out of", done.stderr)


if __name__ == "__main__":
    unittest.main()
