"""Slice, StridedSlice with all masks, its gradient and update, Split, Concat, Pack, Unpack."""
from draw import *
from cases_dsl import kernel_dtypes


def strided(draw, shape):
    """begin, end, strides, masks for a tensor of `shape`."""
    spec = draw.randint(0, len(shape) + draw.chance(0.2))
    begin, end, strides = [], [], []
    masks = dict.fromkeys(['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'], 0)
    at = 0
    for i in range(spec):
        size = shape[at] if at < len(shape) else 1
        begin.append(draw.randint(-size - 1, size + 1))
        end.append(draw.randint(-size - 2, size + 2))
        strides.append(draw.one_of(1, 1, 1, 2, 3, -1, -1, -2))
        at += 1
        if draw.chance(0.25):
            masks['begin_mask'] |= 1 << i
        if draw.chance(0.25):
            masks['end_mask'] |= 1 << i
        if draw.chance(0.12) and not masks['ellipsis_mask']:
            masks['ellipsis_mask'] |= 1 << i
        if draw.chance(0.12):
            masks['new_axis_mask'] |= 1 << i
        if draw.chance(0.2):
            masks['shrink_axis_mask'] |= 1 << i
            strides[-1] = 1 if draw.chance(0.97) else -1
            if size and draw.chance(0.95):
                begin[-1] = draw.randint(-size, size - 1)
                masks['begin_mask'] &= ~(1 << i)
    if spec and draw.chance(0.03):
        masks['ellipsis_mask'] |= 1 << draw.randrange(spec)
    if spec and draw.chance(0.02):
        strides[draw.randrange(spec)] = 0
    if spec and draw.chance(0.03):
        end[draw.randrange(spec)] = draw.one_of(2**31 - 1, -2**31)
    return begin, end, strides, masks


def sliced_shape(shape, begin, end, strides, masks):
    """The shape TensorFlow gives to the slice, or None."""
    import tensorflow as tf
    with tf.Graph().as_default():
        try:
            n = len(begin)
            return tuple(tf.raw_ops.StridedSlice(input=tf.zeros(shape), begin=np.array(begin, np.int64).reshape(n), end=np.array(end, np.int64).reshape(n),
                                                 strides=np.array(strides, np.int64).reshape(n), **masks).shape.as_list())
        except ValueError:
            return None


def case(draw):
    ti = draw.one_of('int32', 'int64')
    kind = draw.random()
    if kind < 0.45:
        op = 'StridedSlice' if kind < 0.33 else draw.one_of('StridedSliceGrad', 'TensorStridedSliceUpdate')
        t = draw.one_of(*kernel_dtypes(op))
        shape = draw.shape(0 if draw.chance(0.2) else 1, 7, 4)
        begin, end, strides, masks = strided(draw, shape)
        vectors = [lit(ti if op != 'StridedSlice' or draw.chance(0.9) else 'int16', v, (len(v),)) for v in (begin, end, strides)]
        if op == 'StridedSlice':
            vectors = [Literal(vectors[0].dtype, v.array.astype(vectors[0].array.dtype)) for v in vectors]
            return Case(op, [draw.tensor(t, shape), *vectors], masks)
        piece = sliced_shape(shape, begin, end, strides, masks)
        piece = draw.shape(0, 3) if piece is None or draw.chance(0.04) else piece
        if op == 'StridedSliceGrad':
            return Case(op, [lit(ti, shape, (len(shape),)), *vectors, draw.tensor(t, piece)], masks)
        return Case(op, [draw.tensor(t, shape), *vectors, draw.tensor(t, piece)], masks)
    if kind < 0.6:
        t = draw.one_of(*kernel_dtypes('Slice'))
        shape = draw.shape(0, 8 if draw.chance(0.3) else 5, 4)
        begin = [draw.randint(0, d) for d in shape]
        size = [draw.randint(-1 if draw.chance(0.5) else 0, d - b) for b, d in zip(begin, shape)]
        if shape and draw.chance(0.05):
            size[draw.randrange(len(shape))] = draw.one_of(-2, 7)
        return Case('Slice', [draw.tensor(t, shape), lit(ti, begin, (len(shape),)), lit(ti, size, (len(shape),))])
    if kind < 0.72:
        op = draw.one_of('Split', 'SplitV')
        t = draw.one_of(*kernel_dtypes(op))
        shape = list(draw.shape(1, 5, 4))
        axis = draw.randint(-len(shape), len(shape) - 1)
        pieces = draw.randint(1, 4)
        axis_lit = lit('int32', axis, ())
        if op == 'Split':
            shape[axis] = pieces * draw.randint(0, 3) + (draw.chance(0.04))
            return Case(op, [axis_lit, draw.tensor(t, shape)], dict(num_split=pieces))
        sizes = [draw.randint(0, 3) for _ in range(pieces)]
        shape[axis] = sum(sizes) + draw.chance(0.04)
        if draw.chance(0.3):
            sizes[draw.randrange(pieces)] = -1
        return Case(op, [draw.tensor(t, shape), lit(draw.one_of('int8', 'int32', 'int64'), sizes, (pieces,)), axis_lit], dict(num_split=pieces))
    if kind < 0.86:
        op = draw.one_of('Concat', 'ConcatV2', 'ConcatOffset')
        shape = draw.shape(1, 6, 4)
        axis = draw.randrange(len(shape))
        shapes = [shape[:axis] + (draw.dim(4, 0.15),) + shape[axis + 1:] for _ in range(draw.randint(2, 6))]
        if draw.chance(0.03):
            shapes[0] = shapes[0] + (2,)
        if op == 'ConcatOffset':
            return Case(op, [lit('int32', axis, ()), [lit('int32', s, (len(s),)) for s in shapes]])
        t = draw.one_of(*kernel_dtypes(op))
        values = [draw.tensor(t, s) for s in shapes]
        if op == 'Concat':
            return Case(op, [lit('int32', axis, ()), values])
        axis = axis - len(shape) if draw.chance(0.4) else axis
        return Case(op, [values, lit(ti, axis, ())])
    op = draw.one_of('Pack', 'Unpack', 'ParallelConcat')
    t = draw.one_of(*kernel_dtypes(op))
    shape = draw.shape(0, 5, 4)
    count = draw.randint(1, 5)
    axis = draw.randint(-len(shape) - 1, len(shape))
    if op == 'Pack':
        return Case(op, [[draw.tensor(t, shape) for _ in range(count)]], dict(axis=axis))
    if op == 'Unpack':
        whole = list(shape)
        whole.insert(axis + len(shape) + 1 if axis < 0 else axis, count)
        return Case(op, [draw.tensor(t, whole)], dict(num=count, axis=axis))
    return Case(op, [[draw.tensor(t, (1,) + shape) for _ in range(count)]], dict(shape=(count,) + shape))
