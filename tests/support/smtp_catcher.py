#!/usr/bin/python3
"""A mail server that keeps what it is sent, for tests: an SMTP server on a free loopback port.

usage: /usr/bin/python3 smtp_catcher.py FOLDER [--tls starttls|smtps] [--auth USER PASSWORD]

It needs Debian's python3-aiosmtpd (so Debian's interpreter) and, with --tls, openssl.
- The first line on standard output is `listening on 127.0.0.1:PORT`.
- Each mail becomes FOLDER/0001.eml, 0002.eml ... (its bytes as they came, dots undone) and, after
  it, 0001.json: {"from", "to", "connection", "hello", "tls", "user", "headers", "text", "html",
  "defects"}, the latter four as Python's email parser reads them, with LF as line ends. The .json
  appears only when whole, so wait for it. Connections are counted from 1.
- With --tls the certificate of 127.0.0.1 and localhost is FOLDER/ca.pem, its own authority.
- With --auth a log-in is required, over TLS only where there is TLS.
- A line `STAGE ACTION [TIMES]` on standard input is answered with the line `ok`. STAGE is connect,
  ehlo, auth, mail, rcpt, data (the command), end (of the message) or quit. The next TIMES times
  (default 1) the stage is reached, the ACTION happens: a reply code from 400 to 599, `drop` (the
  connection is cut), `hang` (no reply ever), or `slow` (the usual reply after half a second). A
  refusal's text repeats the addresses, as real servers' do. `end drop-after` and `end
  hang-after` keep the mail, and cut the connection or are silent instead of saying so.
- It ends when its standard input is closed.
"""

import argparse
import asyncio
import collections
import email
import email.policy
import json
import logging
import pathlib
import ssl
import subprocess
import sys
import threading
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

SLOW_SECONDS = 0.5


class Script:
    """What was told to happen, stage by stage."""

    def __init__(self):
        self.lock = threading.Lock()
        self.actions = collections.defaultdict(collections.deque)

    def add(self, line):
        words = line.split()
        with self.lock:
            times = int(words[2]) if len(words) > 2 else 1
            self.actions[words[0]].extend([words[1]] * times)

    def next(self, stage):
        with self.lock:
            waiting = self.actions[stage]
            return waiting.popleft() if waiting else None


class Catcher:
    """The hooks of aiosmtpd; each gives the reply."""

    def __init__(self, folder, script):
        self.folder = folder
        self.script = script
        self.caught = 0

    async def act(self, server, envelope, stage):
        """The reply that was told for this stage; None: the usual one."""
        action = self.script.next(stage)
        if action is None:
            return None
        if action == "slow":
            await asyncio.sleep(SLOW_SECONDS)
            return None
        if action.startswith("hang"):
            await asyncio.get_running_loop().create_future()
        if action.startswith("drop"):
            server.transport.abort()
            return "421 gone"
        addresses = " ".join([str(envelope.mail_from), *envelope.rcpt_tos])
        return f"{action} refused: {addresses}"

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        told = await self.act(server, envelope, "ehlo")
        return [told] if told else responses

    async def handle_MAIL(self, server, session, envelope, address, options):
        told = await self.act(server, envelope, "mail")
        if told:
            return told
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        told = await self.act(server, envelope, "rcpt")
        if told:
            return told.replace("None", address)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        action = self.script.actions["end"][0] if self.script.actions["end"] else None
        if action in ("drop-after", "hang-after"):
            self.keep(server, session, envelope)
        told = await self.act(server, envelope, "end")
        if told:
            return told
        self.keep(server, session, envelope)
        return "250 OK"

    def keep(self, server, session, envelope):
        self.caught += 1
        name = f"{self.caught:04}"
        message = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        parts = [part for part in message.walk() if not part.is_multipart()]
        texts = {part.get_content_subtype(): part.get_content().replace("\r\n", "\n")
                 for part in parts}
        defects = [str(defect) for part in message.walk() for defect in part.defects]
        defects += [str(defect) for value in message.values()
                    for defect in getattr(value, "defects", [])]
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "connection": server.connection_number,
            "hello": session.host_name,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "user": session.auth_data.decode() if session.auth_data else None,
            "headers": {key.lower(): str(value) for key, value in message.items()},
            "text": texts.get("plain"),
            "html": texts.get("html"),
            "defects": defects,
        }
        (self.folder / f"{name}.eml").write_bytes(envelope.original_content)
        draft = self.folder / f"{name}.draft"
        draft.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        draft.rename(self.folder / f"{name}.json")


class Server(SMTP):
    """aiosmtpd's server with the stages it has no hook for."""

    async def _handle_client(self):
        action = self.event_handler.script.next("connect")
        if action == "hang":
            await asyncio.get_running_loop().create_future()
        elif action == "drop":
            self.transport.abort()
        elif action == "slow":
            await asyncio.sleep(SLOW_SECONDS)
            await super()._handle_client()
        elif action is not None:
            await self.push(f"{action} no service here")
            self.transport.close()
        else:
            await super()._handle_client()

    async def told(self, stage):
        told = await self.event_handler.act(self, self.envelope, stage)
        if told:
            await self.push(told)
        return told

    async def smtp_AUTH(self, arg):
        if not await self.told("auth"):
            await super().smtp_AUTH(arg)

    async def smtp_DATA(self, arg):
        if not await self.told("data"):
            await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg):
        if not await self.told("quit"):
            await super().smtp_QUIT(arg)


def certificate(folder):
    key, cert = folder / "key.pem", folder / "ca.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(cert),
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def protocol_factory(loop, catcher, options, context):
    count = 0

    def authenticate(server, session, envelope, mechanism, data):
        name, password = data.login.decode(), data.password.decode()
        if [name, password] != options.auth:
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=data.login)

    def make():
        nonlocal count
        count += 1
        more = {}
        if options.tls == "starttls":
            more = {"tls_context": context, "require_starttls": False}
        if options.auth:
            # With TLS from the start there is no STARTTLS for aiosmtpd to insist on.
            more |= {"authenticator": authenticate, "auth_required": True,
                     "auth_require_tls": options.tls == "starttls"}
        server = Server(catcher, loop=loop, hostname="catcher.example", **more)
        server.connection_number = count
        return server

    return make


async def serve(options, script):
    loop = asyncio.get_running_loop()
    context = certificate(options.folder) if options.tls else None
    catcher = Catcher(options.folder, script)
    make = protocol_factory(loop, catcher, options, context)
    server = await loop.create_server(
        make, "127.0.0.1", 0, ssl=context if options.tls == "smtps" else None)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    closed = loop.create_future()

    def read_commands():
        for line in sys.stdin:
            script.add(line)
            print("ok", flush=True)
        loop.call_soon_threadsafe(closed.set_result, None)

    threading.Thread(target=read_commands, daemon=True).start()
    await closed
    server.close()


def main():
    # What is refused and cut here is meant to be.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tls", choices=["starttls", "smtps"])
    parser.add_argument("--auth", nargs=2, metavar=("USER", "PASSWORD"))
    asyncio.run(serve(parser.parse_args(), Script()))


if __name__ == "__main__":
    main()
