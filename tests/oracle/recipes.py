# SPDX-License-Identifier: MIT
"""The recipes of gaia-day1 and gaia-era5 in plain Python, and little worlds of made fields to hold the program against.

Everything follows from the recipes' definitions and the fields alone: nothing of the program's sums or of its
profile files is read for what is expected.
"""
import json
import math
import os
import subprocess

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

    def write_forecast(self, name, fields, leads=None, write=made.write_fields, **more):
        leads = leads or self.leads
        axes = [('time', 'hours since 2020-01-01 00:00:00', self.inits), ('step', 'hours', leads)]
        keyed = {v: {(i, k, level): fields[v][init, lead, level] for i, init in enumerate(self.inits)
                     for k, lead in enumerate(leads) for level in self.levels_of(v)} for v in fields}
        write(self.path(name), axes, self.levels, keyed, **more)
        return self.path(name)

    def write(self, truth_in=None):
        """truth_in: {variable: (units, function to them)} of a truth in other units than the forecasts'."""
        other = truth_in or {}
        same = (None, lambda x: x)
        made.write_fields(self.path('truth.nc'), [('time', 'hours since 2020-01-01 00:00:00', self.valid)],
                          self.levels,
                          {v: {(k, level): [other.get(v, same)[1](x) for x in self.truth[v][time, level]]
                               for k, time in enumerate(self.valid)
                               for level in self.levels_of(v)} for v in self.truth},
                          units={v: units for v, (units, _) in other.items()})
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

DAY1_LEADS = [6, 12]


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
    for lead in DAY1_LEADS:
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
            part = 0.6 * min(max(skill_of(f, o, c), 0.0), 1.0)
            if o != c:  # a truth without anomalies has no correlation, which counts 0
                part += 0.3 * (made.acc(f, o, c, COS) + 1) / 2
            if baseline > 0.0:
                part += 0.1 / (1 + math.sqrt(made.mse(f, o, COS) / baseline))
            total += weight / sum(weights.values()) * share * part
    return total
