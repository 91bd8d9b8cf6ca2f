# SPDX-License-Identifier: MIT
"""Programs of others that a test needs, which is skipped unless it was asked for (GAIA_INTEGRATION=1, as ./check
--integration does) and then fails where they are missing.

Debian's packages are in docker/packages.txt, group watch."""
import os
import shutil
import subprocess
import sys

SKIPPED = 77
PATIENCE_S = 300


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
