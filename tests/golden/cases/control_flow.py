"""Branches and loops: Switch and Merge, while_loop of both kinds, If, Case, While, For, functions in functions."""
from cases_dsl import *

v1 = tf.compat.v1
raw = tf.raw_ops


def batches():
    """A function that TensorFlow's servers run over the requests that came together; here there is one."""
    def batched(captures, two):
        def build(g):
            x, n = g.feed(rand('float32', (3, 2), seed=1)), g.feed(rand('int32', (3,), seed=2))
            w = g.feed(rand('float32', (2, 4), seed=3))

            @tf.function(autograph=False)
            def inner(*values):
                y = tf.matmul(values[0], values[-1]) if captures else values[0] * 2
                return [y, values[1] + 1] if two else [tf.reduce_sum(y, 1)]
            given = [x, n] if two else [x]
            f = inner.get_concrete_function(*(tf.TensorSpec([None, *t.shape[1:]], t.dtype) for t in given), *([tf.TensorSpec(w.shape, w.dtype)] if captures else []))
            f.add_to_graph()
            return list(raw.BatchFunction(in_tensors=given, captured_tensors=[w] if captures else [], f=f, num_batch_threads=1, max_batch_size=3 if two else 8,
                                          batch_timeout_micros=0, allowed_batch_sizes=[] if two else [4, 8], Tout=[t.dtype for t in f.outputs]))
        return build
    for captures in (False, True):
        for two in (False, True):
            yield GraphCase(f'BatchFunction captures {captures} two {two}', batched(captures, two))


def mapped():
    """A function for each row."""
    def over(inner, args, captured=(), shapes=None, types=None):
        def build(g):
            a, c = [g.feed(x) for x in args], [g.feed(x) for x in captured]
            specs = [tf.TensorSpec(None, t.dtype) for t in a + c]
            f = tf.function(inner, autograph=False).get_concrete_function(*specs)
            f.add_to_graph()
            return list(raw.MapDefun(arguments=a, captured_inputs=c, output_types=types or [t.dtype for t in f.outputs], output_shapes=shapes, f=f))
        return build
    x, y, v = rand('float32', (3, 2), seed=1), rand('float32', (3, 4), seed=2), rand('float32', (2,), seed=3)
    for t in ALL_PLAIN:
        yield GraphCase(f'MapDefun {t}', over(lambda a: [tf.reverse(a, [0]), a[0]], [rand(t, (3, 2), seed=1)], shapes=[[2], []]), exact=True)
    outer = lambda a, b, c: [tf.tensordot(a + c, b, 0), tf.reduce_sum(b)]
    for name, shapes in [('known', [[2, 4], []]), ('dims unknown', [[None, 4], []]), ('rank unknown', [None, None])]:
        yield GraphCase(f'MapDefun {name}', over(outer, [x, y], [v], shapes))
    yield GraphCase('MapDefun no rows', over(lambda a: [a + 1], [rand('float32', (0, 2), seed=1)], shapes=[[2]]))
    yield GraphCase('MapDefun odd rows', over(lambda a: [a * 2], [rand('int8', (3, 5), seed=1)], shapes=[[5]]))
    yield GraphCase('MapDefun of lengths', over(lambda n: [tf.range(n)], [i32([2, 2])], shapes=[[None]]))
    yield GraphCase('MapDefun refused: rows differ', over(lambda n: [tf.range(n)], [i32([2, 3])], shapes=[[None]]), error=True)
    yield GraphCase('MapDefun refused: another shape', over(lambda a: [a + 1], [x], shapes=[[3]]), error=True)
    yield GraphCase('MapDefun refused: another type', over(lambda a: [a + 1], [x], shapes=[[2]], types=['int32']), error=True)
    yield GraphCase('MapDefun refused: no rows of unknown shape', over(lambda a: [a + 1], [rand('float32', (0, 2), seed=1)], shapes=[[None]]), error=True)

    def looped(g):
        @tf.function(autograph=False)
        def steps(n):
            return tf.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, s + i), [0, 0])[1]
        f = steps.get_concrete_function(tf.TensorSpec([], tf.int32))
        f.add_to_graph()
        return list(raw.MapDefun(arguments=[g.feed(i32([3, 0, 5]))], captured_inputs=[], output_types=['int32'], output_shapes=[[]], f=f))
    yield GraphCase('MapDefun of a loop', looped)


def left_over():
    """What is in no loop hands on what it gets."""
    yield Case('LoopCond', [boolean(True)])
    for t in ALL_PLAIN:
        yield Case('NextIteration', [rand(t, (2, 3))], exact=True)


def switches():
    for t in ALL_PLAIN:
        for taken in (True, False):
            def build(g, t=t, taken=taken):
                x = g.feed(rand(t, (2, 3), seed=1))
                off, on = raw.Switch(data=x, pred=g.feed(boolean(taken)))
                return list(raw.Merge(inputs=[raw.Identity(input=off), raw.Identity(input=on)]))
            yield GraphCase(f'Switch and Merge {t} {taken}', build, exact=True)

    for t in ALL_PLAIN:
        def one_of_three(g, t=t):
            types = {'T': tf.compat.v1.AttrValue(type=tf.as_dtype(t).as_datatype_enum), 'num_outs': tf.compat.v1.AttrValue(i=3)}
            op = v1.get_default_graph().create_op('_SwitchN', [g.feed(rand(t, (2,), seed=1)), g.feed(i32(1))], [tf.as_dtype(t)] * 3, attrs=types, name='choose')
            return list(raw.Merge(inputs=[raw.Identity(input=x) for x in op.outputs]))
        yield GraphCase(f'_SwitchN {t}', one_of_three)

        def looped(g, t=t):
            x = g.feed(rand(t, (2,), seed=1))
            _, y, z = v1.while_loop(lambda i, y, z: i < 3, lambda i, y, z: (i + 1, z, y), [tf.constant(0), x, g.feed(rand(t, (2,), seed=2))])
            return [y, z]
        yield GraphCase(f'while_loop over {t}', looped)

    def other_side(g):
        off, on = raw.Switch(data=g.feed(f32([1, 2])), pred=g.feed(boolean(True)))
        return [raw.Identity(input=on)]
    yield GraphCase('the side that is taken', other_side)

    def triggered(g):
        off, on = raw.Switch(data=g.feed(f32([1, 2])), pred=g.feed(boolean(True)))
        with tf.control_dependencies([raw.Identity(input=off)]):
            trigger = raw.ControlTrigger()
        with tf.control_dependencies([trigger]):
            return [raw.Identity(input=on)]
    yield GraphCase('ControlTrigger after what is dead', triggered)

    def dead(g):
        off, on = raw.Switch(data=g.feed(f32([1, 2])), pred=g.feed(boolean(True)))
        return [raw.Identity(input=off)]
    yield GraphCase('the side that is not taken has no value', dead, error=True)

    for taken in (True, False):
        def waits(g, taken=taken):
            off, on = raw.Switch(data=g.feed(f32([1, 2])), pred=g.feed(boolean(taken)))
            off, on = raw.Identity(input=off), raw.Neg(x=on)
            with tf.control_dependencies([raw.Identity(input=off), raw.Identity(input=on)]):  # one is dead; only the values decide
                return list(raw.Merge(inputs=[off, on]))
        yield GraphCase(f'a Merge that waits for what is dead {taken}', waits)

    for p, q in [(True, True), (True, False), (False, True), (False, False)]:
        def nested(g, p=p, q=q):
            x, y = g.feed(f32([1, 2, 3])), g.feed(f32([4, 5, 6]))
            outer, inner = g.feed(boolean(p)), g.feed(boolean(q))
            return [v1.cond(outer, lambda: v1.cond(inner, lambda: x + y, lambda: x * 2), lambda: v1.cond(inner, lambda: y - x, lambda: tf.constant([7.0, 8, 9])))]
        yield GraphCase(f'nested conds {p} {q}', nested)

        def shapes(g, p=p, q=q):
            x = g.feed(f32([1, 2, 3]))
            a = v1.cond(g.feed(boolean(p)), lambda: x[:2], lambda: tf.concat([x, x], 0))
            b = v1.cond(g.feed(boolean(q)), lambda: tf.reduce_sum(a), lambda: tf.reduce_max(a) * 3)
            return [a, b, tf.shape(a)]
        yield GraphCase(f'conds of unequal shapes {p} {q}', shapes)

    def many(g):
        p = g.feed(boolean(False))
        x = g.feed(i32([1, 2, 3]))
        a, b, c = v1.cond(p, lambda: (x, x + 1, tf.constant(1)), lambda: (x * x, x - 1, tf.constant(2)))
        return [a, b, c]
    yield GraphCase('cond of several values', many)


def v1_loops():
    def count(n):
        def build(g):
            limit = g.feed(i32(n))
            i, x = v1.while_loop(lambda i, x: i < limit, lambda i, x: (i + 1, x * 1.5 + 1), [tf.constant(0), g.feed(f32([1, -2]))])
            return [i, x]
        return build
    for n in (0, 1, 2, 7, 100):
        yield GraphCase(f'while_loop of {n}', count(n))

    def invariant(g):
        w = g.const(rand('float32', (4, 4), -1, 1, seed=3))
        v = g.feed(rand('float32', (4, 4), -1, 1, seed=4))
        _, x = v1.while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, tf.tanh(tf.matmul(x, w) + tf.matmul(x, v))), [tf.constant(0), g.feed(rand('float32', (2, 4), seed=5))])
        return [x]
    yield GraphCase('while_loop over constant and fed matrices', invariant)

    def swap(g):
        a, b = g.feed(f32([1, 2])), g.feed(f32([3, 4]))
        _, a, b = v1.while_loop(lambda i, a, b: i < 3, lambda i, a, b: (i + 1, b, a), [tf.constant(0), a, b])
        return [a, b]
    yield GraphCase('while_loop that swaps', swap)

    def grows(g):
        x = g.feed(i32([1]))
        _, x = v1.while_loop(lambda i, x: i < 4, lambda i, x: (i + 1, tf.concat([x, x + 1], 0)), [tf.constant(0), x],
                             shape_invariants=[tf.TensorShape([]), tf.TensorShape([None])])
        return [x]
    yield GraphCase('while_loop whose variable grows', grows)

    def nested(g):
        def outer(i, x):
            _, y = v1.while_loop(lambda j, y: j < i, lambda j, y: (j + 1, y + tf.cast(i, tf.float32) * x), [tf.constant(0), tf.zeros([2])])
            return i + 1, x + y
        _, x = v1.while_loop(lambda i, x: i < 4, outer, [tf.constant(0), g.feed(f32([1, 0.5]))])
        return [x]
    yield GraphCase('while_loop in a while_loop', nested)

    for n in (3, 6):
        def branch(g, n=n):
            def body(i, x):
                return i + 1, v1.cond(tf.equal(i % 2, 0), lambda: x + 1, lambda: x * 2)
            _, x = v1.while_loop(lambda i, x: i < n, body, [tf.constant(0), g.feed(f32([1, 2]))])
            return [x]
        yield GraphCase(f'cond in a while_loop of {n}', branch)

        def in_branch(g, n=n):
            x = g.feed(f32([1, 2]))
            loop = lambda: v1.while_loop(lambda i, x: i < n, lambda i, x: (i + 1, x * 2), [tf.constant(0), x])[1]
            return [v1.cond(g.feed(boolean(n == 3)), loop, lambda: x - 1)]
        yield GraphCase(f'while_loop in a cond, {n == 3}', in_branch)

    def strings(g):
        _, s = v1.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, tf.strings.join([s, 'x'])), [tf.constant(0), g.feed(text([b'a', b'']))])
        return [s]
    yield GraphCase('while_loop over strings', strings)

    def frame(g):
        # By hand, and of another form: the body reads the Merge itself, and one value leaves in the middle.
        x = g.feed(f32(1))
        enter = raw.Enter(data=x, frame_name='f')
        merge = raw.Merge(inputs=[enter, enter])
        m = merge.output
        limit = raw.Enter(data=g.const(f32(20)), frame_name='f', is_constant=True)
        cond = raw.LoopCond(input=raw.Less(x=m, y=limit))
        off, on = raw.Switch(data=m, pred=cond)
        two = raw.Enter(data=g.const(f32(2)), frame_name='f', is_constant=True)
        grown = raw.AddV2(x=raw.Mul(x=m, y=two), y=raw.Identity(input=on))
        back = raw.NextIteration(data=grown)
        merge.output.op._update_input(1, back)
        return [raw.Exit(data=off)]
    yield GraphCase('a loop that reads its Merge', frame)

    def first_round(g):
        enter = raw.Enter(data=g.feed(i32(5)), frame_name='f')
        merge = raw.Merge(inputs=[enter, enter])
        one = raw.Enter(data=g.const(i32(1)), frame_name='f', is_constant=True)
        cond = raw.LoopCond(input=raw.Less(x=merge.value_index, y=one))
        off, on = raw.Switch(data=merge.output, pred=cond)
        merge.output.op._update_input(1, raw.NextIteration(data=raw.AddV2(x=on, y=on)))
        return [raw.Exit(data=off)]
    yield GraphCase('a loop whose condition asks its Merge for the round', first_round)


def attr_type(t):
    return tf.compat.v1.AttrValue(type=tf.as_dtype(t).as_datatype_enum)


def attr_types(*types):
    value = tf.compat.v1.AttrValue()
    value.list.type.extend(tf.as_dtype(t).as_datatype_enum for t in types)
    return value


def attr_function(function):
    value = tf.compat.v1.AttrValue()
    value.func.name = function.name
    return value


def _If(cond, input, Tout, **branches):
    """The operator as the earliest files have it, which only a graph can make."""
    attrs = dict(Tcond=attr_type(cond.dtype), Tin=attr_types('float32'), Tout=attr_types(*Tout))
    attrs.update((name, attr_function(f)) for name, f in branches.items())
    return tf.compat.v1.get_default_graph().create_op('_If', [cond, *input], Tout, name='chosen', attrs=attrs).outputs


def choose(g, op, condition):
    yes = tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec([2]))
    no = tf.function(lambda x: x - 1).get_concrete_function(tf.TensorSpec([2]))
    yes.add_to_graph()
    no.add_to_graph()
    return list(op(cond=g.feed(condition), input=[g.feed(f32([1, 2]))], Tout=['float32'], then_branch=yes, else_branch=no))


def functions():
    def called(g):
        @tf.function
        def twice(x):
            return x * 2 + 1

        @tf.function
        def outer(x, y):
            return twice(x) + twice(y), twice(twice(y))
        a, b = outer(g.feed(f32([1, 2])), g.feed(f32([3, 4])))
        return [a, b]
    yield GraphCase('functions in functions', called)

    def listed(g):
        @tf.function
        def split(x):
            a, b, c = tf.split(x, 3)
            return tf.concat([c, b], 0), a
        return list(split(g.feed(i32([1, 2, 3, 4, 5, 6]))))
    yield GraphCase('a function that splits', listed)

    for n in (0, 1, 5):
        def loop(g, n=n):
            @tf.function
            def f(x, limit):
                i = tf.constant(0)
                while i < limit:
                    x = x * 2 - tf.cast(i, tf.float32)
                    i += 1
                return x, i
            return list(f(g.feed(f32([1, 2, 3])), g.feed(i32(n))))
        yield GraphCase(f'While of {n}', loop)

        def stateless(g, n=n):
            @tf.function
            def f(x, y):
                return tf.while_loop(lambda i, x, y: i < n, lambda i, x, y: (i + 1, y, x + y), [tf.constant(0), x, y])
            return list(f(g.feed(f32([1, 2])), g.feed(f32([3, 4]))))
        yield GraphCase(f'StatelessWhile of {n}', stateless)

    for p in (True, False):
        def branch(g, p=p):
            @tf.function
            def f(x, p):
                if p:
                    return tf.reduce_sum(x), x[:1]
                return tf.reduce_max(x), tf.concat([x, x], 0)
            return list(f(g.feed(f32([1, 2, 3])), g.feed(boolean(p))))
        yield GraphCase(f'If {p}', branch)

        def deep(g, p=p):
            @tf.function
            def f(x, p):
                i = tf.constant(0)
                while i < 4:
                    if tf.equal(i % 2, 0):
                        j = tf.constant(0)
                        while j < i:
                            x = x + 1.5
                            j += 1
                    elif p:
                        x = x * 2
                    i += 1
                return x
            return [f(g.feed(f32([1, 2])), g.feed(boolean(p)))]
        yield GraphCase(f'loops and branches in loops {p}', deep)

    for index in (-1, 0, 1, 2, 5):
        def case(g, index=index):
            @tf.function
            def f(i, x):
                return tf.switch_case(i, [lambda: x + 1, lambda: x * 2, lambda: tf.reduce_sum(x) + x[:1]])
            return [f(g.feed(i32(index)), g.feed(f32([1, 2])))]
        yield GraphCase(f'Case {index}', case)

    for op in (raw.If, raw.StatelessIf, _If):
        for t in ALL_PLAIN:
            for value in ((b'', b'a') if t == 'string' else (False, True) if t == 'bool' else (0, 2)):
                if t not in ('float32', 'float64', 'int32', 'int64', 'int16', 'int8', 'uint8', 'string', 'bool'):
                    continue  # as a scalar TensorFlow refuses it

                def typed(g, t=t, value=value, op=op):
                    return choose(g, op, lit(t, value))
                yield GraphCase(f'{op.__name__} of {t} {value}', typed)

            def empty(g, t=t, op=op):
                return choose(g, op, rand(t, (0, 2), seed=1))
            yield GraphCase(f'{op.__name__} of no {t}', empty)

    for start in (0, 3):
        def lowest_loop(g, start=start):
            step = tf.function(lambda i, x: (i + 1, x * 2)).get_concrete_function(tf.TensorSpec([], tf.int32), tf.TensorSpec([2]))
            more = tf.function(lambda i, x: i < 3).get_concrete_function(tf.TensorSpec([], tf.int32), tf.TensorSpec([2]))
            for f in (step, more):
                f.add_to_graph()
            node = tf.compat.v1.get_default_graph().create_op(
                '_While', [g.feed(i32(start)), g.feed(f32([1, 2]))], ['int32', 'float32'], name='looped',
                attrs=dict(T=attr_types('int32', 'float32'), cond=attr_function(more), body=attr_function(step)))
            return node.outputs
        yield GraphCase(f'_While from {start}', lowest_loop)

    def stateful(g):
        step = tf.function(lambda i, x: (i + 1, x * 2)).get_concrete_function(tf.TensorSpec([], tf.int32), tf.TensorSpec([2]))
        more = tf.function(lambda i, x: i < 3).get_concrete_function(tf.TensorSpec([], tf.int32), tf.TensorSpec([2]))
        plus = tf.function(lambda x: x + 1).get_concrete_function(tf.TensorSpec([2]))
        for f in (step, more, plus):
            f.add_to_graph()
        x = g.feed(f32([1, 2]))
        looped = raw.While(input=[g.const(i32(0)), x], cond=more, body=step)
        return [*looped, *raw.Case(branch_index=g.feed(i32(0)), input=[x], Tout=['float32'], branches=[plus, plus]),
                *raw.StatefulPartitionedCall(args=[x], Tout=['float32'], f=plus)]
    yield GraphCase('While, Case and StatefulPartitionedCall', stateful)

    for start, limit, delta in [(0, 4, 1), (5, 0, -2), (3, 3, 1)]:
        def counted(g, start=start, limit=limit, delta=delta):
            body = tf.function(lambda i, x: x * 2 + tf.cast(i, tf.float32)).get_concrete_function(tf.TensorSpec([], tf.int32), tf.TensorSpec([2]))
            body.add_to_graph()
            return list(raw.For(start=g.feed(i32(start)), limit=g.feed(i32(limit)), delta=g.feed(i32(delta)), input=[g.feed(f32([1, 2]))], body=body))
        yield GraphCase(f'For {start} {limit} {delta}', counted)


def resource_variables():
    for t in ALL_PLAIN:
        def plain(g, t=t):
            v = raw.VarHandleOp(dtype=t, shape=[2, 3], shared_name='v')
            with tf.control_dependencies([raw.AssignVariableOp(resource=v, value=g.feed(rand(t, (2, 3), seed=1)))]):
                return [raw.ReadVariableOp(resource=v, dtype=t), raw.VarIsInitializedOp(resource=v)]
        yield GraphCase(f'resource variable {t}', plain)

    for op in (raw.AssignAddVariableOp, raw.AssignSubVariableOp):
        for t in ALL_NUMERIC:
            def changed(g, t=t, op=op):
                v = raw.VarHandleOp(dtype=t, shape=[2, 3], shared_name='v')
                delta = g.feed(rand(t, (2, 3), seed=2))
                with tf.control_dependencies([raw.AssignVariableOp(resource=v, value=g.feed(rand(t, (2, 3), seed=1)))]):
                    change = op(resource=v, value=delta)
                with tf.control_dependencies([change]):
                    return [raw.ReadVariableOp(resource=v, dtype=t)]
            yield GraphCase(f'resource variable {op.__name__} {t}', changed)

    for t in ('int32', 'int64'):
        def shape(g, t=t):
            v = raw.VarHandleOp(dtype='float32', shape=None, shared_name='v')
            with tf.control_dependencies([raw.AssignVariableOp(resource=v, value=g.feed(rand('float32', (2, 0, 3), seed=1)))]):
                return [raw.VariableShape(input=v, out_type=t)]
        yield GraphCase(f'VariableShape {t}', shape)


def reference_loop(g, t):
    """A reference that goes once around a loop."""
    v = raw.Assign(ref=raw.VariableV2(shape=[2], dtype=t), value=g.feed(rand(t, (2,), seed=1)))
    enter = raw.RefEnter(data=v, frame_name='f')
    merge = raw.RefMerge(inputs=[enter, enter])
    count = raw.Merge(inputs=[raw.Enter(data=g.const(i32(0)), frame_name='f')] * 2)
    one = raw.Enter(data=g.const(i32(1)), frame_name='f', is_constant=True)
    cond = raw.LoopCond(input=raw.Less(x=count.output, y=one))
    off, on = raw.RefSwitch(data=merge.output, pred=cond)
    merge.output.op._update_input(1, raw.RefNextIteration(data=on))
    count.output.op._update_input(1, raw.NextIteration(data=raw.AddV2(x=raw.Switch(data=count.output, pred=cond).output_true, y=one)))
    return [raw.Identity(input=raw.RefExit(data=off))]


def references():
    for t in ALL_PLAIN:
        def both(g, t=t):
            p = g.feed(boolean(True))
            v = raw.Assign(ref=raw.Variable(shape=[2], dtype=t), value=g.feed(rand(t, (2,), seed=1)))
            off, on = raw.RefSwitch(data=v, pred=p)
            merged = raw.RefMerge(inputs=[off, raw.DebugGradientRefIdentity(input=raw.RefIdentity(input=on))])
            return [raw.Identity(input=merged.output), merged.value_index, raw.IsVariableInitialized(ref=v)]
        yield GraphCase(f'reference on a branch {t}', both)
        yield GraphCase(f'reference in a loop {t}', lambda g, t=t: reference_loop(g, t))

    for op in (raw.AssignAdd, raw.AssignSub):
        for t in ALL_NUMERIC:
            def changed(g, t=t, op=op):
                v = raw.Assign(ref=raw.VariableV2(shape=[2, 3], dtype=t), value=g.feed(rand(t, (2, 3), seed=1)))
                return [raw.Identity(input=op(ref=v, value=g.feed(rand(t, (2, 3), seed=2))))]
            yield GraphCase(f'reference variable {op.__name__} {t}', changed)

    def wrong(g):
        v = raw.VariableV2(shape=[2], dtype='float32')
        return [raw.Assign(ref=v, value=g.feed(f32([1, 2, 3]), None)) + 1]
    yield GraphCase('a value of another shape', wrong, error=True)

    def loose(g):
        v = raw.VariableV2(shape=[2], dtype='float32')
        return [raw.Assign(ref=v, value=g.feed(f32([1, 2, 3])), validate_shape=False) + 1]
    yield GraphCase('a value of another shape, allowed', loose)

    def unset(g):
        return [raw.ReadVariableOp(resource=raw.VarHandleOp(dtype='float32', shape=[2], shared_name='v'), dtype='float32')]
    yield GraphCase('a variable without value', unset, error=True)

    def in_loop(g):
        v = raw.VarHandleOp(dtype='float32', shape=[], shared_name='v')
        with tf.control_dependencies([raw.AssignVariableOp(resource=v, value=g.feed(f32(1.5)))]):
            start = tf.constant(0)

        def body(i):
            with tf.control_dependencies([raw.AssignVariableOp(resource=v, value=raw.ReadVariableOp(resource=v, dtype='float32') * 3)]):
                return i + 1
        i = v1.while_loop(lambda i: i < 4, body, [start], parallel_iterations=1)
        with tf.control_dependencies([i]):
            return [raw.ReadVariableOp(resource=v, dtype='float32'), i]
    yield GraphCase('a loop that changes a variable', in_loop)


def cases():
    v1.disable_control_flow_v2()
    yield from switches()
    yield from v1_loops()
    yield from resource_variables()
    yield from references()
    yield from functions()
    yield from batches()
    yield from mapped()
    yield from left_over()
