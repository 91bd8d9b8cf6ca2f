#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Works out content hashes from host/CONTENT_HASH.md alone, and holds `gaia hash` to them.

usage: content_hash_golden.py GAIA

Files are written here too, byte by byte (NetCDF-3, Zarr v2), so nothing of the project but the program takes part.
"""
import hashlib
import json
import math
import os
import random
import struct
import subprocess
import sys
import tempfile

NAN = struct.pack('<Q', 0x7FF8000000000000)
EPOCH_2017 = 1483228800  # 2017-01-01T00:00:00 UTC


# ---- The definition ----

def coordinate(x):
    return '0.000' if abs(x) < 0.0005 else '%.3f' % x


def name_text(name):
    return ''.join(chr(b) if 0x21 <= b <= 0x7E and b != 0x25 else '%%%02X' % b for b in name.encode())


def sha(*parts):
    return hashlib.sha256(b''.join(p if isinstance(p, bytes) else p.encode('ascii') for p in parts)).hexdigest()


def grid_hash(lat, lon):
    return sha(f'gaia-content/1 grid {len(lat)} {len(lon)}\n', *(coordinate(x) + '\n' for x in [*lat, *lon]))


def value_bytes(x):
    return NAN if not math.isfinite(x) else struct.pack('<d', x + 0.0)


def field_hash(key, grid, values):
    return sha(f'gaia-content/1 field {key} {grid}\n', *(value_bytes(x) for x in values))


def key_text(role, name, level, time_s, lead_s):
    texts = ['-' if x is None else x[1] if isinstance(x, tuple) else str(x) for x in (time_s, lead_s)]
    return ' '.join([role, name_text(name), '-' if level is None else coordinate(level), *texts])


def set_hash(role, lat, lon, fields):
    """fields: (name, level or None, time or None, lead or None) -> canonical values; a time that is no number of
    seconds is (what orders it, its text)"""
    grid = grid_hash(lat, lon)
    order = sorted(fields, key=lambda k: (k[0].encode(), -math.inf if k[1] is None else k[1],
                                          -1 if k[2] is None else k[2], 0 if k[3] is None else k[3]))
    lines = []
    for at in order:
        key = key_text(role, *at)
        lines.append(f'{key} {grid} {field_hash(key, grid, fields[at])}\n')
    return 'gaia-content/1 sha256:' + sha('gaia-content/1 set\n', *lines)


# ---- Writing NetCDF-3 ----

TYPES = {'h': 3, 'f': 5, 'd': 6}


def padded(data):
    return data + b'\0' * (-len(data) % 4)


def nc_name(text):
    return struct.pack('>i', len(text.encode())) + padded(text.encode())


def nc_attributes(attributes):
    if not attributes:
        return struct.pack('>ii', 0, 0)
    out = struct.pack('>ii', 12, len(attributes))
    for name, value in attributes.items():
        if isinstance(value, str):
            out += nc_name(name) + struct.pack('>ii', 2, len(value)) + padded(value.encode())
        else:
            kind, number = value
            out += nc_name(name) + struct.pack('>ii', TYPES[kind], 1) + padded(struct.pack('>' + kind, number))
    return out


def netcdf3(path, dimensions, variables):
    """dimensions: name -> length; variables: name -> (type, dimension names, attributes, numbers)"""
    names = list(dimensions)

    def header(offsets):
        out = b'CDF\x02' + struct.pack('>i', 0)
        out += struct.pack('>ii', 10, len(names))
        for name in names:
            out += nc_name(name) + struct.pack('>i', dimensions[name])
        out += nc_attributes({}) + struct.pack('>ii', 11, len(variables))
        for (name, (kind, dims, attributes, numbers)), offset in zip(variables.items(), offsets):
            out += nc_name(name) + struct.pack('>i', len(dims))
            out += b''.join(struct.pack('>i', names.index(d)) for d in dims) + nc_attributes(attributes)
            size = len(padded(struct.pack(f'>{len(numbers)}{kind}', *numbers)))
            out += struct.pack('>iiq', TYPES[kind], size, offset)
        return out

    data = [padded(struct.pack(f'>{len(numbers)}{kind}', *numbers)) for kind, _, _, numbers in variables.values()]
    at = len(header([0] * len(variables)))
    offsets = []
    for part in data:
        offsets.append(at)
        at += len(part)
    with open(path, 'wb') as stream:
        stream.write(header(offsets) + b''.join(data))


def axis(values, units, more=None):
    return lambda name: ('d', [name], {'units': units, **(more or {})}, values)


# ---- Writing Zarr v2 ----

def zarr2(path, arrays):
    """arrays: name -> (dtype, dimension names, shape, attributes, numbers); one chunk each, not compressed"""
    os.makedirs(path)
    with open(os.path.join(path, '.zgroup'), 'w', encoding='ascii') as stream:
        json.dump({'zarr_format': 2}, stream)
    for name, (dtype, dims, shape, attributes, numbers) in arrays.items():
        folder = os.path.join(path, name)
        os.makedirs(folder)
        document = {'zarr_format': 2, 'shape': shape, 'chunks': shape, 'dtype': dtype, 'compressor': None,
                    'fill_value': None, 'order': 'C', 'filters': None}
        with open(os.path.join(folder, '.zarray'), 'w', encoding='ascii') as stream:
            json.dump(document, stream)
        with open(os.path.join(folder, '.zattrs'), 'w', encoding='ascii') as stream:
            json.dump({'_ARRAY_DIMENSIONS': dims, **attributes}, stream)
        code = {'<f8': '<%dd', '>f8': '>%dd'}[dtype]
        with open(os.path.join(folder, '.'.join('0' * len(shape))), 'wb') as stream:
            stream.write(struct.pack(code % len(numbers), *numbers))


# ---- The cases ----

LAT = [60.0, 20.5, -0.1, -59.875]
LON = [0.0, 90.0, 180.0, 270.0, 315.1]
HOUR = 3600


class Cases:
    def __init__(self, gaia, folder):
        self.gaia, self.folder, self.complaints, self.n = gaia, folder, [], 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def expect(self, what, wanted, *arguments):
        self.n += 1
        run = subprocess.run([self.gaia, 'hash', *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             check=False)
        if run.returncode != 0 or run.stdout != wanted + '\n':
            self.complaints.append(f'{what}: {run.stdout!r} {run.stderr!r}, not {wanted!r}')


def random_field(source):
    values = [source.uniform(-1e5, 1e5) for _ in range(len(LAT) * len(LON))]
    values[3], values[7], values[11] = math.nan, math.inf, -0.0
    return values


def forecast_cases(cases, source):
    """Two variables, one on levels, at two init times and two lead times."""
    inits, steps, levels = [0, 12], [6, 30], [500.0, 0.05, 1000.0]
    fields = {}
    data = {'z': [], '2t m%': []}
    for init in inits:
        for step in steps:
            when = (EPOCH_2017 + init * HOUR, step * HOUR)
            for level in levels:
                fields['z', level, *when] = random_field(source)
                data['z'] += fields['z', level, *when]
            fields['2t m%', None, *when] = random_field(source)
            data['2t m%'] += fields['2t m%', None, *when]
    dimensions = {'time': 2, 'step': 2, 'level': 3, 'latitude': len(LAT), 'longitude': len(LON)}
    axes = {'time': axis(inits, 'hours since 2017-01-01', {'standard_name': 'forecast_reference_time'}),
            'step': axis(steps, 'hours', {'standard_name': 'forecast_period'}), 'level': axis(levels, 'hPa'),
            'latitude': axis(LAT, 'degrees_north'), 'longitude': axis(LON, 'degrees_east')}
    variables = {name: make(name) for name, make in axes.items()}
    variables['z'] = ('d', list(dimensions), {'units': 'm2 s-2'}, data['z'])
    variables['2t m%'] = ('d', ['time', 'step', 'latitude', 'longitude'], {'units': 'K'}, data['2t m%'])
    netcdf3(cases.path('forecast.nc'), dimensions, variables)
    path = cases.path('forecast.nc')
    whole = set_hash('forecast', LAT, LON, fields)
    cases.expect('a forecast', whole, path)
    cases.expect('on one thread', whole, path, '--threads', '1')
    cases.expect('that is checked', whole, path, '--check', whole)
    part = {k: v for k, v in fields.items() if k[0] == 'z' and k[1] == 500.0 and k[3] == 6 * HOUR}
    cases.expect('a part of it', set_hash('forecast', LAT, LON, part), path, '--variables', 'z', '--levels', '500',
                 '--leads', '6')
    part = {k: v for k, v in fields.items() if k[2] == EPOCH_2017 + 12 * HOUR}
    cases.expect('one init time', set_hash('forecast', LAT, LON, part), path, '--times', '2017-01-01T12')
    renamed = {('geopotential', *k[1:]): v for k, v in fields.items() if k[0] == 'z'}
    cases.expect('another name', set_hash('forecast', LAT, LON, renamed), path, '--variables', 'geopotential',
                 '--names', 'geopotential=z')
    arrays = {name: ('>f8', v[1], [dimensions[d] for d in v[1]], v[2], v[3]) for name, v in variables.items()
              if name != '2t m%'}
    zarr2(cases.path('forecast.zarr'), arrays)
    part = {k: v for k, v in fields.items() if k[0] == 'z'}
    cases.expect('a Zarr store', set_hash('forecast', LAT, LON, part), cases.path('forecast.zarr'), '--format', 'zarr')


def lines_case(cases, source):
    """What --fields prints are the hashes that the set's is made of."""
    values = random_field(source)
    dimensions = {'time': 1, 'latitude': len(LAT), 'longitude': len(LON)}
    variables = {'time': axis([18], 'hours since 2017-01-01', {'standard_name': 'time'})('time'),
                 'latitude': axis(LAT, 'degrees_north')('latitude'), 'longitude': axis(LON, 'degrees_east')('longitude'),
                 'msl': ('d', list(dimensions), {'units': 'Pa'}, values)}
    netcdf3(cases.path('truth.nc'), dimensions, variables)
    at = ('msl', None, EPOCH_2017 + 18 * HOUR, None)
    field = field_hash(key_text('truth', *at), grid_hash(LAT, LON), values)
    wanted = f'{field}  msl - 2017-01-01T18 -\n' + set_hash('truth', LAT, LON, {at: values})
    cases.expect('a truth', wanted, cases.path('truth.nc'), '--role', 'truth', '--fields')


def climatology_case(cases, source):
    """Flipped and rolled in the file, with a cyclic column, and packed with two roundings."""
    scale, offset, fill = 0.1, 273.15, -32768
    raw = {hour: [[source.randrange(-32767, 32768) for _ in LON] for _ in LAT] for hour in (0, 12)}
    raw[0][2][1] = fill
    fields = {}
    stored = []
    for hour in (0, 12):
        fields['t', 850.0, hour * HOUR, None] = [math.nan if r == fill else r * scale + offset
                                                 for row in raw[hour] for r in row]
        for row in reversed(raw[hour]):
            turned = row[2:] + row[:2]
            stored += turned + turned[:1]
    lon = [180.0, 270.0, 315.1, 360.0, 450.0, 540.0]
    dimensions = {'hour': 2, 'level': 1, 'latitude': len(LAT), 'longitude': len(lon)}
    variables = {'hour': axis([0, 12], '1')('hour'), 'level': axis([85000], 'Pa')('level'),
                 'latitude': axis(LAT[::-1], 'degrees_north')('latitude'),
                 'longitude': axis(lon, 'degrees_east')('longitude'),
                 't': ('h', list(dimensions), {'units': 'K', 'scale_factor': ('d', scale), 'add_offset': ('d', offset),
                                               '_FillValue': ('h', fill)}, stored)}
    netcdf3(cases.path('climatology.nc'), dimensions, variables)
    whole = set_hash('climatology', LAT, LON, fields)
    cases.expect('a packed climatology', whole, cases.path('climatology.nc'), '--role', 'climatology')
    variables['t'] = ('d', list(dimensions), {'units': 'K'},
                      [math.nan if r == fill else r * scale + offset for r in stored])
    netcdf3(cases.path('unpacked.nc'), dimensions, variables)
    cases.expect('the same unpacked', whole, cases.path('unpacked.nc'), '--role', 'climatology')
    rounded = {at: [struct.unpack('<f', struct.pack('<f', x))[0] for x in values] for at, values in fields.items()}
    variables['t'] = ('f', list(dimensions), {'units': 'K'}, [math.nan if r == fill else r * scale + offset
                                                              for r in stored])
    netcdf3(cases.path('rounded.nc'), dimensions, variables)
    other = set_hash('climatology', LAT, LON, rounded)
    cases.expect('the same in float32', other, cases.path('rounded.nc'), '--role', 'climatology')
    if other == whole:
        cases.complaints.append('rounding to float32 changed nothing: the case says nothing')


def bins_case(cases, source):
    """Climatologies of days of the year and hours, and of months: keys that are no hours."""
    n = len(LAT) * len(LON)
    fields = {}
    stored = []
    for day in (366, 60):
        for hour in (0, 18):
            values = random_field(source)
            fields['t', None, (day, f'd{day}+{hour * HOUR}'), None] = values
            stored += values
    axes = {'dayofyear': axis([366, 60], '1')('dayofyear'), 'hour': axis([0, 18], 'hours')('hour'),
            'latitude': axis(LAT, 'degrees_north')('latitude'), 'longitude': axis(LON, 'degrees_east')('longitude')}
    dimensions = {'dayofyear': 2, 'hour': 2, 'latitude': len(LAT), 'longitude': len(LON)}
    netcdf3(cases.path('days.nc'), dimensions, {**axes, 't': ('d', list(dimensions), {'units': 'K'}, stored)})
    cases.expect('days of the year and hours', set_hash('climatology', LAT, LON, fields), cases.path('days.nc'),
                 '--role', 'climatology')
    months = {('t', None, (month, f'm{month}'), None): stored[n * i:n * (i + 1)] for i, month in enumerate((2, 10))}
    axes = {'month': axis([2, 10], '1')('month'), 'latitude': axes['latitude'], 'longitude': axes['longitude']}
    dimensions = {'month': 2, 'latitude': len(LAT), 'longitude': len(LON)}
    netcdf3(cases.path('months.nc'), dimensions, {**axes, 't': ('d', list(dimensions), {'units': 'K'}, stored[:2 * n])})
    cases.expect('months', set_hash('climatology', LAT, LON, months), cases.path('months.nc'), '--role', 'climatology')


def calendar_case(cases, source):
    """Times are dates of the file's calendar, and count its days: 1 March is the 60th of a year without leap days."""
    days = {day: random_field(source) for day in (58, 59)}
    variables = {'time': axis(list(days), 'days since 2020-01-01', {'calendar': 'noleap', 'standard_name': 'time'})('time'),
                 'latitude': axis(LAT, 'degrees_north')('latitude'), 'longitude': axis(LON, 'degrees_east')('longitude'),
                 't': ('d', ['time', 'latitude', 'longitude'], {'units': 'K'}, days[58] + days[59])}
    path = cases.path('noleap.nc')
    netcdf3(path, {'time': 2, 'latitude': len(LAT), 'longitude': len(LON)}, variables)
    march = {('t', None, (50 * 365 + 59) * 24 * HOUR, None): days[59]}
    cases.expect('a day of a model calendar', set_hash('truth', LAT, LON, march), path, '--role', 'truth', '--times',
                 '2020-03-01')
    run = subprocess.run([cases.gaia, 'hash', path, '--role', 'truth', '--times', '2020-02-29'], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True, check=False)
    if run.returncode != 3 or 'request.times[0]' not in run.stderr or run.stdout:
        cases.complaints.append(f'29 February of noleap: {run.returncode} {run.stdout!r} {run.stderr!r}')


def main(gaia):
    source = random.Random(20170101)
    with tempfile.TemporaryDirectory() as folder:
        cases = Cases(gaia, folder)
        forecast_cases(cases, source)
        lines_case(cases, source)
        climatology_case(cases, source)
        bins_case(cases, source)
        calendar_case(cases, source)
    print('\n'.join(cases.complaints) if cases.complaints else f'{cases.n} hashes as defined')
    return 1 if cases.complaints else 0


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
