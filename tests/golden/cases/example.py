"""tf.Example messages parsed: sparse, dense, ragged; checkpoints' file names."""
import struct

from cases_dsl import *


def field(number, payload):
    return bytes([number << 3 | 2]) + varint(len(payload)) + payload


def varint(value):
    out = b''
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def floats(values, packed=True):
    raw = [struct.pack('<f', v) for v in values]
    return field(2, field(1, b''.join(raw)) if packed else b''.join(b'\x0d' + r for r in raw))


def ints(values, packed=True):
    raw = [varint(v & 2**64 - 1) for v in values]
    return field(3, field(1, b''.join(raw)) if packed else b''.join(b'\x08' + r for r in raw))


def texts(values):
    return field(1, b''.join(field(1, v) for v in values))


def entry(key, feature):
    return field(1, field(1, key) + field(2, feature))


def example(**features):
    return field(1, b''.join(entry(k.encode(), v) for k, v in features.items()))


A = example(x=floats([1.5, -2.25]), n=ints([1, -2, 2**62]), s=texts([b'a', b'', b'ccc']), one=floats([7.0]))
B = example(n=ints([3]), one=floats([8.0]), s=texts([b'only']))
C = example(one=floats([9.0], packed=False), x=floats([0.5, 0.25], packed=False), n=ints([4, 5], packed=False))
EMPTY = example()

SPARSE = [('n', 'int64'), ('x', 'float32'), ('s', 'string')]
NONE = {'float32': f32([]), 'int64': i64([]), 'string': text([])}


def keys(names):
    return text([n.encode() for n in names])


def v1(messages, sparse=(), dense=(), names=(), **options):
    """dense: (key, dtype, shape, default)."""
    return Case('ParseExample', [
        text(messages, (len(messages),)), text([n.encode() for n in names]),
        [const(text(k.encode())) for k, _ in sparse], [const(text(d[0].encode())) for d in dense],
        [const(d[3]) for d in dense]],
        dict(sparse_types=[t for _, t in sparse], dense_shapes=[d[2] for d in dense]), **options)


def v2(messages, sparse=(), dense=(), ragged=(), names=(), scalar=False, **options):
    """ragged: (key, dtype, dtype of the splits)."""
    return Case('ParseExampleV2', [
        text(messages[0]) if scalar else text(messages, (len(messages),)), text([n.encode() for n in names]),
        const(keys([k for k, _ in sparse])), const(keys([d[0] for d in dense])), const(keys([r[0] for r in ragged])),
        [const(d[3]) for d in dense]],
        dict(num_sparse=len(sparse), sparse_types=[t for _, t in sparse], ragged_value_types=[r[1] for r in ragged],
             ragged_split_types=[r[2] for r in ragged], dense_shapes=[d[2] for d in dense]), **options)


def single(message, sparse=(), dense=(), **options):
    return Case('ParseSingleExample', [text(message), [const(d[3]) for d in dense]],
                dict(num_sparse=len(sparse), sparse_keys=[k for k, _ in sparse], dense_keys=[d[0] for d in dense],
                     sparse_types=[t for _, t in sparse], dense_shapes=[d[2] for d in dense]), **options)


ONE = ('one', 'float32', (1,), f32([]))
DENSE_DEFAULTS = [('x', 'float32', (2,), f32([10, 11])), ('n', 'int64', (3,), i64([1, 2, 3])),
                  ('s', 'string', (3, 1), text([b'p', b'q', b'r'], (3, 1)))]
VARIABLE = [('n', 'int64', (None,), i64([-1])), ('x', 'float32', (None, 2), f32([0.5])), ('s', 'string', (None,), text(b'-'))]
RAGGED = [('n', 'int64', 'int64'), ('x', 'float32', 'int32'), ('s', 'string', 'int32')]


def cases():
    for make, label in ((v1, 'V1'), (v2, 'V2')):
        yield make([A, B, C, EMPTY], SPARSE, name=f'{label} sparse')
        yield make([A, C], SPARSE[:1], [ONE], name=f'{label} sparse and dense')
        yield make([A, EMPTY], (), DENSE_DEFAULTS, name=f'{label} dense with defaults')
        yield make([A, B, C], (), VARIABLE, name=f'{label} dense of unknown length')
        yield make([EMPTY, EMPTY], SPARSE, VARIABLE, name=f'{label} nothing in it')
        yield make([A], (), [('one', 'float32', (), f32(0))], name=f'{label} dense scalar')
        yield make([A, A], SPARSE[2:], [('one', 'float32', (1, 1), f32([]))], names=['first', 'second'], name=f'{label} with names')
        # The last of two values counts; so does the first list of a feature; unknown fields are passed over.
        yield make([field(1, entry(b'x', floats([1.0])) + entry(b'x', floats([2.0])))], [('x', 'float32')], name=f'{label} key twice')
        yield make([field(1, entry(b'x', floats([1.0]) + floats([2.0])))], [('x', 'float32')], name=f'{label} two lists')
        yield make([field(9, b'abc') + A + field(1, entry(b'new', field(2, b'')))], SPARSE, name=f'{label} unknown fields')
        yield make([field(1, entry(b'x', b''))], [('y', 'float32')], [('x', 'float32', (1,), f32([4]))], name=f'{label} empty feature')
        for bad, what in (([B], 'missing'), ([example(one=floats([1.0, 2.0]))], 'too many'), ([example(one=ints([1]))], 'other type'),
                          ([example(one=field(2, b''))], 'too few')):
            yield make(bad, (), [ONE if what != 'missing' else ('x', 'float32', (2,), f32([]))], name=f'{label} {what}', error=True)
        yield make([A], [('n', 'float32')], name=f'{label} sparse of another type', error=True)
        yield make([A], (), [('n', 'int64', (None, 2), i64([0]))], name=f'{label} no multiple', error=True)
        yield make([A], (), [('n', 'int64', (None,), i64([]))], name=f'{label} no filler', error=True)
        yield make([A], (), [('n', 'int64', (3,), i64([1]))], name=f'{label} default of another shape', error=True)
        yield make([A, A], (), [ONE], names=['first'], name=f'{label} too few names', error=True)
        yield make([A], (), [('n', 'int64', (3, None), i64([1]))], name=f'{label} unknown inner dim', error=True)
    yield v2([], SPARSE, [ONE], RAGGED, name='V2 of no message')
    yield v2([A, B, C, EMPTY], (), (), RAGGED, name='V2 ragged')
    yield v2([A, C], SPARSE[1:2], [ONE], RAGGED[:1], name='V2 all kinds')
    yield v2([A], SPARSE[:1], [ONE], RAGGED[1:], scalar=True, name='V2 one message')
    yield v2([A], (), VARIABLE, scalar=True, name='V2 one message, unknown lengths')
    yield single(A, SPARSE, [ONE], name='single')
    yield single(A, (), DENSE_DEFAULTS, name='single dense')
    yield single(EMPTY, SPARSE, DENSE_DEFAULTS, name='single nothing in it')
    yield single(A, (), VARIABLE, name='single of unknown length')
    yield single(EMPTY, (), [ONE], name='single missing', error=True)
    yield single(b'\xff', SPARSE, name='single broken', error=True)

    for shard, shards in ((0, 1), (3, 17), (-1, 2), (123456, 1234567)):
        yield Case('ShardedFilename', [text(b'a/model'), i32(shard), i32(shards)])
        yield Case('ShardedFilespec', [text(b''), i32(shards)])
    yield Case('ShardedFilename', [text([b'a', b'b']), i32(0), i32(1)], error=True)
