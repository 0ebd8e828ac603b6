"""What was not read in time goes out by mail, through a real mail server."""

import collections
import json
import re
import subprocess
import time
import unittest

from conversations_test import ALL, Chat, ChatCase
from identity_test import signed
from mail_catcher import MailCatcher
from support import TOP, wait_until
from visitors_test import ORIGIN

OUTBOX = "/api/v1/company/mails"


class MailCase(ChatCase):
    missed_every_s = 0

    def setUp(self):
        super().setUp()
        self.catcher = MailCatcher(self.folder.top / "mails")
        self.addCleanup(self.catcher.close)
        self.folder.stop()
        self.restart()

    def restart(self):
        file = self.folder.top / "parlour.toml"
        file.write_text(f"[mail]\nmissed_after_s = 1\nmissed_every_s = {self.missed_every_s}\n" +
                        self.catcher.config)
        self.folder.start("--config", str(file))
        self.api = self.folder.api()

    def mails(self, count):
        wait_until(lambda: len(self.catcher.mails()) >= count, f"{count} mails are there")
        return self.catcher.mails()

    def mail_events(self, kind):
        return [event for event in self.folder.replay() if event["type"] == kind]

    def recorded(self, count):
        wait_until(lambda: len(self.mail_events("MailSent")) == count, "the mail is recorded")


class Missed(MailCase):
    # E04, N06, CPL21
    def test_an_expert_gets_everything_missed_in_one_mail(self):
        chat = Chat(self)
        begun = chat.begun("First question")
        chat.say(begun["id"], "Second question")
        first = self.mails(1)[0]
        self.recorded(len(self.mail_events("MailQueued")))
        self.assertEqual(first["to"], ["ada@demo.example"])
        self.assertIn("First question", first["text"])
        self.assertIn("Demo Company", first["text"])
        self.assertIn(f"{self.folder.url}/#conversation={begun['id']}", first["text"])
        texts = "".join(mail["text"] for mail in self.catcher.mails())
        self.assertEqual(texts.count("First question"), 1)
        self.assertEqual(texts.count("Second question"), 1)

    # E02, CPL18
    def test_a_visitor_who_left_an_address_is_told_that_an_answer_waits(self):
        chat = Chat(self)
        self.put(chat.api, "identity", {"name": "Mira", "email": "mira@visitor.example"})
        begun = chat.begun("A question")
        sent = self.api.send(begun["id"], "The whole answer", author="expert")
        self.assertEqual(sent.status, 201, sent.body)
        wait_until(lambda: any(mail["to"] == ["mira@visitor.example"]
                               for mail in self.catcher.mails()), "the visitor's mail is there")
        mail = next(one for one in self.catcher.mails() if one["to"] == ["mira@visitor.example"])
        self.assertNotIn("The whole answer", mail["text"])
        self.assertNotIn("A question", mail["text"])
        self.assertNotIn(begun["id"], mail["text"])

    # E02, X09
    def test_an_answer_goes_to_the_address_that_the_company_vouches_for(self):
        widget = self.api.get("/api/v1/widgets").json["items"][0]["id"]
        made = self.api.post(f"/api/v1/widgets/{widget}/identity-secrets", None).json
        self.api.get(f"/api/v1/widgets/{widget}?min_position={made['position']}")
        now = int(time.time())
        identity = signed(made["secret"], sub="42", aud=widget, iat=now, exp=now + 300,
                          email="ada@shop.example")
        session = self.folder.api(token="").request(
            "POST", f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions",
            body={"identity": identity}, headers=ORIGIN).json
        begun = self.folder.api(token=session["token"]).post(
            ALL, {"expert": self.folder.demo["experts"][0]["id"], "text": "A question"}).json
        self.assertEqual(self.api.send(begun["id"], "An answer", author="expert").status, 201)
        wait_until(lambda: any(mail["to"] == ["ada@shop.example"]
                               for mail in self.catcher.mails()), "the visitor's mail is there")

    # E04: once, whenever the power fails; a mail whose record was lost comes under its old name.
    def test_a_power_cut_between_sending_and_recording_sends_no_other_mail(self):
        for turn in range(1, 4):
            begun = Chat(self).begun(f"Question {turn}")
            wait_until(lambda at=turn: len({mail["headers"]["message-id"]
                                            for mail in self.catcher.mails()}) == at,
                       "the mail server has it")
            self.folder.kill()
            self.restart()
            self.recorded(turn)
            self.assertEqual(len(self.mail_events("MailQueued")), turn)
            names = [mail["headers"]["message-id"] for mail in self.catcher.mails()
                     if f"Question {turn}" in mail["text"]]
            self.assertEqual(len(set(names)), 1)
            self.assertLessEqual(len(names), 2)
            self.assertTrue(self.api.get(f"{ALL}/{begun['id']}/messages").json["items"])

    def test_a_mail_that_hangs_while_the_power_fails_goes_out_after_it(self):
        self.catcher.tell("data hang")
        Chat(self).begun("Still there?")
        wait_until(lambda: self.mail_events("MailQueued"), "a mail is queued")
        self.folder.kill()
        self.restart()
        self.assertIn("Still there?", self.mails(1)[0]["text"])
        self.recorded(1)

    def test_what_became_of_mails_is_counted_and_told(self):
        self.assertEqual(self.api.get("/ready").json["mail"], "configured")
        self.catcher.tell("rcpt 550")
        Chat(self).begun("One")
        wait_until(lambda: self.mail_events("MailGivenUp"), "it is given up")
        Chat(self).begun("Two")
        self.mails(1)
        self.recorded(1)
        metrics = self.api.get("/metrics").body.decode()
        for outcome in ("sent", "refused"):
            self.assertRegex(metrics, rf'parlour_mails[a-z_]*{{outcome="{outcome}"}} 1\b')
        log = self.folder.logs[-1].read_text()
        self.assertIn("event=mail-refused code=smtp-recipient-refused", log)
        self.assertNotIn("@", log)


class Away(MailCase):
    missed_every_s = 3600

    # CPL21: mail is switched on when much lies unread.
    def test_everything_unread_is_one_mail_to_each_expert(self):
        self.folder.stop()
        self.folder.start()
        begun = [Chat(self).begun(f"Question {number}", expert=number % 2)
                 for number in range(24)]
        self.folder.stop()
        self.restart()
        mails = self.mails(2)
        self.recorded(2)
        self.assertEqual(len(mails), 2)
        for which in (0, 1):
            address = self.folder.demo["experts"][which]["email"]
            mail = next(mail for mail in mails if mail["to"] == [address])
            self.assertIn("12 conversations wait for you.", mail["text"])
            self.assertEqual(mail["text"].count("> Question"), 12)
            for one in begun[which::2]:
                self.assertIn(f"{self.folder.url}/#conversation={one['id']}", mail["text"])
        self.assertEqual(len(self.mail_events("MissedMessageMailQueued")), 24)
        self.assertEqual(len(self.mail_events("MailQueued")), 2)

    # CPL21
    def test_an_expert_who_is_online_gets_no_mail(self):
        ada = self.folder.portal(self.folder.demo["experts"][0])
        said = ada.request("PUT", "/api/v1/me/presence", body={"state": "online"})
        self.assertEqual(said.status, 200, said.body)
        Chat(self).begun("To her who is there", expert=0)
        Chat(self).begun("To him who is away", expert=1)
        self.assertIn("To him who is away", self.mails(1)[0]["text"])
        self.recorded(1)
        self.assertEqual(len(self.mail_events("MissedMessageMailQueued")), 1)


class Crash(MailCase):
    missed_every_s = 1

    # E04, CPL21: each conversation is told of in one mail, whichever was in hand at the power cut.
    def test_a_power_cut_while_a_mail_gathers_conversations_loses_and_repeats_none(self):
        self.folder.stop()
        self.folder.start()
        count = 30
        for number in range(count):
            Chat(self).begun(f"Question {number}.")
        self.folder.stop()
        self.restart()
        wait_until(lambda: self.mail_events("MissedMessageMailQueued"), "a mail gathers")
        self.folder.kill()
        self.restart()

        def told():
            names = collections.defaultdict(set)
            for mail in self.catcher.mails():
                for number in re.findall(r"> Question (\d+)\.", mail["text"]):
                    names[int(number)].add(mail["headers"]["message-id"])
            return names

        wait_until(lambda: len(told()) >= 20 and len(self.mail_events("MissedMessageMailQueued"))
                   == count and self.mail_events("MailSent") and
                   len(self.mail_events("MailSent")) == len(self.mail_events("MailQueued")),
                   "all were told of")
        self.assertEqual({len(names) for names in told().values()}, {1})
        named = [event["fields"]["mail_id"] for event in
                 self.mail_events("MissedMessageMailQueued")]
        queued = {event["stream"] for event in self.mail_events("MailQueued")}
        self.assertEqual(set(named), queued)
        self.assertLessEqual(len(queued), 2)


class Answer(MailCase):
    def setUp(self):
        super().setUp()
        self.chat = Chat(self)
        self.put(self.chat.api, "identity", {"email": "mira@visitor.example"})
        self.begun = self.chat.begun("A question")

    def answer(self, text):
        sent = self.api.send(self.begun["id"], text, author="expert")
        self.assertEqual(sent.status, 201, sent.body)

    def to_visitor(self):
        return [mail for mail in self.catcher.mails() if mail["to"] == ["mira@visitor.example"]]

    def link(self, count=1):
        """The link of the visitor's newest mail, once there are as many."""
        wait_until(lambda: len(self.to_visitor()) == count, "the visitor's mail is there")
        text = self.to_visitor()[-1]["text"]
        return re.search(rf"{re.escape(self.folder.url)}/answer#[0-9a-z-]+", text).group(0)

    def follow(self, link, language="en"):
        """What a visitor sees who opens the link in a browser."""
        done = subprocess.run(
            [TOP / "ops/node", "node", TOP / "tests/integration/answer_page.js",
             TOP / "gateway/web/answer/answer.js", link, language],
            capture_output=True, timeout=60, check=True)
        return json.loads(done.stdout)

    def read_by_visitor(self):
        return [event for event in self.folder.replay("--stream", self.begun["id"])
                if event["type"] == "MessagesRead" and event["fields"]["reader"] == "visitor"]

    # E02, DEC17
    def test_the_link_of_the_mail_leads_to_the_answer(self):
        self.answer("Yes, until <b>six</b>")
        link = self.link()
        page = self.folder.api(token="").request("GET", "/answer")
        self.assertEqual(page.status, 200)
        self.assertIn(b"/answer/answer.js", page.body)
        seen = self.follow(link)
        self.assertEqual(seen["title"], "An answer from Demo Company")
        self.assertEqual(seen["answers"], ["Yes, until <b>six</b>"])
        self.assertEqual(seen["address"], f"{self.folder.url}/answer")
        self.assertEqual(self.follow(link, "de")["title"], "Antwort von Demo Company")
        self.assertEqual(len(self.read_by_visitor()), 1)
        self.assertNotIn(link.split("#")[1].rsplit("-", 1)[1],
                         self.folder.logs[-1].read_text())

    # E02, CPL21
    def test_the_link_shows_later_answers_and_only_what_was_read_is_told_of_again(self):
        self.answer("First")
        link = self.link()
        self.answer("Second")
        Chat(self).begun("Somebody else's", expert=1)
        wait_until(lambda: any("Somebody else's" in mail["text"] for mail in self.catcher.mails()),
                   "what came later was mailed")
        self.assertEqual(len(self.to_visitor()), 1)
        self.assertEqual(self.follow(link)["answers"], ["First", "Second"])
        self.answer("Third")
        self.assertEqual(self.follow(self.link(2))["answers"], ["Third"])

    # CPL18
    def test_a_links_token_opens_nothing_else_and_no_other_token_opens_an_answer(self):
        self.answer("Yes")
        token = self.link().split("#")[1]
        by_link = self.folder.api(token=token)
        self.assertEqual(by_link.post("/api/v1/answers", {}).status, 200)
        for path in ("/api/v1/visitor", ALL, f"{ALL}/{self.begun['id']}/messages"):
            self.assert_problem(by_link.get(path), 401, "unauthorized")
        last = "1" if token[-1] == "0" else "0"
        for other in (token[:-1] + last, self.chat.api.token, self.folder.demo["api_token"], "x"):
            answer = self.folder.api(token=other).post("/api/v1/answers", {})
            self.assert_problem(answer, 410, "token-invalid")
        self.assert_problem(self.folder.api(token="").post("/api/v1/answers", {}), 410,
                            "token-invalid")
        refused = by_link.post("/api/v1/answers", {"after_version": -1})
        self.assert_problem(refused, 400, "after_version-invalid")
        over = self.follow(f"{self.folder.url}/answer#{token[:-1]}{last}")
        self.assertEqual(over["answers"], [])
        self.assertIn("not valid", over["hint"])


class Outbox(MailCase):
    # E04, N06
    def test_admins_see_what_became_of_each_mail_and_no_address(self):
        admin = self.folder.portal()
        self.catcher.tell("rcpt 550 1")
        Chat(self).begun("One")
        wait_until(lambda: self.mail_events("MailGivenUp"), "it is given up")
        self.catcher.tell("data 451 1")
        Chat(self).begun("Two", expert=1)
        wait_until(lambda: self.mail_events("MailFailed"), "it is deferred")
        Chat(self).begun("Three", expert=2)
        self.recorded(1)
        seen = wait_until(lambda: self.states(admin) == ["sent", "deferred", "given-up"] and
                          admin.get(OUTBOX), "the outbox shows it")
        sent, deferred, given_up = seen.json["items"]
        self.assertEqual(sent["template"], "missed-digest")
        self.assertEqual(sent["to"], {"kind": "expert", "id": self.expert(2)})
        self.assertEqual((sent["attempts"], given_up["code"], deferred["code"]),
                         (1, "smtp-recipient-refused", "smtp-try-later"))
        self.assertIn("next_attempt", deferred)
        self.assertGreaterEqual(sent["finished"], sent["queued"])
        self.assertNotIn(b"@", seen.body)
        first = admin.get(f"{OUTBOX}?limit=2").json
        rest = admin.get(first["next"]).json
        self.assertEqual(first["items"] + rest["items"], seen.json["items"])
        self.assertNotIn("next", rest)
        self.assert_problem(admin.get(f"{OUTBOX}?after=x"), 400, "after-invalid")

    def states(self, admin):
        return [item["state"] for item in admin.get(OUTBOX).json["items"]]


if __name__ == "__main__":
    unittest.main()
