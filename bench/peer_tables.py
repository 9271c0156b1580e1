"""The tables of peers.py's results."""
import math
import os
import platform

TITLES = {'rivulet': 'Rivulet', 'tensorflow': 'TensorFlow', 'litert': 'LiteRT', 'onnxruntime': 'ONNX Runtime', 'openvino': 'OpenVINO',
          'mnn': 'MNN', 'ncnn': 'ncnn'}


def right(engines):
    return {engine: r for engine, r in engines.items() if not r['wrong'] and 'min_ms' in r}


def best_peer(engines, figure):
    """The least of the peers' figures and who has it, or nothing."""
    found = [(r[figure], engine) for engine, r in right(engines).items() if engine != 'rivulet' and figure in r]
    return min(found) if found else None


def ratio(engines, figure='min_ms'):
    best, ours = best_peer(engines, figure), right(engines).get('rivulet')
    return ours[figure] / best[0] if best and best[0] and ours else None


def line(result):
    words = [result['model']]
    for threads, engines in result['threads'].items():
        times = ' '.join(f"{engine} {r['min_ms']:.2f}" if 'min_ms' in r else f'{engine} wrong' for engine, r in engines.items())
        by = ratio(engines)
        words.append(f"x{threads}: {times}" + (f'; {by:.2f}' if by else ''))
    return ' | '.join(words)


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float('nan')


def latency(results, threads, peak):
    columns = [e for e in TITLES if any(e in r['threads'][threads] for r in results)]
    peak_title = ' share of peak |' if peak and threads == 1 else ''
    lines = [f"| model | {' | '.join(TITLES[e] for e in columns)} | ours ÷ best | by medians |{peak_title}",
             '|---' * (len(columns) + 3) + '|' + ('---|' if peak_title else '')]
    ratios, middles = [], []
    for result in results:
        engines = result['threads'][threads]
        best, cells = best_peer(engines, 'min_ms'), []
        for engine in columns:
            r = engines.get(engine)
            if not r:
                cells.append('–')
            elif 'min_ms' not in r:
                cells.append('wrong')
            else:
                figure = f"{r['min_ms']:.2f}"
                cells.append(f'**{figure}**' if best and best[1] == engine else figure)
        by = ratio(engines)
        middle = ratio(engines, 'median_ms')
        ratios += [by] if by else []
        middles += [middle] if middle else []
        share = ''
        if peak_title and 'rivulet' in engines:
            share = f" {100 * result['flops'] / (engines['rivulet']['min_ms'] * 1e6 * peak['gflops_per_s']):.0f} % |"
        lines.append(f"| {result['model']} | {' | '.join(cells)} | {f'{by:.2f}' if by else ''} | {f'{middle:.2f}' if middle else ''} |{share}")
    blanks = ' |' * (len(columns) - 1)
    lines.append(f"| geometric mean |{blanks} | **{mean(ratios):.2f}** | {mean(middles):.2f} |{' |' if peak_title else ''}")
    return '\n'.join(lines) + '\n'


def other(results, threads):
    lines = ['| model | load, ms: ours, least of a peer | load + first run, ms | peak memory over the bare process, MiB | '
             'file, MiB: ours, least |',
             '|---|---|---|---|---|']

    def pair(engines, name, value, digits):
        peers = [(value(r), engine) for engine, r in right(engines).items() if engine != 'rivulet']
        if not peers or 'rivulet' not in right(engines):
            return '', None
        least, ours = min(peers), value(engines['rivulet'])
        return f'{ours:.{digits}f}, {least[0]:.{digits}f} {TITLES[least[1]]}', ours / least[0] if least[0] else None

    columns = [('load', lambda r: r['load_ms'], 1), ('first', lambda r: r['load_ms'] + r['first_ms'], 1),
               ('memory', lambda r: r['over_bare_kib'] / 1024, 0), ('file', lambda r: r['file_bytes'] / 2 ** 20, 1)]
    ratios = [[] for _ in columns]
    for result in results:
        cells = []
        for i, column in enumerate(columns):
            text, by = pair(result['threads'][threads], *column)
            cells.append(text)
            ratios[i] += [by] if by else []
        lines.append(f"| {result['model']} | {' | '.join(cells)} |")
    lines.append('| geometric mean of ours ÷ least | ' + ' | '.join(f'**{mean(r):.2f}**' for r in ratios) + ' |')
    return '\n'.join(lines) + '\n'


def summary(setting, results):
    """The table of few columns: ours and the fastest peer's, for each number of threads."""
    counts = list(results[0]['threads'])
    titles = [f"{n} thread{'s' if n > 1 else ''}: ours, the fastest peer's, ms | ÷" for n in counts]
    lines = [f"{setting['date']}, {setting['processor']}:", '', f"| network | {' | '.join(titles)} |", '|---' * (2 * len(counts) + 1) + '|']
    ratios = {n: [] for n in counts}
    for result in results:
        cells = []
        for n in counts:
            engines = result['threads'][n]
            best, ours, by = best_peer(engines, 'min_ms'), right(engines).get('rivulet'), ratio(engines)
            cells += [f"{ours['min_ms']:.2f}, {best[0]:.2f} {TITLES[best[1]]}", f'{by:.2f}'] if by else ['', '']
            ratios[n] += [by] if by else []
        lines.append(f"| {result['model']} | {' | '.join(cells)} |")
    lines.append('| geometric mean | ' + ' | '.join(f' | **{mean(ratios[n]):.2f}**' for n in counts) + ' |')
    return '\n'.join(lines) + '\n'


def page(setting, results):
    peak = setting.get('peak')
    engines = ', '.join(f'{TITLES[e]} {v}' for e, v in setting['versions'].items())
    machine = f"{setting['date']}, {setting['processor']}"
    if peak:
        machine += f"; one core does {peak['gflops_per_s']:.1f} GFLOP/s with {peak['target']}"
    turns = f"{setting['rounds']} rounds of {setting['seconds']:g} s each"
    if setting['before']:
        turns += f", each process started by `{setting['before']}`"
    told = '; '.join(f'{TITLES[e]}: {setting["settings"][e]}' for e in setting['versions'] if e in setting['settings'])
    lines = [f'{machine}. {engines}. {turns}.', '', f'Peers\' settings: {told}.', '']
    for threads in results[0]['threads'] if results else ():
        lines += [f"### Fastest run, ms, {threads} thread{'s' if threads > 1 else ''}", '', latency(results, threads, peak)]
    if results:
        lines += ['### Load, first run, memory, file (1 thread)', '', other(results, min(results[0]['threads']))]
    return '\n'.join(lines)


def write_between(path, networks, text):
    """Puts the text between the two marks of a page that are for these networks."""
    mark = f'<!-- measured: {networks} -->'
    with open(path) as file:
        before, rest = file.read().split(mark, 1)
        after = rest.split('<!-- end -->', 1)[1]
    with open(path, 'w') as file:
        file.write(f'{before}{mark}\n{text}<!-- end -->{after}')


def processor():
    with open('/proc/cpuinfo') as info:
        names = [line.split(':', 1)[1].strip() for line in info if line.startswith('model name')]
    return f'{names[0] if names else platform.machine()}, {os.cpu_count()} cores'
