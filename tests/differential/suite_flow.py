"""Loops, branches, calls and TensorArrays as importers' suites write them."""
from suites import *

raw = tf.raw_ops


@net(static=True)
def while_many_variables(draw):
    n, count = draw.randint(0, 4), draw.randint(5, 12)
    x = f(draw, 2, 3)

    def run(x):
        start = [x * float(k) for k in range(count)]
        step = lambda i, *v: (i + 1, *[v[(k + 1) % count] + 0.5 * v[k] for k in range(count)])
        return tf.while_loop(lambda i, *v: i < n, step, (0, *start))
    return run, [x]


@net(static=True)
def while_invariant_table(draw):
    table, n = weight(draw, 5, 4), draw.randint(0, 5)

    def run(x, ids):
        return tf.while_loop(lambda i, a: tf.logical_and(i < n, tf.reduce_sum(a) < 50), lambda i, a: (i + 1, a + tf.gather(table, ids[i % 3])), (tf.constant(0), x))
    return run, [f(draw, 4), i(draw, 3, high=4)]


@net(static=True)
def while_multi_scan(draw):
    n = draw.randint(1, 4)

    def run(x, y):
        arrays = [tf.TensorArray(tf.float32, n, element_shape=[3]), tf.TensorArray(tf.int32, n), tf.TensorArray(tf.float32, 0, dynamic_size=True, clear_after_read=False)]
        source = tf.TensorArray(tf.float32, n).unstack(x[:n])

        def body(t, a, b, c):
            return t + 1, a.write(t, source.read(t) + y), b.write(t, t * t), c.write(t, tf.reduce_sum(source.read(t)) * tf.ones([2]))
        source = tf.TensorArray(tf.float32, n, clear_after_read=False).unstack(x[:n])
        _, a, b, c = tf.while_loop(lambda t, *_: t < n, body, (0, *arrays))
        return a.stack(), b.stack(), c.concat(), c.size()
    return run, [f(draw, 4, 3), f(draw, 3)]


@net(static=True)
def while_cond_inside(draw):
    n = draw.randint(0, 5)

    def run(x):
        body = lambda i, a: (i + 1, tf.cond(tf.equal(i % 2, 0), lambda: a + 1.0, lambda: tf.cond(tf.reduce_max(a) > 1.0, lambda: a * 0.5, lambda: -a)))
        return tf.while_loop(lambda i, a: i < n, body, (0, x))
    return run, [f(draw, 2, 2)]


@net(static=True)
def cond_while_inside(draw):
    def run(x, flag):
        grow = lambda: tf.while_loop(lambda a: tf.reduce_sum(tf.abs(a)) < 20.0, lambda a: a * 2.0 + 1.0, (x,), maximum_iterations=9)[0]
        return tf.cond(flag, grow, lambda: tf.map_fn(lambda r: r * 2.0, x))
    return run, [f(draw, 3, 2), draw.tensor('bool', ())]


@net(ranked=True)
def while_shape_grows(draw):
    n = draw.randint(0, 4)

    def run(x):
        return tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, tf.concat([a, tf.reduce_mean(a, 0, keepdims=True)], 0)), (0, x),
                             shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 3])))
    return run, [f(draw, 2, 3)]


@net(static=True)
def while_string_state(draw):
    n = draw.randint(0, 4)

    def run(x):
        return tf.while_loop(lambda i, s, b: i < n, lambda i, s, b: (i + 1, tf.strings.join([s, tf.strings.as_string(i)], '-'), tf.logical_not(b)), (0, x, tf.constant(True)))
    return run, [draw.tensor('string', (2,))]


@net(static=True)
def while_nested_arrays(draw):
    def run(x):
        def outer(i, out):
            def inner(j, acc):
                return j + 1, acc.write(j, x[i, j] * x[j, i])
            _, acc = tf.while_loop(lambda j, _: j < 3, inner, (0, tf.TensorArray(tf.float32, 3)))
            return i + 1, out.write(i, acc.stack())
        return tf.while_loop(lambda i, _: i < 3, outer, (0, tf.TensorArray(tf.float32, 3)))[1].stack()
    return run, [f(draw, 3, 3)]


@net(static=True)
def while_collatz(draw):
    def run(x):
        return tf.while_loop(lambda v, n: tf.reduce_any(v > 1), lambda v, n: (tf.where(v > 1, tf.where(v % 2 == 0, v // 2, 3 * v + 1), v), n + tf.cast(v > 1, tf.int64)),
                             (x, tf.zeros_like(x)))
    return run, [i(draw, 4, low=1, high=30, dtype='int64')]


@net(static=True)
def while_gradient(draw):
    n = draw.randint(1, 4)

    def run(x, w):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = tf.while_loop(lambda i, a: i < n, lambda i, a: (i + 1, tf.tanh(tf.matmul(a, w)) + a), (0, x), maximum_iterations=n)[1]
            loss = tf.reduce_sum(y * y)
        return tape.gradient(loss, [x, w])
    return run, [f(draw, 2, 3), f(draw, 3, 3)]


while_gradient.traced = True


@net(static=True)
def scan_gradient(draw):
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.scan(lambda a, r: a * 0.5 + tf.sin(r), x)
        return tape.gradient(y, x)
    return run, [f(draw, 4, 2)]


scan_gradient.traced = True


@net(static=True)
def while_back_prop_stack(draw):
    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            array = tf.TensorArray(tf.float32, 3).unstack(x)
            total = tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * array.read(i)), (0, tf.ones([2])), maximum_iterations=5)[1]
        return tape.gradient(total, x)
    return run, [f(draw, 3, 2, low=0.5)]


while_back_prop_stack.traced = True


@net
def cond_outputs_many(draw):
    def run(x, y, flag):
        return tf.cond(flag, lambda: [x + y, tf.reduce_sum(x), tf.shape(x), tf.constant(b'yes')], lambda: [x - y, tf.reduce_max(y), tf.shape(y), tf.constant(b'no')])
    return run, [f(draw, 2, 3), f(draw, 2, 3), draw.tensor('bool', ())]


cond_outputs_many.ranked = True


@net(ranked=True)
def cond_different_shapes(draw):
    def run(x, flag):
        return tf.cond(flag, lambda: x[:, :1], lambda: tf.concat([x, x], 1))
    return run, [f(draw, 2, 3), draw.tensor('bool', ())]


@net(static=True)
def cond_numeric_predicate(draw):
    def run(x, n):
        branch = lambda k: tf.function(lambda a: a * float(k))
        g = tf.function(lambda a, p: tf.raw_ops.If(cond=p, input=[a], Tout=[tf.float32], then_branch=branch(2).get_concrete_function(a), else_branch=branch(3).get_concrete_function(a))[0])
        return g(x, n)
    return run, [f(draw, 2), draw.one_of(lit('int32', draw.randint(-1, 1), ()), lit('float32', draw.one_of(0.0, 0.5), ()), lit('string', draw.one_of(b'', b'x'), ()), lit('float32', [], (0,)), lit('int64', [[0]]))]


cond_numeric_predicate.traced = True


@net(static=True)
def case_raw(draw):
    stateless = draw.chance(0.5)

    def run(x, n):
        branches = [tf.function(lambda a, k=k: (a * float(k), tf.cast(a, tf.int32) + k)).get_concrete_function(tf.TensorSpec(x.shape, x.dtype)) for k in range(3)]
        op = raw.StatelessCase if stateless else raw.Case
        return op(branch_index=n, input=[x], Tout=[tf.float32, tf.int32], branches=branches)
    return run, [f(draw, 2), lit('int32', draw.randint(-2, 4), ())]


case_raw.traced = True


@net(static=True)
def switch_case_default(draw):
    def run(x, n):
        return tf.switch_case(n, {0: lambda: x, 2: lambda: x * 2.0, 1: lambda: tf.reverse(x, [0])}, default=lambda: tf.zeros_like(x))
    return run, [f(draw, 3), lit('int32', draw.randint(-1, 4), ())]


@net(static=True)
def case_exclusive(draw):
    def run(x, a, b):
        return tf.case({a > b: lambda: x + 1.0, a < b: lambda: x - 1.0}, default=lambda: x, exclusive=True)
    return run, [f(draw, 3), lit('int32', draw.randint(0, 2), ()), lit('int32', draw.randint(0, 2), ())]


@net
def partitioned_calls(draw):
    kernel = weight(draw, 2, 2, 3, 4)

    def run(x, y):
        @tf.function(autograph=False)
        def inner(a, b):
            return tf.nn.conv2d(a, kernel, 1, 'SAME'), b + 1.0

        @tf.function(autograph=False)
        def outer(a, b):
            c, d = inner(a, b)
            e, g = inner(a * 2.0, d)
            return c + e, g, tf.shape(c)
        return outer(x, y)
    return run, [f(draw, 1, 4, 4, 3), f(draw, 2)]


partitioned_calls.traced, partitioned_calls.ranked = True, True


@net(traced=True)
def calls_unique(draw):
    def run(x, y):
        @tf.function(autograph=False)
        def inner(a):
            u = tf.unique(a)
            return u.y, u.idx
        a, b = inner(x)
        return a * 2, b, tf.size(a), inner(y)[0]
    return run, [i(draw, 5), i(draw, 6)]


@net(static=True, traced=True)
def recursive_depth(draw):
    def run(x):
        def level(k):
            return tf.function(lambda a: a if k == 0 else level(k - 1)(a * 1.5) + float(k), autograph=False)
        return level(4)(x)
    return run, [f(draw, 2, 2)]


@net(static=True)
def map_fn_forms(draw):
    way = draw.randrange(6)

    def run(x, y):
        return [lambda: tf.map_fn(lambda p: p[0] * tf.cast(p[1], tf.float32), (x, y), fn_output_signature=tf.float32), lambda: tf.map_fn(lambda r: (r, tf.argmax(r)), x, fn_output_signature=(tf.float32, tf.int64)),
                lambda: tf.map_fn(lambda k: tf.range(k), y, fn_output_signature=tf.RaggedTensorSpec([None], tf.int32)).to_tensor(), lambda: tf.vectorized_map(lambda r: tf.reduce_sum(r * r), x),
                lambda: tf.map_fn(lambda r: tf.map_fn(lambda e: e + 1.0, r), x), lambda: tf.map_fn(lambda r: tf.strings.as_string(r), y, fn_output_signature=tf.string)][way]()
    return run, [f(draw, 3, 2), i(draw, 3)]


map_fn_forms.traced = True


@net(static=True)
def tensor_array_forms(draw):
    way = draw.randrange(8)

    def run(x):
        if way == 0:
            a = tf.TensorArray(tf.float32, 4, element_shape=[3]).scatter([1, 3, 0, 2], x)
            return a.gather([0, 3]), a.read(2), a.size()
        if way == 1:
            a = tf.TensorArray(tf.float32, 3, infer_shape=False).split(x, [1, 2, 1])
            return a.read(1), a.concat()
        if way == 2:
            a = tf.TensorArray(tf.float32, 0, dynamic_size=True, element_shape=[3])
            for k in (0, 2):
                a = a.write(k, x[k])
            return a.stack(), a.size()
        if way == 3:
            a = tf.TensorArray(tf.float32, 2, element_shape=[None, 3], infer_shape=False).write(0, x[:1]).write(1, x[1:])
            return a.concat(), a.read(0)
        if way == 4:
            a = tf.TensorArray(tf.bool, 4).unstack(tf.reduce_any(x > 0, 1))
            return a.stack()
        if way == 5:
            a = tf.TensorArray(tf.string, 4).unstack(tf.strings.as_string(x[:, 0]))
            return tf.strings.join([a.stack(), a.stack()])
        if way == 6:
            return tf.TensorArray(tf.float32, 4).unstack(x).identity().concat() if False else tf.TensorArray(tf.float32, 4).unstack(x).gather(tf.range(3, -1, -1))
        return tf.TensorArray(tf.float32, 5, element_shape=[3]).scatter([0, 2], x[:2]).stack()
    return run, [f(draw, 4, 3)]


@net(static=True, traced=True)
def tensor_lists(draw):
    way = draw.randrange(11)

    def run(x):
        shape = tf.constant([3], tf.int32)
        unknown = tf.constant([-1], tf.int32)
        l = raw.TensorListFromTensor(tensor=x, element_shape=shape)
        if way == 0:
            l = raw.TensorListPushBack(input_handle=l, tensor=x[0] * 2.0)
            out = raw.TensorListPopBack(input_handle=l, element_shape=shape, element_dtype=tf.float32)
            return out.tensor, raw.TensorListLength(input_handle=out.output_handle)
        if way == 1:
            l = raw.TensorListResize(input_handle=l, size=6)
            return raw.TensorListStack(input_handle=l, element_shape=shape, element_dtype=tf.float32, num_elements=-1)
        if way == 2:
            l = raw.TensorListSetItem(input_handle=l, index=1, item=x[3])
            return raw.TensorListGetItem(input_handle=l, index=1, element_shape=shape, element_dtype=tf.float32), raw.TensorListStack(input_handle=l, element_shape=unknown, element_dtype=tf.float32)
        if way == 3:
            return raw.TensorListGather(input_handle=l, indices=[3, 0], element_shape=unknown, element_dtype=tf.float32)
        if way == 4:
            l = raw.TensorListScatterV2(tensor=x, indices=[2, 0, 1, 4], element_shape=shape, num_elements=6)
            return raw.TensorListStack(input_handle=l, element_shape=shape, element_dtype=tf.float32)
        if way == 5:
            l = raw.TensorListSplit(tensor=x, element_shape=tf.constant([-1, 3]), lengths=tf.constant([1, 0, 3], tf.int64))
            c = raw.TensorListConcatV2(input_handle=l, element_shape=tf.constant([-1, 3]), leading_dims=tf.constant([], tf.int64), element_dtype=tf.float32)
            return c.tensor, c.lengths
        if way == 6:
            l = raw.TensorListReserve(element_shape=shape, num_elements=3, element_dtype=tf.float32)
            l = raw.TensorListSetItem(input_handle=l, index=2, item=x[0])
            return raw.TensorListStack(input_handle=l, element_shape=shape, element_dtype=tf.float32), raw.TensorListElementShape(input_handle=l, shape_type=tf.int64)
        if way == 7:
            l = raw.EmptyTensorList(element_shape=unknown, max_num_elements=5, element_dtype=tf.float32)
            for k in range(3):
                l = raw.TensorListPushBack(input_handle=l, tensor=x[k])
            return raw.TensorListStack(input_handle=l, element_shape=unknown, element_dtype=tf.float32), raw.TensorListLength(input_handle=l)
        if way == 8:
            l2 = raw.TensorListConcatLists(input_a=l, input_b=l, element_dtype=tf.float32)
            return raw.TensorListStack(input_handle=l2, element_shape=shape, element_dtype=tf.float32)
        if way == 9:
            return raw.TensorListStack(input_handle=tf.zeros_like(l), element_shape=shape, element_dtype=tf.float32)
        added = raw.AddN(inputs=[l, l])
        return raw.TensorListStack(input_handle=added, element_shape=shape, element_dtype=tf.float32)
    return run, [f(draw, 4, 3)]


@net(static=True)
def placeholder_defaults(draw):
    def run(x):
        d = tf.compat.v1.placeholder_with_default(tf.constant([1.0, 2.0, 3.0]), [None])
        e = tf.compat.v1.placeholder_with_default(x * 2.0, x.shape)
        return x + d, e - d
    return run, [f(draw, 2, 3)]


@net(static=True)
def control_dependencies(draw):
    def run(x):
        with tf.control_dependencies([tf.debugging.assert_less(x, 1e6), tf.debugging.assert_rank(x, 2), tf.no_op()]):
            y = tf.identity(x)
        with tf.control_dependencies([y]):
            return tf.constant([1.0, 2.0]), y + 1.0
    return run, [f(draw, 2, 2)]


@net(static=True)
def print_and_identity_n(draw):
    def run(x):
        a, b = tf.identity_n([x, x + 1.0])
        y = raw.PreventGradient(input=tf.stop_gradient(a))
        return raw.Snapshot(input=y) + tf.grad_pass_through(lambda v: v * 2.0)(b), tf.ensure_shape(b, [None, 2]), tf.guarantee_const(tf.constant(3.0))
    return run, [f(draw, 2, 2)]


@net(static=True)
def variables_frozen(draw):
    v = tf.Variable(draw.numpy.randn(4, 3).astype(np.float32))
    w = tf.Variable([1, 2, 3])

    def run(x, ids):
        return tf.matmul(x, v), tf.gather(v, ids), tf.nn.embedding_lookup(v, ids), w + 1, raw.ResourceGatherNd(resource=v.handle, indices=ids[:, None], dtype=tf.float32), raw.VariableShape(input=v.handle)
    return run, [f(draw, 2, 4), i(draw, 3)]


variables_frozen.traced = True


@net(static=True)
def custom_gradient_net(draw):
    @tf.custom_gradient
    def clipped(x):
        return tf.clip_by_value(x, -1, 1), lambda dy: dy * tf.cast(tf.abs(x) < 1, x.dtype)

    def run(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = clipped(x * 2.0)
        return y, tape.gradient(y, x)
    return run, [f(draw, 3, 2)]


custom_gradient_net.traced = True
