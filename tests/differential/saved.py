"""Networks saved by TensorFlow as SavedModels, variables, tables and assets with them, and run by the engine from their folder.

  python saved.py --rivulet build/release/cli/rivulet [--seed 1] [--count 100] [--first 0] [--keep FOLDER]

Takes the networks of nets_*.py and suite_*.py, and those below that only a SavedModel can hold. Exit status 1 when one differs.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from draw import *  # noqa: E402
from cases_networks import NETS, listed  # noqa: E402
from cases_suites import CHOSEN  # noqa: E402
from driver import differs  # noqa: E402
from worker import save  # noqa: E402
import record  # noqa: E402
import tensorflow as tf  # noqa: E402

L = tf.keras.layers
WORDS = [b'the', b'cat', b'sat', b'on', b'a', b'mat', b'', 'caf\u00e9'.encode(), b'The CAT, sat!', b'on  the mat.']


def words(draw, shape):
    flat = np.empty(int(np.prod(shape)), dtype=object)
    flat[:] = [draw.choice(WORDS) for _ in range(flat.size)]
    return Literal('string', flat.reshape(shape))


def string_lookup(draw):
    mode = draw.one_of('int', 'int', 'multi_hot', 'count')
    layer = L.StringLookup(vocabulary=['the', 'cat', 'sat', 'mat'][:draw.randint(2, 4)], num_oov_indices=draw.randint(1, 2) if mode == 'int' else 1,
                           mask_token=draw.one_of(None, '') if mode == 'int' else None, output_mode=mode, invert=False)
    return lambda x: layer(x), [words(draw, (draw.randint(1, 3), 3))], [layer]


def looked_back(draw):
    layer = L.StringLookup(vocabulary=['the', 'cat', 'sat'], invert=True)
    return lambda x: layer(x), [draw.ints('int64', (4,), 0, 3)], [layer]


def integer_lookup(draw):
    layer = L.IntegerLookup(vocabulary=[3, 5, 12, -4], num_oov_indices=draw.randint(1, 2), output_mode='int')
    return lambda x: layer(x), [draw.ints('int64', (2, 4), -5, 13)], [layer]


def text_vectorization(draw):
    mode = draw.one_of('int', 'int', 'multi_hot', 'count', 'tf_idf')
    layer = L.TextVectorization(output_mode=mode, ngrams=draw.one_of(None, 2, (1, 3)), standardize=draw.one_of('lower_and_strip_punctuation', 'lower', None),
                                split=draw.one_of('whitespace', 'whitespace', 'character'), output_sequence_length=draw.one_of(None, 4) if mode == 'int' else None)
    layer.adapt([w.decode() for w in WORDS if w])
    return lambda x: layer(x), [words(draw, (draw.randint(1, 4),))], [layer]


def adapted(draw):
    x = draw.tensor('float32', (8, 3))
    layer = L.Normalization() if draw.chance(0.5) else L.Discretization(num_bins=4)
    layer.adapt(x.array)
    return lambda x: layer(x), [x], [layer]


def table(draw):
    kind = draw.randrange(3)
    keys = tf.constant(['a', 'b', 'the'])
    if kind == 0:
        t = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, tf.constant([4, 5, 6], tf.int64)), -1)
    elif kind == 1:
        t = tf.lookup.StaticVocabularyTable(tf.lookup.KeyValueTensorInitializer(keys, tf.constant([0, 1, 2], tf.int64)), 3)
    else:
        path = os.path.join(tempfile.mkdtemp(), 'vocabulary.txt')
        with open(path, 'wb') as file:
            file.write(b'the\ncat\nsat\nlast')
        t = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(path, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), -1)
        asset = tf.saved_model.Asset(path)
        return lambda x: t.lookup(x), [words(draw, (2, 3))], [t, asset]
    return lambda x: (t.lookup(x), t.size()), [words(draw, (2, 3))], [t]


def variables(draw):
    v, w = tf.Variable(draw.numpy.randn(3, 4).astype(np.float32)), tf.Variable([b'x', b'\0y'])
    h = tf.Variable(draw.numpy.randint(0, 9, (5,)).astype(np.int16))
    b = tf.Variable(tf.cast(draw.numpy.randn(2, 2), tf.bfloat16))
    return lambda x: (tf.matmul(x, v), tf.strings.length(w), tf.cast(h, tf.int32), tf.cast(b, tf.float32), tf.gather(v, [0, 2])), [draw.tensor('float32', (2, 3))], [v, w, h, b]


SAVED = [string_lookup, looked_back, integer_lookup, text_vectorization, text_vectorization, adapted, table, table, variables]


def kept_by(function, found=None, depth=0):
    """What a closure holds that a SavedModel must track."""
    found = [] if found is None else found
    for cell in getattr(function, '__closure__', None) or ():
        try:
            value = cell.cell_contents
        except ValueError:
            continue
        if isinstance(value, (tf.Module, tf.keras.layers.Layer, tf.Variable)):
            found.append(value)
        elif callable(value) and depth < 3:
            kept_by(value, found, depth + 1)
    return found


def one(draw, folder):
    """(name, inputs, outputs) of one network, saved in `folder`; None where it is none for a SavedModel."""
    if draw.chance(0.4):
        net = draw.choice(SAVED)
        function, values, kept = net(draw)
    else:
        net = draw.choice(NETS if draw.chance(0.5) else CHOSEN)
        if getattr(net, 'shape_only', False):
            return None
        function, values = net(draw)
        kept = kept_by(function)
    static = draw.chance(0.5) or getattr(net, 'static', False)
    specs = [tf.TensorSpec(v.array.shape if static or not v.array.ndim else (None,) + v.array.shape[1:], tf.as_dtype(v.dtype), name=f'x{i}') for i, v in enumerate(values)]
    module = tf.Module()
    module.kept = kept
    module.f = tf.function(lambda *x: {f'y{i}': tf.identity(t) for i, t in enumerate(listed(function(*x)))}, input_signature=specs, autograph=False)
    inputs = [tf.constant(record.for_tensorflow(v)) for v in values]
    want = module.f(*inputs)
    tf.saved_model.save(module, folder, signatures=module.f)
    return net, values, {key: record.from_tensorflow(t.numpy(), t.dtype) for key, t in want.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rivulet', required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=100)
    parser.add_argument('--first', type=int, default=0)
    parser.add_argument('--keep')
    options = parser.parse_args()
    agree = differ = 0
    for number in range(options.first, options.first + options.count):
        draw = Draw(f'saved/{options.seed}/{number}')
        with tempfile.TemporaryDirectory() as room:
            folder = os.path.join(room, 'model')
            try:
                made = one(draw, folder)
            except Exception as error:
                print('note', number, type(error).__name__, str(error)[:200].replace('\n', ' '), flush=True)
                continue
            if made is None:
                continue
            net, values, want = made
            line = [options.rivulet, 'run', folder, '--save', os.path.join(room, 'out')]
            for i, value in enumerate(values):
                save(os.path.join(room, f'x{i}.npy'), value)
                line += ['--input', f'x{i}=' + os.path.join(room, f'x{i}.npy')]
            why = None
            for setting in ([], ['--no-passes'], ['--threads', '2']):
                done = subprocess.run(line + setting, capture_output=True, text=True, errors='replace')
                if done.returncode:
                    why = done.stderr.strip()
                    break
                for key, value in want.items():
                    save(os.path.join(room, 'want.npy'), value)
                    got = np.load(os.path.join(room, 'out', key + '.npy'))
                    case = dict(shape_only=False, exact=False, rtol=getattr(net, 'rtol', 0), atol=getattr(net, 'atol', 0))
                    why = why or differs(np.load(os.path.join(room, 'want.npy')), got, value.dtype, case)
                if why:
                    break
            if why:
                differ += 1
                print(f'DIFF {number} {net.__name__} {setting}\n     {why}', flush=True)
                if options.keep:
                    shutil.copytree(room, os.path.join(options.keep, f'saved-{options.seed}-{number}'), dirs_exist_ok=True)
            else:
                agree += 1
        tf.keras.backend.clear_session()
    print(f'{agree} agree, {differ} differ', flush=True)
    return 1 if differ else 0


if __name__ == '__main__':
    sys.exit(main())
