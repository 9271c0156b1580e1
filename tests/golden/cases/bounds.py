"""What operators take and refuse at their bounds, found by random rows: one or a few cases of any operator."""
from cases_dsl import *

raw = tf.raw_ops
KEY, COUNTER = lit('uint64', [5]), lit('uint64', [1, 2])


def feed(g, value):
    """A fed placeholder carries no control input on to what it feeds."""
    with tf.control_dependencies(None):
        return g.feed(value)


def cases():
    yield from texts()
    yield from numbers()
    yield from refused()
    yield from kept()


def texts():
    yield Case('ShardedFilename', [text(b'a\0b', ()), i32(1), i32(4)])
    yield Case('ShardedFilespec', [text(b'\0', ()), i32(4)])
    yield Case('UnsortedSegmentJoin', [text([b'a', b'\0', b'b', b'c']), i32([0, 0, 0, 1]), i32(2)], dict(separator='-'))
    metadata = {'defaults': b'\x0a\x02\x0a\x00\x12\x00 \x00', 'out of order': b'\x1a\x01z\x12\x01y\x0a\x03\x0a\x01p', 'twice': b'\x12\x01y\x12\x01z\x0a\x03\x0a\x01p\x0a\x03\x12\x01q',
                'a number nobody knows': b'0\x00\x12\x01y', 'another wire type': b'\x10\x05', 'a class': b' \x02'}
    for name, message in metadata.items():
        yield Case('TensorSummaryV2', [text(b'tag', ()), f32([1, 2]), text(message, ())], name=f'TensorSummaryV2 metadata: {name}')
    for rate in (0.3, 0.5, 1.5, 2.5):
        yield Case('AudioSummaryV2', [text(b'a', ()), f32([[0, .5, -1]]), f32(rate)], dict(max_outputs=1), name=f'AudioSummaryV2 at a rate of {rate}')
    for stream in ('stdout', 'log(info)', 'log(error)', 'st', ''):
        yield Case('PrintV2', [text(b'', ())], dict(output_stream=stream), error=stream in ('st', ''))


def numbers():
    nan = np.nan
    for t in FLOATS:
        pixels = [[.75, nan, .25], [nan, .25, .5], [.25, .5, nan], [.5, nan, nan], [nan, nan, .5], [nan, nan, nan], [nan, .75, .25], [nan, .5, .5]]
        yield Case('RGBToHSV', [lit(t, pixels)])
    yield Case('CTCGreedyDecoder', [rand('float32', (3, 2, 4)), i32([-1, 3])])
    yield Case('CTCGreedyDecoder', [rand('float32', (3, 2, 4)), i32([-2**31, -5])], dict(merge_repeated=True))
    yield Case('InTopK', [f32([[1, 2]]), i32([1])], dict(k=2**31 - 1))


def refused():
    for mode in ('REFLECT', 'SYMMETRIC'):
        for shape in ((0,), (3, 0)):
            none = np.zeros((len(shape), 2), np.int32)
            yield Case('MirrorPad', [rand('float32', shape), none], dict(mode=mode), error=mode == 'REFLECT')
            yield Case('MirrorPadGrad', [rand('float32', shape), none], dict(mode=mode), error=True)
    for n in (0, 1, 3):
        yield Case('StatelessShuffle', [rand('float32', (n, 2)), KEY, COUNTER, i32(2)], error=True)
    yield Case('StridedSlice', [rand('float32', (3,)), i32([0]), i32([1]), i32([1])], dict(ellipsis_mask=6), error=True)
    for op, attr, inputs, more in (('InTopK', 'k', [f32([[1, 2]]), i32([1])], {}), ('StringSplitV2', 'maxsplit', [text([b'a b']), text(b' ', ())], {}),
                                   ('AudioSummaryV2', 'max_outputs', [text(b'a', ()), f32([[0, 1]]), f32(8000)], {}), ('SpaceToDepth', 'block_size', [rand('float32', (1, 2, 2, 1))], {}),
                                   ('StridedSlice', 'begin_mask', [rand('float32', (3,)), i32([0]), i32([1]), i32([1])], {}), ('AsString', 'width', [f32([1])], {}),
                                   ('GatherV2', 'batch_dims', [rand('float32', (3, 2)), i32([0]), i32(0)], {}), ('CTCGreedyDecoder', 'blank_index', [rand('float32', (3, 2, 4)), i32([1, 3])], {})):
        for value in (2**31, -2**31 - 1, 2**40):
            yield Case(op, inputs, {**more, attr: value}, error=True)
    x, starts = rand('float32', (1, 6, 5, 1), seed=1), [i64([0, 2, 6]), i64([0, 3, 5])]
    yield Case('FractionalMaxPoolGrad', [x, rand('float32', (1, 2, 2, 1), 5, 9, seed=2), rand('float32', (1, 2, 2, 1), seed=3), *starts], error=True)
    yield Case('FractionalMaxPoolGrad', [f32([[[[1]], [[2]], [[3]], [[4]]]]), f32([[[[2]], [[4]]]]), f32([[[[1]], [[1]]]]), i64([0, 1, 4]), i64([0, 1])], dict(overlapping=True), error=True)

    def other_shape(g):
        return [raw.PlaceholderWithDefault(input=g.const(f32([[1, 2]])), shape=None)]
    yield GraphCase('PlaceholderWithDefault of any shape', other_shape)


def kept():
    def parts(keys, values, shape, put=True):
        def build(g):
            h = raw.Barrier(component_types=['float32', 'int32'], shapes=[list(shape), []], shared_name='b')
            index = 0 if put else 1
            step = raw.BarrierInsertMany(handle=h, keys=feed(g, text(keys, (len(keys),))), values=feed(g, values if put else i32([7] * len(keys), (len(keys),))), component_index=index)
            with tf.control_dependencies([step]):
                return [raw.BarrierIncompleteSize(handle=h)]
        return build
    yield GraphCase('Barrier refuses values without elements', parts([b'a', b'b'], f32([], (2, 2, 0)), (2, 0)), error=True)
    yield GraphCase('Barrier takes no values', parts([], f32([], (0, 2)), (2,)))
    yield GraphCase('Barrier of a component that could have no elements', parts([b'a', b'b'], None, (2, 0), False))

    def stale(form):
        def build(g):
            h = getattr(raw, form + 'ConditionalAccumulator')(dtype='float32', shape=[2], shared_name='a')
            step = feed(g, i64(-1))
            late = getattr(raw, form + 'AccumulatorApplyGradient')(handle=h, local_step=step, gradient=feed(g, f32([1, 2, 3])))
            with tf.control_dependencies([late]):
                return [getattr(raw, form + 'AccumulatorNumAccumulated')(handle=h)]
        return build
    for form in ('', 'Resource'):
        yield GraphCase(f'{form}ConditionalAccumulator does not look at what is too old', stale(form))

    def beyond(step):
        def build(g):
            h = raw.SparseConditionalAccumulator(dtype='float32', shape=[3, 1], shared_name='a')
            put = raw.SparseAccumulatorApplyGradient(handle=h, local_step=feed(g, i64(step)), gradient_indices=feed(g, i64([0, 3])), gradient_values=feed(g, f32([[1], [2]])),
                                                     gradient_shape=feed(g, i64([])), has_known_shape=False)
            with tf.control_dependencies([put]):
                return [raw.AccumulatorNumAccumulated(handle=h)]
        return build
    yield GraphCase('SparseConditionalAccumulator refuses an index beyond its shape', beyond(0), error=True)
    yield GraphCase('SparseConditionalAccumulator does not look at what is too old', beyond(-1))

    def selector(g):
        no, yes = raw.Switch(data=g.feed(f32([1])), pred=g.feed(boolean([True]), None))
        return list(raw.Merge(inputs=[tf.identity(no), tf.identity(yes)]))
    yield GraphCase('Switch wants a scalar', selector, error=True)
