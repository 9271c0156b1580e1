"""Connectionist temporal classification: decoding, the loss."""
from cases_dsl import *


def greedy():
    op = 'CTCGreedyDecoder'
    for t in kernel_dtypes(op):
        for merge in (False, True):
            for blank in (-1, 0, 2, -4):
                yield Case(op, [rand(t, (9, 3, 4), seed=3), i32([9, 0, 5])], dict(merge_repeated=merge, blank_index=blank))
    steps = lit('float32', [[[0, 1, 0]], [[0, 1, 0]], [[0, 0, 1]], [[0, 1, 0]], [[1, 0, 0]], [[1, 0, 1]], [[0, 0, 0]]])
    for merge in (False, True):
        yield Case(op, [steps, i32([7])], dict(merge_repeated=merge))
    for shape in ((2, 0, 3), (0, 2, 3), (2, 2, 0)):
        yield Case(op, [rand('float32', shape), lit('int32', [0] * shape[1])], error=True)
    yield Case(op, [rand('float32', (2, 2, 1)), i32([2, 1])])
    yield Case(op, [fed(rand('float32', (2, 2, 3))), fed(i32([2, 1]))])
    for shape, lengths, blank in [((2, 2, 3), [3, 1], -1), ((2, 2, 3), [2], -1), ((2, 2), [2, 2], -1), ((2, 2, 3), [[2, 2]], -1), ((2, 2, 3), [2, 2], 3), ((2, 2, 3), [2, 2], -4)]:
        yield Case(op, [rand('float32', shape), i32(lengths)], dict(blank_index=blank), error=True)


def beam():
    op = 'CTCBeamSearchDecoder'
    for t in kernel_dtypes(op):
        for width, paths, merge in [(1, 1, True), (3, 2, True), (3, 3, False), (8, 4, False), (100, 5, True)]:
            attrs = dict(beam_width=width, top_paths=paths, merge_repeated=merge)
            yield Case(op, [rand(t, (9, 3, 4), seed=3), i32([9, 7, 5])], attrs)
            yield Case(op, [rand(t, (12, 1, 6), -6, 6, seed=5), i32([12])], attrs)
    one = dict(beam_width=4, top_paths=1)
    yield Case(op, [rand('float32', (3, 3, 3), seed=1), i32([3, 0, -1])], one)
    yield Case(op, [rand('float32', (40, 1, 5), -4, 4, seed=8), i32([40])], dict(beam_width=5, top_paths=5, merge_repeated=False))
    yield Case(op, [rand('float32', (2, 2, 1)), i32([2, 1])], one)
    yield Case(op, [fed(rand('float32', (2, 2, 3))), fed(i32([2, 1]))], dict(beam_width=2, top_paths=2))
    steps = lit('float32', [[[0, 1, 0]], [[0, 1, 0]], [[0, 0, 1]], [[0, 1, 0]], [[1, 0, 0]], [[1, 0, 1]], [[0, 0, 0]]])
    for merge in (False, True):
        yield Case(op, [steps, i32([7])], dict(beam_width=9, top_paths=3, merge_repeated=merge))
    # Equally likely prefixes, and more of them than the beam holds.
    for width, paths in [(5, 5), (6, 6), (9, 3)]:
        for merge in (False, True):
            yield Case(op, [lit('float32', np.zeros((4, 1, 4))), i32([4])], dict(beam_width=width, top_paths=paths, merge_repeated=merge))
    low, never = -np.inf, [[[1, 2, 0]], [[-np.inf, -np.inf, 3]], [[0, 1, 2]], [[2, -np.inf, 1]]]
    yield Case(op, [lit('float32', never), i32([4])], dict(beam_width=3, top_paths=2))
    yield Case(op, [lit('float32', [[[low, 0, low]], [[0, low, low]]]), i32([2])], dict(beam_width=3, top_paths=1))
    for width, paths, shape, lengths in [(1, 2, (2, 2, 3), [2, 2]), (3, 2, (2, 2, 3), [2, 0]), (3, 1, (2, 2, 3), [3, 1]), (3, 1, (2, 2, 3), [2]), (3, 1, (2, 2), [2, 2]),
                                         (3, 1, (2, 2, 3), [[2, 2]]), (3, 1, (0, 2, 3), [0, 0]), (3, 1, (2, 2, 0), [2, 2]), (0, 1, (2, 2, 3), [2, 2]), (3, 0, (2, 2, 3), [2, 2]),
                                         (1 << 31, 1, (2, 2, 3), [2, 2])]:
        yield Case(op, [rand('float32', shape), i32(lengths)], dict(beam_width=width, top_paths=paths), error=True)


def pairs(values):
    return lit('int64', np.array(values, np.int64).reshape(-1, 2))


def loss():
    op = 'CTCLoss'
    at = pairs([(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (2, 1)])
    labels = i32([1, 1, 0, 2, 0, 1])
    for t in kernel_dtypes(op):
        x = rand(t, (7, 3, 4), seed=4)
        for collapse in (False, True):
            for merge in (False, True):
                attrs = dict(preprocess_collapse_repeated=collapse, ctc_merge_repeated=merge)
                yield Case(op, [x, at, labels, i32([7, 3, 5])], attrs)
                yield Case(op, [x, at, labels, i32([4, 0, 1])], dict(attrs, ignore_longer_outputs_than_inputs=True))
        yield Case(op, [rand(t, (30, 1, 6), -8, 8, seed=2), pairs([(0, k) for k in range(9)]), i32([0, 4, 4, 2, 1, 3, 0, 2, 2]), i32([30])])
    x = rand('float32', (4, 2, 3), seed=6)
    two = pairs([(0, 0), (1, 0)])
    yield Case(op, [x, two, i32([0, 1]), i32([1, 4])])
    yield Case(op, [x, pairs([(0, 0), (0, 5), (1, 3)]), i32([0, 1, 1]), i32([4, 4])])        # places need not follow
    yield Case(op, [x, pairs([(0, 0), (0, 1), (1, 0)]), i32([0, 2, 1]), i32([4, 4])])        # a blank ends the labels
    yield Case(op, [x, pairs([(0, 0), (0, 1), (1, 0)]), i32([0, 9, 1]), i32([4, 4])])
    yield Case(op, [x, pairs([(0, 0), (1, 0), (1, 1)]), i32([1, 1, 1]), i32([4, 2])])        # no path: infinite
    yield Case(op, [fed(x), fed(two), fed(i32([0, 1])), fed(i32([4, 4]))])
    for low in (-np.inf, np.nan):
        yield Case(op, [lit('float32', [[[low, 1, 0]], [[0, 1, 2]], [[1, 0, low]]]), pairs([(0, 0)]), i32([1]), i32([3])])
        yield Case(op, [lit('float32', [[[1, low, 0]], [[2, low, 0]]]), pairs([(0, 0)]), i32([1]), i32([2])])
    bad = [(two, [0, -1], [4, 4]), (two, [0, 1], [4, -1]), (two, [0, 1], [4, 5]), (two, [0, 1], [4, 0]), (two, [0, 1], [4]), (two, [0, 1, 1], [4, 4]),
           (pairs([(0, 0)]), [0], [4, 4]), (pairs([]), [], [4, 4]), (pairs([(1, 0), (0, 0)]), [0, 1], [4, 4]), (pairs([(0, 0), (0, 0), (1, 0)]), [0, 1, 1], [4, 4]),
           (pairs([(0, 0), (2, 0)]), [0, 1], [4, 4]), (pairs([(0, -1), (1, 0)]), [0, 1], [4, 4]), (pairs([(0, 0), (0, 1), (1, 0)]), [2, 0, 1], [4, 4]),
           (pairs([(0, 0), (1, 0), (1, 1), (1, 2)]), [1, 1, 0, 1], [4, 2]), (two, [[0, 1]], [4, 4]), (two, [0, 1], [[4, 4]]), (i64([[0, 0, 0], [1, 0, 0]]), [0, 1], [4, 4]),
           (pairs([(0, 0), (0, 2**63 - 1), (1, 0)]), [0, 1, 1], [4, 4])]
    for n, (indices, values, lengths) in enumerate(bad):
        yield Case(op, [x, indices, lit('int32', values), i32(lengths)], name=f'{op} bad {n}', error=True)
    for n, shape in enumerate([(0, 2, 3), (4, 0, 3), (4, 3)]):
        yield Case(op, [rand('float32', shape), two, i32([0, 1]), i32([0, 0])], name=f'{op} bad shape {n}', error=True)


def loss_v2():
    """TensorFlow computes it on GPUs only: what CTCLoss gives with the blank moved from first to last."""
    op = 'CTCLossV2'

    def moved(x, at, labels, lengths):
        def run():
            value, gradient = tf_run('CTCLoss', [np.roll(make(x), -1, axis=2), at, i32([k - 1 for k in labels]), lengths])
            return [value, np.roll(gradient, 1, axis=2)]
        return Case(op, [x, at, i32(labels), lengths], expect=run)

    yield moved(rand('float32', (7, 3, 4), seed=4), pairs([(0, 0), (0, 1), (0, 2), (1, 0), (2, 0), (2, 1)]), [2, 2, 1, 3, 1, 2], i32([7, 3, 5]))
    yield moved(rand('float32', (3, 1, 2), seed=1), pairs([(0, 0)]), [1], i32([2]))


def cases():
    for family in (greedy, beam, loss, loss_v2):
        yield from family()
