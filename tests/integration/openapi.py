"""Holds answers of the server to schemas/openapi.yaml.

What is not described there fails: path, method, status, content type, header, code of a problem,
property of a body.
"""

import fnmatch
import functools
import json
import pathlib
import re
import urllib.parse

import jsonschema
import yaml

FILE = pathlib.Path(__file__).resolve().parents[2] / "schemas/openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch", "options")
# What HTTP itself or the server's framing gives to any answer.
OWN_HEADERS = {"cache-control", "connection", "content-encoding", "content-length",
               "content-security-policy", "content-type", "cross-origin-opener-policy",
               "cross-origin-resource-policy", "date", "permissions-policy", "referrer-policy",
               "strict-transport-security", "vary", "x-content-type-options", "x-frame-options"}


class Undescribed(AssertionError):
    """The server did something that the description does not tell."""


class Contract:
    """A description, and whether an answer is one that it tells of."""

    def __init__(self, document):
        self.document = document
        self.validators = {}
        self.templates = [(re.compile("".join(
            "[^/]+" if part.startswith("{") else re.escape(part)
            for part in re.split(r"(\{[^/{}]+\})", path))), path) for path in document["paths"]]
        # Of two that fit, the one with fewer names goes first, as in the program.
        self.templates.sort(key=lambda entry: entry[1].count("{"))

    def resolve(self, node):
        while "$ref" in node:
            found = self.document
            for word in node["$ref"].removeprefix("#/").split("/"):
                found = found[word.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def operations(self):
        """(method, path) -> operation."""
        return {(method.upper(), path): item[method] for path, item in
                self.document["paths"].items() for method in METHODS if method in item}

    def template_of(self, path):
        for pattern, template in self.templates:
            if pattern.fullmatch(path):
                return template
        return None

    def faults(self, schema, value):
        """What keeps a value from being of a schema; its words do not repeat the value."""
        if id(schema) not in self.validators:
            rooted = {"components": self.document["components"], **schema}
            self.validators[id(schema)] = jsonschema.Draft202012Validator(rooted)
        return [f"/{'/'.join(str(step) for step in error.absolute_path)} breaks "
                f"{'/'.join(str(step) for step in error.absolute_schema_path)}: {error.message}"
                for error in self.validators[id(schema)].iter_errors(value)]

    def sample_body(self, method, path):
        """A body that the description allows, with no more than it must have; None for none."""
        operation = self.document["paths"][path][method.lower()]
        if "requestBody" not in operation:
            return None
        content = self.resolve(operation["requestBody"])["content"]
        return self.sample(content["application/json"]["schema"]) \
            if "application/json" in content else None

    def sample(self, schema):
        schema = self.resolve(schema)
        for word in ("example", "const", "default"):
            if word in schema:
                return schema[word]
        if "enum" in schema:
            return schema["enum"][0]
        for word in ("oneOf", "anyOf"):
            if word in schema:
                return self.sample(schema[word][0])
        kind = schema.get("type", "object")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            parts = [schema, *(self.resolve(part) for part in schema.get("allOf", []))]
            known = {name: form for part in parts
                     for name, form in part.get("properties", {}).items()}
            return {name: self.sample(known[name])
                    for part in parts for name in part.get("required", [])}
        if kind == "array":
            return [self.sample(schema["items"])] * schema.get("minItems", 1)
        if kind in ("integer", "number"):
            return schema.get("minimum", 1)
        return {"boolean": True, "string": "x" * max(1, schema.get("minLength", 1))}[kind]

    def check(self, method, target, answer, sent=None):
        """Raises Undescribed for an answer that is not described for that request.

        `sent` is the body of the request, if it is an object: one that was taken must be of the
        described form.
        """
        path = urllib.parse.urlsplit(target).path
        template = self.template_of(path)
        item = self.document["paths"].get(template, {})
        operation = item.get("get" if method == "HEAD" else method.lower())
        where = f"{method} {template or 'no described path'} answered {answer.status}"
        if operation is None:
            self.check_unrouted(where, item, answer)
            return
        if str(answer.status) not in operation["responses"]:
            raise Undescribed(f"{where}, which is not among its responses: {answer.body[:500]!r}")
        response = self.resolve(operation["responses"][str(answer.status)])
        self.check_headers(where, response, answer)
        if method == "HEAD":
            return
        self.check_body(where, response, answer)
        if answer.headers.get("Content-Type") == "application/problem+json":
            self.check_code(where, operation, answer)
        if sent is not None and answer.status < 400:
            content = self.resolve(operation["requestBody"])["content"]["application/json"]
            faults = self.faults(content["schema"], sent)
            if faults:
                raise Undescribed(f"{where} to a body that is not described: {faults}")

    def check_unrouted(self, where, item, answer):
        """A path that is not described is not found; another method is refused."""
        expected, code = (405, "method-not-allowed") if item else (404, "no-such-resource")
        problem = self.document["components"]["schemas"]["Problem"]
        if answer.status != expected or answer.json.get("code") != code:
            raise Undescribed(f"{where}; nothing of it is described: {answer.body[:500]!r}")
        faults = self.faults(problem, answer.json)
        if faults:
            raise Undescribed(f"{where}: {faults}")

    def check_headers(self, where, response, answer):
        described = {name.lower(): self.resolve(header)
                     for name, header in response.get("headers", {}).items()}
        for name, header in described.items():
            value = answer.headers.get(name)
            if value is None:
                if header.get("required"):
                    raise Undescribed(f"{where} without the header {name}")
                continue
            faults = self.faults(header["schema"], value)
            if faults:
                raise Undescribed(f"{where} with another header {name} than described: {faults}")
        for name in answer.headers.keys():
            if name.lower() not in described and name.lower() not in OWN_HEADERS:
                raise Undescribed(f"{where} with the header {name}, which is not described")

    def check_body(self, where, response, answer):
        content = response.get("content", {})
        if not content:
            if answer.body:
                raise Undescribed(f"{where} with a body, which is not described")
            return
        given = answer.headers.get("Content-Type", "")
        if given not in content:
            raise Undescribed(f"{where} as {given or 'nothing'}, not as one of {sorted(content)}")
        if not given.split(";")[0].endswith("json"):
            return
        # Of NDJSON each line is described.
        lines = answer.body.splitlines() if given == "application/x-ndjson" else [answer.body]
        for line in lines:
            try:
                value = json.loads(line)
            except ValueError as error:
                raise Undescribed(f"{where} with what is no JSON") from error
            faults = self.faults(content[given]["schema"], value)
            if faults:
                raise Undescribed(f"{where} with a body that is not as described: {faults}")

    def check_code(self, where, operation, answer):
        code = answer.json["code"]
        known = [*operation.get("x-codes", []), *self.document["x-codes"]]
        if not any(fnmatch.fnmatchcase(code, pattern) for pattern in known):
            raise Undescribed(f"{where} with the code {code}, which is not among its x-codes")
        if answer.json["status"] != answer.status:
            raise Undescribed(f"{where} with the status {answer.json['status']} in its body")


@functools.cache
def contract():
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with open(FILE, encoding="utf-8") as file:
        return Contract(yaml.load(file, Loader=loader))
