"""Diagonals and bands of matrices."""
from draw import *
from cases_dsl import kernel_dtypes

ALIGN = ['LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT']


def band(draw, rows, columns):
    low = draw.randint(-rows + 1, columns - 1)
    high = draw.randint(low, columns - 1)
    if draw.chance(0.4):
        high = low
    if draw.chance(0.03):
        high = columns + 1
    return low, high


def k_input(draw, low, high):
    return lit('int32', low if low == high and draw.chance(0.6) else [low, high], None)


def diagonals(low, high, rows, columns):
    longest = max(min(rows + min(0, k), columns - max(0, k)) for k in range(low, high + 1))
    return (high - low + 1, longest) if high > low else (longest,)


def case(draw):
    op = draw.one_of('Diag', 'DiagPart', 'MatrixDiag', 'MatrixDiagPart', 'MatrixSetDiag', 'MatrixDiagV2', 'MatrixDiagPartV2', 'MatrixSetDiagV2',
                     'MatrixDiagV3', 'MatrixDiagPartV3', 'MatrixSetDiagV3', 'MatrixDiagV3', 'MatrixDiagPartV3', 'MatrixSetDiagV3',
                     'BatchMatrixBandPart', 'BatchMatrixDiag', 'BatchMatrixDiagPart', 'BatchMatrixSetDiag')
    t = draw.one_of(*kernel_dtypes(op))
    batch = draw.shape(0, 3, 3)
    rows, columns = draw.randint(1, 5), draw.randint(1, 5)
    if op == 'Diag':
        return Case(op, [draw.tensor(t, draw.shape(1, 3, 3))])
    if op == 'DiagPart':
        half = draw.shape(1, 3, 3)
        return Case(op, [draw.tensor(t, half + half)])
    if op in ('MatrixDiag', 'BatchMatrixDiag'):
        return Case(op, [draw.tensor(t, batch + (draw.randint(0, 4),))])
    if op in ('MatrixDiagPart', 'BatchMatrixDiagPart'):
        return Case(op, [draw.tensor(t, batch + (rows, columns))])
    if op in ('MatrixSetDiag', 'BatchMatrixSetDiag'):
        return Case(op, [draw.tensor(t, batch + (rows, columns)), draw.tensor(t, batch + (min(rows, columns),))])
    if op == 'BatchMatrixBandPart':
        return Case(op, [draw.tensor(t, batch + (rows, columns)), lit('int64', draw.randint(-1, 4), ()), lit('int64', draw.randint(-1, 4), ())])
    low, high = band(draw, rows, columns)
    attrs = dict(align=draw.one_of(*ALIGN)) if op.endswith('V3') else {}
    try:
        diagonal = diagonals(low, high, rows, columns)
    except ValueError:
        diagonal = (1,)
    if op.startswith('MatrixDiagPart'):
        return Case(op, [draw.tensor(t, batch + (rows, columns)), k_input(draw, low, high), draw.tensor(t, ())], attrs)
    if op.startswith('MatrixSetDiag'):
        return Case(op, [draw.tensor(t, batch + (rows, columns)), draw.tensor(t, batch + diagonal), k_input(draw, low, high)], attrs)
    given = draw.one_of('both', 'rows', 'columns', 'none')
    return Case(op, [draw.tensor(t, batch + diagonal), k_input(draw, low, high),
                     lit('int32', rows if given in ('both', 'rows') else -1, ()), lit('int32', columns if given in ('both', 'columns') else -1, ()),
                     draw.tensor(t, ())], attrs)
