"""Every route, asked by everybody: only whom it is for gets in."""

import re
import unittest

import customers_test
from openapi import contract
from support import ServerCase, run

REFUSALS = {"unauthorized", "role-missing", "scope-missing", "audience-wrong"}
SCOPES = ("conversations", "history:read", "audit:read", "analytics:read", "erase", "admin")
ROLES = ("admin", "expert", "officer", "auditor", "analyst")


class KeptIn:
    """A customer who logs in anew whenever the walk has logged it out."""

    def __init__(self, case):
        self.case = case
        self.api, _ = case.entered()

    def request(self, method, path, **more):
        answer = self.api.request(method, path, **more)
        if method == "DELETE" and path == "/api/v1/customer/sessions/current":
            self.api, _ = self.case.entered()
        return answer


class Permissions(ServerCase):
    def portal(self, role):
        """An account with this role alone."""
        if role == "admin":
            return self.folder.portal()
        expert = self.folder.demo["experts"][0]
        portal = self.folder.portal(expert)
        account = portal.get("/api/v1/me").json["account"]["id"]
        answer = self.folder.portal().request(
            "PUT", f"/api/v1/company/members/{account}/roles", body={"roles": [role]})
        self.assertEqual(answer.status, 200, answer.body)
        return portal

    def integrator(self, scope):
        admin = self.folder.portal()
        made = admin.post("/api/v1/company/tokens", {"name": "x", "scopes": [scope]}).json
        admin.get(f"/api/v1/company/tokens?min_position={made['position']}")
        return self.folder.api(token=made["token"])

    def visitor(self):
        path = f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions"
        session = self.folder.api(token="").request(
            "POST", path, headers={"Origin": "http://localhost:8000"}).json
        return self.folder.api(token=session["token"])

    def routes(self):
        for line in run("routes").stdout.decode().splitlines():
            method, pattern, access = line.split("\t")
            # Ending the session would end the test of what it may do.
            if pattern != "/api/v1/sessions/current":
                yield method, pattern, set(access.split(","))

    def code(self, api, method, pattern):
        """The code of the refusal, for ids of the company that there are not."""
        path = re.sub(r"\{\w+\}", f"{self.folder.tenant}-xxx-{'0' * 32}", pattern)
        body = {} if "requestBody" in contract().operations()[method, pattern] else None
        answer = api.request(method, path, body=body)
        if answer.headers.get("Content-Type") != "application/problem+json":
            return None
        return answer.json["code"]

    def walk(self, who, api, words):
        """Asks every route; `words` of an access let this one in."""
        let_in = 0
        for method, pattern, access in self.routes():
            with self.subTest(who=who, method=method, pattern=pattern):
                code = self.code(api, method, pattern)
                if access & (words | {"everybody"}):
                    self.assertNotIn(code, REFUSALS)
                    let_in += 1
                elif who == "nobody":
                    self.assertEqual(code, "unauthorized")
                else:
                    self.assertIn(code, REFUSALS - {"unauthorized"})
        return let_in

    # CPL20
    def test_nobody_gets_in_where_a_credential_is_asked_for(self):
        self.assertGreater(self.walk("nobody", self.folder.api(token=""), set()), 10)

    # CPL20
    def test_a_visitor_gets_in_where_visitors_do(self):
        self.assertGreater(self.walk("visitor", self.visitor(), {"visitor"}), 15)

    # A12, CPL20
    def test_a_customer_gets_in_where_visitors_do_and_at_its_own(self):
        case = customers_test.CustomerCase()
        self.addCleanup(case.doCleanups)
        case.setUp()
        self.folder = case.folder
        first, _ = case.customer()
        let_in = self.walk("customer", KeptIn(case), {"visitor", "customer"})
        self.assertGreater(let_in, 20)
        self.assertEqual(first.get("/api/v1/customer").status, 200)

    # CPL20, X14
    def test_each_role_gets_in_where_it_is_named(self):
        for role in ROLES:
            api = self.portal(role)
            self.assertEqual(api.get("/api/v1/me").json["roles"], [role])
            self.walk(role, api, {"signed-in", f"role={role}"})

    # CPL20, X15
    def test_each_scope_opens_its_own_routes(self):
        for scope in SCOPES:
            self.walk(scope, self.integrator(scope), {f"scope={scope}"})

    # CPL20
    def test_a_cookie_without_its_token_changes_nothing(self):
        api = self.folder.portal()
        del api.session["X-CSRF-Token"]
        for method, pattern, access in self.routes():
            if method in ("GET", "OPTIONS") or "everybody" in access:
                continue
            with self.subTest(method=method, pattern=pattern):
                self.assertEqual(self.code(api, method, pattern), "csrf-token-wrong")


if __name__ == "__main__":
    unittest.main()
