"""Visitors write to experts through the widget, and read what is theirs."""

import concurrent.futures
import secrets
import unittest
import urllib.parse

from support import SMALL, messages_path
from visitors_test import AGREED, VisitorCase

ALL = "/api/v1/conversations"


class Chat:
    """A visitor's own connection, and what it knows of a conversation."""

    def __init__(self, case, key=None):
        self.case = case
        self.api, self.id = case.visitor(key)

    def begin(self, text, expert=0, key=None, mode=None):
        body = {"expert": self.case.expert(expert), "text": text}
        if mode:
            body["mode"] = mode
        return self.api.post(ALL, body, key=key)

    def begun(self, text="Hello", expert=0, key=None):
        answer = self.begin(text, expert, key)
        self.case.assertEqual(answer.status, 201, answer.body)
        return answer.json

    def say(self, conversation, text, key=None):
        return self.api.post(messages_path(conversation), {"text": text}, key=key)

    def page(self, conversation, place):
        answer = self.api.get(f"{messages_path(conversation)}?limit=200&min_position={place}")
        self.case.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def texts(self, conversation, place):
        return [item["text"] for item in self.page(conversation, place)["items"]]

    def own(self, place, limit=50):
        answer = self.api.get(f"{ALL}?limit={limit}&min_position={place}")
        self.case.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def close(self, conversation):
        answer = self.api.post(f"{ALL}/{conversation}/close", None)
        self.case.assertEqual(answer.status, 200, answer.body)
        return answer.json


class ChatCase(VisitorCase):
    def expert(self, which):
        return self.folder.demo["experts"][which]["id"]

    def conversation_events(self, conversation):
        return [event["type"] for event in self.folder.replay("--stream", conversation)]

    def change(self, method, path, body=None):
        answer = self.api.request(method, path, body=body)
        self.assertEqual(answer.status, 200, answer.body)
        self.api.get(f"/api/v1/experts?min_position={answer.json['position']}")


class FirstMessage(ChatCase):
    # E01, E11, A13
    def test_the_first_message_opens_visitor_and_conversation(self):
        self.state_policy()
        chat = Chat(self)
        begun = chat.begun("Is five o'clock free? ☕")
        self.assertEqual((begun["visitor"], begun["expert"]), (chat.id, self.expert(0)))
        self.assertEqual([event["type"] for event in self.events_of(chat.id)],
                         ["VisitorSessionOpened", "ConsentRecorded"])
        self.assertEqual(self.conversation_events(begun["id"]),
                         ["ConversationOpened", "OfflineMessageLeft"])
        page = chat.page(begun["id"], begun["position"])
        self.assertEqual([(item["id"], item["text"]) for item in page["items"]],
                         [(begun["message"], "Is five o'clock free? ☕")])

    # E03
    def test_a_message_to_an_expert_who_is_offline_is_left_for_later(self):
        chat = Chat(self)
        begun = chat.begun()
        item = chat.page(begun["id"], begun["position"])["items"][0]
        self.assertEqual((item["author"], item["offline"]), ("visitor", True))

    # E08
    def test_a_chat_without_picture_and_sound_is_chosen_with_the_first_message(self):
        chat = Chat(self)
        begun = chat.begin("Hello", mode="text").json
        self.assertEqual(chat.page(begun["id"], begun["position"])["connection_mode"], "text")
        changed = chat.api.post(f"{ALL}/{begun['id']}/connection-mode", {"mode": "audio"}).json
        self.assertEqual(chat.page(begun["id"], changed["position"])["connection_mode"], "audio")

    # CPL02
    def test_many_first_messages_at_once_make_one_conversation(self):
        count = 20 if SMALL else 100
        session = self.session()
        body = {"expert": self.expert(0), "text": "Hello"}
        apis = [self.folder.api(token=session["token"]) for _ in range(count)]
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            answers = list(pool.map(
                lambda api: api.post(ALL, body, key=secrets.token_hex(8)), apis))
        self.assertEqual({answer.status for answer in answers}, {201})
        self.assertEqual(len({answer.json["id"] for answer in answers}), 1)
        types = self.conversation_events(answers[0].json["id"])
        self.assertEqual(types, ["ConversationOpened"] + ["OfflineMessageLeft"] * count)
        self.assertEqual(len({answer.json["message"] for answer in answers}), count)

    # CPL02
    def test_a_first_message_sent_again_is_found_also_when_the_next_conversation_began(self):
        chat = Chat(self)
        key = secrets.token_hex(8)
        first = chat.begun("first", key=key)
        chat.close(first["id"])
        second = chat.begun("second")
        self.assertNotEqual(second["id"], first["id"])
        self.assertEqual(len(chat.own(second["position"])["items"]), 2)
        again = chat.begin("first", key=key)
        self.assertTrue(again.replayed)
        self.assertEqual((again.json["id"], again.json["message"]),
                         (first["id"], first["message"]))
        self.assertEqual(chat.texts(first["id"], second["position"]), ["first"])
        self.assertEqual(chat.texts(second["id"], second["position"]), ["second"])
        self.assert_problem(chat.begin("other", key=key), 422, "idempotency-key-reused")

    def test_each_expert_has_a_conversation_of_their_own(self):
        chat = Chat(self)
        self.assertNotEqual(chat.begun(expert=0)["id"], chat.begun(expert=1)["id"])

    # E06, X13
    def test_nothing_is_written_before_the_terms_are_met(self):
        key = self.strict_widget()
        before = self.folder.stats()["events"]
        chat = Chat(self, key)
        self.assert_problem(chat.begin("Hello"), 422, "expert-unknown")
        self.assertEqual(self.folder.stats()["events"], before)
        widget = next(item["id"] for item in self.api.get("/api/v1/widgets").json["items"]
                      if item["key"] == key)
        self.change("PUT", f"/api/v1/widgets/{widget}/experts/{self.expert(0)}")
        before = self.folder.stats()["events"]
        self.assert_problem(chat.begin("Hello"), 422, "consent-missing")
        self.assert_problem(chat.begin(" \n"), 422, "text-blank")
        self.assertEqual(self.folder.stats()["events"], before)
        consent = chat.api.post("/api/v1/visitor/consents", AGREED)
        self.assertEqual(consent.status, 200)
        chat.begun()

    def test_a_blank_message_leaves_nothing(self):
        before = self.folder.stats()["events"]
        chat = Chat(self)
        for text, code in ((" ", "text-blank"), ("x\0y", "text-has-nul"),
                           ("x" * 65_537, "text-too-long")):
            self.assert_problem(chat.begin(text), 422, code)
        self.assertEqual(self.folder.stats()["events"], before)

    def test_a_closed_channel_takes_no_message(self):
        chat = Chat(self)
        begun = chat.begun()
        channels = {"chat": False, "audio": True, "video": True, "booking": True}
        self.change("PUT", f"/api/v1/experts/{self.expert(0)}/channels", channels)
        self.assert_problem(Chat(self).begin("Hello"), 422, "channel-closed")
        self.assert_problem(chat.say(begun["id"], "Hello"), 422, "channel-closed")

    # B04
    def test_an_integrator_opens_nothing_by_a_closed_channel_and_repeats_what_was_opened(self):
        opened = self.api.open(key="first")
        channels = {"chat": False, "audio": True, "video": True, "booking": True}
        self.change("PUT", f"/api/v1/experts/{opened['expert']}/channels", channels)
        before = self.folder.stats()["events"]
        body = {"visitor": {"name": "Ada Example"}, "expert": opened["expert"]}
        self.assert_problem(self.api.post(ALL, body, key="second"), 422, "channel-closed")
        self.assertEqual(self.folder.stats()["events"], before)
        again = self.api.post(ALL, {"visitor": {"name": "Ada Example"}}, key="first")
        self.assertEqual((again.status, again.replayed, again.json["id"]),
                         (201, True, opened["id"]), again.body)
        other = next(expert["id"] for expert in self.folder.demo["experts"]
                     if expert["id"] != opened["expert"])
        self.assertEqual(self.api.open(expert=other)["expert"], other)

    # E11
    def test_an_integrator_brings_nothing_that_the_company_does_not_keep(self):
        opened = self.api.open(email="ada@example.org", key="first")
        self.keep(name=False, email=False)
        before = self.folder.stats()["events"]
        for visitor in ({"name": "Ada"}, {"email": "ada@example.org"},
                        {"name": "Ada", "email": "ada@example.org"}):
            self.assert_problem(self.api.post(ALL, {"visitor": visitor}), 422, "not-collected")
        self.assertEqual(self.folder.stats()["events"], before)
        nameless = self.api.post(ALL, {"visitor": {}})
        self.assertEqual(nameless.status, 201, nameless.body)
        fields = self.events_of(nameless.json["visitor"])[0].get("fields", {})
        self.assertFalse(fields.get("name") or fields.get("email"), fields)
        again = self.api.open(email="ada@example.org", key="first")
        self.assertEqual(again["id"], opened["id"])
        self.keep()
        self.assert_problem(self.api.post(ALL, {"visitor": {}}), 422, "name-invalid")

    # CPL02
    def test_what_was_stored_is_answered_again_also_when_nothing_more_is_taken(self):
        chat = Chat(self)
        begun = chat.begun(key="first")
        said = chat.say(begun["id"], "And six?", key="second").json
        channels = {"chat": False, "audio": True, "video": True, "booking": True}
        self.change("PUT", f"/api/v1/experts/{self.expert(0)}/channels", channels)
        for again, first in ((chat.begin("Hello", key="first"), begun["message"]),
                             (chat.say(begun["id"], "And six?", key="second"), said["id"])):
            self.assertEqual((again.status, again.replayed), (201, True), again.body)
            self.assertEqual(again.json.get("message", again.json["id"]), first)
        for other in (chat.begin("Hello", key="third"), chat.begin("Other", key="first"),
                      chat.say(begun["id"], "Other", key="second")):
            self.assert_problem(other, 422, "channel-closed")
        self.assertEqual(self.conversation_events(begun["id"]),
                         ["ConversationOpened", "OfflineMessageLeft", "OfflineMessageLeft"])

    def test_who_is_no_expert_is_not_written_to(self):
        chat = Chat(self)
        other = self.expert(0)[:-1] + ("0" if self.expert(0)[-1] != "0" else "1")
        for expert in (other, "nobody", f"{'0' * 16}{self.expert(0)[16:]}"):
            answer = chat.api.post(ALL, {"expert": expert, "text": "Hello"})
            self.assert_problem(answer, 422, "expert-unknown")
        self.assert_problem(chat.api.post(ALL, {"text": "Hello"}), 400, "expert-missing")
        self.assert_problem(chat.begin("Hello", mode="smoke"), 400, "mode-invalid")


class OwnConversation(ChatCase):
    # E01, E14
    def test_messages_are_read_in_the_order_in_which_they_were_taken(self):
        chat = Chat(self)
        begun = chat.begun("0")
        for number in range(1, 10):
            last = chat.say(begun["id"], str(number))
            self.assertEqual(last.status, 201)
        self.assertEqual(chat.texts(begun["id"], last.json["position"]),
                         [str(number) for number in range(10)])

    def test_the_author_is_who_sends_whatever_the_body_says(self):
        chat = Chat(self)
        begun = chat.begun()
        sent = chat.api.post(messages_path(begun["id"]), {"author": "expert", "text": "I agree"})
        items = chat.page(begun["id"], sent.json["position"])["items"]
        self.assertEqual([item["author"] for item in items], ["visitor", "visitor"])

    # E14
    def test_a_message_sent_again_is_stored_once(self):
        chat = Chat(self)
        begun = chat.begun()
        key = secrets.token_hex(8)
        one, other = (chat.say(begun["id"], "again", key=key) for _ in range(2))
        self.assertEqual((one.json["id"], one.replayed), (other.json["id"], not other.replayed))
        self.assertEqual(chat.texts(begun["id"], one.json["position"]), ["Hello", "again"])

    # CPL20
    def test_what_is_not_theirs_is_as_good_as_none(self):
        mine, other = Chat(self), Chat(self)
        begun = mine.begun()
        self.api.open()
        for conversation in (begun["id"], self.api.open()["id"]):
            for answer in (other.api.get(f"{ALL}/{conversation}"),
                           other.api.get(messages_path(conversation)),
                           other.say(conversation, "Hello"),
                           other.api.post(f"{ALL}/{conversation}/close", None),
                           other.api.post(f"{ALL}/{conversation}/connection-mode",
                                          {"mode": "text"})):
                self.assert_problem(answer, 404, "conversation-not-found")
        self.assertEqual(other.api.get(ALL).json, {"items": []})
        self.assertEqual(self.conversation_events(begun["id"]),
                         ["ConversationOpened", "OfflineMessageLeft"])

    def test_no_answer_tells_a_visitor_a_position_of_the_company(self):
        chat = Chat(self)
        begun = chat.begun()
        place = begun["position"]
        shown = chat.api.get(f"{ALL}/{begun['id']}?min_position={place}").json
        page = chat.page(begun["id"], place)
        for position in (place, shown["position"], page["position"],
                         page["items"][0]["position"], chat.own(place)["items"][0]["position"],
                         chat.say(begun["id"], "Hello").json["position"],
                         chat.close(begun["id"])["position"]):
            self.assertRegex(str(position), "^[0-9a-f]{80}$")
        self.assert_problem(chat.api.get(f"{ALL}?min_position=1"), 400, "min_position-invalid")

    def test_own_conversations_are_listed_page_by_page_the_last_opened_first(self):
        chat = Chat(self)
        begun = [chat.begun(expert=which) for which in range(3)]
        place = begun[-1]["position"]
        items = chat.own(place)["items"]
        self.assertEqual([item["id"] for item in items], [one["id"] for one in reversed(begun)])
        page = chat.own(place, limit=2)
        rest = chat.api.get(page["next"]).json
        self.assertNotIn("next", rest)
        self.assertEqual([item["id"] for item in page["items"] + rest["items"]],
                         [item["id"] for item in items])
        after = urllib.parse.urlsplit(page["next"]).query.rsplit("after=", 1)[1]
        self.assert_problem(Chat(self).api.get(f"{ALL}?after={after}"), 400, "after-invalid")
        self.assert_problem(chat.api.get(f"{ALL}?after=x"), 400, "after-invalid")
        self.assert_problem(chat.api.get(f"{ALL}?limit=0"), 400, "limit-invalid")

    def test_a_closed_conversation_opens_again_with_the_next_message_in_it(self):
        chat = Chat(self)
        begun = chat.begun()
        closed = chat.close(begun["id"])
        shown = chat.api.get(f"{ALL}/{begun['id']}?min_position={closed['position']}").json
        self.assertEqual(shown["state"], "closed")
        self.assertEqual(chat.close(begun["id"])["version"], closed["version"])
        place = chat.say(begun["id"], "One more thing").json["position"]
        shown = chat.api.get(f"{ALL}/{begun['id']}?min_position={place}").json
        self.assertEqual((shown["state"], shown["messages"]), ("open", 2))
        self.assertEqual(self.conversation_events(begun["id"]),
                         ["ConversationOpened", "OfflineMessageLeft", "ConversationClosed",
                          "ConversationReopened", "OfflineMessageLeft"])

    # CPL22
    def test_unread_is_what_came_behind_the_one_marker(self):
        chat = Chat(self)
        begun = chat.begun()
        for text in ("Yes", "At five"):
            last = self.api.send(begun["id"], text, author="expert").json
        shown = self.shown(chat, begun["id"], chat.say(begun["id"], "Good").json["position"])
        self.assertEqual((shown["unread"], shown["read"]), (2, {"visitor": 0, "expert": 0}))
        for up_to, unread in ((last["version"], 0), (last["version"] - 1, 0), (1, 0)):
            place = self.mark(chat, begun["id"], up_to).json["position"]
            shown = self.shown(chat, begun["id"], place)
            self.assertEqual((shown["unread"], shown["read"]["visitor"]),
                             (unread, last["version"]))
        self.assertEqual(self.conversation_events(begun["id"]).count("MessagesRead"), 1)
        self.assert_problem(self.mark(chat, begun["id"], 99), 422, "version-ahead")
        self.assert_problem(self.mark(chat, begun["id"], -1), 400, "up_to_version-invalid")
        self.assert_problem(self.mark(Chat(self), begun["id"], 1), 404, "conversation-not-found")

    # CPL22
    def test_many_marks_within_a_moment_are_few_events(self):
        count = 20
        session = self.session()
        api = self.folder.api(token=session["token"])
        body = {"expert": self.expert(0), "text": "Hello"}
        begun = api.post(ALL, body).json
        versions = [self.api.send(begun["id"], str(i), author="expert").json["version"]
                    for i in range(count)]
        apis = [self.folder.api(token=session["token"]) for _ in range(count)]

        def mark(at):
            # One of them says what cannot be: it alone is refused.
            up_to = 999 if at == 7 else versions[at]
            return apis[at].request("PUT", f"{ALL}/{begun['id']}/read",
                                    body={"up_to_version": up_to}).status

        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            statuses = list(pool.map(mark, range(count)))
        self.assertEqual(statuses, [422 if at == 7 else 200 for at in range(count)])
        answer = api.request("PUT", f"{ALL}/{begun['id']}/read",
                             body={"up_to_version": versions[-1]})
        shown = api.get(f"{ALL}/{begun['id']}?min_position={answer.json['position']}").json
        self.assertEqual((shown["unread"], shown["read"]["visitor"]), (0, versions[-1]))

    def shown(self, chat, conversation, place):
        return chat.api.get(f"{ALL}/{conversation}?min_position={place}").json

    def mark(self, chat, conversation, up_to):
        return chat.api.request("PUT", f"{ALL}/{conversation}/read",
                                body={"up_to_version": up_to})


class ExpertSide(ChatCase):
    def setUp(self):
        super().setUp()
        self.anna, self.ben = (self.folder.portal(self.folder.demo["experts"][i])
                               for i in range(2))

    def inbox(self, portal, query="", place=0):
        answer = portal.get(f"/api/v1/inbox?min_position={place}{query}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def place_of(self, conversation):
        """The newest position that the company's people see."""
        return self.api.send(conversation, "-", author="expert").json["position"]

    # E01, E02, E03
    def test_a_message_stands_in_the_inbox_and_the_expert_answers(self):
        chat = Chat(self)
        self.put(chat.api, "persona", {"name": "Blue"})
        begun = chat.begun()
        head = self.anna.get(f"{ALL}/{begun['id']}").json
        item = self.inbox(self.anna, place=head["position"])["items"][0]
        self.assertEqual((item["id"], item["unread"], item["state"], item["visitor_name"]),
                         (begun["id"], 1, "open", "Blue"))
        answer = self.anna.post(messages_path(begun["id"]),
                                {"author": "visitor", "text": "At five"})
        self.assertEqual(answer.status, 201, answer.body)
        page = self.anna.get(f"{messages_path(begun['id'])}"
                             f"?min_position={answer.json['position']}").json
        self.assertEqual([(one["author"], one["text"]) for one in page["items"]],
                         [("visitor", "Hello"), ("expert", "At five")])
        self.assertEqual(self.conversation_events(begun["id"])[-1], "MessageSent")

    # CPL22
    def test_what_the_expert_read_is_read_in_the_inbox_too(self):
        begun = Chat(self).begun()
        marked = self.anna.request("PUT", f"{ALL}/{begun['id']}/read",
                                   body={"up_to_version": begun["version"]})
        self.assertEqual(marked.status, 200, marked.body)
        item = self.inbox(self.anna, place=marked.json["position"])["items"][0]
        self.assertEqual((item["unread"], item["read"]["expert"]), (0, begun["version"]))

    # CPL20
    def test_another_experts_conversation_is_as_good_as_none(self):
        begun = Chat(self).begun()
        for answer in (self.ben.get(f"{ALL}/{begun['id']}"),
                       self.ben.get(messages_path(begun["id"])),
                       self.ben.post(messages_path(begun["id"]), {"text": "Hello"}),
                       self.ben.post(f"{ALL}/{begun['id']}/close", None),
                       self.ben.request("PUT", f"{ALL}/{begun['id']}/read",
                                        body={"up_to_version": 1})):
            self.assert_problem(answer, 404, "conversation-not-found")
        self.assertEqual(self.inbox(self.ben, place=self.place_of(begun["id"])), {"items": []})

    # X14
    def test_an_admin_sees_how_a_conversation_stands_but_no_text(self):
        begun = Chat(self).begun()
        admin = self.folder.portal()
        self.assertEqual(admin.get(f"{ALL}/{begun['id']}").json["messages"], 1)
        self.assert_problem(admin.get(messages_path(begun["id"])), 403, "role-missing")
        self.assert_problem(admin.get("/api/v1/inbox"), 403, "role-missing")
        self.assert_problem(admin.post(messages_path(begun["id"]), {"text": "x"}), 403,
                            "role-missing")

    def test_the_inbox_is_read_page_by_page_the_newest_message_first(self):
        begun = [Chat(self).begun() for _ in range(5)]
        self.anna.post(f"{ALL}/{begun[1]['id']}/close", None)
        place = self.place_of(begun[3]["id"])
        items = self.inbox(self.anna, place=place)["items"]
        order = [begun[i]["id"] for i in (3, 4, 2, 1, 0)]
        self.assertEqual([item["id"] for item in items], order)
        pages = [self.inbox(self.anna, "&limit=2")]
        while "next" in pages[-1]:
            pages.append(self.anna.get(pages[-1]["next"]).json)
        self.assertEqual([item["id"] for page in pages for item in page["items"]], order)
        for state, expected in (("closed", [order[3]]), ("open", order[:3] + order[4:])):
            listed = self.inbox(self.anna, f"&state={state}")["items"]
            self.assertEqual([item["id"] for item in listed], expected)
        after = urllib.parse.urlsplit(pages[0]["next"]).query.rsplit("after=", 1)[1]
        self.assert_problem(self.ben.get(f"/api/v1/inbox?after={after}"), 400, "after-invalid")
        self.assert_problem(self.anna.get("/api/v1/inbox?state=odd"), 400, "state-invalid")

    # D01, E01
    def test_a_message_to_an_expert_who_is_online_is_not_left_for_later(self):
        self.assertEqual(self.anna.request("PUT", "/api/v1/me/presence",
                                           body={"state": "online"}).status, 200)
        for state, event in (("online", "MessageSent"), ("busy", "MessageSent"),
                             ("offline", "OfflineMessageLeft")):
            self.anna.request("PUT", "/api/v1/me/presence", body={"state": state})
            self.assertEqual(self.conversation_events(Chat(self).begun()["id"]),
                             ["ConversationOpened", event])

    # D01, CPL24
    def test_visitors_see_who_is_there(self):
        chat = Chat(self)
        self.anna.request("PUT", "/api/v1/me/presence", body={"state": "online"})
        items = chat.api.get("/api/v1/experts?available=true").json["items"]
        self.assertEqual([item["id"] for item in items], [self.expert(0)])
        self.anna.request("PUT", "/api/v1/me/presence", body={"state": "offline"})
        self.assertEqual(chat.api.get("/api/v1/experts?available=true").json["items"], [])

    def test_what_the_company_is_told_are_positions_of_its_history(self):
        begun = Chat(self).begun()
        sent = self.anna.post(messages_path(begun["id"]), {"text": "Yes"}).json
        self.assertIsInstance(sent["position"], int)
        self.assert_problem(self.anna.get(f"/api/v1/inbox?min_position={begun['position']}"), 400,
                            "min_position-invalid")


if __name__ == "__main__":
    unittest.main()
