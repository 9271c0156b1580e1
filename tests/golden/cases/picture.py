"""Pictures changed: hue, saturation and contrast, boxes drawn, glimpses, scaling with translation."""
from cases_dsl import *

KERNELS = ['lanczos1', 'lanczos3', 'lanczos5', 'gaussian', 'box', 'triangle', 'keyscubic', 'mitchellcubic']
SPECIAL = [[0, 0, 0], [1, 1, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1], [.5, .5, .25], [.25, .75, .75],
           [.1, .9, .2], [-.5, .25, .125], [2, 3, -1], [-1, -2, -3], [255, 128, 7]]


def colors():
    for op, amounts in (('AdjustHue', [0, .1, -.25, .5, .9, 1, -1, 2.75, -3.3, 1e-9, -1e-9]), ('AdjustSaturation', [0, .5, 1, 1.75, 1e9, -1])):
        for amount in amounts:
            yield Case(op, [f32(SPECIAL, (5, 3, 3)), f32(amount)])
            yield Case(op, [rand('float32', (2, 3, 4, 3), 0, 1), const(f32(amount))])
        for shape in ((1, 1, 3), (0, 2, 3), (2, 1, 2, 2, 3), (41, 7, 3)):
            yield Case(op, [rand('float32', shape, 0, 1), f32(.3)])
        yield Case(op, [fed(rand('float32', (2, 3, 3)), None), fed(f32(.3), None)])
        for x, amount in ((rand('float32', (4, 3)), f32(1)), (rand('float32', (3,)), f32(1)), (rand('float32', (2, 2, 4)), f32(1)),
                          (rand('float32', (2, 2, 3)), f32([1])), (rand('float32', (2, 2, 3)), f32([1, 2])), (rand('float32', (2, 2, 0)), f32(1))):
            yield Case(op, [x, amount], error=True)
    op = 'AdjustContrast'
    for t in kernel_dtypes(op):
        for shape in ((2, 3, 4, 3), (3, 4, 1), (2, 1, 2, 3, 2)):
            for factor, low, high in ((2.5, -1, 1.5), (-.5, -1e9, 1e9), (0, 0, 50)):
                yield Case(op, [rand(t, shape) if t in FLOATS else rand(t, shape, -99, 99), f32(factor), f32(low), f32(high)], producer=1)
        yield Case(op, [rand(t, (0, 3, 4, 3)), f32(2), f32(0), f32(1)], producer=1)
    yield Case(op, [rand('float32', (2, 3, 1)), f32(2), f32(.5), f32(-.5)], producer=1, name=f'{op} between limits in the wrong order')
    x = rand('float32', (3, 4, 2))
    for bad in ([rand('float32', (3, 4)), f32(1), f32(0), f32(1)], [x, f32([1]), f32(0), f32(1)], [x, f32(1), f32([0]), f32(1)],
                [x, f32(1), f32(0), f32([1])]):
        yield Case(op, bad, error=True, producer=1)


BOXES = [[0, 0, 1, 1], [.1, .2, .7, .9], [.8, .9, .1, .2], [-.5, .3, 1.5, .6], [.5, .5, .5, .5], [.3, -.4, .6, 2], [1.2, 1.3, 1.5, 1.6],
         [-2, -2, -1, -1], [.2, .9, .9, .2], [0, .5, .4, 1], [.9, 0, 1, .1], [.6, .6, 1, 1]]


def drawing():
    for t in kernel_dtypes('DrawBoundingBoxes'):
        for depth in (1, 3, 4):
            image = rand(t, (2, 9, 11, depth), 2, 4)
            boxes = f32([BOXES, BOXES[::-1]])
            yield Case('DrawBoundingBoxes', [image, boxes])
            for count, columns in ((0, depth), (1, depth), (3, depth), (2, 4), (20, 4)):
                yield Case('DrawBoundingBoxesV2', [image, boxes, rand('float32', (count, columns))])
        for shape in ((2, 1, 1, 3), (2, 1, 5, 1), (2, 4, 1, 4)):
            yield Case('DrawBoundingBoxes', [rand(t, shape), f32([BOXES, BOXES[::-1]])])
        yield Case('DrawBoundingBoxes', [rand(t, (1, 4, 4, 3)), lit('float32', np.zeros((1, 0, 4)))])
        yield Case('DrawBoundingBoxes', [rand(t, (0, 4, 4, 3)), lit('float32', np.zeros((0, 2, 4)))])
        yield Case('DrawBoundingBoxesV2', [rand(t, (1, 4, 4, 3)), lit('float32', np.zeros((1, 0, 4))), rand('float32', (2, 3))])
        yield Case('DrawBoundingBoxesV2', [fed(rand(t, (1, 4, 4, 3)), None), fed(f32([BOXES[:3]]), None), fed(rand('float32', (2, 3)), None)])
    x, box = rand('float32', (1, 4, 4, 3)), f32([BOXES[:3]])
    for bad in ([rand('float32', (4, 4, 3)), box], [rand('float32', (1, 4, 4, 2)), box], [rand('float32', (2, 4, 4, 3)), box], [x, f32([[[0, 0, 1]]])],
                [x, f32([[0, 0, 1, 1]])]):
        yield Case('DrawBoundingBoxes', bad, error=True)
        yield Case('DrawBoundingBoxesV2', bad + [rand('float32', (2, 3))], error=True)
    for colors in ((2, 2), (3,), (1, 2, 3)):
        yield Case('DrawBoundingBoxesV2', [x, box, rand('float32', colors)], error=True)


def glimpse():
    x = rand('float32', (3, 5, 6, 2), seed=1)
    for op in ('ExtractGlimpse', 'ExtractGlimpseV2'):
        for centered in (False, True):
            for normalized in (False, True):
                attrs = dict(centered=centered, normalized=normalized, uniform_noise=False, noise='zero')
                offsets = f32([[0, 0], [.5, -.25], [-.7, .9]] if normalized else [[0, 0], [2, 3], [-1.5, 4.25]])
                for size in ([1, 1], [3, 2], [5, 6], [8, 9], [2, 11]):
                    yield Case(op, [x, i32(size), offsets], attrs)
                yield Case(op, [x, i32([3, 3]), f32([[9, 0], [0, -8], [50, -50]])], attrs)
                yield Case(op, [fed(x, None), fed(i32([3, 3]), None), fed(offsets, None)], attrs)
        for noise in ('uniform', 'gaussian'):
            attrs = dict(uniform_noise=False, noise=noise)
            yield Case(op, [x, i32([3, 2]), f32([[0, 0], [.1, -.1], [-.2, .2]])], attrs, name=f'{op} {noise} unused')
            yield Case(op, [x, i32([8, 9]), f32([[0, 0], [.1, -.1], [-.2, .2]])], attrs, shape_only=True)
        yield Case(op, [x, i32([8, 9]), f32([[0, 0], [.1, -.1], [-.2, .2]])], shape_only=True)
        zero = dict(uniform_noise=False, noise='zero')
        for size in ([2, 0], [0, 2], [0, 0]):
            yield Case(op, [x, i32(size), f32(np.zeros((3, 2)))], zero)
        for shape in ((3, 0, 6, 2), (3, 5, 6, 0)):
            yield Case(op, [rand('float32', shape), i32([2, 2]), f32(np.zeros((3, 2)))], zero)
        yield Case(op, [rand('float32', (0, 5, 6, 2)), i32([2, 2]), lit('float32', np.zeros((0, 2)))], zero)
        for bad in ([rand('float32', (5, 6, 2)), i32([2, 2]), f32(np.zeros((3, 2)))], [x, i32([2]), f32(np.zeros((3, 2)))],
                    [x, i32([-2, 1]), f32(np.zeros((3, 2)))], [x, i32([2, 2]), f32(np.zeros((2, 2)))],
                    [x, i32([2, 2]), f32(np.zeros((3, 3)))], [x, i32([2, 2]), f32(np.zeros(2))]):
            yield Case(op, bad, zero, error=True)
        yield Case(op, [x, i32([2, 2]), f32(np.zeros((3, 2)))], dict(noise='zero'), error=True, name=f'{op} two noises')
        yield Case(op, [x, i32([2, 2]), f32(np.zeros((3, 2)))], dict(uniform_noise=False, noise='pink'), error=True)


def scale():
    op = 'ScaleAndTranslate'
    for t in kernel_dtypes(op):
        x = rand(t, (2, 4, 5, 2)) if t in FLOATS else full_range(t, (2, 4, 5, 2)) if t in ('int8', 'uint8') else rand(t, (2, 4, 5, 2), 0, 100)
        yield Case(op, [x, const(i32([5, 3])), f32([1.25, .6]), f32([0, 0])])
        yield Case(op, [x, i32([3, 4]), f32([.5, 2]), f32([.5, -1.25])], dict(kernel_type='triangle'))
    x = rand('float32', (1, 6, 7, 2), seed=1)
    for kernel in KERNELS:
        for antialias in (False, True):
            for size, scale, shift in (((6, 7), (1, 1), (0, 0)), ((9, 3), (1.5, .43), (0, 0)), ((4, 8), (.3, 1.1), (.75, -2.5)),
                                       ((3, 3), (.1, .1), (0, 0)), ((5, 4), (3.5, 4), (-4, -5.5)), ((2, 2), (1, 1), (100, -100))):
                yield Case(op, [x, i32(size), f32(scale), f32(shift)], dict(kernel_type=kernel, antialias=antialias))
    yield Case(op, [rand('float32', (1, 1, 1, 3)), i32([4, 3]), f32([4, 3]), f32([0, 0])])
    yield Case(op, [rand('float32', (0, 3, 4, 2)), i32([2, 2]), f32([1, 1]), f32([0, 0])])
    for kernel in ('box', 'triangle', 'lanczos3'):
        for shift in ([0, 0], [1.25, 0], [20, 20]):
            yield Case(op, [edge('float32', (1, 5, 7, 1)), i32([5, 7]), f32([1, 1]), f32(shift)], dict(kernel_type=kernel))
    yield Case(op, [fed(x, None), fed(i32([3, 3]), None), fed(f32([.5, .5]), None), fed(f32([0, 0]), None)])
    for bad in ([rand('float32', (3, 4, 2)), i32([2, 2]), f32([1, 1]), f32([0, 0])], [x, i32([0, 2]), f32([1, 1]), f32([0, 0])],
                [x, i32([2, -2]), f32([1, 1]), f32([0, 0])], [x, i32([2, 2, 2]), f32([1, 1]), f32([0, 0])],
                [rand('float32', (1, 0, 4, 2)), i32([2, 2]), f32([1, 1]), f32([0, 0])], [x, i32([2, 2]), f32([1]), f32([0, 0])],
                [x, i32([2, 2]), f32([1, 1]), f32([0, 0, 0])], [x, i32([2, 2]), f32([0, 1]), f32([0, 0])], [x, i32([2, 2]), f32([1, -1]), f32([0, 0])],
                [x, i32([2, 2]), f32(1), f32([0, 0])]):
        yield Case(op, bad, error=True)
    yield Case(op, [x, i32([2, 2]), f32([1, 1]), f32([0, 0])], dict(kernel_type='cubic'), error=True)


def cases():
    yield from colors()
    yield from drawing()
    yield from glimpse()
    yield from scale()
