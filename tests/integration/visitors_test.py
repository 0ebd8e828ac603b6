"""What visitors say of themselves through the widget, and who sees it."""

import unittest

from support import ServerCase

STRICT = {"placement": "bottom-right", "locale": "de", "ask_name": "optional",
          "ask_email": "optional",
          "consent": {"mode": "explicit", "policy_version": "2026-11",
                      "policy_url": "https://shop.example/privacy", "policy_sha256": "ab" * 32}}
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
        api, visitor = self.visitor()
        self.put(api, "identity", {"name": "Mira", "email": "mira@example.org"})
        events = self.events_of(visitor)
        self.assertEqual([event["type"] for event in events],
                         ["VisitorSessionOpened", "ConsentRecorded", "VisitorIdentified"])
        self.assertEqual(len({event["seq"] for event in events}), 1)
        own = api.get("/api/v1/visitor").json
        self.assertEqual((own["name"], own["email"]), ("Mira", "mira@example.org"))
        self.assertEqual(own["consents"][0]["kind"], "implicit")

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
        answer = api.post("/api/v1/visitor/consents", {"policy_version": "2025-01"})
        self.assert_problem(answer, 409, "policy-changed")
        self.assertEqual(self.folder.stats()["events"], before)
        self.assertEqual(
            api.post("/api/v1/visitor/consents", {"policy_version": "2026-11"}).status, 200)
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


if __name__ == "__main__":
    unittest.main()
