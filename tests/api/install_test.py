#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What an installation gives to others: the README's program, built by pkg-config and by CMake, with the shared library
and with the archive, from what was installed alone, prints the expected scores of a real case.

usage: install_test.py BUILD SOURCE CMAKE CC [-fsanitize=...]
"""
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD, SOURCE, CMAKE, CC = sys.argv[1:5] if len(sys.argv) >= 5 else sys.exit(__doc__)
SANITIZE = [argument for argument in sys.argv[5:] if argument]
EXAMPLE = os.path.join(SOURCE, 'tests/api/example.c')
CASE = 'era5_2017_persistence'
DATA = os.path.join(SOURCE, 'tests/data', CASE)
PROJECT = '''cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES C)
find_package(gaia {version} REQUIRED{components})
add_executable(example example.c)
target_link_libraries(example PRIVATE {target} {sanitize})
target_compile_options(example PRIVATE -Wall -Wextra -Werror {sanitize})
'''


def run(*arguments, environment=None, cwd=None, status=0):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=250, check=False,
                          cwd=cwd, env={**os.environ, **(environment or {})})
    if done.returncode != status:
        raise AssertionError(f'{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}')
    return done.stdout


def install(folder, *arguments, **environment):
    run(CMAKE, '--install', BUILD, *arguments, environment=environment, cwd=folder)


def expected():
    """The scores that the example has to print: what it prints before the value -> the value."""
    with open(os.path.join(SOURCE, 'tests/data/expected.csv'), encoding='utf-8', newline='') as table:
        rows = [row for row in csv.DictReader(table)
                if row['case'] == CASE and row['metric'] in ('rmse', 'acc_centred') and row['weighting'] == 'cos' and
                row['region'] in ('global', 'tropics') and row['valid_time'][:1].isdigit()]
    return {(row['variable'], float(row['level'] or 'nan'), float(row['lead_hours']), row['valid_time'], row['region'],
             row['metric']): float(row['value']) for row in rows}


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = os.path.join(cls.folder.name, 'prefix')
        install(cls.folder.name, '--prefix', cls.prefix)
        cls.expected = expected()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def place(self, name):
        path = os.path.join(self.folder.name, name)
        os.makedirs(path)
        return path

    def environment(self, prefix=None):
        lib = os.path.join(prefix or self.prefix, 'lib')
        return {'PKG_CONFIG_PATH': os.path.join(lib, 'pkgconfig'), 'LD_LIBRARY_PATH': lib}

    def check_scores(self, program, environment):
        printed = run(program, *(os.path.join(DATA, name) for name in ('forecast.nc', 'truth.nc', 'climatology.nc')),
                      environment=environment)
        found = {}
        for line in printed.splitlines():
            variable, level, lead, valid_time, region, metric, value = line.split(',')
            found[variable, float(level), float(lead), valid_time, region, metric] = float(value)
        self.assertGreater(len(self.expected), 20)
        self.assertEqual(set(found), set(self.expected))
        for key, value in self.expected.items():
            self.assertAlmostEqual(found[key], value, delta=1e-9 * abs(value) + 1e-12, msg=str(key))

    def needed(self, program):
        return set(re.findall(r'NEEDED +(\S+)', run('objdump', '-p', program)))

    def build_by_pkg_config(self, prefix, program, *modes):
        environment = self.environment(prefix)
        flags = run('pkg-config', *modes, '--cflags', '--libs', 'gaia', environment=environment).split()
        self.assertNotIn(SOURCE, ' '.join(flags))
        run(CC, '-std=c17', '-Wall', '-Wextra', '-Werror', *SANITIZE, EXAMPLE, '-o', program, *flags)
        self.check_scores(program, environment)

    def test_pkg_config_and_the_shared_library(self):
        program = os.path.join(self.place('pc_shared'), 'example')
        self.build_by_pkg_config(self.prefix, program)
        self.assertIn('libgaia.so.1', self.needed(program))
        self.assertNotIn('libnetcdf.so.19', self.needed(program))  # the library's own matter
        version = run('pkg-config', '--modversion', 'gaia', environment=self.environment()).strip()
        with open(os.path.join(SOURCE, 'CMakeLists.txt'), encoding='utf-8') as lists:
            self.assertIn(f'project(gaia VERSION {version} ', lists.read())

    def test_pkg_config_and_the_archive_wherever_it_was_moved(self):
        moved = os.path.join(self.place('pc_static'), 'moved')
        shutil.copytree(self.prefix, moved, symlinks=True)
        for name in os.listdir(os.path.join(moved, 'lib')):
            if name.startswith('libgaia.so'):
                os.remove(os.path.join(moved, 'lib', name))
        program = os.path.join(self.folder.name, 'pc_static/example')
        self.build_by_pkg_config(moved, program, '--static')
        self.assertFalse([name for name in self.needed(program) if name.startswith('libgaia')])

    def configure(self, name, target, components='', version='0.1'):
        folder = self.place(name)
        shutil.copy(EXAMPLE, folder)
        with open(os.path.join(folder, 'CMakeLists.txt'), 'w', encoding='utf-8') as lists:
            lists.write(PROJECT.format(version=version, components=components, target=target,
                                       sanitize=' '.join(SANITIZE)))
        return folder, [CMAKE, '-S', folder, '-B', os.path.join(folder, 'build'), f'-DCMAKE_PREFIX_PATH={self.prefix}',
                        f'-DCMAKE_C_COMPILER={CC}']

    def build_by_cmake(self, name, target, components=''):
        folder, configure = self.configure(name, target, components)
        run(*configure)
        run(CMAKE, '--build', os.path.join(folder, 'build'))
        program = os.path.join(folder, 'build/example')
        self.check_scores(program, {})
        return program

    def test_cmake_and_the_shared_library(self):
        self.assertIn('libgaia.so.1', self.needed(self.build_by_cmake('cmake_shared', 'gaia::gaia')))

    def test_cmake_and_the_archive(self):
        needed = self.needed(self.build_by_cmake('cmake_static', 'gaia::static', ' COMPONENTS static'))
        self.assertFalse([name for name in needed if name.startswith('libgaia')])

    def test_cmake_refuses_another_version_and_an_unknown_part(self):
        for i, (version, components, word) in enumerate((
                ('9.1', '', 'compatible with requested version "9.1"'), ('0.2', '', 'requested version'),
                ('0.1', ' COMPONENTS fortran', 'fortran'))):
            _, configure = self.configure(f'refused{i}', 'gaia::gaia', components, version)
            done = subprocess.run(configure, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=250,
                                  check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(word, ' '.join(done.stdout.split()))

    def test_destdir_and_the_parts(self):
        """Each part is installed by itself below DESTDIR, and no file of theirs names where that was."""
        stage = self.place('stage')
        found = {}
        for part in ('programs', 'library', 'development'):
            root = os.path.join(stage, part)
            install(stage, '--prefix', '/opt/gaia', '--component', part, DESTDIR=root)
            found[part] = {os.path.relpath(os.path.join(folder, name), root + '/opt/gaia')
                           for folder, _, names in os.walk(root) for name in names}
        self.assertEqual({name for name in found['programs'] if name.startswith('bin/')},
                         {'bin/gaia', 'bin/gaia-executor', 'bin/gaia-node', 'bin/gaia-scheduler'})
        self.assertTrue(all(re.match(r'lib/libgaia\.so\.1', name) or name.startswith('lib/gaia/') for name in found['library']))
        self.assertTrue({'include/gaia/array.h', 'lib/libgaia.a', 'lib/libgaia.so', 'lib/pkgconfig/gaia.pc',
                         'lib/cmake/gaia/gaia-config.cmake'} <= found['development'])
        headers = {name for name in os.listdir(os.path.join(SOURCE, 'include/gaia')) if name.endswith('.h')}
        self.assertEqual({os.path.basename(name) for name in found['development'] if name.endswith('.h')}, headers)
        whole = {os.path.relpath(os.path.join(folder, name), self.prefix)
                 for folder, _, names in os.walk(self.prefix) for name in names}
        self.assertEqual(whole, set().union(*found.values()))
        for name in ('pkgconfig/gaia.pc', 'cmake/gaia/gaia-config.cmake'):
            with open(os.path.join(stage, 'development/opt/gaia/lib', name), encoding='utf-8') as text:
                self.assertNotRegex(text.read(), re.escape(stage) + '|' + re.escape(BUILD))

    def test_the_readme_has_the_program(self):
        with open(EXAMPLE, encoding='utf-8') as program, open(os.path.join(SOURCE, 'README.md'), encoding='utf-8') as readme:
            self.assertTrue('```c\n' + program.read() + '```\n' in readme.read())


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
