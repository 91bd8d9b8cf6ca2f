#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes coastline.js, the coastlines of error maps: coastline.py land-110m.json > coastline.js

land-110m.json is of the npm package world-atlas 2 (`npm pack world-atlas`): Natural Earth's land at 1:110m, version
4.1.0, as TopoJSON. Natural Earth is in the public domain. What is kept: points where a line bends by more than a
tenth of a degree, in tenths of a degree, and no seam at 180 degrees or along the pole.
"""
import json
import sys

STEPS = 10  # of a degree
TOLERANCE = 0.1

HEAD = """/* SPDX-License-Identifier: MIT
 *
 * Coastlines: Natural Earth's land at 1:110m, version 4.1.0, which is in the public domain
 * (naturalearthdata.com), by way of the npm package world-atlas 2.0.2, thinned by coastline.py, which makes
 * this file. Each text is a line: longitude and latitude in tenths of a degree, then the steps to the next.
 */
const COASTLINE = ["""


def arc_points(topology, index):
    """An arc of the topology as (longitude, latitude), the other way round where its index says so."""
    scale, translate = topology["transform"]["scale"], topology["transform"]["translate"]
    x = y = 0
    points = []
    for dx, dy in topology["arcs"][index if index >= 0 else ~index]:
        x, y = x + dx, y + dy
        points.append((x * scale[0] + translate[0], y * scale[1] + translate[1]))
    return points if index >= 0 else points[::-1]


def rings(topology):
    """Every closed line of the land."""
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                points = []
                for index in ring:
                    points += arc_points(topology, index)[1 if points else 0:]
                yield points


def is_seam(a, b):
    """Whether the way from a to b is an edge of the map and no coast."""
    return abs(a[0] - b[0]) > 180 or (abs(a[0]) > 179.9 and abs(b[0]) > 179.9) or (a[1] < -89.9 and b[1] < -89.9)


def coasts(points):
    """The ring without its seams, as open lines."""
    line = points[:1]
    lines = []
    for a, b in zip(points, points[1:]):
        if is_seam(a, b):
            lines.append(line)
            line = []
        line.append(b)
    lines.append(line)
    if len(lines) > 1 and points[0] == points[-1]:  # the ring's first point lies within a coast
        lines[0] = lines.pop() + lines[0][1:]
    return [line for line in lines if len(line) > 1]


def distance(point, a, b):
    """Degrees from the point to the way from a to b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    length2 = dx * dx + dy * dy
    at = 0 if length2 == 0 else ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length2
    at = min(max(at, 0), 1)
    return ((point[0] - a[0] - at * dx) ** 2 + (point[1] - a[1] - at * dy) ** 2) ** 0.5


def thin(line):
    """Douglas and Peucker's choice of points."""
    far, at = max(((distance(p, line[0], line[-1]), i) for i, p in enumerate(line[1:-1], 1)), default=(0, 0))
    if far <= TOLERANCE:
        return [line[0], line[-1]]
    return thin(line[:at + 1])[:-1] + thin(line[at:])


def text(line):
    """A line as the file has it."""
    whole = [(round(x * STEPS), round(y * STEPS)) for x, y in line]
    steps = [whole[0]] + [(b[0] - a[0], b[1] - a[1]) for a, b in zip(whole, whole[1:]) if a != b]
    return " ".join(f"{x} {y}" for x, y in steps)


def main():
    """Writes the file to standard output."""
    with open(sys.argv[1], encoding="utf-8") as file:
        topology = json.load(file)
    lines = [text(thin(line)) for ring in rings(topology) for line in coasts(ring)]
    print(HEAD)
    for line in lines:
        words = line.split(" ")
        rows = [[]]
        for word in words:
            if sum(map(len, rows[-1])) + len(rows[-1]) + len(word) > 100:
                rows.append([])
            rows[-1].append(word)
        joined = ' " +\n    "'.join(" ".join(row) for row in rows)
        print(f'  "{joined}",')
    print("];")


if __name__ == "__main__":
    main()
