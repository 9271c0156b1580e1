"""How small real trained networks get by `rivulet shrink`, and what that changes on inputs that the search did not see: the
tables of docs/squeeze.md. Half of those inputs choose which point of a curve counts, the other half are reported.
Needs what trained_networks.py needs; brotli's Python package for one column.

  python tests/models/squeeze_table.py PATH/TO/rivulet MATERIAL [--curves] [--limit=P] [--lossless] [NAME ...]

--curves leaves out what curves are compared with; --limit gives the search another --max-drop, for more points.
"""
import pathlib
import zlib

from trained_networks import FLAGS, Pose, agreement, call, for_each

try:
    import brotli
except ImportError:
    brotli = None

LIMIT, DISTANCE = '1%', '4%'  # of answers, of heat maps
WANTED = 0.99
APART = 1.02  # points of the curve that are nearer in size are one


def halves(net, want, got):
    """Agreement on every other input, and on those between: as many answers belong to each input."""
    each = len(want) // len(net.unseen)
    sides = [[i for i in range(len(want)) if i // each % 2 == side] for side in (0, 1)]
    return [agreement([want[i] for i in side], [got[i] for i in side]) for side in sides]


def deflated(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    return len(packer.compress(data) + packer.flush())


def curve_of(net, folder, samples):
    """The files that one search has tried, the smallest first, without those of nearly the same size."""
    tried = folder / 'tried'
    tried.mkdir(exist_ok=True)
    for old in tried.iterdir():
        old.unlink()
    limit = next((flag.split('=')[1] for flag in FLAGS if flag.startswith('--limit=')), DISTANCE if isinstance(net, Pose) else LIMIT)
    call('shrink', net.model, '-o', folder / 'out.rivulet', '--max-drop', limit, '--keep-tried', tried, *samples)
    points, last = [], 0
    for path in sorted(tried.iterdir(), key=lambda p: p.stat().st_size):
        if path.stat().st_size >= APART * last:
            points.append(path)
            last = path.stat().st_size
    return points


def report(name, net, want, folder):
    each = len(want) // len(net.unseen)
    print(f'\n{name}, {len(net.seen)} samples searched with, {len(net.unseen)} others, {each} answers for each\n')
    print('| | file, kB | in a zip, kB | chosen by | agreement |\n|---|---|---|---|---|')

    def row(what, path, zipped=None):
        data = path.read_bytes()
        chosen, agrees = halves(net, want, net.answers(path, folder))
        size = (zipped or deflated)(data)
        print(f'| {what} | {len(data) / 1000:.1f} | {size / 1000:.1f} | {100 * chosen:.2f} % | {100 * agrees:.2f} % |', flush=True)
        return chosen

    samples, out = net.samples(folder), folder / 'out.pb'
    if '--curves' not in FLAGS:
        row('as given', pathlib.Path(net.model))
        for levels in (256, 4096, 65536):
            call('shrink', net.model, '-o', out, '--round-weights', levels, *samples)
            if row(f'{levels} levels', out) >= WANTED:
                break
        call('shrink', net.model, '-o', out, '--quantize-weights', *samples)
        row('8 bits' + (', brotli' if brotli else ''), out, brotli and (lambda data: len(brotli.compress(data, quality=11))))
    for path in curve_of(net, folder, samples):
        row('squeezed', path)
    if '--lossless' in FLAGS:
        call('shrink', net.model, '-o', folder / 'out.rivulet', '--lossless', *samples)
        row('lossless', folder / 'out.rivulet')


if __name__ == '__main__':
    for_each(report)
