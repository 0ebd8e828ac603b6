"""Strangers: who guesses passwords, and what answers and their times tell."""

import concurrent.futures
import os
import secrets
import statistics
import time
import unittest

from mail_catcher import MailCatcher
from support import SMALL, Folder

RUNS_ALONE = True  # times are compared

TIMINGS = int(os.environ.get("PARLOUR_TEST_TIMINGS", "60" if SMALL else "200"))
# Of what is known and unknown; in full where the soak sets PARLOUR_TEST_TIMINGS.
OTHER_TIMINGS = int(os.environ.get("PARLOUR_TEST_TIMINGS", "25" if SMALL else "60"))
PASSWORD = "correct horse battery"
PROXIED = 'trusted_proxies = ["127.0.0.1"]\nregistration = "open"\n'


def anywhere():
    """The header of a client that nobody has seen before."""
    return {"X-Forwarded-For": "2001:db8:" + ":".join(secrets.token_hex(2) for _ in range(6))}


def new_address():
    return f"{secrets.token_hex(8)}@demo.example"


def distance(first, second):
    """How far two samples are told apart by one number: the Kolmogorov-Smirnov statistic."""
    return max(abs(sum(a <= x for a in first) / len(first) - sum(b <= x for b in second) /
                   len(second)) for x in first + second)


class ProxiedCase(unittest.TestCase):
    """Behind a proxy, so that each client can come from where it likes."""

    config = PROXIED

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        file = self.folder.top / "parlour.toml"
        file.write_text(self.config_text())
        self.folder.start("--config", str(file))
        self.api = self.folder.api(token="")

    def config_text(self):
        return self.config

    def log_in(self, email, password, source, api=None):
        return (api or self.api).request("POST", "/api/v1/sessions", headers=source,
                                         body={"email": email, "password": password})


class Timed(ProxiedCase):
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


class Guessing(Timed):
    # A08
    def test_the_time_of_a_log_in_does_not_tell_whether_the_address_is_known(self):
        admin = self.folder.demo["admin"]["email"]

        def act(known):
            email = admin if known else f"{secrets.token_hex(2)}@demo.example"
            answer = self.log_in(email, "not the password", anywhere())
            self.assertEqual(answer.status, 401)

        self.assert_alike(act)

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


class Strangers(Timed):
    """Routes that answer a stranger before they look an address up. Each address is asked for once:
    a second time less might be done for it. So every round does the whole work, known or not."""

    config = PROXIED + 'public_url = "http://127.0.0.1:1"\n[quotas]\n' \
        'registrations_per_hour = 3600000\n'

    def setUp(self):
        self.mails = None
        super().setUp()
        self.widget = self.folder.demo["widget_key"]

    def config_text(self):
        self.mails = MailCatcher(self.folder.top / "mails")
        self.addCleanup(self.mails.close)
        return self.config.replace("[quotas]", f"{self.mails.config}[quotas]")

    def at_once(self, do, things):
        """For each of the things, on connections of their own."""
        def on_its_own(thing):
            return do(self.folder.api(token=""), thing)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(on_its_own, things))

    def ask(self, api, path, body, statuses=(202,)):
        answer = api.request("POST", path, headers=anywhere(), body=body)
        self.assertIn(answer.status, statuses, answer.body)
        return answer

    def assert_stranger_alike(self, path, known, body_of, statuses=(202,)):
        """`body_of(address)` is what is sent; `known` are as many addresses as there are rounds."""
        unasked = {True: list(known), False: [new_address() for _ in known]}

        def act(is_known):
            self.ask(self.api, path, body_of(unasked[is_known].pop()), statuses)

        self.assert_alike(act, len(known))

    def invited(self, addresses):
        """Tokens of invitations to them, as links that are shown."""
        admin = self.folder.portal()
        tokens = []
        for email in addresses:
            answer = admin.post("/api/v1/company/invitations", {
                "name": "Nina", "email": email, "roles": ["analyst"], "by_mail": False})
            self.assertEqual(answer.status, 201, answer.body)
            tokens.append(answer.json["token"])
        admin.get(f"/api/v1/company/invitations?min_position={admin.position}")
        return tokens

    def members(self):
        """Addresses of accounts that can be used, one for each round."""
        addresses = [new_address() for _ in range(OTHER_TIMINGS)]
        self.at_once(lambda api, token: self.ask(
            api, "/api/v1/invitations/acceptances", {"token": token, "password": PASSWORD}, (201,)),
            self.invited(addresses))
        return addresses

    def customers(self):
        admin = self.folder.portal()
        kept = admin.request("PUT", "/api/v1/company/data-collection", body={
            "name": True, "email": True, "phone": True, "attachments": True,
            "customer_accounts": True})
        admin.get(f"/api/v1/company?min_position={kept.json['position']}")
        addresses = [new_address() for _ in range(OTHER_TIMINGS)]
        self.at_once(lambda api, email: self.ask(
            api, "/api/v1/customers/registrations", self.customer(email)), addresses)
        tokens = [self.mails.token("confirm") for _ in addresses]
        self.at_once(lambda api, token: self.ask(
            api, "/api/v1/customers/confirmations", {"token": token, "password": PASSWORD}, (200,)),
            tokens)
        return addresses

    def customer(self, email):
        return {"widget": self.widget, "name": "Kim", "email": email, "password": PASSWORD}

    # A01, A08
    def test_registering_and_resetting_take_as_long_for_known_addresses_as_for_others(self):
        known = self.members()
        self.assert_stranger_alike("/api/v1/registrations", known, lambda email: {
            "name": "Mira", "email": email, "password": PASSWORD})
        self.assert_stranger_alike("/api/v1/password-resets", known,
                                   lambda email: {"email": email})

    # A02
    def test_a_second_mail_takes_as_long_for_accounts_that_wait_as_for_others(self):
        waiting = [new_address() for _ in range(OTHER_TIMINGS)]
        self.at_once(lambda api, email: self.ask(api, "/api/v1/registrations", {
            "name": "Mira", "email": email, "password": PASSWORD}), waiting)
        for _ in waiting:
            self.mails.next()
        self.assert_stranger_alike("/api/v1/registrations/mails", waiting,
                                   lambda email: {"email": email})

    # A12
    def test_what_customers_are_asked_takes_as_long_for_known_addresses_as_for_others(self):
        known = self.customers()
        self.assert_stranger_alike("/api/v1/customers/registrations", known, self.customer)
        self.assert_stranger_alike("/api/v1/customers/password-resets", known, lambda email: {
            "widget": self.widget, "email": email})
        self.assert_stranger_alike("/api/v1/customers/sessions", known, lambda email: {
            "widget": self.widget, "email": email, "password": "not the password"}, (401,))

    # A10: whoever has half of a link may not learn by it whether its address has an account.
    def test_the_time_of_a_wrong_link_does_not_tell_whether_its_address_has_an_account(self):
        known = self.members()
        unknown = [new_address() for _ in known]
        links = dict(zip(known + unknown, self.invited(known + unknown)))
        unasked = {True: known, False: unknown}

        def act(is_known):
            head = links[unasked[is_known].pop()].rsplit("-", 1)[0]
            answer = self.ask(self.api, "/api/v1/invitations/acceptances", {
                "token": f"{head}-{secrets.token_hex(32)}", "password": PASSWORD}, (410,))
            self.assertEqual(answer.json["code"], "token-invalid")

        self.assert_alike(act, len(known))


if __name__ == "__main__":
    unittest.main()
