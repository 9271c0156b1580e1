"""Steps of training: optimisers on variables of both kinds, dense and by rows, and losses."""
import inspect

from draw import *
import tensorflow as tf
from cases_dsl import GraphCase, kernel_dtypes

# Slots and scalars of each rule; of a scalar the range.
ONE, RATE, SMALL, HALF = (0.1, 1.0), (0.01, 0.5), (1e-4, 1e-2), (-1.0, 0.0)
RULES = {
    'GradientDescent': ((), dict(alpha=RATE)),
    'ProximalGradientDescent': ((), dict(alpha=RATE, l1=SMALL, l2=SMALL)),
    'Momentum': (('accum',), dict(lr=RATE, momentum=ONE)),
    'KerasMomentum': (('accum',), dict(lr=RATE, momentum=ONE)),
    'Adagrad': (('accum',), dict(lr=RATE)),
    'AdagradV2': (('accum',), dict(lr=RATE, epsilon=SMALL)),
    'ProximalAdagrad': (('accum',), dict(lr=RATE, l1=SMALL, l2=SMALL)),
    'Adadelta': (('accum', 'accum_update'), dict(lr=RATE, rho=ONE, epsilon=SMALL)),
    'RMSProp': (('ms', 'mom'), dict(lr=RATE, rho=ONE, momentum=ONE, epsilon=SMALL)),
    'CenteredRMSProp': (('mg', 'ms', 'mom'), dict(lr=RATE, rho=ONE, momentum=ONE, epsilon=ONE)),
    'Ftrl': (('accum', 'linear'), dict(lr=RATE, l1=SMALL, l2=SMALL, lr_power=HALF)),
    'FtrlV2': (('accum', 'linear'), dict(lr=RATE, l1=SMALL, l2=SMALL, l2_shrinkage=SMALL, lr_power=HALF)),
    'Adam': (('m', 'v'), dict(beta1_power=ONE, beta2_power=ONE, lr=RATE, beta1=ONE, beta2=ONE, epsilon=SMALL)),
    'AdaMax': (('m', 'v'), dict(beta1_power=(0.1, 0.9), lr=RATE, beta1=ONE, beta2=ONE, epsilon=SMALL)),
    'AddSign': (('m',), dict(lr=RATE, alpha=ONE, sign_decay=ONE, beta=ONE)),
    'PowerSign': (('m',), dict(lr=RATE, logbase=ONE, sign_decay=ONE, beta=ONE)),
    'AdagradDA': (('gradient_accumulator', 'gradient_squared_accumulator'), dict(lr=RATE, l1=SMALL, l2=SMALL)),
    'AdamWithAmsgrad': (('m', 'v', 'vhat'), dict(beta1_power=(0.1, 0.9), beta2_power=(0.1, 0.9), lr=RATE, beta1=ONE, beta2=ONE, epsilon=SMALL)),
}


def rule(draw):
    name = draw.choice(list(RULES))
    slots, scalars = RULES[name]
    prefix = draw.one_of('Apply', 'ResourceApply', 'SparseApply', 'ResourceSparseApply')
    op = prefix + name
    if not hasattr(tf.raw_ops, op):
        return rule(draw)
    types = [t for t in kernel_dtypes(op) if t not in ('complex64', 'complex128') or draw.chance(0.3)]
    if not types:
        return rule(draw)
    t = draw.choice(types)
    sparse, resource = 'Sparse' in prefix, 'Resource' in prefix
    shape = draw.shape(1 if sparse else 0, 3, 5, 0)
    values = [draw.tensor(t, shape)] + [draw.tensor(t, shape, 0.1, 2) for _ in slots]
    given = {k: draw.uniform(*v) for k, v in scalars.items()}
    definition = getattr(tf.raw_ops, op)
    rows = draw.randint(1, 6)
    grad = draw.tensor(t, (rows,) + shape[1:] if sparse else shape)
    index = draw.tensor(draw.one_of('int32', 'int64'), (rows,), 0, shape[0] - 1 + (draw.chance(0.05))) if sparse else None
    nesterov, slots_flag = draw.chance(0.5), draw.chance(0.5)
    step = draw.randint(1, 50)

    def build(g):
        variables, inits = [], []
        for i, v in enumerate(values):
            value = g.feed(v, name=f'value{i}')
            if resource:
                handle = tf.raw_ops.VarHandleOp(dtype=t, shape=shape, shared_name=f'v{i}')
                inits.append(tf.raw_ops.AssignVariableOp(resource=handle, value=value))
                variables.append(handle)
            else:
                ref = tf.raw_ops.VariableV2(shape=shape, dtype=t, shared_name=f'v{i}')
                inits.append(tf.raw_ops.Assign(ref=ref, value=value).op)
                variables.append(ref)
        keywords = {}
        names = ['var', *slots]
        wanted = [a for a in inspect.signature(definition).parameters if a != 'name']
        for n, v in zip(names, variables):
            keywords[n] = v
        for k, v in given.items():
            if k in wanted:
                keywords[k] = tf.constant(v, t)
        for k in wanted:
            if k in ('grad', 'delta'):
                keywords[k] = g.feed(grad, name='grad')
            elif k == 'indices':
                keywords[k] = g.feed(index, name='index')
            elif k == 'global_step':
                keywords[k] = tf.constant(step, tf.int64)
            elif k == 'use_nesterov':
                keywords[k] = nesterov
            elif k in ('update_slots', 'multiply_linear_by_lr'):
                keywords[k] = slots_flag
        with tf.control_dependencies(inits):
            done = definition(**keywords)
        done = done if isinstance(done, tf.Operation) else done.op
        with tf.control_dependencies([done]):
            return [tf.raw_ops.ReadVariableOp(resource=v, dtype=t) if resource else tf.add(v, tf.zeros([], t)) for v in variables]
    return GraphCase(f'{op} {t}{shape} nesterov={nesterov} slots={slots_flag}', build)


def losses(draw):
    way = draw.randrange(8)
    batch, classes = draw.randint(1, 4), draw.randint(1, 5)
    if way == 0:
        t = draw.one_of(*kernel_dtypes('SoftmaxCrossEntropyWithLogits'))
        return Case('SoftmaxCrossEntropyWithLogits', [draw.tensor(t, draw.one_of((batch, classes), (1, classes))), draw.tensor(t, (batch, classes), 0, 1)])
    if way == 1:
        t = draw.one_of(*kernel_dtypes('SparseSoftmaxCrossEntropyWithLogits'))
        return Case('SparseSoftmaxCrossEntropyWithLogits', [draw.tensor(t, (batch, classes)), draw.tensor(draw.one_of('int32', 'int64'), (batch,), 0, classes - 1)])
    if way == 2:
        t = draw.one_of(*kernel_dtypes('L2Loss'))
        return Case('L2Loss', [draw.tensor(t, draw.shape(0, 4))])
    if way == 3:
        op = draw.one_of('InTopK', 'InTopKV2')
        t = draw.one_of('int32', 'int64')
        k = draw.randint(0, classes + 1)
        inputs = [draw.tensor('float32', (batch, classes), edges=0.2), draw.tensor(t, (batch,), -1, classes)]
        return Case(op, inputs, dict(k=k)) if op == 'InTopK' else Case(op, inputs + [lit(t, k, ())])
    steps = draw.randint(2, 6)
    t = draw.one_of('float32', 'float64')
    x, lengths = draw.tensor(t, (steps, batch, classes + 1), -3, 3), draw.tensor('int32', (batch,), 1, steps)
    if way == 4:
        return Case('CTCGreedyDecoder', [x, lengths], dict(merge_repeated=draw.chance(0.5), blank_index=draw.one_of(-1, 0, classes)))
    if way == 5:
        width = draw.randint(1, 5)
        return Case('CTCBeamSearchDecoder', [x, lengths], dict(beam_width=width, top_paths=draw.randint(1, min(width, 2)), merge_repeated=draw.chance(0.5)))
    if way == 6:
        n = draw.randint(1, 3)
        cells = [(b, i) for b in range(batch) for i in range(draw.randint(0, n))]
        return Case('CTCLoss', [x, lit('int64', np.array(cells).reshape(len(cells), 2), (len(cells), 2)), draw.tensor('int32', (len(cells),), 0, classes - 1), lengths],
                    dict(preprocess_collapse_repeated=draw.chance(0.5), ctc_merge_repeated=draw.chance(0.5), ignore_longer_outputs_than_inputs=draw.chance(0.7)))
    op = draw.one_of('SoftplusGrad', 'SoftsignGrad', 'EluGrad', 'SeluGrad', 'ReluGrad', 'Relu6Grad', 'LeakyReluGrad', 'SigmoidGrad', 'TanhGrad', 'SqrtGrad', 'RsqrtGrad', 'InvGrad', 'ReciprocalGrad')
    t = draw.one_of(*kernel_dtypes(op))
    s = draw.shape(0, 4)
    return Case(op, [draw.tensor(t, s, edges=0.1), draw.tensor(t, s, edges=0.1)])


def case(draw):
    return rule(draw) if draw.chance(0.65) else losses(draw)
