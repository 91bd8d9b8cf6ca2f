#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the tree to its rules.

usage: tidy.py ROOT licence|length|includes|notes|format

Prints `path:line: what is wrong`, a line each. Exit status 0: nothing wrong; 1: something is; 77: the check
could not be made here.
"""
import os
import re
import shutil
import subprocess
import sys

import c_scanner

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
SKIPPED = 77

C_SUFFIXES = ('.c', '.h', '.cc', '.cu', '.cuh')
SOURCE_SUFFIXES = C_SUFFIXES + ('.py', '.sh', '.cmake')
SOURCE_NAMES = ('CMakeLists.txt', 'packages.txt', 'Dockerfile')

# A folder's headers may be included from the folders that name it here, and from itself. Public headers
# (include/gaia, as <gaia/...>) may be included from everywhere.
USES = {
    'include/gaia': (),
    'host/base': (),
    'host/score': ('host/base',),
    'host/report': ('host/score', 'host/base'),
    'kernels': ('host/base',),
    'bench': ('kernels', 'host/base'),
    'host': ('kernels', 'host/score', 'host/base'),
    'scheduler/wire': ('host/base',),
    'scheduler': ('scheduler/wire', 'host/report', 'host/score', 'host/base'),
    'host/command': ('bench', 'host', 'kernels', 'scheduler/wire', 'host/report', 'host/score',
                     'host/base'),
    'host/executor': ('host', 'scheduler/wire', 'host/score', 'host/base'),
    'host/node': ('host/base',),
}
# A program's main stands beside modules that it uses.
MAIN_USES = {
    'host/main_gaia.c': ('host/command', 'host', 'host/score', 'host/base'),
    'host/main_executor.c': ('host/executor', 'host', 'scheduler/wire', 'host/score', 'host/base'),
    'host/main_node.c': ('host/node', 'host/base'),
}
MODULES = {'gaia_base': 'host/base', 'gaia_score': 'host/score', 'gaia_report': 'host/report', 'gaia_kernels': 'kernels',
           'gaia_bench': 'bench', 'gaia_host': 'host', 'gaia_wire': 'scheduler/wire', 'gaia_scheduler': 'scheduler',
           'gaia_command': 'host/command', 'gaia_executor': 'host/executor', 'gaia_node': 'host/node'}

# (libraries' headers, the only files that may include them, whether tests may too)
LIBRARIES = (
    (r'nng/', r'scheduler/wire/transport_nng\w*\.[ch]', False),
    (r'(netcdf|hdf5|H5)', r'host/[^/]+\.[ch]', True),
    (r'(eccodes|grib_api)', r'host/grib_\w+\.[ch]', True),
    (r'(cuda|cooperative_groups|nvtx|nvrtc)', r'kernels/.*', True),
    (r'sqlite3', r'scheduler/store_sqlite\w*\.[ch]', True),
    (r'(libpq|postgres)', r'scheduler/store_postgres\w*\.[ch]', True),
    (r'microhttpd', r'scheduler/http_\w+\.[ch]', True),
    (r'curl/', r'host/(client_http\w*\.c|client_exchange\.[ch]|http_(exchange|library|pool)\.c)', True),
)

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
NOTE = re.compile(r'\b(TODO|FIXME|XXX)\b')


def tree_files(root):
    """Paths below root, relative, of what belongs to the project: no build folders, no data."""
    found = []
    for folder, folders, names in os.walk(root):
        relative = os.path.relpath(folder, root)
        if 'CMakeCache.txt' in names or relative in ('build', os.path.join('tests', 'data')):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name == '.ci' or not name.startswith('.'))
        folders[:] = [name for name in folders if name != '__pycache__']
        found += [os.path.normpath(os.path.join(relative, name)) for name in sorted(names)]
    return found


def read(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as stream:
        return stream.read()


def is_source(root, path):
    """C and its kin, CMake, scripts (by suffix or by their first line), and what builds images."""
    name = os.path.basename(path)
    if name.endswith(SOURCE_SUFFIXES) or name in SOURCE_NAMES:
        return True
    if os.path.splitext(name)[1]:
        return False
    with open(os.path.join(root, path), 'rb') as stream:
        return stream.read(2) == b'#!'


def line_of(text, position):
    return text.count('\n', 0, position) + 1


def check_licence(root):
    """Every source says its licence within its first three lines."""
    for path in tree_files(root):
        if is_source(root, path):
            head = read(root, path).split('\n')[:3]
            if not any('SPDX-License-Identifier: MIT' in line for line in head):
                yield f'{path}:1: no line SPDX-License-Identifier: MIT'


def check_length(root):
    """Files and functions fit a reader's attention."""
    for path in tree_files(root):
        if not path.endswith(C_SUFFIXES):
            continue
        text = read(root, path)
        n_lines = text.count('\n')
        if n_lines > FILE_LINES_MAX:
            yield f'{path}:1: {n_lines} lines; at most {FILE_LINES_MAX} are allowed'
        try:
            for name, first, last in c_scanner.functions(text):
                if last - first + 1 > FUNCTION_LINES_MAX:
                    yield (f'{path}:{first}: function {name} has {last - first + 1} lines; '
                           f'at most {FUNCTION_LINES_MAX} are allowed')
        except ValueError as error:
            yield f'{path}:1: cannot be scanned: {error}'


def module_of(path):
    """The module folder that path lies in, None outside of them."""
    folder = os.path.dirname(path)
    while folder and folder not in USES:
        folder = os.path.dirname(folder)
    return folder or None


def own_include_wrong(path, header, homes):
    """Why path may not include "header", None if it may. homes: name -> folders that have such a header."""
    if '/' in header:
        return f'"{header}": a header of ours is included by its name alone'
    if not header.endswith(('.h', '.cuh')):
        return f'"{header}": only headers are included'
    if path.startswith(('tests/', 'bench/')):
        return None
    here = module_of(path)
    allowed = {here, *MAIN_USES.get(path, USES.get(here, ()))}
    places = homes.get(header, set())
    if os.path.dirname(path) in places or {module_of(place + '/') for place in places} & allowed:
        return None
    if not places:
        return f'"{header}": no such header in the tree'
    return f'"{header}" is of {sorted(places)[0]}, which {here} may not use'


def library_include_wrong(path, header):
    """Why path may not include <header>, None if it may."""
    for prefix, only, tests_too in LIBRARIES:
        if re.match(prefix, header):
            may = re.fullmatch(only, path) or (tests_too and path.startswith(('tests/', 'bench/')))
            return None if may else f'<{header}> may be included only by {only}'
    if path.startswith('include/gaia/') and not re.fullmatch(r'gaia/\w+\.h|std\w+\.h', header):
        return f'<{header}>: a public header includes public and standard ones only'
    return None


def check_includes(root):
    """Includes point one way; each library is included where it is wrapped and nowhere else."""
    files = tree_files(root)
    homes = {}
    for path in files:
        if path.endswith(('.h', '.cuh')):
            homes.setdefault(os.path.basename(path), set()).add(os.path.dirname(path))
    for path in files:
        if not path.endswith(C_SUFFIXES) or path.startswith('tests/tree/'):
            continue
        text = read(root, path)
        for match in INCLUDE.finditer(text):
            bracket, header = match.groups()
            wrong = own_include_wrong(path, header, homes) if bracket == '"' else library_include_wrong(path, header)
            if wrong:
                yield f'{path}:{line_of(text, match.start())}: {wrong}'
    yield from check_modules(root, files)


def check_modules(root, files):
    """What CMake lets a module see is what the table above lets it use."""
    for path in files:
        if os.path.basename(path) != 'CMakeLists.txt':
            continue
        text = read(root, path)
        for match in re.finditer(r'gaia_module\(\s*(\w+)([^)]*)\)', text):
            name, rest = match.groups()
            folder = os.path.dirname(path)
            at = f'{path}:{line_of(text, match.start())}'
            if MODULES.get(name) != folder:
                yield f'{at}: module {name} in {folder} is not in the table of tests/tree/tidy.py'
                continue
            deps = re.search(r'\bDEPS\b(.*?)(?:\b(?:LIBS|SOURCES)\b|$)', rest, re.DOTALL)
            for dep in deps.group(1).split() if deps else ():
                if MODULES.get(dep) not in USES[folder]:
                    yield f'{at}: {name} names {dep}, which {folder} may not use'


def check_notes(root):
    """Nothing is left as a note to oneself."""
    for path in tree_files(root):
        if path.startswith('tests/tree/'):
            continue
        try:
            text = read(root, path)
        except UnicodeDecodeError:
            continue
        for match in NOTE.finditer(text):
            yield f'{path}:{line_of(text, match.start())}: {match.group()} left in the tree'


def clang_format_14():
    for name in ('clang-format-14', 'clang-format'):
        program = shutil.which(name)
        if program:
            said = subprocess.run([program, '--version'], stdout=subprocess.PIPE, text=True, check=False).stdout
            if re.search(r'version 14\.', said):
                return program
    return None


def check_format(root):
    """C files are as clang-format 14 writes them."""
    files = [path for path in tree_files(root) if path.endswith(C_SUFFIXES)]
    if not files:
        return
    run = subprocess.run([clang_format_14(), '--dry-run', '--Werror', '--style=file', *files], cwd=root,
                         stderr=subprocess.PIPE, text=True, check=False)
    places = {}
    for path, line in re.findall(r'^(\S+?):(\d+):\d+: (?:error|warning): code should be', run.stderr, re.MULTILINE):
        places.setdefault(path, []).append(line)
    for path, lines in places.items():
        yield f'{path}:{lines[0]}: not as clang-format 14 writes it ({len(lines)} places)'
    if run.returncode != 0 and not places:
        yield f'.:1: clang-format failed: {run.stderr.strip()[:500]}'


CHECKS = {'licence': check_licence, 'length': check_length, 'includes': check_includes, 'notes': check_notes,
          'format': check_format}


def main(root, check):
    if check == 'format' and clang_format_14() is None:
        print('skipped: clang-format 14 is not installed')
        return SKIPPED
    complaints = list(CHECKS[check](root))
    print('\n'.join(complaints) if complaints else f'{check}: nothing wrong in {len(tree_files(root))} files')
    return 1 if complaints else 0


if __name__ == '__main__':
    if len(sys.argv) != 3 or sys.argv[2] not in CHECKS:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
