"""Rows of messages, pictures and sounds: sequence examples, JSON, summaries, JPEG and WAV both ways, sparse messages, ragged variants, crosses."""
from rows import *
from rows_state import feed
import tensorflow as tf

ops = tf.raw_ops
WORDS = [b'', b'a', b'bc', b'\xff\0', b'long word', b'\xc3\xa4']


def feature(draw, t, n):
    f = tf.train.Feature()
    if t == 'string':
        f.bytes_list.value.extend(draw.choice(WORDS) for _ in range(n))
    elif t == 'float32':
        f.float_list.value.extend(draw.uniform(-3, 3) for _ in range(n))
    else:
        f.int64_list.value.extend(draw.randint(-9, 1 << draw.one_of(3, 40)) for _ in range(n))
    return f


TYPES = ('int64', 'float32', 'string')


@row('ParseSequenceExample', 'ParseSequenceExampleV2', 'ParseSingleSequenceExample')
def sequences(draw, op):
    pick = lambda prefix, most: [(f'{prefix}{i}', draw.choice(TYPES)) for i in range(draw.randint(0, most))]
    sparse, dense, lists, list_dense = pick('s', 2), pick('d', 2), pick('l', 2), pick('e', 2)
    ragged, list_ragged = (pick('r', 2), pick('q', 2)) if op.endswith('V2') else ([], [])
    shapes = [sizes(draw, 0, 1, 3) for _ in dense]
    step_shapes = [sizes(draw, 0, 1, 3) for _ in list_dense]
    messages = []
    for _ in range(1 if op.startswith('ParseSingle') else draw.randint(0, 3)):
        m = tf.train.SequenceExample()
        for key, t in sparse + ragged:
            if draw.chance(0.8):
                m.context.feature[key].CopyFrom(feature(draw, t if draw.chance(0.98) else draw.choice(TYPES), draw.randint(0, 3)))
        for (key, t), s in zip(dense, shapes):
            if draw.chance(0.8):
                m.context.feature[key].CopyFrom(feature(draw, t, int(np.prod(s)) + draw.chance(0.02)))
        for key, t in lists + list_ragged:
            if draw.chance(0.8):
                m.feature_lists.feature_list[key].feature.extend([feature(draw, t, draw.randint(0, 3)) for _ in range(draw.randint(0, 3))])
        for (key, t), s in zip(list_dense, step_shapes):
            if draw.chance(0.95):
                m.feature_lists.feature_list[key].feature.extend([feature(draw, t, int(np.prod(s)) + draw.chance(0.02)) for _ in range(draw.randint(0, 3))])
        messages.append(m.SerializeToString(deterministic=True))
    text = lambda keys: lit('string', [k.encode() for k, _ in keys], (len(keys),))
    defaults = [elements(draw, t, s if draw.chance(0.9) else (0,), 'plain') for (_, t), s in zip(dense, shapes)]
    types = lambda keys: [t for _, t in keys]
    assumed = [k.encode() for k, _ in list_dense if draw.chance(0.7)]
    counts = dict(context_sparse_types=types(sparse), feature_list_sparse_types=types(lists), feature_list_dense_types=types(list_dense), context_dense_shapes=shapes, feature_list_dense_shapes=step_shapes)
    if op == 'ParseSingleSequenceExample':
        scalar_ = [lit('string', k.encode(), ()) for k, _ in lists]
        return Case(op, [lit('string', messages[0], ()), const(lit('string', assumed, (len(assumed),))), [const(lit('string', k.encode(), ())) for k, _ in sparse], [const(lit('string', k.encode(), ())) for k, _ in dense],
                         [const(x) for x in scalar_], [const(lit('string', k.encode(), ())) for k, _ in list_dense], defaults, lit('string', b'name', ())],
                    dict(counts, Ncontext_sparse=len(sparse), Ncontext_dense=len(dense), Nfeature_list_sparse=len(lists), Nfeature_list_dense=len(list_dense), Tcontext_dense=types(dense)))
    names = [b'n%d' % i for i in range(len(messages))] if draw.chance(0.3) else []
    serialized = lit('string', messages, (len(messages),))
    if op == 'ParseSequenceExample':
        return Case(op, [serialized, lit('string', names, (len(names),)), defaults],
                    dict(counts, feature_list_dense_missing_assumed_empty=[a.decode() for a in assumed], context_sparse_keys=[k for k, _ in sparse], context_dense_keys=[k for k, _ in dense],
                         feature_list_sparse_keys=[k for k, _ in lists], feature_list_dense_keys=[k for k, _ in list_dense], Ncontext_sparse=len(sparse), Ncontext_dense=len(dense),
                         Nfeature_list_sparse=len(lists), Nfeature_list_dense=len(list_dense)))
    missing = lit('bool', [k.encode() in assumed for k, _ in list_dense], (len(list_dense),))
    split = draw.one_of('int32', 'int64')
    return Case(op, [serialized, lit('string', names, (len(names),)), *[const(text(k)) for k in (sparse, dense, ragged, lists, list_dense, list_ragged)], missing, defaults],
                dict(counts, Ncontext_sparse=len(sparse), Nfeature_list_sparse=len(lists), Nfeature_list_dense=len(list_dense), Tcontext_dense=types(dense), context_ragged_value_types=types(ragged),
                     context_ragged_split_types=[split] * len(ragged), feature_list_ragged_value_types=types(list_ragged), feature_list_ragged_split_types=[split] * len(list_ragged)))


@row('DecodeJSONExample')
def json_example(draw, op):
    import json as js
    messages = []
    for _ in range(draw.randint(0, 3)):
        features = {}
        for i in range(draw.randint(0, 3)):
            t, n = draw.choice(TYPES), draw.randint(0, 3)
            value = ([draw.uniform(-3, 3) for _ in range(n)] if t == 'float32' else [draw.one_of(draw.randint(-9, 9), str(draw.randint(-9, 1 << 50))) for _ in range(n)] if t == 'int64' else
                     [draw.one_of('', 'YQ==', '/wA=', 'bG9uZw==') for _ in range(n)])
            features[draw.one_of('a', 'b', 'long key', 'ä')] = {dict(int64='int64List', float32='floatList', string='bytesList')[t]: dict(value=value)}
        body = js.dumps(dict(features=dict(feature=features)), indent=draw.one_of(None, 1))
        messages.append(body.encode()[:-1] if draw.chance(0.05) else body.encode())
    return Case(op, [lit('string', messages, (len(messages),))])


@row('ScalarSummary', 'HistogramSummary', 'ImageSummary', 'AudioSummary', 'AudioSummaryV2', 'TensorSummary', 'TensorSummaryV2', 'MergeSummary')
def summaries(draw, op):
    if op == 'MergeSummary':
        def net(g):
            return [ops.MergeSummary(inputs=[ops.ScalarSummary(tags=tag, values=feed(g, v)) for tag, v in zip((b'a', b'b', b'c'), some)])]
        some = [elements(draw, 'float32', (), 'plain') for _ in range(draw.randint(1, 3))]
        return GraphCase(f'{op} {len(some)}', net)
    if op == 'ScalarSummary':
        n, t = draw.one_of((), (3,), (2, 2)), dtype(draw, op)
        tags = lit('string', [b't%d' % i for i in range(int(np.prod(n)))], n)
        return Case(op, [tags, elements(draw, t, n)])
    if op == 'HistogramSummary':
        return Case(op, [lit('string', b'h', ()), elements(draw, dtype(draw, op), sizes(draw, 0, 3, 60), draw.one_of('plain', 'wide', 'ties'))])
    if op == 'ImageSummary':
        t = dtype(draw, op)
        shape = (draw.randint(1, 3), draw.randint(1, 5), draw.randint(1, 5), draw.one_of(1, 3, 4))
        return Case(op, [lit('string', b'i', ()), elements(draw, t, shape, draw.one_of('plain', 'unit', 'edges') if t != 'uint8' else None)], dict(max_images=draw.randint(1, 4)))
    if op.startswith('Audio'):
        shape = (draw.randint(1, 3), draw.randint(1, 30)) + draw.one_of((), (1,), (2,))
        rate = draw.one_of(8000.0, 16000.0, 44100.0, 22050.5)
        given = [lit('string', b'a', ()), floats(draw, 'float32', shape, -1.2, 1.2)]
        return Case(op, given + ([lit('float32', rate, ())] if op.endswith('V2') else []), dict(max_outputs=draw.randint(1, 4), **({} if op.endswith('V2') else dict(sample_rate=rate))))
    t = draw.one_of('float32', 'string', 'int64', 'bool', 'float16', 'complex64', 'uint8')
    x = elements(draw, t, sizes(draw, 0, 3, 60))
    if op == 'TensorSummary':
        return Case(op, [x], dict(description='d', labels=['l'], display_name='n'))
    return Case(op, [lit('string', b'tag', ()), x, lit('string', draw.one_of(b'', b'\x0a\x02\x0a\x00'), ())])


@row('EncodeJpeg', 'EncodeJpegVariableQuality', 'DecodeAndCropJpeg', 'ExtractJpegShape')
def jpegs(draw, op):
    h, w, c = draw.randint(1, 40), draw.randint(1, 40), draw.one_of(1, 3)
    smooth = draw.numpy.uniform(0, 255, (2, 2, c))
    y, x = np.mgrid[0:1:h * 1j, 0:1:w * 1j][:, :, :, None]
    picture = smooth[0, 0] * (1 - y) * (1 - x) + smooth[1, 0] * y * (1 - x) + smooth[0, 1] * (1 - y) * x + smooth[1, 1] * y * x
    image = lit('uint8', picture + draw.numpy.uniform(-9, 9, picture.shape).clip(-9, 9) if draw.chance(0.5) else picture)
    attrs = dict(quality=draw.randint(1, 100), progressive=draw.chance(0.3), optimize_size=draw.chance(0.3), chroma_downsampling=draw.chance(0.5), density_unit=draw.one_of('in', 'cm'),
                 x_density=draw.randint(1, 600), y_density=draw.randint(1, 600), format=draw.one_of('', 'rgb' if c == 3 else 'grayscale'), xmp_metadata=draw.one_of('', 'meta'))
    if op == 'EncodeJpeg':
        return Case(op, [image], attrs)
    if op == 'EncodeJpegVariableQuality':
        return Case(op, [image, lit('int32', draw.randint(0, 100), ())])
    encoded = tf.io.encode_jpeg(image.array, quality=attrs['quality'], progressive=attrs['progressive'], chroma_downsampling=attrs['chroma_downsampling']).numpy()
    if op == 'ExtractJpegShape':
        return Case(op, [lit('string', encoded, ())], dict(output_type=draw.one_of('int32', 'int64')))
    top, left = draw.randint(0, h - 1), draw.randint(0, w - 1)
    box = [top, left, draw.randint(1, h - top) + draw.chance(0.05), draw.randint(1, w - left)]
    return Case(op, [lit('string', encoded, ()), lit('int32', box)], dict(channels=draw.one_of(0, c, 1, 3), ratio=draw.one_of(1, 1, 2, 4, 8), fancy_upscaling=draw.chance(0.5), dct_method=draw.one_of('', 'INTEGER_ACCURATE', 'INTEGER_FAST')))


@row('DecodeWav', 'EncodeWav', 'AudioSpectrogram', 'Mfcc')
def sounds(draw, op):
    n, c = draw.randint(1, 60), draw.one_of(1, 2)
    sound = draw.numpy.uniform(-1.1, 1.1, (n, c)).astype(np.float32)
    rate = draw.one_of(8000, 16000, 44100)
    if op == 'EncodeWav':
        return Case(op, [lit('float32', sound), lit('int32', rate, ())])
    if op == 'AudioSpectrogram':
        return Case(op, [floats(draw, 'float32', (draw.randint(9, 300), c))], dict(window_size=draw.randint(2, 64), stride=draw.randint(1, 40), magnitude_squared=draw.chance(0.5)))
    if op == 'Mfcc':
        return Case(op, [floats(draw, 'float32', (c, draw.randint(1, 3), draw.one_of(65, 129, 257)), 0, 9), lit('int32', rate, ())],
                    dict(upper_frequency_limit=draw.one_of(4000.0, 3000.0), lower_frequency_limit=draw.one_of(20.0, 100.0), filterbank_channel_count=draw.randint(5, 40), dct_coefficient_count=draw.randint(1, 13)))
    wav = tf.audio.encode_wav(sound, rate).numpy()
    return Case(op, [lit('string', wav if draw.chance(0.95) else wav[:draw.randint(1, len(wav))], ())], dict(desired_channels=draw.one_of(-1, -1, 1, 2), desired_samples=draw.one_of(-1, -1, n, n // 2, n + 5)))


@row('DeserializeSparse', 'DeserializeManySparse', 'SerializeSparse', 'SerializeManySparse')
def sparse_messages(draw, op):
    t = draw.one_of('float32', 'string', 'int32', 'bool', 'complex64', 'int64', 'float16', 'uint8')
    many, variant = 'Many' in op, draw.chance(0.4) and op != 'DeserializeManySparse'
    rank = draw.randint(2, 3)
    shape = [draw.randint(1, 4) for _ in range(rank)]
    count = int(np.prod(shape))
    at = sorted(draw.sample(range(count), draw.randint(0, count)))
    ids = lit('int64', np.stack(np.unravel_index(at, shape), -1).reshape(len(at), rank) if at else np.zeros((0, rank)), (len(at), rank))
    values, size = elements(draw, t, (len(at),), 'plain'), lit('int64', shape)

    def net(g):
        out = tf.variant if variant else tf.string
        make = ops.SerializeManySparse if many else ops.SerializeSparse
        s = make(sparse_indices=feed(g, ids), sparse_values=feed(g, values), sparse_shape=feed(g, size), out_type=out)
        if op == 'DeserializeManySparse':
            return list(ops.DeserializeManySparse(serialized_sparse=s, dtype=tf.as_dtype(t)))
        return list(ops.DeserializeSparse(serialized_sparse=s if many or draw_flat else tf.stack([s, s]), dtype=tf.as_dtype(t)))
    draw_flat = draw.chance(0.5) or variant
    return GraphCase(f'{op} {t} {shape} {len(at)} {variant} {draw_flat}', net)


@row('RaggedTensorToVariant', 'RaggedTensorFromVariant', 'RaggedTensorToVariantGradient')
def ragged(draw, op):
    t, split = draw.one_of('float32', 'string', 'int32', 'bool', 'complex64', 'int64', 'float16', 'uint8'), draw.one_of('int32', 'int64')
    ranks = draw.randint(1, 3)
    splits, n = [], draw.randint(0, 3)
    first = n
    for _ in range(ranks):
        lengths = [draw.randint(0, 3) for _ in range(n)]
        splits.append(lit(split, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)))
        n = int(sum(lengths))
    values = elements(draw, t, (n,) + sizes(draw, 0, 1, 3), 'plain')
    batched = draw.chance(0.7)

    def net(g):
        s, v = [feed(g, x) for x in splits], feed(g, values)
        encoded = ops.RaggedTensorToVariant(rt_nested_splits=s, rt_dense_values=v, batched_input=batched)
        if op == 'RaggedTensorToVariantGradient' and batched:
            return [ops.RaggedTensorToVariantGradient(encoded_ragged_grad=encoded, row_splits=s[0], dense_values_shape=tf.shape(v), Tvalues=tf.as_dtype(t))] if ranks == 1 else [tf.shape(encoded)]
        more = ranks - 1 if batched else ranks
        back = ops.RaggedTensorFromVariant(encoded_ragged=encoded, input_ragged_rank=more if draw_known else -1, output_ragged_rank=ranks, Tvalues=tf.as_dtype(t), Tsplits=tf.as_dtype(split))
        return [*back.output_nested_splits, back.output_dense_values]
    draw_known = draw.chance(0.5) or first == 0
    return GraphCase(f'{op} {t} {split} {ranks} {batched} {draw_known}', net)


@row('RaggedCross')
def crosses(draw, op):
    batch, order, values, splits, ids, svals, shapes, dense = draw.randint(0, 4), '', [], [], [], [], [], []
    hashed = draw.chance(0.5)
    kinds = lambda: draw.one_of('int64', 'string') if hashed else 'string'
    for _ in range(draw.randint(1, 4)):
        way = draw.one_of('R', 'S', 'D')
        order += way
        if way == 'R':
            lengths = [draw.randint(0, 2) for _ in range(batch)]
            splits.append(lit(draw.one_of('int32', 'int64'), np.concatenate([[0], np.cumsum(lengths)])))
            values.append(elements(draw, kinds(), (sum(lengths),), 'plain'))
        elif way == 'S':
            cells = [(i, j) for i in range(batch) for j in range(draw.randint(0, 2))]
            ids.append(lit('int64', np.array(cells).reshape(-1, 2), (len(cells), 2)))
            svals.append(elements(draw, kinds(), (len(cells),), 'plain'))
            shapes.append(lit('int64', [batch, 2]))
        else:
            dense.append(elements(draw, kinds(), (batch, draw.randint(1, 2)), 'plain'))
    return Case(op, [values, splits, ids, svals, shapes, dense], dict(input_order=order, hashed_output=hashed, num_buckets=draw.one_of(0, 10, 1000), hash_key=draw.randint(0, 1 << 40), out_values_type='int64' if hashed else 'string',
                                                                       out_row_splits_type=draw.one_of('int32', 'int64'), Nsparse=len(ids)))


@row('CTCBeamSearchDecoder', 'TFLite_Detection_PostProcess', 'NegTrain', 'ShardedFilename', 'ShardedFilespec', 'DeviceIndex', 'StatelessRandomGetAlg', 'Empty', 'DebugGradientRefIdentity')
def others(draw, op):
    if op == 'CTCBeamSearchDecoder':
        t, b, c = draw.randint(1, 6), draw.randint(1, 3), draw.randint(2, 5)
        return Case(op, [floats(draw, draw.one_of('float32', 'float64'), (t, b, c), -5, 5), draw.ints('int32', (b,), 0, t)],
                    dict(beam_width=draw.one_of(100, 20, 3), top_paths=draw.randint(1, 3), merge_repeated=draw.chance(0.5)))
    if op == 'ShardedFilename':
        return Case(op, [lit('string', draw.choice(WORDS), ()), lit('int32', draw.randint(0, 99999), ()), lit('int32', draw.randint(1, 100000), ())])
    if op == 'ShardedFilespec':
        return Case(op, [lit('string', draw.choice(WORDS), ()), lit('int32', draw.randint(0, 100000), ())])
    if op == 'DeviceIndex':
        return Case(op, [], dict(device_names=draw.one_of(['CPU'], ['GPU', 'CPU'], ['GPU'])))
    if op == 'Empty':
        shape = sizes(draw, 0, 3, 60)
        return Case(op, [lit('int32', shape, (len(shape),))], dict(dtype=draw.one_of('float32', 'string', 'bool', 'complex64'), init=True))
    return Case('CTCGreedyDecoder', [floats(draw, 'float32', (3, 2, 4), -5, 5), draw.ints('int32', (2,), 0, 3)], dict(merge_repeated=draw.chance(0.5)))


@row('TensorArray', 'TensorArrayV2', 'TensorArrayWrite', 'TensorArrayWriteV2', 'TensorArrayRead', 'TensorArrayReadV2', 'TensorArrayGather', 'TensorArrayGatherV2', 'TensorArrayScatter', 'TensorArrayScatterV2',
     'TensorArrayConcat', 'TensorArrayConcatV2', 'TensorArraySplit', 'TensorArraySplitV2', 'TensorArraySize', 'TensorArraySizeV2', 'TensorArrayPack', 'TensorArrayUnpack', 'TensorArrayGrad', 'TensorArrayGradV2',
     'TensorArrayGradV3', 'TensorArraySizeV3', 'TensorArrayReadV3', 'TensorArrayClose', 'TensorArrayCloseV2', 'TensorArrayCloseV3')
def arrays(draw, op):
    v = 'V3' if op.endswith('V3') else 'V2' if op.endswith('V2') else ''
    t = draw.one_of('float32', 'int32', 'string', 'bool', 'float64', 'int64', 'complex64', 'uint8', 'float16')
    if 'Grad' in op:
        t = draw.one_of('float32', 'float64', 'float16', 'complex64')
    d, shape, n = tf.as_dtype(t), sizes(draw, 1, 2, 6), draw.randint(1, 5)
    whole, more = elements(draw, t, (n,) + shape, 'plain'), elements(draw, t, (n,) + shape, 'plain')
    order, way = draw.permuted(n), draw.one_of('write', 'scatter', 'split')
    end = draw.one_of('read', 'gather', 'concat')
    dynamic, clear = draw.chance(0.3), draw.chance(0.4)
    lengths = [draw.randint(0, 2) for _ in range(n)]
    rows_ = elements(draw, t, (sum(lengths),) + shape[1:], 'plain')

    def net(g):
        call = lambda name, **k: getattr(ops, f'TensorArray{name}{v}')(**k)
        made = call('', size=n, dtype=d, element_shape=None, dynamic_size=dynamic, clear_after_read=clear, tensor_array_name='a')
        h, flow = made if v == 'V3' else (made, tf.constant(0.0))
        x, y = feed(g, whole), feed(g, more)
        if way == 'write':
            for i in order:
                flow = call('Write', handle=h, index=i, value=x[i], flow_in=flow)
        elif way == 'scatter' or shape[:1] == ():
            flow = ops.TensorArrayUnpack(handle=h, value=x, flow_in=flow) if op == 'TensorArrayUnpack' else call('Scatter', handle=h, indices=order, value=x, flow_in=flow)
        else:
            flow = call('Split', handle=h, value=feed(g, rows_), lengths=tf.constant(lengths, tf.int64), flow_in=flow)
        out = [call('Size', handle=h, flow_in=flow)]
        if 'Grad' in op and way != 'split':
            if v == 'V3':
                gh, gflow = ops.TensorArrayGradV3(handle=h, source='g', flow_in=flow)
            else:
                with tf.control_dependencies([out[0]]):
                    gh, gflow = call('Grad', handle=h, source='g', flow_in=flow), flow
            for i in order[::-1]:
                gflow = call('Write', handle=gh, index=i, value=y[i], flow_in=gflow)
            for i in order[:2]:
                gflow = call('Write', handle=gh, index=i, value=x[i], flow_in=gflow)
            return out + [call('Read', handle=gh, index=i, dtype=d, flow_in=gflow) for i in range(n)]
        if op == 'TensorArrayPack' and way != 'split':
            return out + [ops.TensorArrayPack(handle=h, flow_in=flow, dtype=d)]
        if end == 'read':
            return out + [call('Read', handle=h, index=i, dtype=d, flow_in=flow) for i in range(n)]
        if end == 'gather' and way != 'split':
            return out + [call('Gather', handle=h, indices=order[::-1], flow_in=flow, dtype=d)]
        return out + list(call('Concat', handle=h, flow_in=flow, dtype=d))
    return GraphCase(f'{op} {t} {shape} {n} {way} {end} {lengths}', net, producer={'': 15, 'V2': 25}.get(v))
