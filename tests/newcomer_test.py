#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A newcomer's path by the README alone: the commands of its first section, taken out of its text and run in their
order, first in the folder that it names, where they print what it shows, then on two NetCDF files of the newcomer's own.

usage: newcomer_test.py BUILD SOURCE     with a Python that has numpy and netCDF4

With GAIA_LONG=1 it begins with ./quickstart itself. A command of the section that writes a file (--out FILE, --report
FILE) has to leave it: what is added to the section is walked as well.
"""
import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

import netCDF4
import numpy

BUILD, SOURCE = sys.argv[1:3] if len(sys.argv) == 3 else sys.exit(__doc__)
SECTION = 'Two commands'
LONG = bool(os.environ.get('GAIA_LONG'))


def blocks():
    """The code of the first section: [(language, text)]."""
    with open(os.path.join(SOURCE, 'README.md'), encoding='utf-8') as readme:
        section = re.search(rf'^## {SECTION}\n(.*?)^## ', readme.read(), re.MULTILINE | re.DOTALL).group(1)
    return re.findall(r'^```(\w*)\n(.*?)^```$', section, re.MULTILINE | re.DOTALL)


def commands(text):
    """What a block has after each `$ `: [(commands of the line, what is shown of their output)]."""
    found = []
    for line in text.splitlines():
        if line.startswith('$ '):
            words = shlex.split(line[2:], comments=True)
            parts, one = [], []
            for word in words:
                one.append(word.rstrip(';'))
                if word.endswith(';'):
                    parts.append(one)
                    one = []
            found.append((parts + [one], []))
        else:
            found[-1][1].append(line)
    return found


class Newcomer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.environment = {**os.environ, 'PATH': BUILD + os.pathsep + os.environ['PATH'],
                           'XDG_STATE_HOME': os.path.join(cls.folder.name, 'state')}
        cls.blocks = blocks()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def run_it(self, words, cwd, status=0):
        done = subprocess.run(words, cwd=cwd, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=250, check=False)
        self.assertEqual(done.returncode, status, f'{words}: {done.stdout}{done.stderr}')
        for option, path in zip(words, words[1:]):
            if option in ('--out', '--report'):
                self.check_file(os.path.join(cwd, path))
        return done.stdout

    def check_file(self, path):
        with open(path, 'rb') as stream:
            head = stream.read(64)
        name = os.path.splitext(path)[1]
        self.assertIn(name, ('.csv', '.nc', '.html'))
        wanted = {'.csv': b'forecast,variable,level,', '.nc': b'\x89HDF\r\n\x1a\n', '.html': b'<!doctype html'}[name]
        self.assertTrue(head.lower().startswith(wanted.lower()), (path, head))

    def block(self, word):
        """The commands of the block in which this stands."""
        found = [text for _, text in self.blocks if word in text]
        self.assertEqual(len(found), 1, word)
        return commands(found[0])

    def own_block(self):
        return [parts for parts, _ in self.block('gaia score forecast.nc truth.nc\n')]

    # ---- What the README shows ----

    def test_the_two_commands_are_there(self):
        words = [line.split()[0] for line in self.blocks[0][1].splitlines()]
        self.assertEqual(words, ['./quickstart', './check'])
        for word in words:
            self.assertIn('usage: ' + word, self.run_it([word, '--help'], SOURCE))
        if LONG:
            done = subprocess.run(['./quickstart'], cwd=SOURCE, check=True, stdout=subprocess.PIPE, text=True)
            self.assertIn('persistence  z', done.stdout)

    def test_the_case_prints_what_is_shown(self):
        cwd = SOURCE
        shown = 0
        for parts, output in self.block('gaia score forecast.nc truth.nc climatology.nc'):
            for words in parts:
                if words[0] == 'cd':
                    cwd = os.path.join(cwd, words[1])
                else:
                    printed = self.run_it(words, cwd)
                    self.assertEqual(printed.splitlines(), output)
                    shown += len(output)
        self.assertGreater(shown, 5)

    def test_the_queue(self):
        """The job of the README in the folder of its case, through the commands of its block; IDs are those printed."""
        place = os.path.join(self.folder.name, 'queue')
        shutil.copytree(os.path.join(SOURCE, 'tests/data/era5_2017_persistence'), place)
        job = [text for language, text in self.blocks if language == 'json' and '"forecasts"' in text]
        self.assertEqual(len(job), 1)
        self.assertEqual(json.loads(job[0])['schema'], 'gaia.job/1')
        with open(os.path.join(place, 'job.json'), 'w', encoding='utf-8') as stream:
            stream.write(job[0])
        known, outputs = {}, {}
        lines = [words for parts, _ in self.block('gaia submit job.json') for words in parts]
        try:
            for words in lines:
                over = words[1] == 'cancel'  # the job has ended by then
                text = self.run_it([known.get(word, word) for word in words], place, 2 if over else 0)
                outputs[words[1]] = text
                if words[1] == 'jobs':
                    known['ID'] = re.search(r'^(\S+) .*january', text, re.MULTILINE).group(1)
        finally:
            self.run_it(['gaia', 'down'], place)
        self.assertIn('persistence  z', outputs['submit'])
        direct = self.run_it(['gaia', 'score', '--job', 'job.json', '--format', 'csv'], place)
        self.assertEqual(outputs['scores'], direct)
        self.assertEqual(lines[-1], ['gaia', 'down'])

    # ---- The newcomer's own files ----

    def own_files(self, place):
        """A forecast and an analysis as somebody has them: other names, order and conventions than the case's."""
        random = numpy.random.default_rng(3)
        lat, lon = numpy.linspace(-88, 88, 45), numpy.arange(-180.0, 180, 4)
        truth = random.normal(285, 8, (5, 45, 90)).astype('float32')
        forecast = numpy.stack([truth[:4] + random.normal(0.5, 1, truth[:4].shape), truth[1:5] + random.normal(
            1, 2, truth[:4].shape)], 1).astype('float32')
        os.makedirs(place)
        for name, leading, values in (('forecast.nc', ('init_time', 'lead_time'), forecast), ('truth.nc', ('time',), truth)):
            with netCDF4.Dataset(os.path.join(place, name), 'w') as out:
                for dim, axis, units in (('init_time', numpy.arange(4) * 6, 'hours since 2024-02-28 18:00'),
                                         ('lead_time', [0, 6], 'hours'),
                                         ('time', numpy.arange(5) * 0.25, 'days since 2024-02-28 18:00'),
                                         ('lat', lat, 'degrees_north'), ('lon', lon, 'degrees_east')):
                    if dim in (*leading, 'lat', 'lon'):
                        out.createDimension(dim, len(axis))
                        coordinate = out.createVariable(dim, 'f8', (dim,))
                        coordinate.units, coordinate[:] = units, axis
                variable = out.createVariable('t2m' if name == 'truth.nc' else '2t', 'f4',
                                              (*leading, 'lat', 'lon'), zlib=True)
                variable.units, variable[:] = 'K', values
        weights = numpy.cos(numpy.deg2rad(lat))[:, None] * numpy.ones(90)
        valid = numpy.stack([truth[:4], truth[1:5]], 1)
        return numpy.sqrt((weights * (forecast.astype('f8') - valid) ** 2).sum((2, 3)) / weights.sum())

    def test_own_two_files(self):
        place = os.path.join(self.folder.name, 'own')
        wanted = self.own_files(place)
        for parts in self.own_block():
            for words in parts:
                self.assertEqual(words[:4], ['gaia', 'score', 'forecast.nc', 'truth.nc'])
                self.run_it(words, place)
        with open(os.path.join(place, 'scores.csv'), encoding='utf-8', newline='') as stream:
            rows = {(float(row['lead_hours']), row['init_time']): float(row['value']) for row in csv.DictReader(stream)
                    if row['metric'] == 'rmse' and row['region'] == 'global'}
        inits = ['2024-02-28T18', '2024-02-29T00', '2024-02-29T06', '2024-02-29T12']
        for i, init in enumerate(inits):
            for k, lead in enumerate((0.0, 6.0)):
                self.assertAlmostEqual(rows[lead, init], wanted[i, k], delta=1e-9)
        with netCDF4.Dataset(os.path.join(place, 'scores.nc')) as scores:
            self.assertEqual(scores['rmse'].dimensions,
                             ('forecast', 'variable', 'level', 'lead_time', 'init_time', 'region', 'weighting'))
            numpy.testing.assert_array_equal(scores['rmse'][0, 0, 0, 1, :, 0, 0], [rows[6.0, init] for init in inits])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
