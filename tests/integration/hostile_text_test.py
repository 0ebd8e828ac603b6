"""Hostile texts are kept verbatim or refused with a reason; nothing in between."""

import base64
import hashlib
import json
import unittest

from support import SHARED_DATA, SMALL, ServerCase, messages_path, run

HOSTILE = SHARED_DATA / "hostile-text.jsonl"


def lines():
    with open(HOSTILE, "rb") as file:
        return [json.loads(line) for line in file]


class HostileText(ServerCase):
    def send_literal(self, conversation, literal, key):
        body = b'{"author":"visitor","text":' + literal + b"}"
        return self.api.request("POST", messages_path(conversation), body=body, key=key)

    def assert_verbatim(self, line, text):
        encoded = text.encode()
        self.assertEqual(len(encoded), line["bytes"], line["id"])
        self.assertEqual(len(text), line["chars"], line["id"])
        self.assertEqual(hashlib.sha256(encoded).hexdigest(), line["sha256"], line["id"])

    # E14
    @unittest.skipUnless(HOSTILE.exists(), f"{HOSTILE} is not there")
    def test_every_given_text_is_kept_verbatim_or_refused(self):
        conversation = self.api.open()["id"]
        accepted = []
        for line in lines():
            before = self.api.connection.sock
            answer = self.send_literal(conversation, base64.b64decode(line["json_b64"]), line["id"])
            if line["expect"] == "accept":
                self.assertEqual(answer.status, 201, line["id"])
                accepted.append(line)
            else:
                self.assertTrue(400 <= answer.status < 500, line["id"])
                self.assert_problem(answer, answer.status)
                self.assertTrue(answer.json["code"], line["id"])
                # Usable: the next request goes over the very same connection.
                path = f"{messages_path(conversation)}?limit=1&min_position={self.api.position}"
                self.assertEqual(self.api.get(path).status, 200)
                self.assertIs(self.api.connection.sock, before, line["id"])
        self.assertTrue(accepted)
        self.check_everywhere(conversation, accepted)

    def check_everywhere(self, conversation, accepted):
        for line, text in zip(accepted, self.api.texts(conversation), strict=True):
            self.assert_verbatim(line, text)
        events = [event for event in self.folder.replay("--stream", conversation)
                  if event["type"] == "MessageSent"]
        for line, event in zip(accepted, events, strict=True):
            self.assert_verbatim(line, event["fields"]["text"])
        self.folder.kill()
        self.folder.start()
        api = self.folder.api()
        for line, text in zip(accepted, api.texts(conversation), strict=True):
            self.assert_verbatim(line, text)
        self.check_text_output(conversation, len(events))
        for log in self.folder.logs:
            self.assertNotRegex(log.read_text(errors="surrogateescape"), r"[^\x20-\x7e\n]")

    def check_text_output(self, conversation, messages):
        done = run("replay", "--data", self.folder.data, "--tenant", self.folder.tenant,
                   "--stream", conversation, "--unseal", "--reason", "test")
        self.assertEqual(done.returncode, 0)
        text = done.stdout.decode()
        self.assertEqual(text.count("\n"), messages + 1)
        hidden = {chr(c) for c in [*range(0x20), *range(0x7F, 0xA0), 0x200B, *range(0x200E, 0x2010),
                                   *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF, 0xAD]}
        self.assertEqual(set(text) & (hidden - {"\n", "\t"}), set())
        for line in text.splitlines():
            self.assertEqual(line.count("\t"), 6)

    def test_the_rules_of_a_message_at_their_edges(self):
        conversation = self.api.open()["id"]
        limit = 65_536
        good = [b'"' + b"x" * limit + b'"', b'"' + b"\\u0001" * limit + b'"', b'"\\u0009x"',
                '"\u200b"'.encode(), b'"\\ud83d\\ude00"', b'"\xf4\x8f\xbf\xbf"', b'"\\/"']
        bad = [b'"' + b"x" * (limit + 1) + b'"', b'"' + "é".encode() * (limit // 2) + b'x"', b'""',
               b'" \\t\\n "', '"\u3000"'.encode(), b'"a\\u0000b"', b'"\\ud800"', b'"\\udc00x"',
               b'"\xc0\x80"', b'"\xed\xa0\x80"', b'"\xff"', b'"a', b"null", b"7", b"true", b"[]",
               b'{"a":"b"}', b'"a" "b"', b"'a'", b'"\\x41"', b'"a\nb"', b""]
        if SMALL:
            good, bad = good[1:], bad[1:]
        for literal in good:
            answer = self.send_literal(conversation, literal, None)
            self.assertEqual(answer.status, 201, literal[:40])
        stored = self.folder.stats()["commits"]
        for literal in bad:
            answer = self.send_literal(conversation, literal, None)
            self.assertTrue(400 <= answer.status < 500, literal[:40])
            self.assert_problem(answer, answer.status)
        self.assertEqual(self.folder.stats()["commits"], stored)
        self.assertEqual(self.api.texts(conversation), [json.loads(literal) for literal in good])

    def test_names_are_kept_verbatim_too(self):
        names = ["Ada\u202egnirts", "=1+1", "<b>Ada</b>", "  Ada  ", "A\u0308", "李",
                 "O'Brien\r\nX: y"]
        for name in names:
            self.api.open(name=name)
        events = self.folder.replay()
        found = [event["fields"]["name"] for event in events
                 if event["type"] == "VisitorIdentified"]
        self.assertEqual(found, names)


SHOP = {"Origin": "http://localhost:8000"}
# Not messages: these may be empty, and each has a length of its own.
MESSAGE_RULES = ("empty", "size")
COLOURS = b'"colour":"#102030","accent_colour":"#405060"'


@unittest.skipUnless(HOSTILE.exists(), f"{HOSTILE} is not there")
class HostileElsewhere(ServerCase):
    """The same texts wherever people write something that is not a message."""

    def setUp(self):
        super().setUp()
        self.expert = self.folder.demo["experts"][0]["id"]
        self.visitors = 0

    def visitor(self):
        """A new one now and then: each may write only so much."""
        self.visitors += 1
        if self.visitors % 50 == 1:
            key = self.folder.demo["widget_key"]
            session = self.folder.api(token="").request(
                "POST", f"/api/v1/widget/{key}/sessions", headers=SHOP)
            self.guest = self.folder.api(token=session.json["token"])
        return self.guest

    def check(self, line, answer, fits, read):
        """Kept as it was sent if it fits, else refused with a reason and without a trace."""
        if line["expect"] == "reject" and line["class"] in MESSAGE_RULES:
            return 0
        # As good as leaving it out, where it may be left out.
        if base64.b64decode(line["json_b64"]) == b"null" and answer.status == 200:
            return 0
        if line["expect"] == "accept" and fits(line):
            self.assertIn(answer.status, (200, 201), (line["id"], answer.body))
            self.assert_same(line, read(answer))
            return 1
        self.assertTrue(400 <= answer.status < 500, (line["id"], answer.status))
        self.assert_problem(answer, answer.status)
        self.assertTrue(answer.json["code"], line["id"])
        return 0

    def assert_same(self, line, text):
        self.assertEqual(hashlib.sha256(text.encode()).hexdigest(), line["sha256"], line["id"])

    def put_all(self, write, fits, read):
        kept = sum(self.check(line, write(base64.b64decode(line["json_b64"])), fits, read)
                   for line in lines())
        self.assertGreater(kept, 100)

    # A14, CPL17
    def test_names_that_visitors_give(self):
        def fits(line):
            return line["bytes"] <= 200
        for part, more, read in (
                ("persona", b"", lambda own: own["persona"]["name"]),
                ("identity", b"", lambda own: own["name"]),
                ("check-in", b',"phone":"0511 123456"', lambda own: own["check_in"]["name"])):
            with self.subTest(part=part):
                self.put_all(
                    lambda literal, part=part, more=more: self.visitor().request(
                        "PUT", f"/api/v1/visitor/{part}", body=b'{"name":' + literal + more + b"}"),
                    fits, lambda answer, read=read: read(self.guest.get("/api/v1/visitor").json))

    # C01, C05
    def test_what_an_expert_shows(self):
        path = f"/api/v1/experts/{self.expert}"
        for field, shown, most in (("display_name", "name", 200), ("title", "title", 200),
                                   ("description", "description", 10_000),
                                   ("availability", "availability", 1_000)):
            with self.subTest(field=field):
                self.put_all(
                    lambda literal, field=field: self.api.request(
                        "PUT", path + "/profile",
                        body=b'{"' + field.encode() + b'":' + literal + b"}"),
                    lambda line, most=most: line["bytes"] <= most,
                    lambda answer, shown=shown: self.api.get(
                        f"{path}?min_position={answer.json['position']}").json[shown])

    # B01
    def test_the_wording_of_a_widget(self):
        made = self.api.post("/api/v1/widgets", {"name": "Shop"}).json
        path = f"/api/v1/widgets/{made['id']}"
        for field, most in (("greeting", 2_000), ("offline_text", 2_000)):
            with self.subTest(field=field):
                self.put_all(
                    lambda literal, field=field: self.api.request(
                        "PUT", path + "/branding",
                        body=b"{" + COLOURS + b',"' + field.encode() + b'":' + literal + b"}"),
                    lambda line, most=most: line["bytes"] <= most,
                    lambda answer, field=field: self.api.get(
                        f"{path}?min_position={answer.json['position']}").json["branding"][field])

    def test_mail_addresses_are_kept_as_they_are_or_refused(self):
        kept = 0
        for line in lines():
            if line["expect"] != "accept":
                continue
            text = json.loads(base64.b64decode(line["json_b64"]))
            for address in (text + "@example.org", "ann@" + text):
                api = self.visitor()
                answer = api.request("PUT", "/api/v1/visitor/identity", body={"email": address})
                left, _, right = address.partition("@")
                plain = not any(ord(c) <= 0x20 or ord(c) == 0x7F or c.isspace() for c in address)
                if (plain and left and right and "@" not in right
                        and len(address.encode()) <= 254):
                    self.assertEqual(answer.status, 200, line["id"])
                    self.assertEqual(api.get("/api/v1/visitor").json["email"], address)
                    kept += 1
                else:
                    self.assert_problem(answer, 422, "email-invalid")
        self.assertGreater(kept, 50)


if __name__ == "__main__":
    unittest.main()
