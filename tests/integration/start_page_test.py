"""The page that a person sees at the server's address, and the API reference behind it."""

import re
import subprocess
import unittest

from support import TOP, Folder, ServerCase

LOADED = re.compile(r'(?:src|href)="([^"]+)"')


class StartPage(ServerCase):
    def page(self, path, api=None):
        answer = (api or self.folder.api(token="")).get(path)
        self.assertEqual(answer.status, 200, path)
        policy = answer.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("script-src 'self';", policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("http", policy)
        return answer

    def test_the_pages_lead_to_what_there_is_and_load_nothing_from_elsewhere(self):
        api = self.folder.api(token="")
        seen = set()
        for path in ("/", "/portal", "/docs"):
            page = self.page(path).body.decode()
            self.assertNotRegex(page, r"<script(?![^>]*src=)|<style|style=|javascript:| on[a-z]+=")
            for target in LOADED.findall(page):
                self.assertRegex(target, r"^/[a-z]")
                if target not in seen:
                    self.assertEqual(api.get(target).status, 200, target)
                seen.add(target)
        self.assertLessEqual({"/docs", "/openapi.yaml", "/ready", "/health"}, seen)

    def test_the_scripts_ask_only_routes_that_there_are(self):
        asked = set(re.findall(r'"(/[a-z0-9/-]+)"', self.page("/start.js").body.decode()))
        for name in ("portal", "desk", "admin", "live"):
            script = self.page(f"/portal/{name}.js").body.decode()
            asked |= set(re.findall(r'"(/api/[a-z0-9/-]+)"', script))
        asked.remove("/api/v1/live")  # the socket, which OpenAPI cannot describe
        described = self.page("/openapi.yaml").body.decode()
        self.assertGreater(len(asked), 12)
        for path in asked:
            # One that ends with a slash goes on with an id.
            self.assertIn(f"\n  {path}{{" if path.endswith("/") else f"\n  {path}:\n", described)

    def test_the_reference_is_drawn_from_the_description_of_this_program(self):
        served = self.page("/openapi.yaml")
        self.assertEqual(served.body, (TOP / "schemas/openapi.yaml").read_bytes())
        self.assertIn(b'url: "/openapi.yaml"', self.page("/docs/docs.js").body)
        self.assertIn(b"validatorUrl: null", self.page("/docs/docs.js").body)
        again = self.folder.api(token="").request(
            "GET", "/openapi.yaml", headers={"If-None-Match": served.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_swagger_ui_is_the_one_that_is_pinned(self):
        kept = TOP / "build/web/swagger-ui"
        if not (kept / "version").exists():
            self.skipTest("ops/node --docs has not fetched Swagger UI")
        for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
            self.assertEqual(self.page(f"/docs/{name}").body, (kept / name).read_bytes())
        self.assertIn(f'"{(kept / "version").read_text().strip()}"',
                      (TOP / "gateway/web/package.json").read_text())

    def test_the_demo_shows_its_log_ins_and_a_conversation_that_works(self):
        page = self.page("/")
        self.assertEqual(page.headers["Cache-Control"], "no-store")
        text = page.body.decode()
        demo = self.folder.demo
        for person in [demo["admin"], *demo["experts"]]:
            self.assertIn(person["email"], text)
            self.assertIn(person["password"], text)
        blocks = re.findall(r"<pre>(.*?)</pre>", text, re.S)
        self.assertEqual(len(blocks), 2)
        logged_in, talked = [self.shell(re.sub("<[^>]+>.*?</[^>]+>", self.folder.url, block))
                             for block in blocks]
        self.assertIn("csrf_token", logged_in)
        self.assertIn("Is anybody there?", talked)

    def shell(self, script):
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], capture_output=True,
                              timeout=60, check=False, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_without_the_demo_no_secret_stands_on_it(self):
        other = Folder()
        self.addCleanup(other.close)
        other.start(demo=False)
        text = self.page("/", other.api(token="")).body.decode()
        self.assertNotIn("demo", text)
        self.assertNotIn("password</th>", text)
        self.assertNotIn("tok-", text)


if __name__ == "__main__":
    unittest.main()
