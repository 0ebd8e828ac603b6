"""Widgets as a company's administrators set them, and as pages and browsers meet them."""

import json
import re
import unittest
import urllib.parse

from support import Folder, ServerCase

SETTINGS = {"placement": "bottom-left", "locale": "de", "ask_name": "required", "ask_email": "not",
            "consent": {"mode": "explicit", "policy_version": "2026-11",
                        "policy_url": "https://shop.example/privacy", "policy_sha256": "ab" * 32}}
BRANDING = {"colour": "#1D4ED8", "accent_colour": "#ffffff", "slogan": "We know",
            "button_label": "Ask", "greeting": "Hello", "offline_text": "Nobody is here"}
HOSTILE = ["</script><script>alert(1)</script>", "\u202egnirts", "'\"><img src=x onerror=alert(1)>",
           "{{constructor}}", "=1+1", "O'Brien\r\nX: y", "  ", "李 😀"]
SHOP = "https://shop.example"


class WidgetCase(ServerCase):
    def create(self, name="Shop"):
        answer = self.api.post("/api/v1/widgets", {"name": name})
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json

    def change(self, method, widget, part, body=None):
        answer = self.api.request(method, f"/api/v1/widgets/{widget}/{part}", body=body)
        self.assertEqual(answer.status, 200, answer.body)
        self.api.position = answer.json["position"]
        return answer.json

    def allow(self, widget, domain):
        return self.change("PUT", widget, f"domains/{urllib.parse.quote(domain, safe='')}")

    def show(self, widget):
        answer = self.api.get(f"/api/v1/widgets/{widget}?min_position={self.api.position}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    # A page's request, without a credential.
    def page(self, method, path, origin=SHOP, headers=None, body=None):
        sent = dict(headers or {})
        if origin is not None:
            sent["Origin"] = origin
        return self.folder.api(token="").request(method, path, body=body, headers=sent)

    def shop(self):
        """A widget that the shop's pages may show."""
        made = self.create()
        self.allow(made["id"], SHOP)
        self.show(made["id"])
        return made


class Widgets(WidgetCase):
    # B01, B02, B05
    def test_a_widget_is_as_it_was_set(self):
        widget = self.create()["id"]
        self.change("PUT", widget, "settings", SETTINGS)
        self.change("PUT", widget, "branding", BRANDING)
        self.change("PUT", widget, "search", {"criteria": ["language", "location"]})
        shown = self.show(widget)
        self.assertEqual(shown["settings"], SETTINGS)
        self.assertEqual(shown["search"], ["language", "location"])
        self.assertEqual(shown["branding"], {**BRANDING, "colour": "#1d4ed8",
                                             "text_colour": "#ffffff",
                                             "accent_text_colour": "#000000"})

    def test_the_same_setting_again_leaves_no_event(self):
        widget = self.create()["id"]
        first = self.change("PUT", widget, "settings", SETTINGS)
        before = self.folder.stats()["events"]
        self.assertEqual(self.change("PUT", widget, "settings", SETTINGS), first)
        self.assertEqual(self.folder.stats()["events"], before)

    # B02
    def test_hostile_wording_is_kept_verbatim(self):
        widget = self.create(name=HOSTILE[0])["id"]
        for text in HOSTILE:
            self.change("PUT", widget, "branding", {**BRANDING, "slogan": text, "greeting": text})
            branding = self.show(widget)["branding"]
            self.assertEqual((branding["slogan"], branding["greeting"]), (text, text))
        self.assertEqual(self.show(widget)["name"], HOSTILE[0])

    def test_what_is_no_setting_is_refused_with_a_code(self):
        widget = self.create()["id"]
        path = f"/api/v1/widgets/{widget}"
        before = self.folder.stats()["events"]
        for part, body, code in (
                ("settings", {**SETTINGS, "placement": "top"}, "placement-invalid"),
                ("settings", {**SETTINGS, "locale": "xx"}, "locale-unknown"),
                ("settings", {**SETTINGS, "consent": {"mode": "explicit",
                                                      "policy_version": "1"}}, "policy-missing"),
                ("settings", {}, "placement-missing"),
                ("branding", {**BRANDING, "colour": "red"}, "colour-invalid"),
                ("branding", {**BRANDING, "colour": "#1d4ed"}, "colour-invalid"),
                ("branding", {**BRANDING, "slogan": "x" * 301}, "text-invalid"),
                ("search", {"criteria": ["age"]}, "criteria-invalid"),
                ("search", {"criteria": ["language", "language"]}, "criteria-invalid")):
            with self.subTest(part=part, code=code):
                answer = self.api.request("PUT", f"{path}/{part}", body=json.dumps(body))
                self.assertIn(answer.status, (400, 422))
                self.assert_problem(answer, answer.status, code)
        self.assertEqual(self.folder.stats()["events"], before)

    # B03
    def test_experts_are_published_and_withdrawn(self):
        widget = self.create()["id"]
        experts = [expert["id"] for expert in self.folder.demo["experts"]]
        for expert in experts:
            self.change("PUT", widget, f"experts/{expert}")
        self.change("DELETE", widget, f"experts/{experts[1]}")
        self.assertEqual(set(self.show(widget)["experts"]), {experts[0], experts[2]})
        unknown = experts[0][:-1] + ("0" if experts[0][-1] != "0" else "1")
        answer = self.api.request("PUT", f"/api/v1/widgets/{widget}/experts/{unknown}")
        self.assert_problem(answer, 404, "expert-not-found")

    # B08
    def test_domains_have_one_spelling_and_can_be_taken_back(self):
        widget = self.create()["id"]
        for domain in ("Shop.example", "*.shop.example", "https://test.example:8443/",
                       "münchen.example"):
            self.allow(widget, domain)
        path = f"/api/v1/widgets/{widget}/domains?min_position={self.api.position}"
        self.assertEqual(set(self.api.get(path).json["items"]),
                         {"shop.example", "*.shop.example", "https://test.example:8443",
                          "xn--mnchen-3ya.example"})
        self.change("DELETE", widget, "domains/SHOP.example")
        self.assertNotIn("shop.example", self.show(widget)["domains"])
        for wrong in ("*", "*.org", "a b", "shop.example/x", "ftp://shop.example"):
            quoted = urllib.parse.quote(wrong, safe="")
            answer = self.api.request("PUT", f"/api/v1/widgets/{widget}/domains/{quoted}")
            self.assert_problem(answer, 422, "domain-invalid")

    # B07
    def test_the_snippet_names_the_key_for_each_platform(self):
        made = self.create()
        for platform in ("html", "wordpress", "typo3", "shopify"):
            texts = []
            for locale in ("de", "en"):
                answer = self.api.get(f"/api/v1/widgets/{made['id']}/snippet?platform={platform}"
                                      f"&locale={locale}&min_position={made['position']}")
                self.assertEqual(answer.status, 200, answer.body)
                self.assertIn(f'data-parlour-key="{made["key"]}"', answer.json["snippet"])
                self.assertIn(f'src="{self.folder.url}/widget/widget.js"', answer.json["snippet"])
                texts.append(answer.json["instructions"])
            self.assertNotEqual(*texts)
        for query in ("platform=geocities", "locale=xx"):
            answer = self.api.get(f"/api/v1/widgets/{made['id']}/snippet?{query}")
            self.assertEqual(answer.status, 400)

    def test_a_host_field_cannot_break_out_of_the_snippet(self):
        made = self.create()
        self.show(made["id"])
        for host in ('"><script>alert(1)</script>', "a'b", "*.evil.example"):
            answer = self.api.request("GET", f"/api/v1/widgets/{made['id']}/snippet",
                                      headers={"Host": host}, described=False)
            if answer.status == 200:
                self.assertRegex(answer.json["snippet"],
                                 r'^<script async src="http://[a-z0-9.:-]*/widget/widget.js" ')

    # B07
    def test_the_old_key_stops_when_the_key_is_rotated(self):
        made = self.shop()
        path = "/api/v1/widget/{}/button"
        self.assertEqual(self.page("GET", path.format(made["key"])).status, 200)
        rotated = self.change("POST", made["id"], "key")
        self.assertNotEqual(rotated["key"], made["key"])
        self.show(made["id"])
        self.assert_problem(self.page("GET", path.format(made["key"])), 404, "widget-not-found")
        self.assertEqual(self.page("GET", path.format(rotated["key"])).status, 200)

    def test_the_same_request_again_makes_one_widget(self):
        answers = [self.api.post("/api/v1/widgets", {"name": "Shop"}, key="k") for _ in range(2)]
        self.assertEqual(answers[0].json, answers[1].json)
        self.assertTrue(answers[1].replayed)

    def test_widgets_are_listed_page_by_page(self):
        made = {self.create(name=f"Widget {i}")["id"] for i in range(4)}
        path = f"/api/v1/widgets?limit=2&min_position={self.api.position}"
        found = set()
        while path:
            page = self.api.get(path).json
            found |= {item["id"] for item in page["items"]}
            path = page.get("next")
        self.assertLessEqual(made, found)

    def test_no_other_audience_sees_widgets(self):
        widget = self.create()["id"]
        visitor = self.page("POST", f"/api/v1/widget/{self.folder.demo['widget_key']}/sessions",
                            origin="http://localhost").json["token"]
        answer = self.folder.api(token=visitor).get(f"/api/v1/widgets/{widget}")
        self.assert_problem(answer, 403, "audience-wrong")
        self.assert_problem(self.page("GET", f"/api/v1/widgets/{widget}"), 401)


class OnAPage(WidgetCase):
    def setUp(self):
        super().setUp()
        self.made = self.shop()
        self.public = f"/api/v1/widget/{self.made['key']}"

    # B11, CPL17
    def test_opening_a_widget_leaves_no_event_and_sets_nothing(self):
        before = self.folder.stats()
        for method, path in (("GET", "button"), ("GET", "config"), ("POST", "sessions")):
            answer = self.page(method, f"{self.public}/{path}")
            self.assertEqual(answer.status, 200, answer.body)
            self.assertNotIn("Set-Cookie", answer.headers)
        self.assertEqual(self.page("GET", f"/widget/{self.made['key']}/frame").status, 200)
        after = self.folder.stats()
        for count in ("tenants", "streams", "commits", "events"):
            self.assertEqual(after[count], before[count])

    # B11
    def test_the_button_is_tiny_and_asked_for_again_in_vain(self):
        first = self.page("GET", f"{self.public}/button")
        self.assertLess(len(first.body), 400)
        self.assertIn("max-age", first.headers["Cache-Control"])
        again = self.page("GET", f"{self.public}/button",
                          headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        self.change("PUT", self.made["id"], "branding", BRANDING)
        self.show(self.made["id"])
        changed = self.page("GET", f"{self.public}/button",
                            headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((changed.status, changed.json["label"]), (200, "Ask"))

    # B01
    def test_the_config_is_what_was_set(self):
        self.change("PUT", self.made["id"], "settings", SETTINGS)
        self.show(self.made["id"])
        config = self.page("GET", f"{self.public}/config").json
        self.assertEqual({key: config[key] for key in SETTINGS}, SETTINGS)

    # Q03, B08
    def test_a_page_of_the_domains_may_read_and_no_other(self):
        for path in ("button", "config"):
            good = self.page("GET", f"{self.public}/{path}")
            self.assertEqual(good.headers["Access-Control-Allow-Origin"], SHOP)
            self.assertIn("Origin", good.headers["Vary"])
            for origin in ("https://evil.example", "https://shop.example.evil.example", "null",
                           "http://shop.example", "https://shop.example:8443"):
                answer = self.page("GET", f"{self.public}/{path}", origin=origin)
                self.assert_problem(answer, 403, "domain-not-allowed")

    # B09
    def test_a_refused_page_may_read_why(self):
        answer = self.page("POST", f"{self.public}/sessions", origin="https://evil.example")
        self.assert_problem(answer, 403, "domain-not-allowed")
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "https://evil.example")
        self.assertNotIn(b"token", answer.body)

    # Q03
    def test_a_preflight_is_answered_for_the_domains_only(self):
        asked = {"Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "content-type"}
        good = self.page("OPTIONS", f"{self.public}/sessions", headers=asked)
        self.assertEqual(good.status, 204)
        self.assertEqual(good.headers["Access-Control-Allow-Origin"], SHOP)
        self.assertIn("POST", good.headers["Access-Control-Allow-Methods"])
        self.assertIn("Origin", good.headers["Vary"])
        bad = self.page("OPTIONS", f"{self.public}/sessions", origin="https://evil.example",
                        headers=asked)
        self.assert_problem(bad, 403, "domain-not-allowed")
        self.assertNotIn("Access-Control-Allow-Origin", bad.headers)

    # B08
    def test_without_a_page_no_session_opens(self):
        for origin in (None, "null", "", self.folder.url):
            answer = self.page("POST", f"{self.public}/sessions", origin=origin)
            self.assert_problem(answer, 403, "domain-not-allowed")

    # B11
    def test_the_frame_gets_its_token_by_the_nonce_of_its_page(self):
        path = f"{self.public}/sessions"
        page = self.page("POST", path, body={"for_frame": True})
        self.assertNotIn("token", page.json)
        asked = {"nonce": page.json["nonce"], "parent_origin": SHOP}
        frame = self.page("POST", path, origin=self.folder.url, body=asked)
        self.assertEqual(frame.status, 200, frame.body)
        self.assertIn("-vst-", frame.json["token"])
        for wrong in ({**asked, "parent_origin": "https://evil.example"},
                      {**asked, "nonce": "0" * 40}, {"parent_origin": SHOP}):
            answer = self.page("POST", path, origin=self.folder.url, body=wrong)
            self.assert_problem(answer, 403, "domain-not-allowed")

    # DEC13
    def test_a_visitor_who_comes_back_is_the_same(self):
        path = f"{self.public}/sessions"
        first = self.page("POST", path).json
        bearer = {"Authorization": f"Bearer {first['token']}"}
        self.assertEqual(self.page("POST", path, headers=bearer).json["visitor"], first["visitor"])
        self.assertNotEqual(self.page("POST", path).json["visitor"], first["visitor"])
        other = self.shop()
        elsewhere = self.page("POST", f"/api/v1/widget/{other['key']}/sessions", headers=bearer)
        self.assertNotEqual(elsewhere.json["visitor"], first["visitor"])

    # Q04
    def test_only_the_domains_may_frame_the_page(self):
        answer = self.page("GET", f"/widget/{self.made['key']}/frame", origin=None)
        policy = answer.headers["Content-Security-Policy"]
        self.assertTrue(policy.endswith(f"frame-ancestors {SHOP}"), policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("X-Frame-Options", answer.headers)
        html = answer.body.decode()
        self.assertEqual(re.findall(r"<script(?![^>]*\bsrc=)", html), [])
        self.assertNotIn(" on", re.sub(r"[^<]*(<[^>]*>)?", r"\1", html))

    def test_the_script_can_be_loaded_by_any_page(self):
        for name in ("widget.js", "chat.js", "frame.js", "frame.css"):
            answer = self.page("GET", f"/widget/{name}")
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Cross-Origin-Resource-Policy"], "cross-origin")
            again = self.page("GET", f"/widget/{name}",
                              headers={"If-None-Match": answer.headers["ETag"]})
            self.assertEqual(again.status, 304)

    def test_a_key_that_is_none_is_not_found(self):
        tenant = self.folder.tenant
        for key in ("x", f"{tenant}-wgk-{'0' * 32}", f"{tenant}-wgt-{'0' * 32}",
                    f"{'0' * 16}-wgk-{'0' * 32}", self.made["id"]):
            answer = self.page("GET", f"/api/v1/widget/{key}/button")
            self.assert_problem(answer, 404, "widget-not-found")


class PublicAddress(WidgetCase):
    """Behind a proxy, where the address that was used is not the one that people know."""

    URL = "https://chat.example.com"

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.close)
        config = self.folder.top / "parlour.toml"
        config.write_text(f'public_url = "{self.URL}"\n')
        self.folder.start("--config", str(config))
        self.api = self.folder.api()

    # B07
    def test_the_snippet_loads_from_the_address_that_the_operator_set(self):
        made = self.create()
        self.show(made["id"])
        for host in (f"127.0.0.1:{self.folder.port}", "evil.example"):
            answer = self.api.request("GET", f"/api/v1/widgets/{made['id']}/snippet",
                                      headers={"Host": host})
            self.assertIn(f'src="{self.URL}/widget/widget.js"', answer.json["snippet"])

    # C04
    def test_a_cards_link_is_of_the_address_that_the_operator_set(self):
        expert = self.folder.demo["experts"][0]["id"]
        answer = self.api.request("PUT", f"/api/v1/experts/{expert}/card",
                                  body={"slug": "dr-ada"})
        self.assertEqual(answer.status, 200, answer.body)
        shown = self.api.get(f"/api/v1/experts/{expert}/card").json
        self.assertEqual(shown["url"], f"{self.URL}/card/{self.folder.tenant}/dr-ada")


if __name__ == "__main__":
    unittest.main()
