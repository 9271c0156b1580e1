"""What variants hold: maps from tensors to tensors, optionals, and locks of a mutex."""
from cases_dsl import *

raw = tf.raw_ops
KEYS = ALL_PLAIN + QUANTIZED


def put(m, key, value):
    return raw.TensorMapInsert(input_handle=m, key=key, value=value)


def look(m, key, t):
    return raw.TensorMapLookup(input_handle=m, key=key, value_dtype=tf.as_dtype(t))


def drop(m, key, t='float32'):
    return raw.TensorMapErase(input_handle=m, key=key, value_dtype=tf.as_dtype(t))


def has(m, key):
    return raw.TensorMapHasKey(input_handle=m, key=key)


def size(m):
    return raw.TensorMapSize(input_handle=m)


def keys(m, t):
    return raw.TensorMapStackKeys(input_handle=m, key_dtype=tf.as_dtype(t))


def maps():
    for t in KEYS:
        def build(g, t=t):
            key, other = g.feed(rand(t, (2, 2), seed=1)), g.feed(rand(t, (2, 2), seed=2))
            value = g.feed(rand(t, (3,), seed=3))
            m = put(raw.EmptyTensorMap(), key, value)
            back = put(m, key, key)
            stacked = [] if t in ('qint16', 'quint16') else [keys(m, t)]     # which TensorFlow cannot
            return [*stacked, size(m), look(m, key, t), has(m, key), has(m, other), look(back, key, t), size(back), size(drop(m, key, t)), has(m, tf.reshape(key, [4]))]
        yield GraphCase(f'tensor map {t}', build)

    def values(g):
        m, k = raw.EmptyTensorMap(), [g.feed(i32(i)) for i in range(4)]
        a = put(put(put(m, k[0], g.feed(f32([1, 2]))), k[1], g.feed(text([b'a', b'']))), k[2], raw.EmptyTensorMap())
        b = drop(a, k[0])
        c = put(b, k[3], g.feed(f32(7)))
        inner = put(look(a, k[2], 'variant'), k[3], g.feed(i64([5])))
        return [size(m), size(a), size(b), size(c), look(a, k[1], 'string'), look(a, k[0], 'float32'), look(inner, k[3], 'int64'), size(look(c, k[2], 'variant')), has(b, k[0]), tf.sort(keys(c, 'int32'))]
    yield GraphCase('tensor map of several values', values)

    def near(g):
        m = put(raw.EmptyTensorMap(), g.feed(f32(0)), g.feed(f32(1)))
        m = put(m, g.feed(f32([0])), g.feed(f32(2)))
        m = put(m, g.feed(i32(0)), g.feed(f32(3)))
        m = put(m, g.feed(text(b'', ())), g.feed(f32(4)))
        m = put(m, g.feed(f32(np.nan)), g.feed(f32(5)))
        return [size(m), has(m, g.feed(f32(-0.0))), has(m, g.feed(f32(np.nan))), look(m, g.feed(f32([0])), 'float32'), look(m, g.feed(i32(0)), 'float32'), look(m, g.feed(text(b'', ())), 'float32'), has(m, g.feed(text(b'\0', ())))]
    yield GraphCase('tensor map of keys that are nearly equal', near)

    def loop(g):
        n = g.feed(i32(9))
        m = tf.while_loop(lambda i, m: i < n, lambda i, m: (i + 1, put(m, i % 4, i * i)), (tf.constant(0), raw.EmptyTensorMap()))[1]
        return [size(m), *[look(m, tf.constant(i), 'int32') for i in range(4)]]
    yield GraphCase('tensor map carried through a loop', loop)

    def added(g):
        k = [g.feed(i32(i)) for i in range(3)]
        a = put(put(raw.EmptyTensorMap(), k[0], g.feed(f32([1, 2]))), k[1], g.feed(f32(3)))
        b = put(put(raw.EmptyTensorMap(), k[1], g.feed(f32(10))), k[2], g.feed(f32(20)))
        c = raw.AddN(inputs=[a, b, a])
        none = raw.ZerosLike(x=a)
        found = [raw.TensorMapLookup(input_handle=c, key=key, value_dtype='float32') for key in k]
        return found + [raw.TensorMapSize(input_handle=m) for m in (a, b, c, none, raw.AddN(inputs=[none, b]))]
    yield GraphCase('tensor maps added', added)

    def misfits(g):
        key = g.feed(i32(0))
        a, b = put(raw.EmptyTensorMap(), key, g.feed(f32([1, 2]))), put(raw.EmptyTensorMap(), key, g.feed(f32(3)))
        return [raw.TensorMapSize(input_handle=raw.AddN(inputs=[a, b]))]
    yield GraphCase('tensor maps of values that do not fit are not added', misfits, error=True)

    def empty(g):
        key = g.feed(f32([], (0, 3)))
        m = put(raw.EmptyTensorMap(), key, g.feed(f32([], (2, 0))))
        return [look(m, key, 'float32'), keys(m, 'float32'), has(m, g.feed(f32([], (0, 4))))]
    yield GraphCase('tensor map of empty tensors', empty)

    def wrong(name, build):
        return GraphCase(f'tensor map bad {name}', build, error=True)
    one = lambda g: put(raw.EmptyTensorMap(), g.feed(i32(1)), g.feed(f32(2)))
    yield wrong('look up', lambda g: [look(one(g), g.feed(i32(2)), 'float32')])
    yield wrong('look up in none', lambda g: [look(raw.EmptyTensorMap(), g.feed(i32(2)), 'float32')])
    yield wrong('erase', lambda g: [size(drop(one(g), g.feed(i32(2))))])
    yield wrong('stack none', lambda g: [keys(raw.EmptyTensorMap(), 'int32')])
    yield wrong('stack of another dtype', lambda g: [keys(one(g), 'int64')])
    yield wrong('stack of two shapes', lambda g: [keys(put(one(g), g.feed(i32([1])), g.feed(f32(2))), 'int32')])
    yield wrong('list', lambda g: [size(raw.EmptyTensorList(element_shape=-1, max_num_elements=-1, element_dtype=tf.float32))])
    yield wrong('shape', lambda g: [size(tf.reshape(one(g), [1]))])


def optionals():
    def get(x, types, shapes):
        return list(raw.OptionalGetValue(optional=x, output_types=[tf.as_dtype(t) for t in types], output_shapes=shapes))

    def some(*components):
        return raw.OptionalFromValue(components=list(components))

    for t in KEYS:
        def build(g, t=t):
            x = some(g.feed(rand(t, (2, 3), seed=1)))
            return [*get(x, [t], [(2, 3)]), *get(x, [t], [(None, 3)]), *get(x, [t], [None]), raw.OptionalHasValue(optional=x)]
        yield GraphCase(f'optional {t}', build)

    def several(g):
        x = some(g.feed(f32([1, 2])), g.feed(text(b'deep', ())), g.feed(i32([], (0, 2))))
        nested = some(x, raw.OptionalNone())
        inner, none = get(nested, ['variant', 'variant'], [(), None])
        return [*get(x, ['float32', 'string', 'int32'], [(2,), (), (0, None)]), *get(inner, ['float32', 'string', 'int32'], [None] * 3), raw.OptionalHasValue(optional=none),
                raw.OptionalHasValue(optional=raw.OptionalNone()), raw.OptionalHasValue(optional=nested)]
    yield GraphCase('optional of several values', several)

    def constant(g):
        x = some(g.const(f32([1, 2])))
        return [*get(x, ['float32'], [(2,)]), tf.cond(raw.OptionalHasValue(optional=x), lambda: get(x, ['float32'], [(2,)])[0] + 1, lambda: tf.zeros([2]))]
    yield GraphCase('optional of a constant', constant)

    def gradients(g):  # what a branch that was not taken gives the gradient of its optional
        x = some(g.feed(f32([1, 2])), g.feed(i32([3])), raw.OptionalNone())
        types, shapes = ['float32', 'int32', 'variant'], [(2,), (1,), ()]
        *zeros, none = get(tf.zeros_like(x), types, shapes)
        *sums, nothing = get(tf.add_n([x, x, tf.zeros_like(x)]), types, shapes)
        return [*zeros, *sums, *[raw.OptionalHasValue(optional=o) for o in (none, nothing, tf.zeros_like(raw.OptionalNone()))]]
    yield GraphCase('optional zeros and sums', gradients)

    def wrong(name, build):
        return GraphCase(f'optional bad {name}', build, error=True)
    one = lambda g: some(g.feed(f32([1, 2])))
    yield wrong('none', lambda g: get(raw.OptionalNone(), ['float32'], [None]))
    yield wrong('dtype', lambda g: get(one(g), ['int32'], [None]))
    yield wrong('count', lambda g: get(one(g), ['float32', 'float32'], [None, None]))
    yield wrong('shape', lambda g: get(one(g), ['float32'], [(3,)]))
    yield wrong('rank', lambda g: get(one(g), ['float32'], [(None, None)]))
    yield wrong('sum with none', lambda g: get(tf.add_n([one(g), raw.OptionalNone()]), ['float32'], [None]))
    yield wrong('zeros of strings', lambda g: get(tf.zeros_like(some(g.feed(text(b'a', ())))), ['string'], [None]))
    yield wrong('map', lambda g: [raw.OptionalHasValue(optional=raw.EmptyTensorMap())])
    yield wrong('get from a map', lambda g: get(raw.EmptyTensorMap(), ['float32'], [None]))


def mutexes():
    def turns(g):
        x, mutex = g.feed(f32([1, 2])), raw.MutexV2(shared_name='m')
        results, last = [], []
        for i in range(3):
            with tf.control_dependencies(last):
                lock = raw.MutexLock(mutex=mutex)
            with tf.control_dependencies([lock]):
                results.append(x * i)
            with tf.control_dependencies([results[-1]]):
                last = [raw.ConsumeMutexLock(mutex_lock=lock)]
        with tf.control_dependencies(last):
            return [*results, tf.identity(x)]
    yield GraphCase('mutex locked in turns', turns)

    def two(g):
        x = g.feed(f32([1, 2]))
        a, b = (raw.MutexLock(mutex=raw.MutexV2(shared_name=name)) for name in ('a', 'b'))
        with tf.control_dependencies([raw.ConsumeMutexLock(mutex_lock=tf.identity(a)), raw.ConsumeMutexLock(mutex_lock=b)]):
            return [tf.identity(x)]
    yield GraphCase('two mutexes', two)

    def alone(g):
        with tf.control_dependencies([raw.MutexLock(mutex=raw.MutexV2())]):
            return [tf.identity(g.feed(f32(1)))]
    yield GraphCase('mutex that nobody gives back', alone)


def cases():
    for family in (maps, optionals, mutexes):
        yield from family()
