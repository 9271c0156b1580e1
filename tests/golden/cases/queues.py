"""Queues of both kinds of handles: what is put in comes out, in an order that control inputs keep."""
from cases_dsl import *

raw = tf.raw_ops
KINDS = ('FIFOQueue', 'PaddingFIFOQueue', 'RandomShuffleQueue', 'PriorityQueue')


class Queue:
    """Every operation waits for the one before."""

    def __init__(self, g, kind, version, types, shapes=(), **more):
        self.g, self.suffix = g, 'V2' if version == 2 else ''
        self.types = (['int64'] if kind == 'PriorityQueue' else []) + list(types)
        if kind == 'RandomShuffleQueue':
            more.setdefault('seed', 7)
            more.setdefault('seed2', 11)
        self.handle = getattr(raw, kind + self.suffix)(component_types=list(types), shapes=list(shapes), **more)
        self.last = []

    def do(self, name, **more):
        with tf.control_dependencies(self.last):
            result = getattr(raw, 'Queue' + name + self.suffix)(handle=self.handle, **more)
        self.last = [result if isinstance(result, tf.Operation) else tf.nest.flatten(result)[0].op]
        return result

    def feeds(self, values):
        """A fed node passes no control edge on: a placeholder waits for nothing."""
        with tf.control_dependencies(None):
            return [self.g.feed(value) for value in values]

    def put(self, *values):
        return self.do('Enqueue', components=self.feeds(values))

    def put_many(self, *values):
        return self.do('EnqueueMany', components=self.feeds(values))

    def take(self, types=None):
        return list(self.do('Dequeue', component_types=types or self.types))

    def take_many(self, n, types=None):
        return list(self.do('DequeueMany', n=self.feeds([i32(n)])[0], component_types=types or self.types))

    def take_up_to(self, n):
        return list(self.do('DequeueUpTo', n=self.feeds([i32(n)])[0], component_types=self.types))

    def close(self, cancel=False):
        return self.do('Close', cancel_pending_enqueues=cancel)

    def size(self):
        return self.do('Size')

    def is_closed(self):
        return self.do('IsClosed')

    def end(self, values=()):
        """Something to fetch after everything."""
        with tf.control_dependencies(self.last):
            return [*values, tf.identity(tf.constant(1))]


def batch(kind, t, n, shape, seed):
    priorities = [i64([(k * 7) % 10 for k in range(n)])] if kind == 'PriorityQueue' else []
    return [*priorities, rand(t, (n, *shape), seed=seed)]


def one(kind, t, shape, seed):
    return [*([i64(seed % 5)] if kind == 'PriorityQueue' else []), rand(t, shape, seed=seed)]


def ordered():
    for kind in KINDS:
        for v in (1, 2):
            for t in ALL_PLAIN if kind == 'FIFOQueue' else ['float32', 'string']:
                def build(g, kind=kind, v=v, t=t):
                    q = Queue(g, kind, v, [t], [(2,)])
                    q.put(*one(kind, t, (2,), 3))
                    q.put_many(*batch(kind, t, 6, (2,), 1))
                    q.put(*one(kind, t, (2,), 4))
                    before = q.size()
                    first = q.take()
                    some = q.take_many(3)
                    after = q.size()
                    open_still = q.is_closed()
                    q.put_many(*batch(kind, t, 2, (2,), 2))
                    q.close()
                    return [before, *first, *some, after, open_still, *q.take_up_to(2), *q.take_up_to(4 if kind == 'PriorityQueue' else 9), q.size(), q.is_closed()]
                yield GraphCase(f'{kind} v{v} {t}', build, exact=True)

        def several(g, kind=kind):
            q = Queue(g, kind, 2, ['float32', 'string', 'int64'], [(), (2, 1), (1,)])
            lead = [i64([5, 3, 4])] if kind == 'PriorityQueue' else []
            q.put_many(*lead, rand('float32', (3,), seed=1), rand('string', (3, 2, 1), seed=2), rand('int64', (3, 1), seed=3))
            return [*q.take(), *q.take_many(2), *q.take_many(0), q.size()]
        yield GraphCase(f'{kind} of several components', several)

        def closed_twice(g, kind=kind):
            q = Queue(g, kind, 2, ['float32'], [()])
            q.close(True)
            q.close(True)
            return q.end([q.is_closed()])
        yield GraphCase(f'{kind} cancelled twice', closed_twice)

        def shared(g, kind=kind):
            a = Queue(g, kind, 2, ['float32'], [()], shared_name='q')
            b = Queue(g, kind, 2, ['float32'], [()], shared_name='q')
            c = Queue(g, kind, 2, ['float32'], [()], shared_name='p')
            a.put(*one(kind, 'float32', (), 3))
            b.last = c.last = a.last
            return [b.size(), c.size(), *b.take()]
        yield GraphCase(f'{kind} of one name', shared)

        def bounded(g, kind=kind):
            q = Queue(g, kind, 2, ['int32'], [()], capacity=3)
            q.put_many(*batch(kind, 'int32', 3, (), 1))
            first = q.take()
            q.put(*one(kind, 'int32', (), 6))
            return [*first, q.size(), *q.take_many(3)]
        yield GraphCase(f'{kind} filled to its capacity', bounded)

    def equal(g):
        q = Queue(g, 'PriorityQueue', 2, ['int32'], [()])
        q.put_many(i64([1, 0, 1, -5, 1, 1, 0, 1, 2**62, 0]), i32(range(10)))
        return [*q.take(), *q.take_many(9)]
    yield GraphCase('PriorityQueue with equal priorities', equal)

    for seeds in ((1, 0), (0, 5), (2**40, -3)):
        def shuffled(g, seeds=seeds):
            q = Queue(g, 'RandomShuffleQueue', 2, ['int32'], [()], seed=seeds[0], seed2=seeds[1], min_after_dequeue=4)
            q.put_many(i32(range(30)))
            some = q.take_many(20)
            q.put_many(i32(range(30, 40)))
            single = q.take()
            rest = q.take_many(15)
            q.close()
            return [*some, *single, *rest, *q.take(), *q.take_up_to(100)]
        yield GraphCase(f'RandomShuffleQueue with seeds {seeds}', shuffled)

    def vector(g):
        q = Queue(g, 'FIFOQueue', 2, ['float32'], [()])
        q.put_many(f32([1, 2, 3]))
        return [*q.take_many([2]), *q.take_many([1, 7])]
    yield GraphCase('FIFOQueue asked for a vector', vector)

    def unshaped(g):
        q = Queue(g, 'FIFOQueue', 2, ['float32', 'string'])
        q.put(rand('float32', (2, 3), seed=1), text([b'a']))
        q.put(rand('float32', (), seed=2), text([b'b', b'c']))
        q.put_many(rand('float32', (2, 1), seed=3), text([[b'd'], [b'e']]))
        return [t for _ in range(4) for t in q.take()]
    yield GraphCase('FIFOQueue without shapes', unshaped)

    def nothing(g):
        q = Queue(g, 'FIFOQueue', 2, ['float32'], [(2,)])
        q.put_many(rand('float32', (0, 2), seed=1))
        size = q.size()
        q.close()
        q.put_many(rand('float32', (0, 2), seed=1))
        return q.end([size, *q.take_many(0)])
    yield GraphCase('FIFOQueue given an empty batch, closed or not', nothing)

    for t in ('float32', 'string', 'int64', 'bool', 'complex64'):
        def padded(g, t=t):
            q = Queue(g, 'PaddingFIFOQueue', 2, [t, 'int32'], [(None, None), ()])
            for i, shape in enumerate(((2, 3), (1, 4), (0, 2), (3, 1))):
                q.put(rand(t, shape, seed=i), i32(i))
            q.put_many(rand(t, (2, 2, 2), seed=9), i32([8, 9]))
            return [*q.take(), *q.take_many(3), *q.take_many(2), *q.take_many(0)]
        yield GraphCase(f'PaddingFIFOQueue fills up {t}', padded)

    def part(g):
        q = Queue(g, 'PaddingFIFOQueue', 2, ['float32'], [(2, None, 3)])
        for i in (2, 0, 3):
            q.put(rand('float32', (2, i, 3), seed=i))
        return q.take_many(3)
    yield GraphCase('PaddingFIFOQueue fills up a dim in the middle', part)


def refused():
    def after_close(act):
        def build(g):
            q = Queue(g, 'FIFOQueue', 2, ['float32'], [()])
            q.put(f32(1))
            q.close()
            return q.end(act(q) or [])
        return build

    def drop(*_):
        return []
    closed = {
        'put': lambda q: drop(q.put(f32(1))),
        'put many': lambda q: drop(q.put_many(f32([1]))),
        'closed again': lambda q: drop(q.close()),
        'taken from when empty': lambda q: [*q.take(), *q.take()],
        'asked for more than there is': lambda q: q.take_many(2),
        'asked for some when empty': lambda q: [*q.take(), *q.take_up_to(2)],
    }
    for name, act in closed.items():
        yield GraphCase(f'a closed queue {name}', after_close(act), error=True)

    def cancelled(g):
        q = Queue(g, 'FIFOQueue', 2, ['float32'], [()])
        q.put(f32(1))
        q.close()
        q.close(True)
        return q.end(q.take())
    yield GraphCase('a closed queue cancelled', cancelled)

    def given(kind, act, types=('float32',), shapes=((2,),), **more):
        def build(g):
            q = Queue(g, kind, 2, types, shapes, **more)
            return q.end(act(q) or [])
        return build
    x = rand('float32', (2,), seed=1)
    for kind in KINDS[:3]:
        yield GraphCase(f'{kind} given another dtype', given(kind, lambda q: drop(q.put(i32([1, 2])))), error=True)
        yield GraphCase(f'{kind} given another shape', given(kind, lambda q: drop(q.put(f32([1])))), error=True)
        yield GraphCase(f'{kind} given more components', given(kind, lambda q: drop(q.put(x, x))), error=True)
        yield GraphCase(f'{kind} given rows of another shape', given(kind, lambda q: drop(q.put_many(x))), error=True)
        yield GraphCase(f'{kind} asked for another dtype', given(kind, lambda q: [q.put(x), *q.take(['int32'])][1:]), error=True)
        yield GraphCase(f'{kind} asked for more components', given(kind, lambda q: [q.put(x), *q.take(['float32', 'float32'])][1:]), error=True)
        yield GraphCase(f'{kind} asked for -1', given(kind, lambda q: q.take_many(-1)), error=True)
        yield GraphCase(f'{kind} with shapes for some', given(kind, lambda q: [q.size()], ('float32', 'float32')), error=True)
    yield GraphCase('batches of two sizes', given('FIFOQueue', lambda q: drop(q.put_many(x, f32([1]))), ('float32', 'float32'), ()), error=True)
    yield GraphCase('a batch without shapes', given('FIFOQueue', lambda q: [q.put(x), *q.take_many(1)][1:], shapes=()), error=True)
    yield GraphCase('FIFOQueue of an unknown dim', given('FIFOQueue', lambda q: [q.size()], shapes=((None,),)), error=True)
    yield GraphCase('PaddingFIFOQueue of an unknown rank', given('PaddingFIFOQueue', lambda q: [q.size()], shapes=(tf.TensorShape(None),)), error=True)
    yield GraphCase('PaddingFIFOQueue without shapes', given('PaddingFIFOQueue', lambda q: [q.size()], shapes=()), error=True)
    yield GraphCase('PriorityQueue given a vector', given('PriorityQueue', lambda q: drop(q.put(i64([1]), x))), error=True)
    yield GraphCase('PriorityQueue given another priority', given('PriorityQueue', lambda q: drop(q.put(i32(1), x))), error=True)
    for more in (dict(min_after_dequeue=-1), dict(min_after_dequeue=3, capacity=3), dict(min_after_dequeue=3, capacity=2)):
        yield GraphCase(f'RandomShuffleQueue of {more}', given('RandomShuffleQueue', lambda q: [q.size()], **more), error=True)
    yield GraphCase('a queue with a timeout', given('FIFOQueue', lambda q: list(q.do('Dequeue', component_types=q.types, timeout_ms=10))), error=True)

    def two_kinds(first, second):
        def build(g):
            a, b = first(g), second(g)
            with tf.control_dependencies([a.size().op]):
                return [b.size()]
        return build
    plain = lambda g: Queue(g, 'FIFOQueue', 2, ['float32'], [()], shared_name='q')
    others = {
        'kinds': lambda g: Queue(g, 'PriorityQueue', 2, ['float32'], [()], shared_name='q'),
        'dtypes': lambda g: Queue(g, 'FIFOQueue', 2, ['int32'], [()], shared_name='q'),
        'shapes': lambda g: Queue(g, 'FIFOQueue', 2, ['float32'], [(1,)], shared_name='q'),
        'capacities': lambda g: Queue(g, 'FIFOQueue', 2, ['float32'], [()], shared_name='q', capacity=3),
    }
    for name, other in others.items():
        yield GraphCase(f'a name for queues of two {name}', two_kinds(plain, other), error=True)


def cases():
    yield from ordered()
    yield from refused()
