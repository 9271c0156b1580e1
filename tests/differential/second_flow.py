"""A second tester's rows: functions, branches, loops, gradients of functions, and the operators that only stand for something."""
from second import *
import record
from tensorflow.core.framework import attr_value_pb2

NAMES = ('If', 'StatelessIf', '_If', 'Case', 'StatelessCase', 'While', 'StatelessWhile', '_While', 'For', 'PartitionedCall', 'StatefulPartitionedCall', 'SymbolicGradient', 'FakeParam')


def traced(draw, kinds, shape):
    """A function of tensors of these types that gives as many of the same types."""
    plan = [draw.randrange(4) for _ in kinds]

    def body(*xs):
        out = []
        for way, x in zip(plan, xs):
            if x.dtype == tf.bool:
                out.append(tf.logical_not(x) if way else x)
            elif x.dtype == tf.string:
                out.append(tf.strings.join([x, x]) if way else x)
            else:
                y = (x + x, x * x, x - tf.ones_like(x), tf.reverse(x, [0]) if shape else x)[way]
                out.append(y)
        return tuple(out)
    return body


def concrete(function, kinds, shape):
    made = tf.function(function, autograph=False).get_concrete_function(*[tf.TensorSpec(shape, tf.as_dtype(t)) for t in kinds])
    made.add_to_graph()
    return made


@tests(*NAMES)
def flow(draw, op):
    kinds = [draw.one_of('float32', 'int32', 'float64', 'bool', 'string', 'int64', 'float16', 'complex64') for _ in range(draw.randint(1, 3))]
    if op == 'SymbolicGradient':
        kinds = [draw.one_of('float32', 'float64')] * draw.randint(1, 2)
    shape = dims(draw, 0, 3, 12)
    values = [numbers(draw, t, shape, 'calm') for t in kinds]
    bodies = [traced(draw, kinds, shape) for _ in range(draw.randint(1, 4))]
    turns = draw.randint(0, 4)
    condition = draw.one_of(boolean(draw.chance(0.5), ()), one('int32', draw.randint(-1, 1)), one('float32', draw.one_of(0.0, 0.5, float('nan'))), one('string', draw.one_of(b'', b'x')),
                            boolean([], (0,)), lit('float64', [0.0, 0.0]), one('int64', 0), one('uint8', 3), one('float16', 0.0))
    branch = one('int32', draw.randint(-2, len(bodies) + 1))
    shapes = draw.one_of([], [list(shape)] * len(kinds))
    parallel = draw.one_of(1, 10)

    def net(g):
        xs = [g.feed(v) for v in values]
        types = [tf.as_dtype(t) for t in kinds]
        made = [concrete(b, kinds, shape) for b in bodies]
        graph = tf.compat.v1.get_default_graph()
        if op in ('If', 'StatelessIf', '_If'):
            other = concrete(traced(draw, kinds, shape), kinds, shape)
            if op == '_If':
                func = lambda f: tf.compat.v1.AttrValue(func=attr_value_pb2.NameAttrList(name=f.name))
                attrs = {'Tin': types, 'Tout': types, 'Tcond': tf.as_dtype(condition.dtype)}
                attr = {n: tf.compat.v1.AttrValue(list=tf.compat.v1.AttrValue.ListValue(type=[t.as_datatype_enum for t in v])) if isinstance(v, list) else tf.compat.v1.AttrValue(type=v.as_datatype_enum) for n, v in attrs.items()}
                return graph.create_op('_If', [g.feed(condition), *xs], types, attrs={**attr, 'then_branch': func(made[0]), 'else_branch': func(other)}, name='chosen').outputs
            return list(getattr(ops, op)(cond=g.feed(condition), input=xs, Tout=types, then_branch=made[0], else_branch=other, output_shapes=shapes))
        if op in ('Case', 'StatelessCase'):
            return list(getattr(ops, op)(branch_index=g.feed(branch), input=xs, Tout=types, branches=made, output_shapes=shapes))
        if op in ('While', 'StatelessWhile', '_While'):
            all_kinds = ['int32'] + kinds

            def step(i, *rest):
                return (i + 1,) + tuple(bodies[0](*rest))
            specs = [tf.TensorSpec((), tf.int32)] + [tf.TensorSpec(shape, t) for t in types]
            b = tf.function(step, autograph=False).get_concrete_function(*specs)
            c = tf.function(lambda i, *rest: i < turns, autograph=False).get_concrete_function(*specs)
            b.add_to_graph()
            c.add_to_graph()
            zero = g.feed(one('int32', 0))
            if op == '_While':
                func = lambda f: tf.compat.v1.AttrValue(func=attr_value_pb2.NameAttrList(name=f.name))
                kinds_ = tf.compat.v1.AttrValue(list=tf.compat.v1.AttrValue.ListValue(type=[t.as_datatype_enum for t in [tf.int32] + types]))
                return graph.create_op('_While', [zero, *xs], [tf.int32] + types, attrs={'T': kinds_, 'cond': func(c), 'body': func(b)}, name='looped').outputs
            return list(getattr(ops, op)(input=[zero, *xs], cond=c, body=b, parallel_iterations=parallel, **({'output_shapes': [[]] + shapes} if shapes else {})))
        if op == 'For':
            b = tf.function(lambda i, *rest: tuple(bodies[0](*rest)), autograph=False).get_concrete_function(tf.TensorSpec((), tf.int32), *[tf.TensorSpec(shape, t) for t in types])
            b.add_to_graph()
            return list(ops.For(start=g.feed(one('int32', 0)), limit=g.feed(one('int32', turns)), delta=g.feed(one('int32', draw.one_of(1, 2))), input=xs, body=b))
        if op == 'SymbolicGradient':
            smooth = concrete(lambda *zs: tuple(tf.tanh(z) * zs[0] + tf.reduce_sum(z * z) for z in zs), kinds, shape)
            dys = [g.feed(numbers(draw, t, shape, 'calm')) for t in kinds]
            return list(ops.SymbolicGradient(input=xs + dys, Tout=types, f=smooth))
        if op == 'FakeParam':
            return [ops.Shape(input=ops.FakeParam(dtype=types[0], shape=list(shape)))]
        f = made[0]
        return list(getattr(ops, op)(args=xs, Tout=types, f=f))
    return GraphCase(f'{op} {kinds} {shape} cond={condition.dtype}{condition.array.shape} branch={branch.array} of {len(bodies)} turns={turns}', net)


@tests('Assert', 'Print', 'PrintV2', 'NoOp', 'PlaceholderWithDefault', 'Copy', 'CopyHost', 'Const', 'HostConst', 'Fact', 'TensorArrayGradWithShape', 'NonDeterministicInts', 'StatelessRandomGetKeyCounterAlg',
       'RefEnter', 'RefExit', 'RefNextIteration', 'Placeholder', 'PlaceholderV2')
def plain(draw, op):
    t = draw.one_of('float32', 'int32', 'string', 'bool', 'complex64', 'float16', 'uint8', 'int64', 'bfloat16')
    shape = dims(draw, 0, 6, 40)
    x = numbers(draw, t, shape)
    if op in ('Copy', 'CopyHost'):
        return Case(op, [x], dict(tensor_name=draw.one_of('', 'n:0'), debug_ops_spec=[]))
    if op == 'Fact':
        return Case(op, [])
    if op == 'StatelessRandomGetKeyCounterAlg':
        return Case(op, [ids(draw, (2,), -2**31, 2**31 - 1)])
    if op == 'NonDeterministicInts':
        return Case(op, [lit(draw.one_of('int32', 'int64'), list(shape), (len(shape),))], dict(dtype=draw.one_of('int32', 'int64', 'uint32', 'uint64')), shape_only=True)
    truth = draw.chance(0.7)
    frame = dict(frame_name=draw.one_of('f', 'g h'), is_constant=False, parallel_iterations=draw.one_of(1, 10))

    def net(g):
        y = g.feed(x)
        d = tf.as_dtype(t)
        if op == 'Assert':
            with tf.control_dependencies([ops.Assert(condition=g.feed(boolean(truth, ())), data=[y, y], summarize=draw.one_of(0, 3, -1))]):
                return [ops.Identity(input=y)]
        if op == 'Print':
            return [ops.Print(input=y, data=[y], message=draw.one_of('', 'm'), first_n=draw.one_of(-1, 0, 1), summarize=draw.one_of(0, 3, 20))]
        if op == 'PrintV2':
            with tf.control_dependencies([ops.PrintV2(input=g.feed(text(b'hi', ())), output_stream=draw.one_of('stderr', 'log(info)', 'log(warning)', 'log(error)'), end=draw.one_of('', '\n'))]):
                return [ops.Identity(input=y)]
        if op == 'NoOp':
            with tf.control_dependencies([ops.NoOp()]):
                return [ops.Identity(input=y)]
        if op == 'PlaceholderWithDefault':
            return [ops.PlaceholderWithDefault(input=y, shape=draw.one_of(None, list(shape), [None] * len(shape)))]
        if op in ('Placeholder', 'PlaceholderV2'):
            return [ops.Shape(input=y)]
        if op in ('Const', 'HostConst'):
            value = tf.compat.v1.AttrValue(tensor=record.tensor_proto(x))
            node = tf.compat.v1.get_default_graph().create_op(op, [], [d], attrs={'value': value, 'dtype': tf.compat.v1.AttrValue(type=d.as_datatype_enum)}, name='c')
            return [ops.Identity(input=node.outputs[0])]
        if op == 'TensorArrayGradWithShape':
            size = draw.randint(1, 3)
            ft = tf.float32
            h, flow_ = ops.TensorArrayV3(size=size, dtype=ft, element_shape=[2], tensor_array_name='a')
            flow_ = ops.TensorArrayScatterV3(handle=h, indices=list(range(size)), value=g.feed(numbers(draw, 'float32', (size, 2), 'calm')), flow_in=flow_)
            gh, gf = ops.TensorArrayGradWithShape(handle=h, flow_in=flow_, shape_to_prepend=lit('int32', [3]).array, source='gradients')
            gf = ops.TensorArrayWriteV3(handle=gh, index=0, value=g.feed(numbers(draw, 'float32', (3, 2), 'calm')), flow_in=gf)
            return [ops.TensorArrayReadV3(handle=gh, index=0, flow_in=gf, dtype=ft)]
        v = ops.VariableV2(shape=list(shape), dtype=d, shared_name='v')
        with tf.control_dependencies([ops.Assign(ref=v, value=y).op]):
            inside = ops.RefIdentity(input=v)
        # A frame that is left at once, or after a turn.
        entered = ops.RefEnter(data=inside, **frame)
        if op == 'RefNextIteration':
            return [ops.Identity(input=ops.RefExit(data=entered))]
        return [ops.Identity(input=ops.RefExit(data=entered))]
    return GraphCase(f'{op} {t} {shape} {truth} {frame}', net, error=op == 'Assert' and not truth)
