"""Each benchmark runs to its end at a tiny size and prints one line that says what it measured.

What the figures are worth, these sizes do not tell: see ops/bench/README.md.
"""

import json
import unittest

from support import run

RECORDS = 10_000
JOBS = {
    "append": [], "writer": [], "views": [], "command": [],
    "query": ["--records", RECORDS // 100],
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
                if job == "query":
                    self.assertGreater(line["slowest_search_p50_ms"], 0)
                if "--records" in options:
                    self.assertEqual(line["records"], options[1])

    def test_there_is_no_job_that_is_not_run_here(self):
        told = run("bench", "no-such-job")
        self.assertEqual(told.returncode, 2)
        names = told.stderr.decode().split("use one of ")[1].split(";")[0]
        self.assertEqual(sorted(name.strip() for name in names.split(",")), sorted(JOBS))


if __name__ == "__main__":
    unittest.main()
