"""GatherTree and its name in TensorFlow Addons, neither of which TensorFlow's own package has: a slow reference says what to expect."""
from cases_dsl import *


def traced(ids, parents, lengths, end):
    out = np.full_like(ids, end)
    for b in range(ids.shape[1]):
        length = min(ids.shape[0], lengths[b])
        for k in range(ids.shape[2]):
            path, beam = [], k
            for t in reversed(range(length)):
                path.insert(0, ids[t, b, beam])
                beam = parents[t, b, beam]
            ends = path.index(end) if end in path else len(path)
            out[:ends, b, k] = path[:ends]
    return out


def tree(op, shape, lengths, seed=1, end=3):
    inputs = [grid('int32', shape, 0, 8, seed=seed), grid('int32', shape, 0, shape[2] - 1, seed=seed + 1), i32(lengths), i32(end)]
    return Case(op, inputs, expect=lambda: [traced(*(literal(x).array for x in inputs))])


def cases():
    for op in ('GatherTree', 'Addons>GatherTree'):
        yield tree(op, (5, 2, 3), [5, 5])
        yield tree(op, (5, 4, 3), [0, 2, 7, -1], seed=4)
        yield tree(op, (6, 1, 4), [6], seed=7, end=100)  # which nobody has
        yield tree(op, (1, 1, 1), [1], seed=9)
        yield tree(op, (4, 0, 2), np.zeros(0, np.int32), seed=11)
