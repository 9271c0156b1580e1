"""What networks of suite_*.py are written with: each is named after what converters' suites test, and registered by @net."""
from draw import *
import tensorflow as tf

NETS = []


def net(function=None, **flags):
    """Registers a function of draw that returns (function, inputs). Flags as cases_networks.py knows them: static, ranked, traced, rtol ..."""
    if function is None:
        return lambda f: net(f, **flags)
    for name, value in flags.items():
        setattr(function, name, value)
    NETS.append(function)
    return function


def weight(draw, *shape, dtype='float32', scale=0.5):
    """A constant of moderate size: an array, so that any graph may hold it."""
    return draw.numpy.uniform(-scale, scale, shape).astype(tf.as_dtype(dtype).as_numpy_dtype)


def f(draw, *shape, low=-2, high=2, dtype='float32'):
    return draw.tensor(dtype, shape, low, high)


def i(draw, *shape, low=0, high=3, dtype='int32'):
    return draw.ints(dtype, shape, low, high)
