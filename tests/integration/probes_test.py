"""What a machine that watches over the server asks: health, readiness, metrics."""

import re
import secrets
import unittest

from support import ServerCase, messages_path, wait_until
from websocket import Live


def readings(text):
    """The lines of the metrics: name with labels -> value."""
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
            for line in text.splitlines() if not line.startswith("#")}


class Probes(ServerCase):
    def metrics(self):
        answer = self.folder.api(token="").get("/metrics")
        self.assertEqual(answer.status, 200)
        return answer.body.decode()

    # Q06
    def test_health_and_readiness_need_no_credential(self):
        api = self.folder.api(token="")
        self.assertEqual(api.get("/health").json, {"status": "alive"})
        ready = api.get("/ready")
        self.assertEqual(ready.status, 200)
        self.assertEqual(ready.json["log"], "ready")
        self.assertEqual((ready.json["keys"], ready.json["policies"]), ("ready", "ready"))
        self.assertEqual(ready.json["mail"], "not configured")
        self.assertEqual(api.request("HEAD", "/ready").status, 200)

    # Q06
    def test_readiness_tells_that_mail_is_configured(self):
        self.folder.stop()
        file = self.folder.top / "parlour.toml"
        file.write_text('[smtp]\nurl = "smtp://127.0.0.1:1"\nfrom = "a@demo.example"\n')
        self.folder.start("--config", str(file))
        self.assertEqual(self.folder.api(token="").get("/ready").json["mail"], "configured")

    # Q06
    def test_requests_commands_and_failures_are_counted(self):
        # What follows from making the demo is over.
        wait_until(lambda: readings(self.metrics())["parlour_policies_behind_records"] == 0,
                   "the policies have read everything")
        before = readings(self.metrics())
        opened = self.api.open()
        for i in range(5):
            self.api.send(opened["id"], str(i))
        self.api.send(opened["id"], " ")
        self.api.messages(opened["id"])
        self.folder.api(token="nonsense").get(messages_path(opened["id"]))
        self.api.get("/nothing")
        after = readings(self.metrics())

        def more(name):
            return after.get(name, 0) - before.get(name, 0)

        count = "parlour_request_duration_seconds_count"
        route = "/api/v1/conversations/{id}/messages"
        for method, pattern, status, times in (("POST", "/api/v1/conversations", "2xx", 1),
                                               ("POST", route, "2xx", 5),
                                               ("POST", route, "4xx", 1),
                                               ("GET", route, "2xx", 1),
                                               ("GET", route, "4xx", 1),
                                               ("any", "none", "4xx", 1)):
            labels = f'{{method="{method}",route="{pattern}",status="{status}"}}'
            self.assertEqual(more(count + labels), times, labels)
        self.assertEqual(more("parlour_command_acknowledged_seconds_count"), 7)
        self.assertGreaterEqual(more("parlour_log_append_seconds_count"), 6)
        self.assertEqual(more("parlour_log_read_back_seconds_count"),
                         more("parlour_log_append_seconds_count"))
        self.assertLessEqual(more("parlour_log_append_seconds_sum"),
                             more("parlour_log_read_back_seconds_sum"))
        self.assertEqual(more('parlour_commands_refused_total{code="text-blank"}'), 1)
        self.assertEqual(more('parlour_failed_log_ins_total{credential="token"}'), 1)
        self.assertEqual(after["parlour_partitions_led"], 64)
        self.assertEqual(after["parlour_views_stopped"], 0)
        self.assertEqual(after["parlour_policies_stopped"], 0)
        self.assertEqual(after["parlour_commits_in_flight"], 0)

    # Q06
    def test_open_connections_and_sockets_are_counted(self):
        def open_now():
            values = readings(self.metrics())
            return values["parlour_open_sockets"], values["parlour_open_connections"]

        sockets, connections = open_now()
        self.assertEqual(sockets, 0)
        lives = [Live(self.api, self.folder.url) for _ in range(3)]
        more = open_now()
        self.assertEqual(more[0], 3)
        self.assertGreaterEqual(more[1], connections + 3)
        for live in lives:
            live.close()
        wait_until(lambda: open_now()[0] == 0, "no socket is open")

    def test_the_metrics_say_nothing_of_anybody(self):
        word = f"canary{secrets.token_hex(8)}"
        opened = self.api.open(name=word, email=f"{word}@example.org", key=word)
        self.api.send(opened["id"], word, key=word + "2")
        self.api.get(f"/{word}")
        self.api.request(word.upper(), "/", described=False)
        self.folder.api(token=word).get("/api/v1/conversations")
        text = self.metrics()
        self.assertNotIn(word, text.lower())
        self.assertNotIn(self.folder.tenant, text)
        self.assertIsNone(re.search(r'="[^"\n]*[0-9a-f]{16}', text))

    def test_the_metrics_are_there_for_this_machine_only(self):
        for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
            answer = self.api.request("GET", "/metrics", headers={header: "192.0.2.1"})
            self.assert_problem(answer, 404, "no-such-resource")
        self.folder.stop()
        file = self.folder.top / "parlour.toml"
        file.write_text('trusted_proxies = ["127.0.0.1"]\n')
        self.folder.start("--config", str(file))
        api = self.folder.api()
        self.assertEqual(api.get("/metrics").status, 200)
        answer = api.request("GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.1"})
        self.assert_problem(answer, 404, "no-such-resource")

    def test_the_metrics_can_be_turned_off(self):
        self.folder.stop()
        file = self.folder.top / "parlour.toml"
        file.write_text("metrics.enabled = false\n")
        self.folder.start("--config", str(file))
        self.assert_problem(self.folder.api().get("/metrics"), 404, "no-such-resource")


if __name__ == "__main__":
    unittest.main()
