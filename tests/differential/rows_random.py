"""Rows of random operators: seeded streams, which must be TensorFlow's own."""
from rows import *
import tensorflow as tf

SEEDS = ('int32', 'int64')


@row('RandomUniform', 'RandomStandardNormal', 'TruncatedNormal', 'RandomUniformInt', 'RandomGamma', 'RandomPoisson', 'RandomPoissonV2', 'ParameterizedTruncatedNormal',
     'RandomShuffle', 'Multinomial')
def stateful(draw, op):
    seeds = dict(seed=draw.randint(1, 1 << 40), seed2=draw.randint(0, 99))
    shape = draw.one_of((), (1,), (7,), (2, 3), (0,), (300,), (4, 33), (5, 1, 3))
    size = index(draw, shape, shape=(len(shape),))
    if op in ('RandomUniform', 'RandomStandardNormal', 'TruncatedNormal'):
        return Case(op, [size], dict(seeds, dtype=dtype(draw, op, 'dtype')))
    if op == 'RandomUniformInt':
        t = draw.one_of('int32', 'int64')
        return Case(op, [size, lit(t, draw.randint(-50, 0), ()), lit(t, draw.randint(1, 1 << 30), ())], seeds)
    if op == 'RandomGamma':
        return Case(op, [size, floats(draw, dtype(draw, op), draw.one_of((), (3,), (2, 2)), 0.1, 9)], seeds)
    if op.startswith('RandomPoisson'):
        r = dtype(draw, op, 'R') if op.endswith('V2') else dtype(draw, op, 'dtype')
        rate = floats(draw, r, draw.one_of((), (3,), (2, 2)), 0.1, draw.one_of(5, 40))
        return Case(op, [size, rate], dict(seeds, dtype=dtype(draw, op, 'dtype')) if op.endswith('V2') else seeds)
    if op == 'RandomShuffle':
        return Case(op, [elements(draw, draw.one_of('float32', 'string', 'int8', 'bool', 'complex128'), sizes(draw, 0, 3))], seeds)
    if op == 'Multinomial':
        return Case(op, [elements(draw, dtype(draw, op), (draw.randint(0, 3), draw.randint(1, 6)), 'plain'), lit('int32', draw.randint(0, 9), ())],
                    dict(seeds, output_dtype=draw.one_of('int32', 'int64')))
    t, b = dtype(draw, op, 'dtype'), draw.randint(1, 3)
    low = draw.numpy.uniform(-2, 1, (b,))
    return Case(op, [lit(draw.one_of('int32', 'int64'), [b, draw.randint(1, 20)]), floats(draw, t, (b,), -1, 1), floats(draw, t, (b,), 0.5, 2), lit(t, low), lit(t, low + draw.uniform(0.3, 4))], seeds)


@row('StatelessRandomUniform', 'StatelessRandomNormal', 'StatelessTruncatedNormal', 'StatelessRandomUniformInt', 'StatelessRandomUniformFullInt', 'StatelessMultinomial',
     'StatelessRandomBinomial', 'StatelessRandomPoisson', 'StatelessRandomGammaV2', 'StatelessParameterizedTruncatedNormal')
def stateless(draw, op):
    seed = lit(draw.choice(SEEDS), [draw.randint(-99, 1 << 30), draw.randint(0, 99)])
    shape = draw.one_of((), (1,), (7,), (2, 3), (0,), (300,), (4, 33))
    size = index(draw, shape, shape=(len(shape),))
    if op == 'StatelessRandomUniformInt':
        t = dtype(draw, op, 'dtype')
        return Case(op, [size, seed, lit(t, 0, ()), lit(t, draw.randint(1, 1 << 31 - 1), ())])
    if op == 'StatelessMultinomial':
        return Case(op, [elements(draw, dtype(draw, op), (draw.randint(1, 3), draw.randint(1, 6)), 'plain'), lit('int32', draw.randint(0, 9), ()), seed], dict(output_dtype=draw.one_of('int32', 'int64')))
    if op in ('StatelessRandomBinomial', 'StatelessRandomPoisson', 'StatelessRandomGammaV2', 'StatelessParameterizedTruncatedNormal'):
        batch = draw.one_of((), (3,))
        size = index(draw, shape + batch, shape=(len(shape + batch),))
        if op == 'StatelessRandomBinomial':
            t = draw.one_of('float32', 'float64', 'int32')
            return Case(op, [size, seed, lit('float32', draw.numpy.randint(1, 40, batch)), floats(draw, 'float32', batch, 0.05, 0.95)], dict(dtype=t))
        if op == 'StatelessRandomPoisson':
            return Case(op, [size, seed, floats(draw, draw.one_of('float32', 'float64'), batch, 0.1, 30)], dict(dtype=dtype(draw, op, 'dtype')))
        if op == 'StatelessRandomGammaV2':
            return Case(op, [size, seed, floats(draw, dtype(draw, op, 'dtype'), batch, 0.1, 9)])
        t = dtype(draw, op, 'dtype')
        low = draw.numpy.uniform(-2, 1, batch)
        return Case(op, [size, seed, floats(draw, t, batch), floats(draw, t, batch, 0.5, 2), lit(t, low), lit(t, low + 2)])
    return Case(op, [size, seed], dict(dtype=dtype(draw, op, 'dtype')))


@row('StatelessRandomUniformV2', 'StatelessRandomNormalV2', 'StatelessTruncatedNormalV2', 'StatelessRandomUniformIntV2', 'StatelessRandomUniformFullIntV2', 'StatelessShuffle',
     'StatelessRandomGetKeyCounter', 'RandomIndexShuffle', 'StochasticCastToInt', 'StatelessRandomGammaV3')
def keyed(draw, op):
    key, counter = lit('uint64', [draw.randint(0, 1 << 62)]), lit('uint64', [draw.randint(0, 1 << 62), draw.randint(0, 9)])
    algorithm = lit('int32', draw.one_of(1, 2), ())
    if draw.chance(0.3):
        algorithm = lit('int32', 2, ())
    counter = counter if int(algorithm.array) == 1 else draw.one_of(counter, lit('uint64', [draw.randint(0, 1 << 62)]))
    shape = draw.one_of((), (1,), (7,), (2, 3), (0,), (300,), (4, 33))
    size = index(draw, shape, shape=(len(shape),))
    if op == 'StatelessRandomGetKeyCounter':
        return Case(op, [lit(draw.choice(SEEDS), [draw.randint(-99, 1 << 30), draw.randint(-9, 99)])])
    if op == 'RandomIndexShuffle':
        t = dtype(draw, op, 'dtype')
        n = draw.randint(1, 1000)
        return Case(op, [draw.ints(t, draw.one_of((), (5,)), 0, n - 1), draw.ints(dtype(draw, op, 'Tseed'), draw.one_of((3,), (4, 3)) if draw.chance(0.2) else (3,), 0, 99), lit(t, n, ())],
                    dict(rounds=draw.one_of(4, 2, 8)))
    if op == 'StochasticCastToInt':
        return Case(op, [elements(draw, dtype(draw, op, 'Tin'), sizes(draw, 0, 3), draw.one_of('plain', 'edges')), key, counter, algorithm], dict(Tout=dtype(draw, op, 'Tout')))
    if op == 'StatelessShuffle':
        return Case(op, [elements(draw, draw.one_of('float32', 'string', 'int16'), sizes(draw, 0, 3)), key, counter, algorithm])
    if op == 'StatelessRandomGammaV3':
        batch = draw.one_of((), (3,))
        return Case(op, [index(draw, shape + batch, shape=(len(shape + batch),)), key, counter, algorithm, floats(draw, dtype(draw, op, 'dtype'), batch, 0.1, 9)])
    if op == 'StatelessRandomUniformIntV2':
        t = dtype(draw, op, 'dtype')
        return Case(op, [size, key, counter, algorithm, lit(t, 3, ()), lit(t, draw.randint(4, 1 << 30), ())])
    return Case(op, [size, key, counter, algorithm], dict(dtype=dtype(draw, op, 'dtype')))


@row('SampleDistortedBoundingBox', 'SampleDistortedBoundingBoxV2', 'StatelessSampleDistortedBoundingBox', 'RandomCrop')
def crops(draw, op):
    seeds = dict(seed=draw.randint(1, 999), seed2=draw.randint(0, 99))
    if op == 'RandomCrop':
        shape = (draw.randint(3, 9), draw.randint(3, 9), 3)
        return Case(op, [elements(draw, dtype(draw, op), shape, 'plain'), lit('int64', [draw.randint(1, 3), draw.randint(1, 3)])], dict(seeds, seed=int(seeds['seed'])))
    t = dtype(draw, op)
    n = draw.randint(0, 2)
    box = np.sort(draw.numpy.uniform(0, 1, (1, n, 2, 2)), 2).reshape(1, n, 4)[..., [0, 1, 2, 3]]
    inputs = [lit(t, [draw.randint(10, 100), draw.randint(10, 100), 3]), lit('float32', box)]
    attrs = dict(aspect_ratio_range=[0.7, 1.4], area_range=[0.1, 1.0], max_attempts=draw.randint(1, 50), use_image_if_no_bounding_boxes=n == 0 or draw.chance(0.5))
    if op == 'SampleDistortedBoundingBox':
        return Case(op, inputs, dict(attrs, **seeds, min_object_covered=0.3))
    inputs.append(lit('float32', 0.3, ()))
    if op.endswith('V2'):
        return Case(op, inputs, dict(attrs, **seeds))
    return Case(op, inputs + [lit('int32', [draw.randint(0, 99), 3])], attrs)


@row('UniformCandidateSampler', 'LogUniformCandidateSampler', 'LearnedUnigramCandidateSampler', 'FixedUnigramCandidateSampler', 'AllCandidateSampler',
     'ThreadUnsafeUnigramCandidateSampler', 'ComputeAccidentalHits')
def samplers(draw, op):
    b, true = draw.randint(1, 3), draw.randint(1, 2)
    span = draw.randint(5, 40)
    classes = draw.ints('int64', (b, true), 0, span - 1)
    attrs = dict(num_true=true, seed=draw.randint(1, 99), seed2=draw.randint(1, 9))
    if op == 'ComputeAccidentalHits':
        return Case(op, [classes, draw.ints('int64', (draw.randint(0, 30),), 0, span - 1)], attrs)
    attrs.update(num_sampled=draw.randint(1, 5), unique=draw.chance(0.5))
    if op != 'AllCandidateSampler':
        attrs['range_max'] = span
    if op == 'FixedUnigramCandidateSampler':
        weights = [draw.uniform(0.1, 3) for _ in range(span)]
        reserved = draw.randint(0, 2)
        attrs.update(unigrams=weights[reserved:], distortion=draw.one_of(1.0, 0.75), num_reserved_ids=reserved)
    return Case(op, [classes], attrs)
