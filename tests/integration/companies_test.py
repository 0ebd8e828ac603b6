"""Companies: who founds one, who belongs to it, and what opens it."""

import concurrent.futures
import unittest

from accounts_test import OTHER, PASSWORD, AccountCase


class Companies(AccountCase):
    def admin(self):
        return self.folder.portal()

    def invite(self, email="nina@example.org", roles=("expert",), name="Nina", **more):
        """An invitation whose token is shown."""
        admin = self.admin()
        answer = admin.post("/api/v1/company/invitations",
                            {"name": name, "email": email, "roles": list(roles),
                             "by_mail": False, **more})
        self.assertEqual(answer.status, 201, answer.body)
        admin.get(f"/api/v1/company/invitations?min_position={admin.position}")
        return answer.json

    def accept(self, token, password=PASSWORD):
        return self.api.post("/api/v1/invitations/acceptances",
                             {"token": token, "password": password})

    def items(self, path):
        return self.admin().get(path).json["items"]

    # A03
    def test_a_new_admin_founds_a_company_and_makes_its_first_widget(self):
        founder = self.member()
        made = founder.post("/api/v1/companies", {"name": "Mira's Shop"})
        self.assertEqual(made.status, 201, made.body)
        self.assert_problem(founder.post("/api/v1/widgets", {"name": "Shop"}), 403)
        founder = self.log_in()
        me = founder.get("/api/v1/me").json
        self.assertEqual((me["company"], me["roles"]),
                         ({"id": made.json["id"], "name": "Mira's Shop"}, ["admin"]))
        self.assertEqual(founder.post("/api/v1/widgets", {"name": "Shop"}).status, 201)
        self.assertEqual(founder.get("/api/v1/company").json["name"], "Mira's Shop")

    # A03, A06
    def test_an_admin_changes_name_time_zone_and_language_of_the_company(self):
        admin, company = self.admin(), "/api/v1/company"

        def change(**details):
            answer = admin.request("PATCH", company, body=details)
            self.assertEqual(answer.status, 200, answer.body)
            shown = admin.get(f"{company}?min_position={answer.json['position']}").json
            return shown["name"], shown.get("time_zone"), shown.get("locale")

        self.assertEqual(change(locale="de"), ("Demo Company", None, "de"))
        self.assertEqual(change(name="O'Brien </b> & Söhne", time_zone="Europe/Berlin"),
                         ("O'Brien </b> & Söhne", "Europe/Berlin", "de"))
        self.assertEqual(admin.get("/api/v1/me").json["company"]["name"], "O'Brien </b> & Söhne")
        before = self.folder.stats()["events"]
        self.assertEqual(change(), ("O'Brien </b> & Söhne", "Europe/Berlin", "de"))
        self.assertEqual(self.folder.stats()["events"], before)
        for details, code in (({"name": " "}, "name-invalid"), ({"locale": "xx"}, "locale-invalid"),
                              ({"time_zone": "Mars/Olympus"}, "time-zone-invalid"),
                              ({"time_zone": "../../etc/passwd"}, "time-zone-invalid"),
                              ({"time_zone": ""}, "time-zone-invalid")):
            self.assert_problem(admin.request("PATCH", company, body=details), 422, code)
        expert = self.folder.portal(self.folder.demo["experts"][0])
        answer = expert.request("PATCH", company, body={"name": "Mine"})
        self.assert_problem(answer, 403, "role-missing")

    # A05, A10, A11
    def test_an_invited_expert_joins_by_the_link_of_a_mail(self):
        admin = self.admin()
        answer = admin.post("/api/v1/company/invitations",
                            {"name": "Nina", "email": "nina@example.org", "roles": ["expert"]})
        self.assertEqual(answer.status, 201, answer.body)
        self.assertNotIn("token", answer.json)
        token = self.mails.token("invitation")
        self.assert_problem(self.accept(token, "short"), 422, "password-invalid")
        self.assertEqual(self.accept(token).status, 201)
        me = self.log_in("nina@example.org").get("/api/v1/me").json
        self.assertEqual((me["roles"], me["expert"]), (["expert"], answer.json["expert"]))
        roster = {item["id"]: item for item in self.items("/api/v1/company/experts")}
        self.assertEqual((len(roster), roster[me["expert"]]["state"]), (4, "joined"))

    # A10
    def test_an_invitation_is_accepted_once_and_not_when_it_was_withdrawn(self):
        first, second = self.invite(), self.invite("olga@example.org")
        self.assertEqual(self.accept(first["token"]).status, 201)
        self.assert_problem(self.accept(first["token"], OTHER), 401, "login-failed")
        admin = self.admin()
        path = "/api/v1/company/invitations/"
        self.assertEqual(admin.request("DELETE", path + second["id"]).status, 200)
        self.assert_problem(self.accept(second["token"]), 410, "token-invalid")
        answer = admin.request("DELETE", path + first["id"])
        self.assert_problem(answer, 409, "invitation-already-accepted")
        states = [item["state"] for item in
                  self.items(f"/api/v1/company/invitations?min_position={self.api.position}")]
        self.assertEqual(states, ["accepted", "withdrawn"])
        roster = {item["id"]: item["state"] for item in self.items("/api/v1/company/experts")}
        self.assertEqual((roster[first["expert"]], roster[second["expert"]]), ("joined", "lapsed"))

    # A06, A10
    def test_what_an_admin_sees_of_a_company_comes_page_by_page(self):
        admin = self.admin()
        for i in range(3):
            self.invite(f"nina{i}@example.org")
            issued = admin.post("/api/v1/company/tokens", {"name": f"Shop {i}"})
            self.assertEqual(issued.status, 201, issued.body)
        for part, name in (("members", "account"), ("experts", "id"), ("invitations", "id"),
                           ("tokens", "id")):
            with self.subTest(part):
                path = f"/api/v1/company/{part}"
                whole = admin.get(f"{path}?min_position={admin.position}").json
                self.assertGreater(len(whole["items"]), 2)
                self.assertNotIn("next", whole)
                found, following, pages = [], f"{path}?limit=2", 0
                while following:
                    page = admin.get(following).json
                    self.assertLessEqual(len(page["items"]), 2)
                    found, following, pages = found + page["items"], page.get("next"), pages + 1
                self.assertEqual(found, whole["items"])
                self.assertEqual(pages, (len(found) + 1) // 2)
                last = found[-1][name]
                self.assertEqual(admin.get(f"{path}?after={last}").json["items"], [])
                for query, code in ((f"after={last}0", "after-invalid"),
                                    ("after=x", "after-invalid"), ("limit=0", "limit-invalid"),
                                    ("limit=201", "limit-invalid")):
                    self.assert_problem(admin.get(f"{path}?{query}"), 400, code)

    # A04, A05
    def test_a_log_in_sees_what_was_answered_before_it(self):
        """Many at once, each right behind the answer before, so that the views are behind."""
        def join(number):
            headers = {"X-Forwarded-For": f"2001:db8:0:{number}::1"}
            email = f"nina{number}@example.org"
            invited = self.folder.portal().post(
                "/api/v1/company/invitations",
                {"name": "Nina", "email": email, "roles": ["expert"], "by_mail": False})
            api = self.folder.api(token="")
            accepted = api.request("POST", "/api/v1/invitations/acceptances", headers=headers,
                                   body={"token": invited.json["token"], "password": PASSWORD})
            begun = api.request("POST", "/api/v1/sessions", headers=headers,
                                body={"email": email, "password": PASSWORD})
            api.session = {"Cookie": begun.headers["Set-Cookie"].split(";")[0]}
            me = api.get("/api/v1/me").json
            return accepted.status, me["roles"], me.get("expert") == invited.json["expert"]

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            outcomes = list(pool.map(join, range(1, 13)))
        self.assertEqual(outcomes, [(201, ["expert"], True)] * 12)

    # A04
    def test_who_has_an_account_accepts_with_its_password(self):
        self.member()
        token = self.invite("MIRA@example.org", roles=("officer",))["token"]
        self.assert_problem(self.accept(token, OTHER), 401, "login-failed")
        self.assertEqual(self.accept(token).status, 201)
        self.assertEqual(self.log_in().get("/api/v1/me").json["roles"], ["officer"])

    # A10
    def test_the_same_invitation_sent_again_is_the_same(self):
        admin = self.admin()
        body = {"name": "Nina", "email": "nina@example.org", "roles": ["expert"], "by_mail": False}
        first = admin.post("/api/v1/company/invitations", body, key="once")
        second = admin.post("/api/v1/company/invitations", body, key="once")
        self.assertTrue(second.replayed)
        self.assertEqual((second.status, second.json["token"]), (201, first.json["token"]))

    # A16
    def test_who_accepted_which_terms_of_processing_stays_on_record(self):
        admin, path = self.admin(), "/api/v1/company/processing-terms"
        self.assertEqual(admin.get(path).json["items"], [])
        terms = {"document": "Order processing", "version": "1", "locale": "en",
                 "sha256": "ab" * 32}
        first = admin.post(path, terms)
        self.assertEqual(first.status, 201, first.body)
        again = admin.post(path, terms)
        self.assertEqual(again.json["version"], first.json["version"])
        second = admin.post(path, {**terms, "version": "2"}).json
        items = admin.get(f"{path}?min_position={second['position']}").json["items"]
        me = admin.get("/api/v1/me").json["account"]
        self.assertEqual([(item["version"], item["account"], item["name"]) for item in items],
                         [("1", me["id"], me["name"]), ("2", me["id"], me["name"])])
        self.assertLessEqual(items[0]["accepted"], items[1]["accepted"])
        for wrong, status, code in (({"sha256": "AB" * 32}, 400, "sha256-invalid"),
                                    ({"locale": "fr"}, 422, "locale-invalid"),
                                    ({"version": " "}, 422, "terms-invalid")):
            self.assert_problem(admin.post(path, {**terms, **wrong}), status, code)
        expert = self.folder.portal(self.folder.demo["experts"][0])
        self.assert_problem(expert.get(path), 403, "role-missing")

    # X14
    def test_roles_are_given_and_taken_and_count_at_once(self):
        expert = self.folder.demo["experts"][0]
        portal, admin = self.folder.portal(expert), self.admin()
        account = portal.get("/api/v1/me").json["account"]["id"]
        self.assert_problem(portal.get("/api/v1/company/members"), 403, "role-missing")
        path = f"/api/v1/company/members/{account}/roles"
        answer = admin.request("PUT", path, body={"roles": ["admin", "expert"]})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(portal.get("/api/v1/company/members").status, 200)
        answer = admin.request("PUT", path, body={"roles": ["auditor"]})
        self.assertEqual(answer.status, 200, answer.body)
        me = portal.get("/api/v1/me").json
        self.assertEqual(me["roles"], ["auditor"])
        self.assertNotIn("expert", me)
        self.assert_problem(admin.request("PUT", path, body={"roles": ["operator"]}), 422,
                            "role-invalid")

    # A06
    def test_the_last_admin_stays(self):
        admin = self.admin()
        account = admin.get("/api/v1/me").json["account"]["id"]
        path = f"/api/v1/company/members/{account}"
        self.assert_problem(admin.request("DELETE", path), 409, "last-admin")
        answer = admin.request("PUT", f"{path}/roles", body={"roles": ["expert"]})
        self.assert_problem(answer, 409, "last-admin")
        self.assertIn("admin", admin.get("/api/v1/me").json["roles"])

    # A03
    def test_founding_again_with_the_same_key_finds_the_same_company(self):
        founder = self.member()
        first = founder.post("/api/v1/companies", {"name": "Shop"}, key="once")
        again = founder.post("/api/v1/companies", {"name": "Shop"}, key="once")
        self.assertEqual((again.status, again.json, again.replayed), (201, first.json, True))
        self.assert_problem(founder.post("/api/v1/companies", {"name": "Else"}, key="once"), 422,
                            "idempotency-key-reused")
        self.assertEqual(len(self.log_in().get("/api/v1/me").json["companies"]), 1)

    # A06
    def test_a_removal_asked_for_again_is_over(self):
        expert = self.folder.demo["experts"][0]
        account = self.folder.portal(expert).get("/api/v1/me").json["account"]["id"]
        path, admin = f"/api/v1/company/members/{account}", self.admin()
        self.assertEqual(admin.request("DELETE", path).status, 200)
        self.assert_problem(admin.request("DELETE", path), 404, "member-not-found")

    # A06, A10
    def test_who_is_removed_is_out_at_once(self):
        expert = self.folder.demo["experts"][0]
        portal, admin = self.folder.portal(expert), self.admin()
        account = portal.get("/api/v1/me").json["account"]["id"]
        answer = admin.request("DELETE", f"/api/v1/company/members/{account}")
        self.assertEqual(answer.status, 200, answer.body)
        self.assert_problem(portal.get("/api/v1/me"), 401)
        roster = {item["id"]: item["state"] for item in self.items("/api/v1/company/experts")}
        self.assertEqual(roster[expert["id"]], "deactivated")
        # The account is the person's own, and stays.
        me = self.log_in(expert["email"], expert["password"]).get("/api/v1/me").json
        self.assertEqual((me["companies"], me["roles"]), ([], []))

    # X15
    def test_a_token_has_one_scope_unless_more_are_asked_for(self):
        admin = self.admin()
        answer = admin.post("/api/v1/company/tokens", {"name": "Shop"}, key="once")
        self.assertEqual(answer.status, 201, answer.body)
        again = admin.post("/api/v1/company/tokens", {"name": "Shop"}, key="once")
        self.assertEqual((again.json["token"], again.replayed), (answer.json["token"], True))
        admin.get(f"/api/v1/company/tokens?min_position={answer.json['position']}")
        integrator = self.folder.api(token=answer.json["token"])
        self.assertEqual(integrator.get("/api/v1/experts").status, 200)
        self.assert_problem(integrator.get("/api/v1/widgets"), 403, "scope-missing")
        listed = self.items("/api/v1/company/tokens")[-1]
        self.assertEqual((listed["name"], listed["scopes"]), ("Shop", ["conversations"]))
        self.assertNotIn("token", listed)
        answer = admin.post("/api/v1/company/tokens",
                            {"name": "All", "scopes": ["admin", "history:read"]})
        self.assertEqual(answer.status, 201)
        for scopes in ([], ["root"], ["admin", "admin"]):
            answer = admin.post("/api/v1/company/tokens", {"name": "x", "scopes": scopes})
            self.assert_problem(answer, 422, "scopes-invalid")

    # X15
    def test_a_revoked_token_opens_nothing(self):
        admin = self.admin()
        token = admin.post("/api/v1/company/tokens", {"name": "Shop"}).json
        answer = admin.request("DELETE", f"/api/v1/company/tokens/{token['id']}")
        self.assertEqual(answer.status, 200, answer.body)
        admin.get(f"/api/v1/company/tokens?min_position={answer.json['position']}")
        self.assert_problem(self.folder.api(token=token["token"]).get("/api/v1/experts"), 401)

    # A10
    def test_an_expert_is_deactivated_and_taken_back(self):
        expert = self.folder.demo["experts"][1]
        admin, portal = self.admin(), self.folder.portal(expert)
        path = f"/api/v1/company/experts/{expert['id']}/active"
        for active in (False, True):
            answer = admin.request("PUT", path, body={"active": active})
            self.assertEqual(answer.status, 200, answer.body)
            admin.get(f"/api/v1/company/experts?min_position={answer.json['position']}")
            self.assertEqual("expert" in portal.get("/api/v1/me").json, active)

    # CPL20
    def test_one_company_sees_nothing_of_another(self):
        self.member().post("/api/v1/companies", {"name": "Other"})
        other, admin = self.log_in(), self.admin()
        invitation = self.invite()
        token = admin.post("/api/v1/company/tokens", {"name": "Shop"}).json
        account = admin.get("/api/v1/me").json["account"]["id"]
        expert = self.folder.demo["experts"][0]["id"]
        for method, path, body in (
                ("DELETE", f"/api/v1/company/invitations/{invitation['id']}", None),
                ("DELETE", f"/api/v1/company/tokens/{token['id']}", None),
                ("DELETE", f"/api/v1/company/members/{account}", None),
                ("PUT", f"/api/v1/company/members/{account}/roles", {"roles": ["expert"]}),
                ("PUT", f"/api/v1/company/experts/{expert}/active", {"active": False})):
            answer = other.request(method, path, body=body)
            self.assertEqual(answer.status, 404, (path, answer.body))
        self.assertEqual(len(other.get("/api/v1/company/members").json["items"]), 1)
        self.assertEqual(other.get("/api/v1/company/experts").json["items"], [])


class ClosedCompanies(AccountCase):
    registration = "closed"

    # A03
    def test_where_registration_is_closed_nobody_founds_or_invites(self):
        admin = self.folder.portal()
        self.assert_problem(admin.post("/api/v1/companies", {"name": "Mine"}), 403,
                            "registration-closed")
        answer = admin.post("/api/v1/company/invitations",
                            {"email": "nina@example.org", "roles": ["admin"]})
        self.assert_problem(answer, 403, "registration-closed")


if __name__ == "__main__":
    unittest.main()
