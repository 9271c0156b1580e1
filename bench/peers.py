#!/usr/bin/env python3
"""Times Rivulet and its peers on frozen graphs: every engine in a process of its own, pinned, taking turns.

  bench/peers.py mobilenet_v1.pb resnet50.pb
  bench/peers.py resnet50.pb --engines rivulet,ncnn --rounds 10 --json

Environments with pinned versions and the converted models are made under --folder once; README.md beside this file says
what is measured and how.
"""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ('litert', 'onnxruntime', 'openvino', 'mnn', 'ncnn')
# What an engine reads, in the order of making, and the environment that makes it.
FORMATS = {'litert': [('tflite', 'tensorflow')], 'onnxruntime': [('onnx', 'onnx')], 'openvino': [('openvino', 'engines')],
           'mnn': [('mnn', 'engines')], 'ncnn': [('onnx', 'onnx'), ('ncnn', 'onnx')]}
FIGURES = ('min_ms', 'median_ms', 'load_ms', 'first_ms', 'peak_rss_kib', 'over_import_kib', 'difference')
# An engine that differs more from TensorFlow, as a part of the largest value, is not compared.
TOLERANCE = 1e-2


def said(command, **options):
    """What a command prints, or an error with its last words."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ['no word']
        raise RuntimeError(f'{os.path.basename(command[0])}: exit {done.returncode}: {words[-1][:300]}')
    return done.stdout


def environment(args, name):
    """The Python of an environment; made if there is none."""
    given = getattr(args, name + '_python')
    if given:
        return given
    folder = os.path.join(args.folder, name)
    python = os.path.join(folder, 'bin', 'python')
    if not os.path.exists(os.path.join(folder, 'complete')):
        print(f'making {folder}', file=sys.stderr)
        said([sys.executable, '-m', 'venv', folder])
        said([python, '-m', 'pip', 'install', '-r', os.path.join(HERE, f'requirements-{name}.txt')])
        if name == 'onnx':
            said([python, '-m', 'pip', 'install', '--no-deps', 'pnnx==20261020'])
        open(os.path.join(folder, 'complete'), 'w').close()
    return python


def pnnx_of(args):
    if args.pnnx:
        return args.pnnx
    python = environment(args, 'onnx')
    script = "import importlib.util, os; print(os.path.join(os.path.dirname(importlib.util.find_spec('pnnx').origin), 'pnnx'))"
    return said([python, '-c', script]).strip()


def job_of(args, model):
    """What the processes are told of a model, which Rivulet itself describes."""
    facts = json.loads(said([args.rivulet, 'inspect', model, '--json']))
    shapes = dict(shape.split('=') for shape in args.input_shape)
    inputs = []
    for spec in facts['inputs']:
        if spec['dtype'] != 'float32':
            raise RuntimeError(f"{model}: input '{spec['name']}' is {spec['dtype']}; only float32 is fed here")
        shape = [int(dim) for dim in shapes[spec['name']].split(',')] if spec['name'] in shapes else spec['shape']
        if not all(isinstance(dim, int) and dim > 0 for dim in shape or [0]):
            raise RuntimeError(f"{model}: say --input-shape {spec['name']}=…")
        inputs.append({'name': spec['name'], 'shape': shape})
    name = os.path.splitext(os.path.basename(model))[0]
    return {'model': os.path.abspath(model), 'stem': os.path.join(args.folder, 'models', name), 'inputs': inputs,
            'outputs': [spec['name'] for spec in facts['outputs']], 'threads': args.threads, 'seconds': args.seconds,
            'runs': args.runs}


def convert(args, job, engines):
    """Writes the peers' files that are missing or older than the model; the engines that have theirs."""
    os.makedirs(os.path.dirname(job['stem']), exist_ok=True)
    fit, made = ['rivulet'] if 'rivulet' in engines else [], set()
    peers = [(engine, FORMATS[engine]) for engine in engines if engine != 'rivulet']
    steps = [('tensorflow', [('answer', 'tensorflow')])] + peers if peers else []
    for engine, formats in steps:
        try:
            for form, place in formats:
                stamp = f"{job['stem']}.{form}.made"
                fresh = os.path.exists(stamp) and os.path.getmtime(stamp) > os.path.getmtime(job['model'])
                if form in made or fresh:
                    continue
                print(f"{job['stem']}: {form}", file=sys.stderr)
                if form == 'ncnn':
                    job['pnnx'] = pnnx_of(args)
                said([environment(args, place), os.path.join(HERE, 'peer_files.py'), form, json.dumps(job)])
                made.add(form)
                open(stamp, 'w').close()
            if engine != 'tensorflow':
                fit.append(engine)
        except RuntimeError as error:
            if engine == 'tensorflow':
                raise
            print(f'{engine}: {error}', file=sys.stderr)
    return fit


def pinned(args, command):
    before = ['nice', '-n', str(args.nice)] if args.nice else []
    threads = dict(os.environ, OMP_NUM_THREADS=str(args.threads))
    return json.loads(said(before + ['taskset', '-c', args.cores] + command, env=threads).strip().splitlines()[-1])


def rivulet_difference(args, job):
    with tempfile.TemporaryDirectory() as folder:
        command = [args.rivulet, 'run', job['model'], '--threads', str(args.threads), '--save', folder]
        for i, spec in enumerate(job['inputs']):
            command += ['--input', f"{spec['name']}={job['stem']}.input{i}.npy"]
        said(command + ['--output', job['outputs'][0]])
        result = os.path.join(folder, job['outputs'][0].replace('/', '_').replace(':', '_') + '.npy')
        told = json.dumps({'engine': 'rivulet', 'stem': job['stem'], 'result': result})
        return json.loads(said([environment(args, 'engines'), os.path.join(HERE, 'peer_process.py'), told]))


def time_once(args, job, engine):
    if engine != 'rivulet':
        told = json.dumps(dict(job, engine=engine))
        return pinned(args, [environment(args, 'engines'), os.path.join(HERE, 'peer_process.py'), told])
    command = [args.rivulet, 'bench', job['model'], '--json', '--warmup', '2', '--runs', str(args.runs), '--min-time',
               str(args.seconds), '--threads', str(args.threads), '--output', job['outputs'][0]]
    for spec in job['inputs']:
        command += ['--input-shape', f"{spec['name']}={','.join(map(str, spec['shape']))}"]
    return pinned(args, command)


def measure(args, model):
    job = job_of(args, model)
    engines = convert(args, job, args.engines.split(','))
    rounds = {engine: [] for engine in engines}
    for turn in range(args.rounds):
        for engine in engines[turn % len(engines):] + engines[:turn % len(engines)]:
            try:
                rounds[engine].append(time_once(args, job, engine))
            except RuntimeError as error:
                print(f'{engine}: {error}', file=sys.stderr)
    if rounds.get('rivulet') and len(engines) > 1:
        rounds['rivulet'][0].update(rivulet_difference(args, job))
    best = {}
    for engine, results in rounds.items():
        if results:
            best[engine] = {figure: min(r[figure] for r in results if figure in r) for figure in FIGURES
                            if any(figure in r for r in results)}
            best[engine]['rounds'] = len(results)
    return {'model': os.path.basename(model), 'engines': best}


def table(result):
    engines = result['engines']
    right = {e: r for e, r in engines.items() if r.get('difference', 0) <= TOLERANCE}
    ours = right.get('rivulet')
    fastest = min((r['min_ms'] for e, r in right.items() if e != 'rivulet'), default=0)
    lines = [f"### {result['model']}", '',
             '| engine | fastest run, ms | median, ms | Rivulet takes | load, ms | first run, ms | peak memory, MiB | '
             'difference to TensorFlow |', '|---|---|---|---|---|---|---|---|']
    for engine, r in sorted(engines.items(), key=lambda item: item[1]['min_ms']):
        wrong = '' if engine in right else 'wrong: '
        difference = f"{wrong}{r['difference']:.1e}" if 'difference' in r else ''
        ratio = '' if wrong or not ours or engine == 'rivulet' else f"{ours['min_ms'] / r['min_ms']:.2f} ×"
        star = '**' if r['min_ms'] == fastest and not wrong and engine != 'rivulet' else ''
        lines.append(f"| {engine} | {star}{r['min_ms']:.2f}{star} | {r['median_ms']:.2f} | {ratio} | {r['load_ms']:.1f} | "
                     f"{r['first_ms']:.1f} | {r['peak_rss_kib'] / 1024:.0f} | {difference} |")
    return '\n'.join(lines) + '\n'


def summary(results):
    lines = ['| model | Rivulet, ms | fastest peer, ms | Rivulet takes | load, ms | least load of a peer, ms |',
             '|---|---|---|---|---|---|']
    for result in results:
        right = {e: r for e, r in result['engines'].items() if r.get('difference', 0) <= TOLERANCE}
        ours = right.pop('rivulet', None)
        if not ours or not right:
            continue
        fast = min(right, key=lambda engine: right[engine]['min_ms'])
        light = min(right, key=lambda engine: right[engine]['load_ms'])
        lines.append(f"| {result['model']} | {ours['min_ms']:.2f} | {fast} {right[fast]['min_ms']:.2f} | "
                     f"{ours['min_ms'] / right[fast]['min_ms']:.2f} × | {ours['load_ms']:.1f} | "
                     f"{light} {right[light]['load_ms']:.1f} |")
    return '\n'.join(lines) + '\n'


def write_between(path, text):
    """Puts the text between the two marks of a page."""
    with open(path) as file:
        before, rest = file.read().split('<!-- measured -->', 1)
        after = rest.split('<!-- end -->', 1)[1]
    with open(path, 'w') as file:
        file.write(f'{before}<!-- measured -->\n{text}<!-- end -->{after}')


def processor():
    with open('/proc/cpuinfo') as info:
        names = [line.split(':', 1)[1].strip() for line in info if line.startswith('model name')]
    return f'{names[0] if names else platform.machine()}, {os.cpu_count()} cores'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='+', metavar='MODEL.pb')
    parser.add_argument('--rivulet', default=os.path.join(HERE, '..', 'build', 'release', 'cli', 'rivulet'))
    parser.add_argument('--engines', default=','.join(('rivulet',) + PEERS), help='default: all of %(default)s')
    parser.add_argument('--input-shape', action='append', default=[], metavar='NAME=1,224,224,3')
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--cores', default=str(os.cpu_count() - 1), help="taskset's list; default: %(default)s")
    parser.add_argument('--nice', type=int, default=0, help='below 0 wants root')
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=float, default=1.0, help='of each process, at least')
    parser.add_argument('--runs', type=int, default=10, help='of each process, at least')
    parser.add_argument('--folder', default=os.path.join(HERE, '..', 'build', 'peers'))
    for name in ('engines', 'tensorflow', 'onnx'):
        parser.add_argument(f'--{name}-python', help=f'a Python that has requirements-{name}.txt')
    parser.add_argument('--pnnx', help='the pnnx program')
    parser.add_argument('--write', metavar='PAGE.md', help='also put the tables between the marks of this page')
    parser.add_argument('--json', action='store_true', help='print JSON, not tables')
    args = parser.parse_args()
    args.folder = os.path.abspath(args.folder)
    unknown = set(args.engines.split(',')) - {'rivulet', *PEERS}
    if unknown:
        parser.error(f"no engine {', '.join(sorted(unknown))}")
    try:
        results = [measure(args, model) for model in args.models]
    except (RuntimeError, OSError) as error:
        sys.exit(f'peers.py: {error}')
    day = datetime.date.today().isoformat()
    setting = {'date': day, 'processor': processor(), 'threads': args.threads, 'rounds': args.rounds, 'seconds': args.seconds}
    if args.json:
        print(json.dumps(dict(setting, results=results)))
        return
    names = ' '.join(os.path.basename(model) for model in args.models)
    text = (f"{day}, {setting['processor']}; {args.threads} thread{'s' if args.threads > 1 else ''}; "
            f'`bench/peers.py {names} --rounds {args.rounds} --seconds {args.seconds:g}`.\n\n')
    text += '\n'.join([summary(results), *map(table, results)])
    print(text, end='')
    if args.write:
        write_between(args.write, text)


if __name__ == '__main__':
    main()
