#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Breaks the kernels one place at a time and demands that their contract notices.

usage: mutation.py SOURCE BUILD OBJECTS cpu|emulated [PATTERN]

SOURCE is the tree, BUILD a build of it, OBJECTS a file that names the objects of kernels-contract. What is broken
is listed in mutation_list.py. Each mutant is made in a copy of the sources; only the objects that see it are
compiled again, with the build's own commands. An eighth of the mutants is tried, another one every day (GAIA_SEED
says another), with GAIA_LONG=1 all of them; with PATTERN those whose description matches it.

Exit status 0: the contract failed for every mutant tried; 1: a mutant survived, or a mutation of the list no
longer applies; 77: this build has no such device.
"""
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

from mutation_list import GROUPS

FOLDERS = ('include', 'kernels', 'host/base', 'tests/kernels')
WORKERS = 2
SHARES = 8
DAY_S = 86400
QUICKLY = ['-O1', '-g0', '-w']
RUN_S = 300  # a mutant that takes longer than this hangs, which is noticed too
SKIPPED = 77


class Mutant:
    """One change of one or several files, with the place and the text of the first change."""

    def __init__(self, mutation, changes, line, text):
        self.instruction_set = mutation.instruction_set
        self.changes = changes
        path = mutation.paths[0]
        shown = ' '.join(text.split())
        self.name = f'{path}:{line}: {mutation.what}: {shown[:90]}'

    def share(self):
        return zlib.crc32(re.sub(r':\d+:', ':', self.name).encode()) % SHARES


def span_of(text, within):
    """Where in text a mutation may change something: a function's body, what a pattern spans, or everywhere."""
    if within is None:
        return 0, len(text)
    found = re.search(within, text)
    if not found:
        return None
    if found.group().endswith('('):  # a function, to the brace that closes it at the line's start
        end = re.compile(r'^\}', re.MULTILINE).search(text, found.end())
        return found.start(), end.end() if end else len(text)
    return found.span()


def without_comments(text):
    """The text with its comments blanked, every character else where it was."""
    blank = re.compile(r'[^\n]')
    return re.sub(r'/\*.*?\*/|//[^\n]*', lambda comment: blank.sub(' ', comment.group()), text, flags=re.DOTALL)


def mutants_of(root, mutation):
    """Every mutant that a mutation of the list makes of the sources."""
    made = []
    joint = {}
    for path in mutation.paths:
        with open(os.path.join(root, path), encoding='utf-8') as stream:
            text = stream.read()
        code = without_comments(text)
        span = span_of(code, mutation.within)
        if span is None:
            continue
        pattern = re.compile(mutation.pattern, re.MULTILINE)
        places = list(pattern.finditer(code, *span))
        if mutation.is_joint:
            if places:
                joint[path] = pattern.sub(mutation.replacement, code)
            continue
        for place in places:
            new = text[:place.start()] + place.expand(mutation.replacement) + text[place.end():]
            line = text.count('\n', 0, place.start() + len(place.group()) - len(place.group().lstrip())) + 1
            made.append(Mutant(mutation, {path: new}, line, place.group()))
    if joint:
        made.append(Mutant(mutation, joint, 1, mutation.pattern))
    return made


def includes_of(root, path, seen=None):
    """Paths of the headers of kernels/ and tests/kernels/ that path includes, and path."""
    seen = set() if seen is None else seen
    seen.add(path)
    with open(os.path.join(root, path), encoding='utf-8') as stream:
        names = re.findall(r'^\s*#\s*include\s+"([^"]+)"', stream.read(), re.MULTILINE)
    for name in names:
        for folder in ('kernels', 'tests/kernels'):
            other = f'{folder}/{name}'
            if other not in seen and os.path.exists(os.path.join(root, other)):
                includes_of(root, other, seen)
    return seen


class Build:
    """The commands of a build and the objects of its contract program."""

    def __init__(self, source, build, objects):
        self.source = os.path.realpath(source)
        with open(objects, encoding='utf-8') as stream:
            self.objects = [line for line in stream.read().split('\n') if line]
        self.commands = {}
        with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as stream:
            for entry in json.load(stream):
                arguments = shlex.split(entry['command'])
                made = os.path.normpath(os.path.join(entry['directory'], arguments[arguments.index('-o') + 1]))
                self.commands[made] = (entry['directory'], arguments, os.path.realpath(entry['file']))
        self.linker = next(arguments[0] for _, arguments, file in self.commands.values()
                           if file.endswith('contract_main.cc'))

    def objects_that_see(self, paths, device, instruction_set):
        """Objects of the contract program made from one of these paths for this device."""
        found = []
        for made in self.objects:
            _, arguments, file = self.commands[os.path.normpath(made)]
            path = os.path.relpath(file, self.source)
            code = [a for a in arguments if a.startswith('-DCPU_CODE=')]
            if code and (device != 'cpu' or code != [f'-DCPU_CODE={instruction_set}']):
                continue
            if device == 'cpu' and os.path.basename(path).startswith('cuda_'):
                continue
            if path.startswith('kernels/') and includes_of(self.source, path) & set(paths):
                found.append(made)
        return found

    def compile(self, made, root, out):
        """Compiles the object's source as it stands below root. That intrinsics are declared takes half of the time for
        the CPU's loops, so that this is compiled once."""
        directory, arguments, _ = self.commands[os.path.normpath(made)]
        ours = re.compile(re.escape(self.source) + '/(' + '|'.join(FOLDERS) + ')(?=/|$)')
        new = [ours.sub(lambda found: os.path.join(root, found.group(1)), argument) for argument in arguments]
        new[new.index('-o') + 1] = out
        for flag in ('-MF', '-MT'):
            if flag in new:
                new[new.index(flag) + 1] = out + '.d'
        new += QUICKLY
        instruction_set = next((a for a in arguments if a.startswith('-DCPU_CODE=')), None)
        if instruction_set:
            header = os.path.join(root, f'intrinsics_{instruction_set.split("=")[1]}.h')
            if not os.path.exists(header):
                self.precompile(new, directory, header)
            new += ['-include', header]
        return subprocess.run(new, cwd=directory, stderr=subprocess.PIPE, text=True, check=False)

    @staticmethod
    def precompile(command, directory, header):
        """Makes the header that declares intrinsics, for this command; without success it is read as it is."""
        with open(header, 'w', encoding='utf-8') as stream:
            stream.write('#if defined(__x86_64__)\n#include <immintrin.h>\n#endif\n')
        new = list(command)
        new[new.index('-o') + 1] = header + '.gch'
        at = new.index('-c')
        new[at:at + 2] = ['-x', 'c-header', '-c', header]
        subprocess.run(new, cwd=directory, stderr=subprocess.DEVNULL, check=False)

    def link(self, objects, out):
        return subprocess.run([self.linker, *objects, '-o', out, '-lm', '-ldl', '-lpthread'],
                              stderr=subprocess.PIPE, text=True, check=False)


def contract_fails(program, device, instruction_set, sizes):
    """Whether the contract notices something; None if it could not be run."""
    for small in sizes:
        words = [program, *small, '--first', device] + ([instruction_set] if device == 'cpu' else [])
        try:
            run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=RUN_S, check=False)
        except subprocess.TimeoutExpired:
            return True
        if run.returncode in (2, SKIPPED):
            return None
        if run.returncode != 0:
            return True
    return False


class Worker:
    """A copy of the sources in which one mutant at a time is made, and what is built of it."""

    def __init__(self, build, folder, device):
        self.build = build
        self.folder = folder
        self.device = device
        for name in FOLDERS:
            shutil.copytree(os.path.join(build.source, name), os.path.join(folder, name))

    def write(self, changes):
        for path, text in changes.items():
            with open(os.path.join(self.folder, path), 'w', encoding='utf-8') as stream:
                stream.write(text)

    def try_changes(self, changes, instruction_set):
        """Empty if the contract notices the changes, else what happened instead."""
        originals = {}
        for path in changes:
            with open(os.path.join(self.folder, path), encoding='utf-8') as stream:
                originals[path] = stream.read()
        self.write(changes)
        try:
            return self.build_and_run(list(changes), instruction_set)
        finally:
            self.write(originals)

    def build_and_run(self, paths, instruction_set):
        objects = list(self.build.objects)
        for n, made in enumerate(self.build.objects_that_see(paths, self.device, instruction_set)):
            out = os.path.join(self.folder, f'{n}.o')
            run = self.build.compile(made, self.folder, out)
            if run.returncode != 0:
                return 'does not compile: ' + run.stderr[:600]
            objects[objects.index(made)] = out
        if objects == self.build.objects and paths:
            return 'no object of the contract program sees it'
        program = os.path.join(self.folder, 'contract')
        run = self.build.link(objects, program)
        if run.returncode != 0:
            return 'does not link: ' + run.stderr[:600]
        # First as little as shows most; the sums of kernels that are whole are other tests' business.
        noticed = contract_fails(program, self.device, instruction_set, (['--small'], []) if paths else (['--small'],))
        return '' if noticed else 'survives' if noticed is False else 'the contract could not be run'


def sets_here():
    """Instruction sets of this CPU that the CPU's kernels are built for."""
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as stream:
            flags = set(re.search(r'^flags\s*:(.*)$', stream.read(), re.MULTILINE).group(1).split())
    except (OSError, AttributeError):
        return ['portable']
    has_v3 = {'avx2', 'fma'} <= flags
    has_v4 = has_v3 and {'avx512f', 'avx512vl', 'avx512dq', 'avx512bw'} <= flags
    return ['portable'] + ['v3'] * has_v3 + ['v4'] * has_v4


def mutants_make(source, device):
    """All mutants of this device, and what is wrong with the list."""
    wrong = []
    mutants = []
    sets = sets_here()
    for mutation in GROUPS[device]:
        if device == 'cpu':
            mutation = mutation.for_set('v3' if 'v3' in sets else 'portable')
        made = mutants_of(source, mutation)
        if len(made) < mutation.at_least:
            wrong.append(f'{mutation.paths[0]}: {mutation.what}: {len(made)} places match, not {mutation.at_least}: '
                         f'{mutation.pattern}')
        if device == 'cpu' and mutation.instruction_set not in sets:
            print(f'not run: {len(made)} mutants of instruction set {mutation.instruction_set}')
            continue
        mutants += made
    return mutants, wrong


def chosen(mutants, pattern):
    if pattern is not None:
        return [mutant for mutant in mutants if re.search(pattern, mutant.name)]
    if os.environ.get('GAIA_LONG') == '1':
        return mutants
    seed = int(os.environ.get('GAIA_SEED', int(time.time()) // DAY_S))
    print(f'GAIA_SEED={seed}')
    share = seed % SHARES
    return [mutant for mutant in mutants if mutant.share() == share]


def try_all(build, folder, device, mutants):
    """(mutant, what happened instead of being noticed) for each."""
    free = [Worker(build, os.path.join(folder, str(n)), device) for n in range(WORKERS)]

    def one(mutant):
        worker = free.pop()
        try:
            return mutant, worker.try_changes(mutant.changes, mutant.instruction_set)
        finally:
            free.append(worker)

    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        yield from pool.map(one, mutants)


def main(source, objects_of, objects, device, pattern=None):
    build = Build(source, objects_of, objects)
    if device == 'emulated' and not any('emulat' in made for made in build.objects):
        print('not run: this build has no emulated device')
        return SKIPPED
    mutants, wrong = mutants_make(build.source, device)
    tried = chosen(mutants, pattern)
    print('\n'.join(wrong))
    with tempfile.TemporaryDirectory() as folder:
        whole = Worker(build, os.path.join(folder, 'whole'), device)
        for instruction_set in sorted({mutant.instruction_set for mutant in tried}):
            happened = whole.build_and_run([], instruction_set)
            if happened != 'survives':
                print(f'the contract does not pass before anything is broken: {happened or "it fails"}')
                return 1
        survivors = 0
        for mutant, happened in try_all(build, folder, device, tried):
            survivors += happened != ''
            print(f'{"found   " if happened == "" else "SURVIVES"} {mutant.name}' +
                  (f': {happened}' if happened not in ('', 'survives') else ''), flush=True)
    print(f'{len(tried) - survivors} of {len(tried)} mutants found, of {len(mutants)} there are')
    return 1 if survivors or wrong or not tried else 0


if __name__ == '__main__':
    if len(sys.argv) not in (5, 6) or sys.argv[4] not in GROUPS:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
