"""The chat in the widget's frame: its own scripts, in Node over a small document, against the
server."""

import json
import queue
import subprocess
import threading
import time
import unittest

from accounts_test import PASSWORD
from conversations_test import ALL, ChatCase
from customers_test import CustomerCase
from identity_test import signed
from support import DEADLINE_SECONDS, TOP, messages_path, wait_until
from websocket import Live

SHOP = "http://localhost:8000"
SCRIPTS = TOP / "gateway/web/widget"


class Frame:
    """One frame; `until` waits for what is to be seen in it."""

    def __init__(self, case, *args, card=None):
        key = case.folder.demo["widget_key"]
        around = [card, "card"] if card else [self.nonce(case, key), SHOP]
        self.process = subprocess.Popen(
            [TOP / "ops/node", "node", TOP / "tests/integration/frame_page.js", SCRIPTS,
             case.folder.url, key, *around, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")
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


if __name__ == "__main__":
    unittest.main()
