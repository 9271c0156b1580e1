"""What new_networks.py and its two parts share: where networks go, and how they are written."""
import os
import pathlib

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

v1, Spec = tf.compat.v1, tf.TensorSpec
OUT = pathlib.Path(".")
MADE = {}


def network(maker):
    MADE[maker.__name__] = maker
    return maker


def frozen(name, fn, *specs):
    c = tf.function(fn).get_concrete_function(*specs)
    g = convert_variables_to_constants_v2(c)
    (OUT / "graphs" / f"{name}.pb").write_bytes(g.graph.as_graph_def().SerializeToString())


def save(name, m, signatures=None):
    tf.saved_model.save(m, str(OUT / "savedmodels" / name), signatures=signatures)


def settle(m, seed=3):
    """Weights as of a trained network: statistics of batch norms are not 0 and 1."""
    r = np.random.RandomState(seed)
    for w in m.weights:
        a = w.numpy()
        if 'moving_variance' in w.path:
            w.assign(r.uniform(0.3, 2, a.shape))
        elif 'moving_mean' in w.path:
            w.assign(r.normal(0, 0.3, a.shape))
        elif 'gamma' in w.path:
            w.assign(r.uniform(0.5, 1.5, a.shape))
        elif 'beta' in w.path or 'bias' in w.path:
            w.assign(r.normal(0, 0.1, a.shape))


def v1_graph(name, build):
    g = tf.Graph()
    with g.as_default():
        v1.set_random_seed(4)
        outs = build()
        with v1.Session(graph=g) as s:
            s.run(v1.global_variables_initializer())
            d = v1.graph_util.convert_variables_to_constants(s, g.as_graph_def(), [o.op.name for o in outs])
    (OUT / "graphs" / f"{name}.pb").write_bytes(d.SerializeToString())
