"""Golden cases changed at random: other types, attributes, shapes and values, of any operator that has a recorded case."""
import draw as _draw  # noqa: F401  (finds the golden cases' modules)
import numpy as np
from cases_dsl import Literal, kernel_dtypes, literal
from inputs import DTYPE_NAMES, DTYPE_NUMBERS, numpy_dtype
from record import set_shape, tensor_proto
from revalue import recast, resampled, revalued

from tensorflow.core.framework import graph_pb2
from tensorflow.python.framework import op_def_registry, tensor_util

# Strings that operators know beside those which their signatures list.
WORDS = {
    'data_format': ['NHWC', 'NCHW', 'NDHWC', 'NCDHW', 'HWNC', 'NCHW_VECT_C', ''],
    'padding': ['SAME', 'VALID', 'EXPLICIT', 'REFLECT', 'SYMMETRIC', 'CONSTANT', 'LEFT', 'RIGHT', 'PAD_BEFORE'],
    'mode': ['MIN_COMBINED', 'MIN_FIRST', 'SCALED', 'REFLECT', 'SYMMETRIC', 'mean', 'clip', 'left', ''],
    'input_encoding': ['UTF-8', 'UTF-16-BE', 'UTF-32-BE', 'utf-8', 'US-ASCII', 'ISO-8859-1', 'KOI8-R', 'UTF-16', 'Shift_JIS', 'GBK'],
    'equation': ['ij,jk->ik', 'bij,bjk->bik', 'ii->i', 'i,i->', '...ij,...jk->...ik', 'ij->ji', 'ijk->k', 'ab,cd->abcd'],
    'precision_mode': ['', 'DEFAULT'],
}


class Mutant:
    """One case in pieces: its graph, and the values of its placeholders and constants by node name."""

    def __init__(self, record, op):
        self.op, self.op_def = op, op_def_registry.get(op)
        self.graph = graph_pb2.GraphDef.FromString(record.graph)
        self.nodes = {node.name: node for node in self.graph.node}
        self.feeds = {feed.edge: literal(feed.value) for feed in record.feeds}
        self.fetches, self.targets = list(record.fetches), list(record.targets)
        self.constants = {}
        for node in self.graph.node:
            if node.op == 'Const' and 'value' in node.attr:
                proto = node.attr['value'].tensor
                if proto.dtype in DTYPE_NAMES:
                    try:
                        array = np.asarray(tensor_util.MakeNdarray(proto))
                    except (ValueError, TypeError):
                        continue
                    name = DTYPE_NAMES[proto.dtype]
                    if name == 'string':
                        array = np.array([bytes(s) for s in array.reshape(-1)] + [None], dtype=object)[:-1].reshape(array.shape)
                    else:
                        array = np.ascontiguousarray(array).view(numpy_dtype(name)).reshape(array.shape)
                    self.constants[node.name] = Literal(name, array)
        self.of_op = [node for node in self.graph.node if node.op == op]
        self.done = []

    def values(self):
        """(key, Literal) of all that can get other values; a key is an edge or the name of a constant."""
        return list(self.feeds.items()) + list(self.constants.items())

    def put(self, key, value):
        node = self.nodes.get(key.rsplit(':', 1)[0])
        if key in self.constants:
            self.constants[key] = value
            node.attr['value'].tensor.CopyFrom(tensor_proto(value))
            node.attr['dtype'].type = DTYPE_NUMBERS[value.dtype]
            node.attr.pop('_output_shapes', None)
            return
        old = self.feeds[key]
        self.feeds[key] = value
        if node is not None and node.op == 'Placeholder':
            node.attr['dtype'].type = DTYPE_NUMBERS[value.dtype]
            if old.array.shape != value.array.shape and not node.attr['shape'].shape.unknown_rank:
                node.attr['shape'].shape.Clear()
                set_shape(node.attr['shape'].shape, value.array.shape)

    def key_of(self, edge):
        name = edge.split(':')[0]
        return name if name in self.constants else name + ':0' if name + ':0' in self.feeds else None

    # ---- the mutations: each returns words for what it did, or None ----

    def change_values(self, draw):
        values = self.values()
        if not values:
            return None
        key, value = draw.choice(values)
        self.put(key, Literal(value.dtype, revalued(draw, value)))
        return f'values of {key}'

    def change_all_values(self, draw):
        for key, value in self.feeds.items():
            self.put(key, Literal(value.dtype, revalued(draw, value)))
        return 'all values'

    def change_dim(self, draw):
        sizes = sorted({d for _, v in self.values() for d in v.array.shape})
        if not sizes:
            return None
        old = draw.choice(sizes)
        new = draw.one_of(0, 1, old + 1, max(0, old - 1), draw.randint(1, 9), draw.one_of(17, 33, 8, 16))
        everywhere = draw.chance(0.7)
        done = False
        for key, value in draw.sample(self.values(), len(self.values())):
            axes = [a for a, d in enumerate(value.array.shape) if d == old]
            if not axes or (done and not everywhere):
                continue
            shape = list(value.array.shape)
            for axis in axes if everywhere else [draw.choice(axes)]:
                shape[axis] = new
            if np.prod(shape, dtype=np.int64) > 4000:
                continue
            self.put(key, Literal(value.dtype, resampled(draw, value, shape)))
            done = True
        return f'dim {old} to {new}{" everywhere" if everywhere else ""}'

    def change_rank(self, draw):
        values = [(k, v) for k, v in self.values()]
        if not values:
            return None
        way = draw.randrange(4)
        if way == 0:  # a batch in front of every tensor of the highest rank
            rank, size = max(v.array.ndim for _, v in values), draw.one_of(1, 2, 3)
            for key, value in values:
                if value.array.ndim == rank and value.array.size * size < 4000:
                    self.put(key, Literal(value.dtype, resampled(draw, value, (size,) + value.array.shape)))
            return f'batch {size} for rank {rank}'
        key, value = draw.choice(values)
        shape = list(value.array.shape)
        if way == 1 and shape:
            shape.pop(draw.randrange(len(shape)))
        elif way == 2:
            shape.insert(draw.randint(0, len(shape)), draw.one_of(1, 1, 2))
        else:
            shape = [] if draw.chance(0.5) else [value.array.size]
        self.put(key, Literal(value.dtype, resampled(draw, value, shape)))
        return f'{key} of shape {shape}'

    def change_static(self, draw):
        places = [n for n in self.graph.node if n.op == 'Placeholder' and n.name + ':0' in self.feeds]
        if not places:
            return None
        for node in places if draw.chance(0.5) else [draw.choice(places)]:
            shape = self.feeds[node.name + ':0'].array.shape
            node.attr['shape'].shape.Clear()
            set_shape(node.attr['shape'].shape, draw.one_of(None, tuple(None if draw.chance(0.5) else d for d in shape)))
        return 'static shapes'

    def change_count(self, draw):
        """One input more or less in a list."""
        if len(self.of_op) != 1 or not self.op_def:
            return None
        node, at = self.of_op[0], 0
        for arg in self.op_def.input_arg:
            if arg.number_attr:
                count = node.attr[arg.number_attr].i
                if count and sum(a.number_attr == arg.number_attr for a in self.op_def.input_arg) == 1:
                    edges = list(node.input)
                    if draw.chance(0.6):
                        edges.insert(at, edges[at + draw.randrange(count)])
                        count += 1
                    elif count > 1:
                        edges.pop(at + draw.randrange(count))
                        count -= 1
                    else:
                        return None
                    del node.input[:]
                    node.input.extend(edges)
                    node.attr[arg.number_attr].i = count
                    return f'{arg.number_attr}={count}'
                return None
            if arg.type_list_attr:
                return None
            at += 1
        return None

    def change_type(self, draw):
        if not self.op_def or not self.of_op:
            return None
        specs = [a for a in self.op_def.attr if a.type == 'type' or a.type == 'list(type)']
        if not specs:
            return None
        node, spec = draw.choice(self.of_op), draw.choice(specs)
        if spec.type == 'list(type)':
            types = node.attr[spec.name].list.type
            if not types:
                return None
            at = draw.randrange(len(types))
            allowed = list(spec.allowed_values.list.type) or list(DTYPE_NUMBERS.values())
            types[at] = draw.choice([t for t in allowed if t in DTYPE_NAMES])
            offset = 0
            for arg in self.op_def.input_arg:
                if arg.type_list_attr == spec.name:
                    self._retype(draw, node.input[offset + at], DTYPE_NAMES[types[at]])
                offset += (node.attr[arg.number_attr].i if arg.number_attr else
                           len(node.attr[arg.type_list_attr].list.type) if arg.type_list_attr else 1)
            return f'{spec.name}[{at}]={DTYPE_NAMES[types[at]]}'
        choices = kernel_dtypes(self.op, spec.name)
        if draw.chance(0.05) or not choices:
            choices = [DTYPE_NAMES[t] for t in spec.allowed_values.list.type if t in DTYPE_NAMES] or list(DTYPE_NUMBERS)
        new = draw.choice(choices)
        for node in self.of_op:
            node.attr[spec.name].type = DTYPE_NUMBERS[new]
            offset = 0
            for arg in self.op_def.input_arg:
                count = (node.attr[arg.number_attr].i if arg.number_attr else
                         len(node.attr[arg.type_list_attr].list.type) if arg.type_list_attr else 1)
                if arg.type_attr == spec.name:
                    for edge in node.input[offset:offset + count]:
                        self._retype(draw, edge, new)
                offset += count
        return f'{spec.name}={new}'

    def _retype(self, draw, edge, new):
        key = self.key_of(edge)
        if key is None:
            return
        value = self.constants.get(key) or self.feeds[key]
        if value.dtype != new:
            self.put(key, Literal(new, recast(draw, value.array, value.dtype, new)))

    def change_attr(self, draw):
        if not self.op_def or not self.of_op:
            return None
        skip = {a.number_attr for a in self.op_def.input_arg} | {'shared_name', 'container', 'T', 'dtype', 'shape_and_slices'}
        specs = [a for a in self.op_def.attr if a.type not in ('type', 'list(type)', 'func', 'list(func)', 'tensor', 'list(tensor)') and
                 a.name not in skip]
        if not specs:
            return None
        node, spec = draw.choice(self.of_op), draw.choice(specs)
        if spec.name not in node.attr and spec.HasField('default_value'):
            node.attr[spec.name].CopyFrom(spec.default_value)
        attr = node.attr[spec.name]
        if spec.type == 'bool':
            attr.b = not attr.b
            return f'{spec.name}={attr.b}'
        if spec.type == 'int':
            attr.i = draw.one_of(attr.i + 1, attr.i - 1, 0, 1, 2, 3, -1, draw.randint(0, 20), 2 * attr.i if abs(attr.i) < 2**40 else 1)
            return f'{spec.name}={attr.i}'
        if spec.type == 'float':
            attr.f = draw.one_of(0, 0.5, 1, -1, 2, 1e-3, attr.f * 2, attr.f + 0.25, -attr.f, draw.uniform(0, 1), draw.uniform(-3, 3))
            return f'{spec.name}={attr.f}'
        if spec.type == 'string':
            words = [w.decode() for w in spec.allowed_values.list.s] or WORDS.get(spec.name)
            if words:
                attr.s = draw.choice(words).encode()
            elif attr.s:
                text = attr.s
                cut = draw.randint(0, len(text))
                attr.s = draw.one_of(text[:cut], text[:cut] + draw.one_of(b' ', b'a', b'0', b'%') + text[cut:], b'')
            else:
                attr.s = draw.one_of(b' ', b'a', b'ab', b'0', b'%')
            return f'{spec.name}={attr.s!r}'
        if spec.type == 'shape':
            if attr.shape.unknown_rank or draw.chance(0.3):
                attr.shape.Clear()
                set_shape(attr.shape, draw.one_of(None, (), (2,), (None,), (2, 3), (None, 3)))
            elif attr.shape.dim:
                attr.shape.dim[draw.randrange(len(attr.shape.dim))].size = draw.one_of(-1, 0, 1, 2, 3, 4)
            return f'{spec.name} changed'
        items = getattr(attr.list, {'list(int)': 'i', 'list(float)': 'f', 'list(bool)': 'b', 'list(string)': 's', 'list(shape)': 'shape'}[spec.type])
        attr.list.SetInParent()
        if spec.type == 'list(int)':
            way = draw.randrange(5)
            if items and way < 3:
                at = draw.randrange(len(items))
                items[at] = draw.one_of(1, 2, 3, 4, items[at] + 1, items[at] - 1, 0, -1)
            elif items and way == 3:
                values = draw.sample(list(items), len(items))
                del items[:]
                items.extend(values)
            elif draw.chance(0.5) and items:
                items.pop()
            else:
                items.append(draw.one_of(0, 1, 2))
            return f'{spec.name}={list(items)}'
        if spec.type == 'list(float)' and items:
            at = draw.randrange(len(items))
            items[at] = draw.one_of(0, 1, items[at] * 2, -items[at], items[at] + 0.5)
            return f'{spec.name}={list(items)}'
        return None

    WAYS = [(change_values, 4), (change_all_values, 2), (change_dim, 4), (change_rank, 1), (change_static, 1), (change_count, 1),
            (change_type, 4), (change_attr, 5)]

    def change(self, draw, times):
        ways, weights = zip(*self.WAYS)
        for _ in range(50):
            if len(self.done) >= times:
                break
            done = draw.choices(ways, weights)[0](self, draw)
            if done:
                self.done.append(done)
        # The lone operator of a case is fetched whole: it may have other outputs now.
        self.lone = set(e.split(':')[0] for e in self.fetches) == {'op'} and len(self.of_op) == 1
