"""Visitors whom the company's own server vouches for."""

import base64
import hashlib
import hmac
import json
import secrets
import time
import unittest

from support import messages_path, wait_until
from visitors_test import ORIGIN, VisitorCase


def part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(secret, header=None, **claims):
    """A JWT as any library makes one."""
    text = part(header or {"alg": "HS256", "typ": "JWT"}) + "." + part(claims)
    return text + "." + part(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest())


class IdentityCase(VisitorCase):
    def setUp(self):
        super().setUp()
        self.widget = self.api.get("/api/v1/widgets").json["items"][0]["id"]
        self.secrets = f"/api/v1/widgets/{self.widget}/identity-secrets"
        self.rules = f"/api/v1/widgets/{self.widget}/identity"
        self.made = self.secret()

    def after(self, answer, status):
        self.assertEqual(answer.status, status, answer.body)
        self.api.get(f"{self.rules}?min_position={answer.json['position']}")
        return answer.json

    def secret(self):
        return self.after(self.api.post(self.secrets, None), 201)

    def require(self, required=True):
        self.after(self.api.request("PUT", self.rules, body={"required": required}), 200)

    def identity(self, sub="42", secret=None, header=None, **claims):
        now = int(time.time())
        claims = {"sub": sub, "aud": self.widget, "iat": now, "exp": now + 300, **claims}
        return signed(secret or self.made["secret"], header,
                      **{name: value for name, value in claims.items() if value is not None})

    def open(self, identity=None, token=""):
        body = {} if identity is None else {"identity": identity}
        path = f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions"
        return self.folder.api(token=token).request("POST", path, body=body, headers=ORIGIN)

    def known(self, **claims):
        """The API as a visitor who is vouched for has it; its id."""
        answer = self.open(self.identity(**claims))
        self.assertEqual(answer.status, 200, answer.body)
        self.assertTrue(answer.json["verified"])
        return self.folder.api(token=answer.json["token"]), answer.json["visitor"]

    def write(self, api, text="Hello"):
        expert = self.folder.demo["experts"][0]["id"]
        return api.post("/api/v1/conversations", {"expert": expert, "text": text},
                        key=secrets.token_hex(8))


class Identity(IdentityCase):
    # X09
    def test_the_first_message_records_who_vouches_and_nothing_before_it_does(self):
        self.state_policy()
        before = self.folder.stats()["events"]
        api, visitor = self.known(name="Ada Smith", email="ada@shop.example")
        self.assertFalse(api.get("/api/v1/visitor").json["known"])
        self.assertEqual(self.folder.stats()["events"], before)
        self.assertEqual(self.write(api).status, 201)
        events = self.events_of(visitor)
        self.assertEqual([event["type"] for event in events],
                         ["VisitorSessionOpened", "ConsentRecorded", "VisitorVerified"])
        fields = events[2]["fields"]
        self.assertEqual((fields["secret_id"], fields["subject"], fields["name"]),
                         (self.made["id"], "42", "Ada Smith"))
        sealed = json.dumps(self.folder.replay("--stream", visitor, unseal=False))
        for hidden in ("Ada Smith", "ada@shop.example", '"42"'):
            self.assertNotIn(hidden, sealed)

    # X09, CPL18
    def test_the_expert_sees_who_is_verified(self):
        api, visitor = self.known(name="Ada Smith", email="ada@shop.example")
        stranger, strange = self.visitor()
        self.put(stranger, "identity", {"name": "Ada Smith", "email": "ada@shop.example"})
        begun = self.write(api).json["id"]
        self.write(stranger)
        anna = self.folder.portal(self.folder.demo["experts"][0])
        items = wait_until(lambda: len(anna.get("/api/v1/inbox").json["items"]) == 2
                           and anna.get("/api/v1/inbox").json["items"], "both are in the inbox")
        self.assertEqual({item["visitor"]: (item["visitor_name"], item["visitor_verified"])
                          for item in items},
                         {visitor: ("Ada Smith", True), strange: ("Ada Smith", False)})
        self.assertTrue(anna.get(f"/api/v1/conversations/{begun}").json["visitor_verified"])
        self.assertNotIn("visitor_verified", api.get(f"/api/v1/conversations/{begun}").json)
        self.assertEqual(anna.get(f"/api/v1/visitors/{visitor}").json["verified"],
                         {"subject": "42", "name": "Ada Smith", "email": "ada@shop.example"})
        self.assertNotIn("verified", anna.get(f"/api/v1/visitors/{strange}").json)

    # X09
    def test_the_same_subject_in_a_second_browser_has_the_same_conversations(self):
        first, visitor = self.known()
        begun = self.write(first).json["id"]
        second, same = self.known(name="Ada")
        self.assertEqual(same, visitor)
        listed = wait_until(lambda: second.get("/api/v1/conversations").json["items"],
                            "the conversation is listed")
        self.assertEqual([item["id"] for item in listed], [begun])
        self.assertEqual(second.get(messages_path(begun)).json["items"][0]["text"], "Hello")
        other, another = self.known(sub="43")
        self.assertNotEqual(another, visitor)
        self.assert_problem(other.get(messages_path(begun)), 404, "conversation-not-found")

    # X09, CPL18
    def test_what_is_no_identity_of_this_widget_opens_nothing(self):
        now = int(time.time())
        other = self.api.post("/api/v1/widgets", {"name": "Other"}).json["id"]
        forged = self.identity(secret="0" * 64)
        cut = self.identity()[:-3]
        for identity, status, code in (
                (forged, 403, "identity-forged"),
                (cut, 403, "identity-forged"),
                (self.identity(aud=other), 403, "identity-audience-wrong"),
                (self.identity(aud=None), 403, "identity-audience-wrong"),
                (self.identity(aud=[other]), 403, "identity-audience-wrong"),
                (self.identity(iat=now - 600, exp=now - 1), 403, "identity-expired"),
                (self.identity(iat=now + 600, exp=now + 900), 403, "identity-not-valid-yet"),
                (self.identity(exp=now + 200_000), 422, "identity-lives-too-long"),
                (self.identity(exp=None), 400, "identity-malformed"),
                (self.identity(exp="soon"), 400, "identity-malformed"),
                (self.identity(sub=" "), 422, "identity-subject-invalid"),
                (self.identity(sub="x" * 129), 422, "identity-subject-invalid"),
                (self.identity(sub=None), 422, "identity-subject-invalid"),
                (self.identity(sub=42), 400, "identity-malformed"),
                (self.identity(email="nobody"), 422, "email-invalid"),
                (self.identity(header={"alg": "none"}), 400, "identity-malformed"),
                (self.identity(header={"alg": "HS512"}), 400, "identity-malformed"),
                (self.identity(header={"alg": "HS256", "kid": "x"}), 403, "identity-forged"),
                ("no token", 400, "identity-malformed")):
            with self.subTest(code=code, identity=identity):
                answer = self.open(identity)
                self.assert_problem(answer, status, code)
                self.assertEqual(answer.headers["Access-Control-Allow-Origin"], ORIGIN["Origin"])
        self.assertEqual(self.open(self.identity(aud=[other, self.widget])).status, 200)
        self.assertEqual(self.open(self.identity(
            header={"alg": "HS256", "kid": self.made["id"]})).status, 200)

    # X09
    def test_secrets_overlap_and_a_revoked_one_ends_what_it_opened(self):
        old, _ = self.known()
        second = self.secret()
        self.assertNotEqual(second["secret"], self.made["secret"])
        new, _ = self.known(sub="43", secret=second["secret"])
        self.assertEqual(old.get("/api/v1/visitor").status, 200)
        shown = self.api.get(self.rules)
        self.assertEqual([item["id"] for item in shown.json["secrets"]],
                         [self.made["id"], second["id"]])
        self.assertNotIn(second["secret"].encode(), shown.body)
        self.after(self.api.request("DELETE", f"{self.secrets}/{self.made['id']}"), 200)
        self.assert_problem(old.get("/api/v1/visitor"), 401, "unauthorized")
        self.assert_problem(self.open(self.identity()), 403, "identity-forged")
        self.assertEqual(new.get("/api/v1/visitor").status, 200)
        for _ in range(3):
            self.secret()
        self.assert_problem(self.api.post(self.secrets, None), 409, "identity-secrets-too-many")
        answer = self.api.request("DELETE", f"{self.secrets}/{self.folder.tenant}-ids-{'0' * 32}")
        self.assert_problem(answer, 404, "identity-secret-not-found")

    # X09
    def test_the_same_request_for_a_secret_gets_the_same_one(self):
        first = self.api.post(self.secrets, None, key="once")
        again = self.api.post(self.secrets, None, key="once")
        self.assertTrue(again.replayed)
        self.assertEqual(again.json["secret"], first.json["secret"])
        self.assertEqual(len(self.api.get(
            f"{self.rules}?min_position={first.json['position']}").json["secrets"]), 2)

    # X09
    def test_a_widget_may_demand_an_identity(self):
        before, _ = self.visitor()
        self.require()
        self.assert_problem(self.open(), 403, "identity-required")
        self.assert_problem(self.write(before), 422, "verification-missing")
        answer = before.request("PUT", "/api/v1/visitor/identity", body={"name": "Ada"})
        self.assert_problem(answer, 422, "verification-missing")
        api, _ = self.known()
        self.assertEqual(self.write(api).status, 201)
        self.require(False)
        self.assertEqual(self.write(before).status, 201)

    # X09, CPL18
    def test_without_a_new_identity_nobody_goes_on_as_the_one_before(self):
        answer = self.open(self.identity())
        nobody = self.open(token=answer.json["token"])
        self.assertNotEqual(nobody.json["visitor"], answer.json["visitor"])
        self.assertNotIn("verified", nobody.json)
        anonymous = self.open()
        known = self.open(self.identity(), token=anonymous.json["token"])
        self.assertEqual(known.json["visitor"], answer.json["visitor"])

    # X09
    def test_the_secret_is_in_no_file_and_a_widget_demands_nothing_without_one(self):
        other = self.api.post("/api/v1/widgets", {"name": "Other"}).json["id"]
        answer = self.api.request("PUT", f"/api/v1/widgets/{other}/identity",
                                  body={"required": True})
        self.assert_problem(answer, 409, "identity-secret-missing")
        api, _ = self.known()
        self.write(api)
        self.folder.stop()
        files = [path for top in (self.folder.data, self.folder.keys)
                 for path in top.rglob("*") if path.is_file()]
        for path in [*files, *self.folder.logs]:
            content = path.read_bytes()
            self.assertNotIn(self.made["secret"].encode(), content)
            self.assertNotIn(bytes.fromhex(self.made["secret"]), content)


if __name__ == "__main__":
    unittest.main()
