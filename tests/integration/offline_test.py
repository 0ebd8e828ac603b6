"""What an operator does at the machine itself, on a folder that nobody serves."""

import unittest

from support import ServerCase, run


class Offline(ServerCase):
    def setUp(self):
        super().setUp()
        self.admin = self.folder.portal()
        self.expert = self.folder.demo["experts"][0]

    def at_the_machine(self, *args):
        self.folder.stop()
        done = run(*args[:2], "--data", self.folder.data, *args[2:])
        self.folder.start()
        return done

    def lock(self, locked, account):
        return self.admin.request("PUT", f"/api/v1/company/members/{account}/locked",
                                  body={"locked": locked})

    def is_in(self, person):
        """An account belongs to a person: it logs in, whether a company lets it in or not."""
        return self.folder.portal(person).get("/api/v1/inbox").status == 200

    def account_of(self, person):
        members = self.admin.get("/api/v1/company/members").json["items"]
        return next(item["account"] for item in members
                    if item["email"] == person["email"])

    # X15
    def test_a_revoked_token_opens_nothing(self):
        issued = self.admin.post("/api/v1/company/tokens", {"name": "Shop system"}).json
        self.admin.get(f"/api/v1/company/tokens?min_position={issued['position']}")
        self.assertEqual(self.folder.api(token=issued["token"]).get("/api/v1/experts").status, 200)
        done = self.at_the_machine("token", "revoke", "--token", issued["id"])
        self.assertEqual((done.returncode, done.stdout), (0, b"revoked\n"), done.stderr)
        answer = self.folder.api(token=issued["token"]).get("/api/v1/experts")
        self.assert_problem(answer, 401)
        self.assertEqual(self.folder.api().get("/api/v1/experts").status, 200)

    def test_a_token_that_is_none_is_refused_in_one_line(self):
        unknown = f"{self.folder.tenant}-tok-{'0' * 32}"
        done = self.at_the_machine("token", "revoke", "--token", unknown)
        self.assertEqual(done.returncode, 1)
        self.assert_one_line(done.stderr)
        secret = self.folder.demo["api_token"]
        done = self.at_the_machine("token", "revoke", "--token", secret)
        self.assertEqual(done.returncode, 2)
        self.assertNotIn(secret.encode(), done.stderr)

    # A06
    def test_a_locked_member_is_out_until_it_is_let_in_again(self):
        account = self.account_of(self.expert)
        portal = self.folder.portal(self.expert)
        locked = self.lock(True, account)
        self.assertEqual(locked.status, 200, locked.body)
        self.admin.get(f"/api/v1/company/members?min_position={locked.json['position']}")
        self.assertEqual(portal.get("/api/v1/inbox").status, 401)
        self.assertFalse(self.is_in(self.expert))
        opened = self.lock(False, account)
        self.admin.get(f"/api/v1/company/members?min_position={opened.json['position']}")
        self.assertTrue(self.is_in(self.expert))

    # A08
    def test_an_admin_who_is_locked_out_is_let_in_at_the_machine(self):
        account = self.account_of(self.expert)
        promoted = self.admin.request("PUT", f"/api/v1/company/members/{account}/roles",
                                      body={"roles": ["admin", "expert"]})
        self.assertEqual(promoted.status, 200, promoted.body)
        self.assertEqual(self.lock(True, account).status, 200)
        email = self.expert["email"]
        done = self.at_the_machine("admin", "unlock", "--email", email)
        self.assertEqual((done.returncode, done.stdout), (0, b"unlocked\n"), done.stderr)
        self.assertTrue(self.is_in(self.expert))
        done = self.at_the_machine("admin", "unlock", "--email", email)
        self.assertEqual((done.returncode, done.stdout), (0, b"nothing was locked\n"))

    # A08
    def test_an_account_that_is_locked_at_the_machine_is_out_everywhere_until_it_is_unlocked(self):
        email = self.expert["email"]
        portal = self.folder.portal(self.expert)
        done = self.at_the_machine("admin", "lock", "--email", email)
        self.assertEqual((done.returncode, done.stdout), (0, b"locked\n"), done.stderr)
        again = self.folder.api(token="")
        again.session = portal.session
        self.assert_problem(again.get("/api/v1/me"), 401)
        self.assert_problem(again.log_in(email, self.expert["password"]), 401, "login-failed")
        self.assertEqual(self.folder.portal().get("/api/v1/me").status, 200)
        types = [event["type"] for event in self.folder.replay(tenant="0" * 16)]
        self.assertEqual(types.count("AccountLocked"), 1)
        done = self.at_the_machine("admin", "lock", "--email", email)
        self.assertEqual((done.returncode, done.stdout), (0, b"it was locked already\n"))
        done = self.at_the_machine("admin", "unlock", "--email", email)
        self.assertEqual((done.returncode, done.stdout), (0, b"unlocked\n"), done.stderr)
        self.assertTrue(self.is_in(self.expert))

    def test_an_address_without_an_account_is_told_in_one_line(self):
        for action in ("lock", "unlock"):
            done = self.at_the_machine("admin", action, "--email", "nobody@example.org")
            self.assertEqual(done.returncode, 1)
            self.assert_one_line(done.stderr)
            self.assertNotIn(b"nobody@", done.stderr)

    def test_what_it_cannot_do_is_wrong_usage(self):
        for args in (("admin",), ("admin", "open"), ("token",)):
            done = run(*args)
            self.assertEqual(done.returncode, 2)
            self.assert_one_line(done.stderr)

    def test_beside_a_server_all_are_refused(self):
        for args in (("admin", "lock", "--email", "a@example.org"),
                     ("admin", "unlock", "--email", "a@example.org"),
                     ("token", "revoke", "--token", f"{self.folder.tenant}-tok-{'0' * 32}")):
            done = run(*args[:2], "--data", self.folder.data, *args[2:])
            self.assertEqual(done.returncode, 1)
            self.assert_one_line(done.stderr)


if __name__ == "__main__":
    unittest.main()
