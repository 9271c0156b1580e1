"""Batch normalisation in its versions, local response normalisation, and their gradients."""
from cases_dsl import *


def nchw(x):
    return np.moveaxis(x, -1, 1)


def vectors(n, t='float32'):
    return [rand(t, (n,), seed=11), rand(t, (n,), seed=12), rand(t, (n,), seed=13), rand(t, (n,), 0.25, 2, seed=14)]


def fused():
    for op, rank5 in (('FusedBatchNorm', False), ('FusedBatchNormV2', False), ('FusedBatchNormV3', True)):
        for t in kernel_dtypes(op):
            shapes = [((2, 3, 4, 5), 'NHWC'), ((2, 5, 3, 4), 'NCHW')]
            if rank5:
                shapes += [((2, 2, 3, 2, 5), 'NDHWC'), ((2, 5, 2, 3, 2), 'NCDHW')]
            for shape, data_format in shapes:
                x, k = rand(t, shape, seed=1), dict(data_format=data_format)
                # Inference leaves the reserve spaces unset.
                fetch = [0, 1, 2] + ([5] if rank5 else [])
                yield Case(op, [x] + [const(v) for v in vectors(5)], dict(k, is_training=False, epsilon=0.001), fetch=fetch)
                yield Case(op, [x] + vectors(5), dict(k, is_training=False), fetch=fetch)
                yield Case(op, [x] + vectors(5)[:2] + [f32([]), f32([])], dict(k, is_training=True, epsilon=0.01))
                yield Case(op, [x] + vectors(5), dict(k, is_training=True, exponential_avg_factor=0.25))
        x = rand('float32', (1, 1, 1, 2))
        yield Case(op, [x] + vectors(2), dict(is_training=True))
        yield Case(op, [fed(rand('float32', (2, 3, 4, 5)), None)] + vectors(5), dict(is_training=False), fetch=[0, 1, 2])
        yield Case(op, [rand('float32', (0, 3, 4, 5))] + vectors(5), dict(is_training=False), fetch=[0, 1, 2])
        yield Case(op, [rand('float32', (0, 3, 4, 5))] + vectors(5), dict(is_training=True), fetch=[0, 1, 2])
        yield Case(op, [x, *vectors(2)[:3], f32([-1, 2])], dict(is_training=False), fetch=[0, 1, 2])
        yield Case(op, [rand('float32', (5, 3, 2, 1), 100, 101)] + vectors(1), dict(is_training=True))
        yield Case(op, [rand('float32', (4, 2))] + vectors(2), dict(is_training=False), error=True)
        yield Case(op, [x] + vectors(3), dict(is_training=False), error=True)
        yield Case(op, [x] + vectors(2)[:2] + [f32([]), f32([])], dict(is_training=False), error=True)
        yield Case(op, [x] + [rand('float32', (2, 1))] + vectors(2)[1:], dict(is_training=False), error=True)
    for t in FLOATS[:1] + FLOATS[2:]:
        for relu in (False, True):
            for side in ([], [rand(t, (2, 3, 4, 5), seed=2)]):
                def expect(t=t, relu=relu, side=side):
                    from record import run_case
                    y, m, v = [r.array for r in run_case(Case('FusedBatchNormV3', [rand(t, (2, 3, 4, 5), seed=1)] + vectors(5),
                                                              dict(is_training=False), fetch=[0, 1, 2])).results]
                    y = y.astype(np.float32) + sum(make(s).astype(np.float32) for s in side)
                    return [(np.maximum(y, 0) if relu else y).astype(numpy_dtype(t)), m, v]
                yield Case('_FusedBatchNormEx', [rand(t, (2, 3, 4, 5), seed=1)] + vectors(5) + [side],
                           dict(is_training=False, num_side_inputs=len(side), activation_mode='Relu' if relu else 'Identity'),
                           fetch=[0, 1, 2], expect=expect)

    for op, rank5 in (('FusedBatchNormGrad', False), ('FusedBatchNormGradV2', False), ('FusedBatchNormGradV3', True)):
        more = [f32([])] if rank5 else []
        for t in kernel_dtypes(op):
            shapes = [((2, 3, 4, 5), 'NHWC'), ((2, 5, 3, 4), 'NCHW')] + ([((2, 2, 3, 2, 5), 'NDHWC'), ((2, 5, 2, 3, 2), 'NCDHW')] if rank5 else [])
            for shape, data_format in shapes:
                for training in (False, True):
                    v, expect = vectors(5), None
                    vs, k = [v[0], v[2], v[3]] + more, dict(is_training=training, epsilon=0.001)
                    if not training and data_format in ('NCHW', 'NCDHW'):
                        def expect(op=op, t=t, shape=shape, vs=vs, k=k):
                            last = [Literal(t, np.moveaxis(make(rand(t, shape, seed=i)), 1, -1)) for i in (1, 2)]
                            outs = tf_run(op, last + vs, dict(k, data_format='NHWC' if len(shape) == 4 else 'NDHWC'))
                            return [nchw(outs[0])] + outs[1:]
                    yield Case(op, [rand(t, shape, seed=1), rand(t, shape, seed=2)] + vs, dict(k, data_format=data_format), expect=expect)
        v = vectors(5)
        yield Case(op, [rand('float32', (0, 3, 4, 5)), rand('float32', (0, 3, 4, 5)), v[0], v[2], v[3]] + more)
        # Where nothing was trained the mean takes no part in the gradient of x.
        yield Case(op, [rand('float32', (2, 3, 4, 3)), rand('float32', (2, 3, 4, 3)), f32([1, -2, 0.5]), f32([0.25, np.inf, np.nan]), f32([1, 2, 3])] + more,
                   dict(is_training=False), fetch=[0, 2])
        yield Case(op, [rand('float32', (2, 3, 4, 5)), rand('float32', (2, 3, 4, 6)), v[0], v[2], v[3]] + more, error=True)
        yield Case(op, [rand('float32', (2, 3, 4, 5)), rand('float32', (2, 3, 4, 5)), v[0], f32([1]), v[3]] + more, error=True)


def old():
    for t in kernel_dtypes('BatchNormWithGlobalNormalization'):
        for scale in (False, True):
            k = dict(variance_epsilon=0.001, scale_after_normalization=scale)
            gamma, beta, m, v = vectors(3, t)
            yield Case('BatchNormWithGlobalNormalization', [rand(t, (2, 3, 2, 3)), m, v, beta, gamma], k, producer=8)
            yield Case('BatchNormWithGlobalNormalizationGrad', [rand(t, (2, 3, 2, 3)), m, v, gamma, rand(t, (2, 3, 2, 3))], k, producer=8)
    k = dict(variance_epsilon=0.001, scale_after_normalization=True)
    gamma, beta, m, v = vectors(3)
    yield Case('BatchNormWithGlobalNormalization', [rand('float32', (0, 3, 2, 3)), m, v, beta, gamma], k, producer=8)
    yield Case('BatchNormWithGlobalNormalization', [rand('float32', (1, 3, 2, 2)), m, v, beta, gamma], k, producer=8, error=True)
    yield Case('BatchNormWithGlobalNormalization', [rand('float32', (3, 2, 3)), m, v, beta, gamma], k, producer=8, error=True)


def lrn():
    for t in ('float32', 'float16', 'bfloat16'):
        has = t in kernel_dtypes('LRN')
        for radius, bias, alpha, beta in [(5, 1, 1, 0.5), (0, 1, 1, 0.5), (1, 2, 0.5, 0.75), (2, 1, 0.25, 1), (3, 1, 0.1, 0.6), (1000, 1, 1, 0.5)]:
            k = dict(depth_radius=radius, bias=float(bias), alpha=float(alpha), beta=float(beta))
            for shape in ((2, 2, 2, 9), (1, 1, 2, 1), (1, 1, 1, 40)):
                x, g = rand(t, shape, seed=1), rand(t, shape, seed=2)
                y = lambda x=x, k=k: tf_run('LRN', [f32(make(x).astype(np.float32))], k)[0]
                wide = lambda x=x, g=g, k=k, y=y: tf_run('LRNGrad', [f32(make(v).astype(np.float32)) for v in (g, x)] + [f32(y())], k)
                back = lambda run, t=t: lambda: [run().astype(numpy_dtype(t))]
                yield Case('LRN', [x], k, expect=None if has else back(y))
                yield Case('LRNGrad', [g, x, Literal(t, y().astype(numpy_dtype(t)))], k, expect=None if has else back(lambda w=wide: w()[0]))
    for seed in (5, 18):  # sums of many large terms, where float16's rounding after each step shows
        x, g, y = rand('float16', (1, 1, 2, 24), -8, 8, seed=seed), rand('float16', (1, 1, 2, 24), -16, 16, seed=seed + 100), rand('float16', (1, 1, 2, 24), -16, 16, seed=seed + 200)
        yield Case('LRNGrad', [g, x, y], dict(depth_radius=20, bias=1.0, alpha=0.1, beta=1.0))
    yield Case('LRN', [rand('float32', (0, 2, 2, 3))])
    yield Case('LRN', [fed(rand('float32', (1, 2, 2, 3)), None)])
    yield Case('LRN', [rand('float32', (1, 2, 2, 3))], dict(bias=0.0, alpha=-1.0, beta=0.3))
    x = f32([0, -1, 2, 1, 0, -3, 4]).array.reshape(1, 1, 1, 7)  # norms of 0, whose logarithm is not finite
    for alpha, beta in ((0.0, 0.0), (1.0, 0.0), (0.0, 0.5), (0.0, -0.5), (1.0, 0.3)):
        k = dict(depth_radius=0, bias=0.0, alpha=alpha, beta=beta)
        yield Case('LRN', [lit('float32', x)], k)
        yield Case('LRNGrad', [lit('float32', np.ones_like(x)), lit('float32', x), lit('float32', x)], k)
    for beta in (2.0, -1.0, 1.0, 0.75):  # sums of both signs
        yield Case('LRN', [rand('float32', (1, 2, 2, 3), seed=1)], dict(bias=0.5, alpha=-0.5, beta=beta))
        yield Case('LRNGrad', [rand('float32', (1, 2, 2, 3), seed=i) for i in (1, 2, 3)], dict(bias=0.5, alpha=-0.5, beta=beta))
    for shape, k in (((2, 2, 3), {}), ((1, 2, 2, 3), dict(depth_radius=-1)), ((1, 2, 2, 3), dict(depth_radius=2**40))):
        yield Case('LRN', [rand('float32', shape)], k, error=True)
    yield Case('LRNGrad', [rand('float32', (1, 2, 2, 3)), rand('float32', (1, 2, 2, 4)), rand('float32', (1, 2, 2, 3))], error=True)


def cases():
    yield from fused()
    yield from old()
    yield from lrn()
