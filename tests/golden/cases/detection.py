"""TFLite_Detection_PostProcess, whose only kernel is TensorFlow Lite's: its interpreter says what to expect."""
from cases_dsl import *


def interpreted(inputs, attrs):
    """What TensorFlow Lite's kernel gives; what it leaves as it was is zero."""
    import tensorflow as tf
    from flatbuffers import flexbuffers
    import flatbuffers
    from tensorflow.lite.python import schema_py_generated as schema

    def tensor(name, shape):
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name, list(shape), schema.TensorType.FLOAT32, 0
        return made

    builder = flexbuffers.Builder()
    with builder.Map():
        for name, value in attrs.items():
            builder.Key(name)
            {bool: builder.Bool, int: builder.Int, float: builder.Float}[type(value)](value)
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0, 1, 2], [3, 4, 5, 6]
    operator.customOptions = list(builder.Finish())
    graph = schema.SubGraphT()
    graph.tensors = [tensor(f'in{i}', x.shape) for i, x in enumerate(inputs)] + [tensor(f'out{i}', [1]) for i in range(4)]
    graph.inputs, graph.outputs, graph.operators = operator.inputs, operator.outputs, [operator]
    code = schema.OperatorCodeT()
    code.deprecatedBuiltinCode = code.builtinCode = schema.BuiltinOperator.CUSTOM
    code.customCode, code.version = 'TFLite_Detection_PostProcess', 1
    model = schema.ModelT()
    model.version, model.operatorCodes, model.subgraphs, model.buffers = 3, [code], [graph], [schema.BufferT()]
    packed = flatbuffers.Builder(1024)
    packed.Finish(model.Pack(packed), b'TFL3')

    interpreter = tf.lite.Interpreter(model_content=bytes(packed.Output()), num_threads=1)
    interpreter.allocate_tensors()
    for detail, value in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail['index'], value)
    interpreter.invoke()
    boxes, classes, scores, count = [interpreter.get_tensor(d['index']).copy() for d in interpreter.get_output_details()]
    each, places = attrs['max_classes_per_detection'], np.arange(classes.shape[1])
    if attrs['use_regular_nms']:
        used = places < attrs['max_detections']
    else:
        used = (places % each < attrs['num_classes']) & (places < count[0] * each)
    boxes[:, ~used], classes[:, ~used], scores[:, ~used] = 0, 0, 0
    return [boxes, classes, scores, count]


def detection(n, classes, background=1, width=4, overlap=0.5, lowest=0.3, seed=1, scores=None, **more):
    attrs = dict(max_detections=6, max_classes_per_detection=1, nms_score_threshold=lowest, nms_iou_threshold=overlap,
                 num_classes=classes, y_scale=10.0, x_scale=10.0, h_scale=5.0, w_scale=5.0)
    attrs.update(more)
    inputs = [rand('float32', (1, n, width), -4, 4, seed=seed),
              scores if scores is not None else permutation('float32', (1, n, classes + background), seed=seed + 1, shift=-6),
              grid('float32', (n, 4), 4, 24, shift=-5, seed=seed + 2)]
    name = f'TFLite_Detection_PostProcess {n} boxes {classes}+{background} classes ' + ' '.join(
        f'{k}={v}' for k, v in attrs.items() if k not in ('num_classes', 'y_scale', 'x_scale'))
    return Case('TFLite_Detection_PostProcess', inputs, attrs, name=name + f' {width} wide #{seed}',
                expect=lambda: interpreted([literal(x).array for x in inputs], attrs))


def cases():
    for regular in (False, True):
        for seed in range(1, 12, 3):
            yield detection(20, 2, seed=seed, use_regular_nms=regular)
        yield detection(20, 2, background=0, seed=20, use_regular_nms=regular)
        yield detection(20, 3, width=7, seed=21, use_regular_nms=regular)      # key points after the box
        yield detection(15, 4, seed=22, use_regular_nms=regular, max_classes_per_detection=2)
        yield detection(15, 2, seed=23, use_regular_nms=regular, max_classes_per_detection=3)  # more than there are
        yield detection(20, 2, seed=24, use_regular_nms=regular, overlap=1.0)
        yield detection(20, 2, seed=25, use_regular_nms=regular, overlap=0.05)
        yield detection(20, 2, seed=26, use_regular_nms=regular, lowest=100.0)  # nothing is left
        yield detection(20, 1, seed=27, use_regular_nms=regular, max_detections=1)
        yield detection(3, 1, seed=28, use_regular_nms=regular, max_detections=9, lowest=-100.0)
        yield detection(20, 2, seed=29, use_regular_nms=regular, y_scale=2.0, x_scale=3.0, h_scale=4.0, w_scale=6.0)
        same = lit('float32', np.full((1, 6, 3), 0.5, np.float32))
        yield detection(6, 2, seed=30, use_regular_nms=regular, scores=same)    # equal scores
    yield detection(20, 3, seed=31, use_regular_nms=True, detections_per_class=2)
    yield detection(20, 3, seed=32, use_regular_nms=True, detections_per_class=2, max_detections=20, lowest=-100.0)
