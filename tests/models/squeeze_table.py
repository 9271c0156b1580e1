"""How small real trained networks get by `rivulet shrink --max-drop 1%`, and what that changes on inputs that the search did
not see: the tables of docs/squeeze.md. The file is the command's own choice; nothing is chosen by what is reported.
Needs what trained_networks.py needs; brotli's Python package for one column.

  python tests/models/squeeze_table.py PATH/TO/rivulet MATERIAL [--chosen] [--limit=P] [--lossless] [NAME ...]

--chosen leaves out the curve and what it is compared with; --limit gives the search another --max-drop.
"""
import json
import pathlib
import zlib

from trained_networks import FLAGS, FOUND, Pose, agreement, call, for_each

try:
    import brotli
except ImportError:
    brotli = None

LIMIT = '1%'
WANTED = 0.99
APART = 1.02  # points of the curve that are nearer in size are one


def deflated(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return len(packer.compress(data) + packer.flush())


def squeeze(net, folder, samples):
    """The command's file and report; in `tried` the files of its search, the smallest first, without those of nearly the same size."""
    tried = folder / 'tried'
    tried.mkdir(exist_ok=True)
    for old in tried.iterdir():
        old.unlink()
    limit = next((flag.split('=')[1] for flag in FLAGS if flag.startswith('--limit=')), LIMIT)
    peaks = ['--peaks'] if isinstance(net, Pose) else []
    said = json.loads(call('shrink', net.model, '-o', folder / 'out.rivulet', '--max-drop', limit, '--keep-tried', tried, '--json', *peaks, *samples))
    points, last = [], 0
    for path in sorted(tried.iterdir(), key=lambda p: p.stat().st_size):
        if path.stat().st_size >= APART * last:
            points.append(path)
            last = path.stat().st_size
    return said, points


def report(name, net, want, folder):
    answers = len(want) if not isinstance(net, Pose) else sum(joint[2] >= FOUND for joint in want)
    print(f'\n{name}, {len(net.seen)} samples searched with, {len(net.unseen)} others with {answers} answers\n')
    print('| | file, kB | in a zip, kB | agreement | expected | at least |\n|---|---|---|---|---|---|')

    def row(what, path, zipped=None, expected='', at_least=''):
        data = path.read_bytes()
        agrees = agreement(want, net.answers(path, folder))
        size = (zipped or deflated)(data)
        print(f'| {what} | {len(data) / 1000:.1f} | {size / 1000:.1f} | {100 * agrees:.2f} % | {expected} | {at_least} |', flush=True)
        return agrees

    samples, out = net.samples(folder), folder / 'out.pb'
    if '--chosen' not in FLAGS:
        row('as given', pathlib.Path(net.model))
        for levels in (256, 4096, 65536):
            call('shrink', net.model, '-o', out, '--round-weights', levels, *samples)
            if row(f'{levels} levels', out) >= WANTED:
                break
        call('shrink', net.model, '-o', out, '--quantize-weights', *samples)
        row('8 bits' + (', brotli' if brotli else ''), out, brotli and (lambda data: len(brotli.compress(data, quality=11))))
    said, points = squeeze(net, folder, samples)
    unseen = said['held_out'].get('unseen')
    told = [f'{100 - 100 * unseen[key]:.2f} %' for key in ('expected', 'at_most')] if unseen else ['', '']
    row('chosen', folder / 'out.rivulet', None, *told)
    for path in points if '--chosen' not in FLAGS else []:
        row('squeezed', path)
    if '--lossless' in FLAGS:
        call('shrink', net.model, '-o', folder / 'out.rivulet', '--lossless', *samples)
        row('lossless', folder / 'out.rivulet')


if __name__ == '__main__':
    for_each(report)
