"""Portals on other host names: which pages' scripts may use the API with a cookie."""

import unittest

from support import ServerCase, run

LISTED = "https://portal.example.com:8443"
FOREIGN = "https://evil.example"


class Origins(ServerCase):
    def setUp(self):
        super().setUp()
        self.folder.stop()
        file = self.folder.top / "parlour.toml"
        file.write_text(f'portal_origins = ["{LISTED}", "https://second.example.com"]\n')
        self.file = file
        self.folder.start("--config", str(file))
        self.portal = self.folder.portal()

    def ask(self, method, path, origin, body=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.portal.request(method, path, body=body, headers={"Origin": origin, **named},
                                   described=False)

    def preflight(self, path, origin, method="POST"):
        return self.folder.api(token="").request(
            "OPTIONS", path, headers={"Origin": origin, "Access-Control-Request-Method": method,
                                      "Access-Control-Request-Headers": "x-csrf-token"},
            described=False)

    # Q03
    def test_a_listed_page_asks_first_and_then_works_with_the_cookie(self):
        told = self.preflight("/api/v1/company/processing-terms", LISTED)
        self.assertEqual((told.status, told.body), (204, b""))
        self.assertEqual(told.headers["Access-Control-Allow-Origin"], LISTED)
        self.assertEqual(told.headers["Access-Control-Allow-Credentials"], "true")
        self.assertEqual(told.headers["Access-Control-Allow-Methods"], "GET, POST")
        self.assertIn("X-CSRF-Token", told.headers["Access-Control-Allow-Headers"])
        self.assertEqual(told.headers["Vary"], "Origin")
        answer = self.ask("GET", "/api/v1/me", LISTED)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], LISTED)
        self.assertEqual(answer.headers["Access-Control-Allow-Credentials"], "true")
        self.assertIn("ETag", answer.headers["Access-Control-Expose-Headers"])
        self.assertEqual(answer.headers["Vary"], "Origin")
        answer = self.ask("POST", "/api/v1/company/tokens", LISTED, body={"name": "x"})
        self.assertEqual(answer.status, 201, answer.body)
        refused = self.ask("POST", "/api/v1/company/tokens", LISTED, body={})
        self.assert_problem(refused, 400, "name-missing")
        self.assertEqual(refused.headers["Access-Control-Allow-Origin"], LISTED)

    # Q03
    def test_any_other_page_is_refused_by_a_code(self):
        for origin in (FOREIGN, "https://portal.example.com", "http://portal.example.com:8443",
                       "https://portal.example.com:8443.evil.example",
                       "https://sub.portal.example.com:8443"):
            told = self.preflight("/api/v1/company/tokens", origin)
            self.assert_problem(told, 403, "origin-not-allowed")
            self.assertNotIn("Access-Control-Allow-Origin", told.headers)
            for method, body in (("GET", None), ("POST", {"name": "x"})):
                answer = self.ask(method, "/api/v1/company/tokens", origin, body=body)
                self.assert_problem(answer, 403, "origin-not-allowed")
                self.assertEqual(answer.headers["Vary"], "Origin")
        answer = self.ask("GET", "/api/v1/me", "null")
        self.assert_problem(answer, 403, "origin-not-allowed")
        self.assertNotIn("Access-Control-Allow-Origin", answer.headers)
        self.assertEqual(self.portal.get("/api/v1/company/tokens").json["items"][1:], [])

    def test_the_servers_own_pages_need_no_list(self):
        own = self.ask("GET", "/api/v1/me", self.folder.url)
        self.assertEqual(own.status, 200)
        self.assertNotIn("Access-Control-Allow-Origin", own.headers)
        behind = self.ask("GET", "/api/v1/me", "https://seen.example",
                          Sec_Fetch_Site="same-origin")
        self.assertEqual(behind.status, 200)

    # Q03
    def test_without_a_list_no_page_reads_anything(self):
        self.folder.stop()
        self.folder.start()
        self.portal = self.folder.portal()
        self.assert_problem(self.preflight("/api/v1/me", LISTED), 403, "origin-not-allowed")
        self.assert_problem(self.ask("GET", "/api/v1/me", LISTED), 403, "origin-not-allowed")
        token = self.folder.api().request("GET", "/api/v1/experts", headers={"Origin": LISTED},
                                          described=False)
        self.assertEqual(token.status, 200)
        self.assertNotIn("Access-Control-Allow-Origin", token.headers)

    def test_a_path_of_nothing_says_so_and_the_widget_keeps_its_own_list(self):
        self.assert_problem(self.preflight("/api/v1/nothing", LISTED), 404, "no-such-resource")
        button = f"/api/v1/widget/{self.folder.demo['widget_key']}/button"
        self.assert_problem(self.preflight(button, LISTED, "GET"), 403, "domain-not-allowed")

    def test_the_check_of_the_configuration_names_it(self):
        shown = run("config", "check", "--config", str(self.file))
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(LISTED, shown.stdout.decode())


if __name__ == "__main__":
    unittest.main()
