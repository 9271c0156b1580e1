"""What golden cases are written with; see README.md. Dtypes are TensorFlow's names: 'float32', 'bfloat16', 'qint8', ..."""
import dataclasses
import os
from typing import Any, Callable, Optional

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')  # the plain kernels are the reference
os.environ.setdefault('CUDA_VISIBLE_DEVICES', '')

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import kernels, op_def_registry

from inputs import DTYPE_NAMES, DTYPE_NUMBERS, Recipe, make, numpy_dtype  # noqa: F401

FLOATS = ['float32', 'float64', 'float16', 'bfloat16']
SIGNED_INTS = ['int8', 'int16', 'int32', 'int64']
UNSIGNED_INTS = ['uint8', 'uint16', 'uint32', 'uint64']
INTS = SIGNED_INTS + UNSIGNED_INTS
COMPLEX = ['complex64', 'complex128']
QUANTIZED = ['qint8', 'quint8', 'qint16', 'quint16', 'qint32']
REAL = FLOATS + INTS
ALL_NUMERIC = REAL + COMPLEX
ALL_PLAIN = ALL_NUMERIC + ['bool', 'string']
INDEX = ['int32', 'int64']


def kernel_dtypes(op, attr='T', **given):
    """Dtypes for which TensorFlow has a CPU kernel of `op`; `given` fixes other type attributes: Tidx='int32'."""
    op_def = op_def_registry.get(op)
    spec = next(a for a in op_def.attr if a.name == attr)
    allowed = set(spec.allowed_values.list.type) or set(DTYPE_NAMES)
    found = set()
    for kernel in kernels.get_registered_kernels_for_op(op).kernel:
        if kernel.device_type not in ('CPU', 'DEFAULT'):
            continue
        constraints = {c.name: set(c.allowed_values.list.type) for c in kernel.constraint}
        if any(DTYPE_NUMBERS[value] not in constraints.get(name, {DTYPE_NUMBERS[value]}) for name, value in given.items()):
            continue
        found |= constraints.get(attr, allowed)
    return [DTYPE_NAMES[n] for n in sorted(found & allowed) if n in DTYPE_NAMES]


@dataclasses.dataclass(frozen=True)
class Literal:
    """Elements as they are; quantised types as their plain integers, strings as bytes objects."""
    dtype: str
    array: np.ndarray


@dataclasses.dataclass(frozen=True)
class Const:
    """An input that is a Const node of the graph."""
    value: Any


@dataclasses.dataclass(frozen=True)
class Fed:
    """An input that is fed, through a placeholder of the given shape (None: unknown rank; (None, 3): unknown dim)."""
    value: Any
    shape: Any


def const(value):
    return Const(value)


def fed(value, shape=None):
    return Fed(value, shape)


def lit(dtype, values, shape=None):
    """A literal of any dtype: lit('bfloat16', [1, 2.5]), lit('string', [b'a', b'b'])."""
    if dtype == 'string':
        array = np.array(values, dtype=object)
    elif dtype in FLOATS or dtype in COMPLEX:
        array = np.array(values).astype(numpy_dtype(dtype))
    else:
        array = np.array(values, dtype=numpy_dtype(dtype))
    return Literal(dtype, array if shape is None else array.reshape(shape))


def f32(values, shape=None):
    return lit('float32', values, shape)


def i32(values, shape=None):
    return lit('int32', values, shape)


def i64(values, shape=None):
    return lit('int64', values, shape)


def boolean(values, shape=None):
    return lit('bool', values, shape)


def text(values, shape=None):
    return lit('string', values, shape)


def rand(dtype, shape, lo=None, hi=None, seed=None):
    """Values that suit most ops: floats are multiples of 1/32 in [-2, 2] (exact in every float type), integers in
    [-8, 8] (unsigned: [0, 16]), quantised types over the whole range of 8 bits, strings of up to 8 characters."""
    if dtype == 'string':
        return Recipe(dtype, tuple(shape), 'strings', seed, lo or 0, 8 if hi is None else hi)
    if dtype in FLOATS or dtype in COMPLEX:
        lo, hi = -2 if lo is None else lo, 2 if hi is None else hi
        shift = -5
        if dtype == 'bfloat16':  # 8 bits of mantissa
            while max(abs(lo), abs(hi)) * 2.0**-shift > 256 and shift < 0:
                shift += 1
        return Recipe(dtype, tuple(shape), 'grid', seed, int(np.ceil(lo * 2.0**-shift)), int(np.floor(hi * 2.0**-shift)), shift)
    if dtype == 'bool':
        return Recipe(dtype, tuple(shape), 'grid', seed, 0, 1)
    if dtype in UNSIGNED_INTS:
        lo, hi = 0 if lo is None else max(lo, 0), 16 if hi is None else hi
    elif dtype in ('quint8', 'quint16'):
        lo, hi = 0 if lo is None else lo, 255 if hi is None else hi
    elif dtype in QUANTIZED:
        lo, hi = -128 if lo is None else lo, 127 if hi is None else hi
    return Recipe(dtype, tuple(shape), 'grid', seed, -8 if lo is None else lo, 8 if hi is None else hi)


def grid(dtype, shape, lo, hi, shift=0, seed=None):
    """k * 2**shift with lo <= k <= hi; integers ignore the shift."""
    return Recipe(dtype, tuple(shape), 'grid', seed, lo, hi, shift)


def full_range(dtype, shape, seed=None):
    """Integers over all bits; floats over [-8192, 8192)."""
    return Recipe(dtype, tuple(shape), 'grid', seed, -2**63, 2**63 - 1, -50)


def edge(dtype, shape, seed=0):
    """Zeros of both signs, infinities, NaN, subnormals, halves x.5, largest and smallest values, in turn."""
    return Recipe(dtype, tuple(shape), 'edge', seed)


def permutation(dtype, shape, lo=0, seed=None, shift=0):
    """Every value lo, lo + 1, ... once (times 2**shift): no ties."""
    return Recipe(dtype, tuple(shape), 'permutation', seed, lo, 0, shift)


@dataclasses.dataclass
class Case:
    """One operator on given inputs. An input is a recipe, a Literal or a numpy array, in const() or fed() where it
    matters (plain means fed, with its shape known); a list of those for N*T and list(type) arguments."""
    op: str
    inputs: list = dataclasses.field(default_factory=list)
    attrs: dict = dataclasses.field(default_factory=dict)
    name: Optional[str] = None          # made from op, inputs and attributes when missing
    error: bool = False                 # TensorFlow refuses it, and so must the engine
    rtol: float = 0                     # 0: the operator's or the dtype's default
    atol: float = 0
    exact: bool = False                 # equal bits even for floats
    shape_only: bool = False            # only dtype and shape are compared (random values)
    fetch: Optional[list] = None        # output numbers; all of them when None
    expect: Optional[Callable] = None   # gives the outputs where TensorFlow's CPU kernel cannot
    producer: Optional[int] = None      # GraphDef version, for operators that were withdrawn
    old: bool = False                   # run by an older TensorFlow: 2.21 has the operator without a kernel


@dataclasses.dataclass
class GraphCase:
    """A small network. build(g) runs in graph mode: g.feed(x), g.const(x) give tensors; returns the tensors to fetch."""
    name: str
    build: Callable
    error: bool = False
    rtol: float = 0
    atol: float = 0
    exact: bool = False
    shape_only: bool = False
    targets: list = dataclasses.field(default_factory=list)  # names of nodes to run besides
    producer: Optional[int] = None
    old: bool = False


def literal(value):
    """Recipe, Literal or numpy array to Literal."""
    if isinstance(value, (Const, Fed)):
        return literal(value.value)
    if isinstance(value, Literal):
        return value
    if isinstance(value, Recipe):
        return Literal(value.dtype, make(value))
    if isinstance(value, (np.ndarray, np.generic)):
        value = np.asarray(value)
        if value.dtype.kind in 'OSU':
            return Literal('string', np.array([s.encode() if isinstance(s, str) else bytes(s) for s in value.reshape(-1)],
                                              dtype=object).reshape(value.shape))
        name = value.dtype.names[0] if value.dtype.names else value.dtype.name
        return Literal(name, value.view(numpy_dtype(name)))
    raise TypeError(f'an input must be a recipe, a Literal or a numpy array, not {value!r}; try i32(...) or lit(dtype, ...)')


def tf_run(op, inputs, attrs=None):
    """TensorFlow's outputs as a list of numpy arrays; for expect= of layouts that its CPU kernels refuse."""
    from record import run_case
    return [result.array for result in run_case(Case(op, inputs, attrs or {})).results]
