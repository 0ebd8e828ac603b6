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


if __name__ == "__main__":
    unittest.main()
