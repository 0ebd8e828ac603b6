"""A network between a program and the server that meddles with what is told live."""

import json
import socket
import struct
import threading
import urllib.parse


def text_frame(payload):
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 65536:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload


class Meddler:
    """Passes everything on, but `meddle(frame, out)` passes on what the server tells: `frame` is
    the object, `out(bytes)` writes to that client. The frame is passed on when it gives True."""

    def __init__(self, url, meddle):
        parts = urllib.parse.urlsplit(url)
        self.server = (parts.hostname, parts.port)
        self.meddle = meddle
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()
        with self.lock:
            for one in self.open:
                one.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            with self.lock:
                self.open |= {client, server}
            answers = threading.Thread(target=self.answers, args=(server, client), daemon=True)
            answers.start()
            threading.Thread(target=self.requests, args=(client, server), daemon=True).start()

    def requests(self, client, server):
        self.pass_on(client, server)

    def pass_on(self, source, sink):
        try:
            while chunk := source.recv(65536):
                sink.sendall(chunk)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def answers(self, server, client):
        first = server.recv(65536)
        head, found, rest = first.partition(b"\r\n\r\n")
        client.sendall(head + found if head.startswith(b"HTTP/1.1 101") else first)
        if not head.startswith(b"HTTP/1.1 101"):
            return self.pass_on(server, client)
        try:
            self.frames(server.makefile("rb"), rest, client)
        except (OSError, struct.error):
            self.pass_on(server, client)

    def frames(self, source, rest, client):
        def take(count):
            nonlocal rest
            got, rest = rest[:count], rest[count:]
            more = source.read(count - len(got)) if len(got) < count else b""
            return got + more

        while True:
            head = take(2)
            size = struct.unpack("!BB", head)[1]
            more = take({126: 2, 127: 8}.get(size, 0))
            length = int.from_bytes(more, "big") if more else size
            payload = take(length)
            if len(payload) < length:
                raise OSError("the server is gone")
            if head[0] != 0x81 or self.meddle(json.loads(payload), client.sendall):
                client.sendall(head + more + payload)
