# SPDX-License-Identifier: MIT
"""Builds and runs suites of tests (suites.py), as ./check asks for them; what it says in between it says about
failures. Logs lie in build/NAME/check-*.log, the outcome of all of it in build/check.xml."""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

import outcome
import suites

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORES = len(os.sched_getaffinity(0))
AT_A_TIME = 2 * CORES  # many tests wait for most of their time
TELL_S = 60  # how often is told how far the tests are
STEP_S = 2400  # what takes longer hangs; each test has a limit of its own
LINES_OF_A_LOG = 60
LINES_OF_A_FAILURE = 40
NO_APT = 3  # of docker/packages: there is nothing to install with, and cmake will name what is missing
RESULT = re.compile(r" *(\d+)/(\d+) Test +#\d+: (\S+) ")
SAID = re.compile(r"\d+: (?!Test command: |Working Directory: |Environment variables:|Test timeout computed )")
FINE = re.compile(r" Passed |\*\*\*Skipped|\*\*\*Not Run \(Disabled\)")


BEGUN = time.monotonic()


class StepFailed(Exception):
    """The name of the step, and the file with all that it said."""


def presets():
    with open(os.path.join(ROOT, "CMakePresets.json"), encoding="utf-8") as file:
        return [preset["name"] for preset in json.load(file)["configurePresets"] if not preset.get("hidden")]


def arguments():
    parser = argparse.ArgumentParser(
        prog="./check", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Installs what the tests need (docker/packages.txt), builds, runs tests and ends with one line:\n"
                    "N passed, N failed[, N skipped]. Several options do one after the other.",
        epilog="A report of all tests as JUnit XML: build/check.xml")
    for mode, (text, _) in suites.MODES.items():
        parser.add_argument("--" + mode, action="append_const", dest="modes", const=mode, help=text)
    parser.add_argument("--preset", choices=presets(), default="release", metavar="NAME",
                        help="the build: release, dev, asan, tsan, cuda (CMakePresets.json)")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="how long --fuzz runs each target (60)")
    return parser.parse_args()


def say(name, build):
    print(f"{name} ({build}), minute {(time.monotonic() - BEGUN) / 60:.1f}", flush=True)


def step(name, build, command, allowed=(0,)):
    """Runs the command into a log, and shows its end if it fails or does not come to one."""
    os.makedirs(os.path.join("build", build), exist_ok=True)
    path = os.path.join("build", build, f"check-{name}.log")
    say(name, build)
    with open(path, "wb") as log:
        try:
            status = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False, timeout=STEP_S).returncode
        except subprocess.TimeoutExpired:
            status = f"no end within {STEP_S} s"
            log.write(status.encode() + b"\n")
    if status not in allowed:
        with open(path, encoding="utf-8", errors="replace") as log:
            sys.stdout.writelines(log.readlines()[-LINES_OF_A_LOG:])
        print(f"{name} failed; all of it: {path}", flush=True)
        raise StepFailed(name, path)
    return path


def prepare(build, ahead=False):
    """Configures and builds; ahead: with what the tests of another build leave of the machine."""
    patience = ["nice", "-n", "19"] if ahead else []
    step("configure", build, [*patience, "cmake", "--preset", build])
    step("build", build, [*patience, "cmake", "--build", f"build/{build}", "--parallel", str(CORES)])


def kinds(build, select):
    """The first label of each test, by its name."""
    shown = subprocess.run(["ctest", "--test-dir", f"build/{build}", "--show-only=json-v1", *select],
                           stdout=subprocess.PIPE, check=True)
    found = {}
    for test in json.loads(shown.stdout)["tests"]:
        labels = next((p["value"] for p in test.get("properties", []) if p["name"] == "LABELS"), [])
        found[test["name"]] = labels[0] if labels else "other"
    return found


def follow(lines, log, everything):
    """Of ctest's output: each failed test with the first of what it printed, and now and then how far it is."""
    shown = 0
    failed = False
    told = time.monotonic()
    for line in lines:
        log.write(line)
        result = RESULT.match(line)
        if result:
            failed = not FINE.search(line)
            shown = LINES_OF_A_FAILURE + 1 if everything else 0
            if failed or everything:
                print(line, end="", flush=True)
            elif time.monotonic() - told > TELL_S and result[1] != result[2]:
                told = time.monotonic()
                print(f"  {result[1]} of {result[2]}, minute {(told - BEGUN) / 60:.1f}", flush=True)
        elif re.match(r" *Start +\d+:", line):
            continue
        elif re.search(r"tests passed, .* failed out of", line):
            failed = False
        elif everything and SAID.match(line):
            print(line, end="", flush=True)
        elif failed and shown <= LINES_OF_A_FAILURE:
            print(line if shown < LINES_OF_A_FAILURE else "  ...\n", end="", flush=True)
            shown += 1


def run_tests(name, build, suite):
    """Runs the suite's tests; their outcomes."""
    say(name, build)
    report = os.path.join(ROOT, "build", build, f"check-{name}.xml")
    if os.path.exists(report):
        os.remove(report)
    path = os.path.join("build", build, f"check-{name}.log")
    command = ["ctest", "--test-dir", f"build/{build}", "-j", "1" if suite.alone else str(AT_A_TIME),
               "--verbose" if suite.show else "--output-on-failure", "--test-output-size-failed", "20000",
               "--output-junit", report, *suite.select]
    with open(path, "w", encoding="utf-8") as log:
        ctest = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                 errors="replace", env={**os.environ, **suite.variables})
        with ctest:
            follow(ctest.stdout, log, suite.show)
    outcomes = outcome.read(report, name, kinds(build, suite.select)) if os.path.exists(report) else []
    failed = outcome.count(outcomes)[outcome.FAILED]
    if not outcomes or (ctest.returncode != 0 and failed == 0):
        print(f"ctest ended with {ctest.returncode}; all it said: {path}")
        outcomes.append(outcome.Outcome(name, "ctest", "run", outcome.FAILED, 0, f"see {path}"))
    return outcomes


def measure_coverage(name, build):
    """The lines that ran, as one more test."""
    command = [sys.executable, "-B", "tests/run/coverage.py", f"build/{build}"]
    try:
        with open(step("coverage", build, command), encoding="utf-8") as log:
            print(log.read(), end="")
        state = outcome.PASSED
    except StepFailed:
        state = outcome.FAILED
    return outcome.Outcome(name, "Coverage.OfLines", "coverage", state, 0, "")


def main():
    chosen = arguments()
    os.chdir(ROOT)
    for name in ("DESTDIR", "CTEST_OUTPUT_ON_FAILURE"):
        os.environ.pop(name, None)
    os.environ["GAIA_FUZZ_SECONDS"] = str(chosen.seconds)
    wanted = []
    for mode in chosen.modes or ["tests"]:
        wanted += [name for name in suites.MODES[mode][1] if name not in wanted]
    try:
        groups = {group for name in wanted for group in suites.SUITES[name].packages}
        step("packages", chosen.preset, ["docker/packages", "--install", "build", "test", *sorted(groups)], (0, NO_APT))
    except StepFailed as failure:
        return conclude([failure_of("packages", failure)])
    return conclude(run_suites([(name, suites.SUITES[name].build or chosen.preset) for name in wanted]))


def failure_of(name, failure):
    step_name, path = failure.args
    return outcome.Outcome(name, step_name, "build", outcome.FAILED, 0, f"see {path}")


def run_suites(wanted):
    """The outcomes of [(suite, build)]; while the tests of one run, the build of the next is made."""
    outcomes = []
    builds = {}
    with concurrent.futures.ThreadPoolExecutor(1) as worker:
        for i, (name, build) in enumerate(wanted):
            suite = suites.SUITES[name]
            try:
                if build not in builds:
                    builds[build] = worker.submit(prepare, build)
                builds[build].result()
            except StepFailed as failure:
                outcomes.append(failure_of(name, failure))
                continue
            if suite.alone:
                concurrent.futures.wait(builds.values())
            following = next((other for _, other in wanted[i + 1:] if other not in builds), None)
            if following and not suite.alone:
                builds[following] = worker.submit(prepare, following, True)
            if suite.coverage:
                subprocess.run([sys.executable, "-B", "tests/run/coverage.py", "--reset", f"build/{build}"], check=True)
            outcomes += run_tests(name, build, suite)
            if suite.coverage:
                outcomes.append(measure_coverage(name, build))
    return outcomes


def conclude(outcomes):
    """Says what came of it; the exit status."""
    outcome.write_junit("build/check.xml", outcomes)
    for state in (outcome.SKIPPED, outcome.FAILED):
        listed = outcome.names(outcomes, state)
        if listed:
            print(f"{state}:", *listed, sep="\n")
    print(*outcome.table(outcomes), sep="\n")
    print(outcome.closing_line(outcomes), flush=True)
    counts = outcome.count(outcomes)
    return 0 if counts[outcome.PASSED] and not counts[outcome.FAILED] else 1


if __name__ == "__main__":
    sys.exit(main())
