"""Who can be reached: experts come, are busy, get lost and leave, as everybody sees it."""

import unittest

from conversations_test import ALL, Chat, ChatCase
from support import Folder, messages_path, wait_until
from websocket import Closed, Live

LEASE_SECONDS = 2


class PresenceCase(ChatCase):
    lease_seconds = 60

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        config = self.folder.top / "parlour.toml"
        config.write_text(f"[presence]\nlease_s = {self.lease_seconds}\ngrace_s = 0\n")
        self.folder.start("--config", str(config))
        self.api = self.folder.api()
        self.anna, self.ben = (self.folder.portal(expert)
                               for expert in self.folder.demo["experts"][:2])

    def say(self, portal, state):
        answer = portal.request("PUT", "/api/v1/me/presence", body={"state": state})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def socket(self, portal):
        live = Live(portal, self.folder.url)
        self.addCleanup(live.close)
        return live

    def seen(self, which=0):
        items = self.api.get("/api/v1/presence").json["items"]
        return next(item for item in items if item["expert"] == self.expert(which))

    def until(self, state, which=0):
        return wait_until(lambda: self.seen(which)["state"] == state and self.seen(which),
                          f"expert {which} is {state}")

    def available(self):
        items = self.api.get("/api/v1/experts?available=true").json["items"]
        return [item["id"] for item in items]

    def recorded(self, which=0):
        return [event["type"] for event in self.folder.replay()
                if event["fields"].get("expert_id") == self.expert(which) and
                event["type"] in ("ExpertWentOnline", "ExpertWentOffline",
                                  "AdvisorBecameBusy", "AdvisorBecameFree")]


class Presence(PresenceCase):
    # D01, B06
    def test_who_is_online_is_found_as_available_until_offline(self):
        self.assertEqual(self.say(self.anna, "online")["state"], "online")
        self.assertEqual(self.available(), [self.expert(0)])
        self.say(self.ben, "online")
        self.assertEqual(self.available(), [self.expert(0), self.expert(1)])
        self.say(self.anna, "offline")
        self.assertEqual(self.available(), [self.expert(1)])
        self.assertEqual(self.seen()["reason"], "requested")

    # D02
    def test_who_says_busy_is_shown_busy_and_found_by_nobody(self):
        self.say(self.anna, "online")
        self.assertEqual(self.say(self.anna, "busy")["cause"], "self")
        self.assertEqual((self.seen()["state"], self.available()), ("busy", []))
        self.say(self.anna, "online")
        self.assertEqual(self.available(), [self.expert(0)])

    # D02
    def test_an_admin_sets_how_many_conversations_make_an_expert_busy(self):
        admin = self.folder.portal()
        path = f"/api/v1/experts/{self.expert(0)}/capacity"
        self.assertEqual(admin.get(path).json["conversations_max"], 0)
        set_to = admin.request("PUT", path, body={"conversations_max": 1}, key="k")
        self.assertEqual((set_to.status, set_to.json["conversations_max"]), (200, 1), set_to.body)
        again = admin.request("PUT", path, body={"conversations_max": 1}, key="k")
        self.assertTrue(again.replayed)
        wait_until(lambda: admin.get(path).json["conversations_max"] == 1, "the view has it")
        self.assertEqual(self.anna.get("/api/v1/me/presence").json["conversations_max"], 1)
        self.socket(self.anna)
        self.say(self.anna, "online")
        Chat(self).begun("Is five o'clock free?")
        self.assertEqual(self.until("busy")["cause"], "conversations")
        nobody = path.replace(self.expert(0), f"{self.folder.tenant}-exp-{'0' * 32}")
        self.assert_problem(admin.get(nobody), 404, "expert-not-found")
        refused = admin.request("PUT", nobody, body={"conversations_max": 1})
        self.assert_problem(refused, 404, "expert-not-found")
        refused = admin.request("PUT", path, body={"conversations_max": 1001})
        self.assertEqual(refused.status, 400, refused.body)

    # D02
    def test_as_many_conversations_as_an_expert_takes_make_busy_until_one_is_closed(self):
        self.socket(self.anna)
        answer = self.anna.request("PUT", "/api/v1/me/capacity", body={"conversations_max": 1})
        self.assertEqual(answer.status, 200, answer.body)
        self.say(self.anna, "online")
        chat = Chat(self)
        begun = chat.begun("Is five o'clock free?")
        self.assertEqual(self.until("busy")["cause"], "conversations")
        self.assertEqual(self.available(), [])
        chat.close(begun["id"])
        self.until("online")
        self.assertEqual(self.available(), [self.expert(0)])
        wait_until(lambda: self.recorded() == ["ExpertWentOnline", "AdvisorBecameBusy",
                                               "AdvisorBecameFree"], "it is on the record")


class LostSockets(PresenceCase):
    lease_seconds = LEASE_SECONDS

    # D04, CPL24: Ben, who has no socket, shows how long the lease is.
    def test_a_lost_socket_ends_online_with_the_lease_and_an_open_one_holds_it(self):
        live = self.socket(self.anna)
        self.say(self.anna, "online")
        self.say(self.ben, "online")
        self.assertEqual(self.until("offline", which=1)["reason"], "lease")
        self.assertEqual(self.seen()["state"], "online")
        live.close()
        self.assertEqual(self.until("offline")["reason"], "lease")
        self.assertEqual(self.available(), [])
        wait_until(lambda: self.recorded() == ["ExpertWentOnline", "ExpertWentOffline"],
                   "it is on the record")

    # D04
    def test_several_tabs_count_once(self):
        first, second = self.socket(self.anna), self.socket(self.anna)
        self.say(self.anna, "online")
        first.close()
        self.say(self.ben, "online")
        self.until("offline", which=1)
        self.assertEqual(self.seen()["state"], "online")
        second.close()
        self.until("offline")
        wait_until(lambda: self.recorded() == ["ExpertWentOnline", "ExpertWentOffline"],
                   "it is on the record once")


class Deactivated(PresenceCase):
    def deactivate(self, active=False):
        self.change("PUT", f"/api/v1/experts/{self.expert(0)}/profile", {"title": "Gone soon"})
        admin = self.folder.portal()
        answer = admin.request("PUT", f"/api/v1/company/experts/{self.expert(0)}/active",
                               body={"active": active})
        self.assertEqual(answer.status, 200, answer.body)
        self.api.get(f"/api/v1/experts?min_position={answer.json['position']}")

    # A10
    def test_who_was_deactivated_is_found_and_written_to_by_nobody(self):
        chat = Chat(self)
        self.say(self.anna, "online")
        self.deactivate()
        for path in ("/api/v1/experts", "/api/v1/experts?available=true"):
            for api in (self.api, chat.api):
                found = [item["id"] for item in api.get(path).json["items"]]
                self.assertNotIn(self.expert(0), found)
        self.assertNotIn(self.expert(0), [item["expert"] for item in
                                          self.api.get("/api/v1/presence").json["items"]])
        self.assert_problem(chat.begin("Hello"), 422, "expert-unknown")
        self.assertEqual(chat.api.get(ALL).json["items"], [])
        self.deactivate(active=True)
        self.assertEqual(chat.begin("Hello").status, 201)

    # A10
    def test_who_was_deactivated_has_no_inbox(self):
        chat = Chat(self)
        begun = chat.begun()
        wait_until(lambda: self.anna.get("/api/v1/inbox").json["items"], "the inbox")
        self.deactivate()
        again = self.folder.portal(self.folder.demo["experts"][0])
        for portal in (self.anna, again):
            self.assertEqual(portal.get("/api/v1/inbox").status, 403)
            self.assertNotEqual(portal.get(messages_path(begun["id"])).status, 200)
            self.assertNotEqual(portal.post(messages_path(begun["id"]), {"text": "Hi"}).status,
                                201)
            self.assertEqual(portal.request("PUT", "/api/v1/me/presence",
                                            body={"state": "online"}).status, 403)
            self.assertEqual(portal.request(
                "PUT", f"/api/v1/experts/{self.expert(0)}/profile", body={}).status, 403)

    # A10
    def test_an_open_socket_tells_who_was_deactivated_nothing_more(self):
        chat = Chat(self)
        begun = chat.begun("first")
        live = self.socket(self.anna)
        self.assertEqual(live.subscribe("inbox")["op"], "subscribed")
        chat.say(begun["id"], "second")
        while live.until("message")["event"]["text"] != "second":
            pass  # the first may still have been on its way
        self.deactivate()
        with self.assertRaises(Closed):
            chat.say(begun["id"], "third")
            while True:
                self.assertNotEqual(live.receive().get("event", {}).get("text"), "third")


if __name__ == "__main__":
    unittest.main()
