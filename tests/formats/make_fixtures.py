"""Writes data/: small checkpoints, SavedModels and MetaGraphDefs, as TensorFlow itself saves them, with what they hold.

    python tests/formats/make_fixtures.py [NAME ...]

Needs TensorFlow (2.21 made what is committed) and cramjam. expected.tsv lists every tensor of every checkpoint: folder, prefix, name,
dtype, shape and the elements (floats as their exact hexadecimal text, strings as hexadecimal bytes after an x).
answers.json has what TensorFlow answers for each signature of the SavedModels (saved_models.py), meta_graphs.json for the others.
"""
import json
import os
import pathlib
import shutil
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

import compressed_index  # noqa: E402
import saved_models  # noqa: E402

v1 = tf.compat.v1
DATA = pathlib.Path(__file__).resolve().parent / 'data'
DTYPES = ['float32', 'float64', 'float16', 'bfloat16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32',
          'uint64', 'bool', 'complex64', 'complex128', 'qint8', 'quint8', 'qint16', 'quint16', 'qint32', 'string']


def values(dtype, shape):
    count = int(np.prod(shape, dtype=int))
    if dtype == 'string':
        return np.array([bytes([97 + i % 26]) * (i * 67 % 300) for i in range(count)], object).reshape(shape)
    numbers = (np.arange(count) * 7 - 5) % 100
    t = tf.as_dtype(dtype)
    if t.is_complex:
        return (numbers + 1j * (numbers - 3)).astype(t.as_numpy_dtype).reshape(shape)
    if dtype == 'bool':
        return (numbers % 3 == 0).reshape(shape)
    if t.is_floating:
        return (numbers / 8).astype(t.as_numpy_dtype).reshape(shape)
    return numbers.astype(t.as_numpy_dtype).reshape(shape)


def describe(prefix):
    """Every tensor of the checkpoint, as TensorFlow reads it."""
    reader = tf.train.load_checkpoint(str(prefix))
    out = {}
    for name, shape in sorted(reader.get_variable_to_shape_map().items()):
        if name == '_CHECKPOINTABLE_OBJECT_GRAPH':
            continue
        dtype = reader.get_variable_to_dtype_map()[name]
        array = np.asarray(reader.get_tensor(name))
        assert list(array.shape) == list(shape)
        out[name] = entry(dtype, array)
    return out


def entry(dtype, array):
    array = np.asarray(array)
    if dtype == tf.string:
        elements = ['x' + x.hex() for x in array.reshape(-1).tolist()]
    elif dtype.is_complex:
        elements = [f(x).hex() for x in array.reshape(-1) for f in (lambda z: float(z.real), lambda z: float(z.imag))]
    elif dtype.is_floating:
        elements = [float(x).hex() for x in array.reshape(-1)]
    else:
        if array.dtype.fields:  # a quantised type: one plain integer in each
            array = array.view(next(iter(array.dtype.fields.values()))[0])
        elements = [int(x) for x in array.reshape(-1).tolist()]
    return '\t'.join([dtype.name, ','.join(map(str, array.shape)), ' '.join(map(str, elements))])


def save_raw(prefix, tensors, slices=None):
    """A checkpoint of version 2 by the operator itself; `slices` by name: the texts of what each piece is."""
    names = [n for n, _ in tensors]
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=slices or [''] * len(names),
                      tensors=[t for _, t in tensors])


def as_tensor(dtype, array):
    if dtype.startswith('q'):
        plain = {'qint8': 'int8', 'quint8': 'uint8', 'qint16': 'int16', 'quint16': 'uint16', 'qint32': 'int32'}[dtype]
        return tf.bitcast(tf.constant(np.asarray(array).astype(plain)), dtype)
    return tf.constant(array, dtype)


def every_dtype(folder):
    """Version 2: each dtype as a matrix, a scalar and an empty tensor, so that starts are not aligned."""
    tensors = []
    for dtype in DTYPES:
        for shape in ((2, 3), (), (0, 2)):
            tensors.append((f'{dtype}/rank{len(shape)}{"empty" if 0 in shape else ""}',
                            as_tensor(dtype, values(dtype, shape))))
    save_raw(folder / 'model', tensors)
    return {'model': describe(folder / 'model')}


def partitioned(folder):
    """Version 2: variables in pieces along rows, along columns, and along both."""
    whole = values('float32', (6, 5))
    names, specs, pieces = [], [], []
    for name, boxes in {'rows': [(0, 2, 0, 5), (2, 3, 0, 5), (5, 1, 0, 5)],
                        'columns': [(0, 6, 0, 1), (0, 6, 1, 4)],
                        'both': [(r, 3, c, w) for r in (0, 3) for c, w in ((0, 2), (2, 3))]}.items():
        for r, h, c, w in boxes:
            names.append(name)
            specs.append(f'6 5 {r},{h}:{c},{w}')
            pieces.append(tf.constant(whole[r:r + h, c:c + w]))
    tf.raw_ops.SaveV2(prefix=str(folder / 'model'), tensor_names=names, shape_and_slices=specs, tensors=pieces)
    return {'model': describe(folder / 'model')}


def shards(folder):
    """Version 2 in three data files, merged as a sharded saver does."""
    parts = []
    for i in range(3):
        parts.append(str(folder / f'part{i}'))
        save_raw(parts[-1], [(f'v{i}', tf.constant(values('float32', (i + 1, 2)))), (f's{i}', tf.constant([f'shard {i}']))])
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(folder / 'model'), delete_old_dirs=False)
    return {'model': describe(folder / 'model')}


def version1(folder):
    """Version 1: one file, and two with a variable in pieces over both."""
    kept = [t for t in DTYPES if t not in ('uint32', 'uint64', 'bfloat16', 'qint16', 'quint16')]  # what its writer takes
    known = {}  # TensorFlow's reader does not give every type back: what was saved is what is expected
    with tf.Graph().as_default(), v1.Session() as session:
        tensors = {}
        for dtype in kept:
            tensors[f'{dtype}/rank2'] = as_tensor(dtype, values(dtype, (2, 3)))
            tensors[f'{dtype}/rank0'] = as_tensor(dtype, values(dtype, ()))
            for shape in ((2, 3), ()):
                known[f'{dtype}/rank{len(shape)}'] = entry(tf.as_dtype(dtype), values(dtype, shape))
        session.run(tf.raw_ops.SaveSlices(filename=str(folder / 'model'), tensor_names=list(tensors),
                                          shapes_and_slices=[''] * len(tensors), data=list(tensors.values())))
        whole = values('float32', (4, 3))
        for i, (start, length) in enumerate(((0, 1), (1, 3))):
            session.run(tf.raw_ops.SaveSlices(
                filename=str(folder / f'pieces-0000{i}-of-00002'), tensor_names=['v', f'own{i}'],
                shapes_and_slices=[f'4 3 {start},{length}:-', ''],
                data=[tf.constant(whole[start:start + length]), tf.constant([i, 10 + i])]))
    pieces = {'v': entry(tf.float32, whole), **{f'own{i}': entry(tf.int32, np.array([i, 10 + i])) for i in range(2)}}
    return {'model': known, 'pieces-?????-of-00002': pieces}


def objects(folder):
    """Version 2 with an object graph, as tf.train.Checkpoint writes it."""
    net = tf.Module()
    net.first = tf.Module()
    net.first.kernel = tf.Variable(values('float32', (2, 3)), name='first/kernel')
    net.first.bias = tf.Variable(values('float32', (3,)), name='first/bias')
    net.steps = [tf.Variable(values('int64', ()), name='steps')]
    checkpoint = tf.train.Checkpoint(net=net)
    checkpoint.save(str(folder / 'model'))
    return {'model-1': describe(folder / 'model-1')}


def compressed(folder):
    """Version 2 with compressed blocks in its index, which TensorFlow reads and does not write."""
    save_raw(folder / 'model', [(f'tower/layer{i:03}/weights', tf.constant(values('float32', (i % 3,)) + i)) for i in range(300)])
    compressed_index.compress(folder / 'model.index')
    return {'model': describe(folder / 'model')}


CHECKPOINTS = [every_dtype, partitioned, shards, version1, objects, compressed]


def fresh(name):
    folder = DATA / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def size(folder):
    return sum(f.stat().st_size for f in folder.rglob('*') if f.is_file())


def main():
    wanted = set(sys.argv[1:])
    expected_path = DATA / 'expected.tsv'
    lines = expected_path.read_text().splitlines() if expected_path.exists() else []
    for make in CHECKPOINTS:
        if wanted and make.__name__ not in wanted:
            continue
        folder = fresh(make.__name__)
        lines = [line for line in lines if not line.startswith(make.__name__ + '\t')]
        for prefix, tensors in make(folder).items():
            lines += ['\t'.join([make.__name__, prefix, name, text]) for name, text in tensors.items()]
        print(make.__name__, size(folder), 'bytes')
    expected_path.write_text('\n'.join(sorted(lines)) + '\n')

    answers_path = DATA / 'answers.json'
    answers = json.loads(answers_path.read_text()) if answers_path.exists() else []
    for make in saved_models.MAKERS:
        if wanted and make.__name__ not in wanted:
            continue
        folder = fresh(make.__name__)
        answers = [a for a in answers if a['path'].split('/')[0] != make.__name__]
        answers += [saved_models.answer(folder, question) for question in make(folder)]
        saved_models.tidy(folder)
        print(make.__name__, size(folder), 'bytes')
    answers_path.write_text('[\n' + ',\n'.join(json.dumps(a) for a in answers) + '\n]\n')
    if not wanted or 'meta_graphs' in wanted:
        folder = fresh('meta_graphs')
        (DATA / 'meta_graphs.json').write_text(json.dumps(saved_models.meta_graphs(folder)) + '\n')
        print('meta_graphs', size(folder), 'bytes')


if __name__ == '__main__':
    main()
