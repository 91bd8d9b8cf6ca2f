#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`gaia report` and the option --report, from files and through a real scheduler: one document, however it is asked for.

usage: command_test.py BUILD
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import sample

BUILD = sys.argv[1] if len(sys.argv) >= 2 else sys.exit(__doc__)
PATIENCE_S = 240


class Report(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix='gaia-report-')
        cls.addClassCleanup(holder.cleanup)
        cls.season = sample.Season(holder.name, models=('aurora-2', 'hres'))
        cls.season.write()
        cls.path = cls.season.path
        cls.job = cls.season.job(regions=[*sample.REGIONS, 'zonal:30'])

    def gaia(self, *arguments, status=0):
        done = subprocess.run([os.path.join(BUILD, 'gaia'), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(status, done.returncode, done.stderr)
        return done

    def document(self, name):
        """The document of a page, without what tells one run from another."""
        with open(self.path(name), encoding='utf-8') as stream:
            page = stream.read()
        self.assertTrue(page.startswith('<!DOCTYPE html>'))
        text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL).group(1)
        document = json.loads(text)
        told = {key: document.pop(key) for key in ('made', 'command', 'device', 'title')}
        for key in ('source', 'against'):
            if document[key]:
                del document[key]['name']
        return document, told

    def test_score_and_report_make_one_page(self):
        self.gaia('score', '--job', self.job, '--moments-out', self.path('sums.gm'), '--composite-out', self.path('c.json'),
                  '--report', self.path('kept.html'), '--out', self.path('table.txt'))
        self.gaia('score', '--job', self.job, '--format', 'csv', '--out', self.path('s.csv'), '--report', self.path('alone.html'))
        self.gaia('report', self.path('sums.gm'), '--composites', self.path('c.json'), '--out', self.path('page.html'))
        kept, told = self.document('kept.html')
        self.assertEqual(kept, self.document('alone.html')[0])
        self.assertEqual(kept, self.document('page.html')[0])
        self.assertTrue(told['device'])
        self.assertIn('--report', told['command'])
        self.assertEqual(['aurora-2', 'hres'], [composite['forecast'] for composite in kept['composites']])
        self.assertEqual([[4, 60, 90], [5, 30, 60], [6, 0, 30], [7, -60, -30], [8, -90, -60]], kept['bands'])
        self.assertEqual(1, len(kept['warnings']))
        self.assertIn('region zonal_30s_0s is left out: ', kept['warnings'][0])
        # A choice is a choice; a title is text.
        self.gaia('report', self.path('sums.gm'), '--variables', 'z', '--levels', '500', '--metrics', 'all', '--title', '</title><b>',
                  '--against', 'hres', '--out', self.path('some.html'))
        some, told = self.document('some.html')
        self.assertEqual((['z'], [500], 7, 1), (some['variables'], some['levels'], len(some['metrics']), some['baseline']))
        self.assertEqual('</title><b>', told['title'])
        self.gaia('report', self.path('sums.gm'), '--regions', 'zonal:30,global', '--out', self.path('bands.html'))
        bands = self.document('bands.html')[0]
        self.assertEqual([5, 'zonal_60n_90n', 'global'], [len(bands['bands']), bands['regions'][0], bands['regions'][5]])

    def test_verdicts_are_on_the_page(self):
        self.gaia('score', '--job', self.job, '--moments-out', self.path('v.gm'), '--out', self.path('table.txt'))
        verdict = self.gaia('verify', self.path('aurora-2.nc'), '--json', status=3).stdout
        with open(self.path('verdict.json'), 'w', encoding='utf-8') as stream:
            stream.write(verdict)
        self.gaia('report', self.path('v.gm'), '--verdicts', self.path('verdict.json'), '--out', self.path('verdicts.html'))
        shown, = self.document('verdicts.html')[0]['verdicts']
        verdict = json.loads(verdict)
        self.assertEqual(('aurora-2', 'rejected', verdict['counts']['errors']), (shown['source'], shown['verdict'], shown['errors']))
        self.assertEqual([finding['what'] for finding in verdict['findings']], [finding['what'] for finding in shown['findings']])

    def test_without_a_file_the_page_goes_to_standard_output(self):
        self.gaia('score', '--job', self.job, '--moments-out', self.path('out.gm'), '--out', self.path('table.txt'))
        page = self.gaia('report', self.path('out.gm')).stdout
        self.assertTrue(page.startswith('<!DOCTYPE html>'))
        self.assertEqual('</html>\n', page[-8:])
        with open(self.path('piped.html'), 'w', encoding='utf-8') as stream:
            stream.write(page)
        data = json.loads(self.gaia('report', self.path('out.gm'), '--json').stdout)
        for key in ('made', 'command', 'device', 'title', 'against'):
            data.pop(key)
        del data['source']['name']
        document = self.document('piped.html')[0]
        document.pop('against')
        self.assertEqual(document, data)

    def test_what_is_wrong_leaves_no_page(self):
        self.gaia('score', '--job', self.job, '--moments-out', self.path('w.gm'), '--out', self.path('table.txt'))
        with open(self.path('broken.json'), 'w', encoding='utf-8') as stream:
            stream.write('[{"schema": "gaia.composite/1"}]')
        out = self.path('none.html')
        for arguments, status, said in (
                ([self.path('w.gm'), '--against', 'nobody'], 3, "--against 'nobody'"),
                ([self.path('w.gm'), '--metrics', 'msess_ref'], 2, "metric 'msess_ref' has no place on the page"),
                ([self.path('w.gm'), '--variables', 'q'], 3, "q"),
                ([self.path('w.gm'), '--composites', self.path('broken.json')], 3, 'forecast'),
                ([self.path('w.gm'), '--verdicts', self.path('broken.json')], 3, "verdicts[0].schema: 'gaia.verdict/1' is wanted"),
                ([self.path('table.txt')], 3, 'not a file of moments')):
            done = self.gaia('report', *arguments, '--out', out, status=status)
            self.assertIn(said, done.stderr)
            self.assertFalse(os.path.exists(out))
        self.gaia('submit', self.job, '--report', out, status=2)

    def test_through_the_scheduler(self):
        state = self.path('state')
        self.gaia('up', '--state', state, '--executors', '1')
        try:
            self.gaia('submit', self.job, '--wait', '--state', state, '--out', self.path('table.txt'), '--report', self.path('submit.html'))
            job = self.gaia('jobs', '--state', state).stdout.splitlines()[1].split()[0]
            self.gaia('report', job, '--state', state, '--out', self.path('job.html'))
            self.gaia('scores', job, '--state', state, '--out', self.path('table.txt'), '--report', self.path('scores.html'))
        finally:
            self.gaia('down', '--state', state)
        self.gaia('score', '--job', self.job, '--out', self.path('table.txt'), '--report', self.path('here.html'))
        here = self.document('here.html')[0]
        for name in ('submit.html', 'job.html', 'scores.html'):
            self.assertEqual(here, self.document(name)[0], name)


if __name__ == '__main__':
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
