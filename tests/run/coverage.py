# SPDX-License-Identifier: MIT
"""Which lines of host, scheduler and kernels the tests of a build with GAIA_COVERAGE ran.

usage: coverage.py [--reset] BUILD

Prints a line a folder, and fails if fewer than 90 % of the lines ran: then the files that lack most are told too.
With --reset it forgets what ran so far. What a process has counted is written when it exits: one that is killed, or
that may write nowhere, as an executor in its sandbox, adds nothing. What only such processes run counts as not run. Where
threads do not count together (GAIA_COUNTED singly, in cmake) some counts are lost, and what gcov derives from the others
may be below 0: gcovr 5 takes that for damage, at which its threads, if it has several, wait for each other for ever. So
it has one and goes on: such a line has not run."""
import argparse
import glob
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WANTED_PERCENT = 90
FOLDERS = ("host", "scheduler", "kernels")
# Where their objects lie: the kernels for devices run as C++ in the tests.
OBJECTS = FOLDERS + ("tests/kernels",)
WORST = 20


def percent(covered, total):
    return 100 * covered / total if total else 100.0


def read(build, root=ROOT):
    """[(file, lines that ran, lines)] of gcovr."""
    command = ["gcovr", "--root", root, "--gcov-ignore-parse-errors", "--json-summary", "-"]
    for folder in FOLDERS:
        command += ["--filter", os.path.join(root, folder) + "/"]
    command += [os.path.join(build, folder) for folder in OBJECTS]
    summary = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    return [(file["filename"], file["line_covered"], file["line_total"]) for file in summary["files"]]


def report(files):
    """Prints what ran; whether it is enough."""
    for folder in FOLDERS + ("",):
        inside = [file for file in files if file[0].startswith(folder + "/" if folder else "")]
        covered, total = sum(file[1] for file in inside), sum(file[2] for file in inside)
        print(f"{folder or 'all':<12}{covered:>8} of {total:>6} lines{percent(covered, total):>8.2f} %")
    if total > 0 and percent(covered, total) >= WANTED_PERCENT:
        return True
    print(f"fewer than {WANTED_PERCENT} % of the lines ran; most are missing in")
    for name, covered, total in sorted(files, key=lambda file: file[1] - file[2])[:WORST]:
        print(f"{name:<44}{total - covered:>6} of {total:>5} lines{percent(covered, total):>8.2f} %")
    return False


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--reset", action="store_true")
    parser.add_argument("build")
    chosen = parser.parse_args()
    if chosen.reset:
        for path in glob.glob(os.path.join(chosen.build, "**", "*.gcda"), recursive=True):
            os.remove(path)
        return 0
    return 0 if report(read(chosen.build)) else 1


if __name__ == "__main__":
    sys.exit(main())
