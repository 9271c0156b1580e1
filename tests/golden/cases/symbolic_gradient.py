"""Gradients as functions of the graph: every operator that has one, functions in functions, GradientDef, what is zero."""
from tensorflow.core.framework import attr_value_pb2
from tensorflow.python.framework import function

from cases_dsl import *

raw = tf.raw_ops


def gradient(g, f, inputs, dys, taken=None):
    """SymbolicGradient of a Python function over the fed inputs, with what the result is worth fed, too."""
    xs = [g.feed(x) for x in inputs]
    made = tf.function(f, autograph=False).get_concrete_function(*[tf.TensorSpec(x.shape, x.dtype) for x in xs])
    made.add_to_graph()
    return back(g, made, xs, dys, taken)


def back(g, f, xs, dys, taken=None):
    dx = raw.SymbolicGradient(input=xs + [g.feed(dy) for dy in dys], Tout=[x.dtype for x in xs], f=f)
    return [dx[i] for i in (taken if taken is not None else range(len(xs)))]


def case(name, f, inputs, dys, taken=None, **more):
    return GraphCase(name, lambda g: gradient(g, f, inputs, dys, taken), **more)


def r(shape, seed, lo=-2, hi=2, t='float32'):
    return rand(t, shape, lo, hi, seed=seed)


def elementwise():
    domains = dict(Acosh=(1.125, 2), Atanh=(-0.875, 0.875), Acos=(-0.875, 0.875), Asin=(-0.875, 0.875), Log=(0.25, 2),
                   Log1p=(-0.5, 2), Sqrt=(0.25, 2), Rsqrt=(0.25, 2), Inv=(0.5, 2), Reciprocal=(0.5, 2))
    for op in ('Abs', 'Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cos', 'Cosh', 'Exp', 'Expm1', 'Inv', 'Log', 'Log1p',
               'Neg', 'Reciprocal', 'Relu', 'Relu6', 'Rsqrt', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Sqrt', 'Square', 'Tan',
               'Tanh', 'Softmax', 'LogSoftmax'):
        for t in ('float32', 'float64', 'float16'):
            lo, hi = domains.get(op, (-2, 2))
            first = 'logits' if 'oftmax' in op else 'features' if op.startswith('Relu') else 'x'
            yield case(f'{op} {t}', lambda x, op=op, first=first: getattr(raw, op)(**{first: x}), [r((2, 3), 1, lo, hi, t)],
                       [r((2, 3), 2, t=t)])
    for op in ('Neg', 'Square', 'Abs', 'Sign'):
        yield case(f'{op} int32', lambda x, op=op: getattr(raw, op)(x=x), [r((4,), 1, -8, 8, 'int32')], [r((4,), 2, -8, 8, 'int32')])
    for op in ('Neg', 'Conj', 'Square', 'Exp'):
        arg = 'input' if op == 'Conj' else 'x'
        yield case(f'{op} complex64', lambda x, op=op, arg=arg: getattr(raw, op)(**{arg: x}), [r((3,), 1, t='complex64')], [r((3,), 2, t='complex64')])
    for op in ('Real', 'Imag', 'Angle'):
        yield case(f'{op}', lambda x, op=op: getattr(raw, op)(input=x), [r((3,), 1, t='complex64')], [r((3,), 2)], error=True)
    for a, b in [('float32', 'float64'), ('float32', 'int32'), ('int32', 'float32'), ('float32', 'bool'), ('float16', 'float32')]:
        yield case(f'Cast {a} to {b}', lambda x, b=b: tf.cast(x, b) if b != 'bool' else tf.cast(tf.cast(x, b), 'float32'), [r((5,), 1, t=a)],
                   [r((5,), 2, t='float32' if b == 'bool' else b)])


def broadcast():
    ops = {'Add': {}, 'AddV2': {}, 'Sub': {}, 'Mul': {}, 'MulNoNan': {}, 'Div': {}, 'RealDiv': {}, 'DivNoNan': {}, 'Maximum': {}, 'Minimum': {},
           'SquaredDifference': {}, 'Xlogy': {}, 'Xlog1py': {}, 'Xdivy': {}, 'Pow': {}}
    for op in ops:
        lo = 0.25 if op in ('Pow', 'Xlogy', 'Xlog1py', 'Div', 'RealDiv') else -2
        for a, b in [((2, 3), (2, 3)), ((2, 3), (3,)), ((), (2, 2)), ((2, 1, 3), (4, 1)), ((0, 3), (3,))]:
            if op == 'Pow' and a != b:
                continue  # its gradient has a Select of one shape
            out = tuple(np.broadcast_shapes(a, b))
            yield case(f'{op} {a} {b}', lambda x, y, op=op: getattr(raw, op)(x=x, y=y), [r(a, 1, lo), r(b, 2, lo)], [r(out, 3)])
    for op in ('Add', 'Mul', 'Maximum'):
        for t in ('float64', 'float16', 'int32'):
            yield case(f'{op} {t}', lambda x, y, op=op: getattr(raw, op)(x=x, y=y), [r((2, 3), 1, t=t), r((3,), 2, t=t)], [r((2, 3), 3, t=t)])
    yield case('Mul complex64', lambda x, y: x * y, [r((3,), 1, t='complex64'), r((3,), 2, t='complex64')], [r((3,), 3, t='complex64')])
    yield case('Pow where x is not positive', lambda x, y: tf.pow(x, y), [f32([-1, 0, 2, 0]), f32([2, 3, 0, 0])], [f32([1, 1, 1, 1])])
    yield case('Maximum of equals', lambda x, y: tf.maximum(x, y), [f32([1, 2]), f32([1, 3])], [f32([5, 7])])
    yield case('Complex', lambda x, y: tf.complex(x, y), [r((2, 3), 1), r((2, 3), 2)], [r((2, 3), 3, t='complex64')], error=True)
    yield case('Select', lambda c, x, y: raw.Select(condition=c, x=x, y=y), [boolean([True, False, True]), r((3,), 1), r((3,), 2)], [r((3,), 3)])


def reductions():
    for op in ('Sum', 'Mean', 'Max', 'Min'):
        for axis, keep in [([0], False), ([1], True), ([0, 1], False), ([], False), ([-1], False), (1, False)]:
            shape = np.sum(np.zeros((2, 3)), axis=tuple(np.atleast_1d(axis).astype(int)), keepdims=keep).shape
            yield case(f'{op} {axis} {keep}', lambda x, op=op, axis=axis, keep=keep: getattr(raw, op)(input=x, axis=tf.constant(axis, 'int32'), keep_dims=keep),
                       [r((2, 3), 1)], [r(shape, 2)],
                       error=axis == [-1] and op in ('Sum', 'Mean') or keep and op in ('Max', 'Min'))  # TensorFlow's formulas do not know those
    for op in ('Max', 'Min'):
        yield case(f'{op} of equals', lambda x, op=op: getattr(raw, op)(input=x, axis=tf.constant([1])), [f32([[1, 2, 2], [3, 3, 3]])], [f32([6, 12])])
    yield case('Sum over fed axes', lambda x, i: tf.reduce_sum(x, i), [r((2, 3, 2), 1), i32([0, 2])], [r((3,), 2)])
    yield case('Prod has none', lambda x: tf.reduce_prod(x), [r((3,), 1)], [f32(1)], error=True)


def products():
    for op, a, b in [('MatMul', 'transpose_a', 'transpose_b'), ('BatchMatMul', 'adj_x', 'adj_y'), ('BatchMatMulV2', 'adj_x', 'adj_y')]:
        for ta in (False, True):
            for tb in (False, True):
                batch = () if op == 'MatMul' else (2,)
                first, second = ('a', 'b') if op == 'MatMul' else ('x', 'y')
                yield case(f'{op} {ta} {tb}', lambda x, y, op=op, a=a, b=b, ta=ta, tb=tb, first=first, second=second:
                           getattr(raw, op)(**{first: x, second: y, a: ta, b: tb}),
                           [r(batch + ((3, 2) if ta else (2, 3)), 1), r(batch + ((4, 3) if tb else (3, 4)), 2)], [r(batch + (2, 4), 3)])
    for a, b in [((2, 1), (3,)), ((), (2,)), ((1, 2), (3, 1))]:
        out = tuple(np.broadcast_shapes(a, b))
        yield case(f'BatchMatMulV2 of batches {a} {b}', lambda x, y: raw.BatchMatMulV2(x=x, y=y), [r(a + (2, 3), 1), r(b + (3, 2), 2)], [r(out + (2, 2), 3)])
    yield case('MatMul float64', lambda x, y: tf.matmul(x, y), [r((2, 3), 1, t='float64'), r((3, 2), 2, t='float64')], [r((2, 2), 3, t='float64')])


def arrays():
    yield case('Identity', lambda x: tf.identity(x), [r((3,), 1)], [r((3,), 2)])
    yield case('Reshape', lambda x, s: tf.reshape(x, s), [r((2, 3), 1), i32([3, 2])], [r((3, 2), 2)])
    yield case('ExpandDims', lambda x, d: tf.expand_dims(x, d), [r((2, 3), 1), i32(1)], [r((2, 1, 3), 2)])
    yield case('Squeeze', lambda x: tf.squeeze(x, [1]), [r((2, 1, 3), 1)], [r((2, 3), 2)])
    for axis in (0, 1, -1):
        shape = np.stack([np.zeros((2, 2))] * 3, axis).shape
        yield case(f'Pack {axis}', lambda x, y, z, axis=axis: tf.stack([x, y, z], axis), [r((2, 2), 1), r((2, 2), 2), r((2, 2), 3)], [r(shape, 4)])
    yield case('Unpack', lambda x: tf.unstack(x, axis=1), [r((2, 3), 1)], [r((2,), 2), r((2,), 3), r((2,), 4)])
    yield case('Unpack of which one is used', lambda x: tf.unstack(x)[1], [r((2, 3), 1)], [r((3,), 2)])
    for axis in (0, 1, -1):
        a, b = ((1, 3), (2, 3)) if axis == 0 else ((2, 1), (2, 2))
        out = np.concatenate([np.zeros(a), np.zeros(b)], axis).shape
        yield case(f'ConcatV2 {axis}', lambda x, y, axis=axis: raw.ConcatV2(values=[x, y], axis=tf.constant(axis)), [r(a, 1), r(b, 2)], [r(out, 3)])
        yield case(f'Concat {axis}', lambda x, y, axis=axis: raw.Concat(values=[x, y], concat_dim=tf.constant(axis)), [r(a, 1), r(b, 2)], [r(out, 3)])
    yield case('ConcatV2 along an argument', lambda x, y, d: raw.ConcatV2(values=[x, y], axis=d), [r((1, 2), 1), r((3, 2), 2), i32(0)], [r((4, 2), 3)])
    yield case('Split', lambda d, x: tf.split(x, 2, d), [i32(1), r((2, 4), 1)], [r((2, 2), 2), r((2, 2), 3)])
    yield case('SplitV', lambda x, s: raw.SplitV(value=x, size_splits=s, axis=tf.constant(1), num_split=2), [r((2, 4), 1), i32([1, 3])], [r((2, 1), 2), r((2, 3), 3)])
    yield case('Fill', lambda s, x: tf.fill(s, x), [i32([2, 3]), f32(2)], [r((2, 3), 1)])
    yield case('Transpose', lambda x, p: tf.transpose(x, p), [r((2, 3, 4), 1), i32([2, 0, 1])], [r((4, 2, 3), 2)])
    yield case('ConjugateTranspose', lambda x, p: raw.ConjugateTranspose(x=x, perm=p), [r((2, 3), 1, t='complex64'), i32([1, 0])], [r((3, 2), 2, t='complex64')])
    yield case('Reverse', lambda x, d: raw.Reverse(tensor=x, dims=d), [r((2, 3), 1), boolean([True, False])], [r((2, 3), 2)])
    yield case('ReverseV2', lambda x, d: tf.reverse(x, d), [r((2, 3), 1), i32([1])], [r((2, 3), 2)])
    yield case('Slice', lambda x, b, s: tf.slice(x, b, s), [r((3, 4), 1), i32([1, 0]), i32([2, 3])], [r((2, 3), 2)])
    yield case('Slice to the end', lambda x: tf.slice(x, [1, 1], [-1, 2]), [r((3, 4), 1)], [r((2, 2), 2)])
    yield case('StridedSlice', lambda x: x[1:, ::2, tf.newaxis, 0], [r((3, 4, 2), 1)], [r((2, 2, 1), 2)])
    yield case('StridedSlice with an ellipsis', lambda x: x[..., ::-1, 1:2], [r((3, 4, 2), 1)], [r((3, 4, 1), 2)])
    yield case('StridedSlice of fed bounds', lambda x, b, e, s: tf.strided_slice(x, b, e, s), [r((5,), 1), i32([1]), i32([5]), i32([2])], [r((2,), 2)])
    yield case('StridedSliceGrad', lambda dy: raw.StridedSliceGrad(shape=[5], begin=[1], end=[5], strides=[2], dy=dy), [r((2,), 1)], [r((5,), 2)])
    yield case('GatherNd', lambda x, i: tf.gather_nd(x, i), [r((3, 2), 1), i32([[2], [0], [2]])], [r((3, 2), 2)])
    yield case('BroadcastTo', lambda x, s: tf.broadcast_to(x, s), [r((3, 1), 1), i32([2, 3, 4])], [r((2, 3, 4), 2)])
    for op, f, x in [('ReverseV2', lambda x: raw.ReverseV2(tensor=x, axis=tf.constant([0], 'int64')), (3,)),
                     ('Slice', lambda x: tf.slice(x, tf.constant([1], 'int64'), tf.constant([1], 'int64')), (3,)),
                     ('StridedSlice', lambda x: tf.strided_slice(x, tf.constant([1], 'int64'), tf.constant([2], 'int64')), (3,)),
                     ('BroadcastTo', lambda x: raw.BroadcastTo(input=x, shape=tf.constant([1], 'int64')), (1,))]:
        yield case(f'{op} by int64', f, [r(x, 1)], [r((3,) if op == 'ReverseV2' else (1,), 2)], error=True)


def neural():
    yield case('BiasAdd', lambda x, b: tf.nn.bias_add(x, b), [r((2, 2, 3), 1), r((3,), 2)], [r((2, 2, 3), 3)])
    for padding, stride, out in [('SAME', 1, 5), ('VALID', 1, 3), ('SAME', 2, 3)]:
        yield case(f'Conv2D {padding} {stride}', lambda x, w, padding=padding, stride=stride: tf.nn.conv2d(x, w, stride, padding),
                   [r((1, 5, 5, 2), 1), r((3, 3, 2, 3), 2)], [r((1, out, out, 3), 3)])
    for pool in ('MaxPool', 'AvgPool'):
        for padding, out in (('SAME', 3), ('VALID', 2)):
            first = 'input' if pool == 'MaxPool' else 'value'
            yield case(f'{pool} {padding}', lambda x, pool=pool, padding=padding, first=first: getattr(raw, pool)(
                **{first: x}, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding=padding), [permutation('float32', (1, 5, 5, 2), seed=1)], [r((1, out, out, 2), 2)])
    yield case('a small network', lambda x, w, b, v: tf.reduce_mean(tf.square(tf.matmul(tf.nn.relu(tf.matmul(x, w) + b), v))),
               [r((4, 3), 1), r((3, 5), 2), r((5,), 3), r((5, 2), 4)], [f32(1)])


def flows():
    yield case('an input that is not used', lambda x, y: x * 2.0, [r((3,), 1), r((2, 2), 2)], [r((3,), 3)])
    yield case('an input used many times', lambda x: x * x + tf.sin(x) * x - x, [r((3,), 1)], [r((3,), 2)])
    yield case('several results', lambda x, y: (x * y, x + y, tf.exp(x)), [r((3,), 1), r((3,), 2)], [r((3,), 3), r((3,), 4), r((3,), 5)])
    yield case('a result that is an input', lambda x, y: (x, x * y), [r((3,), 1), r((3,), 2)], [r((3,), 3), r((3,), 4)])
    yield case('one result twice', lambda x: (lambda y: (y, y))(tf.exp(x)), [r((3,), 1)], [r((3,), 2), r((3,), 3)])
    yield case('only some gradients are taken', lambda x, y: tf.reduce_prod(x) * y, [r((), 1), r((), 2)], [f32(1)], error=True)
    yield case('what cannot flow back is not on the way', lambda x, y: tf.reduce_prod(tf.constant([1.0, 2.0])) * y + x, [r((), 1), r((), 2)], [f32(1)])
    for name, f in [('StopGradient', lambda x: tf.stop_gradient(x) * x), ('Floor', lambda x: tf.floor(x) + x), ('Less', lambda x: tf.cast(x < 0.5, 'float32') * x),
                    ('Shape', lambda x: tf.cast(tf.shape(x)[0], 'float32') * x), ('ZerosLike', lambda x: tf.zeros_like(x) + tf.ones_like(x) + x),
                    ('Size and Rank', lambda x: tf.cast(tf.size(x) + tf.rank(x), 'float32') * x), ('nothing at all', lambda x: tf.floor(tf.exp(x)))]:
        yield case(f'{name} stops it', f, [r((3,), 1)], [r((3,), 2)])
    yield case('a float of an integer', lambda n, x: tf.cast(n * 2, 'float32') * x, [i32([1, 2, 3]), r((3,), 1)], [r((3,), 2)])

    def primitive(op, **attrs):
        f = attr_value_pb2.NameAttrList(name=op)
        for name, value in attrs.items():
            f.attr[name].CopyFrom(value)
        return f
    typed = dict(T=attr_value_pb2.AttrValue(type=1))
    yield GraphCase('of an operator', lambda g: back(g, primitive('Tanh', **typed), [g.feed(r((3,), 1))], [r((3,), 2)]))
    yield GraphCase('of an operator of two inputs', lambda g: back(g, primitive('Mul', **typed), [g.feed(r((3,), 1)), g.feed(r((2, 3), 2))], [r((2, 3), 3)]))
    yield GraphCase('of an operator of many results', lambda g: back(g, primitive('Unpack', num=attr_value_pb2.AttrValue(i=2), axis=attr_value_pb2.AttrValue(i=1), **typed),
                                                                     [g.feed(r((3, 2), 1))], [r((3,), 2), r((3,), 3)]))
    for op in ('Shape', 'Elu', 'NoSuchOperator', 'If'):
        yield GraphCase(f'of {op}', lambda g, op=op: back(g, primitive(op, **typed), [g.feed(r((3,), 1))], [r((3,), 2)]), error=True)
    yield GraphCase('of two inputs where one is given', lambda g: back(g, primitive('Mul', **typed), [g.feed(r((3,), 1))], [r((3,), 2)]), error=True)


def definitions():
    F = tf.float32

    def nested(g):
        @function.Defun(F, F)
        def inner(x, y):
            return x * y, tf.sin(x)

        @function.Defun(F, F)
        def outer(x, y):
            a, b = inner(x, y + 1.0)
            return inner(a, b)[0] + tf.exp(b)
        return back(g, outer, [g.feed(r((3,), 1)), g.feed(r((3,), 2))], [r((3,), 3)])
    yield GraphCase('of functions in functions', nested)

    def own(g):
        @function.Defun(F, F)
        def ten_times(x, dy):
            return dy * 10.0 + x

        @function.Defun(F, grad_func=ten_times)
        def f(x):
            return tf.reduce_prod(x) * x  # which has no gradient of its own
        return back(g, f, [g.feed(r((3,), 1))], [r((3,), 2)]) + [tf.identity(f(g.feed(r((3,), 3))))]
    yield GraphCase('of a function that names its gradient', own)

    def inside(g):
        @function.Defun(F, F)
        def ten_times(x, dy):
            return dy * 10.0 + x

        @function.Defun(F, grad_func=ten_times)
        def f(x):
            return tf.exp(x)

        @function.Defun(F)
        def outer(x):
            return f(f(x) * 0.5) * x
        return back(g, outer, [g.feed(r((3,), 1, -1, 1))], [r((3,), 2)])
    yield GraphCase('of a function that calls one that names its gradient', inside)

    def called(g):
        @function.Defun(F)
        def f(x):
            return tf.sin(x) * x

        @function.Defun(F, F)
        def df(x, dy):
            return raw.SymbolicGradient(input=[x, dy], Tout=[F], f=f)[0] + x
        x, dy = g.feed(r((3,), 1)), g.feed(r((3,), 2))
        return [tf.identity(df(x, dy)), df(dy, x) * 2.0]
    yield GraphCase('within a function', called)

    def second(g):
        @function.Defun(F)
        def f(x):
            return x * x * x

        @function.Defun(F, F)
        def df(x, dy):
            return raw.SymbolicGradient(input=[x, dy], Tout=[F], f=f)[0]
        return back(g, df, [g.feed(r((3,), 1)), g.feed(r((3,), 2))], [r((3,), 3)])
    yield GraphCase('of a gradient', second, error=True)

    def twice(g):
        @function.Defun(F)
        def f(x):
            return tf.tanh(x)
        x = g.feed(r((3,), 1))
        first = raw.SymbolicGradient(input=[x, g.feed(r((3,), 2))], Tout=[F], f=f)[0]
        return [first, raw.SymbolicGradient(input=[first, x], Tout=[F], f=f)[0] + first]
    yield GraphCase('of one function twice', twice)

    def in_loop(g):
        @function.Defun(F)
        def f(x):
            return x * x

        def step(i, x):
            return i + 1, x - 0.125 * raw.SymbolicGradient(input=[x, tf.ones_like(x)], Tout=[F], f=f)[0]
        return list(tf.compat.v1.while_loop(lambda i, x: i < 5, step, [tf.constant(0), g.feed(r((3,), 1))]))
    yield GraphCase('in a loop', in_loop)


def cases():
    yield from elementwise()
    yield from broadcast()
    yield from reductions()
    yield from products()
    yield from arrays()
    yield from neural()
    yield from flows()
    yield from definitions()
