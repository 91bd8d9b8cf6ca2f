# SPDX-License-Identifier: MIT
"""Processes killed with SIGKILL at random, every half a second to three seconds, while jobs of many batches run:
scheduler, executors and, with PostgreSQL, the database. Each job ends, every batch counts once, and the stored
sums are those of one undisturbed process, to the bit.

usage: chaos_test.py BUILD DATA sqlite|postgres [--batches N] [--kills N] [--seed N] [--keep]

Jobs of that many batches follow one another until so many processes were killed: 500 and 8, and 5,000 and 100 with
GAIA_LONG=1. Without it kills come faster."""
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


class Killer:
    """Kills one process after the other, for as long as it is asked to."""

    def __init__(self, world, store, rng):
        self.world, self.store, self.rng = world, store, rng
        self.kills = {"executor": 0, "scheduler": 0, "database": 0}
        self.wait()

    def wait(self):
        self.next_kill = time.monotonic() + self.rng.uniform(*PAUSE_S[self.store])

    def total(self):
        return sum(self.kills.values())

    def kill_if_it_is_time(self):
        if time.monotonic() >= self.next_kill:
            kind = KINDS[self.store][self.total() % len(KINDS[self.store])]
            {"executor": self.rng.choice(self.world.executors), "scheduler": self.world.scheduler,
             "database": self.world.database}[kind].kill()
            self.kills[kind] += 1
            self.wait()


def run_disturbed(world, killer, spec, expected):
    """One job, of which every batch counts once; how many it had."""
    job = json.loads(world.ask("POST", "/v1/jobs", spec))["id"]
    deadline = time.monotonic() + 3600
    while time.monotonic() < deadline:
        world.tend()
        killer.kill_if_it_is_time()
        answer = world.http("GET", "/v1/jobs/" + job, timeout=5)
        if answer is not None and json.loads(answer)["state"] in processes.OVER:
            break
        time.sleep(0.02)
    else:
        raise SystemExit("the job has not ended within an hour")
    ended = world.job(job)
    assert ended["state"] == "succeeded", f"{ended}\n{world.tail('scheduler')}"
    assert ended["units_done"] == ended["units_total"] == ended["batches_total"] - 1, ended
    assert ended["batches_done"] == ended["batches_total"], ended
    got = world.moments(job)
    assert got == expected, f"{len(got)} bytes of sums ({processes.digest(got)}) are not the {len(expected)} " \
                            f"({processes.digest(expected)}) of an undisturbed run"
    return ended["units_total"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("data")
    parser.add_argument("store", choices=["sqlite", "postgres"])
    parser.add_argument("--batches", type=int, default=5000 if LONG else 500)
    parser.add_argument("--kills", type=int, default=100 if LONG else 8)
    parser.add_argument("--seed", type=int, default=20170101)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    # Three executors killed under one batch are no sign of poison here.
    world = processes.World(options.build, options.store,
                            scheduler_options=["--batch-units", "1", "--quarantine", "1000"])
    failed = True
    try:
        world.tend()
        path = processes.case_job(options.data, "uk_2019_t2m", -(-options.batches // UNITS_OF_A_FORECAST),
                                  world.folder)
        expected = undisturbed(options.build, path, world.folder)
        spec = open(path, "rb").read()
        killer = Killer(world, options.store, random.Random(options.seed))
        begin = time.monotonic()
        jobs = []
        while killer.total() < options.kills:
            jobs.append(run_disturbed(world, killer, spec, expected))
        failed = False
        print(f"{options.store}: {len(jobs)} jobs of {jobs[0]} batches in {time.monotonic() - begin:.0f} s; killed: "
              + ", ".join(f"{count} {kind}s" for kind, count in killer.kills.items() if count)
              + f"; sums {processes.digest(expected)[:16]} as undisturbed")
    finally:
        world.close(options.keep or (failed and bool(os.environ.get("GAIA_KEEP"))))


if __name__ == "__main__":
    main()
