"""Images through projective maps."""
from cases_dsl import *

MAPS = f32([[1, 0, 0, 0, 1, 0, 0, 0], [.5, .25, -.75, -.25, .75, 1.5, 0, 0], [1.25, -.5, 3, .5, 1, -4, .0625, -.125],
            [-1, 0, 4.5, 0, -1, 3.5, 0, 0]])
FAR = f32([[-3, 0, 11.25, 0, 2.5, -9.5, 0, 0], [4, 1, -20, -2, 7, 3, 0, 0], [1, 0, .5, 0, 1, -.5, -.5, 0], [0, 1, 0, 1, 0, 0, 0, .25]])
FILLS = ['CONSTANT', 'REFLECT', 'WRAP', 'NEAREST']


def cases():
    for op in ('ImageProjectiveTransformV2', 'ImageProjectiveTransformV3'):
        last = [f32(2.5)] if op.endswith('3') else []
        for t in kernel_dtypes(op, 'dtype'):
            # Whole numbers: what is mixed from them is rounded to zero.
            images = rand(t, (4, 4, 5, 2)) if t in FLOATS else rand(t, (4, 4, 5, 2), 0, 200)
            for interpolation in ('NEAREST', 'BILINEAR'):
                for fill in FILLS:
                    for maps in (MAPS, FAR):
                        yield Case(op, [images, maps, i32([5, 6])] + last, dict(interpolation=interpolation, fill_mode=fill))
                yield Case(op, [images, fed(f32([[.75, 0, 0, 0, .75, -.25, 0, 0]]), None), const(i32([3, 7]))] + last,
                           dict(interpolation=interpolation))
        t = 'float32'
        for fill in FILLS:
            for shape in ((1, 1, 1, 3), (1, 1, 6, 1), (1, 6, 1, 1), (0, 3, 3, 2), (2, 3, 3, 0), (1, 9, 7, 1)):
                yield Case(op, [rand(t, shape), f32([[1.5, .5, -4, -.5, 1.5, -2, 0, 0]]), i32([6, 9])] + last,
                           dict(interpolation='NEAREST', fill_mode=fill))
                yield Case(op, [fed(rand(t, shape), None), f32([[1.5, .5, -4, -.5, 1.5, -2, 0, 0]]), i32([6, 9])] + last,
                           dict(interpolation='BILINEAR', fill_mode=fill))
            yield Case(op, [edge(t, (1, 4, 4, 2)), f32([[.5, 0, -1, 0, .5, -1, 0, 0]]), i32([9, 9])] + last,
                       dict(interpolation='BILINEAR', fill_mode=fill))
        attrs = dict(interpolation='BILINEAR')
        x, m, s = rand(t, (2, 3, 3, 1)), f32([[1, 0, 0, 0, 1, 0, 0, 0]]), i32([2, 2])
        for wrong in ([rand(t, (3, 3, 1)), m, s], [x, rand(t, (3, 8)), s], [x, rand(t, (2, 7)), s], [x, rand(t, (8,)), s],
                      [x, m, i32([2, 2, 2])], [x, m, i32([0, 2])], [x, m, i32([2, -1])], [x, m, i32([[2, 2]])]):
            yield Case(op, wrong + last, attrs, error=True)
    v3 = 'ImageProjectiveTransformV3'
    yield Case(v3, [x, m, s, f32([1])], attrs, error=True)
    for fill in (float('nan'), float('inf'), -0.0):
        yield Case(v3, [x, f32([[2, 0, -1, 0, 2, -1, 0, 0]]), i32([4, 4]), f32(fill)], attrs)
    for t in ('uint8', 'int32', 'int64'):
        yield Case(v3, [rand(t, (1, 2, 2, 1)), f32([[2, 0, -1, 0, 2, -1, 0, 0]]), i32([4, 4]), f32(200.75)], attrs)
