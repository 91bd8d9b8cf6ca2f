#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The page of `gaia report` in a real browser, on a little season of made forecasts.

usage: browser_test.py GAIA [unittest arguments]
       browser_test.py GAIA --pictures FOLDER      (writes the README's pictures)

Exit status 77: there is no browser here.
"""
import csv
import io
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import browser
import sample

HOSTILE = '</script><img src=x onerror="window.hit=1"><!-- &lt; \'"'
ACCEPTED = {'schema': 'gaia.verdict/1', 'source': 'aurora-2', 'verdict': 'accepted', 'counts': {'errors': 0, 'warnings': 0, 'unlisted': 0},
            'findings': []}
METRICS = {'rmse': 'rmse', 'acc_centred': 'acc_centred_mean', 'bias': 'bias', 'mae': 'mae'}
GAIA = ''
SKIPPED = 77


def gaia(*arguments, status=0):
    done = subprocess.run([GAIA, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != status:
        raise AssertionError(f'gaia {" ".join(arguments)}: exit status {done.returncode}: {done.stderr}')
    return done.stdout


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


class Pages:
    """The pages that the tests look at, made once."""

    def __init__(self, folder):
        self.season = sample.Season(folder)
        self.season.write()
        self.path = self.season.path
        gaia('score', '--job', self.season.job(), '--moments-out', self.path('sums.gm'), '--composite-out',
             self.path('composites.json'), '--out', self.path('table.txt'))
        with open(self.path('verdicts.json'), 'w', encoding='utf-8') as stream:
            json.dump([json.loads(gaia('verify', self.path('hres.nc'), '--json', status=3)), ACCEPTED], stream)
        gaia('report', self.path('sums.gm'), '--composites', self.path('composites.json'), '--verdicts', self.path('verdicts.json'), '--out', self.path('page.html'),
             '--title', 'January 2020, day 1 to 10')

    def hostile(self):
        job = self.season.job({'hres': HOSTILE}, name='hostile', variables=['2t'])
        gaia('score', '--job', job, '--out', self.path('table.txt'), '--report', self.path('hostile.html'))
        return self.path('hostile.html')

    def against(self):
        for name in ('aurora-2', 'hres'):
            gaia('score', self.path(f'{name}.nc'), self.path('truth.nc'), self.path('climatology.nc'), '--variables', 'z,2t',
                 '--moments-out', self.path(f'{name}.gm'), '--out', self.path('table.txt'))
        gaia('scores', self.path('aurora-2.gm'), '--against', self.path('hres.gm'), '--format', 'csv',
             '--out', self.path('differences.csv'), '--report', self.path('against.html'))
        return self.path('against.html')

    def plain(self):
        gaia('score', self.path('hres.nc'), self.path('truth.nc'), '--variables', 'z', '--leads', '24,48',
             '--out', self.path('table.txt'), '--report', self.path('plain.html'))
        return self.path('plain.html')

    def failed(self):
        job = self.season.job(variables=['2t'])
        with open(self.path('graph-31.nc'), 'rb') as whole, open(self.path('cut.nc'), 'wb') as cut:
            cut.write(whole.read()[:100000])
        with open(job, encoding='utf-8') as stream:
            text = stream.read().replace('graph-31.nc', 'cut.nc')
        with open(self.path('failed.json'), 'w', encoding='utf-8') as stream:
            stream.write(text)
        gaia('score', '--job', self.path('failed.json'), '--out', self.path('table.txt'), '--report',
             self.path('failed.html'), status=3)
        return self.path('failed.html')


TABLE = """
const { f, w } = arguments[0];
const change = (label, value) => {
  const list = [...document.querySelectorAll('#controls label.field')].find((l) => l.firstChild.textContent === label).lastChild;
  list.value = String(value);
  list.dispatchEvent(new Event('change'));
};
change('Forecast', f);
change('Weighting', w);
return [...document.querySelectorAll('#table-frame td.cell')].map((td) => [td.dataset.place, td.dataset.value, td.dataset.gain,
  td.querySelector('.mark') ? td.querySelector('.mark').textContent : '']);
"""

CONTRAST = """
const channel = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const light = (text) => {
  const [r, g, b] = text.match(/[\\d.]+/g).map((x) => channel(Number(x) / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
const behind = (e) => {
  for (let at = e; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (colour !== 'rgba(0, 0, 0, 0)' && !colour.includes('color(')) return colour;
  }
  return 'rgb(255, 255, 255)';
};
const parts = ['h1', '#subtitle', '.lead', '.good', '.bad', '.note', '#table-frame .name-2', '#table-frame .region', 'dt', 'dd', '.list td',
  '.chip input:not(:checked) + span', ...['same', ...[1, 2, 3, 4].flatMap((i) => [`better-${i}`, `worse-${i}`])].map((s) => `td.cell.${s}`)];
return parts.map((name) => {
  const found = document.querySelector(name);
  return found ? [name, ratio(light(getComputedStyle(found).color), light(behind(found)))] : [name, null];
});
"""


class InBrowser(unittest.TestCase):
    """Tests of pages that make(folder) makes, in one browser."""
    make = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='gaia-page-')
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.pages = cls.make(cls.folder)
        cls.browser = cls.enter(browser.Browser())

    @classmethod
    def enter(cls, context):
        entered = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        return entered

    def setUp(self):
        self.browser.media(False)
        self.browser.size(1280, 900)
        self.js = self.browser.js

    def tearDown(self):
        self.browser.logs()
        complaints, requests = self.browser.complaints, self.browser.requests
        self.browser.complaints, self.browser.requests = [], []
        self.assertEqual([], complaints, 'the console')
        self.assertEqual([], requests, 'requests that left the page')

    def open(self, path=None):
        self.browser.open(path or self.pages.path('page.html'))

    def settled(self, script, *arguments):
        result = self.js(script, *arguments)
        self.browser.settle()
        return result

    def sections(self):
        return self.js("return [...document.querySelectorAll('main > section')].filter((s) => s.clientHeight > 0).map((s) => s.id)")

    def keys(self, *keys):
        for key in keys:
            self.browser.driver.switch_to.active_element.send_keys(key)


class Page(InBrowser):
    make = Pages

    def tick(self, group, name):
        """Ticks or unticks a chip as a reader does."""
        self.settled("const [group, name] = arguments; const set = [...document.querySelectorAll('fieldset')]"
                     ".find((f) => f.querySelector('legend').textContent === group);"
                     "[...set.querySelectorAll('label')].find((l) => l.textContent === name).click();", group, name)

    # ---- Numbers ----

    def test_table_has_the_numbers_of_csv(self):
        self.open()
        wanted = {(row['forecast'], row['variable'], row['level'], float(row['lead_hours']), row['region'], row['weighting'],
                   row['metric']): row['value']
                  for row in rows_of(gaia('scores', self.pages.path('sums.gm'), '--metrics', 'all', '--format', 'csv'))
                  if row['init_time'] == '' or row['init_time'] == 'all'}
        axes = self.js('return {variables: data.variables, levels: data.levels, leads: data.leads, regions: data.regions, '
                       'weightings: data.weightings, metrics: data.metrics, forecasts: data.forecasts.map((f) => f.id)}')
        for metric in ('Bias', 'MAE'):
            self.tick('Score', metric)
        seen = 0
        for f in range(3):
            for w in range(2):
                for place, value, _, _ in self.js(TABLE, {'f': f, 'w': w}):
                    _, v, l, d, r, _, m = map(int, place.split(','))
                    level = axes['levels'][l]
                    key = (axes['forecasts'][f], axes['variables'][v], '' if level is None else f'{level:g}', axes['leads'][d],
                           axes['regions'][r], axes['weightings'][w], METRICS[axes['metrics'][m]['name']])
                    self.assertEqual(float(wanted[key]), float(value), key)
                    seen += 1
        self.assertEqual(3 * 2 * 11 * 10 * 4 * 4, seen)

    def test_differences_and_marks_are_those_of_scores_against(self):
        self.open(self.pages.against())
        with open(self.pages.path('differences.csv'), encoding='utf-8') as stream:
            wanted = {(row['variable'], row['level'], float(row['lead_hours']), row['region'], row['metric']): row
                      for row in csv.DictReader(stream)}
        self.assertEqual('hres (' + self.pages.path('hres.gm') + ')',
                         self.js("return document.querySelectorAll('#scorecard-lead b')[1].textContent"))
        axes = self.js('return {variables: data.variables, levels: data.levels, leads: data.leads, regions: data.regions, metrics: data.metrics}')
        self.tick('Score', 'Bias')
        cells = self.js("return [...document.querySelectorAll('#table-frame td.cell')].map((td) => [td.dataset.place, td.dataset.gain, "
                        "td.querySelector('.mark') ? td.querySelector('.mark').textContent : '', td.cell.difference.difference])")
        self.assertEqual(4 * 10 * 4 * 3, len(cells))
        marked = 0
        for place, gain, mark, difference in cells:
            _, v, l, d, r, _, m = map(int, place.split(','))
            level = axes['levels'][l]
            row = wanted[axes['variables'][v], '' if level is None else f'{level:g}', axes['leads'][d], axes['regions'][r],
                         axes['metrics'][m]['name']]
            self.assertTrue(math.isclose(float(row['difference']), difference, rel_tol=1e-5), (place, row))
            self.assertEqual(row['significant'] == 'yes', mark != '', (place, row))
            if mark:
                marked += 1
                self.assertEqual('\u25b2' if float(gain) > 0 else '\u25bc', mark)
            if axes['metrics'][m]['name'] == 'rmse':
                self.assertTrue(math.isclose(-100 * float(row['difference']) / float(row['mean_against']), float(gain), rel_tol=1e-4))
        self.assertGreater(marked, 20)

    def test_charts_show_every_series_with_its_interval(self):
        self.open()
        found = self.js("return [...document.querySelectorAll('#charts figure')].map((f) => [f.querySelector('b').textContent, "
                        "f.querySelectorAll('.mark-symbol path').length, f.querySelectorAll('.mark-line path').length, "
                        "f.querySelectorAll('.mark-area path').length])")
        self.assertEqual([['RMSE', 40, 4, 4], ['ACC', 30, 3, 3], ['Bias', 30, 3, 3], ['MAE', 30, 3, 3]], found)
        values = self.js("return lead.views[0].view.data('points').map((p) => [p.name, p.lead, p.value, p.low, p.high])")
        self.assertTrue(all(low < value < high for _, _, value, low, high in values), values)
        self.tick_series('hres')
        self.assertEqual(30, self.js("return document.querySelectorAll('#charts figure:first-child .mark-symbol path').length"))
        parts = self.js("return document.querySelectorAll('#leaderboard .mark-rect path').length")
        self.assertGreaterEqual(parts, 9)

    def tick_series(self, name):
        self.settled("[...document.querySelectorAll('#series label')].find((l) => l.textContent === arguments[0]).click()", name)

    def test_verdicts_are_told(self):
        self.open(self.pages.path('page.html'))
        verdict = json.loads(gaia('verify', self.pages.path('hres.nc'), '--json', status=3))
        head = f"hres: rejected, {verdict['counts']['errors']} error"
        self.assertIn('Verification, ' + head, self.js("return document.querySelector('#notices').textContent"))
        shown = self.js("const v = document.querySelector('details.verdict'); return [v.firstChild.textContent, [...v.querySelectorAll('li')].map((i) => i.textContent)]")
        self.assertTrue(shown[0].startswith(head), shown)
        for finding, line in zip(verdict['findings'], shown[1]):
            self.assertTrue(line.startswith(f"error, {finding['kind']}: ") and line.endswith(finding['what']), line)
        self.assertIn('aurora-2: accepted, 0 errors, 0 warnings.', self.js("return document.querySelector('#leaderboard').textContent"))

    def test_composites_add_up(self):
        self.open()
        for name in ('aurora-2', 'graph-31', 'hres'):
            score, parts = self.js("const c = data.composites.find((c) => c.forecast === arguments[0]);"
                                   "return [c.score, PARTS.reduce((sum, [part, , weight]) => sum + partOf(c, part, weight), 0)]", name)
            self.assertAlmostEqual(score, parts, places=12)
        ranks = self.js("return [...document.querySelectorAll('.leaderboard tbody tr')].map((r) => Number(r.cells[2].textContent))")
        self.assertEqual(sorted(ranks, reverse=True), ranks)

    # ---- Sorting and filtering ----

    def column(self, i):
        return self.js("return [...document.querySelectorAll('#table-frame tbody tr')].map((tr) => "
                       "tr.cells[3 + arguments[0]].dataset.gain).map((x) => (x === undefined ? null : Number(x)))", i)

    def test_columns_sort_up_down_and_back(self):
        self.open()
        click = "document.querySelectorAll('#table-frame thead tr:nth-child(2) th')[arguments[0]].firstChild.click()"
        state = "return document.querySelectorAll('#table-frame thead tr:nth-child(2) th')[arguments[0]].getAttribute('aria-sort')"
        natural = self.column(4)
        for order, wanted in (('ascending', sorted(natural)), ('descending', sorted(natural, reverse=True)), ('none', natural)):
            self.js(click, 7)
            self.assertEqual(order, self.js(state, 7))
            self.assertEqual(wanted, self.column(4))
        self.assertNotEqual(sorted(natural), natural)
        self.js(click, 1)
        levels = self.js("return [...document.querySelectorAll('#table-frame tbody tr')].map((tr) => tr.cells[1].textContent)")
        self.assertEqual(sorted(levels, key=lambda text: int(text or 0)), levels)

    def test_filters_take_away_rows_and_columns(self):
        self.open()
        size = "const t = document.querySelector('#table-frame table'); return [t.tBodies[0].rows.length, t.tHead.rows[1].cells.length - 3]"
        self.assertEqual([22, 40], self.js(size))
        self.tick('Variable', 'z')
        self.assertEqual([16, 40], self.js(size))
        self.tick('Region', 'tropics')
        self.assertEqual([16, 30], self.js(size))
        self.tick('Level', '250')
        self.assertEqual([12, 30], self.js(size))
        self.tick('Score', 'ACC')
        self.assertEqual([6, 30], self.js(size))
        self.tick('Score', 'RMSE')
        self.assertEqual('Nothing is chosen, or there is nothing to compare.', self.js("return document.querySelector('#table-frame').textContent"))
        self.tick('Score', 'Bias')
        self.assertEqual([6, 30], self.js(size))

    def test_any_baseline_can_be_chosen(self):
        self.open()
        names = self.js("return [...document.querySelectorAll('#controls select')][1].textContent")
        self.assertEqual('graph-31hresreference of the jobclimatology of the jobnone: plain values', names)
        choose = "const s = document.querySelectorAll('#controls select')[1]; s.value = arguments[0]; s.dispatchEvent(new Event('change'));"
        self.js(choose, '3')
        self.assertEqual(11, self.js("return document.querySelectorAll('#table-frame tbody tr').length"))
        self.js(choose, '-1')
        self.assertEqual([22, 0], self.js("return [document.querySelectorAll('#table-frame tbody tr').length, "
                                          "document.querySelectorAll('#table-frame .mark').length]"))
        # What is held against itself would say nothing: the two change places.
        self.js(choose, '2')
        self.js("const s = document.querySelector('#controls select'); s.value = '2'; s.dispatchEvent(new Event('change'));")
        self.assertEqual(['hres', 'aurora-2'], self.js("return [...document.querySelectorAll('#scorecard-lead b')].slice(0, 2).map((b) => b.textContent)"))

    # ---- Keyboard ----

    def active(self):
        return self.js("const a = document.activeElement; return a.dataset.place || a.textContent || a.tagName")

    def test_keyboard_alone(self):
        from selenium.webdriver.common.keys import Keys
        self.open()
        for _ in range(60):
            self.keys(Keys.TAB)
            if self.js("return document.activeElement.matches('td.cell')"):
                break
        first = self.active()
        self.assertEqual('0,0,0,0,0,0,0', first)
        self.assertIn('2t, day 1, global, cos. RMSE', self.js("return document.querySelector('#detail').textContent"))
        self.keys(Keys.ARROW_RIGHT, Keys.ARROW_DOWN)
        self.assertEqual('0,0,0,1,0,0,1', self.active())
        self.keys(Keys.END)
        self.assertEqual('0,0,0,9,3,0,1', self.active())
        self.keys(Keys.HOME)
        self.assertEqual('2t', self.active())
        # Up into the head, where a column is sorted by; the focus stays in the table.
        self.keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.PAGE_UP, Keys.ENTER)
        self.assertEqual('ascending', self.js("return document.activeElement.parentElement.getAttribute('aria-sort')"))
        column = self.column(0)
        self.assertEqual(sorted(column), column)
        # A cell leads to its charts.
        self.keys(Keys.ARROW_DOWN)
        place = self.active().split(',')
        self.keys(Keys.ENTER)
        self.browser.settle()
        self.assertEqual('SELECT', self.js('return document.activeElement.tagName'))
        self.assertEqual(place[1], self.js("return document.querySelector('#lead-controls select').value"))
        # Chips are boxes: a space unticks one.
        self.js("document.querySelector('#controls fieldset input').focus()")
        rows = self.js("return document.querySelectorAll('#table-frame tbody tr').length")
        self.keys(Keys.SPACE)
        self.assertEqual(rows // 2, self.js("return document.querySelectorAll('#table-frame tbody tr').length"))
        # One stop of Tab is in the table, whatever its size.
        self.assertEqual(1, self.js("return document.querySelectorAll('#table-frame [tabindex=\"0\"]').length"))

    def test_roles_and_names(self):
        self.open()
        self.assertEqual('grid', self.js("return document.querySelector('#table-frame table').getAttribute('role')"))
        unnamed = self.js("return [...document.querySelectorAll('button, select, input, form, nav, [role=group]')].filter((e) => "
                          "!(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels[0].textContent))).map((e) => e.outerHTML)")
        self.assertEqual([], unnamed)
        self.assertEqual(0, self.js("return [...document.querySelectorAll('#charts .chart')].filter((s) => !s.getAttribute('aria-label')).length"))
        self.assertEqual(['scorecard', 'leads', 'forecasts', 'origin'], self.sections())

    # ---- Widths, themes, paper ----

    def test_no_width_makes_the_page_scroll_sideways(self):
        self.open()
        for width in self.browser.widths(320, 390, 768, 1280, 1920):
            self.assertLessEqual(self.js('return document.documentElement.scrollWidth'), width)
            self.assertGreater(self.js("return Math.min(...[...document.querySelectorAll('#charts svg')].map((s) => s.getBoundingClientRect().width))"), 180)
        self.browser.size(390, 844)
        self.assertTrue(self.js("return document.querySelector('#table-frame table').classList.contains('compact')"))

    def test_light_and_dark_can_be_read(self):
        self.open()
        for dark in (False, True):
            self.browser.media(dark)
            self.browser.settle()
            for part, ratio in self.js(CONTRAST):
                if ratio is not None:
                    self.assertGreaterEqual(ratio, 4.5, (part, 'dark' if dark else 'light'))
        background = "return getComputedStyle(document.body).backgroundColor"
        self.assertEqual('rgb(15, 19, 24)', self.js(background))
        press = "document.querySelector('#theme').click()"
        for theme, colour in (('light', 'rgb(246, 247, 249)'), ('dark', 'rgb(15, 19, 24)'), ('auto', 'rgb(15, 19, 24)')):
            self.settled(press)
            self.assertEqual([f'Theme: {theme}', colour], [self.js("return document.querySelector('#theme').textContent"), self.js(background)])

    def test_paper_has_all_of_it(self):
        self.open()
        self.browser.media(True, 'print')
        self.js("window.dispatchEvent(new Event('beforeprint'))")
        self.browser.settle()
        self.assertEqual(['none', 'visible'], self.js("return [getComputedStyle(document.querySelector('#controls')).display, "
                                                      "getComputedStyle(document.querySelector('#table-frame')).overflow]"))
        self.assertEqual('rgb(255, 255, 255)', self.js("return getComputedStyle(document.querySelector('#scorecard')).backgroundColor"))
        self.js("window.dispatchEvent(new Event('afterprint'))")
        self.browser.media(True)
        self.assertEqual('auto', self.js('return document.documentElement.dataset.theme'))

    # ---- What others say stays text ----

    def test_hostile_name_is_text(self):
        self.open(self.pages.hostile())
        self.assertIn(HOSTILE, self.js("return document.querySelector('#title').textContent + [...document.querySelectorAll('#leaderboard th')].map((t) => t.textContent)"))
        self.assertEqual([None, 0, 3], self.js("return [window.hit ?? null, document.images.length, document.scripts.length]"))
        self.assertIn(HOSTILE, self.js("return document.querySelector('#controls select').textContent"))

    def test_policy_forbids_requests_and_foreign_code(self):
        with browser.Browser() as other:  # its console will complain
            other.open(self.pages.path('page.html'))
            found = other.driver.execute_async_script("""
                const done = arguments[0];
                const found = new Set();
                document.addEventListener('securitypolicyviolation', (event) => {
                  found.add(event.effectiveDirective);
                  if (found.size === 3) done([...found].sort());
                });
                const script = document.createElement('script');
                script.textContent = 'window.hit = 1';
                document.body.append(script);
                const image = document.createElement('img');
                image.src = 'https://example.invalid/x.png';
                document.body.append(image);
                fetch('https://example.invalid/').catch(() => {});
            """)
            self.assertEqual(['connect-src', 'img-src', 'script-src-elem'], found)
            self.assertIsNone(other.js('return window.hit ?? null'))

    # ---- Little data, bad data ----

    def test_one_forecast_and_nothing_to_hold_it_against(self):
        self.open(self.pages.plain())
        self.assertEqual([9, 8], self.js("return [document.querySelectorAll('#table-frame td.cell').length / 8 * 3, "
                                         "document.querySelectorAll('#table-frame thead .leadtime').length]"))
        self.assertEqual('hres', self.js("return document.querySelector('#title').textContent"))
        self.assertEqual(0, self.js("return document.querySelectorAll('#table-frame .mark, #table-frame [data-gain]').length"))

    def test_failed_forecast_is_told(self):
        self.open(self.pages.failed())
        self.assertIn('graph-31 was not scored: ', self.js("return document.querySelector('#notices').textContent"))
        self.assertIn('cut.nc', self.js("return document.querySelector('#notices').textContent"))
        rows = self.js("return [...document.querySelectorAll('.leaderboard tbody tr')].map((r) => r.cells[1].textContent)")
        self.assertEqual(['graph-31'], rows[2:])

    def test_origin_names_sums_profile_and_command(self):
        self.open()
        text = self.js("return document.querySelector('#origin-list').textContent")
        for piece in ('gaia report', '--composites', 'moments_version 1', 'gaia-era5', 'pairwise', 'standard', 'sums.gm'):
            self.assertIn(piece, text)
        self.assertEqual('January 2020, day 1 to 10', self.js("return document.querySelector('h1').textContent"))


def pictures(folder):
    with tempfile.TemporaryDirectory() as made, browser.Browser() as seen:
        pages = Pages(made)
        os.makedirs(folder, exist_ok=True)
        for name, width, dark in (('scorecard', 1180, False), ('scorecard-dark', 1180, True)):
            seen.size(width, 900)
            seen.media(dark)
            seen.open(pages.path('page.html'))
            bottom = seen.js("return document.querySelector('#scorecard').getBoundingClientRect().bottom + scrollY")
            seen.picture(os.path.join(folder, f'{name}.png'), 0, bottom, width)
        seen.size(1180, 900)
        seen.media(False)
        seen.open(pages.path('page.html'))
        top, bottom = seen.js("const r = (id) => document.getElementById(id).getBoundingClientRect();"
                              "return [r('leads').top + scrollY, r('leads').bottom + scrollY]")
        seen.picture(os.path.join(folder, 'leads.png'), top, bottom, 1180)


def main(own_pictures=pictures):
    """Runs the tests of the script, or makes its pictures."""
    global GAIA
    if len(sys.argv) < 2:
        sys.exit(sys.modules['__main__'].__doc__)
    lacking = browser.missing()
    if lacking:
        print(f'skipped: {lacking} is not installed')
        return SKIPPED
    GAIA = os.path.abspath(sys.argv[1])
    if sys.argv[2:3] == ['--pictures']:
        own_pictures(sys.argv[3])
        return 0
    ran = unittest.main(argv=[sys.argv[0], *sys.argv[2:]], exit=False)
    return 0 if ran.result.wasSuccessful() else 1


if __name__ == '__main__':
    sys.exit(main())
