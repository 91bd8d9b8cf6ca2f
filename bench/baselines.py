#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a validator's batches take, from files of float32 in NetCDF-3: day 1 (28 fields), ERA5 (690) and the verification of
the ERA5 forecast, on grids from 10x10 to 721x1440.

usage: baselines.py BUILD [--grids 10x10,...] [--rounds N] [--out FILE]

`alone` is `gaia score` or `gaia task run` from start to end, in one process with a thread a core; `queue` is from
submitting the job until it is over, with executors that wait, one a core. Each the best of the rounds; files are in the
page cache. Up to 180x360 the seed system's limits are 2, 3 and 1 s: the ratio is that limit over the time.

Then 8 ERA5 tasks at 181x360 on 1, 2 and 4 executors of one thread; and the memory of one executor after each of five."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, "..", "tests", "stack"))
import inputs  # noqa: E402
import processes  # noqa: E402
from record import record  # noqa: E402
from throughput import submit, wait_over  # noqa: E402

GRIDS = "10x10,19x36,37x72,91x180,180x360,361x720,721x1440"
SEED_S = {"day1": 2.0, "era5": 3.0, "verification": 1.0}
SEED_POINTS = 180 * 360
TASKS, ITERATIONS = 8, 5
GRID_OF_TASKS = (181, 360)


def specs_make(folder, n_lat, n_lon, kinds=SEED_S):
    """The job of each kind, with its files."""
    found = {}
    if "day1" in kinds:
        near = inputs.Inputs(folder, n_lat, n_lon, inputs.DAY1_LEVELS)
        found["day1"] = inputs.scoring(
            "weather.scoring.day1_compute", near.forecast("first.nc", inputs.DAY1_LEADS, 1, 0.3),
            near.truth("gfs.nc", inputs.DAY1_LEADS), near.climatology("near.nc", inputs.DAY1_LEADS),
            near.forecast("reference.nc", inputs.DAY1_LEADS, "reference", 0.5))
    far = inputs.Inputs(folder, n_lat, n_lon)
    whole = far.forecast("whole.nc", inputs.ERA5_LEADS, 1, 0.2)
    found["era5"] = inputs.scoring("weather.scoring.era5_final_compute", whole, far.truth("era5.nc", inputs.ERA5_LEADS),
                                   far.climatology("far.nc", inputs.ERA5_LEADS))
    if "verification" in kinds:
        found["verification"] = inputs.verifying(whole, inputs.requirements_of(inputs.ERA5_LEADS))
    return found


def best(rounds, run):
    times = []
    for _ in range(rounds):
        begin = time.monotonic()
        run()
        times.append(time.monotonic() - begin)
    return min(times)


def alone(build, folder, spec):
    path = os.path.join(folder, "job.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(spec, file)
    words = ["task", "run", path] if "request" in spec else ["score", "--job", path, "--format", "csv"]
    subprocess.run([os.path.join(build, "gaia"), *words, "--out", os.path.join(folder, "out")], check=True)


def world_make(build, executors):
    world = processes.World(build, executors=executors)
    world.tend()
    while len(json.loads(world.ask("GET", "/v1/executors"))["executors"]) < executors:
        time.sleep(0.05)
    return world


def run_queued(world, *specs):
    """Submits them all, then waits for all."""
    for job in [submit(world, json.dumps(spec).encode()) for spec in specs]:
        wait_over(world, job, 0.005)


def table(build, grids, rounds):
    """A row for each grid and kind."""
    rows = []
    world = world_make(build, os.cpu_count())
    try:
        for n_lat, n_lon in grids:
            with tempfile.TemporaryDirectory(prefix="gaia-baselines-") as folder:
                for kind, spec in specs_make(folder, n_lat, n_lon).items():
                    row = {"grid": f"{n_lat}x{n_lon}", "kind": kind,
                           "alone_s": best(rounds, lambda: alone(build, folder, spec)),
                           "queue_s": best(rounds, lambda: run_queued(world, spec))}
                    if n_lat * n_lon <= SEED_POINTS:
                        row["seed_s"] = SEED_S[kind]
                        row["ratio"] = SEED_S[kind] / row["queue_s"]
                    rows.append(row)
                    print(f"{row['grid']:>9} {kind:12} alone {row['alone_s']:8.3f} s, queue {row['queue_s']:8.3f} s"
                          + (f", {row['ratio']:5.1f} times as fast as asked" if "ratio" in row else ""), flush=True)
    finally:
        world.close()
    return rows


def tasks(build, spec):
    """Seconds for TASKS tasks, by the number of executors."""
    found = {}
    for executors in (1, 2, 4):
        world = world_make(build, executors)
        try:
            begin = time.monotonic()
            run_queued(world, *[spec] * TASKS)
            found[executors] = time.monotonic() - begin
        finally:
            world.close()
        print(f"{TASKS} ERA5 tasks, {executors} executors: {found[executors]:.2f} s", flush=True)
    return found


def memory(build, spec):
    """Resident and most resident bytes of one executor after each task."""
    found = []
    world = world_make(build, 1)
    try:
        for _ in range(ITERATIONS):
            run_queued(world, spec)
            with open(f"/proc/{world.executors[0].process.pid}/status", encoding="ascii") as file:
                status = file.read()
            found.append({"now_bytes": int(re.search(r"VmRSS:\s+(\d+)", status)[1]) << 10,
                          "most_bytes": int(re.search(r"VmHWM:\s+(\d+)", status)[1]) << 10})
    finally:
        world.close()
    print("memory of an executor, MiB: " + ", ".join(f"{one['now_bytes'] / 2 ** 20:.1f}" for one in found))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--grids", default=GRIDS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out")
    options = parser.parse_args()
    report = record("gaia.baselines/1", rounds=options.rounds)
    report["table"] = table(options.build, [tuple(map(int, grid.split("x"))) for grid in options.grids.split(",")],
                            options.rounds)
    with tempfile.TemporaryDirectory(prefix="gaia-baselines-") as folder:
        spec = specs_make(folder, *GRID_OF_TASKS, kinds=())["era5"]
        report["tasks_s"] = tasks(options.build, spec)
        report["memory"] = memory(options.build, spec)
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
