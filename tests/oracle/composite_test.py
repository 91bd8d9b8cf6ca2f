#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the composites of the profiles that ship against numbers worked out here from the fields themselves.

usage: composite_test.py GAIA day1|era5|weatherbench2|wmo

Fields are made, written as NetCDF-3, scored by the program, and everything is computed again in plain Python
from section 7's definitions: nothing of the program's sums or profile files is read for what is expected.
"""
import csv
import io
import json
import math
import os
import subprocess
import sys
import tempfile

import made_fields as made

RELATIVE = 1e-9
WEIGHTS = {'2t': 0.25, 'msl': 0.20, '10u': 0.10, '10v': 0.10, 't': 0.15, 'z': 0.10, 'q': 0.05, 'u': 0.025, 'v': 0.025}
DELTA = {'2t': 0.0025, 'msl': 400.0, '10u': 0.01, '10v': 0.01, 'z': 100.0 * 9.80665 ** 2}
BOUNDS = {'2t': (170, 340), 'msl': (85000, 110000), '10u': (-100, 100), '10v': (-100, 100), 't': (140, 340),
          'z': (42000, 62000), 'q': (0, 0.05), 'u': (-200, 200), 'v': (-200, 200)}
COS = made.row_weights('cos')


class Wrong(Exception):
    pass


def expect(what, got, wanted):
    if isinstance(wanted, float):
        if got == '-inf':
            got = -math.inf
        good = got is not None and (got == wanted or abs(got - wanted) <= RELATIVE * max(1.0, abs(wanted)))
    else:
        good = got == wanted
    if not good:
        raise Wrong(f'{what}: {got!r}, expected {wanted!r}')


def run(gaia, arguments, status=0):
    done = subprocess.run([gaia, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != status:
        raise Wrong(f'gaia {" ".join(arguments)}: exit status {done.returncode}: {done.stderr}')
    return done


# ---- A little world: truth, climatology and reference, and forecasts made from them ----

class World:
    """Fields by (variable, lead or hour, level). One init time a forecast time step of 24 h apart."""

    def __init__(self, folder, leads, levels, inits=(0,)):
        self.folder, self.leads, self.levels, self.inits = folder, leads, levels, inits
        self.valid = sorted({init + lead for init in inits for lead in leads})
        self.hours = sorted({hour % 24 for hour in self.valid})
        self.climatology = self.make(self.hours, lambda v, h, level: made.field(v, f'c {h} {level}', share=0.3))
        self.truth = self.make(self.valid, lambda v, h, level: made.field(
            v, f'o {h} {level}', self.climatology[v][h % 24, level], 0.7))
        self.reference = self.forecast('r', 0.3)
        self.forecasts = {}

    def variables(self):
        return list(WEIGHTS)

    def levels_of(self, variable):
        return [None] if variable in made.SURFACE else self.levels

    def make(self, times, value):
        return {v: {(time, level): value(v, time, level) for time in times for level in self.levels_of(v)}
                for v in self.variables()}

    def forecast(self, seed, share, base=None):
        """{variable: {(init, lead, level): field}} that strays from the truth by a share of what is usual."""
        return {v: {(init, lead, level): made.field(v, f'{seed} {init} {lead} {level}',
                                                    (base or self.truth_at)(v, init, lead, level), share)
                    for init in self.inits for lead in self.leads for level in self.levels_of(v)}
                for v in self.variables()}

    def truth_at(self, variable, init, lead, level):
        return self.truth[variable][init + lead, level]

    def path(self, name):
        return os.path.join(self.folder, name)

    def write_forecast(self, name, fields, leads=None):
        leads = leads or self.leads
        axes = [('time', 'hours since 2020-01-01 00:00:00', self.inits), ('step', 'hours', leads)]
        keyed = {v: {(i, k, level): fields[v][init, lead, level] for i, init in enumerate(self.inits)
                     for k, lead in enumerate(leads) for level in self.levels_of(v)} for v in fields}
        made.write_fields(self.path(name), axes, self.levels, keyed)
        return self.path(name)

    def write(self):
        made.write_fields(self.path('truth.nc'), [('time', 'hours since 2020-01-01 00:00:00', self.valid)],
                          self.levels,
                          {v: {(k, level): self.truth[v][time, level] for k, time in enumerate(self.valid)
                               for level in self.levels_of(v)} for v in self.truth})
        made.write_fields(self.path('climatology.nc'), [('hour', '1', self.hours)], self.levels,
                          {v: {(k, level): self.climatology[v][hour, level] for k, hour in enumerate(self.hours)
                               for level in self.levels_of(v)} for v in self.climatology})
        self.write_forecast('reference.nc', self.reference)

    def job(self, profile, forecasts, **more):
        job = {'schema': 'gaia.job/1', 'profile': profile,
               'forecasts': [{'id': name, 'files': [path]} for name, path in forecasts.items()],
               'truth': {'files': [self.path('truth.nc')]}, 'climatology': {'files': [self.path('climatology.nc')]},
               'reference': {'files': [self.path('reference.nc')]}, **more}
        with open(self.path('job.json'), 'w', encoding='utf-8') as stream:
            json.dump(job, stream)
        return self.path('job.json')

    def composites(self, gaia, job):
        """The documents by forecast, and the table."""
        out = self.path('composites.json')
        table = run(gaia, ['score', '--job', job, '--composite-out', out, '--threads', '1']).stdout
        with open(out, encoding='utf-8') as stream:
            return {document['forecast']: document for document in json.load(stream)}, table


def layers(levels):
    """Half the distance to each neighbour, ends one-sided, normalised."""
    if len(levels) == 1:
        return [1.0]
    raw = []
    for i, level in enumerate(levels):
        below = (level - levels[i - 1]) / 2 if i > 0 else 0.0
        above = (levels[i + 1] - level) / 2 if i + 1 < len(levels) else 0.0
        raw.append(below + above)
    return [value / sum(raw) for value in raw]


def skill_of(f, o, baseline):
    error = made.mse(baseline, o, COS)
    if error == 0.0:
        return 1.0 if made.mse(f, o, COS) == 0.0 else -math.inf
    return 1.0 - made.mse_debiased(f, o, COS) / error


# ---- gaia-day1 ----

def day1_levels(variable):
    return [None] if variable in made.SURFACE else [500] if variable == 'z' else [500, 850]


def day1_cell(world, fields, variable, lead, level):
    """skill, penalty, acc, failed checks, and the mean squared difference from the reference."""
    f = fields[variable][0, lead, level]
    o = world.truth[variable][lead, level]
    c = world.climatology[variable][lead % 24, level]
    r = world.reference[variable][0, lead, level]
    present = [x for x in f if math.isfinite(x)]
    apart = made.mse(f, r, COS, points=made.valid(f, o, r))
    correlation = made.acc(f, o, c, COS)
    failed = set()
    if min(present) < BOUNDS[variable][0] or max(present) > BOUNDS[variable][1]:
        failed.add('bounds')
    if variable == 'q' and min(present) < 0.0:
        failed.add('non_negative')
    if made.pearson(f, o, COS) < 0.3:
        failed.add('pattern_correlation')
    if correlation < 0.6:
        failed.add('acc')
    penalty = max(0.0, 1.0 - apart / DELTA[variable]) if variable in DELTA else 0.0
    return {'skill': skill_of(f, o, r), 'penalty': penalty, 'acc': correlation, 'failed': failed,
            'alarm': variable in DELTA and apart < DELTA[variable] / 2}


def day1_expected(world, fields, leads):
    skills, accs, any_clone, n_failed = [], [], False, 0
    cells = {}
    for lead in world.leads:
        skill = acc = 0.0
        for variable, weight in WEIGHTS.items():
            levels = day1_levels(variable)
            for level, share in zip(levels, layers(levels)):
                if lead not in leads:
                    continue  # a missing lead counts 0
                cell = cells[variable, lead, level] = day1_cell(world, fields, variable, lead, level)
                skill += weight * share * (min(max(cell['skill'], 0.0), 1.0) - cell['penalty'])
                acc += weight * share * (cell['acc'] + 1) / 2
                any_clone = any_clone or cell['penalty'] > 0.0 or cell['alarm']
                n_failed += len(cell['failed'])
        skills.append(skill)
        accs.append(acc)
    before = 0.6 * sum(skills) / len(skills) + 0.4 * sum(accs) / len(accs)
    score = min(before, 0.05) if any_clone else before
    passed = score >= 0.1 and n_failed == 0
    return {'before': before, 'score': score, 'passed': passed, 'overall': min(0.05 * 0.2, 0.05) * passed,
            'n_failed': n_failed, 'cells': cells, 'n_penalties': sum(c['penalty'] > 0 for c in cells.values())}


def day1_compare(name, document, wanted):
    time = document['times'][0]
    for key, got in (('score', document['score']), ('overall', document['overall']), ('before', time['before_cap'])):
        expect(f'{name}: {key}', got, float(wanted[key]))
    expect(f'{name}: passed', document['passed'], wanted['passed'])
    expect(f'{name}: capped', time['capped'], wanted['score'] < wanted['before'])
    expect(f'{name}: checks failed', time['checks_failed'], wanted['n_failed'])
    expect(f'{name}: penalties', time['penalties'], wanted['n_penalties'])
    n = 0
    for lead in time['leads']:
        for variable in lead['variables']:
            expect(f'{name}: weight', variable['weight'], WEIGHTS[variable['variable']])
            for cell, share in zip(variable['levels'], layers(day1_levels(variable['variable']))):
                at = variable['variable'], lead['lead_hours'], cell['level']
                expect(f'{name} {at}: layer', cell['layer_weight'], share)
                expect(f'{name} {at}: present', cell['present'], at in wanted['cells'])
                if at in wanted['cells']:
                    cell_wanted = wanted['cells'][at]
                    failed = {check['check'] for check in cell['checks'] if not check['passed']}
                    expect(f'{name} {at}: failed', failed, cell_wanted['failed'])
                    for key in ('skill', 'penalty', 'acc'):
                        expect(f'{name} {at}: {key}', cell[key], float(cell_wanted[key]))
                    n += 1
    expect(f'{name}: cells compared', n, len(wanted['cells']))


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
    expect('which', said, 'gaia: which forecast? --forecast says; there are: good, fair, clone, near, late, wrong, '
                          'exact, holes\n')
    said = run(gaia, ['explain', out, '--forecast', 'nobody'], 3).stderr
    expect('nobody', said, "gaia: no composite of forecast 'nobody'; there are: good, fair, clone, near, late, wrong, "
                           'exact, holes\n')


# ---- gaia-era5 ----

ERA5_LEVELS = [50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 850, 925, 1000]


def era5_lead(world, fields, init, lead, levels, weights):
    total = 0.0
    for variable, weight in weights.items():
        chosen = [None] if variable in made.SURFACE else levels
        for level, share in zip(chosen, layers(chosen)):
            f = fields[variable][init, lead, level]
            o = world.truth[variable][init + lead, level]
            c = world.climatology[variable][(init + lead) % 24, level]
            baseline = made.mse(c, o, COS)
            part = 0.6 * min(max(skill_of(f, o, c), 0.0), 1.0) + 0.3 * (made.acc(f, o, c, COS) + 1) / 2 \
                if variable != 'v' or level != 500 or lead != 48 else era5_without_anomaly(f, o, c)
            if baseline > 0.0:
                part += 0.1 / (1 + math.sqrt(made.mse(f, o, COS) / baseline))
            total += weight / sum(weights.values()) * share * part
    return total


def era5_without_anomaly(f, o, c):
    """The truth is the climatology: no anomaly, so no correlation, which counts 0."""
    return 0.6 * min(max(skill_of(f, o, c), 0.0), 1.0)


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
