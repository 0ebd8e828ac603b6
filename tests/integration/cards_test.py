"""Digital cards: an expert's own page under a link that lasts."""

import concurrent.futures
import json
import subprocess
import unittest

from pictures_test import png
from support import DEADLINE_SECONDS, TOP, ServerCase
from websocket import Live

HOSTILE = "</script><b>x \u202egnirts 李 😀"


class CardCase(ServerCase):
    def setUp(self):
        super().setUp()
        self.admin = self.folder.portal()
        self.people = self.folder.demo["experts"]
        self.experts = [expert["id"] for expert in self.people]
        self.nobody = self.folder.api(token="")

    def place(self, expert):
        return f"/api/v1/experts/{expert}/card"

    def publish(self, slug, expert=0, api=None, **more):
        return (api or self.admin).request(
            "PUT", self.place(self.experts[expert]), body={"slug": slug}, **more)

    def published(self, slug, expert=0):
        answer = self.publish(slug, expert)
        self.assertEqual(answer.status, 200, answer.body)
        position = answer.json["position"]
        self.admin.get(f"/api/v1/experts/{self.experts[0]}?min_position={position}")
        return answer.json

    def change(self, method, path, body=None, **more):
        """Once it is to be seen."""
        answer = self.admin.request(method, path, body=body, **more)
        self.assertEqual(answer.status, 200, answer.body)
        position = answer.json["position"]
        self.admin.get(f"/api/v1/experts/{self.experts[0]}?min_position={position}")

    def path(self, slug, behind=""):
        return f"/api/v1/cards/{self.folder.tenant}/{slug}{behind}"

    def card(self, slug, **more):
        return self.nobody.request("GET", self.path(slug), **more)

    def widget_of_no_site(self):
        """The key of a widget that no site may show, and the only one that shows an expert: the
        first."""
        old = self.admin.get("/api/v1/widgets").json["items"][0]["id"]
        made = self.admin.post("/api/v1/widgets", {"name": "Cards"}).json
        for expert in self.experts:
            self.change("DELETE", f"/api/v1/widgets/{old}/experts/{expert}")
        self.change("PUT", f"/api/v1/widgets/{made['id']}/experts/{self.experts[0]}")
        return made["key"]

    def open_widget(self, key, body):
        """As the widget's own page does."""
        return self.nobody.request("POST", f"/api/v1/widget/{key}/sessions", body=body,
                                   headers={"Origin": self.folder.url})

    def assert_no_card(self, slug):
        self.assert_problem(self.card(slug), 404, "card-not-found")
        self.assert_problem(self.nobody.get(self.path(slug, "/photo")), 404, "card-not-found")
        page = self.nobody.get(f"/card/{self.folder.tenant}/{slug}")
        self.assertEqual((page.status, page.headers["Content-Type"]),
                         (404, "text/html; charset=utf-8"))


class Cards(CardCase):
    # C03, C05
    def test_a_card_shows_what_the_expert_shows_to_everybody(self):
        expert = f"/api/v1/experts/{self.experts[0]}"
        self.change("PUT", f"{expert}/profile",
                    {"display_name": HOSTILE, "title": "Lawyer", "description": "Since 1999",
                     "availability": "Mondays"})
        for tag in ("language/de", "expertise/Tax", "location/Bonn"):
            self.change("PUT", f"{expert}/tags/{tag}")
        self.published("dr-ada")
        answer = self.card("dr-ada")
        self.assertEqual(answer.status, 200, answer.body)
        shown = answer.json
        key = self.folder.demo["widget_key"]
        self.assertEqual(shown.pop("channels"),
                         {"chat": True, "audio": True, "video": True, "booking": True})
        self.assertEqual(shown, {
            "expert": self.experts[0], "slug": "dr-ada", "name": HOSTILE, "title": "Lawyer",
            "description": "Since 1999", "availability": "Mondays", "available": False,
            "languages": ["de"], "expertise": ["Tax"], "locations": ["Bonn"],
            "chat": f"/widget/{key}/frame?card=dr-ada"})
        self.assertNotIn(self.people[0]["email"], answer.body.decode())

    # C03, D01
    def test_a_card_says_whether_the_expert_is_there_now(self):
        self.published("dr-ada")
        before = self.card("dr-ada")
        portal = self.folder.portal(self.people[0])
        self.addCleanup(Live(portal, self.folder.url).close)
        answer = portal.request("PUT", "/api/v1/me/presence", body={"state": "online"})
        self.assertEqual(answer.status, 200, answer.body)
        now = self.card("dr-ada", headers={"If-None-Match": before.headers["ETag"]})
        self.assertEqual((before.json["available"], now.status, now.json["available"]),
                         (False, 200, True))

    # C03
    def test_a_copy_is_asked_about_and_good_until_the_card_changes(self):
        self.published("dr-ada")
        first = self.card("dr-ada")
        self.assertEqual(first.headers["Cache-Control"], "no-cache")
        again = self.card("dr-ada", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        self.change("PUT", f"/api/v1/experts/{self.experts[0]}/profile", {"title": "Judge"})
        again = self.card("dr-ada", headers={"If-None-Match": first.headers["ETag"]})
        self.assertEqual((again.status, again.json["title"]), (200, "Judge"))

    # C03, C01
    def test_a_card_has_the_experts_photo(self):
        self.published("dr-ada")
        self.assert_problem(self.nobody.get(self.path("dr-ada", "/photo")), 404,
                            "picture-not-found")
        self.change("PUT", f"/api/v1/experts/{self.experts[0]}/photo", png(),
                    headers={"Content-Type": "image/png"})
        photo = self.card("dr-ada").json["photo"]
        self.assertEqual(photo, self.path("dr-ada", "/photo"))
        answer = self.nobody.get(photo)
        self.assertEqual((answer.status, answer.body[:4]), (200, b"\x89PNG"))
        self.published("ada")
        moved = self.nobody.get(photo)
        self.assertEqual((moved.status, moved.headers["Location"]),
                         (308, self.path("ada", "/photo")))

    # C04
    def test_older_links_lead_to_the_newest(self):
        for slug in ("dr-ada", "ada-l", "ada-lovelace"):
            self.published(slug)
        for slug in ("dr-ada", "ada-l", "ADA-Lovelace"):
            with self.subTest(slug):
                moved = self.card(slug)
                self.assertEqual((moved.status, moved.headers["Location"]),
                                 (308, self.path("ada-lovelace")))
                self.assertEqual(moved.headers["Cache-Control"], "no-store")
                page = self.nobody.get(f"/card/{self.folder.tenant}/{slug}")
                self.assertEqual((page.status, page.headers["Location"]),
                                 (308, f"/card/{self.folder.tenant}/ada-lovelace"))
        self.assertEqual(self.card("ada-lovelace").status, 200)
        self.published("dr-ada")
        self.assertEqual(self.card("dr-ada").status, 200)
        self.assertEqual(self.card("ada-lovelace").headers["Location"], self.path("dr-ada"))

    # C04
    def test_the_link_is_told_to_the_expert_and_the_admin(self):
        expert = self.folder.portal(self.people[0])
        self.assert_problem(expert.get(self.place(self.experts[0])), 404, "card-not-found")
        answer = self.publish("dr-ada", api=expert)
        self.assertEqual(answer.status, 200, answer.body)
        url = f"{self.folder.url}/card/{self.folder.tenant}/dr-ada"
        for api in (expert, self.admin, self.api):
            self.assertEqual(api.get(self.place(self.experts[0])).json,
                             {"published": True, "slug": "dr-ada", "url": url})
        self.assert_problem(self.folder.portal(self.people[1]).get(self.place(self.experts[0])),
                            403, "not-yours")

    # C04
    def test_nobody_takes_anothers_slug_not_even_an_old_one(self):
        self.published("dr-ada")
        self.published("ada-l")
        for slug in ("dr-ada", "ada-l"):
            self.assert_problem(self.publish(slug, expert=1), 409, "slug-taken")
        self.assert_no_card("nobody-yet")
        self.assert_problem(self.folder.portal(self.people[1]).request(
            "PUT", self.place(self.experts[0]), body={"slug": "mine-now"}), 403, "not-yours")
        self.assertEqual(self.card("ada-l").json["expert"], self.experts[0])

    # C04
    def test_of_many_who_want_a_slug_at_once_one_gets_it(self):
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(
                lambda i: self.publish("the-one", i % 3, api=self.folder.api()), range(12)))
        statuses = {i % 3: set() for i in range(12)}
        for i, answer in enumerate(answers):
            statuses[i % 3].add(answer.status)
        self.assertEqual(sorted(map(tuple, statuses.values())), [(200,), (409,), (409,)])

    # C03
    def test_a_card_is_gone_once_it_is_unpublished_and_comes_back(self):
        self.published("dr-ada")
        self.change("DELETE", self.place(self.experts[0]))
        self.assert_no_card("dr-ada")
        self.assertFalse(self.admin.get(self.place(self.experts[0])).json["published"])
        self.published("ada-l")
        self.assertEqual(self.card("dr-ada").headers["Location"], self.path("ada-l"))

    # C03, A10
    def test_who_was_deactivated_has_no_card(self):
        self.published("dr-ada")
        active = f"/api/v1/company/experts/{self.experts[0]}/active"
        self.change("PUT", active, {"active": False})
        self.assert_no_card("dr-ada")
        self.assert_problem(self.publish("ada-l"), 409, "expert-deactivated")
        self.change("PUT", active, {"active": True})
        self.assertEqual(self.card("dr-ada").status, 200)

    # C04
    def test_what_is_no_slug_is_refused_and_found_nowhere(self):
        for slug in ("", "ab", "Ada", "a b c", "a--b", "-ada", "ada-", "jürg", "a/b", "login",
                     "x" * 61, "ada\n", "../etc"):
            with self.subTest(slug):
                self.assert_problem(self.publish(slug), 422, "slug-invalid")
        self.assert_problem(self.publish(7), 400, "slug-not-a-string")
        for slug in ("login", "a--b", "%61da", "x" * 61):
            self.assert_no_card(slug)
        unknown = self.nobody.get("/api/v1/cards/00000000000000aa/dr-ada")
        self.assert_problem(unknown, 404, "card-not-found")

    # C03
    def test_publishing_again_with_the_same_key_is_done_once(self):
        first = self.publish("dr-ada", key="once")
        before = self.folder.stats()["events"]
        second = self.publish("dr-ada", key="once")
        self.assertEqual((second.status, second.replayed, second.json["version"]),
                         (200, True, first.json["version"]))
        self.assertEqual(self.folder.stats()["events"], before)
        self.assert_problem(self.publish("other", key="once"), 422, "idempotency-key-reused")

    # C04
    def test_a_slug_stands_nowhere_in_clear(self):
        self.published("canary-lovelace")
        self.folder.stop()
        for file in self.folder.data.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"canary-lovelace", file.read_bytes(), file)
        events = [event for event in self.folder.replay() if event["type"] == "CardPublished"]
        self.assertEqual([event["fields"]["slug"] for event in events], ["canary-lovelace"])

    # C03, B03
    def test_the_page_offers_to_write_where_that_is_possible(self):
        self.published("dr-ada")
        page = self.nobody.get(f"/card/{self.folder.tenant}/dr-ada")
        self.assertEqual((page.status, page.headers["Content-Type"]),
                         (200, "text/html; charset=utf-8"))
        self.assertIn("frame-ancestors 'none'", page.headers["Content-Security-Policy"])
        for file in ("card.js", "card.css"):
            self.assertIn(f'"/card/{file}"', page.body.decode())
            self.assertEqual(self.nobody.get(f"/card/{file}").status, 200)
        key = self.widget_of_no_site()
        self.assertEqual(self.card("dr-ada").json["chat"], f"/widget/{key}/frame?card=dr-ada")
        self.assert_problem(self.open_widget(key, {}), 403, "domain-not-allowed")
        opened = self.open_widget(key, {"card": "dr-ada"})
        self.assertEqual(opened.status, 200, opened.body)
        visitor = self.folder.api(token=opened.json["token"])
        begun = visitor.post("/api/v1/conversations", {"expert": self.experts[0], "text": "Hi"})
        self.assertEqual(begun.status, 201, begun.body)
        self.change("PUT", f"/api/v1/experts/{self.experts[0]}/channels",
                    {"chat": False, "audio": True, "video": True, "booking": True})
        self.assertNotIn("chat", self.card("dr-ada").json)

    def seen(self, slug, language):
        done = subprocess.run(
            [TOP / "ops/node", "node", TOP / "tests/integration/card_page.js",
             TOP / "gateway/web/card/card.js", self.folder.url,
             f"/card/{self.folder.tenant}/{slug}", language],
            capture_output=True, timeout=DEADLINE_SECONDS, check=True)
        return json.loads(done.stdout)

    # C03, C05
    def test_the_page_shows_the_card_as_text_and_links_to_the_chat(self):
        self.change("PUT", f"/api/v1/experts/{self.experts[0]}/profile",
                    {"display_name": HOSTILE, "title": "Lawyer", "description": HOSTILE})
        self.change("PUT", f"/api/v1/experts/{self.experts[0]}/tags/language/de")
        self.published("dr-ada")
        chat = self.card("dr-ada").json["chat"]
        self.assertEqual(self.seen("dr-ada", "en-GB"), [
            ["title", HOSTILE, None], ["h1", HOSTILE, None], ["p", "Lawyer", None],
            ["p", "Not there at the moment: leave a message.", None], ["a", "Chat", chat],
            ["p", HOSTILE, None], ["dl", "", None], ["dt", "Languages", None], ["dd", "de", None],
            ["dt", "Ways", None], ["dd", "Chat, Call, Video, Appointment", None]])
        self.assertIn(["a", "Schreiben", chat], self.seen("dr-ada", "de"))
        self.assertEqual(self.seen("nobody", "de")[1:],
                         [["p", "Diese Karte gibt es nicht (mehr).", None]])

    # C03, B03
    def test_a_card_opens_only_a_widget_that_shows_its_expert(self):
        key = self.widget_of_no_site()
        self.published("dr-ada")
        self.published("dr-ben", expert=1)
        for slug in ("dr-ben", "no-such", "?"):
            self.assert_problem(self.open_widget(key, {"card": slug}), 403, "domain-not-allowed")
        self.assertEqual(self.open_widget(key, {"card": "dr-ada"}).status, 200)
        self.assertNotIn("chat", self.card("dr-ben").json)
        self.change("DELETE", self.place(self.experts[0]))
        answer = self.open_widget(key, {"card": "dr-ada"})
        self.assert_problem(answer, 403, "domain-not-allowed")


if __name__ == "__main__":
    unittest.main()
