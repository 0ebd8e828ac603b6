"""Experts: what they show, how they are found, and through which widget."""

import unittest
import urllib.parse

from support import ServerCase

HOSTILE = ["</script><b>x", "\u202egnirts", "line\nline", "O'Brien\r\nX: y", "李 😀"]
ORIGIN = {"Origin": "http://localhost:8000"}


class Experts(ServerCase):
    def setUp(self):
        super().setUp()
        self.experts = [expert["id"] for expert in self.folder.demo["experts"]]

    def change(self, method, expert, part, body=None):
        answer = self.api.request(method, f"/api/v1/experts/{expert}/{part}", body=body)
        self.assertEqual(answer.status, 200, answer.body)
        self.api.position = max(self.api.position, answer.json["position"])
        return answer.json

    def tag(self, expert, kind, value, method="PUT"):
        self.change(method, expert, f"tags/{kind}/{urllib.parse.quote(value, safe='')}")

    def show(self, expert, api=None):
        answer = (api or self.api).get(
            f"/api/v1/experts/{expert}?min_position={self.api.position}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json

    def find(self, api=None, **filters):
        query = urllib.parse.urlencode({**filters, "min_position": self.api.position})
        answer = (api or self.api).get(f"/api/v1/experts?{query}")
        self.assertEqual(answer.status, 200, answer.body)
        return [self.experts.index(item["id"]) for item in answer.json["items"]]

    def visitor(self, key):
        session = self.folder.api(token="").request(
            "POST", f"/api/v1/widget/{key}/sessions", headers=ORIGIN)
        return self.folder.api(token=session.json["token"])

    # C01, C05
    def test_a_profile_is_shown_as_it_was_changed(self):
        expert = self.experts[0]
        profile = {"display_name": "Dr Ada", "title": "Lawyer", "description": "Since 1999",
                   "availability": "Mondays"}
        self.change("PUT", expert, "profile", profile)
        shown = self.show(expert)
        self.assertEqual((shown["name"], shown["title"], shown["description"],
                          shown["availability"]), tuple(profile.values()))
        self.change("PUT", expert, "profile", {"title": "Judge"})
        self.assertEqual(self.show(expert)["name"], self.folder.demo["experts"][0]["name"])

    def test_hostile_profile_texts_are_kept_verbatim(self):
        for text in HOSTILE:
            self.change("PUT", self.experts[0], "profile",
                        {"display_name": text, "title": text, "description": text})
            shown = self.show(self.experts[0])
            self.assertEqual((shown["name"], shown["title"], shown["description"]), (text,) * 3)

    # C02, NUM19, B06
    def test_experts_are_found_by_all_tags_together(self):
        first, second, third = self.experts
        for expert, kind, value in ((first, "language", "de"), (second, "language", "de"),
                                    (third, "language", "en"),
                                    (second, "expertise", "Steuer/Recht"),
                                    (third, "expertise", "Steuer/Recht"),
                                    (second, "location", "Zürich")):
            self.tag(expert, kind, value)
        self.assertEqual(self.find(), [0, 1, 2])
        self.assertEqual(self.find(language="DE"), [0, 1])
        self.assertEqual(self.find(expertise="Steuer/Recht"), [1, 2])
        self.assertEqual(self.find(language="de", expertise="Steuer/Recht", location="Zürich"), [1])
        self.assertEqual(self.find(language="fr"), [])
        self.tag(second, "language", "de", method="DELETE")
        self.assertEqual(self.find(language="de"), [0])
        criteria = self.api.get(f"/api/v1/search-criteria?min_position={self.api.position}").json
        self.assertEqual(criteria, {"languages": ["de", "en"], "expertise": ["Steuer/Recht"],
                                    "locations": ["Zürich"]})

    # B06
    def test_nobody_is_available_whose_presence_is_not_known(self):
        self.assertEqual(self.find(available="true"), [])
        self.assertEqual(self.find(available="false"), [0, 1, 2])
        self.assert_problem(self.api.get("/api/v1/experts?available=x"), 400, "available-invalid")

    def pages(self, query):
        found, path = [], f"/api/v1/experts?{query}"
        while path:
            page = self.api.get(path).json
            found.append([self.experts.index(item["id"]) for item in page["items"]])
            path = page.get("next")
        return found

    # B06
    def test_pages_follow_each_other(self):
        self.assertEqual(self.pages("limit=2"), [[0, 1], [2]])
        for expert in (0, 2):
            self.tag(self.experts[expert], "language", "Öde & leer")
        query = urllib.parse.urlencode({"limit": 1, "language": "Öde & leer",
                                        "min_position": self.api.position})
        self.assertEqual(self.pages(query), [[0], [2]])
        self.assertEqual(self.pages("limit=1&available=true"), [[]])

    # B04
    def test_channels_are_open_until_they_are_closed(self):
        everything = {"chat": True, "audio": True, "video": True, "booking": True}
        self.assertEqual(self.show(self.experts[0])["channels"], everything)
        no_video = {**everything, "video": False}
        self.change("PUT", self.experts[0], "channels", no_video)
        self.assertEqual(self.show(self.experts[0])["channels"], no_video)
        self.assertEqual(self.show(self.experts[1])["channels"], everything)

    # B03, B05
    def test_a_visitor_finds_whom_the_widget_shows_by_what_it_offers(self):
        first, second, _ = self.experts
        made = self.api.post("/api/v1/widgets", {"name": "One"}).json
        self.tag(first, "language", "de")
        self.tag(second, "language", "de")
        for part in ("domains/localhost", f"experts/{second}"):
            answer = self.api.request("PUT", f"/api/v1/widgets/{made['id']}/{part}")
            self.api.position = answer.json["position"]
        self.show(first)
        visitor = self.visitor(made["key"])
        self.assertEqual(self.find(visitor), [1])
        self.assertNotIn("version", self.show(second, visitor))
        self.assert_problem(visitor.get(f"/api/v1/experts/{first}"), 404, "expert-not-found")
        answer = visitor.get("/api/v1/experts?language=de")
        self.assert_problem(answer, 422, "criterion-not-offered")
        self.api.position = self.api.request(
            "PUT", f"/api/v1/widgets/{made['id']}/search",
            body={"criteria": ["language"]}).json["position"]
        self.assertEqual(self.find(visitor, language="de"), [1])

    def test_an_experts_address_is_shown_to_nobody(self):
        text = self.api.get("/api/v1/experts").body.decode()
        for expert in self.folder.demo["experts"]:
            self.assertIn(expert["name"], text)
            self.assertNotIn(expert["email"], text)

    def test_what_is_no_profile_is_refused(self):
        expert = self.experts[0]
        for part, body, code in (("profile", {"title": "x" * 201}, "profile-invalid"),
                                 ("profile", {"title": 7}, "title-not-a-string"),
                                 ("profile", {"display_name": " "}, "name-invalid"),
                                 ("channels", {"chat": True}, "audio-missing"),
                                 ("tags/language/%20", None, "tag-invalid"),
                                 ("tags/language/%ff", None, "tag-invalid"),
                                 ("tags/age/40", None, "no-such-resource")):
            answer = self.api.request("PUT", f"/api/v1/experts/{expert}/{part}", body=body)
            with self.subTest(part):
                self.assert_problem(answer, answer.status, code)
        unknown = expert[:-1] + ("0" if expert[-1] != "0" else "1")
        answer = self.api.request("PUT", f"/api/v1/experts/{unknown}/profile", body={})
        self.assert_problem(answer, 404, "expert-not-found")


if __name__ == "__main__":
    unittest.main()
