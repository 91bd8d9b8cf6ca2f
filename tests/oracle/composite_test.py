#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the composites of the profiles that ship against numbers worked out here from the fields themselves.

usage: composite_test.py GAIA day1|era5|weatherbench2|wmo

Fields are made, written as NetCDF-3, scored by the program, and everything is computed again in plain Python
from section 7's definitions: nothing of the program's sums or profile files is read for what is expected.
"""
import csv
import io
import math
import sys
import tempfile

import made_fields as made
from recipes import (DELTA, ERA5_LEVELS, WEIGHTS, World, Wrong, day1_compare, day1_expected, era5_lead, expect, run)


# ---- gaia-day1 ----

def day1(gaia, folder):
    world = World(folder, [6, 12], [500, 850])
    # The reference is without error in v at 500 hPa, 6 h; one forecast is too.
    world.reference['v'][0, 6, 500] = list(world.truth['v'][6, 500])
    fields = {'good': world.forecast('g', 0.1), 'fair': world.forecast('f', 0.4)}
    fields['clone'] = {v: {at: list(x) for at, x in world.reference[v].items()} for v in WEIGHTS}
    near = fields['near'] = world.forecast('n', 0.1)
    # Apart from the reference by 0.7 of delta: a penalty, but no alarm by half of delta.
    near['2t'][0, 12, None] = [x + math.sqrt(0.7 * DELTA['2t']) for x in world.reference['2t'][0, 12, None]]
    fields['late'] = world.forecast('l', 0.1)
    wrong = fields['wrong'] = world.forecast('w', 0.1)
    wrong['q'][0, 6, 850][3] = -1e-4
    wrong['2t'][0, 6, None][9] = 345.2
    wrong['u'][0, 12, 500] = [-x for x in wrong['u'][0, 12, 500]]
    exact = fields['exact'] = world.forecast('e', 0.1)
    exact['v'][0, 6, 500] = list(world.truth['v'][6, 500])
    holes = fields['holes'] = world.forecast('h', 0.1)
    for k in (4, 17, 30):
        holes['msl'][0, 6, None][k] = math.nan
    world.write()
    leads = {name: [6] if name == 'late' else [6, 12] for name in fields}
    paths = {name: world.write_forecast(f'{name}.nc', fields[name], leads[name]) for name in fields}
    documents, table = world.composites(gaia, world.job('gaia-day1', paths))
    expect('documents', list(documents), list(fields))
    wanted = {name: day1_expected(world, fields[name], leads[name]) for name in fields}
    for name in fields:
        day1_compare(name, documents[name], wanted[name])
    # What the cases are there for.
    expect('good passes', wanted['good']['passed'], True)
    expect('clone is capped', wanted['clone']['score'] <= 0.05, True)
    expect('near has one penalty', wanted['near']['n_penalties'], 1)
    expect('wrong fails checks', wanted['wrong']['n_failed'] >= 4 and not wanted['wrong']['passed'], True)
    expect('late misses half', documents['late']['times'][0]['leads_missing'], 1)
    expect('exact', wanted['exact']['cells']['v', 6, 500]['skill'], 1.0)
    expect('infinite', documents['good']['times'][0]['leads'][0]['variables'][8]['levels'][0]['skill'], '-inf')
    leaderboard_compare(table, wanted)
    explain_compare(gaia, world)
    # Bounds and differences that are too small are in the recipe's units, whatever the truth is in.
    world.write({'z': ('gpm', lambda x: x / 9.80665), 'msl': ('hPa', lambda x: x / 100.0),
                 '2t': ('degC', lambda x: x - 273.15)})
    documents, _ = world.composites(gaia, world.path('job.json'))
    for name in fields:
        day1_compare(f'{name} against a truth in other units', documents[name], wanted[name])


def leaderboard_compare(table, wanted):
    lines = table[table.index('\ngaia-day1\n'):].strip().split('\n')[2:]
    order = sorted(wanted, key=lambda name: -wanted[name]['score'])
    # Scores that are capped are equal and stay in the order of the job.
    expect('rank', [line.split()[1] for line in lines], order)
    by_name = {line.split()[1]: line for line in lines}
    for name, reason in (('clone', 'too close to the reference'), ('late', '1 of 2 leads missing'),
                         ('wrong', 'checks failed'), ('near', 'capped at 0.05')):
        expect(f'{name}: {reason}', reason in by_name[name], True)
    expect('pass', [by_name[name].split()[4] for name in ('good', 'clone')], ['yes', 'no'])


def explain_compare(gaia, world):
    out = world.path('composites.json')
    text = run(gaia, ['explain', out, '--forecast', 'wrong']).stdout
    for piece in ('has not passed (0.1 is wanted)', 'Main reasons: 5 checks failed.', '2t, 6 h: values from', '345.2 leave the bounds 170 to 340.',
                  'q at 850 hPa, 6 h: the lowest value -0.0001 is negative.', 'u at 500 hPa, 12 h: the anomaly',
                  'Levels of t weigh by layer thickness: 500 hPa 0.5, 850 hPa 0.5.'):
        expect(piece, piece in text, True)
    text = run(gaia, ['explain', out, '--forecast', 'late']).stdout
    expect('missing lead', '1 lead is missing (12 h); a missing lead counts 0' in text, True)
    text = run(gaia, ['explain', out, '--forecast', 'clone']).stdout
    expect('clone', 'Too close to the reference:\n  2t, 6 h: the mean squared difference from the reference, 0, is '
                    'below 0.0025: penalty 1.' in text, True)
    text = run(gaia, ['explain', out, '--forecast', 'near']).stdout
    expect('cap', 'is capped at 0.05; without the cap it would be' in text, True)
    expect('lines', text.count('\n') < 40, True)
    said = run(gaia, ['explain', out], 3).stderr
    expect('which', said, f'gaia: {out}: which forecast? --forecast says; there are: good, fair, clone, near, late, '
                          'wrong, exact, holes\n')
    said = run(gaia, ['explain', out, '--forecast', 'nobody'], 3).stderr
    expect('nobody', said, f"gaia: {out}: no composite of forecast 'nobody'; there are: good, fair, clone, "
                           'near, late, wrong, exact, holes\n')


# ---- gaia-era5 ----

def era5(gaia, folder):
    leads = list(range(24, 241, 24))
    world = World(folder, leads, ERA5_LEVELS, inits=(0, 12))
    for init in world.inits:
        world.truth['v'][init + 48, 500] = list(world.climatology['v'][(init + 48) % 24, 500])
    fields = {'good': world.forecast('g', 0.1), 'short': world.forecast('s', 0.1), 'poor': world.forecast('p', 0.9)}
    have = {'good': leads, 'short': leads[:7], 'poor': leads}
    world.write()
    paths = {name: world.write_forecast(f'{name}.nc', fields[name], have[name]) for name in fields}
    documents, _ = world.composites(gaia, world.job('gaia-era5', paths, day1_passed=['good', 'short']))
    for name in fields:
        document = documents[name]
        scores = []
        for time, init in zip(document['times'], world.inits):
            wanted = [era5_lead(world, fields[name], init, lead, ERA5_LEVELS, WEIGHTS) if lead in have[name] else 0.0
                      for lead in leads]
            for lead, score in zip(time['leads'], wanted):
                expect(f'{name} {init} {lead["lead_hours"]} h', lead['score'], score)
            expect(f'{name} {init}: missing', time['leads_missing'], len(leads) - len(have[name]))
            scores.append(sum(wanted) / 10)
            expect(f'{name} {init}: score', time['score'], scores[-1])
        mean = sum(scores) / len(scores)
        expect(f'{name}: score', document['score'], mean)
        expect(f'{name}: overall', document['overall'], 0.95 * mean + 0.05 * (name != 'poor'))
        expect(f'{name}: day 1', document['day1_passed'], name != 'poor')
        expect(f'{name}: modified', document['profile']['modified'], [])
    # Lists of the job take the place of the profile's, and the weights of what is left are normalised.
    job = world.job('gaia-era5', {'good': paths['good']}, variables=['z', 't'], levels=[850, 500, 250], leads=[24, 120])
    document = world.composites(gaia, job)[0]['good']
    chosen = {v: WEIGHTS[v] for v in ('z', 't')}
    wanted = [era5_lead(world, fields['good'], 0, lead, [250, 500, 850], chosen) for lead in (24, 120)]
    expect('chosen: score', document['times'][0]['score'], sum(wanted) / 2)
    expect('chosen: modified', document['profile']['modified'], ['variables', 'levels', 'leads'])
    expect('chosen: overall', document['overall'], 0.95 * document['score'])


# ---- weatherbench2 and wmo: scores without a composite ----

def rows_of(gaia, job):
    text = run(gaia, ['score', '--job', job, '--format', 'csv', '--threads', '1']).stdout
    return {(r['variable'], r['level'], float(r['lead_hours']), r['region'], r['metric']): float(r['value'])
            for r in csv.DictReader(io.StringIO(text)) if r['init_time'] == 'all'}, text


REGIONS = {'global': (-90, 90), 'n.hem': (20, 90), 'tropics': (-20, 20), 's.hem': (-90, -20)}


def plain_profile(gaia, folder, profile, weighting, wanted_levels, regions, leads, centred):
    """A file with some of the profile's variables, levels and leads: what is shared is scored, nothing else."""
    world = World(folder, leads, [250, 500, 700, 850, 1000])
    fields = world.forecast('f', 0.2)
    world.write()
    path = world.write_forecast('f.nc', {v: fields[v] for v in wanted_levels})
    rows, text = rows_of(gaia, world.job(profile, {'f': path}))
    weights = made.row_weights(weighting)
    seen = set()
    for (variable, level, lead, region, metric), value in rows.items():
        at = float(level) if level else None
        seen.add((variable, at, lead, region))
        f, o = fields[variable][0, lead, at], world.truth[variable][lead, at]
        c = world.climatology[variable][lead % 24, at]
        points = made.rows_between(*REGIONS[region]) if region in REGIONS else \
            [k for k in made.rows_between(35, 75) if made.LONGITUDES[k % made.N_LON] <= 42.5]
        error = [a - b for a, b in zip(f, o)]
        wanted = {'rmse': lambda: math.sqrt(made.mse(f, o, weights, points)),
                  'mse': lambda: made.mse(f, o, weights, points),
                  'mae': lambda: made.weighted(weights, points, lambda k: abs(error[k])),
                  'bias': lambda: made.weighted(weights, points, lambda k: error[k]),
                  'acc_centred_mean': lambda: made.acc(f, o, c, weights, True, points),
                  'acc_uncentred_mean': lambda: made.acc(f, o, c, weights, False, points)}
        if metric in wanted:
            expect(f'{variable} {level} {lead} {region} {metric}', value, wanted[metric]())
    expect('fields', seen, {(v, at, float(lead), region) for v, levels in wanted_levels.items() for at in levels
                            for lead in leads for region in regions})
    metric = 'acc_centred_mean' if centred else 'acc_uncentred_mean'
    expect(metric, any(row[-1] == metric for row in rows), True)
    expect('one weighting', f',{weighting},' in text and (',cos,' in text) == (weighting == 'cos'), True)


def weatherbench2(gaia, folder):
    plain_profile(gaia, folder, 'weatherbench2', 'area_wb2',
                  {'z': [500], 't': [850], 'q': [700], '2t': [None], '10u': [None]},
                  ['global', 'n.hem', 'tropics', 's.hem', 'europe'], [6, 24, 120], False)


def wmo(gaia, folder):
    plain_profile(gaia, folder, 'wmo', 'cos', {'z': [250, 500, 850], 't': [250, 500, 850], 'u': [250, 850],
                                               'msl': [None]}, ['n.hem', 'tropics', 's.hem'], [24, 240], True)


CASES = {'day1': day1, 'era5': era5, 'weatherbench2': weatherbench2, 'wmo': wmo}


def main(gaia, case):
    with tempfile.TemporaryDirectory() as folder:
        try:
            CASES[case](gaia, folder)
        except Wrong as wrong:
            print(wrong)
            return 1
    return 0


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[2] not in CASES:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
