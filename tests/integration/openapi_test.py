"""schemas/openapi.yaml says what the program does: route by route, and answer by answer."""

import copy
import json
import unittest

import openapi
from support import Answer, ServerCase, messages_path, run


def access_words(requirements):
    """The `security` of an operation in the words of `parlour routes`."""
    words = set()
    for requirement in requirements:
        if "integratorToken" in requirement:
            words |= {f"scope={scope}" for scope in requirement["integratorToken"]}
        if "portalCookie" in requirement:
            words |= {f"role={role}" for role in requirement["portalCookie"]} or {"signed-in"}
        if "visitorToken" in requirement:
            words.add("visitor")
        if "customerToken" in requirement:
            words.add("customer")
    return words or {"everybody"}


class Description(unittest.TestCase):
    def setUp(self):
        self.contract = openapi.contract()

    def routes(self):
        done = run("routes")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        lines = [line.split("\t") for line in done.stdout.decode().splitlines()]
        return {(method, pattern): set(access.split(",")) for method, pattern, access in lines}

    def test_every_route_of_the_program_is_described_and_there_is_no_other(self):
        routes = self.routes()
        self.assertIn(("POST", "/api/v1/conversations"), routes)
        self.assertEqual(set(routes), set(self.contract.operations()))

    def test_the_description_says_for_whom_each_route_is(self):
        routes = self.routes()
        for route, operation in self.contract.operations().items():
            with self.subTest(route=route):
                self.assertEqual(access_words(operation["security"]), routes[route])
                for requirement in operation["security"]:
                    wants = "portalCookie" in requirement and route[0] != "GET"
                    self.assertEqual("csrfToken" in requirement, wants)

    def test_whoever_needs_no_account_may_be_told_that_it_was_too_much(self):
        unmetered = {"/health", "/ready", "/metrics"}
        count = 0
        for (method, path), operation in self.contract.operations().items():
            if not access_words(operation["security"]) & {"everybody", "visitor", "customer"}:
                continue
            with self.subTest(method=method, path=path):
                self.assertEqual("429" in operation["responses"], path not in unmetered)
            count += 1
        self.assertGreater(count, 50)

    def test_every_schema_of_an_answer_is_closed(self):
        def objects(schema, place, seen):
            schema = self.contract.resolve(schema)
            if id(schema) in seen:
                return
            seen.add(id(schema))
            if "properties" in schema or schema.get("type") == "object":
                yield place, schema
            for key in ("items", "additionalProperties"):
                if isinstance(schema.get(key), dict):
                    yield from objects(schema[key], f"{place}/{key}", seen)
            for key, inner in schema.get("properties", {}).items():
                yield from objects(inner, f"{place}/{key}", seen)
            for key in ("oneOf", "anyOf", "allOf"):
                for inner in schema.get(key, []):
                    yield from objects(inner, f"{place}/{key}", seen)

        count = 0
        for route, operation in self.contract.operations().items():
            for status, response in operation["responses"].items():
                for content in self.contract.resolve(response).get("content", {}).values():
                    for place, schema in objects(content.get("schema", {}), "", set()):
                        count += 1
                        closed = schema.get("additionalProperties") is not None or \
                            schema.get("unevaluatedProperties") is False
                        self.assertTrue(closed, (route, status, place))
        self.assertGreater(count, 10)


class Checker(ServerCase):
    """The checker itself: what it must not let through."""

    def setUp(self):
        super().setUp()
        self.contract = openapi.contract()
        self.path = messages_path(self.api.open()["id"])
        self.good = self.api.post(self.path, {"author": "visitor", "text": "hello"}, key="k")

    def check(self, answer, method="POST", path=None, sent=None):
        self.contract.check(method, path or self.path, answer, sent=sent)

    def changed(self, body=None, headers=None, status=None):
        made = Answer(status or self.good.status, copy.copy(self.good.headers), self.good.body)
        for name, value in (headers or {}).items():
            del made.headers[name]
            if value is not None:
                made.headers[name] = value
        if body is not None:
            made.body = json.dumps({**self.good.json, **body}).encode()
        return made

    def problem(self, status, code, inside=None):
        body = {"type": "about:blank", "title": "t", "status": inside or status, "detail": "d",
                "code": code}
        made = self.changed(status=status, headers={"Content-Type": "application/problem+json",
                                                    "ETag": None})
        made.body = json.dumps(body).encode()
        return made

    def test_what_the_server_answered_passes(self):
        self.check(self.good, sent={"author": "visitor", "text": "hello"})
        self.check(self.problem(422, "text-blank"))
        self.check(self.problem(400, "text-not-a-string"))

    def test_what_is_not_described_fails(self):
        elsewhere = self.path.replace("messages", "elsewhere")
        for name, answer, arguments in (
                ("status", self.changed(status=202), {}),
                ("unknown property", self.changed(body={"extra": 1}), {}),
                ("type", self.changed(body={"position": "1"}), {}),
                ("id of another kind",
                 self.changed(body={"id": self.good.json["conversation"]}), {}),
                ("content type", self.changed(headers={"Content-Type": "text/plain"}), {}),
                ("no content type", self.changed(headers={"Content-Type": None}), {}),
                ("header", self.changed(headers={"X-Other": "1"}), {}),
                ("header of another form", self.changed(headers={"ETag": "W/\"1\""}), {}),
                ("code", self.problem(422, "moon-full"), {}),
                ("other status in the body", self.problem(422, "text-blank", inside=400), {}),
                ("no problem", self.changed(status=422), {}),
                ("503 without Retry-After", self.problem(503, "unavailable"), {}),
                ("path", self.good, {"path": elsewhere}),
                ("other problem at no path", self.problem(404, "text-blank"), {"path": elsewhere}),
                ("method", self.good, {"method": "PUT"}),
                ("request that was taken", self.good, {"sent": {"author": "nobody", "text": "t"}})):
            with self.subTest(name), self.assertRaises(openapi.Undescribed):
                self.check(answer, **arguments)

    def test_no_json_and_a_missing_property_fail(self):
        for body in (b"", b"{", b"{}", b"[]"):
            answer = self.changed()
            answer.body = body
            with self.subTest(body), self.assertRaises(openapi.Undescribed):
                self.check(answer)

    def test_what_no_route_answers_is_a_404_or_a_405(self):
        self.assert_problem(self.api.get("/nothing"), 404, "no-such-resource")
        answer = self.api.request("DELETE", self.path)
        self.assert_problem(answer, 405, "method-not-allowed")
        self.assertEqual(answer.headers["Allow"], "POST, GET, HEAD")
        path = f"{self.path}?min_position={self.api.position}"
        self.assertEqual(self.api.request("HEAD", path).status, 200)


if __name__ == "__main__":
    unittest.main()
