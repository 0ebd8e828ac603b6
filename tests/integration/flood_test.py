"""Strangers who flood: every route that needs no credential, and what a fresh visitor may write."""

import os
import pathlib
import re
import secrets
import threading
import time
import unittest

import openapi
from guessing_test import ProxiedCase, anywhere
from pictures_test import png
from support import SMALL
from websocket import WebSocket

RUNS_ALONE = True  # memory is compared

FLOOD_SECONDS = float(os.environ.get("PARLOUR_TEST_FLOOD_SECONDS", "3"))
GROWTH_BYTES_MAX = 4 << 20
# Sanitizers keep what was freed for a while.
MEMORY_GROWTH_KIB_MAX = (640 if SMALL else 160) << 10
SOCKETS_MAX = 64  # left open by each thread at a time
PASSWORD = "correct horse battery"
ORIGIN = {"Origin": "http://localhost:8000"}
# A minute between two of a kind, ten of them at once.
HOURLY = 60
AT_ONCE = HOURLY // 6
QUOTAS = (f"[quotas]\nregistrations_per_hour = {HOURLY}\nnew_visitors_per_hour = {HOURLY}\n")
# A reservation and its account, or a visitor and a conversation, with mails and what policies add.
COMMITS_OF_ONE = 8
# What a stranger can have mailed to the one address here that is known.
COMMITS_OF_MAILS = 24
READS = ("GET", "OPTIONS")


class Flood(ProxiedCase):
    """Many sources at once that ask without end."""

    config = ProxiedCase.config + QUOTAS

    def setUp(self):
        super().setUp()
        demo = self.folder.demo
        admin = self.folder.portal()
        self.named = {"key": demo["widget_key"], "expert": demo["experts"][0]["id"],
                      "company": self.folder.tenant, "slug": "flooded"}
        widget = admin.get("/api/v1/widgets").json["items"][0]["id"]
        expert = f"/api/v1/experts/{self.named['expert']}"
        for path, body, kind in ((f"/api/v1/widgets/{widget}/logo", png(), "image/png"),
                                 (f"{expert}/photo", png(), "image/png"),
                                 (f"{expert}/card", {"slug": "flooded"}, "application/json"),
                                 ("/api/v1/company/data-collection",
                                  {"name": True, "email": True, "phone": True, "attachments": True,
                                   "customer_accounts": True}, "application/json")):
            answer = admin.request("PUT", path, body=body, headers={"Content-Type": kind})
            self.assertEqual(answer.status, 200, (path, answer.body))
            admin.get(f"/api/v1/company?min_position={answer.json['position']}")

    def bodies(self):
        """What is sent where strangers send something: a body that is valid, new each time, and the
        answer that it gets as long as it is one of few."""
        widget, tenant = self.named["key"], self.folder.tenant

        def somebody():
            return {"email": f"{secrets.token_hex(8)}@demo.example"}

        def link(tag):
            about = f"{tenant if tag == 'inv' else '0' * 16}-{tag}-{secrets.token_hex(16)}"
            return {"token": f"{about}-{secrets.token_hex(32)}", "password": PASSWORD}

        who = {"name": "Mira", "password": PASSWORD}
        return {
            "/api/v1/sessions": (lambda: somebody() | {"password": "guess"}, 401),
            "/api/v1/invitations/acceptances": (lambda: link("inv"), 410),
            "/api/v1/registrations": (lambda: somebody() | who, 202),
            "/api/v1/registrations/mails": (somebody, 202),
            "/api/v1/registrations/confirmations": (lambda: link("acc"), 401),
            "/api/v1/password-resets":
                (lambda: {"email": self.folder.demo["admin"]["email"]}, 202),
            "/api/v1/password-resets/completions": (lambda: link("acc"), 410),
            "/api/v1/customers/registrations":
                (lambda: somebody() | who | {"widget": widget}, 202),
            "/api/v1/customers/confirmations": (lambda: link("acc"), 401),
            "/api/v1/customers/sessions":
                (lambda: somebody() | {"widget": widget, "password": "guess"}, 401),
            "/api/v1/customers/password-resets": (lambda: somebody() | {"widget": widget}, 202),
            "/api/v1/answers": (dict, 410),
            "/api/v1/widget/{key}/sessions": (dict, 200),
        }

    def act_of(self, method, template):
        """One request to a route for everybody, and the status that it gets alone. Fails for a
        route that the flood does not know how to ask."""
        path = re.sub(r"{(\w+)}", lambda name: self.named[name[1]], template)
        if method in READS:
            # Only this machine may look at the figures.
            expected = {"/metrics": 404}.get(template, 204 if method == "OPTIONS" else 200)
            return lambda api: api.request(method, path, headers=anywhere() | ORIGIN), expected
        make, expected = self.bodies()[template]
        headers = ORIGIN if template.startswith("/api/v1/widget/") else {}
        return lambda api: api.request(method, path, body=make(),
                                       headers=anywhere() | headers), expected

    def everybodys_acts(self):
        operations = openapi.contract().operations()
        return {route: self.act_of(*route) for route, operation in operations.items()
                if operation["security"] == []}

    def credential_acts(self):
        """With a credential that is none, or that anybody is given."""
        def write_first(api):
            session = api.request("POST", f"/api/v1/widget/{self.named['key']}/sessions",
                                  headers=anywhere() | ORIGIN)
            if session.status != 200:
                return session
            return api.request("POST", "/api/v1/conversations", headers=anywhere() | {
                "Authorization": f"Bearer {session.json['token']}"},
                body={"expert": self.named["expert"], "text": "x" * 1000})

        return [
            (write_first, 201),
            (lambda api: api.request("GET", "/api/v1/me", headers=anywhere() | {
                "Cookie": f"parlour_session={'0' * 16}-ses-{secrets.token_hex(48)}"}), 401),
            (lambda api: api.request("GET", "/api/v1/visitor", headers=anywhere() | {
                "Authorization": f"Bearer {self.folder.tenant}-vst-{secrets.token_hex(52)}"}), 401),
            (lambda api: self.log_in(self.folder.demo["admin"]["email"], "guess", anywhere(), api),
             401)]

    def folder_bytes(self):
        return sum(file.stat().st_size for top in (self.folder.data, self.folder.keys)
                   for file in top.rglob("*") if file.is_file())

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.folder.server.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def commits(self):
        return self.folder.stats()["commits"]

    def flood(self, acts, end, seen):
        """In turn, each thread from another place on; beside them sockets that never greet."""
        api = self.folder.api(token="")
        sockets = []
        try:
            while time.monotonic() < end:
                for act, _ in acts:
                    seen.append(act(api).status)
                try:
                    sockets.append(WebSocket(self.folder.url, "/api/v1/live"))
                except (OSError, ConnectionError):
                    seen.append(503)
                if len(sockets) > SOCKETS_MAX:
                    sockets.pop(0).close()
        finally:
            for socket in sockets:
                socket.close()

    # A08, CPL20
    def test_every_route_that_needs_no_credential_is_flooded_with_what_it_takes(self):
        api = self.folder.api(token="")
        for route, (act, expected) in self.everybodys_acts().items():
            with self.subTest(route=route):
                self.assertEqual(act(api).status, expected)
        for act, expected in self.credential_acts():
            self.assertEqual(act(api).status, expected)

    # A08, CPL20
    def test_a_flood_of_strangers_fills_neither_disk_nor_memory(self):
        acts = [*self.everybodys_acts().values(), *self.credential_acts()]
        api = self.folder.api(token="")
        for act, _ in acts:
            act(api)  # what the first one of a kind needs
        commits, size, memory = self.commits(), self.folder_bytes(), self.memory_kib()
        seen, end = [], time.monotonic() + FLOOD_SECONDS
        threads = [threading.Thread(target=self.flood, args=(
            acts[i * 7 % len(acts):] + acts[:i * 7 % len(acts)], end, seen)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        grown = self.commits() - commits
        print(f"figure: a flood of {FLOOD_SECONDS:g} s: {len(seen)} requests, {grown} commits, "
              f"disk {self.folder_bytes() - size:+} bytes, memory {self.memory_kib() - memory:+} "
              f"KiB, answers {sorted(set(seen))}")
        self.assertLessEqual(set(seen), {200, 201, 202, 204, 401, 404, 410, 429, 503})
        self.assertIn(429, seen)
        # Accounts, customers and visitors.
        each = AT_ONCE + 1 + FLOOD_SECONDS * HOURLY / 3600
        self.assertLessEqual(grown, 3 * each * COMMITS_OF_ONE + COMMITS_OF_MAILS)
        self.assertLess(self.folder_bytes() - size, GROWTH_BYTES_MAX)
        self.assertLess(self.memory_kib() - memory, MEMORY_GROWTH_KIB_MAX)
        admin = self.folder.demo["admin"]
        # The connection from before the flood was silent for long enough to be closed.
        answer = self.log_in(admin["email"], admin["password"], anywhere(),
                             self.folder.api(token=""))
        self.assertEqual(answer.status, 201)


if __name__ == "__main__":
    unittest.main()
