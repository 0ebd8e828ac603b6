"""A mail server for a test: what the program sends, as it arrives."""

import json
import pathlib
import re
import subprocess

from support import TOP, wait_until


class MailCatcher:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.process = subprocess.Popen(
            ["/usr/bin/python3", TOP / "tests/support/smtp_catcher.py", self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().rsplit(b":", 1)[1])
        self.seen = 0

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    @property
    def config(self):
        return (f'[smtp]\nurl = "smtp://127.0.0.1:{self.port}"\ntls = "off"\n'
                'from = "parlour@demo.example"\n')

    def mails(self):
        return [json.loads(file.read_bytes()) for file in sorted(self.folder.glob("*.json"))]

    def tell(self, command):
        """What happens at a stage of the next mails; smtp_catcher.py has the words."""
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != b"ok\n":
            raise AssertionError(f"the mail server did not take {command!r}")

    def next(self):
        """The next mail, once it is there."""
        found = wait_until(lambda: self.mails()[self.seen:], "a mail arrives")[0]
        self.seen += 1
        return found

    def token(self, what):
        """The token of the link in the next mail."""
        text = self.next()["text"]
        return re.search(f"#{what}=([0-9a-z-]+)", text).group(1)
