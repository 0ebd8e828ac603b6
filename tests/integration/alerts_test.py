"""The alert rules of ops/prometheus and the dashboard of ops/grafana: well formed, met when they
should be, of metrics there are."""

import json
import re
import shutil
import subprocess
import tempfile
import unittest

import kafka
import nodes
from support import TOP

RULES = TOP / "ops" / "prometheus" / "alerts.yml"
CASES = TOP / "tests" / "ops" / "prometheus_alerts.yml"
DASHBOARD = TOP / "ops" / "grafana" / "parlour.json"


def promtool(*args):
    if not shutil.which("promtool"):
        raise unittest.SkipTest("promtool is not installed (ops/setup --lint)")
    return subprocess.run(["promtool", *args], capture_output=True, text=True, timeout=60,
                          check=False)


class AlertRulesTest(unittest.TestCase):
    def assert_taken(self, *args):
        done = promtool(*args)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_rules_are_well_formed(self):
        self.assert_taken("check", "rules", RULES)

    # CPL 1.4: silent when all is well, and each met by what it watches.
    def test_each_alert_is_met_when_it_should_be(self):
        alerts = re.findall(r"alert: (\w+)", RULES.read_text())
        tested = re.findall(r"^        alertname: (\w+)$", CASES.read_text(), re.MULTILINE)
        self.assertEqual(tested, alerts)
        self.assert_taken("test", "rules", CASES)


class DashboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dashboard = json.loads(DASHBOARD.read_text())
        cls.panels = [panel for panel in cls.dashboard["panels"] if panel["type"] != "row"]

    def test_it_has_what_grafana_wants_of_a_dashboard(self):
        board = self.dashboard
        self.assertGreaterEqual(board["schemaVersion"], 39)
        self.assertEqual((board["uid"], board["title"]), ("parlour", "Parlour"))
        names = {variable["name"]: variable["type"] for variable in board["templating"]["list"]}
        self.assertEqual(names, {"datasource": "datasource", "node": "query"})
        numbers = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(set(numbers)), len(numbers))
        taken = set()
        for panel in board["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
            self.assertEqual(cells & taken, set(), panel["title"])
            taken |= cells
        for panel in self.panels:
            self.assertIn(panel["type"], {"timeseries", "stat"})
            self.assertTrue(panel["title"] and panel["targets"])
            for target in [panel, *panel["targets"]]:
                self.assertEqual(target["datasource"],
                                 {"type": "prometheus", "uid": "${datasource}"})

    def test_prometheus_takes_every_expression(self):
        rules = [{"record": f"panel:{panel['id']}:{target['refId']}",
                  "expr": target["expr"].replace("$__rate_interval", "5m").replace("$node", ".*")}
                 for panel in self.panels for target in panel["targets"]]
        self.assertGreater(len(rules), 40)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)
            file.flush()
            done = promtool("check", "rules", file.name)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_brokers_are_watched_by_what_the_alerts_watch(self):
        def beans(text):
            return set(re.findall(r'(kafka_\w+)\{name=~?\\?"([^"\\]*)', text))
        known = set()
        for metric, names in beans(RULES.read_text()):
            known |= {(metric, name) for name in expanded(names)}
        self.assertEqual(beans(DASHBOARD.read_text()) - known, set())
        self.assertEqual(known - beans(DASHBOARD.read_text()), set())


def expanded(pattern):
    """The names that "a-(b|c)" stands for."""
    head, _, rest = pattern.partition("(")
    return [head + end for end in rest.rstrip(")").split("|")]


class WatchedMetricsTest(unittest.TestCase):
    """A node of a cluster tells every metric of ours that is watched."""

    def setUp(self):
        brokers = kafka.Brokers()
        self.addCleanup(brokers.close)
        node, = nodes.started(self, brokers)
        api = node.api()
        conversation = api.open()["id"]
        # One key for two texts is refused, and counted.
        statuses = [api.send(conversation, text, key="one").status for text in ("a", "b")]
        self.assertEqual(statuses, [201, 422])
        answer = node.api(token="").request("GET", "/metrics", described=False)
        self.assertEqual(answer.status, 200)
        self.told = set(re.findall(r"^(parlour_\w+)", answer.body.decode(), re.MULTILINE))

    def test_what_alerts_and_the_dashboard_watch_is_told(self):
        for file in (RULES, DASHBOARD):
            watched = set(re.findall(r"parlour_\w+", file.read_text()))
            self.assertEqual(watched - self.told, set(), file.name)
            self.assertGreater(len(watched), 3)
        of_all = {re.sub("_(bucket|count|sum)$", "", name) for name in self.told}
        shown = re.sub("_(bucket|count|sum)\\b", "", DASHBOARD.read_text())
        self.assertEqual(of_all - set(re.findall(r"parlour_\w+", shown)), set())


if __name__ == "__main__":
    unittest.main()
