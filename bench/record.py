# SPDX-License-Identifier: MIT
"""The head of a record of what was measured: when, of which commit, on which machine."""
import datetime
import os
import platform
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def record(schema, **more):
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short=12", "HEAD"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, check=False).stdout.strip()
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    return {"schema": schema, "commit": commit,
            "at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "machine": {"processor": model[1] if model else platform.machine(), "cores": os.cpu_count(),
                        "load": os.getloadavg()[0]}, **more}
