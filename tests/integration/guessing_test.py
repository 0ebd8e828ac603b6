"""Strangers: who guesses passwords, who floods, and what answers and their times tell."""

import concurrent.futures
import os
import pathlib
import secrets
import statistics
import threading
import time
import unittest

import openapi
from support import SMALL, Folder

RUNS_ALONE = True  # times and memory are compared

FLOOD_SECONDS = float(os.environ.get("PARLOUR_TEST_FLOOD_SECONDS", "3"))
TIMINGS = int(os.environ.get("PARLOUR_TEST_TIMINGS", "60" if SMALL else "200"))
# Of what is known and unknown; in full where the soak sets PARLOUR_TEST_TIMINGS.
OTHER_TIMINGS = int(os.environ.get("PARLOUR_TEST_TIMINGS", "25" if SMALL else "60"))
PROXIED = 'trusted_proxies = ["127.0.0.1"]\nregistration = "open"\n'
GROWTH_BYTES_MAX = 4 << 20
# Sanitizers keep what was freed for a while.
MEMORY_GROWTH_KIB_MAX = (640 if SMALL else 160) << 10


def anywhere():
    """The header of a client that nobody has seen before."""
    return {"X-Forwarded-For": "2001:db8:" + ":".join(secrets.token_hex(2) for _ in range(6))}


def distance(first, second):
    """How far two samples are told apart by one number: the Kolmogorov-Smirnov statistic."""
    return max(abs(sum(a <= x for a in first) / len(first) - sum(b <= x for b in second) /
                   len(second)) for x in first + second)


class ProxiedCase(unittest.TestCase):
    """Behind a proxy, so that each client can come from where it likes."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        file = self.folder.top / "parlour.toml"
        file.write_text(PROXIED)
        self.folder.start("--config", str(file))
        self.api = self.folder.api(token="")

    def log_in(self, email, password, source, api=None):
        return (api or self.api).request("POST", "/api/v1/sessions", headers=source,
                                         body={"email": email, "password": password})


class Guessing(ProxiedCase):
    def assert_alike(self, act, rounds=TIMINGS):
        """`act(known)` takes as long whether the address is known or not."""
        times = {True: [], False: []}
        order = [True, False] * rounds
        secrets.SystemRandom().shuffle(order)
        for known in order:
            begun = time.perf_counter()
            act(known)
            times[known].append(time.perf_counter() - begun)
        # Samples of one distribution are farther apart than this once in a thousand times.
        bound = 1.95 * (2 / rounds) ** 0.5
        found = distance(times[True], times[False])
        print(f"figure: known and unknown addresses: medians "
              f"{statistics.median(times[True]) * 1000:.2f} and "
              f"{statistics.median(times[False]) * 1000:.2f} ms, distance {found:.3f} of "
              f"{bound:.3f} allowed, {rounds} each")
        self.assertLess(found, bound)

    # A08
    def test_the_time_of_a_log_in_does_not_tell_whether_the_address_is_known(self):
        admin = self.folder.demo["admin"]["email"]

        def act(known):
            email = admin if known else f"{secrets.token_hex(2)}@demo.example"
            answer = self.log_in(email, "not the password", anywhere())
            self.assertEqual(answer.status, 401)

        self.assert_alike(act)

    def assert_stranger_alike(self, method, path, body_of, statuses):
        """The same of a route for strangers; `body_of(address)` is what is sent."""
        known_addresses = [self.folder.demo["admin"]["email"]] + [
            expert["email"] for expert in self.folder.demo["experts"]]
        # As many unknown ones, each asked for as often: what is due to an address is bounded.
        addresses = {True: known_addresses,
                     False: [f"{secrets.token_hex(8)}@demo.example" for _ in known_addresses]}
        asked = {True: 0, False: 0}

        def act(known):
            asked[known] += 1
            email = addresses[known][asked[known] % len(known_addresses)]
            answer = self.api.request(method, path, headers=anywhere(), body=body_of(email))
            self.assertIn(answer.status, statuses)

        self.assert_alike(act, OTHER_TIMINGS)

    # A01
    def test_the_time_of_a_registration_does_not_tell_whether_the_address_is_known(self):
        self.assert_stranger_alike("POST", "/api/v1/registrations", lambda email: {
            "name": "Mira", "email": email, "password": "correct horse battery"}, {202})

    # A08
    def test_the_time_of_a_reset_does_not_tell_whether_the_address_is_known(self):
        self.assert_stranger_alike("POST", "/api/v1/password-resets",
                                   lambda email: {"email": email}, {202})

    # A10: whoever has half of a link may not learn by it whether its address has an account.
    def test_the_time_of_a_wrong_link_does_not_tell_whether_its_address_has_an_account(self):
        admin = self.folder.portal()

        def invited(email):
            return admin.post("/api/v1/company/invitations", {
                "name": "Nina", "email": email, "roles": ["expert"],
                "by_mail": False}).json["token"]

        experts = self.folder.demo["experts"]
        made = {True: [invited(expert["email"]) for expert in experts],
                False: [invited(f"nina{i}@example.org") for i in range(len(experts))]}
        admin.get(f"/api/v1/company/invitations?min_position={admin.position}")

        def act(known):
            head = secrets.choice(made[known]).rsplit("-", 1)[0]
            answer = self.api.request("POST", "/api/v1/invitations/acceptances",
                                      headers=anywhere(), body={
                                          "token": f"{head}-{secrets.token_hex(32)}",
                                          "password": "correct horse battery"})
            self.assertEqual((answer.status, answer.json["code"]), (410, "token-invalid"))

        self.assert_alike(act, OTHER_TIMINGS)

    # A08
    def test_who_guesses_is_delayed_and_keeps_nobody_else_out(self):
        admin = self.folder.demo["admin"]
        guesser, owner = anywhere(), anywhere()
        for email in ("nobody@demo.example", admin["email"]):
            answers = [self.log_in(email, f"guess {i}", guesser) for i in range(5)]
            self.assertEqual([answer.status for answer in answers], [401] * 5)
            answer = self.log_in(email, "guess 6", guesser)
            self.assertEqual((answer.status, answer.json["code"]), (429, "too-many-attempts"))
            self.assertEqual(answer.headers["Retry-After"], "1")
        # Also the right password has to wait there, else the delay would tell it.
        self.assertEqual(self.log_in(admin["email"], admin["password"], guesser).status, 429)
        self.assertEqual(self.log_in(admin["email"], admin["password"], owner).status, 201)

    # A08
    def test_a_right_password_forgets_the_wrong_ones(self):
        admin, source = self.folder.demo["admin"], anywhere()
        for _ in range(3):
            for i in range(4):
                self.assertEqual(self.log_in(admin["email"], str(i), source).status, 401)
            self.assertEqual(self.log_in(admin["email"], admin["password"], source).status, 201)

    # A08
    def test_one_source_cannot_try_many_addresses(self):
        source = anywhere()
        first = {self.log_in(f"{i}@demo.example", "guess", source).status for i in range(40)}
        self.assertEqual(first, {401})
        # Several at once: one by one, a slow machine takes no more than a source is given back.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            later = set(pool.map(lambda i: self.log_in(
                f"{i}@demo.example", "guess", source, self.folder.api(token="")).status,
                range(40, 160)))
        self.assertIn(429, later)
        self.assertEqual(self.log_in("a@demo.example", "guess", anywhere(),
                                     self.folder.api(token="")).status, 401)

    # A08
    def test_failed_log_ins_are_counted_without_saying_whose(self):
        self.log_in("canary@demo.example", "guess", anywhere())
        text = self.api.get("/metrics").body.decode()
        self.assertIn('parlour_failed_log_ins_total{credential="password"} 1', text)
        self.assertNotIn("canary", text)

    # CPL20
    def test_opening_a_widget_is_bounded_for_each_source(self):
        path = f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions"
        source = anywhere() | {"Origin": "http://localhost:8000"}
        answers = [self.api.request("POST", path, headers=source) for _ in range(400)]
        self.assertEqual({answer.status for answer in answers[:200]}, {200})
        self.assertEqual(answers[-1].status, 429)
        self.assertEqual(answers[-1].json["code"], "too-many-requests")
        other = anywhere() | {"Origin": "http://localhost:8000"}
        self.assertEqual(self.api.request("POST", path, headers=other).status, 200)

    # A13
    def test_a_visitor_who_writes_without_end_is_told_to_wait(self):
        path = f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions"
        origin = {"Origin": "http://localhost:8000"}
        session = self.api.request("POST", path, headers=anywhere() | origin).json
        visitor = self.folder.api(token=session["token"])
        answers = [visitor.request("DELETE", "/api/v1/visitor/persona", headers=anywhere())
                   for _ in range(200)]
        self.assertEqual(answers[-1].status, 429)
        self.assertNotIn(429, {answer.status for answer in answers[:100]})


class Flood(ProxiedCase):
    """Many sources at once that ask without end."""

    def folder_bytes(self):
        return sum(file.stat().st_size for top in (self.folder.data, self.folder.keys)
                   for file in top.rglob("*") if file.is_file())

    def memory_kib(self):
        status = pathlib.Path(f"/proc/{self.folder.server.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def flood(self, acts, end, seen):
        api = self.folder.api(token="")
        while time.monotonic() < end:
            for act in acts:
                seen.add(act(api).status)

    # A08, N06
    def test_a_flood_of_strangers_fills_neither_disk_nor_memory(self):
        widget = f"/api/v1/widget/{self.folder.demo['widget_key']}"
        origin = {"Origin": "http://localhost:8000"}
        acts = [
            lambda api: self.log_in(f"{secrets.token_hex(8)}@demo.example", "guess", anywhere(),
                                    api),
            lambda api: self.log_in(self.folder.demo["admin"]["email"], "guess", anywhere(), api),
            lambda api: api.request("POST", f"{widget}/sessions", headers=anywhere() | origin),
            lambda api: api.request("GET", f"{widget}/config", headers=anywhere() | origin),
            lambda api: api.request("GET", "/api/v1/me", headers=anywhere() | {
                "Cookie": f"parlour_session={'0' * 16}-ses-{secrets.token_hex(48)}"}),
            lambda api: api.request("GET", "/api/v1/visitor", headers=anywhere() | {
                "Authorization": f"Bearer {self.folder.tenant}-vst-{secrets.token_hex(52)}"}),
        ]
        openapi.contract()
        for act in acts:
            act(self.api)  # what the first one of a kind needs
        commits, size, memory = self.commits(), self.folder_bytes(), self.memory_kib()
        seen, end = set(), time.monotonic() + FLOOD_SECONDS
        threads = [threading.Thread(target=self.flood, args=(acts[i % 2:], end, seen))
                   for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"figure: a flood of {FLOOD_SECONDS:g} s: disk {self.folder_bytes() - size:+} bytes, "
              f"memory {self.memory_kib() - memory:+} KiB, answers {sorted(seen)}")
        self.assertLessEqual(seen, {200, 401, 429, 503})
        self.assertEqual(self.commits(), commits)
        self.assertLess(self.folder_bytes() - size, GROWTH_BYTES_MAX)
        self.assertLess(self.memory_kib() - memory, MEMORY_GROWTH_KIB_MAX)
        admin = self.folder.demo["admin"]
        # The connection from before the flood was silent for long enough to be closed.
        answer = self.log_in(admin["email"], admin["password"], anywhere(),
                             self.folder.api(token=""))
        self.assertEqual(answer.status, 201)

    def commits(self):
        return (self.folder.stats()["commits"],
                len(self.folder.replay(tenant="0" * 16, unseal=False)))


if __name__ == "__main__":
    unittest.main()
