"""The TensorFlow side of driver.py: makes cases, runs them, leaves graph, feeds and results in one folder a case.

  python worker.py FAMILY SEED FIRST COUNT FOLDER      prints the number of each case when it is done
"""
import importlib
import json
import os
import resource
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from draw import Draw  # noqa: E402  (finds the golden cases' modules)
import record  # noqa: E402
from cases_dsl import Case, GraphCase, literal  # noqa: E402

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

LIMIT_BYTES = 6 << 30  # of address space beyond what TensorFlow has once loaded: a row may ask for all there is
PATIENCE = 10  # seconds a case; where TensorFlow hangs, it counts as dead


def save(path, lit):
    """As `rivulet run` reads and writes them."""
    array = lit.array
    if lit.dtype == 'bfloat16':
        array = array.astype(np.float32)
    elif lit.dtype == 'string':
        longest = max([1] + [len(s) for s in array.reshape(-1)])
        array = np.array([bytes(s) for s in array.reshape(-1)], dtype=f'S{longest}').reshape(array.shape)
    np.save(path, np.asarray(array, order='C'))


def build(case):
    """(GraphDef, feeds, fetches or None, error): the graph before TensorFlow's shape functions saw it, for a Case."""
    if isinstance(case, GraphCase):
        graph, builder = tf.Graph(), record.Builder()
        with graph.as_default():
            fetches = [tensor.name for tensor in case.build(builder)]
        return graph.as_graph_def(), builder.feeds, fetches, None, graph
    definition, feeds = record.op_graph(case)
    try:
        graph = record.import_graph(definition)
    except ValueError as error:
        return definition, feeds, ['op:0'], str(error), None
    outputs = graph.get_operation_by_name('op').outputs
    numbers = case.fetch if case.fetch is not None else [i for i, t in enumerate(outputs) if record.can_fetch(t)]
    return definition, feeds, [f'op:{i}' for i in numbers], None, graph


def run(graph, feeds, fetches):
    tensors = [graph.get_tensor_by_name(name) for name in fetches]
    values = {feed.edge: record.for_tensorflow(literal(feed.value)) for feed in feeds}
    with tf.compat.v1.Session(graph=graph, config=record.CONFIG) as session:
        results = session.run(tensors, values)
    return [record.from_tensorflow(value, tensor.dtype) for value, tensor in zip(results, tensors)]


def answer(family, seed, number, folder):
    draw = Draw(f'{family.__name__}/{seed}/{number}')
    case = family.case(draw)
    if isinstance(case, Case):
        case.inputs = [draw.place(value) for value in case.inputs]
    definition, feeds, fetches, error, graph = build(case)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, 'model.pb'), 'wb') as out:
        out.write(definition.SerializeToString(deterministic=True))
    files = {}
    for i, feed in enumerate(feeds):
        files[feed.edge] = f'feed{i}.npy'
        save(os.path.join(folder, files[feed.edge]), literal(feed.value))
    name = case.name or record.default_name(case)
    description = {'name': name, 'feeds': files, 'fetches': fetches, 'rtol': case.rtol, 'atol': case.atol,
                   'exact': case.exact, 'shape_only': case.shape_only, 'dtypes': [], 'error': 'TensorFlow died'}

    def write():
        with open(os.path.join(folder, 'case.json'), 'w') as out:
            json.dump(description, out, indent=1)

    write()  # should TensorFlow die now
    results = []
    try:
        if error is None:
            results = run(graph, feeds, fetches)
    except (tf.errors.OpError, ValueError, TypeError, MemoryError, OverflowError) as caught:
        error = str(caught) or type(caught).__name__
    if error is not None and getattr(case, 'expect', None) is not None:
        try:
            results, error = [literal(value) for value in case.expect()], None
            description['fetches'] = [f'op:{i}' for i in range(len(results))]
        except (record.Broken, tf.errors.OpError, ValueError, TypeError) as caught:
            error = str(caught)
    description['error'] = record.essence(error) if error else None
    description['dtypes'] = [result.dtype for result in results]
    for i, result in enumerate(results):
        save(os.path.join(folder, f'want{i}.npy'), result)
    write()


def main():
    family = importlib.import_module('cases_' + sys.argv[1])
    seed, first, count, folder = int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5]
    used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + LIMIT_BYTES, used + LIMIT_BYTES))
    for number in range(first, first + count):
        signal.alarm(PATIENCE)
        answer(family, seed, number, os.path.join(folder, str(number)))
        print(number, flush=True)


if __name__ == '__main__':
    main()
