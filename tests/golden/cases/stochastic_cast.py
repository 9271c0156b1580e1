"""Numbers rounded up or down at random."""
from cases_dsl import *


def cases(op='StochasticCastToInt'):
    def case(x, out, key=7, counter=(1, 2), alg=1, **more):
        return Case(op, [x, lit('uint64', [key]), lit('uint64', list(counter)), i32(alg)], dict(Tout=out), **more)
    ends = [np.nan, np.inf, -np.inf, 1e9, -1e9, 3e9, 127.5, 126.5, 127, 128, -128.5, -127.5, -128, 0, -0.0, 0.5, -0.5, 32766.5, 32767.5, -32768.5, 2**31 - 100, -2**31 + 0.5, 1e-30, -1e-30]
    for t in FLOATS:
        for out in ('int8', 'int16', 'int32'):
            for n in (1, 7, 8, 37):
                yield case(grid(t, (n,), -100, 100, -5, seed=n), out)
            yield case(lit(t, ends), out)
            yield case(lit(t, ends[::-1] + [1.5]), out, key=2**63 + 5, counter=(2**64 - 1, 0), alg=3)
    for shape in ((), (0,), (2, 3, 5)):
        yield case(rand('float32', shape), 'int16')
        yield case(rand('float32', shape), 'int32')
    yield Case(op, [const(rand('float32', (9,))), const(lit('uint64', [3])), const(lit('uint64', [3, 4])), const(i32(1))], dict(Tout='int8'))
    yield Case(op, [fed(rand('float32', (9,))), fed(lit('uint64', [3])), fed(lit('uint64', [3, 4])), fed(i32(1))], dict(Tout='int8'))
    x = rand('float32', (9,))
    for counter in ([5], [5, 6, 7]):
        yield case(x, 'int8', counter=counter)
    for key, counter, alg in (([1, 2], [1, 2], 1), ([], [1, 2], 1), (1, [1, 2], 1), ([[1]], [1, 2], 1), ([1], 1, 1), ([1], [[1, 2]], 1), ([1], [1, 2], 2), ([1], [1, 2], 0), ([1], [1, 2], [1])):
        yield Case(op, [x, lit('uint64', key), lit('uint64', counter), i32(alg)], dict(Tout='int8'), error=True)
