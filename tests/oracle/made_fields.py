# SPDX-License-Identifier: MIT
"""Small made fields, and NetCDF-3 files and Zarr stores of them, with the standard library alone.

A file is {variable: values}, values nested lists in the order of its dimensions; every number is a float64, so
that a test computes from exactly what the program reads.
"""
import json
import math
import os
import random
import struct
import zlib

N_LAT, N_LON = 7, 8
LATITUDES = [90.0 - 30.0 * i for i in range(N_LAT)]
LONGITUDES = [45.0 * j for j in range(N_LON)]
N_POINTS = N_LAT * N_LON

UNITS = {'2t': 'K', 'msl': 'Pa', '10u': 'm s**-1', '10v': 'm s**-1', 't': 'K', 'z': 'm**2 s**-2',
         'q': 'kg kg**-1', 'u': 'm s**-1', 'v': 'm s**-1'}
SURFACE = ('2t', 'msl', '10u', '10v')
# What is usual, how far a field strays from it, and how large an error is.
USUAL = {'2t': (285.0, 15.0), 'msl': (101000.0, 1500.0), '10u': (1.0, 8.0), '10v': (0.0, 7.0), 't': (265.0, 12.0),
         'z': (54000.0, 2500.0), 'q': (0.006, 0.002), 'u': (8.0, 10.0), 'v': (0.0, 9.0)}


def field(variable, seed, base=None, share=1.0):
    """A field [N_POINTS] about the variable's usual value, or about a field, straying by a share of what is usual."""
    usual, spread = USUAL[variable]
    made = random.Random(f'{variable} {seed}')
    base = base or [usual] * N_POINTS
    return [b + share * spread * made.uniform(-1.0, 1.0) for b in base]


def padded(data):
    return data + b'\0' * (-len(data) % 4)


def name_bytes(name):
    raw = name.encode()
    return struct.pack('>i', len(raw)) + padded(raw)


def text_attributes(attributes):
    if not attributes:
        return struct.pack('>ii', 0, 0)
    out = struct.pack('>ii', 12, len(attributes))
    for key, value in attributes.items():
        raw = value.encode()
        out += name_bytes(key) + struct.pack('>ii', 2, len(raw)) + padded(raw)
    return out


def write_netcdf3(path, dimensions, variables):
    """dimensions: {name: length}; variables: [(name, dimension names, attributes, flat list of float64)]."""
    names = list(dimensions)
    head = b'CDF\x02' + struct.pack('>i', 0) + struct.pack('>ii', 10, len(names))
    for name in names:
        head += name_bytes(name) + struct.pack('>i', dimensions[name])
    head += struct.pack('>ii', 0, 0) + struct.pack('>ii', 11, len(variables))
    entries = []
    for name, along, attributes, values in variables:
        entry = name_bytes(name) + struct.pack('>i', len(along))
        entry += b''.join(struct.pack('>i', names.index(d)) for d in along)
        entry += text_attributes(attributes) + struct.pack('>ii', 6, 8 * len(values))
        assert len(values) == math.prod(dimensions[d] for d in along), name
        entries.append(entry)
    at = len(head) + sum(len(entry) + 8 for entry in entries)
    body = b''
    for entry, (_, _, _, values) in zip(entries, variables):
        head += entry + struct.pack('>q', at + len(body))
        body += struct.pack(f'>{len(values)}d', *values)
    with open(path, 'wb') as stream:
        stream.write(head + body)


def write_zarr(path, dimensions, variables, one_by_one='step'):
    """The same as a Zarr v2 store: a chunk for each index of dimension one_by_one, before which all have length 1."""
    def put(key, content):
        with open(os.path.join(path, key), 'wb') as stream:
            stream.write(content if isinstance(content, bytes) else json.dumps(content).encode())

    os.makedirs(path)
    put('.zgroup', {'zarr_format': 2})
    for name, along, attributes, values in variables:
        os.makedirs(os.path.join(path, name))
        shape = [dimensions[d] for d in along]
        at = along.index(one_by_one) if one_by_one in along and len(along) > 1 else None
        assert at is None or math.prod(shape[:at]) == 1, name
        n_chunks = 1 if at is None else shape[at]
        put(f'{name}/.zarray', {'zarr_format': 2, 'shape': shape, 'dtype': '<f8', 'order': 'C', 'filters': None,
                                'chunks': [1 if i == at else n for i, n in enumerate(shape)],
                                'compressor': {'id': 'zlib', 'level': 1}, 'fill_value': None})
        put(f'{name}/.zattrs', {'_ARRAY_DIMENSIONS': list(along), **attributes})
        n = len(values) // n_chunks
        for i in range(n_chunks):
            key = '.'.join(str(i if k == at else 0) for k in range(len(shape)))
            put(f'{name}/{key}', zlib.compress(struct.pack(f'<{n}d', *values[i * n:(i + 1) * n]), 1))


def lay_out(axes, levels, fields, units):
    """dimensions and variables of a file. axes: [(name, units, values)] of what comes before level; fields: {variable:
    {(axis indices..., level): field}} with level None on the surface; units: those that are not the usual ones."""
    dimensions = {name: len(values) for name, _, values in axes}
    dimensions.update(level=len(levels), latitude=N_LAT, longitude=N_LON)
    variables = [(name, (name,), {'units': text}, list(values)) for name, text, values in axes]
    variables += [('level', ('level',), {'units': 'hPa'}, list(levels)),
                  ('latitude', ('latitude',), {'units': 'degrees_north'}, LATITUDES),
                  ('longitude', ('longitude',), {'units': 'degrees_east'}, LONGITUDES)]
    indices = [()]
    for _, _, values in axes:
        indices = [before + (i,) for before in indices for i in range(len(values))]
    for variable, made in fields.items():
        surface = variable in SURFACE
        flat = []
        for index in indices:
            for level in [None] if surface else levels:
                flat += made[index + (level,)]
        along = tuple(name for name, _, _ in axes) + (() if surface else ('level',)) + ('latitude', 'longitude')
        variables.append((variable, along, {'units': units.get(variable, UNITS[variable])}, flat))
    return dimensions, variables


def write_fields(path, axes, levels, fields, units=None):
    write_netcdf3(path, *lay_out(axes, levels, fields, units or {}))


def write_fields_zarr(path, axes, levels, fields, units=None):
    write_zarr(path, *lay_out(axes, levels, fields, units or {}))


# ---- Numbers that a test works out from fields ----

def row_weights(kind='cos'):
    """The weight of each point, by its latitude."""
    if kind == 'cos':
        rows = [math.cos(math.radians(latitude)) for latitude in LATITUDES]
    else:  # areas between edges half way to the neighbours, the outermost at the poles
        edges = [90.0] + [(a + b) / 2 for a, b in zip(LATITUDES, LATITUDES[1:])] + [-90.0]
        rows = [math.sin(math.radians(n)) - math.sin(math.radians(s)) for n, s in zip(edges, edges[1:])]
    return [rows[k // N_LON] for k in range(N_POINTS)]


def rows_between(south, north):
    return [k for k in range(N_POINTS) if south <= LATITUDES[k // N_LON] <= north]


def valid(*fields, points=None):
    """Indices of points at which every field has a value."""
    return [k for k in (points if points is not None else range(N_POINTS))
            if all(math.isfinite(f[k]) for f in fields)]


def weighted(weights, points, value):
    return math.fsum(weights[k] * value(k) for k in points) / math.fsum(weights[k] for k in points)


def mse(f, o, weights, points=None):
    points = valid(f, o, points=points)
    return weighted(weights, points, lambda k: (f[k] - o[k]) ** 2)


def mse_debiased(f, o, weights):
    points = valid(f, o)
    mean = math.fsum(f[k] - o[k] for k in points) / len(points)
    return weighted(weights, points, lambda k: (f[k] - o[k] - mean) ** 2)


def correlation(x, y, weights, points, centred=True):
    mean_x = weighted(weights, points, lambda k: x[k]) if centred else 0.0
    mean_y = weighted(weights, points, lambda k: y[k]) if centred else 0.0
    xy = weighted(weights, points, lambda k: (x[k] - mean_x) * (y[k] - mean_y))
    xx = weighted(weights, points, lambda k: (x[k] - mean_x) ** 2)
    yy = weighted(weights, points, lambda k: (y[k] - mean_y) ** 2)
    return xy / math.sqrt(xx * yy)


def acc(f, o, c, weights, centred=True, points=None):
    points = valid(f, o, c, points=points)
    a = [x - y for x, y in zip(f, c)]
    b = [x - y for x, y in zip(o, c)]
    return correlation(a, b, weights, points, centred)


def pearson(f, o, weights):
    return correlation(f, o, weights, valid(f, o))
