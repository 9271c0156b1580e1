"""Select, clip, sums of many, buckets, cross products, checks, constants of a shape, plumbing."""
from cases_dsl import *


def cases():
    for t in kernel_dtypes('SelectV2'):
        for c, a, b in (((3, 4), (3, 4), (3, 4)), ((), (3, 4), (3, 4)), ((3, 1), (4,), ()), ((2, 1, 1), (3, 1), (4,)),
                        ((4,), (), ()), ((0, 1), (1, 3), (1,)), ((), (), ()), ((2, 1, 2, 1, 2), (1, 3, 1, 3, 1), (2,))):
            yield Case('SelectV2', [rand('bool', c), rand(t, a), rand(t, b)])
        for c, a in (((3, 4), (3, 4)), ((3,), (3, 4)), ((2,), (2, 2, 1, 3)), ((), (3, 4)), ((), ()), ((4,), (4,)),
                     ((0,), (0, 3)), ((2,), (2, 0)), ((3, 2, 2, 1, 2), (3, 2, 2, 1, 2))):
            yield Case('Select', [rand('bool', c), rand(t, a), rand(t, a)])
    yield Case('SelectV2', [rand('bool', (2,)), rand('float32', (3,)), rand('float32', ())], error=True)
    for c, a, b in (((1,), (2,), (2,)), ((1, 2), (2,), (2,)), ((1,), (), ()), ((2,), (2,), (1,)), ((1, 2), (2, 2), (2, 2)),
                    ((1, 2), (1, 2, 2), (1, 2, 2)), ((1,), (2, 2), (2, 2))):
        yield Case('Select', [rand('bool', c), rand('float32', a), rand('float32', b)], error=True)
    yield Case('Select', [fed(boolean([True, False])), fed(rand('float32', (2, 3))), fed(rand('float32', (2, 3)), (None, 3))])
    yield Case('Select', [rand('bool', (40,)), rand('float32', (40, 700)), rand('float32', (40, 700))])

    for t in kernel_dtypes('ClipByValue'):
        for shape in ((5, 7), (), (0, 2), (2, 1, 3, 1, 2)):
            yield Case('ClipByValue', [rand(t, shape, 0, 9), lit(t, 2), lit(t, 5)])
        x = rand(t, (3, 4), 0, 9)
        yield Case('ClipByValue', [x, rand(t, (3, 4), 0, 4), rand(t, (3, 4), 4, 9)])
        yield Case('ClipByValue', [x, rand(t, (3, 4), 0, 4), lit(t, 5)])
        yield Case('ClipByValue', [x, lit(t, 3), rand(t, (3, 4), 4, 9)])
        yield Case('ClipByValue', [x, lit(t, 5), lit(t, 3)])
        if t in FLOATS:
            y = lit(t, [1, 2, 9, np.nan, np.inf, -np.inf])
            for low, high in ((0, 5), (-np.inf, 5), (np.nan, 3), (1, np.nan)):
                yield Case('ClipByValue', [y, lit(t, low), lit(t, high)])
    for low, high in (((2,), ()), ((1,), ()), ((1, 3), (3,)), ((), (2,))):
        yield Case('ClipByValue', [rand('float32', (3,)), rand('float32', low), rand('float32', high)], error=True)
    yield Case('ClipByValue', [rand('float32', ()), rand('float32', (2,)), rand('float32', ())], error=True)

    for t in kernel_dtypes('AddN'):
        if t == 'variant':
            continue
        for n in (1, 2, 3, 9):
            yield Case('AddN', [[rand(t, (3, 4), seed=i) for i in range(n)]])
        yield Case('AddN', [[rand(t, ()), rand(t, ())]])
        yield Case('AddN', [[rand(t, (0, 2)), rand(t, (0, 2))]])
        yield Case('AccumulateNV2', [[rand(t, (3, 4), seed=1), rand(t, (3, 4), seed=2), rand(t, (3, 4), seed=3)]], dict(shape=(3, 4)),
                   expect=lambda t=t: tf_run('AddN', [[rand(t, (3, 4), seed=1), rand(t, (3, 4), seed=2), rand(t, (3, 4), seed=3)]]))
    yield Case('AddN', [[rand('float32', (2,)), rand('float32', (3,))]], error=True)
    yield Case('AddN', [[rand('float32', (2,)), rand('float32', ())]], error=True)
    yield Case('AddN', [[full_range('int32', (9,)), full_range('int32', (9,)), full_range('int32', (9,))]])
    yield Case('AddN', [[fed(rand('float32', (2, 3))), fed(rand('float32', (2, 3)), (None, 3))]])

    for t in kernel_dtypes('Bucketize'):
        yield Case('Bucketize', [rand(t, (5, 7), -4, 20)], dict(boundaries=[0.0, 1.0, 10.0]))
        yield Case('Bucketize', [rand(t, (0, 2))], dict(boundaries=[0.5]))
        yield Case('Bucketize', [rand(t, ())], dict(boundaries=[]))
        yield Case('Bucketize', [rand(t, (9,), 0, 4)], dict(boundaries=[1.0, 1.0, 2.0]))
    yield Case('Bucketize', [f32([-1, 1, 3, np.nan, np.inf, -np.inf])], dict(boundaries=[0.0, 1.0, 10.0]))
    yield Case('Bucketize', [lit('float64', [0.1, 0.1000000015, 0.1000000014])], dict(boundaries=[0.1]))
    yield Case('Bucketize', [i64([33554431, 33554433, 2**40])], dict(boundaries=[33554432.0]))
    yield Case('Bucketize', [f32([1])], dict(boundaries=[3.0, 1.0]), error=True)

    for t in kernel_dtypes('Cross'):
        for shape in ((3,), (4, 3), (2, 1, 2, 3), (0, 3)):
            yield Case('Cross', [rand(t, shape), rand(t, shape)])
        if t in INTS:
            yield Case('Cross', [full_range(t, (3, 3)), full_range(t, (3, 3))])
    for a, b in (((2, 4), (2, 4)), ((), ()), ((2, 3), (3,)), ((3, 0), (3, 0))):
        yield Case('Cross', [rand('float32', a), rand('float32', b)], error=True)

    for op in ('CheckNumerics', 'CheckNumericsV2'):
        for t in kernel_dtypes(op):
            for shape in ((3, 4), (), (0, 2)):
                yield Case(op, [rand(t, shape)], dict(message='here'))
            for bad in (np.nan, np.inf, -np.inf):
                yield Case(op, [lit(t, [1, bad])], dict(message='here'), error=True)

    for op in ('ZerosLike', 'OnesLike'):
        for t in kernel_dtypes(op):
            if t in ('variant', 'resource'):
                continue
            for shape in ((3, 4), (), (0, 2), (2, 1, 2, 1, 2, 1, 3)):
                yield Case(op, [rand(t, shape)])

    for t in ALL_PLAIN + QUANTIZED:
        for op in ('DebugGradientIdentity',):
            for shape in ((3, 4), (), (0, 2)):
                yield Case(op, [rand(t, shape)])
        yield Case('IdentityN', [[rand(t, (3, 2)), rand('int32', ()), rand(t, (0,))]])
        yield Case('Print', [rand(t, (3, 2)), [rand('int32', (2,))]], dict(message='x', first_n=0))
    yield Case('IdentityN', [[rand('float32', (3,))]])

    yield Case('Fact', [])
    yield Case('Timestamp', [], shape_only=True)
    for t in ALL_PLAIN + QUANTIZED:
        yield Case('FakeParam', [], dict(dtype=t, shape=(2, 3)), shape_only=True)
    for shape in ((), (0, 2), (None, 2), None):
        yield Case('FakeParam', [], dict(dtype='float32', shape=shape), shape_only=True)

    # TensorFlow 2.21 has it no more; what it gave, as numpy says it.
    def packed(x, threshold):
        def above():
            values = make(x).astype(np.bool_ if x.dtype == 'bool' else np.float64)
            bits = values if x.dtype == 'bool' else values > float(np.asarray(make(threshold)))
            return [np.packbits(bits, axis=-1)]
        return Case('CompareAndBitpack', [x, threshold], expect=above)
    for t in ('bool', 'float16', 'float32', 'float64', 'int8', 'int16', 'int32', 'int64'):
        for shape in ((8,), (2, 16), (3, 1, 24), (0,), (0, 8)):
            yield packed(rand(t, shape, seed=7), rand(t, (), seed=9))

    def after(op, **inputs):
        """x once `op` has run."""
        def build(g):
            x = g.feed(rand('float32', (2, 3), seed=5))
            made = {name: g.feed(value) for name, value in inputs.items()}
            if op == 'Assert':
                made['data'] = [x, g.const(text([b'why']))]
            with tf.control_dependencies([getattr(tf.raw_ops, op)(**made)]):
                return [tf.raw_ops.Neg(x=x)]
        return build
    yield GraphCase('Assert holds', after('Assert', condition=boolean(True)))
    yield GraphCase('Assert fails', after('Assert', condition=boolean(False)), error=True)
    yield GraphCase('Assert of a vector', after('Assert', condition=boolean([True])), error=True)
    yield GraphCase('PrintV2', after('PrintV2', input=text(b'hello')))
    yield GraphCase('NoOp', after('NoOp'))
