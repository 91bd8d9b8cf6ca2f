# SPDX-License-Identifier: MIT
"""Forecasts, analyses, climatologies and references on any grid, as NetCDF-3 files of float32, with the standard library
alone: what bench/soak and bench/baselines.py score.

Every row of a field is the row before it, moved along the parallel, so that making a field costs a row. Values lie where
the requirements of a validator want them; a forecast is its truth and an error, a reference the same with a larger one.
"""
import array
import json
import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "tests", "oracle"))
from made_fields import SURFACE, UNITS, name_bytes, text_attributes  # noqa: E402

LEVELS = (50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 850, 925, 1000)
DAY1_LEADS, DAY1_LEVELS = (6, 12), (500, 850)
ERA5_LEADS = tuple(range(24, 241, 24))
SINCE = "hours since 2020-01-01 00:00:00"
STEP = 7  # columns by which a row is moved against the one before


def usual():
    """{(variable, level): (value, spread)} in the middle of what the requirements allow."""
    with open(os.path.join(HERE, "..", "host", "score", "requirements", "gaia.json"), encoding="utf-8") as file:
        wanted = json.load(file)["variables"]
    return {(one["name"], level): (0.6 * one["min"] + 0.4 * one["max"], (one["max"] - one["min"]) / 30)
            for one in wanted for level in one.get("levels", [None])}


class Inputs:
    """Files of one world: what differs between forecasts is their errors."""

    def __init__(self, folder, n_lat, n_lon, levels=LEVELS):
        self.folder, self.n_lat, self.n_lon, self.levels = folder, n_lat, n_lon, levels
        self.usual = usual()
        self.rows = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def noise(self, *seed):
        made = random.Random(repr(seed))
        return [made.uniform(-1, 1) for _ in range(self.n_lon)]

    def row(self, variable, level, error, share):
        """One row, twice over, as bytes: of the climatology (error None), or of the truth and an error."""
        key = variable, level, error, share
        if key not in self.rows:
            value, spread = self.usual[variable, level]
            parts = [(1.0, self.noise(variable, level, "climatology"))]
            if error is not None:
                parts += [(0.7, self.noise(variable, level, "truth")), (share, self.noise(variable, level, error))]
            row = array.array("f", (value + spread * sum(w * x for w, x in zip((w for w, _ in parts), xs))
                                    for xs in zip(*(xs for _, xs in parts))))
            if sys.byteorder == "little":
                row.byteswap()
            self.rows[key] = row.tobytes() * 2
        return self.rows[key]

    def field(self, variable, level, time, error, share):
        """Bytes of the field at that time, which moves it along the parallels too."""
        row, length = self.row(variable, level, error, share), 4 * self.n_lon
        starts = (4 * ((STEP * i + time) % self.n_lon) for i in range(self.n_lat))
        return b"".join(row[start:start + length] for start in starts)

    def write(self, name, axes, times, error=None, share=0.0):
        """axes: [(name, units, values)] before the level; a field for each of times, in the order of the axes."""
        axes = axes + [("level", "hPa", self.levels),
                       ("latitude", "degrees_north", [90 - 180 * i / (self.n_lat - 1) for i in range(self.n_lat)]),
                       ("longitude", "degrees_east", [360 * i / self.n_lon for i in range(self.n_lon)])]
        names = [axis for axis, _, _ in axes]
        variables = [(axis, [axis], {"units": units}, 6, 8 * len(values)) for axis, units, values in axes]
        points = 4 * self.n_lat * self.n_lon
        for variable in UNITS:
            along = [axis for axis in names if axis != "level" or variable not in SURFACE]
            n_levels = 1 if variable in SURFACE else len(self.levels)
            variables.append((variable, along, {"units": UNITS[variable]}, 5, points * n_levels * len(times)))
        with open(self.path(name), "wb") as file:
            file.write(header(names, axes, variables))
            for _, _, values in axes:
                file.write(struct.pack(f">{len(values)}d", *values))
            for variable in UNITS:
                for time in times:
                    for level in [None] if variable in SURFACE else self.levels:
                        file.write(self.field(variable, level, time, error, share))
        return self.path(name)

    def forecast(self, name, leads, error, share):
        return self.write(name, [("time", SINCE, [0]), ("step", "hours", leads)], leads, error, share)

    def truth(self, name, leads):
        return self.write(name, [("time", SINCE, leads)], leads, "none", 0.0)

    def climatology(self, name, leads):
        hours = sorted({lead % 24 for lead in leads})
        return self.write(name, [("hour", "1", hours)], [0] * len(hours))


def header(names, axes, variables):
    """The head of a NetCDF-3 file with 64-bit offsets; variables: [(name, along, attributes, type, bytes)]."""
    lengths = [len(values) for _, _, values in axes]
    head = b"CDF\x02" + struct.pack(">i", 0) + struct.pack(">ii", 10, len(names))
    head += b"".join(name_bytes(name) + struct.pack(">i", length) for name, length in zip(names, lengths))
    head += struct.pack(">ii", 0, 0) + struct.pack(">ii", 11, len(variables))
    entries = [name_bytes(name) + struct.pack(">i", len(along)) +
               b"".join(struct.pack(">i", names.index(axis)) for axis in along) + text_attributes(attributes) +
               struct.pack(">iI", kind, min(size, 0xffffffff)) for name, along, attributes, kind, size in variables]
    at = len(head) + sum(len(entry) + 8 for entry in entries)
    for entry, (_, _, _, _, size) in zip(entries, variables):
        head += entry + struct.pack(">q", at)
        at += size
    return head


# ---- Jobs of a validator's tasks, by their names ----

def source(path):
    return {"files": [path]}


def scoring(task, forecast, truth, climatology, reference=None):
    job = {"schema": "gaia.job/1", "task": task, "forecasts": [dict(source(forecast), id="forecast")],
           "truth": source(truth), "climatology": source(climatology)}
    return dict(job, reference=source(reference)) if reference else job


def hashing(task, path, **more):
    return {"schema": "gaia.job/1", "task": task, "request": {"schema": "gaia.hash/1", "source": source(path)}, **more}


def verifying(path, requirements):
    return {"schema": "gaia.job/1", "task": "weather.scoring.forecast_verification",
            "request": {"schema": "gaia.verify/1", "source": source(path), "requirements": requirements}}


def requirements_of(leads):
    """The validator's, of a forecast with these leads."""
    with open(os.path.join(HERE, "..", "host", "score", "requirements", "gaia.json"), encoding="utf-8") as file:
        wanted = json.load(file)
    return dict(wanted, name="leads", leads={"from": leads[0], "to": leads[-1], "step": leads[1] - leads[0]})
