# SPDX-License-Identifier: MIT
"""A little season of forecasts to draw a page of: three models, a reference, twenty init times, ten leads.

Fields are made, on a coarse grid and with the standard library alone, but behave as real ones do: errors grow with
lead time and saturate, last from one init time to the next, and differ between models by variable and latitude.
"""
import json
import math
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'oracle'))
import made_fields as made

VARIABLES = ('2t', 'msl', 't', 'u', 'z')
LEVELS = (250, 500, 850)
LEADS = tuple(range(24, 241, 24))
INITS = tuple(12 * i for i in range(20))
REGIONS = ('global', 'n.hem', 'tropics', 's.hem')
# Of each model: share of the usual error, and how much more or less it is with lead time, in the tropics, per variable.
MODELS = {
    'aurora-2': {'share': 0.91, 'late': -0.05, 'tropics': 0.14, 'z': -0.05, '2t': 0.14, 'u': 0.04},
    'graph-31': {'share': 0.98, 'late': 0.06, 'tropics': -0.08, 'msl': 0.06, 'u': -0.05},
    'hres': {'share': 1.00, 'late': 0.0, 'tropics': 0.0},
    'reference': {'share': 1.22, 'late': 0.12, 'tropics': 0.0},
}
BIAS = {'aurora-2': 0.010, 'graph-31': -0.018, 'hres': 0.004, 'reference': 0.03}
SPREAD = {'2t': 3.2, 'msl': 900.0, 't': 3.0, 'u': 7.0, 'z': 850.0}


def levels_of(variable):
    return (None,) if variable in made.SURFACE else LEVELS


def growth(lead):
    """The share of the climatological spread that an error has reached."""
    return 0.95 / (1.0 + math.exp(-(lead - 130.0) / 42.0))


def noise(dice, before, keep):
    """The next of a first-order autoregressive series of fields with unit variance."""
    fresh = [dice.gauss(0.0, 1.0) for _ in range(made.N_POINTS)]
    rest = math.sqrt(1.0 - keep * keep)
    return fresh if before is None else [keep * b + rest * f for b, f in zip(before, fresh)]


def strength(model, variable, lead, point):
    own = MODELS[model]
    late = own['late'] * (lead / 240.0)
    tropics = own['tropics'] if abs(made.LATITUDES[point // made.N_LON]) <= 30.0 else 0.0
    return (own['share'] + late + tropics + own.get(variable, 0.0)) * growth(lead)


class Season:
    def __init__(self, folder, models=None):
        self.folder = folder
        self.models = models or ('aurora-2', 'graph-31', 'hres')
        self.valid = sorted({init + lead for init in INITS for lead in LEADS})
        self.climatology = {v: {level: made.field(v, f'climatology {level}', share=0.4) for level in levels_of(v)}
                            for v in VARIABLES}
        self.truth = {v: {} for v in VARIABLES}
        for v in VARIABLES:
            for level in levels_of(v):
                dice, now = random.Random(f'truth {v} {level}'), None
                for k in range(len(self.valid)):
                    now = noise(dice, now, 0.85)
                    self.truth[v][k, level] = [c + SPREAD[v] * x for c, x in zip(self.climatology[v][level], now)]

    def path(self, name):
        return os.path.join(self.folder, name)

    def errors(self, variable, level):
        """{model: {(init, lead): field}}: most of an error is every model's, and it lasts."""
        made_of = {model: {} for model in MODELS}
        for k, lead in enumerate(LEADS):
            series = {name: (random.Random(f'{name} {variable} {level} {lead}'), None) for name in (*MODELS, 'common')}
            for i in range(len(INITS)):
                series = {name: (dice, noise(dice, now, 0.55)) for name, (dice, now) in series.items()}
                common = series['common'][1]
                for model in MODELS:
                    own = series[model][1]
                    made_of[model][i, k] = [
                        SPREAD[variable] * (strength(model, variable, lead, p) * (0.85 * common[p] + 0.5268 * own[p])
                                            + BIAS[model] * math.sqrt(lead / 24.0))
                        for p in range(made.N_POINTS)]
        return made_of

    def write(self):
        fields = {model: {v: {} for v in VARIABLES} for model in MODELS}
        for v in VARIABLES:
            for level in levels_of(v):
                errors = self.errors(v, level)
                for model in MODELS:
                    for (i, k), error in errors[model].items():
                        truth = self.truth[v][self.valid.index(INITS[i] + LEADS[k]), level]
                        fields[model][v][i, k, level] = [o + e for o, e in zip(truth, error)]
        since = 'hours since 2020-01-01 00:00:00'
        for model in (*self.models, 'reference'):
            made.write_fields(self.path(f'{model}.nc'), [('time', since, INITS), ('step', 'hours', LEADS)], LEVELS,
                              fields[model])
        made.write_fields(self.path('truth.nc'), [('time', since, self.valid)], LEVELS, self.truth)
        hours = sorted({hour % 24 for hour in self.valid})
        made.write_fields(self.path('climatology.nc'), [('hour', '1', hours)], LEVELS,
                          {v: {(k, level): self.climatology[v][level] for k in range(len(hours))
                               for level in levels_of(v)} for v in VARIABLES})

    def job(self, ids=None, **more):
        """A job file; ids: {model: what its forecast is called}."""
        job = {'schema': 'gaia.job/1', 'profile': 'gaia-era5',
               'forecasts': [{'id': (ids or {}).get(model, model), 'files': [self.path(f'{model}.nc')]}
                             for model in self.models],
               'truth': {'files': [self.path('truth.nc')]}, 'climatology': {'files': [self.path('climatology.nc')]},
               'reference': {'files': [self.path('reference.nc')]},
               'variables': list(VARIABLES), 'levels': list(LEVELS), 'regions': list(REGIONS),
               'weights': ['cos', 'area_wb2'], **more}
        with open(self.path('job.json'), 'w', encoding='utf-8') as stream:
            json.dump(job, stream)
        return self.path('job.json')
