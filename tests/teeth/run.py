"""Plants each fault of faults/*.txt in the real code and shows that the tests notice.

  run.py BUILD [--only WORD] [--jobs N]   each fault whose name, file or test has WORD; exit 0 when every one is killed
  run.py --check                          only the table: every fault's text is in its file once, nothing lacks a fault

BUILD is a configured and built Ninja tree with tests. Nothing in it is changed but BUILD/teeth.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROCESSOR_SECONDS, SECONDS = 60, 600  # for one test: more of the first is an endless loop, of the second a deadlock
# What the tests run: the name in a fault's last line, then the file to link and how to call it.
PROGRAMS = {
    'unit_tests': ('tests/unit_tests', lambda program, args: [program, '--gtest_filter=' + args]),
    'prepare_tests': ('tests/prepare_tests', lambda program, args: [program, '--gtest_filter=' + args]),
    'hostile_test': ('tests/hostile_test', lambda program, args: [program, '--gtest_filter=' + args]),
    'golden_test': ('tests/golden_test', lambda program, args: [program, *args.split()]),
    'command': ('cli/rivulet', lambda program, args: [sys.executable, f'{ROOT}/tests/cli/{args.split()[0]}.py', program, ROOT, *args.split()[1:]]),
}
# Every file here needs a fault; elsewhere it is one for each family.
ALL_OF = ['engine/passes/*.cc', 'engine/import/*.cc']


class Broken(Exception):
    """The fault, not the code, is wrong."""


class Fault:
    """[name] file, or `file in unit` for a header; what a user would see; - and + lines; test PROGRAM ARGUMENTS."""

    def __init__(self, block, origin):
        lines = block.split('\n')
        head = re.fullmatch(r'\[([a-z0-9_]+)\] (\S+)(?: in (\S+))?', lines[0])
        test = re.fullmatch(r'test (\w+) (\S.*)', lines[-1])
        if not head or not test or test[1] not in PROGRAMS:
            raise Broken(f'{origin}: want "[name] file" first and "test PROGRAM ARGUMENTS" last, got {lines[0]!r} and {lines[-1]!r}')
        self.name, self.file, self.unit = head[1], head[2], head[3] or head[2]
        self.program, self.arguments = test[1], test[2]
        self.why = ' '.join(line for line in lines[1:-1] if line[0] not in '-+')
        self.old = [line[1:].strip() for line in lines if line[0] == '-']
        self.new = [line[1:].strip() for line in lines if line[0] == '+']
        if not self.why or not self.old or self.old == self.new:
            raise Broken(f'{self.name}: want a line for the user, at least one - line, and a change')

    def mutated(self):
        """The file's text with the fault in it; lines are compared without their indentation."""
        path = os.path.join(ROOT, self.file)
        if not os.path.exists(path):
            raise Broken(f'{self.name}: there is no {self.file}')
        with open(path) as file:
            lines = file.read().split('\n')
        stripped = [line.strip() for line in lines]
        found = [i for i in range(len(lines)) if stripped[i:i + len(self.old)] == self.old]
        if len(found) != 1:
            raise Broken(f'{self.name}: its text is in {self.file} {len(found)} times, want once; fit it to what the code says now')
        indent = re.match(r'\s*', lines[found[0]])[0]
        lines[found[0]:found[0] + len(self.old)] = [indent + line for line in self.new]
        return '\n'.join(lines)


def read_faults():
    faults = []
    for path in sorted(glob.glob(f'{ROOT}/tests/teeth/faults/*.txt')):
        with open(path) as file:
            faults += [Fault(block.strip('\n'), path) for block in re.split(r'\n{2,}', file.read()) if block.strip() and block[0] != '#']
    names = [fault.name for fault in faults]
    if len(set(names)) != len(names):
        raise Broken('two faults are called ' + next(name for name in names if names.count(name) > 1))
    has_fault = {fault.file for fault in faults}
    for pattern in ALL_OF:
        for path in sorted(glob.glob(f'{ROOT}/{pattern}')):
            file = os.path.relpath(path, ROOT)
            if not file.endswith('_test.cc') and file not in has_fault:
                raise Broken(f'{file} has no fault; add one to tests/teeth/faults')
    return faults


def call(command, folder, what):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise Broken(f'{what}: {(done.stderr or done.stdout).strip()[:2000]}')
    return done.stdout


class Workshop:
    """Compiles and links as the build tree does, with one source replaced."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        with open(f'{self.build}/compile_commands.json') as file:
            self.commands = {os.path.relpath(entry['file'], ROOT): entry for entry in json.load(file)}
        self.links = {}
        for name, (program, _) in PROGRAMS.items():
            last = call(['ninja', '-C', self.build, '-t', 'commands', program], None, f'the link of {name}').strip().split('\n')[-1]
            self.links[name] = [word for word in shlex.split(last) if word not in (':', '&&')]

    def make(self, name, program, file, text, unit):
        """A program whose `unit` was compiled with `file` saying `text`."""
        folder = f'{self.build}/teeth/{name}'
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(os.path.dirname(f'{folder}/{file}'))
        with open(f'{folder}/{file}', 'w') as out:
            out.write(text)
        if unit not in self.commands:
            raise Broken(f'{name}: {unit} is not compiled by this build')
        entry = self.commands[unit]
        words = shlex.split(entry['command'])
        object_file = f'{folder}/planted.o'
        source = f'{folder}/{unit}' if unit == file else entry['file']
        replaced = {entry['file']: source, words[words.index('-o') + 1]: object_file}
        for flag in ('-MT', '-MF'):
            if flag in words:
                del words[words.index(flag):words.index(flag) + 2]
        # A precompiled header would bring the headers as they are.
        if '-include' in words and words[words.index('-include') + 1].endswith('cmake_pch.hxx'):
            del words[words.index('-include'):words.index('-include') + 2]
        first = next(i for i, word in enumerate(words) if word.startswith(('-D', '-I')))  # after compiler and launchers
        # The copy's folder comes first, so that what includes the file by name gets the copy.
        words = words[:first] + ['-I', folder] + [replaced.get(word, word) for word in words[first:] if word != '-MD']
        # What is planted shows at any level, and the lowest that the vector code is fit for compiles in half the time. It may
        # leave a name unused.
        call(words + ['-O1', '-Wno-error'], entry['directory'], f'{name} does not compile')
        link = list(self.links[program])
        out = link.index('-o')
        original = entry.get('output', '')
        link[out + 1] = f'{folder}/{program}'
        if original in link:
            link[link.index(original)] = object_file
        else:
            # Before the static library, whose own copy is then not taken, or for no more than what a library behind it lacks, such as
            # a string's comparison: of two definitions the first counts.
            link[out:out] = [object_file, '-Wl,-z,muldefs']
        call(link, self.build, f'{name} does not link')
        return f'{folder}/{program}'


def run_test(program_name, program, arguments):
    """'passed', 'failed', 'crashed' or 'timed out', and what was printed. No test at all is not a pass."""
    command = PROGRAMS[program_name][1](program, arguments)
    try:
        done = subprocess.run(['prlimit', f'--cpu={PROCESSOR_SECONDS}', *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return 'timed out', ''
    said = done.stdout.decode(errors='replace')
    if done.returncode == -signal.SIGXCPU:
        return 'timed out', said
    if done.returncode < 0:
        return 'crashed', said
    if done.returncode == 0 and not re.search(r'PASSED  \] [1-9]|[1-9]\d* passed +0 failed|Ran [1-9]', said):
        return 'ran nothing', said
    return {0: 'passed', 1: 'failed'}.get(done.returncode, f'exit {done.returncode}'), said


def check_unmutated(workshop, faults, pool):
    """The tests pass as the code is; and still when an unchanged source goes through the same steps as a fault."""
    tests = sorted({(fault.program, fault.arguments) for fault in faults})
    one_each = {fault.program: fault for fault in reversed(faults)}

    def plain(test):
        return run_test(test[0], f'{workshop.build}/{PROGRAMS[test[0]][0]}', test[1]), test

    def control(fault):
        with open(os.path.join(ROOT, fault.file)) as file:
            program = workshop.make(f'unchanged_{fault.program}', fault.program, fault.file, file.read(), fault.unit)
        return run_test(fault.program, program, fault.arguments), (fault.program, fault.arguments)

    for (outcome, said), test in [*pool.map(plain, tests), *pool.map(control, one_each.values())]:
        if outcome != 'passed':
            raise Broken(f'without a fault, {" ".join(test)} {outcome}:\n{said[-2000:]}')


def try_fault(workshop, fault):
    started = time.monotonic()
    try:
        program = workshop.make(fault.name, fault.program, fault.file, fault.mutated(), fault.unit)
        outcome, said = run_test(fault.program, program, fault.arguments)
        verdict = {'passed': 'SURVIVED', 'failed': 'killed', 'crashed': 'killed', 'timed out': 'killed'}.get(outcome, 'BROKEN')
        words = f'{outcome}; {fault.why}' if verdict == 'SURVIVED' else outcome
        if verdict == 'killed':
            shutil.rmtree(os.path.dirname(program))
        elif verdict == 'BROKEN':
            words = f'{outcome}: {said[-500:]}'
    except Broken as broken:
        verdict, words = 'BROKEN', str(broken)
    print(f'{verdict:8s} {fault.name} ({fault.program} {fault.arguments}, {time.monotonic() - started:.0f} s): {words}', flush=True)
    return verdict == 'killed'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('build', nargs='?')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--only', default='')
    parser.add_argument('--jobs', type=int, default=os.cpu_count())
    options = parser.parse_args()
    started = time.monotonic()
    try:
        faults = read_faults()
        for fault in faults:
            fault.mutated()
        if options.check or not options.build:
            print(f'{len(faults)} faults, each of whose text is found once')
            return 0 if options.check else 2
        faults = [f for f in faults if options.only in f'{f.name} {f.file} {f.program} {f.arguments}']
        workshop = Workshop(options.build)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            check_unmutated(workshop, faults, pool)
            print(f'unchanged: every test passes ({time.monotonic() - started:.0f} s)', flush=True)
            killed = sum(pool.map(lambda fault: try_fault(workshop, fault), faults))
    except Broken as broken:
        print(f'teeth: {broken}', file=sys.stderr)
        return 1
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f'killed {killed}/{len(faults)} in {time.monotonic() - started:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor')
    print(f'{killed} passed, {len(faults) - killed} failed')
    return 0 if faults and killed == len(faults) else 1


if __name__ == '__main__':
    sys.exit(main())
