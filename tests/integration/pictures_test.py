"""Pictures: a widget's logo and an expert's photo, from the file that is sent to the browser."""

import struct
import unittest
import zlib

from support import ServerCase

ORIGIN = {"Origin": "http://localhost:8000"}
SECRET = b"Taken at 52.5N 13.4E"


def png(colour=(200, 30, 30), side=8, text=SECRET):
    """A picture of one colour that says in its metadata where it was taken."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    rows = (b"\0" + bytes(colour) * side) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"tEXt", b"Comment\0" + text) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def size_of(picture):
    return struct.unpack(">II", picture[16:24])


class Pictures(ServerCase):
    def setUp(self):
        super().setUp()
        demo = self.folder.demo
        self.key = demo["widget_key"]
        self.widget = self.api.get("/api/v1/widgets").json["items"][0]["id"]
        self.expert = demo["experts"][0]["id"]
        self.nobody = self.folder.api(token="")

    def send(self, path, picture, kind="image/png", key=None):
        return self.api.request("PUT", path, body=picture, headers={"Content-Type": kind}, key=key)

    def set_logo(self, picture, key=None):
        answer = self.send(f"/api/v1/widgets/{self.widget}/logo", picture, key=key)
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def logo(self, headers=None):
        return self.nobody.request("GET", f"/api/v1/widget/{self.key}/logo", headers=headers)

    # B02
    def test_a_logo_is_shown_by_its_widget_without_what_its_file_told(self):
        self.set_logo(png())
        shown = self.logo()
        self.assertEqual((shown.status, shown.headers["Content-Type"]), (200, "image/png"))
        self.assertNotIn(SECRET, shown.body)
        self.assertEqual(size_of(shown.body), (8, 8))
        self.assertIn("sandbox", shown.headers["Content-Security-Policy"])
        self.assertEqual(shown.headers["X-Content-Type-Options"], "nosniff")
        config = self.nobody.request("GET", f"/api/v1/widget/{self.key}/config").json
        self.assertEqual(config["logo"], f"/api/v1/widget/{self.key}/logo")
        self.assertEqual(self.logo({"If-None-Match": shown.headers["ETag"]}).status, 304)

    def test_a_large_picture_is_made_small(self):
        self.set_logo(png(side=1500))
        self.assertEqual(size_of(self.logo().body), (512, 512))

    def test_a_new_logo_takes_the_place_of_the_old_one(self):
        self.set_logo(png((1, 2, 3)))
        before = self.logo().body
        self.set_logo(png((9, 9, 9)))
        self.assertNotEqual(self.logo().body, before)

    def test_the_same_picture_again_leaves_no_event(self):
        first = self.set_logo(png()).json
        again = self.set_logo(png()).json
        self.assertEqual(again["version"], first["version"])
        self.assertEqual(self.logo().status, 200)

    def test_a_repeated_request_stores_one_logo(self):
        first = self.set_logo(png(), key="once")
        again = self.set_logo(png(), key="once")
        self.assertEqual(again.json, first.json)
        self.assertEqual(again.headers["Idempotency-Replayed"], "true")
        self.assertEqual(self.logo().status, 200)

    def test_a_removed_logo_is_gone(self):
        self.set_logo(png())
        removed = self.api.request("DELETE", f"/api/v1/widgets/{self.widget}/logo")
        self.assertEqual(removed.status, 200, removed.body)
        self.assert_problem(self.logo(), 404, "picture-not-found")
        config = self.nobody.request("GET", f"/api/v1/widget/{self.key}/config").json
        self.assertNotIn("logo", config)

    def test_a_logo_outlives_a_kill(self):
        self.set_logo(png())
        before = self.logo().body
        self.folder.kill()
        self.folder.start()
        self.api, self.nobody = self.folder.api(), self.folder.api(token="")
        self.assertEqual(self.logo().body, before)

    def test_what_is_no_picture_is_refused_and_says_why(self):
        path = f"/api/v1/widgets/{self.widget}/logo"
        svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
        self.assert_problem(self.send(path, svg, "image/svg+xml"), 415, "image-type-not-taken")
        self.assert_problem(self.send(path, svg), 415, "image-type-not-taken")
        self.assert_problem(self.send(path, png()[:60]), 422, "image-damaged")
        self.assert_problem(self.send(path, png(side=5000)), 422, "image-too-large")
        self.assert_problem(self.send(path, png(text=b"x" * (2 << 20))), 413, "body-too-large")

    # C01
    def test_a_photo_is_shown_to_the_portal_and_by_the_widget_that_shows_the_expert(self):
        path = f"/api/v1/experts/{self.expert}/photo"
        self.assert_problem(self.api.get(path), 404, "picture-not-found")
        self.assertEqual(self.send(path, png()).status, 200)
        self.assertEqual(self.api.get(path).status, 200)
        public = f"/api/v1/widget/{self.key}/experts/{self.expert}/photo"
        self.assertEqual(self.nobody.get(public).body, self.api.get(path).body)
        session = self.nobody.request(
            "POST", f"/api/v1/widget/{self.key}/sessions", headers=ORIGIN)
        visitor = self.folder.api(token=session.json["token"])
        self.assertEqual(visitor.get(f"/api/v1/experts/{self.expert}").json["photo"], public)

    def test_a_photo_of_an_expert_whom_the_widget_does_not_show_is_not_found(self):
        self.assertEqual(self.send(f"/api/v1/experts/{self.expert}/photo", png()).status, 200)
        withdrawn = self.api.request(
            "DELETE", f"/api/v1/widgets/{self.widget}/experts/{self.expert}")
        self.assertEqual(withdrawn.status, 200)
        self.api.get(f"/api/v1/widgets/{self.widget}?min_position={withdrawn.json['position']}")
        public = self.nobody.get(f"/api/v1/widget/{self.key}/experts/{self.expert}/photo")
        self.assert_problem(public, 404, "expert-not-found")

    def test_the_picture_is_sealed_on_disk(self):
        self.set_logo(png())
        shown = self.logo().body
        self.folder.stop()
        for file in (self.folder.data).rglob("*"):
            if file.is_file():
                self.assertNotIn(shown[:40], file.read_bytes(), file.name)


if __name__ == "__main__":
    unittest.main()
