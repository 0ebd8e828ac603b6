"""What the server writes to standard error: one event a line, and nothing of anybody."""

import json
import re
import secrets
import unittest

from support import ServerCase, messages_path, wait_until

TEXT_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) "
                       r"event=[a-z-]+( [a-z_]+=(\"[^\"]*\"|[^ \"]+))*")


class Logs(ServerCase):
    def restart(self, settings):
        if self.folder.server is not None:
            self.folder.stop()
        file = self.folder.top / "parlour.toml"
        file.write_text(settings)
        self.folder.start("--config", str(file))

    def lines(self):
        return self.folder.logs[-1].read_text().splitlines()

    # Q06
    def test_by_default_a_start_and_a_stop_are_logged_as_text_and_requests_are_not(self):
        self.restart("")
        api = self.folder.api()
        api.messages(api.open()["id"])
        api.get("/nothing")
        self.folder.stop()
        lines = self.lines()
        for line in lines:
            self.assertRegex(line, f"^{TEXT_LINE.pattern}$")
        events = [re.search("event=([a-z-]+)", line)[1] for line in lines]
        self.assertEqual(events, ["keys-on-data-device", "started", "stopped"])
        self.assertIn(f"port={self.folder.port}", lines[1])

    # Q06
    def test_at_debug_each_request_is_a_line_with_its_route_and_outcome(self):
        self.restart('log.level = "debug"\nlog.format = "json"\n')
        api = self.folder.api()
        opened = api.open()
        api.send(opened["id"], "hello")
        api.send(opened["id"], " ")
        wait_until(lambda: len(self.lines()) >= 5, "the lines are there")
        events = [json.loads(line) for line in self.lines()]
        requests = [event for event in events if event["event"] == "request"]
        self.assertEqual([(event["method"], event["route"], event["status"]) for event in requests],
                         [("POST", "/api/v1/conversations", 201),
                          ("POST", "/api/v1/conversations/{id}/messages", 201),
                          ("POST", "/api/v1/conversations/{id}/messages", 422)])
        for event in requests:
            self.assertEqual(set(event), {"time", "level", "event", "method", "route", "status",
                                          "duration_us"})
            self.assertEqual(event["level"], "debug")
            self.assertGreater(event["duration_us"], 0)

    def test_nothing_that_came_from_outside_is_logged(self):
        for log_format in ("text", "json"):
            self.restart(f'log.level = "debug"\nlog.format = "{log_format}"\n')
            word = f"canary{secrets.token_hex(8)}"
            api = self.folder.api()
            opened = api.open(name=word, email=f"{word}@example.org", key=word)
            api.send(opened["id"], word)
            api.get(f"/{word}?{word}={word}")
            api.get(f"{messages_path(opened['id'])}?limit={word}")
            api.request("GET", "/ready", headers={"X-Forwarded-For": "192.0.2.77", "X-Word": word})
            self.folder.api(token=word).get(messages_path(opened["id"]))
            self.folder.stop()
            text = "\n".join(self.lines())
            for planted in (word, opened["id"], self.folder.demo["api_token"], "192.0.2.77",
                            "127.0.0.1"):
                self.assertNotIn(planted, text)
            self.assertNotRegex(text, r"[^\x20-\x7e\n]")


if __name__ == "__main__":
    unittest.main()
