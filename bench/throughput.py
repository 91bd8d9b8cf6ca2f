# SPDX-License-Identifier: MIT
"""What the scheduler costs, end to end, with executors that do nothing (bench/noop_executor.c): real processes, real
sockets, real stores, a row of sums stored for every batch.

usage: throughput.py BUILD DATA [--json]

Batches of one field: a second, with 8 executors, on SQLite and on PostgreSQL; beside it, on the same server, 8 clients
of pgbench that claim rows one by one with FOR UPDATE SKIP LOCKED and do nothing else, before and after.
Dispatch: from the moment that a job is sent by HTTP until an idle executor runs its first batch.
Queue: from one batch to the next of one executor, with a thousand queued and with a million."""
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
QUEUE_BATCHES = 900
QUEUES = (1000, 1000000)
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


def runs(world):
    """The job and the time, in ns since 1970, of every lease that was run, in the order of each executor."""
    found = []
    for root, _, names in os.walk(os.path.join(world.state, "scratch")):
        if "runs" in names:
            with open(os.path.join(root, "runs"), encoding="utf-8") as file:
                found += [(job, int(at)) for job, at in (line.split() for line in file if line.endswith("\n"))]
    return found


def median_and_so_on(values):
    """Of sorted values."""
    return {"median": values[len(values) // 2], "p99": values[int(0.99 * len(values))], "longest": values[-1]}


def dispatch(world, data):
    """Milliseconds from sending until running, sorted."""
    sent = {}
    for i in range(SUBMISSIONS):
        body = spec(world, data, UNITS_OF_A_FORECAST, f"dispatch-{i}")
        time.sleep(0.02)  # all are idle again
        sent[f"dispatch-{i}"] = time.time_ns()
        wait_over(world, submit(world, body))
    first = {}
    for job, at in runs(world):
        first[job] = min(at, first.get(job, at))
    return median_and_so_on(sorted((first[name] - at) / 1e6 for name, at in sent.items()))


def queue(build, data, store, queued):
    """Milliseconds from one batch to the next of one executor while so many are queued, and the scheduler's memory."""
    world = world_make(build, store, 1)
    try:
        submit(world, spec(world, data, queued))
        while len(runs(world)) < QUEUE_BATCHES:
            time.sleep(0.1)
        with open(f"/proc/{world.scheduler.process.pid}/status", encoding="utf-8") as file:
            rss_kib = int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))
        times = [at for _, at in runs(world)][QUEUE_BATCHES // 10:QUEUE_BATCHES]  # after the plan and a start
        steps = sorted((b - a) / 1e6 for a, b in zip(times, times[1:]))
        return dict(median_and_so_on(steps), rss_mib=rss_kib / 1024)
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
            found[store + "_dispatch_ms"] = dispatch(world, options.data)
        finally:
            world.close()
        for queued in QUEUES:
            found[f"{store}_step_ms_of_{queued}"] = queue(options.build, options.data, store, queued)
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
    for store in ("postgres", "sqlite"):
        for queued in QUEUES:
            one = found[f"{store}_step_ms_of_{queued}"]
            print(f"{store + ', ' + str(queued) + ' queued':24} {one['median']:9.2f} ms a batch, p99 {one['p99']:.2f}; "
                  f"scheduler {one['rss_mib']:.0f} MiB")


if __name__ == "__main__":
    main()
