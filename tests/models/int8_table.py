"""What `rivulet shrink --int8` and LiteRT's full-integer post-training quantisation make of small real trained networks,
calibrated on the same inputs and compared with the floats on others: the table of docs/eight_bits.md. Needs TensorFlow
with its converter, and the folder of public models and data. One thread.

  python tests/models/int8_table.py PATH/TO/rivulet MATERIAL [NAME ...]
"""
import json
import os
import pathlib
import statistics
import time

os.environ.update(CUDA_VISIBLE_DEVICES='', TF_CPP_MIN_LOG_LEVEL='3')

import numpy as np
import tensorflow as tf

from trained_networks import Labelled, agreement, call, for_each

LIMITS = ('100%', '5%', '1%')
MOST_CALIBRATED = 200  # by LiteRT, which takes one after the other


def graph_of(path):
    graph = tf.compat.v1.GraphDef()
    graph.ParseFromString(pathlib.Path(path).read_bytes())
    return graph


class AsLiteRT:
    """A network as LiteRT takes it: from what a file decodes to, on."""

    def __init__(self, net):
        self.net, self.graph = net, graph_of(net.model)
        self.by_name = {node.name: node for node in self.graph.node}
        mfcc = [node.name for node in self.graph.node if node.op == 'Mfcc']
        if mfcc:
            self.input = mfcc[0]
        else:
            self.input = net.name if hasattr(net, 'name') else next(n.name for n in self.graph.node if n.op == 'Placeholder')
        read = {name.split(':')[0].lstrip('^') for node in self.graph.node for name in node.input}
        self.output = net.output if hasattr(net, 'output') else next(n.name for n in self.graph.node if n.name not in read)

    def arrays(self, samples):
        if not isinstance(self.net, Labelled):
            return samples
        if self.by_name[self.input].op == 'Mfcc':
            with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
                tf.import_graph_def(self.graph, name='')
                source = next(n.name for n in self.graph.node if n.op == 'Placeholder')
                return [session.run(f'{self.input}:0', {f'{source}:0': pathlib.Path(p).read_bytes()}) for p in samples]
        side = self.by_name[self.input].attr['shape'].shape.dim[1].size
        pixels = [tf.image.resize(tf.io.decode_jpeg(pathlib.Path(p).read_bytes(), channels=3), (side, side)) for p in samples]
        return [((p - 127.5) / 127.5).numpy()[None] for p in pixels]

    def convert(self, samples, path):
        shape = {self.input: list(samples[0].shape)}
        converter = tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(self.net.model, [self.input], [self.output], shape)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([s] for s in samples[:MOST_CALIBRATED])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        path.write_bytes(converter.convert())

    def answers(self, path, samples):
        lite = tf.lite.Interpreter(str(path), num_threads=1)
        lite.allocate_tensors()
        source, sink = lite.get_input_details()[0]['index'], lite.get_output_details()[0]['index']
        batch = lite.get_input_details()[0]['shape'][0]
        if len(samples[0]) != batch:
            samples = np.split(np.concatenate(samples), sum(map(len, samples)) // batch)
        answers, times = [], []
        for sample in samples:
            lite.set_tensor(source, sample)
            begin = time.perf_counter()
            lite.invoke()
            times.append(time.perf_counter() - begin)
            out = lite.get_tensor(sink)
            answers += list(self.net.answer(out)) if hasattr(self.net, 'answer') else [int(np.argmax(out))]
        return answers, 1000 * statistics.median(times)


def beside(net, want, folder):
    try:
        lite = AsLiteRT(net)
        path = folder / 'int8.tflite'
        lite.convert(lite.arrays(net.seen), path)
        got, milliseconds = lite.answers(path, lite.arrays(net.unseen))
    except Exception as error:  # the converter's errors are of many kinds; which one is in the output
        return f'none: {type(error).__name__}: {str(error).splitlines()[0][:90]}'
    return f'{100 * agreement(want, got):.1f} %, {path.stat().st_size / 1000:.0f} kB, {milliseconds:.3f} ms'


def report(name, net, want, folder):
    print(f'\n{name}: {len(net.seen)} samples, half of them calibrated on; {len(want)} answers for others', flush=True)
    for limit in LIMITS:
        out = folder / 'out.pb'
        said = json.loads(call('shrink', net.model, '--int8', '-o', out, '--max-drop', limit, '--json', *net.samples(folder)))
        given, made = said['files']
        print(f'  {limit}: {100 * agreement(want, net.answers(out, folder)):.1f} %, {said["products"]} products, '
              f'{given["bytes"] / 1000:.0f} to {made["bytes"] / 1000:.0f} kB, {given["ms"]:.3f} to {made["ms"]:.3f} ms', flush=True)
        for note in said['notes']:
            print(f'    {note[:110]}')
    print(f'  LiteRT: {beside(net, want, folder)}', flush=True)


if __name__ == '__main__':
    for_each(report, f'TensorFlow {tf.__version__}')
