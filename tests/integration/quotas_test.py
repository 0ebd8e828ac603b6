"""What all strangers together may add, and all pictures of a company, whoever sends them."""

import secrets
import struct
import unittest
import zlib

from guessing_test import ProxiedCase, anywhere
from support import ServerCase

PASSWORD = "correct horse battery"
ORIGIN = {"Origin": "http://localhost:8000"}
AT_ONCE = 4
HOURLY = 6 * AT_ONCE
WRITES_AT_ONCE = 20


def noise(side):
    """A picture that cannot be packed: about three bytes for each of its pixels."""
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + secrets.token_bytes(3 * side) for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1))
            + chunk(b"IEND", b""))


class Quotas(ProxiedCase):
    config = ProxiedCase.config + (
        f"[quotas]\nnew_visitors_per_hour = {HOURLY}\nregistrations_per_hour = {HOURLY}\n"
        f"visitor_writes_per_hour = {6 * WRITES_AT_ONCE}\nfiles_mib = 1\n")
    assert_problem = ServerCase.assert_problem

    def assert_reached(self, answer):
        self.assert_problem(answer, 429, "quota-reached")
        self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)

    def visitor(self):
        path = f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions"
        session = self.api.request("POST", path, headers=anywhere() | ORIGIN)
        self.assertEqual(session.status, 200, session.body)
        return self.folder.api(token=session.json["token"])

    def write(self, visitor, text="Hello"):
        return visitor.request("POST", "/api/v1/conversations", headers=anywhere(), body={
            "expert": self.folder.demo["experts"][0]["id"], "text": text})

    def name(self, visitor):
        return visitor.request("PUT", "/api/v1/visitor/identity", headers=anywhere(),
                               body={"name": "Mira"})

    # A08, A13, CPL20
    def test_new_visitors_wait_when_too_many_came_and_those_of_before_do_not(self):
        first, *others = [self.visitor() for _ in range(AT_ONCE)]
        self.assertEqual(self.name(first).status, 200)
        for visitor in others:
            self.assertEqual(self.write(visitor).status, 201)
        late = self.visitor()
        commits = self.folder.stats()["commits"]
        self.assert_reached(self.write(late))
        self.assert_reached(self.name(late))
        self.assertEqual(self.folder.stats()["commits"], commits)
        self.assertEqual(self.write(first).status, 201)
        # Those whom the company itself opens a conversation for are not counted.
        self.assertIn("id", self.folder.api().open())

    # A08, CPL20
    def test_what_all_visitors_of_a_company_write_is_bounded(self):
        visitor = self.visitor()
        statuses = [self.name(visitor).status for _ in range(WRITES_AT_ONCE)]
        self.assertEqual(set(statuses), {200})
        self.assert_reached(self.name(visitor))
        self.assertEqual(visitor.get("/api/v1/visitor").status, 200)
        self.assert_reached(self.name(self.visitor()))

    def register(self, **more):
        path = "/api/v1/customers/registrations" if more else "/api/v1/registrations"
        return self.api.request("POST", path, headers=anywhere(), body={
            "name": "Mira", "email": f"{secrets.token_hex(8)}@example.org", "password": PASSWORD,
            **more})

    # A01, A12, CPL20
    def test_accounts_asked_for_are_bounded_and_each_companys_customers_apart(self):
        admin = self.folder.portal()
        kept = admin.request("PUT", "/api/v1/company/data-collection", body={
            "name": True, "email": True, "phone": True, "attachments": True,
            "customer_accounts": True})
        admin.get(f"/api/v1/company?min_position={kept.json['position']}")
        for more in ({}, {"widget": self.folder.demo["widget_key"]}):
            self.assertEqual({self.register(**more).status for _ in range(AT_ONCE)}, {202})
            self.assert_reached(self.register(**more))

    # B02, C01, CPL20
    def test_a_companys_pictures_take_no_more_than_their_room(self):
        admin = self.folder.portal()
        photos = [f"/api/v1/experts/{expert['id']}/photo"
                  for expert in self.folder.demo["experts"]]

        def put(path):
            answer = admin.request("PUT", path, body=noise(400),
                                   headers={"Content-Type": "image/png"})
            if answer.status == 200:
                admin.get(f"/api/v1/company?min_position={answer.json['position']}")
            return answer

        for path in photos[:2]:
            self.assertEqual(put(path).status, 200)
        self.assert_problem(put(photos[2]), 422, "files-quota-reached")
        self.assertEqual(put(photos[0]).status, 200)  # in the place of its own
        removed = admin.request("DELETE", photos[1])
        admin.get(f"/api/v1/company?min_position={removed.json['position']}")
        self.assertEqual(put(photos[2]).status, 200)


if __name__ == "__main__":
    unittest.main()
