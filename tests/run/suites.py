# SPDX-License-Identifier: MIT
"""What ./check runs: suites, each a selection of one build's tests, and what they ask for.

A suite is one build (CMakePresets.json), arguments for ctest that choose tests by label (tests/CMakeLists.txt), and
variables that tests read: GAIA_LONG for their long form, GAIA_INTEGRATION and GAIA_DOCKER for those that need other
programs, without which they skip themselves."""
import collections

# build: None is the one that --preset names. alone: one test at a time, because it measures. show: what its tests say
# is what one wants to read.
Suite = collections.namedtuple("Suite", "build select variables packages alone show coverage")


def suite(build=None, select=(), variables=None, packages=(), alone=False, show=False, coverage=False):
    return Suite(build, list(select), variables or {}, list(packages), alone, show, coverage)


NO_DOCKER = ("-LE", "^docker$")
SUITES = {
    "tests": suite(select=NO_DOCKER),
    "unit": suite(select=("-L", "^unit$") + NO_DOCKER),
    "integration": suite(select=("-L", "^integration$") + NO_DOCKER, variables={"GAIA_INTEGRATION": "1"},
                         packages=("watch",)),
    "docker": suite(select=("-L", "^docker$"), variables={"GAIA_DOCKER": "1"}),
    "soak": suite(select=("-L", "^soak$") + NO_DOCKER, variables={"GAIA_LONG": "1"}, alone=True, show=True),
    "long": suite(select=NO_DOCKER, variables={"GAIA_LONG": "1"}),
    "bench": suite("release", select=("-C", "bench", "-L", "^bench$"), alone=True, show=True),
    "fuzz": suite("fuzz", packages=("fuzz",), show=True),
    "asan": suite("asan", select=NO_DOCKER, coverage=True),
    "tsan": suite("tsan", select=NO_DOCKER),
}

# option: (help, suites)
MODES = {
    "tests": ("every test (what is done without an option)", ["tests"]),
    "unit": ("those of single modules", ["unit"]),
    "integration": ("those of whole programs, and with programs of others: Prometheus, ...", ["integration"]),
    "docker": ("those of the images, which need a Docker engine", ["docker"]),
    "soak": ("hours of work in minutes: ten of them", ["soak"]),
    "bench": ("the benchmarks, as ratios", ["bench"]),
    "fuzz": ("each fuzz target for --seconds", ["fuzz"]),
    "sanitize": ("every test under the sanitizers, and the coverage of lines", ["asan", "tsan"]),
    "long": ("every test, those that have one in its long form", ["long"]),
    "all": ("all of these", ["long", "integration", "docker", "bench", "fuzz", "asan", "tsan"]),
}
