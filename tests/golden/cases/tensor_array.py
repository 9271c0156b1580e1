"""Tensor arrays in all three versions: written, read, packed, scattered, split, their gradients, in loops."""
from cases_dsl import *

ops = tf.raw_ops
PRODUCER = {1: 15, 2: 25, 3: None}  # the first two versions were withdrawn
ELEMENTS = ALL_PLAIN


class Array:
    """The operators of one version over one handle; `flow` orders them."""

    def __init__(self, version, handle, flow):
        self.version, self.handle, self.flow = version, handle, flow

    def op(self, name, **inputs):
        v1 = {'Gather': 'Gather', 'Scatter': 'Scatter'}
        suffix = {1: '', 2: 'V2', 3: 'V3'}[self.version]
        return getattr(ops, 'TensorArray' + v1.get(name, name) + suffix)(handle=self.handle, **inputs)

    def changed(self, flow):
        return Array(self.version, self.handle, flow)

    def write(self, i, x):
        return self.changed(self.op('Write', index=i, value=x, flow_in=self.flow))

    def read(self, i, t):
        return self.op('Read', index=i, dtype=t, flow_in=self.flow)

    def gather(self, i, t, shape=None):
        return self.op('Gather', indices=i, dtype=t, element_shape=shape, flow_in=self.flow)

    def scatter(self, i, x):
        return self.changed(self.op('Scatter', indices=i, value=x, flow_in=self.flow))

    def concat(self, t, shape=None):
        return list(self.op('Concat', dtype=t, element_shape_except0=shape, flow_in=self.flow))

    def split(self, x, lengths):
        return self.changed(self.op('Split', value=x, lengths=tf.constant(lengths, tf.int64), flow_in=self.flow))

    def size(self):
        return self.op('Size', flow_in=self.flow)

    def close(self):
        return self.op('Close')

    def grad(self, source='g'):
        if self.version == 3:
            handle, flow = ops.TensorArrayGradV3(handle=self.handle, source=source, flow_in=self.flow)
            return Array(3, handle, flow)
        op = ops.TensorArrayGrad if self.version == 1 else ops.TensorArrayGradV2
        return Array(self.version, op(handle=self.handle, source=source, flow_in=self.flow), self.flow)


def after(array, *tensors):
    """The array once the tensors are computed."""
    flow = array.flow
    for tensor in tensors:
        flow = flow + 0.0 * tf.cast(ops.Size(input=tensor), tf.float32)
    return array.changed(flow)


def array(version, size, t, name='', shape=None, dynamic=False, clear=True, identical=False):
    t = tf.as_dtype(t)
    common = dict(size=size, dtype=t, dynamic_size=dynamic, clear_after_read=clear, tensor_array_name=name, element_shape=shape)
    if version == 3:
        return Array(3, *ops.TensorArrayV3(identical_element_shapes=identical, **common))
    op = ops.TensorArray if version == 1 else ops.TensorArrayV2
    return Array(version, op(**common), tf.constant(0.0))


def every_version(name, error=False, versions=(1, 2, 3), **more):
    """Decorator: build(g, version) becomes a GraphCase of each version."""
    def cases_of(build):
        return [GraphCase(f'TensorArray {name} v{v}', lambda g, v=v: build(g, v), error=error, producer=PRODUCER[v], exact=not error,
                          **more) for v in versions]
    return cases_of


def idx(*i):
    return tf.constant(list(i), tf.int32, [len(i)])


def for_each_dtype():
    for t in ELEMENTS:
        @every_version(f'written and read {t}')
        def written(g, v, t=t):
            a = array(v, 3, t).write(1, g.feed(rand(t, (2, 3), seed=1))).write(0, g.const(rand(t, (2,), seed=2)))
            return [a.read(1, t), a.read(0, t), a.size()]
        yield from written

        @every_version(f'gathered {t}')
        def gathered(g, v, t=t):
            x = g.feed(rand(t, (4, 2), seed=1))
            a = array(v, 4, t, clear=False).scatter(idx(0, 1, 2, 3), x)
            b = array(v, 4, t, clear=False, name='b').scatter(idx(2, 0, 1, 3), x)
            c = array(v, 2, t, clear=False, name='c').write(1, x).write(0, g.feed(rand(t, (4, 2), seed=2)))
            return [a.gather(idx(0, 1, 2, 3), t), a.gather(idx(3, 3, 1), t, (2,)), b.gather(idx(0, 1, 2, 3), t), c.gather(idx(0, 1), t),
                    a.read(2, t)]
        yield from gathered

        @every_version(f'split and concatenated {t}')
        def split(g, v, t=t):
            x = g.feed(rand(t, (5, 2), seed=1))
            a = array(v, 3, t, clear=False).split(x, [2, 0, 3])
            return [*a.concat(t), *a.concat(t, (2,)), a.read(2, t)]
        yield from split

        def packed(g, t=t):
            x = g.feed(rand(t, (3, 2), seed=1))
            a = array(1, 3, t, clear=False)
            flow = ops.TensorArrayUnpack(handle=a.handle, value=x, flow_in=a.flow)
            b = a.changed(flow)
            return [ops.TensorArrayPack(handle=a.handle, flow_in=flow, dtype=t), b.read(1, t),
                    ops.TensorArrayPack(handle=a.handle, flow_in=flow, dtype=t, element_shape=(2,))]
        yield GraphCase(f'TensorArray packed {t}', packed, producer=15, exact=True)
    for t in ('qint8', 'quint8', 'qint32'):
        @every_version(f'nothing gathered {t}')
        def hollow(g, v, t=t):
            a = array(v, 0, t, shape=(2,))
            return [a.gather(idx(), t, (2,)), *a.concat(t, (3,))]
        yield from hollow
        yield GraphCase(f'TensorArray nothing packed {t}', lambda g, t=t: [
            ops.TensorArrayPack(handle=array(1, 0, t).handle, flow_in=0.0, dtype=t, element_shape=(2,))], producer=15)


def behaviour():
    x23 = rand('float32', (2, 3), seed=1)

    @every_version('dynamic size')
    def dynamic(g, v):
        a = array(v, 0, 'float32', dynamic=True, clear=False).write(2, g.feed(f32([1, 2]))).write(0, g.feed(f32([3, 4])))
        b = a.write(1, g.feed(f32([5, 6])))
        c = array(v, 1, 'float32', dynamic=True, name='c').scatter(idx(1, 0, 2), g.feed(rand('float32', (3, 2), seed=2)))
        d = array(v, 1, 'float32', dynamic=True, name='d').split(g.feed(x23), [1, 1])
        return [a.size(), b.gather(idx(0, 1, 2), 'float32'), b.size(), c.gather(idx(0, 1, 2), 'float32'), *d.concat('float32')]
    yield from dynamic

    @every_version('elements not written are zeros')
    def zeros(g, v):
        a = array(v, 3, 'float32', shape=(2,)).write(1, g.feed(f32([1, 2])))
        b = array(v, 2, 'bool', shape=(), name='b')
        return [a.gather(idx(0, 1, 2), 'float32'), b.read(1, 'bool')]
    yield from zeros

    @every_version('shape told by the first write', versions=(3,))
    def told(g, v):
        a = array(v, 3, 'float32', identical=True, shape=(None, None)).write(1, g.feed(x23))
        return [a.gather(idx(0, 1, 2), 'float32'), after(a, a.flow).size()]
    yield from told

    @every_version('read twice')
    def twice(g, v):
        a = array(v, 1, 'float32', clear=False).write(0, g.feed(x23))
        x = a.read(0, 'float32')
        return [x, after(a, x).read(0, 'float32')]
    yield from twice

    @every_version('empty elements')
    def empty(g, v):
        a = array(v, 2, 'float32').scatter(idx(0, 1), g.feed(rand('float32', (2, 0, 3), seed=1)))
        b = array(v, 0, 'int64', shape=(2, 3), name='b')
        c = array(v, 2, 'float32', name='c').split(g.feed(rand('float32', (0, 3), seed=1)), [0, 0])
        return [a.gather(idx(0, 1), 'float32'), b.gather(idx(), 'int64', (2, 3)), *b.concat('int64', (4,)), b.size(), *c.concat('float32')]
    yield from empty

    @every_version('scalars')
    def scalars(g, v):
        a = array(v, 3, 'float32', clear=False).scatter(idx(0, 1, 2), g.feed(f32([1, 2, 3])))
        return [a.read(1, 'float32'), a.gather(idx(2, 0), 'float32')]
    yield from scalars

    @every_version('closed')
    def closed(g, v):
        a = array(v, 1, 'float32').write(0, g.feed(x23))
        x = a.read(0, 'float32')
        with tf.control_dependencies([x]):
            close = a.close()
        with tf.control_dependencies([close]):
            return [tf.identity(x)]
    yield from closed

    def variants(g):
        l = ops.TensorListFromTensor(tensor=g.feed(x23), element_shape=idx(3))
        a = array(3, 2, tf.variant, clear=False).write(0, l).write(1, ops.TensorListPushBack(input_handle=l, tensor=g.feed(f32([7, 8, 9]))))
        both = a.gather(idx(1, 0), tf.variant)
        return [ops.TensorListStack(input_handle=h, element_shape=np.int32(-1), element_dtype=tf.float32)
                for h in (a.read(1, tf.variant), both[0], both[1])]
    yield GraphCase('TensorArray of variants', variants)

    def python(g):
        x = g.feed(rand('float32', (4, 2), seed=3))
        a = tf.compat.v1.TensorArray(tf.float32, size=4, clear_after_read=False).unstack(x)
        b = tf.compat.v1.TensorArray(tf.float32, size=0, dynamic_size=True, infer_shape=False).write(0, x).write(1, x[:2])
        return [a.stack(), a.read(2), b.concat(), a.gather([3, 1]), a.size()]
    yield GraphCase('TensorArray as Python writes it', python)


def gradients():
    @every_version('gradients', versions=(1, 2, 3))
    def added(g, v):
        x = g.feed(rand('float32', (3, 2), seed=1))
        a = array(v, 3, 'float32').scatter(idx(0, 1, 2), x)
        d = a.grad().write(0, g.feed(f32([1, 2]))).write(0, g.feed(f32([3, 4]))).write(2, g.feed(f32([5, 6])))
        e = after(a, d.flow).grad()  # the same array again
        return [e.changed(d.flow).gather(idx(0, 1, 2), 'float32'), a.grad('other').read(1, 'float32'), d.size()]
    yield from added

    for t in kernel_dtypes('AddN'):
        if t not in ELEMENTS:
            continue

        def summed(g, t=t):
            a = array(3, 2, t).write(0, g.feed(rand(t, (2,), seed=1)))
            d = a.grad().write(0, g.feed(rand(t, (2,), seed=2))).write(0, g.feed(rand(t, (2,), seed=3))).write(0, g.feed(rand(t, (2,), seed=4)))
            return [d.read(0, t)]
        yield GraphCase(f'TensorArray gradients added {t}', summed)

    def clears(g):
        x = g.feed(rand('float32', (2, 3), seed=1))
        a = array(3, 2, 'float32').scatter(idx(0, 1), x)
        y = a.read(0, 'float32')
        d = after(a, y).grad()
        return [y, d.read(0, 'float32'), d.read(1, 'float32')]
    yield GraphCase('TensorArray gradients of cleared elements are zeros', clears)

    def longer(g):
        a = array(3, 1, 'float32', shape=(2,)).write(0, g.feed(f32([1, 2])))
        d = a.grad()
        x = d.read(3, 'float32')
        return [x, after(d, x).size()]
    yield GraphCase('TensorArray gradients past the end', longer, exact=True)

    def with_shape(g):
        a = array(3, 2, 'float32', shape=(2,)).write(0, g.feed(f32([1, 2])))
        handle, flow = ops.TensorArrayGradWithShape(handle=a.handle, flow_in=a.flow, shape_to_prepend=g.feed(i32([3])), source='g')
        e = Array(3, handle, flow).write(0, g.feed(rand('float32', (3, 2), seed=2)))
        return [e.read(0, 'float32'), e.read(1, 'float32')]
    yield GraphCase('TensorArray gradients with a shape before', with_shape)

    def packed(g):
        x = g.feed(rand('float32', (3, 2), seed=1))
        a = array(1, 0, 'float32', dynamic=True)
        flow = ops.TensorArrayUnpack(handle=a.handle, value=x, flow_in=a.flow)
        b = a.changed(flow).write(3, g.feed(f32([1, 2])))
        d = b.grad().write(1, g.feed(f32([5, 6]))).write(0, g.feed(f32([7, 8])))
        return [ops.TensorArrayPack(handle=d.handle, flow_in=d.flow, dtype=tf.float32), d.size()]
    yield GraphCase('TensorArray gradients are packed as many as were unpacked', packed, producer=15)

    def joined(g):
        a = array(3, 2, 'float32').split(g.feed(rand('float32', (3, 2), seed=1)), [1, 2])
        d = a.grad().write(1, g.feed(rand('float32', (2, 2), seed=2)))
        return d.concat('float32')
    yield GraphCase('TensorArray gradients concatenated', joined)

    def derived(g):
        x = g.feed(rand('float32', (4, 2), seed=1))
        a = tf.compat.v1.TensorArray(tf.float32, size=4).unstack(x)
        y = [a.read(i) * float(i + 1) for i in range(4)]
        b = tf.compat.v1.TensorArray(tf.float32, size=3, clear_after_read=False)
        for i in range(3):
            b = b.write(i, y[i] * y[i + 1])
        return tf.gradients(tf.reduce_sum(b.stack() * b.stack()), [x])
    yield GraphCase('TensorArray gradients as Python writes them', derived)


def loops():
    for v in (2, 3):
        def tokens(g, v=v):
            x = g.feed(rand('float32', (5, 3), seed=1))
            a = array(v, 5, 'float32').scatter(idx(0, 1, 2, 3, 4), x)
            b = array(v, 5, 'float32', name='b')

            def body(i, state, flow):
                state = state * 0.5 + a.read(i, 'float32')
                state.set_shape([3])
                return i + 1, state, b.changed(flow).write(i, state * 2.0).flow
            _, state, flow = tf.compat.v1.while_loop(lambda i, *_: i < 5, body, [tf.constant(0), g.feed(f32([1, 2, 3])), b.flow])
            return [state, b.changed(flow).gather(idx(0, 1, 2, 3, 4), 'float32', (3,))]

        def as_tokens(g, build=tokens):
            was = tf.compat.v1.control_flow_v2_enabled()
            tf.compat.v1.disable_control_flow_v2()
            try:
                return build(g)
            finally:
                if was:
                    tf.compat.v1.enable_control_flow_v2()
        yield GraphCase(f'TensorArray in a loop of tokens v{v}', as_tokens, producer=PRODUCER[v])
        if v == 3:
            yield GraphCase('TensorArray in a loop of functions', tokens)

    def trained(g):
        tf.compat.v1.disable_control_flow_v2()
        try:
            x, w = g.feed(rand('float32', (4, 2), seed=1)), g.feed(rand('float32', (2, 2), seed=2))
            a = tf.compat.v1.TensorArray(tf.float32, size=4).unstack(x)
            b = tf.compat.v1.TensorArray(tf.float32, size=4)

            def body(i, h, b):
                h = tf.tanh(tf.linalg.matvec(w, h) + a.read(i))
                return i + 1, h, b.write(i, h)
            _, h, b = tf.compat.v1.while_loop(lambda i, *_: i < 4, body, [0, tf.zeros([2]), b])
            loss = tf.reduce_sum(b.stack() ** 2) + tf.reduce_sum(h)
            return [loss, *tf.gradients(loss, [x, w])]
        finally:
            tf.compat.v1.enable_control_flow_v2()
    yield GraphCase('TensorArray in a loop of tokens with gradients', trained)


def errors():
    def bad(name, build):
        return GraphCase('TensorArray refuses ' + name, build, error=True)
    x = rand('float32', (2, 3), seed=1)

    def filled(g, **more):
        return array(3, 2, 'float32', **more).scatter(idx(0, 1), g.feed(x))
    yield bad('a negative size', lambda g: [array(3, g.feed(i32(-1)), 'float32').size()])
    yield bad('to read past the end', lambda g: [filled(g).read(g.feed(i32(2)), 'float32')])
    yield bad('to read at -1', lambda g: [filled(g).read(g.feed(i32(-1)), 'float32')])
    yield bad('to write past the end', lambda g: [array(3, 1, 'float32').write(1, g.feed(x)).size()])
    yield bad('to write at -1', lambda g: [array(3, 1, 'float32', dynamic=True).write(g.feed(i32(-1)), g.feed(x)).size()])
    yield bad('to write twice', lambda g: [array(3, 1, 'float32').write(0, g.feed(x)).write(0, g.feed(x)).size()])
    yield bad('to write another dtype', lambda g: [array(3, 1, 'float32').write(0, g.feed(i32([1]))).size()])
    yield bad('to write another shape', lambda g: [array(3, 1, 'float32', shape=(4,)).write(0, g.feed(x, None)).size()])
    yield bad('to write shapes that differ', lambda g: [
        array(3, 2, 'float32', identical=True).write(0, g.feed(x)).write(1, g.feed(f32([1]), None)).size()])
    yield bad('to read another dtype', lambda g: [filled(g).read(0, 'int32')])
    yield bad('to read what was not written', lambda g: [array(3, 1, 'float32').read(0, 'float32')])
    yield bad('to read strings that were not written', lambda g: [array(3, 1, 'string', shape=(2,)).read(0, 'string')])

    def cleared(g):
        a = filled(g)
        return [after(a, a.read(0, 'float32')).read(0, 'float32')]
    yield bad('to read a cleared element', cleared)

    def rewritten(g):
        a = array(3, 1, 'float32').write(0, g.feed(x))
        return [after(a, a.read(0, 'float32')).write(0, g.feed(x)).size()]
    yield bad('to write after reading', rewritten)

    def closed(g):
        a = filled(g)
        with tf.control_dependencies([a.flow]):
            close = a.close()
        with tf.control_dependencies([close]):
            return [a.changed(tf.identity(a.flow)).read(0, 'float32')]
    yield bad('to read when closed', closed)
    yield bad('to gather different shapes', lambda g: [
        array(3, 2, 'float32').write(0, g.feed(x)).write(1, g.feed(f32([1]))).gather(idx(0, 1), 'float32')])
    yield bad('to gather another shape', lambda g: [filled(g).gather(idx(0, 1), 'float32', (4,))])
    yield bad('to gather past the end', lambda g: [filled(g).gather(idx(0, 2), 'float32')])
    yield bad('to gather nothing of unknown shape', lambda g: [array(3, 0, 'float32').gather(idx(), 'float32')])
    yield bad('to concat scalars', lambda g: array(3, 1, 'float32').write(0, g.feed(f32(1))).concat('float32')[:1])
    yield bad('to concat different shapes', lambda g: array(3, 2, 'float32').write(0, g.feed(x)).write(
        1, g.feed(f32([[1]]))).concat('float32')[:1])
    yield bad('to concat nothing of unknown shape', lambda g: array(3, 0, 'float32').concat('float32')[:1])
    yield bad('to scatter past the end', lambda g: [array(3, 2, 'float32').scatter(idx(0, 2), g.feed(x)).size()])
    yield bad('to scatter more rows', lambda g: [array(3, 4, 'float32').scatter(g.feed(i32([0, 1, 2]), None), g.feed(x)).size()])
    yield bad('to scatter another dtype', lambda g: [array(3, 2, 'float32').scatter(idx(0, 1), g.feed(i32([1, 2]))).size()])
    yield bad('to scatter no rows of another dtype', lambda g: [array(3, 2, 'float32').scatter(idx(), g.feed(i32([], (0, 2)))).size()])
    yield bad('to split another dtype', lambda g: [array(3, 2, 'float32').split(g.feed(i32([1, 2, 3])), [1, 2]).size()])
    yield bad('to split no rows of another dtype', lambda g: [array(3, 0, 'float32').split(g.feed(i32([], (0, 2))), i64([], (0,)).array).size()])
    yield bad('to scatter a scalar', lambda g: [array(3, 4, 'float32').scatter(idx(0), g.feed(f32(1), None)).size()])
    yield bad('lengths of another sum', lambda g: [array(3, 2, 'float32').split(g.feed(x), [1, 2]).size()])
    yield bad('lengths of another number', lambda g: [array(3, 3, 'float32').split(g.feed(x), [1, 1]).size()])
    yield bad('gradients of gradients', lambda g: [filled(g).grad().grad().size()])
    yield bad('to add another shape', lambda g: [filled(g).grad().write(0, g.feed(f32([1]))).size()])


def cases():
    yield from for_each_dtype()
    yield from behaviour()
    yield from gradients()
    yield from loops()
    yield from errors()
