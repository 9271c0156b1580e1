"""Conditional accumulators, dense and sparse, in an order that control inputs keep."""
from cases_dsl import *

raw = tf.raw_ops
TYPES = ('float32', 'float64', 'float16')


class Accumulator:
    """Every operation waits for the one before."""

    def __init__(self, g, t, shape, form='', **more):
        self.g, self.form, self.t = g, form, t
        self.prefix = 'Sparse' if form == 'Sparse' else form
        make = {'': 'ConditionalAccumulator', 'Resource': 'ResourceConditionalAccumulator', 'Sparse': 'SparseConditionalAccumulator'}[form]
        self.handle = getattr(raw, make)(dtype=t, shape=shape, **more)
        self.last = []

    def feeds(self, values):
        with tf.control_dependencies(None):
            return [self.g.feed(value) for value in values]

    def do(self, name, **more):
        with tf.control_dependencies(self.last):
            result = getattr(raw, name)(handle=self.handle, **more)
        self.last = [result if isinstance(result, tf.Operation) else tf.nest.flatten(result)[0].op]
        return result

    def both(self):
        return 'Resource' if self.form == 'Resource' else ''

    def count(self):
        return self.do(self.both() + 'AccumulatorNumAccumulated')

    def step(self, n):
        return self.do(self.both() + 'AccumulatorSetGlobalStep', new_global_step=self.feeds([i64(n)])[0])

    def add(self, step, gradient):
        step, gradient = self.feeds([i64(step), gradient])
        return self.do(self.prefix + 'AccumulatorApplyGradient', local_step=step, gradient=gradient)

    def add_sparse(self, step, indices, values, shape=None):
        step, indices, values, given = self.feeds([i64(step), i64(indices), values, i64(shape or [])])
        return self.do('SparseAccumulatorApplyGradient', local_step=step, gradient_indices=indices, gradient_values=values,
                       gradient_shape=given, has_known_shape=shape is not None)

    def take(self, n, t=None):
        result = self.do(self.prefix + 'AccumulatorTakeGradient', num_required=self.feeds([i32(n)])[0], dtype=t or self.t)
        return list(result) if self.form == 'Sparse' else [result]

    def end(self, values=()):
        with tf.control_dependencies(self.last):
            return [*values, tf.identity(tf.constant(1))]


def cases():
    for form in ('', 'Resource'):
        for t in TYPES:
            for reduction in ('MEAN', 'SUM'):
                def build(g, form=form, t=t, reduction=reduction):
                    a = Accumulator(g, t, (2, 3), form, reduction_type=reduction)
                    for i in range(3):
                        a.add(0, rand(t, (2, 3), seed=i))
                    before = a.count()
                    first = a.take(2)
                    after = a.count()
                    a.add(0, rand(t, (2, 3), seed=5))  # too old by now
                    old = a.count()
                    a.add(1, rand(t, (2, 3), seed=6))
                    a.add(7, rand(t, (2, 3), seed=7))
                    second = a.take(1)
                    a.step(10)
                    a.add(9, rand(t, (2, 3), seed=8))
                    a.add(10, rand(t, (2, 3), seed=9))
                    return [before, *first, after, old, *second, a.count(), *a.take(1), a.count()]
                yield GraphCase(f'{form}ConditionalAccumulator {t} {reduction}', build)

        def unknown(g, form=form):
            a = Accumulator(g, 'float32', (None, 2), form)
            a.add(0, rand('float32', (3, 2), seed=1))
            a.add(0, rand('float32', (3, 2), seed=2))
            first = a.take(2)
            a.add(1, rand('float32', (0, 2), seed=3))
            return [*first, *a.take(1)]
        yield GraphCase(f'{form}ConditionalAccumulator of an unknown dim', unknown)

    def refused(form, act, shape=(2,)):
        def build(g):
            a = Accumulator(g, 'float32', shape, form)
            return a.end(act(a) or [])
        return build

    def drop(*_):
        return []
    x = f32([1, 2])
    dense = {
        'another shape': lambda a: drop(a.add(0, f32([1]))),
        'none required': lambda a: [a.add(0, x), *a.take(0)][1:],
        'a sparse gradient': lambda a: drop(a.add_sparse(0, [0], x)),
    }
    for name, act in dense.items():
        yield GraphCase(f'ConditionalAccumulator refuses {name}', refused('', act), error=True)
    yield GraphCase('ConditionalAccumulator refuses a shape unlike the first',
                    refused('', lambda a: drop(a.add(0, x), a.add(0, f32([1]))), (None,)), error=True)

    for t in TYPES:
        for reduction in ('MEAN', 'SUM'):
            def sparse(g, t=t, reduction=reduction):
                a = Accumulator(g, t, (6, 2), 'Sparse', reduction_type=reduction)
                a.add_sparse(0, [1, 3], rand(t, (2, 2), seed=1))
                a.add_sparse(0, [0, 3, 5], rand(t, (3, 2), seed=2), [6, 2])
                a.add_sparse(0, [3], rand(t, (1, 2), seed=3))
                count = a.count()
                first = a.take(3)
                a.add_sparse(0, [1], rand(t, (1, 2), seed=4))
                a.add_sparse(1, [], rand(t, (0, 2), seed=4))
                a.add_sparse(1, [4], rand(t, (1, 2), seed=5))
                second = a.take(1)
                a.step(5)
                return [count, *first, *second, a.count()]
            yield GraphCase(f'SparseConditionalAccumulator {t} {reduction}', sparse)

    def any_shape(g):
        a = Accumulator(g, 'float32', (None, None), 'Sparse')
        a.add_sparse(0, [1, 2], rand('float32', (2, 3), seed=1))
        a.add_sparse(0, [2, 7], rand('float32', (2, 3), seed=2))
        return a.take(1)
    yield GraphCase('SparseConditionalAccumulator of unknown dims', any_shape)

    for shape, values, said in (((), (2, 3), [7]), ((2, None), (1, 2, 2), [2, 5]), ((3,), (2, 2), [3, 5])):
        def more_dims(g, shape=shape, values=values, said=said):
            a = Accumulator(g, 'float32', shape, 'Sparse')
            a.add_sparse(0, list(range(values[0])), rand('float32', values, seed=1), said)
            return a.take(1)
        yield GraphCase(f'SparseConditionalAccumulator of shape {shape} and values of more dims', more_dims)

    def unordered(g):
        a = Accumulator(g, 'float32', (9, 1), 'Sparse')
        a.add_sparse(0, [5, 2, 2], f32([[1], [2], [3]]))
        a.add_sparse(0, [2, 7, 5], f32([[4], [5], [6]]))
        return a.take(1)
    yield GraphCase('SparseConditionalAccumulator of indices out of order', unordered)

    y = f32([[1, 2], [3, 4]])
    wrong = {
        'fewer indices': lambda a: drop(a.add_sparse(0, [0], y)),
        'indices of a matrix': lambda a: drop(a.add_sparse(0, [[0], [1]], y)),
        'a scalar': lambda a: drop(a.add_sparse(0, [0], f32(1))),
        'rows of another shape': lambda a: drop(a.add_sparse(0, [0, 1], f32([[1], [2]]))),
        'another shape': lambda a: drop(a.add_sparse(0, [0, 1], y, [7, 2])),
        'a shape of another rank': lambda a: drop(a.add_sparse(0, [0, 1], y, [6])),
        'none required': lambda a: [a.add_sparse(0, [0, 1], y), *a.take(0)][1:],
        'a dense gradient': lambda a: drop(raw_add(a)),
    }

    def raw_add(a):
        step, gradient = a.feeds([i64(0), y])
        return a.do('AccumulatorApplyGradient', local_step=step, gradient=gradient)
    for name, act in wrong.items():
        yield GraphCase(f'SparseConditionalAccumulator refuses {name}', refused('Sparse', act, (6, 2)), error=True)
