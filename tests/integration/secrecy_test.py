"""Personal data is in clear nowhere but in demo.json, and nothing can be read without the keys."""

import secrets
import shutil
import socket
import unittest

from support import ServerCase, conversations_of, messages_path, run


class Secrecy(ServerCase):
    def plant(self):
        """Words that occur nowhere else, in every place where a person's words can come in."""
        words = {kind: f"canary{secrets.token_hex(8)}{kind}" for kind in
                 ("name", "mail", "text", "key", "path", "header", "body", "query", "reason")}
        for i in range(30):
            conversation = self.api.open(name=f"Ann {words['name']}",
                                         email=f"{words['mail']}@example.org",
                                         key=f"{words['key']}-{i}")["id"]
            for j in range(10):
                self.api.send(conversation, f"{words['text']} {'x' * j * 100}",
                              key=f"{words['key']}-{i}-{j}")
        self.api.get(f"/{words['path']}")
        self.api.get(f"{messages_path(conversation)}?{words['query']}={words['query']}&limit=x")
        self.api.post("/api/v1/conversations", f'{{"visitor":"{words["body"]}"'.encode())
        self.api.request("GET", "/", headers={"X-Word": words["header"], "Host": words["header"]})
        self.send_raw(f"GET /{words['path']} HTTP/1.1\r\nBad Header {words['header']}\r\n\r\n")
        self.send_raw(f"{words['body']} \x1b[31m\r\n\r\n")
        self.folder.replay("--unseal", "--reason", words["reason"], unseal=False)
        return words

    def send_raw(self, text):
        with socket.create_connection(("127.0.0.1", self.folder.port), timeout=20) as connection:
            connection.sendall(text.encode())
            while connection.recv(4096):
                pass

    def files(self):
        found = [path for top in (self.folder.data, self.folder.keys) for path in top.rglob("*")
                 if path.is_file()]
        return [path for path in found if path != self.folder.data / "demo.json"]

    def assert_nowhere(self, words):
        for path in [*self.files(), *self.folder.logs, self.folder.master]:
            content = path.read_bytes()
            for word in words:
                for form in (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode()):
                    self.assertNotIn(form, content, f"in {path.relative_to(self.folder.top)}")

    # Scans the files as they are written and, after restarts, as sorted tables; what a table packs
    # shows in the sealed replay.
    def test_planted_words_are_in_no_file_and_no_output(self):
        words = list(self.plant().values())
        demo = self.folder.demo
        # Not the widget's key: it stands in every page that shows the widget.
        words += [demo["api_token"], demo["admin"]["password"], demo["admin"]["email"]]
        for expert in demo["experts"]:
            words += [expert["name"], expert["email"], expert["password"]]
        self.assert_nowhere(words)
        for _ in range(2):
            self.folder.kill()
            self.folder.start()
        self.folder.stop()
        self.assertTrue(any(path.suffix == ".sst" for path in self.files()))
        self.assert_nowhere(words)
        for form in ("json", "text"):
            sealed = run("replay", "--data", self.folder.data, "--tenant", demo["tenant"],
                         "--format", form)
            self.assertEqual(sealed.returncode, 0)
            for word in words:
                self.assertNotIn(word.encode(), sealed.stdout)
        self.assertIn(words[0], str(self.folder.replay()))

    def test_a_copy_without_the_keys_cannot_be_read(self):
        conversation = self.api.open(name="Ann Canary")["id"]
        self.api.send(conversation, "canary text")
        tenant = self.folder.tenant
        self.folder.stop()
        copy = self.folder.top / "copy"
        shutil.copytree(self.folder.data, copy)
        (copy / "demo.json").unlink()

        served = run("serve", "--data", copy, "--listen", "127.0.0.1:0", "--demo")
        self.assertEqual(served.returncode, 1)
        self.assert_one_line(served.stderr)
        unsealed = run("replay", "--data", copy, "--tenant", tenant, "--unseal", "--reason", "test")
        self.assertEqual((unsealed.returncode, unsealed.stdout), (1, b""))
        self.assert_one_line(unsealed.stderr)
        plain = run("replay", "--data", copy, "--tenant", tenant)
        self.assertEqual(plain.returncode, 0)
        self.assertNotIn(b"canary", plain.stdout.lower())
        self.assertIn(b"text=sealed", plain.stdout)
        self.assertFalse((self.folder.top / "copy.master").exists())
        self.assertFalse((self.folder.top / "copy.keys").exists())

    def test_the_keys_of_another_folder_do_not_open_a_copy(self):
        self.api.send(self.api.open()["id"], "secret text")
        self.folder.stop()
        other = type(self.folder)()
        self.addCleanup(other.close)
        other.start().stop()
        for args in (("serve", "--listen", "127.0.0.1:0"),
                     ("replay", "--tenant", self.folder.tenant, "--unseal", "--reason", "test")):
            done = run(*args, "--data", self.folder.data, "--keys", other.keys,
                       "--master-key", other.master)
            self.assertEqual(done.returncode, 1, args)
            self.assert_one_line(done.stderr)
            self.assertEqual(done.stdout, b"")

    def test_every_text_can_be_read_with_the_keys(self):
        sent = {self.api.open()["id"]: [] for _ in range(5)}
        for conversation, messages in sent.items():
            for i in range(20):
                self.api.send(conversation, f"text {i}")
                messages.append(("visitor", f"text {i}"))
        self.folder.kill()
        self.folder.start()
        self.assertEqual(conversations_of(self.folder.replay()), sent)


if __name__ == "__main__":
    unittest.main()
