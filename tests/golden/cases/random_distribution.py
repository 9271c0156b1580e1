"""Gamma, Poisson, binomial and bounded normal numbers, classes, shuffles, crops: the same as TensorFlow's CPU kernels draw."""
from cases_dsl import *

SEEDS = dict(seed=7, seed2=11)
DRAWN = ['float16', 'float32', 'float64', 'int32', 'int64']
KEY, COUNTER = lit('uint64', [0x0123456789abcdef]), lit('uint64', [5, 0xfedcba9876543210])


def bad_seeds(op, before, after, attrs=None):
    """A stateless operator with seeds that are no pair."""
    for seed in (i64([1]), i64([1, 2, 3]), i64(1), i64([[1, 2]])):
        yield Case(op, [*before, seed, *after], attrs or {}, error=True)


def bad_keys(op, before, after, attrs=None):
    for key, counter, alg in ((lit('uint64', [1, 2]), COUNTER, i32(1)), (KEY, COUNTER, i32([1])),
                              (lit('uint64', 1), COUNTER, i32(1)), (KEY, COUNTER, i32(7))):
        yield Case(op, [*before, key, counter, alg, *after], attrs or {}, error=True)


def gamma():
    alphas = [.02, .3, .99, 1, 1.01, 2.5, 40, 1000]
    for t in kernel_dtypes('RandomGamma'):
        for shape in ([3], [2, 3], []):
            yield Case('RandomGamma', [const(i32(shape)), lit(t, alphas)], SEEDS)
        yield Case('RandomGamma', [i64([7]), lit(t, [[.5, 3], [1, 8]])], dict(seed=-5, seed2=2**40 + 3))
        yield Case('RandomGamma', [i32([50]), lit(t, 2.25)], SEEDS)
        yield Case('StatelessRandomGammaV2', [i32([2, 3, 8]), i64([123, -456]), lit(t, alphas)])
        yield Case('StatelessRandomGammaV2', [i64([5, 2, 2]), i32([0, 0]), lit(t, [[.5, 3], [1, 8]])])
        yield Case('StatelessRandomGammaV2', [i32([40]), i64([1, 2]), lit(t, .75)])
        for alg in (1, 3):
            yield Case('StatelessRandomGammaV3', [i32([2, 3, 8]), KEY, COUNTER, i32(alg), lit(t, alphas)])
        yield Case('StatelessRandomGammaV3', [i64([5, 1, 2]), KEY, COUNTER, i32(1), lit(t, [[.5, 3]])])
    one = f32([.5, 2])
    yield Case('RandomGamma', [i32([0, 4]), one], SEEDS)
    yield Case('RandomGamma', [i32([3]), lit('float32', np.zeros((2, 0)))], SEEDS)
    yield Case('RandomGamma', [fed(i32([3]), None), fed(one, None)], SEEDS)
    yield Case('RandomGamma', [fed(i32([3]), (None,)), fed(one, (None,))], SEEDS)
    yield Case('StatelessRandomGammaV2', [i32([0, 2]), i64([1, 2]), one])
    yield Case('StatelessRandomGammaV3', [i32([0, 2]), KEY, COUNTER, i32(1), one])
    yield Case('StatelessRandomGammaV3', [i32([5, 1, 0]), KEY, COUNTER, i32(1), f32([[.5, 3]])])  # of nothing, whatever the end
    yield Case('StatelessRandomGammaV3', [i32([2, 2]), KEY, lit('uint64', [1, 2, 3]), i32(1), f32([.5, 3])])
    for shape in (i32([-1]), i32([[2]]), i32([2, -3])):
        yield Case('RandomGamma', [shape, one], SEEDS, error=True)
        yield Case('StatelessRandomGammaV2', [shape, i64([1, 2]), one], error=True)
        yield Case('StatelessRandomGammaV3', [shape, KEY, COUNTER, i32(1), one], error=True)
    for shape in ([3], [2, 3], []):  # does not end with alpha's
        yield Case('StatelessRandomGammaV2', [i32(shape), i64([1, 2]), one], error=True)
        yield Case('StatelessRandomGammaV3', [i32(shape), KEY, COUNTER, i32(1), one], error=True)
    yield from bad_seeds('StatelessRandomGammaV2', [i32([3, 2])], [one])
    yield from bad_keys('StatelessRandomGammaV3', [i32([3, 2])], [one])


def poisson():
    def rates(t):
        return lit(t, [0, 1, 3, 9, 10, 11, 40, 300] if t in INTS else [0, .1, 1, 3.5, 9.75, 10, 12.5, 300])

    for t in kernel_dtypes('RandomPoisson', 'dtype'):
        for shape in (i32([6]), i64([2, 2]), i32([])):
            yield Case('RandomPoisson', [shape, rates(t)], SEEDS, producer=24)
    for r in kernel_dtypes('RandomPoissonV2', 'R'):
        for u in DRAWN:
            yield Case('RandomPoissonV2', [i32([4]), rates(r)], dict(SEEDS, dtype=u))
            yield Case('RandomPoissonV2', [i64([2, 9]), lit(r, 4)], dict(SEEDS, dtype=u))
            yield Case('StatelessRandomPoisson', [i32([3, 8]), i64([123, -456]), rates(r)], dict(dtype=u))
            yield Case('StatelessRandomPoisson', [i64([19]), i32([0, 0]), lit(r, 20)], dict(dtype=u))
    lam = f32([.5, 20])
    yield Case('RandomPoissonV2', [i32([4]), f32([-1, -20, np.inf])], dict(SEEDS, dtype='float32'))
    yield Case('RandomPoissonV2', [i32([0, 4]), lam], dict(SEEDS, dtype='int32'))
    yield Case('RandomPoissonV2', [i32([4]), lit('float32', np.zeros(0))], dict(SEEDS, dtype='int32'))
    yield Case('RandomPoissonV2', [fed(i32([3]), None), fed(lam, None)], dict(SEEDS, dtype='int32'))
    yield Case('StatelessRandomPoisson', [i32([0, 2]), i64([1, 2]), lam], dict(dtype='int32'))
    yield Case('StatelessRandomPoisson', [fed(i32([3, 2]), None), fed(i64([1, 2]), None), fed(lam, None)], dict(dtype='int32'))
    for shape in (i32([-1]), i32([[2]])):
        yield Case('RandomPoissonV2', [shape, lam], SEEDS, error=True)
        yield Case('RandomPoisson', [shape, lam], SEEDS, producer=24, error=True)
        yield Case('StatelessRandomPoisson', [shape, i64([1, 2]), lam], dict(dtype='int32'), error=True)
    for shape in ([3], [2, 3], []):
        yield Case('StatelessRandomPoisson', [i32(shape), i64([1, 2]), lam], dict(dtype='int32'), error=True)
    yield from bad_seeds('StatelessRandomPoisson', [i32([3, 2])], [lam], dict(dtype='int32'))


def binomial():
    op = 'StatelessRandomBinomial'
    counts, probs = [1, 5, 10, 30, 100, 500, 12, 3], [.5, .1, .95, .5, .01, .7, 0, 1]
    for t in kernel_dtypes(op):
        for u in DRAWN:
            yield Case(op, [i32([4, 8]), i64([123, -456]), lit(t, counts), lit(t, probs)], dict(dtype=u))
        yield Case(op, [i64([3, 2, 3]), i32([0, 0]), lit(t, [[20], [100]]), lit(t, [.25, .5, .75])], dict(dtype='float32'))
        yield Case(op, [i32([2, 3]), i64([5, 6]), lit(t, 40), lit(t, [.25, .5, .75])], dict(dtype='int32'))
        yield Case(op, [i32([30]), i64([5, 6]), lit(t, 40), lit(t, .4)], dict(dtype='float64'))
        yield Case(op, [i32([2, 4]), i64([5, 6]), lit(t, [-1, 0, 7, 7]), lit(t, [.5, .5, -1, 2])], dict(dtype='float64'))
    n, p = f32([20, 30]), f32([.25, .5])
    yield Case(op, [i32([0, 2]), i64([1, 2]), n, p], dict(dtype='int32'))
    yield Case(op, [i32([3, 0]), i64([1, 2]), lit('float32', np.zeros(0)), f32(.5)], dict(dtype='int32'))
    yield Case(op, [fed(i32([3, 2]), None), fed(i64([1, 2]), None), fed(n, None), fed(p, None)], dict(dtype='int32'))
    for shape in (i32([-1]), i32([[2]]), i32([3]), i32([2, 3]), i32([]), i32([0]), i32([0, 3])):
        yield Case(op, [shape, i64([1, 2]), n, p], error=True)
    yield Case(op, [i32([2, 3]), i64([1, 2]), n, f32([.1, .2, .3])], error=True)
    yield from bad_seeds(op, [i32([3, 2])], [n, p])


def bounded():
    op, stateless = 'ParameterizedTruncatedNormal', 'StatelessParameterizedTruncatedNormal'
    inf = np.inf
    # Drawn from the normal, the uniform and the exponential distribution; bounds of one side; mirrored.
    rows = [(0, 1, -2, 2), (1, .5, 1.1, 1.3), (0, 1, 3, 9), (-1, 2, -inf, 0), (0, 1, -inf, -2), (0, 1, 1.5, inf), (2, 3, -1, inf), (0, 1, -5, -4.5)]
    for t in kernel_dtypes(op, 'dtype'):
        for row in rows:
            yield Case(op, [i32([3, 5]), *(lit(t, v) for v in row)], SEEDS, name=f'{op} {t} {row}')
            yield Case(stateless, [i32([11]), i64([123, -456]), *(lit(t, v) for v in row)], name=f'{stateless} {t} {row}')
        columns = np.array(rows).T
        yield Case(op, [i64([8, 9]), *(lit(t, c) for c in columns)], SEEDS)
        yield Case(op, [i32([8, 3, 2]), lit(t, columns[0]), lit(t, [1]), lit(t, columns[0] - 1.5), lit(t, columns[0] + 2)], SEEDS)
        yield Case(op, [i32([250]), lit(t, 0), lit(t, 1), lit(t, -1), lit(t, 1)], SEEDS)
        # One bound of rank 1 makes rows of what would be one batch.
        yield Case(op, [i32([3, 5]), lit(t, [0]), lit(t, [1]), lit(t, -1), lit(t, [1])], SEEDS)
        yield Case(stateless, [i32([5, 8]), i64([3, 4]), *(lit(t, c) for c in columns)])
        yield Case(stateless, [i64([5, 2, 3]), i32([3, 4]), lit(t, [[0], [1]]), lit(t, 1), lit(t, [-1, -2, -3]), lit(t, [[2, 3, 4]])])
    one = [f32(0), f32(1), f32(-1), f32(1)]
    yield Case(op, [i32([0, 3]), *one], SEEDS)
    yield Case(op, [i32([3, 0]), *one], SEEDS)
    yield Case(op, [fed(i32([3, 4]), None), *(fed(v, None) for v in one)], SEEDS)
    yield Case(stateless, [i32([0]), i64([1, 2]), *one])
    yield Case(stateless, [fed(i32([3, 4]), None), fed(i64([1, 2]), None), *(fed(v, None) for v in one)])
    for shape in (i32([]), i32([-1]), i32([[2]])):
        yield Case(op, [shape, *one], SEEDS, error=True)
    for shape in (i32([-1]), i32([[2]])):
        yield Case(stateless, [shape, i64([1, 2]), *one], error=True)
    for shape in (i32([3]), i32([0])):
        yield Case(stateless, [shape, i64([1, 2]), f32([0, 0]), *one[1:]], error=True)
    yield Case(op, [i32([3]), f32([0, 0]), *one[1:]], SEEDS, error=True)
    yield Case(op, [i32([3]), f32([[0]]), *one[1:]], SEEDS, error=True)
    for row in ((0, 0, -1, 1), (0, -1, -1, 1), (0, 1, 1, 1), (0, 1, 2, 1), (0, 1, -inf, inf), (0, np.nan, -1, 1), (0, 1, np.nan, 1)):
        yield Case(op, [i32([3]), *(f32(v) for v in row)], SEEDS, error=True)
        yield Case(stateless, [i32([3]), i64([1, 2]), *(f32(v) for v in row)], error=True)
    yield from bad_seeds(stateless, [i32([3])], one)


def multinomial():
    def logits(t):
        return lit(t, [[0, 1, 2, -1, .5], [-3, -3, 4, 0, 0], [0, 0, 0, 0, 0]])

    for t in kernel_dtypes('Multinomial'):
        for u in INDEX:
            for count in (0, 1, 7, 40):
                yield Case('Multinomial', [logits(t), i32(count)], dict(SEEDS, output_dtype=u))
                yield Case('StatelessMultinomial', [logits(t), const(i32(count)), i64([123, -456])], dict(output_dtype=u))
        strange = lit(t, [[np.nan, 1, np.inf, 0], [-np.inf, 0, -np.inf, 0], [3e4, -3e4, 3e4, 0]])
        yield Case('Multinomial', [strange, i32(12)], SEEDS)
        yield Case('StatelessMultinomial', [strange, i32(12), i32([0, 0])])
        yield Case('Multinomial', [lit(t, [[2.0]]), i32(4)], SEEDS)
    x = f32([[0, 1, 2]])
    yield Case('Multinomial', [lit('float32', np.zeros((0, 3))), i32(4)], SEEDS)
    yield Case('Multinomial', [fed(x, None), fed(i32(4), None)], SEEDS)
    yield Case('StatelessMultinomial', [fed(x, None), fed(i32(4), None), fed(i64([1, 2]), None)])
    for bad in ([lit('float32', np.zeros((2, 0))), i32(4)], [f32([1, 2]), i32(4)], [x, i32(-1)], [x, i32([4])], [f32([[[1, 2]]]), i32(4)]):
        yield Case('Multinomial', bad, SEEDS, error=True)
        yield Case('StatelessMultinomial', bad + [i64([1, 2])], error=True)
    yield from bad_seeds('StatelessMultinomial', [x, i32(4)], [])


def shuffle():
    for t in ALL_PLAIN:
        yield Case('StatelessShuffle', [rand(t, (11,)), KEY, COUNTER, i32(1)])
    for shape in ((), (0, 3), (1, 4), (7, 3), (5, 2, 2)):
        for alg in (1, 3):
            yield Case('StatelessShuffle', [rand('float32', shape), KEY, lit('uint64', [1, 2, 3]), i32(alg)], name=f'StatelessShuffle {shape} {alg} counter')
            yield Case('StatelessShuffle', [rand('float32', shape), KEY, COUNTER, i32(alg)], name=f'StatelessShuffle {shape} {alg}')
    yield Case('StatelessShuffle', [fed(rand('float32', (6, 2)), None), fed(KEY, None), fed(COUNTER, None), fed(i32(1), None)])
    yield from bad_keys('StatelessShuffle', [rand('float32', (4,))], [])
    for t in kernel_dtypes('RandomCrop'):
        for size in ([1, 1], [3, 2], [5, 6], [5, 2], [2, 6]):
            yield Case('RandomCrop', [rand(t, (5, 6, 2)), const(i64(size))], SEEDS, producer=7, name=f'RandomCrop {t} {size}')
    x = rand('float32', (5, 6, 2))
    for size in ([0, 2], [2, 0], [0, 0]):
        yield Case('RandomCrop', [x, i64(size)], SEEDS, producer=7)
    yield Case('RandomCrop', [fed(x, None), fed(i64([2, 3]), None)], SEEDS, producer=7)
    for bad in ([x, i64([6, 2])], [x, i64([2, 7])], [x, i64([2])], [x, i64([2, 2, 2])],
                [rand('float32', (5, 6)), i64([2, 2])]):
        yield Case('RandomCrop', bad, SEEDS, producer=7, error=True)


def boxes():
    op = 'SampleDistortedBoundingBox'
    box = f32([[[.1, .2, .5, .6], [.3, .3, .9, .8]]])
    none = lit('float32', np.zeros((1, 0, 4)))
    ranges = [dict(), dict(aspect_ratio_range=[.5, 2.0]), dict(aspect_ratio_range=[1.0, 1.0], area_range=[.5, .6]), dict(area_range=[.9, 1.0], max_attempts=1),
              dict(aspect_ratio_range=[3.0, 3.5]), dict(aspect_ratio_range=[30.0, 35.0]), dict(aspect_ratio_range=[2.0, .5]), dict(area_range=[.6, .2])]
    for t in kernel_dtypes(op):
        size = lit(t, [100, 60, 3])
        for attrs in ranges:
            for covered in (0, .1, .7, 1):
                yield Case(op, [size, box], dict(attrs, min_object_covered=float(covered), **SEEDS))
                if t in ('int32', 'uint8'):
                    yield Case(op + 'V2', [size, const(box), f32(covered)], dict(attrs, **SEEDS))
                    yield Case('Stateless' + op, [size, box, f32(covered), i64([123, -456])], attrs)
        k = dict(use_image_if_no_bounding_boxes=True)
        yield Case(op, [size, none], dict(k, **SEEDS))
        yield Case(op + 'V2', [size, none, f32(.5)], dict(k, **SEEDS))
        yield Case('Stateless' + op, [size, none, f32(.5), i32([0, 0])], k)
    many = lit('float32', np.array([[[.1, .1, .2, .2]], [[.5, .5, .9, .9]], [[0, 0, 1, 1]]]))
    size = i32([480, 640, 3])
    for s in range(1, 9):
        yield Case(op + 'V2', [size, many, f32(.3)], dict(seed=s, seed2=1))
    for covered in (1.5, np.inf):
        yield Case(op + 'V2', [size, box, f32(covered)], SEEDS, name=f'{op}V2 covered {covered}')
        yield Case(op, [size, box], dict(SEEDS, min_object_covered=covered))
    for shape in ([1, 1, 3], [1, 500, 3], [500, 1, 1], [3, 2, 1], [2000, 3000, 4], [0, 640, 3], [480, 0, 3], [0, 0, 0], [480, 640, -3]):
        yield Case(op + 'V2', [i32(shape), box, f32(.1)], SEEDS, name=f'{op}V2 {shape}')
    yield Case(op + 'V2', [size, f32([[[.5, .5, .5, .5]]]), f32(.1)], SEEDS, name=f'{op}V2 empty box')
    yield Case(op + 'V2', [size, f32([[[.8, .8, .2, .2]]]), f32(.1)], SEEDS, name=f'{op}V2 box upside down')
    yield Case(op + 'V2', [fed(size, None), fed(box, None), fed(f32(.1), None)], SEEDS)
    for bad in ([i32([480, 640]), box], [i32([[480, 640, 3]]), box], [size, f32([[.1, .2, .3, .4]])], [size, f32([[[.1, .2, .3]]])],
                [size, f32([[[-.1, 0, 1, 1]]])], [size, f32([[[0, 0, 1, 1.5]]])], [size, f32([[[0, np.nan, 1, 1]]])], [i32([480, -1, 3]), box],
                [i32([-5, 640, 3]), box], [size, none], [i64([480, 2**31, 3]), box], [i64([2**31 - 1, 640, 3]), box]):
        yield Case(op, bad, SEEDS, error=True)
        yield Case(op + 'V2', bad + [f32(.1)], SEEDS, error=True)
        yield Case('Stateless' + op, bad + [f32(.1), i64([1, 2])], error=True)
    for attrs in (dict(aspect_ratio_range=[1.0]), dict(aspect_ratio_range=[0.0, 1.0]), dict(area_range=[.5, 1.5]), dict(area_range=[-.5, 1.0]),
                  dict(area_range=[.1, .2, .3]), dict(max_attempts=0)):
        yield Case(op, [size, box], dict(attrs, **SEEDS), error=True)
        yield Case(op + 'V2', [size, box, f32(.1)], dict(attrs, **SEEDS), error=True)
        yield Case('Stateless' + op, [size, box, f32(.1), i64([1, 2])], attrs, error=True)
    for covered in (f32(-.1), f32(np.nan), f32([.1])):
        yield Case(op + 'V2', [size, box, covered], SEEDS, error=True)
        yield Case('Stateless' + op, [size, box, covered, i64([1, 2])], error=True)
    yield Case(op, [size, box], dict(SEEDS, min_object_covered=-.5), error=True)
    yield from bad_seeds('Stateless' + op, [size, box, f32(.1)], [])


def cases():
    yield from gamma()
    yield from poisson()
    yield from binomial()
    yield from bounded()
    yield from multinomial()
    yield from shuffle()
    yield from boxes()
