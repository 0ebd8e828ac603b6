"""What visitors say of themselves through the widget, and who sees it."""

import unittest

from support import ServerCase

STRICT = {"placement": "bottom-right", "locale": "de", "ask_name": "optional",
          "ask_email": "optional",
          "consent": {"mode": "explicit", "policy_version": "2026-11",
                      "policy_url": "https://shop.example/privacy", "policy_sha256": "ab" * 32}}
AGREED = {"policy_version": "2026-11", "policy_sha256": "ab" * 32}
HOSTILE = ["</script><b>x", "\u202egnirts", "  Ada  ", "O'Brien\r\nX: y", "李 😀"]
ORIGIN = {"Origin": "http://localhost:8000"}


class VisitorCase(ServerCase):
    def session(self, key=None):
        path = f"/api/v1/widget/{key or self.folder.demo['widget_key']}/sessions"
        answer = self.folder.api(token="").request("POST", path, headers=ORIGIN)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def visitor(self, key=None):
        """The API as a new visitor has it; its id."""
        session = self.session(key)
        return self.folder.api(token=session["token"]), session["visitor"]

    def put(self, api, part, body):
        answer = api.request("PUT", f"/api/v1/visitor/{part}", body=body)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def strict_widget(self):
        """The key of a widget that demands consent."""
        made = self.api.post("/api/v1/widgets", {"name": "Strict"}).json
        for part, body in (("settings", STRICT), ("domains/localhost", None)):
            answer = self.api.request("PUT", f"/api/v1/widgets/{made['id']}/{part}", body=body)
            self.assertEqual(answer.status, 200, answer.body)
        self.api.get(f"/api/v1/widgets/{made['id']}?min_position={answer.json['position']}")
        return made["key"]

    def state_policy(self, version="2026-11", **more):
        """The demo's widget refers to a policy from here on, which using it consents to."""
        widget = self.api.get("/api/v1/widgets").json["items"][0]["id"]
        settings = {**STRICT, "locale": "en",
                    "consent": {"mode": "implicit", "policy_version": version, **more}}
        done = self.api.request("PUT", f"/api/v1/widgets/{widget}/settings", body=settings)
        self.assertEqual(done.status, 200, done.body)
        shown = self.api.get(f"/api/v1/widgets/{widget}?min_position={done.json['position']}")
        return widget, shown.json["version"]

    def keep(self, **kept):
        """Says what of visitors' data the company keeps: all but what is named."""
        path = "/api/v1/company/data-collection"
        body = {"name": True, "email": True, "phone": True, "attachments": True,
                "customer_accounts": False, **kept}
        admin = self.folder.portal()
        done = admin.request("PUT", path, body=body)
        self.assertEqual(done.status, 200, done.body)
        admin.get(f"{path}?min_position={done.json['position']}")

    def events_of(self, visitor):
        return self.folder.replay("--stream", visitor)


class Visitors(VisitorCase):
    # A13, CPL17
    def test_a_visitor_who_only_looks_is_not_known(self):
        api, visitor = self.visitor()
        before = self.folder.stats()["events"]
        own = api.get("/api/v1/visitor").json
        self.assertEqual((own["id"], own["known"]), (visitor, False))
        api.get("/api/v1/experts")
        self.assertEqual(self.folder.stats()["events"], before)

    # O01, O03, DEC19, DEC20
    def test_the_first_thing_said_opens_the_session_with_the_consent(self):
        _, version = self.state_policy(policy_sha256="cd" * 32)
        api, visitor = self.visitor()
        self.put(api, "identity", {"name": "Mira", "email": "mira@example.org"})
        events = self.events_of(visitor)
        self.assertEqual([event["type"] for event in events],
                         ["VisitorSessionOpened", "ConsentRecorded", "VisitorIdentified"])
        self.assertEqual(len({event["seq"] for event in events}), 1)
        own = api.get("/api/v1/visitor").json
        self.assertEqual((own["name"], own["email"]), ("Mira", "mira@example.org"))
        del own["consents"][0]["time"]
        self.assertEqual(own["consents"], [
            {"kind": "implicit", "policy_version": "2026-11", "policy_sha256": "cd" * 32,
             "locale": "en", "widget_version": version}])

    # O01, DEC19
    def test_where_no_policy_is_stated_nobody_consents(self):
        api, visitor = self.visitor()
        self.assert_problem(api.post("/api/v1/visitor/consents", {"policy_version": "unstated"}),
                            422, "policy-unstated")
        self.put(api, "identity", {"name": "Mira"})
        self.assertEqual([event["type"] for event in self.events_of(visitor)],
                         ["VisitorSessionOpened", "VisitorIdentified"])
        self.assertEqual(api.get("/api/v1/visitor").json["consents"], [])

    def test_an_identity_may_change_and_the_same_again_changes_nothing(self):
        api, _ = self.visitor()
        first = self.put(api, "identity", {"name": "Mira"})
        self.assertEqual(self.put(api, "identity", {"name": "Mira"}), first)
        self.put(api, "identity", {"email": "mira@example.org"})
        own = api.get("/api/v1/visitor").json
        self.assertNotIn("name", own)
        self.assertEqual(own["email"], "mira@example.org")

    # CPL18
    def test_an_address_opens_nothing_of_another_visitor(self):
        first, first_id = self.visitor()
        second, second_id = self.visitor()
        self.put(first, "identity", {"name": "Mira", "email": "mira@example.org"})
        self.put(first, "check-in", {"name": "Mira", "phone": "0511 123"})
        self.put(second, "identity", {"name": "Mira", "email": "mira@example.org"})
        self.assertNotEqual(first_id, second_id)
        own = second.get("/api/v1/visitor").json
        self.assertEqual(own["id"], second_id)
        self.assertNotIn("check_in", own)

    # A14
    def test_a_visitor_checks_in_with_a_telephone_number(self):
        api, visitor = self.visitor()
        self.put(api, "check-in", {"name": "Mira", "phone": "+49 (0)511/123-45"})
        self.assertEqual(api.get("/api/v1/visitor").json["check_in"],
                         {"name": "Mira", "phone": "+49 (0)511/123-45"})
        card = self.api.get(f"/api/v1/visitors/{visitor}").json
        self.assertEqual((card["name"], card["phone"]), ("Mira", "+49 (0)511/123-45"))
        answer = api.request("PUT", "/api/v1/visitor/check-in",
                             body={"name": "Mira", "phone": "call me"})
        self.assert_problem(answer, 422, "phone-invalid")

    # A14
    def test_who_checked_in_stands_in_the_desks_list(self):
        first, first_id = self.visitor()
        second, second_id = self.visitor()
        for api, name in ((first, "Mira"), (second, "Kim"), (first, "Mira Two")):
            self.put(api, "check-in", {"name": name, "phone": "0511 123"})
        self.put(second, "persona", {"name": "Blue"})
        desk = self.folder.portal(self.folder.demo["experts"][0])
        page = desk.get("/api/v1/check-ins?limit=1").json
        self.assertEqual([item["visitor"] for item in page["items"]],
                         [{"id": first_id, "persona": False, "name": "Mira Two",
                           "phone": "0511 123"}])
        page = desk.get(page["next"]).json
        self.assertEqual([item["visitor"] for item in page["items"]],
                         [{"id": second_id, "persona": True, "name": "Blue"}])
        self.assertNotIn("next", page)

    # L01, L02, DEC18
    def test_experts_see_the_persona_and_nothing_else(self):
        api, visitor = self.visitor()
        self.put(api, "identity", {"name": "Mira Real", "email": "mira@example.org"})
        self.put(api, "persona", {"name": "Blue", "age": 40})
        card = self.api.get(f"/api/v1/visitors/{visitor}").json
        self.assertEqual(card, {"id": visitor, "persona": True, "name": "Blue", "age": 40})
        self.assertEqual(api.request("DELETE", "/api/v1/visitor/persona").status, 200)
        card = self.api.get(f"/api/v1/visitors/{visitor}").json
        self.assertEqual((card["persona"], card["name"]), (False, "Mira Real"))

    # X13, DEC20
    def test_where_consent_is_demanded_nothing_is_recorded_before_it(self):
        api, visitor = self.visitor(self.strict_widget())
        before = self.folder.stats()["events"]
        for part, body in (("identity", {"name": "Mira"}), ("persona", {"name": "Blue"})):
            answer = api.request("PUT", f"/api/v1/visitor/{part}", body=body)
            self.assert_problem(answer, 422, "consent-missing")
        for body, status, code in (
                ({"policy_version": "2025-01", "policy_sha256": "ab" * 32}, 409, "policy-changed"),
                ({"policy_version": "2026-11", "policy_sha256": "ac" * 32}, 409, "policy-changed"),
                ({"policy_version": "2026-11"}, 400, "policy_sha256-missing"),
                ({"policy_sha256": "ab" * 32}, 400, "policy_version-missing")):
            self.assert_problem(api.post("/api/v1/visitor/consents", body), status, code)
        self.assertEqual(self.folder.stats()["events"], before)
        self.assertEqual(api.post("/api/v1/visitor/consents", AGREED).status, 200)
        self.put(api, "identity", {"name": "Mira"})
        consent = api.get("/api/v1/visitor").json["consents"][0]
        self.assertEqual((consent["kind"], consent["policy_version"], consent["policy_sha256"],
                          consent["locale"]), ("explicit", "2026-11", "ab" * 32, "de"))
        self.assertEqual([event["type"] for event in self.events_of(visitor)],
                         ["VisitorSessionOpened", "ConsentRecorded", "VisitorIdentified"])

    def test_hostile_names_are_kept_verbatim(self):
        for name in HOSTILE:
            api, visitor = self.visitor()
            self.put(api, "identity", {"name": name})
            self.put(api, "persona", {"name": name})
            own = api.get("/api/v1/visitor").json
            self.assertEqual((own["name"], own["persona"]["name"]), (name, name))
            self.assertEqual(self.api.get(f"/api/v1/visitors/{visitor}").json["name"], name)

    def test_what_is_no_identity_is_refused(self):
        api, _ = self.visitor()
        for part, body, code in (("identity", {}, "name-invalid"),
                                 ("identity", {"name": " "}, "name-invalid"),
                                 ("identity", {"name": "A", "email": "x"}, "email-invalid"),
                                 ("persona", {"name": "A", "age": 151}, "age-invalid"),
                                 ("persona", {}, "name-missing")):
            answer = api.request("PUT", f"/api/v1/visitor/{part}", body=body)
            self.assert_problem(answer, answer.status, code)

    # CPL19
    def test_the_token_is_in_no_file_and_no_log(self):
        session = self.session()
        self.put(self.folder.api(token=session["token"]), "identity", {"name": "Mira"})
        secret = session["token"].rsplit("-", 1)[1].encode()
        self.folder.stop()
        files = [path for top in (self.folder.data, self.folder.keys)
                 for path in top.rglob("*") if path.is_file()]
        for path in [*files, *self.folder.logs]:
            content = path.read_bytes()
            self.assertNotIn(secret, content)
            self.assertNotIn(bytes.fromhex(secret.decode()), content)

    # CPL19
    def test_a_token_in_the_path_opens_nothing(self):
        token = self.session()["token"]
        api = self.folder.api(token="")
        for query in ("token", "access_token"):
            self.assert_problem(api.get(f"/api/v1/visitor?{query}={token}"), 401)

    def test_a_changed_token_and_another_credential_open_nothing(self):
        token = self.session()["token"]
        flipped = token[:-1] + ("0" if token[-1] != "0" else "1")
        foreign = ("0" if token[0] != "0" else "1") + token[1:]
        for wrong in (flipped, foreign, token[:-2]):
            self.assert_problem(self.folder.api(token=wrong).get("/api/v1/visitor"), 401)
        self.assert_problem(self.api.get("/api/v1/visitor"), 403, "audience-wrong")
        self.assert_problem(self.folder.api(token=token).get("/api/v1/presence"), 403,
                            "audience-wrong")


class ConsentRegister(VisitorCase):
    REGISTER = "/api/v1/consents"

    def officer(self):
        """A portal of somebody who is data protection officer and nothing else."""
        expert = self.folder.demo["experts"][0]
        portal = self.folder.portal(expert)
        account = portal.get("/api/v1/me").json["account"]["id"]
        answer = self.folder.portal().request(
            "PUT", f"/api/v1/company/members/{account}/roles", body={"roles": ["officer"]})
        self.assertEqual(answer.status, 200, answer.body)
        return portal

    def consenting(self, name):
        api, visitor = self.visitor()
        self.put(api, "identity", {"name": name, "email": "canary@example.org"})
        return visitor

    # O01, DEC19
    def test_the_register_lists_who_consented_to_what_page_by_page(self):
        widget, version = self.state_policy()
        visitors = [self.consenting(f"Canary {number}") for number in range(3)]
        officer = self.officer()
        page = officer.get(f"{self.REGISTER}?limit=2")
        pages = [page.json["items"]]
        self.assertNotIn("anary", page.body.decode())
        pages.append(officer.get(page.json["next"]).json["items"])
        self.assertEqual([[item.pop("visitor") for item in items] for items in pages],
                         [[visitors[2], visitors[1]], [visitors[0]]])
        item = pages[0][0]
        del item["time"]
        self.assertEqual(item, {"widget": widget, "widget_version": version, "kind": "implicit",
                                "policy_version": "2026-11", "locale": "en"})

    # O01
    def test_the_register_shows_the_consents_of_one_visitor(self):
        self.state_policy()
        first, _ = self.consenting("Mira"), self.consenting("Kim")
        page = self.folder.portal().get(f"{self.REGISTER}?visitor={first}").json
        self.assertEqual([item["visitor"] for item in page["items"]], [first])
        self.assertNotIn("next", page)
        admin = self.folder.portal()
        self.assert_problem(admin.get(f"{self.REGISTER}?visitor=nobody"), 404, "visitor-not-found")
        other = admin.get(f"{self.REGISTER}?limit=1").json["next"].partition("after=")[2]
        self.assert_problem(admin.get(f"{self.REGISTER}?visitor={first}&after={other}"), 400,
                            "after-invalid")


if __name__ == "__main__":
    unittest.main()
