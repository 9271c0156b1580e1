"""The rules of docs/design.md that a reader of the tree can check: who includes whom, names, sizes, what the engine never calls.

  python tests/tree_rules_test.py            checks this tree; exit 1 with one line per finding
  python tests/tree_rules_test.py --teeth    checks that every rule finds a planted fault
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# Which rooms of the engine a room may include, besides itself and base. Public headers may be included by all.
ROOMS = {
    'base': set(),
    'graph': set(),
    'kernels': set(),
    'media': set(),
    'ops': {'graph', 'kernels', 'media'},
    'import': {'graph', 'ops'},
    'passes': {'graph', 'ops'},
    'run': {'graph', 'ops', 'passes'},
}
# The one file that opens model files, and the one that names the processor's instruction set for reports.
EXCEPTIONS = {('engine/run/model.cc', 'import'), ('engine/run/session.cc', 'kernels'), ('engine/run/plan.cc', 'kernels')}
# Folders that nothing in engine/ or include/ may know.
ABOVE = ('prepare', 'train', 'tasks', 'cli', 'bindings', 'apps', 'tests')
NAMELESS = {'util', 'utils', 'common', 'misc', 'helper', 'helpers', 'manager', 'managers'}
FORBIDDEN_CALLS = [
    (r'#\s*include\s*<iostream>', 'iostream'),
    (r'(?<![\w.>:])(?:std::)?(?:printf|fprintf|puts|fputs|putchar)\s*\(', 'printing'),
    (r'(?<![\w.>:])(?:std::)?(?:abort|exit|_exit|terminate|quick_exit)\s*\(', 'ending the process'),
    (r'(?<![\w.>:_])assert\s*\(', 'assert'),
    (r'(?<![\w])throw\b(?!\s*\()', 'throw'),
    (r'\b(?:dynamic_cast|typeid)\b', 'run-time type information'),
    (r'(?<![\w.>:])(?:std::)?(?:system|popen|fork|execv\w*|execl\w*)\s*\(', 'starting processes'),
]
MACHINE_PATH = re.compile(r'(?<![\w.$}/<*-])/(?:work|root|tmp|home/\w+|opt/\w+)/')
SOURCE = ('.cc', '.h', '.c', '.cpp', '.hpp')


def without_comments(text):
    """C++ without comments and without the contents of string literals, line by line; includes stay whole."""
    out = []
    in_block = False
    for line in text.split('\n'):
        if line.lstrip().startswith('#') and not in_block:
            out.append(re.sub(r'//.*', '', line))
            continue
        kept, i = [], 0
        while i < len(line):
            if in_block:
                end = line.find('*/', i)
                in_block, i = (True, len(line)) if end < 0 else (False, end + 2)
            elif line.startswith('//', i):
                break
            elif line.startswith('/*', i):
                in_block, i = True, i + 2
            elif line[i] == '"' and not (i > 0 and line[i - 1] == "'"):
                end = i + 1
                while end < len(line) and line[end] != '"':
                    end += 2 if line[end] == '\\' else 1
                kept.append('""')
                i = end + 1
            else:
                kept.append(line[i])
                i += 1
        out.append(''.join(kept))
    return out


def is_test(path):
    return path.endswith('_test.cc') or path.endswith(('_test_kit.h', '_test_kit.cc'))


def check_includes(path, lines):
    parts = path.split('/')
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        if not match:
            continue
        target = match.group(1).split('/')
        if target[0] in ABOVE:
            yield f'{path}:{number}: the engine must not know {target[0]}/'
        if target[-1] == 'op_test_kit.h' and not is_test(path):
            yield f'{path}:{number}: op_test_kit.h is for tests'
        if target[0] == 'engine':
            if parts[0] == 'include':
                yield f'{path}:{number}: a public header must not include {match.group(1)}'
            elif len(target) > 2 and not is_test(path):
                room, other = parts[1], target[1]
                allowed = ROOMS.get(room, set()) | {room, 'base'}
                if other not in allowed and (path, other) not in EXCEPTIONS:
                    yield f'{path}:{number}: {room}/ must not include {other}/'


def check_calls(path, lines):
    for number, line in enumerate(lines, 1):
        for pattern, what in FORBIDDEN_CALLS:
            if re.search(pattern, line):
                yield f'{path}:{number}: {what} in the engine'


def check_file(path, text):
    """Findings for one file; path is relative to the root."""
    for part in path.split('/'):
        words = set(re.split(r'[_.-]', part.lower()))
        if words & NAMELESS:
            yield f'{path}: {part!r} is no name; say what it is'
    if text is None:
        return
    source = path.endswith(SOURCE)
    engine = path.startswith(('engine/', 'include/'))
    for number, line in enumerate(text.split('\n'), 1):
        # A test's own temporary folder (a mkdtemp template) is on no machine in particular.
        if MACHINE_PATH.search(line) and not (path.endswith(('_test.cc', '.h')) and path.startswith(('tests/', 'engine/')) and 'XXXXXX' in line):
            yield f'{path}:{number}: a path of one machine'
        if source and len(line) > 160:
            yield f'{path}:{number}: {len(line)} characters in a line'
    if source and text.count('\n') > 600:
        yield f'{path}: {text.count(chr(10))} lines; split it (at most 600)'
    if path.startswith('include/') and text.count('\n') > 150:
        yield f'{path}: {text.count(chr(10))} lines; a public header has at most 150'
    if source and engine:
        lines = without_comments(text)
        yield from check_includes(path, lines)
        if not is_test(path):
            yield from check_calls(path, lines)


def check_type_names(texts):
    """Two types of one name in the project's namespace are one to the linker, which mixes them up; {path: text}."""
    places = {}
    for path, text in texts.items():
        if not path.endswith(SOURCE):
            continue
        space, nameless = '', 0
        for line in text.split('\n'):
            if match := re.match(r'namespace ([\w:]+) \{', line):
                space = match.group(1)
            nameless += line == 'namespace {'
            nameless -= line == '}  // namespace'
            match = re.match(r'(?:struct|class|enum class|enum) (\w+)\b(?!::)[^;]*$', line)
            if match and nameless == 0 and space:
                places.setdefault((space, match.group(1)), set()).add(path)
    for (space, name), paths in sorted(places.items()):
        if len(paths) > 1:
            yield f'{", ".join(sorted(paths))}: {space}::{name} is the name of more than one type'


def files_of_tree():
    listed = subprocess.run(['git', 'ls-files', '-co', '--exclude-standard'], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        return [path for path in listed.stdout.split('\n') if path and os.path.isfile(os.path.join(ROOT, path))]
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in ('build', '.git', '__pycache__', 'node_modules')]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return found


def check_tree():
    findings, texts = [], {}
    for path in sorted(files_of_tree()):
        with open(os.path.join(ROOT, path), 'rb') as file:
            data = file.read()
        try:
            text = None if b'\0' in data[:4096] else data.decode()
        except UnicodeDecodeError:
            text = None
        findings += check_file(path, text)
        texts[path] = text or ''
    return findings + list(check_type_names(texts))


def teeth():
    """Faults that must be found, and near misses that must not."""
    machine = '/' + 'root/x'
    faults = [
        ('engine/ops/foo.cc', '#include "engine/run/plan.h"\n'),
        ('engine/kernels/foo.cc', '#include "engine/graph/graph.h"\n'),
        ('engine/base/foo.h', '#include "engine/kernels/target.h"\n'),
        ('engine/passes/foo.cc', '#include "engine/import/wire.h"\n'),
        ('engine/run/other.cc', '#include "engine/import/wire.h"\n'),
        ('engine/ops/foo.cc', '#include "cli/main.h"\n'),
        ('engine/ops/foo.cc', '#include "engine/ops/op_test_kit.h"\n'),
        ('engine/ops/foo.cc', '#include <iostream>\n'),
        ('engine/ops/foo.cc', '  printf("x");\n'),
        ('engine/ops/foo.cc', '  if (bad) std::abort();\n'),
        ('engine/ops/foo.cc', '  assert(x > 0);\n'),
        ('engine/ops/foo.cc', '  throw 1;\n'),
        ('engine/ops/foo.cc', 'auto* x = dynamic_cast<A*>(b);\n'),
        ('engine/ops/foo.cc', '\n' * 601),
        ('include/rivulet/x.h', '#include "engine/graph/graph.h"\n'),
        ('include/rivulet/x.h', '\n' * 151),
        ('engine/base/string_util.h', ''),
        ('tests/common/x.py', ''),
        ('docs/x.md', f'see {machine}\n'),
        ('cli/run.cc', f'const char* kPath = "{machine}";\n'),
    ]
    fine = [
        ('engine/ops/foo.cc', '#include "engine/graph/graph.h"\n#include "engine/base/text.h"\n#include "rivulet/tensor.h"\n'),
        ('engine/run/model.cc', '#include "engine/import/wire.h"\n'),
        ('engine/ops/foo.cc', '// does not printf( or abort(); we throw nothing\nconst char* k = "abort(";\n'),
        ('engine/ops/foo_test.cc', '#include "engine/ops/op_test_kit.h"\n#include "engine/import/wire.h"\n'),
        ('engine/ops/foo.cc', 'static_assert(sizeof(int) == 4);\nsnprintf(buffer, 4, "");\n'),
        ('docs/commonly_asked.md', 'https://example.org/root/x and out/tmp/y and $HOME/work/x\n'),
    ]
    bad = [f'not found: {path} {text[:60]!r}' for path, text in faults if not list(check_file(path, text))]
    bad += [f'found by mistake: {f}' for path, text in fine for f in check_file(path, text)]
    one, other = 'namespace rivulet {\nstruct Axis {\n};\n', 'namespace rivulet {\nclass Axis;\nstruct Box::Axis {\n};\nnamespace {\nstruct Axis {\n'
    if not list(check_type_names({'a.h': one, 'b.h': one})):
        bad.append('not found: a name of two types')
    bad += [f'found by mistake: {f}' for f in check_type_names({'a.h': one, 'b.cc': other})]
    return bad


def main():
    findings = teeth() if '--teeth' in sys.argv[1:] else check_tree()
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())
