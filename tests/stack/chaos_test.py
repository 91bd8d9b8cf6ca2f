# SPDX-License-Identifier: MIT
"""Processes killed with SIGKILL at random, every half a second to three seconds, while a job of many batches
runs: scheduler, executors and, with PostgreSQL, the database. The job ends, every batch counts once, and the
stored sums are those of one undisturbed process, to the bit.

usage: chaos_test.py BUILD DATA sqlite|postgres [--batches N] [--seed N] [--keep]

GAIA_LONG=1 makes it 20,000 batches; without, kills come faster, so that there are some."""
import argparse
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import processes  # noqa: E402

UNITS_OF_A_FORECAST = 72


def undisturbed(build, job, directory):
    """The sums of the job, from one process that nobody disturbs."""
    path = os.path.join(directory, "undisturbed.gaia")
    subprocess.run([os.path.join(build, "gaia"), "score", "--job", job, "--moments-out", path, "--out",
                    os.path.join(directory, "undisturbed.csv"), "--format", "csv"], check=True)
    with open(path, "rb") as file:
        return file.read()


LONG = bool(os.environ.get("GAIA_LONG"))
PAUSE_S = {"sqlite": (0.5, 3) if LONG else (0.1, 0.6),  # between two kills; a database needs a second or two
           "postgres": (0.5, 3) if LONG else (0.5, 1.5)}  # to come back, and nothing goes on meanwhile
KINDS = {"sqlite": ["executor", "scheduler", "executor", "executor"],
         "postgres": ["executor", "scheduler", "executor", "database", "executor", "executor", "scheduler", "executor",
                      "executor"]}


def disturb(world, store, job, rng):
    """Kills until the job has ended; returns how often each kind was hit, and the job."""
    kills = {"executor": 0, "scheduler": 0, "database": 0}
    deadline = time.monotonic() + 3600
    next_kill = time.monotonic() + rng.uniform(*PAUSE_S[store])
    while time.monotonic() < deadline:
        world.tend()
        if time.monotonic() >= next_kill:
            kind = KINDS[store][sum(kills.values()) % len(KINDS[store])]
            victim = {"executor": rng.choice(world.executors), "scheduler": world.scheduler,
                      "database": world.database}[kind]
            victim.kill()
            kills[kind] += 1
            next_kill = time.monotonic() + rng.uniform(*PAUSE_S[store])
        answer = world.http("GET", "/v1/jobs/" + job, timeout=5)
        if answer is not None and json.loads(answer)["state"] in processes.OVER:
            return kills
        time.sleep(0.05)
    raise SystemExit("the job has not ended within an hour")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("data")
    parser.add_argument("store", choices=["sqlite", "postgres"])
    parser.add_argument("--batches", type=int)
    parser.add_argument("--seed", type=int, default=20170101)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    n_batches = options.batches or (20000 if LONG else {"sqlite": 1500, "postgres": 500}[options.store])
    # Three executors killed under one batch are no sign of poison here.
    world = processes.World(options.build, options.store,
                            scheduler_options=["--batch-units", "1", "--quarantine", "1000"])
    failed = True
    try:
        world.tend()
        path = processes.case_job(options.data, "uk_2019_t2m", max(1, n_batches // UNITS_OF_A_FORECAST),
                                  world.folder)
        expected = undisturbed(options.build, path, world.folder)
        begin = time.monotonic()
        job = json.loads(world.ask("POST", "/v1/jobs", open(path, "rb").read()))["id"]
        kills = disturb(world, options.store, job, rng)
        took = time.monotonic() - begin
        ended = world.job(job)
        assert ended["state"] == "succeeded", f"{ended}\n{world.tail('scheduler')}"
        assert ended["units_done"] == ended["units_total"] == ended["batches_total"] - 1, ended
        assert ended["batches_done"] == ended["batches_total"], ended
        got = world.moments(job)
        assert got == expected, f"{len(got)} bytes of sums ({processes.digest(got)}) are not the {len(expected)} " \
                                f"({processes.digest(expected)}) of an undisturbed run"
        assert kills["executor"] > 0 and kills["scheduler"] > 0, kills
        failed = False
        print(f"{options.store}: {ended['units_total']} batches in {took:.0f} s; killed: "
              f"{kills['executor']} executors, {kills['scheduler']} schedulers, {kills['database']} databases; "
              f"sums {processes.digest(got)[:16]} as undisturbed")
    finally:
        world.close(options.keep or (failed and bool(os.environ.get("GAIA_KEEP"))))


if __name__ == "__main__":
    main()
