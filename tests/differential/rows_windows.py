"""Rows of convolutions, pooling, norms, their gradients, and images."""
from rows import *


def paddings(draw, layout, kernel, rank=2):
    """(padding, explicit_paddings, [(low, high)] a spatial dimension or None)."""
    way = draw.one_of('SAME', 'VALID', 'SAME', 'VALID', 'EXPLICIT')
    if way != 'EXPLICIT':
        return way, [], None
    pads = [(draw.randint(0, 2), draw.randint(0, 3)) for _ in range(rank)]
    flat = [[0, 0]] + [list(p) for p in pads] + [[0, 0]]
    if layout == 'NCHW':
        flat = [[0, 0], [0, 0]] + [list(p) for p in pads]
    return way, [v for p in flat for v in p], pads


def extent(size, k, stride, dilation, padding, pads):
    reach = (k - 1) * dilation + 1
    if padding == 'SAME':
        return -(-size // stride)
    return (size + (sum(pads) if pads else 0) - reach) // stride + 1


def windows(draw, rank, op=None, dilate=True, explicit=True):
    """Everything of a window operator but its channels."""
    for _ in range(50):
        size = [draw.one_of(1, 2, 3, 4, 5, 7, 8, 11, 16, 19) for _ in range(rank)]
        k = [draw.one_of(1, 2, 3, 3, 4, 5, 7) for _ in range(rank)]
        stride = [draw.one_of(1, 1, 2, 3)] * rank if draw.chance(0.6) else [draw.randint(1, 4) for _ in range(rank)]
        dilation = [draw.one_of(1, 1, 1, 2, 3) if dilate else 1 for _ in range(rank)]
        padding, flat, pads = paddings(draw, 'NHWC', k, rank)
        if padding == 'EXPLICIT' and not explicit:
            continue
        out = [extent(*v, padding, pads[i] if pads else None) for i, v in enumerate(zip(size, k, stride, dilation))]
        if min(out) > 0:
            return size, k, stride, dilation, padding, flat, out
    return [5] * rank, [3] * rank, [1] * rank, [1] * rank, 'SAME', [], [5] * rank


@row('Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter', 'DepthwiseConv2dNative', 'DepthwiseConv2dNativeBackpropInput',
     'DepthwiseConv2dNativeBackpropFilter', 'Conv2DBackpropFilterV2', 'Conv2DBackpropInputV2')
def conv2d(draw, op):
    t = dtype(draw, op, but=('int32',) if 'Backprop' in op or draw.chance(0.7) else ())
    depthwise, back = op.startswith('Depthwise'), 'Backprop' in op
    size, k, stride, dilation, padding, flat, out = windows(draw, 2, dilate=not (depthwise and back))
    if depthwise:
        stride[1] = stride[0]
    if depthwise and max(stride) > 1:
        dilation = [1, 1]
    reach = [extent(*v, padding, (sum(flat[2 + 2 * i:4 + 2 * i]), 0) if flat else None) for i, v in enumerate(zip(size, k, stride, dilation))]
    if min(reach) <= 0:
        return conv2d(draw, op)
    n, c, f = draw.randint(1, 2), draw.one_of(1, 2, 3, 4, 5, 8, 9, 16), draw.one_of(1, 2, 3, 4, 7, 8, 17)
    groups = 1
    if not depthwise and not back and t != 'int32' and draw.chance(0.2):
        groups = draw.one_of(2, 3)
        c, f = c * groups, f * groups
    if depthwise:
        f = draw.randint(1, 3)
    x = elements(draw, t, (n, *size, c), 'plain')
    w = elements(draw, t, (*k, c // groups, f), 'plain')
    dy = elements(draw, t, (n, *reach, c * f if depthwise else f), 'plain')
    attrs = dict(strides=[1, *stride, 1], padding=padding, dilations=[1, *dilation, 1], explicit_paddings=flat)
    if op.endswith('V2'):
        return Case(op, [x, w, dy], attrs)
    if op.endswith('Input'):
        return Case(op, [lit('int32', x.array.shape), w, dy], attrs)
    if op.endswith('Filter'):
        return Case(op, [x, lit('int32', w.array.shape), dy], attrs)
    return Case(op, [x, w], attrs)


@row('Conv3D', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2', 'Conv3DBackpropInput', 'Conv3DBackpropFilter')
def conv3d(draw, op):
    t = dtype(draw, op)
    size, k, stride, dilation, padding, _, out = windows(draw, 3, dilate=op == 'Conv3D', explicit=False)
    size, k = [min(s, 8) for s in size], [min(v, 3) for v in k]
    out = [extent(*v, padding, None) for v in zip(size, k, stride, dilation)]
    if min(out) <= 0:
        return conv3d(draw, op)
    n, c, f = draw.randint(1, 2), draw.randint(1, 3), draw.randint(1, 4)
    x, w, dy = (elements(draw, t, s, 'plain') for s in ((n, *size, c), (*k, c, f), (n, *out, f)))
    attrs = dict(strides=[1, *stride, 1], padding=padding)
    if op == 'Conv3D' and padding != 'x':
        attrs['dilations'] = [1, *dilation, 1]
    if op == 'Conv3DBackpropInputV2':
        return Case(op, [lit('int32', x.array.shape), w, dy], attrs)
    if op == 'Conv3DBackpropFilterV2':
        return Case(op, [x, lit('int32', w.array.shape), dy], attrs)
    if op != 'Conv3D':
        return Case(op, [x, w, dy], dict(attrs), producer=9)
    return Case(op, [x, w], attrs)


@row('Dilation2D', 'Dilation2DBackpropInput', 'Dilation2DBackpropFilter')
def dilation2d(draw, op):
    t = dtype(draw, op)
    size, k, stride, rate, padding, _, out = windows(draw, 2, explicit=False)
    n, c = draw.randint(1, 2), draw.randint(1, 5)
    x, w, dy = (elements(draw, t, s, 'plain') for s in ((n, *size, c), (*k, c), (n, *out, c)))
    return Case(op, [x, w] if op == 'Dilation2D' else [x, w, dy], dict(strides=[1, *stride, 1], rates=[1, *rate, 1], padding=padding))


@row('MaxPool', 'AvgPool', 'MaxPoolV2', 'MaxPoolGrad', 'MaxPoolGradGrad', 'MaxPoolGradV2', 'MaxPoolGradGradV2', 'AvgPoolGrad',
     'MaxPoolWithArgmax', 'MaxPoolGradWithArgmax')
def pool2d(draw, op):
    t = dtype(draw, op)
    explicit = op in ('MaxPool', 'MaxPoolGrad')
    size, k, stride, _, padding, flat, out = windows(draw, 2, dilate=False, explicit=explicit)
    if flat and any(flat[2 + 2 * i + j] >= k[i] for i in range(2) for j in range(2)):
        return pool2d(draw, op)
    n, c = draw.randint(1, 2), draw.one_of(1, 2, 3, 8, 17)
    mood = draw.one_of('plain', 'ties', 'edges') if op in ('MaxPool', 'MaxPoolV2') else 'plain'
    x = elements(draw, t, (n, *size, c), mood)
    attrs = dict(ksize=[1, *k, 1], strides=[1, *stride, 1], padding=padding)
    if flat:
        attrs['explicit_paddings'] = flat
    if draw.chance(0.1) and op in ('MaxPool', 'AvgPool') and not flat:  # over channels
        attrs.update(ksize=[1, 1, 1, c], strides=[1, 1, 1, c], padding='VALID')
    if op.endswith('V2'):
        ends = [lit('int32', attrs.pop('ksize')), lit('int32', attrs.pop('strides'))]
    else:
        ends = []
    if op in ('MaxPool', 'AvgPool', 'MaxPoolV2'):
        return Case(op, [x] + ends, attrs)
    if op == 'MaxPoolWithArgmax':
        return Case(op, [x], dict(attrs, Targmax=draw.one_of('int32', 'int64'), include_batch_in_index=draw.chance(0.5)))
    dy = elements(draw, t, (n, *out, c), 'plain')
    if op == 'AvgPoolGrad':
        return Case(op, [lit('int32', x.array.shape), dy], attrs)
    import tensorflow as tf
    ways = dict(ksize=[1, *k, 1], strides=[1, *stride, 1], padding=padding)
    if op == 'MaxPoolGradWithArgmax':
        batch = draw.chance(0.5)
        _, argmax = tf.raw_ops.MaxPoolWithArgmax(input=tf.constant(x.array), Targmax=tf.int64, include_batch_in_index=batch, **ways)
        return Case(op, [x, dy, lit('int64', argmax.numpy())], dict(attrs, Targmax='int64', include_batch_in_index=batch))
    pooled = x.array if t in dtypes('MaxPool') else x.array.astype(np.float64)  # gradients have types that MaxPool has not
    y = tf.raw_ops.MaxPool(input=tf.constant(pooled), explicit_paddings=flat, **ways).numpy().astype(x.array.dtype)
    if 'GradGrad' in op:
        dy = elements(draw, t, x.array.shape, 'plain')
    return Case(op, [x, Literal(t, y), dy] + ends, attrs)


@row('MaxPool3D', 'AvgPool3D', 'AvgPool3DGrad', 'MaxPool3DGrad', 'MaxPool3DGradGrad')
def pool3d(draw, op):
    t = dtype(draw, op)
    size, k, stride, _, padding, _, out = windows(draw, 3, dilate=False, explicit=False)
    size, k = [min(v, 7) for v in size], [min(v, 3) for v in k]
    out = [extent(*v, 1, padding, None) for v in zip(size, k, stride)]
    n, c = 1, draw.randint(1, 4)
    x = elements(draw, t, (n, *size, c), 'plain')
    attrs = dict(ksize=[1, *k, 1], strides=[1, *stride, 1], padding=padding)
    if op in ('MaxPool3D', 'AvgPool3D'):
        return Case(op, [x], attrs)
    dy = elements(draw, t, (n, *out, c), 'plain')
    if op == 'AvgPool3DGrad':
        return Case(op, [lit('int32', x.array.shape), dy], attrs)
    import tensorflow as tf
    y = Literal(t, tf.raw_ops.MaxPool3D(input=tf.constant(x.array), **attrs).numpy())
    return Case(op, [x, y, elements(draw, t, x.array.shape, 'plain') if 'GradGrad' in op else dy], attrs)


@row('FractionalMaxPool', 'FractionalAvgPool')
def fractional(draw, op):
    t = dtype(draw, op)
    shape = (draw.randint(1, 2), draw.randint(4, 12), draw.randint(4, 12), draw.randint(1, 4))
    attrs = dict(pooling_ratio=[1.0, draw.uniform(1.0, 2.5), draw.uniform(1.0, 2.5), 1.0], pseudo_random=draw.chance(0.5),
                 overlapping=draw.chance(0.5), deterministic=True, seed=draw.randint(1, 99), seed2=draw.randint(1, 99))
    return Case(op, [elements(draw, t, shape, 'plain')], attrs)


@row('LRN', 'LRNGrad')
def lrn(draw, op):
    t = dtype(draw, op)
    shape = (draw.randint(1, 2), draw.randint(1, 4), draw.randint(1, 4), draw.one_of(1, 2, 5, 9, 17))
    attrs = dict(depth_radius=draw.randint(0, 9), bias=draw.one_of(1.0, 0.5, 2.0), alpha=draw.one_of(1.0, 0.1, 1e-4), beta=draw.one_of(0.5, 0.75, 1.0))
    x = elements(draw, t, shape, 'plain')
    if op == 'LRN':
        return Case(op, [x], attrs)
    import tensorflow as tf
    y = tf.raw_ops.LRN(input=tf.constant(x.array), **attrs).numpy()
    return Case(op, [elements(draw, t, shape, 'plain'), x, Literal(t, y)], attrs)


@row('FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3', 'FusedBatchNormGrad', 'FusedBatchNormGradV2', 'FusedBatchNormGradV3')
def fused_batch_norm(draw, op):
    t = dtype(draw, op)
    layout = draw.one_of('NHWC', 'NHWC', 'NCHW') if op.endswith('V3') or op.endswith('V2') else 'NHWC'
    three = op.endswith('V3') and draw.chance(0.3)
    c = draw.one_of(1, 2, 3, 8, 9, 17)
    spatial = [draw.randint(1, 5) for _ in range(3 if three else 2)]
    n = draw.randint(1, 3)
    layout = {'NHWC': 'NDHWC', 'NCHW': 'NCDHW'}[layout] if three else layout
    shape = (n, *spatial, c) if layout.endswith('C') else (n, c, *spatial)
    training = draw.chance(0.5)
    attrs = dict(epsilon=draw.one_of(1e-3, 1e-2, 1e-4), data_format=layout, is_training=training)
    u = 'float32'
    x = elements(draw, t, shape, 'plain')
    scale, offset, mean = (elements(draw, u, (c,), 'plain') for _ in range(3))
    variance = floats(draw, u, (c,), 0.3, 2)
    if 'Grad' in op:
        # TensorFlow's reserve space of training holds mean and variance (CPU).
        inputs = [elements(draw, t, shape, 'plain'), x, scale, mean, variance] + ([elements(draw, u, (c,), 'plain')] if op.endswith('V3') else [])
        return Case(op, inputs, dict(attrs), fetch=[0, 1, 2])
    if op != 'FusedBatchNorm':
        attrs['exponential_avg_factor'] = draw.one_of(1.0, 0.3)
    empty = training and attrs.get('exponential_avg_factor', 1.0) == 1.0
    if empty:
        mean, variance = lit(u, [], (0,)), lit(u, [], (0,))
    return Case(op, [x, scale, offset, mean, variance], attrs, fetch=[0, 1, 2] if not training else [0, 1, 2, 3, 4])


@row('ResizeBilinear', 'ResizeNearestNeighbor', 'ResizeBicubic', 'ResizeArea', 'ResizeBilinearGrad', 'ResizeBicubicGrad', 'ResizeNearestNeighborGrad')
def resize(draw, op):
    t = dtype(draw, op)
    size = [draw.one_of(1, 2, 3, 7, 11, 16), draw.one_of(1, 2, 5, 8, 13)]
    out = [draw.one_of(1, 2, 3, 9, 12, 20), draw.one_of(1, 3, 4, 9, 17)]
    n, c = draw.randint(1, 2), draw.one_of(1, 2, 3, 4, 5)
    attrs = dict(align_corners=draw.chance(0.3))
    if op != 'ResizeArea':
        attrs['half_pixel_centers'] = not attrs['align_corners'] and draw.chance(0.5)
    if op == 'ResizeNearestNeighborGrad':
        return Case(op, [elements(draw, t, (n, *out, c), 'plain'), lit('int32', size)], attrs)
    if op.endswith('Grad'):
        return Case(op, [elements(draw, 'float32', (n, *out, c), 'plain'), elements(draw, t, (n, *size, c), 'plain')], attrs)
    return Case(op, [elements(draw, t, (n, *size, c), 'plain'), lit('int32', out)], attrs)


@row('ScaleAndTranslate', 'ScaleAndTranslateGrad')
def scale_translate(draw, op):
    t = dtype(draw, op)
    size, out = [draw.randint(1, 9) for _ in range(2)], [draw.randint(1, 12) for _ in range(2)]
    attrs = dict(kernel_type=draw.one_of('lanczos1', 'lanczos3', 'lanczos5', 'gaussian', 'box', 'triangle', 'keyscubic', 'mitchellcubic'),
                 antialias=draw.chance(0.5))
    ends = [floats(draw, 'float32', (2,), 0.3, 3), floats(draw, 'float32', (2,), -3, 3)]
    c = draw.randint(1, 3)
    if op.endswith('Grad'):
        return Case(op, [elements(draw, 'float32', (1, *out, c), 'plain'), elements(draw, t, (1, *size, c), 'plain')] + ends, attrs)
    return Case(op, [elements(draw, t, (1, *size, c), 'plain'), lit('int32', out)] + ends, attrs)


@row('CropAndResize', 'CropAndResizeGradImage', 'CropAndResizeGradBoxes')
def crop(draw, op):
    t = dtype(draw, op)
    n, h, w, c, m = draw.randint(1, 3), draw.randint(1, 9), draw.randint(1, 9), draw.randint(1, 4), draw.randint(0, 4)
    boxes, which = floats(draw, 'float32', (m, 4), -0.3, 1.3), draw.ints('int32', (m,), 0, n - 1 + draw.chance(0.05))
    out = [draw.randint(1, 7), draw.randint(1, 7)]
    method = draw.one_of('bilinear', 'nearest')
    if op == 'CropAndResize':
        return Case(op, [elements(draw, t, (n, h, w, c), 'plain'), boxes, which, lit('int32', out)],
                    dict(method=method, extrapolation_value=draw.one_of(0.0, -1.5)))
    dy = elements(draw, 'float32', (m, *out, c), 'plain')
    if op.endswith('Image'):
        return Case(op, [dy, boxes, which, lit('int32', [n, h, w, c])], dict(T=t, method=method))
    return Case(op, [dy, elements(draw, t, (n, h, w, c), 'plain'), boxes, which])


@row('ExtractGlimpse', 'ExtractGlimpseV2')
def glimpse(draw, op):
    n = draw.randint(1, 3)
    attrs = dict(centered=draw.chance(0.5), normalized=draw.chance(0.5), uniform_noise=False, noise='zero')
    return Case(op, [elements(draw, 'float32', (n, draw.randint(2, 9), draw.randint(2, 9), draw.randint(1, 3)), 'plain'),
                     lit('int32', [draw.randint(1, 7), draw.randint(1, 7)]), floats(draw, 'float32', (n, 2), -1.3, 1.3)], attrs)


@row('ExtractImagePatches', 'ExtractVolumePatches')
def patches(draw, op):
    t, rank = dtype(draw, op), 2 if 'Image' in op else 3
    size, k, stride, rate, padding, _, _ = windows(draw, rank, explicit=False, dilate=rank == 2)
    attrs = dict(ksizes=[1, *k, 1], strides=[1, *stride, 1], padding=padding)
    if rank == 2:
        attrs['rates'] = [1, *rate, 1]
    return Case(op, [elements(draw, t, (draw.randint(1, 2), *size, draw.randint(1, 3)), 'plain')], attrs)


@row('AdjustContrast', 'AdjustContrastv2', 'AdjustHue', 'AdjustSaturation', 'RGBToHSV', 'HSVToRGB')
def colours(draw, op):
    t = dtype(draw, op)
    shape = sizes(draw, 2, 4, 300)[:4] + (3,)
    x = elements(draw, t, shape, draw.one_of('unit', 'unit', 'plain', 'ties'))
    if op in ('RGBToHSV', 'HSVToRGB'):
        return Case(op, [elements(draw, t, shape, 'unit' if op[0] == 'H' else draw.one_of('unit', 'ties'))])
    factor = floats(draw, 'float32', (), *((0.1, 2.5) if op != 'AdjustHue' else (-1, 1)))
    if op == 'AdjustContrast':
        return Case(op, [x, factor, scalar(draw, 'float32', -2), scalar(draw, 'float32', 200)], producer=1)
    return Case(op, [x, factor])


@row('DrawBoundingBoxes', 'DrawBoundingBoxesV2')
def draw_boxes(draw, op):
    n, m, c = draw.randint(1, 2), draw.randint(0, 3), draw.one_of(1, 3, 4)
    inputs = [elements(draw, dtype(draw, op), (n, draw.randint(2, 12), draw.randint(2, 12), c), 'unit'), floats(draw, 'float32', (n, m, 4), -0.2, 1.2)]
    return Case(op, inputs + [floats(draw, 'float32', (draw.randint(0, 3), c), 0, 1)] if op.endswith('V2') else inputs)


@row('ImageProjectiveTransformV2', 'ImageProjectiveTransformV3')
def projective(draw, op):
    t, n = dtype(draw, op, 'dtype'), draw.randint(1, 3)
    attrs = dict(interpolation=draw.one_of('NEAREST', 'BILINEAR'), fill_mode=draw.one_of('CONSTANT', 'REFLECT', 'WRAP', 'NEAREST'))
    transform = np.array([1, 0, 0, 0, 1, 0, 0, 0]) + draw.numpy.uniform(-0.3, 0.3, (draw.one_of(1, n), 8)) * [1, 1, 9, 1, 1, 9, 0.05, 0.05]
    inputs = [elements(draw, t, (n, draw.randint(1, 8), draw.randint(1, 8), draw.randint(1, 3)), 'plain'), lit('float32', transform),
              lit('int32', [draw.randint(1, 9), draw.randint(1, 9)])]
    return Case(op, inputs + ([scalar(draw, 'float32', 2.5)] if op.endswith('V3') else []), attrs)


@row('NonMaxSuppression', 'NonMaxSuppressionV2', 'NonMaxSuppressionV3', 'NonMaxSuppressionV4', 'NonMaxSuppressionV5', 'NonMaxSuppressionWithOverlaps')
def nms(draw, op):
    n = draw.one_of(0, 1, 5, 20, 40)
    t = dtype(draw, op) if any(a.name == 'T' for a in op_def_registry.get(op).attr) else 'float32'
    corner = draw.numpy.uniform(0, 1, (n, 2))
    boxes = np.concatenate([corner, corner + draw.numpy.uniform(-0.2, 0.6, (n, 2))], -1)
    scores = lit(t, np.round(draw.numpy.uniform(-1, 1, (n,)), draw.one_of(1, 5)))
    limit, overlap, least = lit('int32', draw.randint(0, 25), ()), draw.uniform(0, 1), draw.uniform(-1, 0.5)
    if op == 'NonMaxSuppression':
        return Case(op, [lit('float32', boxes), lit('float32', scores.array), limit], dict(iou_threshold=overlap))
    if op == 'NonMaxSuppressionWithOverlaps':
        return Case(op, [floats(draw, 'float32', (n, n), 0, 1), lit('float32', scores.array), limit, scalar(draw, 'float32', overlap), scalar(draw, 'float32', least)])
    inputs = [lit(t, boxes), scores, limit, scalar(draw, t, overlap)]
    if op != 'NonMaxSuppressionV2':
        inputs.append(scalar(draw, t, least))
    attrs = {}
    if op.endswith('V5'):
        inputs.append(scalar(draw, t, draw.one_of(0.0, 0.5, 1.0)))
    if op.endswith(('V4', 'V5')):
        attrs = dict(pad_to_max_output_size=draw.chance(0.4))
    return Case(op, inputs, attrs)


@row('CombinedNonMaxSuppression')
def combined(draw, op):
    b, n, classes = draw.randint(1, 2), draw.randint(1, 12), draw.randint(1, 3)
    corner = draw.numpy.uniform(0, 0.8, (b, n, draw.one_of(1, classes), 2))
    boxes = np.concatenate([corner, corner + draw.numpy.uniform(0.05, 0.5, corner.shape)], -1)
    return Case(op, [lit('float32', boxes), floats(draw, 'float32', (b, n, classes), 0, 1), lit('int32', draw.randint(1, 6), ()), lit('int32', draw.randint(1, 9), ()),
                     scalar(draw, 'float32', draw.uniform(0, 1)), scalar(draw, 'float32', draw.uniform(0, 0.6))],
                dict(pad_per_class=draw.chance(0.5), clip_boxes=draw.chance(0.5)))


@row('FusedPadConv2D', 'FusedResizeAndPadConv2D')
def fused_pad(draw, op):
    t = dtype(draw, op)
    mode = draw.one_of('REFLECT', 'SYMMETRIC')
    n, h, w, c, f, k = 1, draw.randint(3, 7), draw.randint(3, 7), draw.randint(1, 3), draw.randint(1, 4), draw.randint(1, 3)
    pads = lit('int32', [[0, 0], [draw.randint(0, 2), draw.randint(0, 2)], [draw.randint(0, 2), draw.randint(0, 2)], [0, 0]])
    attrs = dict(mode=mode, strides=[1, 1, 1, 1] if draw.chance(0.5) else [1, 2, 2, 1], padding=draw.one_of('SAME', 'VALID'))
    x, filters = elements(draw, t, (n, h, w, c), 'plain'), elements(draw, t, (k, k, c, f), 'plain')
    if op == 'FusedPadConv2D':
        return Case(op, [x, pads, filters], attrs)
    return Case(op, [x, lit('int32', [draw.randint(3, 9), draw.randint(3, 9)]), pads, filters], dict(attrs, resize_align_corners=draw.chance(0.4)))


@row('BatchNormWithGlobalNormalization', 'BatchNormWithGlobalNormalizationGrad')
def batch_norm(draw, op):
    t, c = dtype(draw, op), draw.randint(1, 9)
    x = elements(draw, t, (draw.randint(1, 2), draw.randint(1, 4), draw.randint(1, 4), c), 'plain')
    m, v, b, g = elements(draw, t, (c,), 'plain'), floats(draw, t, (c,), 0.3, 2), elements(draw, t, (c,), 'plain'), elements(draw, t, (c,), 'plain')
    attrs = dict(variance_epsilon=1e-3, scale_after_normalization=draw.chance(0.5))
    if op.endswith('Grad'):
        return Case(op, [x, m, v, g, elements(draw, t, x.array.shape, 'plain')], attrs, producer=8)
    return Case(op, [x, m, v, b, g], attrs, producer=8)
