"""A visitor and an expert talk to each other through their own sockets."""

import http.client
import unittest
import urllib.parse

from conversations_test import ALL, Chat, ChatCase
from support import messages_path, wait_until
from websocket import Closed, Live


class LiveChat(ChatCase):
    def setUp(self):
        super().setUp()
        self.anna, self.ben = (self.folder.portal(self.folder.demo["experts"][i])
                               for i in range(2))
        self.chat = Chat(self)
        self.begun = self.chat.begun()
        self.topic = f"conversation:{self.begun['id']}"

    def live(self, api):
        made = Live(api, self.folder.url)
        self.addCleanup(made.close)
        return made

    def following(self, api, topic, after=None):
        live = self.live(api)
        self.assertEqual(live.subscribe(topic, after)["op"], "subscribed")
        return live

    def answer(self, text):
        answer = self.anna.post(messages_path(self.begun["id"]), {"text": text})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json

    # E01, E14
    def test_the_two_see_what_the_other_writes(self):
        visitor = self.following(self.chat.api, self.topic)
        expert = self.following(self.anna, self.topic)
        self.chat.say(self.begun["id"], "Is five free?")
        self.answer("It is ☕")
        for live in (visitor, expert):
            texts = [live.until("message")["event"] for _ in range(2)]
            self.assertEqual([(event["author"], event["text"]) for event in texts],
                             [("visitor", "Is five free?"), ("expert", "It is ☕")])

    # E01
    def test_a_page_and_what_follows_it_have_no_hole_and_no_double(self):
        self.chat.say(self.begun["id"], "1")
        page = self.chat.page(self.begun["id"], self.begun["position"])
        self.answer("2")
        live = self.following(self.chat.api, self.topic, page["position"])
        seen = {item["version"]: item["text"] for item in page["items"]}
        while len(seen) < 3:
            event = live.until("message")["event"]
            seen[event["version"]] = event["text"]
        self.assertEqual([seen[version] for version in sorted(seen)], ["Hello", "1", "2"])

    # CPL01, E14
    def test_a_visitor_whose_socket_is_cut_again_and_again_misses_nothing(self):
        last, seen = self.begun["position"], []
        for said in range(20):
            self.answer(str(said))
            if said % 3:
                continue
            live = self.following(self.chat.api, self.topic, last)
            while len(seen) <= said:
                frame = live.until("message")
                seen.append(frame["event"]["text"])
                last = frame["position"]
            live.close()
        self.assertEqual(seen, [str(said) for said in range(19)])
        self.assertRegex(last, "^[0-9a-f]{80}$")

    # X08
    def test_typing_is_told_to_the_other_and_stands_nowhere(self):
        before = self.folder.stats()["events"]
        visitor = self.following(self.chat.api, self.topic)
        expert = self.following(self.anna, self.topic)
        for live, other, author in ((visitor, expert, "visitor"), (expert, visitor, "expert")):
            live.web.send({"op": "typing", "conversation": self.begun["id"]})
            self.assertEqual(other.until("typing"),
                             {"topic": self.topic, "event": {"type": "typing", "author": author}})
        self.assertEqual(self.folder.stats()["events"], before)

    # X08
    def test_typing_over_http_is_told_once_a_second_and_stands_nowhere(self):
        before = self.folder.stats()["events"]
        path = f"{ALL}/{self.begun['id']}/typing"
        visitor = self.following(self.chat.api, self.topic)
        expert = self.following(self.anna, self.topic)
        for api, other, author in ((self.chat.api, expert, "visitor"),
                                   (self.anna, visitor, "expert")):
            for _ in range(3):
                self.assertEqual(api.request("PUT", path).status, 204)
            self.assertEqual(other.until("typing"),
                             {"topic": self.topic, "event": {"type": "typing", "author": author}})
            # What comes next is no typing: the other two were too soon.
            self.answer("Yes") if author == "visitor" else self.chat.api.post(
                f"{ALL}/{self.begun['id']}/messages", {"text": "Thanks"})
            self.assertEqual(other.receive()["event"]["type"], "message")
        self.assertEqual(self.folder.stats()["events"], before + 2)

    # X08, CPL20
    def test_nobody_types_in_a_conversation_of_others(self):
        path = f"{ALL}/{self.begun['id']}/typing"
        stranger = Chat(self)
        stranger.begun("Hello?")
        for api in (stranger.api, self.ben):
            self.assert_problem(api.request("PUT", path), 404, "conversation-not-found")
        self.assert_problem(self.folder.portal().request("PUT", path), 403, "role-missing")

    def test_nobody_types_where_they_do_not_follow(self):
        live = self.live(self.chat.api)
        live.web.send({"op": "typing", "conversation": self.begun["id"]})
        self.assertEqual(live.receive()["code"], "not-followed")

    # E03, CPL21
    def test_the_inbox_tells_an_expert_of_every_conversation_of_theirs(self):
        inbox = self.following(self.anna, "inbox")
        others = self.following(self.ben, "inbox")
        second = Chat(self)
        begun = second.begun("Anybody there?")
        frame = inbox.until("message")
        while frame["event"]["conversation"] == self.begun["id"]:  # on its way since before
            frame = inbox.until("message")
        self.assertEqual((frame["topic"], frame["event"]["conversation"],
                          frame["event"]["text"], frame["event"]["unread"]),
                         ("inbox", begun["id"], "Anybody there?", 1))
        self.anna.request("PUT", f"{ALL}/{begun['id']}/read",
                          body={"up_to_version": frame["event"]["version"]})
        self.assertEqual(inbox.until("read")["event"]["unread"], 0)
        mine = second.begun("Ben?", expert=1)
        self.assertEqual(others.until("message")["event"]["conversation"], mine["id"])

    # CPL22
    def test_the_other_side_is_told_that_it_was_read(self):
        visitor = self.following(self.chat.api, self.topic)
        self.anna.request("PUT", f"{ALL}/{self.begun['id']}/read",
                          body={"up_to_version": self.begun["version"]})
        event = visitor.until("read")["event"]
        self.assertEqual((event["reader"], event["up_to_version"]),
                         ("expert", self.begun["version"]))

    # CPL20
    def test_what_is_not_theirs_cannot_be_followed(self):
        stranger = self.live(Chat(self).api)
        for api in (stranger, self.live(self.ben)):
            self.assertEqual(api.subscribe(self.topic)["code"], "conversation-not-found")
        for topic in ("inbox", "presence"):
            self.assertEqual(stranger.subscribe(topic)["code"], "topic-not-yours")
        foreign = f"conversation:{'0' * 16}{self.begun['id'][16:]}"
        self.assertEqual(stranger.subscribe(foreign)["code"], "topic-not-yours")
        self.assertEqual(self.live(self.folder.portal()).subscribe("inbox")["code"],
                         "topic-not-yours")
        self.assertEqual(self.live(self.folder.portal()).subscribe(self.topic)["code"],
                         "not-a-party")
        streamed = Chat(self).api.get(f"/api/v1/live/events?topics={self.topic}")
        self.assert_problem(streamed, 404, "conversation-not-found")

    def test_a_position_of_the_company_is_none_for_a_visitor(self):
        live = self.live(self.chat.api)
        self.assertEqual(live.subscribe(self.topic, 1)["code"], "position-invalid")

    # D01, D04
    def test_visitors_see_experts_come_and_go(self):
        visitor = self.following(self.chat.api, "roster")
        for state, available in (("online", True), ("busy", False), ("online", True),
                                 ("offline", False)):
            answer = self.anna.request("PUT", "/api/v1/me/presence", body={"state": state})
            self.assertEqual(answer.status, 200, answer.body)
            event = visitor.receive()["event"]
            self.assertEqual((event["expert"], event["available"]), (self.expert(0), available))

    # D01
    def test_the_companys_people_see_every_expert_come_and_go(self):
        admin = self.folder.portal()
        roster, board = self.following(admin, "roster"), self.following(admin, "presence")
        for api, which in ((self.anna, 0), (self.ben, 1)):
            api.request("PUT", "/api/v1/me/presence", body={"state": "online"})
            told = roster.receive()["event"]
            self.assertEqual((told["expert"], told["available"]), (self.expert(which), True))
            told = board.until("presence")["event"]
            self.assertEqual((told["expert"], told["state"]), (self.expert(which), "online"))

    # A05
    def test_a_socket_ends_with_its_session(self):
        expert = self.following(self.anna, "inbox")
        again = self.folder.portal(self.folder.demo["experts"][0])
        other = self.following(again, "inbox")
        self.assertEqual(self.anna.request("DELETE", "/api/v1/sessions/current").status, 204)
        with self.assertRaises(Closed) as closed:
            while True:
                expert.receive()
        self.assertEqual(closed.exception.code, 4401)
        self.chat.say(self.begun["id"], "Still there?")
        self.assertEqual(other.until("message")["event"]["text"], "Still there?")

    # CPL01
    def test_who_cannot_have_a_socket_follows_an_event_stream(self):
        parts = urllib.parse.urlsplit(self.folder.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
        self.addCleanup(connection.close)
        connection.request(
            "GET", f"/api/v1/live/events?topics={self.topic}&after={self.begun['position']}",
            headers={"Authorization": f"Bearer {self.chat.api.token}"})
        response = connection.getresponse()
        self.assertEqual(response.status, 200)
        self.answer("Here")
        line = wait_until(lambda: (lambda text: text if '"message"' in text else None)(
            response.readline().decode()), "the answer comes")
        self.assertIn('"text":"Here"', line)


if __name__ == "__main__":
    unittest.main()
