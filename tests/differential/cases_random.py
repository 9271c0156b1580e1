"""Seeded random numbers: TensorFlow's own, for its seeds."""
from draw import *
from cases_dsl import kernel_dtypes

STATELESS = ['StatelessRandomUniform', 'StatelessRandomNormal', 'StatelessTruncatedNormal']
KEYED = ['StatelessRandomUniformV2', 'StatelessRandomNormalV2', 'StatelessTruncatedNormalV2', 'StatelessRandomUniformFullIntV2']


def seeds(draw):
    return dict(seed=draw.one_of(0, 1, 87654321, draw.randint(-2**40, 2**40)), seed2=draw.one_of(1, 2, draw.randint(1, 2**40)))


def index(draw, values, shape=None):
    return lit(draw.one_of('int32', 'int64'), values, shape if shape is not None else np.shape(values))


def shape_of(draw, low=0, high=4, size=6):
    shape = draw.shape(low, high, size)
    if draw.chance(0.1):
        shape = (draw.randint(100, 1500),)
    return shape, index(draw, shape, (len(shape),))


def seed_pair(draw):
    return lit(draw.one_of('int32', 'int64'), [draw.randint(-2**31, 2**31 - 1), draw.randint(-2**31, 2**31 - 1)])


def key_counter(draw):
    words = [draw.getrandbits(64) for _ in range(3)]
    return lit('uint64', words[:1]), lit('uint64', words[1:]), lit('int32', draw.one_of(1, 1, 3), ())


def case(draw):
    return draw.one_of(plain, plain, stateless, stateless, keyed, shuffle, multinomial, gamma, poisson, binomial, bounded, boxes)(draw)


def plain(draw):
    op = draw.one_of('RandomUniform', 'RandomStandardNormal', 'TruncatedNormal', 'RandomUniformInt')
    _, shape = shape_of(draw)
    if op == 'RandomUniformInt':
        t = draw.one_of('int32', 'int64')
        low = draw.randint(-100, 100)
        return Case(op, [shape, lit(t, low, ()), lit(t, low + draw.one_of(1, 7, 1000, 2**30, 0), ())], seeds(draw))
    return Case(op, [shape], dict(seeds(draw), dtype=draw.one_of(*kernel_dtypes(op, 'dtype'))))


def stateless(draw):
    _, shape = shape_of(draw)
    op = draw.one_of(*STATELESS, 'StatelessRandomUniformInt', 'StatelessRandomUniformFullInt')
    t = draw.one_of(*kernel_dtypes(op, 'dtype'))
    if op == 'StatelessRandomUniformInt':
        low = draw.randint(-100, 100)
        return Case(op, [shape, seed_pair(draw), lit(t, low, ()), lit(t, low + draw.one_of(1, 7, 1000, 2**30, 0), ())])
    return Case(op, [shape, seed_pair(draw)], dict(dtype=t))


def keyed(draw):
    _, shape = shape_of(draw)
    op = draw.one_of(*KEYED, 'StatelessRandomUniformIntV2', 'StatelessRandomGetKeyCounter', 'StatelessRandomGetKeyCounterAlg')
    if 'Get' in op:
        return Case(op, [seed_pair(draw)])
    t = draw.one_of(*kernel_dtypes(op, 'dtype'))
    if op == 'StatelessRandomUniformIntV2':
        low = draw.randint(0, 100)
        return Case(op, [shape, *key_counter(draw), lit(t, low, ()), lit(t, low + draw.one_of(1, 7, 1000, 2**30), ())])
    return Case(op, [shape, *key_counter(draw)], dict(dtype=t))


def shuffle(draw):
    op = draw.one_of('RandomShuffle', 'StatelessShuffle', 'RandomCrop')
    t = draw.one_of(*kernel_dtypes(op))
    if op == 'RandomCrop':
        shape = (draw.randint(1, 7), draw.randint(1, 7), draw.randint(1, 3))
        size = [draw.randint(1, shape[0] + draw.chance(0.04)), draw.randint(1, shape[1])]
        return Case(op, [draw.tensor(t, shape), lit('int64', size)], seeds(draw), producer=7)
    x = draw.tensor(t, draw.shape(0, 3, 12))
    return Case(op, [x], seeds(draw)) if op == 'RandomShuffle' else Case(op, [x, *key_counter(draw)])


def multinomial(draw):
    op = draw.one_of('Multinomial', 'StatelessMultinomial')
    t = draw.one_of(*kernel_dtypes(op))
    logits = draw.tensor(t, (draw.dim(4), draw.randint(1, 9)), -4, 4, edges=0.1)
    inputs = [logits, lit('int32', draw.randint(0, 20), ())]
    attrs = dict(output_dtype=draw.one_of('int32', 'int64'))
    if op == 'Multinomial':
        return Case(op, inputs, dict(attrs, **seeds(draw)))
    return Case(op, inputs + [seed_pair(draw)], attrs)


def gamma(draw):
    op = draw.one_of('RandomGamma', 'StatelessRandomGammaV2', 'StatelessRandomGammaV3')
    t = draw.one_of(*kernel_dtypes(op, 'T' if op == 'RandomGamma' else 'dtype'))
    tail = draw.shape(0, 2, 4, 0)
    alpha = draw.tensor(t, tail, 0.01, draw.one_of(0.99, 3, 50))
    if draw.chance(0.1):
        alpha = lit(t, np.ones(tail))
    shape, vector = shape_of(draw, 0, 2, 8)
    if op == 'RandomGamma':
        return Case(op, [vector, alpha], seeds(draw))
    vector = index(draw, shape + tail, (len(shape + tail),))
    if op.endswith('V3'):
        return Case(op, [vector, *key_counter(draw), alpha])
    return Case(op, [vector, seed_pair(draw), alpha])


def poisson(draw):
    op = draw.one_of('RandomPoisson', 'RandomPoissonV2', 'StatelessRandomPoisson')
    rates = {'RandomPoisson': 'dtype', 'RandomPoissonV2': 'R', 'StatelessRandomPoisson': 'Rtype'}[op]
    r = draw.one_of(*kernel_dtypes(op, rates))
    tail = draw.shape(0, 2, 4, 0)
    rate = draw.tensor(r, tail, 0, draw.one_of(3, 12, 100))
    shape, vector = shape_of(draw, 0, 2, 8)
    attrs = {} if op == 'RandomPoisson' else dict(dtype=draw.one_of('float16', 'float32', 'float64', 'int32', 'int64'))
    if op != 'StatelessRandomPoisson':
        return Case(op, [vector, rate], dict(attrs, **seeds(draw)), producer=24 if op == 'RandomPoisson' else None)
    return Case(op, [index(draw, shape + tail, (len(shape + tail),)), seed_pair(draw), rate], attrs)


def binomial(draw):
    op = 'StatelessRandomBinomial'
    t = draw.one_of(*kernel_dtypes(op))
    tail = draw.shape(0, 2, 4, 0)
    other = draw.broadcastable(tail)
    shapes = [tail, other]
    draw.shuffle(shapes)
    counts = Literal(t, np.floor(draw.tensor(t, shapes[0], 0, draw.one_of(5, 30, 500)).array.astype(np.float64)).astype(numpy_dtype(t)))
    probs = draw.tensor(t, shapes[1], -0.1 if draw.chance(0.1) else 0, 1)
    whole = draw.shape(0, 2, 8) + tail
    return Case(op, [index(draw, whole, (len(whole),)), seed_pair(draw), counts, probs], dict(dtype=draw.one_of('float16', 'float32', 'float64', 'int32', 'int64')))


def bounded(draw):
    op = draw.one_of('ParameterizedTruncatedNormal', 'StatelessParameterizedTruncatedNormal')
    t = draw.one_of(*kernel_dtypes(op, 'dtype'))
    if op.startswith('P'):
        shape = (draw.randint(1, 5),) + draw.shape(0, 2, 12)
        tails = [draw.one_of((), (1,), shape[:1]) for _ in range(4)]
    else:
        tail = draw.shape(0, 2, 4, 0)
        shape = draw.shape(0, 2, 8) + tail
        tails = [draw.broadcastable(tail) for _ in range(4)]
    low = draw.uniform(-3, 2)
    parameters = [draw.tensor(t, tails[0], -1, 1), draw.tensor(t, tails[1], 0.3, 2), draw.tensor(t, tails[2], low - 0.2, low),
                  draw.tensor(t, tails[3], low + 0.1, low + draw.one_of(0.5, 2, 5))]
    if draw.chance(0.2):
        parameters[3] = lit(t, np.full(tails[3], np.inf))
    elif draw.chance(0.2):
        parameters[2] = lit(t, np.full(tails[2], -np.inf))
    vector = index(draw, shape, (len(shape),))
    if op.startswith('P'):
        return Case(op, [vector, *parameters], seeds(draw))
    return Case(op, [vector, seed_pair(draw), *parameters])


def boxes(draw):
    op = draw.one_of('SampleDistortedBoundingBox', 'SampleDistortedBoundingBoxV2', 'StatelessSampleDistortedBoundingBox')
    t = draw.one_of(*kernel_dtypes(op))
    high = 127 if t == 'int8' else 250
    size = lit(t, [draw.randint(1, high), draw.randint(1, high), 3])
    corner = draw.numpy.uniform(0, 0.6, (1, draw.randint(0, 3), 2))
    box = lit('float32', np.concatenate([corner, np.minimum(corner + draw.numpy.uniform(0, 0.5, corner.shape), 1)], -1))
    attrs = dict(use_image_if_no_bounding_boxes=draw.chance(0.8), max_attempts=draw.one_of(1, 10, 100))
    if draw.chance(0.5):
        attrs['aspect_ratio_range'] = draw.one_of([0.5, 2.0], [1.0, 1.0], [3.0, 3.5])
    if draw.chance(0.5):
        attrs['area_range'] = draw.one_of([0.08, 1.0], [0.5, 0.6], [0.9, 1.0])
    covered = draw.one_of(0.0, 0.1, 0.5, 0.9)
    if op == 'SampleDistortedBoundingBox':
        return Case(op, [size, box], dict(attrs, min_object_covered=covered, **seeds(draw)))
    if op.endswith('V2'):
        return Case(op, [size, box, lit('float32', covered, ())], dict(attrs, **seeds(draw)))
    return Case(op, [size, box, lit('float32', covered, ()), seed_pair(draw)], attrs)
