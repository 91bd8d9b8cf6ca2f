#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The work of `gaia bench` by plain numpy, torch or cupy.

Reads one JSON object from standard input: peer, device (cpu or cuda), threads, n_lat, n_lon, fields, rounds,
weights [n_weights][n_lat], regions [{first_row, n_rows, parts: [[first_column, n_columns], ...]}] and expected,
the sums that the first field must come to. Prints one JSON object: available, and why not; or version, device,
threads, the seconds of each pass over the fields, and the largest difference to what was expected.

Each field's errors and anomalies are formed in float64 and summed along longitude, then over latitude under every
weighting; fields are made before the time starts and lie in the device's memory.
"""
import json
import math
import sys
import time

FORECAST, TRUTH, CLIMATOLOGY = 0, 1, 2
N, D, D2, ABS_D, OD, O, O2, A, A2, AB, B, B2 = range(12)
MASK = 0xffffffff


def field(numpy, kind, number, n_lat, n_lon):
    """Field `number` of a kind, as bench/synthetic.c makes it."""
    salt = ((kind * 65536 + number + 1) * 3266489917) & MASK
    x = numpy.arange(n_lat * n_lon, dtype=numpy.uint32)
    x = x * numpy.uint32(2654435761) + numpy.uint32(salt)
    x ^= x >> numpy.uint32(15)
    x *= numpy.uint32(2246822519)
    x ^= x >> numpy.uint32(13)
    x >>= numpy.uint32(16)
    x = numpy.maximum(x, numpy.uint32(1))
    return (280 + x / 4096).astype(numpy.float32).reshape(n_lat, n_lon)


class Numpy:
    """What differs between the three: where arrays live and how float64 is spelled."""

    def __init__(self, name, device, threads):
        import importlib
        import numpy
        self.numpy = numpy
        self.xp = importlib.import_module(name)
        self.version = self.xp.__version__
        self.device = 'cpu'
        self.threads = 1
        if name == 'cupy':
            if device != 'cuda':
                raise ImportError('it sums on GPUs only, and the CPU is asked for')
            self.xp.cuda.runtime.getDeviceCount()
            self.device = 'cuda'
        self.on(device, threads)

    def on(self, device, threads):
        pass

    def put(self, array):
        return self.xp.asarray(array)

    def float64(self, array):
        return array.astype(self.xp.float64)

    def host(self, array):
        return array.get() if hasattr(array, 'get') else array

    def wait(self):
        if self.device == 'cuda':
            self.xp.cuda.Device().synchronize()


class Torch(Numpy):
    def on(self, device, threads):
        torch = self.xp
        self.device = 'cuda' if device == 'cuda' and torch.cuda.is_available() else 'cpu'
        self.threads = threads
        torch.set_num_threads(threads)

    def put(self, array):
        return self.xp.from_numpy(array).to(self.device)

    def float64(self, array):
        return array.to(self.xp.float64)

    def host(self, array):
        return array.cpu().numpy()

    def wait(self):
        if self.device == 'cuda':
            self.xp.cuda.synchronize()


def sums_of(lib, f, o, c, weights, regions):
    """[n_regions][1 + n_weights][12] sums of one field, on the device."""
    xp = lib.xp
    f, o, c = lib.float64(f), lib.float64(o), lib.float64(c)
    d, a, b = f - o, f - c, o - c
    present = xp.isfinite(d + a)
    zero = xp.zeros_like(d)
    d, o, a, b = (xp.where(present, x, zero) for x in (d, o, a, b))
    terms = (lib.float64(present), d, d * d, xp.abs(d), o * d, o, o * o, a, a * a, a * b, b, b * b)
    rows = {}
    out = []
    for region in regions:
        first, n = region['first_row'], region['n_rows']
        total = None
        for column, n_columns in region['parts']:
            whole = n_columns == f.shape[1]
            key = (column, n_columns) if whole else (column, n_columns, first, n)
            if key not in rows:
                cut = slice(None) if whole else slice(first, first + n)
                rows[key] = xp.stack([term[cut, column:column + n_columns].sum(1) for term in terms], 1)
            part = rows[key][first:first + n] if whole else rows[key]
            total = part if total is None else total + part
        out.append(weights[:, first:first + n] @ total)
    return xp.stack(out)


def scale_of(x, i):
    """What the terms of a sum of signed terms amount to; near 0 the sum itself is rounding alone."""
    pairs = {D: (N, D2), OD: (O2, D2), O: (N, O2), A: (N, A2), AB: (A2, B2), B: (N, B2)}
    if i in pairs:
        return math.sqrt(abs(x[pairs[i][0]] * x[pairs[i][1]]))
    return abs(x[i])


def difference_of(sums, expected):
    """The largest relative difference; expected is flat, twelve sums a row."""
    sums = [float(x) for x in sums.reshape(-1)]
    if len(sums) != len(expected):
        return math.inf
    worst = 0.0
    for at in range(0, len(expected), 12):
        row = expected[at:at + 12]
        for i in range(12):
            if sums[at + i] != row[i]:
                difference = abs(sums[at + i] - row[i]) / (scale_of(row, i) or 1e-300)
                worst = max(worst, difference if difference == difference else math.inf)
    return worst


def measure(spec):
    kind = Torch if spec['peer'] == 'torch' else Numpy
    try:
        lib = kind(spec['peer'], spec['device'], spec['threads'])
    except Exception as error:  # whatever keeps a library from being used is a reason to go without
        return {'available': False, 'reason': str(error).split('\n', maxsplit=1)[0][:200] or type(error).__name__}
    numpy, n_lat, n_lon = lib.numpy, spec['n_lat'], spec['n_lon']
    weights = lib.put(numpy.array([[1.0] * n_lat] + spec['weights']))
    fields = [[lib.put(field(numpy, k, i, n_lat, n_lon)) for k in (FORECAST, TRUTH, CLIMATOLOGY)]
              for i in range(spec['fields'])]
    first = lib.host(sums_of(lib, *fields[0], weights, spec['regions']))
    seconds = []
    begin = time.monotonic()
    for _ in range(spec['rounds']):
        lib.wait()
        start = time.monotonic()
        for f, o, c in fields:
            lib.host(sums_of(lib, f, o, c, weights, spec['regions']))
        lib.wait()
        seconds.append(time.monotonic() - start)
        if time.monotonic() - begin > spec['seconds']:
            break
    return {'available': True, 'version': lib.version, 'device': lib.device, 'threads': lib.threads,
            'seconds': min(seconds), 'difference': difference_of(first, spec['expected'])}


if __name__ == '__main__':
    if len(sys.argv) != 1:
        sys.exit(__doc__)
    print(json.dumps(measure(json.load(sys.stdin))))
