#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Two machines, as far as one can play them: a node with a scheduler, and a node without one whose executors reach it
by TLS with nothing but the folder that `gaia cert make` made for it.

usage: remote_test.py BUILD DATA
"""
import calendar
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BUILD, DATA = sys.argv[1:3]
PATIENCE_S = 120


def gaia(*arguments):
    return subprocess.run([os.path.join(BUILD, 'gaia'), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=PATIENCE_S, check=False)


def text_of(path):
    with open(path, encoding='utf-8') as stream:
        return stream.read()


def wait_until(good):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = good()
        if found:
            return found
        time.sleep(0.05)
    return None


class Certificates(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gaia-cert-')
        self.certs = os.path.join(self.folder.name, 'certs')
        self.state = os.path.join(self.folder.name, 'state')

    def tearDown(self):
        self.folder.cleanup()

    def make(self, *more):
        return gaia('cert', 'make', self.certs, '--state', self.state, *more)

    def test_keys_and_secrets_are_their_owners_alone(self):
        made = self.make('--scheduler', 'sched.example,10.1.2.3', '--executors', 'gpu1,gpu2')
        self.assertEqual(0, made.returncode, made.stderr)
        private = {'ca.key', 'key.pem', 'secret', 'scheduler.json'}
        found = 0
        for folder, _, names in os.walk(self.certs):
            for name in names:
                mode = stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode)
                self.assertEqual(0o600 if name in private else 0o644, mode, name)
                found += name in private
        self.assertEqual(1 + 1 + 2 * 3, found)
        secrets = {text_of(os.path.join(self.certs, name, 'secret')) for name in ('gpu1', 'gpu2')}
        self.assertEqual(2, len(secrets))
        self.assertNotIn(text_of(os.path.join(self.state, 'secret')), secrets)

    def test_show_says_whose_for_what_and_until_when(self):
        self.make('--scheduler', 'sched.example,10.1.2.3', '--executors', 'gpu1', '--days', '7')
        shown = gaia('cert', 'show', os.path.join(self.certs, 'scheduler', 'certificate.pem')).stdout
        self.assertIn('DNS:sched.example', shown)
        self.assertIn('IP Address:10.1.2.3', shown)
        self.assertIn('a scheduler', shown)
        self.assertRegex(shown, r'expires  \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, in [67] days')
        shown = gaia('cert', 'show', os.path.join(self.certs, 'gpu1', 'certificate.pem')).stdout
        self.assertIn('CN=gpu1', shown)
        self.assertIn('an executor', shown)

    def test_nothing_is_replaced_unless_it_is_asked_for(self):
        self.make('--scheduler', 'sched.example')
        path = os.path.join(self.certs, 'scheduler', 'certificate.pem')
        authority = text_of(os.path.join(self.certs, 'ca.pem'))
        first = text_of(path)
        again = self.make('--scheduler', 'sched.example')
        self.assertEqual(2, again.returncode)
        self.assertIn(path, again.stderr)
        self.assertEqual(first, text_of(path))
        self.assertEqual(0, self.make('--scheduler', 'sched.example', '--renew').returncode)
        self.assertNotEqual(first, text_of(path))
        self.assertEqual(authority, text_of(os.path.join(self.certs, 'ca.pem')))

    def test_errors_name_the_file(self):
        self.make('--scheduler', 'sched.example')
        key = os.path.join(self.certs, 'ca.key')
        os.chmod(key, 0o604)
        made = self.make('--executors', 'gpu1')
        self.assertEqual(3, made.returncode)
        self.assertIn(key, made.stderr)
        os.remove(key)
        made = self.make('--executors', 'gpu1')
        self.assertEqual(3, made.returncode)
        self.assertIn(key, made.stderr)
        self.assertEqual(3, gaia('cert', 'show', os.path.join(self.certs, 'none.pem')).returncode)
        for wrong in ('a/b', '..', 'scheduler', 'a b', ',x'):
            self.assertEqual(2, self.make('--executors', wrong).returncode, wrong)
        self.assertEqual(2, self.make('--scheduler', 'a b', '--renew').returncode)

    def test_an_executor_says_at_once_what_is_wrong_with_its_folder(self):
        self.make('--scheduler', 'sched.example', '--executors', 'gpu1')
        note = os.path.join(self.certs, 'gpu1', 'scheduler.json')
        good = text_of(note)

        def run():
            return subprocess.run([os.path.join(BUILD, 'gaia-executor'), '--scheduler', note, '--device', 'cpu'],
                                  stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
        for name in ('key.pem', 'secret'):
            path = os.path.join(self.certs, 'gpu1', name)
            os.chmod(path, 0o644)
            ended = run()
            self.assertEqual(3, ended.returncode)
            self.assertIn(path, ended.stderr)
            os.chmod(path, 0o600)
        node = subprocess.run([os.path.join(BUILD, 'gaia-node'), '--state', self.state, '--scheduler', f'{note},none.json'],
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(3, node.returncode)
        self.assertIn('none.json', node.stderr)
        with open(note, 'w') as out:
            out.write(good.replace('tls+tcp://sched.example:7461', 'tcp://sched.example:7461'))
        ended = run()
        self.assertEqual(3, ended.returncode)
        self.assertIn('tls+tcp://', ended.stderr)


class TwoMachines(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gaia-remote-')
        self.state = os.path.join(self.folder.name, 'here')
        self.nodes = []

    def tearDown(self):
        for node in reversed(self.nodes):
            node.send_signal(signal.SIGTERM)
        for node in self.nodes:
            self.assertEqual(0, node.wait(PATIENCE_S))
        logs = ''.join(text_of(os.path.join(self.folder.name, name)) for name in ('here.log', 'afar.log'))
        self.assertNotIn('Sanitizer', logs, logs)
        self.assertNotIn(text_of(os.path.join(self.state, 'secret')), logs)
        self.folder.cleanup()

    def node(self, name, *more):
        with open(os.path.join(self.folder.name, name + '.log'), 'w') as log:
            self.nodes.append(subprocess.Popen(
                [os.path.join(BUILD, 'gaia-node'), '--state', os.path.join(self.folder.name, name), '--threads', '1',
                 '--device', 'cpu', '--memory', '256MiB', *more], stderr=log))

    def note(self):
        try:
            with open(os.path.join(self.state, 'scheduler.json')) as note:
                return json.load(note)
        except (OSError, ValueError):
            return None

    def ask(self, note, path):
        with open(os.path.join(self.state, 'secret')) as secret:
            ask = urllib.request.Request(note['api'] + path, headers={'Authorization': 'Bearer ' + secret.read()})
        with urllib.request.urlopen(ask, timeout=PATIENCE_S) as answer:
            return answer.read().decode()

    def executors(self, note):
        listed = json.loads(self.ask(note, '/v1/executors'))['executors']
        return {one['id'] for one in listed if one['state'] == 'ready'}

    def check_metrics(self, note, certificate):
        """What they say of the certificate is what `gaia cert show` says."""
        ends = re.search(r'expires  (\S+)Z,', gaia('cert', 'show', certificate).stdout).group(1)
        ends_s = calendar.timegm(time.strptime(ends, '%Y-%m-%dT%H:%M:%S'))
        self.assertIn(f'\ngaia_certificate_expiry_timestamp_seconds{{listener="executors"}} {ends_s}\n',
                      self.ask(note, '/metrics'))

    def test_executors_elsewhere_give_the_bytes_of_score(self):
        certs = os.path.join(self.folder.name, 'certs')
        self.assertEqual(0, gaia('cert', 'make', certs, '--scheduler', '127.0.0.1', '--state', self.state).returncode)
        self.node('here', '--executors', '1', '--listen', '127.0.0.1', '--listen-control-port', '0',
                  '--listen-work-port', '0', '--ca', os.path.join(certs, 'ca.pem'), '--certificate',
                  os.path.join(certs, 'scheduler', 'certificate.pem'), '--key',
                  os.path.join(certs, 'scheduler', 'key.pem'))
        note = wait_until(self.note)
        self.assertIsNotNone(note)
        ports = [re.search(r':(\d+)$', note[key]).group(1) for key in ('remote_control', 'remote_work')]
        made = gaia('cert', 'make', certs, '--executors', 'gpu1', '--state', self.state, '--control-port', ports[0],
                    '--work-port', ports[1])
        self.assertEqual(0, made.returncode, made.stderr)
        gpu1 = os.path.join(certs, 'gpu1', 'scheduler.json')
        self.node('afar', '--executors', '2', '--scheduler', f'{gpu1},{gpu1}')  # of several whichever leads
        expected = {'executor-1', 'gpu1/executor-1', 'gpu1/executor-2'}
        self.assertTrue(wait_until(lambda: self.executors(note) == expected), self.executors(note))
        self.check_metrics(note, os.path.join(certs, 'scheduler', 'certificate.pem'))
        with open(os.path.join(self.folder.name, 'here.log')) as log:
            here = int(re.search(r'process_started: .* process=executor-1 process_pid=(\d+)', log.read()).group(1))
        os.kill(here, signal.SIGSTOP)  # only those elsewhere are left to do the work
        job = os.path.join(self.folder.name, 'job.json')
        case = os.path.join(DATA, 'uk_2019_t2m')
        with open(job, 'w') as out:
            json.dump({'schema': 'gaia.job/1', 'truth': {'files': [os.path.join(case, 'truth.nc')]},
                       'forecasts': [{'id': f'f{i}', 'files': [os.path.join(case, 'forecast.nc')]}
                                     for i in range(20)]}, out)
        scored = gaia('score', '--job', job, '--format', 'csv')
        self.assertEqual(0, scored.returncode, scored.stderr)
        queued = gaia('submit', job, '--state', self.state, '--wait', '--format', 'csv')
        os.kill(here, signal.SIGCONT)
        self.assertEqual(0, queued.returncode, queued.stderr)
        self.assertEqual(scored.stdout, queued.stdout)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
