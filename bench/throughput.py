# SPDX-License-Identifier: MIT
"""What the scheduler costs, end to end, with executors that do nothing (bench/noop_executor.c): real processes, real
sockets, real stores, a row of sums stored for every batch.

usage: throughput.py BUILD DATA [--json]

Batches of one field: a second, with 8 executors, on SQLite and on PostgreSQL; beside it, on the same server, 8 clients
of pgbench that claim rows one by one with FOR UPDATE SKIP LOCKED and do nothing else, before and after.
Dispatch: from the moment that a job is sent by HTTP until an idle executor runs its first batch.
Queue: time of one executor for a batch with a thousand queued, and with a million."""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "stack"))
import processes  # noqa: E402

UNITS_OF_A_FORECAST = 72
EXECUTORS = 8
SUBMISSIONS = 300
PGBENCH_S = 10
TABLE = """
DROP TABLE IF EXISTS claim;
CREATE TABLE claim (id bigint PRIMARY KEY, state smallint NOT NULL DEFAULT 0, owner int);
INSERT INTO claim SELECT generate_series(1, 500000);
CREATE INDEX claim_ready ON claim (id) WHERE state = 0;
VACUUM ANALYZE claim;
"""
CLAIM = """
UPDATE claim SET state = 1, owner = :client_id
 WHERE id IN (SELECT id FROM claim WHERE state = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id;
"""


def world_make(build, store, executors):
    world = processes.World(build, store, executors, ["--batch-units", "1"], program="noop_executor")
    world.tend()
    deadline = time.monotonic() + 60
    while len(json.loads(world.ask("GET", "/v1/executors"))["executors"]) < executors:
        if time.monotonic() > deadline:
            raise SystemExit("the executors do not come\n" + world.tail("executor-0"))
        time.sleep(0.05)
    return world


def spec(world, data, units, name="bench"):
    path = processes.case_job(data, "uk_2019_t2m", -(-units // UNITS_OF_A_FORECAST), world.folder)
    with open(path, encoding="utf-8") as file:
        return json.dumps(dict(json.load(file), name=name)).encode()


def submit(world, body):
    return json.loads(world.ask("POST", "/v1/jobs", body))["id"]


def wait_over(world, job, pause_s=0.01):
    while True:
        now = world.job(job)
        if now["state"] in processes.OVER:
            if now["state"] != "succeeded":
                raise SystemExit(f"{now}\n{world.tail('scheduler')}")
            return now
        time.sleep(pause_s)


def rate(world, job, first, last):
    """Batches a second between two numbers of batches done."""
    begin = None
    while True:
        now = world.job(job)
        if begin is None and now["batches_done"] >= first:
            begin = (time.monotonic(), now["batches_done"])
        if now["batches_done"] >= last or now["state"] in processes.OVER:
            return (now["batches_done"] - begin[1]) / (time.monotonic() - begin[0])
        time.sleep(0.02)


def throughput(world, data, batches):
    job = submit(world, spec(world, data, batches))
    found = rate(world, job, batches // 20, batches - batches // 20)
    wait_over(world, job)
    return found


def pgbench(world):
    """Claims a second of the bare loop, on the server of that world."""
    home = os.path.join(world.folder, "pg")
    script = os.path.join(world.folder, "claim.sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write(CLAIM)
    server = ["-h", home, "-U", "gaia"]
    subprocess.run(["psql", *server, "-q", "-v", "ON_ERROR_STOP=1", "postgres"], input=TABLE, text=True, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    done = subprocess.run(["pgbench", *server, "-n", "-M", "prepared", "-c", str(EXECUTORS), "-j", "2", "-T",
                           str(PGBENCH_S), "-f", script, "postgres"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=True)
    return float(re.search(r"tps = ([0-9.]+)", done.stdout).group(1))


def begins(world):
    """When a lease of each job first ran, by the job's name, in ns since 1970."""
    first = {}
    for root, _, names in os.walk(os.path.join(world.state, "scratch")):
        for name in names:
            if name == "runs":
                with open(os.path.join(root, name), encoding="utf-8") as file:
                    for line in file:
                        job, at = line.split()
                        first[job] = min(int(at), first.get(job, int(at)))
    return first


def dispatch(world, data):
    """Milliseconds from sending until running, sorted."""
    sent = {}
    for i in range(SUBMISSIONS):
        body = spec(world, data, UNITS_OF_A_FORECAST, f"dispatch-{i}")
        time.sleep(0.02)  # all are idle again
        sent[f"dispatch-{i}"] = time.time_ns()
        wait_over(world, submit(world, body))
    first = begins(world)
    return sorted((first[name] - at) / 1e6 for name, at in sent.items())


def queue(build, data, store, queued):
    """Microseconds of one executor for one batch while so many are queued."""
    world = world_make(build, store, 1)
    try:
        measured = min(2000, queued)
        jobs = []
        for _ in range(max(1, queued // 100000)):
            jobs.append(submit(world, spec(world, data, min(queued, 100000))))
        while any(world.job(job)["batches_total"] < 2 for job in jobs):  # all are planned
            time.sleep(0.05)
        begin = sum(world.job(job)["batches_done"] for job in jobs)
        start = time.monotonic()
        while True:
            done = sum(world.job(job)["batches_done"] for job in jobs) - begin
            if done >= measured * 0.9 or all(world.job(job)["state"] in processes.OVER for job in jobs):
                return (time.monotonic() - start) / done * 1e6
            time.sleep(0.02)
    finally:
        world.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("data")
    parser.add_argument("--batches", type=int, default=20000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for program in ("pgbench", "psql"):
        if shutil.which(program) is None:
            raise SystemExit(program + " is not there (package postgresql-15)")
    found = {}
    for store in ("postgres", "sqlite"):
        world = world_make(options.build, store, EXECUTORS)
        try:
            if store == "postgres":
                found["pgbench_before"] = pgbench(world)
            found[store] = throughput(world, options.data, options.batches)
            if store == "postgres":
                found["pgbench_after"] = pgbench(world)
            times = dispatch(world, options.data)
            found[store + "_dispatch_ms"] = {"median": times[len(times) // 2], "p99": times[int(0.99 * len(times))],
                                             "longest": times[-1]}
        finally:
            world.close()
    bare = max(found["pgbench_before"], found["pgbench_after"])
    for store in ("postgres", "sqlite"):
        found[store + "_share"] = found[store] / bare
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'pgbench, bare claims':24} {found['pgbench_before']:9.0f} /s before, {found['pgbench_after']:.0f} after")
    for store in ("postgres", "sqlite"):
        times = found[store + "_dispatch_ms"]
        print(f"{store:24} {found[store]:9.0f} /s, {found[store + '_share']:.2f} of that; dispatch "
              f"{times['median']:.1f} ms, p99 {times['p99']:.1f}, longest {times['longest']:.1f}")


if __name__ == "__main__":
    main()
