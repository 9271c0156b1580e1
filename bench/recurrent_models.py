"""One recurrent network in three writings: two LSTM layers, 256 wide, over 50 steps of 64 features, with random weights.

lstm_unrolled   every step written out, as TensorFlow 1's static_rnn does it
lstm_tokens     a loop of Enter, Merge, Switch and Exit with tensor arrays, as dynamic_rnn does it
lstm_while      a functional While with tensor lists, as TensorFlow 2 does it
"""
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1
STEPS, FEATURES, WIDTH, CLASSES = 50, 64, 256, 12


class Weights:
    """Constants that are the same in all three writings."""

    def __init__(self):
        self.generator = np.random.default_rng(7)

    def make(self, shape, scale):
        return tf.constant(self.generator.normal(0, scale, shape).astype(np.float32))

    def layer(self, features):
        rows = features + WIDTH
        return self.make((rows, 4 * WIDTH), rows ** -0.5), self.make((4 * WIDTH,), 0.1)


def step(features, cell, hidden, kernel, bias):
    gates = tf.nn.bias_add(tf.matmul(tf.concat([features, hidden], 1), kernel), bias)
    add, candidate, forget, out = tf.split(gates, 4, 1)
    cell = cell * tf.sigmoid(forget + 1.0) + tf.sigmoid(add) * tf.tanh(candidate)
    return cell, tf.tanh(cell) * tf.sigmoid(out)


def classify(hidden, weights):
    return tf.nn.softmax(tf.matmul(hidden, weights.make((WIDTH, CLASSES), 0.3)) + weights.make((CLASSES,), 0.1), name='y')


def unrolled(x):
    weights = Weights()
    sequence = tf.unstack(x, STEPS, 1)
    for features in (FEATURES, WIDTH):
        kernel, bias = weights.layer(features)
        cell = hidden = tf.zeros([1, WIDTH])
        states = []
        for at_step in sequence:
            cell, hidden = step(at_step, cell, hidden, kernel, bias)
            states.append(hidden)
        sequence = states
    return classify(sequence[-1], weights)


def looped(x):
    weights = Weights()
    sequence = tf.transpose(x, [1, 0, 2])
    for features in (FEATURES, WIDTH):
        kernel, bias = weights.layer(features)
        steps = tf.TensorArray(tf.float32, STEPS, element_shape=[1, features], clear_after_read=False).unstack(sequence)
        states = tf.TensorArray(tf.float32, STEPS, element_shape=[1, WIDTH])

        def body(t, cell, hidden, states, steps=steps, kernel=kernel, bias=bias):
            cell, hidden = step(steps.read(t), cell, hidden, kernel, bias)
            return t + 1, cell, hidden, states.write(t, hidden)

        zeros = tf.zeros([1, WIDTH])
        _, _, hidden, states = v1.while_loop(lambda t, *_: t < STEPS, body, [tf.constant(0), zeros, zeros, states])
        sequence = states.stack()
        sequence.set_shape([STEPS, 1, WIDTH])
    return classify(hidden, weights)


NETWORKS = {'lstm_unrolled': (unrolled, False), 'lstm_tokens': (looped, False), 'lstm_while': (looped, True)}


def graph_def(name):
    write, functional = NETWORKS[name]
    (v1.enable_control_flow_v2 if functional else v1.disable_control_flow_v2)()
    with tf.Graph().as_default() as graph:
        y = write(v1.placeholder(tf.float32, [1, STEPS, FEATURES], 'x'))
    return v1.graph_util.extract_sub_graph(graph.as_graph_def(), [y.op.name])
