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
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse

import openapi_schema

PATIENCE_S = 60
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
BODY_BYTES_MAX = 64 << 20


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r:.400}, wanted {wanted!r:.400}")


def wait(what, condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not in {PATIENCE_S} s")
        time.sleep(0.02)


class Server:
    """A scheduler in a state directory of its own, and executors."""

    def __init__(self, build, *options):
        self.build = build
        self.folder = tempfile.TemporaryDirectory(prefix="gaia-openapi-")
        self.state = self.folder.name
        self.processes = []
        note = os.path.join(self.state, "scheduler.json")
        self.start("gaia-scheduler", "--state", self.state, *options)
        try:
            wait("the scheduler", lambda: os.path.exists(note))
        except SystemExit:
            self.stop()
            raise
        with open(note, encoding="utf-8") as stream:
            self.address = urllib.parse.urlsplit(json.load(stream)["api"]).netloc
        with open(os.path.join(self.state, "secret"), encoding="utf-8") as stream:
            self.secret = stream.read().strip()

    def start(self, program, *options):
        with open(os.path.join(self.state, program + ".log"), "ab") as log:
            self.processes.append(subprocess.Popen([os.path.join(self.build, program), *options],
                                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def end(self):
        self.stop()
        expect("the scheduler's exit status", self.processes[0].returncode, 0)
        self.folder.cleanup()

    def ask(self, method, path, body=None, token="right", **headers):
        """(status, headers, bytes); the path is sent as it is. `content_length`: declared, with no byte sent."""
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE_S)
        connection.putrequest(method, path, skip_accept_encoding=True)
        if token:
            connection.putheader("Authorization", "Bearer " + (self.secret if token == "right" else token))
        if body is not None:
            headers.setdefault("content_length", str(len(body)))
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        got = answer.status, answer.headers, answer.read()
        connection.close()
        return got


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
        routes = re.findall(r'\{"([A-Z]+)", "(/[^"]*)", API_\w+\}', stream.read())
    described = [(method, re.sub(r"\{\w+\}", "*", template)) for method, template, _, _ in api.operations()]
    expect("routes of the table, and described", sorted(routes), sorted(described))
    with open(os.path.join(source, "include/gaia/status.h"), encoding="utf-8") as stream:
        names = re.findall(r'X\([A-Z_]+, [A-Z]+, "(\w+)"', stream.read())
    schemas = api.document["components"]["schemas"]
    for name, files in (("JobRequest", ("host/score/job.c", "host/score/job_task.c")),
                        ("Source", ("host/score/job_source.c",)), ("Queue", ("host/score/job_queue.c",)),
                        ("ScheduleRequest", ("scheduler/http_api.c",))):
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
    expect("components, and references to them", sorted(used | {"#/components/responses/MethodNotAllowed"}),
           sorted(there))


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
        scored = json.load(stream)
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
    api.call("GET", "/v1/jobs/{id}/result", 409, job)
    api.call("GET", "/v1/jobs/{id}/result", 200, {"id": ids["task"]})
    overview = api.call("GET", "/", 200, token="")
    has_pages = "was built without its pages" not in overview
    report = api.call("GET", "/v1/jobs/{id}/report", 200 if has_pages else 409, job)
    expect("pages", not has_pages or ("Sign in" in overview and job["id"] in report), True)
    for part in ("scores", "moments", "composite", "report"):
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
    for part in ("scores", "moments", "composite", "report", "result"):
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
    bases = {"/v1/jobs": plain, "/v1/schedules": {"cron": "@yearly", "job": plain}}
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


# ---- What takes more than a request ----

def call_when_full(api, build):
    small = Server(build, "--jobs-max", "1")
    try:
        body = encode(job_of("/nowhere/forecast.nc"))
        api.call("POST", "/v1/jobs", 201, server=small, body=body)
        api.call("POST", "/v1/jobs", 429, server=small, body=body)
    finally:
        small.end()


def call_without_database(api, ids):
    """A table is gone for a while: the scheduler drops its core, and cannot restore it."""
    database = sqlite3.connect(os.path.join(api.server.state, "gaia.sqlite"), isolation_level=None, timeout=PATIENCE_S)
    database.execute("ALTER TABLE jobs RENAME TO jobs_away")
    wait("the scheduler misses the table", lambda: api.server.ask("GET", "/v1/jobs")[0] == 503)
    job = job_of("/nowhere/forecast.nc")
    bodies = {"/v1/jobs": job, "/v1/schedules": {"cron": "@yearly", "job": job}}
    for method, template, operation, parameters in api.operations():
        path = {p["name"]: ids["scored"] for p in parameters if p["in"] == "path"}
        body = encode(bodies[template]) if "requestBody" in operation else None
        query = "?state=ready" if template == "/v1/batches" else ""
        api.call(method, template, 503 if "503" in operation["responses"] else None, path, query, body=body)
    database.execute("ALTER TABLE jobs_away RENAME TO jobs")
    database.close()
    wait("the scheduler is ready again", lambda: api.server.ask("GET", "/readyz")[0] == 200)


def call_with_damage(api, ids):
    database = sqlite3.connect(os.path.join(api.server.state, "gaia.sqlite"), isolation_level=None, timeout=PATIENCE_S)
    changed = database.execute("UPDATE moments SET sums = x'00' WHERE job = (SELECT seq FROM jobs WHERE id = ?)",
                               (ids["scored"],))
    expect("moments were damaged", changed.rowcount > 0, True)
    database.close()
    try:
        got = api.server.ask("GET", f"/v1/jobs/{ids['scored']}/moments")
    except http.client.IncompleteRead:
        return
    raise SystemExit(f"damaged moments came whole: {got!r:.400}")


def drain(api):
    executor = api.call("GET", "/v1/executors", 200)["executors"][0]["id"]
    api.call("POST", "/v1/executors/{id}/drain", 200, {"id": executor})


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
            call_everything_wrongly(api, ids)
            call_other_methods(api, ids)
            call_with_bodies(api)
            call_when_full(api, build)
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
