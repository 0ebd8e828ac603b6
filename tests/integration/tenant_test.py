"""A company founded at the command line, where registration is closed."""

import unittest

from support import Folder, ServerCase, run

PASSWORD = "correct horse battery"


class Tenant(unittest.TestCase):
    assert_problem = ServerCase.assert_problem
    assert_one_line = ServerCase.assert_one_line

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)

    def create(self, *args):
        return run("tenant", "create", "--data", self.folder.data, *args)

    # A03, DEC13
    def test_the_first_admin_joins_by_the_link_that_was_printed(self):
        done = self.create("--name", "Mira's Shop", "--admin", "mira@example.org")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.decode().splitlines()
        tenant, token = lines[0].split()[1], lines[1].split("#invitation=")[1]
        self.folder.start(demo=False)
        api = self.folder.api(token="")
        answer = api.post("/api/v1/invitations/acceptances",
                          {"token": token, "password": PASSWORD})
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(api.log_in("mira@example.org", PASSWORD).status, 201)
        me = api.get("/api/v1/me").json
        self.assertEqual((me["company"], me["roles"]),
                         ({"id": tenant, "name": "Mira's Shop"}, ["admin"]))
        answer = api.post("/api/v1/invitations/acceptances",
                          {"token": token, "password": "another password"})
        self.assert_problem(answer, 401, "login-failed")

    def test_beside_a_server_it_is_refused_in_one_line(self):
        self.folder.start()
        done = self.create("--name", "Shop", "--admin", "mira@example.org")
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assert_one_line(done.stderr)

    def test_what_is_no_name_or_no_address_is_wrong_usage(self):
        for args in (("--name", " ", "--admin", "a@b"), ("--name", "Shop", "--admin", "nobody"),
                     ("--name", "Shop", "--admin", "a@b", "--locale", "xx"), ("--name", "Shop")):
            self.assertEqual(self.create(*args).returncode, 2, args)


if __name__ == "__main__":
    unittest.main()
