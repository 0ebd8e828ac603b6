"""The chat in the widget's frame: its own scripts, in Node over a small document, against the
server."""

import json
import os
import queue
import subprocess
import threading
import time
import unittest

from accounts_test import PASSWORD
from conversations_test import ALL, ChatCase
from customers_test import CustomerCase
from identity_test import signed
from pictures_test import png
from support import DEADLINE_SECONDS, TOP, messages_path, wait_until
from websocket import Live

SHOP = "http://localhost:8000"
SCRIPTS = TOP / "gateway/web/widget"


class Frame:
    """One frame; `until` waits for what is to be seen in it."""

    def __init__(self, case, *args, card=None, experts_at_once=None):
        key = case.folder.demo["widget_key"]
        around = [card, "card"] if card else [self.nonce(case, key), SHOP]
        self.process = subprocess.Popen(
            [TOP / "ops/node", "node", TOP / "tests/integration/frame_page.js", SCRIPTS,
             case.folder.url, key, *around, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
            env={**os.environ, "EXPERTS_AT_ONCE": str(experts_at_once or "")})
        self.lines = queue.Queue()
        self.seen = {}
        reader = threading.Thread(target=self.read, daemon=True)
        reader.start()
        case.addCleanup(self.close)

    def nonce(self, case, key):
        return case.folder.api(token="").request(
            "POST", f"/api/v1/widget/{key}/sessions", body={"for_frame": True},
            headers={"Origin": SHOP}).json["nonce"]

    def read(self):
        for line in self.process.stdout:
            self.lines.put(json.loads(line))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=DEADLINE_SECONDS)
        self.process.stdout.close()

    def do(self, **what):
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def until(self, condition):
        while not (self.seen and condition(self.seen)):
            try:
                self.seen = self.lines.get(timeout=DEADLINE_SECONDS)
            except queue.Empty:
                raise AssertionError(f"what is seen: {self.seen}") from None
        return self.seen


class CustomersFrame(CustomerCase):
    # A12
    def test_a_customer_registers_and_logs_in_inside_the_frame(self):
        frame = Frame(self)
        frame.until(lambda seen: "I have an account" in seen["buttons"])
        frame.do(press="I have an account")
        frame.until(lambda seen: "Open an account" in seen["buttons"])
        frame.do(press="Open an account")
        frame.until(lambda seen: any("Password (" in label for label in seen["fields"]))
        for label, text in (("Your name", "Kim"), ("Your e-mail", "kim@example.org"),
                            ("Password", PASSWORD)):
            frame.do(fill=label, **{"with": text})
        frame.do(press="Open an account")
        self.assertEqual(self.confirm_customer(self.mails.token("confirm")).status, 200)
        frame.until(lambda seen: "Log in" in seen["buttons"])
        for label, text in (("Your e-mail", "kim@example.org"), ("Password", PASSWORD)):
            frame.do(fill=label, **{"with": text})
        frame.do(press="Log in")
        frame.until(lambda seen: "Log out" in seen["buttons"] and seen["kept"] == 1)
        frame.do(press="Log out")
        frame.until(lambda seen: "I have an account" in seen["buttons"])
        self.assertEqual(frame.seen["notice"], "")


class WidgetChat(ChatCase):
    def setUp(self):
        super().setUp()
        self.expert_of = self.folder.demo["experts"][0]
        self.anna = self.folder.portal(self.expert_of)

    def chat(self, *args):
        frame = Frame(self, *args)
        frame.until(lambda seen: seen["buttons"])
        frame.do(press="Go on")
        frame.until(lambda seen: len(seen["buttons"]) == 3)
        self.assertEqual(frame.seen["kept"], 0)
        frame.do(press=self.expert_of["name"])
        frame.until(lambda seen: seen["messages"] == [])
        return frame

    def talk(self, frame):
        frame.do(write="Is five free?\n<b>☕</b>")
        frame.until(lambda seen: len(seen["messages"]) == 1 and seen["kept"] == 1)
        begun = wait_until(lambda: self.anna.get("/api/v1/inbox").json["items"],
                           "the message stands in the inbox")[0]
        for text in ("It is", "Come in"):
            self.anna.post(messages_path(begun["id"]), {"text": text})
        frame.until(lambda seen: len(seen["messages"]) == 3)
        frame.do(write="Thank you")
        frame.until(lambda seen: len(seen["messages"]) == 4)
        self.assertEqual(frame.seen["messages"],
                         [["visitor", "Is five free?\n<b>☕</b>"], ["expert", "It is"],
                          ["expert", "Come in"], ["visitor", "Thank you"]])
        # The page shows its own before anybody else sees it.
        wait_until(lambda: len(self.anna.get(messages_path(begun["id"])).json["items"]) == 4,
                   "the expert can read all")
        self.assertEqual(frame.seen["notice"], "")
        return begun["id"]

    # E01, A13
    def test_nothing_is_kept_before_the_first_message_and_answers_come_live(self):
        before = self.folder.stats()["events"]
        frame = self.chat()
        self.assertEqual(self.folder.stats()["events"], before)
        conversation = self.talk(frame)
        desk = Live(self.anna, self.folder.url)
        self.addCleanup(desk.close)
        desk.subscribe(f"conversation:{conversation}")
        desk.web.send({"op": "typing", "conversation": conversation})
        frame.until(lambda seen: seen["typing"].startswith(self.expert_of["name"]))
        frame.do(write="   ")
        frame.do(write="Bye")
        self.assertEqual(desk.until("message")["event"]["text"], "Bye")

    # CPL22
    def test_what_is_shown_is_marked_as_read(self):
        frame = self.chat()
        conversation = self.talk(frame)
        live = Live(self.anna, self.folder.url)
        self.addCleanup(live.close)
        page = self.anna.get(messages_path(conversation)).json
        marker = page["read"]["visitor"]
        if marker < page["items"][2]["version"]:
            live.subscribe(f"conversation:{conversation}", page["position"])
            while marker < page["items"][2]["version"]:
                marker = live.until("read")["event"]["up_to_version"]
        self.assertEqual(self.anna.get(f"{ALL}/{conversation}").json["state"], "open")

    # CPL01
    def test_where_there_is_no_socket_an_event_stream_will_do(self):
        self.talk(self.chat("no-socket"))

    # C03
    def test_from_a_card_one_writes_to_its_expert(self):
        answer = self.anna.request("PUT", f"/api/v1/experts/{self.expert_of['id']}/card",
                                   body={"slug": "anna-b"})
        self.assertEqual(answer.status, 200, answer.body)
        frame = Frame(self, card="anna-b")
        frame.until(lambda seen: seen["buttons"])
        frame.do(press="Go on")
        frame.until(lambda seen: seen["messages"] == [])
        self.talk(frame)

    # L01, L02
    def test_a_visitor_goes_by_another_name_and_experts_know_no_other(self):
        frame = Frame(self)
        frame.until(lambda seen: "Use another name" in seen["buttons"])
        self.assertEqual(frame.seen["fields"], ["Your name", "Your e-mail address"])
        frame.do(press="Use another name")
        frame.until(lambda seen: "Age (optional)" in seen["fields"])
        self.assertNotIn("Your name", frame.seen["fields"])
        frame.do(fill="The name you go by here", **{"with": "Blue"})
        frame.do(fill="Age", **{"with": "40"})
        frame.do(press="Go on")
        frame.until(lambda seen: len(seen["buttons"]) == 3)
        frame.do(press=self.expert_of["name"])
        frame.until(lambda seen: seen["messages"] == [])
        frame.do(write="Hello")
        frame.until(lambda seen: seen["messages"] == [["visitor", "Hello"]])
        item = wait_until(lambda: self.anna.get("/api/v1/inbox").json["items"], "the inbox")[0]
        self.assertEqual((item["visitor_name"], item["visitor_verified"]), ("Blue", False))
        card = self.anna.get(f"/api/v1/visitors/{item['visitor']}").json
        self.assertEqual(card, {"id": item["visitor"], "persona": True, "name": "Blue", "age": 40})

    # L02
    def test_the_other_name_can_be_thought_better_of(self):
        frame = Frame(self)
        frame.until(lambda seen: "Use another name" in seen["buttons"])
        frame.do(press="Use another name")
        frame.until(lambda seen: "Back" in seen["buttons"])
        frame.do(press="Back")
        frame.until(lambda seen: "Your name" in seen["fields"])

    # X09
    def test_whom_the_site_knows_is_asked_for_no_name_and_leaves_nothing_in_the_browser(self):
        widget = self.api.get("/api/v1/widgets").json["items"][0]["id"]
        made = self.api.post(f"/api/v1/widgets/{widget}/identity-secrets", None).json
        self.api.get(f"/api/v1/widgets/{widget}?min_position={made['position']}")
        now = int(time.time())
        frame = Frame(self, signed(made["secret"], sub="42", aud=widget, iat=now, exp=now + 300,
                                   name="Ada"))
        frame.until(lambda seen: "Go on" in seen["buttons"])
        self.assertEqual(frame.seen["fields"], [])
        frame.do(press="Go on")
        frame.until(lambda seen: len(seen["buttons"]) == 3)
        frame.do(press=self.expert_of["name"])
        frame.until(lambda seen: seen["messages"] == [])
        frame.do(write="Hello")
        frame.until(lambda seen: seen["messages"] == [["visitor", "Hello"]])
        self.assertEqual(frame.seen["kept"], 0)
        item = wait_until(lambda: self.anna.get("/api/v1/inbox").json["items"], "the inbox")[0]
        self.assertEqual((item["visitor_name"], item["visitor_verified"]), ("Ada", True))

    # E10
    def test_the_conversation_goes_on_where_it_was_left(self):
        frame = self.chat()
        self.talk(frame)
        frame.do(press="Back")
        frame.until(lambda seen: seen["messages"] is None)
        frame.do(press=self.expert_of["name"])
        frame.until(lambda seen: seen["messages"] and len(seen["messages"]) == 4)


class ExpertsFrame(ChatCase):
    """A frame that shows experts."""

    def setUp(self):
        super().setUp()
        self.experts = self.folder.demo["experts"]
        self.names = [expert["name"] for expert in self.experts]
        self.widget = self.api.get("/api/v1/widgets").json["items"][0]["id"]

    def of_widget(self, part, body):
        answer = self.api.request("PUT", f"/api/v1/widgets/{self.widget}/{part}", body=body)
        self.assertEqual(answer.status, 200, answer.body)
        self.api.get(f"/api/v1/widgets/{self.widget}?min_position={answer.json['position']}")

    def tag(self, number, kind, value):
        self.change("PUT", f"/api/v1/experts/{self.experts[number]['id']}/tags/{kind}/{value}")

    def shown(self, frame, *names):
        """Waits until these experts are shown and no other."""
        frame.until(lambda seen: len(seen["experts"]) == len(names) and
                    all(text.startswith(name) for text, name in zip(seen["experts"], names)))
        self.assertEqual(frame.seen["notice"], "")

    def entered(self, **more):
        frame = Frame(self, **more)
        frame.until(lambda seen: "Go on" in seen["buttons"])
        frame.do(press="Go on")
        frame.until(lambda seen: seen["found"])
        return frame

    def online(self, number):
        """This expert has a socket open, and alone is available."""
        portal = self.folder.portal(self.experts[number])
        live = Live(portal, self.folder.url)
        self.addCleanup(live.close)
        answer = portal.request("PUT", "/api/v1/me/presence", body={"state": "online"})
        self.assertEqual(answer.status, 200, answer.body)
        wait_until(lambda: [item["id"] for item in self.api.get(
            "/api/v1/experts?available=true").json["items"]] == [self.experts[number]["id"]],
            "the expert is available")


class WidgetExperts(ExpertsFrame):
    """How the page shows experts, and how visitors find one."""

    # B06
    def test_experts_behind_the_first_page_are_shown_on_demand(self):
        frame = self.entered(experts_at_once=1)
        for count in (1, 2):
            self.shown(frame, *self.names[:count])
            self.assertEqual(frame.seen["found"], f"{count} shown, there are more")
            frame.do(press="Show more")
        self.shown(frame, *self.names)
        frame.until(lambda seen: seen["found"] == "3 found")
        self.assertNotIn("Show more", frame.seen["buttons"])
        frame.do(press=self.names[2])
        frame.until(lambda seen: seen["messages"] == [])

    # B05, B06
    def test_visitors_search_by_the_criteria_that_the_widget_offers(self):
        self.of_widget("search", {"criteria": ["language", "location"]})
        self.tag(0, "language", "de")
        self.tag(1, "language", "en")
        self.tag(2, "language", "de")
        self.tag(2, "location", "Bad%20K%C3%B6tzting%20%26%20more")
        self.tag(0, "expertise", "tax")
        frame = self.entered()
        self.shown(frame, *self.names)
        self.assertEqual([label.split("all")[0] for label in frame.seen["fields"]],
                         ["Language", "Place", "Only who is available now"])
        self.assertIn("allGermanEnglish", frame.seen["fields"][0])
        frame.do(choose="Language", **{"with": "de"})
        self.shown(frame, self.names[0], self.names[2])
        frame.do(choose="Place", **{"with": "Bad Kötzting & more"})
        self.shown(frame, self.names[2])
        frame.until(lambda seen: seen["found"] == "1 found")
        frame.do(press=self.names[2])
        frame.until(lambda seen: seen["messages"] == [])
        frame.do(press="Back")
        self.shown(frame, self.names[2])
        frame.do(choose="Language", **{"with": "en"})
        frame.until(lambda seen: seen["found"] == "Nobody fits that at the moment.")
        self.shown(frame)

    # B06, D01
    def test_visitors_find_those_who_are_available_now(self):
        self.of_widget("search", {"criteria": ["expertise"]})
        self.tag(1, "expertise", "tax")
        self.online(1)
        frame = self.entered()
        self.shown(frame, *self.names)
        frame.do(choose="Only who", **{"with": True})
        self.shown(frame, self.names[1])
        frame.do(choose="Only who", **{"with": False})
        self.shown(frame, *self.names)

    # B05
    def test_where_the_widget_offers_no_search_there_is_none(self):
        self.tag(0, "language", "de")
        frame = self.entered()
        self.shown(frame, *self.names)
        self.assertEqual(frame.seen["fields"], [])

    # B04
    def test_who_takes_no_messages_is_shown_and_cannot_be_pressed(self):
        self.change("PUT", f"/api/v1/experts/{self.experts[1]['id']}/channels",
                    {"chat": False, "audio": True, "video": False, "booking": True})
        frame = self.entered()
        self.shown(frame, *self.names)
        self.assertEqual(len(frame.seen["buttons"]), 2)
        self.assertEqual(frame.seen["closed"], [
            f"{self.names[1]}Call, Appointmenttakes no messages here at the moment"])
        self.assertIn("Chat, Call, Video, Appointment", frame.seen["experts"][0])

    # B04, E10
    def test_what_was_said_before_can_be_read_where_no_message_is_taken_any_more(self):
        frame = self.entered()
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["messages"] == [])
        frame.do(write="Hello")
        frame.until(lambda seen: seen["messages"] == [["visitor", "Hello"]])
        self.change("PUT", f"/api/v1/experts/{self.experts[0]['id']}/channels",
                    {"chat": False, "audio": True, "video": True, "booking": True})
        frame.do(press="Back")
        frame.until(lambda seen: len(seen["closed"]) == 1)
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["messages"] == [["visitor", "Hello"]])
        self.assertEqual(frame.seen["buttons"], ["Back"])

    # B04, C03
    def test_from_a_card_whose_expert_takes_no_messages_none_can_be_written(self):
        expert = self.experts[0]
        answer = self.folder.portal(expert).request(
            "PUT", f"/api/v1/experts/{expert['id']}/card", body={"slug": "anna-b"})
        self.assertEqual(answer.status, 200, answer.body)
        self.change("PUT", f"/api/v1/experts/{expert['id']}/channels",
                    {"chat": False, "audio": True, "video": True, "booking": True})
        frame = Frame(self, card="anna-b")
        frame.until(lambda seen: seen["buttons"])
        frame.do(press="Go on")
        frame.until(lambda seen: seen["messages"] == [])
        self.assertEqual((frame.seen["buttons"], frame.seen["fields"]), (["Back"], []))

    # B05
    def test_the_page_speaks_the_language_of_its_widget(self):
        self.of_widget("settings", {
            "placement": "bottom-right", "locale": "de", "ask_name": "not", "ask_email": "optional",
            "consent": {"mode": "implicit", "policy_version": "2026-11"}})
        self.of_widget("search", {"criteria": ["language"]})
        self.tag(0, "language", "de")
        frame = Frame(self)
        frame.until(lambda seen: "Weiter" in seen["buttons"])
        frame.do(press="Weiter")
        frame.until(lambda seen: seen["found"] == "3 gefunden")
        self.assertEqual(frame.seen["fields"],
                         ["SprachealleDeutsch", "Nur wer jetzt erreichbar ist"])
        self.assertIn("Chat, Telefonat, Video, Termin", frame.seen["experts"][0])
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["fields"] == [
            "Ihre E-Mail-Adresse, an die eine Antwort geht"])

    # B02, C01
    def test_the_logo_and_the_photos_are_shown(self):
        frame = self.entered()
        self.assertEqual(frame.seen["images"], [])
        photo = f"/api/v1/experts/{self.experts[0]['id']}/photo"
        logo = f"/api/v1/widgets/{self.widget}/logo"
        for path in (photo, logo):
            answer = self.api.request("PUT", path, body=png(),
                                      headers={"Content-Type": "image/png"})
            self.assertEqual(answer.status, 200, answer.body)
        self.api.get(f"/api/v1/experts?min_position={answer.json['position']}")
        frame = self.entered()
        self.shown(frame, *self.names)
        public = f"/api/v1/widget/{self.folder.demo['widget_key']}"
        self.assertEqual(frame.seen["images"],
                         [f"{public}/logo", f"{public}/experts/{self.experts[0]['id']}/photo"])
        for path in frame.seen["images"]:
            self.assertEqual(self.folder.api(token="").get(path).status, 200)


class LeftMessages(ExpertsFrame):
    """What is left for an expert who is not there: where the answer can go."""

    FIELD = "Your e-mail address, for the answer"

    def asked(self, how):
        self.of_widget("settings", {
            "placement": "bottom-right", "locale": "en", "ask_name": "optional", "ask_email": how,
            "consent": {"mode": "implicit", "policy_version": "2026-11"}})

    def left(self, frame, text="Hello"):
        frame.do(write=text)
        frame.until(lambda seen: seen["messages"] == [["visitor", text]])
        self.assertEqual(frame.seen["notice"], "")
        anna = self.folder.portal(self.experts[0])
        item = wait_until(lambda: anna.get("/api/v1/inbox").json["items"], "the inbox")[0]
        return anna.get(f"/api/v1/visitors/{item['visitor']}").json

    # DEC17
    def test_an_offline_expert_can_be_left_an_address_with_the_message(self):
        frame = self.entered()
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["fields"] == [self.FIELD])
        frame.do(fill=self.FIELD, **{"with": "mira@example.org"})
        self.assertEqual(self.left(frame)["email"], "mira@example.org")
        self.assertEqual(frame.seen["fields"], [])

    # DEC17
    def test_the_address_may_be_left_out_where_the_company_says_so(self):
        frame = self.entered()
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["fields"] == [self.FIELD])
        self.assertNotIn("email", self.left(frame))

    # DEC17
    def test_an_address_keeps_the_name_that_was_said(self):
        frame = Frame(self)
        frame.until(lambda seen: "Go on" in seen["buttons"])
        frame.do(fill="Your name", **{"with": "Mira"})
        frame.do(press="Go on")
        frame.until(lambda seen: seen["found"])
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["fields"] == [self.FIELD])
        frame.do(fill=self.FIELD, **{"with": "mira@example.org"})
        card = self.left(frame)
        self.assertEqual((card["name"], card["email"]), ("Mira", "mira@example.org"))

    # DEC17
    def test_who_said_an_address_before_is_not_asked_again_nor_where_none_is_asked_for(self):
        frame = Frame(self)
        frame.until(lambda seen: "Go on" in seen["buttons"])
        frame.do(fill="Your e-mail", **{"with": "mira@example.org"})
        frame.do(press="Go on")
        frame.until(lambda seen: seen["found"])
        frame.do(press=self.names[0])
        self.assertEqual(self.left(frame)["email"], "mira@example.org")
        self.assertEqual(frame.seen["fields"], [])
        self.asked("not")
        frame = self.entered()
        frame.do(press=self.names[1])
        frame.until(lambda seen: seen["messages"] == [])
        frame.do(write="Hello")
        frame.until(lambda seen: seen["messages"] == [["visitor", "Hello"]])
        self.assertEqual(frame.seen["fields"], [])

    # DEC17
    def test_where_an_address_is_required_nothing_is_left_without_one(self):
        frame = self.entered()
        # The company changes its mind while the page is open.
        self.asked("required")
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["fields"] == [self.FIELD])
        frame.do(write="Hello")
        frame.until(lambda seen: "before the first message" in seen["notice"])
        self.assertEqual(frame.seen["messages"], [])
        frame.do(fill=self.FIELD, **{"with": "mira@example.org"})
        self.assertEqual(self.left(frame)["email"], "mira@example.org")

    # DEC17, E11
    def test_what_the_company_does_not_keep_is_asked_for_nowhere(self):
        self.keep(email=False)
        frame = Frame(self)
        frame.until(lambda seen: "Go on" in seen["buttons"])
        self.assertEqual(frame.seen["fields"], ["Your name"])
        frame.do(press="Go on")
        frame.until(lambda seen: seen["found"])
        frame.do(press=self.names[0])
        self.left(frame)
        self.assertEqual(frame.seen["fields"], [])

    # DEC17
    def test_the_page_itself_asks_for_a_required_address_before_it_sends(self):
        self.asked("required")
        frame = self.entered()
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["fields"] == [self.FIELD])
        before = self.folder.stats()["events"]
        frame.do(write="Hello")
        frame.until(lambda seen: "give an e-mail address for the answer" in seen["notice"])
        self.assertEqual(self.folder.stats()["events"], before)
        frame.do(fill=self.FIELD, **{"with": "mira@example.org"})
        self.assertEqual(self.left(frame)["email"], "mira@example.org")

    # DEC17
    def test_an_expert_who_is_there_asks_for_no_address(self):
        self.online(0)
        frame = self.entered()
        frame.do(press=self.names[0])
        frame.until(lambda seen: seen["messages"] == [])
        frame.do(write="Hello")
        frame.until(lambda seen: seen["messages"] == [["visitor", "Hello"]])
        self.assertEqual(frame.seen["fields"], [])


if __name__ == "__main__":
    unittest.main()
