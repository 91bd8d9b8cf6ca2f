#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That tidy.py catches each kind of violation, and that its scanner finds functions where they are."""
import os
import tempfile
import textwrap
import unittest

import c_scanner
import tidy

SPDX = '/* SPDX-License-Identifier: MIT */\n'


def function(name, n_lines):
    """A function of exactly n_lines lines."""
    return f'int {name}(void)\n{{\n' + '    work();\n' * (n_lines - 3) + '}\n'


class Tree(unittest.TestCase):
    """Each test lays out a small tree and looks at what one check says of it."""

    def complaints(self, check, **files):
        """files: path -> content; a path's / is written __ and its . is written _DOT_."""
        with tempfile.TemporaryDirectory() as root:
            for name, content in files.items():
                path = os.path.join(root, name.replace('__', '/').replace('_DOT_', '.'))
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'w', encoding='utf-8') as out:
                    out.write(content)
            return list(tidy.CHECKS[check](root))

    def assert_one(self, pattern, complaints):
        self.assertEqual(1, len(complaints), complaints)
        self.assertRegex(complaints[0], pattern)

    def test_licence_missing_in_each_kind_of_source(self):
        for name in ('host__a_DOT_c', 'include__gaia__a_DOT_h', 'tests__a_DOT_cc', 'kernels__a_DOT_cu', 'a_DOT_py',
                     'a_DOT_sh', 'cmake__a_DOT_cmake', 'host__CMakeLists_DOT_txt', 'docker__Dockerfile'):
            with self.subTest(name):
                self.assert_one(r':1: no line SPDX', self.complaints('licence', **{name: 'x\n'}))
                self.assertEqual([], self.complaints('licence', **{name: '# SPDX-License-Identifier: MIT\n'}))
        self.assert_one('^run:1:', self.complaints('licence', run='#!/bin/sh\n'))
        self.assertEqual([], self.complaints('licence', LICENSE='text\n', run='#!/bin/sh\n# SPDX-License-Identifier: MIT\n'))

    def test_licence_far_down_does_not_count(self):
        self.assert_one('SPDX', self.complaints('licence', host__a_DOT_c='\n\n\n' + SPDX))

    def test_file_of_501_lines(self):
        self.assertEqual([], self.complaints('length', host__a_DOT_c='\n' * 500))
        self.assert_one('host/a.c:1: 501 lines', self.complaints('length', host__a_DOT_c='\n' * 501))

    def test_function_of_71_lines(self):
        self.assertEqual([], self.complaints('length', host__a_DOT_c=function('fine', 70)))
        long = SPDX + function('fine', 70) + function('long_one', 71)
        self.assert_one('host/a.c:72: function long_one has 71 lines', self.complaints('length', host__a_DOT_c=long))

    def test_test_body_of_71_lines(self):
        body = 'TEST(Lease, Expires)\n{\n' + '    work();\n' * 68 + '}\n'
        self.assert_one(r'function TEST\(Lease, Expires\) has 71 lines', self.complaints('length', tests__a_DOT_cc=body))

    def test_braces_that_do_not_match(self):
        self.assert_one('cannot be scanned', self.complaints('length', host__a_DOT_c='int f(void) {\n'))

    def test_include_direction(self):
        header = {'host__reader_DOT_h': SPDX, 'host__base__text_DOT_h': SPDX, 'kernels__backend_DOT_h': SPDX,
                  'host__score__plan_DOT_h': SPDX, 'scheduler__core_DOT_h': SPDX}
        wrong = {'host__base__a_DOT_c': 'plan.h', 'host__score__a_DOT_c': 'reader.h', 'kernels__a_DOT_cu': 'plan.h',
                 'scheduler__a_DOT_c': 'reader.h', 'host__a_DOT_c': 'core.h', 'scheduler__wire__a_DOT_c': 'plan.h',
                 'host__node__a_DOT_c': 'backend.h', 'host__command__a_DOT_c': 'core.h'}
        for path, name in wrong.items():
            with self.subTest(path):
                self.assert_one('which .* may not use', self.complaints('includes', **header, **{path: f'#include "{name}"\n'}))
        right = {'host__base__a_DOT_c': 'text.h', 'host__score__a_DOT_c': 'text.h', 'kernels__a_DOT_cu': 'text.h',
                 'scheduler__a_DOT_c': 'plan.h', 'host__a_DOT_c': 'backend.h', 'host__executor__a_DOT_c': 'reader.h',
                 'tests__host__a_DOT_cc': 'core.h'}
        for path, name in right.items():
            with self.subTest(path):
                self.assertEqual([], self.complaints('includes', **header, **{path: f'# include "{name}"\n'}))

    def test_include_of_what_is_not_a_header_of_ours(self):
        self.assert_one('no such header', self.complaints('includes', host__a_DOT_c='#include "gone.h"\n'))
        self.assert_one('only headers', self.complaints('includes', host__a_DOT_c='#include "b.c"\n'))
        self.assert_one('by its name alone', self.complaints('includes', host__a_DOT_c='#include "../b.h"\n'))

    def test_libraries_stay_behind_their_wrappers(self):
        wrong = {'scheduler__server_DOT_c': 'nng/nng.h', 'tests__wire__a_DOT_cc': 'nng/nng.h', 'host__base__a_DOT_c': 'netcdf.h',
                 'scheduler__core_DOT_c': 'netcdf.h', 'scheduler__store_DOT_c': 'cuda_runtime.h', 'host__a_DOT_c': 'cuda.h',
                 'scheduler__server_DOT_h': 'sqlite3.h', 'host__b_DOT_c': 'curl/curl.h', 'host__c_DOT_c': 'hdf5.h'}
        for path, name in wrong.items():
            with self.subTest(path):
                expected = 0 if path == 'host__c_DOT_c' else 1  # a reader in host may
                self.assertEqual(expected, len(self.complaints('includes', **{path: f'#include <{name}>\n'})))
        for path, name in {'scheduler__wire__transport_nng_DOT_c': 'nng/nng.h', 'host__reader_netcdf_DOT_c': 'netcdf.h',
                           'kernels__backend_cuda_DOT_cu': 'cuda_runtime.h', 'scheduler__store_sqlite_DOT_c': 'sqlite3.h'}.items():
            with self.subTest(path):
                self.assertEqual([], self.complaints('includes', **{path: f'#include <{name}>\n'}))

    def test_public_header_includes_public_and_standard_ones_only(self):
        self.assert_one('a public header', self.complaints('includes', include__gaia__a_DOT_h='#include <jansson.h>\n'))
        self.assertEqual([], self.complaints('includes', include__gaia__a_DOT_h='#include <gaia/b.h>\n#include <stdint.h>\n'))

    def test_cmake_names_a_module_that_the_folder_may_not_use(self):
        wrong = '# SPDX\ngaia_module(gaia_scheduler\n  SOURCES core.c\n  DEPS gaia_wire gaia_host\n  LIBS x)\n'
        self.assert_one('scheduler/CMakeLists.txt:2: gaia_scheduler names gaia_host',
                        self.complaints('includes', scheduler__CMakeLists_DOT_txt=wrong))
        self.assert_one('not in the table', self.complaints('includes', host__new__CMakeLists_DOT_txt='gaia_module(gaia_new SOURCES a.c)'))

    def test_notes_left(self):
        for note in ('TODO', 'FIXME', 'XXX'):
            self.assert_one(f'host/a.c:2: {note}', self.complaints('notes', host__a_DOT_c=f'\n// {note}: later\n'))
        self.assertEqual([], self.complaints('notes', host__a_DOT_c='mkstemp("XXXXXX")\n'))

    def test_build_folders_and_data_are_not_looked_at(self):
        self.assertEqual([], self.complaints('notes', build__a_DOT_c='TODO', other__CMakeCache_DOT_txt='TODO',
                                             other__sub__a_DOT_c='TODO', tests__data__a_DOT_txt='TODO'))

    @unittest.skipIf(tidy.clang_format_14() is None, 'clang-format 14 is not installed')
    def test_format(self):
        self.assert_one('host/a.c:1: not as clang-format', self.complaints('format', host__a_DOT_c='int   a;\n'))
        self.assertEqual([], self.complaints('format', host__a_DOT_c='int a;\n'))


class Scanner(unittest.TestCase):
    def names(self, source):
        return [(name, first, last) for name, first, last in c_scanner.functions(textwrap.dedent(source))]

    def test_c_functions(self):
        self.assertEqual([('f', 1, 4), ('g', 5, 8)], self.names('''\
            int f(int (*call)(void))
            {
                if (call()) { return 1; } return 0;
            }
            static const struct x *
            g(void)
            {
            }
            '''))

    def test_braces_in_literals_comments_and_directives_do_not_count(self):
        self.assertEqual([('f', 3, 6)], self.names('''\
            #define OPEN {
            // {
            int f(void) { /* { */
                char c = '{'; // {
                call("{ \\" {", c, R"x({ ")x", 1'000);
            }
            '''))

    def test_initialisers_and_types_are_no_functions(self):
        self.assertEqual([], self.names('''\
            struct a { int b; };
            enum { A, B };
            static const struct a table[COUNT(1)] = { {1}, {2} };
            struct a made = (struct a){ .b = call(2) };
            typedef struct { int c; } d;
            '''))

    def test_functions_inside_namespaces_classes_and_extern_blocks(self):
        self.assertEqual([('f', 2, 2), ('g', 5, 7), ('TEST(Lease, Expires)', 9, 10), ('Thing', 12, 12)], self.names('''\
            extern "C" {
            int f(void) { return 1; }
            }
            namespace {
            auto g(int a = 3) -> int {
                return [&] { return a; }();
            }
            } // namespace
            TEST(Lease, Expires) {
            }
            class Thing : public Base {
                Thing(int a) : a_(a) { }
                int a_ = 2;
            };
            '''))

    def test_line_after_a_preprocessor_branch(self):
        self.assertEqual([('f', 2, 6)], self.names('''\
            #if A
            int f(void)
            #endif
            {
                return 1;
            }
            '''))

    def test_unbalanced_braces_raise(self):
        for source in ('}', 'int f(void) {', '{{}'):
            with self.assertRaises(ValueError):
                c_scanner.functions(source)


if __name__ == '__main__':
    unittest.main()
