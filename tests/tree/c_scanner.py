# SPDX-License-Identifier: MIT
"""Just enough of C, C++ and CUDA to find where functions begin and end.

`blank` replaces comments, literals and preprocessor lines by spaces and keeps every line break, so that what
remains can be cut at braces and positions still tell the line. `functions` then walks the braces: a block
belongs to a function if what stands before it ends with a parameter list.
"""
import re

_TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*'                              # line comment, continued by a backslash
    r'|/\*.*?\*/'                                     # block comment
    r'|R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"'  # C++ raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",          # not the separator in 1'000
    re.DOTALL)
_DIRECTIVE = re.compile(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.MULTILINE)
_AFTER_PARAMETERS = re.compile(
    r'\)\s*(?:const|noexcept|override|final|mutable|&&?|[A-Z][A-Z0-9_]+\s*(?:\([^()]*\))?'
    r'|__attribute__\s*\(\(.*\)\)|->\s*[\w:<>,&*\s]+)*\s*(?::(?!:).*)?$', re.DOTALL)
_TRANSPARENT = re.compile(r'(?:^|\s)(?:extern|namespace|class|struct|union)(?:\s|$)')
_NAME = re.compile(r'([~\w:]+)\s*\(')


def _spaces(match):
    return re.sub(r'[^\n]', ' ', match.group())


def blank(source):
    """The source with comments, literals and directives blanked out, of the same length."""
    def replaced(match):
        # A literal keeps its ends, so that `extern "C" {` still has something before the brace.
        text = match.group()
        return _spaces(match) if text[0] == '/' else '"' + _spaces(match)[1:-1] + '"'
    return _DIRECTIVE.sub(_spaces, _TOKEN.sub(replaced, source))


def _is_function(header):
    """Whether the text between the last ; { or } and an opening brace is the head of a function."""
    outside = re.sub(r'\([^()]*\)', '()', re.sub(r'\([^()]*\)', '', header))
    return '=' not in outside.split('(')[0] and _AFTER_PARAMETERS.search(header) is not None


def _name(header):
    found = _NAME.search(header)
    name = found.group(1) if found else '?'
    return ' '.join(header.split()) if name.startswith('TEST') else name


def functions(source):
    """[(name, first line, last line)] of the functions in source; raises ValueError if braces do not match.

    Bodies of namespaces, classes and extern "C" are looked into; bodies of functions are not."""
    text = blank(source)
    found = []
    stack = []  # what each open brace is: 'transparent', 'function' or 'block'
    start = 0   # where the declaration began that the next brace or semicolon ends
    begun = None
    for at in re.finditer(r'[{};]', text):
        mark = at.group()
        inside = any(kind != 'transparent' for kind in stack)
        if mark == '{':
            header = text[start:at.start()]
            if inside:
                kind = 'block'
            elif _is_function(header):
                kind = 'function'
                begun = (_name(header), start + len(header) - len(header.lstrip()))
            elif '=' not in header and _TRANSPARENT.search(header):
                kind = 'transparent'
            else:
                kind = 'block'
            stack.append(kind)
        elif mark == '}':
            if not stack:
                raise ValueError(f'line {text.count(chr(10), 0, at.start()) + 1}: a brace closes what none opened')
            if stack.pop() == 'function':
                name, first = begun
                found.append((name, text.count('\n', 0, first) + 1, text.count('\n', 0, at.start()) + 1))
        if not inside or mark == '}':
            start = at.end()
    if stack:
        raise ValueError('a brace is not closed')
    return found
