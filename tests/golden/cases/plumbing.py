"""Constants, identities, placeholders: what every graph is held together with."""
from cases_dsl import *


def cases():
    for t in ALL_PLAIN + QUANTIZED:
        for op in ('Identity', 'StopGradient', 'PreventGradient', 'Snapshot'):
            if t not in kernel_dtypes(op):
                continue
            yield Case(op, [rand(t, (2, 3))], exact=True)
            yield Case(op, [const(rand(t, (5,)))], exact=True)
    yield Case('IdentityN', [[rand('float32', (2,)), rand('string', (1, 2)), const(rand('int64', ()))]])
    yield Case('NoOp')
