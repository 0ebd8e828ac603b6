"""kill -9 of the server during an import: nothing acknowledged is lost, nothing is there twice.

PARLOUR_TEST_KILLS says how often (default 10).
"""

import collections
import os
import random
import subprocess
import threading
import unittest

from support import (DEADLINE_SECONDS, SMALL, ServerCase, conversations_of, made_up_line,
                     messages_of_line, messages_path, wait_until)
from websocket import Closed, Live

KILLS = int(os.environ.get("PARLOUR_TEST_KILLS") or os.environ.get("PARLOUR_KILLS") or
            (3 if SMALL else 10))
WRITERS = 4


class Writer(threading.Thread):
    """Sends numbered messages to one conversation, each until it is acknowledged; keeps count."""

    def __init__(self, folder, number):
        super().__init__(daemon=True)
        self.folder = folder
        self.conversation = folder.api().open(key=f"writer {number}")["id"]
        self.acknowledged = []  # (id, text, position), in order
        self.page = None        # the last page that was checked, and its first message's number
        self.page_starts_at = 0
        self.running = True

    def run(self):
        api = self.folder.api()
        while self.running:
            text = f"message {len(self.acknowledged)} ☕"
            try:
                answer = api.send(self.conversation, text, key=text.encode("ascii", "ignore"))
            except OSError:
                threading.Event().wait(0.02)
                continue
            if answer.status == 201:
                self.acknowledged.append((answer.json["id"], text, answer.json["position"]))


class Follower(threading.Thread):
    """Follows one conversation live, from where it was, through every loss of the socket."""

    def __init__(self, folder, conversation):
        super().__init__(daemon=True)
        self.folder = folder
        self.topic = f"conversation:{conversation}"
        self.heard = []  # (id, text, position), in order
        self.sockets = 0
        self.running = True

    def run(self):
        last = 0
        while self.running:
            try:
                live = Live(self.folder.api(), self.folder.url)
            except (OSError, AssertionError, KeyError, ValueError, Closed):
                threading.Event().wait(0.02)
                continue
            self.sockets += 1
            try:
                live.subscribe(self.topic, last)
                while self.running:
                    frame = live.receive()
                    last = frame["position"]
                    if frame["event"]["type"] == "message":
                        self.heard.append((frame["event"]["id"], frame["event"]["text"], last))
            except (OSError, Closed):
                pass
            finally:
                live.close()


class Kill(ServerCase):
    def setUp(self):
        super().setUp()
        self.seed = random.randrange(1 << 32)
        self.random = random.Random(self.seed)
        self.lines = []
        self.importer = None

    def write_file(self):
        """One more file of conversations, which outlasts a few kills."""
        lines = [made_up_line(f"c{len(self.lines) + i}", self.random.randrange(5, 40), seed=i)
                 for i in range(60 if SMALL else 300)]
        self.lines += lines
        file = self.folder.top / f"{len(self.lines)}.ndjson"
        file.write_text("\n".join(lines) + "\n")
        return file

    def keep_importing(self):
        if self.importer is not None:
            if self.importer.poll() is None:
                return
            self.assertEqual(self.importer.returncode, 0)
        self.importer = subprocess.Popen(self.folder.import_command(self.write_file()),
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(self.importer.kill)

    def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(self):
        with self.subTest(seed=self.seed):
            writers = [Writer(self.folder, i) for i in range(WRITERS)]
            followers = [Follower(self.folder, writer.conversation) for writer in writers]
            for thread in writers + followers:
                thread.start()
            for _ in range(KILLS):
                self.keep_importing()
                self.kill_in_the_middle(writers)
                self.folder.start()
                self.check_views(writers)
            self.importer.wait(timeout=DEADLINE_SECONDS)
            self.assertEqual(self.importer.returncode, 0)
            for writer in writers:
                writer.running = False
            for writer in writers:
                writer.join(timeout=DEADLINE_SECONDS)
            self.check_followers(writers, followers)
            self.check_history(writers)
            print(f"figure: {KILLS} kills under {WRITERS} writers, their followers and an import; "
                  f"{sum(len(writer.acknowledged) for writer in writers)} messages acknowledged, "
                  f"{sum(follower.sockets for follower in followers)} live sockets; none lost, "
                  "none twice", flush=True)

    def kill_in_the_middle(self, writers):
        def acknowledged():
            return sum(len(writer.acknowledged) for writer in writers)

        goal = acknowledged() + self.random.randrange(1, 60)
        wait_until(lambda: acknowledged() >= goal, "messages are acknowledged")
        threading.Event().wait(self.random.random() * 0.02)
        self.folder.kill()

    def check_views(self, writers):
        """The newest page of each conversation; check_history() reads the others again."""
        api = self.folder.api()
        for writer in writers:
            acknowledged = list(writer.acknowledged)
            position = acknowledged[-1][2] if acknowledged else 0
            while True:
                path = writer.page or f"{messages_path(writer.conversation)}?limit=200"
                answer = api.get(f"{path}&min_position={position}")
                self.assertEqual(answer.status, 200)
                found = [(item["id"], item["text"], item["position"])
                         for item in answer.json["items"]]
                expected = acknowledged[writer.page_starts_at:][:len(found)]
                self.assertEqual(found[:len(expected)], expected)
                if "next" not in answer.json:
                    break
                writer.page = answer.json["next"]
                writer.page_starts_at += len(found)
            self.assertGreaterEqual(writer.page_starts_at + len(found), len(acknowledged))

    def check_followers(self, writers, followers):
        """What was heard live is the conversation: in order, without a hole, nothing twice."""
        for writer, follower in zip(writers, followers):
            wait_until(lambda follower=follower, writer=writer:
                       len(follower.heard) >= len(writer.acknowledged), "everything is heard live")
            follower.running = False
            self.assertEqual(follower.heard[:len(writer.acknowledged)], writer.acknowledged)
            self.assertGreater(follower.sockets, 1)

    def check_history(self, writers):
        """View and replay hold every file's messages and every writer's, in order, once."""
        self.folder.kill()
        self.folder.start()
        api = self.folder.api()
        stored = conversations_of(self.folder.replay())
        for writer in writers:
            texts = [text for _, text in stored.pop(writer.conversation)]
            self.assertEqual(texts, [f"message {i} ☕" for i in range(len(texts))])
            self.assertIn(len(texts) - len(writer.acknowledged), (0, 1))
            self.assertEqual(api.texts(writer.conversation), texts)
        self.assertEqual(collections.Counter(tuple(found) for found in stored.values()),
                         collections.Counter(messages_of_line(line) for line in self.lines))
        for conversation, found in stored.items():
            items = api.messages(conversation)
            self.assertEqual([(item["author"], item["text"]) for item in items], found)


if __name__ == "__main__":
    unittest.main()
