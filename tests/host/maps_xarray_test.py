#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Error maps as NetCDF, in xarray: they open with named dimensions, and every value is that of plain numpy on the
real cases: whole globes and areas, with holes, latitudes either way and longitudes from anywhere.

usage: maps_xarray_test.py GAIA DATA        Exit status 77: there is no xarray here.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
    import xarray as xr
except ImportError:
    print('skipped: python3-xarray is not installed')
    sys.exit(77)

GAIA, DATA = sys.argv[1:3] if len(sys.argv) >= 3 else sys.exit(__doc__)
CASES = ('era5_2017_missing', 'era5_2017_member', 'uk_2019_t2m', 'sst_missing', 'ncep_monthly_uv')


def run(*arguments):
    return subprocess.run([GAIA, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def axis_of(array, words):
    """The name of the coordinate whose name begins so."""
    return next(name for name in array.dims if name.lower().startswith(words))


def canonical(array):
    """Rows north to south, longitudes from 0, without a cyclic column: (values over leading dimensions, lat, lon)."""
    lat, lon = axis_of(array, 'lat'), axis_of(array, 'lon')
    array = array.assign_coords({lon: array[lon] % 360}).drop_duplicates(lon)
    return array.sortby(lat, ascending=False).sortby(lon).rename({old: new for old, new in ((lat, 'latitude'), (lon, 'longitude')) if old != new})


class Xarray(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix='gaia-maps-')
        cls.addClassCleanup(holder.cleanup)
        cls.folder = holder.name
        with open(os.path.join(DATA, 'cases.json'), encoding='utf-8') as stream:
            cls.cases = {case['case']: case for case in json.load(stream)}

    def path(self, name):
        return os.path.join(self.folder, name)

    def maps_of(self, name):
        """The NetCDF of the maps of a case, and its job."""
        case = self.cases[name]
        job = {'schema': 'gaia.job/1', 'variables': case['variables'], 'maps': ['all'], 'regions': ['global'], 'weights': ['none'],
               'forecasts': [{**self.source(case['forecast']), 'id': 'f'}], 'truth': self.source(case['truth'])}
        with open(self.path('job.json'), 'w', encoding='utf-8') as stream:
            json.dump(job, stream)
        run('score', '--job', self.path('job.json'), '--maps-out', self.path('e.gmap'), '--moments-out', self.path('e.gm'),
            '--out', self.path('t.txt'))
        run('maps', self.path('e.gmap'), '--out', self.path(f'{name}.nc'))
        return xr.open_dataset(self.path(f'{name}.nc'))

    @staticmethod
    def source(source):
        files = source['file'] if isinstance(source['file'], list) else [source['file']]
        keys = ('names', 'select', 'init', 'step_override', 'as', 'format')
        return {'files': [os.path.join(DATA, file) for file in files], **{key: source[key] for key in keys if key in source}}

    def test_maps_add_up_to_the_sums(self):
        """What all points of each case's maps count and add up to is what its fields do."""
        for name in CASES:
            with self.subTest(name):
                maps = self.maps_of(name)
                self.assertEqual(('forecast', 'variable', 'level', 'lead_time', 'latitude', 'longitude'), maps.mean_error.dims)
                self.assertEqual(('CF-1.8', 'hours', 'degrees_north'), (maps.attrs['Conventions'], maps.lead_time.attrs.get('units', 'hours'),
                                                                          maps.latitude.attrs['units']))
                rows = [line.split(',') for line in run('scores', self.path('e.gm'), '--metrics', 'all', '--format', 'csv').splitlines()]
                wanted = {}
                for row in (dict(zip(rows[0], row)) for row in rows[1:]):
                    if row['metric'] in ('bias', 'n_valid') and row['init_time'] not in ('', 'all'):
                        key = (row['variable'], row['level'], float(row['lead_hours']))
                        wanted.setdefault((*key, row['metric']), []).append(float(row['value']))
                self.assertTrue(wanted)
                for variable, level_text, lead in {key[:3] for key in wanted}:
                    level = float(level_text or 'nan')
                    at = {'variable': variable, 'lead_time': np.timedelta64(int(lead * 3600), 's') if maps.lead_time.dtype.kind == 'm' else lead}
                    one = maps.isel(forecast=0).sel(at).isel(level=int(np.flatnonzero(
                        np.isnan(maps.level.values) if np.isnan(level) else maps.level.values == level)[0]))
                    counts, biases = (wanted[variable, level_text, lead, metric] for metric in ('n_valid', 'bias'))
                    self.assertEqual(sum(counts), float(one.n_valid.sum()))
                    self.assertFalse(bool((one.mean_error.isnull() != (one.n_valid == 0)).any()))
                    total = float((one.mean_error * one.n_valid).sum())
                    self.assertAlmostEqual(total, sum(b * n for b, n in zip(biases, counts) if n > 0),
                                           delta=1e-9 * float((abs(one.mean_error) * one.n_valid).sum()))

    def test_every_point_is_that_of_numpy(self):
        maps = self.maps_of('era5_2017_missing')
        forecast = canonical(xr.open_dataset(os.path.join(DATA, 'era5_2017_missing/forecast.nc')))
        truth = canonical(xr.open_dataset(os.path.join(DATA, 'era5_2017_missing/truth.nc')))
        step = next(name for name in forecast.dims if name in ('step', 'prediction_timedelta', 'lead_time'))
        np.testing.assert_array_equal(maps.latitude, forecast.latitude)
        np.testing.assert_allclose(maps.longitude, forecast.longitude, atol=1e-12)
        seen = 0
        for variable in maps.variable.values:
            for i, level in enumerate(maps.level.values):
                for k in range(forecast.sizes[step]):
                    count, error, square = (np.zeros((maps.sizes['latitude'], maps.sizes['longitude'])) for _ in range(3))
                    for init in range(forecast.sizes['time']):
                        one = forecast.isel({step: k, 'time': init})
                        valid = one.time.values + one[step].values
                        if valid not in truth.time.values:
                            continue
                        f = one[variable].sel(level=level).transpose('latitude', 'longitude').values.astype('f8')
                        o = truth[variable].sel(level=level, time=valid).transpose('latitude', 'longitude').values.astype('f8')
                        d = f - o
                        there = np.isfinite(d)
                        d = np.where(there, d, 0.0)
                        count, error, square = count + there, error + d, square + d * d
                    got = maps.isel(forecast=0, level=i, lead_time=k).sel(variable=variable)
                    with np.errstate(invalid='ignore', divide='ignore'):
                        np.testing.assert_array_equal(got.n_valid.values, count)
                        np.testing.assert_array_equal(got.mean_error.values, np.where(count > 0, error / count, np.nan))
                        np.testing.assert_array_equal(got.rmse.values, np.where(count > 0, np.sqrt(square / count), np.nan))
                    seen += int(count.sum())
        self.assertGreater(seen, 0)
        self.assertGreater(int(maps.mean_error.isnull().sum()), 0)

    def test_what_cannot_be_written_is_said(self):
        for name, data in (('empty', b''), ('text', b'forecast,variable\n')):
            with open(self.path(name), 'wb') as stream:
                stream.write(data)
            done = subprocess.run([GAIA, 'maps', self.path(name), '--out', self.path('no.nc')], check=False, stderr=subprocess.PIPE, text=True)
            self.assertEqual(3, done.returncode)
            self.assertIn({'empty': 'there are no maps', 'text': 'map 0: cut short'}[name], done.stderr)
            self.assertFalse(os.path.exists(self.path('no.nc')))


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
