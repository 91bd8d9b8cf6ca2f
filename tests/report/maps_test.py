#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Error maps on the page of `gaia report`, in a real browser: what is drawn is what the file of maps holds.

usage: maps_test.py GAIA [unittest arguments]
       maps_test.py GAIA --pictures FOLDER      (writes the README's picture)

Exit status 77: there is no browser here.
"""
import json
import math
import os
import struct
import sys
import tempfile

import browser
import browser_test
import sample

ROWS, COLUMNS = 18, 36


def page(folder, cells=(ROWS, COLUMNS)):
    with sample.cells_of(*cells):
        season = sample.Zonal(folder)
        season.write()
        job = season.job({'hres': browser_test.HOSTILE}, profile=None, maps=['all'])
    browser_test.gaia('score', '--job', job, '--moments-out', season.path('sums.gm'), '--maps-out', season.path('errors.gmap'),
                      '--out', season.path('table.txt'), '--report', season.path('page.html'))
    return season.path('page.html')


def maps_of(path):
    """{(forecast, variable, lead in hours): (counts, errors, squares)} of a file of maps."""
    with open(path, 'rb') as stream:
        data = stream.read()
    maps, at = {}, 0
    while at < len(data):
        _, head_bytes, n_lat, n_lon = struct.unpack_from('<8s3Q', data, at)
        head = json.loads(data[at + 32:at + 32 + head_bytes])
        n = n_lat * n_lon
        at += 32 + head_bytes + 8 * (n_lat + n_lon)
        maps[head['forecast'], head['variable'], head['lead_time_s'] // 3600] = [
            struct.unpack_from(f'<{n}d', data, at + 8 * n * k) for k in range(3)]
        at += 8 * 3 * n + 8
    return maps


class Maps(browser_test.InBrowser):
    make = staticmethod(page)

    def open(self):
        self.browser.open(self.pages)

    def choose(self, label, value):
        self.settled("const [label, value] = arguments; const list = [...document.querySelectorAll('#map-controls label.field')]"
                     ".find((l) => l.firstChild.textContent === label).lastChild; list.value = value;"
                     "list.dispatchEvent(new Event('change'));", label, str(value))

    def caption(self):
        return self.js("return document.querySelector('#map-charts figcaption').textContent")

    def colour(self, column, row):
        """Of the image, which begins at the date line, at the point of a row and a column, which begin at the origin."""
        return self.browser.driver.execute_async_script("""
const [column, row, columns, rows, done] = arguments;
const image = document.querySelector('#map-charts image');
const picture = new Image();
picture.src = image.getAttribute('href') || image.getAttribute('xlink:href');
picture.decode().then(() => {
  const canvas = Object.assign(document.createElement('canvas'), { width: picture.width, height: picture.height });
  const context = canvas.getContext('2d');
  context.drawImage(picture, 0, 0);
  done([...context.getImageData(((column / columns + 0.5) % 1) * canvas.width, Math.floor((row + 0.5) / rows * canvas.height), 1, 1).data]);
});
""", column, row, COLUMNS, ROWS)

    def test_values_are_those_of_the_file(self):
        self.open()
        self.assertEqual(['scorecard', 'leads', 'maps', 'forecasts', 'origin'], self.sections())
        maps = maps_of(os.path.join(self.folder, 'errors.gmap'))
        self.assertEqual(3 * 2 * 3, len(maps))
        drawn = self.js("return data.maps.list.map((map) => [data.forecasts[map.forecast].id, data.variables[map.variable], data.leads[map.lead], "
                        "map.n_times, [...blocksOf(map, 'mean_error')], [...blocksOf(map, 'rmse')], map.rmse.max])")
        self.assertEqual(set(maps), {(f, v, int(lead)) for f, v, lead, *_ in drawn})
        for forecast, variable, lead, times, errors, rmses, largest in drawn:
            count, error, square = maps[forecast, variable, int(lead)]
            self.assertEqual(20, times)
            means = [e / n for e, n in zip(error, count)]
            roots = [math.sqrt(s / n) for s, n in zip(square, count)]
            for values, wanted in ((errors, means), (rmses, roots)):
                close = (max(wanted) - min(wanted)) / 65534
                self.assertLessEqual(max(abs(a - b) for a, b in zip(values, wanted)), close)
            at = roots.index(max(roots))
            self.assertEqual([float(f'{roots[at]:.6g}'), 85.0 - 10 * (at // COLUMNS), 10.0 * (at % COLUMNS)], largest)

    def test_a_map_is_drawn_with_its_coast_and_legend(self):
        self.open()
        self.assertEqual(1, self.js("return document.querySelectorAll('#map-charts image').length"))
        self.assertGreater(self.js("return document.querySelector('#map-charts .mark-line path').getAttribute('d').length"), 20000)
        labels = self.js("return [...document.querySelectorAll('#map-charts text')].map((t) => t.textContent)")
        for label in ('60\u00b0N', '0\u00b0', '60\u00b0S', '120\u00b0W', '60\u00b0E', 'Forecast \u2212 truth, K'):
            self.assertIn(label, labels)
        self.assertIn('20 init times, 2020-01-01T00 to 2020-01-10T12. 18 \u00d7 36 points.', self.js("return document.querySelector('#map-note').textContent"))
        # Too low and too high have colours apart.
        values = self.js("return [...blocksOf(mapShown(), 'mean_error')]")
        low, high = values.index(min(values)), values.index(max(values))
        for at, is_high in ((low, False), (high, True)):
            red, _, blue, opaque = self.colour(at % COLUMNS, at // COLUMNS)
            self.assertEqual(255, opaque)
            self.assertEqual(is_high, red > blue)

    def test_the_map_follows_what_is_chosen(self):
        self.open()
        self.assertEqual('Mean error of 2t, day 1 aurora-2', self.caption())
        self.choose('Variable', 1)
        self.assertEqual('Mean error of z 500 hPa, day 1 aurora-2', self.caption())
        self.choose('Lead time', 2)
        self.choose('Measure', 'rmse')
        self.choose('Forecast', 2)
        self.assertEqual(f'RMSE of z 500 hPa, day 10 {browser_test.HOSTILE}', self.caption())
        self.assertEqual('SELECT', self.js('return document.activeElement.tagName'))
        self.assertIn('Colours end at ', self.js("return document.querySelector('#map-note').textContent"))
        rows = self.js("return [...document.querySelectorAll('#map-table tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))")
        self.assertEqual(9, len(rows))
        self.assertEqual([browser_test.HOSTILE, 'day 10', '20'], rows[-1][:3])
        self.assertRegex(rows[0][5], '^[0-9.]+ at [0-9]+\u00b0[NS] [0-9]+\u00b0[EW]?$')
        # A cell of the scorecard is shown on the map too.
        self.js("document.querySelector('td.cell[data-place^=\"0,0,0,0,\"]').focus()")
        self.settled("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))")
        self.assertIn('2t, day 1', self.caption())
        self.assertEqual([None, 0], self.js('return [window.hit ?? null, document.images.length]'))

    def test_a_point_is_told_with_keyboard_and_pointer(self):
        from selenium.webdriver.common.keys import Keys
        self.open()
        self.js("document.querySelector('#map-charts .chart').focus()")
        self.keys(Keys.ARROW_UP)
        told = self.js("return document.querySelector('#map-detail').textContent")
        self.assertRegex(told, '^Mean error of 2t, day 1, aurora-2, at 5\u00b0N 0\u00b0: .* K$')
        self.keys(Keys.ARROW_RIGHT)
        self.keys(Keys.ARROW_UP)
        self.assertIn(' at 15\u00b0N 10\u00b0E: ', self.js("return document.querySelector('#map-detail').textContent"))
        self.assertFalse(self.js("return document.querySelector('#map-charts .cursor').hidden"))
        value = self.js("return number(blocksOf(mapShown(), 'mean_error')[7 * 36 + 1])")
        self.assertIn(f': {value} K', self.js("return document.querySelector('#map-detail').textContent"))
        self.js("const { left, top, width, height } = document.querySelector('#map-charts image').getBoundingClientRect();"
                "document.querySelector('#map-charts .chart').dispatchEvent(new PointerEvent('pointermove', "
                "{ clientX: left + width / 4, clientY: top + height / 4, bubbles: true }))")
        self.assertEqual(['45\u00b0N 90\u00b0W', False], self.js("return [document.querySelector('#tip').lastChild.textContent, document.querySelector('#tip').hidden]"))

    def test_maps_in_every_width_theme_and_on_paper(self):
        self.open()
        for width in self.browser.widths(320, 768, 1280, 1920):
            self.assertLessEqual(self.js('return document.documentElement.scrollWidth'), width)
            across, down = self.js("const r = document.querySelector('#map-charts image').getBoundingClientRect(); return [r.width, r.height]")
            self.assertTrue(1.6 < across / down < 2.4, (width, across, down))
        middle = "return mapScale('mean_error').colours[5]"
        light = self.js(middle)
        self.browser.media(True)
        self.browser.settle()
        self.assertEqual(['#f5f5f5', '#1d232b'], [light, self.js(middle)])
        self.assertEqual([], self.browser.unnamed('#maps select, #maps form, #maps [tabindex]'))
        self.browser.media(True, 'print')
        self.settled("window.dispatchEvent(new Event('beforeprint'))")
        self.assertEqual(['none', '#f5f5f5'], [self.js("return getComputedStyle(document.querySelector('#map-controls')).display"), self.js(middle)])
        self.js("window.dispatchEvent(new Event('afterprint'))")
        self.browser.media(False)

    def test_a_page_without_maps_has_no_such_section(self):
        plain = os.path.join(self.folder, 'plain.html')
        sums, maps = os.path.join(self.folder, 'sums.gm'), os.path.join(self.folder, 'errors.gmap')
        browser_test.gaia('report', sums, '--out', plain)
        self.browser.open(plain)
        self.assertEqual([True, True, 0], self.js("return ['maps', 'maps-link'].map((id) => document.getElementById(id).hidden)"
                                                  ".concat(document.querySelectorAll('#map-charts image').length)"))
        browser_test.gaia('report', sums, '--maps', maps, '--variables', 'z', '--out', plain)
        self.browser.open(plain)
        self.assertEqual([9, 'Mean error of z 500 hPa, day 1 aurora-2'], [self.js('return mapList.length'), self.caption()])


def pictures(folder):
    case = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'data', 'era5_2017_persistence')
    with tempfile.TemporaryDirectory() as made, browser.Browser(1180, 900) as seen:
        out = os.path.join(made, 'page.html')
        browser_test.gaia('score', *(os.path.join(case, f'{name}.nc') for name in ('forecast', 'truth', 'climatology')), '--maps', 'z500',
                          '--variables', 'z', '--out', os.path.join(made, 'table.txt'), '--report', out)
        seen.open(out)
        top, bottom = seen.js("const r = document.getElementById('maps').getBoundingClientRect(); return [r.top + scrollY, r.bottom + scrollY]")
        seen.picture(os.path.join(folder, 'maps.png'), top, bottom, 1180)


if __name__ == '__main__':
    sys.exit(browser_test.main(pictures))
