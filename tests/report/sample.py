# SPDX-License-Identifier: MIT
"""A little season of forecasts to draw a page of: three models, a reference, twenty init times, ten leads.

Fields are made, on a coarse grid and with the standard library alone, but behave as real ones do: errors grow with
lead time and saturate, last from one init time to the next, and differ between models by variable and latitude.
"""
import contextlib
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
    variables, levels, leads = VARIABLES, LEVELS, LEADS

    def __init__(self, folder, models=None):
        self.folder = folder
        self.models = models or ('aurora-2', 'graph-31', 'hres')
        self.valid = sorted({init + lead for init in INITS for lead in self.leads})
        self.climatology = {v: {level: made.field(v, f'climatology {level}', share=0.4) for level in self.levels_of(v)}
                            for v in self.variables}
        self.truth = {v: {} for v in self.variables}
        share = [self.share(p) for p in range(made.N_POINTS)]
        for v in self.variables:
            for level in self.levels_of(v):
                dice, now = random.Random(f'truth {v} {level}'), None
                for k in range(len(self.valid)):
                    now = noise(dice, now, 0.85)
                    self.truth[v][k, level] = [c + SPREAD[v] * s * x
                                               for c, s, x in zip(self.climatology[v][level], share, now)]

    def levels_of(self, variable):
        return (None,) if variable in made.SURFACE else self.levels

    def share(self, _point):
        """Of the usual spread, what a point has."""
        return 1.0

    def path(self, name):
        return os.path.join(self.folder, name)

    def errors(self, variable, level):
        """{model: {(init, lead): field}}: most of an error is every model's, and it lasts."""
        made_of = {model: {} for model in MODELS}
        for k, lead in enumerate(self.leads):
            series = {name: (random.Random(f'{name} {variable} {level} {lead}'), None) for name in (*MODELS, 'common')}
            for i in range(len(INITS)):
                series = {name: (dice, noise(dice, now, 0.55)) for name, (dice, now) in series.items()}
                common = series['common'][1]
                for model in MODELS:
                    own = series[model][1]
                    made_of[model][i, k] = [
                        SPREAD[variable] * self.share(p)
                        * (strength(model, variable, lead, p) * (0.85 * common[p] + 0.5268 * own[p])
                           + BIAS[model] * math.sqrt(lead / 24.0))
                        for p in range(made.N_POINTS)]
        return made_of

    def write(self):
        fields = {model: {v: {} for v in self.variables} for model in MODELS}
        for v in self.variables:
            for level in self.levels_of(v):
                errors = self.errors(v, level)
                for model in MODELS:
                    for (i, k), error in errors[model].items():
                        truth = self.truth[v][self.valid.index(INITS[i] + self.leads[k]), level]
                        fields[model][v][i, k, level] = [o + e for o, e in zip(truth, error)]
        since = 'hours since 2020-01-01 00:00:00'
        for model in (*self.models, 'reference'):
            made.write_fields(self.path(f'{model}.nc'), [('time', since, INITS), ('step', 'hours', self.leads)], self.levels,
                              fields[model])
        made.write_fields(self.path('truth.nc'), [('time', since, self.valid)], self.levels, self.truth)
        hours = sorted({hour % 24 for hour in self.valid})
        made.write_fields(self.path('climatology.nc'), [('hour', '1', hours)], self.levels,
                          {v: {(k, level): self.climatology[v][level] for k in range(len(hours))
                               for level in self.levels_of(v)} for v in self.variables})

    def job(self, ids=None, **more):
        """A job file; ids: {model: what its forecast is called}; what is None is left out."""
        job = {'schema': 'gaia.job/1', 'profile': 'gaia-era5',
               'forecasts': [{'id': (ids or {}).get(model, model), 'files': [self.path(f'{model}.nc')]}
                             for model in self.models],
               'truth': {'files': [self.path('truth.nc')]}, 'climatology': {'files': [self.path('climatology.nc')]},
               'reference': {'files': [self.path('reference.nc')]},
               'variables': list(self.variables), 'levels': list(self.levels), 'regions': list(REGIONS),
               'weights': ['cos', 'area_wb2'], **more}
        job = {key: value for key, value in job.items() if value is not None}
        with open(self.path('job.json'), 'w', encoding='utf-8') as stream:
            json.dump(job, stream)
        return self.path('job.json')


class Zonal(Season):
    """The same of two fields on more rows, for profiles: the weather is strongest in middle latitudes."""
    variables, levels, leads = ('2t', 'z'), (500,), (24, 120, 240)

    def share(self, point):
        return 0.3 + 0.7 * math.exp(-((abs(made.LATITUDES[point // made.N_LON]) - 52.0) / 20.0) ** 2)


@contextlib.contextmanager
def cells_of(n_lat, n_lon):
    """Has fields made on so many rows of cells, from pole to pole, and columns."""
    names = ('N_LAT', 'LATITUDES', 'N_LON', 'LONGITUDES', 'N_POINTS')
    before = [getattr(made, name) for name in names]
    rows = [90.0 - 180.0 / n_lat * (i + 0.5) for i in range(n_lat)]
    columns = [360.0 / n_lon * j for j in range(n_lon)]
    try:
        for name, value in zip(names, (n_lat, rows, n_lon, columns, n_lat * n_lon)):
            setattr(made, name, value)
        yield
    finally:
        for name, value in zip(names, before):
            setattr(made, name, value)
