#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The logs of a real stack after jobs, refusals, a crash, a renewed certificate and files that were moved away: every
line is what monitoring/README.md says, those of a batch say which one it is in every program, and no secret is in any.

usage: logs_test.py BUILD SOURCE

Invariant: only processes that this test has started are signalled, and all of them are gone at its end."""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

BUILD, SOURCE = sys.argv[1:3]
CASE = os.path.join(SOURCE, 'tests/data/uk_2019_t2m')
PATIENCE_S = 120
N_JOBS = 8  # enough for a file to be rotated
PASSWORD = 'hunter2-of-the-store'
HOSTILE = 'a\u202ename\n\x1b[31m\u200b'
BOUND = ['executor', 'job', 'batch', 'attempt', 'repeated']
HEAD = ['time', 'level', 'stream', 'program', 'pid', 'event', 'message']


def text_of(path):
    with open(path, encoding='utf-8') as stream:
        return stream.read()


def wait_until(good):
    deadline = time.monotonic() + PATIENCE_S
    while not good():
        if time.monotonic() > deadline:
            raise AssertionError('it did not come to pass')
        time.sleep(0.05)


def whole_lines(path):
    """Of a file that may be written to, or moved, meanwhile."""
    try:
        return text_of(path).split('\n')[:-1]
    except FileNotFoundError:
        return []


def reference_read():
    """The events of the README's table: name to (stream, fields)."""
    rows = re.findall(r'^\| `(\w+)` \| (application|performance|security|any) \| (.*?) \|', text_of(
        os.path.join(SOURCE, 'monitoring/README.md')), re.MULTILINE)
    return {event: (stream, set(re.findall(r'`(\w+)`', fields))) for event, stream, fields in rows}


def sources_read():
    """The events that the programs log: name to stream."""
    events = {'log_lost': 'any'}
    for folder in ('host', 'scheduler'):
        for path in glob.glob(os.path.join(SOURCE, folder, '**/*.c'), recursive=True):
            for stream, event in re.findall(r'log_event\([^;"]*?LOG_(APPLICATION|PERFORMANCE|SECURITY)[^;"]*"(\w+)"',
                                            text_of(path)):
                events[event] = stream.lower()
    for event in re.findall(r'\] = "(\w+_limited)"', text_of(os.path.join(SOURCE, 'scheduler/http_limits.c'))):
        events[event] = 'security'
    return events


class Logs(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gaia-logs-')
        self.state = os.path.join(self.folder.name, 'state')
        self.logs = os.path.join(self.folder.name, 'logs')
        self.certs = os.path.join(self.folder.name, 'certs')
        self.secrets = [PASSWORD]
        self.gaia('cert', 'make', self.certs, '--scheduler', '127.0.0.1')
        with open(os.path.join(self.folder.name, 'stderr'), 'w', encoding='utf-8') as stream:
            self.node = subprocess.Popen(
                [os.path.join(BUILD, 'gaia-node'), '--state', self.state, '--executors', '1', '--threads', '1', '--device',
                 'cpu', '--memory', '64MiB', '--lifetime-min', '1', '--log-directory', self.logs, '--log-format', 'json',
                 '--log-level', 'debug', '--log-size', '4KiB', '--log-keep', '500', '--api-listen', '127.0.0.1',
                 '--api-listen-port', '0', '--api-certificate', os.path.join(self.certs, 'scheduler', 'certificate.pem'),
                 '--api-key', os.path.join(self.certs, 'scheduler', 'key.pem')], stderr=stream)
        wait_until(lambda: os.path.exists(os.path.join(self.state, 'scheduler.json')))
        self.address = json.loads(text_of(os.path.join(self.state, 'scheduler.json')))['api']
        self.secrets.append(text_of(os.path.join(self.state, 'secret')).strip())

    def tearDown(self):
        if self.node.poll() is None:
            self.node.terminate()
            self.node.wait(PATIENCE_S)
        self.folder.cleanup()

    def gaia(self, *arguments, status=0):
        done = subprocess.run([os.path.join(BUILD, 'gaia'), *arguments, '--state', self.state], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(status, done.returncode, done.stderr)
        return done.stdout

    def ask(self, path, token):
        request = urllib.request.Request(self.address + path, headers={'Authorization': 'Bearer ' + token})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def submit(self, name, forecast, status):
        path = os.path.join(self.folder.name, 'job.json')
        with open(path, 'w', encoding='utf-8') as out:
            json.dump({'schema': 'gaia.job/1', 'name': name, 'truth': {'files': [os.path.join(CASE, 'truth.nc')]},
                       'forecasts': [{'id': 'f', 'files': [forecast]}]}, out)
        self.gaia('submit', path, '--wait', status=status)

    def lines(self):
        """Every line of every file, oldest first within a stream, each checked for what all have."""
        def age(path):
            number = re.search(r'\.log\.(\d+)$', path)
            return -int(number[1]) if number else 0
        found = []
        for path in sorted(glob.glob(os.path.join(self.logs, '*/*.log*')), key=lambda path: (path.split('.log')[0], age(path))):
            for text in whole_lines(path):
                line = json.loads(text)
                self.assertEqual(HEAD, list(line)[:len(HEAD)], text)
                self.assertRegex(line['time'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')
                self.assertEqual(line['stream'], os.path.basename(path).split('.')[0], path)
                self.assertNotIn('cut', line)
                found.append(line)
        return found

    def of(self, event):
        return [line for line in self.lines() if line['event'] == event]

    def pids(self):
        """Of the processes that run, by name, as the node's log has them."""
        started = self.of('process_started')
        return {line['process']: line['process_pid'] for line in started}

    def use_tokens(self):
        made = json.loads(self.gaia('token', 'create', 'reader', '--scope', 'read', '--json'))
        self.secrets.append(made['token'])
        self.assertEqual(200, self.ask('/v1/jobs', made['token']))
        self.assertEqual(403, self.ask('/v1/tokens', made['token']))
        for wrong in ('gaia_' + '0' * 64, 'let-me-in-please'):
            self.secrets.append(wrong)
            self.assertEqual(401, self.ask('/v1/jobs', wrong))
        self.gaia('token', 'revoke', made['id'])

    def intrude(self):
        """An executor whose secret is another's."""
        other = os.path.join(self.folder.name, 'other')
        os.mkdir(other)
        shutil.copy(os.path.join(self.state, 'scheduler.json'), other)
        self.secrets.append('5eed' * 16)
        with open(os.open(os.path.join(other, 'secret'), os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='utf-8') as out:
            out.write(self.secrets[-1])
        done = subprocess.run([os.path.join(BUILD, 'gaia-executor'), '--state', other, '--id', 'stranger', '--device', 'cpu',
                               '--memory', '64MiB'], stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertNotIn(self.secrets[-1], done.stderr)
        self.assertIn(' error application gaia-executor[', done.stderr)
        refused = self.of('executor_refused')
        self.assertEqual(['proof'], [line['reason'] for line in refused])
        self.assertIn('stranger', refused[0]['detail'])

    def renew(self):
        """SIGHUP to the node reaches its scheduler, and ends nobody."""
        before = self.pids()
        self.gaia('cert', 'make', self.certs, '--scheduler', '127.0.0.1', '--renew')
        self.node.send_signal(signal.SIGHUP)
        wait_until(lambda: self.of('certificate_renewed'))
        self.assertEqual(before, self.pids())

    def move_away(self):
        """As logrotate does."""
        current = os.path.join(self.logs, 'node', 'application.log')
        os.rename(current, current + '.999')
        self.crash()
        self.assertIn('process_ended', text_of(current))

    def crash(self):
        pid = self.pids()['executor-1']
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: any(line['process_pid'] == pid and 'killed by signal 9' in line['how'] and line['reason']
                               for line in self.of('process_ended')))
        wait_until(lambda: self.pids().get('executor-1', pid) != pid)
        wait_until(lambda: any(line['reason'] == 'replaced' for line in self.of('executor_gone')))

    def check_batches(self):
        """A batch has one name in both programs, bound once in each."""
        run, done = self.of('batch_run'), self.of('batch_done')
        def names(lines):
            return sorted((line['executor'], line['job'], line['batch'], line['attempt']) for line in lines)
        self.assertEqual(names(run), names(done))
        self.assertEqual({'plan', 'score'}, {line['kind'] for line in done})
        self.assertTrue(all(line['seconds'] >= 0 for line in run + done))
        scored = [line for line in done if line['kind'] == 'score']
        self.assertTrue(scored and all(line['fields'] > 0 and line['bytes'] > 0 for line in scored), scored)
        over = {line['job']: line['state'] for line in self.of('job_over')}
        self.assertEqual({line['job'] for line in self.of('job_submitted')}, set(over))
        self.assertEqual(['failed'] + N_JOBS * ['succeeded'], sorted(over.values()))
        self.assertTrue({line['job'] for line in run} == set(over))

    def check_shown(self):
        """A job's name is exact in JSON; what people read of it neither steers, hides nor turns anything."""
        jobs = json.loads(self.gaia('jobs', '--json'))['jobs']
        self.assertEqual(N_JOBS, sum(job['name'] == HOSTILE for job in jobs))
        for told in (self.gaia('jobs'), self.gaia('job', next(job['id'] for job in jobs if job['name'] == HOSTILE))):
            self.assertRegex(told, r'(?m)^.* a\?name  \[31m\?$')
            self.assertNotRegex(told, '[\u200b\u202e\x1b]')

    def check_secrets(self):
        whole = ''.join(text_of(path) for path in glob.glob(os.path.join(self.logs, '*/*')))
        whole += text_of(os.path.join(self.folder.name, 'stderr'))
        for secret in self.secrets:
            self.assertNotIn(secret, whole)
        self.assertIn('f.nc?token=[redacted]', whole)
        self.assertEqual([], re.findall(r'[0-9a-f]{32}', whole))  # sessions and attempts are so long

    def test_lines_are_those_of_the_reference(self):
        for _ in range(N_JOBS):
            self.submit(HOSTILE, os.path.join(CASE, 'forecast.nc'), 0)
        self.submit('afar', os.path.join(self.folder.name, f'f.nc?token={PASSWORD}'), 3)
        self.check_shown()
        self.use_tokens()
        self.intrude()
        self.renew()
        self.move_away()
        self.node.terminate()
        self.assertEqual(0, self.node.wait(PATIENCE_S))
        reference = reference_read()
        self.assertEqual(sources_read(), {event: stream for event, (stream, _) in reference.items()})
        for line in self.lines():
            stream, fields = reference[line['event']]
            self.assertIn(stream, ('any', line['stream']))
            self.assertLessEqual(set(line) - set(HEAD + BOUND), fields, line)
        self.assertTrue(glob.glob(os.path.join(self.logs, 'scheduler/performance.log.1')), 'nothing was rotated')
        self.check_batches()
        self.check_secrets()
        for event in ('executor_admitted', 'token_made', 'token_refused', 'scope_refused', 'token_revoked',
                      'executor_gone', 'sandbox_landlock', 'stopped', 'node_ending', 'process_stopped'):
            self.assertTrue(self.of(event), event)
        self.assertEqual('127.0.0.1', self.of('token_refused')[0]['address'])
        self.assertEqual(1, self.of('token_refused')[-1]['repeated'])


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
