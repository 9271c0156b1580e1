"""Stages and staging maps: what is staged is peeked at and taken, in an order that control inputs keep."""
from cases_dsl import *

raw = tf.raw_ops


class Area:
    """Operators of one stage; every one waits for the one before."""

    def __init__(self, g, prefix, types, name='s', **more):
        self.g, self.prefix, self.types = g, prefix, list(types)
        self.more = dict(shared_name=name, **more)
        self.last = []

    def feeds(self, values):
        with tf.control_dependencies(None):
            return [self.g.feed(value) for value in values]

    def do(self, op, **more):
        with tf.control_dependencies(self.last):
            result = getattr(raw, op)(**more, **self.more)
        self.last = [result if isinstance(result, tf.Operation) else tf.nest.flatten(result)[0].op]
        return result

    def end(self, values=()):
        with tf.control_dependencies(self.last):
            return [*values, tf.identity(tf.constant(1))]


class Stage(Area):
    def __init__(self, g, types, **more):
        super().__init__(g, '', types, **more)

    def put(self, *values):
        return self.do('Stage', values=self.feeds(values))

    def take(self, types=None):
        return list(self.do('Unstage', dtypes=types or self.types))

    def peek(self, i):
        return list(self.do('StagePeek', index=self.feeds([i32(i)])[0], dtypes=self.types))

    def size(self):
        return self.do('StageSize', dtypes=self.types)

    def clear(self):
        return self.do('StageClear', dtypes=self.types)


class Map(Area):
    def put(self, key, indices, *values):
        k, i = self.feeds([i64(key), i32(indices)])
        return self.do(self.prefix + 'MapStage', key=k, indices=i, values=self.feeds(values), dtypes=self.types)

    def get(self, op, key, indices, types=None):
        k, i = self.feeds([i64(key), i32(indices)])
        return list(self.do(self.prefix + op, key=k, indices=i, dtypes=types or [self.types[n] for n in indices]))

    def take(self, key, indices, types=None):
        return self.get('MapUnstage', key, indices, types)

    def peek(self, key, indices, types=None):
        return self.get('MapPeek', key, indices, types)

    def any(self, indices):
        result = self.do(self.prefix + 'MapUnstageNoKey', indices=self.feeds([i32(indices)])[0], dtypes=[self.types[n] for n in indices])
        return [result.key, *result.values]

    def size(self):
        return self.do(self.prefix + 'MapSize', dtypes=self.types)

    def incomplete(self):
        return self.do(self.prefix + 'MapIncompleteSize', dtypes=self.types)

    def clear(self):
        return self.do(self.prefix + 'MapClear', dtypes=self.types)


def stages():
    for t in ('float32', 'string', 'int64', 'bool', 'complex64', 'float16', 'uint8'):
        def build(g, t=t):
            s = Stage(g, [t, 'int32'])
            for i, shape in enumerate(((2, 3), (), (0, 4))):
                s.put(rand(t, shape, seed=i), i32([i]))
            return [s.size(), *s.peek(2), *s.peek(0), *s.take(), s.size(), *s.peek(0), *s.take(), *s.take(), s.size()]
        yield GraphCase(f'Stage {t}', build, exact=True)

    def cleared(g):
        s = Stage(g, ['float32'])
        s.put(f32([1, 2]))
        s.put(f32([3]))
        s.clear()
        size = s.size()
        s.put(f32([4]))
        return [size, *s.take()]
    yield GraphCase('Stage cleared', cleared)

    def bounded(g):
        s = Stage(g, ['float32'], capacity=2, memory_limit=16)
        s.put(f32([1, 2]))
        s.put(f32([3, 4]))
        first = s.take()
        s.put(f32([5]))
        s.clear()
        s.put(f32([6, 7, 8, 9]))
        return [*first, *s.take(), s.size()]
    yield GraphCase('Stage filled to its limits', bounded)

    def apart(g):
        a, b = Stage(g, ['float32'], name='a'), Stage(g, ['float32'], name='b')
        a.put(f32(1))
        b.last = a.last
        return [b.size(), a.size(), *a.take()]
    yield GraphCase('Stages of two names', apart)

    def large(g):
        s = Stage(g, ['float32'], memory_limit=8)
        s.put(f32([1, 2, 3]))
        return s.end()
    yield GraphCase('Stage refuses more than memory_limit', large, error=True)

    def fewer(g):
        s = Stage(g, ['float32'])
        s.put(f32([1, 2]))
        return s.end(s.take(['float32', 'float32']))
    yield GraphCase('Stage refuses another number', fewer, error=True)


def maps():
    for prefix in ('', 'Ordered'):
        for t in ('float32', 'string', 'int64', 'bool'):
            def build(g, prefix=prefix, t=t):
                m = Map(g, prefix, [t, 'int32', 'float64'])
                for key in (7, -3):
                    m.put(key, [0, 1, 2], rand(t, (2, key % 5), seed=key + 9), i32(key), rand('float64', (1,), seed=key + 20))
                before = [m.size(), m.incomplete()]
                m.put(5, [1], i32([5, 6]))
                part = [m.size(), m.incomplete()]
                m.put(5, [0, 2], rand(t, (3,), seed=4), rand('float64', (), seed=3))
                whole = [m.size(), m.incomplete()]
                return [*before, *part, *whole, *m.peek(5, [0, 1, 2]), *m.peek(-3, [2]), *m.take(5, [0, 2]), m.size(), *m.peek(5, [1]),
                        *m.take(5, [1]), m.size(), *m.take(-3, [0, 1, 2]), *m.any([0, 1, 2]), m.size()]
            yield GraphCase(f'{prefix}MapStage {t}', build, exact=True)

        def again(g, prefix=prefix):
            m = Map(g, prefix, ['float32'])
            m.put(1, [0], f32(1))
            m.put(1, [0], f32(2))
            return [m.size(), *m.take(1, [0]), m.size()]
        yield GraphCase(f'{prefix}MapStage of one key twice', again)

        def cleared(g, prefix=prefix):
            m = Map(g, prefix, ['float32', 'int32'], capacity=2, memory_limit=100)
            m.put(1, [0, 1], f32(1), i32(1))
            m.put(2, [0], f32(1))
            m.clear()
            sizes = [m.size(), m.incomplete()]
            m.put(2, [1], i32(3))
            m.put(2, [0], f32(4))
            return [*sizes, *m.any([0, 1]), m.size(), m.incomplete()]
        yield GraphCase(f'{prefix}MapStage cleared', cleared)

        def refused(act, prefix=prefix, **more):
            def build(g):
                m = Map(g, prefix, ['float32', 'int32'], **more)
                return m.end(act(m) or [])
            return build

        def drop(*_):
            return []
        whole = lambda m: m.put(1, [0, 1], f32(1), i32(1))
        acts = {
            'indices out of order': lambda m: drop(m.put(1, [1, 0], i32(1), f32(1))),
            'an index twice': lambda m: drop(m.put(1, [0, 0], f32(1), f32(1))),
            'an index past the end': lambda m: drop(m.put(1, [2], f32(1))),
            'a component twice': lambda m: drop(m.put(1, [0], f32(1)), m.put(1, [0], f32(1))),
            'a component that was taken': lambda m: [whole(m), *m.take(1, [0]), *m.take(1, [0])][1:],
            'a taken index past the end': lambda m: [whole(m), *m.take(1, [3], ['float32'])][1:],
        }
        for name, act in acts.items():
            yield GraphCase(f'{prefix}MapStage refuses {name}', refused(act), error=True)
        yield GraphCase(f'{prefix}MapStage refuses more than memory_limit', refused(lambda m: drop(m.put(1, [0, 1], f32(1), i32([1, 2]))), memory_limit=7), error=True)

    def sorted_keys(g):
        m = Map(g, 'Ordered', ['int32'])
        for key in (3, 2**40, -7, 0):
            m.put(key, [0], i32(key % 10))
        return [t for _ in range(4) for t in m.any([0])]
    yield GraphCase('OrderedMapUnstageNoKey takes the least key', sorted_keys)


def cases():
    yield from stages()
    yield from maps()
