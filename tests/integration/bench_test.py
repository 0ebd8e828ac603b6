"""Each benchmark runs to its end at a tiny size and prints one line that says what it measured.

What the figures are worth, these sizes do not tell: see ops/bench/README.md.
"""

import json
import unittest

import kafka
from support import run

RECORDS = 10_000
JOBS = {
    "append": [], "writer": [], "views": [], "command": ["--tls"],
    "query": ["--tls", "--records", RECORDS // 100],
    "fanout": ["--sockets", 20], "idle": ["--sockets", 50],
    "replay": ["--records", RECORDS], "rebuild": ["--records", RECORDS],
    "start": ["--records", RECORDS], "memory": ["--records", RECORDS],
    "size": ["--records", RECORDS],
    "scale": ["--records", RECORDS, "--tenants", 10],
}


class Bench(unittest.TestCase):
    def test_every_job_measures_its_figure_and_its_floor(self):
        for job, options in JOBS.items():
            with self.subTest(job=job):
                ended = run("bench", job, "--seconds", 1, "--clients", 2, *options)
                self.assertEqual(ended.returncode, 0, ended.stderr)
                self.assertEqual(ended.stdout.count(b"\n"), 1)
                line = json.loads(ended.stdout)
                self.assertEqual(line["job"], job)
                self.assertGreater(line["figure"], 0)
                self.assertGreater(line["floor"], 0)
                self.assertGreater(line["ratio"], 0)
                self.assertTrue(line["unit"] and line["floor_is"])
                if job == "rebuild":
                    self.assertGreater(line["all_gets_each"], line["gets_each"])
                    self.assertGreater(line["all_views_ratio"], 0)
                if job == "query":
                    self.assertGreater(line["slowest_search_p50_ms"], 0)
                if "--tls" in options:
                    self.assertGreater(line["https"], 0)
                if "--records" in options:
                    self.assertEqual(line["records"], options[options.index("--records") + 1])

    def measured(self, job, *options):
        ended = run("bench", job, "--seconds", 2, *options)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        line = json.loads(ended.stdout)
        self.assertEqual((line["job"], line["log"]), (job, "kafka"))
        for figure in ("figure", "floor", "ratio", "p50_ms"):
            self.assertGreater(line[figure], 0, figure)
        return line

    def test_log_port_and_commands_on_a_broker_leave_no_topic_of_their_own(self):
        brokers = kafka.for_class(type(self))
        log = ["--log", brokers.url]
        for partitions in (1, 2):
            line = self.measured("append", *log, "--clients", 16, "--partitions", partitions)
            self.assertEqual(line["partitions"], partitions)
            self.assertGreater(line["produced_only"], 0)
        for _ in range(2):  # the second finds what the first has left
            line = self.measured("command", *log, "--clients", 2)
            self.assertGreater(line["bare_loop_p50_ms"], 0)
            self.assertGreater(line["single_p50_ms"], 0)
            self.assertAlmostEqual(line["single_over_bare_ms"],
                                   line["single_p50_ms"] - line["bare_loop_p50_ms"], delta=0.01)
        topics = brokers.tool("kafka-topics", "--list").split()
        self.assertEqual([name for name in topics if "bench" in name], [])

    def test_a_job_that_has_nothing_to_do_with_a_cluster_takes_none(self):
        for words in (["replay", "--log", "kafka://127.0.0.1:1"], ["append", "--partitions", 2],
                      ["append", "--log", "http://127.0.0.1:1"]):
            told = run("bench", *words)
            self.assertEqual((told.returncode, told.stdout), (2, b""), words)

    def test_there_is_no_job_that_is_not_run_here(self):
        told = run("bench", "no-such-job")
        self.assertEqual(told.returncode, 2)
        names = told.stderr.decode().split("use one of ")[1].split(";")[0]
        self.assertEqual(sorted(name.strip() for name in names.split(",")), sorted(JOBS))


if __name__ == "__main__":
    unittest.main()
