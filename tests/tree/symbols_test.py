#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That a library shows nothing but gaia_ symbols, and shows those that the public headers declare.

usage: symbols_test.py NM LIBRARY INCLUDE_DIR
"""
import glob
import os
import re
import subprocess
import sys

# What the compiler itself adds to a program built with a sanitizer or with coverage.
OF_THE_COMPILER = re.compile(r'(__[at]san_|__ubsan_|__odr_asan|___asan_|__sancov|__start_|__stop_|_init$|_fini$)')


def defined(nm, library):
    """Names of the global symbols that library defines."""
    dynamic = ['-D'] if re.search(r'\.so(\.|$)', library) else []
    run = subprocess.run([nm, *dynamic, '-g', '--defined-only', '--format=posix', library], stdout=subprocess.PIPE,
                         text=True, check=True)
    # A line is `name kind ...`; in an archive there are lines with the member's name too.
    return {line.split()[0] for line in run.stdout.splitlines() if len(line.split()) >= 2}


def declared(include):
    """Names of the functions that the public headers mark as part of the interface."""
    names = set()
    for path in glob.glob(os.path.join(include, 'gaia', '*.h')):
        with open(path, encoding='utf-8') as header:
            text = re.sub(r'/\*.*?\*/', '', header.read(), flags=re.DOTALL)
        text = re.sub(r'^[ \t]*#.*', '', text, flags=re.MULTILINE)
        for match in re.finditer(r'GAIA_API\b([^;]*);', text):
            names.add(re.search(r'(\w+)\s*\(', match.group(1)).group(1))
    return names


def main(nm, library, include):
    shown = {name for name in defined(nm, library) if not OF_THE_COMPILER.match(name)}
    wanted = declared(include)
    complaints = [f'{name} is shown' for name in sorted(shown) if not name.startswith('gaia_')]
    complaints += [f'{name} is declared but not there' for name in sorted(wanted - shown)]
    complaints += [f'{name} is shown but not declared' for name in sorted(shown - wanted) if name.startswith('gaia_')]
    if not wanted:
        complaints.append('no public function found in the headers')
    print('\n'.join(complaints) if complaints else f'{os.path.basename(library)}: {len(shown)} symbols, all declared')
    return 1 if complaints else 0


if __name__ == '__main__':
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
