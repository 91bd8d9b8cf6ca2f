# SPDX-License-Identifier: MIT
"""A headless Chromium for pages from files, one profile folder each, that keeps a log of what it asks the network for."""
import base64
import json
import os
import shutil
import tempfile

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.options import Options
    from selenium.webdriver.chrome.service import Service
except ImportError:
    webdriver = None


def missing():
    """What is not installed here, None if nothing is."""
    if webdriver is None:
        return 'python3-selenium'
    for program in ('chromium', 'chromedriver'):
        if shutil.which(program) is None:
            return program
    return None


class Browser:
    def __init__(self, width=1280, height=900, dark=False):
        self.folder = tempfile.mkdtemp(prefix='gaia-browser-')
        options = Options()
        options.binary_location = shutil.which('chromium')
        for argument in ('--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
                         '--disable-background-networking', '--disable-component-update', '--disable-sync',
                         '--force-device-scale-factor=1', '--lang=en-US', f'--user-data-dir={self.folder}/profile'):
            options.add_argument(argument)
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
        environment = dict(os.environ, HOME=self.folder, XDG_CONFIG_HOME=self.folder, XDG_CACHE_HOME=self.folder)
        try:
            self.driver = webdriver.Chrome(options=options, service=Service(
                shutil.which('chromedriver'), log_output=os.path.join(self.folder, 'driver.log'), env=environment))
        except TypeError:  # the older name of the same
            self.driver = webdriver.Chrome(options=options, service=Service(
                shutil.which('chromedriver'), log_path=os.path.join(self.folder, 'driver.log'), env=environment))
        self.driver.set_script_timeout(120)
        self.complaints, self.requests = [], []
        self.media(dark)
        self.size(width, height)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()
        shutil.rmtree(self.folder, ignore_errors=True)

    def size(self, width, height):
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride',
                                    {'width': width, 'height': height, 'deviceScaleFactor': 1, 'mobile': False})

    def widths(self, *widths):
        """The window in each width, once the page's charts have it too."""
        for width in widths:
            self.size(width, 900)
            self.wait(f'innerWidth === {width} && lead.views.every(({{ width, place }}) => width === widthOf(place))')
            self.settle()
            yield width

    def unnamed(self, selector):
        """Those that a reader's voice would have no name for."""
        return self.js(f"return [...document.querySelectorAll('{selector}')].filter((e) => "
                       "!(e.getAttribute('aria-label') || (e.labels && e.labels[0].textContent))).map((e) => e.outerHTML)")

    def media(self, dark, kind=''):
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {'media': kind, 'features': [
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'},
            {'name': 'prefers-reduced-motion', 'value': 'reduce'}]})

    def open(self, path):
        self.driver.get('file://' + os.path.abspath(path))
        self.wait("document.documentElement.dataset.ready === 'yes'")
        self.settle()

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition):
        """Until a condition of the page holds; the driver's script timeout ends it."""
        return self.driver.execute_async_script(
            f'const done = arguments[0]; const look = () => ({condition}) ? done(true) : setTimeout(look, 20); look();')

    def settle(self):
        """Until what was asked for is drawn: charts draw after the script that asked."""
        self.driver.execute_async_script('const done = arguments[0]; Promise.all(lead.views.map(({ view }) => view.runAsync()))'
                                         '.then(() => requestAnimationFrame(() => requestAnimationFrame(() => done())));')

    def logs(self):
        """Takes over what the console said, and every request that is not the page itself."""
        self.complaints += [entry['message'] for entry in self.driver.get_log('browser')]
        for entry in self.driver.get_log('performance'):
            message = json.loads(entry['message'])['message']
            if message['method'] in ('Network.requestWillBeSent', 'Network.webSocketCreated'):
                parameters = message['params']
                url = parameters.get('request', parameters).get('url', '')
                if not url.startswith(('file://', 'data:', 'about:', 'chrome://')):
                    self.requests.append(url)

    def picture(self, path, top, bottom, width):
        """Of the page between two heights."""
        shot = self.driver.execute_cdp_cmd('Page.captureScreenshot', {
            'captureBeyondViewport': True, 'clip': {'x': 0, 'y': top, 'width': width, 'height': bottom - top, 'scale': 1}})
        with open(path, 'wb') as stream:
            stream.write(base64.b64decode(shot['data']))
