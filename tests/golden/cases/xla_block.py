"""Blocks of graphs written for XLA: cut out, written over, spread apart; what only hands on; sums of products."""
from tensorflow.compiler.tf2xla.ops import gen_xla_ops as xla

from cases_dsl import *

TYPES = ['bfloat16', 'float16', 'float32', 'float64', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool',
         'complex64', 'complex128']


def blocks(index, t='float32'):
    x = rand(t, (3, 4))
    for start in ([0, 0], [1, 2], [2, 3], [-1, 9]):
        yield Case('XlaDynamicSlice', [x, index(start), const(index([2, 3]))])
        yield Case('XlaDynamicUpdateSlice', [x, rand(t, (2, 3)), index(start)])


def cases():
    for t in TYPES:
        x = rand(t, (3, 4))
        yield Case('XlaDynamicSlice', [x, i32([1, 2]), const(i32([2, 1]))])
        yield Case('XlaDynamicUpdateSlice', [x, rand(t, (2, 1)), i32([1, 2])])
        yield Case('XlaPad', [x, rand(t, ()), const(i32([1, 0])), const(i32([0, 2])), const(i32([1, 0]))])
        yield Case('XlaSharding', [x])
    for index in (i32, i64):
        yield from blocks(index)
        yield Case('XlaPad', [rand('float32', (3, 4)), f32(0.5), const(index([2, 1])), const(index([0, 3])), const(index([2, 1]))])
    for shape, sizes in (((2, 3, 4), [1, 3, 2]), ((5,), [5]), ((5,), [0]), ((0, 3), [0, 2]), ((), [])):
        zeros = [0] * len(shape)
        yield Case('XlaDynamicSlice', [rand('float32', shape), i32([1] * len(shape)), const(i32(sizes))])
        yield Case('XlaDynamicUpdateSlice', [rand('float32', shape), rand('float32', tuple(sizes)), i32([1] * len(shape))])
        yield Case('XlaPad', [rand('float32', shape), f32(7), const(i32([2] * len(shape))), const(i32([1] * len(shape))), const(i32(zeros))])
    line = rand('float32', (7,))
    for low, high, interior in ((-2, 0, 0), (0, -3, 0), (-1, -1, 1), (-3, 2, 1), (-4, -4, 2), (3, -5, 0), (-7, 0, 0), (9, -9, 0), (-8, 4, 0), (-6, -6, 3)):
        yield Case('XlaPad', [line, f32(-1), const(i32([low])), const(i32([high])), const(i32([interior]))])
    yield Case('XlaPad', [line, f32(1), const(i32([0])), const(i32([0])), const(i32([-1]))], error=True)
    yield Case('XlaPad', [line, f32(1), const(i32([-5])), const(i32([-5])), const(i32([0]))], error=True)
    yield Case('XlaPad', [line, f32([1, 2]), const(i32([1])), const(i32([1])), const(i32([0]))], error=True)
    yield Case('XlaPad', [line, f32(1), const(i32([1, 1])), const(i32([1])), const(i32([0]))], error=True)
    yield Case('XlaDynamicSlice', [line, i32([0]), const(i32([8]))], error=True)
    yield Case('XlaDynamicSlice', [line, i32([0, 0]), const(i32([2]))], error=True)
    yield Case('XlaDynamicSlice', [line, i32([0]), const(i32([-1]))], error=True)
    yield Case('XlaDynamicUpdateSlice', [line, rand('float32', (8,)), i32([0])], error=True)
    yield Case('XlaDynamicUpdateSlice', [line, rand('float32', (2, 1)), i32([0])], error=True)
    yield Case('XlaDynamicUpdateSlice', [line, rand('float32', (2,)), i32([0, 1])], error=True)
    yield Case('XlaOptimizationBarrier', [[rand('float32', (2, 3)), i64([1, 2])]])
    for t in ('float32', 'bfloat16', 'complex64'):
        yield Case('XlaEinsum', [rand(t, (3, 4)), rand(t, (4, 2))], dict(equation='ab,bc->ac'))
    yield Case('XlaEinsum', [rand('float32', (2, 3, 4)), rand('float32', (2, 4, 5))], dict(equation='abc,acd->abd'))


    def kept_keys(g):
        x = g.feed(rand('float32', (4, 3), seed=3))
        _, kept = tf.while_loop(lambda i, kept: i < 4,
                                lambda i, kept: (i + 1, xla.xla_dynamic_update_slice(kept, x[i:i + 1] * 2.0, [3 - i, 0])),
                                [tf.constant(0), g.const(f32([[0.0] * 3] * 4))])
        return [kept, xla.xla_dynamic_slice(kept, [2, 0], [1, 3])]
    yield GraphCase('keys kept in a loop', kept_keys)
