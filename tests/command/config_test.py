#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`gaia config`: every option by file, environment and argument; faults; and the two pages made of the table.

usage: config_test.py BUILD SOURCE [--write]     --write renews host/CONFIG.md and docker/.env.template
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE = map(os.path.abspath, sys.argv[1:3]) if len(sys.argv) >= 3 else sys.exit(__doc__)
PAGES = {'reference': 'host/CONFIG.md', 'template': 'docker/.env.template'}
PROGRAMS = ('gaia-scheduler', 'gaia-node', 'gaia-executor')
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith('GAIA_')}
LEAST = 40


def run(program, *arguments, folder=None, **environment):
    """Exit status, standard output, standard error; with no other variables GAIA_... than these."""
    done = subprocess.run([os.path.join(BUILD, program), *arguments], cwd=folder, env=dict(CLEAN, **environment),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def show(*arguments, **environment):
    """Name to row, as `gaia config show` has it."""
    status, out, err = run('gaia', 'config', 'show', '--json', *arguments, **environment)
    if status != 0:
        raise AssertionError(err)
    return {row['name']: row for row in json.loads(out)['options']}


def variable(name):
    return 'GAIA_' + name.upper().replace('-', '_')


def page(verb):
    status, out, err = run('gaia', 'config', verb)
    if status != 0:
        raise AssertionError(err)
    return out


def sample(name, text, default):
    """A value of what is allowed that is not the default; those of options that go together do too."""
    together = {'beat': '2s', 'suspect': '6s', 'lease': '20s', 'session-time': '2min'}
    kinds = [('one of ', next((word for word in text.removeprefix('one of ').split('|') if word != default), '')),
             ('yes or no', 'yes'), ('NAME=N', 'lab=3,b=1'), ('list of numbers', '1,0'), ('number from', '7'),
             ('time such as 10s from .* to 1min', '30s'), ('time such as', '2min'), ('size .* to 1MiB', '64KiB'),
             ('size such as', '512MiB'), ('path', '/some/where'), ('any text', 'host.example')]
    return together.get(name) or next(value for pattern, value in kinds if re.search(pattern, text))


class Sources(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.defaults = show()
        cls.samples = {name: sample(name, row['allowed'], row['value']) for name, row in cls.defaults.items()}

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, text, name='gaia.conf'):
        path = os.path.join(self.folder.name, name)
        with open(path, 'w', encoding='utf-8') as stream:
            stream.write(text)
        return path

    def expect(self, rows, source, place):
        """Every option has its sample, from there; place: of a name, how the row says so."""
        for name, value in self.samples.items():
            self.assertNotEqual(value, self.defaults[name]['value'], name)
            self.assertEqual((rows[name]['value'], rows[name]['source'], rows[name]['from']), (value, source, place(name)), name)

    def test_every_option_can_be_set_in_each_way(self):
        names = list(self.samples)
        self.assertGreaterEqual(len(names), LEAST)
        self.assertEqual(names, list(self.defaults))
        path = self.file(''.join(f'{name} = {self.samples[name]}\n' for name in names))
        self.expect(show('--config', path), 'file', lambda name: f'{path}:{names.index(name) + 1}')
        self.expect(show(GAIA_CONFIG=path), 'file', lambda name: f'{path}:{names.index(name) + 1}')
        self.expect(show(**{variable(name): value for name, value in self.samples.items()}), 'environment', variable)
        self.expect(show(*[f'--{name}={value}' for name, value in self.samples.items()]), 'argument',
                    lambda name: f'--{name}')

    def test_an_argument_goes_before_the_environment_and_that_before_the_file(self):
        path = self.file('api-rate = 1\ntoken-rate = 1\ntenant-rate = 1\n')
        rows = show('--config', path, '--api-rate', '3', GAIA_API_RATE='2', GAIA_TOKEN_RATE='2', GAIA_JOBS_MAX='')
        self.assertEqual([rows[name]['value'] for name in ('api-rate', 'token-rate', 'tenant-rate', 'jobs-max')],
                         ['3', '2', '1', '100000'])

    def test_a_switch_of_a_file_can_be_taken_back(self):
        path = self.file('no-sandbox = yes\napi-insecure = true\n')
        rows = show('--config', path, '--no-sandbox=no')
        self.assertEqual((rows['no-sandbox']['value'], rows['api-insecure']['value']), ('no', 'true'))
        self.assertEqual(show('--no-sandbox')['no-sandbox']['value'], 'yes')

    def test_a_path_is_relative_to_the_file_or_to_where_one_is(self):
        path = self.file('key = a/key.pem\nstate = one,/two\n')
        folder = os.path.realpath(self.folder.name)
        status, out, err = run('gaia', 'config', 'show', '--json', '--config', path, '--ca', 'ca.pem', folder='/')
        rows = {row['name']: row['value'] for row in json.loads(out)['options']}
        self.assertEqual((status, err), (0, ''))
        self.assertEqual((rows['key'], rows['state'], rows['ca']), (f'{folder}/a/key.pem', f'{folder}/one,/two', '/ca.pem'))

    def test_every_program_takes_its_options_from_a_file_and_names_what_is_wrong(self):
        path = self.file('# of all\nbeat = 2s\nmemory = 1\n')
        for program in PROGRAMS:
            status, _, err = run(program, '--config', path)
            self.assertEqual(status, 2, program)
            self.assertIn(f"{path}:3: memory '1': a size such as 2GiB from 1MiB to 1024TiB is wanted (and 1 more", err)
            status, _, err = run(program, GAIA_MEMROY='1GiB')
            self.assertEqual((status, 'GAIA_MEMROY is no option; did you mean GAIA_MEMORY?' in err), (2, True), err)
            self.assertEqual(run(program, '--config', os.path.join(self.folder.name, 'none'))[0], 2)

    def test_every_option_is_one_of_some_program(self):
        helps = {program: run(program, '--help')[1] for program in PROGRAMS}
        rows = re.findall(r'^\| `([a-z-]+)` .* \| ([a-z, ]+) \|$', page('reference'), re.MULTILINE)
        for name, programs in rows:
            listed = {program for program in PROGRAMS if f'\n  --{name} ' in helps[program]}
            self.assertEqual(listed, {f'gaia-{program}' for program in programs.split(', ')}, name)


class Faults(unittest.TestCase):
    def faults(self, data, **environment):
        with tempfile.NamedTemporaryFile(prefix='gaia-config-') as stream:
            stream.write(data if isinstance(data, bytes) else data.encode())
            stream.flush()
            status, out, _ = run('gaia', 'config', 'check', stream.name, '--json', **environment)
            told, lines, _ = run('gaia', 'config', 'check', stream.name, **environment)
            faults = [line.replace(stream.name, 'FILE') for line in json.loads(out)['faults']]
            if faults:
                self.assertEqual(lines.replace(stream.name, 'FILE').splitlines(), faults)
            self.assertEqual((status, told), (2 if faults else 0,) * 2)
        return faults

    def test_what_is_right(self):
        self.assertEqual(self.faults(''), [])
        self.assertEqual(self.faults('# a = b\n\n  \t\n api-rate\t=  5 \r\nbeat=500ms'), [])

    def test_all_faults_are_told_at_once(self):
        self.assertEqual(self.faults('api-rat = 5\nbeat = 5s\nmemory =\napi-rate = x\napi-rate = 3\nfoo\nkey = "x"\n',
                                     GAIA_BATCHES='-1', GAIA_OTHER='1', GAIA_LEAES='1s'), [
            "FILE:1: unknown option 'api-rat'; did you mean api-rate?",
            'FILE:3: memory: a value is wanted',
            "FILE:4: api-rate 'x': a number from 0 to 1000000000 is wanted",
            'FILE:5: api-rate was set in line 4 already',
            "FILE:6: 'foo': NAME = VALUE is wanted",
            'FILE:7: key: a value is written without quotes',
            "GAIA_BATCHES '-1': a number from 0 to 1000000000 is wanted",
            'GAIA_LEAES is no option; did you mean GAIA_LEASE?',
            "beat '5s' and suspect '3s': suspect must be at least twice beat"])

    def test_a_hostile_file(self):
        self.assertEqual(self.faults(b'beat = 1\0s\n'), ['FILE:1: a control character'])
        self.assertEqual(self.faults(b'\x1b[31mbeat = 1s\n'), ['FILE:1: a control character'])
        self.assertEqual(self.faults(b'listen = \xff\xfe\n'), ['FILE:1: bytes that are not UTF-8'])
        self.assertEqual(self.faults('listen = ' + 'x' * 5000), ['FILE:1: a line of more than 4096 bytes'])
        self.assertEqual(len(self.faults('beat = never\n' * 5000)), 100)
        self.assertIn('larger than', self.faults('#' * 300000)[0])
        self.assertEqual(run('gaia', 'config', 'check', '/dev/zero')[0], 2)
        self.assertEqual(run('gaia', 'config', 'check', '/')[0], 2)

    def test_values_of_each_kind(self):
        for name, bad in {'api-rate': '1000000001', 'device': 'tpu', 'gpu': '0,,1', 'shares': 'a=0', 'no-sandbox': 'maybe',
                          'memory': '1.5GiB', 'beat': '1m', 'lease': '2years', 'api-port': '65536', 'store': 'Sqlite'}.items():
            fault = self.faults(f'{name} = {bad}\n')
            self.assertEqual(len(fault), 1, name)
            self.assertRegex(fault[0], rf"^FILE:1: {name} '{bad}': .* is wanted$")

    def test_a_password_is_never_shown(self):
        url = 'postgresql://gaia:s3cr@t@db/gaia'
        for text in (url, url.replace('@t', '/@t'), 'host=db password=s3cr@t,x;) user=gaia', "password='s3cr\\'t s3cr'", 'PGPASSWORD=s3cr'):
            self.assertNotIn('s3cr', ''.join(self.faults(f'store = {text}\n')))
            status, out, err = run('gaia', 'config', 'show', '--listen', text)
            self.assertEqual((status, 's3cr' in out + err, '[redacted]' in out), (0, False, True))


class Pages(unittest.TestCase):
    def test_the_committed_ones_are_those_that_are_made(self):
        for verb, name in PAGES.items():
            with open(os.path.join(SOURCE, name), encoding='utf-8') as stream:
                self.assertEqual(page(verb), stream.read(), f'{name}: renew it with config_test.py --write')

    def test_the_template_is_an_environment_that_is_right(self):
        lines = [line for line in page('template').splitlines() if line and not line.startswith('# ')]
        variables = dict(line.removeprefix('#').split('=', 1) for line in lines)
        self.assertEqual(list(variables), [variable(name) for name in show()])
        self.assertGreaterEqual(sum(not line.startswith('#') for line in lines), LEAST)
        rows = show(**variables)
        for name, row in show().items():
            self.assertEqual(rows[name]['value'], row['value'], name)


if __name__ == '__main__':
    if sys.argv[3:] == ['--write']:
        for made, where in PAGES.items():
            with open(os.path.join(SOURCE, where), 'w', encoding='utf-8') as written:
                written.write(page(made))
        sys.exit()
    unittest.main(argv=sys.argv[:1] + sys.argv[3:])
