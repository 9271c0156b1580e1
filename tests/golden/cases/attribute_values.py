"""Values of attributes that no other family has: the other layout, the other flag, windows, seeds, bits, steps in time, types of moves."""
from cases_dsl import *

raw = tf.raw_ops


def fed_(g, value):
    with tf.control_dependencies(None):
        return g.feed(value)


def cases():
    yield from windows()
    yield from fused()
    yield from codes()
    yield from moves()
    yield from masks()
    yield from streams()
    yield from kept()
    yield from references()
    yield from sparse()


def windows():
    x, w = rand('float32', (1, 6, 5, 2)), rand('float32', (2, 3, 2, 3))
    for op in ('Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'):
        inputs = [i32([1, 6, 5, 2]) if op.endswith('Input') else x, i32([2, 3, 2, 3]) if op.endswith('Filter') else w]
        yield Case(op, inputs + ([rand('float32', (1, 6, 5, 3))] if 'Back' in op else []), dict(strides=[1, 1, 1, 1], padding='SAME', use_cudnn_on_gpu=False))
    a = rand('float32', (1, 4, 4, 2))
    for padding, size in (('SAME', 2), ('VALID', 1)):
        attrs = dict(ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding=padding)
        y = rand('float32', (1, size, size, 2))
        yield Case('MaxPoolGradWithArgmax', [a, y, i64([[[[i * 4 % 32, i * 4 % 32 + 1] for i in range(size)] for _ in range(size)]])], attrs)
        def graded(g, attrs=attrs, y=y, v2=False, twice=False):
            v = g.feed(rand('float32', (1, 4, 4, 2), seed=4))
            ends = dict(ksize=tf.constant(attrs['ksize']), strides=tf.constant(attrs['strides'])) if v2 else dict(ksize=attrs['ksize'], strides=attrs['strides'])
            most = raw.MaxPool(input=v, **attrs)
            name = 'MaxPoolGrad' + ('Grad' if twice else '') + ('V2' if v2 else '')
            d = g.feed(rand('float32', (1, 4, 4, 2) if twice else y.shape, seed=5))
            return [getattr(raw, name)(orig_input=v, orig_output=most, grad=d, padding=attrs['padding'], **ends)]
        for v2 in (False, True):
            for twice in (False, True):
                yield GraphCase(f'gradient of MaxPool {padding} {v2} {twice}', lambda g, v2=v2, twice=twice, graded=graded: graded(g, v2=v2, twice=twice))
        def cubes(g, padding=padding, size=size):
            v = g.feed(rand('float32', (1, 4, 4, 4, 1), seed=6))
            attrs = dict(ksize=[1, 3, 3, 3, 1], strides=[1, 2, 2, 2, 1], padding=padding)
            most = raw.MaxPool3D(input=v, **attrs)
            return [raw.MaxPool3DGradGrad(orig_input=v, orig_output=most, grad=g.feed(rand('float32', (1, 4, 4, 4, 1), seed=7)), **attrs)]
        yield GraphCase(f'second gradient of MaxPool3D {padding}', cubes)
    for op in ('FractionalMaxPool', 'FractionalAvgPool'):
        for seed, seed2 in ((1, 0), (0, 5), (2**40, -3)):
            yield Case(op, [rand('float32', (1, 7, 9, 1))], dict(pooling_ratio=[1.0, 1.5, 2.2, 1.0], pseudo_random=seed == 1, overlapping=seed == 0, deterministic=True, seed=seed, seed2=seed2))
    c = rand('float32', (2, 2, 2, 3))
    for op in ('BatchNormWithGlobalNormalization', 'BatchNormWithGlobalNormalizationGrad'):
        v = lambda i, lo=-2, hi=2: rand('float32', (3,), lo, hi, seed=i)
        last = [v(3), rand('float32', (2, 2, 2, 3), seed=9)] if op.endswith('Grad') else [v(3), v(4)]
        yield Case(op, [c, v(1), v(2, 1, 2)] + last, dict(variance_epsilon=0.25, scale_after_normalization=True), producer=8)
    for epsilon, factor, training in ((0.5, 0.25, True), (1e-3, 1.0, False)):
        v = lambda i, lo=-2, hi=2: rand('float32', (3,), lo, hi, seed=i)
        yield Case('FusedBatchNormV3', [c, v(1), v(2), v(3), v(4, 1, 2)], dict(epsilon=epsilon, exponential_avg_factor=factor, is_training=training), fetch=[0, 1, 2])
    yield Case('SpaceToBatch', [rand('float32', (1, 3, 6, 2)), i32([[0, 0], [3, 0]])], dict(block_size=3))


def fused():
    x, w, bias = rand('float32', (1, 5, 6, 2)), rand('float32', (2, 3, 2, 4)), rand('float32', (4,))
    norm = [rand('float32', (4,), 1, 2, seed=i) for i in range(4)]
    for padding, explicit in (('VALID', []), ('EXPLICIT', [0, 0, 1, 2, 0, 3, 0, 0])):
        for names, args, alpha in ((['BiasAdd'], [bias], 0.2), (['BiasAdd', 'LeakyRelu'], [bias], 0.05), (['FusedBatchNorm', 'LeakyRelu'], norm, 1.5)):
            yield Case('_FusedConv2D', [x, w, args, []], dict(strides=[1, 2, 1, 1], padding=padding, explicit_paddings=explicit, dilations=[1, 1, 2, 1], fused_ops=names, epsilon=0.5,
                       leakyrelu_alpha=alpha, num_args=len(args)))
    for names, alpha in ((['BiasAdd'], 0.2), (['BiasAdd', 'LeakyRelu'], 0.05)):
        yield Case('_FusedMatMul', [rand('float32', (3, 5)), rand('float32', (4, 5)), [bias]], dict(transpose_b=True, fused_ops=names, leakyrelu_alpha=alpha))


def codes():
    x = rand('float32', (3, 4), -4, 4)
    ends = [f32(-1.5, ()), f32(2.25, ())]
    for bits, narrow in ((4, True), (11, False), (16, True), (2, False)):
        attrs = dict(num_bits=bits, narrow_range=narrow)
        yield Case('FakeQuantWithMinMaxArgsGradient', [rand('float32', (3, 4)), x], dict(attrs, min=-1.5, max=2.25))
        yield Case('FakeQuantWithMinMaxVarsGradient', [rand('float32', (3, 4)), x] + ends, attrs)
        yield Case('FakeQuantWithMinMaxVarsPerChannelGradient', [rand('float32', (3, 4)), x, f32([-1, -2, 0, -0.5]), f32([1, 3, 2, 2.5])], attrs)
    for t in ('float32', 'float64', 'bfloat16', 'float16'):
        if t in kernel_dtypes('QuantizeAndDequantizeV3'):
            ends = [lit(t, v, ()) for v in (-1.5, 2.25)]
            for signed, narrow in ((False, True), (True, True), (False, False)):
                yield Case('QuantizeAndDequantizeV3', [rand(t, (3, 4), -4, 4)] + ends + [i32(4, ())], dict(signed_input=signed, narrow_range=narrow))
                yield Case('QuantizeAndDequantizeV3', [rand(t, (3, 4), -4, 4), rand(t, (4,)), rand(t, (4,)), i32(7, ())], dict(signed_input=signed, narrow_range=narrow, range_given=False, axis=1))
    low, high = -100, 90
    y, one, zero = rand('qint32', (2, 3), -300, 300), f32(0.5, ()), i32(3, ())
    yield Case('UniformRequantize', [y, f32(0.25, ()), i32(-7, ()), one, zero], dict(Tout='qint8', input_quantization_min_val=-2**31, input_quantization_max_val=2**31 - 1,
               output_quantization_min_val=low, output_quantization_max_val=high))
    for scale, zeros, axis in ((f32(0.5, ()), i32(3, ()), -1), (f32([0.5, 1, 2]), i32([0, 1, -4]), 1)):
        yield Case('UniformQuantizedClipByValue', [y, lit('qint32', [-200, -9, 0] if axis == 1 else -200, (3,) if axis == 1 else ()), lit('qint32', [1, 9, 200] if axis == 1 else 90, (3,) if axis == 1 else ()), scale, zeros],
                   dict(quantization_axis=axis, quantization_min_val=-1000, quantization_max_val=1000))


def moves():
    for t in QUANTIZED:
        yield Case('RaggedTensorToSparse', [[i64([0, 2, 2, 3])], rand(t, (3,))])
        wide = t in ('qint16', 'quint16')
        for op in ('Enter', 'Exit') if wide else ('Enter', 'Exit', 'Switch', 'Merge', '_SwitchN'):
            def flow(g, op=op, t=t):
                v = g.feed(rand(t, (2, 3), seed=2))
                if op in ('Switch', 'Merge'):
                    no, yes = raw.Switch(data=v, pred=g.feed(boolean(True, ())))
                    return [raw.Merge(inputs=[no, yes])[0]]
                if op == '_SwitchN':
                    node = tf.compat.v1.get_default_graph().create_op('_SwitchN', [v, g.feed(i32(1, ()))], [v.dtype] * 2, name='chosen', attrs={
                        'num_outs': tf.compat.v1.AttrValue(i=2), 'T': tf.compat.v1.AttrValue(type=v.dtype.as_datatype_enum)})
                    return [node.outputs[1]]
                return [raw.Exit(data=raw.Enter(data=v, frame_name='f', is_constant=op == 'Enter'))]
            yield GraphCase(f'{op} {t}', flow)
        def stack(g, t=t):
            h = raw.StackV2(max_size=3, elem_type=tf.as_dtype(t), stack_name='s')
            push = raw.StackPushV2(handle=h, elem=g.feed(rand(t, (2,), seed=3)), swap_memory=True)
            with tf.control_dependencies([push.op]):
                return [raw.StackPopV2(handle=h, elem_type=tf.as_dtype(t))]
        yield GraphCase(f'Stack {t}', stack)
        def variable(g, t=t):
            d = tf.as_dtype(t)
            v = raw.VariableV2(shape=[2], dtype=d, shared_name='v')
            with tf.control_dependencies([raw.Assign(ref=v, value=fed_(g, rand(t, (2,), seed=4))).op]):
                passed = raw.RefIdentity(input=v)
                return [raw.Identity(input=passed), raw.IsVariableInitialized(ref=v)]
        if not wide:
            yield GraphCase(f'VariableV2 {t}', variable)
        def resource(g, t=t):
            d = tf.as_dtype(t)
            h = raw.VarHandleOp(shape=[2], dtype=d, shared_name='v')
            with tf.control_dependencies([raw.AssignVariableOp(resource=h, value=fed_(g, rand(t, (2,), seed=4)), validate_shape=True)]):
                return [raw.ReadVariableOp(resource=h, dtype=d)]
        if not wide:
            yield GraphCase(f'VarHandleOp {t}', resource)


def masks():
    x = rand('float32', (3, 4, 2), seed=8)
    for name, begin, end, strides, shape, masks_ in (
            ('begin', [1, 1], [2, 3], [1, 1], (2, 2, 2), dict(begin_mask=1)), ('end', [1, 1], [2, 3], [1, 2], (1, 2, 2), dict(end_mask=2)),
            ('ellipsis', [0, 1], [0, 2], [1, 1], (3, 4, 1), dict(ellipsis_mask=1)), ('shrink', [2, 0], [3, 3], [1, 2], (2, 2), dict(shrink_axis_mask=1)),
            ('back', [2, -1], [0, -4], [-1, -2], (2, 2, 2), {})):
        for op in ('StridedSliceAssign', 'ResourceStridedSliceAssign'):
            def assigned(g, op=op, begin=begin, end=end, strides=strides, shape=shape, masks_=masks_):
                ref = op[0] == 'S'
                if ref:
                    v = raw.VariableV2(shape=[3, 4, 2], dtype=tf.float32, shared_name='v')
                    last = raw.Assign(ref=v, value=fed_(g, x)).op
                else:
                    v = raw.VarHandleOp(shape=[3, 4, 2], dtype=tf.float32, shared_name='v')
                    last = raw.AssignVariableOp(resource=v, value=fed_(g, x))
                with tf.control_dependencies([last]):
                    done = getattr(raw, op)(ref=v, begin=begin, end=end, strides=strides, value=fed_(g, rand('float32', shape, seed=9)), **masks_)
                with tf.control_dependencies([done.op if ref else done]):
                    return [raw.Identity(input=v) if ref else raw.ReadVariableOp(resource=v, dtype=tf.float32)]
            yield GraphCase(f'{op} {name}', assigned)
    for op in ('BatchMatMul', 'BatchMatMulV2'):
        yield Case(op, [rand('float32', (2, 2, 3)), rand('float32', (2, 3, 2))], dict(grad_x=True, grad_y=True))


def streams():
    for seed, seed2 in ((0, 5), (3, 0), (2**40, -7)):
        seeds = dict(seed=seed, seed2=seed2)
        yield Case('Multinomial', [rand('float32', (2, 4)), i32(3, ())], seeds)
        yield Case('RandomPoissonV2', [i32([3]), rand('float32', (2,), 1, 9)], seeds)
        yield Case('RandomUniformInt', [i32([4]), i64(-5, ()), i64(9, ())], seeds)
        yield Case('ParameterizedTruncatedNormal', [i32([3]), f32(0, ()), f32(1, ()), f32(-1, ()), f32(2, ())], seeds)
        yield Case('RandomCrop', [rand('uint8', (5, 6, 3)), i64([2, 3])], seeds, producer=7)
        yield Case('SampleDistortedBoundingBox', [i32([40, 50, 3]), f32([[[0.1, 0.2, 0.6, 0.7]]])], dict(seeds, aspect_ratio_range=[0.5, 2.0], area_range=[0.1, 0.9], max_attempts=20, min_object_covered=0.3))
        yield Case('ComputeAccidentalHits', [i64([[1, 2], [3, 4]]), i64([4, 1, 7])], dict(seeds, num_true=2))
        yield Case('FixedUnigramCandidateSampler', [i64([[1], [2]])], dict(seeds, num_true=1, num_sampled=2, unique=True, range_max=4, unigrams=[1.0, 5.0, 0.5, 2.0], distortion=0.75))
        def queue(g, seeds=seeds):
            q = raw.RandomShuffleQueueV2(component_types=[tf.float32], shapes=[[]], capacity=9, min_after_dequeue=1, shared_name='q', **seeds)
            with tf.control_dependencies([raw.QueueEnqueueManyV2(handle=q, components=[fed_(g, f32([1, 2, 3, 4, 5]))])]):
                return list(raw.QueueDequeueManyV2(handle=q, n=3, component_types=[tf.float32]))
        yield GraphCase(f'RandomShuffleQueueV2 {seed} {seed2}', queue)


def kept():
    for sharing in (False, True):
        def table(g, sharing=sharing):
            h = raw.MutableHashTableV2(key_dtype=tf.string, value_dtype=tf.int64, use_node_name_sharing=sharing)
            with tf.control_dependencies([raw.LookupTableInsertV2(table_handle=h, keys=fed_(g, text([b'a', b'b'])), values=fed_(g, i64([1, 2])))]):
                return [raw.LookupTableFindV2(table_handle=h, keys=fed_(g, text([b'b', b'c'])), default_value=fed_(g, i64(-1, ())))]
        yield GraphCase(f'MutableHashTableV2 sharing {sharing}', table)
    for load, buckets in ((0.3, 4), (0.95, 64), (0.8, 2)):
        def dense(g, load=load, buckets=buckets):
            h = raw.MutableDenseHashTableV2(empty_key=tf.constant(-1, tf.int64), deleted_key=tf.constant(-2, tf.int64), value_dtype=tf.float32, initial_num_buckets=buckets, max_load_factor=load,
                                            use_node_name_sharing=True)
            with tf.control_dependencies([raw.LookupTableInsertV2(table_handle=h, keys=fed_(g, i64(list(range(9)))), values=fed_(g, rand('float32', (9,), seed=1)))]):
                return [raw.LookupTableFindV2(table_handle=h, keys=fed_(g, i64([8, 0, 77])), default_value=fed_(g, f32(-1, ()))), raw.LookupTableSizeV2(table_handle=h)]
        yield GraphCase(f'MutableDenseHashTableV2 {load} {buckets}', dense, error=buckets == 2)
    for make in ('FIFOQueueV2', 'PaddingFIFOQueueV2'):
        def bounded(g, make=make):
            q = getattr(raw, make)(component_types=[tf.float32, tf.string], shapes=[[2], []], capacity=3, shared_name='q')
            with tf.control_dependencies([raw.QueueEnqueueV2(handle=q, components=[fed_(g, f32([1, 2])), fed_(g, text(b'x', ()))], timeout_ms=-1)]):
                last = raw.QueueEnqueueManyV2(handle=q, components=[fed_(g, f32([[3, 4], [5, 6]])), fed_(g, text([b'y', b'z']))])
            with tf.control_dependencies([last]):
                closed = raw.QueueCloseV2(handle=q, cancel_pending_enqueues=True)
            with tf.control_dependencies([closed]):
                return list(raw.QueueDequeueUpToV2(handle=q, n=5, component_types=[tf.float32, tf.string]))
        yield GraphCase(f'{make} closed and cut short', bounded)
    for limit in (0, 3):
        def staged(g, limit=limit):
            box = dict(capacity=2, memory_limit=100, shared_name='s')
            with tf.control_dependencies([raw.Stage(values=[fed_(g, f32([1, 2])), fed_(g, i32(7, ()))], **box)]):
                peeked = raw.StagePeek(index=0, dtypes=[tf.float32, tf.int32], **box)
            with tf.control_dependencies([peeked[0].op]):
                return list(raw.Unstage(dtypes=[tf.float32, tf.int32], **box)) + list(peeked)
        yield GraphCase(f'Stage of bounds {limit}', staged)
    for limit in (1, 4):
        def counted(g, limit=limit):
            h = raw.VarHandleOp(shape=[], dtype=tf.int64, shared_name='n')
            with tf.control_dependencies([raw.AssignVariableOp(resource=h, value=fed_(g, i64(0, ())))]):
                return [raw.ResourceCountUpTo(resource=h, limit=limit, T=tf.int64)]
        yield GraphCase(f'ResourceCountUpTo {limit}', counted)
    for policy in ('', 'ERROR', 'IGNORE'):
        for op in ('ScatterNdAdd', 'ScatterNdUpdate', 'ResourceScatterNdAdd'):
            def scattered(g, op=op, policy=policy):
                at = i32([[1], [0]]) if policy != 'IGNORE' else i32([[1], [9]])
                if op[0] == 'R':
                    v = raw.VarHandleOp(shape=[3], dtype=tf.float32, shared_name='v')
                    last = raw.AssignVariableOp(resource=v, value=fed_(g, f32([1, 2, 3])))
                else:
                    v = raw.VariableV2(shape=[3], dtype=tf.float32, shared_name='v')
                    last = raw.Assign(ref=v, value=fed_(g, f32([1, 2, 3]))).op
                with tf.control_dependencies([last]):
                    done = getattr(raw, op)(ref=v, indices=fed_(g, at), updates=fed_(g, f32([10, 20])), bad_indices_policy=policy)
                with tf.control_dependencies([done if op[0] == 'R' else done.op]):
                    return [raw.ReadVariableOp(resource=v, dtype=tf.float32) if op[0] == 'R' else raw.Identity(input=v)]
            yield GraphCase(f'{op} policy {policy or "none"}', scattered)
    for message, first, summarize in (('', -1, 0), ('m', 1, -1)):
        yield GraphCase(f'Print {message} {first}', lambda g, m=message, f=first, s=summarize: (lambda x: [raw.Print(input=x, data=[x, x], message=m, first_n=f, summarize=s)])(g.feed(f32([1, 2]))))


def references():
    for t in ('float32', 'int64', 'string'):
        def around(g, t=t):
            v = raw.VariableV2(shape=[2], dtype=tf.as_dtype(t), shared_name='v')
            with tf.control_dependencies([raw.Assign(ref=v, value=fed_(g, rand(t, (2,), seed=3))).op]):
                inside = raw.RefIdentity(input=v)
            entered = raw.RefEnter(data=inside, frame_name='g', is_constant=True, parallel_iterations=2)
            return [raw.Identity(input=raw.RefExit(data=entered))]
        yield GraphCase(f'RefEnter and RefExit {t}', around)


def sparse():
    for op in ('SparseSegmentMean', 'SparseSegmentSqrtN', 'SparseSegmentSum'):
        args = [rand('float32', (4, 2)), i32([0, 3, 1]), i32([0, 0, 2])]
        yield Case(op, args, dict(sparse_gradient=True))
        yield Case(op + 'WithNumSegments', args + [i32(4, ())], dict(sparse_gradient=True))
    yield Case('FusedBatchNormV3', [rand('float32', (1, 2, 2, 2)), f32([1, 2]), f32([0, 1]), f32([]), f32([])], dict(is_training=True, epsilon=0.1), fetch=[0, 1, 2])
