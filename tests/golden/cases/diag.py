"""Diagonals, bands of matrices, and gradients of tiling."""
from cases_dsl import *

ALIGNS = ('LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT')
OLD = dict(producer=13)  # GraphDefs that may still have the withdrawn names
BANDS = ([0, 0], [1, 1], [-1, -1], [-1, 1], [0, 2], [-2, 0], [1, 2], [-2, -1], [-2, 3])


def diag():
    for t in kernel_dtypes('Diag'):
        yield Case('Diag', [rand(t, (3,))])
        yield Case('DiagPart', [rand(t, (2, 3, 2, 3))])
    for shape in ((3,), (2, 3), (1, 2, 3), (0,), (2, 0), (1, 1)):
        yield Case('Diag', [rand('float32', shape)])
        yield Case('Diag', [fed(rand('float32', shape))])
        if 0 not in shape:
            yield Case('DiagPart', [rand('float32', shape + shape)])
            yield Case('DiagPart', [fed(rand('float32', shape + shape))])
    yield Case('DiagPart', [fed(rand('float32', (2, 2)), (None, 2))])
    yield Case('Diag', [rand('float32', ())], error=True)
    for shape in ((), (3,), (2, 3), (2, 3, 2), (2, 3, 3, 2)):
        yield Case('DiagPart', [rand('float32', shape)], error=True)


def matrices():
    for t in kernel_dtypes('MatrixDiag'):
        for prefix, options in (('', {}), ('Batch', OLD)):
            yield Case(prefix + 'MatrixDiag', [rand(t, (2, 3))], **options)
            yield Case(prefix + 'MatrixDiagPart', [rand(t, (2, 3, 4))], **options)
            yield Case(prefix + 'MatrixSetDiag', [rand(t, (2, 3, 4)), rand(t, (2, 3))], **options)
            yield Case(prefix + 'MatrixBandPart', [rand(t, (2, 4, 3)), const(i64(1)), const(i64(0))], **options) \
                if t != 'bool' or not prefix else Case('MatrixBandPart', [rand(t, (2, 4, 3)), i32(1), i32(0)])
    for shape in ((1,), (3,), (2, 1, 3), (0,), (2, 0), (0, 2), (1, 2, 1, 2, 1, 2, 3)):
        yield Case('MatrixDiag', [rand('float32', shape)])
        yield Case('MatrixDiag', [fed(rand('float32', shape))])
    for shape in ((1, 1), (2, 3), (3, 2), (2, 1, 3, 3), (0, 2, 2), (1, 2, 1, 2, 1, 2, 3, 2)):
        yield Case('MatrixDiagPart', [rand('float32', shape)])
        yield Case('MatrixDiagPart', [fed(rand('float32', shape))])
        yield Case('MatrixSetDiag', [rand('float32', shape), rand('float32', shape[:-2] + (min(shape[-2:]),))])
        yield Case('MatrixSetDiag', [fed(rand('float32', shape)), fed(rand('float32', shape[:-2] + (min(shape[-2:]),)))])
        rows, columns = shape[-2:]
        for index in (i32, i64):
            for lower in (-1, 0, 1, rows):
                for upper in (-3, 0, 1, columns):
                    if lower <= rows and upper <= columns:
                        yield Case('MatrixBandPart', [rand('float32', shape), index(lower), index(upper)])
    yield Case('MatrixBandPart', [fed(rand('float32', (3, 3))), fed(i64(1)), fed(i64(-1))])
    yield Case('MatrixBandPart', [rand('float32', (0, 3)), i64(0), i64(0)])
    for op in ('MatrixDiag',):
        yield Case(op, [rand('float32', ())], error=True)
    for shape in ((), (3,)):
        yield Case('MatrixDiagPart', [rand('float32', shape)], error=True)
        yield Case('MatrixBandPart', [rand('float32', shape), i64(0), i64(0)], error=True)
    for x, d in (((3, 3), (2,)), ((3, 3), (4,)), ((2, 3, 3), (3,)), ((3,), (3,)), ((3, 3), ()), ((2, 3, 3), (3, 3)), ((3, 3), (1, 3))):
        yield Case('MatrixSetDiag', [rand('float32', x), rand('float32', d)], error=True)
    for lower, upper in ((4, 0), (0, 5), (2**31 - 1, 0)):
        yield Case('MatrixBandPart', [rand('float32', (3, 4)), i32(lower), i32(upper)], error=True)
    yield Case('MatrixBandPart', [rand('float32', (3, 4)), i64([1]), i64(0)], error=True)
    yield Case('MatrixBandPart', [rand('float32', (3, 4)), i64(1), i64([], (0,))], error=True)


def longest(rows, columns, band):
    return min(rows + min(band[1], 0), columns - max(band[0], 0))


def packed(batch, rows, columns, band):
    count = band[1] - band[0] + 1
    return batch + ((count,) if count > 1 else ()) + (longest(rows, columns, band),)


def bands():
    for version, aligns in (('V2', (None,)), ('V3', ALIGNS)):
        def attrs(align):
            return dict(align=align) if align else {}

        for t in kernel_dtypes('MatrixDiagV3'):
            k = const(i32([-1, 1]))
            yield Case('MatrixDiag' + version, [rand(t, (2, 3, 3)), k, const(i32(-1)), const(i32(-1)), rand(t, ())])
            yield Case('MatrixDiagPart' + version, [rand(t, (2, 4, 3)), k, rand(t, ())])
            yield Case('MatrixSetDiag' + version, [rand(t, (2, 4, 3)), rand(t, (2, 3, 3)), k])
        x = 'float32'
        for align in aligns:
            for rows, columns in ((4, 4), (3, 5), (5, 3)):
                for band in BANDS:
                    if band[0] <= -rows or band[1] >= columns:
                        continue
                    k = i32(band[0]) if band[0] == band[1] else i32(band)
                    for batch in ((), (2,)):
                        shape = batch + (rows, columns)
                        yield Case('MatrixDiagPart' + version, [rand(x, shape), const(k), const(f32(9))], attrs(align))
                        yield Case('MatrixSetDiag' + version, [rand(x, shape), rand(x, packed(batch, rows, columns, band)), const(k)], attrs(align))
                        if rows == 5:  # the band tells the matrix' size where one side is as small as may be
                            continue
                        length = longest(rows, columns, band)
                        if rows == length + max(-band[1], 0) or columns == length + max(band[0], 0):
                            yield Case('MatrixDiag' + version, [rand(x, packed(batch, rows, columns, band)), const(k), const(i32(rows)), const(i32(columns)),
                                                                const(f32(9))], attrs(align))
                    yield Case('MatrixDiag' + version, [rand(x, packed((2,), 4, 4, band)), k, i32(-1), i32(-1), f32(7)], attrs(align)) \
                        if band[1] - band[0] < 4 else Case('MatrixDiagPart' + version, [fed(rand(x, (rows, columns))), fed(k), fed(f32(9))], attrs(align))
        part, diagonal, replace = 'MatrixDiagPart' + version, 'MatrixDiag' + version, 'MatrixSetDiag' + version
        m1 = i32(-1)
        yield Case(diagonal, [rand(x, (3,)), i32([0]), m1, m1, f32(7)])
        yield Case(diagonal, [rand(x, (3,)), i32(1), m1, i32(5), f32(7)])
        yield Case(diagonal, [rand(x, (3,)), i32(1), i32(3), m1, f32(7)])
        yield Case(diagonal, [rand(x, (3,)), i32(-2), i32(6), i32(3), f32(7)])
        yield Case(diagonal, [rand(x, (2, 3)), i32([0, 1]), i32(3), i32(3), f32(7)])
        yield Case(diagonal, [fed(rand(x, (2, 3))), fed(i32([0, 1])), fed(m1), fed(m1), fed(f32(7))])
        yield Case(diagonal, [fed(rand(x, (2, 3)), (None, 3)), const(i32([0, 0])), const(m1), const(m1), const(f32(7))])
        yield Case(part, [rand(x, (0, 3, 3)), i32([0, 1]), f32(0)])
        yield Case(part, [fed(rand(x, (2, 3, 3)), (None, None, 3)), const(i32([0, 1])), f32(0)])
        yield Case(replace, [rand(x, (0, 3, 3)), rand(x, (0, 2, 3)), i32([0, 1])])
        yield Case(replace, [fed(rand(x, (3, 3))), fed(rand(x, (2, 3))), fed(i32([0, 1]))])
        for k in ([1, 0], [0, 3], [-3, 0], 3, -3, [0, 1, 2], [2**31 - 1, 2**31 - 1], [-2**31, 2**31 - 1], [[0, 1]]):
            yield Case(part, [rand(x, (3, 3)), i32(k), f32(0)], error=True)
            yield Case(replace, [rand(x, (3, 3)), rand(x, (2, 3)), i32(k)], error=True)
        yield Case(part, [rand(x, (3, 3)), i32([], (0,)), f32(0)], error=True)
        yield Case(part, [rand(x, (3,)), i32(0), f32(0)], error=True)
        yield Case(part, [rand(x, (3, 3)), i32(0), f32([1, 2])], error=True)
        for d in ((3,), (2, 2), (3, 3), (1, 2, 3)):
            yield Case(replace, [rand(x, (3, 3)), rand(x, d), i32([0, 1])], error=True)
        for shape, k, rows, columns in (((3,), 0, 2, -1), ((3,), 0, -1, 2), ((3,), 0, 4, 4), ((3,), 1, 3, 3), ((2, 3), [0, 2], -1, -1), ((3,), [0, 1], -1, -1), ((2, 3), [1, 0], -1, -1),
                                        ((), 0, -1, -1), ((3,), 0, -2, -1), ((3,), 0, 0, 0), ((2, 3), [0, 1, 2], -1, -1), ((2, 3), [5, 6], 3, 3)):
            yield Case(diagonal, [rand(x, shape), i32(k), i32(rows), i32(columns), f32(0)], error=True)
        for shape, k, rows, columns in (((4, 3), [0, 3], -1, -1), ((7, 2), [-5, 1], -1, -1), ((4, 1), [0, 3], -1, 3), ((0,), -6, -1, 4), ((7, 0), [-1, 5], 1, -1)):  # beyond
            yield Case(diagonal, [rand(x, shape), i32(k), i32(rows), i32(columns), f32(9)])
            yield Case(diagonal, [fed(rand(x, shape)), const(i32(k)), i32(rows), i32(columns), f32(9)])


def tile_gradients():
    def sums(x, multiples):  # TensorFlow has the operator, but no kernel that its signature fits
        array = make(x)
        split = [n for m, d in zip(multiples, array.shape) for n in (m, d // m)]
        wide = array.astype('complex128' if x.dtype in COMPLEX else 'float64').reshape(split)
        return [Literal(x.dtype, wide.sum(axis=tuple(range(0, len(split), 2))).astype(numpy_dtype(x.dtype)))]

    def case(x, multiples, wrap):
        return Case('TileGrad', [x, wrap(i32(multiples, (len(multiples),)))], producer=2, expect=lambda: sums(x, multiples))

    for t in ALL_NUMERIC:
        yield case(rand(t, (4, 6), seed=1), [2, 3], const)
    for shape, multiples in (((6,), [3]), ((6,), [1]), ((2, 3), [1, 1]), ((4, 1, 6), [2, 1, 3]), ((0, 2), [1, 2]), ((), []), ((2, 2, 6, 4), [1, 2, 3, 1])):
        yield case(rand('float32', shape, seed=1), multiples, const)
        yield case(rand('float32', shape, seed=1), multiples, fed)
    for shape, multiples in (((6,), [0]), ((6,), [-1]), ((6,), [2, 2]), ((6,), [4])):
        yield Case('TileGrad', [rand('float32', shape), i32(multiples)], producer=2, error=True)


def cases():
    yield from diag()
    yield from matrices()
    yield from bands()
    yield from tile_gradients()
