"""Matrix products."""
from draw import *


def case(draw):
    t = draw.one_of('float32', 'float64', 'float16', 'bfloat16', 'int32', 'int64', 'complex64', 'complex128')
    m, k, n = draw.dim(9), draw.dim(40), draw.dim(35)
    a, b = draw.chance(0.3), draw.chance(0.3)
    return Case('MatMul', [draw.tensor(t, (k, m) if a else (m, k), edges=0.1), draw.tensor(t, (n, k) if b else (k, n))],
                dict(transpose_a=a, transpose_b=b))
