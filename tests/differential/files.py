"""Operators that read and write files, run by TensorFlow and by the engine from folders and packages that hold those files.

  python files.py --rivulet build/release/cli/rivulet [--seed 1] [--count 60] [--keep FOLDER]

Restore, RestoreSlice, RestoreV2 of checkpoints of both versions (written with Save, SaveSlices and SaveV2), InitializeTableFromTextFile of an asset
under TensorFlow 1's and 2's handles, all readers and what is asked of them, ReadFile, MatchingFiles, GenerateVocabRemapping, LoadAndRemapMatrix, ImmutableConst of a memmapped package (which Python's TensorFlow cannot read: the constant itself
is what to expect). Save, SaveSlices, SaveV2 and MergeV2Checkpoints write: of them the engine must refuse to run one, by name, and load it where nothing
needs it. Exit status 1 when one differs.
"""
import argparse
import gzip
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from draw import *  # noqa: E402
from driver import differs  # noqa: E402
from worker import save  # noqa: E402
import record  # noqa: E402
import tensorflow as tf  # noqa: E402

v1, raw = tf.compat.v1, tf.raw_ops
TYPES = ['float32', 'float64', 'int32', 'int64', 'int8', 'uint8', 'bool', 'float16', 'complex64', 'string']


def session():
    return v1.Session(config=record.CONFIG)


def kept(draw, folder):
    """Names and tensors of a checkpoint in the folder, written by one of the writers."""
    os.makedirs(os.path.join(folder, 'variables'))
    prefix = os.path.join(folder, 'variables', 'variables')
    writer = draw.one_of('Save', 'SaveSlices', 'SaveV2')
    values = {}
    for k in range(draw.randint(1, 4)):
        values[f'v{k}/of'] = draw.tensor(draw.choice([t for t in TYPES if writer == 'SaveV2' or t not in ('float16', 'complex64')]), (draw.randint(1, 4), draw.randint(1, 3)))
    names = sorted(values)
    with tf.Graph().as_default(), session() as s:
        data = [tf.constant(record.for_tensorflow(values[n])) for n in names]
        whole = [''] * len(names)
        s.run(raw.Save(filename=prefix, tensor_names=names, data=data) if writer == 'Save' else
              raw.SaveSlices(filename=prefix, tensor_names=names, shapes_and_slices=whole, data=data) if writer == 'SaveSlices' else
              raw.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=whole, tensors=data))
    return prefix, values, writer


def restored(draw, folder):
    prefix, values, writer = kept(draw, folder)
    name = draw.choice(sorted(values))
    shape, t = values[name].array.shape, tf.as_dtype(values[name].dtype)
    rows = draw.randint(1, shape[0])
    part = f'{shape[0]} {shape[1]} {shape[0] - rows},{rows}:-' if draw.chance(0.5) else ''
    op = 'RestoreV2' if writer == 'SaveV2' else draw.one_of('Restore', 'RestoreSlice', 'RestoreV2')  # the old readers know the old form alone
    at = tf.constant(prefix)
    if op == 'Restore':
        return raw.Restore(file_pattern=at, tensor_name=name, dt=t), f'{op} {t.name}'
    if op == 'RestoreSlice':
        return raw.RestoreSlice(file_pattern=at, tensor_name=name, shape_and_slice=part, dt=t), f'{op} {t.name} {part!r}'
    return raw.RestoreV2(prefix=at, tensor_names=[name], shape_and_slices=[part], dtypes=[t])[0], f'{op} {t.name} {part!r}'


def table_of_text(draw, folder):
    os.makedirs(os.path.join(folder, 'assets'))
    path = os.path.join(folder, 'assets', 'words.txt')
    lines = draw.sample(['the', 'cat', 'sat', 'on', 'b\u00e4r', ' x '], draw.randint(1, 6))
    tabs = draw.chance(0.5)
    with open(path, 'wb') as file:
        file.write('\n'.join(f'{w}\t{10 * k}' if tabs else w for k, w in enumerate(lines)).encode() + (b'\n' if draw.chance(0.5) else b''))
    new = draw.chance(0.5)
    table = (raw.HashTableV2 if new else raw.HashTable)(key_dtype=tf.string, value_dtype=tf.int64)
    made = (raw.InitializeTableFromTextFileV2 if new else raw.InitializeTableFromTextFile)(
        table_handle=table, filename=path, key_index=0 if tabs else -2, value_index=1 if tabs else -1, vocab_size=draw.one_of(-1, len(lines)), delimiter='\t')
    with tf.control_dependencies([made]):
        found = (raw.LookupTableFindV2 if new else raw.LookupTableFind)(table_handle=table, keys=tf.constant(lines + ['none']), default_value=tf.constant(-1, tf.int64))
    return found, f'InitializeTableFromTextFile{"V2" if new else ""} tabs {tabs}'


def written(folder, name, data):
    os.makedirs(os.path.join(folder, 'assets'), exist_ok=True)
    path = os.path.join(folder, 'assets', name)
    with open(path, 'wb') as file:
        file.write(data)
    return path


def bytes_of(draw, alphabet, most):
    return bytes(draw.choice(alphabet) for _ in range(draw.randint(0, most)))


def read_in_turn(draw, folder):
    """Files of a queue, read by a few operators one after the other, and what the reader says then."""
    kind = draw.one_of('WholeFile', 'Identity', 'TextLine', 'FixedLengthRecord', 'TFRecord')
    packing = draw.one_of('', 'ZLIB', 'GZIP') if kind in ('FixedLengthRecord', 'TFRecord') else ''
    paths = []
    for k in range(draw.randint(1, 4)):
        paths.append(written(folder, f'{draw.choice("abc")}{k}', bytes_of(draw, b'ab\n\r\0', 30)))
        if kind == 'TFRecord':
            with tf.io.TFRecordWriter(paths[-1], packing) as records:
                for _ in range(draw.randint(0, 3)):
                    records.write(bytes_of(draw, b'xyz', 5))
        elif packing:
            with open(paths[-1], 'rb') as file:
                plain = file.read()
            written(folder, os.path.basename(paths[-1]), zlib.compress(plain) if packing == 'ZLIB' else gzip.compress(plain))
    attrs = {'TextLine': dict(skip_header_lines=draw.randint(0, 2)), 'TFRecord': dict(compression_type=packing),
             'FixedLengthRecord': dict(record_bytes=draw.randint(1, 6), header_bytes=draw.choice([0, 0, 2]), footer_bytes=draw.randint(0, 3), hop_bytes=draw.choice([0, 0, 1, 3, 9]))}.get(kind, {})
    new = kind != 'WholeFile' or draw.chance(0.5)  # TensorFlow takes the other old ones in old graphs only
    if kind == 'FixedLengthRecord':
        attrs['encoding'] = packing
    v = 'V2' if new else ''
    op = lambda name, **inputs: getattr(raw, name + v)(**inputs)
    reader, queue = op(kind + 'Reader', **attrs), op('FIFOQueue', component_types=[tf.string], shapes=[[]])
    deps = [op('QueueEnqueueMany', handle=queue, components=[tf.constant(paths)])]
    with tf.control_dependencies(deps):
        deps = [op('QueueClose', handle=queue)]
    got = []
    for _ in range(draw.randint(1, 4)):
        with tf.control_dependencies(deps):
            if draw.chance(0.5):
                read = op('ReaderRead', reader_handle=reader, queue_handle=queue)
                got += [tf.reshape(read.key, [1]), tf.reshape(read.value, [1])]
            else:
                read = op('ReaderReadUpTo', reader_handle=reader, queue_handle=queue, num_records=tf.constant(draw.randint(0, 4), tf.int64))
                got += [read.keys, read.values]
            deps = got[-2:]
    with tf.control_dependencies(deps):
        for what in ['NumRecordsProduced', 'NumWorkUnitsCompleted']:
            got.append(tf.reshape(tf.as_string(op('Reader' + what, reader_handle=reader)), [1]))
        if kind in ('WholeFile', 'Identity'):
            got.append(tf.reshape(op('ReaderSerializeState', reader_handle=reader), [1]))
    return tf.concat(got, 0), f'{kind}Reader{v} {attrs}'


def found_files(draw, folder):
    paths = [written(folder, f'{draw.choice("ab")}{draw.randint(0, 9)}.txt', b'one') for _ in range(draw.randint(1, 5))]
    if draw.chance(0.3):
        return raw.ReadFile(filename=tf.constant(paths[0])), 'ReadFile'
    patterns = [os.path.join(folder, draw.one_of('assets/*', 'assets/a*.txt', '*/?[0-4].txt', 'assets/[!a]*', 'assets/b?.*', 'none', 'as*', 'assets/a1.txt', '*/*/*')) for _ in range(draw.randint(1, 3))]
    return raw.MatchingFiles(pattern=tf.constant(patterns if len(patterns) > 1 or draw.chance(0.5) else patterns[0])), f'MatchingFiles {patterns}'


def remapped_words(draw, folder):
    lists = [draw.sample(['the', 'cat', 'sat', 'on', 'b\u00e4r', ' x '], draw.randint(2, 6)) for _ in range(2)]
    ends = draw.one_of('\n', '\r\n')
    new, old = (written(folder, f'words{k}', ends.join(words).encode() + (ends.encode() if draw.chance(0.5) else b'')) for k, words in enumerate(lists))
    offset = draw.randint(0, len(lists[0]) - 1)
    remapping, present = raw.GenerateVocabRemapping(new_vocab_file=new, old_vocab_file=old, new_vocab_offset=offset, num_new_vocab=draw.randint(0, len(lists[0]) - offset),
                                                    old_vocab_size=draw.choice([-1, draw.randint(1, len(lists[1]))]))
    return tf.concat([remapping, [tf.cast(present, tf.int64)]], 0), 'GenerateVocabRemapping'


def remapped_matrix(draw, folder):
    os.makedirs(os.path.join(folder, 'variables'))
    prefix = os.path.join(folder, 'variables', 'variables')
    rows, cols = draw.randint(1, 5), draw.randint(1, 4)
    with tf.Graph().as_default(), session() as s:
        s.run(raw.SaveV2(prefix=prefix, tensor_names=['w'], shape_and_slices=[''], tensors=[tf.constant(np.arange(rows * cols, dtype=np.float32).reshape(rows, cols))]))
    new_rows = [draw.choice([-1, k]) for k in draw.sample(range(rows), draw.randint(0, rows))] + [-1] * draw.randint(0, 1)
    new_cols = draw.choice([[], [draw.choice([-1, k, k]) for k in draw.sample(range(cols), draw.randint(1, cols))]])
    num_cols = len(new_cols) or cols
    new = sum((r < 0) or (c < 0) for r in new_rows for c in (new_cols or range(cols)))
    return raw.LoadAndRemapMatrix(ckpt_path=prefix, old_tensor_name='w', row_remapping=tf.constant(new_rows, tf.int64), col_remapping=tf.constant(new_cols, tf.int64),
                                  initializing_values=tf.constant([100.0 + k for k in range(new)], tf.float32), num_rows=len(new_rows), num_cols=num_cols,
                                  max_rows_in_memory=draw.choice([-1, 1, 2])), 'LoadAndRemapMatrix'


def package(graph, regions):
    """A memmapped package of a GraphDef and named bytes (docs: engine/import/memmapped_package.h)."""
    varint = lambda n: bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
    out, directory = b'', b''
    for name, data in [*regions, ('memmapped_package://.', graph)]:
        out += b'\0' * (-len(out) % 64)
        entry = b'\x08' + varint(len(out)) + b'\x12' + varint(len(name)) + name.encode() + b'\x18' + varint(len(data))
        directory += b'\n' + varint(len(entry)) + entry
        out += data
    return out + directory + struct.pack('<Q', len(out))


def immutable(draw):
    """(package, tensor)."""
    value = draw.tensor(draw.choice([t for t in TYPES if t != 'string']), draw.shape(0, 3, 5, zero=0))
    with tf.Graph().as_default() as graph:
        c = raw.ImmutableConst(dtype=tf.as_dtype(value.dtype), shape=value.array.shape, memory_region_name='memmapped_package://c')
        tf.identity(c, name='y')
    return package(graph.as_graph_def().SerializeToString(), [('memmapped_package://c', value.array.tobytes())]), value


def saved(graph, folder, tensor):
    """The graph as a SavedModel with one output."""
    from tensorflow.core.protobuf import saved_model_pb2
    model = saved_model_pb2.SavedModel(saved_model_schema_version=1)
    meta = model.meta_graphs.add()
    meta.meta_info_def.tags.append('serve')
    meta.graph_def.CopyFrom(graph.as_graph_def())
    signature = meta.signature_def['serving_default']
    signature.method_name = 'tensorflow/serving/predict'
    signature.outputs['y'].name = tensor.name
    signature.outputs['y'].dtype = tensor.dtype.as_datatype_enum
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'saved_model.pb'), 'wb') as file:
        file.write(model.SerializeToString())


def refused(draw, rivulet, room):
    """A writer: refused by name when it is asked for, no harm where it is not."""
    op = draw.one_of('Save', 'SaveSlices', 'SaveV2', 'MergeV2Checkpoints')
    at, x = tf.constant(os.path.join(room, 'out')), tf.constant([1.0, 2.0])
    with tf.control_dependencies([raw.Save(filename=at, tensor_names=['x'], data=[x]) if op == 'Save' else raw.SaveSlices(filename=at, tensor_names=['x'], shapes_and_slices=[''], data=[x]) if op == 'SaveSlices' else
                                  raw.SaveV2(prefix=at, tensor_names=['x'], shape_and_slices=[''], tensors=[x]) if op == 'SaveV2' else raw.MergeV2Checkpoints(checkpoint_prefixes=[at], destination_prefix=at)]):
        tf.identity(x, name='needs')
    tf.identity(x, name='free')
    path = os.path.join(room, 'model.pb')
    with open(path, 'wb') as file:
        file.write(tf.compat.v1.get_default_graph().as_graph_def().SerializeToString())
    run = lambda name: subprocess.run([rivulet, 'run', path, '--output', name], capture_output=True, text=True)
    asked, free = run('needs'), run('free')
    if free.returncode or asked.returncode == 0 or op not in asked.stderr or os.path.exists(os.path.join(room, 'out')):
        return op, f'needed: {asked.returncode} {asked.stderr.strip()}; free: {free.returncode} {free.stderr.strip()}'
    return op, None


def one(draw, rivulet, room):
    """(name, why it differs or None)."""
    ways = dict(restored=restored, table=table_of_text, read=read_in_turn, found=found_files, words=remapped_words, matrix=remapped_matrix)
    way = draw.one_of('immutable', 'refused', 'read', *ways)
    folder, out = os.path.join(room, 'model'), os.path.join(room, 'out')
    with tf.Graph().as_default() as graph:
        if way == 'refused':
            return refused(draw, rivulet, room)
        if way == 'immutable':
            data, want = immutable(draw)
            path, name, key = os.path.join(room, 'model.pb'), f'ImmutableConst {want.dtype}{list(want.array.shape)}', 'y'
            with open(path, 'wb') as file:
                file.write(data)
        else:
            tensor, name = ways[way](draw, folder)
            saved(graph, folder, tensor)
            path, key = folder, 'y'
            try:
                with session() as s:
                    want = record.from_tensorflow(s.run(tensor), tensor.dtype)
            except tf.errors.OpError as error:
                want = error
    done = subprocess.run([rivulet, 'run', path, '--save', out] + (['--output', 'y'] if way == 'immutable' else []), capture_output=True, text=True, errors='replace')
    if isinstance(want, tf.errors.OpError):
        lacks = 'not supported' in str(want)  # slices of some types
        return name, None if lacks or done.returncode == 1 else f'TensorFlow refuses ({want.message.splitlines()[0]}), we exit with {done.returncode}'
    if done.returncode:
        return name, done.stderr.strip()
    save(os.path.join(room, 'want.npy'), want)
    files = [f for f in os.listdir(out) if f.endswith('.npy')]
    return name, differs(np.load(os.path.join(room, 'want.npy')), np.load(os.path.join(out, files[0])), want.dtype, dict(shape_only=False, exact=True, rtol=0, atol=0))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rivulet', required=True)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--count', type=int, default=60)
    parser.add_argument('--keep')
    options = parser.parse_args()
    differ = 0
    for number in range(options.count):
        with tempfile.TemporaryDirectory() as room:
            name, why = one(Draw(f'files/{options.seed}/{number}'), os.path.abspath(options.rivulet), room)
            if why:
                differ += 1
                print(f'DIFF {number} {name}\n     {why}', flush=True)
                if options.keep:
                    shutil.copytree(room, os.path.join(options.keep, f'files-{options.seed}-{number}'), dirs_exist_ok=True)
    print(f'{options.count - differ} agree, {differ} differ', flush=True)
    return 1 if differ else 0


if __name__ == '__main__':
    sys.exit(main())
