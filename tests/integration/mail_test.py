"""What was not read in time goes out by mail, through a real mail server."""

import time
import unittest

from conversations_test import ALL, Chat, ChatCase
from identity_test import signed
from mail_catcher import MailCatcher
from support import wait_until
from visitors_test import ORIGIN


class MailCase(ChatCase):
    def setUp(self):
        super().setUp()
        self.catcher = MailCatcher(self.folder.top / "mails")
        self.addCleanup(self.catcher.close)
        self.folder.stop()
        self.restart()

    def restart(self):
        file = self.folder.top / "parlour.toml"
        file.write_text("mail.missed_after_s = 1\n" + self.catcher.config)
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
        self.recorded(len(self.mail_events("MissedMessageMailQueued")))
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
        self.assertIn(f"#conversation={begun['id']}", mail["text"])

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


if __name__ == "__main__":
    unittest.main()
