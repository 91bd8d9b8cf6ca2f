#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the description of the HTTP API and a real scheduler against each other.

usage: openapi_test.py BUILD SOURCE

Every operation is called with what is right, wrong, missing and hostile. Whatever is answered has a status that the
description names for the operation, the media type, the headers and a body that fits the schema named there; and
every status that the description names is seen.

Invariant: only processes that this test has started are signalled, and all of them are gone at its end."""
import http.client
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "stack"))
import openapi_schema
import processes
from api_server import PATIENCE_S, Server, expect, wait

# Answered whatever the database does, to who holds the scheduler's own secret.
STANDING = ("/", "/livez", "/metrics", "/v1/openapi.json", "/v1/profiles", "/v1/profiles/{name}")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
BODY_BYTES_MAX = 64 << 20


class Description:
    """The document, and what was seen of it."""

    def __init__(self, server):
        self.server = server
        status, headers, text = server.ask("GET", "/v1/openapi.json")
        expect("status of the description", (status, headers["Content-Type"]), (200, "application/json"))
        self.text = text
        self.document = json.loads(text)
        self.schemas = openapi_schema.Schemas(self.document)
        self.seen = set()

    def operations(self):
        """(method, template, operation, parameters)"""
        for template, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    parameters = item.get("parameters", []) + item[method].get("parameters", [])
                    yield method.upper(), template, item[method], [self.schemas.resolve(one) for one in parameters]

    def fits(self, what, response, got):
        """Holds an answer against a response of the document; its body, as JSON if it is that."""
        status, headers, body = got
        response = self.schemas.resolve(response)
        for name, header in response.get("headers", {}).items():
            if header["required"] and headers[name] is None:
                raise SystemExit(f"{what}: {status} without the header {name}")
        if "content" not in response:
            expect(f"{what}: {status}: body", body, b"")
            return None
        media = (headers["Content-Type"] or "").split(";")[0]
        if media not in response["content"]:
            raise SystemExit(f"{what}: {status} is {media}, not one of {list(response['content'])}")
        value = json.loads(body) if media.endswith("json") else body.decode() if media.startswith("text/") else body
        try:
            self.schemas.check(value, response["content"][media].get("schema", {}))
        except openapi_schema.Unfit as unfit:
            raise SystemExit(f"{what}: {status}: {unfit}: {body!r:.1000}") from unfit
        if status >= 400:
            expect(f"{what}: status in the problem", value["status"], status)
            expect(f"{what}: type of the problem", value["type"], "/problems/" + value["code"])
        return value

    def call(self, method, template, wanted=None, path=None, query="", server=None, **more):
        """Calls an operation; its answer must be one that the document names, with this status if one is wanted."""
        path = path or {}
        what = f"{method} {template} {path or ''}{query} {str(more)[:200]}"
        target = re.sub(r"\{(\w+)\}", lambda name: path[name[1]], template) + query
        got = (server or self.server).ask(method, target, **more)
        responses = self.document["paths"][template][method.lower()]["responses"]
        if str(got[0]) not in responses:
            raise SystemExit(f"{what}: {got[0]} is not described: {got[2]!r:.400}")
        value = self.fits(what, responses[str(got[0])], got)
        if wanted is not None and got[0] != wanted:
            raise SystemExit(f"{what}: {got[0]}, wanted {wanted}: {got[2]!r:.400}")
        self.seen.add((method, template, got[0]))
        return value


def role_of(operation):
    """What an operation wants of a token."""
    return operation["security"][0]["token"][0] if operation.get("security") else "open"


# ---- What can be said without calling anything ----

def keys_of(source, files):
    """The members that the readers in these files know."""
    found = set()
    for name in files:
        with open(os.path.join(source, name), encoding="utf-8") as stream:
            for keys in re.findall(r"\bkeys\[\] = \{([^}]*)\}", stream.read()):
                found |= set(re.findall(r'"(\w+)"', keys))
    return found


def compare_with_source(api, source):
    with open(os.path.join(source, "scheduler/openapi/v1.json"), "rb") as stream:
        expect("the document is the file", api.text, stream.read())
    with open(os.path.join(source, "scheduler/http_route.c"), encoding="utf-8") as stream:
        routes = re.findall(r'\{"([A-Z]+)", "(/[^"]*)", API_\w+, ROUTE_(\w+)\}', stream.read())
    described = [(method, re.sub(r"\{\w+\}", "*", template), role_of(operation).replace("-", "_").upper())
                 for method, template, operation, _ in api.operations()]
    expect("routes of the table with whom they want, and described", sorted(routes), sorted(described))
    with open(os.path.join(source, "include/gaia/status.h"), encoding="utf-8") as stream:
        names = re.findall(r'X\([A-Z_]+, [A-Z]+, "(\w+)"', stream.read())
    schemas = api.document["components"]["schemas"]
    for name, files in (("JobRequest", ("host/score/job.c", "host/score/job_task.c")),
                        ("Source", ("host/score/job_source.c",)), ("Queue", ("host/score/job_queue.c",)),
                        ("ScheduleRequest", ("scheduler/http_body.c",)), ("TokenRequest", ("scheduler/http_token.c",))):
        expect(f"members of {name}", sorted(schemas[name]["properties"]), sorted(keys_of(source, files)))
    expect("codes", ["ok"] + api.document["components"]["schemas"]["Code"]["enum"], names)


def check_document(api):
    ids = [operation["operationId"] for _, _, operation, _ in api.operations()]
    expect("operation ids are unlike each other", len(set(ids)), len(ids))
    for method, template, operation, parameters in api.operations():
        expect(f"{method} {template}: parameters in the path", {p["name"] for p in parameters if p["in"] == "path"},
               set(re.findall(r"\{(\w+)\}", template)))
        for code, response in operation["responses"].items():
            expect(f"{method} {template} {code}: description", "description" in api.schemas.resolve(response), True)
    used = set(re.findall(r'"\$ref": ?"(#/[^"]*)"', api.text.decode()))
    there = {f"#/components/{kind}/{name}" for kind, members in api.document["components"].items()
             if kind != "securitySchemes" for name in members}
    others = {"#/components/responses/MethodNotAllowed", "#/components/schemas/JobProgress"}  # the data of events
    expect("components, and references to them", sorted(used | others), sorted(there))


# ---- Right ----

def job_of(forecast, **more):
    return {"schema": "gaia.job/1", "forecasts": [{"id": "f", "files": [forecast]}],
            "truth": {"files": [forecast.replace("forecast", "truth")]}, **more}


def encode(value):
    return json.dumps(value).encode()


def over(api, job):
    def is_over():
        return api.call("GET", "/v1/jobs/{id}", 200, {"id": job})["state"] in ("succeeded", "failed", "cancelled")
    wait("job " + job, is_over)
    return api.call("GET", "/v1/jobs/{id}", 200, {"id": job})


def jobs_make(api, world, forecast):
    """Ids of a job with composites, of a task, of a job that failed, and of one that waits."""
    def submit(job, status=201, **headers):
        api.schemas.check(job, api.document["components"]["schemas"]["JobRequest"])
        return api.call("POST", "/v1/jobs", status, body=encode(job), **headers)["id"]
    with open(world.job("gaia-day1", {"f": world.path(forecast)}), encoding="utf-8") as stream:
        scored = {**json.load(stream), "maps": ["all"]}
    ids = {"scored": submit(scored, Idempotency_Key="once")}
    expect("a key's second job", submit(scored, 200, Idempotency_Key="once"), ids["scored"])
    ids["task"] = submit({"schema": "gaia.job/1", "task": "weather.hash.verification_compute",
                          "request": {"schema": "gaia.hash/1", "source": {"files": [world.path(forecast)]}}})
    ids["failed"] = submit(job_of("/nowhere/forecast.nc"))
    ids["waits"] = submit(job_of("/nowhere/forecast.nc", queue={"not_before": "2999-01-01T00:00Z", "tenant": "t"}))
    for name, state in (("scored", "succeeded"), ("task", "succeeded"), ("failed", "failed")):
        expect(f"the job {name}", over(api, ids[name])["state"], state)
    return ids


def call_right(api, ids):
    for kind in ("jobs", "executors", "schedules", "profiles"):
        expect(kind, len(api.call("GET", "/v1/" + kind, 200)[kind]) > 0, kind != "schedules")
    for path in ("/livez", "/readyz"):
        api.call("GET", path, 200, token="")
    for profile in api.call("GET", "/v1/profiles", 200)["profiles"]:
        shown = api.call("GET", "/v1/profiles/{name}", 200, {"name": profile["name"]})
        expect("a profile", {key: shown[key] for key in profile}, profile)
    job = {"id": ids["scored"]}
    lines = api.call("GET", "/v1/jobs/{id}/scores", 200, job).splitlines()
    expect("columns of scores", {line.count(",") for line in lines}, {lines[0].count(",")})
    expect("composites", len(api.call("GET", "/v1/jobs/{id}/composite", 200, job)), 1)
    expect("moments", len(api.call("GET", "/v1/jobs/{id}/moments", 200, job)) > 100, True)
    expect("maps", len(api.call("GET", "/v1/jobs/{id}/maps", 200, job)) > 100, True)
    api.call("GET", "/v1/jobs/{id}/result", 409, job)
    api.call("GET", "/v1/jobs/{id}/result", 200, {"id": ids["task"]})
    expect("a backup", api.call("GET", "/v1/backup", 200)[:15], b"SQLite format 3")
    overview = api.call("GET", "/", 200, token="")
    has_pages = "was built without its pages" not in overview
    report = api.call("GET", "/v1/jobs/{id}/report", 200 if has_pages else 409, job)
    expect("pages", not has_pages or ("Sign in" in overview and job["id"] in report), True)
    for part in ("scores", "moments", "maps", "composite", "report"):
        for name in ("task", "failed", "waits"):
            api.call("GET", "/v1/jobs/{id}/" + part, 409, {"id": ids[name]})
    states = next(p for m, t, _, parameters in api.operations() if t == "/v1/batches" for p in parameters)
    counts = {state: len(api.call("GET", "/v1/batches", 200, query="?state=" + state)["batches"])
              for state in states["schema"]["enum"]}
    expect("batches are listed", counts["done"] > 0 and counts["failed"] + counts["dead"] > 0, True)
    failed = {"id": ids["failed"]}
    expect("attempts", len(api.call("GET", "/v1/jobs/{id}/attempts", 200, failed)["attempts"]) > 0, True)
    api.call("POST", "/v1/jobs/{id}/replay", 409, job, body=b"")
    api.call("POST", "/v1/jobs/{id}/replay", 200, failed, body=b"")
    over(api, ids["failed"])
    expect("cancelled", api.call("DELETE", "/v1/jobs/{id}", 200, {"id": ids["waits"]})["state"], "cancelled")
    api.call("DELETE", "/v1/jobs/{id}", 409, {"id": ids["waits"]})
    for part in ("scores", "moments", "maps", "composite", "report", "result"):
        api.call("GET", "/v1/jobs/{id}/" + part, 409, {"id": ids["waits"]})
    schedule = {"name": "n", "cron": "@yearly", "zone": "Europe/Berlin", "job": job_of("/nowhere/forecast.nc")}
    made = api.call("POST", "/v1/schedules", 201, body=encode(schedule))
    for state in (True, False):
        api.call("POST", "/v1/schedules/{id}/" + ("pause" if state else "resume"), 200, made)
        expect("paused", api.call("GET", "/v1/schedules", 200)["schedules"][0]["paused"], state)
    api.call("DELETE", "/v1/schedules/{id}", 200, made)


# ---- Wrong, missing and hostile ----

IDS = ("..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "../../etc/passwd", "%00", "{0}%00", "{0}%00x", "%ff%fe", "%",
       "{0}%20", "{0};", "%27%20OR%201=1--", "*", "{{id}}", "none", "a" * 127, "a" * 128, "a" * 5000, "%c3%a9", "{0}/", "")


def call_everything_wrongly(api, ids):
    for method, template, operation, parameters in api.operations():
        is_open = operation.get("security") == []
        path = {p["name"]: ids["scored"] for p in parameters if p["in"] == "path"}
        query = "?state=ready" if template == "/v1/batches" else ""
        body = encode({}) if "requestBody" in operation else None
        for token in ("", "x", api.server.secret[:-1], api.server.secret + "0"):
            api.call(method, template, 200 if is_open else 401, path, query, token=token, body=body)
        wrong = api.call(method, template, 400, path, "?nothing=1" + query.replace("?", "&"), body=body)
        expect(f"{method} {template}: field", wrong["field"], "nothing")
        api.call(method, template, 400, path, query + ("&" if query else "?") + "%00%ff=%00", body=body)
        if "requestBody" not in operation:
            api.call(method, template, 400, path, query, body=b"{}")
            api.call(method, template, 400, path, query, content_length=str(BODY_BYTES_MAX + 1))
        for one in IDS if path else ():
            name = next(iter(path))
            got = api.server.ask(method, template.replace("{" + name + "}", one.format(ids["scored"])), body=body)
            what = f"{method} {template} with '{one:.40}'"
            expect(f"{what}: status", got[0] in (404, 405), True)
            api.fits(what, {"$ref": "#/components/responses/" + ("NotFound" if got[0] == 404 else
                                                                 "MethodNotAllowed")}, got)
            if one == "none":
                api.call(method, template, 404, {name: one}, body=body)


def call_other_methods(api, ids):
    for template, item in api.document["paths"].items():
        target = re.sub(r"\{\w+\}", ids["scored"], template) + ("?state=ready" if template == "/v1/batches" else "")
        there = {method.upper() for method in METHODS if method in item}
        for method in {"GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "ODD"} - there:
            got = api.server.ask(method, target)
            expect(f"{method} {target}: status", got[0], 405)
            api.fits(f"{method} {target}", {"$ref": "#/components/responses/MethodNotAllowed"}, got)
            expect(f"{method} {target}: Allow", set(got[1]["Allow"].split(", ")), there)
        if "GET" in there and "{" not in template:
            expect(f"HEAD {target}", api.server.ask("HEAD", target)[::2], (200, b""))
    for target in ("/jobs", "/v1", "/v1/", "/v1/nothing", "/v2/jobs", "/v1/jobs/", "/v1//jobs", "/livez/", "/V1/jobs"):
        got = api.server.ask("GET", target)
        expect(f"GET {target}: status", got[0], 404)
        api.fits(f"GET {target}", {"$ref": "#/components/responses/NotFound"}, got)


def misfits(schema, schemas):
    """Values of other types than the schema's, and those just beyond its limits."""
    beyond = [schema[key] + step for key, step in (("minimum", -1), ("maximum", 1)) if key in schema]
    beyond += ["x" * (schema["maxLength"] + 1)] if "maxLength" in schema else []
    for value in [None, True, 7, "", "x", [], [None], {}, {"x": {}}, -1e300] + beyond:
        if not schemas.fits(value, schema):
            yield value


def call_with_bodies(api):
    plain = job_of("/nowhere/forecast.nc")
    task = {"schema": "gaia.job/1", "task": "weather.hash.forecast_verify", "claimed": "x", "request": {
        "schema": "gaia.hash/1", "source": {"files": ["/nowhere/forecast.nc"]}}}
    bases = {"/v1/jobs": plain, "/v1/schedules": {"cron": "@yearly", "job": plain},
             "/v1/tokens": {"name": "n", "scope": "read"}}
    raw = (b"", b"x", b"[]", b"7", b"null", b"{", b"[" * 100000, b'{"schema": "\xff"}', b'{"schema": "a\x00b"}', b"\x00",
           b'{"schema": "gaia.job/1", "schema": "gaia.job/1"}', b'{"schema": "\\u0000"}', b"{}" * 2, b"1e999")
    for template, base in bases.items():
        for body in raw:
            api.call("POST", template, 400, body=body)
        api.call("POST", template, 413, content_length=str(BODY_BYTES_MAX + 1))
        name = api.document["paths"][template]["post"]["requestBody"]["content"]["application/json"]["schema"]
        schema = api.schemas.resolve(name)
        for key in schema.get("required"):
            wrong = api.call("POST", template, 400, body=encode({k: v for k, v in base.items() if k != key}))
            expect(f"{template} without {key}: field", wrong["field"], key)
        wrong = api.call("POST", template, 400, body=encode({**base, "no'thing": 1}))
        expect(f"{template}: field", wrong["field"], "no'thing")
        for key, one in schema["properties"].items():
            if key == "masks":  # whose members are the user's
                continue
            fitting = task if key in ("claimed", "request") else base
            for value in misfits(one, api.schemas):
                wrong = api.call("POST", template, 400, body=encode({**fitting, key: value}))
                if key not in ("job", "schema"):
                    expect(f"{template} with {key} {value!r}: field", wrong.get("field", "")[:len(key)], key)
    call_with_members(api, plain)


def call_with_members(api, plain):
    """Members of a source and of the queue that are of other types."""
    components = api.document["components"]["schemas"]
    source = {"id": "f", "files": ["/nowhere/forecast.nc"]}
    for key, one in components["Source"]["properties"].items():
        for value in misfits(one, api.schemas):
            wrong = api.call("POST", "/v1/jobs", 400, body=encode({**plain, "forecasts": [{**source, key: value}]}))
            expect(f"a source with {key} {value!r}", wrong["field"].startswith("forecasts[0]." + key), True)
    for key, one in components["Queue"]["properties"].items():
        for value in misfits(one, api.schemas):
            wrong = api.call("POST", "/v1/jobs", 400, body=encode({**plain, "queue": {key: value}}))
            expect(f"a queue with {key} {value!r}", wrong["field"], "queue." + key)
    wrong = api.call("POST", "/v1/jobs", 400, body=encode({**plain, "queue": {"nothing": 1}}))
    expect("an unknown member of the queue", wrong["field"], "queue.nothing")
    for query in ("", "?state=", "?state=odd", "?state=ready&state=ready", "?state", "?STATE=ready", "?state=ready%00"):
        expect("the field", api.call("GET", "/v1/batches", 400, query=query)["field"].lower(), "state")
    api.call("POST", "/v1/jobs", 400, body=encode(plain), Idempotency_Key="k" * 128)
    for cron in ("", "x", "* * * *", "60 * * * *", "*" * 1000, "@never"):
        wrong = api.call("POST", "/v1/schedules", 400, body=encode({"cron": cron, "job": plain}))
        expect(f"cron '{cron}': field", wrong["field"], "cron")
    wrong = api.call("POST", "/v1/schedules", 400, body=encode({"cron": "@daily", "zone": "../x", "job": plain}))
    expect("the field", wrong["field"], "zone")


# ---- Who may ----

def call_as_others(api, ids):
    """Every operation with tokens of every kind; what is allowed is then refused for its query."""
    kinds = {"read": {"scope": "read"}, "submit": {"scope": "submit"}, "admin": {"scope": "admin"},
             "read of t": {"scope": "read", "tenant": "t"}, "submit of t": {"scope": "submit", "tenant": "t"}}
    allowed = {"read": {"read", "read-all", "open"}, "submit": {"read", "read-all", "submit", "open"},
               "admin": {"read", "read-all", "submit", "admin", "open"}, "read of t": {"read", "open"},
               "submit of t": {"read", "submit", "open"}}
    made = {name: api.call("POST", "/v1/tokens", 201, body=encode({"name": name, **kind})) for name, kind in kinds.items()}
    for method, template, operation, parameters in api.operations():
        path = {p["name"]: ids["scored"] for p in parameters if p["in"] == "path"}
        body = encode({}) if "requestBody" in operation else None
        for name, token in made.items():
            api.call(method, template, 400 if role_of(operation) in allowed[name] else 403, path, "?nothing=1",
                     token=token["token"], body=body)
    listed = api.call("GET", "/v1/tokens", 200)["tokens"]
    expect("the tokens", {one["id"] for one in listed}, {one["id"] for one in made.values()})
    for token in made.values():
        api.call("GET", "/v1/profiles", 200, token=token["token"])
        api.call("DELETE", "/v1/tokens/{id}", 200, {"id": token["id"]})
        api.call("GET", "/v1/profiles", 401, token=token["token"])


def call_with_all_tokens_made(api):
    database = sqlite3.connect(os.path.join(api.server.state, "gaia.sqlite"), isolation_level=None, timeout=PATIENCE_S)
    database.execute("INSERT INTO tokens WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
                     " SELECT 'x' || i, '', 'x' || i, 'read', '', 1, 0 FROM n")
    api.call("POST", "/v1/tokens", 409, body=encode({"name": "n", "scope": "read"}))
    database.execute("DELETE FROM tokens")
    database.close()
    api.call("POST", "/v1/tokens", 201, body=encode({"name": "n", "scope": "read"}))


# ---- What takes more than a request ----

def call_when_full(api, build):
    small = Server(build, "--jobs-max", "1")
    try:
        body = encode(job_of("/nowhere/forecast.nc"))
        late = encode(job_of("/nowhere/forecast.nc", queue={"start_within_s": 1}))
        failed = {"id": api.call("POST", "/v1/jobs", 201, server=small, body=late)["id"]}
        wait("a job fails", lambda: api.call("GET", "/v1/jobs/{id}", 200, failed, server=small)["state"] == "failed")
        api.call("POST", "/v1/jobs", 201, server=small, body=body)
        api.call("POST", "/v1/jobs", 429, server=small, body=body)
        api.call("POST", "/v1/jobs/{id}/replay", 429, failed, server=small, body=b"")
    finally:
        small.end()


def call_without_database(api, ids):
    """A table is gone for a while: the scheduler drops its core, and cannot restore it. Nor can it make a backup."""
    in_the_way = os.path.join(api.server.state, "gaia.sqlite.backup")
    os.makedirs(os.path.join(in_the_way, "folder"))
    database = sqlite3.connect(os.path.join(api.server.state, "gaia.sqlite"), isolation_level=None, timeout=PATIENCE_S)
    database.execute("ALTER TABLE jobs RENAME TO jobs_away")
    wait("the scheduler misses the table", lambda: api.server.ask("GET", "/v1/jobs")[0] == 503)
    job = job_of("/nowhere/forecast.nc")
    bodies = {"/v1/jobs": job, "/v1/schedules": {"cron": "@yearly", "job": job},
              "/v1/tokens": {"name": "n", "scope": "read"}}
    for method, template, operation, parameters in api.operations():
        path = {p["name"]: ids["scored"] for p in parameters if p["in"] == "path"}
        body = encode(bodies[template]) if "requestBody" in operation else None
        query = "?state=ready" if template == "/v1/batches" else ""
        path = {"name": "gaia-day1"} if template == "/v1/profiles/{name}" else path
        api.call(method, template, 200 if template in STANDING else 503, path, query, body=body)
    database.execute("ALTER TABLE jobs_away RENAME TO jobs")
    database.close()
    shutil.rmtree(in_the_way)
    wait("the scheduler is ready again", lambda: api.server.ask("GET", "/readyz")[0] == 200)


def command_with_both(api, build, folder, standby, leader, token):
    """`gaia` is told of both schedulers, the one that stands by first, by their state directories and by their addresses."""
    paths = [os.path.join(folder, name) for name in ("job.json", "token")]
    for path, text in zip(paths, (encode(job_of("/nowhere/forecast.nc")), token.encode())):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(text)
    api_of = ",".join(server.note["api"] for server in (standby, leader))
    states = ",".join(server.state for server in (standby, leader))
    for place in (["submit", paths[0], "--state", states], ["--scheduler", api_of, "--token-file", paths[1], "submit", paths[0]]):
        done = subprocess.run([os.path.join(build, "gaia"), *place], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        expect(f"gaia {place}", (done.returncode, done.stderr), (0, ""))
        api.call("GET", "/v1/jobs/{id}", 200, {"id": done.stdout.strip()}, server=leader)
    expect("jobs", len(api.call("GET", "/v1/jobs", 200, server=leader)["jobs"]), 2)


def call_standby(api, build):
    """Two schedulers of one database: the one that stands by says so of everything that it does not know by itself, and
    knows no token but its own secret, and for /metrics those that it has read."""
    job = job_of("/nowhere/forecast.nc")
    bodies = {"/v1/jobs": job, "/v1/schedules": {"cron": "@yearly", "job": job}, "/v1/tokens": {"name": "n", "scope": "submit"}}
    with tempfile.TemporaryDirectory(prefix="gaia-api-pg-") as folder:
        connection = os.path.join(folder, "connection")
        database = processes.postgres_make(folder, connection)
        servers = []
        try:
            database.start()
            wait("the database", lambda: "ready to accept connections" in open(database.log, encoding="utf-8").read())
            for http_status in (200, 503):
                servers.append(Server(build, "--store-file", connection))
                wait("who leads is settled", lambda: servers[-1].ask("GET", "/readyz")[0] == http_status)
            leader, standby = servers
            token = api.call("POST", "/v1/tokens", 201, server=leader, body=encode(bodies["/v1/tokens"]))["token"]
            wait("the standby reads the tokens", lambda: standby.ask("GET", "/metrics", token=token)[0] == 200)
            api.call("GET", "/metrics", 503, server=standby, token="gaia_" + "0" * 64)
            for method, template, operation, parameters in api.operations():
                path = {p["name"]: "gaia-day1" if p["name"] == "name" else "x" for p in parameters if p["in"] == "path"}
                body = encode(bodies[template]) if "requestBody" in operation else None
                query = "?state=ready" if template == "/v1/batches" else ""
                status = 200 if template in STANDING else 404 if template == "/v1/backup" else 503  # pg_dump makes those
                told = api.call(method, template, status, path, query, server=standby, body=body)
                if status == 503 and template != "/readyz":
                    expect(f"{method} {template}: who leads", re.sub(": .* leads$", ": ... leads", told["detail"]),
                           "this scheduler stands by: ... leads")
                status = 200 if template in ("/", "/livez", "/metrics") else 503
                api.call(method, template, status, path, query, server=standby, token=token, body=body)
            command_with_both(api, build, folder, standby, leader, token)
        finally:
            for server in reversed(servers):
                server.end()
            database.end()


def call_with_damage(api, ids):
    database = sqlite3.connect(os.path.join(api.server.state, "gaia.sqlite"), isolation_level=None, timeout=PATIENCE_S)
    for n_bytes in (8, 9):
        changed = database.execute("UPDATE moments SET sums = zeroblob(?) WHERE job = (SELECT seq FROM jobs WHERE id = ?)",
                                   (n_bytes, ids["scored"]))
        expect("moments were damaged", changed.rowcount > 0, True)
        api.call("GET", "/v1/jobs/{id}/scores", 500, {"id": ids["scored"]})
    database.close()
    folder = os.path.join(api.server.state, "results", ids["scored"])
    os.remove(os.path.join(folder, sorted(os.listdir(folder))[0]))
    api.call("GET", "/v1/jobs/{id}/maps", 409, {"id": ids["scored"]})
    try:
        got = api.server.ask("GET", f"/v1/jobs/{ids['scored']}/moments")
    except http.client.IncompleteRead:
        return
    raise SystemExit(f"damaged moments came whole: {got!r:.400}")


def call_scores(api, ids):
    """What is asked of scores: each parameter right, wrong and hostile. That the rows are right: scores_test.py."""
    job = {"id": ids["scored"]}
    def ask(query, status=200):
        return api.call("GET", "/v1/jobs/{id}/scores", status, job, query)
    lines = ask("").splitlines()
    for query in ("?format=csv", "?rows=all", "?forecast=f", "?region=global", "?lead=6", "?lead=6.0&format=csv"):
        expect(query, ask(query).splitlines(), lines)
    expect("JSON has a member for each row", len(ask("?format=json")), len(lines) - 1)
    expect("lines of MET", len({line.count(" ") for line in ask("?format=stat").splitlines()}) > 1, True)
    n_times = len(ask("?rows=times").splitlines())
    expect("times and aggregates are all", n_times + len(ask("?rows=aggregates").splitlines()), len(lines) + 1)
    expect("a page", ask("?limit=2").splitlines(), lines[:3])
    wrong = {"format": ("", "xml", "CSV", "csv%00"), "rows": ("", "none"), "missing": ("", "guess"),
             "limit": ("", "0", "-1", "+1", "1.5", "10001", "1e3", "0x10", "99999999999999999999", "%001"),
             "cursor": ("", "x", "0" * 32, "0" * 31, "F" * 32, "../" * 8, "%00" * 32),
             "level": ("", "x", "nan", "inf", "1e999", "7", "500%00", "500,850", "0x1f4", "1e9"),
             "lead": ("", "x", "7", "6;", "-6", "NaN"), "forecast": ("", "nobody", "%00", "%ff%fe", "f%00", "F", "*", "%27"),
             "variable": ("", "none", "a" * 4000), "region": ("", "atlantis", "%0d%0aX-Y:%20z"), "weights": ("", "area"),
             "metric": ("", "rmse2", "%3Cb%3E", "all,rmse")}
    for field, values in wrong.items():
        for value in values:
            got = ask(f"?{field}={value}" + ("&limit=7" if field == "cursor" else ""), 400)
            expect(f"scores?{field}={value:.40}: field", got["field"], field)
        expect(f"scores?{field}: field", ask("?" + field, 400)["field"], field)
    twice = {"forecast": "f", "level": "500", "lead": "6", "metric": "rmse", "format": "csv", "limit": "1"}
    for field, value in twice.items():
        expect(f"{field} twice: field", ask(f"?{field}={value}&{field}={value}", 400)["field"], field)
    expect("so many", ask("?" + "&".join(f"metric=m{i}" for i in range(257)), 400)["field"], "metric")
    expect("so long", ask("?limit=1&" + "&".join(f"metric={'m' * 90}{i}" for i in range(100)), 400)["field"], "limit")
    for query, field in (("?format=stat&metric=rmse", "metric"), ("?format=stat&rows=times", "rows")):
        expect(query, ask(query, 400)["field"], field)


def call_lists(api, ids):
    """Pages of jobs, and a ranking, asked rightly and wrongly."""
    def jobs(query):
        return api.call("GET", "/v1/jobs", 200, query=query)
    whole = jobs("")
    expect("the last page", whole["next"], None)
    listed, cursor = [], ""
    while cursor is not None:
        page = jobs("?limit=1" + (f"&cursor={cursor}" if cursor else ""))
        expect("jobs of a page", len(page["jobs"]), 1)
        listed += page["jobs"]
        cursor = page["next"]
    expect("pages of jobs", [job["id"] for job in listed], [job["id"] for job in whole["jobs"]])
    expect("of a tenant", [job["id"] for job in jobs("?tenant=t")["jobs"]], [ids["waits"]])
    expect("of no tenant", ids["waits"] in [job["id"] for job in jobs("?tenant=")["jobs"]], False)
    for state in ("succeeded", "failed", "cancelled", "running", "queued", "planning"):
        expect(state, jobs("?state=" + state)["jobs"], [job for job in whole["jobs"] if job["state"] == state])
    for name in ("%25", "none", "%27%20OR%201=1--", "%ff", "%00"):
        expect(f"jobs of the name {name}", jobs("?name=" + name)["jobs"], [])
    composite, = api.call("GET", "/v1/jobs/{id}/composite", 200, {"id": ids["scored"]})
    for query in ("", "?profile=gaia-day1", "?profile=" + composite["profile"]["hash"], "?forecast=f&limit=1", "?tenant=&name="):
        ranked, = api.call("GET", "/v1/leaderboard", 200, query=query)["leaderboard"]
        expect("ranked", (ranked["rank"], ranked["job"]), (1, ids["scored"]))
        expect("its composite", {**ranked["composite"], "times": composite["times"]}, composite)
    for query in ("?profile=gaia-era5", "?forecast=F", "?tenant=t", "?name=x", "?profile=%25", "?profile=%27;--", "?name=%ff%00"):
        expect(query, api.call("GET", "/v1/leaderboard", 200, query=query)["leaderboard"], [])
    limits = ("", "0", "-1", "x", "1.5", "99999999999999999999")
    wrong = {"/v1/jobs": {"limit": (*limits, "10001"), "state": ("", "dead", "QUEUED"), "tenant": (), "name": (),
                          "cursor": ("", "0", "g" * 16, "F" * 16, "f" * 16, "0" * 17, "%00" * 16)},
             "/v1/leaderboard": {"limit": (*limits, "1001"), "profile": (), "tenant": (), "name": (), "forecast": ()}}
    for template, fields in wrong.items():
        for field, values in fields.items():
            for query in ["?" + field, f"?{field}=1&{field}=2"] + [f"?{field}={value}" for value in values]:
                expect(f"{template}{query}: field", api.call("GET", template, 400, query=query)["field"], field)


def call_events(api, ids):
    """Streams of jobs that are over: what an event says, and what is said to one who knows it."""
    for name in ("scored", "task", "failed"):
        job = {"id": ids[name]}
        lines = api.call("GET", "/v1/jobs/{id}/events", 200, job).splitlines()
        expect(f"events of the job {name}", [line.split(": ")[0] for line in lines], ["id", "event", "data", ""])
        api.schemas.check(json.loads(lines[2][6:]), api.document["components"]["schemas"]["JobProgress"])
        api.call("GET", "/v1/jobs/{id}/events", 204, job, Last_Event_ID=lines[0][4:])
        for other in (lines[0], lines[0][4:] + "x", "", "%00", "\xff", "x" * 4000, "a: b"):
            expect("for any other id", api.call("GET", "/v1/jobs/{id}/events", 200, job, Last_Event_ID=other).splitlines(), lines)


def drain(api):
    executor = api.call("GET", "/v1/executors", 200)["executors"][0]["id"]
    for part, states in (("drain", ("draining", "drained")), ("resume", ("ready", "gone"))):
        api.call("POST", "/v1/executors/{id}/" + part, 200, {"id": executor})
        wait("it is " + " or ".join(states), lambda: {one["state"] for one in api.call("GET", "/v1/executors", 200)["executors"]}
             <= set(states))


def main(build, source):
    sys.path.insert(0, os.path.join(source, "tests/oracle"))
    from recipes import World
    openapi_schema.self_check()
    server = Server(build)
    try:
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder, [6], [500, 850])
            world.write()
            world.write_forecast("forecast.nc", world.forecast("g", 0.1))
            server.start("gaia-executor", "--state", server.state, "--threads", "1", "--memory", "64MiB", "--device", "cpu")
            api = Description(server)
            compare_with_source(api, source)
            check_document(api)
            ids = jobs_make(api, world, "forecast.nc")
            call_right(api, ids)
            call_scores(api, ids)
            call_events(api, ids)
            call_lists(api, ids)
            call_everything_wrongly(api, ids)
            call_other_methods(api, ids)
            call_with_bodies(api)
            call_as_others(api, ids)
            call_with_all_tokens_made(api)
            call_when_full(api, build)
            call_standby(api, build)
            call_without_database(api, ids)
            drain(api)
            call_with_damage(api, ids)
    finally:
        server.end()
    described = {(method, template, int(status)) for method, template, operation, _ in api.operations()
                 for status in operation["responses"]}
    expect("described and never seen", sorted(described - api.seen), [])


if __name__ == "__main__":
    main(*sys.argv[1:])
