#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the leaderboard to the composites of real jobs: ranks, parts, filters, a restart, an older program's rows.

usage: leaderboard_test.py BUILD SOURCE

Invariant: only processes that this test has started are signalled, and all of them are gone at its end."""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile

from openapi_test import PATIENCE_S, Server, expect, wait


def get(server, path):
    status, _, body = server.ask("GET", path)
    expect(f"GET {path}: status", (status, body if status != 200 else b""), (200, b""))
    return json.loads(body)


def ranked(server, query=""):
    return get(server, "/v1/leaderboard" + query)["leaderboard"]


def command(server, *options):
    done = subprocess.run([os.path.join(server.build, "gaia"), "leaderboard", "--state", server.state, *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    expect(f"gaia leaderboard {' '.join(options)}", (done.returncode, done.stderr), (0, b""))
    return done.stdout


def submit(server, job):
    """Submits, waits until the job is over, and returns its id and its composites."""
    status, _, body = server.ask("POST", "/v1/jobs", json.dumps(job).encode())
    expect("submitted", status, 201)
    path = "/v1/jobs/" + json.loads(body)["id"]
    wait("the job", lambda: get(server, path)["state"] in ("succeeded", "failed"))
    state = get(server, path)
    expect("the job", (state["state"], state["error"]), ("succeeded", None))
    return path.rpartition("/")[2], get(server, path + "/composite")


def parts_of(composite):
    """Means over leads and times, added as they come."""
    leads = [lead for time in composite["times"] for lead in time["leads"]]
    sums = {"skill": 0.0, "acc": 0.0, "rrmse": 0.0, "penalty": 0.0}
    for lead in leads:
        for key in sums:
            sums[key] += lead[key]
    return {"of": "means over leads and times", **{key: value / len(leads) for key, value in sums.items()}}


def compare(server, jobs):
    """jobs: [(id, name, tenant, composites)]"""
    wanted = [(composite["score"], -place, -k, job, composite) for place, (job, _, _, composites) in enumerate(jobs)
              for k, composite in enumerate(composites)]
    wanted.sort(key=lambda one: one[:3], reverse=True)
    found = ranked(server)
    expect("ranks", [one["rank"] for one in found], list(range(1, len(wanted) + 1)))
    expect("the order", [(one["job"], one["composite"]["forecast"]) for one in found],
           [(job, composite["forecast"]) for _, _, _, job, composite in wanted])
    named = {job: (name, tenant) for job, name, tenant, _ in jobs}
    for one, (_, _, _, job, composite) in zip(found, wanted):
        expect("name and tenant", (one["name"], one["tenant"]), named[job])
        expect("time", one["finished_ms"], get(server, "/v1/jobs/" + job)["finished_ms"])
        expect("the head", {**one["composite"], "times": composite["times"]}, composite)
        expect("the parts", one["composite"]["parts"], parts_of(composite))
    return found


def compare_filters(server, found):
    keys = {"profile": lambda one: one["composite"]["profile"]["name"], "tenant": lambda one: one["tenant"],
            "name": lambda one: one["name"], "forecast": lambda one: one["composite"]["forecast"]}
    for key, value_of in keys.items():
        for value in {value_of(one) for one in found}:
            wanted = [{**one, "rank": rank + 1} for rank, one in
                      enumerate(one for one in found if value_of(one) == value)]
            expect(f"of {key} '{value}'", ranked(server, f"?{key}={value}"), wanted)
    by_hash = ranked(server, "?profile=" + found[0]["composite"]["profile"]["hash"])
    expect("by hash", {one["composite"]["profile"]["hash"] for one in by_hash}, {found[0]["composite"]["profile"]["hash"]})
    expect("the first two", ranked(server, "?limit=2"), found[:2])


def compare_command(server, found):
    expect("as JSON", json.loads(command(server, "--json"))["leaderboard"], found)
    lines = command(server).decode().splitlines()
    expect("lines of the table", len(lines), len(found) + 1)
    for line, one in zip(lines[1:], found):
        cells = line.split()
        expect("a line", (cells[0], cells[-3:]), (str(one["rank"]), [
            one["job"], one["composite"]["profile"]["name"], one["composite"]["forecast"]]))
        expect("its score", cells[1], f"{one['composite']['score']:.6g}")
    expect("filtered", len(command(server, "--tenant", "lab", "--forecast", "a b;", "--limit", "1").splitlines()), 1)


def restart(server, *changes):
    """Ends the scheduler, changes its database, and starts it again."""
    scheduler = server.processes.pop(0)
    scheduler.terminate()
    expect("the scheduler's exit status", scheduler.wait(PATIENCE_S), 0)
    database = sqlite3.connect(os.path.join(server.state, "gaia.sqlite"), isolation_level=None)
    for change in changes:
        database.execute(change)
    database.close()
    server.start("gaia-scheduler", "--state", server.state)
    server.processes.insert(0, server.processes.pop())
    note = os.path.join(server.state, "scheduler.json")
    wait("the scheduler", lambda: os.path.exists(note))
    with open(note, encoding="utf-8") as stream:
        server.address = json.load(stream)["api"].partition("://")[2]


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
            expect("before any job", (ranked(server), command(server).count(b"\n")), ([], 1))
            jobs = []
            for profile, forecasts, name, tenant in (("gaia-day1", "ab", "one", ""), ("gaia-era5", "b", "two", "lab"),
                                                     ("gaia-day1", "ba", "one", "lab"), ("wmo", "a", "plain", "lab")):
                path = world.job(profile, {one: world.path(one + ".nc") for one in forecasts}, name=name,
                                 leads=[6, 12], levels=[500, 850], **({"queue": {"tenant": tenant}} if tenant else {}))
                with open(path, encoding="utf-8") as stream:
                    job, composites = submit(server, json.load(stream))
                jobs.append((job, name, tenant, composites))
            expect("one without a composite", jobs.pop()[3], [])
            found = compare(server, jobs)
            compare_filters(server, found)
            compare_command(server, found)
            restart(server)
            expect("after a restart", ranked(server), found)
            restart(server, "DELETE FROM standings")  # an older program knew of none
            wait("the ranking is made up for", lambda: len(ranked(server)) == len(found))
            expect("what was made up for", ranked(server), found)
            restart(server, "DELETE FROM standings",
                    f"UPDATE composites SET composite = 'x' WHERE job = (SELECT seq FROM jobs WHERE id = '{jobs[1][0]}')")
            rest = [one for one in found if one["job"] != jobs[1][0]]
            wait("the rest is made up for", lambda: len(ranked(server)) == len(rest))
    finally:
        server.end()


if __name__ == "__main__":
    main(*sys.argv[1:])
