"""Rows of random streams that a variable keeps, and of stacks and lists of tensors by their other operators."""
from rows import *
from rows_kept import KEPT, Program
from rows_state import feed
import tensorflow as tf

ops = tf.raw_ops


@row('StatefulStandardNormal', 'StatefulStandardNormalV2', 'StatefulTruncatedNormal', 'StatefulUniform', 'StatefulUniformFullInt', 'StatefulUniformInt', 'StatefulRandomBinomial', 'RngSkip', 'RngReadAndSkip')
def streams(draw, op):
    shape = draw.one_of((), (1,), (7,), (2, 3), (0,), (300,), (4, 33))
    state = lit('int64', [draw.randint(-1 << 62, 1 << 62) for _ in range(3)])
    seeds = lit('int64', 1, ())
    t = draw.one_of('float32', 'float64', 'float16', 'bfloat16')
    if op == 'StatefulUniformFullInt':
        t = draw.one_of('int32', 'int64', 'uint32', 'uint64')
    if op == 'StatefulUniformInt':
        t = draw.one_of('int32', 'int64')
    low = draw.randint(-50, 50)
    high = low + draw.randint(1, 1 << 20)
    delta, b = draw.one_of(0, 1, 5, 1 << 40), draw.one_of((), (3,))
    counts, probs = draw.numpy.randint(1, 40, b), draw.numpy.uniform(0.05, 0.95, b)
    kind = draw.one_of('int32', 'float32', 'float64', 'int64')
    sized = draw.one_of('int32', 'int64')

    def net(g):
        h, p = ops.VarHandleOp(dtype=tf.int64, shape=[3], shared_name='v'), Program(g)
        p.do('AssignVariableOp', resource=h, value=state)
        for _ in range(2):
            if op == 'RngSkip':
                p.do(op, resource=h, algorithm=seeds, delta=lit('int64', delta, ()))
            elif op == 'RngReadAndSkip':
                p.do(op, resource=h, alg=lit('int32', 1, ()), delta=lit('uint64', delta, ()))
            else:
                given = dict(shape=lit(sized, shape, (len(shape),)))
                if op == 'StatefulUniformInt':
                    given.update(minval=lit(t, low, ()), maxval=lit(t, high, ()))
                elif op == 'StatefulRandomBinomial':
                    given.update(shape=lit(sized, shape + b, (len(shape + b),)), counts=lit('float32', counts), probs=lit('float32', probs), dtype=tf.as_dtype(kind))
                else:
                    given['dtype'] = tf.as_dtype(t)
                p.do(op, resource=h, algorithm=seeds, **given)
            p.do('ReadVariableOp', resource=h, dtype=tf.int64)
        return p.end()
    return GraphCase(f'{op} {t} {shape} {delta} {kind}', net)


@row('Stack', 'StackPush', 'StackPop', 'StackClose', 'StackPushV2', 'StackPopV2', 'StackCloseV2')
def stacks(draw, op):
    v = 'V2' if op.endswith('V2') else ''
    t = draw.one_of(*KEPT)
    d, most = tf.as_dtype(t), draw.one_of(-1, 2, 5)
    steps, held = [], 0
    for _ in range(draw.randint(1, 8)):
        if held and draw.chance(0.4):
            steps.append(None)
            held -= 1
        elif most < 0 or held < most or draw.chance(0.05):
            steps.append(elements(draw, t, sizes(draw, 0, 2, 9), 'plain'))
            held += 1
    close = draw.chance(0.2)

    def net(g):
        if v:
            h = ops.StackV2(max_size=most, elem_type=d, stack_name='s')
        else:
            h = ops.Stack(elem_type=d, stack_name='s')
        p = Program(g)
        for value in steps:
            if value is None:
                p.do('StackPop' + v, handle=h, elem_type=d)
            else:
                p.do('StackPush' + v, handle=h, elem=value, swap_memory=draw_swap)
        if close:
            p.do('StackClose' + v, handle=h)
        return p.end()
    draw_swap = draw.chance(0.5)
    return GraphCase(f'{op} {t} {most} {[s is not None for s in steps]} {close}', net)


@row('TensorListConcat', 'TensorListElementShape', 'TensorListGetItem', 'TensorListLength', 'TensorListScatter', 'EmptyTensorList')
def lists(draw, op):
    t = draw.one_of(*KEPT)
    d, shape, n = tf.as_dtype(t), sizes(draw, 1, 2, 9), draw.randint(1, 5)
    known = draw.one_of(shape, tuple(-1 for _ in shape), (-1,) + shape[1:])
    whole, at = elements(draw, t, (n,) + shape, 'plain'), draw.randrange(n)
    order = draw.sample(range(n + 2), n)
    length = draw.one_of('int32', 'int64')
    most = draw.one_of(-1, n, n + 2)

    def net(g):
        x, element = feed(g, whole), tf.constant(list(known), length)
        if op == 'EmptyTensorList':
            h = ops.EmptyTensorList(element_shape=element, max_num_elements=most, element_dtype=d)
            for i in range(n):
                h = ops.TensorListPushBack(input_handle=h, tensor=x[i])
        elif op == 'TensorListScatter':
            h = ops.TensorListScatter(tensor=x, indices=order, element_shape=element)
        else:
            h = ops.TensorListFromTensor(tensor=x, element_shape=element)
        out = [ops.TensorListLength(input_handle=h), ops.TensorListElementShape(input_handle=h, shape_type=tf.as_dtype(length))]
        if op == 'TensorListConcat':
            return out + list(ops.TensorListConcat(input_handle=h, element_dtype=d, element_shape=draw_shape))
        index = order[at] if op == 'TensorListScatter' else at
        return out + [ops.TensorListGetItem(input_handle=h, index=feed(g, lit('int32', index, ())), element_shape=tf.constant(list(shape), tf.int32), element_dtype=d)]
    draw_shape = draw.one_of(None, [None] + list(shape[1:]))
    return GraphCase(f'{op} {t} {shape} {known} {n}', net)
