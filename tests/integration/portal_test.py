"""The portal: its own scripts, in Node over a small document, against the server."""

import json
import queue
import subprocess
import threading
import unittest

from accounts_test import OTHER, PASSWORD, AccountCase
from support import DEADLINE_SECONDS, TOP, messages_path
from websocket import Live

SCRIPTS = TOP / "gateway/web/portal"


class Page:
    """One open portal; `until` waits for what is to be seen in it."""

    def __init__(self, case, link="", *args):
        self.process = subprocess.Popen(
            [TOP / "ops/node", "node", TOP / "tests/integration/portal_page.js", SCRIPTS,
             case.folder.url, link, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.lines = queue.Queue()
        self.seen = {}
        threading.Thread(target=self.read, daemon=True).start()
        case.addCleanup(self.close)

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def close(self):
        if self.process.stdin.closed:
            return
        self.process.stdin.close()
        self.process.wait(timeout=DEADLINE_SECONDS)
        self.process.stdout.close()

    def do(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def fill(self, **fields):
        for label, text in fields.items():
            self.do(fill=label, **{"with": text})

    def until(self, condition):
        while not (self.seen and condition(self.seen)):
            try:
                self.seen = self.lines.get(timeout=DEADLINE_SECONDS)
            except queue.Empty:
                raise AssertionError(f"what is seen: {self.seen}") from None
        return self.seen

    def titled(self, title):
        return self.until(lambda seen: title in seen["title"])

    def log_in(self, person):
        self.titled("Log in")
        self.fill(**{"E-mail": person["email"], "Password": person["password"]})
        self.do(press="Log in")


class Portal(AccountCase):
    def setUp(self):
        super().setUp()
        self.expert = self.folder.demo["experts"][0]

    def conversation(self, text="Is five free?\n<b>☕</b>"):
        shop = self.folder.api()
        opened = shop.open(name="Mira", expert=self.expert["id"])
        shop.send(opened["id"], text)
        return shop, opened["id"]

    # A05, E04, N06
    def test_the_link_of_a_missed_message_leads_to_the_conversation_after_the_log_in(self):
        shop, conversation = self.conversation()
        page = Page(self, f"#conversation={conversation}")
        self.assertEqual(page.titled("Log in")["hash"], "")
        page.log_in(self.expert)
        page.until(lambda seen: seen["messages"] == [["visitor", "Is five free?\n<b>☕</b>"]])
        page.fill(**{"Your answer": "It is"})
        page.do(press="Send")
        page.until(lambda seen: len(seen["messages"]) == 2)
        shop.send(conversation, "Thank you")
        page.until(lambda seen: len(seen["messages"]) == 3)
        self.assertEqual(shop.texts(conversation),
                         ["Is five free?\n<b>☕</b>", "It is", "Thank you"])
        read = shop.get(messages_path(conversation)).json["read"]["expert"]
        self.assertGreaterEqual(read, 2)
        page.do(press="Close the conversation")
        page.until(lambda seen: seen["typing"] == "closed" and "Send" not in seen["buttons"])
        self.assertEqual(page.seen["notice"], "")

    # X08
    def test_typing_is_seen_on_both_sides(self):
        widget = f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions"
        session = self.api.request("POST", widget, headers={"Origin": "http://localhost:8000"})
        visitor = self.folder.api(token=session.json["token"])
        begun = visitor.post("/api/v1/conversations",
                             {"expert": self.expert["id"], "text": "Is five free?"}).json["id"]
        page = Page(self, f"#conversation={begun}")
        page.log_in(self.expert)
        page.until(lambda seen: seen["messages"])
        chat = Live(visitor, self.folder.url)
        self.addCleanup(chat.close)
        chat.subscribe(f"conversation:{begun}")
        # What comes live shows that the page follows by now.
        visitor.post(messages_path(begun), {"text": "Hello?"})
        page.until(lambda seen: len(seen["messages"]) == 2)
        chat.web.send({"op": "typing", "conversation": begun})
        page.until(lambda seen: "is writing" in seen["typing"])
        page.fill(**{"Your answer": "It"})
        self.assertEqual(chat.until("typing")["event"]["author"], "expert")

    # A05, CPL01
    def test_without_a_socket_an_event_stream_will_do(self):
        shop, conversation = self.conversation()
        page = Page(self, f"#conversation={conversation}", "no-socket")
        page.log_in(self.expert)
        page.until(lambda seen: seen["messages"])
        shop.send(conversation, "Still there?")
        page.until(lambda seen: len(seen["messages"]) == 2)

    # D01
    def test_an_expert_says_whether_it_is_there(self):
        page = Page(self)
        page.log_in(self.expert)
        page.titled("Conversations")
        page.do(choose="My presence", **{"with": "busy"})
        portal = self.folder.portal(self.expert)
        page.until(lambda seen: portal.get("/api/v1/me/presence").json["state"] == "busy")
        portal.request("PUT", "/api/v1/me/presence", body={"state": "online"})
        page.until(lambda seen: seen["presence"] == ["online"])

    # A05, C01, C02, C04
    def test_an_expert_edits_the_profile_and_publishes_the_card(self):
        page = Page(self)
        page.log_in(self.expert)
        page.titled("Conversations")
        page.do(press="My profile")
        page.titled("My profile")
        page.fill(Position="Advisor", Description="Mortgages,\nand more", Languages="de, fr")
        page.do(press="Save")
        page.until(lambda seen: seen["told"] == "Saved.")
        path = f"/api/v1/experts/{self.expert['id']}"
        shown = self.folder.api().get(path).json
        self.assertEqual(shown["title"], "Advisor")
        self.assertEqual(shown["description"], "Mortgages,\nand more")
        self.assertEqual(sorted(shown["languages"]), ["de", "fr"])
        page.fill(**{"Name in the card": "mortgages"})
        page.do(press="Publish")
        page.until(lambda seen: "Take back" in seen["buttons"])
        self.assertEqual(self.folder.api().get(path + "/card").json["slug"], "mortgages")

    # A06, A10
    def test_an_admin_invites_and_the_invited_joins_by_the_link(self):
        page = Page(self)
        page.log_in(self.folder.demo["admin"])
        page.until(lambda seen: "admin@demo.example" in seen["cells"])
        page.fill(Name="Nina", **{"E-mail": "nina@example.org"})
        page.do(press="Invite")
        token = self.mails.token("invitation")
        page.until(lambda seen: "nina@example.org" in seen["cells"])
        joined = Page(self, f"#invitation={token}")
        joined.titled("Accept the invitation")
        joined.fill(**{"New password": "short"})
        joined.do(press="Accept")
        joined.until(lambda seen: seen["notice"].startswith("That did not work"))
        joined.fill(**{"New password": PASSWORD})
        joined.do(press="Accept")
        joined.titled("Conversations")
        page.do(press="Code for the website")
        page.until(lambda seen: seen["code"] and self.folder.demo["widget_key"] in seen["code"][0])

    # A01, A02, A03
    def test_a_new_admin_confirms_the_address_and_founds_a_company(self):
        self.assertEqual(self.register().status, 202)
        page = Page(self, f"#confirm={self.mails.token('confirm')}")
        page.titled("Confirm your address")
        page.fill(Password=PASSWORD)
        page.do(press="Go on")
        page.until(lambda seen: "Found a company" in seen["buttons"])
        page.fill(**{"Name of the company": "Mira's Shop"})
        page.do(press="Found a company")
        page.log_in({"email": "mira@example.org", "password": PASSWORD})
        page.titled("Mira's Shop")

    # A01
    def test_a_stranger_opens_an_account_from_the_log_in(self):
        page = Page(self)
        page.titled("Log in")
        page.do(press="Open an account")
        page.titled("Open an account")
        page.fill(Name="Mira", **{"E-mail": "mira@example.org", "New password": PASSWORD})
        page.do(press="Open an account")
        page.titled("Log in")
        confirming = Page(self, f"#confirm={self.mails.token('confirm')}")
        confirming.titled("Confirm your address")

    # A11
    def test_an_admin_gives_a_member_other_roles(self):
        page = Page(self)
        page.log_in(self.folder.demo["admin"])
        page.until(lambda seen: "admin@demo.example" in seen["cells"])
        rows = page.seen["cells"]
        page.do(press="Change roles")
        page.do(choose=" auditor", **{"with": True})
        page.do(press="Save")
        page.until(lambda seen: any("auditor" in cell for cell in seen["cells"]
                                    if cell not in rows and "Change" not in cell))
        self.assertEqual(page.seen["notice"], "")

    # A08
    def test_a_forgotten_password_is_replaced_in_german_too(self):
        self.member()
        page = Page(self, "#reset")
        page.titled("Ask for a new password")
        page.do(language="de")
        page.titled("Neues Passwort anfordern")
        page.fill(**{"E-Mail-Adresse": "mira@example.org"})
        page.do(press="Link zusenden")
        page.titled("Anmelden")
        page = Page(self, f"#reset={self.mails.token('reset')}")
        page.titled("Set a new password")
        page.fill(**{"New password": OTHER})
        page.do(press="Save")
        page.titled("Log in")
        self.log_in(password=OTHER)

    def test_both_languages_say_the_same(self):
        text = (SCRIPTS / "words.js").read_text()
        german, english = (self.names(part) for part in text.split("    en: {"))
        self.assertGreater(len(german), 60)
        self.assertEqual(german, english)

    @staticmethod
    def names(text):
        return [word.split(":")[0].strip() for line in text.splitlines() if line.startswith(" " * 8)
                for word in line.strip().rstrip(",").split('", ')]


if __name__ == "__main__":
    unittest.main()
