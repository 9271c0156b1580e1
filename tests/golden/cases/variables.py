"""Parts of variables changed and read: scatters, slices, gathers, counters, temporary variables."""
from cases_dsl import *

raw = tf.raw_ops

SCATTERS = ('Update', 'Add', 'Sub', 'Mul', 'Div', 'Min', 'Max')
ND_SCATTERS = ('Update', 'Add', 'Sub', 'Min', 'Max')


def feed(g, value, *shape):
    """A placeholder that waits for nothing: a fed node would not pass a control edge on."""
    with tf.control_dependencies(None):
        return g.feed(value, *shape)


def constant(g, value):
    with tf.control_dependencies(None):
        return g.const(value)


def after(*nodes):
    return tf.control_dependencies(list(nodes))


def reference(g, value):
    """A reference variable that was given a value."""
    shape = value.shape if isinstance(value, Recipe) else value.array.shape
    return raw.Assign(ref=raw.VariableV2(shape=list(shape), dtype=value.dtype), value=feed(g, value))


def resource(g, value, shape=None):
    """A resource variable and the node that gives it a value."""
    v = raw.VarHandleOp(dtype=value.dtype, shape=shape, shared_name='v')
    return v, raw.AssignVariableOp(resource=v, value=feed(g, value))


def read_after(v, t, *nodes):
    with after(*nodes):
        return [raw.ReadVariableOp(resource=v, dtype=t)]


def divisor(t, shape, how):
    """Updates that divide exactly or not, but never by an integer zero."""
    return rand(t, shape, 1, 5, seed=4) if how == 'Div' else rand(t, shape, seed=4)


def scatters():
    for how in SCATTERS:
        for t in kernel_dtypes(f'Scatter{how}'):
            for index in ('int32', 'int64'):
                def by_reference(g, how=how, t=t, index=index):
                    v = reference(g, rand(t, (5, 3), seed=3))
                    return [raw.Identity(input=getattr(raw, f'Scatter{how}')(ref=v, indices=feed(g, lit(index, [[4, 0], [4, 1]])), updates=feed(g, divisor(t, (2, 2, 3), how))))]
                yield GraphCase(f'Scatter{how} {t} {index}', by_reference)
        for t in kernel_dtypes(f'ResourceScatter{how}', attr='dtype'):
            for index in ('int32', 'int64'):
                def by_resource(g, how=how, t=t, index=index):
                    v, given = resource(g, rand(t, (5, 3), seed=3))
                    with after(given):
                        change = getattr(raw, f'ResourceScatter{how}')(resource=v, indices=feed(g, lit(index, [3, 0, 3])), updates=feed(g, divisor(t, (3, 3), how)))
                    return read_after(v, t, change)
                yield GraphCase(f'ResourceScatter{how} {t} {index}', by_resource)

        def one_for_all(g, how=how):
            v, given = resource(g, rand('float32', (5, 3), seed=3), [5, 3])
            with after(given):
                change = getattr(raw, f'ResourceScatter{how}')(resource=v, indices=feed(g, i32([3, 0, 3])), updates=feed(g, f32(1.5)))
            return read_after(v, 'float32', change)
        yield GraphCase(f'ResourceScatter{how} of one number', one_for_all)

        def nan(g, how=how):
            v, given = resource(g, f32([[np.nan, 1], [2, np.nan]]))
            with after(given):
                change = getattr(raw, f'ResourceScatter{how}')(resource=v, indices=feed(g, i32([0, 1])), updates=feed(g, f32([[3, np.nan], [np.nan, 4]])))
            return read_after(v, 'float32', change)
        yield GraphCase(f'ResourceScatter{how} with NaN', nan)

    def shaped(value, indices, updates, op='ResourceScatterAdd'):
        def build(g):
            v, given = resource(g, value)
            with after(given):
                change = getattr(raw, op)(resource=v, indices=feed(g, indices, None), updates=feed(g, updates, None))
            return read_after(v, value.dtype, change)
        return build
    three = f32([1, 2, 3])
    yield GraphCase('no indices', shaped(three, i32([]), f32([])))
    yield GraphCase('one index', shaped(three, i32(1), f32(5)))
    yield GraphCase('rows without elements', shaped(f32([], (3, 0)), i32([1]), f32([], (1, 0))))
    yield GraphCase('an index past the end', shaped(three, i32([0, 3]), f32([1, 2])), error=True)
    yield GraphCase('an index before the start', shaped(three, i32([-1]), f32([1])), error=True)
    yield GraphCase('an index into nothing', shaped(f32([], (0,)), i32([0]), f32([1])), error=True)
    yield GraphCase('fewer updates than indices', shaped(three, i32([0, 1]), f32([1])), error=True)
    for t in ('float32', 'bfloat16', 'complex64', 'int64'):
        yield GraphCase(f'a resource divided by 0, {t}', shaped(lit(t, [1, 2, 3]), i32([0, 1]), lit(t, [2, 0]), 'ResourceScatterDiv'), error=True)

    def infinite(g):
        v = reference(g, f32([1, -2, 0]))
        return [raw.Identity(input=raw.ScatterDiv(ref=v, indices=feed(g, i32([0, 1, 2])), updates=feed(g, f32([0, 0, 0]))))]
    yield GraphCase('a reference divided by 0', infinite)
    yield GraphCase('a scatter into a scalar', shaped(f32(1), i32([0]), f32([1])), error=True)

    def unset(g):
        change = raw.ResourceScatterAdd(resource=raw.VarHandleOp(dtype='float32', shape=[2], shared_name='v'), indices=feed(g, i32([0])), updates=feed(g, f32([1])))
        with after(change):
            return [feed(g, i32(1)) + 1]
    yield GraphCase('a scatter into a variable without value', unset, error=True)


def nd_scatters():
    for how in ND_SCATTERS:
        for t in kernel_dtypes(f'ScatterNd{how}'):
            for index in ('int32', 'int64'):
                def by_reference(g, how=how, t=t, index=index):
                    v = reference(g, rand(t, (3, 2, 2), seed=3))
                    return [raw.Identity(input=getattr(raw, f'ScatterNd{how}')(ref=v, indices=feed(g, lit(index, [[2, 0], [0, 1], [2, 0]])), updates=feed(g, rand(t, (3, 2), seed=4))))]
                yield GraphCase(f'ScatterNd{how} {t} {index}', by_reference)
        for t in kernel_dtypes(f'ResourceScatterNd{how}'):
            for index in ('int32', 'int64'):
                def by_resource(g, how=how, t=t, index=index):
                    v, given = resource(g, rand(t, (6,), seed=3))
                    with after(given):
                        change = getattr(raw, f'ResourceScatterNd{how}')(ref=v, indices=feed(g, lit(index, [[1], [5], [0], [5]])), updates=feed(g, rand(t, (4,), seed=4)))
                    return read_after(v, t, change)
                yield GraphCase(f'ResourceScatterNd{how} {t} {index}', by_resource)

    def shaped(value, indices, updates, **options):
        def build(g):
            v, given = resource(g, value)
            with after(given):
                change = raw.ResourceScatterNdUpdate(ref=v, indices=feed(g, indices, None), updates=feed(g, updates, None), **options)
            return read_after(v, value.dtype, change)
        return build
    three = f32([1, 2, 3])
    yield GraphCase('places past the end are passed over', shaped(three, i32([[3], [1]]), f32([5, 6]), bad_indices_policy='IGNORE'))
    yield GraphCase('a place past the end', shaped(three, i32([[3]]), f32([5])), error=True)
    yield GraphCase('places of too many coordinates', shaped(three, i32([[0, 0]]), f32([5])), error=True)
    yield GraphCase('fewer updates than places', shaped(three, i32([[0], [1]]), f32([5])), error=True)


def slices():
    for t in kernel_dtypes('StridedSliceAssign'):
        for index in ('int32', 'int64'):
            def by_reference(g, t=t, index=index):
                v = reference(g, rand(t, (4, 3), seed=3))
                return [raw.Identity(input=raw.StridedSliceAssign(ref=v, begin=feed(g, lit(index, [3, 0])), end=feed(g, lit(index, [0, 2])), strides=feed(g, lit(index, [-2, 1])),
                                                                  value=feed(g, rand(t, (2, 2), seed=4))))]
            yield GraphCase(f'StridedSliceAssign {t} {index}', by_reference)

            def by_resource(g, t=t, index=index):
                v, given = resource(g, rand(t, (4, 3), seed=3))
                with after(given):
                    change = raw.ResourceStridedSliceAssign(ref=v, begin=feed(g, lit(index, [1])), end=feed(g, lit(index, [2])), strides=feed(g, lit(index, [1])),
                                                            value=feed(g, rand(t, (3,), seed=4)), shrink_axis_mask=1)
                return read_after(v, t, change)
            if t not in QUANTIZED:
                yield GraphCase(f'ResourceStridedSliceAssign {t} {index}', by_resource)

    for shape in ((), (1,), (1, 2), (3,)):
        def spread(g, shape=shape):
            v, given = resource(g, f32([1, 2, 3, 4]))
            with after(given):
                change = raw.ResourceStridedSliceAssign(ref=v, begin=constant(g, i32([1])), end=constant(g, i32([3])), strides=constant(g, i32([1])), value=feed(g, rand('float32', shape, seed=1)))
            return read_after(v, 'float32', change)
        yield GraphCase(f'a slice set to a value of shape {shape}', spread, error=shape == (3,))


def gathers():
    for t in kernel_dtypes('ResourceGather', attr='dtype'):
        for index in ('int32', 'int64'):
            def rows(g, t=t, index=index):
                v, given = resource(g, rand(t, (5, 2), seed=3), [5, 2])
                with after(given):
                    return [raw.ResourceGather(resource=v, indices=feed(g, lit(index, [[4, 0], [1, 1]])), dtype=t)]
            yield GraphCase(f'ResourceGather {t} {index}', rows)
    for t in kernel_dtypes('ResourceGatherNd', attr='dtype'):
        for index in ('int32', 'int64'):
            def places(g, t=t, index=index):
                v, given = resource(g, rand(t, (3, 2, 2), seed=3))
                with after(given):
                    return [raw.ResourceGatherNd(resource=v, indices=feed(g, lit(index, [[2, 0], [0, 1]])), dtype=t)]
            yield GraphCase(f'ResourceGatherNd {t} {index}', places)

    def picked(value, indices, batch_dims=0):
        def build(g):
            v, given = resource(g, value)
            with after(given):
                return [raw.ResourceGather(resource=v, indices=feed(g, indices, None), batch_dims=batch_dims, dtype=value.dtype)]
        return build
    square = f32([[1, 2, 3], [4, 5, 6]])
    yield GraphCase('picked in batches', picked(square, i32([[2, 0], [1, 1]]), 1))
    yield GraphCase('one picked in each batch', picked(square, i32([2, 0]), 1))
    yield GraphCase('nothing picked', picked(square, i32([])))
    yield GraphCase('picked past the end', picked(square, i32([2])), error=True)
    yield GraphCase('picked before the start', picked(square, i32([-1])), error=True)
    yield GraphCase('picked from a scalar', picked(f32(1), i32([0])), error=True)


def others():
    for t in ('int32', 'int64'):
        def counted(g, t=t):
            v = reference(g, lit(t, 3))
            first = raw.CountUpTo(ref=v, limit=5)
            with after(first):
                return [first, raw.Identity(input=raw.CountUpTo(ref=v, limit=5))]
        yield GraphCase(f'CountUpTo {t}', counted)

        def resource_counted(g, t=t):
            v, given = resource(g, lit(t, 3))
            with after(given):
                first = raw.ResourceCountUpTo(resource=v, limit=5, T=t)
            return [first, *read_after(v, t, first)]
        yield GraphCase(f'ResourceCountUpTo {t}', resource_counted)

        for name, value in (('at the limit', 5), ('of a vector', [1])):
            def refused(g, t=t, value=value):
                v, given = resource(g, lit(t, value))
                with after(given):
                    return [raw.ResourceCountUpTo(resource=v, limit=5, T=t)]
            yield GraphCase(f'ResourceCountUpTo {t} {name}', refused, error=True)

    for t in ALL_PLAIN:
        def temporary(g, t=t):
            v = raw.Assign(ref=raw.TemporaryVariable(shape=[2, 2], dtype=t, var_name='t'), value=feed(g, rand(t, (2, 2), seed=3)))
            return [raw.DestroyTemporaryVariable(ref=v, var_name='t')]
        yield GraphCase(f'TemporaryVariable {t}', temporary)

        def chosen(g, t=t):
            one, two = reference(g, rand(t, (2,), seed=3)), reference(g, rand(t, (2,), seed=4))
            return [raw.Identity(input=raw.RefSelect(index=feed(g, i32(1)), inputs=[one, two]))]
        yield GraphCase(f'RefSelect {t}', chosen)

    def misnamed(g):
        v = raw.Assign(ref=raw.TemporaryVariable(shape=[2], dtype='float32', var_name='a'), value=feed(g, f32([1, 2])))
        return [raw.DestroyTemporaryVariable(ref=v, var_name='b')]
    yield GraphCase('a temporary variable of another name', misnamed, error=True)

    for index in (2, -1):
        def outside(g, index=index):
            one = reference(g, f32([1]))
            return [raw.Identity(input=raw.RefSelect(index=feed(g, i32(index)), inputs=[one, one]))]
        yield GraphCase(f'RefSelect of {index} among 2', outside, error=True)

    for ignored in (True, False):
        def destroyed(g, ignored=ignored):
            v, given = resource(g, f32([1]))
            with after(given):
                gone = raw.DestroyResourceOp(resource=v, ignore_lookup_error=ignored)
            with after(gone):
                return [raw.VarIsInitializedOp(resource=v)]
        yield GraphCase(f'a variable destroyed, missing ones ignored: {ignored}', destroyed)

        def missing(g, ignored=ignored):
            with after(raw.DestroyResourceOp(resource=raw.VarHandleOp(dtype='float32', shape=[1], shared_name='v'), ignore_lookup_error=ignored)):
                return [feed(g, i32(1)) + 1]
        yield GraphCase(f'a missing variable destroyed, ignored: {ignored}', missing, error=not ignored)

    def read_destroyed(g):
        v, given = resource(g, f32([1]))
        with after(given):
            gone = raw.DestroyResourceOp(resource=v)
        return read_after(v, 'float32', gone)
    yield GraphCase('a destroyed variable is read', read_destroyed, error=True)


def cases():
    yield from scatters()
    yield from nd_scatters()
    yield from slices()
    yield from gathers()
    yield from others()
