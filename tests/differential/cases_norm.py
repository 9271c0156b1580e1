"""Normalisation, biases, activations, softmax, losses, and their gradients."""
from draw import *

from cases.norm import nchw
from cases_dsl import kernel_dtypes, tf_run

ACTIVATIONS = ['Relu', 'Relu6', 'LeakyRelu', 'Elu', 'Selu', 'Softplus', 'Softsign', 'Sigmoid', 'Tanh']
BY_INPUT = ['ReluGrad', 'Relu6Grad', 'LeakyReluGrad', 'SoftplusGrad', 'SoftsignGrad', 'EluGrad', 'SeluGrad']
BY_OUTPUT = ['SigmoidGrad', 'TanhGrad', 'SqrtGrad', 'RsqrtGrad', 'ReciprocalGrad', 'InvGrad']


def activation(draw):
    op = draw.one_of(*ACTIVATIONS)
    t = draw.one_of('float32', *[t for t in kernel_dtypes(op) if t not in ('qint8',)])
    x = draw.shape(0, 5) if draw.chance(0.8) else (draw.randint(1, 3000),)
    low, high = draw.one_of((None, None), (-9, 9), (-100, 100)) if t in FLOATS else (None, None)
    attrs = dict(alpha=draw.one_of(0.0, 0.2, 1.0, 1.5, -0.5)) if op == 'LeakyRelu' and draw.chance(0.7) else {}
    return Case(op, [draw.tensor(t, x, low, high, edges=0.3)], attrs)


def gradient(draw):
    op = draw.one_of(*BY_INPUT, *BY_OUTPUT)
    t = draw.one_of('float32', *kernel_dtypes(op))
    x = draw.shape(0, 4)
    y = x if draw.chance(0.95) else draw.shape(0, 4)
    attrs = dict(alpha=draw.one_of(0.0, 0.2, 1.0)) if op == 'LeakyReluGrad' else {}
    return Case(op, [draw.tensor(t, x, edges=0.1), draw.tensor(t, y, *((-9, 9) if t in FLOATS else ()), edges=0.1)], attrs)


def bias(draw):
    op = draw.one_of('BiasAdd', 'BiasAdd', 'BiasAddV1', 'BiasAddGrad')
    t = draw.one_of('float32', *kernel_dtypes(op))
    x = draw.shape(2, 5)
    first = op != 'BiasAddV1' and draw.chance(0.4)
    n = x[1 if first else -1] if x else 1
    n += draw.chance(0.04)
    attrs = dict(data_format='NCHW') if first else {}
    if op == 'BiasAddGrad':
        return Case(op, [draw.tensor(t, x)], attrs)
    return Case(op, [draw.tensor(t, x, edges=0.1), draw.tensor(t, (n,))], attrs)


def batch_norm(draw):
    op = draw.one_of('FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3', 'FusedBatchNormV3')
    t = draw.one_of('float32', *kernel_dtypes(op))
    c = draw.one_of(1, 2, 3, 4, 5, 8, 16, 17, 33)
    spatial = draw.shape(3, 3, 3) if op.endswith('V3') and draw.chance(0.3) else draw.shape(2, 2, 6)
    first = draw.chance(0.3)
    x = (draw.dim(4), c, *spatial) if first else (draw.dim(4), *spatial, c)
    attrs = dict(data_format={(4, False): 'NHWC', (4, True): 'NCHW', (5, False): 'NDHWC', (5, True): 'NCDHW'}[len(x), first],
                 is_training=draw.chance(0.4), epsilon=draw.one_of(0.0001, 0.001, 0.1))
    vectors = [draw.tensor('float32', (c,)) for _ in range(3)] + [draw.tensor('float32', (c,), 0.1, 3)]
    if attrs['is_training']:
        if draw.chance(0.6):
            vectors[2:] = [lit('float32', [])] * 2
        elif draw.chance(0.6):
            attrs['exponential_avg_factor'] = draw.one_of(0.1, 0.5)
    if draw.chance(0.04):
        vectors[draw.randrange(4)] = draw.tensor('float32', (c + 1,))
    fetch = [0, 1, 2, 5] if op.endswith('V3') else [0, 1, 2]
    if attrs['is_training'] and 0 not in x:
        fetch = None
    return Case(op, [draw.tensor(t, x, edges=0.05 if not attrs['is_training'] else 0, huge=False)] + vectors, attrs, fetch=fetch)


def batch_norm_grad(draw):
    op = draw.one_of('FusedBatchNormGrad', 'FusedBatchNormGradV2', 'FusedBatchNormGradV3', 'FusedBatchNormGradV3')
    t = draw.one_of('float32', *kernel_dtypes(op))
    c = draw.one_of(1, 2, 3, 5, 8, 17)
    spatial = draw.shape(3, 3, 3) if op.endswith('V3') and draw.chance(0.3) else draw.shape(2, 2, 5)
    x = (draw.dim(3), *spatial, c)
    attrs = dict(is_training=draw.chance(0.5), epsilon=draw.one_of(0.0001, 0.01), data_format='NHWC' if len(x) == 4 else 'NDHWC')
    inputs = [draw.tensor(t, x), draw.tensor(t, x), draw.tensor('float32', (c,)), draw.tensor('float32', (c,)),
              draw.tensor('float32', (c,), 0.2, 2)] + [lit('float32', [])] * op.endswith('V3')
    if not draw.chance(0.25):
        return Case(op, inputs, attrs)
    turned = [Literal(t, nchw(v.array)) for v in inputs[:2]] + inputs[2:]

    def expect():
        outs = tf_run(op, inputs, attrs)
        return [nchw(outs[0])] + outs[1:]
    return Case(op, turned, dict(attrs, data_format='NCHW' if len(x) == 4 else 'NCDHW'), expect=expect)


def old_norm(draw):
    op = draw.one_of('BatchNormWithGlobalNormalization', 'BatchNormWithGlobalNormalizationGrad')
    t = draw.one_of('float32', *kernel_dtypes(op))
    x = draw.shape(4, 4)
    v = lambda low=None: draw.tensor(t, x[-1:], *((low, 2) if low else ()))
    k = dict(variance_epsilon=draw.one_of(0.001, 0.1), scale_after_normalization=draw.chance(0.5))
    image = draw.tensor(t, x)
    if op.endswith('Grad'):
        return Case(op, [image, v(), v(0.2), v(), draw.tensor(t, x)], k, producer=8)
    return Case(op, [image, v(), v(0.2), v(), v()], k, producer=8)


def lrn(draw):
    op = draw.one_of('LRN', 'LRN', 'LRNGrad')
    t = draw.one_of('float32', *kernel_dtypes(op))
    x = draw.shape(4, 4, 20)
    k = dict(depth_radius=draw.randint(0, 6), bias=draw.one_of(1.0, 2.0), alpha=draw.one_of(0.1, 1.0, 1e-4), beta=draw.one_of(0.5, 0.75, 1.0, 0.6))
    if op == 'LRN':
        return Case(op, [draw.tensor(t, x)], k)
    image = draw.tensor(t, x)
    return Case(op, [draw.tensor(t, x), image, Literal(t, tf_run('LRN', [image], k)[0])], k)


def softmax(draw):
    op = draw.one_of('Softmax', 'LogSoftmax')
    t = draw.one_of('float32', *kernel_dtypes(op))
    x = draw.shape(1, 4) if draw.chance(0.7) else (draw.dim(4), draw.randint(1, 1500))
    low, high = draw.one_of((None, None), (-30, 30), (-300, 300))
    return Case(op, [draw.tensor(t, x, low, high, edges=0.1)])


def loss(draw):
    op = draw.one_of('SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits', 'L2Loss')
    t = draw.one_of('float32', *kernel_dtypes(op))
    if op == 'L2Loss':
        return Case(op, [draw.tensor(t, draw.shape(0, 4), edges=0.05, huge=False)])
    n, c = draw.dim(6), draw.dim(20)
    logits = draw.tensor(t, (n, c), *draw.one_of((None, None), (-20, 20)))
    if op.startswith('Sparse'):
        index = draw.one_of('int32', 'int64')
        labels = draw.ints(index, (n + draw.chance(0.04),), -1 if draw.chance(0.04) else 0, max(c - 1, 0))
        return Case(op, [logits, labels])
    return Case(op, [logits, draw.tensor(t, draw.one_of((n, c), (n, c), (1, c), (n, 1)), 0, 1)])


def top(draw):
    op = draw.one_of('InTopK', 'InTopKV2')
    n, c = draw.dim(6), draw.randint(1, 12)
    t = draw.one_of('int32', 'int64')
    predictions = draw.tensor('float32', (n, c), edges=0.2) if draw.chance(0.5) else lit('float32', draw.ints('int32', (n, c), 0, 4).array)
    k = draw.randint(-1, c + 1)
    targets = draw.ints(t, (n,), -1 if draw.chance(0.2) else 0, c if draw.chance(0.2) else c - 1)
    if op == 'InTopK':
        return Case(op, [predictions, targets], dict(k=k))
    return Case(op, [predictions, targets, lit(t, k)])


def case(draw):
    return draw.choices((activation, gradient, bias, batch_norm, batch_norm_grad, old_norm, lrn, softmax, loss, top),
                        (6, 4, 3, 5, 3, 1, 2, 3, 3, 1))[0](draw)
