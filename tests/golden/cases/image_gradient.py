"""Gradients of resizing, cropping, and scaling with translation."""
from cases_dsl import *

FLAGS = [dict(), dict(align_corners=True), dict(half_pixel_centers=True)]
SIZES = [((3, 4), (5, 3)), ((5, 3), (3, 4)), ((1, 1), (4, 3)), ((4, 3), (1, 1)), ((6, 8), (3, 4)), ((2, 1), (7, 9)), ((7, 9), (2, 1))]
BOXES = [[0, 0, 1, 1], [.1, .2, .7, .9], [.8, .9, .1, .2], [-.5, .3, 1.5, .6], [.5, .5, .5, .5]]
KERNELS = ['lanczos1', 'lanczos3', 'lanczos5', 'gaussian', 'box', 'triangle', 'keyscubic', 'mitchellcubic']


def values(t, shape, seed=None):
    return rand(t, shape, seed=seed) if t in FLOATS else full_range(t, shape, seed=seed)


def resize():
    for op in ('ResizeBilinearGrad', 'ResizeBicubicGrad', 'ResizeNearestNeighborGrad'):
        nearest = op.startswith('ResizeNearest')
        for t in kernel_dtypes(op):
            for attrs in FLAGS:
                for new, old in SIZES:
                    if nearest:
                        yield Case(op, [values(t, (2, *new, 3)), i32(old)], attrs)
                    else:
                        yield Case(op, [rand('float32', (2, *new, 3)), rand(t, (2, *old, 3), seed=1)], attrs)
        u = 'float32'
        grads = [edge(u, (1, 5, 7, 2)), rand(u, (0, 3, 4, 2)), rand(u, (1, 11, 13, 1)), rand(u, (1, 1, 5, 1))]
        for g in grads:
            last = i32([3, 4]) if nearest else rand(u, (g.shape[0], 3, 4, g.shape[3]), seed=1)
            yield Case(op, [g, last])
            yield Case(op, [fed(g, None), fed(last, None)], FLAGS[1])
            yield Case(op, [fed(g, (None, None, 7 if g.shape[2] == 7 else None, None)), const(last)], FLAGS[2])
        g = rand(u, (1, 3, 4, 2))
        wrong = ([i32([0, 2]), i32([2, 0]), i32([-1, 3]), i32([2]), i32([2, 2, 2]), i32(2)] if nearest else
                 [rand(u, s) for s in ((2, 3, 4), (1, 0, 4, 2), (1, 3, 0, 2))])
        for last in wrong:
            yield Case(op, [g, last], error=True)
        fine = i32([2, 2]) if nearest else rand(u, (1, 2, 2, 2))
        for shape in ((3, 4, 2), (1, 1, 3, 4, 2)) + (() if nearest else ((1, 0, 4, 2),)):
            yield Case(op, [rand(u, shape), fine], error=True)
        yield Case(op, [g, fine], dict(align_corners=True, half_pixel_centers=True), error=not nearest)
        yield Case(op, [rand(u, (1, 3, 4, 0)), fine])
        if nearest:
            yield Case(op, [rand(u, (1, 0, 4, 2)), fine])
        else:  # batch and channels are the gradient's
            yield Case(op, [g, rand(u, (3, 2, 2, 1))])
    # Places that meet in one pixel.
    yield Case('ResizeNearestNeighborGrad', [lit('uint8', np.full((1, 9, 9, 1), 200)), i32([2, 2])])
    yield Case('ResizeNearestNeighborGrad', [lit('float16', np.full((1, 40, 70, 1), 1.0)), i32([1, 1])])
    yield Case('ResizeBilinearGrad', [rand('float32', (1, 40, 30, 1)), rand('float16', (1, 2, 2, 1))])


def crop():
    boxes, which = f32(BOXES), i32([0, 1, 1, 0, 1])
    for method in ('bilinear', 'nearest'):
        for t in kernel_dtypes('CropAndResizeGradImage'):
            for size in ((2, 3), (1, 1), (1, 4), (5, 1), (6, 7)):
                yield Case('CropAndResizeGradImage', [rand('float32', (5, *size, 2)), boxes, which, const(i32([2, 4, 5, 2]))],
                           dict(T=t, method=method))
            yield Case('CropAndResizeGradImage', [rand('float32', (5, 3, 3, 1)), boxes, which, i32([2, 1, 1, 1])], dict(T=t, method=method))
            yield Case('CropAndResizeGradImage', [lit('float32', np.zeros((0, 2, 2, 1))), lit('float32', np.zeros((0, 4))),
                                                  lit('int32', np.zeros(0)), i32([2, 3, 4, 1])], dict(T=t, method=method))
    for t in kernel_dtypes('CropAndResizeGradBoxes'):
        for size in ((2, 3), (1, 1), (1, 4), (5, 1)):
            yield Case('CropAndResizeGradBoxes', [rand('float32', (5, *size, 2)), values(t, (2, 4, 5, 2)) if t in FLOATS + ['int8', 'uint8'] else
                                                  rand(t, (2, 4, 5, 2), 0, 100), boxes, which])
    t = 'float32'
    image, grads = rand(t, (2, 4, 5, 2), seed=1), rand(t, (5, 2, 3, 2), seed=2)
    yield Case('CropAndResizeGradBoxes', [grads, rand(t, (2, 1, 1, 2)), boxes, which])
    yield Case('CropAndResizeGradBoxes', [lit(t, np.zeros((0, 2, 2, 2))), image, lit(t, np.zeros((0, 4))), lit('int32', np.zeros(0))])
    yield Case('CropAndResizeGradBoxes', [fed(grads, None), fed(image, None), fed(boxes, None), fed(which, None)])
    yield Case('CropAndResizeGradBoxes', [grads, edge(t, (2, 4, 5, 2)), boxes, which])
    yield Case('CropAndResizeGradImage', [edge(t, (5, 2, 3, 2)), boxes, which, i32([2, 4, 5, 2])], dict(T=t))
    yield Case('CropAndResizeGradImage', [fed(grads, None), fed(boxes, None), fed(which, None), fed(i32([2, 4, 5, 2]), None)], dict(T=t))
    for bad in ([rand(t, (5, 2, 3)), boxes, which], [rand(t, (4, 2, 3, 2)), boxes, which], [rand(t, (5, 0, 3, 2)), boxes, which],
                [grads, f32(np.zeros((5, 3))), which], [grads, boxes, i32([0, 1, 2, 0, 0])], [grads, boxes, i32([0, -1, 1, 0, 0])],
                [grads, boxes, i32([0, 1, 1, 0])]):
        yield Case('CropAndResizeGradImage', bad + [i32([2, 4, 5, 2])], dict(T=t), error=True)
        yield Case('CropAndResizeGradBoxes', [bad[0], image, *bad[1:]], error=True)
    for size in ([2, 4, 5], [2, 0, 5, 2], [2, 4, -5, 2], [2, 4, 5, 3]):
        yield Case('CropAndResizeGradImage', [grads, boxes, which, i32(size)], dict(T=t), error=True)
    for shape in ((2, 4, 5), (2, 0, 5, 2), (2, 4, 5, 3)):
        yield Case('CropAndResizeGradBoxes', [grads, rand(t, shape), boxes, which], error=True)


def scale():
    op, t = 'ScaleAndTranslateGrad', 'float32'
    for kernel in KERNELS:
        for antialias in (False, True):
            for scale, shift in (((1.5, 0.5), (0, 0)), ((0.4, 2.0), (0.5, -1.25)), ((1, 1), (3, -2))):
                yield Case(op, [rand(t, (2, 5, 4, 2)), rand(t, (2, 4, 6, 2), seed=1), f32(scale), f32(shift)],
                           dict(kernel_type=kernel, antialias=antialias))
    yield Case(op, [rand(t, (0, 5, 4, 2)), rand(t, (0, 4, 6, 2)), f32([1, 1]), f32([0, 0])])
    for kernel in ('box', 'triangle', 'lanczos3'):
        yield Case(op, [edge(t, (1, 5, 7, 1)), rand(t, (1, 4, 6, 1)), f32([1.25, 1.5]), f32([0, 1])], dict(kernel_type=kernel))
    x = rand(t, (1, 4, 6, 2), seed=2)
    yield Case(op, [fed(x, None), fed(x, None), fed(f32([2, .75]), None), fed(f32([0, 1]), None)])
    for grads, image, scale, shift in ((rand(t, (4, 6, 2)), x, [1, 1], [0, 0]), (x, rand(t, (4, 6, 2)), [1, 1], [0, 0]),
                                       (x, x, [1, 1, 1], [0, 0]), (x, x, [1, 1], [0]), (x, x, [0, 1], [0, 0]), (x, x, [1, -1], [0, 0])):
        yield Case(op, [grads, image, f32(scale), f32(shift)], error=True)


def cases():
    yield from resize()
    yield from crop()
    yield from scale()
