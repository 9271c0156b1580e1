"""Elements in another order: transposed, repeated, turned round, rolled, put in place."""
import itertools

from cases_dsl import *


def transposes():
    for op in ('Transpose', 'ConjugateTranspose'):
        for t in kernel_dtypes(op):
            if t in ('variant', 'resource'):
                continue
            yield Case(op, [rand(t, (2, 3, 4)), const(i32([2, 0, 1]))])
            yield Case(op, [rand(t, (5, 6)), i64([1, 0])])
        for index in (i32, i64):
            for shape, perm in (((), []), ((3,), [0]), ((0, 3), [1, 0]), ((2, 3, 4, 5), [0, 2, 1, 3]), ((2, 3, 4, 5), [3, 2, 1, 0]), ((2, 3, 4, 5), [0, 3, 1, 2]),
                                ((2, 1, 3), [1, 0, 2]), ((2, 2, 2, 2, 3), [4, 0, 3, 1, 2]), ((2, 1, 2, 1, 2, 1, 2, 3), [7, 0, 2, 1, 4, 3, 6, 5]),
                                ((2, 3, 0, 4), [3, 2, 1, 0])):
                p = index(perm, (len(perm),))
                yield Case(op, [rand('float32', shape), const(p)])
                yield Case(op, [rand('float32', shape), p])
            yield Case(op, [fed(rand('float32', (2, 3))), fed(index([1, 0]))])
            yield Case(op, [fed(rand('float32', (2, 3)), (None, 3)), const(index([1, 0]))])
            for shape, perm in (((2, 3), [0, 0]), ((2, 3), [1]), ((2, 3), [0, 1, 2]), ((2, 3), [0, 2]), ((2, 3), [-3, 0]), ((2, 3), [2**31 - 1, 0]),
                                ((2, 3), [[1, 0]]), ((3,), 0), ((3,), [-2**31])):
                yield Case(op, [rand('float32', shape), index(perm)], error=True)
    for perm in itertools.permutations(range(4)):
        yield Case('Transpose', [rand('int16', (2, 3, 4, 5)), const(i32(perm))])
    yield Case('Transpose', [rand('float32', (40, 33)), const(i32([1, 0]))])
    yield Case('Transpose', [rand('complex128', (9, 7, 5)), const(i32([2, 1, 0]))])

    for make_x in (i32, i64):
        for values in ([0], [1, 0], [3, 0, 2, 1], [4, 3, 2, 1, 0]):
            yield Case('InvertPermutation', [make_x(values)])
        yield Case('InvertPermutation', [make_x([], (0,))])
        yield Case('InvertPermutation', [fed(make_x([2, 0, 1]))])
        for values in ([1], [-1], [0, 0], [0, 2], [2**31 - 1, 0], [[0]], 0):
            yield Case('InvertPermutation', [make_x(values)], error=True)


def repeats():
    for t in kernel_dtypes('Tile'):
        if t in ALL_PLAIN and t != 'uint16':
            yield Case('Tile', [rand(t, (2, 3)), const(i32([2, 1]))])
            yield Case('Tile', [rand(t, (2, 3)), i64([1, 3])])
    for t in QUANTIZED:
        for shape, multiples in (((2, 3), [1, 1]), ((2, 3), [0, 1]), ((), [])):
            yield Case('Tile', [rand(t, shape), i32(multiples, (len(multiples),))])
    u16 = rand('uint16', (2, 3), seed=1)
    yield Case('Tile', [u16, i64([2, 3])], expect=lambda: [np.tile(make(u16), (2, 3))])
    for index in (i32, i64):
        for shape, multiples in (((), []), ((3,), [1]), ((3,), [0]), ((3,), [4]), ((0, 2), [3, 2]), ((2, 3), [0, 2]), ((2, 1, 3), [1, 4, 2]), ((1, 1), [5, 7]),
                                 ((2, 3, 2), [2, 2, 2]), ((1, 2, 1, 2), [2, 1, 3, 2]), ((1, 2, 1, 2, 1), [3, 1, 1, 2, 2]), ((1, 2, 1, 1, 2, 1, 1, 2), [2, 1, 1, 2, 1, 1, 2, 2]),
                                 ((1, 2, 1, 1, 2, 1), [2, 1, 1, 2, 1, 1])):
            m = index(multiples, (len(multiples),))
            x = rand('float32', shape, seed=9)
            yield Case('Tile', [x, const(m)], expect=(lambda x=x, m=multiples: [np.tile(make(x), m)]) if len(shape) > 7 else None)
            yield Case('Tile', [x, m], expect=(lambda x=x, m=multiples: [np.tile(make(x), m)]) if len(shape) > 7 else None)
        yield Case('Tile', [fed(rand('float32', (2, 3))), fed(index([2, 2]))])
        yield Case('Tile', [fed(rand('float32', (2, 3)), (None, 3)), const(index([2, 2]))])
        for shape, multiples in (((3,), [-1]), ((3,), [1, 1]), ((2, 3), [2]), ((3,), 2), ((3,), [[2]]), ((), [2])):
            yield Case('Tile', [rand('float32', shape), index(multiples)], error=True)
    yield Case('Tile', [rand('float32', (3,)), i64([2**62])], error=True)
    yield Case('Tile', [rand('string', (2,)), const(i32([3]))])

    for t in kernel_dtypes('BroadcastTo'):
        if t in ('variant', 'resource'):
            continue
        yield Case('BroadcastTo', [rand(t, (3, 1)), const(i32([2, 3, 4]))])
        yield Case('BroadcastTo', [rand(t, ()), i64([2, 3])])
    for index in (i32, i64):
        for shape, target in (((), []), ((3,), [3]), ((1,), [5]), ((1,), [0]), ((0,), [0]), ((1, 3), [0, 3]), ((0, 1), [2, 0, 3]), ((2, 3), [2, 3]), ((2, 1, 3, 1), [2, 2, 3, 2]),
                              ((1, 2, 1), [2, 3, 2, 2]), ((1, 1, 2), [1, 1, 2]), ((2, 1, 2, 1, 2), [2, 2, 2, 2, 2]), ((1, 2, 1, 2, 1, 2, 1, 2), [2, 2, 1, 2, 2, 2, 1, 2]),
                              ((3,), [2, 1, 2, 1, 1, 3])):
            s = index(target, (len(target),))
            x = rand('float32', shape, seed=9)
            yield Case('BroadcastTo', [x, const(s)], expect=(lambda x=x, s=target: [np.broadcast_to(make(x), s)]) if len(shape) > 7 else None)
            yield Case('BroadcastTo', [x, s], expect=(lambda x=x, s=target: [np.broadcast_to(make(x), s)]) if len(shape) > 7 else None)
        yield Case('BroadcastTo', [fed(rand('float32', (2, 1))), fed(index([2, 2]))])
        yield Case('BroadcastTo', [fed(rand('float32', (1, 3)), (None, 3)), const(index([4, 3]))])
        for shape, target in (((3,), [2]), ((2, 3), [3]), ((2, 3), [3, 3]), ((3,), [-1]), ((3,), [1]), ((2,), [2, 1]), ((1,), [-2]), ((1,), [[2]]), ((0,), [1])):
            yield Case('BroadcastTo', [rand('float32', shape), index(target)], error=True)
    yield Case('BroadcastTo', [rand('float32', ()), i64([2**40, 2**40])], error=True)


def turns():
    for t in kernel_dtypes('ReverseV2'):
        yield Case('ReverseV2', [rand(t, (3, 4)), const(i32([1]))])
        yield Case('ReverseV2', [rand(t, (3, 4, 3)), i64([0, -2])])
        yield Case('Reverse', [rand(t, (3, 4)), const(boolean([True, False]))])
        yield Case('Reverse', [rand(t, (2, 4, 3)), boolean([False, True, True])])
    for index in (i32, i64):
        for shape, axes in (((), []), ((5,), []), ((5,), [0]), ((5,), [-1]), ((2, 3), [0, 1]), ((2, 3, 4), [2]), ((2, 3, 4), [1]), ((2, 3, 4), [-3, 2]), ((0, 3), [1]),
                            ((2, 0), [0]), ((2, 2, 2, 3), [0, 2]), ((1, 2, 1, 2, 2), [1, 4]), ((1, 2, 1, 2, 1, 2, 1, 2), [7, 3])):
            yield Case('ReverseV2', [rand('float32', shape), const(index(axes, (len(axes),)))])
            yield Case('ReverseV2', [rand('float32', shape), index(axes, (len(axes),))])
        yield Case('ReverseV2', [fed(rand('float32', (2, 3))), fed(index([1]))])
        for shape, axes in (((3,), [1]), ((3,), [-2]), ((2, 3), [0, 0]), ((2, 3), [0, -2]), ((3,), 0), ((3,), [[0]]), ((3,), [2**31 - 1]), ((3,), [-2**31])):
            yield Case('ReverseV2', [rand('float32', shape), index(axes)], error=True)
    yield Case('ReverseV2', [rand('float32', ()), i32([0])])
    for flags in itertools.product((False, True), repeat=3):
        yield Case('Reverse', [rand('float32', (2, 3, 4)), boolean(flags)])
    yield Case('Reverse', [rand('float32', ()), boolean([], (0,))])
    yield Case('Reverse', [rand('float32', (2, 0, 3)), boolean([True, True, True])])
    yield Case('Reverse', [rand('float32', (0, 3), seed=1), boolean([True, True])], expect=lambda: [np.zeros((0, 3), 'float32')])
    yield Case('Reverse', [rand('float32', (1, 2, 1, 2, 1, 2, 1, 2)), boolean([True, False] * 4)])
    yield Case('Reverse', [fed(rand('float32', (2, 3))), fed(boolean([True, False]))])
    for shape, flags in (((3,), [True, True]), ((2, 3), [True]), ((3,), [[True]]), ((3,), True), ((), [True])):
        yield Case('Reverse', [rand('float32', shape), boolean(flags)], error=True)

    for t in kernel_dtypes('ReverseSequence'):
        yield Case('ReverseSequence', [rand(t, (3, 4, 2)), i64([4, 0, 2])], dict(seq_dim=1))
        yield Case('ReverseSequence', [rand(t, (4, 3)), const(i32([1, 3, 4]))], dict(seq_dim=0, batch_dim=1))
    for index in (i32, i64):
        for shape, seq, batch, lengths in (((2, 3), 1, 0, [3, 1]), ((3, 2), 0, 1, [2, 3]), ((2, 2, 5), 2, 1, [5, 2]), ((2, 5, 2), 1, 2, [4, 3]), ((2, 3, 2, 2), 1, 3, [2, 3]),
                                           ((0, 3), 1, 0, []), ((2, 0), 1, 0, [0, 0]), ((3, 1, 2), 1, 0, [1, 0, 1]), ((1, 2, 3, 1, 2), 2, 4, [3, 2])):
            yield Case('ReverseSequence', [rand('float32', shape), index(lengths, (len(lengths),))], dict(seq_dim=seq, batch_dim=batch))
        yield Case('ReverseSequence', [fed(rand('float32', (2, 3))), fed(index([3, 2]))], dict(seq_dim=1))
        for shape, seq, batch, lengths in (((2, 3), 1, 0, [3]), ((2, 3), 1, 0, [4, 1]), ((2, 3), 1, 0, [-1, 1]), ((2, 3), 0, 0, [1, 1]), ((2, 3), 2, 0, [1, 1]), ((2, 3), 1, 2, [1, 1]),
                                           ((2, 3), 1, 0, [[1, 1]]), ((2, 3), -3, 0, [1, 1]), ((2, 3), 1, -3, [1, 1]), ((), 0, 0, [1]), ((2, 3), 1, -2**40, [1, 1])):
            yield Case('ReverseSequence', [rand('float32', shape), index(lengths)], dict(seq_dim=seq, batch_dim=batch), error=True)

    for t in kernel_dtypes('Roll'):
        if t in ('variant', 'resource'):
            continue
        yield Case('Roll', [rand(t, (3, 4)), const(i32([1, -2])), const(i32([0, 1]))])
        yield Case('Roll', [rand(t, (5,)), i64(2), i32(0)])
    for shift_index in (i32, i64):
        for axis_index in (i32, i64):
            for shape, shift, axis in (((5,), 2, 0), ((5,), -7, 0), ((5,), 0, 0), ((2, 3), [1, 1], [0, 1]), ((2, 3), [1, 1], [1, 1]), ((2, 3), [2, 5, -4], [-1, 0, 1]), ((2, 3), [], []),
                                       ((2, 3, 4), 3, -1), ((2, 3, 4), [1, 2], [0, 2]), ((0, 3), [1], [1]), ((2, 0), 1, 0), ((2, 2, 2, 2, 3), [1, 1, 1, 1, 1], [0, 1, 2, 3, 4])):
                where = shift_index(shift, (len(shift),) if isinstance(shift, list) else ())
                along = axis_index(axis, (len(axis),) if isinstance(axis, list) else ())
                yield Case('Roll', [rand('float32', shape), const(where), const(along)])
                if shift_index is axis_index:
                    yield Case('Roll', [fed(rand('float32', shape)), fed(where), fed(along)])
    for shift, axis in (([1], [1]), ([1], [-2]), ([1, 1], [0]), ([1], 0), (1, [0]), ([[1]], [[0]]), (1, 2**31 - 1), (1, -2**31)):
        yield Case('Roll', [rand('float32', (5,)), i32(shift), i32(axis)], error=True)
    yield Case('Roll', [rand('float32', ()), i32(1), i32(0)], error=True)
    for shift in (2**63 - 1, -2**63):
        x = rand('float32', (5,), seed=8)
        yield Case('Roll', [x, i64(shift), i32(0)], expect=lambda x=x, s=shift: [np.roll(make(x), s % 5)])


def formats():
    for make_x in (i32, i64):
        for source, target in (('NHWC', 'NCHW'), ('NCHW', 'NHWC'), ('NHWC', 'NHWC'), ('NHWC', 'HWNC'), ('NDHWC', 'NCDHW'), ('NCDHW', 'NDHWC'), ('NHWC', 'CWHN')):
            attrs = dict(src_format=source, dst_format=target)
            n = len(source)
            yield Case('DataFormatDimMap', [make_x(list(range(-n, n)))], attrs)
            yield Case('DataFormatDimMap', [make_x(1)], attrs)
            yield Case('DataFormatDimMap', [make_x([[0, 1], [-1, 2]])], attrs)
            yield Case('DataFormatVecPermute', [make_x(list(range(5, 5 + n)))], attrs)
            yield Case('DataFormatVecPermute', [make_x([[i, -i] for i in range(5, 5 + n)])], attrs)
            yield Case('DataFormatVecPermute', [make_x(list(range(5, 3 + n)))], attrs)
            yield Case('DataFormatVecPermute', [make_x([[i, -i] for i in range(5, 3 + n)])], attrs)
        yield Case('DataFormatDimMap', [make_x([], (0,))])
        yield Case('DataFormatVecPermute', [fed(make_x([1, 2, 3, 4]))])
        for values in ([1, 2, 3], [1, 2, 3, 4, 5], 1, [[1, 2, 3, 4]], [[[1, 2]] * 4]):
            yield Case('DataFormatVecPermute', [make_x(values)], error=True)
        for op in ('DataFormatDimMap', 'DataFormatVecPermute'):
            for source, target in (('NHW', 'NCH'), ('NHWC', 'NCDHW'), ('', ''), ('NHWCXX', 'NHWCXX')):
                yield Case(op, [make_x([0, 1, 2, 3])], dict(src_format=source, dst_format=target), error=True)


def in_place():
    def value_of(op, x, i, v):  # TensorFlow's kernels write into x, even into what was fed
        fresh = [tf.raw_ops.DeepCopy(x=tf.constant(literal(a).array)) for a in (x, i, v)]
        result = getattr(tf.raw_ops, op)(x=fresh[0], i=fresh[1], v=fresh[2]).numpy()
        return [Literal(literal(x).dtype, result)]

    for op in ('InplaceUpdate', 'InplaceAdd', 'InplaceSub'):
        def case(x, i, v, wrap=lambda a: a):
            return Case(op, [wrap(x), wrap(i), wrap(v)], expect=lambda op=op: value_of(op, x, i, v))

        for t in ALL_PLAIN:
            if op == 'InplaceUpdate' or t not in ('bool', 'string'):
                yield case(rand(t, (4, 3), seed=1), i32([2, 0]), rand(t, (2, 3), seed=2))
        for i in ([1], [3, 3, 3], [-1], [7], [-9, 4], []):
            yield case(rand('float32', (4, 2), seed=1), i32(i, (len(i),)), rand('float32', (len(i), 2), seed=2))
        yield case(rand('float32', (4,), seed=1), i32([2]), rand('float32', (1,), seed=2))
        yield case(rand('float32', (4, 0), seed=1), i32([2]), rand('float32', (1, 0), seed=2))
        yield case(rand('float32', (3, 1, 2, 1, 2), seed=1), i32([2, 1]), rand('float32', (2, 1, 2, 1, 2), seed=2))
        yield case(rand('float32', (4, 2), seed=1), i32([1]), rand('float32', (1, 2), seed=2), wrap=fed)
        yield case(rand('float32', (4, 2), seed=1), i32([1]), rand('float32', (1, 2), seed=2), wrap=const)
        for x, i, v in (((4, 2), [1], (2, 2)), ((4, 2), [1], (1, 3)), ((4, 2), [1], (2,)), ((4, 2), [[1]], (1, 2)), ((), [0], (1,)), ((4, 2), [1, 2], (1, 2))):
            yield Case(op, [rand('float32', x), i32(i), rand('float32', v)], error=True)


def cases():
    yield from transposes()
    yield from repeats()
    yield from turns()
    yield from formats()
    yield from in_place()
