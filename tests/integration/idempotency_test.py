"""The same request again: the same answer, no new event."""

import concurrent.futures
import unittest

from support import ServerCase, messages_path


class Idempotency(ServerCase):
    def test_a_repeated_message_gets_the_same_answer_and_is_there_once(self):
        opened = self.api.open()
        first = self.api.send(opened["id"], "once", key="a key")
        before = self.folder.stats()["commits"]
        again = self.api.send(opened["id"], "once", key="a key")
        self.assertEqual((first.status, first.json), (again.status, again.json))
        self.assertFalse(first.replayed)
        self.assertTrue(again.replayed)
        self.assertEqual(self.folder.stats()["commits"], before)
        self.assertEqual(self.api.texts(opened["id"]), ["once"])

    def test_a_repeated_opening_gets_the_same_conversation(self):
        body = {"visitor": {"name": "Ada", "email": "ada@example.org"}}
        first = self.api.post("/api/v1/conversations", body, key="open")
        before = self.folder.stats()["commits"]
        again = self.api.post("/api/v1/conversations", body, key="open")
        self.assertEqual((first.status, first.json), (again.status, again.json))
        self.assertFalse(first.replayed)
        self.assertTrue(again.replayed)
        self.assertEqual(self.folder.stats()["commits"], before)

    def test_the_answer_is_the_same_after_a_restart_and_after_later_messages(self):
        opened = self.api.open(key="open")
        first = self.api.send(opened["id"], "once", key="m")
        for i in range(5):
            self.api.send(opened["id"], str(i))
        self.folder.kill()
        self.folder.start()
        api = self.folder.api()
        again = api.send(opened["id"], "once", key="m")
        self.assertEqual((first.status, first.json), (again.status, again.json))
        self.assertTrue(again.replayed)
        self.assertEqual(api.open(key="open"), opened)

    def test_the_same_key_with_another_body_is_refused(self):
        opened = self.api.open(name="Ada", key="open")
        self.api.send(opened["id"], "one", key="m")
        before = self.folder.stats()["commits"]
        self.assert_problem(self.api.send(opened["id"], "two", key="m"), 422)
        self.assert_problem(self.api.send(opened["id"], "one", author="expert", key="m"), 422)
        self.assert_problem(
            self.api.post("/api/v1/conversations", {"visitor": {"name": "Bob"}}, key="open"), 422)
        self.assertEqual(self.folder.stats()["commits"], before)

    def test_a_key_counts_for_its_own_conversation_only(self):
        conversations = [self.api.open()["id"] for _ in range(2)]
        for conversation in conversations:
            self.assertFalse(self.api.send(conversation, conversation, key="same").replayed)
        for conversation in conversations:
            self.assertEqual(self.api.texts(conversation), [conversation])

    def test_equal_requests_at_the_same_time_are_one(self):
        opened = self.api.open()

        def send(_):
            return self.folder.api().send(opened["id"], "once", key="race")

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(send, range(16)))
        self.assertEqual({answer.status for answer in answers}, {201})
        self.assertEqual(len({answer.body for answer in answers}), 1)
        self.assertEqual(sum(not answer.replayed for answer in answers), 1)
        self.api.position = answers[0].json["position"]  # the others asked; this one reads
        self.assertEqual(self.api.texts(opened["id"]), ["once"])

    def test_keys_that_are_none_are_refused(self):
        path = messages_path(self.api.open()["id"])
        before = self.folder.stats()["commits"]
        for key in ("x" * 256, "grüß".encode("latin-1")):
            answer = self.api.post(path, {"author": "visitor", "text": "t"}, key=key)
            self.assertEqual(answer.status, 400)
        self.assertEqual(self.folder.stats()["commits"], before)


if __name__ == "__main__":
    unittest.main()
