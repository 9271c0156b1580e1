"""SavedModels and MetaGraphDefs of make_fixtures.py: what TensorFlow 1 and 2 write, small, and what they answer.

Each maker fills a folder and returns questions: the path of the model within the folder, tags, the signature's key, and values
by input key. `answer` asks TensorFlow.
"""
import contextlib

import numpy as np
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2

v1 = tf.compat.v1
signature_def = v1.saved_model.signature_def_utils
WORDS = ['down', 'go', 'left', 'no']


def f32(values):
    return np.array(values, np.float32)


def signature(inputs, outputs, method='tensorflow/serving/predict'):
    info = v1.saved_model.utils.build_tensor_info
    return signature_def.build_signature_def({k: info(t) for k, t in inputs.items()}, {k: info(t) for k, t in outputs.items()}, method)


def split_product(x, use_resource=False):
    """x times a 3 by 4 matrix that lies in two pieces of rows."""
    def whole(shape, dtype, partition_info):
        start = partition_info.var_offset[0]
        return tf.constant((np.arange(12).reshape(3, 4) / 4 - 1)[start:start + shape[0]], dtype)

    with v1.variable_scope('dense', partitioner=v1.fixed_size_partitioner(2, axis=0)):
        w = v1.get_variable('w', [3, 4], initializer=whole, use_resource=use_resource)
    return tf.matmul(x, tf.convert_to_tensor(w), name='product')


def v1_tags(folder):
    """TensorFlow 1: two graphs, told apart by tags; references in pieces; inputs that need not be fed; two keys of one tensor."""
    builder = v1.saved_model.builder.SavedModelBuilder(str(folder / 'model'))
    for tags, factor in ((['serve'], 1.0), (['serve', 'doubled'], 2.0)):
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None, 3], name='x')
            scale = v1.placeholder_with_default(tf.constant(factor), [], name='scale')
            y = tf.multiply(split_product(x), scale, name='y')
            session.run(v1.global_variables_initializer())
            asked = {'serving_default': signature({'x': x, 'alias_of_x': x, 'scale': scale}, {'y': y, 'alias_of_y': y}),
                     'norm': signature({'x': x}, {'norm': tf.norm(y, axis=1, name='norm')})}
            if factor == 1:
                builder.add_meta_graph_and_variables(session, tags, signature_def_map=asked)
            else:
                builder.add_meta_graph(tags, signature_def_map=asked)
    builder.save()
    x = f32([[1, 2, 3], [-1, 0.5, 0]])
    return [('model', ['serve'], 'serving_default', {'x': x}), ('model', ['serve'], 'serving_default', {'alias_of_x': x, 'scale': f32(3)}),
            ('model', ['serve', 'doubled'], 'serving_default', {'x': x}), ('model', ['serve'], 'norm', {'x': x})]


def v1_text(folder):
    """TensorFlow 1, text: resource variables, an initialiser that counts one up, a signature whose output is a reference."""
    builder = v1.saved_model.builder.SavedModelBuilder(str(folder / 'model'))
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 3], name='x')
        count = v1.get_variable('count', [], tf.int32, v1.constant_initializer(41), use_resource=False)
        y = tf.identity(split_product(x, use_resource=True), name='y')
        started = v1.assign_add(count, 1, name='start')
        session.run(v1.global_variables_initializer())
        builder.add_meta_graph_and_variables(session, ['serve'], main_op=started.op, signature_def_map={
            'serving_default': signature({'x': x}, {'y': y}), 'count': signature({}, {'count': count})})
    builder.save(as_text=True)
    return [('model', ['serve'], 'serving_default', {'x': f32([[3, 2, 1]])}), ('model', ['serve'], 'count', {})]


def v1_table(folder):
    """TensorFlow 1: a table of words that is filled from a file of the model's assets."""
    with contextlib.chdir(folder):  # names in the graph are made of the file's path
        with open('words.txt', 'w') as file:
            file.write('\n'.join(WORDS) + '\n')
        builder = v1.saved_model.builder.SavedModelBuilder('model')
        with tf.Graph().as_default(), v1.Session() as session:
            words = v1.placeholder(tf.string, [None], name='words')
            index = tf.lookup.TextFileIndex
            lines = tf.lookup.TextFileInitializer('words.txt', tf.string, index.WHOLE_LINE, tf.int64, index.LINE_NUMBER)
            table = tf.lookup.StaticVocabularyTable(lines, 2)
            vectors = v1.get_variable('vectors', initializer=f32(np.arange(12).reshape(6, 2)), use_resource=False)
            found = tf.gather(vectors, table.lookup(words), name='found')
            session.run([v1.global_variables_initializer(), v1.tables_initializer()])
            asked = {'serving_default': signature({'words': words}, {'found': found})}
            builder.add_meta_graph_and_variables(session, ['serve'], signature_def_map=asked, main_op=v1.tables_initializer(),
                                                 assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS))
        builder.save()
    (folder / 'words.txt').unlink()
    return [('model', ['serve'], 'serving_default', {'words': np.array([b'no', b'down', b'unheard of'])})]


def v1_examples(folder):
    """TensorFlow 1: a signature that parses tf.Examples, of all three kinds of features."""
    builder = v1.saved_model.builder.SavedModelBuilder(str(folder / 'model'))
    with tf.Graph().as_default(), v1.Session() as session:
        examples = v1.placeholder(tf.string, [None], name='examples')
        parsed = v1.io.parse_example(examples, {'x': v1.FixedLenFeature([2], tf.float32), 'n': v1.FixedLenFeature([], tf.int64, 5),
                                                'word': v1.FixedLenFeature([], tf.string, 'none')})
        score = tf.reduce_sum(parsed['x'], 1) * tf.cast(parsed['n'], tf.float32)
        classes = v1.string_join([parsed['word'], '!'])
        builder.add_meta_graph_and_variables(session, ['serve'], signature_def_map={
            'serving_default': signature({'inputs': examples}, {'scores': score, 'classes': classes}, 'tensorflow/serving/classify')})
    builder.save()
    return [('model', ['serve'], 'serving_default', {'inputs': np.array([serialised(x=[1.0, 2.5], n=[3], word=[b'yes']), serialised(x=[-1.0, 0.5])])})]


def serialised(**features):
    example = tf.train.Example()
    for name, values in features.items():
        kind = {float: 'float_list', int: 'int64_list', bytes: 'bytes_list'}[type(values[0])]
        getattr(example.features.feature[name], kind).value.extend(values)
    return example.SerializeToString()


class Loop(tf.Module):
    """A cell over the rows of a sound, and functions that call functions."""

    def __init__(self):
        super().__init__(name='loop')
        self.cell = tf.Module(name='cell')
        self.cell.kernel = tf.Variable(f32(np.arange(20).reshape(5, 4) / 16 - 0.5), name='kernel')
        self.cell.bias = tf.Variable(f32([0.5, -0.5, 0, 0.25]), name='bias')

    @tf.function
    def step(self, x, state):
        return tf.tanh(tf.matmul(tf.concat([x, state], 1), self.cell.kernel) + self.cell.bias)

    @tf.function(input_signature=[tf.TensorSpec([1, 6], tf.float32, 'audio')])
    def listen(self, audio):
        states = tf.TensorArray(tf.float32, 6)
        state = tf.zeros([1, 4])
        for i in tf.range(6):
            state = self.step(audio[:, i:i + 1], state)
            states = states.write(i, state)
        return {'last': state, 'all': states.stack()}


class Choice(tf.Module):
    def __init__(self):
        super().__init__(name='choice')
        self.kernel = tf.Variable(f32(np.arange(20).reshape(5, 4) / 16 - 0.5), name='kernel')

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, 'x'), tf.TensorSpec([], tf.bool, 'negative')])
    def choose(self, x, negative):
        return {'y': tf.matmul(-x if negative else x, self.kernel)}

    @tf.function(input_signature=[tf.TensorSpec([None, 5], tf.float32, 'x')])
    def twice(self, x):
        return {'y': 2 * self.choose(x, tf.constant(False))['y']}


def v2_loop(folder):
    """TensorFlow 2: While, lists, functions in functions, variables by the object graph."""
    module = Loop()
    tf.saved_model.save(module, str(folder / 'model'), {'serving_default': module.listen})
    return [('model', ['serve'], 'serving_default', {'audio': f32([[0.5, -1, 0.25, 2, 0, 1]])})]


def v2_text(folder):
    """TensorFlow 2, text: If, two signatures. (TensorFlow 2 writes no text, but reads it.)"""
    module = Choice()
    tf.saved_model.save(module, str(folder / 'model'), {'choose': module.choose, 'twice': module.twice})
    saved = saved_model_pb2.SavedModel()
    binary = folder / 'model' / 'saved_model.pb'
    saved.ParseFromString(binary.read_bytes())
    binary.unlink()
    (folder / 'model' / 'saved_model.pbtxt').write_text(text_format.MessageToString(saved))
    x = f32(np.arange(10).reshape(2, 5) / 8)
    return [('model', ['serve'], 'choose', {'x': x, 'negative': np.array(True)}),
            ('model', ['serve'], 'choose', {'x': x, 'negative': np.array(False)}), ('model', ['serve'], 'twice', {'x': x})]


class Table(tf.Module):
    def __init__(self, path):
        super().__init__(name='table')
        self.asset = tf.saved_model.Asset(path)
        self.words = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(
            self.asset, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER), -1)
        self.offset = tf.Variable(np.int64(100), name='offset')

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'words')])
    def find(self, words):
        return {'places': self.words.lookup(words) + self.offset}


def v2_table(folder):
    """TensorFlow 2: a table that is filled from a file of the model's assets."""
    (folder / 'words.txt').write_text('\n'.join(WORDS) + '\n')
    module = Table(str(folder / 'words.txt'))
    tf.saved_model.save(module, str(folder / 'model'), {'serving_default': module.find})
    (folder / 'words.txt').unlink()
    return [('model', ['serve'], 'serving_default', {'words': np.array([b'left', b'unheard of', b'down'])})]


def v2_examples(folder):
    """TensorFlow 2: a signature that parses tf.Examples."""
    class Examples(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, 'inputs')])
        def score(self, inputs):
            parsed = tf.io.parse_example(inputs, {'x': tf.io.FixedLenFeature([2], tf.float32), 'n': tf.io.FixedLenFeature([], tf.int64, 5)})
            return {'scores': tf.reduce_sum(parsed['x'], 1) * tf.cast(parsed['n'], tf.float32)}

    module = Examples()
    tf.saved_model.save(module, str(folder / 'model'), {'serving_default': module.score})
    return [('model', ['serve'], 'serving_default', {'inputs': np.array([serialised(x=[1.0, 2.5], n=[3]), serialised(x=[-1.0, 0.5])])})]


class SameNames(tf.Module):
    """Layers whose variables are all called the same, as programs make them; only the restoring function tells which is which."""

    def __init__(self):
        super().__init__(name='same')
        self.layers = [tf.Variable(f32(v), name='bias') for v in ([1, 2, 3], [10, 20, 30], [0.5, 0.25, 2])]

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, 'x')])
    def call(self, x):
        return {'y': (x + self.layers[0]) * self.layers[2] - self.layers[1]}


def v2_names(folder):
    """TensorFlow 2: variables of one name."""
    module = SameNames()
    tf.saved_model.save(module, str(folder / 'model'), {'serving_default': module.call})
    return [('model', ['serve'], 'serving_default', {'x': f32([[1, 2, 3], [-4, 5, 6]])})]


class Layers(tf.Module):
    """Layers of Keras 3, two of one name, and a variable."""

    def __init__(self):
        super().__init__(name='layers')
        self.layers, self.scale = [], tf.Variable(f32([2]))
        for value in (0.5, -1):
            tf.keras.backend.clear_session()
            layer = tf.keras.layers.Dense(2, name='dense', kernel_initializer=tf.keras.initializers.Constant(value), bias_initializer='ones')
            layer.build((None, 3))
            self.layers.append(layer)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, 'x')])
    def call(self, x):
        return {'y': self.layers[0](x) * self.scale + self.layers[1](tf.abs(x))}


def v2_layers(folder):
    """Keras 3: variables that are restored into copies. TensorFlow 1's loader finds none of them."""
    module = Layers()
    tf.saved_model.save(module, str(folder / 'model'), {'serving_default': module.call})
    return [('model', ['serve'], 'serving_default', {'x': f32([[1, 2, 3], [-4, 5, 6]])})]


MAKERS = [v1_tags, v1_text, v1_table, v1_examples, v2_loop, v2_text, v2_table, v2_examples, v2_names, v2_layers]


def meta_graphs(folder):
    """A MetaGraphDef, binary and text, beside checkpoints of both versions, whole and in shards. Its answer is that of node y."""
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 3], name='x')
        tf.identity(split_product(x), name='y')
        session.run(v1.global_variables_initializer())
        for name, options in {'v2': {}, 'v1': {'write_version': v1.train.SaverDef.V1}, 'shards': {'sharded': True}}.items():
            saver = v1.train.Saver(**options)
            saver.save(session, str(folder / name), write_state=False)
        v1.train.export_meta_graph(str(folder / 'text.meta'), as_text=True, clear_devices=True)
        fed = f32([[1, -1, 2]])
        return [{'x': fed.tolist(), 'y': session.run('y:0', {x: fed}).tolist()}]


def tidy(folder):
    for path in list(folder.rglob('fingerprint.pb')):
        path.unlink()
    for path in sorted(folder.rglob('*'), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def plain(array):
    """What JSON can hold: bytes as text where they are, else as hexadecimal digits after an x."""
    array = np.asarray(array)
    values = [v if not isinstance(v, bytes) else 'x' + v.hex() for v in array.reshape(-1).tolist()]
    dtype = 'string' if array.dtype.kind in 'OS' else array.dtype.name
    return {'dtype': dtype, 'shape': list(array.shape), 'values': values}


def answer(folder, question):
    path, tags, key, given = question
    if folder.name == 'v2_layers':
        asked = tf.saved_model.load(str(folder / path)).signatures[key]
        tensors = {**{k: f'{key}_{k}:0' for k in given}, **{k: f'StatefulPartitionedCall:{i}' for i, k in enumerate(sorted(asked.structured_outputs))}}
        outputs = {k: v.numpy() for k, v in asked(**{k: tf.constant(v) for k, v in given.items()}).items()}
        return answered(folder, question, outputs, tensors)
    with tf.Graph().as_default(), v1.Session() as session:
        meta = v1.saved_model.loader.load(session, tags, str(folder / path))
        asked = meta.signature_def[key]
        feeds = {asked.inputs[k].name: np.array(v, object) if v.dtype.kind == 'S' else v for k, v in given.items()}
        outputs = session.run({k: info.name for k, info in asked.outputs.items()}, feeds)
    return answered(folder, question, outputs, {k: info.name for k, info in [*sorted(asked.inputs.items()), *sorted(asked.outputs.items())]})


def answered(folder, question, outputs, tensors):
    path, tags, key, given = question
    return {'path': f'{folder.name}/{path}', 'tags': tags, 'signature': key, 'inputs': {k: plain(v) for k, v in given.items()},
            'outputs': {k: plain(v) for k, v in sorted(outputs.items())},
            'tensors': tensors}
