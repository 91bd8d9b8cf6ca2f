#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`gaia profile`, and the options of `gaia score` that have to do with profiles: what they print and what they say
of wrong use.

usage: profile_test.py GAIA SOURCE
"""
import json
import os
import subprocess
import sys
import tempfile

SHIPPED = ('gaia-day1', 'gaia-era5', 'weatherbench2', 'wmo')
CASE = 'era5_2017_persistence'


class Wrong(Exception):
    pass


def expect(what, got, wanted):
    if got != wanted:
        raise Wrong(f'{what}: {got!r}, expected {wanted!r}')


class Program:
    def __init__(self, gaia, folder):
        self.gaia, self.folder = gaia, folder

    def __call__(self, *arguments):
        """Exit status, standard output, standard error."""
        done = subprocess.run([self.gaia, *arguments], cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def put(self, name, value):
        with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as stream:
            stream.write(value if isinstance(value, str) else json.dumps(value))

    def get(self, name):
        with open(os.path.join(self.folder, name), encoding='utf-8') as stream:
            return json.load(stream)


def read(path):
    with open(path, encoding='utf-8') as stream:
        return stream.read()


def profiles(gaia, source):
    status, out, _ = gaia('profile', 'list')
    expect('list', (status, [line.split()[0] for line in out.splitlines()]), (0, list(SHIPPED)))
    for name in SHIPPED:
        text = read(os.path.join(source, 'host/score/profiles', name + '.json'))
        expect(f'show {name}', gaia('profile', 'show', name), (0, text, ''))
        gaia.put('p.json', text)
        status, out, err = gaia('profile', 'check', 'p.json')
        expect(f'check {name}', (status, err), (0, ''))
        expect(f'check {name}', out.startswith(f"p.json: profile '{name}' is right: "), True)
    there = 'gaia-day1, gaia-era5, weatherbench2, wmo'
    expect('show', gaia('profile', 'show', 'x'), (2, '', f"gaia: no such profile 'x'; there are: {there}\n"))
    usage = 'gaia: usage: gaia profile list | show NAME | check FILE [--json]\n'
    for arguments in ((), ('list', 'x'), ('show',), ('check',), ('eat', 'x')):
        expect(f'profile {arguments}', gaia('profile', *arguments), (2, '', usage))
    gaia.put('bad.json', {'schema': 'gaia.profile/1', 'nmae': 'x'})
    expect('bad', gaia('profile', 'check', 'bad.json'), (3, '', "gaia: bad.json: profile: unknown key 'nmae'\n"))
    gaia.put('worse.json', '{')
    status, _, err = gaia('profile', 'check', 'worse.json')
    expect('worse', (status, err.startswith('gaia: worse.json: line 1, column ')), (3, True))
    expect('none', gaia('profile', 'check', 'none.json')[0], 3)


def options(gaia, source):
    data = [os.path.join(source, 'tests/data', CASE, name + '.nc') for name in ('forecast', 'truth', 'climatology')]
    status, out, err = gaia('score', *data, '--profile', 'mine')
    expect('unknown', (status, out, err),
           (2, '', "gaia: --profile: no such profile 'mine'; there are: gaia-day1, gaia-era5, weatherbench2, wmo\n"))
    expect('no file', gaia('score', *data, '--profile', './mine.json')[0], 3)
    gaia.put('bad.json', {'x': 1})
    expect('bad', gaia('score', *data, '--profile', 'bad.json'), (3, '', "gaia: bad.json: profile: unknown key 'x'\n"))
    expect('no composite', gaia('score', *data, '--profile', 'wmo', '--composite-out', 'c.json'),
           (2, '', 'gaia: --composite-out: profile wmo has no composite\n'))
    expect('no profile', gaia('score', *data, '--composite-out', 'c.json'),
           (2, '', 'gaia: --composite-out: a job without a profile has no composite\n'))
    expect('needs', gaia('score', data[0], data[1], '--profile', 'gaia-era5'),
           (2, '', "gaia: job: profile 'gaia-era5' needs a climatology\n"))
    gaia.put('job.json', {})
    expect('job', gaia('score', '--job', 'job.json', '--profile', 'wmo'),
           (2, '', 'gaia: --job and --profile: the job file says it all\n'))
    expect('day 1', gaia('score', *data, '--profile', 'gaia-era5', '--day1', 'job.json'),
           (3, '', "gaia: job.json[0]: key 'schema' is missing\n"))
    expect('no lead', gaia('score', *data, '--profile', 'gaia-era5', '--variables', 'z', '--levels', '500', '--leads',
                           '48,72'),
           (3, '', f"gaia: {data[0]}: no field at the levels and lead times of profile 'gaia-era5', "
                   'which are 48, 72 h; its lead times are: 12, 24\n'))
    own_profile(gaia, source, data)


def own_profile(gaia, source, data):
    """A profile of the user's own, from a file; its composite in every format; day 1's outcome for another run."""
    own = json.loads(read(os.path.join(source, 'host/score/profiles/gaia-era5.json')))
    own.update(name='mine', variables=[{'name': 'z', 'weight': 2, 'levels': [500]}], leads=[12, 24])
    gaia.put('mine.json', own)
    arguments = ('score', *data, '--profile', 'mine.json', '--composite-out', 'c.json')
    status, table, err = gaia(*arguments)
    expect('mine', (status, err), (0, ''))
    document = gaia.get('c.json')[0]
    expect('name', (document['profile']['name'], document['profile']['modified']), ('mine', []))
    expect('table', table.split('\n\n')[1].splitlines()[:2],
           ['mine', 'rank  forecast  composite    overall  pass  why'])
    expect('csv', gaia(*arguments, '--format', 'csv')[1].count('composite'), 0)
    whole = json.loads(gaia(*arguments, '--format', 'json')[1])
    expect('json', (sorted(whole), whole['composites']), (['composites', 'scores'], [document]))
    expect('explain', gaia('explain', 'c.json')[1].splitlines()[0].startswith('Forecast forecast has a mine'), True)
    # A day-1 document says who passed.
    gaia.put('day1.json', [{'schema': 'gaia.composite/1', 'forecast': 'forecast', 'times': [], 'passed': True}])
    expect('day 1', gaia(*arguments, '--day1', 'day1.json')[0], 0)
    after = gaia.get('c.json')[0]
    expect('overall', (after['day1_passed'], abs(after['overall'] - document['overall'] - 0.05) < 1e-15), (True, True))
    expect('not day 1', gaia(*arguments, '--day1', 'c.json'),
           (3, '', 'gaia: c.json[0]: is not a day-1 composite\n'))
    # Composites that cannot be written leave no report behind.
    status, _, _ = gaia(*arguments[:-1], 'nowhere/c.json', '--out', 'report.txt')
    expect('nowhere', (status, os.path.exists(os.path.join(gaia.folder, 'report.txt'))), (5, False))


def main(gaia, source):
    with tempfile.TemporaryDirectory() as folder:
        program = Program(gaia, folder)
        try:
            profiles(program, source)
            options(program, source)
        except Wrong as wrong:
            print(wrong)
            return 1
    return 0


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
