"""Convolutions: dense, depthwise, grouped, 3-D, general, fused, their gradients, and grey-scale dilation."""
from draw import *

from cases.conv import ACTIVATIONS, first, nchw, nhwc
from cases_dsl import kernel_dtypes, tf_run

CHANNELS = (1, 1, 2, 3, 4, 5, 8, 16, 17, 33)


def window(draw, rank, explicit):
    """(kernel extents, attributes): strides above the kernel, dilations and lopsided paddings included."""
    k = [draw.one_of(1, 1, 2, 3, 3, 4, 5, 7) for _ in range(rank)]
    s = [draw.one_of(1, 1, 1, 2, 2, 3, 5) for _ in range(rank)]
    d = [draw.one_of(1, 1, 1, 2, 3) if draw.chance(0.4) else 1 for _ in range(rank)]
    attrs = dict(strides=[1, *s, 1], padding=draw.one_of('SAME', 'VALID'))
    if any(v != 1 for v in d):
        attrs['dilations'] = [1, *d, 1]
    if explicit and draw.chance(0.25):
        attrs['padding'] = 'EXPLICIT'
        attrs['explicit_paddings'] = [0, 0] + [draw.randint(0, 3) for _ in range(2 * rank)] + [0, 0]
    return k, attrs


def extents(draw, k, attrs, most=11):
    """Spatial dims: mostly wide enough for a window, sometimes smaller than one."""
    d = attrs.get('dilations', [1] * (len(k) + 2))[1:-1]
    out = []
    for i, extent in enumerate(k):
        reach = (extent - 1) * d[i] + 1
        small = draw.chance(0.1) or attrs['padding'] != 'VALID' and draw.chance(0.3)
        out.append(draw.dim(most) if small else reach + draw.randint(0, most - 3))
    return out


def output_extents(spatial, k, attrs):
    """What TensorFlow would compute, where it computes something."""
    n = len(k)
    d, s = attrs.get('dilations', [1] * (n + 2))[1:-1], attrs['strides'][1:-1]
    pads = attrs.get('explicit_paddings', [0] * (2 * n + 4))
    out = []
    for i in range(n):
        reach = (k[i] - 1) * d[i] + 1
        if attrs['padding'] == 'SAME':
            out.append(-(-spatial[i] // s[i]))
        else:
            out.append(max(0, (spatial[i] + pads[2 + 2 * i] + pads[3 + 2 * i] - reach) // s[i] + 1))
    return out


def spoil(draw, attrs, x, f):
    """Now and then something that TensorFlow refuses, or not."""
    what = draw.randrange(8)
    if what == 0:
        attrs['strides'] = attrs['strides'][:-1] + [2]
    elif what == 1:
        attrs['strides'] = [1, 0] + attrs['strides'][2:]
    elif what == 2:
        f = f[:-2] + (f[-2] + 1,) + f[-1:]
    elif what == 3:
        x = x[1:]
    elif what == 4:
        f = f[1:]
    elif what == 5:
        attrs['dilations'] = [1, -1] + [1] * (len(attrs['strides']) - 2)
    elif what == 6:
        f = (0,) + f[1:]
    else:
        f = f[:-2] + (0,) + f[-1:]
    return attrs, x, f


def turned(draw, op, inputs, images, attrs, image_result=True, shape_input=None):
    """Sometimes channels first; the result TensorFlow's CPU kernels then give for the other layout."""
    if not draw.chance(0.25):
        return Case(op, inputs, attrs)
    flipped = list(inputs)
    for i in images:
        if inputs[i].array.ndim != len(attrs['strides']):
            return Case(op, inputs, attrs)
        flipped[i] = Literal(inputs[i].dtype, nchw(inputs[i].array))
    if shape_input is not None:
        sizes = inputs[shape_input].array
        flipped[shape_input] = Literal(inputs[shape_input].dtype, np.concatenate([sizes[:1], sizes[-1:], sizes[1:-1]]))
    return Case(op, flipped, first(attrs, len(attrs['strides'])),
                expect=lambda: [nchw(y) if image_result else y for y in tf_run(op, inputs, attrs)])


def forward(draw):
    op = draw.one_of('Conv2D', 'Conv2D', 'Conv2D', 'DepthwiseConv2dNative', 'DepthwiseConv2dNative', 'Conv3D')
    t = draw.one_of('float32', 'float32', 'float32', *kernel_dtypes(op))
    rank = 3 if op == 'Conv3D' else 2
    k, attrs = window(draw, rank, op != 'Conv3D')
    if op == 'DepthwiseConv2dNative' and draw.chance(0.8):  # TensorFlow's kernel wants one stride
        attrs['strides'] = [1, attrs['strides'][1], attrs['strides'][1], 1]
    if op == 'DepthwiseConv2dNative' and draw.chance(0.7):
        attrs.pop('dilations', None)
    if op == 'Conv3D':
        if draw.chance(0.7):
            attrs.pop('dilations', None)
        if attrs['padding'] == 'SAME':  # where strides leave gaps, TensorFlow's plain kernel and its oneDNN one differ
            attrs['strides'] = [min(s, w) for s, w in zip(attrs['strides'], [1, *k, 1])]
    c = draw.one_of(*CHANNELS)
    x = (draw.dim(3), *extents(draw, k, attrs, 11 if rank == 2 else 6), c)
    if op == 'DepthwiseConv2dNative':
        f = (*k, c, draw.one_of(1, 1, 1, 2, 3, 5))
    else:
        groups = draw.one_of(2, 4) if rank == 2 and draw.chance(0.15) else 1
        groups = groups if c % groups == 0 else 1
        f = (*k, c // groups, groups * draw.one_of(1, 2, 3, 5, 8, 17, 33) if groups > 1 else draw.one_of(*CHANNELS))
    if draw.chance(0.08):
        attrs, x, f = spoil(draw, attrs, x, f)
        return Case(op, [draw.tensor(t, x), draw.tensor(t, f)], attrs)
    # Halves overflow on the way, in an order of their own.
    case_edges = 0.08 if t in ('float32', 'float64', 'int32') else 0
    made = turned(draw, op, [draw.tensor(t, x, edges=case_edges, huge=False), draw.tensor(t, f)], [0], attrs)
    if op == 'Conv3D' and t in ('float16', 'bfloat16'):  # TensorFlow's plain kernel sums in 16 bits
        made.rtol = made.atol = 8e-3 if t == 'float16' else 6e-2
    return made


def general(draw):
    t = draw.one_of('float32', 'float32', *kernel_dtypes('Conv'))
    rank = draw.one_of(2, 2, 3)
    k, attrs = window(draw, rank, True)
    c = draw.one_of(*CHANNELS[:7])
    groups = draw.one_of(1, 1, 1, 2)
    batch = tuple(draw.dim(3) for _ in range(draw.one_of(0, 1, 1, 1, 2, 3)))
    x = (*batch, *extents(draw, k, attrs, 9 if rank == 2 else 5), c * groups)
    f = (*k, c, groups * draw.one_of(1, 2, 4, 9))
    if groups > 1:
        attrs['groups'] = groups
    if len(batch) != 1:
        attrs['batch_dims'] = len(batch)
        if draw.chance(0.2):
            del attrs['batch_dims']
    if 0 in x or 0 in output_extents(x[-1 - rank:-1], k, attrs):
        return forward(draw)  # TensorFlow leaves the batch axes of an empty result flattened
    return Case('Conv', [draw.tensor(t, x), draw.tensor(t, f)], attrs)


def backward(draw):
    kind = draw.one_of('Conv2D', 'Conv2D', 'DepthwiseConv2dNative', 'Conv3D')
    suffix = draw.one_of('BackpropInput', 'BackpropFilter')
    op = kind + suffix + ('V2' if kind == 'Conv3D' else '')
    t = draw.one_of('float32', 'float32', *kernel_dtypes(op))
    rank = 3 if kind == 'Conv3D' else 2
    k, attrs = window(draw, rank, kind != 'Conv3D')
    if kind == 'DepthwiseConv2dNative' or kind == 'Conv3D' and draw.chance(0.8):
        attrs.pop('dilations', None)  # TensorFlow's depthwise gradients overlook them
    if kind == 'DepthwiseConv2dNative' and draw.chance(0.8):
        attrs['strides'] = [1, attrs['strides'][1], attrs['strides'][1], 1]
    c, n = draw.one_of(*CHANNELS[:8]), draw.one_of(*CHANNELS[:8])
    spatial = extents(draw, k, attrs, 9 if rank == 2 else 5)
    batch = draw.dim(3)
    x = (batch, *spatial, c)
    depthwise = kind == 'DepthwiseConv2dNative'
    f = (*k, c, draw.one_of(1, 1, 2, 3)) if depthwise else (*k, c, n)
    g = (batch, *output_extents(spatial, k, attrs), c * f[-1] if depthwise else n)
    if depthwise and 0 in g:
        return forward(draw)  # TensorFlow leaves the result as it found it
    if draw.chance(0.06):
        g = tuple(d + draw.one_of(0, 0, 1) for d in g)
    grad = draw.tensor(t, g)
    if suffix == 'BackpropInput':
        sizes = Literal(draw.one_of('int32', 'int64') if kind == 'Conv3D' else 'int32', np.array(x))
        return turned(draw, op, [lit(sizes.dtype, x), draw.tensor(t, f), grad], [2], attrs, shape_input=0)
    return turned(draw, op, [draw.tensor(t, x), lit('int32', f), grad], [0, 2], attrs, image_result=False)


def dilation(draw):
    op = draw.one_of('Dilation2D', 'Dilation2D', 'Dilation2DBackpropInput', 'Dilation2DBackpropFilter')
    t = draw.one_of('float32', *kernel_dtypes(op))
    k, attrs = window(draw, 2, False)
    attrs['rates'] = attrs.pop('dilations', [1] * 4)
    c = draw.one_of(*CHANNELS[:7])
    spatial = extents(draw, k, dict(attrs, dilations=attrs['rates']), 8)
    x, f = draw.tensor(t, (draw.dim(3), *spatial, c), edges=0.05), draw.tensor(t, (*k, c))
    if op == 'Dilation2D':
        return Case(op, [x, f], attrs)
    g = (x.array.shape[0], *output_extents(spatial, k, dict(attrs, dilations=attrs['rates'])), c)
    return Case(op, [x, f, draw.tensor(t, g)], attrs)


def fused_image(draw):
    op = draw.one_of('FusedPadConv2D', 'FusedResizeAndPadConv2D')
    t = draw.one_of('float32', 'float32', *kernel_dtypes(op))
    k, attrs = window(draw, 2, False)
    attrs.pop('dilations', None)
    attrs['mode'] = draw.one_of('REFLECT', 'SYMMETRIC')
    spatial = [draw.randint(2, 8) for _ in range(2)]
    pads = [[0, 0]] + [[draw.randint(0, 3), draw.randint(0, 3)] for _ in range(2)] + [[0, 0]]
    c = draw.one_of(1, 2, 3, 4, 9)
    # TensorFlow's shape function stumbles over shape inputs of unknown shape.
    shape_input = lambda values: draw.place(lit('int32', values), ('known', 'const'))
    inputs = [draw.tensor(t, (draw.one_of(1, 1, 2), *spatial, c)), shape_input(pads), draw.tensor(t, (*k, c, draw.one_of(1, 3, 8, 17)))]
    if op == 'FusedResizeAndPadConv2D':
        inputs.insert(1, shape_input([draw.randint(1, 9), draw.randint(1, 9)]))
        attrs['resize_align_corners'] = draw.chance(0.5)
    return Case(op, inputs, attrs)


def fused(draw):
    op = draw.one_of('_FusedConv2D', '_FusedConv2D', '_FusedDepthwiseConv2dNative', '_FusedMatMul')
    t = draw.one_of('float32', 'float32', *kernel_dtypes(op))
    t = 'float32' if t in ('int8', 'qint8') else t
    activations = ['Relu', 'Relu6', 'Elu', 'LeakyRelu', 'Tanh', 'Sigmoid']
    tail = draw.one_of(['BiasAdd'], ['BiasAdd', draw.choice(activations)], ['FusedBatchNorm'],
                       ['FusedBatchNorm', draw.choice(activations[:4])], ['BiasAdd', 'Add'], ['BiasAdd', 'Add', 'Relu'])
    if op == '_FusedMatMul':
        tail = tail if tail[0] == 'BiasAdd' else ['BiasAdd']
        m, k, n = draw.dim(8), draw.dim(20), draw.dim(33)
        a, b = draw.chance(0.3), draw.chance(0.3)
        inputs = [draw.tensor(t, (k, m) if a else (m, k)), draw.tensor(t, (n, k) if b else (k, n))]
        attrs, out = dict(transpose_a=a, transpose_b=b), (m, n)
    else:
        k, attrs = window(draw, 2, op == '_FusedConv2D')
        attrs.pop('dilations', None)
        if op != '_FusedConv2D':
            attrs['strides'] = [1, attrs['strides'][1], attrs['strides'][1], 1]
        c, n = draw.one_of(*CHANNELS), draw.one_of(*CHANNELS)
        spatial = extents(draw, k, attrs)
        x = (draw.dim(2), *spatial, c)
        f = (*k, c, draw.one_of(1, 2)) if op != '_FusedConv2D' else (*k, c, n)
        n = c * f[-1] if op != '_FusedConv2D' else n
        inputs, out = [draw.tensor(t, x), draw.tensor(t, f)], (x[0], *output_extents(spatial, k, attrs), n)
    args = []
    if 'BiasAdd' in tail:
        args.append(draw.tensor(t, (out[-1],)))
    if 'FusedBatchNorm' in tail:
        args += [draw.tensor(t, (out[-1],)) for _ in range(3)] + [draw.tensor(t, (out[-1],), 0.5, 2)]
    if 'Add' in tail:
        args.append(draw.tensor(t, out))
    attrs.update(fused_ops=tail, num_args=len(args))
    if draw.chance(0.5):
        attrs['epsilon'] = 0.01
    if 'LeakyRelu' in tail:
        attrs['leakyrelu_alpha'] = draw.one_of(0.1, 0.3)
    return Case(op, inputs + ([args, []] if op == '_FusedConv2D' else [args]), attrs)


def case(draw):
    return draw.choices((forward, general, backward, dilation, fused_image, fused), (12, 1, 6, 3, 3, 3))[0](draw)
