#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the scores that the HTTP API derives to those of the command line, byte for byte, and the pages to the whole.

usage: scores_test.py BUILD SOURCE

A job of two forecasts, two init times and two lead times, and one forecast whose file is missing, is scored by a real
scheduler and executor.

Invariant: only processes that this test has started are signalled, and all of them are gone at its end."""
import json
import os
import subprocess
import sys
import tempfile
import urllib.parse

from openapi_test import Server, expect, wait

# (options of `gaia scores`, the same as parameters)
CHOICES = [
    ([], []),
    (["--metrics", "all"], [("metric", "all")]),
    (["--metrics", "rmse,acc_centred", "--missing", "propagate"],
     [("metric", "rmse"), ("metric", "acc_centred"), ("missing", "propagate")]),
    (["--forecasts", "b,a", "--variables", "z,2t"],
     [("forecast", "b"), ("forecast", "a"), ("variable", "z"), ("variable", "2t")]),
    (["--forecasts", "a,gone", "--levels", "850"], [("forecast", "a"), ("forecast", "gone"), ("level", "850")]),
    (["--levels", "850,500", "--leads", "12"], [("level", "850"), ("level", "500"), ("lead", "12")]),
    (["--leads", "12,6", "--variables", "msl", "--metrics", "mse"],
     [("lead", "12"), ("lead", "6"), ("variable", "msl"), ("metric", "mse")]),
    (["--regions", "tropics,global", "--weights", "none,cos", "--metrics", "bias"],
     [("region", "tropics"), ("region", "global"), ("weights", "none"), ("weights", "cos"), ("metric", "bias")]),
]
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json", "stat": "text/plain; charset=utf-8"}


class Scores:
    def __init__(self, server, job):
        self.server = server
        self.job = job

    def path(self, parameters):
        query = urllib.parse.urlencode(parameters)
        return f"/v1/jobs/{self.job}/scores" + ("?" + query if query else "")

    def get(self, path, content_type=None):
        status, headers, body = self.server.ask("GET", path)
        expect(f"GET {path:.200}: status", (status, body if status != 200 else b""), (200, b""))
        if content_type:
            expect(f"GET {path:.200}: type", headers["Content-Type"], content_type)
        return headers, body

    def command(self, options):
        done = subprocess.run([os.path.join(self.server.build, "gaia"), "scores", self.job, "--state", self.server.state,
                               *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        expect(f"gaia scores {' '.join(options)}", (done.returncode, done.stderr), (0, b""))
        return done.stdout

    def pages(self, parameters, limit):
        """Every page from the first on, as the links lead."""
        path = self.path(parameters + [("limit", limit)])
        while path:
            headers, body = self.get(path)
            yield body
            link = headers["Link"]
            path = None
            if link:
                expect("a link", link.startswith("</v1/jobs/") and link.endswith('>; rel="next"'), True)
                path = link[1:link.index(">")]


def rows_of(body, form):
    """The rows of a document, and what stands before them."""
    if form == "json":
        return json.loads(body), None
    lines = body.splitlines(keepends=True)
    return lines[1:], lines[0]


def compare_with_command(scores):
    for options, parameters in CHOICES:
        for form, content_type in TYPES.items():
            metric = [one for one in parameters if one[0] != "metric" or form != "stat"]
            _, body = scores.get(scores.path(metric + [("format", form)]), content_type)
            if form == "json" and not options:  # without a choice the command adds the composites
                options = ["--missing", "pairwise"]
            expect(f"{form} of {parameters}", body == scores.command([*options, "--format", form]), True)
            expect(f"rows of {form} of {parameters}", len(rows_of(body, form)[0]) > 4, True)


def compare_pages(scores):
    for parameters, limit in ((CHOICES[0][1], 7), (CHOICES[2][1], 1), (CHOICES[3][1], 100), (CHOICES[7][1], 10000),
                              (CHOICES[6][1] + [("rows", "aggregates")], 3), (CHOICES[6][1] + [("rows", "times")], 2)):
        for form in TYPES:
            if form == "stat":
                parameters = [one for one in parameters if one[0] not in ("metric", "rows")]
            asked = parameters + [("format", form)]
            rows, head = rows_of(scores.get(scores.path(asked))[1], form)
            found = []
            for page in scores.pages(asked, limit):
                some, head_of_page = rows_of(page, form)
                expect("what a page begins with", head_of_page, head)
                expect("rows of a page", 0 < len(some) <= limit, True)
                found += some
            expect(f"pages of {limit} of {asked}", found == rows, True)


def refuse_cursors(scores):
    """Of another choice, another job's, turned, beyond the end, within a lead."""
    def wrong(what, path):
        status, _, body = scores.server.ask("GET", path)
        expect(what, (status, json.loads(body).get("field")), (400, "cursor"))
    headers, _ = scores.get(scores.path([("limit", 7)]))
    path = headers["Link"][1:headers["Link"].index(">")]
    cursor = path[path.index("cursor=") + 7:]
    scores.get(path)
    scores.get(path.replace("limit=7", "limit=9"))
    wrong("without its limit", path.replace("limit=7&", ""))
    wrong("of another choice", path + "&rows=times")
    wrong("of another format", path + "&format=json")
    for place in range(len(cursor)):
        turned = cursor[:place] + format(int(cursor[place], 16) ^ 1, "x") + cursor[place + 1:]
        status, _, body = scores.server.ask("GET", path.replace(cursor, turned))
        expect(f"turned at {place}", status in (200, 400) and (place >= 16 or status == 400), True)
        if status == 400:
            expect(f"turned at {place}: field", json.loads(body)["field"], "cursor")
    wrong("beyond the last unit", path.replace(cursor, cursor[:16] + "ffffffff" + cursor[24:]))
    wrong("within a lead", path.replace(cursor, cursor[:16] + "00000001" + "00000000"))
    wrong("beyond the lead's rows", path.replace(cursor, cursor[:24] + "00ffffff"))


def main(build, source):
    sys.path.insert(0, os.path.join(source, "tests/oracle"))
    from recipes import World
    server = Server(build)
    try:
        with tempfile.TemporaryDirectory() as folder:
            world = World(folder, [6, 12], [500, 850], (0, 24))
            world.write()
            for name, share in (("a", 0.1), ("b", 0.4)):
                world.write_forecast(name + ".nc", world.forecast(name, share))
            server.start("gaia-executor", "--state", server.state, "--threads", "1", "--memory", "64MiB", "--device", "cpu")
            path = world.job("gaia-day1", {name: world.path(name + ".nc") for name in ("a", "gone", "b")},
                             regions=["global", "tropics", "n.hem"], weights=["cos", "none"])
            with open(path, "rb") as stream:
                status, _, body = server.ask("POST", "/v1/jobs", stream.read())
            expect("submitted", status, 201)
            job = json.loads(body)["id"]
            wait("the job", lambda: json.loads(server.ask("GET", "/v1/jobs/" + job)[2])["state"] in ("succeeded", "failed"))
            state = json.loads(server.ask("GET", "/v1/jobs/" + job)[2])
            expect("state of the job", (state["state"], [one["status"] for one in state["forecasts"]]),
                   ("succeeded", ["ok", "file_missing", "ok"]))
            scores = Scores(server, job)
            compare_with_command(scores)
            compare_pages(scores)
            refuse_cursors(scores)
    finally:
        server.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
