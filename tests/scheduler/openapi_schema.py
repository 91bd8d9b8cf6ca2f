# SPDX-License-Identifier: MIT
"""Whether a value fits a schema: the part of JSON Schema 2020-12 that the description of the API uses. For
openapi_test.py.

Invariant: a keyword that is not known here is an error, so that none goes unchecked."""
import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
NOTES = {"description"}


class Unfit(Exception):
    """Says where in the value, and why."""


def is_type(value, name):
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def same(a, b):
    """Equal as JSON has it: 1 is not true."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


class Schemas:
    def __init__(self, document):
        self.document = document
        self.checks = {name[6:]: getattr(self, name) for name in dir(self) if name.startswith("check_")}
        self.checks["$ref"] = self.checks.pop("ref")

    def find(self, reference):
        if not reference.startswith("#/"):
            raise Unfit(f"{reference}: not within the document")
        found = self.document
        for part in reference[2:].split("/"):
            if part not in found:
                raise Unfit(f"{reference}: nothing is there")
            found = found[part]
        return found

    def resolve(self, value):
        """What a value or a reference to one stands for."""
        return self.find(value["$ref"]) if "$ref" in value else value

    def check(self, value, schema, path="$"):
        """Raises Unfit unless the value fits."""
        for keyword in schema:
            if keyword in self.checks:
                self.checks[keyword](value, schema, path)
            elif keyword not in NOTES:
                raise Unfit(f"{path}: no check is known for '{keyword}'")

    def fits(self, value, schema, path="$"):
        try:
            self.check(value, schema, path)
        except Unfit:
            return False
        return True

    @staticmethod
    def want(holds, path, why):
        if not holds:
            raise Unfit(f"{path}: {why}")

    def check_ref(self, value, schema, path):
        self.check(value, self.find(schema["$ref"]), path)

    def check_type(self, value, schema, path):
        names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        self.want(any(is_type(value, name) for name in names), path, f"{value!r:.80} is not of type {names}")

    def check_const(self, value, schema, path):
        self.want(same(value, schema["const"]), path, f"{value!r:.80} is not {schema['const']!r}")

    def check_enum(self, value, schema, path):
        self.want(any(same(value, one) for one in schema["enum"]), path, f"{value!r:.80} is none of {schema['enum']}")

    def check_oneOf(self, value, schema, path):
        n = sum(self.fits(value, one, path) for one in schema["oneOf"])
        self.want(n == 1, path, f"{value!r:.80} fits {n} of the schemas of oneOf")

    def check_anyOf(self, value, schema, path):
        self.want(any(self.fits(value, one, path) for one in schema["anyOf"]), path, f"{value!r:.80} fits none of anyOf")

    def check_required(self, value, schema, path):
        missing = [key for key in schema["required"] if isinstance(value, dict) and key not in value]
        self.want(not missing, path, f"{missing} missing")

    def check_properties(self, value, schema, path):
        for key, one in schema["properties"].items():
            if isinstance(value, dict) and key in value:
                self.check(value[key], one, f"{path}.{key}")

    def check_additionalProperties(self, value, schema, path):
        rest = set(value) - set(schema.get("properties", ())) if isinstance(value, dict) else set()
        if schema["additionalProperties"] is False:
            self.want(not rest, path, f"{sorted(rest)} are not described")
        elif schema["additionalProperties"] is not True:
            for key in rest:
                self.check(value[key], schema["additionalProperties"], f"{path}.{key}")

    def check_items(self, value, schema, path):
        for i, item in enumerate(value if isinstance(value, list) else ()):
            self.check(item, schema["items"], f"{path}[{i}]")

    def check_minItems(self, value, schema, path):
        self.want(not isinstance(value, list) or len(value) >= schema["minItems"], path, "too few items")

    def check_maxItems(self, value, schema, path):
        self.want(not isinstance(value, list) or len(value) <= schema["maxItems"], path, "too many items")

    def check_minLength(self, value, schema, path):
        self.want(not isinstance(value, str) or len(value) >= schema["minLength"], path, "too short")

    def check_maxLength(self, value, schema, path):
        self.want(not isinstance(value, str) or len(value) <= schema["maxLength"], path, "too long")

    def check_pattern(self, value, schema, path):
        self.want(not isinstance(value, str) or re.search(schema["pattern"], value), path, f"{value!r:.80} is no match")

    def check_minimum(self, value, schema, path):
        self.want(not is_type(value, "number") or value >= schema["minimum"], path, f"{value} is too small")

    def check_maximum(self, value, schema, path):
        self.want(not is_type(value, "number") or value <= schema["maximum"], path, f"{value} is too large")


def self_check():
    """The checker sees each kind of misfit."""
    schemas = Schemas({"a": {"type": "integer"}})
    wrong = [({"$ref": "#/a"}, "x"), ({"$ref": "#/b"}, 1), ({"type": "integer"}, True), ({"type": "number"}, "1"),
             ({"type": ["string", "null"]}, 1), ({"const": True}, 1), ({"enum": ["a", 0]}, False),
             ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1), ({"anyOf": [{"type": "null"}]}, 1),
             ({"required": ["a"]}, {}), ({"properties": {"a": {"type": "null"}}}, {"a": 1}),
             ({"properties": {"a": {}}, "additionalProperties": False}, {"a": 1, "b": 1}),
             ({"additionalProperties": {"type": "null"}}, {"b": 1}), ({"items": {"type": "null"}}, [None, 1]),
             ({"minItems": 1}, []), ({"maxItems": 0}, [1]), ({"minLength": 1}, ""), ({"maxLength": 1}, "ab"),
             ({"pattern": "^a$"}, "ba"), ({"minimum": 1}, 0), ({"maximum": 1}, 2), ({"multipleOf": 2}, 4)]
    for schema, value in wrong:
        if schemas.fits(value, schema):
            raise SystemExit(f"the checker takes {value!r} for {schema}")
    seen = {keyword for schema, _ in wrong for keyword in schema}
    if set(schemas.checks) - seen:
        raise SystemExit(f"no misfit is tried for {set(schemas.checks) - seen}")
    right = [({"type": "number"}, 1), ({"type": ["integer", "null"]}, None), ({"$ref": "#/a"}, 7),
             ({"properties": {"a": {"const": 1}}, "required": ["a"], "additionalProperties": False}, {"a": 1}),
             ({"oneOf": [{"type": "null"}, {"type": "string", "minLength": 1, "maxLength": 2}]}, "ab")]
    for schema, value in right:
        schemas.check(value, schema)
