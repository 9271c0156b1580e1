"""A second tester's rows: images."""
from second import *


def image_shape(draw, c=None, n=None):
    return (draw.randint(0 if draw.chance(0.05) else 1, 3) if n is None else n, draw.one_of(1, 2, 3, 5, 8, 13), draw.one_of(1, 2, 4, 7, 10), c or draw.one_of(1, 2, 3, 4, 5))


@tests('ResizeBilinear', 'ResizeBicubic', 'ResizeNearestNeighbor', 'ResizeArea', 'QuantizedResizeBilinear')
def resize(draw, op):
    t = a_type(draw, op)
    x = numbers(draw, t, image_shape(draw), 'calm' if t in FLOATS else None)
    attrs = fill(draw, op)
    if attrs.get('align_corners') and attrs.get('half_pixel_centers'):
        attrs[draw.one_of('align_corners', 'half_pixel_centers')] = False
    size = lit('int32', [draw.one_of(1, 2, 3, 6, 9, 17), draw.one_of(1, 2, 3, 5, 11)])
    return Case(op, [x, size] + ([one('float32', -1.0), one('float32', 2.5)] if op[0] == 'Q' else []), attrs)


@tests('ResizeBilinearGrad', 'ResizeBicubicGrad', 'ResizeNearestNeighborGrad')
def resize_grad(draw, op):
    t = a_type(draw, op)
    n, h, w, c = image_shape(draw, n=draw.randint(1, 2))
    attrs = fill(draw, op)
    if attrs.get('align_corners') and attrs.get('half_pixel_centers'):
        attrs['align_corners'] = False
    g = numbers(draw, t if op.startswith('ResizeNearest') else 'float32', (n, draw.randint(1, 9), draw.randint(1, 9), c), 'calm')
    return Case(op, [g, lit('int32', [h, w]) if op.startswith('ResizeNearest') else numbers(draw, t, (n, h, w, c), 'calm')], attrs)


@tests('ScaleAndTranslate', 'ScaleAndTranslateGrad')
def scale(draw, op):
    t = a_type(draw, op)
    n, h, w, c = image_shape(draw, n=draw.randint(1, 2))
    kernel = draw.one_of('lanczos1', 'lanczos3', 'lanczos5', 'gaussian', 'box', 'triangle', 'keyscubic', 'mitchellcubic')
    size = [draw.randint(1, 9), draw.randint(1, 9)]
    tail = [uniform(draw, 'float32', (2,), 0.2, 3), uniform(draw, 'float32', (2,), -4, 4)]
    attrs = dict(kernel_type=kernel, antialias=draw.chance(0.5))
    if op.endswith('Grad'):
        return Case(op, [numbers(draw, t, (n, *size, c), 'calm'), numbers(draw, t, (n, h, w, c), 'calm')] + tail, attrs)
    return Case(op, [numbers(draw, t, (n, h, w, c), 'calm'), lit('int32', size)] + tail, attrs)


@tests('CropAndResize', 'CropAndResizeGradImage', 'CropAndResizeGradBoxes')
def crop(draw, op):
    t = a_type(draw, op)
    shape = image_shape(draw, n=draw.randint(1, 3))
    count, size = draw.randint(0, 5), [draw.randint(1, 6), draw.randint(1, 6)]
    boxes = uniform(draw, 'float32', (count, 4), -0.5, 1.6)
    which = ids(draw, (count,), 0, shape[0] - 1, 'int32')
    x = numbers(draw, t, shape, 'calm')
    g = numbers(draw, 'float32', (count, *size, shape[3]), 'calm')
    method = draw.one_of('bilinear', 'nearest')
    if op == 'CropAndResize':
        return Case(op, [x, boxes, which, lit('int32', size)], dict(method=method, extrapolation_value=draw.one_of(0.0, -7.0, 3e38)))
    if op.endswith('Boxes'):
        return Case(op, [g, x, boxes, which])
    return Case(op, [g, boxes, which, lit('int32', shape)], dict(T=t, method=method))


@tests('ExtractGlimpse', 'ExtractGlimpseV2')
def glimpse(draw, op):
    n, h, w, c = image_shape(draw)
    return Case(op, [numbers(draw, 'float32', (n, h, w, c), 'calm'), lit('int32', [draw.randint(1, h), draw.randint(1, w)]), uniform(draw, 'float32', (n, 2), -1.6, 1.6)],
                fill(draw, op, uniform_noise=False, noise='zero'))


@tests('ExtractImagePatches', 'ExtractVolumePatches')
def patches(draw, op):
    t, rank = a_type(draw, op), 3 if 'Volume' in op else 2
    k, s, r = ([draw.randint(1, 3) for _ in range(rank)] for _ in range(3))
    attrs = dict(ksizes=[1, *k, 1], strides=[1, *s, 1], padding=draw.one_of('SAME', 'VALID'))
    if rank == 2:
        attrs['rates'] = [1, *r, 1]
    return Case(op, [numbers(draw, t, (draw.randint(0, 2), *(draw.randint(5, 9) for _ in range(rank)), draw.randint(1, 3)))], attrs)


@tests('AdjustHue', 'AdjustSaturation', 'AdjustContrastv2', 'RGBToHSV', 'HSVToRGB')
def colour(draw, op):
    t = a_type(draw, op)
    shape = dims(draw, 2 if op == 'AdjustContrastv2' else 0, 5, 300) + (3,)
    low, high = draw.one_of((0, 1), (0, 1), (-2, 3), (0, 255))
    x = uniform(draw, t, shape, low, high) if draw.chance(0.7) else lit(t, draw.numpy.randint(0, 3, shape) / 2)
    if op in ('RGBToHSV', 'HSVToRGB'):
        return Case(op, [x])
    return Case(op, [x, one('float32', draw.one_of(0.0, 1.0, 0.3, -0.4, 2.5, -1.0, 5.0))])


@tests('AdjustContrast')
def contrast(draw, op):
    t = a_type(draw, op)
    low, high = draw.one_of((0, 100), (-5, 5), (0, 255), (-1e9, 1e9))
    return Case(op, [numbers(draw, t, dims(draw, 3, 6, 300), 'calm'), one('float32', draw.one_of(0.5, 2.0, -1.0)), one('float32', low), one('float32', high)], producer=1)


@tests('DrawBoundingBoxes', 'DrawBoundingBoxesV2')
def boxes(draw, op):
    t = a_type(draw, op)
    n, h, w, c = image_shape(draw, draw.one_of(1, 3, 4))
    inputs = [numbers(draw, t, (n, h, w, c), 'calm'), uniform(draw, 'float32', (n, draw.randint(0, 4), 4), -0.6, 1.7)]
    if op.endswith('V2'):
        inputs.append(uniform(draw, 'float32', (draw.randint(0, 3), draw.one_of(c, 4)), -1, 2))
    return Case(op, inputs)


@tests('SampleDistortedBoundingBox', 'SampleDistortedBoundingBoxV2', 'StatelessSampleDistortedBoundingBox')
def distorted(draw, op):
    t, m = a_type(draw, op), draw.randint(0, 3)
    corner = draw.numpy.uniform(0, 0.6, (1, m, 2))
    inputs = [lit(t, [draw.randint(4, 120), draw.randint(4, 120), 3]), lit('float32', np.concatenate([corner, corner + draw.numpy.uniform(0.05, 0.4, (1, m, 2))], -1))]
    attrs = dict(aspect_ratio_range=draw.one_of([0.75, 1.33], [0.2, 5.0], [1.0, 1.0]), area_range=draw.one_of([0.05, 1.0], [0.3, 0.4], [0.9, 1.0]),
                 max_attempts=draw.one_of(1, 10, 100), use_image_if_no_bounding_boxes=draw.chance(0.7))
    covered = draw.one_of(0.0, 0.1, 0.7, 1.0)
    if op == 'SampleDistortedBoundingBox':
        attrs['min_object_covered'] = covered
    else:
        inputs.append(one('float32', covered))
    if op.startswith('Stateless'):
        return Case(op, inputs + [ids(draw, (2,), -2**31, 2**31 - 1)], attrs)
    return Case(op, inputs, dict(attrs, seed=draw.randint(1, 2**40), seed2=draw.randint(-5, 2**40)))


def some_boxes(draw, n, t='float32'):
    a = draw.numpy.uniform(-0.2, 1.2, (n, 4)).round(draw.one_of(1, 3, 6))
    return a if draw.chance(0.5) else np.concatenate([np.minimum(a[:, :2], a[:, 2:]), np.maximum(a[:, :2], a[:, 2:])], 1)


@tests('NonMaxSuppression', 'NonMaxSuppressionV2', 'NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5', 'NonMaxSuppressionWithOverlaps')
def nms(draw, op):
    n = draw.one_of(0, 1, 2, 9, 30)
    t = a_type(draw, op) if has(op, 'T') else 'float32'
    scores = uniform(draw, t, (n,), -1, 1) if draw.chance(0.7) else lit(t, draw.numpy.randint(-1, 2, n) / 2)
    most = one('int32', draw.one_of(0, 1, 5, 50))
    iou = draw.one_of(0.0, 0.3, 0.5, 1.0)
    least = draw.one_of(-1.0, 0.0, 0.25, float('-inf'))
    if op == 'NonMaxSuppression':
        return Case(op, [lit('float32', some_boxes(draw, n)), scores, most], dict(iou_threshold=iou))
    if op == 'NonMaxSuppressionWithOverlaps':
        return Case(op, [uniform(draw, 'float32', (n, n), 0, 1), scores, most, one('float32', iou), one('float32', least)])
    inputs = [lit(t, some_boxes(draw, n)), scores, most, one('float32' if op[-1] in '2' and not has(op, 'T_threshold') else t, iou)]
    if op[-1] in '345':
        inputs.append(one(t, least))
    if op[-1] == '5':
        inputs.append(one(t, draw.one_of(0.0, 0.2, 0.9)))
    return Case(op, inputs, fill(draw, op))


@tests('CombinedNonMaxSuppression')
def combined(draw, op):
    b, n, k = draw.randint(1, 3), draw.one_of(1, 4, 15), draw.randint(1, 4)
    q = draw.one_of(1, k)
    boxes_ = np.stack([some_boxes(draw, n * q).reshape(n, q, 4) for _ in range(b)])
    return Case(op, [lit('float32', boxes_), uniform(draw, 'float32', (b, n, k), -0.5, 1), one('int32', draw.randint(1, 7)), one('int32', draw.randint(1, 9)),
                     one('float32', draw.one_of(0.0, 0.4, 1.0)), one('float32', draw.one_of(-1.0, 0.0, 0.5, float('-inf')))], fill(draw, op))


def picture(draw, c, dtype=np.uint8, h=None, w=None):
    h, w = h or draw.randint(1, 19), w or draw.randint(1, 23)
    smooth = np.add.outer(np.linspace(0, 120, h), np.linspace(0, 100, w))[..., None] + np.arange(c) * 9 + draw.numpy.randint(0, draw.one_of(2, 30), (h, w, c))
    return (smooth.clip(0, 255) * (257 if dtype == np.uint16 else 1)).astype(dtype)


@tests('EncodePng', 'EncodeJpeg', 'EncodeJpegVariableQuality')
def encode(draw, op):
    if op == 'EncodePng':
        t = a_type(draw, op)
        lead = dims(draw, 0, 2, 4, 0)
        x = picture(draw, draw.randint(1, 4), numpy_dtype(t))
        return Case(op, [Literal(t, np.broadcast_to(x, lead + x.shape).copy())], dict(compression=draw.randint(-1, 9)))
    c = draw.one_of(1, 3)
    x = Literal('uint8', picture(draw, c))
    if op == 'EncodeJpegVariableQuality':
        return Case(op, [x, one('int32', draw.randint(0, 100))])
    return Case(op, [x], fill(draw, op, format=draw.one_of('', {1: 'grayscale', 3: 'rgb'}[c]), quality=draw.randint(1, 100), density_unit=draw.one_of('in', 'cm'),
                              x_density=draw.randint(1, 600), y_density=draw.randint(1, 600), xmp_metadata=draw.one_of('', 'some words')))


@tests('DecodePng', 'DecodeJpeg', 'DecodeGif', 'DecodeBmp', 'DecodeImage', 'DecodeAndCropJpeg', 'ExtractJpegShape')
def decode(draw, op):
    kind = {'DecodePng': 'png', 'DecodeJpeg': 'jpeg', 'DecodeAndCropJpeg': 'jpeg', 'ExtractJpegShape': 'jpeg'}.get(op) or draw.one_of('png', 'jpeg')
    c = draw.one_of(1, 3) if kind == 'jpeg' else draw.randint(1, 4)
    h, w = draw.randint(2, 19), draw.randint(2, 23)
    x = picture(draw, c, np.uint16 if kind == 'png' and draw.chance(0.4) else np.uint8, h, w)
    data = tf.io.encode_png(x) if kind == 'png' else tf.io.encode_jpeg(x, quality=draw.randint(20, 100), progressive=draw.chance(0.4), chroma_downsampling=draw.chance(0.5), format='')
    data = lit('string', [data.numpy()], ())
    if op == 'DecodeBmp':
        bits, row = draw.one_of(1, 3, 4), draw.randint(1, 6)
        tall, stride = draw.randint(1, 5), -(-row * bits // 4) * 4
        import struct
        pixels = draw.numpy.bytes(stride * tall)
        head = struct.pack('<2sIHHI', b'BM', 54 + len(pixels), 0, 0, 54) + struct.pack('<IiiHHIIiiII', 40, row, tall * draw.one_of(1, -1), 1, bits * 8, 0, len(pixels), 1, 1, 0, 0)
        return Case(op, [lit('string', [head + pixels], ())], dict(channels=draw.one_of(0, bits, 1, 3, 4)))
    if op == 'ExtractJpegShape':
        return Case(op, [data], dict(output_type=draw.one_of('int32', 'int64')))
    if op == 'DecodePng':
        return Case(op, [data], dict(channels=draw.randint(0, 4), dtype=draw.one_of('uint8', 'uint16')))
    if op == 'DecodeImage':
        return Case(op, [data], dict(channels=draw.randint(0, 4), dtype=draw.one_of('uint8', 'uint16', 'float32'), expand_animations=draw.chance(0.5)))
    attrs = fill(draw, op, channels=draw.one_of(0, 1, 3), ratio=draw.one_of(1, 2, 4, 8), acceptable_fraction=draw.one_of(1.0, 0.5), dct_method=draw.one_of('', 'INTEGER_FAST', 'INTEGER_ACCURATE'))
    if op == 'DecodeAndCropJpeg':
        attrs['ratio'] = 1 if draw.chance(0.6) else attrs['ratio']
        y, x = draw.randint(0, h - 1), draw.randint(0, w - 1)
        return Case(op, [data, lit('int32', [y, x, draw.randint(1, h - y), draw.randint(1, w - x)])], attrs)
    if op == 'DecodeGif':
        return Case('DecodeJpeg', [data], attrs)
    return Case(op, [data], attrs)


@tests('ImageProjectiveTransformV2', 'ImageProjectiveTransformV3')
def project(draw, op):
    t = a_type(draw, op, 'dtype')
    n, h, w, c = image_shape(draw)
    m = np.array([[1, 0, 0, 0, 1, 0, 0, 0.0]] * draw.one_of(1, max(n, 1))) + draw.numpy.uniform(-0.4, 0.4, (1, 8)) * [1, 1, 8, 1, 1, 8, 0.1, 0.1]
    attrs = dict(interpolation=draw.one_of('NEAREST', 'BILINEAR'), fill_mode=draw.one_of('CONSTANT', 'REFLECT', 'WRAP', 'NEAREST'))
    return Case(op, [numbers(draw, t, (n, h, w, c), 'calm'), lit('float32', m), lit('int32', [draw.randint(1, 8), draw.randint(1, 8)])] +
                ([one('float32', draw.one_of(0.0, 9.0))] if op.endswith('3') else []), attrs)
