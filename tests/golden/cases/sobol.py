"""Points of Sobol's sequence."""
from cases_dsl import *


def cases():
    one = lambda dim, count, skip, t: Case('SobolSample', [i32(dim), i32(count), i32(skip)], dict(dtype=t), exact=True)
    for t in ('float32', 'float64'):
        for dim, count, skip in [(1, 1, 0), (1, 9, 0), (2, 5, 3), (5, 8, 1000), (40, 6, 77), (7, 4, 2**30 - 6), (2, 9, 2**24 - 4)]:
            yield one(dim, count, skip, t)
        # Points that are negative, and those just before.
        for dim, count, skip in [(3, 3, 2**30 - 4), (3, 3, 2**30 - 3), (3, 2, 2**30 - 1), (4, 2, 2**31 - 4)]:
            yield one(dim, count, skip, t)
        # The one that sums all directions that the table gives, and one that sums every other.
        yield one(1111, 1, 0x2aaaaaaa - 1, t)
        yield one(1111, 1, 0x33333333 - 1, t)
        yield Case('SobolSample', [const(i32(3)), const(i32(4)), const(i32(2))], dict(dtype=t), exact=True)
        for dim, count, skip in [(0, 3, 0), (-2, 3, 0), (2, 0, 0), (2, -1, 0), (2, 3, -1), (2, 3, 2**31 - 4), (30000, 1, 0)]:
            yield Case('SobolSample', [i32(dim), i32(count), i32(skip)], dict(dtype=t), error=True)
    for i in range(3):
        yield Case('SobolSample', [i32([2] if k == i else 2) for k in range(3)], name=f'SobolSample input {i} is a vector', error=True)
