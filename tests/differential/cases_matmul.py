"""Matrix products: MatMul, the batched ones, Einsum, SparseMatMul."""
from draw import *

from cases_dsl import kernel_dtypes

EQUATIONS = ['ab,bc->ac', 'abc,cd->abd', 'abc,acd->abd', 'abcd,adef->abcef', 'ij->ji', 'ii->i', 'ii->', 'ij->', 'ij->i', 'ij,ij->ij', 'i,j->ij',
             'i,i->', 'bij,bjk->bik', 'bij,bkj->bik', 'BTNH,BSNH->BNTS', 'BNTS,BSNH->BTNH', '...ij,...jk->...ik', '...ij,jk->...ik',
             'a...,b...->ab...', 'ab,ab->', 'abc->cba', 'aab->ab', 'ab,b->a', 'abcd,cde->abe', '...a->...', 'i->ii', 'ij,k->ijk', 'iij,jk->ik',
             'a...b,b...c->...ac', 'abc,ab->c']


def matmul(draw):
    t = draw.one_of('float32', 'float32', *kernel_dtypes('MatMul'))
    m, k, n = (draw.dim(9) if draw.chance(0.6) else draw.dim(70) for _ in range(3))
    a, b = draw.chance(0.3), draw.chance(0.3)
    x, y = (k, m) if a else (m, k), (n, k) if b else (k, n)
    if draw.chance(0.04):
        y = draw.shape(0, 3)
    return Case('MatMul', [draw.tensor(t, x, edges=0.1, huge=False), draw.tensor(t, y)], dict(transpose_a=a, transpose_b=b))


def batched(draw):
    op = draw.one_of('BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV2', 'BatchMatMulV3')
    if op == 'BatchMatMulV3':
        ta, tb = draw.one_of(('float32', 'float32'), ('int8', 'int8'), ('uint8', 'int8'), ('int8', 'uint8'), ('bfloat16', 'bfloat16'))
        attrs = dict(Tout=ta if ta == 'float32' else draw.one_of('int32', 'int32', ta) if ta != 'bfloat16' else draw.one_of('bfloat16', 'float32'))
    else:
        ta = tb = draw.one_of('float32', 'float32', *kernel_dtypes(op))
        attrs = {}
    batch = draw.shape(0, 3, 4)
    other = batch if op == 'BatchMatMul' or draw.chance(0.4) else draw.broadcastable(batch)
    m, k, n = (draw.dim(9) if draw.chance(0.7) else draw.dim(40) for _ in range(3))
    a, b = draw.chance(0.3), draw.chance(0.3)
    x, y = (*batch, *((k, m) if a else (m, k))), (*other, *((n, k) if b else (k, n)))
    if draw.chance(0.04):
        y = draw.shape(0, 3)
    if draw.chance(0.5) and op != 'BatchMatMul':
        x, y, a, b = x, y, a, b
    return Case(op, [draw.tensor(ta, x, edges=0.03 if ta == tb else 0, huge=False), draw.tensor(tb, y)], dict(attrs, adj_x=a, adj_y=b))


def einsum(draw):
    t = draw.one_of('float32', 'float32', *kernel_dtypes('Einsum'))
    equation = draw.choice(EQUATIONS)
    sizes, dots = {}, draw.shape(0, 2, 4)
    shapes = []
    for term in equation.split('->')[0].split(','):
        shape = []
        for letter in term.replace('...', '.'):
            if letter == '.':
                shape += list(draw.broadcastable(dots)) if draw.chance(0.4) else list(dots)
            else:
                shape.append(sizes.setdefault(letter, draw.dim(6)))
        shapes.append(tuple(shape))
    if draw.chance(0.04):
        shapes[0] = tuple(d + 1 for d in shapes[0])
    inputs = [draw.tensor(t, shape) for shape in shapes]
    return Case('Einsum', [inputs], dict(equation=equation))


def sparse(draw):
    ta, tb = draw.one_of('float32', 'bfloat16'), draw.one_of('float32', 'bfloat16')
    m, k, n = (draw.dim(9) if draw.chance(0.7) else draw.dim(60) for _ in range(3))
    a, b = draw.chance(0.3), draw.chance(0.3)
    x, y = draw.tensor(ta, (k, m) if a else (m, k)), draw.tensor(tb, (n, k) if b else (k, n))
    for value in (x, y):
        if draw.chance(0.7):
            value.array[draw.numpy.uniform(size=value.array.shape) < 0.7] = 0
    return Case('SparseMatMul', [x, y], dict(transpose_a=a, transpose_b=b, a_is_sparse=draw.chance(0.6), b_is_sparse=draw.chance(0.4)))


def case(draw):
    return draw.choices((matmul, batched, einsum, sparse), (4, 4, 3, 1))[0](draw)
