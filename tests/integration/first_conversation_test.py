"""A conversation through the public API: open, send, read back, page by page."""

import unittest

from support import ServerCase, messages_path


class FirstConversation(ServerCase):
    # E01
    def test_what_was_sent_is_read_back(self):
        opened = self.api.open(name="Ada Example", email="ada@example.org")
        sent = [("visitor", "Is 5 o'clock free? ☕"), ("expert", "Yes."), ("visitor", " ok\n")]
        for author, text in sent:
            answer = self.api.send(opened["id"], text, author=author)
            self.assertEqual(answer.status, 201)
            self.assertFalse(answer.replayed)
            page = self.api.get(f"{messages_path(opened['id'])}"
                                f"?min_position={answer.json['position']}")
            self.assertEqual(page.json["items"][-1]["text"], text)
            self.assertEqual(page.json["items"][-1]["id"], answer.json["id"])
        items = self.api.messages(opened["id"])
        self.assertEqual([(item["author"], item["text"]) for item in items], sent)

    def test_positions_grow_by_one_from_commit_to_commit(self):
        opened = self.api.open()
        positions = [self.api.send(opened["id"], str(i)).json["position"] for i in range(5)]
        self.assertEqual(positions, [opened["position"] + 1 + i for i in range(5)])

    # E14
    def test_pages_follow_each_other_oldest_first(self):
        opened = self.api.open()
        texts = [f"message {i}" for i in range(230)]
        for text in texts:
            last = self.api.send(opened["id"], text)
        path = messages_path(opened["id"])
        pages = []
        page = self.api.get(f"{path}?limit=100&min_position={last.json['position']}").json
        while True:
            pages.append([item["text"] for item in page["items"]])
            if "next" not in page:
                break
            page = self.api.get(page["next"]).json
        self.assertEqual([len(page) for page in pages], [100, 100, 30])
        self.assertEqual(sum(pages, []), texts)
        self.assertEqual(len(self.api.get(path).json["items"]), 50)

    def test_a_page_that_ends_the_conversation_has_no_next(self):
        opened = self.api.open()
        for i in range(4):
            last = self.api.send(opened["id"], str(i))
        page = self.api.get(f"{messages_path(opened['id'])}?limit=2"
                            f"&min_position={last.json['position']}").json
        page = self.api.get(page["next"]).json
        self.assertEqual([item["text"] for item in page["items"]], ["2", "3"])
        self.assertNotIn("next", page)

    def test_a_conversation_without_messages_is_an_empty_page(self):
        opened = self.api.open()
        page = self.api.get(f"{messages_path(opened['id'])}?min_position={opened['position']}")
        self.assertEqual(page.json, {"items": [], "state": "open", "position": opened["position"],
                                     "read": {"visitor": 0, "expert": 0}})

    def test_limits_beyond_their_bounds_are_refused(self):
        opened = self.api.open()
        path = messages_path(opened["id"])
        for limit in ("0", "201", "-1", "x", "1.5", ""):
            self.assert_problem(self.api.get(f"{path}?limit={limit}"), 400)
        for limit in ("1", "200"):
            answer = self.api.get(f"{path}?limit={limit}&min_position={opened['position']}")
            self.assertEqual(answer.status, 200)

    def test_the_expert_can_be_chosen_and_must_be_the_companys(self):
        expert = self.folder.demo["experts"][2]["id"]
        self.assertEqual(self.api.open(expert=expert)["expert"], expert)
        first = self.folder.demo["experts"][0]["id"]
        self.assertEqual(self.api.open()["expert"], first)
        unknown = expert[:-1] + ("0" if expert[-1] != "0" else "1")
        for wrong in (unknown, "nobody", self.folder.tenant):
            answer = self.api.post("/api/v1/conversations",
                                   {"visitor": {"name": "Ada"}, "expert": wrong}, key="k" + wrong)
            self.assert_problem(answer, 422)

    # A13
    def test_opening_a_page_and_reading_leave_no_event(self):
        opened = self.api.open()
        self.api.send(opened["id"], "hello")
        before = self.folder.stats()
        for _ in range(20):
            self.api.get(messages_path(opened["id"]))
            self.api.get("/")
            self.api.get("/api/v1/conversations/nothing/messages")
        after = self.folder.stats()
        for count in ("tenants", "streams", "commits", "events"):
            self.assertEqual(after[count], before[count])

    def test_without_a_valid_token_nothing_opens(self):
        opened = self.api.open()
        good = self.folder.demo["api_token"]
        for token in ("", "x", good[:-1], good + "0", good.upper()):
            api = self.folder.api(token=token)
            self.assert_problem(api.get(messages_path(opened["id"])), 401)
            self.assert_problem(api.post("/api/v1/conversations", {"visitor": {"name": "A"}}), 401)

    def test_a_body_that_is_not_what_the_route_takes_is_refused(self):
        before = self.folder.stats()["commits"]
        for body in (b"", b"{", b"[]", b"{}", b'{"visitor":{}}', b'{"visitor":{"name":""}}',
                     b'{"visitor":{"name":7}}', b'{"visitor":{"name":"A","email":"nonsense"}}'):
            answer = self.api.post("/api/v1/conversations", body, key="bad")
            self.assertIn(answer.status, (400, 422), body)
            self.assert_problem(answer, answer.status)
        self.assertEqual(self.folder.stats()["commits"], before)

    def test_a_conversation_that_is_none_is_not_found(self):
        known = self.api.open()["id"]
        for wrong in (known[:-1] + ("0" if known[-1] != "0" else "1"), "x", known + "0"):
            self.assert_problem(self.api.get(messages_path(wrong)), 404)
            self.assert_problem(self.api.send(wrong, "hello"), 404)


if __name__ == "__main__":
    unittest.main()
