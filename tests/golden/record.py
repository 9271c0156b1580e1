"""Records golden cases: runs them in TensorFlow and writes data/<family>.gold (format: golden.cc).

  python record.py [family ...]          all families without arguments
  python record.py family --show GLOB    prints the matching cases and their results, writes nothing

A case that TensorFlow refuses without error=True, or that differs between two runs, is reported and left out; exit 1.
Cases that say old=True are run by an older TensorFlow (README.md), whose folder is --old-runtime or RIVULET_OLD_RUNTIME.
"""
import argparse
import collections
import dataclasses
import fnmatch
import functools
import importlib
import os
import struct
import subprocess
import sys
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.modules.setdefault('record', sys.modules[__name__])

from cases_dsl import Case, Const, Fed, GraphCase, Literal, literal  # noqa: E402
from inputs import DTYPE_NAMES, DTYPE_NUMBERS, KINDS, Recipe, checksum, numpy_dtype  # noqa: E402

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from google.protobuf import text_format  # noqa: E402
from tensorflow.core.framework import graph_pb2, op_def_pb2, types_pb2  # noqa: E402
from tensorflow.core.protobuf import rewriter_config_pb2  # noqa: E402
from tensorflow.python.framework import op_def_registry  # noqa: E402

MAGIC = b'RVGOLD1\n'
VALUES, ERROR, SHAPE_ONLY = 0, 1, 2

Feed = collections.namedtuple('Feed', 'edge value')  # Recipe or Literal


@dataclasses.dataclass
class Recorded:
    name: str
    ops: str
    graph: bytes
    feeds: list
    fetches: list
    targets: list
    results: list
    expectation: int
    rtol: float
    atol: float


class Broken(Exception):
    pass


class NoOldRuntime(Exception):
    pass


def essence(error):
    """The sentence of an error text: what follows "Node: 'op'" where there is such a line."""
    lines = [line for line in error.splitlines() if line.strip()]
    after = [i for i, line in enumerate(lines) if line.startswith('Node: ')]
    return lines[min(after[-1] + 1, len(lines) - 1) if after else 0][:400]


# ---- Graphs ----

def tensor_proto(lit):
    proto = tf.compat.v1.AttrValue().tensor
    proto.dtype = DTYPE_NUMBERS[lit.dtype]
    proto.tensor_shape.SetInParent()
    for dim in lit.array.shape:
        proto.tensor_shape.dim.add().size = dim
    if lit.dtype == 'string':
        proto.string_val.extend(bytes(s) for s in lit.array.reshape(-1))
    else:
        proto.tensor_content = np.ascontiguousarray(lit.array).tobytes()
    return proto


def set_shape(proto, shape):
    if shape is None:
        proto.unknown_rank = True
        return
    proto.SetInParent()
    for dim in shape:
        proto.dim.add().size = -1 if dim is None else dim


def dtype_number(value):
    return DTYPE_NUMBERS[value] if value in DTYPE_NUMBERS else tf.as_dtype(value).as_datatype_enum


def set_attr(attr, kind, value):
    if isinstance(value, tf.compat.v1.AttrValue):
        attr.CopyFrom(value)
    elif kind.startswith('list('):
        attr.list.SetInParent()
        for item in value:
            element = kind[5:-1]
            if element == 'shape':
                set_shape(attr.list.shape.add(), item)
            elif element == 'tensor':
                attr.list.tensor.add().CopyFrom(tensor_proto(literal(item)))
            elif element == 'func':
                attr.list.func.add().name = item
            else:
                getattr(attr.list, {'string': 's', 'int': 'i', 'float': 'f', 'bool': 'b', 'type': 'type'}[element]).append(
                    plain_attr(element, item))
    elif kind == 'shape':
        set_shape(attr.shape, value)
    elif kind == 'tensor':
        attr.tensor.CopyFrom(tensor_proto(literal(value)))
    elif kind == 'func':
        attr.func.name = value
    else:
        setattr(attr, {'string': 's', 'int': 'i', 'float': 'f', 'bool': 'b', 'type': 'type'}[kind], plain_attr(kind, value))


def plain_attr(kind, value):
    if kind == 'string':
        return value.encode() if isinstance(value, str) else value
    return dtype_number(value) if kind == 'type' else value


def add_input(graph_def, name, value):
    """Adds the Const or Placeholder of one input; returns the Feed of a placeholder, else None."""
    node = graph_def.node.add(name=name)
    dtype = dtype_of(value)
    node.attr['dtype'].type = DTYPE_NUMBERS[dtype]
    if isinstance(value, Const):
        node.op = 'Const'
        node.attr['value'].tensor.CopyFrom(tensor_proto(literal(value)))
        return None
    node.op = 'Placeholder'
    set_shape(node.attr['shape'].shape, value.shape if isinstance(value, Fed) else shape_of(value))
    return Feed(name + ':0', strip(value))


def strip(value):
    while isinstance(value, (Const, Fed)):
        value = value.value
    return value if isinstance(value, Recipe) else literal(value)


def dtype_of(value):
    return strip(value).dtype


def shape_of(value):
    value = strip(value)
    return value.shape if isinstance(value, Recipe) else value.array.shape


# What TensorFlow 2.21 has no more, or never had a kernel for; their cases say what to expect.
GATHER_TREE = """
    input_arg { name: "step_ids" type_attr: "T" } input_arg { name: "parent_ids" type_attr: "T" }
    input_arg { name: "max_sequence_lengths" type: DT_INT32 } input_arg { name: "end_token" type_attr: "T" }
    output_arg { name: "beams" type_attr: "T" } attr { name: "T" type: "type" }"""
WITHDRAWN = {'GatherTree': GATHER_TREE,
             'Addons>GatherTree': GATHER_TREE,
             'CompareAndBitpack': """
    input_arg { name: "input" type_attr: "T" } input_arg { name: "threshold" type_attr: "T" }
    output_arg { name: "output" type: DT_UINT8 } attr { name: "T" type: "type" }""",
             'TFLite_Detection_PostProcess': """
    input_arg { name: "box_encodings" type: DT_FLOAT } input_arg { name: "class_predictions" type: DT_FLOAT }
    input_arg { name: "anchors" type: DT_FLOAT }
    output_arg { name: "detection_boxes" type: DT_FLOAT } output_arg { name: "detection_classes" type: DT_FLOAT }
    output_arg { name: "detection_scores" type: DT_FLOAT } output_arg { name: "num_detections" type: DT_FLOAT }
    attr { name: "max_detections" type: "int" } attr { name: "max_classes_per_detection" type: "int" }
    attr { name: "detections_per_class" type: "int" default_value { i: 100 } }
    attr { name: "use_regular_nms" type: "bool" default_value { b: false } }
    attr { name: "nms_score_threshold" type: "float" } attr { name: "nms_iou_threshold" type: "float" }
    attr { name: "num_classes" type: "int" }
    attr { name: "y_scale" type: "float" } attr { name: "x_scale" type: "float" }
    attr { name: "h_scale" type: "float" } attr { name: "w_scale" type: "float" }"""}


def op_def_of(case):
    if case.op in WITHDRAWN and case.expect:
        return text_format.Parse(WITHDRAWN[case.op], op_def_pb2.OpDef(name=case.op))
    return op_def_registry.get(case.op)


def op_graph(case):
    """The GraphDef of a Case, its feeds, and the edges of the op's outputs that can be fetched."""
    op_def = op_def_of(case)
    if op_def is None:
        raise Broken(f'TensorFlow has no op {case.op}')
    graph_def = graph_pb2.GraphDef()
    graph_def.versions.producer = case.producer or tf.compat.v1.GRAPH_DEF_VERSION
    if case.producer is None:
        graph_def.versions.min_consumer = tf.compat.v1.GRAPH_DEF_VERSION_MIN_CONSUMER
    attrs = dict(case.attrs)
    feeds, edges, shared = [], [], {}
    if len(op_def.input_arg) != len(case.inputs):
        raise Broken(f'{case.op} takes {[a.name for a in op_def.input_arg]}, got {len(case.inputs)} inputs')

    def add(value):
        if isinstance(value, str):  # the same edge again: 'in0'
            edges.append(value)
            return shared[value]
        name = f'in{len(shared)}'
        feed = add_input(graph_def, name, value)
        if feed is not None:
            feeds.append(feed)
        shared[name] = value
        edges.append(name)
        return value

    for arg, given in zip(op_def.input_arg, case.inputs):
        several = bool(arg.number_attr or arg.type_list_attr)
        if several != isinstance(given, (list, tuple)):
            raise Broken(f'{case.op}: input {arg.name} takes {"a list" if several else "one tensor"}')
        values = [add(v) for v in (given if several else [given])]
        dtypes = [dtype_of(v) for v in values]
        if arg.number_attr:
            attrs.setdefault(arg.number_attr, len(values))
        if arg.type_list_attr:
            attrs.setdefault(arg.type_list_attr, dtypes)
        if arg.type_attr and dtypes:
            attrs.setdefault(arg.type_attr, dtypes[0])
    node = graph_def.node.add(name='op', op=case.op, input=edges)
    for spec in op_def.attr:
        if spec.name in attrs:
            set_attr(node.attr[spec.name], spec.type, attrs.pop(spec.name))
        elif not spec.HasField('default_value'):
            raise Broken(f'{case.op}: attr {spec.name} is missing')
    for name, value in attrs.items():  # attributes beside the signature, given as AttrValue
        node.attr[name].CopyFrom(value)
    return graph_def, feeds


def import_graph(graph_def):
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(graph_def, name='')
    return graph


class Builder:
    def __init__(self):
        self.feeds = []
        self.count = 0

    def feed(self, value, shape='its own', name=None):
        value = strip(value)
        shape = shape_of(value) if shape == 'its own' else shape
        self.count += 1
        tensor = tf.compat.v1.placeholder(tf.as_dtype(value.dtype), shape, name=name or f'in{self.count - 1}')
        self.feeds.append(Feed(tensor.name, value))
        return tensor

    def override(self, tensor, value):
        """Feeds an edge in the midst of the graph."""
        self.feeds.append(Feed(tensor.name, strip(value)))

    def const(self, value, name=None):
        attr = tf.compat.v1.AttrValue(tensor=tensor_proto(literal(value)))
        graph = tf.compat.v1.get_default_graph()
        dtype = tf.as_dtype(dtype_of(value))
        return graph.create_op('Const', [], [dtype], attrs={
            'value': attr, 'dtype': tf.compat.v1.AttrValue(type=dtype.as_datatype_enum)}, name=name or 'const').outputs[0]


# ---- Running ----

CONFIG = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
CONFIG.graph_options.rewrite_options.disable_meta_optimizer = True
CONFIG.graph_options.optimizer_options.opt_level = -1
CONFIG.graph_options.rewrite_options.constant_folding = rewriter_config_pb2.RewriterConfig.OFF


def for_tensorflow(lit):
    dtype = tf.as_dtype(lit.dtype)
    return lit.array.view(dtype.as_numpy_dtype) if dtype.is_quantized else lit.array


def from_tensorflow(array, dtype):
    name = DTYPE_NAMES[dtype.as_datatype_enum]
    # numpy would drop the zeros at the end of a bare bytes object.
    array = np.array(array, dtype=object) if isinstance(array, bytes) else np.asarray(array)
    if name == 'string':
        flat = [s if isinstance(s, bytes) else str(s).encode() for s in array.reshape(-1)]
        out = np.empty(len(flat), dtype=object)
        out[:] = flat
        return Literal(name, out.reshape(array.shape))
    return Literal(name, np.ascontiguousarray(array).view(numpy_dtype(name)).reshape(array.shape))


OLD_RUNTIME = os.environ.get('RIVULET_OLD_RUNTIME')


@functools.cache
def old_runtime():
    from old_runtime import OldRuntime
    if not OLD_RUNTIME:
        raise NoOldRuntime('has cases for an older TensorFlow: say --old-runtime FOLDER')
    return OldRuntime(OLD_RUNTIME, CONFIG.SerializeToString())


def run(case, graph, feeds, fetches, targets):
    """The results of the first run of two new sessions: a seeded stream starts again, an unseeded one differs."""
    if case.old:
        given = {feed.edge: (feed.value.dtype, literal(feed.value).array) for feed in feeds}
        return [[Literal(*result) for result in old_runtime().run(graph.as_graph_def(), given, fetches, targets)] for _ in range(2)]
    feed_dict = {feed.edge: for_tensorflow(literal(feed.value)) for feed in feeds}
    tensors = [graph.get_tensor_by_name(edge) for edge in fetches]
    targets = [graph.get_operation_by_name(name) for name in targets]
    runs = []
    for _ in range(2):
        with tf.compat.v1.Session(graph=graph, config=CONFIG) as session:
            values, _ = session.run([tensors, targets], feed_dict)
        runs.append([from_tensorflow(value, tensor.dtype) for value, tensor in zip(values, tensors)])
    return runs


def can_fetch(tensor):
    return tensor.dtype.base_dtype.as_datatype_enum in DTYPE_NAMES


def expectation(case):
    return ERROR if case.error else SHAPE_ONLY if case.shape_only else VALUES


def record(case, graph, graph_def, feeds, fetches, targets, ops):
    results = []
    expect = getattr(case, 'expect', None)
    if expect is not None:
        results = [literal(value) for value in expect()]
        if fetches is None:
            fetches = [f'op:{i}' for i in range(len(results))]
    elif not case.error:
        first, second = run(case, graph, feeds, fetches, targets)
        results = first
        if not case.shape_only and [checksum(r.array) for r in first] != [checksum(r.array) for r in second]:
            raise Broken('two runs differ; give seeds, or shape_only=True')
    rtol, atol = (-1, 0) if case.exact else (case.rtol, case.atol)
    return Recorded(case.name, ops, graph_def.SerializeToString(deterministic=True), feeds, fetches, targets, results,
                    expectation(case), rtol, atol)


def run_case(case):
    """Runs one Case or GraphCase; Broken when TensorFlow disagrees about its being an error."""
    if isinstance(case, GraphCase):
        return run_graph_case(case)
    graph_def, feeds = op_graph(case)
    has_outputs = bool(op_def_of(case).output_arg)
    try:
        graph = import_graph(graph_def)
        graph_def = graph.as_graph_def()
        if case.producer:
            graph_def.versions.producer = case.producer
        outputs = graph.get_operation_by_name('op').outputs
        numbers = case.fetch if case.fetch is not None else [i for i, t in enumerate(outputs) if can_fetch(t)]
        fetches = [f'op:{i}' for i in numbers]
    except (ValueError, tf.errors.NotFoundError) as error:
        if case.expect is None and not case.error:
            raise Broken(f'TensorFlow: {error}') from None
        graph, fetches = None, None if case.expect else ['op:0'] if has_outputs else []
    targets = [] if has_outputs else ['op']
    if case.error:
        refused = graph is None
        try:
            if graph is not None:
                run(case, graph, feeds, fetches, targets)
        except Exception:
            refused = True
        if not refused:
            raise Broken('error=True, but TensorFlow runs it')
    try:
        return record(case, graph, graph_def, feeds, fetches, targets, case.op)
    except (tf.errors.OpError, ValueError, TypeError) as error:
        raise Broken(f'TensorFlow: {essence(str(error))}') from None


def run_graph_case(case):
    graph = tf.Graph()
    builder = Builder()
    with graph.as_default():
        if case.producer:  # a graph takes the lowest version of what is imported into it
            empty = graph_pb2.GraphDef()
            empty.versions.producer = case.producer
            tf.import_graph_def(empty, name='')
        tensors = case.build(builder)
    graph_def = graph.as_graph_def()
    if case.producer:
        graph_def.versions.producer = case.producer
    nodes = list(graph_def.node) + [node for function in graph_def.library.function for node in function.node_def]
    functions = {function.signature.name for function in graph_def.library.function}  # a node's operator may be one of them
    ops = ','.join(sorted({node.op for node in nodes} - {'Placeholder', 'Const'} - functions))
    fetches = [tensor.name for tensor in tensors]
    if case.error:
        try:
            run(case, graph, builder.feeds, fetches, case.targets)
        except (tf.errors.OpError, ValueError, TypeError):
            pass
        else:
            raise Broken('error=True, but TensorFlow runs it')
    try:
        return record(case, graph, graph_def, builder.feeds, fetches, case.targets, ops)
    except (tf.errors.OpError, ValueError) as error:
        raise Broken(f'TensorFlow: {essence(str(error))}') from None


# ---- Names and seeds ----

def brief(value):
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return '(' + ','.join(brief(v) for v in value) + ')'
    mark = '=' if isinstance(value, Const) else ''
    core = strip(value)
    kind = core.kind if isinstance(core, Recipe) and core.kind not in ('grid', 'strings') else ''
    return f'{mark}{dtype_of(value)}[{",".join(map(str, shape_of(value)))}]{kind}'


def brief_attr(value):
    if isinstance(value, (list, tuple)):
        return '[' + ','.join(brief_attr(v) for v in value) + ']'
    if isinstance(value, bytes):
        return value.decode('latin-1')
    if isinstance(value, (Recipe, Literal, np.ndarray)):
        return brief(value)
    return str(value).replace('\n', ' ')


def default_name(case):
    parts = [case.op, ','.join(brief(v) for v in case.inputs)]
    parts += [f'{name}={brief_attr(value)}' for name, value in case.attrs.items()]
    return ' '.join(part for part in parts if part)[:200]


def with_seeds(case):
    """Gives inputs without a seed one that depends on the case's name and the input's position."""
    base = zlib.crc32(case.name.encode())
    count = 0

    def seeded(value):
        nonlocal count
        if isinstance(value, (list, tuple)):
            return [seeded(v) for v in value]
        count += 1
        if isinstance(value, (Const, Fed)):
            return dataclasses.replace(value, value=seeded(value.value))
        if isinstance(value, Recipe) and value.seed is None:
            return dataclasses.replace(value, seed=(base * 1000 + count) & 0x7FFFFFFFFFFFFFFF)
        return value

    if isinstance(case, Case):
        case.inputs = [seeded(v) for v in case.inputs]
    return case


def named_cases(family):
    module = importlib.import_module(f'cases.{family}')
    seen = collections.Counter()
    for case in module.cases():
        name = case.name or default_name(case)
        seen[name] += 1
        case.name = name if seen[name] == 1 else f'{name} #{seen[name]}'
        yield with_seeds(case)


# ---- The file ----

def packed_bytes(data):
    return struct.pack('<I', len(data)) + data


def packed_text(text):
    return packed_bytes(text.encode())


def packed_shape(shape):
    return struct.pack(f'<B{len(shape)}q', len(shape), *shape)


def packed_tensor(lit):
    head = struct.pack('<B', DTYPE_NUMBERS[lit.dtype]) + packed_shape(lit.array.shape)
    if lit.dtype == 'string':
        return head + b''.join(packed_bytes(bytes(s)) for s in lit.array.reshape(-1))
    return head + np.ascontiguousarray(lit.array).tobytes()


def packed_feed(feed):
    if isinstance(feed.value, Literal):
        return packed_text(feed.edge) + b'\x01' + packed_tensor(feed.value)
    r = feed.value
    return (packed_text(feed.edge) + b'\x00' + struct.pack('<B', DTYPE_NUMBERS[r.dtype]) + packed_shape(r.shape) +
            struct.pack('<BQqqi', KINDS.index(r.kind), r.seed, r.lo, r.hi, r.shift))


def packed_record(r):
    out = [packed_text(r.name), packed_text(r.ops), struct.pack('<Bff', r.expectation, r.rtol, r.atol), packed_bytes(r.graph)]
    out += [struct.pack('<I', len(r.feeds))] + [packed_feed(feed) for feed in r.feeds]
    out += [struct.pack('<I', len(r.fetches))]
    for i, edge in enumerate(r.fetches):
        out.append(packed_text(edge))
        if r.expectation != ERROR:
            out.append(packed_tensor(r.results[i]))
    out += [struct.pack('<I', len(r.targets))] + [packed_text(target) for target in r.targets]
    return b''.join(out)


def pack(records, versions):
    payload = packed_text(versions) + struct.pack('<I', len(records)) + b''.join(map(packed_record, records))
    return MAGIC + struct.pack('<Q', len(payload)) + zlib.compress(payload, 9)


def show(r):
    print(f'{r.name}  [{("values", "error", "shape only")[r.expectation]}]')
    for feed in r.feeds:
        print(f'  {feed.edge} = {feed.value if isinstance(feed.value, Recipe) else ""}\n{literal(feed.value).array!r}')
    for edge, result in zip(r.fetches, r.results):
        print(f'  {edge} -> {result.dtype}{list(result.array.shape)}\n{result.array!r}')


def wants_onednn(family):
    """Whether the family's file says ONEDNN = True: operators that TensorFlow has in oneDNN alone."""
    with open(os.path.join(HERE, 'cases', family + '.py')) as source:
        return any(line.startswith('ONEDNN = True') for line in source)


def main():
    global OLD_RUNTIME
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('families', nargs='*')
    parser.add_argument('--show', metavar='GLOB')
    parser.add_argument('--old-runtime', metavar='FOLDER', default=OLD_RUNTIME)
    options = parser.parse_args()
    OLD_RUNTIME = options.old_runtime
    every = sorted(f[:-3] for f in os.listdir(os.path.join(HERE, 'cases')) if f.endswith('.py') and f != '__init__.py')
    total_broken = 0
    for family in options.families or every:
        setting = '1' if wants_onednn(family) else '0'
        if os.environ['TF_ENABLE_ONEDNN_OPTS'] != setting:  # read when TensorFlow is loaded, so by another process
            show_option = ['--show', options.show] if options.show else []
            total_broken += subprocess.run([sys.executable, os.path.abspath(__file__), family] + show_option,
                                           env={**os.environ, 'TF_ENABLE_ONEDNN_OPTS': setting}).returncode != 0
            continue
        records, broken, versions = [], 0, tf.__version__
        cases = list(named_cases(family))
        if any(case.old for case in cases):
            try:
                versions += f', some {old_runtime().version}'
            except NoOldRuntime as reason:
                total_broken += 1
                print(f'{family}: {reason}', file=sys.stderr)
                continue
        for case in cases:
            if options.show and not fnmatch.fnmatch(case.name, options.show):
                continue
            try:
                records.append(run_case(case))
            except Broken as reason:
                broken += 1
                print(f'{family}: {case.name}: {reason}', file=sys.stderr)
            except SystemExit as reason:
                sys.exit(f'{family}: {case.name}: {reason}')
        total_broken += broken
        if options.show:
            for r in records:
                show(r)
            continue
        data = pack(records, versions)
        path = os.path.join(HERE, 'data', family + '.gold')
        old = open(path, 'rb').read() if os.path.exists(path) else None
        if data != old:
            with open(path + '.new', 'wb') as out:
                out.write(data)
            os.replace(path + '.new', path)
        print(f'{family}: {len(records)} cases, {broken} broken, {len(data)} bytes'
              f'{"" if data != old else ", unchanged"}')
    return 1 if total_broken else 0


if __name__ == '__main__':
    # Imported by that name too (tf_run); one module, whichever way it started.
    sys.exit(main())
