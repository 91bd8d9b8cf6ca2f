#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `gaia` says of itself: every command's --help, its examples, the exit statuses, the README.

usage: help_test.py GAIA SOURCE
"""
import functools
import os
import re
import shlex
import subprocess
import sys
import tempfile
import unittest

GAIA, SOURCE = sys.argv[1:3] if len(sys.argv) >= 3 else sys.exit(__doc__)
LIST_LINE = re.compile(r'^  ([a-z]+) +(\S.*)$', re.MULTILINE)
OPTION_LINE = re.compile(r'^  (--[a-z0-9-]+)( \S+)? +\S', re.MULTILINE)
STATUSES = re.compile(r'Exit statuses: ((?:\d [a-z ]+(?:, )?)+)\.')


@functools.lru_cache(maxsize=None)
def gaia(*arguments):
    """Exit status, standard output, standard error; in a folder without a stack."""
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, XDG_STATE_HOME=folder)
        done = subprocess.run([GAIA, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def readme():
    with open(os.path.join(SOURCE, 'README.md'), encoding='utf-8') as stream:
        return stream.read()


def commands():
    return [name for name, _ in LIST_LINE.findall(gaia('--help')[1])]


def examples(text):
    """The lines at the end of a help text, whatever precedes them."""
    return [line.strip() for line in text.split('\nExamples:\n')[1].splitlines()]


class Help(unittest.TestCase):
    def help_of(self, *command):
        status, out, err = gaia(*command, '--help')
        self.assertEqual((status, err), (0, ''), command)
        return out

    def test_the_list_is_the_same_however_it_is_asked_for(self):
        self.assertIn('score', commands())
        self.assertEqual(gaia('help'), gaia('--help'))
        self.assertEqual(gaia(), (2, '', gaia('--help')[1]))
        self.assertEqual(gaia('help', 'score'), gaia('score', '--help'))
        self.assertEqual(gaia('help', 'scroe'), (2, '', "gaia: unknown command 'scroe'; see gaia --help\n"))

    def test_every_command_ends_its_help_with_examples_that_it_would_take(self):
        for name in commands():
            with self.subTest(command=name):
                text = self.help_of(name)
                self.assertTrue(text.startswith(f'usage: gaia {name}'), text)
                known = {option: value != '' for option, value in OPTION_LINE.findall(text)}
                self.assertIn('--help', known)
                lines = examples(text)
                self.assertTrue(1 <= len(lines) <= 4, lines)
                for line in lines:
                    words = shlex.split(line)
                    self.assertEqual(words[:2], ['gaia', name])
                    self.options_fit(words, known)

    def options_fit(self, words, known):
        """Each option is known, and has a value behind it where it takes one."""
        for i, word in enumerate(words):
            if not word.startswith('-'):
                continue
            self.assertIn(word, known, words)
            if known[word]:
                self.assertTrue(i + 1 < len(words) and not words[i + 1].startswith('--'), words)

    def test_examples_parse(self):
        """The program's own parser takes them: with --help behind them nothing is done."""
        for name in commands():
            for line in examples(self.help_of(name)):
                with self.subTest(example=line):
                    words = shlex.split(line.split(' > ')[0])  # the rest is the shell's
                    status, out, err = gaia(*words[1:], '--help')
                    self.assertEqual((status, err), (0, ''))
                    self.assertTrue(out.startswith('usage: gaia '))

    def test_a_form_shows_its_own_examples(self):
        self.assertEqual([line.split()[2] for line in examples(self.help_of('cert', 'make'))], ['make'])
        self.assertEqual([line.split()[2] for line in examples(self.help_of('manifest', 'check'))], ['check'])
        self.assertEqual([line.split()[2] for line in examples(self.help_of('cert'))], ['make', 'show'])

    def test_exit_statuses_are_told_and_are_those_of_the_readme(self):
        told = STATUSES.search(gaia('--help')[1]).group(1)
        self.assertEqual(STATUSES.search(readme()).group(1), told)
        for name in commands():
            self.assertEqual(STATUSES.search(self.help_of(name)).group(1), told)
        meanings = dict(part.split(' ', 1) for part in told.split(', '))
        self.assertEqual(sorted(meanings), ['0', '2', '3', '4', '5'])
        # What the program does is what is told.
        self.assertEqual(meanings[str(gaia('jobs', '--help')[0])], 'success')
        self.assertEqual(meanings[str(gaia('jobs', '--hepl')[0])], 'usage')
        self.assertEqual(meanings[str(gaia('hash', 'nothing.nc')[0])], 'input')
        self.assertEqual(meanings[str(gaia('jobs')[0])], 'unavailable or out of resources')

    def test_the_readme_names_every_command(self):
        row = next(line for line in readme().splitlines() if line.startswith('| `gaia` |'))
        named = re.findall(r'`([a-z]+)`', row.split('|')[2])
        self.assertEqual(sorted(named), sorted(commands()))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
