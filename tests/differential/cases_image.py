"""Resizing and its gradients, crops, patches, colours, boxes drawn."""
from draw import *
from cases_dsl import FLOATS, INTS, kernel_dtypes

RESIZE = ['ResizeBilinear', 'ResizeNearestNeighbor', 'ResizeBicubic', 'ResizeArea']
GRADIENTS = ['ResizeBilinearGrad', 'ResizeNearestNeighborGrad', 'ResizeBicubicGrad']


def picture(draw, t, shape):
    if t in ('uint8', 'int8'):
        return draw.tensor(t, shape, 0 if t == 'uint8' else -128, 127 if t == 'int8' else 255)
    return draw.tensor(t, shape, 0 if draw.chance(0.5) else None, 1 if t in FLOATS and draw.chance(0.5) else None)


def boxes(draw, shape, t='float32'):
    corner = draw.numpy.uniform(-0.2, 0.7, shape + (2,))
    box = np.concatenate([corner, corner + draw.numpy.uniform(-0.1, 0.8, shape + (2,))], -1)
    return lit(t, box)


def case(draw):
    return draw.choices([resize, resize_grad, scale, crop, crop_grad, glimpse, patches, colors, drawing], [5, 3, 3, 4, 3, 3, 2, 4, 2])[0](draw)


def flags(draw):
    return draw.one_of({}, {}, dict(align_corners=True), dict(half_pixel_centers=True), dict(half_pixel_centers=True),
                       dict(align_corners=True, half_pixel_centers=True) if draw.chance(0.1) else {})


def resize(draw):
    op = draw.one_of(*RESIZE)
    t = draw.one_of(*kernel_dtypes(op))
    shape = (draw.dim(3), draw.dim(9, 0.01), draw.dim(9, 0.01), draw.dim(5))
    attrs = flags(draw)
    if op == 'ResizeArea':
        attrs.pop('half_pixel_centers', None)
    size = [draw.randint(1, 14), draw.randint(1, 14)]
    return Case(op, [picture(draw, t, shape), lit('int32', size)], attrs)


def resize_grad(draw):
    op = draw.one_of(*GRADIENTS)
    t = draw.one_of(*kernel_dtypes(op))
    n, c = draw.randint(1, 2), draw.randint(1, 3)
    big, small = (draw.randint(1, 9), draw.randint(1, 9)), (draw.randint(1, 9), draw.randint(1, 9))
    if op == 'ResizeNearestNeighborGrad':
        return Case(op, [picture(draw, t, (n, *big, c)), lit('int32', small)], flags(draw))
    gradient = draw.tensor('float32', (n, *big, c))
    return Case(op, [gradient, draw.tensor(t, (n, *small, c))], flags(draw))


def scale(draw):
    op = draw.one_of('ScaleAndTranslate', 'ScaleAndTranslate', 'ScaleAndTranslateGrad')
    t = draw.one_of(*kernel_dtypes(op))
    kernel = draw.one_of('lanczos1', 'lanczos3', 'lanczos5', 'gaussian', 'box', 'triangle', 'keyscubic', 'mitchellcubic')
    attrs = dict(kernel_type=kernel, antialias=draw.chance(0.6))
    scales = lit('float32', draw.numpy.uniform(0.3, 2.5, 2))
    shift = lit('float32', draw.numpy.uniform(-3, 3, 2)) if draw.chance(0.7) else lit('float32', [0, 0])
    n, c = draw.randint(1, 2), draw.randint(1, 3)
    a, b = (draw.randint(1, 9), draw.randint(1, 9)), (draw.randint(1, 9), draw.randint(1, 9))
    if op == 'ScaleAndTranslate':
        return Case(op, [picture(draw, t, (n, *a, c)), lit('int32', b), scales, shift], attrs)
    return Case(op, [draw.tensor('float32', (n, *b, c)), draw.tensor(t, (n, *a, c)), scales, shift], attrs)


def crop(draw):
    t = draw.one_of(*kernel_dtypes('CropAndResize'))
    n = draw.randint(1, 3)
    count = draw.randint(0, 5)
    attrs = dict(method=draw.one_of('bilinear', 'nearest'), extrapolation_value=draw.one_of(0.0, -3.5))
    return Case('CropAndResize', [picture(draw, t, (n, draw.randint(1, 7), draw.randint(1, 7), draw.randint(1, 3))), boxes(draw, (count,)),
                                  draw.ints('int32', (count,), 0, n - 1 + draw.chance(0.05)), lit('int32', [draw.randint(1, 6), draw.randint(1, 6)])], attrs)


def crop_grad(draw):
    op = draw.one_of('CropAndResizeGradImage', 'CropAndResizeGradBoxes')
    n, c, count = draw.randint(1, 3), draw.randint(1, 3), draw.randint(0, 4)
    h, w = draw.randint(1, 7), draw.randint(1, 7)
    gradient = draw.tensor('float32', (count, draw.randint(1, 5), draw.randint(1, 5), c))
    where = draw.ints('int32', (count,), 0, n - 1 + draw.chance(0.04))
    t = draw.one_of(*kernel_dtypes(op))
    if op == 'CropAndResizeGradImage':
        return Case(op, [gradient, boxes(draw, (count,)), where, lit('int32', [n, h, w, c])], dict(T=t, method=draw.one_of('bilinear', 'nearest')))
    return Case(op, [gradient, picture(draw, t, (n, h, w, c)), boxes(draw, (count,)), where])


def glimpse(draw):
    op = draw.one_of('ExtractGlimpse', 'ExtractGlimpseV2')
    n = draw.randint(1, 3)
    h, w = draw.randint(1, 7), draw.randint(1, 7)
    attrs = dict(centered=draw.chance(0.5), normalized=draw.chance(0.5))
    attrs.update(draw.one_of(dict(noise='zero'), dict(uniform_noise=False, noise='zero')))
    offsets = lit('float32', draw.numpy.uniform(-1, 1, (n, 2)) * (1 if attrs['normalized'] else 6))
    return Case(op, [draw.tensor('float32', (n, h, w, draw.randint(1, 3))), lit('int32', [draw.randint(1, 8), draw.randint(1, 8)]), offsets], attrs)


def patches(draw):
    op = draw.one_of('ExtractImagePatches', 'ExtractVolumePatches')
    t = draw.one_of(*kernel_dtypes(op))
    k = 2 if op == 'ExtractImagePatches' else 3
    shape = (draw.dim(2), *[draw.randint(1, 6) for _ in range(k)], draw.randint(1, 3))
    attrs = dict(ksizes=[1, *[draw.randint(1, 3) for _ in range(k)], 1], strides=[1, *[draw.randint(1, 3) for _ in range(k)], 1],
                 padding=draw.one_of('SAME', 'VALID'))
    if k == 2:
        attrs['rates'] = [1, draw.randint(1, 2), draw.randint(1, 2), 1]
    return Case(op, [draw.tensor(t, shape)], attrs)


def colors(draw):
    op = draw.one_of('RGBToHSV', 'HSVToRGB', 'AdjustContrastv2', 'AdjustHue', 'AdjustSaturation', 'AdjustContrast')
    t = draw.one_of(*kernel_dtypes(op))
    shape = draw.shape(0 if op.endswith('HSV') or op.startswith('HSV') else 2, 4, 4) + (3,)
    x = draw.tensor(t, shape, 0, 1) if t in FLOATS else picture(draw, t, shape)
    if op == 'AdjustContrast':
        return Case(op, [x, lit('float32', draw.uniform(-1, 3), ()), lit('float32', draw.uniform(-1, 1), ()), lit('float32', draw.uniform(1, 100), ())], producer=1)
    if op == 'AdjustContrastv2':
        return Case(op, [draw.tensor(t, draw.shape(2, 4) + (draw.dim(4),)), lit('float32', draw.uniform(-1, 3), ())])
    if op in ('AdjustHue', 'AdjustSaturation'):
        return Case(op, [x, lit('float32', draw.uniform(-1, 1) if op == 'AdjustHue' else draw.uniform(0, 3), ())])
    return Case(op, [x])


def drawing(draw):
    op = draw.one_of('DrawBoundingBoxes', 'DrawBoundingBoxesV2')
    t = draw.one_of(*kernel_dtypes(op))
    n, c = draw.randint(1, 2), draw.one_of(1, 3, 4)
    image = draw.tensor(t, (n, draw.randint(1, 9), draw.randint(1, 9), c))
    inputs = [image, boxes(draw, (n, draw.randint(0, 3)))]
    if op.endswith('V2'):
        inputs.append(draw.tensor('float32', (draw.randint(0, 3), max(c, 4))))
    return Case(op, inputs)
