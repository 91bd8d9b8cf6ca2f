#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`gaia health` of a whole stack, of a scheduler and of executors alone, and of what does not answer any more.

usage: health_test.py BUILD
"""
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = sys.argv[1] if len(sys.argv) >= 2 else sys.exit(__doc__)
PATIENCE_S = 120


class Health(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gaia-health-')
        self.addCleanup(self.folder.cleanup)
        self.state = os.path.join(self.folder.name, 'state')

    def gaia(self, *arguments):
        return subprocess.run([os.path.join(BUILD, 'gaia'), *arguments, '--state', self.state], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)

    def health(self):
        """(exit status, scheduler, executors, those heard)"""
        done = self.gaia('health', '--json')
        told = json.loads(done.stdout)
        self.assertEqual(told.pop('schema'), 'gaia.health/1')
        self.assertEqual(done.returncode == 0, done.stderr == '')
        return (done.returncode, *told.values())

    def becomes(self, *wanted, old=None):
        """Waits for that; the file `old` is made old each time, since an answer may be on its way."""
        deadline = time.monotonic() + PATIENCE_S
        while self.health() != wanted:
            self.assertLess(time.monotonic(), deadline, self.health())
            time.sleep(0.05)
            if old:
                os.utime(old, (0, 0))

    def started(self, program, *arguments):
        process = subprocess.Popen([os.path.join(BUILD, program), '--state', self.state, *arguments],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def executor(self):
        return self.started('gaia-executor', '--id', 'one', '--threads', '1', '--memory', '64MiB', '--device', 'cpu')

    def test_nothing_there_is_not_healthy_and_stays_nothing(self):
        self.assertEqual(self.health(), (5, 'none', 0, 0))
        self.assertFalse(os.path.exists(self.state))

    def test_a_scheduler_by_its_answer(self):
        scheduler = self.started('gaia-scheduler')
        self.becomes(0, 'answers', 0, 0)
        scheduler.kill()  # what it announced is left behind
        self.becomes(5, 'silent', 0, 0)

    def test_executors_by_when_they_were_heard(self):
        scheduler = self.started('gaia-scheduler')
        executor = self.executor()
        self.becomes(0, 'answers', 1, 1)
        self.assertEqual(self.gaia('health').stdout, 'scheduler: answers; executors: 1, heard: 1\n')
        [beat] = glob.glob(os.path.join(self.state, 'scratch', '*', 'beat'))
        os.utime(beat, (0, 0))
        self.becomes(0, 'answers', 1, 1)  # each beat makes it young again
        scheduler.send_signal(signal.SIGTERM)
        self.becomes(0, 'none', 1, 1)  # for half a minute
        self.becomes(5, 'none', 1, 0, old=beat)
        executor.send_signal(signal.SIGTERM)
        self.becomes(5, 'none', 0, 0)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
