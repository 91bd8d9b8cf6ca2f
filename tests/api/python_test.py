#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The Python module (include/python) on arrays of numpy and xarray, held against the command line on the same fields.

usage: python_test.py GAIA LIBRARY SOURCE [-v] [TEST...]     with a Python that has numpy, xarray and netCDF4
"""
import csv
import ctypes
import io
import json
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import unittest
import warnings

GAIA, LIBRARY, SOURCE = sys.argv[1:4] if len(sys.argv) >= 4 else sys.exit(__doc__)
DATA = os.path.join(SOURCE, 'tests/data')
MODULE = os.path.join(SOURCE, 'include/python')
os.environ['GAIA_LIBRARY'] = LIBRARY
sys.path.insert(0, MODULE)

import numpy  # noqa: E402
import xarray  # noqa: E402

import gaia  # noqa: E402
from gaia import _array, _library  # noqa: E402

CASES = ('era5_2017_persistence', 'era5_2017_member', 'era5_2017_missing', 'eraint_monthly', 'uk_2019_t2m', 'djf_height',
         'sst_missing', 'ens_2012_z500', 'ncep_monthly_uv', 'hres_2024_pl')  # those of which all files are NetCDF
SANITIZED = 'libasan' in os.environ.get('LD_PRELOAD', '')


def opened(case, name):
    """A file of a case as xarray gives it; packed values in float64, as libgaia decodes them (xarray: in float32)."""
    path = os.path.join(DATA, case, name)
    if not os.path.exists(path):
        return None
    dataset = xarray.open_dataset(path).load()
    raw = xarray.open_dataset(path, mask_and_scale=False).load()
    for key, variable in raw.data_vars.items():
        if variable.dtype == numpy.int16:
            values = variable.values.astype('float64') * float(variable.attrs.get('scale_factor', 1.0))
            values = values + float(variable.attrs.get('add_offset', 0.0))
            missing = numpy.isin(variable.values, [variable.attrs[name] for name in ('_FillValue', 'missing_value')
                                                   if name in variable.attrs])
            dataset[key] = (variable.dims, numpy.where(missing, numpy.nan, values), dataset[key].attrs)
    return dataset


def sources(case):
    return [opened(case, name) for name in ('forecast.nc', 'truth.nc', 'climatology.nc', 'reference.nc')]


def by_command(case, *options):
    """The rows of `gaia score --format csv`: (variable, level, lead, valid time, region, weighting, metric) -> value."""
    names = [os.path.join(DATA, case, name) for name in ('forecast.nc', 'truth.nc', 'climatology.nc')]
    reference = os.path.join(DATA, case, 'reference.nc')
    more = ['--reference', reference] if os.path.exists(reference) else []
    done = subprocess.run([GAIA, 'score', *names, *more, '--format', 'csv', *options], stdout=subprocess.PIPE, check=True)
    rows = {}
    for row in csv.DictReader(io.StringIO(done.stdout.decode())):
        level = float(row['level']) if row['level'] not in ('', 'nan') else numpy.nan
        rows[row['variable'], str(level), float(row['lead_hours']), row['valid_time'], row['region'], row['weighting'],
             row['metric']] = float(row['value'])
    return rows


def of_dataset(scores):
    """The same of a Dataset of scores; places that no score came for are NaN and are left out by `compare`."""
    rows = {}
    for name, values in scores.data_vars.items():
        over = name.endswith('_over_times') or 'init_time' not in values.dims
        metric = name[:-len('_over_times')] if name.endswith('_over_times') else name
        stacked = values.expand_dims([axis for axis in ('level',) if axis not in values.dims]).stack(all=[...])
        for key, value in zip(stacked['all'].values, stacked.values):
            at = dict(zip(stacked['all'].to_index().names, key))
            level = at.get('level', numpy.nan) if 'level' in scores.dims else numpy.nan
            lead = numpy.timedelta64(at['lead_time'], 'ns') / numpy.timedelta64(1, 'h')
            when = 'all'
            if not over:
                valid = numpy.datetime64(at['init_time'], 'ns') + numpy.timedelta64(at['lead_time'], 'ns')
                when = str(valid.astype('datetime64[h]'))
            rows[at['variable'], str(float(level)), float(lead), when, at['region'], at['weighting'], metric] = value
    return rows


def bits(value):
    return numpy.float64(value).tobytes()


class Scores(unittest.TestCase):
    def compare(self, found, wanted):
        self.assertGreater(len(wanted), 100)
        for key, value in wanted.items():
            self.assertIn(key, found)
            self.assertEqual(bits(found[key]), bits(value), key)
        self.assertFalse([key for key, value in found.items() if key not in wanted and not numpy.isnan(value)])

    def test_each_case_to_the_bit(self):
        options = dict(metrics='all', regions=['global', 'tropics', 'europe'], weights=['cos', 'area_wb2', 'none'])
        with open(os.path.join(DATA, 'cases.json'), encoding='utf-8') as stream:
            variables = {case['case']: case['variables'] for case in json.load(stream)}
        for case in CASES:
            with self.subTest(case):
                forecast, truth, climatology, reference = sources(case)
                scores = gaia.score(forecast, truth, climatology, reference=reference, variables=variables[case], **options)
                self.assertIsInstance(scores, xarray.Dataset)
                wanted = by_command(case, '--variables', ','.join(variables[case]), '--metrics', 'all', '--regions',
                                    'global,tropics,europe', '--weights', 'cos,area_wb2,none')
                self.compare(of_dataset(scores), wanted)

    def test_paths_and_arrays_together(self):
        case = 'era5_2017_missing'
        forecast, truth, climatology, _ = sources(case)
        path = os.path.join(DATA, case, 'truth.nc')
        in_memory = gaia.score(forecast, truth, climatology)
        self.assertTrue(in_memory.identical(gaia.score(forecast, truth, [os.path.join(DATA, case, 'climatology.nc')])))
        mixed = gaia.score(forecast, path, climatology)
        xarray.testing.assert_equal(in_memory, mixed)
        files = gaia.score_files(os.path.join(DATA, case, 'forecast.nc'), path, os.path.join(DATA, case, 'climatology.nc'))
        xarray.testing.assert_equal(in_memory, files)
        job = {'schema': 'gaia.job/1', 'forecasts': [{'id': 'f', 'files': [os.path.join(DATA, case, 'forecast.nc')]}],
               'truth': {'files': [path]}, 'climatology': {'files': [os.path.join(DATA, case, 'climatology.nc')]}}
        of_job = gaia.score_job(job)
        self.assertEqual(list(of_job.forecast.values), ['f'])
        xarray.testing.assert_equal(in_memory, of_job.sel(forecast='f', drop=True))

    def test_regions_of_ones_own(self):
        case = 'era5_2017_missing'
        forecast, truth, _, _ = sources(case)
        box = {'name': 'alps', 'box': {'north': 60, 'south': 30, 'west': -10, 'east': 30}}
        with tempfile.TemporaryDirectory() as folder:
            land = xarray.where(truth.z.isel(time=0, level=0, drop=True).longitude > 100, 1.0, 0.0) * xarray.ones_like(
                truth.z.isel(time=0, level=0, drop=True)).astype('f4')
            land.transpose('latitude', 'longitude').assign_coords(truth[['latitude', 'longitude']].coords).to_dataset(
                name='lsm').to_netcdf(os.path.join(folder, 'lsm.nc'))
            masks = {'land': {'files': [os.path.join(folder, 'lsm.nc')], 'variable': 'lsm'}}
            scores = gaia.score(forecast, truth, regions=[box, 'global_land'], masks=masks, metrics='rmse')
            in_memory = land.transpose('longitude', 'latitude')  # in another order, and named otherwise
            again = gaia.score(forecast, truth, regions=[box, 'global_land'], masks={'land': in_memory}, metrics='rmse')
            xarray.testing.assert_identical(again, scores)
            wanted = by_command(case, '--regions', 'alps=30:60:-10:30,global_land', '--land', os.path.join(folder, 'lsm.nc'),
                                '--metrics', 'rmse')
        self.assertEqual(list(scores.region.values), ['alps', 'global_land'])
        found = of_dataset(scores)
        for key, value in wanted.items():
            self.assertEqual(bits(found[key]), bits(value), key)

    def test_what_comes_back_is_what_netcdf_has(self):
        """The names, dimensions and values of `gaia scores --format netcdf`."""
        case = 'era5_2017_persistence'
        names = [os.path.join(DATA, case, name) for name in ('forecast.nc', 'truth.nc', 'climatology.nc')]
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, 'scores.nc')
            subprocess.run([GAIA, 'score', *names, '--metrics', 'all', '--format', 'netcdf', '--out', out], check=True)
            written = xarray.open_dataset(out).load()
        scores = gaia.score({'forecast': sources(case)[0]}, *sources(case)[1:3], metrics='all')
        self.assertEqual(set(scores.data_vars), set(written.data_vars))
        for name, values in written.data_vars.items():
            self.assertEqual(scores[name].dims, values.dims)
            self.assertEqual(scores[name].attrs['long_name'], values.attrs['long_name'])
            numpy.testing.assert_array_equal(scores[name].sel(variable=written.variable.values).values, values.values)
        self.assertEqual(scores.acc_centred.attrs['units'], '1')
        self.assertEqual(scores.rmse.attrs['comment'], 'in the units of the variable')  # z and t have not the same
        single = gaia.score(sources(case)[0].t, sources(case)[1].t, metrics=['rmse', 'mse'])
        self.assertEqual((single.rmse.attrs['units'], single.mse.attrs['units']), ('K', '(K)^2'))
        self.assertIn('sqrt', single.rmse.attrs['definition'])

    def test_composites(self):
        case = 'era5_2017_missing'
        forecast, truth, climatology, _ = sources(case)
        with open(os.path.join(SOURCE, 'host/score/profiles/gaia-era5.json'), encoding='utf-8') as stream:
            profile = {**json.load(stream), 'name': 'mine', 'leads': [12, 24],
                       'variables': [{'name': 'z', 'weight': 1, 'levels': [500, 850]}]}
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, 'mine.json'), 'w', encoding='utf-8') as stream:
                json.dump(profile, stream)
            out = os.path.join(folder, 'out.json')
            names = [os.path.join(DATA, case, name) for name in ('forecast.nc', 'truth.nc', 'climatology.nc')]
            subprocess.run([GAIA, 'score', *names, '--profile', os.path.join(folder, 'mine.json'), '--composite-out', out],
                           check=True, stdout=subprocess.DEVNULL)
            with open(out, encoding='utf-8') as stream:
                wanted = json.load(stream)[0]
        document = gaia.composites(forecast, truth, climatology, profile=profile)
        self.assertEqual({**document, 'forecast': ''}, {**wanted, 'forecast': ''})
        several = gaia.composites({'a': forecast, 'b': forecast}, truth, climatology, profile=profile, day1_passed=['a'],
                                  levels=[500])
        self.assertEqual(list(several), ['a', 'b'])
        self.assertGreater(several['a']['overall'], several['b']['overall'])
        for status, arguments in (('job_invalid', {'profile': 'gaia-era6'}), ('usage', {'profile': 'wmo', 'leds': [12]})):
            with self.assertRaises(gaia.Error) as caught:
                gaia.composites(forecast, truth, climatology, **arguments)
            self.assertEqual(caught.exception.status, status, caught.exception)

    def test_the_readme(self):
        with open(os.path.join(SOURCE, 'README.md'), encoding='utf-8') as readme:
            program = readme.read().split('```python\n')[1].split('```')[0]
        before = os.getcwd()
        os.chdir(os.path.join(DATA, 'era5_2017_missing'))
        try:
            names = {}
            exec(compile(program, 'README.md', 'exec'), names)  # pylint: disable=exec-used
        finally:
            os.chdir(before)
        forecast, truth, _, _ = sources('era5_2017_missing')
        xarray.testing.assert_equal(names['scores'], gaia.score(forecast, truth, regions=['global', 'europe']))

    def test_without_xarray(self):
        case = 'era5_2017_missing'
        script = (f'import sys; sys.path.insert(0, {MODULE!r}); sys.modules["xarray"] = None\n'
                  f'import gaia; t = gaia.score_files(*sys.argv[1:])\n'
                  'print(type(t).__name__, t.variables["rmse"][0], t["rmse"].shape, float(t["rmse"].sum()).hex())')
        paths = [os.path.join(DATA, case, name) for name in ('forecast.nc', 'truth.nc')]
        done = subprocess.run([sys.executable, '-B', '-c', script, *paths], stdout=subprocess.PIPE, check=True)
        scores = gaia.score_files(*paths)
        self.assertEqual(done.stdout.decode().strip(),
                         f'Table {scores.rmse.dims} {scores.rmse.shape} {float(scores.rmse.values.sum()).hex()}')


class Plain(unittest.TestCase):
    """numpy arrays: [n_time][n_lat][n_lon] and one grid."""

    def setUp(self):
        random = numpy.random.default_rng(7)
        self.lat, self.lon = numpy.linspace(90, -90, 19), numpy.arange(0, 360, 10.0)
        self.truth = random.normal(280, 10, (4, 19, 36)).astype('float32')
        self.forecast = (self.truth + random.normal(1, 2, self.truth.shape)).astype('float32')
        self.climatology = random.normal(280, 5, self.truth.shape).astype('float32')
        self.grid = dict(latitude=self.lat, longitude=self.lon)

    def test_scores_by_hand(self):
        time = numpy.array(['2020-01-01', '2020-02-29', '2021-01-01', '2024-07-01T06'], 'datetime64[ns]')
        scores = gaia.score(self.forecast, self.truth, self.climatology, metrics=['rmse', 'bias', 'acc_uncentred'],
                            regions='global', time=time, **self.grid)
        self.assertEqual(scores.rmse.dims, ('time', 'region', 'weighting'))
        numpy.testing.assert_array_equal(scores.time.values, time)
        f, o, c = (values.astype('float64') for values in (self.forecast, self.truth, self.climatology))
        w = numpy.cos(numpy.deg2rad(self.lat))[:, None] * numpy.ones(36)
        def mean(x):
            return (w * x).sum((1, 2)) / w.sum()
        numpy.testing.assert_allclose(scores.rmse.values[:, 0, 0], numpy.sqrt(mean((f - o) ** 2)), rtol=1e-12)
        numpy.testing.assert_allclose(scores.bias.values[:, 0, 0], mean(f - o), rtol=1e-11)
        acc = mean((f - c) * (o - c)) / numpy.sqrt(mean((f - c) ** 2) * mean((o - c) ** 2))
        numpy.testing.assert_allclose(scores.acc_uncentred.values[:, 0, 0], acc, rtol=1e-12)
        one = gaia.score(self.forecast[1], self.truth[1], self.climatology[1], metrics='rmse', regions='global', **self.grid)
        self.assertEqual(one.rmse.dims, ('region', 'weighting'))
        self.assertEqual(one.rmse.item(), scores.rmse.values[1, 0, 0])

    def test_a_reference_without_a_lead_time(self):
        reference = self.truth + numpy.float32(2)
        skill = 1 - (gaia.score(self.forecast, self.truth, metrics='mse', regions='global', **self.grid).mse.values.ravel() /
                     gaia.score(reference, self.truth, metrics='mse', regions='global', **self.grid).mse.values.ravel())
        scores = gaia.score(self.forecast, self.truth, reference=reference, metrics='msess_ref', regions='global', **self.grid)
        numpy.testing.assert_allclose(scores.msess_ref.values.ravel(), skill, rtol=1e-12)
        times = numpy.array(['2020-01-01', '2020-01-02', '2020-01-03', '2020-01-04'], 'datetime64[ns]')
        f, o, r = (xarray.DataArray(values, dims=('time', 'latitude', 'longitude'),
                                    coords={'time': times, 'latitude': self.lat, 'longitude': self.lon}, name='z')
                   for values in (self.forecast, self.truth, reference))
        by_time = gaia.score(f, o, reference=r, metrics='msess_ref', regions='global')
        numpy.testing.assert_array_equal(by_time.msess_ref.values.ravel(), scores.msess_ref.values.ravel())

    def reference_scores(self):
        return gaia.score(self.forecast, self.truth, metrics='all', **self.grid)

    def test_layouts_types_and_orders_give_the_same_bits(self):
        wanted = self.reference_scores()
        layouts = {
            'fortran': numpy.asfortranarray(self.forecast), 'swapped': self.forecast.astype('>f4'),
            'strided': numpy.repeat(numpy.repeat(self.forecast, 2, 0), 3, 2)[::2, :, ::3],
            'reversed': self.forecast[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
            'float64': self.forecast.astype('float64'), 'read-only': numpy.broadcast_to(self.forecast, self.forecast.shape),
            'misaligned': numpy.frombuffer(b'x' + self.forecast.tobytes(), 'f4', offset=1).reshape(self.forecast.shape),
        }
        for name, forecast in layouts.items():
            with self.subTest(name):
                numpy.testing.assert_array_equal(forecast, self.forecast)
                xarray.testing.assert_identical(gaia.score(forecast, self.truth, metrics='all', **self.grid), wanted)
        with self.subTest('grids turned round'):
            turned = gaia.score(self.forecast[:, ::-1], self.truth[:, ::-1], metrics='all', latitude=self.lat[::-1],
                                longitude=self.lon - 360)
            xarray.testing.assert_identical(turned, wanted)
        with self.subTest('any order of dimensions'):
            array = gaia.Array(numpy.moveaxis(self.forecast, 0, 1), ('latitude', 'time', 'longitude'),
                               {'latitude': self.lat, 'longitude': self.lon, 'time': (numpy.arange(4), 'hours since 2020-1-1')})
            truth = gaia.Array(self.truth, ('time', 'lat', 'lon'),
                               {'lat': self.lat, 'lon': self.lon, 'time': (numpy.arange(4), 'hours since 2020-1-1')})
            numpy.testing.assert_array_equal(gaia.score(array, truth, metrics='rmse').rmse.values.ravel(),
                                             wanted.rmse.values.ravel())

    def test_integers_and_masks_are_copied_right(self):
        whole = numpy.rint(self.forecast)
        wanted = gaia.score(whole, self.truth, metrics='rmse', **self.grid)
        for kind in ('int16', '>i4', 'int64', 'uint16'):
            xarray.testing.assert_identical(gaia.score(whole.astype(kind), self.truth, metrics='rmse', **self.grid), wanted)
        holes = numpy.random.default_rng(1).random(self.forecast.shape) < 0.1
        with_nan = numpy.where(holes, numpy.float32('nan'), self.forecast)
        wanted = gaia.score(with_nan, self.truth, metrics='all', **self.grid)
        self.assertLess(wanted.n_valid.values.max(), 19 * 36)
        masked = numpy.ma.MaskedArray(self.forecast, holes)
        xarray.testing.assert_identical(gaia.score(masked, self.truth, metrics='all', **self.grid), wanted)
        xarray.testing.assert_identical(gaia.score(numpy.where(holes, numpy.inf, self.forecast).astype('f4'), self.truth,
                                                   metrics='all', **self.grid), wanted)
        withheld = gaia.score(with_nan, self.truth, metrics='rmse', missing='propagate', regions='global', **self.grid)
        self.assertTrue(numpy.isnan(withheld.rmse.values).all())

    def test_no_value_is_copied(self):
        """The library gets the addresses and strides of the arrays themselves."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'f.bin')
            self.forecast.astype('>f8').tofile(path)
            mapped = numpy.memmap(path, '>f8', 'r', shape=self.forecast.shape)
            for data in (self.forecast, self.forecast[:, ::-1], self.forecast[::2, :, ::2].astype('f8')[::-1], mapped,
                         xarray.DataArray(self.forecast, dims=('time', 'latitude', 'longitude')).data):
                array = gaia.Array(data, ('time', 'latitude', 'longitude'), {})
                made = _array.Dataset('d', [('z', array)]).c.arrays[0]
                self.assertEqual(made.data, data.__array_interface__['data'][0])
                self.assertEqual([made.stride_bytes[i] for i in range(3)], list(data.strides))
            xarray.testing.assert_equal(gaia.score(mapped, self.truth, metrics='rmse', **self.grid),
                                        gaia.score(self.forecast, self.truth, metrics='rmse', **self.grid))

    def memory_that_holds_the_arrays_once_suffices(self):
        """In a process that may not take as much memory again as the arrays, which are mapped files, have."""
        script = f'''
import resource, sys
sys.path.insert(0, {MODULE!r})
import numpy, gaia
shape = (96, 721, 1440)
f, o = (numpy.memmap(path, 'f4', 'r', shape=shape) for path in sys.argv[1:])
lat, lon = numpy.linspace(90, -90, 721), numpy.arange(1440) / 4
gaia.score(f[:1], o[:1], latitude=lat, longitude=lon, metrics='rmse', threads=2, memory=96 << 20)
now = [int(line.split()[1]) << 10 for line in open('/proc/self/status') if line.startswith('VmData')][0]
resource.setrlimit(resource.RLIMIT_DATA, (now + (200 << 20), resource.RLIM_INFINITY))
try:
    numpy.array(f)
    sys.exit('a copy could be made, so that this test shows nothing')
except MemoryError:
    pass
print(gaia.score(f, o, latitude=lat, longitude=lon, metrics='rmse', threads=2, memory=96 << 20).rmse.values.max())
'''
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in 'fo']
            for path in paths:
                with open(path, 'wb') as stream:
                    stream.truncate(96 * 721 * 1440 * 4)  # 400 MB of zeros that take no room
            done = subprocess.run([sys.executable, '-B', '-c', script, *paths], stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
        self.assertEqual((done.returncode, done.stdout.decode().strip()), (0, '0.0'))

    if not SANITIZED:  # a sanitizer takes more data than any limit
        test_memory_that_holds_the_arrays_once_suffices = memory_that_holds_the_arrays_once_suffices

    def test_calls_from_several_threads_take_turns(self):
        results = []
        self.assertIs(type(_library.library()), ctypes.CDLL)  # which lets other threads run meanwhile
        many = numpy.broadcast_to(self.forecast[:1], (366, 19, 36))
        callers = [threading.Thread(target=lambda: results.append(gaia.score(many, many[:, ::-1][:, ::-1], metrics='all',
                                                                             **self.grid))) for _ in range(3)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        self.assertEqual(len(results), 3)
        for result in results[1:]:
            xarray.testing.assert_identical(result, results[0])


class Wrong(unittest.TestCase):
    """What is wrong is a gaia.Error that says what; nothing crashes."""

    def setUp(self):
        self.forecast, self.truth, self.climatology, _ = sources('era5_2017_missing')

    def refused(self, status, words, *arguments, **settings):
        with self.assertRaises(gaia.Error) as caught:
            gaia.score(*arguments, **settings)
        self.assertEqual(caught.exception.status, status, caught.exception)
        self.assertIn(words, caught.exception.detail)
        self.assertEqual(caught.exception.kind, 'resource' if status == 'limit' else 'invalid')
        copy = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((copy.status, copy.detail), (status, caught.exception.detail))

    def test_sources(self):
        f, o = self.forecast, self.truth
        self.refused('grid_mismatch', 'different grids', f, o.isel(latitude=slice(1, None)))
        self.refused('variable_missing', 'q', f, o, variables=['q'])
        self.refused('units_mismatch', "'s'", f.z.assign_attrs(units='s'), o.z)
        self.refused('no_overlap', 'no valid time in common', f, o.assign_coords(time=o.time + numpy.timedelta64(999, 'D')))
        self.refused('usage', 'truth', f, None)
        self.refused('usage', 'int is no array', f, 3)
        self.refused('usage', 'there is no forecast', {}, o)
        self.refused('file_missing', '/nowhere/f.nc', '/nowhere/f.nc', o)
        self.refused('usage', 'latitude, longitude and time', f, o, latitude=[1])
        self.refused('limit', 'bytes of memory', f, o, memory=1)
        self.refused('usage', 'whole numbers', f, o, threads=-1)
        self.refused('usage', 'whole numbers', f, o, memory='2GiB')
        self.refused('usage', 'is no text', f.z.rename('\ud800'), o.z.rename('\ud800'))
        self.refused('no_overlap', 'valid time', f.z.rename('\0'), o.z.assign_coords(time=o.time + numpy.timedelta64(9, 'D')))
        for name, value, words in (('regions', 'atlantis', 'atlantis'), ('metrics', ['zeal'], 'zeal'),
                                   ('weights', 'lead', 'lead'), ('device', 'abacus', 'abacus'), ('missing', 'never', 'never')):
            with self.assertRaises(gaia.Error) as caught:
                gaia.score(f, o, **{name: value})
            self.assertIn(words, caught.exception.detail)
        self.refused('usage', 'JSON', f, o, levels=[float('nan')])

    def test_values_as_stored(self):
        f, o = self.forecast, self.truth
        for name, harmless, harmful in (('scale_factor', 1.0, 0.01), ('add_offset', 0, 273.15),
                                        ('_FillValue', numpy.float32('nan'), -32767), ('missing_value', numpy.nan, [1e20])):
            good = gaia.score(f.z.assign_attrs({name: harmless}), o.z, metrics='rmse', regions='global')
            self.assertTrue(numpy.isfinite(good.rmse.values).any())
            self.refused('usage', f"'{name}' is among its attributes", f.z.assign_attrs({name: harmful}), o.z)

    def test_coordinates(self):
        f, o = self.forecast, self.truth
        lat = f.latitude.values.copy()
        lat[[3, 4]] = lat[[4, 3]]
        self.refused('axis_invalid', 'latitude is not monotonic', f.assign_coords(latitude=lat), o)
        self.refused('axis_invalid', 'latitude', f.assign_coords(latitude=f.latitude.values * 2), o)
        self.refused('axis_invalid', 'has no units', f.assign_coords(level=f.level.values), o)
        self.refused('format_unsupported', "'level' (2) has no coordinate", f.z.drop_vars('level'), o.z)
        self.refused('axis_invalid', 'with coordinates', f.z.drop_vars('latitude'), o.z)
        self.refused('usage', 'one has to be latitude', f.z.assign_coords(latitude=f.latitude.values).rename(latitude='y'), o.z)
        self.refused('time_missing', 'no time', f.z.drop_vars('time').isel(time=0), o.z)
        none = f.time.values.copy()
        none[0] = numpy.datetime64('NaT')
        self.refused('axis_invalid', 'is no time', f.assign_coords(time=none), o)
        self.refused('axis_invalid', 'no entries', f.z.isel(time=slice(0, 0)), o.z)
        self.refused('axis_invalid', 'is empty', f.z.isel(longitude=slice(0, 0)), o.z)

    def test_arrays(self):
        values = numpy.zeros((2, 3, 4), 'f4')
        grid = dict(latitude=[10, 0, -10], longitude=[0, 90, 180, 270])
        self.refused('usage', 'need latitude= and longitude=', values, values)
        self.refused('usage', '4 dimensions', values[None], values, **grid)
        self.refused('usage', 'its grid is 3 x 4', values, values, latitude=[1, 2], longitude=grid['longitude'])
        self.refused('usage', '1 times', values, values[:1], **grid)
        self.refused('usage', '3 times for 2 fields', values, values, time=[1, 2, 3], **grid)
        self.refused('usage', 'complex64', values.astype('complex64'), values, **grid)
        self.refused('usage', 'float128', values.astype('longdouble'), values, **grid)
        self.refused('usage', '<U1', values.astype('U1'), values, **grid)
        self.refused('usage', 'object', values.astype(object), values, **grid)
        self.refused('usage', 'every source has to be one', values, self.truth, **grid)
        self.refused('axis_invalid', 'longitude', values, values, latitude=grid['latitude'], longitude=[0, 1, 1, 2])
        self.refused('axis_invalid', 'nan', values, values, latitude=[10, 0, numpy.nan], longitude=grid['longitude'])
        self.refused('axis_invalid', 'no entries', values[:0], values[:0], **grid)
        self.refused('usage', "coordinate 'latitude': a value is masked", values, values,
                     latitude=numpy.ma.masked_equal([10, 0, -10], 0), longitude=grid['longitude'])
        with self.assertRaises(gaia.Error):
            gaia.Array(values, ('latitude', 'longitude'), {})
        deep = gaia.Array(numpy.zeros((1,) * 9, 'f4'), 'abcdefg' 'xy', {})
        self.refused('usage', 'dimensions', deep, deep)

    def test_one_of_several(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            scores = gaia.score({'good': self.forecast, 'bad': self.forecast.isel(latitude=slice(2, None))}, self.truth)
        self.assertEqual([str(warning.message)[:28] for warning in caught], ["forecast 'bad' is not scored"])
        self.assertIs(caught[0].category, gaia.Warning)
        self.assertEqual(list(scores.forecast.values), ['good'])
        with self.assertRaises(gaia.Error):
            gaia.score({'bad': self.forecast.isel(latitude=slice(2, None))}, self.truth)

    def test_paths(self):
        with self.assertRaises(gaia.Error):
            gaia.score_files(self.forecast, self.truth)
        with self.assertRaises(gaia.Error) as caught:
            gaia.score_job('{"schema":')
        self.assertEqual(caught.exception.status, 'job_invalid')

    def test_a_library_of_another_interface_is_refused(self):
        script = (f'import sys; sys.path.insert(0, {MODULE!r})\nfrom gaia import _library\n_library.ABI_VERSION = 2\n'
                  'try:\n    _library.library()\nexcept ImportError as error:\n    print(error)')
        done = subprocess.run([sys.executable, '-B', '-c', script], stdout=subprocess.PIPE, check=True)
        self.assertIn('has binary interface 1; this module is for 2', done.stdout.decode())
        absent = subprocess.run([sys.executable, '-B', '-c', script], stdout=subprocess.PIPE, check=True,
                                env={**os.environ, 'GAIA_LIBRARY': '/nowhere/libgaia.so'})
        self.assertIn('GAIA_LIBRARY may say', absent.stdout.decode())


class Package(unittest.TestCase):
    def test_structures_are_those_of_the_headers(self):
        """Sizes and places as the committed list of the interface has them."""
        with open(os.path.join(SOURCE, 'tests/api/abi.txt'), encoding='utf-8') as stream:
            lines = [line.split() for line in stream if line.startswith('structure ')]
        places = {name: int(place) for _, name, place in lines}
        for name, structure in (('gaia_error', _library.CError), ('gaia_coordinate', _library.Coordinate),
                                ('gaia_array', _library.CArray), ('gaia_dataset', _library.CDataset),
                                ('gaia_score', _library.Score), ('gaia_observer', _library.Observer),
                                ('gaia_engine_options', _library.Options)):
            self.assertEqual(_library.ctypes.sizeof(structure), places[name], name)
            members = {key[len(name) + 1:] for key in places if key.startswith(name + '.')}
            self.assertEqual({field for field, _ in structure._fields_}, members)
            for field, _ in structure._fields_:
                self.assertEqual(getattr(structure, field).offset, places[f'{name}.{field}'], f'{name}.{field}')

    def test_version_and_metadata(self):
        with open(os.path.join(MODULE, 'pyproject.toml'), encoding='utf-8') as stream:
            text = stream.read()
        self.assertIn(f'version = "{gaia.__version__}"', text)
        self.assertEqual(gaia.version(), gaia.__version__)
        try:
            import tomllib
        except ImportError:
            return  # Python 3.10 and older
        project = tomllib.loads(text)['project']
        self.assertEqual((project['name'], project['dependencies']), ('gaia-score', ['numpy>=1.21']))


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0]] + sys.argv[4:])
