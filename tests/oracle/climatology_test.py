#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds `gaia climatology` and scores against what it makes to a computation of their own here.

usage: climatology_test.py GAIA DATA

For each case and kind: makes a climatology of the case's truth, scores the case's forecast with it, and compares with
means, anomalies and scores computed from the files' bytes (NetCDF-3) by the standard library alone.
"""
import csv
import datetime
import math
import os
import struct
import subprocess
import sys
import tempfile

RELATIVE = 1e-9
EPOCH = datetime.datetime(1900, 1, 1)

# (case, variable, kind): kinds whose bins hold several fields, or one, with and without missing values.
RUNS = (
    ("djf_height", "gh", "constant"), ("djf_height", "gh", "month"), ("djf_height", "gh", "dayofyear"),
    ("djf_height", "gh", "dayofyear-hour"), ("sst_missing", "sst", "constant"), ("sst_missing", "sst", "month-hour"),
    ("sst_missing", "sst", "hour"),
)


class Netcdf3:
    """A classic file's variables, whole: name -> (dimensions, fill value, numbers)."""

    SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 4, 6: 8}
    CODES = {1: "b", 3: "h", 4: "i", 5: "f", 6: "d"}

    def __init__(self, path):
        with open(path, "rb") as stream:
            self.bytes = stream.read()
        self.at = 4
        self.wide = self.bytes[3] == 2
        self.n_records = self.number()
        self.dimensions = [(self.name(), self.number()) for _ in range(self.count())]
        self.attributes()
        heads = [self.head() for _ in range(self.count())]
        self.record_bytes = sum(head["padded"] for head in heads if head["record"])
        self.variables = {head["name"]: self.values(head) for head in heads}

    def number(self):
        self.at += 4
        return struct.unpack(">i", self.bytes[self.at - 4:self.at])[0]

    def count(self):
        self.number()
        return self.number()

    def name(self):
        length = self.number()
        text = self.bytes[self.at:self.at + length].decode()
        self.at += (length + 3) // 4 * 4
        return text

    def attributes(self):
        found = {}
        for _ in range(self.count()):
            name, kind, n = self.name(), self.number(), self.number()
            size = n * self.SIZES[kind]
            if kind != 2:
                found[name] = struct.unpack(f">{n}{self.CODES[kind]}", self.bytes[self.at:self.at + size])
            self.at += (size + 3) // 4 * 4
        return found

    def head(self):
        name = self.name()
        dimensions = [self.dimensions[self.number()] for _ in range(self.number())]
        attributes, kind = self.attributes(), self.number()
        self.number()
        size = 8 if self.wide else 4
        begin = int.from_bytes(self.bytes[self.at:self.at + size], "big")
        self.at += size
        inner = math.prod(length for _, length in dimensions if length > 0)
        record = any(length == 0 for _, length in dimensions)
        return {"name": name, "dimensions": dimensions, "attributes": attributes, "kind": kind, "begin": begin,
                "inner": inner, "record": record, "padded": (inner * self.SIZES[kind] + 3) // 4 * 4}

    def values(self, head):
        numbers = []
        for i in range(self.n_records if head["record"] else 1):
            begin = head["begin"] + i * self.record_bytes
            size = head["inner"] * self.SIZES[head["kind"]]
            numbers += struct.unpack(f">{head['inner']}{self.CODES[head['kind']]}", self.bytes[begin:begin + size])
        fill = head["attributes"].get("_FillValue", (None,))[0]
        return [math.nan if number == fill else float(number) for number in numbers]


def fields(path, variable):
    """(time, field) in the file's order, the latitudes, and the lead time in hours (None: no step)."""
    data = Netcdf3(path).variables
    n_points = len(data["latitude"]) * len(data["longitude"])
    values = data[variable]
    times = [EPOCH + datetime.timedelta(hours=hour) for hour in data["time"]]
    lead = data["step"][0] if "step" in data else None
    assert len(values) == len(times) * n_points
    return ([(time, values[i * n_points:(i + 1) * n_points]) for i, time in enumerate(times)], data["latitude"], lead)


def bin_of(kind, time):
    """What the climatology of this kind calls the time's bin."""
    part = time.timetuple().tm_yday if kind.startswith("dayofyear") else time.month if kind.startswith("month") else 0
    return part, time.hour if "hour" in kind else 0


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def climatology(kind, truth):
    """bin -> field of means over the values present, rounded to float32."""
    bins = {}
    for time, field in truth:
        bins.setdefault(bin_of(kind, time), []).append(field)
    means = {}
    for key, members in bins.items():
        means[key] = []
        for values in zip(*members):
            present = [value for value in values if not math.isnan(value)]
            means[key].append(float32(math.fsum(present) / len(present)) if present else math.nan)
    return means


def mean(weights, values):
    return math.fsum(w * v for w, v in zip(weights, values)) / math.fsum(weights)


def scores(forecast, truth, clim, lat):
    """The scores of one field over the globe with weights cos(latitude)."""
    n_lon = len(truth) // len(lat)
    weight = [math.cos(math.radians(lat[i // n_lon])) for i in range(len(truth))]
    all_three = [i for i, values in enumerate(zip(forecast, truth, clim)) if not any(map(math.isnan, values))]
    of_truth = [i for i, values in enumerate(zip(truth, clim)) if not any(map(math.isnan, values))]
    w = [weight[i] for i in all_three]
    a = [forecast[i] - clim[i] for i in all_three]
    b = [truth[i] - clim[i] for i in all_three]
    mean_a, mean_b = mean(w, a), mean(w, b)
    made = {"mse_clim": mean([weight[i] for i in of_truth], [(clim[i] - truth[i]) ** 2 for i in of_truth])}
    for name, x, y in (("acc_uncentred", a, b),
                       ("acc_centred", [v - mean_a for v in a], [v - mean_b for v in b])):
        products = mean(w, [p * q for p, q in zip(x, y)])
        squares = mean(w, [p * p for p in x]) * mean(w, [q * q for q in y])
        made[name] = products / math.sqrt(squares) if squares > 0 else math.nan
    return made


def run(arguments):
    return subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True).stdout


def check(gaia, data, case, variable, kind):
    """Complaints about one case and kind, and how many scores agreed."""
    folder = os.path.join(data, case)
    truth, lat, _ = fields(os.path.join(folder, "truth.nc"), variable)
    forecast, _, lead = fields(os.path.join(folder, "forecast.nc"), variable)
    means = climatology(kind, truth)
    by_time = dict(truth)
    with tempfile.TemporaryDirectory() as made:
        out = os.path.join(made, "climatology.nc")
        run([gaia, "climatology", os.path.join(folder, "truth.nc"), "--kind", kind, "--out", out])
        table = run([gaia, "score", os.path.join(folder, "forecast.nc"), os.path.join(folder, "truth.nc"), out,
                     "--metrics", "mse_clim,acc_uncentred,acc_centred", "--regions", "global", "--format", "csv",
                     "--device", "cpu"])
    got = {(row["valid_time"], row["metric"]): float(row["value"]) for row in csv.DictReader(table.splitlines())}
    complaints, agreed = [], 0
    for init, field in forecast:
        valid = init + datetime.timedelta(hours=lead)
        if valid not in by_time:
            continue
        for metric, wanted in scores(field, by_time[valid], means[bin_of(kind, valid)], lat).items():
            value = got.get((valid.strftime("%Y-%m-%dT%H"), metric), math.inf)
            if math.isnan(wanted) and math.isnan(value) or abs(value - wanted) <= RELATIVE * abs(wanted) + 1e-12:
                agreed += 1
            else:
                complaints.append(f"{case} {kind} {valid} {metric}: expected {wanted!r}, got {value!r}")
    return complaints, agreed


def main(gaia, data):
    wrong = 0
    for case, variable, kind in RUNS:
        complaints, agreed = check(gaia, data, case, variable, kind)
        print("\n".join(complaints[:10] + [f"{case} {kind}: {agreed} scores agree, {len(complaints)} do not"]))
        wrong += len(complaints) + (agreed == 0)
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
