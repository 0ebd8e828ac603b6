"""Changes on a condition: If-Match with a version that is there, that has gone, or that is none."""

import unittest

from support import ServerCase


class Versions(ServerCase):
    def setUp(self):
        super().setUp()
        self.admin = self.folder.portal()

    def tag_of(self, path):
        answer = self.admin.get(path)
        self.assertEqual(answer.status, 200, answer.body)
        tag = answer.headers["ETag"]
        if "version" in answer.json:
            self.assertEqual(tag, f'"{answer.json["version"]}"')
        return tag

    def change(self, route, tag):
        method, path, body = route
        return self.admin.request(method, path, body=body, headers={"If-Match": tag})

    def assert_held(self, shown, first, second):
        """`first` and `second` are two changes of what `shown` shows, each on the condition that
        nobody changed it since."""
        before = self.tag_of(shown)
        for malformed in ('"x"', 'W/"1"', '"1", "2"', '"-1"', '"18446744073709551616"', ""):
            self.assert_problem(self.change(first, malformed), 400, "if-match-invalid")
        done = self.change(first, before)
        self.assertEqual(done.status, 200, done.body)
        self.assertEqual(done.headers["ETag"], f'"{done.json["version"]}"')
        self.assertNotEqual(done.headers["ETag"], before)
        stale = self.change(second, before)
        self.assert_problem(stale, 412, "version-conflict")
        self.assertEqual(stale.headers["ETag"], done.headers["ETag"])
        path = f"{shown}?min_position={done.json['position']}"
        self.assertEqual(self.tag_of(path), done.headers["ETag"])
        done = self.change(second, stale.headers["ETag"])
        self.assertEqual(done.status, 200, done.body)
        self.tag_of(f"{shown}?min_position={done.json['position']}")

    # A06
    def test_a_company_is_changed_only_as_it_was_read(self):
        company = "/api/v1/company"
        self.assert_held(company, ("PATCH", company, {"name": "One"}),
                         ("PATCH", company, {"name": "Two"}))

    # A06
    def test_a_member_is_locked_only_as_the_members_were_read(self):
        members = "/api/v1/company/members"
        email = self.folder.demo["experts"][0]["email"]
        account = next(item["account"] for item in self.admin.get(members).json["items"]
                       if item["email"] == email)
        lock = f"{members}/{account}/locked"
        self.assert_held(members, ("PUT", lock, {"locked": True}),
                         ("PUT", lock, {"locked": False}))

    # B04
    def test_a_widget_is_changed_only_as_it_was_read(self):
        widget = f"/api/v1/widgets/{self.admin.get('/api/v1/widgets').json['items'][0]['id']}"
        self.assert_held(widget, ("PUT", f"{widget}/domains/one.example", None),
                         ("PUT", f"{widget}/domains/two.example", None))

    # A10
    def test_an_expert_and_the_card_are_changed_only_as_the_expert_was_read(self):
        expert = f"/api/v1/experts/{self.folder.demo['experts'][0]['id']}"
        self.assert_held(expert, ("PUT", f"{expert}/profile", {"title": "Doctor"}),
                         ("PUT", f"{expert}/profile", {"title": "Professor"}))
        self.assert_held(expert, ("PUT", f"{expert}/card", {"slug": "mira-one"}),
                         ("PUT", f"{expert}/card", {"slug": "mira-two"}))


if __name__ == "__main__":
    unittest.main()
