#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `gaia` shows on a terminal, and that a program sees none of it: on a pseudo-terminal tables fit its window, colours
follow NO_COLOR and TERM, progress is shown and gone again; through a pipe there is plain text; and every command knows
--json.

usage: terminal_test.py BUILD SOURCE
"""
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import unittest

BUILD, SOURCE = sys.argv[1:3] if len(sys.argv) == 3 else sys.exit(__doc__)
GAIA = os.path.join(BUILD, 'gaia')
CASE = os.path.join(SOURCE, 'tests/data/era5_2017_persistence')
ESCAPE = re.compile(r'\x1b\[[0-9;]*[A-Za-z]')
SCORE = ['score', 'forecast.nc', 'truth.nc', 'climatology.nc', '--metrics', 'all', '--variables', 'z']


def environment(**more):
    base = {name: value for name, value in os.environ.items() if name not in ('COLUMNS', 'NO_COLOR')}
    return {**base, 'TERM': 'xterm', **more}


def on_terminal(arguments, columns=80, cwd=CASE, status=0, **more):
    """What a terminal of so many columns gets of standard output, and of standard error."""
    ends = [pty.openpty(), pty.openpty()]
    for _, slave in ends:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    process = subprocess.Popen([GAIA, *arguments], cwd=cwd, env=environment(**more), stdin=subprocess.DEVNULL,
                               stdout=ends[0][1], stderr=ends[1][1])
    for _, slave in ends:
        os.close(slave)
    shown = [b'', b'']

    def read(k):
        while True:
            try:
                piece = os.read(ends[k][0], 65536)
            except OSError:  # how a terminal says that nobody writes any more
                piece = b''
            if not piece:
                return
            shown[k] += piece

    readers = [threading.Thread(target=read, args=(k,)) for k in range(2)]  # at once, so that neither fills up
    for reader in readers:
        reader.start()
    for reader, (master, _) in zip(readers, ends):
        reader.join()
        os.close(master)
    if process.wait() != status:
        raise AssertionError(f'{arguments}: {process.returncode}: {shown}')
    return [text.decode().replace('\r\n', '\n') for text in shown]


def piped(arguments, cwd=CASE, status=0, **more):
    done = subprocess.run([GAIA, *arguments], cwd=cwd, env=environment(**more), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != status:
        raise AssertionError(f'{arguments}: {done.returncode}: {done.stdout}{done.stderr}')
    return done.stdout, done.stderr


def table_cells(text):
    """(labels, heading) -> cell of tables that stand one below the other."""
    found, heading = {}, None
    for line in text.splitlines():
        words = re.split(r' {2,}', line.strip())
        if words[0] == 'forecast' and 'variable' in words:
            heading = words
        elif line.strip():
            found.update({(tuple(words[:6]), name): word for name, word in zip(heading[6:], words[6:])})
    return found


class Terminal(unittest.TestCase):
    def test_tables_fit_the_window_and_lose_nothing(self):
        whole, _ = piped(SCORE)
        self.assertNotIn('\x1b', whole)
        self.assertGreater(max(len(line) for line in whole.splitlines()), 150)
        wanted = table_cells(whole)
        self.assertGreater(len(wanted), 100)
        for columns in (80, 100, 200, 1000):  # labels and the longest heading take 73
            shown, _ = on_terminal(SCORE, columns)
            plain = ESCAPE.sub('', shown)
            self.assertLessEqual(max(len(line) for line in plain.splitlines()), columns)
            self.assertEqual(table_cells(plain), wanted, columns)
        by_variable, _ = on_terminal(SCORE, 200, COLUMNS='80')  # what COLUMNS says goes before the window
        self.assertEqual(by_variable, on_terminal(SCORE, 80)[0])
        self.assertEqual(ESCAPE.sub('', on_terminal(SCORE, 1000)[0]), whole)
        for nonsense in ('0', '-5', 'wide', '99999999999999999999'):
            self.assertIn('rmse', on_terminal(SCORE, 80, COLUMNS=nonsense)[0])

    def test_files_and_other_formats_are_never_folded(self):
        for form in ('csv', 'json'):
            options = [*SCORE, '--format', form]
            self.assertEqual(on_terminal(options)[0], piped(options)[0])
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, 'table.txt')
            on_terminal([*SCORE, '--out', out], 72)
            with open(out, encoding='utf-8') as stream:
                self.assertEqual(stream.read(), piped(SCORE)[0])

    def test_colours(self):
        shown, told = on_terminal(SCORE)
        self.assertIn('\x1b[1mforecast', shown)
        self.assertIn('\x1b[32m#', told)
        self.assertIn('\x1b[31mgaia:\x1b[0m nothing.nc', on_terminal(['score', 'nothing.nc', 'truth.nc'], status=3)[1])
        for more in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}, {'TERM': ''}):
            shown, told = on_terminal(SCORE, **more)
            self.assertNotIn('\x1b', shown)
            self.assertNotRegex(told, r'\x1b\[[0-9;]*m')
            self.assertEqual(on_terminal(['score', 'nothing.nc', 'truth.nc'], status=3, **more)[1].count('\x1b'), 0)
        self.assertIn('\x1b[1m', on_terminal(SCORE, NO_COLOR='')[0])  # empty is not set, as no-color.org has it

    def test_progress_is_shown_and_gone(self):
        for columns in (30, 80):
            told = on_terminal(SCORE, columns)[1]
            lines = [ESCAPE.sub('', line) for line in told.split('\r\x1b[K')]
            self.assertEqual((lines[0], lines[-1]), ('', ''))
            self.assertTrue(any('100 %' in line for line in lines), lines)
            self.assertLess(max(len(line) for line in lines), columns)
        self.assertIn('of 8 fields', ESCAPE.sub('', on_terminal(SCORE, 80)[1]))
        self.assertEqual(piped(SCORE)[1], '')


class Json(unittest.TestCase):
    """Every command knows --json, and what it prints then is one JSON value."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.more = {'XDG_STATE_HOME': cls.folder.name}
        cls.seen = set()

    @classmethod
    def tearDownClass(cls):
        piped(['down'], **cls.more)
        cls.folder.cleanup()

    def ask(self, *arguments, cwd=CASE, status=0):
        self.seen.add(arguments[0])
        return json.loads(piped([*arguments, '--json'], cwd=cwd, status=status, **self.more)[0])

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def test_each_command(self):
        self.without_a_stack()
        self.with_a_stack()
        commands = self.ask('help')['commands']
        self.assertGreater(len(commands), 20)
        for command in commands:
            for form in command['forms']:
                options = {option['name'] for option in form['options']}
                self.assertTrue(options & {'json', 'format'}, form['usage'])
        self.assertEqual({command['name'] for command in commands} - self.seen, set())

    def without_a_stack(self):
        scores = self.ask('score', 'forecast.nc', 'truth.nc', '--moments-out', self.path('sums.gm'))
        self.assertEqual(scores, json.loads(piped(['score', 'forecast.nc', 'truth.nc', '--format', 'json'])[0]))
        self.assertEqual(self.ask('scores', self.path('sums.gm')), scores)
        self.assertEqual(self.ask('report', self.path('sums.gm'))['schema'], 'gaia.report/1')
        piped([*SCORE, '--maps', 'z500', '--maps-out', self.path('errors.gmap')])
        self.assertEqual([one['level'] for one in self.ask('maps', self.path('errors.gmap'))['maps']], [500, 500])
        self.assertEqual(self.ask('hash', 'forecast.nc')['schema'], 'gaia.content/1')
        self.assertEqual(self.ask('verify', 'forecast.nc', status=3)['schema'], 'gaia.verdict/1')
        self.assertEqual(self.ask('manifest', 'make', CASE)['schema'], 'gaia.manifest/1')
        piped(['manifest', 'make', CASE, '--out', self.path('m.json')])
        self.assertEqual(self.ask('manifest', 'check', CASE, self.path('m.json'))['bad'], [])
        made = self.ask('climatology', 'truth.nc', '--out', self.path('c.nc'), '--kind', 'constant')
        self.assertEqual((made['out'], made['missing']), (self.path('c.nc'), 0))
        self.assertIn('gaia-era5', [one['name'] for one in self.ask('profile', 'list')['profiles']])
        shipped = os.path.join(SOURCE, 'host/score/profiles/wmo.json')
        self.assertEqual(self.ask('profile', 'check', shipped)['name'], 'wmo')
        self.assertEqual(self.ask('profile', 'show', 'wmo')['name'], 'wmo')
        self.assertIn(self.path('certs'), self.ask('cert', 'make', self.path('certs'), '--scheduler', 'localhost')['made'][0])
        self.assertTrue(self.ask('cert', 'show', self.path('certs/ca.pem'))['lines'])
        self.assertIn('weather.hash.forecast_verify', self.ask('task', 'list')['tasks'])
        self.assertEqual(self.ask('config', 'show', '--beat', '500ms')['options'][0]['name'], 'state')
        self.assertEqual(self.ask('config', 'check'), {'faults': []})
        for verb in ('reference', 'template'):
            self.assertTrue(self.ask('config', verb)['lines'])
        self.assertIn('complete', ' '.join(self.ask('completion', 'bash')['script']))
        self.assertEqual([one['name'] for one in self.ask('help', 'score')['commands']], ['score'])
        self.assertTrue(self.ask('bench', '--device', 'cpu', '--grid', '19x36', '--fields', '2', '--forecasts', '1', '--dtype',
                                 'float32', '--cases', 'single', '--rounds', '1', '--seconds', '1'))
        with open(self.path('mine.json'), 'w', encoding='utf-8') as stream:
            with open(os.path.join(SOURCE, 'host/score/profiles/gaia-era5.json'), encoding='utf-8') as shipped:
                json.dump({**json.load(shipped), 'name': 'mine', 'leads': [12, 24],
                           'variables': [{'name': 'z', 'weight': 1, 'levels': [500]}]}, stream)
        piped([*SCORE[:4], '--profile', self.path('mine.json'), '--composite-out', self.path('composites.json')])
        self.assertTrue(self.ask('explain', self.path('composites.json'))['lines'])

    def with_a_stack(self):
        up = self.ask('up', '--executors', '1')
        self.assertEqual((up['done'], up['state']), ('is up', self.path('gaia')))
        with open(self.path('job.json'), 'w', encoding='utf-8') as stream:
            json.dump({'schema': 'gaia.job/1', 'name': 'a "job"', 'truth': {'files': [os.path.join(CASE, 'truth.nc')]},
                       'forecasts': [{'id': 'f', 'files': [os.path.join(CASE, 'forecast.nc')]}]}, stream)
        self.assertEqual(self.ask('submit', self.path('job.json'), '--wait')[0]['forecast'], 'f')
        self.assertEqual(self.ask('doctor')['problems'], 0)  # the executor is there by now
        self.assertEqual(self.ask('health')['executors_heard'], 1)
        job = self.ask('submit', self.path('job.json'))['id']
        shown, told = on_terminal(['submit', self.path('job.json'), '--wait'], 80, **self.more)
        self.assertIn('\x1b[1mforecast', shown)
        self.assertIn('100 %  16 of 16 fields', ESCAPE.sub('', told))
        self.assertTrue(told.endswith('\r\x1b[K'), told)
        jobs = self.ask('jobs')['jobs']
        self.assertEqual((len(jobs), jobs[0]['name']), (3, 'a "job"'))
        for chosen, n in (('--limit', '2'), 2), (('--name', 'a "job"'), 3), (('--name', 'a'), 0), (('--of-state', 'failed'), 0), (('--tenant', 't&u'), 0):
            self.assertEqual(len(self.ask('jobs', *chosen)['jobs']), n, chosen)
        self.assertIn('state: queued, ', piped(['jobs', '--of-state', 'over'], status=2, **self.more)[1])
        whole = self.ask('job', job)
        self.assertEqual((whole['id'], whole['error'], whole['forecasts'][0]['id']), (job, None, 'f'))
        self.assertEqual(self.ask('leaderboard')['leaderboard'], [])
        self.assertEqual(self.ask('backup', self.path('all.backup')),
                         {'file': self.path('all.backup'), 'bytes': os.path.getsize(self.path('all.backup'))})
        token = self.ask('token', 'create', 'reader', '--scope', 'read')
        self.assertTrue(token['token'].startswith('gaia_'))
        self.assertEqual([one['name'] for one in self.ask('token', 'list')['tokens']], ['reader'])
        self.assertEqual(self.ask('token', 'revoke', token['id']), {'id': token['id'], 'done': 'revoke'})
        schedule = self.ask('schedule', 'add', self.path('job.json'), '--cron', '0 0 1 1 *')['id']
        self.assertEqual(self.ask('schedule', 'list')['schedules'][0]['id'], schedule)
        for change in ('pause', 'resume', 'remove'):
            self.assertEqual(self.ask('schedule', change, schedule), {'id': schedule, 'done': change})
        with open(self.path('bad.json'), 'w', encoding='utf-8') as stream:
            json.dump({'schema': 'gaia.job/1', 'truth': {'files': ['/nowhere/o.nc']},
                       'forecasts': [{'id': 'f', 'files': ['/nowhere/f.nc']}]}, stream)
        piped(['submit', self.path('bad.json'), '--wait'], status=3, **self.more)
        bad = self.ask('jobs')['jobs'][0]['id']
        self.assertEqual(self.ask('job', bad)['error']['code'], 'file_missing')
        self.assertEqual(self.ask('dead'), {'batches': []})
        self.assertIn('/nowhere', self.ask('dead', bad)['attempts'][0]['detail'])
        self.lists_on_a_terminal(bad)
        self.assertEqual(self.ask('replay', bad), {'id': bad, 'done': 'replay'})
        late = self.path('late.json')
        with open(self.path('job.json'), encoding='utf-8') as stream, open(late, 'w', encoding='utf-8') as out:
            json.dump({**json.load(stream), 'queue': {'not_before': '2999-01-01'}}, out)
        waiting = self.ask('submit', late)['id']
        self.assertEqual(self.ask('cancel', waiting), {'id': waiting, 'done': 'cancel'})
        executor = self.ask('executors')['executors'][0]['id']
        self.assertEqual(self.ask('executors', 'drain', executor), {'id': executor, 'done': 'drain'})
        self.assertEqual(self.ask('down')['done'], 'is down')
        self.assertEqual(self.ask('down')['done'], 'was not up')

    def lists_on_a_terminal(self, bad):
        for arguments in (['jobs'], ['dead', bad], ['executors']):
            for columns in (40, 60, 200):
                shown, _ = on_terminal(arguments, columns, **self.more)
                plain = ESCAPE.sub('', shown)
                self.assertIn('\x1b[1m', shown)
                lines = [line for line in plain.splitlines() if 'left out, for want of room' not in line]
                self.assertGreater(len(lines), 1)
                if columns >= 60:
                    self.assertLessEqual(max(len(line) for line in lines), columns)
            self.assertEqual(plain, piped(arguments, **self.more)[0])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
