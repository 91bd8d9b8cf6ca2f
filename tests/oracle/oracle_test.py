#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the scores that the program `gaia` prints against tests/data/expected.csv.

usage: oracle_test.py GAIA DATA CASE

Scores each entry of one case of DATA/cases.json as a job and compares every expected row. Passes only if each expected
row came out exactly once and agrees: nan with nan, a number within RELATIVE of the expected one plus a
floor (see `floor`) for quantities whose true value may be zero.
"""
import csv
import json
import math
import os
import subprocess
import sys
import tempfile

RELATIVE = 1e-9

# Ratios lie between about -1 and 1 whatever the field, so their floor needs no scale.
RATIO_PREFIXES = ("acc", "pearson", "msess")
IN_FIELD_UNITS = {"rmse", "rmse_mean_of_sqrt", "mae", "bcrmse", "bcrmse_unweighted_bias"}
# How large the stored values are; rounding of a difference of two of them is proportional to it.
MAGNITUDE = {"z": 5e4, "gh": 5e3, "msl": 1e5, "t": 3e2, "t2m": 3e2, "r": 1e2}
MAGNITUDE_OTHERWISE = 1e2

SHOWN = 10


def number(text):
    """A CSV cell as float; an empty cell is no value."""
    return float(text) if text else math.nan


def number_key(text):
    return text if text in ("", "all") else float(text)


def time_key(text):
    """Valid times are compared by the hour, however minutes and zone are written."""
    return text if text in ("", "all") else text.replace(" ", "T")[:13]


def row_key(row):
    return (row["variable"], number_key(row["level"]), number_key(row["lead_hours"]),
            time_key(row["valid_time"]), row["region"], row["weighting"], row["metric"])


def floor(key, expected):
    """The absolute part of the tolerance for the row with this key."""
    variable, metric = key[0], key[-1]
    if metric.startswith(RATIO_PREFIXES):
        return 1e-9
    rounding = 1e-12 * MAGNITUDE.get(variable, MAGNITUDE_OTHERWISE)
    if metric in IN_FIELD_UNITS:
        return rounding
    if metric == "bias":
        # Errors of either sign cancel in a bias: what they leave is measured by the mean absolute error.
        mae = expected.get(key[:-1] + ("mae",), math.nan)
        return rounding + (0.0 if math.isnan(mae) else RELATIVE * mae)
    return 1e-18


def agrees(key, wanted, got, expected):
    if math.isnan(wanted) or math.isnan(got):
        return math.isnan(wanted) and math.isnan(got)
    return abs(got - wanted) <= RELATIVE * abs(wanted) + floor(key, expected)


def expected_rows(path, case, variables):
    """key -> value of the rows of this case, for the variables that the case scores."""
    with open(path, newline="") as table:
        return {row_key(row): number(row["value"]) for row in csv.DictReader(table)
                if row["case"] == case and row["variable"] in variables}


def files(entry):
    """The files of a source: `file` is one or a list."""
    return entry["file"] if isinstance(entry["file"], list) else [entry["file"]]


def source(entry, data):
    """A source of cases.json as a job has it: `files` instead of `file`, absolute."""
    made = {name: value for name, value in entry.items() if name != "file"}
    made["files"] = [os.path.join(data, file) for file in files(entry)]
    return made


def job_for(case, data):
    """The job that asks for everything expected.csv may hold of this case."""
    data = os.path.abspath(data)
    job = {
        "schema": "gaia.job/1",
        "name": case["case"],
        "variables": case["variables"],
        "forecasts": [{"id": "forecast", **source(case["forecast"], data)}],
        "regions": ["global", "n.hem", "tropics", "s.hem", "europe"],
        "weights": ["cos", "area_wb2", "area_wbx", "none"],
        "metrics": ["all"],
        "missing": "pairwise",
    }
    for role in ("truth", "climatology", "reference"):
        if role in case:
            job[role] = source(case[role], data)
    return job


def score(gaia, job):
    """Runs the program; its CSV rows as dictionaries, or None after saying what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "job.json")
        with open(path, "w") as out:
            json.dump(job, out)
        run = subprocess.run([gaia, "score", "--job", path, "--format", "csv", "--device", "cpu"],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if run.returncode != 0:
        print(f"exit status {run.returncode}: {run.stderr.strip()}")
        return None
    return list(csv.DictReader(run.stdout.splitlines()))


def compare(expected, rows):
    """Complaints, one a row that is missing, wrong or there twice; and the worst relative difference."""
    complaints = []
    got = {}
    for row in rows:
        key = row_key(row)
        if key in got:
            complaints.append(f"{key}: printed twice")
        got[key] = number(row["value"])
    worst = 0.0
    for key, wanted in expected.items():
        if key not in got:
            complaints.append(f"{key}: missing, expected {wanted!r}")
            continue
        if not agrees(key, wanted, got[key], expected):
            complaints.append(f"{key}: expected {wanted!r}, got {got[key]!r}")
        elif wanted and not math.isnan(wanted):
            worst = max(worst, abs(got[key] - wanted) / abs(wanted))
    return complaints, worst


def check(gaia, data, case):
    """Scores one entry of cases.json; True if every expected row agrees."""
    name = case["case"]
    expected = expected_rows(os.path.join(data, "expected.csv"), name, case["variables"])
    if not expected:
        print(f"{name}: no expected rows")
        return False
    rows = score(gaia, job_for(case, data))
    if rows is None:
        return False
    complaints, worst = compare(expected, rows)
    for complaint in complaints[:SHOWN]:
        print(complaint)
    if len(complaints) > SHOWN:
        print(f"... and {len(complaints) - SHOWN} more")
    print(f"{name} ({', '.join(case['variables'])}): {len(expected)} rows expected, {len(complaints)} complaints, "
          f"worst relative difference {worst:.1e}")
    return not complaints


def main(gaia, data, name):
    with open(os.path.join(data, "cases.json")) as listing:
        cases = [entry for entry in json.load(listing) if entry["case"] == name]
    if not cases:
        print(f"{name}: not in cases.json")
        return 1
    return 0 if all([check(gaia, data, case) for case in cases]) else 1


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
