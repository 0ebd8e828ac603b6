"""The program as scripts see it: exit codes, errors in one line, the demo, one server a folder."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import unittest

from support import PROGRAM, Folder, ServerCase, run, wait_until

SUBCOMMANDS = ("serve", "import", "replay", "stats", "bench", "config", "recover")


class CommandLine(unittest.TestCase):
    def assert_usage_error(self, *args):
        done = run(*args)
        self.assertEqual(done.returncode, 2, (args, done.stderr))
        self.assertEqual(done.stdout, b"", args)
        self.assertEqual(len(done.stderr.decode().strip().splitlines()), 1, (args, done.stderr))

    def test_every_subcommand_has_help(self):
        for words in ((), *((name,) for name in SUBCOMMANDS)):
            done = run(*words, "--help")
            self.assertEqual(done.returncode, 0, words)
            self.assertIn(b"sage: parlour", done.stdout, words)
            self.assertEqual(done.stderr, b"", words)

    def test_what_cannot_be_meant_is_a_usage_error_in_one_line(self):
        replay = ("replay", "--data", "d", "--tenant", "0" * 16)
        imported = ("import", "f", "--server", "http://127.0.0.1:1", "--token", "t")
        for args in (
                (), ("nonsense",), ("--nonsense",), ("serve",), ("serve", "--data", ""),
                ("serve", "--data", "d", "--nonsense"), ("serve", "--data", "d", "--listen", "x"),
                ("serve", "--data", "d", "--listen", "127.0.0.1:70000"),
                ("serve", "--data", "d", "extra"), ("serve", "--data", "d", "--keys", "d/keys"),
                ("import",), ("import", "f"), imported[:-2], (*imported, "--concurrency", "0"),
                (*imported, "--concurrency", "257"), (*imported, "--limit", "-1"),
                ("import", "--server", "http://127.0.0.1:1", "--token", "t"),
                ("import", "f", "--server", "ftp://x", "--token", "t"),
                ("import", "f", "--server", "http://x", "--token", "a b"),
                replay[:3], ("replay", "--data", "d", "--tenant", "x"), (*replay, "--from", "x"),
                (*replay, "--since", "yesterday"), (*replay, "--format", "xml"),
                (*replay, "--unseal"), (*replay, "--unseal", "--reason", ""),
                (*replay, "--unseal", "--reason", "  "), (*replay, "--reason", "why"),
                (*replay, "--stream", "x"), (*replay, "--stream", "1" * 16 + "-cnv-" + "0" * 32),
                (*replay, "--tenant", "0" * 16), ("stats",), ("stats", "--data", "d", "--form"),
                ("stats", "--data", "d", "--format", "xml"), ("bench",), ("bench", "nonsense"),
                ("config",), ("config", "print"), ("config", "check", "check"),
                ("config", "check", "--config", "")):
            with self.subTest(args=args):
                self.assert_usage_error(*args)

    def test_a_hostile_argument_is_shown_escaped(self):
        done = run("stats", "--data", "d", "--\x1b[31m\u202e\n")
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(b"\x1b", done.stderr)
        self.assertNotIn("\u202e".encode(), done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1)

    def test_what_is_no_data_folder_is_told_in_one_line(self):
        folder = Folder()
        self.addCleanup(folder.close)
        for args in (("stats",), ("replay", "--tenant", "0" * 16)):
            done = run(*args, "--data", folder.data)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertFalse(folder.data.exists())

    def test_the_demo_is_refused_on_an_address_others_can_reach(self):
        folder = Folder()
        self.addCleanup(folder.close)
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            done = run("serve", "--data", folder.data, "--listen", address, "--demo")
            self.assertIn(done.returncode, (1, 2))
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(folder.data.exists())


class Configuration(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.file = self.folder.top / "parlour.toml"

    def check(self, text):
        self.file.write_text(text)
        return run("config", "check", "--config", self.file)

    def values(self, output):
        lines = [line for line in output.decode().splitlines() if not line.startswith("# ")]
        return dict(line.split(" #")[0].strip().split(" = ") for line in lines)

    def test_the_check_prints_what_is_in_force_as_a_file_that_says_the_same(self):
        done = self.check('listen = "127.0.0.1:0"\n[limits]\nidle_timeout_s = 7\n')
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        values = self.values(done.stdout)
        self.assertEqual(values["listen"], '"127.0.0.1:0"')
        self.assertEqual(values["limits.idle_timeout_s"], "7")
        self.assertEqual(values["registration"], '"closed"')
        self.assertIn(b"default: 60", done.stdout)
        again = self.check(done.stdout.decode())
        self.assertEqual((again.returncode, again.stdout), (0, done.stdout))
        defaults = run("config", "check")
        self.assertEqual(defaults.returncode, 0)
        self.assertEqual(self.values(defaults.stdout)["listen"], '"127.0.0.1:8080"')

    def test_every_fault_is_told_with_its_line_and_no_server_starts_with_one(self):
        (self.folder.top / "open").write_text("secret\n")
        (self.folder.top / "open").chmod(0o644)
        text = (f'data = "{self.folder.data}"\nlisen = "x"\n[smtp]\nurl = "smtp://u:canary@h"\n'
                f'user = "u"\npassword_file = "{self.folder.top}/open"\n[tls]\ncert = "/nowhere"\n')
        done = self.check(text)
        self.assertEqual(done.returncode, 1)
        lines = done.stderr.decode().splitlines()
        self.assertEqual([line.split(": ")[1].removeprefix(f"{self.file}:") for line in lines],
                         ["2", "4", "8", "4", "8", "6"], lines)
        self.assertNotIn(b"canary", done.stdout + done.stderr)
        served = run("serve", "--config", self.file)
        self.assertEqual(served.returncode, 1)
        self.assertEqual(served.stdout, b"")
        self.assertEqual(served.stderr.decode().splitlines(),
                         [line.replace("config:", "serve:", 1) for line in lines[:4]])
        self.assertFalse(self.folder.data.exists())

    def test_a_server_goes_by_its_file_and_the_command_line_wins(self):
        self.file.write_text('data = "/nowhere"\nlisten = "192.0.2.1:1"\n'
                             "[limits]\nbody_bytes_max = 1024\n")
        self.folder.start("--config", str(self.file))
        api = self.folder.api()
        opened = api.open()
        self.assertEqual(api.send(opened["id"], "x" * 900).status, 201)
        self.assertEqual(api.send(opened["id"], "x" * 1100).status, 413)

    def test_a_file_without_a_data_folder_or_with_keys_inside_it_is_refused(self):
        for text in ("", f'data = "{self.folder.data}"\nkeys = "{self.folder.data}/keys"\n'):
            self.file.write_text(text)
            done = run("serve", "--config", self.file)
            self.assertEqual((done.returncode, done.stdout), (1, b""))
            self.assertEqual(len(done.stderr.splitlines()), 1)
            self.assertIn(str(self.file).encode(), done.stderr)


class Demo(ServerCase):
    def test_the_demo_file_is_private_complete_and_the_same_after_a_restart(self):
        file = self.folder.data / "demo.json"
        first = self.folder.demo
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.assertEqual(set(first),
                         {"url", "tenant", "admin", "experts", "widget_key", "api_token"})
        self.assertEqual(first["url"].rstrip("/"), self.folder.url)
        self.assertEqual(set(first["admin"]), {"email", "password"})
        self.assertEqual([set(expert) for expert in first["experts"]],
                         [{"id", "name", "email", "password"}] * 3)
        before = self.folder.stats()["commits"]
        file.write_text("broken")
        self.assertEqual(self.folder.stop(), 0)
        self.folder.start()
        self.assertEqual(self.folder.demo, first)
        self.assertEqual(stat.S_IMODE(os.stat(file).st_mode), 0o600)
        self.assertEqual(self.folder.stats()["commits"], before)

    def test_another_folder_has_other_secrets(self):
        other = Folder()
        self.addCleanup(other.close)
        other.start()
        for secret in ("tenant", "widget_key", "api_token"):
            self.assertNotEqual(other.demo[secret], self.folder.demo[secret])
        self.assertEqual(other.api(token=self.folder.demo["api_token"])
                         .post("/api/v1/conversations", {"visitor": {"name": "A"}}).status, 401)

    def test_a_folder_serves_without_the_demo_option_later(self):
        conversation = self.api.open()["id"]
        self.api.send(conversation, "kept")
        self.folder.stop()
        self.folder.start(demo=False)
        self.assertEqual(self.folder.api().texts(conversation), ["kept"])

    def test_the_server_ends_in_order_when_asked(self):
        self.api.open()
        self.assertEqual(self.folder.stop(), 0)

    def unfinished(self):
        """A connection with half a request, which the server waits for a while."""
        half = socket.create_connection(("127.0.0.1", self.folder.port))
        self.addCleanup(half.close)
        half.sendall(b"POST /api/v1/sessions HTTP/1.1\r\nHost: parlour\r\n"
                     b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        self.api.get("/health")  # taken in after it

    def test_what_is_under_way_is_waited_for_and_cut_off_in_the_end(self):
        self.unfinished()
        self.assertEqual(self.folder.stop(), 0)

    def test_who_asks_a_second_time_gets_the_end_at_once(self):
        self.unfinished()
        self.folder.server.send_signal(signal.SIGTERM)
        wait_until(lambda: not self.listens(), "it takes nobody any more")
        code = self.folder.server.poll()
        while code is None:
            self.folder.server.send_signal(signal.SIGTERM)
            code = self.folder.server.poll()
        self.assertEqual(code, -signal.SIGTERM)

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.folder.port)).close()
        except OSError:
            return False
        return True


class OneFolderOneServer(ServerCase):
    def serve_again(self, *args):
        return run("serve", "--data", self.folder.data, "--listen", "127.0.0.1:0", *args)

    def test_a_second_server_on_the_folder_refuses(self):
        done = self.serve_again("--demo")
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(done.stderr)
        self.assertNotIn(b"listening", done.stdout)
        conversation = self.api.open()["id"]
        self.assertEqual(self.api.send(conversation, "still here").status, 201)
        self.assertEqual(self.api.texts(conversation), ["still here"])

    def test_a_missing_master_key_is_an_error_and_none_is_made(self):
        self.folder.stop()
        kept = self.folder.top / "kept"
        self.folder.master.rename(kept)
        done = self.serve_again("--demo")
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(done.stderr)
        self.assertFalse(self.folder.master.exists())
        kept.rename(self.folder.master)
        self.folder.start()

    def test_another_master_key_is_refused(self):
        self.folder.stop()
        self.folder.master.write_bytes(bytes(range(32)))
        done = self.serve_again("--demo")
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(done.stderr)

    def test_missing_keys_are_an_error(self):
        self.folder.stop()
        shutil.rmtree(self.folder.keys)
        done = self.serve_again("--demo")
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(done.stderr)

    def test_a_folder_with_other_things_in_it_is_refused(self):
        other = self.folder.top / "other"
        other.mkdir()
        (other / "letter.txt").write_text("dear")
        done = run("serve", "--data", other, "--listen", "127.0.0.1:0")
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(done.stderr)
        self.assertEqual([path.name for path in other.iterdir()], ["letter.txt"])

    def test_keys_and_master_key_can_lie_elsewhere(self):
        self.folder.stop()
        keys, master = self.folder.top / "k" / "keys", self.folder.top / "k" / "master"
        keys.parent.mkdir()
        self.folder.keys.rename(keys)
        self.folder.master.rename(master)
        self.folder.start("--keys", str(keys), "--master-key", str(master))
        conversation = self.folder.api().open()["id"]
        self.folder.api().send(conversation, "hello")
        events = self.folder.replay("--keys", keys, "--master-key", master,
                                    "--stream", conversation)
        self.assertEqual(events[-1]["fields"]["text"], "hello")

    def test_a_data_folder_may_be_named_with_a_slash_behind_it(self):
        self.assertEqual(run("stats", "--data", f"{self.folder.data}/").returncode, 0)
        words = [PROGRAM, "replay", "--data", "data/", "--tenant", self.folder.tenant, "--format",
                 "json", "--unseal", "--reason", "test"]
        done = subprocess.run(words, cwd=self.folder.top, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [json.loads(line)["fields"].get("name") for line in done.stdout.splitlines()]
        self.assertIn(self.folder.demo["experts"][0]["name"], names)


if __name__ == "__main__":
    unittest.main()
