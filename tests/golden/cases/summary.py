"""Summaries: the bytes of tf.Summary messages."""
from cases_dsl import *
from tensorflow.core.framework import summary_pb2


def scalars():
    for t in kernel_dtypes('ScalarSummary'):
        yield Case('ScalarSummary', [text([b'a', b'b', b'']), rand(t, (3,))])
        yield Case('ScalarSummary', [text(b'one'), rand(t, ())])
    yield Case('ScalarSummary', [text([[b'a'], [b'b']]), f32([[float('nan')], [float('-inf')]])])
    yield Case('ScalarSummary', [text([b'a', b'\xff', b'x' * 200]), lit('float64', [1e300, 0.1, -0.0])])
    yield Case('ScalarSummary', [text([b'a', b'b']), i64([2**62 + 1, -2**63])])
    yield Case('ScalarSummary', [rand('string', (0,)), f32([])])
    yield Case('ScalarSummary', [fed(text([b'a'])), fed(f32([2]))])
    for tags, values in ((text([b'a']), f32(1)), (text(b'a'), f32([1])), (text([b'a', b'b']), f32([1])), (text([[b'a']]), f32([1]))):
        yield Case('ScalarSummary', [tags, values], error=True)


def histograms():
    tag = text(b'h')
    for t in kernel_dtypes('HistogramSummary'):
        yield Case('HistogramSummary', [tag, rand(t, (4, 5))])
        yield Case('HistogramSummary', [tag, rand(t, ())])
        yield Case('HistogramSummary', [tag, rand(t, (0,))])
    for values in ([0.0, -1e-13, 1e-12, 1e300, -1e300, 5.0], [1e-12, 1.1e-12, -1e-12, 1.0, 1.1], [1e-20, -1e-20], [1.7e308], [-0.0], [1e20, 9.920775621859783e19, 1e19], [-1e20, -1.0, -3.0]):
        yield Case('HistogramSummary', [tag, lit('float64', values)], name=f'HistogramSummary {values}')
    yield Case('HistogramSummary', [text(b''), f32([1])])
    yield Case('HistogramSummary', [fed(tag), fed(f32([1, 2]))])
    for bad in ('nan', 'inf', '-inf'):
        yield Case('HistogramSummary', [tag, f32([1, float(bad)])], error=True, name=f'HistogramSummary of {bad}')
    yield Case('HistogramSummary', [text([b'h']), f32([1])], error=True)


def merged():
    def summary(*tags):
        return summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag=t, simple_value=i) for i, t in enumerate(tags)]).SerializeToString()
    histogram = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag='h', histo=summary_pb2.HistogramProto(min=1, bucket=[1, 2]))]).SerializeToString()
    a, b, none = summary('a', 'b'), summary('c'), summary('', '')
    yield Case('MergeSummary', [[text(a), text(b)]])
    yield Case('MergeSummary', [[text(a)]])
    yield Case('MergeSummary', [[text([a, b]), text([[histogram]]), text(none), text(b'')]])
    yield Case('MergeSummary', [[rand('string', (0,)), text(none)]])
    yield Case('MergeSummary', [[text(a), text(a)]], error=True)
    yield Case('MergeSummary', [[text([b, summary('x', 'c')])]], error=True)
    for bad in (b'\xff', a[:-1], b'\x0a\x05'):
        yield Case('MergeSummary', [[text(a), text(bad)]], error=True)


def tensors():
    metadata = summary_pb2.SummaryMetadata(display_name='dn', plugin_data=summary_pb2.SummaryMetadata.PluginData(plugin_name='p', content=b'c')).SerializeToString()
    for t in kernel_dtypes('TensorSummary'):
        yield Case('TensorSummary', [rand(t, (2, 2))])
        yield Case('TensorSummary', [rand(t, ())], dict(description='d', labels=['l'], display_name='n'))
        yield Case('TensorSummaryV2', [text(b't'), rand(t, (3,)), text(metadata)])
        yield Case('TensorSummaryV2', [text(b''), rand(t, (0, 2)), text(b'')])
    yield Case('TensorSummaryV2', [text(b't'), i32(1), text(b'\xff')])
    yield Case('TensorSummaryV2', [text([b't']), i32(1), text(metadata)], error=True)
    yield Case('TensorSummaryV2', [text(b't'), i32(1), text([metadata])], error=True)


def sound():
    tag, rates = text(b'a'), (8000.0, 44100.5, 8000.7, 1.0)
    for shape in ((1, 4), (2, 3), (5, 2, 2), (2, 2, 1), (1, 1, 3), (0, 2), (1, 0), (0, 0)):
        for count in (1, 3):
            values = rand('float32', shape, -1, 1)
            yield Case('AudioSummary', [tag, values], dict(sample_rate=8000.0, max_outputs=count), producer=8)
            yield Case('AudioSummaryV2', [tag, values, f32(16000)], dict(max_outputs=count))
    odd = f32([[.1, .5, float('nan'), .99999, -.33333, float('inf'), 2, -2, -1, 1, -0.0, 1 / 65534, 3 / 65534, -1 / 65534]])
    for rate in rates:
        yield Case('AudioSummary', [tag, odd], dict(sample_rate=rate), name=f'AudioSummary {rate}', producer=8)
        yield Case('AudioSummaryV2', [tag, odd, fed(f32(rate))], name=f'AudioSummaryV2 {rate}')
    for shape in ((2,), (1, 1, 1, 1)):
        yield Case('AudioSummary', [tag, rand('float32', shape)], dict(sample_rate=8000.0), error=True, producer=8)
        yield Case('AudioSummaryV2', [tag, rand('float32', shape), f32(8000)], error=True)
    for rate in (0.0, -1.0):
        yield Case('AudioSummaryV2', [tag, odd, f32(rate)], error=True)
    yield Case('AudioSummaryV2', [text([b'a']), odd, f32(8000)], error=True)
    yield Case('AudioSummary', [text([b'a']), odd], dict(sample_rate=8000.0), error=True, producer=8)
    yield Case('AudioSummary', [tag, odd], dict(sample_rate=8000.0, max_outputs=0), error=True, producer=8)


def pictures():
    """The files are taken out of the summaries and decoded: their bytes depend on the libraries that write them."""
    def case(value, name, count=1, tag=b'a', **attrs):
        def build(g):
            def decode(message, kind, names, types):
                return tf.raw_ops.DecodeProtoV2(bytes=message, message_type=kind, field_names=names, output_types=types)
            summary = tf.raw_ops.ImageSummary(tag=g.feed(text(tag)), tensor=g.feed(value), **attrs)
            one = decode(summary, 'tensorflow.Summary', ['value'], ['string'])
            parts = decode(one.values[0], 'tensorflow.Summary.Value', ['tag', 'image'], ['string', 'string'])
            image = decode(tf.reshape(parts.values[1], [-1]), 'tensorflow.Summary.Image', ['height', 'width', 'colorspace', 'encoded_image_string'], ['int32', 'int32', 'int32', 'string'])
            files = tf.reshape(image.values[3], [-1])
            return [one.sizes, parts.values[0], image.sizes, *image.values[:3]] + [tf.raw_ops.DecodePng(contents=files[i]) for i in range(count)]
        return GraphCase(f'ImageSummary {name}', build)

    for t in kernel_dtypes('ImageSummary'):
        for channels in (1, 3, 4):
            yield case(rand(t, (2, 3, 2, channels), 0, 200, seed=channels) if t == 'uint8' else rand(t, (2, 3, 2, channels), seed=channels), f'{t} {channels}', 2)
            if t != 'uint8':
                yield case(rand(t, (1, 3, 4, channels), 0, 2, seed=channels), f'{t} {channels} positive')
        if t == 'uint8':
            continue
        odd = lit(t, [[[[1, float('nan'), 3], [0.25, 5, 2]], [[float('inf'), 1, 1], [0, 0, 0]]]])
        yield case(odd, f'{t} not finite')
        yield case(odd, f'{t} not finite, another color', bad_color=tf.make_tensor_proto(np.array([9, 8, 7, 6], np.uint8)))
        yield case(lit(t, np.zeros((1, 2, 2, 1))), f'{t} zeros')
        yield case(lit(t, np.full((1, 2, 2, 1), float('nan'))), f'{t} all bad')
        yield case(lit(t, [[[[-1e-7], [1e-7]]]]), f'{t} tiny')
    yield case(rand('uint8', (4, 2, 2, 1), seed=1), 'three of four', 3)
    yield case(rand('uint8', (4, 2, 2, 1), seed=1), 'one of four', 1, max_images=1)
    for shape in ((1, 2, 2, 2), (1, 2, 2), (1, 0, 2, 1)):
        yield Case('ImageSummary', [text(b'a'), rand('float32', shape)], error=True)
    yield Case('ImageSummary', [text([b'a', b'b']), rand('float32', (1, 2, 2, 1))], error=True)


def cases():
    for part in (scalars, histograms, merged, tensors, sound, pictures):
        yield from part()
