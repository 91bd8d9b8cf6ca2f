#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""That the binary interface changes only knowingly: the functions that a library exports, the places of the members of
every public structure and the numbers of every enumeration are those of the committed list.

usage: abi_test.py CC INCLUDE NM LIBRARY LIST [--write]
"""
import difflib
import glob
import os
import re
import subprocess
import sys
import tempfile

TAGGED = re.compile(r'\b(struct|enum)(?:\s+(gaia_\w+))?\s*\{([^{}]*)\}(?:\s*(gaia_\w+))?\s*;')


def run(*arguments):
    return subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True).stdout


def member(declaration):
    """The name that a member's declaration declares."""
    pointer = re.search(r'\(\s*\*\s*(\w+)\s*\)', declaration)
    return pointer.group(1) if pointer else re.search(r'(\w+)\s*(\[[^\]]*\]\s*)*$', declaration).group(1)


def includes(include):
    """The lines that include every public header."""
    headers = sorted(os.path.basename(path) for path in glob.glob(os.path.join(include, 'gaia/*.h')))
    return ''.join(f'#include <gaia/{header}>\n' for header in headers)


def questions(text):
    """Statements that print the places and numbers of what the preprocessed headers declare."""
    lines = []
    for kind, tag, body, name in TAGGED.findall(text):
        if kind == 'enum':
            for value in body.split(','):
                constant = value.split('=')[0].strip()
                if constant.startswith('GAIA_'):
                    lines.append(f'printf("number {constant} %lld\\n", (long long){constant});')
        elif tag or name:
            what = f'struct {tag}' if tag else name
            shown = tag or name
            lines.append(f'printf("structure {shown} %zu\\n", sizeof({what}));')
            for declaration in filter(None, (part.strip() for part in body.split(';'))):
                of = member(declaration)
                lines.append(f'printf("structure {shown}.{of} %zu\\n", offsetof({what}, {of}));')
    return lines


def interface(compiler, include, nm, library):
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, 'list.c')
        with open(source, 'w', encoding='utf-8') as stream:
            stream.write(includes(include))
        text = run(compiler, '-std=c17', '-E', '-P', f'-I{include}', source)
        lines = questions(text)
        with open(source, 'w', encoding='utf-8') as stream:
            stream.write(includes(include) + '#include <stddef.h>\n#include <stdio.h>\nint main(void)\n{\n' +
                         '\n'.join(lines) + '\nreturn 0;\n}\n')
        run(compiler, '-std=c17', f'-I{include}', source, '-o', os.path.join(folder, 'list'))
        made = run(os.path.join(folder, 'list')).splitlines()
    shown = [line.split()[0] for line in run(nm, '-D', '-g', '--defined-only', '--format=posix', library).splitlines()]
    functions = [f'function {name}' for name in sorted(shown) if name.startswith('gaia_')]
    with open(os.path.join(include, 'gaia/status.h'), encoding='utf-8') as header:
        version = re.search(r'^#define GAIA_ABI_VERSION (\d+)$', header.read(), re.MULTILINE).group(1)
    return [f'version {version}'] + functions + made


def main(compiler, include, nm, library, committed, *write):
    found = interface(compiler, include, nm, library)
    if write:
        with open(committed, 'w', encoding='utf-8') as stream:
            stream.write('\n'.join(found) + '\n')
        return 0
    with open(committed, encoding='utf-8') as stream:
        wanted = stream.read().splitlines()
    if found == wanted and len(found) > 100:
        print(f'{len(found)} lines, as committed')
        return 0
    print('\n'.join(difflib.unified_diff(wanted, found, committed, 'here', lineterm='', n=0)))
    print('The interface is not the committed one. Where a program that is there already would notice, raise\n'
          'GAIA_ABI_VERSION (include/gaia/status.h); then write the list anew: the same command with --write.')
    return 1


if __name__ == '__main__':
    if len(sys.argv) not in (6, 7):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
