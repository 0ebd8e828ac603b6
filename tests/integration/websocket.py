"""A small WebSocket client (RFC 6455) for text frames, with a deadline on everything."""

import base64
import json
import os
import secrets
import socket
import struct
import urllib.parse


class Closed(Exception):
    """The server closed; `code` says why."""

    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


class WebSocket:
    def __init__(self, url, path, timeout=60):
        parts = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout=timeout)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self.socket.sendall(
            (f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
             f"Sec-WebSocket-Version: 13\r\n\r\n").encode())
        self.received = b""
        while b"\r\n\r\n" not in self.received:
            self.receive_some()
        head, self.received = self.received.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode())

    def receive_some(self):
        chunk = self.socket.recv(65536)
        if not chunk:
            raise Closed(None)
        self.received += chunk

    def take(self, count):
        while len(self.received) < count:
            self.receive_some()
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def send_raw(self, opcode, payload):
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
        else:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
        self.socket.sendall(head + mask + bytes(
            byte ^ mask[i % 4] for i, byte in enumerate(payload)))

    def send(self, frame):
        self.send_raw(1, json.dumps(frame).encode())

    def receive(self):
        """The next frame, as an object."""
        while True:
            first, second = self.take(2)
            size = second & 0x7f
            if size == 126:
                size = struct.unpack("!H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack("!Q", self.take(8))[0]
            payload = self.take(size)
            opcode = first & 0x0f
            if opcode == 8:
                raise Closed(struct.unpack("!H", payload[:2])[0] if payload else None)
            if opcode == 9:
                self.send_raw(10, payload)
            if opcode == 1:
                return json.loads(payload)

    def close(self):
        self.socket.close()


class Live:
    """A greeted live socket."""

    def __init__(self, api, url, timeout=60):
        self.web = WebSocket(url, "/api/v1/live", timeout)
        ticket = api.request("POST", "/api/v1/tickets").json["ticket"]
        self.web.send({"op": "hello", "ticket": ticket})
        assert self.web.receive() == {"op": "welcome"}

    def subscribe(self, topic, after=None):
        frame = {"op": "subscribe", "topic": topic}
        if after is not None:
            frame["after"] = after
        self.web.send(frame)
        return self.web.receive()

    def receive(self):
        return self.web.receive()

    def until(self, kind):
        """The next event of that type, whatever comes before it."""
        while True:
            frame = self.receive()
            if frame.get("event", {}).get("type") == kind:
                return frame

    def close(self):
        self.web.close()
