#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Profiles against latitude on the page of `gaia report`, in a real browser.

usage: latitude_test.py GAIA [unittest arguments]
       latitude_test.py GAIA --pictures FOLDER      (writes the README's picture)

Exit status 77: there is no browser here.
"""
import os
import sys
import tempfile

import browser
import browser_test
import sample


def page(folder, cells=(18, 8), regions=('zonal:10', 'global', 'tropics', 'zonal:30')):
    """Rows of 10 degrees, which are bands, and bands of 30."""
    with sample.cells_of(*cells):
        season = sample.Zonal(folder)
        season.write()
        job = season.job(profile=None, regions=regions)
    browser_test.gaia('score', '--job', job, '--moments-out', season.path('sums.gm'), '--out', season.path('table.txt'),
                      '--report', season.path('page.html'))
    return season.path('page.html')


class Profiles(browser_test.InBrowser):
    make = staticmethod(page)

    def open(self):
        self.browser.open(self.pages)

    LATITUDE = ("return [...document.querySelectorAll('#latitude-charts figure')].map((f) => [f.querySelector('b').textContent, "
                "f.querySelectorAll('.mark-symbol path').length, f.querySelectorAll('.mark-line path').length, "
                "f.querySelectorAll('.mark-area path').length])")

    def latitude_select(self, label, value):
        self.settled("const [label, value] = arguments; const list = [...document.querySelectorAll('#latitude-controls label.field')]"
                     ".find((l) => l.firstChild.textContent === label).lastChild; list.value = value;"
                     "list.dispatchEvent(new Event('change'));", label, value)

    def test_bands_are_drawn_against_latitude(self):
        self.open()
        self.assertEqual(['scorecard', 'leads', 'latitudes', 'forecasts', 'origin'], self.sections())
        self.assertEqual([['RMSE', 72, 4, 4], ['ACC', 54, 3, 3], ['Bias', 54, 3, 3], ['MAE', 54, 3, 3]], self.js(self.LATITUDE))
        self.assertIn('z 500 hPa, day 5, cos', self.js("return document.querySelector('#latitude-charts figcaption').textContent"))
        # North is at the top, and the axis says so.
        points = self.js("return [...document.querySelectorAll('#latitude-charts figure:first-child .mark-symbol path')].slice(0, 18)"
                         ".map((p) => [p.getAttribute('aria-label'), p.getBoundingClientRect().top])")
        self.assertEqual(sorted(top for _, top in points), [top for _, top in points])
        self.assertRegex(points[0][0], '^aurora-2, 80\u201390\u00b0N: ')
        self.assertRegex(points[17][0], '^aurora-2, 90\u201380\u00b0S: ')
        labels = self.js("return [...document.querySelectorAll('#latitude-charts figure:first-child text')].map((t) => t.textContent)")
        for label in ('90\u00b0N', '30\u00b0N', '0\u00b0', '60\u00b0S'):
            self.assertIn(label, labels)
        # Values and order are those of the scores, in the charts and in the table.
        wanted = {(row['forecast'], row['region'], row['metric']): float(row['value'])
                  for row in browser_test.rows_of(browser_test.gaia('scores', os.path.join(self.folder, 'sums.gm'), '--variables', 'z', '--leads', '120', '--regions', 'zonal:10',
                                          '--weights', 'cos', '--metrics', 'all', '--format', 'csv')) if row['init_time'] in ('', 'all')}
        regions = list(dict.fromkeys(region for _, region, _ in wanted))
        self.assertEqual(18, len(regions))
        for i, metric in enumerate(('rmse', 'acc_centred_mean', 'bias', 'mae')):
            found = self.js("return lead.views.filter(({ place }) => place.closest('#latitude-charts'))[arguments[0]].view.data('points')"
                            ".filter((p) => p.name !== 'reference of the job').map((p) => [p.name, p.latitude, p.value, p.low, p.high])", i)
            self.assertEqual([(f, 85.0 - 10.0 * k, wanted[f, region, metric]) for f in ('aurora-2', 'graph-31', 'hres')
                              for k, region in enumerate(regions)], [tuple(row[:3]) for row in found])
            self.assertTrue(all(low < value < high for _, _, value, low, high in found), metric)
        rows = self.js("return [...document.querySelectorAll('#latitude-table tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))")
        self.assertEqual(4 * 18, len(rows))
        self.assertEqual(['RMSE', '80\u201390\u00b0N'], rows[0][:2])
        self.assertTrue(rows[0][2].startswith(f"{wanted['aurora-2', regions[0], 'rmse']:.5g}"), rows[0])

    def test_bands_are_no_regions_of_the_scorecard(self):
        self.open()
        self.assertEqual(['global', 'tropics'], self.js("return [...document.querySelectorAll('#table-frame .region')].map((t) => t.textContent)"))
        self.assertEqual([['global', 'tropics']], self.js("return [...document.querySelectorAll('#controls fieldset')].filter((f) => f.firstChild.textContent === "
                                                          "'Region').map((f) => [...f.querySelectorAll('label')].map((l) => l.textContent))"))
        self.assertEqual('globaltropics', self.js("return document.querySelectorAll('#lead-controls select')[2].textContent"))
        self.assertNotIn('zonal_', self.js("return document.querySelector('main').innerText"))

    def test_profiles_follow_what_is_chosen(self):
        from selenium.webdriver.common.keys import Keys
        self.open()
        caption = "return document.querySelector('#latitude-charts figcaption').textContent"
        self.latitude_select('Bands', '30')
        self.assertEqual([['RMSE', 24, 4, 4], ['ACC', 18, 3, 3], ['Bias', 18, 3, 3], ['MAE', 18, 3, 3]], self.js(self.LATITUDE))
        self.latitude_select('Variable', '0')
        self.assertEqual('SELECT', self.js('return document.activeElement.tagName'))
        self.assertEqual('RMSE 2t, day 5, cos', self.js(caption))
        self.latitude_select('Lead time', '2')
        self.latitude_select('Weighting', '1')
        self.assertEqual('RMSE 2t, day 10, area_wb2', self.js(caption))
        # A chip is a box; the charts by lead time keep theirs.
        self.js("document.querySelectorAll('#latitude-series input')[3].focus()")
        self.keys(Keys.SPACE)
        self.browser.settle()
        self.assertEqual(['RMSE', 18, 3, 3], self.js(self.LATITUDE)[0])
        self.assertEqual(4, self.js("return document.querySelectorAll('#charts figure:first-child .mark-line path').length"))
        # A cell of the scorecard is shown by latitude too.
        self.js("document.querySelector('td.cell[data-place=\"0,1,1,0,18,0,0\"]').focus()")
        self.settled("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))")
        self.assertEqual('RMSE z 500 hPa, day 1, cos', self.js(caption))
        for chip in range(3):
            self.settled("document.querySelectorAll('#latitude-series input')[arguments[0]].click()", chip)
        self.assertEqual('No forecast is chosen, or none has this field.', self.js("return document.querySelector('#latitude-charts').textContent"))

    def test_profiles_in_every_width_theme_and_on_paper(self):
        self.open()
        for width in self.browser.widths(320, 768, 1280, 1920):
            self.assertLessEqual(self.js('return document.documentElement.scrollWidth'), width)
        line = "return getComputedStyle(document.querySelector('#latitude-charts .mark-line path')).stroke"
        light = self.js(line)
        self.browser.media(True)
        self.browser.settle()
        self.assertEqual(['rgb(0, 114, 178)', 'rgb(86, 180, 233)'], [light, self.js(line)])
        self.assertEqual([], self.browser.unnamed('#latitudes select, #latitudes input, #latitudes form, #latitudes [role=group]'))
        self.assertEqual(4, self.js("return [...document.querySelectorAll('#latitude-charts .chart')].filter((s) => s.getAttribute('aria-label')).length"))
        self.browser.media(True, 'print')
        self.settled("window.dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(['none', 'rgb(0, 114, 178)'], [self.js("return getComputedStyle(document.querySelector('#latitude-controls')).display"), self.js(line)])
        self.js("window.dispatchEvent(new Event('afterprint'))")
        self.browser.media(False)


def pictures(folder):
    with tempfile.TemporaryDirectory() as made, browser.Browser(1180, 900) as seen:
        seen.open(page(made, (36, 144), ('global', 'zonal')))
        top, bottom = seen.js("const r = document.getElementById('latitudes').getBoundingClientRect(); return [r.top + scrollY, r.bottom + scrollY]")
        seen.picture(os.path.join(folder, 'latitude.png'), top, bottom, 1180)


if __name__ == '__main__':
    sys.exit(browser_test.main(pictures))
