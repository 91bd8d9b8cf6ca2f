#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`gaia doctor` with a real stack and without one, and with each kind of thing that can be wrong.

usage: doctor_test.py BUILD
"""
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = sys.argv[1] if len(sys.argv) >= 2 else sys.exit(__doc__)
PATIENCE_S = 60
LINE = re.compile(r'^(ok|note|problem) +(\S+(?: \S+)*?)  +(\S.*)$')


class Doctor(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gaia-doctor-')
        self.state = os.path.join(self.folder.name, 'state')

    def tearDown(self):
        self.folder.cleanup()

    def gaia(self, *arguments, program=os.path.join(BUILD, 'gaia'), prepare=None):
        return subprocess.run([program, *arguments, '--state', self.state], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False, preexec_fn=prepare)

    def examine(self, exit_status, lines=False, **how):
        """{check: (verdict, text, advice)} of `gaia doctor --json`; with lines these are held to say the same."""
        done = self.gaia('doctor', '--json', **how)
        self.assertEqual((done.returncode, done.stderr), (exit_status, ''), done.stdout)
        told = json.loads(done.stdout)
        self.assertEqual(sorted(told), ['findings', 'problems', 'schema', 'version'])
        self.assertEqual(told['schema'], 'gaia.doctor/1')
        findings = {}
        for finding in told['findings']:
            self.assertEqual('advice' in finding, finding['verdict'] != 'ok', finding)
            self.assertNotIn(finding['check'], findings)
            findings[finding['check']] = (finding['verdict'], finding['text'], finding.get('advice', ''))
        problems = [check for check, (verdict, _, _) in findings.items() if verdict == 'problem']
        self.assertEqual(told['problems'], len(problems))
        self.assertEqual(exit_status == 0, not problems)
        if lines:
            self.lines_agree(findings, problems, self.gaia('doctor', **how), exit_status)
        return findings

    def lines_agree(self, findings, problems, done, exit_status):
        self.assertEqual(done.returncode, exit_status)
        rows = [LINE.match(line) for line in done.stdout.splitlines()[:-1]]
        self.assertEqual([row and row.group(1, 2) for row in rows],
                         [(verdict, check) for check, (verdict, _, _) in findings.items()])
        for row, (_, _, advice) in zip(rows, findings.values()):
            self.assertTrue(row.group(3).endswith(advice), row)
        self.assertEqual(done.stdout.splitlines()[-1],
                         {0: 'no problem', 1: '1 problem'}.get(len(problems), f'{len(problems)} problems'))

    def secret(self, name='secret', mode=0o600, text='0123456789abcdef' * 4 + '\n'):
        os.makedirs(self.state, mode=0o700, exist_ok=True)
        path = os.path.join(self.state, name)
        with open(path, 'w', encoding='ascii') as stream:
            stream.write(text)
        os.chmod(path, mode)
        return path

    def n_executors(self):
        return len(json.loads(self.gaia('executors', '--json').stdout)['executors'])

    def test_without_a_stack_there_is_no_problem(self):
        found = self.examine(0, lines=True)
        self.assertEqual(found['state'], ('note', f'{self.state}: No such file or directory', '`gaia up` makes it'))
        self.assertFalse(os.path.exists(self.state))  # looking makes nothing
        self.assertNotIn('scheduler', found)
        for library in ('netcdf-c', 'HDF5', 'ecCodes', 'libcurl', 'nng', 'SQLite', 'libmicrohttpd'):
            self.assertEqual(found[library][0], 'ok')
            self.assertRegex(found[library][1], r'^\d+\.\d+')
        self.assertEqual(found['GRIB tables'][0], 'ok')
        self.assertIn('portable', found['CPU'][1])
        self.assertRegex(found['memory'][1], r'^\d+ MiB free of \d+')
        for program in ('gaia', 'gaia-node', 'gaia-executor', 'gaia-scheduler'):
            self.assertEqual(found[program][0], 'ok')
        os.mkdir(self.state, 0o700)
        found = self.examine(0)
        self.assertEqual(found['scheduler'], ('note', f'none runs on {self.state}', '`gaia up` starts one'))
        self.assertEqual(os.listdir(self.state), [])

    def test_with_a_stack(self):
        up = self.gaia('up', '--executors', '2', '--memory', '64MiB')
        try:
            self.assertEqual(up.returncode, 0, up.stderr)
            deadline = time.monotonic() + PATIENCE_S
            while self.n_executors() < 2:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            found = self.examine(0, lines=True)
            self.assertEqual(found['scheduler'], ('ok', 'takes jobs', ''))
            self.assertEqual(found['executors'], ('ok', '2', ''))
            self.assertEqual(found['secret'][0], 'ok')
            self.assertEqual(found['state'], ('ok', f'{self.state}, mode 0700', ''))
            with open(os.path.join(self.state, 'secret'), encoding='ascii') as stream:
                self.assertNotIn(stream.read().strip(), self.gaia('doctor').stdout)
            # What is left of a scheduler that was killed is a problem, as it is for whoever submits.
            shutil.copy(os.path.join(self.state, 'scheduler.json'), os.path.join(self.folder.name, 'note'))
        finally:
            self.gaia('down')
        self.assertEqual(self.examine(0)['scheduler'][0], 'note')
        shutil.copy(os.path.join(self.folder.name, 'note'), os.path.join(self.state, 'scheduler.json'))
        verdict, text, advice = self.examine(5)['scheduler']
        self.assertEqual((verdict, '`gaia up`' in advice), ('problem', True), text)

    def test_a_scheduler_without_executors(self):
        with subprocess.Popen([os.path.join(BUILD, 'gaia-scheduler'), '--state', self.state],
                              stderr=subprocess.DEVNULL) as scheduler:
            try:
                deadline = time.monotonic() + PATIENCE_S
                while self.gaia('jobs').returncode != 0:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.05)
                found = self.examine(5)
                self.assertEqual((found['scheduler'][0], found['executors'][:2]),
                                 ('ok', ('problem', 'the scheduler has none')))
            finally:
                scheduler.terminate()

    def test_secrets_that_others_can_read(self):
        for name in ('secret', 'postgres', 'key.pem'):
            with self.subTest(name=name):
                path = self.secret(name, 0o644)
                found = self.examine(3)
                self.assertEqual(found[name][:2],
                                 ('problem', f'{path}: holds a secret, but its mode 0644 lets others at it; chmod 0600'))
                os.chmod(path, 0o600)
                self.assertEqual(self.examine(0)[name], ('ok', 'nobody else can read it', ''))

    def test_a_secret_that_is_none(self):
        path = self.secret(text='short\n')
        self.assertEqual(self.examine(3)['secret'][:2], ('problem', f'{path}: 64 hexadecimal digits are wanted'))
        os.remove(path)
        os.mkfifo(path, 0o600)  # nobody writes to it: whoever waits for it waits for ever
        found = self.examine(3)
        self.assertEqual(found['secret'][:2], ('problem', f'{path}: not a regular file'))
        self.assertNotIn('scheduler', found)

    def test_a_state_folder_that_is_a_file(self):
        with open(self.state, 'w', encoding='ascii') as stream:
            stream.write('x')
        found = self.examine(3, lines=True)
        self.assertEqual(found['state'][:2], ('problem', f'{self.state}: not a directory'))
        self.assertNotIn('scheduler', found)

    def test_a_state_folder_that_others_write_to(self):
        os.mkdir(self.state)
        os.chmod(self.state, 0o777)
        self.assertEqual(self.examine(3)['state'],
                         ('problem', f'{self.state}: its mode 0777 lets others put files there', 'chmod 0700'))

    def test_limits(self):
        found = self.examine(5, prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100)))
        self.assertEqual(found['open files'][:2], ('problem', 'at most 100'))
        found = self.examine(0, prepare=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (512, 512)))
        self.assertEqual(found['open files'][:2], ('note', 'at most 512'))
        found = self.examine(0, prepare=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 46, 1 << 46)))
        self.assertEqual(found['address space'][:2], ('note', f'limited to {1 << 26} MiB'))

    def test_an_installation_with_holes(self):
        program = shutil.copy(os.path.join(BUILD, 'gaia'), self.folder.name)
        scheduler = os.path.join(self.folder.name, 'gaia-scheduler')
        with open(scheduler, 'w', encoding='ascii') as stream:
            stream.write('#!/bin/sh\necho gaia-scheduler 9.9\n')
        os.chmod(scheduler, 0o755)
        node = os.path.join(self.folder.name, 'gaia-node')
        with open(node, 'w', encoding='ascii') as stream:
            stream.write('#!/bin/sh\necho no libjansson here >&2\nexit 127\n')
        os.chmod(node, 0o755)
        module = os.path.join(self.folder.name, 'libgaia_cuda.so')
        with open(module, 'w', encoding='ascii') as stream:
            stream.write('no library\n')
        found = self.examine(3, lines=True, program=program)
        self.assertEqual(found['gaia-executor'][:2],
                         ('problem', os.path.join(self.folder.name, 'gaia-executor') + ': No such file or directory'))
        self.assertEqual(found['gaia-node'][:2], ('problem', f'{node}: no libjansson here'))
        self.assertEqual(found['gaia-scheduler'][0], 'problem')
        self.assertIn("another version than gaia", found['gaia-scheduler'][1])
        self.assertIn("'gaia-scheduler 9.9'", found['gaia-scheduler'][1])
        self.assertIn(module, found['GPU'][1])  # and why it cannot be loaded
        self.assertNotIn('not installed', found['GPU'][1])

    def test_wrong_use(self):
        self.assertEqual(self.gaia('doctor', 'all').returncode, 2)
        self.assertEqual(self.gaia('doctor', '--jsno').stderr, 'gaia: unknown option --jsno; did you mean --json?\n')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
