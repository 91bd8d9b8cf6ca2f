#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The scheduler's overview in a real browser: signing in, jobs on their way, and the page of one.

usage: live_test.py BUILD        Exit status 77: there is no browser here.
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

import browser
import sample

BUILD = sys.argv[1] if len(sys.argv) >= 2 else sys.exit(__doc__)
SKIPPED = 77
PATIENCE_S = 240
HOSTILE = '</td><img src=x onerror="window.hit=1">'
HIDDEN = '\u202e\u200b\u2028\x1b'  # what would turn, hide or steer


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix='gaia-live-')
        cls.addClassCleanup(holder.cleanup)
        cls.season = sample.Season(holder.name, models=('aurora-2', 'hres'))
        cls.season.write()
        cls.state = cls.season.path('state')
        cls.gaia('up', '--state', cls.state, '--executors', '1')
        cls.addClassCleanup(cls.gaia, 'down', '--state', cls.state)
        cls.gaia('submit', cls.season.job(name=HOSTILE + HIDDEN), '--wait', '--state', cls.state, '--out', cls.season.path('table.txt'))
        with open(os.path.join(cls.state, 'scheduler.json'), encoding='utf-8') as stream:
            cls.address = json.load(stream)['api'].rstrip('/') + '/'
        with open(os.path.join(cls.state, 'secret'), encoding='utf-8') as stream:
            cls.secret = stream.read().strip()

    @classmethod
    def gaia(cls, *arguments):
        return subprocess.run([os.path.join(BUILD, 'gaia'), *arguments], check=True, stdout=subprocess.PIPE, text=True,
                              timeout=PATIENCE_S).stdout

    def open(self, seen, token):
        seen.driver.get(self.address)
        seen.js("document.querySelector('#token').value = arguments[0]; document.querySelector('#token-form').requestSubmit()", token)

    def test_jobs_executors_and_a_scorecard(self):
        with browser.Browser() as seen:
            self.open(seen, self.secret)
            seen.wait("document.querySelectorAll('#jobs tbody tr').length === 1 && document.querySelectorAll('#executors tbody tr').length === 1")
            self.assertEqual(['succeeded', HOSTILE + '??  '], seen.js("const r = document.querySelector('#jobs tbody tr').cells; return [r[0].textContent, r[1].textContent]"))
            self.assertEqual([True, None, 0], seen.js("return [document.querySelector('#sign-in').hidden, window.hit ?? null, document.images.length]"))
            # A job that comes while one looks.
            self.gaia('submit', self.season.job(name='later'), '--state', self.state)
            seen.wait("document.querySelectorAll('#jobs tbody tr').length === 2")
            seen.wait("[...document.querySelectorAll('#jobs .state')].every((s) => s.textContent === 'succeeded')")
            seen.js("[...document.querySelectorAll('#jobs a')].find((a) => a.textContent === 'later').click()")
            seen.wait("!document.querySelector('#job').hidden && document.querySelector('#job button')")
            for width in (360, 1280):
                seen.size(width, 900)
                self.assertLessEqual(seen.js('return document.documentElement.scrollWidth'), width)
            seen.js("document.querySelector('#job button').click()")
            seen.wait("document.documentElement.dataset.ready === 'yes'")
            seen.settle()
            self.assertEqual(2 * 11 * 10 * 4, seen.js("return document.querySelectorAll('#table-frame td.cell').length"))
            self.assertEqual(4, seen.js("return document.querySelectorAll('#charts svg').length"))
            seen.logs()
            self.assertEqual([], seen.complaints)
            self.assertEqual([], [url for url in seen.requests if not url.startswith((self.address, 'blob:' + self.address))])

    def test_wrong_token_shows_nothing(self):
        with browser.Browser() as seen:
            self.open(seen, 'wrong')
            seen.wait("document.querySelector('#sign-in-error').textContent !== ''")
            self.assertEqual(['the bearer token is missing or wrong', True, 0], seen.js(
                "return [document.querySelector('#sign-in-error').textContent, document.querySelector('#live').hidden, "
                "document.querySelectorAll('#jobs tr').length]"))


if __name__ == '__main__':
    lacking = browser.missing()
    if lacking:
        print(f'skipped: {lacking} is not installed')
        sys.exit(SKIPPED)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
