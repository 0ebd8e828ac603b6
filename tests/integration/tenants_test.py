"""Two companies on one server: with whatever credential of one, nothing of the other is to be seen
or changed, over any route and any topic."""

import re
import unittest

import openapi
from accounts_test import PASSWORD, AccountCase
from pictures_test import png
from support import ServerCase, messages_path, run
from websocket import Live

SITE = {"Origin": "http://localhost:8000"}
SCOPES = ["conversations", "history:read", "audit:read", "analytics:read", "erase", "admin"]
SECRET = "what the other company must never see"
REFUSALS = ("topic-not-yours", "not-a-party", "conversation-not-found")
# Where the least that is described says too little.
BODIES = {"/api/v1/conversations/{id}/messages": {"author": "expert", "text": "x"}}
ROLES = ("admin", "expert", "officer", "auditor", "analyst")


def routes():
    for line in run("routes").stdout.decode().splitlines():
        method, pattern, access = line.split("\t")
        yield method, pattern, set(access.split(","))


class TwoCompanies(AccountCase):
    """The demo company has one of everything; the other one's people try to get at it."""

    assert_problem = ServerCase.assert_problem

    def setUp(self):
        super().setUp()
        self.admin = self.folder.portal()
        self.ids = self.one_of_everything()
        self.other = self.founded()

    def one_of_everything(self):
        """What the names in patterns of routes stand for; an id goes by what stands before it."""
        expert = self.folder.demo["experts"][0]["id"]
        widget = self.admin.get("/api/v1/widgets").json["items"][0]["id"]
        integrator = self.folder.api()
        opened = integrator.open(name=SECRET, email="secret@example.org", expert=expert)
        sent = integrator.send(opened["id"], SECRET)
        token = self.made("/api/v1/company/tokens", {"name": SECRET, "scopes": ["admin"]})
        invitation = self.made("/api/v1/company/invitations",
                               {"name": SECRET, "email": "invited@example.org",
                                "roles": ["expert"], "by_mail": False})
        secret = self.made(f"/api/v1/widgets/{widget}/identity-secrets", None)
        me = self.admin.get("/api/v1/me").json
        photo = self.admin.request("PUT", f"/api/v1/experts/{expert}/photo", body=png(),
                                   headers={"Content-Type": "image/png"})
        self.assertEqual(photo.status, 200, photo.body)
        shown = integrator.get(f"/api/v1/conversations/{opened['id']}"
                               f"?min_position={sent.json['position']}").json
        return {"conversations": opened["id"], "visitors": shown["visitor"],
                "experts": expert, "widgets": widget, "expert": expert,
                "tokens": token["id"], "invitations": invitation["id"],
                "members": me["account"]["id"], "sessions": me["session"],
                "secret": secret["id"], "domain": "localhost", "kind": "languages",
                "value": "de"}

    def made(self, path, body):
        answer = self.admin.request("POST", path, body=body)
        self.assertIn(answer.status, (200, 201), answer.body)
        return answer.json

    def founded(self):
        """name -> the API as each kind of credential of the other company has it."""
        self.member().post("/api/v1/companies", {"name": "Other"})
        admin = self.log_in()
        widget = admin.post("/api/v1/widgets", {"name": "Other"}).json
        self.waited(admin, "PUT", f"/api/v1/widgets/{widget['id']}/domains/localhost")
        found = {"role=admin": admin}
        for role in ROLES[1:]:
            found[f"role={role}"] = self.joined(admin, role)
        expert = found["role=expert"].get("/api/v1/me").json["expert"]
        self.waited(admin, "PUT", f"/api/v1/widgets/{widget['id']}/experts/{expert}")
        for scope in SCOPES:
            made = admin.post("/api/v1/company/tokens", {"name": scope, "scopes": [scope]}).json
            admin.get(f"/api/v1/company/tokens?min_position={made['position']}")
            found[f"scope={scope}"] = self.folder.api(token=made["token"])
        session = self.api.request("POST", f"/api/v1/widget/{widget['key']}/sessions",
                                   headers=SITE)
        self.assertEqual(session.status, 200, session.body)
        found["visitor"] = self.folder.api(token=session.json["token"])
        return found

    def waited(self, api, method, path, body=None):
        answer = api.request(method, path, body=body)
        self.assertEqual(answer.status, 200, answer.body)
        api.get(f"/api/v1/widgets?min_position={answer.json['position']}")

    def joined(self, admin, role):
        email = f"{role}@other.example"
        invited = admin.post("/api/v1/company/invitations",
                             {"name": role, "email": email, "roles": [role], "by_mail": False})
        self.assertEqual(invited.status, 201, invited.body)
        admin.get(f"/api/v1/company/invitations?min_position={admin.position}")
        accepted = self.api.post("/api/v1/invitations/acceptances",
                                 {"token": invited.json["token"], "password": PASSWORD})
        self.assertIn(accepted.status, (200, 201), accepted.body)
        return self.log_in(email)

    def path_to_theirs(self, pattern):
        """The route, with ids of the demo company."""
        path = re.sub(r"(\w+)/{id}", lambda found: f"{found[1]}/{self.ids[found[1]]}", pattern)
        return re.sub(r"\{(\w+)\}", lambda found: self.ids[found[1]], path)

    def events(self):
        return [event["type"] for event in self.folder.replay()]

    # CPL20
    def test_no_route_shows_or_changes_anything_of_another_company(self):
        before = self.events()
        asked = 0
        for method, pattern, access in routes():
            if "{" not in pattern or "everybody" in access:
                continue
            path = self.path_to_theirs(pattern)
            body = BODIES.get(pattern) or openapi.contract().sample_body(method, pattern)
            for who, api in self.other.items():
                words = {who, "signed-in" if who.startswith("role=") else who}
                with self.subTest(who=who, method=method, pattern=pattern):
                    answer = self.tried(api, method, path, body)
                    self.assertNotIn(SECRET, answer.body.decode(errors="replace"))
                    self.assertEqual(answer.status, 404 if access & words else 403, answer.body)
                    asked += bool(access & words)
        self.assertGreater(asked, 60)
        self.assertEqual(self.events(), before)

    @staticmethod
    def tried(api, method, path, body):
        if method == "PUT" and path.endswith(("/logo", "/photo")):
            return api.request(method, path, body=png(), headers={"Content-Type": "image/png"})
        return api.request(method, path, body=body)

    # CPL20
    def test_no_list_names_anything_of_another_company(self):
        theirs = self.folder.tenant
        asked = 0
        for method, pattern, access in routes():
            # A stream does not end; it has a test of its own.
            if method != "GET" or "{" in pattern or "everybody" in access or \
                    pattern == "/api/v1/live/events":
                continue
            for who, api in self.other.items():
                with self.subTest(who=who, pattern=pattern):
                    answer = api.get(pattern)
                    text = answer.body.decode()
                    self.assertNotIn(theirs, text)
                    self.assertNotIn(SECRET, text)
                    asked += answer.status == 200
        self.assertGreater(asked, 40)

    # CPL20
    def test_each_topic_is_for_those_whom_it_concerns(self):
        own = self.own_conversation()
        theirs = f"conversation:{self.ids['conversations']}"
        parties = {"scope=conversations", "visitor", "role=expert"}
        everywhere = parties | {f"role={role}" for role in ROLES}
        may = {own: parties, "inbox": {"role=expert"}, theirs: set(),
               "presence": everywhere - {"visitor"}, "roster": everywhere}
        for who, api in self.other.items():
            if who not in everywhere:
                self.assert_problem(api.request("POST", "/api/v1/tickets"), 403)
                continue
            live = Live(api, self.folder.url)
            self.addCleanup(live.close)
            for topic, those in may.items():
                with self.subTest(who=who, topic=topic.split(":")[0], own=topic != theirs):
                    answer = live.subscribe(topic)
                    if who in those:
                        self.assertEqual(answer["op"], "subscribed", answer)
                    else:
                        self.assertIn(answer.get("code"), REFUSALS)

    def own_conversation(self):
        """One of the other company's visitor with its expert."""
        visitor = self.other["visitor"]
        expert = visitor.get("/api/v1/experts").json["items"][0]["id"]
        made = visitor.post("/api/v1/conversations", {"expert": expert, "text": "Hello"},
                            key="first")
        self.assertEqual(made.status, 201, made.body)
        return f"conversation:{made.json['id']}"


if __name__ == "__main__":
    unittest.main()
