"""Following a conversation live, through real sockets and event streams."""

import http.client
import json
import time
import unittest
import urllib.parse

from support import ServerCase
from websocket import Closed, Live, WebSocket


HELLO_SECONDS = 5


class LiveSocket(ServerCase):
    def setUp(self):
        super().setUp()
        self.conversation = self.api.open()["id"]
        self.topic = f"conversation:{self.conversation}"

    def live(self):
        made = Live(self.api, self.folder.url)
        self.addCleanup(made.close)
        return made

    def say(self, text):
        answer = self.api.send(self.conversation, text)
        self.assertEqual(answer.status, 201)
        return answer.json

    # E01
    def test_a_message_comes_as_a_frame_that_can_be_read_back(self):
        live = self.live()
        self.assertEqual(live.subscribe(self.topic)["op"], "subscribed")
        sent = self.say("Is 5 o'clock free? ☕")
        frame = live.receive()
        self.assertEqual(frame["topic"], self.topic)
        self.assertEqual(frame["position"], sent["position"])
        self.assertEqual(frame["event"]["text"], "Is 5 o'clock free? ☕")
        self.assertEqual(frame["event"]["id"], sent["id"])
        self.assertEqual(self.api.texts(self.conversation), ["Is 5 o'clock free? ☕"])

    # CPL01, E14
    def test_dropped_sockets_resume_without_hole_or_double(self):
        seen, last, said = [], 0, 0
        while said < 60:
            live = self.live()
            self.assertEqual(live.subscribe(self.topic, last)["op"], "subscribed")
            self.say(str(said))
            said += 1
            while len(seen) < said:
                frame = live.receive()
                last = frame["position"]
                if frame["event"]["type"] == "message":
                    seen.append(frame["event"]["text"])
            live.close()
            for _ in range(said % 3):
                self.say(str(said))
                said += 1
        live = self.live()
        live.subscribe(self.topic, last)
        while len(seen) < said:
            seen.append(live.receive()["event"]["text"])
        self.assertEqual(seen, [str(i) for i in range(said)])

    def test_a_ticket_opens_one_socket(self):
        ticket = self.api.request("POST", "/api/v1/tickets").json["ticket"]
        for good in (True, False):
            web = WebSocket(self.folder.url, "/api/v1/live")
            self.addCleanup(web.close)
            web.send({"op": "hello", "ticket": ticket})
            if good:
                self.assertEqual(web.receive(), {"op": "welcome"})
            else:
                with self.assertRaises(Closed) as closed:
                    web.receive()
                self.assertEqual(closed.exception.code, 4401)

    def test_nothing_is_answered_before_the_greeting(self):
        web = WebSocket(self.folder.url, "/api/v1/live")
        self.addCleanup(web.close)
        web.send({"op": "subscribe", "topic": self.topic})
        self.assertEqual(web.receive()["code"], "hello-first")
        with self.assertRaises(Closed) as closed:
            web.receive()
        self.assertEqual(closed.exception.code, 4400)

    def test_who_does_not_greet_is_not_kept(self):
        web = WebSocket(self.folder.url, "/api/v1/live")
        self.addCleanup(web.close)
        began = time.monotonic()
        with self.assertRaises(Closed) as closed:
            web.receive()
        self.assertEqual(closed.exception.code, 4408)
        self.assertGreater(time.monotonic() - began, HELLO_SECONDS - 1)

    # CPL20
    def test_topics_of_others_are_refused(self):
        live = self.live()
        other = self.conversation[:-1] + ("0" if self.conversation[-1] != "0" else "1")
        self.assertEqual(live.subscribe(f"conversation:{other}")["code"], "conversation-not-found")
        foreign = f"conversation:{'0' * 16}{self.conversation[16:]}"
        self.assertEqual(live.subscribe(foreign)["code"], "topic-not-yours")
        self.assertEqual(live.subscribe("inbox")["code"], "topic-not-yours")
        self.assertEqual(live.subscribe("nonsense")["code"], "topic-unknown")
        self.assertEqual(live.subscribe(self.topic, "x")["code"], "position-invalid")
        self.assertEqual(live.subscribe("presence"), {"op": "subscribed", "topic": "presence"})

    # CPL01
    def test_an_event_stream_resumes_by_its_last_id(self):
        first = self.say("first")
        parts = urllib.parse.urlsplit(self.folder.url)

        def lines(last_id, count):
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
            self.addCleanup(connection.close)
            connection.request("GET", f"/api/v1/live/events?topics={self.topic}", headers={
                "Authorization": f"Bearer {self.api.token}", "Last-Event-ID": last_id})
            response = connection.getresponse()
            self.assertEqual((response.status, response.headers["Content-Type"]),
                             (200, "text/event-stream"))
            events, identity = [], None
            while len(events) < count:
                line = response.readline().decode().rstrip("\n")
                if line.startswith("id: "):
                    identity = line[4:]
                if line.startswith("data: "):
                    frame = json.loads(line[6:])
                    if "event" in frame:
                        events.append((identity, frame["event"]["text"]))
            connection.close()
            return events

        self.say("second")
        self.say("third")
        events = lines(str(first["position"]), 1)
        self.assertEqual([text for _, text in events], ["second"])
        self.assertEqual([text for _, text in lines(events[-1][0], 1)], ["third"])

    def test_the_board_shows_every_expert_offline_at_first(self):
        items = self.api.get("/api/v1/presence").json["items"]
        self.assertEqual({item["state"] for item in items}, {"offline"})
        self.assertEqual({item["expert"] for item in items},
                         {expert["id"] for expert in self.folder.demo["experts"]})


if __name__ == "__main__":
    unittest.main()
