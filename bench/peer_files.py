"""Writes what one engine reads, beside a frozen graph; started by peers.py in the environment that has the converter.

  peer_files.py FORMAT JOB      FORMAT: answer tflite onnx openvino mnn ncnn; JOB: JSON with model, stem, inputs, outputs
"""
import json
import os
import shutil
import subprocess
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


def call(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f'{command[0]}: {done.stdout[-500:]}')


def graph_def(job):
    import tensorflow as tf
    graph = tf.compat.v1.GraphDef()
    with open(job['model'], 'rb') as file:
        graph.ParseFromString(file.read())
    return tf, graph


def answer(job):
    """Inputs, and what TensorFlow makes of them."""
    import numpy as np
    tf, definition = graph_def(job)
    random = np.random.default_rng(11)
    feeds = {}
    for i, spec in enumerate(job['inputs']):
        if spec['dtype'] == 'float32':
            array = random.uniform(-1, 1, spec['shape']).astype(np.float32)
        else:  # numbers of words or characters, which every vocabulary has
            array = random.integers(0, 90, spec['shape']).astype(spec['dtype'])
        np.save(f"{job['stem']}.input{i}.npy", array)
        feeds[spec['name'] + ':0'] = array
    with tf.Graph().as_default():
        tf.import_graph_def(definition, name='')
        with tf.compat.v1.Session() as session:
            results = session.run([name + ':0' for name in job['outputs']], feeds)
    for i, result in enumerate(results):
        np.save(f"{job['stem']}.answer{i}.npy", result)


def tflite(job):
    tf, _ = graph_def(job)
    shapes = {spec['name']: spec['shape'] for spec in job['inputs']}
    converter = tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(job['model'], list(shapes), job['outputs'], shapes)
    with open(job['stem'] + '.tflite', 'wb') as file:
        file.write(converter.convert())


def onnx(job):
    import tf2onnx
    _, definition = graph_def(job)
    inputs = [spec['name'] + ':0' for spec in job['inputs']]
    pictures = [spec['name'] + ':0' for spec in job['inputs'] if len(spec['shape']) == 4]
    # Its optimiser of transposes, which pictures need, stops at scalars that are added.
    adds = [node for node in definition.node if pictures and node.op in ('Add', 'AddV2')]
    added = {name for node in adds for name in node.input}
    for node in definition.node:
        shape = node.attr['value'].tensor.tensor_shape if node.op == 'Const' and node.name in added else None
        if shape is not None and not shape.dim:
            shape.dim.add().size = 1
    tf2onnx.convert.from_graph_def(definition, input_names=inputs, output_names=[name + ':0' for name in job['outputs']], opset=17,
                                   inputs_as_nchw=pictures or None, output_path=job['stem'] + '.onnx')


def openvino(job):
    import openvino as ov
    model = ov.Core().read_model(job['model'])
    if model.is_dynamic():
        model.reshape({spec['name'] + ':0': spec['shape'] for spec in job['inputs']})
    ov.save_model(model, job['stem'] + '.xml', compress_to_fp16=False)


def mnn(job):
    call([os.path.join(os.path.dirname(sys.executable), 'mnnconvert'), '-f', 'TF', '--modelFile', job['model'],
          '--MNNModel', job['stem'] + '.mnn', '--bizCode', 'bench'])
    # It says nothing of what it cannot convert.
    if not os.path.exists(job['stem'] + '.mnn'):
        raise RuntimeError('mnnconvert wrote no file')


def ncnn(job):
    for spec in job['inputs']:
        if spec['shape'][0] != 1 or spec['dtype'] != 'float32':
            raise RuntimeError(f"ncnn takes one picture or row of floats, not {spec['dtype']} {spec['shape']}")
    folder = job['stem'] + '.pnnx'
    os.makedirs(folder, exist_ok=True)
    shutil.copy(job['stem'] + '.onnx', os.path.join(folder, 'net.onnx'))
    shapes = []
    for spec in job['inputs']:
        dims = spec['shape']
        dims = [dims[0], dims[3], dims[1], dims[2]] if len(dims) == 4 else dims
        shapes.append(f"[{','.join(map(str, dims))}]f32")
    call([job['pnnx'], 'net.onnx', 'inputshape=' + ','.join(shapes), 'fp16=0'], cwd=folder)
    # A Pad that no convolution took up keeps a name that ncnn does not know. What it pads is in the .onnx file.
    import onnx as onnx_module
    from onnx import numpy_helper
    graph = onnx_module.load(job['stem'] + '.onnx').graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    pads = [numpy_helper.to_array(constants[node.input[1]]).tolist() for node in graph.node if node.op_type == 'Pad']
    with open(os.path.join(folder, 'net.ncnn.param')) as file:
        lines = file.read().splitlines()
    left = [i for i, line in enumerate(lines) if line.split()[0] == 'Pad']
    for i, pad in zip(left, pads[len(pads) - len(left):]):
        lines[i] = f"Padding{lines[i][len('Pad'):]} 0={pad[2]} 1={pad[6]} 2={pad[3]} 3={pad[7]}"
    with open(job['stem'] + '.ncnn.param', 'w') as file:
        file.write('\n'.join(lines) + '\n')
    shutil.move(os.path.join(folder, 'net.ncnn.bin'), job['stem'] + '.ncnn.bin')
    shutil.rmtree(folder)


if __name__ == '__main__':
    FORMATS = {f.__name__: f for f in (answer, tflite, onnx, openvino, mnn, ncnn)}
    FORMATS[sys.argv[1]](json.loads(sys.argv[2]))
