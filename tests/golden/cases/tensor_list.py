"""Lists of tensors as values of variants: made, changed, joined, split, added, nested, carried through loops."""
from cases_dsl import *

ops = tf.raw_ops
ELEMENTS = ALL_PLAIN + QUANTIZED
ANY = np.int32(-1)


def vec(*dims):
    return tf.constant(list(dims), tf.int32, [len(dims)])


def plain(t):
    return tf.as_dtype(t)


def reserve(t, shape, count):
    return ops.TensorListReserve(element_shape=shape, num_elements=count, element_dtype=plain(t))


def empty(t, shape, most=-1):
    return ops.EmptyTensorList(element_shape=shape, max_num_elements=most, element_dtype=plain(t))


def get(l, i, t, shape=ANY):
    return ops.TensorListGetItem(input_handle=l, index=i, element_shape=shape, element_dtype=plain(t))


def put(l, i, x, **more):
    return ops.TensorListSetItem(input_handle=l, index=i, item=x, **more)


def push(l, x):
    return ops.TensorListPushBack(input_handle=l, tensor=x)


def pop(l, t, shape=ANY):
    return ops.TensorListPopBack(input_handle=l, element_shape=shape, element_dtype=plain(t))


def stack(l, t, shape=ANY, count=-1):
    return ops.TensorListStack(input_handle=l, element_shape=shape, element_dtype=plain(t), num_elements=count)


def rows(x, shape=ANY):
    return ops.TensorListFromTensor(tensor=x, element_shape=shape)


def size(l):
    return ops.TensorListLength(input_handle=l)


def gather(l, i, t, shape=ANY):
    return ops.TensorListGather(input_handle=l, indices=i, element_shape=shape, element_dtype=plain(t))


def concat(l, t, shape=None):
    return ops.TensorListConcat(input_handle=l, element_dtype=plain(t), element_shape=shape)


def concat2(l, t, shape=ANY, leading=()):
    return ops.TensorListConcatV2(input_handle=l, element_shape=shape, leading_dims=tf.constant(leading, tf.int64, [len(leading)]),
                                  element_dtype=plain(t))


def case(name, error=False):
    """Decorator: the builder becomes a GraphCase."""
    return lambda build: GraphCase('TensorList ' + name, build, error=error, exact=True)


def for_each_dtype():
    for t in ELEMENTS:
        def items(g, t=t):
            x = g.feed(rand(t, (2, 3), seed=1))
            l = reserve(t, vec(2, 3), 3)
            l = put(l, 1, x)
            l = put(l, 0, g.const(rand(t, (2, 3), seed=2)))
            return [get(l, 1, t), get(l, 0, t, vec(2, 3))]
        yield GraphCase(f'TensorList set and get {t}', items, exact=True)

        def ends(g, t=t):
            l = empty(t, vec(-1))
            l = push(l, g.feed(rand(t, (2,), seed=1)))
            l = push(l, g.feed(rand(t, (3,), seed=2)))
            l = push(l, g.feed(rand(t, (2,), seed=3)))
            l, last = pop(l, t)
            l2, second = pop(l, t, vec(-1))
            return [last, second, size(l), size(l2)]
        yield GraphCase(f'TensorList push and pop {t}', ends, exact=True)

        def joined(g, t=t):
            l = rows(g.feed(rand(t, (4, 2), seed=1)), vec(2))
            part = ops.TensorListScatter(tensor=g.feed(rand(t, (2, 2), seed=2)), indices=vec(2, 0), element_shape=vec(2))
            some = ops.TensorListScatterV2(tensor=g.feed(rand(t, (2, 2), seed=3)), indices=vec(1, 3), element_shape=vec(-1),
                                           num_elements=5)
            both = ops.TensorListScatterIntoExistingList(input_handle=l, tensor=g.feed(rand(t, (2, 2), seed=4)),
                                                         indices=vec(4, 1))
            return ([stack(l, t), stack(part, t, vec(2), 3), gather(l, vec(3, 0, 3), t), gather(both, vec(1, 4), t, vec(2)), size(both)]
                    + ([stack(some, t, vec(2)), stack(both, t)] if t != 'string' else []))
        yield GraphCase(f'TensorList joined {t}', joined, exact=True)

        def pieces(g, t=t):
            x = g.feed(rand(t, (5, 2), seed=1))
            l = ops.TensorListSplit(tensor=x, element_shape=vec(-1, 2), lengths=tf.constant([2, 0, 3], tf.int64))
            return [*concat(l, t), *concat(l, t, (None, 2)), *concat2(l, t), *concat2(l, t, vec(-1, 2)), get(l, 2, t)]
        yield GraphCase(f'TensorList split and concatenated {t}', pieces, exact=True)

        def batch(g, t=t):
            a, b = empty(t, vec(2)), push(empty(t, vec(2)), g.feed(rand(t, (2,), seed=2)))
            both = ops.TensorListPushBackBatch(input_handles=tf.stack([a, b]), tensor=g.feed(rand(t, (2, 2), seed=1)))
            a2, b2 = tf.unstack(both, num=2)
            return [stack(a2, t), stack(b2, t), size(a), size(b)]
        yield GraphCase(f'TensorList push batch {t}', batch, exact=True)

        def lists(g, t=t):
            a, b = rows(g.feed(rand(t, (2, 3), seed=1)), vec(3)), rows(g.feed(rand(t, (1, 3), seed=2)), vec(3))
            ab = ops.TensorListConcatLists(input_a=a, input_b=b, element_dtype=plain(t))
            aa = ops.TensorListConcatLists(input_a=a, input_b=a, element_dtype=plain(t))
            return [stack(ab, t), stack(aa, t), stack(a, t), size(b)]
        yield GraphCase(f'TensorList concat lists {t}', lists, exact=True)

    for t in kernel_dtypes('AddN'):
        if t not in ELEMENTS:
            continue

        def added(g, t=t):
            a, b = rows(g.feed(rand(t, (2, 3), seed=1)), vec(3)), rows(g.feed(rand(t, (2, 3), seed=2)), vec(3))
            c = put(reserve(t, vec(3), 2), 1, g.feed(rand(t, (3,), seed=3)))
            return [stack(ops.AddN(inputs=[a, b]), t), stack(ops.AddN(inputs=[a, c, b]), t), stack(ops.AddN(inputs=[c, c]), t),
                    stack(ops.AddN(inputs=[a]), t), stack(ops.ZerosLike(x=a), t), size(ops.ZerosLike(x=c)), stack(a, t)]
        yield GraphCase(f'TensorList added {t}', added, rtol=0 if t not in ('float16', 'bfloat16') else 2e-2)


def shapes():
    for st in ('int32', 'int64'):
        def made(g, st=st):
            def shape(*dims):
                return tf.constant(list(dims), st, [len(dims)])
            any_shape = tf.constant(-1, st)
            out = []
            for s in (shape(), shape(2), shape(-1, 3), any_shape):
                l = ops.TensorListReserve(element_shape=s, num_elements=2, element_dtype=tf.float32)
                e = ops.EmptyTensorList(element_shape=s, max_num_elements=-1, element_dtype=tf.float32)
                out += [ops.TensorListElementShape(input_handle=l, shape_type=tf.int32),
                        ops.TensorListElementShape(input_handle=e, shape_type=tf.int64), size(l), size(e)]
            x = g.feed(rand('float32', (2, 3), seed=1))
            lists = [ops.TensorListFromTensor(tensor=x, element_shape=shape(-1)),
                     ops.TensorListScatter(tensor=x, indices=vec(1, 0), element_shape=any_shape),
                     ops.TensorListScatterV2(tensor=x, indices=vec(1, 0), element_shape=shape(3), num_elements=-1),
                     ops.TensorListSplit(tensor=x, element_shape=shape(-1, -1), lengths=tf.constant([1, 1], tf.int64))]
            for l in lists:
                out += [ops.TensorListElementShape(input_handle=l, shape_type=tf.dtypes.as_dtype(st)),
                        get(l, 1, 'float32', any_shape)]
            out += ops.TensorListConcatV2(input_handle=lists[3], element_shape=shape(1, -1),
                                          leading_dims=tf.constant([], tf.int64), element_dtype=tf.float32)
            return out
        yield GraphCase(f'TensorList shapes as {st}', made)

    @case('unset elements are zeros')
    def zeros(g):
        l = put(reserve('float32', vec(-1), 3), 1, g.feed(f32([1, 2])))
        return [get(l, 0, 'float32', vec(2)), get(l, 0, 'float32'), get(l, 2, 'float32', vec(-1)), stack(l, 'float32'),
                stack(l, 'float32', vec(2)), gather(l, vec(2, 1), 'float32'), pop(l, 'float32', vec(4))[1], get(l, 1, 'float32')]
    yield zeros

    @case('unset strings')
    def unset_strings(g):
        return [get(reserve('string', vec(2), 1), 0, 'string')]
    yield unset_strings

    @case('nothing set')
    def nothing(g):
        l = reserve('int32', vec(2, 2), 3)
        return [stack(l, 'int32'), gather(l, vec(1), 'int32'), get(l, 2, 'int32'), pop(l, 'int32')[1]]
    yield nothing

    @case('empty')
    def none(g):
        l = empty('float32', vec(2, 3))
        e = rows(g.feed(rand('float32', (0, 3), seed=1)), vec(3))
        return [stack(l, 'float32'), gather(l, vec(), 'float32'), *concat(l, 'float32', (None, 3)), *concat2(l, 'float32'),
                stack(e, 'float32'), size(e), size(ops.AddN(inputs=[l, l]))]
    yield none

    @case('elements without elements')
    def hollow(g):
        x = g.feed(rand('float32', (3, 0, 2), seed=1))
        l = rows(x, vec(0, 2))
        p = push(push(empty('float32', ANY), x), x)
        return [stack(l, 'float32'), get(l, 1, 'float32'), stack(p, 'float32'), *concat2(p, 'float32')]
    yield hollow

    @case('scalars')
    def scalars(g):
        l = rows(g.feed(f32([1, 2, 3])), vec())
        return [stack(put(l, 1, 7.0), 'float32'), get(l, 1, 'float32'), gather(l, vec(2, 2, 0), 'float32')]
    yield scalars

    @case('concat with unset elements')
    def unset(g):
        x = g.feed(rand('float32', (2, 3), seed=1))
        l = put(reserve('float32', vec(-1, 3), 3), 1, x)
        m = put(l, 2, g.feed(rand('float32', (1, 3), seed=2)))
        return [*concat2(l, 'float32'), *concat2(l, 'float32', vec(2, -1)), *concat2(m, 'float32', vec(-1, 3), [4]),
                *concat2(reserve('float32', vec(2, 3), 2), 'float32'), *concat2(l, 'float32', ANY, [1, 5])]
    yield unset

    @case('resize')
    def resize(g):
        l = rows(g.feed(rand('float32', (3, 2), seed=1)), vec(2))
        return [stack(ops.TensorListResize(input_handle=l, size=k), 'float32') for k in (0, 2, 3, 5)] + [stack(l, 'float32')]
    yield resize

    @case('set past the end')
    def past(g):
        l = put(empty('float32', vec(2)), 2, g.feed(f32([1, 2])), resize_if_index_out_of_bounds=True)
        return [stack(l, 'float32'), size(l)]
    yield past

    @case('max_num_elements')
    def most(g):
        l = push(push(empty('float32', vec(), 2), g.feed(f32(1))), 2.0)
        return [stack(l, 'float32'), size(pop(l, 'float32')[0])]
    yield most

    @case('max_num_elements below 0')
    def any_number(g):
        return [stack(push(push(empty('float32', vec(), -3), g.feed(f32(1))), 2.0), 'float32')]
    yield any_number

    @case('a batch pushed does not ask for max_num_elements')
    def batch(g):
        a = empty('float32', vec(2), 0)
        both = ops.TensorListPushBackBatch(input_handles=tf.stack([a, a]), tensor=g.feed(rand('float32', (2, 2), seed=1)))
        return [stack(both[0], 'float32'), stack(both[1], 'float32')]
    yield batch


def values():
    @case('a list is a value')
    def value(g):
        x = g.feed(rand('float32', (3, 2), seed=1))
        a = rows(x, vec(2))
        b = put(a, 1, g.feed(f32([7, 8])))
        c = push(b, g.feed(f32([5, 6])))
        d = put(c, 0, g.feed(f32([3, 4])))
        e, last = pop(d, 'float32')
        return [stack(l, 'float32') for l in (a, b, c, d, e)] + [last, get(a, 1, 'float32'), get(d, 1, 'float32'), x]
    yield value

    @case('what was read stays')
    def stays(g):
        l = put(reserve('float32', vec(2), 2), 0, g.feed(f32([1, 2])))
        x = get(l, 0, 'float32')
        with tf.control_dependencies([x]):
            m = put(l, 0, g.feed(f32([3, 4])))
        y = stack(m, 'float32')
        with tf.control_dependencies([y]):
            n = put(m, 0, g.feed(f32([5, 6])))
        return [x, y, stack(n, 'float32'), x + 1.0]
    yield stays

    @case('an element put elsewhere in its own list')
    def moved(g):
        l = rows(g.feed(rand('float32', (3, 2), seed=1)), vec(2))
        for k in range(3):
            l = put(l, k, get(l, (k + 1) % 3, 'float32'))
        return [stack(l, 'float32')]
    yield moved

    @case('lists in lists')
    def nested(g):
        x = g.feed(rand('float32', (3, 2), seed=1))
        inner = rows(x, vec(2))
        outer = push(push(empty('variant', vec()), inner), push(inner, g.feed(f32([1, 2]))))
        a, b = get(outer, 0, 'variant', vec()), get(outer, 1, 'variant', vec())
        outer = put(outer, 0, put(a, 0, g.feed(f32([9, 9]))))
        both = ops.AddN(inputs=[outer, outer])
        handles = stack(outer, 'variant')
        rest, last = pop(outer, 'variant', vec())
        return [stack(a, 'float32'), stack(b, 'float32'), stack(get(outer, 0, 'variant', vec()), 'float32'),
                stack(get(both, 1, 'variant', vec()), 'float32'), stack(handles[1], 'float32'), size(rest), stack(last, 'float32'),
                stack(get(ops.ZerosLike(x=outer), 1, 'variant', vec()), 'float32')]
    yield nested

    @case('concat of matrices of lists')
    def matrices(g):
        x = g.feed(rand('float32', (2, 2), seed=1))
        a, b = rows(x, vec(2)), push(empty('float32', vec(2)), g.feed(f32([5, 6])))
        c = ops.TensorListConcatLists(input_a=tf.reshape(tf.stack([a, b]), [1, 2]), input_b=tf.reshape(tf.stack([b, a]), [1, 2]),
                                      element_dtype=tf.float32)
        return [stack(c[0, 0], 'float32'), stack(c[0, 1], 'float32')]
    yield matrices


def loops():
    def while_loop(cond, body, init):
        return tf.while_loop(cond, body, init)

    for shape in (vec_dims for vec_dims in ((2,), None)):
        @case(f'filled by a loop, shape {shape}')
        def filled(g, shape=shape):
            x = g.feed(rand('float32', (6, 2), seed=1))
            given = ANY if shape is None else vec(*shape)

            def body(i, into, grown, total):
                row = get(rows_of_x, i, 'float32', vec(2))
                return i + 1, put(into, i, row * 2.0), push(grown, row + total), total + row
            rows_of_x = rows(x, vec(2))
            _, into, grown, total = while_loop(lambda i, *_: i < 6, body,
                                               (0, reserve('float32', given, 6), empty('float32', given), g.feed(f32([0, 1]))))
            return [stack(into, 'float32', vec(2)), stack(grown, 'float32', vec(2)), total, size(grown)]
        yield filled

    @case('stack and unstack in one loop')
    def rewritten(g):
        l = rows(g.feed(rand('float32', (4, 3), seed=2)), vec(3))

        def body(i, l, kept):
            old = get(l, i % 4, 'float32', vec(3))
            return i + 1, put(l, i % 4, old + 1.0), push(kept, old)
        _, l, kept = while_loop(lambda i, *_: i < 10, body, (0, l, empty('float32', vec(3))))

        def drain(i, kept, total):
            kept, x = pop(kept, 'float32', vec(3))
            return i + 1, kept, total * 0.5 + x
        _, kept, total = while_loop(lambda i, *_: i < 10, drain, (0, kept, tf.zeros([3])))
        return [stack(l, 'float32'), total, size(kept)]
    yield rewritten

    def one_row(g):
        w, u, b = (g.const(rand('float32', s, seed=n)) for n, s in enumerate([(2, 3), (3, 3), (3,)], 5))
        l = rows(g.feed(rand('float32', (9, 1, 2), seed=4)), vec(1, 2))

        def body(i, h):
            x = tf.matmul(get(l, i, 'float32', vec(1, 2)), w)
            return i + 1, tf.tanh(tf.nn.bias_add(tf.nn.bias_add(x, tf.squeeze(tf.matmul(h, u))), b))
        return [while_loop(lambda i, _: i < 9, body, (0, tf.zeros([1, 3])))[1]]
    yield GraphCase('TensorList a cell of one row, whose state is the bias', one_row)

    @case('kept at every step')
    def snapshots(g):
        def body(i, l, history):
            l = put(l, i, g_x * tf.cast(i, tf.float32))
            return i + 1, l, push(history, l)
        g_x = g.feed(f32([1, 2]))
        _, l, history = while_loop(lambda i, *_: i < 4, body, (0, reserve('float32', vec(2), 4), empty('variant', vec())))
        return [stack(get(history, k, 'variant', vec()), 'float32') for k in range(4)] + [stack(l, 'float32')]
    yield snapshots


def errors():
    def bad(name, build):
        return GraphCase('TensorList refuses ' + name, build, error=True)
    x = f32([[1, 2], [3, 4]])
    yield bad('an index past the end', lambda g: [get(rows(g.feed(x), vec(2)), g.feed(i32(2)), 'float32')])
    yield bad('a negative index', lambda g: [get(rows(g.feed(x), vec(2)), g.feed(i32(-1)), 'float32')])
    yield bad('to set past the end', lambda g: [size(put(rows(g.feed(x), vec(2)), g.feed(i32(2)), f(g, [1, 2])))])
    yield bad('to set at -1', lambda g: [size(put(rows(g.feed(x), vec(2)), g.feed(i32(-1)), f(g, [1, 2])))])
    yield bad('an element of another shape', lambda g: [size(put(rows(g.feed(x), vec(2)), 0, g.feed(f32([1, 2, 3]), None)))])
    yield bad('a pushed element of another shape', lambda g: [size(push(rows(g.feed(x), vec(2)), g.feed(f32([1]), None)))])
    yield bad('more than max_num_elements', lambda g: [size(push(empty('float32', vec(), 0), g.feed(f32(1))))])
    yield bad('to pop from nothing', lambda g: [pop(empty('float32', vec()), 'float32')[1]])
    yield bad('an unset element of unknown shape', lambda g: [get(reserve('float32', vec(-1), 2), 0, 'float32')])
    yield bad('to stack unset elements of unknown shape', lambda g: [stack(reserve('float32', vec(-1), 2), 'float32')])
    yield bad('to stack nothing of unknown shape', lambda g: [stack(empty('float32', vec(-1)), 'float32')])
    yield bad('to stack another number', lambda g: [stack(rows(g.feed(x), vec(2)), 'float32', ANY, 3)])
    yield bad('to stack different shapes', lambda g: [stack(push(push(empty('float32', ANY), g.feed(f32([1]))), g.feed(f32([1, 2]))), 'float32')])
    yield bad('a negative number of elements', lambda g: [size(reserve('float32', vec(), g.feed(i32(-1))))])
    yield bad('a negative size', lambda g: [size(ops.TensorListResize(input_handle=empty('float32', vec()), size=g.feed(i32(-1))))])
    yield bad('an element shape of -2', lambda g: [size(empty('float32', g.feed(i32([-2]), None)))])
    yield bad('a scalar element shape of 2', lambda g: [size(empty('float32', g.feed(i32(2), None)))])
    yield bad('rows of a scalar', lambda g: [size(rows(g.feed(f32(1), None)))])
    yield bad('rows of another shape', lambda g: [size(rows(g.feed(x, None), vec(3)))])
    yield bad('to gather past the end', lambda g: [gather(rows(g.feed(x), vec(2)), g.feed(i32([0, 2])), 'float32')])
    yield bad('to scatter at -1', lambda g: [size(ops.TensorListScatter(tensor=g.feed(x), indices=g.feed(i32([0, -1])), element_shape=vec(2)))])
    yield bad('to scatter past num_elements', lambda g: [size(ops.TensorListScatterV2(
        tensor=g.feed(x), indices=g.feed(i32([0, 4])), element_shape=vec(2), num_elements=4))])
    yield bad('to scatter fewer rows', lambda g: [size(ops.TensorListScatter(tensor=g.feed(x, None), indices=g.feed(i32([0]), None), element_shape=vec(2)))])
    yield bad('lengths that are too long', lambda g: [size(ops.TensorListSplit(
        tensor=g.feed(x), element_shape=vec(-1, 2), lengths=g.feed(i64([1, 2]))))])
    yield bad('lengths that are too short', lambda g: [size(ops.TensorListSplit(
        tensor=g.feed(x), element_shape=vec(-1, 2), lengths=g.feed(i64([1]))))])
    yield bad('a negative length', lambda g: [size(ops.TensorListSplit(
        tensor=g.feed(x), element_shape=vec(-1, 2), lengths=g.feed(i64([3, -1]))))])
    yield bad('to concat scalars', lambda g: [concat(rows(g.feed(f32([1, 2])), vec()), 'float32')[0]])
    yield bad('to concat nothing of unknown shape', lambda g: [concat(empty('float32', ANY), 'float32')[0]])
    yield bad('to concat unset elements without lengths', lambda g: [concat2(
        reserve('float32', vec(-1, 2), 2), 'float32', ANY, [1])[0]])
    yield bad('to add lists of different lengths', lambda g: [size(ops.AddN(inputs=[rows(g.feed(x), vec(2)), reserve('float32', vec(2), 3)]))])
    yield bad('to concat lists of different shapes', lambda g: [size(ops.TensorListConcatLists(
        input_a=rows(g.feed(x), vec(2)), input_b=rows(g.feed(x), ANY), element_dtype=tf.float32))])


def f(g, values):
    return g.feed(f32(values))


def cases():
    yield from for_each_dtype()
    yield from shapes()
    yield from values()
    yield from loops()
    yield from errors()
