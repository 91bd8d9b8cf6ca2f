#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is made of the table of commands: man pages that man(1) and groff take without a warning, completions that a real
shell uses, and an installation that has both.

usage: pages_test.py BUILD CMAKE
"""
import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD, CMAKE = sys.argv[1:3] if len(sys.argv) >= 3 else sys.exit(__doc__)
GAIA = os.path.join(BUILD, 'gaia')
REQUESTS = {'.TH', '.SH', '.SS', '.TP', '.PP', '.B', '.I', '.BR', '.nf', '.fi'}
ESCAPE = re.compile(r'\\(?:e|-|&|f[BIR]|\((?:aq|ga|ti|ha))')
SECTIONS = ['NAME', 'SYNOPSIS', 'DESCRIPTION', 'OPTIONS', 'EXIT STATUS', 'EXAMPLES', 'SEE ALSO']


def run(*arguments, **more):
    return subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
                          **more)


@functools.lru_cache(maxsize=None)
def gaia(*arguments):
    done = run(GAIA, *arguments)
    return done.returncode, done.stdout, done.stderr


def commands():
    return re.findall(r'^  ([a-z]+) +\S', gaia('help')[1], re.MULTILINE)


def options_of(command):
    return sorted(set(re.findall(r'^  (--[a-z0-9-]+)', gaia(command, '--help')[1], re.MULTILINE)))


def faults(page):
    """What is wrong with a man page, as far as it can be told without a formatter."""
    lines = page.splitlines()
    found = [] if lines and lines[0].startswith('.TH "') else ['no title']
    for line in lines:
        if line[:1] in ('.', "'") and line.split(' ')[0] not in REQUESTS:
            found.append(f'no such request: {line}')
        if '\\' in ESCAPE.sub('', line):
            found.append(f'no such escape: {line}')
        if line == '':
            found.append('an empty line')
    sections = [line[4:] for line in lines if line.startswith('.SH ')]
    known = [section for section in SECTIONS if section in sections]
    if [section for section in sections if section in SECTIONS] != known or sections[:2] != SECTIONS[:2]:
        found.append(f'sections: {sections}')
    if lines.count('.nf') != lines.count('.fi'):
        found.append('.nf without .fi')
    return found


class Pages(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='gaia-pages-')

    def tearDown(self):
        self.folder.cleanup()

    def pages(self):
        """{path: text} of all pages, as they are written to a folder."""
        folder = os.path.join(self.folder.name, 'new', 'man')
        self.assertEqual(gaia('help', '--man-folder', folder), (0, '', ''))
        self.assertEqual(sorted(os.listdir(folder)), sorted(['gaia.1'] + [f'gaia-{name}.1' for name in commands()]))
        pages = {}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), encoding='ascii') as stream:
                pages[os.path.join(folder, name)] = stream.read()
        return pages

    def test_every_page_is_well_formed(self):
        for path, page in self.pages().items():
            self.assertEqual(faults(page), [], path)
        # The check does not take anything.
        good = gaia('help', 'hash', '--man')[1]
        for bad in ('', 'garbage\n', good + '.XX\n', good.replace('.fi', '.nf'), good.replace('\\-', '\\q'),
                    good.replace('.SH NAME', '.SH EMAN'), good + '\n\n'):
            self.assertNotEqual(faults(bad), [])

    def test_formatters_have_nothing_to_say(self):
        for path in self.pages():
            if shutil.which('groff'):
                done = run('groff', '-man', '-Tutf8', '-ww', path)
                self.assertEqual((done.returncode, done.stderr), (0, ''), path)
                self.assertIn('EEXXIITT' if '\b' in done.stdout else 'EXIT', done.stdout.replace('\b', ''))
            if shutil.which('man'):
                done = run('man', '--warnings', '-l', path, env=dict(os.environ, MANPAGER='cat', LC_ALL='C.UTF-8'))
                self.assertEqual((done.returncode, done.stderr), (0, ''), path)

    def test_a_page_says_what_help_says(self):
        for name in commands():
            page = gaia('help', name, '--man')[1].replace('\\-', '-').replace('\\(aq', "'").replace('\\(ga', '`')
            self.assertEqual(sorted(set(re.findall(r'^\\fB(--[a-z0-9-]+)\\fR', page, re.MULTILINE))), options_of(name))
            for line in gaia(name, '--help')[1].split('\nExamples:\n')[1].splitlines():
                self.assertIn(line.strip().replace('~', '\\(ti'), page.splitlines())

    def test_wrong_use(self):
        self.assertEqual(gaia('help', 'score', '--man-folder', self.folder.name)[0], 2)
        self.assertEqual(gaia('help', 'scroe', '--man')[0], 2)
        self.assertEqual(gaia('completion', 'fish'), (2, '', "gaia: no completion for 'fish'; there are: bash, zsh\n"))
        file = os.path.join(self.folder.name, 'file')
        with open(file, 'w', encoding='ascii'):
            self.assertEqual(gaia('help', '--man-folder', file)[0], 5)

    def complete(self, line):
        """What bash offers at the end of line, after the script has been sourced as a user would."""
        words = line.split(' ')
        script = f'''set -u
source <({shlex.quote(GAIA)} completion bash) || exit 3
[ "$(complete -p gaia)" = 'complete -o default -F _gaia gaia' ] || exit 4
COMP_WORDS=({' '.join(shlex.quote(word) for word in words)})
COMP_CWORD={len(words) - 1}
_gaia
printf '%s\\n' "${{COMPREPLY[@]-}}"
'''
        done = run('bash', '--norc', '-c', script)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout.split()

    def test_bash_completes(self):
        self.assertEqual(self.complete('gaia sco'), ['score', 'scores'])
        self.assertEqual(sorted(self.complete('gaia ')), sorted(commands() + ['--help', '--version']))
        self.assertEqual(self.complete('gaia score --mom'), ['--moments-out'])
        self.assertEqual(self.complete('gaia cert '), ['make', 'show'])
        self.assertEqual(self.complete('gaia cert make --ren'), ['--renew'])
        self.assertEqual(self.complete('gaia completion z'), ['zsh'])
        self.assertEqual(self.complete('gaia help manif'), ['manifest'])
        self.assertEqual(self.complete('gaia score --truth --x'), [])  # a value: left to bash, which takes files
        self.assertEqual(self.complete('gaia score forecast.nc tr'), [])
        self.assertEqual(self.complete('gaia nonsense --h'), [])
        for name in commands():
            self.assertEqual(sorted(self.complete(f'gaia {name} --')), options_of(name))

    def test_zsh_has_every_command_and_option_in_quotes_that_close(self):
        script = gaia('completion', 'zsh')[1]
        self.assertTrue(script.startswith('#compdef gaia\n'))
        words = shlex.split(script, comments=True)  # zsh's rule for single quotes is that of sh
        for name in commands():
            self.assertTrue(any(word.startswith(f'{name}:') for word in words), name)
            for option in options_of(name):
                self.assertTrue(any(word.startswith(f'{option}[') and ']' in word for word in words), option)
        self.assertEqual(run('bash', '-n', '-c', script).returncode, 0)
        self.assertNotEqual(run('bash', '-n', '-c', script + "'").returncode, 0)
        if shutil.which('zsh'):
            done = run('zsh', '-f', '-n', '-c', script)
            self.assertEqual((done.returncode, done.stderr), (0, ''))

    def test_an_installation_has_them(self):
        done = run(CMAKE, '--install', BUILD, '--prefix', self.folder.name)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(sorted(os.listdir(os.path.join(self.folder.name, 'share/man/man1'))),
                         sorted(['gaia.1'] + [f'gaia-{name}.1' for name in commands()]))
        for path, shell in (('share/bash-completion/completions/gaia', 'bash'), ('share/zsh/site-functions/_gaia', 'zsh')):
            with open(os.path.join(self.folder.name, path), encoding='ascii') as stream:
                self.assertEqual(stream.read(), gaia('completion', shell)[1])
        installed = run(os.path.join(self.folder.name, 'bin/gaia'), 'doctor', '--state', self.folder.name + '/none')
        self.assertEqual(installed.returncode, 0, installed.stdout)  # with its sisters beside it


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
