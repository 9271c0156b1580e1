#!/usr/bin/env python3
"""Times Rivulet and its peers on frozen graphs: every engine in a process of its own, pinned, taking turns.

  bench/peers.py mobilenet_v1.pb resnet50.pb
  bench/peers.py resnet50.pb --engines rivulet,ncnn --threads 2 --rounds 10 --json

Environments with pinned versions and the converted models are made under --folder once; README.md beside this file says
what is measured and how.
"""
import argparse
import datetime
import json
import os
import sys
import tempfile

import peer_environments
import peer_tables
from peer_environments import said

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = ('tensorflow', 'litert', 'onnxruntime', 'openvino', 'mnn', 'ncnn')
# What an engine reads, in the order of making, and the environment that makes it.
FORMATS = {'tensorflow': [], 'litert': [('tflite', 'tensorflow')], 'onnxruntime': [('onnx', 'onnx')],
           'openvino': [('openvino', 'engines')], 'mnn': [('mnn', 'engines')], 'ncnn': [('onnx', 'onnx'), ('ncnn', 'onnx')]}
FILES = {'tensorflow': (), 'litert': ('.tflite',), 'onnxruntime': ('.onnx',), 'openvino': ('.xml', '.bin'), 'mnn': ('.mnn',),
         'ncnn': ('.ncnn.param', '.ncnn.bin')}
FIGURES = ('min_ms', 'median_ms', 'load_ms', 'first_ms', 'peak_rss_kib', 'over_bare_kib', 'difference')
# An engine that differs more from TensorFlow, as a part of the largest value, is not timed.
TOLERANCE = 1e-2
# A graph that does nothing: what a process of Rivulet takes by itself.
NOTHING = ('node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }\n'
           'node { name: "y" op: "Relu" input: "x" attr { key: "T" value { type: DT_FLOAT } } }\n')


def job_of(args, model):
    """What the processes are told of a model, which Rivulet itself describes."""
    facts = json.loads(said([args.rivulet, 'inspect', model, '--json']))
    shapes = dict(shape.split('=') for shape in args.input_shape)
    inputs = []
    for spec in facts['inputs']:
        if spec['dtype'] not in ('float32', 'int32'):
            raise RuntimeError(f"{model}: input '{spec['name']}' is {spec['dtype']}; only float32 and int32 are fed here")
        shape = [int(dim) for dim in shapes[spec['name']].split(',')] if spec['name'] in shapes else spec['shape']
        if not all(isinstance(dim, int) and dim > 0 for dim in shape or [0]):
            raise RuntimeError(f"{model}: say --input-shape {spec['name']}=…")
        inputs.append({'name': spec['name'], 'shape': shape, 'dtype': spec['dtype']})
    name = os.path.splitext(os.path.basename(model))[0]
    return {'model': os.path.abspath(model), 'stem': os.path.join(args.folder, 'models', name), 'inputs': inputs,
            'outputs': [spec['name'] for spec in facts['outputs']], 'seconds': args.seconds, 'runs': args.runs,
            'tolerance': TOLERANCE}


def convert(args, job, engines):
    """Writes the peers' files that are missing or older than the model; the engines that have theirs."""
    os.makedirs(os.path.dirname(job['stem']), exist_ok=True)
    fit, made = ['rivulet'] if 'rivulet' in engines else [], set()
    peers = [(engine, FORMATS[engine]) for engine in engines if engine != 'rivulet']
    steps = [('', [('answer', 'tensorflow')])] + peers if peers else []
    for engine, formats in steps:
        try:
            for form, place in formats:
                stamp = f"{job['stem']}.{form}.made"
                fresh = os.path.exists(stamp) and os.path.getmtime(stamp) > os.path.getmtime(job['model'])
                if form in made:
                    continue
                if fresh:
                    with open(stamp) as file:
                        refusal = file.read()
                    if refusal:
                        raise RuntimeError(refusal)
                    continue
                print(f"{job['stem']}: {form}", file=sys.stderr)
                if form == 'ncnn':
                    job['pnnx'] = peer_environments.pnnx(args)
                refusal = ''
                try:
                    said([peer_environments.python(args, place), os.path.join(HERE, 'peer_files.py'), form, json.dumps(job)])
                except RuntimeError as error:
                    refusal = str(error)
                with open(stamp, 'w') as file:
                    file.write(refusal)
                if refusal:
                    raise RuntimeError(refusal)
                made.add(form)
            if engine:
                fit.append(engine)
        except RuntimeError as error:
            if not engine:
                raise
            print(f'{engine}: {error}', file=sys.stderr)
    return fit


def pinned(args, threads, command):
    cores = args.cores or (str(os.cpu_count() - 1) if threads == 1 else f'0-{threads - 1}')
    settings = dict(os.environ, OMP_NUM_THREADS=str(threads))
    return json.loads(said([*args.before.split(), 'taskset', '-c', cores, *command], env=settings).strip().splitlines()[-1])


def fed(job):
    return [word for i, spec in enumerate(job['inputs']) for word in ('--input', f"{spec['name']}={job['stem']}.input{i}.npy")]


def fetched(job):
    return [word for name in job['outputs'] for word in ('--output', name)]


def rivulet_difference(args, job):
    with tempfile.TemporaryDirectory() as folder:
        said([args.rivulet, 'run', job['model'], '--save', folder, *fed(job), *fetched(job)])
        results = [os.path.join(folder, name.replace('/', '_').replace(':', '_') + '.npy') for name in job['outputs']]
        told = json.dumps(dict(job, engine='rivulet', results=results))
        return json.loads(said([peer_environments.python(args, 'engines'), os.path.join(HERE, 'peer_process.py'), told]))


def bare_kib(args):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'nothing.pbtxt')
        with open(path, 'w') as file:
            file.write(NOTHING)
        told = said([args.rivulet, 'bench', path, '--json', '--runs', '1', '--input-shape', 'x=1'])
        return json.loads(told)['peak_rss_kib']


def time_once(args, job, engine, threads):
    if engine != 'rivulet':
        told = json.dumps(dict(job, engine=engine, threads=threads))
        place = 'tensorflow' if engine == 'tensorflow' else 'engines'
        return pinned(args, threads, [peer_environments.python(args, place), os.path.join(HERE, 'peer_process.py'), told])
    result = pinned(args, threads, [args.rivulet, 'bench', job['model'], '--json', '--warmup', '2', '--runs', str(args.runs),
                                    '--min-time', str(args.seconds), '--threads', str(threads), *fed(job), *fetched(job)])
    result['over_bare_kib'] = max(0, result['peak_rss_kib'] - args.bare_kib)
    return result


def measure(args, model):
    """Figures of every engine for every number of threads."""
    job = job_of(args, model)
    engines = convert(args, job, args.engines.split(','))
    off = {}
    if 'rivulet' in engines and len(engines) > 1:
        off = rivulet_difference(args, job)
        if off['difference'] > TOLERANCE:
            raise RuntimeError(f"{model}: rivulet differs from TensorFlow by {off['difference']:.1e}")
    result = {'model': os.path.basename(job['stem']), 'threads': {}}
    for threads in args.threads:
        rounds = {engine: [] for engine in engines}
        for turn in range(args.rounds):
            for engine in engines[turn % len(engines):] + engines[:turn % len(engines)]:
                try:
                    rounds[engine].append(time_once(args, job, engine, threads))
                except RuntimeError as error:
                    print(f"{engine}, {job['stem']}: {error}", file=sys.stderr)
        result['threads'][threads] = {engine: least(job, engine, found) for engine, found in rounds.items() if found}
        if 'rivulet' in result['threads'][threads]:
            result['threads'][threads]['rivulet'].update(off)
            result['flops'] = rounds['rivulet'][0].get('flops', 0)
    return result


def least(job, engine, found):
    figures = {name: min(r[name] for r in found if name in r) for name in FIGURES if any(name in r for r in found)}
    paths = [job['stem'] + end for end in FILES.get(engine, ())] or [job['model']]
    return dict(figures, rounds=len(found), file_bytes=sum(os.path.getsize(path) for path in paths),
                wrong=any('wrong' in r for r in found))


def versions(args, engines):
    """Of the engines that are timed, as their packages say."""
    packages = {'tensorflow': ('tensorflow', 'tensorflow-cpu', 'tensorflow'), 'litert': ('engines', 'ai-edge-litert'),
                'onnxruntime': ('engines', 'onnxruntime'), 'openvino': ('engines', 'openvino'), 'mnn': ('engines', 'MNN'),
                'ncnn': ('engines', 'ncnn')}
    found = {'rivulet': said([args.rivulet, '--version']).split()[-1]}
    for engine in engines:
        if engine in packages:
            place, *names = packages[engine]
            script = ('import importlib.metadata as m, sys\nfor name in sys.argv[1:]:\n try: print(m.version(name)); break\n'
                      ' except m.PackageNotFoundError: pass')
            found[engine] = said([peer_environments.python(args, place), '-c', script, *names]).strip()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='+', metavar='MODEL.pb')
    parser.add_argument('--rivulet', default=os.path.join(HERE, '..', 'build', 'release', 'cli', 'rivulet'))
    parser.add_argument('--engines', default=','.join(('rivulet',) + PEERS), help='default: all of %(default)s')
    parser.add_argument('--input-shape', action='append', default=[], metavar='NAME=1,224,224,3')
    parser.add_argument('--threads', type=lambda text: [int(n) for n in text.split(',')], default=[1], metavar='N,N')
    parser.add_argument('--cores', help="taskset's list; default: the last core for one thread, the first ones for more")
    parser.add_argument('--before', default='', metavar='WORDS', help="what each process is started by, as 'chrt -f 20'")
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=float, default=1.0, help='of each process, at least')
    parser.add_argument('--runs', type=int, default=10, help='of each process, at least')
    parser.add_argument('--folder', default=os.path.join(HERE, '..', 'build', 'peers'))
    parser.add_argument('--peak', default=os.path.join(HERE, '..', 'build', 'release', 'bench', 'rivulet_peak'),
                        help='the program that measures what the core can do')
    peer_environments.add_flags(parser)
    parser.add_argument('--convert-only', action='store_true', help="write the peers' files and stop")
    parser.add_argument('--write', metavar='PAGE.md', help='also put the tables between the marks of this page')
    parser.add_argument('--summary', metavar='PAGE.md', help='and a table of few columns between the marks of that one')
    parser.add_argument('--mark', default='main', metavar='NETWORKS', help='which marks: main or others')
    parser.add_argument('--json', action='store_true', help='print JSON, not tables')
    args = parser.parse_args()
    args.folder = os.path.abspath(args.folder)
    unknown = set(args.engines.split(',')) - {'rivulet', *PEERS}
    if unknown:
        parser.error(f"no engine {', '.join(sorted(unknown))}")
    results = []
    try:
        args.bare_kib = bare_kib(args)
        for model in args.models:
            if args.convert_only:
                convert(args, job_of(args, model), args.engines.split(','))
                continue
            results.append(measure(args, model))
            print(peer_tables.line(results[-1]), file=sys.stderr, flush=True)
        if args.convert_only:
            return
        setting = {'date': datetime.date.today().isoformat(), 'processor': peer_tables.processor(), 'rounds': args.rounds,
                   'seconds': args.seconds, 'before': args.before, 'versions': versions(args, args.engines.split(',')),
                   'settings': json.loads(said([peer_environments.python(args, 'engines'), os.path.join(HERE, 'peer_process.py'), '--settings']))}
        if os.path.exists(args.peak):
            setting['peak'] = pinned(args, 1, [args.peak])
    except (RuntimeError, OSError) as error:
        sys.exit(f'peers.py: {error}')
    if args.json:
        print(json.dumps(dict(setting, results=results)))
        return
    text = peer_tables.page(setting, results)
    print(text, end='')
    if args.write:
        peer_tables.write_between(args.write, args.mark, text)
    if args.summary:
        peer_tables.write_between(args.summary, args.mark, peer_tables.summary(setting, results))


if __name__ == '__main__':
    main()
