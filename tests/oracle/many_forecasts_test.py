#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Scores one run of many forecasts, some of them bad in every way, through gaia-day1 and then gaia-era5.

usage: many_forecasts_test.py GAIA

Each forecast must get the scores and the verdict that the recipe gives it, worked out here from its fields; those that
cannot be scored are named and leave no trace in the others. GAIA_LONG=1: 256 forecasts; else a slice of 24, which has
every special one. Which forecasts these are depends on SEED alone, and so does every value.
"""
import collections
import filecmp
import json
import math
import os
import random
import sys
import tempfile
import time

import made_fields as made
from recipes import (BOUNDS, DAY1_LEADS, DELTA, ERA5_LEVELS, WEIGHTS, World, Wrong, day1_compare, day1_expected,
                     era5_lead, expect, run)

SEED = 20250701
N_LONG, N_SLICE = 256, 24
ERA5_LEADS = list(range(24, 241, 24))
ZERO_CELSIUS = 273.15
DAY1, ERA5 = 'gaia-day1', 'gaia-era5'
BEYOND = {'2t': 371.0, 'msl': 70000.0, '10u': 130.0, '10v': -131.0, 't': 120.0, 'z': 70000.0, 'q': -1e-4, 'u': 230.0,
          'v': -240.0}


class Forecast:
    """One forecast of the run: what it holds, how it is stored, and what must come of it."""

    def __init__(self, name, fields):
        self.name, self.fields, self.leads = name, fields, DAY1_LEADS + ERA5_LEADS
        self.stored = None    # the fields as the file has them, where other than what they mean
        self.units = {}
        self.is_zarr = self.has_manifest = False
        self.spoil = None     # what happens to the file after its manifest was made
        self.fails = {}       # profile: texts that tell why it has no score
        self.kinds = None     # of findings, where its fields cannot tell
        self.wanted = {}      # profile: what is expected of the composite

    def source(self, world):
        source = {'id': self.name, 'files': [self.path(world)], 'format': 'zarr' if self.is_zarr else 'netcdf'}
        if self.has_manifest:
            source['manifest'] = world.path(self.name + '.manifest.json')
        return source

    def path(self, world):
        return world.path(self.name + ('.zarr' if self.is_zarr else '.nc'))


def changed(path, at=-1):
    """Changes one bit of a file."""
    with open(path, 'r+b') as stream:
        stream.seek(at, os.SEEK_END)
        byte = stream.read(1)[0]
        stream.seek(at, os.SEEK_END)
        stream.write(bytes([byte ^ 1]))


# ---- The special ones ----

def copied(fields):
    return {v: {at: list(values) for at, values in of.items()} for v, of in fields.items()}


def near_clone(world):
    """Apart from the reference by 0.7 of delta at every point: a penalty of 0.3 everywhere, and no alarm by half."""
    signs = random.Random(f'{SEED} near')
    fields = copied(world.reference)
    for variable, delta in DELTA.items():
        fields[variable] = {at: [x + signs.choice((-1, 1)) * math.sqrt(0.7 * delta) for x in values]
                            for at, values in fields[variable].items()}
    return fields


def with_holes(world, seed):
    fields = world.forecast(seed, 0.1)
    for variable, lead, level in (('msl', 6, None), ('t', 12, 850), ('q', 12, 500), ('2t', 48, None), ('u', 240, 50)):
        for k in random.Random(f'{seed} {variable}').sample(range(made.N_POINTS), 9):
            fields[variable][0, lead, level][k] = math.nan
    return fields


def twins_of_degrees(world):
    """One in kelvins, its twin in degrees Celsius that says so, and one with the same numbers that says kelvins."""
    kelvin = Forecast('kelvin', world.forecast(f'{SEED} kelvin', 0.1))
    degrees = {at: [x - ZERO_CELSIUS for x in values] for at, values in kelvin.fields['2t'].items()}
    kelvin.fields['2t'] = {at: [x + ZERO_CELSIUS for x in values] for at, values in degrees.items()}
    celsius = Forecast('celsius', kelvin.fields)
    celsius.stored, celsius.units = {**kelvin.fields, '2t': degrees}, {'2t': 'degC'}
    mislabelled = Forecast('mislabelled', celsius.stored)
    return [kelvin, celsius, mislabelled]


def damaged_files(world):
    without = Forecast('without-msl', world.forecast(f'{SEED} without', 0.1))
    del without.fields['msl']
    without.fails = dict.fromkeys((DAY1, ERA5), ["no variable 'msl'"])
    without.kinds = {'variable_missing': 1}
    truncated = Forecast('truncated', world.forecast(f'{SEED} truncated', 0.1))
    truncated.spoil = lambda path: os.truncate(path, os.path.getsize(path) // 2)
    gone = Forecast('gone', world.forecast(f'{SEED} gone', 0.1))
    gone.spoil = os.remove
    changed_file = Forecast('changed-file', world.forecast(f'{SEED} changed', 0.1))
    changed_file.has_manifest, changed_file.spoil = True, changed
    for forecast, why in ((truncated, 'bytes'), (gone, 'No such file'), (changed_file, 'the manifest')):
        forecast.fails = dict.fromkeys((DAY1, ERA5), [forecast.path(world), why])
        forecast.kinds = {'unreadable': 1}
    return [without, truncated, gone, changed_file]


def stores(world):
    """The same fields in a file and in a store, and two stores of which one chunk of t was changed: that of a lead
    of day 1, and that of one of the ten. What does not read the chunk is scored."""
    plain = Forecast('plain', world.forecast(f'{SEED} plain', 0.1))
    made_stores = [plain]
    for name, i_lead, profile in (('store', None, None), ('changed-early', 0, DAY1), ('changed-late', 6, ERA5)):
        store = Forecast(name, plain.fields)
        store.is_zarr = store.has_manifest = True
        made_stores.append(store)
        if i_lead is not None:
            key = f't/0.{i_lead}.0.0.0'
            store.spoil = lambda path, key=key: changed(os.path.join(path, key))
            store.fails = {profile: [store.path(world), f"'{key}'", 'the manifest']}
            store.kinds = {'field_unreadable': len(ERA5_LEVELS)}
    return made_stores


def specials(world):
    late = Forecast('late', world.forecast(f'{SEED} late', 0.1))
    late.leads = [lead for lead in late.leads if lead not in (12, 120)]
    return [Forecast('clone', copied(world.reference)), Forecast('near', near_clone(world)),
            Forecast('holes', with_holes(world, f'{SEED} holes')), late, *twins_of_degrees(world),
            *damaged_files(world), *stores(world)]


def ordinary(world, i):
    """From excellent to poor; one in six has a value that no weather has, or a hole, somewhere."""
    rng = random.Random(f'{SEED} {i}')
    forecast = Forecast(f'f{i:03}', world.forecast(f'{SEED} {i}', rng.choice((0.03, 0.1, 0.2, 0.4, 0.8, 1.2))))
    if i % 6 == 2:
        variable = rng.choice(list(WEIGHTS))
        at = 0, rng.choice(forecast.leads), rng.choice(world.levels_of(variable))
        forecast.fields[variable][at][rng.randrange(made.N_POINTS)] = rng.choice((BEYOND[variable], math.nan))
    return forecast


# ---- What must come of each ----

def findings(world, forecast):
    """How many findings of each kind the requirements below make of the fields as they are stored."""
    counts = collections.Counter({'units': len(forecast.units)})
    fields = forecast.stored or forecast.fields
    for variable, (lowest, highest) in BOUNDS.items():
        for level in world.levels_of(variable):
            counts['lead_missing'] += len(forecast.leads) < len(world.leads)
            for lead in forecast.leads:
                present = [x for x in fields[variable][0, lead, level] if not math.isnan(x)]
                counts['missing_values'] += len(present) < made.N_POINTS
                counts['below_minimum'] += min(present) < lowest
                counts['above_maximum'] += max(present) > highest
    return {kind: n for kind, n in counts.items() if n > 0}


def expect_of(world, forecast):
    """Works out everything that is expected, so that the fields can go."""
    if forecast.kinds is None:
        forecast.kinds = findings(world, forecast)
    if DAY1 not in forecast.fails:
        forecast.wanted[DAY1] = day1_expected(world, forecast.fields, forecast.leads)
    if ERA5 not in forecast.fails:
        forecast.wanted[ERA5] = [era5_lead(world, forecast.fields, 0, lead, ERA5_LEVELS, WEIGHTS)
                                 if lead in forecast.leads else 0.0 for lead in ERA5_LEADS]


def put(gaia, world, forecast):
    """Writes the forecast, makes its manifest, and only then spoils it."""
    path = forecast.path(world)
    write = made.write_fields_zarr if forecast.is_zarr else made.write_fields
    world.write_forecast(os.path.basename(path), forecast.stored or forecast.fields, forecast.leads, write,
                         units=forecast.units)
    if forecast.has_manifest:
        run(gaia, ['manifest', 'make', path, '--out', forecast.source(world)['manifest']])
    if forecast.spoil is not None:
        forecast.spoil(path)


def run_make(gaia, world, n):
    """All forecasts: the one that lacks a variable first, where it could change what the others are scored by."""
    chosen = specials(world)
    forecasts = chosen + [None] * (n - len(chosen))
    random.Random(SEED).shuffle(forecasts)
    forecasts.sort(key=lambda forecast: forecast is None or forecast.name != 'without-msl')
    for i, forecast in enumerate(forecasts):
        forecasts[i] = forecast or ordinary(world, i)
        expect_of(world, forecasts[i])
        put(gaia, world, forecasts[i])
        if forecast is None:
            forecasts[i].fields = None
    return forecasts


# ---- The program's word ----

def documents_of(path):
    """The composites of a file by forecast: each parsed, and as the text it is."""
    with open(path, encoding='utf-8') as stream:
        text = stream.read()
    found, at, decoder = {}, text.index('{'), json.JSONDecoder()
    while at >= 0:
        document, end = decoder.raw_decode(text, at)
        found[document['forecast']] = document, text[at:end]
        at = text.find('{', end)
    return found


def score(gaia, world, profile, forecasts, passed, status, threads):
    """Scores the forecasts: documents, the report's path, standard error."""
    job = {'schema': 'gaia.job/1', 'profile': profile, 'forecasts': [forecast.source(world) for forecast in forecasts],
           **{name: {'files': [world.path(name + '.nc')], 'format': 'netcdf'}
              for name in ('truth', 'climatology', 'reference')}}
    if passed is not None:
        job['day1_passed'] = passed
    name = world.path(f'{profile}-{len(forecasts)}')
    with open(name + '.job.json', 'w', encoding='utf-8') as stream:
        json.dump(job, stream)
    done = run(gaia, ['score', '--job', name + '.job.json', '--composite-out', name + '.json', '--out', name + '.txt',
                      '--threads', threads], status)
    expect(f'{profile}: standard output', done.stdout, '')
    return documents_of(name + '.json'), name + '.txt', done.stderr


def era5_compare(name, document, wanted, is_passed):
    result = document['times'][0]
    expect(f'{name}: leads', [lead['lead_hours'] for lead in result['leads']], ERA5_LEADS)
    for lead, value in zip(result['leads'], wanted):
        expect(f'{name}: {lead["lead_hours"]} h', lead['score'], float(value))
    mean = math.fsum(wanted) / len(wanted)
    expect(f'{name}: leads missing', result['leads_missing'], wanted.count(0.0))
    expect(f'{name}: score', document['score'], mean)
    expect(f'{name}: day 1', document['day1_passed'], is_passed)
    expect(f'{name}: overall', document['overall'], 0.95 * mean + 0.05 * is_passed)


def failures_compare(profile, bad, stderr):
    """A line each, in the order of the job, that says which forecast and why."""
    lines = stderr.splitlines()
    expect(f'{profile}: lines of standard error', len(lines), len(bad))
    for line, forecast in zip(lines, bad):
        for piece in (f'gaia: forecast {forecast.name}: ', *forecast.fails[profile]):
            expect(f'{profile}: {piece!r} in {line!r}', piece in line, True)


def profile_compare(gaia, world, profile, forecasts, passed):
    """One profile: every score, every failure, and the same bytes from a job without those that fail."""
    good = [forecast for forecast in forecasts if profile not in forecast.fails]
    bad = [forecast for forecast in forecasts if profile in forecast.fails]
    documents, report, stderr = score(gaia, world, profile, forecasts, passed, 3, '2')
    failures_compare(profile, bad, stderr)
    expect(f'{profile}: documents', list(documents), [forecast.name for forecast in good])
    for forecast in good:
        document, wanted = documents[forecast.name][0], forecast.wanted[profile]
        if profile == DAY1:
            day1_compare(forecast.name, document, wanted)
        else:
            era5_compare(forecast.name, document, wanted, forecast.name in passed)
    alone, alone_report, stderr = score(gaia, world, profile, good, passed, 0, '1')
    expect(f'{profile}: standard error of those that are good', stderr, '')
    for forecast in good:
        expect(f'{profile}: {forecast.name}: bytes', alone[forecast.name][1] == documents[forecast.name][1], True)
    expect(f'{profile}: the same report', filecmp.cmp(report, alone_report, shallow=False), True)
    text = {name: whole for name, (_, whole) in documents.items()}
    for twin, name in (('celsius', 'kelvin'), ('store', 'plain')):
        expect(f'{profile}: {twin} is {name}', text[twin].replace(f'"{twin}"', f'"{name}"', 1), text[name])
    return documents


def what_the_special_ones_are_there_for(gaia, world, documents, forecasts):
    wanted = {forecast.name: forecast.wanted[DAY1] for forecast in forecasts if DAY1 in forecast.wanted}
    expect('clone: penalties', wanted['clone']['n_penalties'], len(DELTA) * len(DAY1_LEADS))
    expect('near: penalties', wanted['near']['n_penalties'], len(DELTA) * len(DAY1_LEADS))
    for name in ('clone', 'near'):
        expect(f'{name} is at the cap or below', wanted[name]['score'] <= 0.05, True)
    # Degrees under the name of kelvins leave the bounds, and nothing else is wrong with them.
    failed = {at: cell['failed'] for at, cell in wanted['mislabelled']['cells'].items() if cell['failed']}
    expect('mislabelled: checks', failed, {('2t', lead, None): {'bounds'} for lead in DAY1_LEADS})
    expect('passed', [wanted[name]['passed'] for name in ('kelvin', 'celsius', 'mislabelled', 'holes', 'late')],
           [True, True, False, True, True])
    expect('late: missing', documents['late'][0]['times'][0]['leads_missing'], 1)
    composites = world.path(f'{DAY1}-{len(forecasts)}.json')
    for name, piece in (('mislabelled', '2t, 6 h: values from '), ('mislabelled', 'leave the bounds 170 to 340.'),
                        ('clone', 'Too close to the reference:'), ('near', 'penalty 0.3.'),
                        ('late', '1 lead is missing (12 h); a missing lead counts 0')):
        told = run(gaia, ['explain', composites, '--forecast', name]).stdout
        expect(f'explain {name}: {piece}', piece in told, True)


def requirements(world):
    path = world.path('requirements.json')
    wanted = {'schema': 'gaia.requirements/1', 'name': 'run', 'leads': world.leads, 'init_times': 1,
              'finite_share': 1.0, 'grid': {'n_lat': made.N_LAT, 'n_lon': made.N_LON, 'regular': True, 'global': True},
              'variables': [{'name': v, 'units': [made.UNITS[v]], 'min': low, 'max': high,
                             **({} if v in made.SURFACE else {'levels': ERA5_LEVELS})}
                            for v, (low, high) in BOUNDS.items()]}
    with open(path, 'w', encoding='utf-8') as stream:
        json.dump(wanted, stream)
    return path


def verdicts_compare(gaia, world, forecasts):
    wanted = requirements(world)
    for forecast in forecasts:
        source = forecast.source(world)
        arguments = ['verify', *source['files'], '--format', source['format'], '--requirements', wanted, '--json',
                     '--threads', '1']
        if 'manifest' in source:
            arguments += ['--manifest', source['manifest']]
        done = run(gaia, arguments, 3 if forecast.kinds else 0)
        if forecast.name == 'gone':  # a file that is not there says nothing of the forecast: no verdict
            expect('gone: no verdict', (done.stdout, done.stderr),
                   ('', f'gaia: {forecast.path(world)}: No such file or directory\n'))
            continue
        expect(f'{forecast.name}: standard error of verify', done.stderr, '')
        verdict = json.loads(done.stdout)
        expect(f'{forecast.name}: findings', verdict['counts']['by_kind'], forecast.kinds)
        expect(f'{forecast.name}: verdict', verdict['verdict'], 'rejected' if forecast.kinds else 'accepted')
    kinds = {forecast.name: forecast.kinds for forecast in forecasts}
    every = len(DAY1_LEADS + ERA5_LEADS)
    expect('accepted', [kinds[name] for name in ('kelvin', 'clone', 'near', 'plain', 'store')], [{}] * 5)
    expect('mislabelled', kinds['mislabelled'], {'below_minimum': every})
    expect('celsius', kinds['celsius'], {'units': 1, 'below_minimum': every})
    expect('holes', kinds['holes'], {'missing_values': 5})
    expect('late', kinds['late'], {'lead_missing': sum(len(world.levels_of(v)) for v in WEIGHTS)})


class Times:
    """How long each part took."""

    def __init__(self):
        self.parts, self.last = [], time.monotonic()

    def note(self, what):
        now = time.monotonic()
        self.parts.append(f'{what} {now - self.last:.1f} s')
        self.last = now


def main(gaia):
    n = N_LONG if os.environ.get('GAIA_LONG') == '1' else N_SLICE
    times = Times()
    with tempfile.TemporaryDirectory() as folder:
        try:
            world = World(folder, DAY1_LEADS + ERA5_LEADS, ERA5_LEVELS)
            world.write()
            forecasts = run_make(gaia, world, n)
            times.note(f'{n} forecasts made and worked out')
            documents = profile_compare(gaia, world, DAY1, forecasts, None)
            times.note(DAY1)
            what_the_special_ones_are_there_for(gaia, world, documents, forecasts)
            passed = [forecast.name for forecast in forecasts if forecast.wanted.get(DAY1, {}).get('passed')]
            expect('some pass and some do not', 0 < len(passed) < len(documents), True)
            profile_compare(gaia, world, ERA5, forecasts, passed)
            times.note(ERA5)
            verdicts_compare(gaia, world, forecasts)
            times.note('verdicts')
        except Wrong as wrong:
            print(f'seed {SEED}, {n} forecasts: {wrong}')
            return 1
    print('; '.join(times.parts))
    return 0


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
