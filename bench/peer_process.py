"""One engine, one model, one process; started by peers.py with a JSON job, prints one JSON line.

A call is what an app would do: floats in host memory go in, in the engine's own layout, and the result is read back as
an array. Times start after the runtime is imported.
"""
import json
import os
import sys
import time

import numpy as np


def high_water_kib():
    with open('/proc/self/status') as status:
        return next(int(line.split()[1]) for line in status if line.startswith('VmHWM'))


def planar(array):
    """NHWC to NCHW."""
    return np.ascontiguousarray(np.moveaxis(array, -1, 1)) if array.ndim == 4 else array


class TensorFlow:
    """Its session, with the fetches and feeds bound once."""

    settings = 'a session, called with feeds and fetches bound once; one thread between operators'

    def __init__(self):
        os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
        import tensorflow
        self.module = tensorflow

    def load(self, stem, job):
        v1 = self.module.compat.v1
        definition = v1.GraphDef()
        with open(job['model'], 'rb') as file:
            definition.ParseFromString(file.read())
        with self.module.Graph().as_default() as graph:
            self.module.import_graph_def(definition, name='')
        options = v1.ConfigProto(intra_op_parallelism_threads=job['threads'], inter_op_parallelism_threads=1)
        self.session = v1.Session(graph=graph, config=options)
        self.run = self.session.make_callable([name + ':0' for name in job['outputs']],
                                              [i['name'] + ':0' for i in job['inputs']])

    def feed(self, arrays):
        return arrays

    def call(self, arrays):
        return self.run(*arrays)


class LiteRt:
    settings = 'XNNPACK, as it comes'

    def __init__(self):
        from ai_edge_litert.interpreter import Interpreter
        self.interpreter_class = Interpreter

    def load(self, stem, job):
        engine = self.interpreter = self.interpreter_class(model_path=stem + '.tflite', num_threads=job['threads'])
        engine.allocate_tensors()
        by_name = {d['name'].split(':')[0]: d['index'] for d in engine.get_input_details()}
        self.inputs = [by_name[i['name']] for i in job['inputs']]
        self.outputs = [d['index'] for d in engine.get_output_details()]

    def feed(self, arrays):
        return arrays

    def call(self, arrays):
        for index, array in zip(self.inputs, arrays):
            self.interpreter.set_tensor(index, array)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(index) for index in self.outputs]


class OnnxRuntime:
    settings = 'all graph optimisations, as it comes; one thread between operators'

    def __init__(self):
        import onnxruntime
        self.module = onnxruntime

    def load(self, stem, job):
        options = self.module.SessionOptions()
        options.intra_op_num_threads = job['threads']
        options.inter_op_num_threads = 1
        self.session = self.module.InferenceSession(stem + '.onnx', options, providers=['CPUExecutionProvider'])
        self.names = [f"{i['name']}:0" for i in job['inputs']]

    def feed(self, arrays):
        return [planar(array) for array in arrays]

    def call(self, arrays):
        return self.session.run(None, dict(zip(self.names, arrays)))


class OpenVino:
    """Told to compute in float32: on some processors its own choice is bfloat16."""

    settings = 'INFERENCE_PRECISION_HINT f32, PERFORMANCE_HINT LATENCY, tensors shared with the caller'

    def __init__(self):
        import openvino
        self.module = openvino

    def load(self, stem, job):
        settings = {'INFERENCE_PRECISION_HINT': 'f32', 'INFERENCE_NUM_THREADS': job['threads'],
                    'PERFORMANCE_HINT': 'LATENCY'}
        self.model = self.module.Core().compile_model(stem + '.xml', 'CPU', settings)
        self.request = self.model.create_infer_request()
        self.names = [f"{i['name']}:0" for i in job['inputs']]

    def feed(self, arrays):
        return arrays

    def call(self, arrays):
        if len(arrays) == 1:
            self.request.infer(arrays, share_inputs=True)
        else:
            self.request.infer(dict(zip(self.names, arrays)), share_inputs=True)
        return [tensor.data for tensor in self.request.output_tensors]


class Mnn:
    settings = 'precision high'

    def __init__(self):
        import MNN
        self.module = MNN

    def load(self, stem, job):
        self.net = self.module.Interpreter(stem + '.mnn')
        self.session = self.net.createSession({'backend': 'CPU', 'precision': 'high', 'numThread': job['threads']})
        self.inputs = [self.net.getSessionInput(self.session, i['name']) for i in job['inputs']]
        self.net.resizeSession(self.session)
        found = self.net.getSessionOutputAll(self.session)
        self.results = [found[name] if name in found else self.unnamed(found, stem, job, i)
                        for i, name in enumerate(job['outputs'])]

    @staticmethod
    def unnamed(found, stem, job, i):
        """Its converter drops an Identity at the end, and so the output's name: the one of the answer's dims, in any order."""
        shape = sorted(np.load(f'{stem}.answer{i}.npy', mmap_mode='r').shape)
        fit = [result for name, result in found.items() if name not in job['outputs'] and sorted(result.getShape()) == shape]
        if len(fit) != 1:
            raise RuntimeError(f"no output '{job['outputs'][i]}', but {', '.join(found)}")
        return fit[0]

    def host(self, array, order=None):
        kind = self.module.Halide_Type_Int if array.dtype == np.int32 else self.module.Halide_Type_Float
        order = self.module.Tensor_DimensionType_Tensorflow if order is None else order
        return self.module.Tensor(array.shape, kind, array, order)

    def feed(self, arrays):
        return arrays

    def call(self, arrays):
        for tensor, array in zip(self.inputs, arrays):
            tensor.copyFrom(self.host(array))
        self.net.runSession(self.session)
        outs = [self.host(np.empty(result.getShape(), np.float32), result.getDimensionType()) for result in self.results]
        for result, out in zip(self.results, outs):
            result.copyToHostTensor(out)
        return [np.array(out.getNumpyData()) for out in outs]


class Ncnn:
    """Its 16-bit options are off."""

    settings = '16-bit storage and arithmetic off'

    def __init__(self):
        import ncnn
        self.module = ncnn

    def load(self, stem, job):
        self.outputs = [f'out{i}' for i in range(len(job['outputs']))]
        net = self.net = self.module.Net()
        net.opt.num_threads = job['threads']
        for option in ('use_fp16_packed', 'use_fp16_storage', 'use_fp16_arithmetic', 'use_bf16_storage'):
            setattr(net.opt, option, False)
        if net.load_param(stem + '.ncnn.param') != 0 or net.load_model(stem + '.ncnn.bin') != 0:
            raise RuntimeError('ncnn cannot load it')

    def feed(self, arrays):
        return [planar(array)[0] for array in arrays]  # it has no batch

    def call(self, arrays):
        run = self.net.create_extractor()
        for i, array in enumerate(arrays):
            run.input(f'in{i}', self.module.Mat(array).clone())
        results = [run.extract(name) for name in self.outputs]
        if any(status != 0 for status, _ in results):
            raise RuntimeError('ncnn cannot run it')
        return [np.array(result) for _, result in results]


ENGINES = {'tensorflow': TensorFlow, 'litert': LiteRt, 'onnxruntime': OnnxRuntime, 'openvino': OpenVino, 'mnn': Mnn, 'ncnn': Ncnn}


def difference(stem, count, results):
    """The largest difference to TensorFlow's answers, as a part of each one's largest value. Engines order their outputs as they like."""
    def one(right, result):
        if result.size != right.size:
            return float('inf')
        shapes = [result.reshape(right.shape)]
        if right.ndim == 4:
            n, h, w, c = right.shape
            shapes.append(np.moveaxis(result.reshape(n, c, h, w), 1, -1))
        return min(float(np.abs(shape - right).max() / np.abs(right).max()) for shape in shapes)

    answers = [np.load(f'{stem}.answer{i}.npy') for i in range(count)]
    return max(min(one(right, np.array(result)) for result in results) for right in answers)


def time_engine(job):
    stem = job['stem']
    arrays = [np.load(f'{stem}.input{i}.npy') for i in range(len(job['inputs']))]
    engine = ENGINES[job['engine']]()
    arrays = engine.feed(arrays)
    imported_kib = high_water_kib()
    start = time.perf_counter()
    engine.load(stem, job)
    load = time.perf_counter() - start
    start = time.perf_counter()
    results = engine.call(arrays)
    first = time.perf_counter() - start
    off = difference(stem, len(job['outputs']), results)
    if not off <= job['tolerance']:
        return {'difference': off, 'wrong': True}
    for _ in range(2):
        engine.call(arrays)
    times = []
    begin = time.perf_counter()
    while len(times) < job['runs'] or time.perf_counter() - begin < job['seconds']:
        start = time.perf_counter()
        engine.call(arrays)
        times.append(time.perf_counter() - start)
    times.sort()
    return {'load_ms': load * 1e3, 'first_ms': first * 1e3, 'min_ms': times[0] * 1e3,
            'median_ms': times[len(times) // 2] * 1e3, 'runs': len(times), 'peak_rss_kib': high_water_kib(),
            'over_bare_kib': high_water_kib() - imported_kib, 'difference': off}


def main():
    if sys.argv[1:] == ['--settings']:
        print(json.dumps({name: engine.settings for name, engine in ENGINES.items()}))
        return
    job = json.loads(sys.argv[1])
    if job['engine'] == 'rivulet':  # its own program made the arrays
        result = {'difference': difference(job['stem'], len(job['results']), [np.load(path) for path in job['results']])}
    else:
        result = time_engine(job)
    print(json.dumps(result), flush=True)
    os._exit(0)  # some runtimes crash or wait on their way out


if __name__ == '__main__':
    main()
