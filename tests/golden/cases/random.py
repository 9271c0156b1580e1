"""Seeded random numbers: the same streams as TensorFlow's CPU kernels."""
from cases_dsl import *

SMALL = ['float16', 'bfloat16', 'float32', 'float64']


def cases():
    for op in ['RandomUniform', 'RandomStandardNormal', 'TruncatedNormal']:
        for t in SMALL:
            yield Case(op, [const(i32([3, 5]))], dict(dtype=t, seed=7, seed2=11))
        yield Case(op, [i32([41])], dict(dtype='float32', seed=1, seed2=0), name=f'{op} fed shape')
        yield Case(op, [i64([2, 0])], dict(dtype='float32', seed=1, seed2=2), name=f'{op} empty')
        yield Case(op, [const(i64([]))], dict(dtype='float64', seed=-5, seed2=2**40 + 3), name=f'{op} scalar, large seeds')
        yield Case(op, [i32([-1])], dict(dtype='float32', seed=1, seed2=2), name=f'{op} negative', error=True)
    yield Case('RandomUniformInt', [const(i32([17])), i32(-3), i32(10)], dict(seed=3, seed2=4))
    yield Case('RandomUniformInt', [const(i64([3, 3])), i64(-2**40), i64(2**61)], dict(seed=3, seed2=4))
    yield Case('RandomUniformInt', [const(i32([3])), i32(5), i32(5)], dict(seed=3, seed2=4), name='RandomUniformInt empty range', error=True)
    for t in ['float32', 'int32', 'int64', 'uint8', 'int8', 'int16', 'uint16', 'float16', 'bfloat16', 'float64', 'bool', 'complex64', 'complex128', 'uint32', 'uint64']:
        yield Case('RandomShuffle', [rand(t, (11,))], dict(seed=5, seed2=6))
    yield Case('RandomShuffle', [text([b'a', b'b', b'c', b'd', b'e'])], dict(seed=5, seed2=6))
    yield Case('RandomShuffle', [rand('float32', (7, 3))], dict(seed=5, seed2=6), name='RandomShuffle rows')
    yield Case('RandomShuffle', [rand('float32', ())], dict(seed=5, seed2=6), name='RandomShuffle scalar')
    yield Case('RandomShuffle', [rand('float32', (0, 3))], dict(seed=5, seed2=6), name='RandomShuffle empty')

    for op in ['StatelessRandomUniform', 'StatelessRandomNormal', 'StatelessTruncatedNormal']:
        for t in SMALL:
            yield Case(op, [const(i32([9])), i64([123, -456])], dict(dtype=t))
        yield Case(op, [i64([2, 3]), i32([0, 0])], dict(dtype='float32'), name=f'{op} zero seed')
        yield Case(op, [i64([2, 3]), i32([0, 0, 0])], dict(dtype='float32'), name=f'{op} long seed', error=True)
    yield Case('StatelessRandomUniformInt', [const(i32([9])), i64([1, 2]), i32(-5), i32(5)])
    yield Case('StatelessRandomUniformInt', [const(i32([9])), i64([1, 2]), i64(0), i64(2**50)])
    yield Case('StatelessRandomUniformInt', [i64([4]), i32([1, 2]), i32(-5), i32(5)], name='StatelessRandomUniformInt other index types')
    yield Case('StatelessRandomUniformFullInt', [i64([4]), i32([1, 2])], dict(dtype='int32'), name='StatelessRandomUniformFullInt other index types')
    yield Case('StatelessRandomGetKeyCounterAlg', [i32([3, 4])], name='StatelessRandomGetKeyCounterAlg int32')
    for t in ['int32', 'int64', 'uint32', 'uint64']:
        yield Case('StatelessRandomUniformFullInt', [const(i32([9])), i64([1, 2])], dict(dtype=t))
    key, counter = lit('uint64', [0x0123456789abcdef]), lit('uint64', [5, 0xfedcba9876543210])
    for op in ['StatelessRandomUniformV2', 'StatelessRandomNormalV2', 'StatelessTruncatedNormalV2']:
        for t in SMALL:
            yield Case(op, [const(i32([9])), key, counter, i32(1)], dict(dtype=t))
        yield Case(op, [i64([9]), key, counter, i32(3)], dict(dtype='float32'), name=f'{op} auto')
        yield Case(op, [i64([9]), key, lit('uint64', [5, 6, 7]), i32(1)], dict(dtype='float32'), name=f'{op} longer counter')
    yield Case('StatelessRandomUniformFullIntV2', [i64([9]), key, counter, i32(1)], dict(dtype='int32'), name='StatelessRandomUniformFullIntV2 int64 shape')
    yield Case('StatelessRandomUniformIntV2', [i64([9]), key, counter, i32(1), i32(3), i32(1000)], name='StatelessRandomUniformIntV2 int64 shape')
    for t in ['int32', 'int64', 'uint32', 'uint64']:
        yield Case('StatelessRandomUniformFullIntV2', [const(i32([9])), key, counter, i32(1)], dict(dtype=t))
    for t in ['int32', 'int64']:
        yield Case('StatelessRandomUniformIntV2', [const(i32([9])), key, counter, i32(1), lit(t, 3), lit(t, 1000)])
    yield Case('StatelessRandomGetKeyCounter', [i64([3, 4])])
    yield Case('StatelessRandomGetKeyCounter', [i32([-3, 4])], name='StatelessRandomGetKeyCounter int32')
    yield Case('StatelessRandomGetKeyCounterAlg', [i64([3, 4])])
    yield Case('StatelessRandomGetAlg', [])
