"""Indices shuffled without a table, by a seed."""
from cases_dsl import *


def cases(op='RandomIndexShuffle'):
    types = ['int32', 'uint32', 'int64', 'uint64']
    three = [1, 2**31 - 7, 3]
    for t in types:
        for s in types:
            yield Case(op, [lit(t, list(range(10))), lit(s, three), lit(t, 9)])
        yield Case(op, [lit(t, [0, 5, 2**31 - 1, 77]), lit('uint64', [[2**32 - 1, 2**40, 2**63]] + [[4, 5, 6]] * 3), lit(t, [0, 5, 2**31 - 1, 2**31 - 2])])
    for bits in (1, 8, 15, 16, 17, 18, 19, 24, 31, 32, 33, 47, 48, 49, 61, 62, 63):
        last = [2**bits - 1, 2**bits, min(2**bits + 1, 2**63 - 1)] if bits < 63 else [2**63 - 1, 2**63 - 2, 2**62 + 5]
        yield Case(op, [i64([1, last[1] // 2, last[2]]), i64([-1, 2**33 + 5, 12345]), i64(last)], dict(rounds=4 if bits % 2 else 6))
    yield Case(op, [lit('uint64', [2**64 - 1, 2**63, 3]), i32([7, 8, 9]), lit('uint64', [2**64 - 1, 2**64 - 2, 2**63 + 1])])
    for rounds in (4, 8, 24, 70):
        yield Case(op, [i32([0, 1, 2, 50, 99]), i32(three), i32(99)], dict(rounds=rounds))
    yield Case(op, [i32(5), i32(three), i32(9)])
    yield Case(op, [i32([5]), i32(three), i32(9)])
    yield Case(op, [i32(5), i32([three]), i32(9)])
    yield Case(op, [i32(5), i32([three, [4, 5, 6]]), i32(9)])
    yield Case(op, [i32(5), i32(three), i32([9, 8])])
    yield Case(op, [const(i32([0, 1])), const(i32(three)), const(i32(1))])
    yield Case(op, [fed(i32([0, 1])), fed(i32(three)), fed(i32(1))])
    yield Case(op, [fed(i32(1)), fed(i32(three)), fed(i32(1))])
    for index, seed, last in ((5, three, 0), (-1, three, 9), (5, three, -9), (5, [1, 2], 9), (5, [[1, 2]], 9), (5, 1, 9), ([[5]], three, 9), ([1, 2], three, [9, 9, 9]), ([1], three, [9, 9, 9]), ([], three, 9),
                              ([1, 2], [three] * 3, 9), (5, three, []), (5, np.zeros((0, 3)), 9)):
        yield Case(op, [i32(index), i32(seed), i32(last)], error=True)
