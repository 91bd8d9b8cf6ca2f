# SPDX-License-Identifier: MIT
"""Programs of others that a test needs, which is skipped unless it was asked for (GAIA_INTEGRATION=1, as ./check
--integration does) and then fails where they are missing; and waiting, and what was expected.

Debian's packages are in docker/packages.txt, group watch."""
import os
import shutil
import subprocess
import sys
import time

SKIPPED = 77
PATIENCE_S = 120


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r:.1000}, wanted {wanted!r:.1000}")


def wait(what, condition):
    """What condition returned, once that is something."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not in {PATIENCE_S} s")
        time.sleep(0.1)


def find(*names):
    """The path of each program; of `a|b` the first that is there."""
    if not os.environ.get("GAIA_INTEGRATION"):
        print("skipped: GAIA_INTEGRATION is not set")
        sys.exit(SKIPPED)
    found = [next(filter(None, map(shutil.which, name.split("|"))), None) for name in names]
    missing = [name for name, path in zip(names, found) if path is None]
    if missing:
        raise SystemExit(f"not installed: {', '.join(missing)} (docker/packages --install watch)")
    return found


def run(*words, **more):
    """What the program printed; it must succeed."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=PATIENCE_S, check=False, **more)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout
