"""Barriers: tuples put together under keys, in an order that control inputs keep."""
from cases_dsl import *

raw = tf.raw_ops


class Barrier:
    """Every operation waits for the one before."""

    def __init__(self, g, types, shapes=(), **more):
        self.g, self.types, self.last = g, list(types), []
        self.handle = raw.Barrier(component_types=self.types, shapes=list(shapes), **more)

    def feeds(self, values):
        with tf.control_dependencies(None):
            return [self.g.feed(value) for value in values]

    def do(self, name, **more):
        with tf.control_dependencies(self.last):
            result = getattr(raw, name)(handle=self.handle, **more)
        self.last = [result if isinstance(result, tf.Operation) else tf.nest.flatten(result)[0].op]
        return result

    def put(self, component, keys, values):
        keys, values = self.feeds([text(keys), values])
        return self.do('BarrierInsertMany', keys=keys, values=values, component_index=component)

    def take(self, n, small=False, types=None):
        result = self.do('BarrierTakeMany', num_elements=self.feeds([i32(n)])[0], component_types=types or self.types, allow_small_batch=small)
        return [result.indices, result.keys, *result.values]

    def close(self, cancel=False):
        return self.do('BarrierClose', cancel_pending_enqueues=cancel)

    def sizes(self):
        return [self.do('BarrierReadySize'), self.do('BarrierIncompleteSize')]

    def end(self, values=()):
        with tf.control_dependencies(self.last):
            return [*values, tf.identity(tf.constant(1))]


def cases():
    for t in ALL_PLAIN:
        def build(g, t=t):
            b = Barrier(g, [t, 'int32'], [(2,), ()])
            b.put(0, [b'a', b'b', b'c'], rand(t, (3, 2), seed=1))
            b.put(1, [b'c'], i32([3]))
            first = b.sizes()
            b.put(1, [b'd', b'a'], i32([4, 1]))
            b.put(0, [b'd'], rand(t, (1, 2), seed=2))
            second = b.sizes()
            taken = b.take(2)
            b.close()
            b.put(1, [b'b'], i32([2]))
            return [*first, *second, *taken, *b.sizes(), *b.take(1), *b.take(9, True), *b.sizes()]
        yield GraphCase(f'Barrier {t}', build, exact=True)

    def one(g):
        b = Barrier(g, ['float32'], [()])
        b.put(0, [b'x', b'y'], f32([1, 2]))
        b.put(0, [b'x'], f32([3]))
        return [*b.sizes(), *b.take(3)]
    yield GraphCase('Barrier of one component', one)

    def cancelled(g):
        b = Barrier(g, ['float32', 'float32'], [(), ()])
        b.put(0, [b'x', b'y'], f32([1, 2]))
        b.put(1, [b'y'], f32([3]))
        b.close(True)
        return [*b.sizes(), *b.take(1)]
    yield GraphCase('Barrier cancelled', cancelled)

    def refused(act, types=('float32', 'float32'), shapes=((), ()), **more):
        def build(g):
            b = Barrier(g, types, shapes, **more)
            b.put(0, [b'a', b'b'], f32([1, 2]))
            b.put(1, [b'a'], f32([1]))
            return b.end(act(b) or [])
        return build

    def drop(*_):
        return []
    acts = {
        'a component twice': lambda b: drop(b.put(0, [b'b'], f32([1]))),
        'a component past the end': lambda b: drop(b.put(2, [b'b'], f32([1]))),
        'another shape': lambda b: drop(b.put(1, [b'b'], f32([[1]]))),
        'another dtype': lambda b: drop(b.put(1, [b'b'], i32([1]))),
        'a new key when closed': lambda b: drop(b.close(), b.put(1, [b'z'], f32([1]))),
        'a known key when cancelled': lambda b: drop(b.close(True), b.put(1, [b'b'], f32([1]))),
        'too many when closed': lambda b: [b.close(), *b.take(3)][1:],
        'any when cancelled and empty': lambda b: [b.take(1), b.close(True), *b.take(1, True)][2:],
        'to close twice': lambda b: drop(b.close(), b.close()),
        'to be cancelled twice': lambda b: drop(b.close(True), b.close(True)),
        'other types': lambda b: b.take(1, types=['float32', 'int32']),
    }
    for name, act in acts.items():
        yield GraphCase(f'Barrier refuses {name}', refused(act), error=True)
    yield GraphCase('Barrier refuses a capacity', refused(drop, capacity=3), error=True)
    anything = tf.TensorShape(None)
    for shapes in ((), ((),), ((None,), ())):
        yield GraphCase(f'Barrier refuses shapes {shapes}', refused(drop, shapes=shapes), error=True)
    yield GraphCase('Barrier refuses vectors of unknown rank', refused(lambda b: drop(b.put(1, [b'b'], f32([[1]]))), shapes=(anything, anything)), error=True)

    def unknown(g):
        b = Barrier(g, ['float32', 'float32'], [anything, (2,)])
        b.put(0, [b'x', b'y'], f32([1, 2]))
        b.put(1, [b'y', b'x'], f32([[3, 4], [5, 6]]))
        return b.take(2)
    yield GraphCase('Barrier of components of unknown rank, which are scalars', unknown)

    def closed_then_cancelled(g):
        b = Barrier(g, ['float32', 'float32'], [(), ()])
        b.put(0, [b'x', b'y'], f32([1, 2]))
        b.put(1, [b'y'], f32([3]))
        b.close()
        first = b.sizes()
        b.close(True)
        return [*first, *b.sizes(), *b.take(1)]
    yield GraphCase('Barrier closed, then cancelled', closed_then_cancelled)
