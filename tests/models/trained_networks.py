"""Small real trained networks with samples to calibrate on and others to compare on: what squeeze_table.py and int8_table.py
measure. Needs NumPy, TensorFlow for decoding pictures, the folder of public models and data.
"""
import datetime
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import wave

import numpy as np

RIVULET, MATERIAL = sys.argv[1], pathlib.Path(sys.argv[2])
FLAGS = [a for a in sys.argv[3:] if a.startswith('--')]
ONLY = [a for a in sys.argv[3:] if not a.startswith('--')]


def call(*arguments):
    done = subprocess.run([RIVULET, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f'{arguments}: {done.stderr}')
    return done.stdout


def every(files, count, offset):
    """`count` of them, evenly; other offsets give others."""
    files = sorted(files)
    step = max(2, len(files) // count)
    return files[offset::step][:count]


class Labelled:
    """What the command itself can label: pictures or sounds."""

    def __init__(self, model, seen, unseen, *flags):
        self.model, self.seen, self.unseen, self.flags = model, seen, unseen, flags

    def samples(self, folder):
        return ['--images', *self.seen, '--most-samples', len(self.seen), *self.flags]

    def answers(self, model, folder):
        files = json.loads(call('label', model, *self.unseen, '--json', '--top', 1, *self.flags))['files']
        return [f['labels'][0]['index'] for f in files]


class Arrays:
    """Fed as arrays; the answer is the output's largest, or a class."""

    def __init__(self, model, name, output, seen, unseen):
        self.model, self.name, self.output, self.seen, self.unseen = model, name, output, seen, unseen

    def save(self, array, path):
        np.save(path, array)
        return f'{self.name}={path}'

    def samples(self, folder):
        flags = ['--output', self.output]
        for i, array in enumerate(self.seen):
            flags += ['--sample', self.save(array, folder / f'seen{i}.npy')]
        return flags

    def answers(self, model, folder):
        answers = []
        for array in self.unseen:
            call('run', model, '--input', self.save(array, folder / 'unseen.npy'), '--output', self.output, '--save', folder)
            out = np.load(next(folder.glob(f'{self.output.replace("/", "_")}*.npy')))
            answers += list(self.answer(out))
        return answers

    def answer(self, out):
        return out if out.dtype.kind == 'i' else np.argmax(out, -1).ravel()


class Pose(Arrays):
    def answer(self, out):
        """Where each joint is, as a share of the side, and how sure the network is of it."""
        maps = out.reshape(-1, out.shape[-1])
        best = np.argmax(maps, 0)
        return [np.array([i // out.shape[2] / out.shape[1], i % out.shape[2] / out.shape[1], maps[i, j]]) for j, i in enumerate(best)]


def mnist(count, offset, size):
    raw = gzip.open(MATERIAL / 'data/mnist/t10k-images-idx3-ubyte.gz').read()[16:]
    images = np.frombuffer(raw, np.uint8).reshape(-1, 784).astype(np.float32) / 255
    return [images[(offset + i) * size:(offset + i + 1) * size] for i in range(count)]


def sounds(folder, kind, seed, copies):
    """The recordings, moved by up to a tenth of a second, louder or softer, with noise."""
    random, files = np.random.default_rng(seed), []
    for path in sorted((MATERIAL / 'data/speech').glob('*.wav')):
        with wave.open(str(path)) as source:
            if source.getframerate() != 16000 or source.getsampwidth() != 2 or source.getnchannels() != 1:
                continue
            audio = np.frombuffer(source.readframes(source.getnframes()), np.int16).astype(np.float32)
        audio = np.resize(np.pad(audio, (0, max(0, 16000 - len(audio)))), 16000)
        for copy in range(copies):
            moved = np.roll(audio, random.integers(-1600, 1600)) * random.uniform(0.5, 1.2)
            moved = moved + random.normal(0, 1, 16000) * random.uniform(0, 0.05) * (np.abs(audio).max() + 1)
            files.append(folder / f'{path.stem}_{kind}{copy}.wav')
            with wave.open(str(files[-1]), 'wb') as out:
                out.setnchannels(1), out.setsampwidth(2), out.setframerate(16000)
                out.writeframes(np.clip(moved, -32768, 32767).astype(np.int16).tobytes())
    return files


def pictures(count, offset, side):
    os.environ.update(CUDA_VISIBLE_DEVICES='', TF_CPP_MIN_LOG_LEVEL='3')
    import tensorflow as tf
    arrays = []
    for name in ('surfers.jpg', 'tfjs_people.jpg', 'grace_hopper.jpg', 'lena.bmp'):
        image = tf.io.decode_image((MATERIAL / 'data/images' / name).read_bytes(), channels=3, expand_animations=False)
        random = np.random.default_rng(offset)
        height, width = image.shape[:2]
        for _ in range(count // 4):
            crop = int(min(height, width) * random.uniform(0.6, 1))
            y, x = random.integers(0, height - crop + 1), random.integers(0, width - crop + 1)
            part = image[y:y + crop, x:x + crop]
            arrays.append(tf.image.resize(part, (side, side)).numpy()[None].astype(np.float32))
    return arrays


def networks(folder):
    graphs = MATERIAL / 'graphs'
    flowers = list((MATERIAL / 'data/flowers128').rglob('*.jpg'))
    seen, unseen = sounds(folder, 'seen', 1, 96), sounds(folder, 'unseen', 2, 64)
    yield 'MobileNet v1 0.25', lambda: Labelled(graphs / 'mobilenet/mobilenet_v1_0.25_224_rebuilt.pb', every(flowers, 400, 0), every(flowers, 800, 1))
    yield 'conv_actions', lambda: Labelled(graphs / 'speech/conv_actions_frozen.pb', seen, unseen)
    for name in ('CNN_S', 'DNN_S', 'DS_CNN_S', 'CRNN_S', 'GRU_S', 'LSTM_S'):
        yield name, lambda name=name: Labelled(graphs / f'kws/{name}.pb', seen, unseen)
    yield 'simple_mnist', lambda: Arrays(graphs / 'utensor/simple_mnist.pb', 'x', 'y_pred', mnist(100, 0, 10), mnist(100, 500, 10))
    yield 'fc-layers', lambda: Arrays(graphs / 'tf2onnx/fc-layers_frozen.pb', 'X', 'output', mnist(100, 0, 10), mnist(50, 50, 100))
    yield 'pose CPM', lambda: Pose(graphs / 'pose/cpm_model_model.pb', 'image', 'Convolutional_Pose_Machine/stage_5_out', pictures(40, 1, 192), pictures(40, 2, 192))


# A joint that is not in the picture has a map of small numbers without a peak, whose largest is anywhere.
FOUND = 0.1


def agreement(a, b):
    if len(a) and isinstance(a[0], np.ndarray):  # joints: within a hundredth of the side, which is the next cell at most
        found = [(p, q) for p, q in zip(a, b) if p[2] >= FOUND]
        return np.mean([np.max(np.abs(p[:2] - q[:2])) <= 1 / 96 + 1e-6 for p, q in found])
    return np.mean(np.array(a) == np.array(b))


def for_each(report, *also):
    """Calls report(name, network, its answers, folder) for the networks that the command line names, or all."""
    if not MATERIAL.is_dir():
        print(f'skipped: no folder {MATERIAL}')
        return
    print(', '.join([str(datetime.date.today()), call('--version').strip(), *also]))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for name, make in networks(folder):
            if not ONLY or name in ONLY:
                net = make()
                report(name, net, net.answers(net.model, folder), folder)
