#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the lines of `--format stat` to MET's column tables and to numbers computed here.

usage: stat_test.py GAIA DATA

Columns are those of MET 11.1: User's Guide, "Point-Stat Tool", and data/table_files/met_header_columns_V11.1.txt of
dtcenter/MET. Every line of two cases is expected by its shared columns, every cell of it is a number computed from
the files' bytes by the standard library alone, or NA.
"""
import datetime
import json
import math
import os
import subprocess
import sys
import tempfile

from climatology_test import Netcdf3, fields

RELATIVE, FLOOR = 1e-9, 1e-12
SHARED = '''VERSION MODEL DESC FCST_LEAD FCST_VALID_BEG FCST_VALID_END OBS_LEAD OBS_VALID_BEG OBS_VALID_END FCST_VAR
    FCST_UNITS FCST_LEV OBS_VAR OBS_UNITS OBS_LEV OBTYPE VX_MASK INTERP_MTHD INTERP_PNTS FCST_THRESH OBS_THRESH
    COV_THRESH ALPHA LINE_TYPE'''.split()
NORMAL, BOOTSTRAP = ('NCL', 'NCU', 'BCL', 'BCU'), ('BCL', 'BCU')


def with_limits(names, limits):
    return [cell for name in names.split() for cell in [name] + [f'{name}_{limit}' for limit in limits]]


COLUMNS = {
    'SL1L2': 'TOTAL FBAR OBAR FOBAR FFBAR OOBAR MAE'.split(),
    'SAL1L2': 'TOTAL FABAR OABAR FOABAR FFABAR OOABAR MAE'.split(),
    'CNT': ['TOTAL'] + with_limits('FBAR FSTDEV OBAR OSTDEV PR_CORR', NORMAL)
           + 'SP_CORR KT_CORR RANKS FRANK_TIES ORANK_TIES'.split() + with_limits('ME ESTDEV', NORMAL)
           + with_limits('MBIAS MAE MSE BCMSE RMSE E10 E25 E50 E75 E90 EIQR MAD', BOOTSTRAP)
           + with_limits('ANOM_CORR', NORMAL) + with_limits('ME2 MSESS RMSFA RMSOA ANOM_CORR_UNCNTR SI', BOOTSTRAP),
}
REGIONS = {'global': (-90.0, 90.0), 'n.hem': (20.0, 90.0), 'tropics': (-20.0, 20.0)}
WEIGHTS = {'cos': lambda lat: math.cos(math.radians(lat)), 'none': lambda lat: 1.0}
CASES = (('djf_height', 'gh'), ('sst_missing', 'sst'))


class Wrong(Exception):
    pass


def expect(what, got, wanted):
    if got != wanted:
        raise Wrong(f'{what}: {got!r}, expected {wanted!r}')


# ---- Numbers, from their definitions ----

def mean(w, x):
    return math.fsum(p * q for p, q in zip(w, x)) / math.fsum(w)


def product(x, y):
    return [p * q for p, q in zip(x, y)]


def less(x, shift):
    return [p - shift for p in x]


def sample_deviation(w, x):
    """Of weighted values, with n/(n-1) for their number n, as MET has it."""
    centred = less(x, mean(w, x))
    return math.sqrt(mean(w, product(centred, centred)) * len(x) / (len(x) - 1))


def correlation(w, x, y):
    below = math.sqrt(mean(w, product(x, x)) * mean(w, product(y, y)))
    return mean(w, product(x, y)) / below if below > 0 else None


def pair_numbers(w, f, o):
    d = [p - q for p, q in zip(f, o)]
    mse, bias, obar = mean(w, product(d, d)), mean(w, d), mean(w, o)
    rest = less(d, bias)
    return {'TOTAL': len(f), 'FBAR': mean(w, f), 'OBAR': obar, 'FOBAR': mean(w, product(f, o)),
            'FFBAR': mean(w, product(f, f)), 'OOBAR': mean(w, product(o, o)), 'MAE': mean(w, list(map(abs, d))),
            'FSTDEV': sample_deviation(w, f), 'OSTDEV': sample_deviation(w, o),
            'PR_CORR': correlation(w, less(f, mean(w, f)), less(o, obar)), 'ME': bias,
            'ESTDEV': sample_deviation(w, d), 'MBIAS': mean(w, f) / obar, 'MSE': mse,
            'BCMSE': mean(w, product(rest, rest)), 'RMSE': math.sqrt(mse), 'ME2': bias ** 2,
            'MSESS': 1 - mse / sample_deviation(w, o) ** 2, 'SI': math.sqrt(mse) / obar}


def anomaly_numbers(w, a, b):
    ffa, ooa = mean(w, product(a, a)), mean(w, product(b, b))
    return {'TOTAL': len(a), 'FABAR': mean(w, a), 'OABAR': mean(w, b), 'FOABAR': mean(w, product(a, b)),
            'FFABAR': ffa, 'OOABAR': ooa, 'MAE': mean(w, [abs(p - q) for p, q in zip(a, b)]),
            'RMSFA': math.sqrt(ffa), 'RMSOA': math.sqrt(ooa), 'ANOM_CORR_UNCNTR': correlation(w, a, b),
            'ANOM_CORR': correlation(w, less(a, mean(w, a)), less(b, mean(w, b)))}


def numbers(forecast, truth, climatology, lat, region, weighting):
    """{line type: {column: number}} of one field; all three are missing together or climatology is whole."""
    south, north = REGIONS[region]
    n_lon = len(truth) // len(lat)
    there = [i for i in range(len(truth)) if south <= lat[i // n_lon] <= north]
    there = [i for i in there if not math.isnan(forecast[i]) and not math.isnan(truth[i])]
    assert there and not any(math.isnan(climatology[i]) for i in there)
    w = [WEIGHTS[weighting](lat[i // n_lon]) for i in there]
    f, o, c = ([field[i] for i in there] for field in (forecast, truth, climatology))
    pair = pair_numbers(w, f, o)
    anomaly = anomaly_numbers(w, [p - q for p, q in zip(f, c)], [p - q for p, q in zip(o, c)])
    return {'SL1L2': pair, 'SAL1L2': anomaly, 'CNT': {**anomaly, **pair}}


# ---- Lines ----

def lines_of(text):
    """{(type, valid time, region, weighting): {column: cell}}, each line once, each cell under its column."""
    head, *rest = text.splitlines()
    expect('shared columns', head.split(), SHARED)
    found = {}
    for line in rest:
        cells = line.split(' ')
        columns = SHARED + COLUMNS[cells[len(SHARED) - 1]]
        expect(f'cells of {line[:200]}', len(cells), len(columns))
        row = dict(zip(columns, cells))
        key = tuple(row[name] for name in ('LINE_TYPE', 'FCST_VALID_BEG', 'VX_MASK', 'DESC'))
        expect(f'line {key} before', key in found, False)
        found[key] = row
    return found


def check_cells(key, row, wanted, scale):
    """What a cell may be off: rounding of its own size, and for differences of the values of theirs."""
    for column in COLUMNS[key[0]]:
        number = wanted.get(column)
        if number is None:
            expect(f'{key} {column}', row[column], 'NA')
            continue
        rounding = FLOOR * (scale if column in ('ME', 'FABAR', 'OABAR') else
                            scale ** 2 if column in ('ME2', 'FOABAR') else 1)
        if not abs(float(row[column]) - number) <= RELATIVE * abs(number) + rounding:
            raise Wrong(f'{key} {column}: {row[column]}, expected {number!r}')


def check_case(gaia, data, folder, case, variable):
    """The number of lines of a case that are as they must be; leaves its sums as CASE.gm."""
    here = os.path.join(data, case)
    forecast, lat, lead = fields(os.path.join(here, 'forecast.nc'), variable)
    truth = dict(fields(os.path.join(here, 'truth.nc'), variable)[0])
    climatology = Netcdf3(os.path.join(here, 'climatology.nc')).variables[variable]
    regions = [name for name, (south, north) in REGIONS.items() if any(south <= x <= north for x in lat)]
    sums, direct = os.path.join(folder, case + '.gm'), os.path.join(folder, case + '.stat')
    gaia('score', *(os.path.join(here, name + '.nc') for name in ('forecast', 'truth', 'climatology')),
         '--regions', ','.join(regions), '--weights', ','.join(WEIGHTS), '--format', 'stat', '--out', direct,
         '--moments-out', sums)
    with open(direct, encoding='ascii') as stream:
        text = stream.read()
    expect('from stored sums', gaia('scores', sums, '--format', 'stat'), text)
    found = lines_of(text)
    n = 0
    for init, field in forecast:
        valid = init + datetime.timedelta(hours=lead)
        if valid not in truth:
            continue
        time = valid.strftime('%Y%m%d_%H%M%S')
        for region in regions:
            for weighting in WEIGHTS:
                wanted = numbers(field, truth[valid], climatology, lat, region, weighting)
                for kind in COLUMNS:
                    key = (kind, time, region, weighting)
                    row = found.pop(key, None)
                    if row is None:
                        raise Wrong(f'no line {key}')
                    shared = ['V11.1', 'forecast', weighting, f'{int(lead):02d}0000', time, time, '000000', time, time,
                              variable, 'NA', 'NA', variable, 'NA', 'NA', 'ANALYS', region, 'NEAREST', '1', 'NA', 'NA',
                              'NA', 'NA', kind]
                    expect(f'{key}', [row[name] for name in SHARED], shared)
                    check_cells(key, row, wanted[kind], max(map(abs, (x for x in field if not math.isnan(x)))))
                    n += 1
    expect('lines that nobody asked for', list(found), [])
    return n


def check_choice(gaia, folder):
    """A part of the sums gives those lines of the whole; a rule for missing points that of MET's columns NA."""
    sums = os.path.join(folder, 'sst_missing.gm')
    whole = lines_of(gaia('scores', sums, '--format', 'stat'))
    part = lines_of(gaia('scores', sums, '--format', 'stat', '--regions', 'tropics', '--weights', 'none'))
    expect('part', part, {key: row for key, row in whole.items() if key[2:] == ('tropics', 'none')})
    for key, row in lines_of(gaia('scores', sums, '--format', 'stat', '--missing', 'propagate')).items():
        expect(f'{key} total', row['TOTAL'], whole[key]['TOTAL'])
        expect(f'{key} propagate', {row[column] for column in COLUMNS[key[0]][1:]}, {'NA'})


def check_refusals(gaia, data, folder):
    """What lines cannot say is an error before anything is written."""
    here = os.path.join(data, 'djf_height')
    out = os.path.join(folder, 'refused.stat')
    job = {'schema': 'gaia.job/1', 'truth': {'files': [os.path.join(here, 'truth.nc')]},
           'forecasts': [{'id': name, 'files': [os.path.join(here, 'forecast.nc')]} for name in ('a b', 'a_b')]}
    path = os.path.join(folder, 'job.json')
    with open(path, 'w', encoding='utf-8') as stream:
        json.dump(job, stream)
    expect('one name', gaia.fails('score', '--job', path, '--format', 'stat', '--out', out),
           (2, "gaia: format stat has no blanks in names: forecasts 'a b' and 'a_b' would be one\n"))
    expect('nothing', os.path.exists(out), False)
    del job['forecasts'][1]
    with open(path, 'w', encoding='utf-8') as stream:
        json.dump(job, stream)
    models = {line.split()[1] for line in gaia('score', '--job', path, '--format', 'stat').splitlines()[1:]}
    expect('model', models, {'a_b'})
    sums = os.path.join(folder, 'djf_height.gm')
    expect('against', gaia.fails('scores', sums, '--format', 'stat', '--against', 'x'),
           (2, "gaia: --format 'stat' and --against: one of them\n"))
    status, said = gaia.fails('scores', sums, '--format', 'stats')
    expect('unknown', (status, "'stats'" in said and 'stat or netcdf is wanted' in said), (2, True))


class Program:
    def __init__(self, path):
        self.path = path

    def __call__(self, *arguments):
        return subprocess.run([self.path, *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout

    def fails(self, *arguments):
        done = subprocess.run([self.path, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False)
        return done.returncode, done.stderr


def main(gaia, data):
    gaia = Program(gaia)
    with tempfile.TemporaryDirectory() as folder:
        try:
            n = sum(check_case(gaia, data, folder, case, variable) for case, variable in CASES)
            check_choice(gaia, folder)
            check_refusals(gaia, data, folder)
        except Wrong as wrong:
            print(wrong)
            return 1
    print(f'{n} lines agree')
    return 0 if n > 0 else 1


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
