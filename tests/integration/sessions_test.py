"""Logging in to the portals and out, and what a session's cookie is good for."""

import http.client
import json
import ssl
import unittest

from support import Folder, ServerCase
from tls_test import make_certificate


class Sessions(ServerCase):
    def nobody(self):
        return self.folder.api(token="")

    def fail_to_log_in(self, email, password, **more):
        answer = self.nobody().log_in(email, password, **more)
        self.assert_problem(answer, 401, "login-failed")
        return answer

    # A04, A05, A06
    def test_the_admin_and_every_expert_log_in_and_are_told_who_they_are(self):
        demo = self.folder.demo
        me = self.folder.portal().get("/api/v1/me").json
        self.assertEqual((me["account"]["email"], me["roles"]), (demo["admin"]["email"], ["admin"]))
        self.assertNotIn("expert", me)
        for expert in demo["experts"]:
            me = self.folder.portal(expert).get("/api/v1/me").json
            self.assertEqual((me["account"]["name"], me["roles"], me["expert"]),
                             (expert["name"], ["expert"], expert["id"]))
            self.assertEqual(me["company"], {"id": demo["tenant"], "name": "Demo Company"})
            self.assertEqual(me["companies"], [me["company"]])

    # A04
    def test_an_address_is_taken_without_regard_to_case_and_a_password_is_not(self):
        admin = self.folder.demo["admin"]
        answer = self.nobody().log_in(admin["email"].upper(), admin["password"])
        self.assertEqual(answer.status, 201, answer.body)
        self.fail_to_log_in(admin["email"], admin["password"].upper())

    # A04
    def test_a_wrong_password_and_an_unknown_address_are_answered_alike(self):
        wrong = self.fail_to_log_in(self.folder.demo["admin"]["email"], "not the password")
        unknown = self.fail_to_log_in("nobody@demo.example", "not the password")
        self.assertEqual(wrong.body, unknown.body)
        self.assertEqual({name for name in wrong.headers}, {name for name in unknown.headers})
        self.fail_to_log_in("", "")
        self.fail_to_log_in("\u0000", "\u202e")

    # A04
    def test_a_failed_log_in_leaves_nothing_in_the_log(self):
        size = self.platform_events()
        for i in range(5):
            self.fail_to_log_in(f"nobody{i}@demo.example", "not the password")
        self.assertEqual(self.platform_events(), size)

    def platform_events(self):
        return len(self.folder.replay(tenant="0" * 16))

    def test_another_company_than_ones_own_opens_nothing(self):
        admin = self.folder.demo["admin"]
        for company in ("1" * 16, "0" * 16, "nonsense"):
            self.fail_to_log_in(admin["email"], admin["password"], company=company)
        answer = self.nobody().log_in(admin["email"], admin["password"],
                                      company=self.folder.tenant)
        self.assertEqual(answer.status, 201)

    def test_the_cookie_is_not_for_scripts_nor_for_other_sites(self):
        admin = self.folder.demo["admin"]
        answer = self.nobody().log_in(admin["email"], admin["password"])
        name, *attributes = answer.headers["Set-Cookie"].split("; ")
        self.assertTrue(name.startswith(f"parlour_session={self.folder.tenant}-ses-"))
        self.assertEqual(attributes, ["Path=/", "Max-Age=604800", "HttpOnly", "SameSite=Lax"])
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn(name.split("=")[1], answer.body.decode())

    # CPL18
    def test_a_form_of_another_site_cannot_log_anybody_in(self):
        admin = self.folder.demo["admin"]
        body = json.dumps({"email": admin["email"], "password": admin["password"]})
        for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
            answer = self.nobody().request("POST", "/api/v1/sessions", body=body,
                                           headers={"Content-Type": kind})
            self.assert_problem(answer, 415, "content-type-wrong")

    def test_what_changes_something_wants_the_token_against_other_sites(self):
        portal = self.folder.portal()
        session = dict(portal.session)
        other = self.folder.portal().session["X-CSRF-Token"]
        for token in (None, "", "0" * 64, other):
            portal.session = {"Cookie": session["Cookie"]}
            if token is not None:
                portal.session["X-CSRF-Token"] = token
            answer = portal.post("/api/v1/widgets", {"name": "Forged"})
            self.assert_problem(answer, 403, "csrf-token-wrong")
            self.assertEqual(portal.get("/api/v1/me").status, 200)
        self.assertEqual(portal.get("/api/v1/me").json["csrf_token"], session["X-CSRF-Token"])
        portal.session = session
        self.assertEqual(portal.post("/api/v1/widgets", {"name": "Shop"}).status, 201)

    # A06
    def test_a_role_opens_its_own_routes_only(self):
        expert = self.folder.portal(self.folder.demo["experts"][0])
        self.assert_problem(expert.get("/api/v1/widgets"), 403, "role-missing")
        self.assertEqual(expert.get("/api/v1/me/presence").status, 200)
        admin = self.folder.portal()
        self.assertEqual(admin.get("/api/v1/widgets").status, 200)
        self.assert_problem(admin.get("/api/v1/me/presence"), 403, "role-missing")
        self.assert_problem(admin.get("/api/v1/visitor"), 403, "audience-wrong")

    # A04
    def test_logging_out_ends_the_session_at_once(self):
        portal = self.folder.portal()
        answer = portal.request("DELETE", "/api/v1/sessions/current")
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertTrue(answer.headers["Set-Cookie"].startswith("parlour_session=; "))
        self.assertIn("Max-Age=0", answer.headers["Set-Cookie"])
        self.assert_problem(portal.get("/api/v1/me"), 401, "unauthorized")

    # A04
    def test_one_sees_ones_sessions_and_ends_another_one(self):
        first, second = self.folder.portal(), self.folder.portal()
        items = first.get("/api/v1/sessions").json["items"]
        self.assertEqual([item["current"] for item in items], [True, False])
        answer = first.request("DELETE", f"/api/v1/sessions/{items[1]['id']}")
        self.assertEqual((answer.status, answer.headers["Set-Cookie"]), (204, None))
        self.assert_problem(second.get("/api/v1/me"), 401)
        self.assertEqual(len(first.get("/api/v1/sessions").json["items"]), 1)
        answer = first.request("DELETE", f"/api/v1/sessions/{items[1]['id']}")
        self.assert_problem(answer, 404, "session-not-found")

    # CPL20
    def test_nobody_sees_or_ends_the_sessions_of_somebody_else(self):
        mine = self.folder.portal()
        theirs = self.folder.portal(self.folder.demo["experts"][0])
        session = theirs.get("/api/v1/me").json["session"]
        self.assertNotIn(session, [item["id"]
                                   for item in mine.get("/api/v1/sessions").json["items"]])
        self.assert_problem(mine.request("DELETE", f"/api/v1/sessions/{session}"), 404)
        self.assertEqual(theirs.get("/api/v1/me").status, 200)

    def test_a_made_up_cookie_opens_nothing(self):
        portal = self.folder.portal()
        name, value = portal.session["Cookie"].split("=")
        for made_up in (value[:-1] + ("0" if value[-1] != "0" else "1"), value[:-2], "x", "",
                        value.replace(self.folder.tenant, "0" * 16)):
            portal.session["Cookie"] = f"{name}={made_up}"
            self.assert_problem(portal.get("/api/v1/me"), 401, "unauthorized")

    # CPL19
    def test_a_session_outlives_a_restart(self):
        portal = self.folder.portal()
        self.folder.kill()
        self.folder.start()
        again = self.folder.api(token="")
        again.session = portal.session
        self.assertEqual(again.get("/api/v1/me").status, 200)
        self.assertEqual(self.folder.portal().get("/api/v1/me").status, 200)

    # A07, PRV01
    def test_neither_password_nor_session_stands_in_the_log(self):
        portal = self.folder.portal()
        secret = portal.session["Cookie"].split("-ses-")[1]
        password = self.folder.demo["admin"]["password"]
        text = json.dumps(self.folder.replay(tenant="0" * 16) + self.folder.replay())
        self.assertIn("SessionStarted", text)
        self.assertNotIn(secret[32:], text)
        self.assertNotIn(password, text)


class OverTls(unittest.TestCase):
    def test_over_tls_the_cookie_is_bound_to_this_host_and_to_tls(self):
        folder = Folder()
        self.addCleanup(folder.close)
        pem, key = make_certificate(folder.top, "session")
        folder.start("--tls-cert", str(pem), "--tls-key", str(key))
        connection = http.client.HTTPSConnection(
            "127.0.0.1", folder.port, timeout=30,
            context=ssl.create_default_context(cafile=pem))
        self.addCleanup(connection.close)

        def ask(method, path, body=None, **headers):
            connection.request(method, path, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()

        admin = folder.demo["admin"]
        status, headers, _ = ask("POST", "/api/v1/sessions", json.dumps(admin),
                                 **{"Content-Type": "application/json"})
        self.assertEqual(status, 201)
        cookie, *attributes = headers["Set-Cookie"].split("; ")
        self.assertTrue(cookie.startswith("__Host-parlour_session="))
        self.assertIn("Secure", attributes)
        self.assertEqual(ask("GET", "/api/v1/me", Cookie=cookie)[0], 200)
        # What a neighbouring host could have set counts for nothing.
        plain = cookie.removeprefix("__Host-")
        self.assertEqual(ask("GET", "/api/v1/me", Cookie=plain)[0], 401)


if __name__ == "__main__":
    unittest.main()
