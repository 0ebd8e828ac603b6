"""HTTPS as it is run: the options, a renewed certificate, and where plain HTTP is refused."""

import http.client
import pathlib
import signal
import ssl
import subprocess
import unittest

from support import Folder, run, wait_until


def make_certificate(folder, name):
    """Makes NAME.pem and NAME.key, signed by itself and valid for 127.0.0.1."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", key, "-out", pem],
        check=True, capture_output=True, timeout=60)
    return pem, key


class Https(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        self.pem, self.key = make_certificate(self.folder.top, "first")

    def start(self):
        self.folder.start("--tls-cert", str(self.pem), "--tls-key", str(self.key))

    def status(self, trusted):
        """The status of a request over a new connection, with only that certificate trusted."""
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.folder.port, timeout=30,
            context=ssl.create_default_context(cafile=trusted))
        self.addCleanup(connection.close)
        connection.request("GET", "/nothing")
        return connection.getresponse().status

    def errors(self):
        return self.folder.logs[-1].read_text()

    def test_the_api_is_served_over_https_and_says_so(self):
        self.start()
        self.assertIn("listening on https://127.0.0.1:", self.folder.listening_line())
        self.assertTrue(self.folder.demo["url"].startswith("https://"))
        self.assertEqual(self.status(self.pem), 404)

    # Q01
    def test_a_renewed_certificate_is_used_after_a_hangup_signal(self):
        self.start()
        renewed = make_certificate(self.folder.top, "renewed")
        self.pem.write_bytes(renewed[0].read_bytes())
        self.key.write_bytes(renewed[1].read_bytes())
        self.folder.server.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificate-reloaded" in self.errors(), "it says so")
        self.assertEqual(self.status(renewed[0]), 404)
        self.assertEqual(self.folder.stop(), 0)

    # Q01
    def test_a_broken_renewal_keeps_the_old_certificate_and_says_so_in_one_line(self):
        self.start()
        kept = self.folder.top / "kept.pem"
        kept.write_bytes(self.pem.read_bytes())
        self.pem.write_text("nonsense")
        lines = len(self.errors().splitlines())
        self.folder.server.send_signal(signal.SIGHUP)
        wait_until(lambda: "certificate-not-reloaded" in self.errors(), "it says so")
        self.assertEqual(len(self.errors().splitlines()), lines + 1)
        self.assertEqual(self.status(kept), 404)

    def test_certificate_and_key_go_together_and_must_be_usable(self):
        data = ("serve", "--data", self.folder.data, "--listen", "127.0.0.1:0")
        for args, code in (((*data, "--tls-cert", self.pem), 2),
                           ((*data, "--tls-key", self.key), 2),
                           ((*data, "--tls-cert", self.pem, "--tls-key", self.pem), 1),
                           ((*data, "--tls-cert", "none.pem", "--tls-key", self.key), 1)):
            done = run(*args)
            self.assertEqual(done.returncode, code, args)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(pathlib.Path(self.folder.data).exists())

    # Q01
    def test_plain_http_is_refused_on_an_address_others_can_reach(self):
        for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
            done = run("serve", "--data", self.folder.data, "--listen", address)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(b"--tls-cert", done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertFalse(pathlib.Path(self.folder.data).exists())


if __name__ == "__main__":
    unittest.main()
