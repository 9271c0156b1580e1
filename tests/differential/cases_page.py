"""Rows by the signature alone: any operator of docs/operators.md, any of its dtypes, any value of each attribute, inputs of related
shapes from rank 0 to 8 with any values. Most rows of operators with rules are illegal: the engine must refuse what
TensorFlow refuses, and both must agree on what is left. RIVULET_ROWS names the operators (a GLOB).
"""
import fnmatch
import os

from draw import *
from cases_dsl import ALL_PLAIN, DTYPE_NAMES, DTYPE_NUMBERS, op_def_registry

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'operators.md')
INTEGERS = ('int32', 'int64', 'int16', 'int8', 'uint8', 'uint16', 'uint32', 'uint64')


def page():
    """Operators and the types of their attributes."""
    ops = {}
    for line in open(PAGE):
        if line.startswith('## Refused'):
            break
        if line.startswith('| `'):
            cells = [c.strip() for c in line.split('|')]
            types = dict(part.split(': ') for part in cells[2].split('; ') if ': ' in part)
            ops[cells[1].strip('`')] = {k: v.split() for k, v in types.items()}
    return ops


OPS = {op: types for op, types in page().items() if fnmatch.fnmatchcase(op, os.environ.get('RIVULET_ROWS', '*'))}
# What waits, runs functions, writes, takes handles or references: rows of those need a network around them.
NOT_ALONE = ('resource', 'variant')


def is_alone(spec):
    return spec is not None and not spec.is_stateful and not spec.deprecation.version and bool(spec.input_arg) and not any(a.is_ref or a.type and a.type not in DTYPE_NAMES for a in (*spec.input_arg, *spec.output_arg)) \
        and not any(a.type in ('func', 'list(func)', 'tensor') for a in spec.attr)


ALONE = sorted(op for op in OPS if is_alone(op_def_registry.get(op)))


def attribute(draw, a, types, rank):
    allowed = a.allowed_values.list
    low = a.minimum if a.has_minimum else 0
    usual = a.HasField('default_value') and draw.chance(0.4)
    d = a.default_value
    if a.type == 'type':
        options = [t for t in types.get(a.name, []) if t not in NOT_ALONE] or [DTYPE_NAMES[t] for t in allowed.type if DTYPE_NAMES.get(t) in ALL_PLAIN] or ['float32', 'int32', 'string', 'bool']
        return draw.choice(options)
    if a.type == 'bool':
        return draw.chance(0.5)
    if a.type == 'int':
        return int(d.i) if usual else max(low, draw.one_of(0, 1, 1, 2, 2, 3, -1, 4, 8))
    if a.type == 'float':
        return d.f if usual else draw.one_of(0.0, 0.5, 1.0, -1.0, 1e-3, 2.0)
    if a.type == 'string':
        return draw.choice([s.decode() for s in allowed.s]) if allowed.s else d.s.decode() if usual or draw.chance(0.8) else draw.one_of('', 'a', 'ij,jk->ik', 'NHWC')
    if a.type == 'shape':
        return draw.one_of(None, (), (2,), (None, 3), draw.shape(0, 4))
    if a.type == 'list(int)':
        if usual:
            return list(d.list.i)
        n = draw.one_of(max(int(low), 0), 4, 4, 5, rank, 2, 0, 8)
        return [1, *(draw.randint(1, 3) for _ in range(n - 2)), 1][:n] if n > 2 else [draw.randint(-2, 3) for _ in range(n)]
    if a.type == 'list(type)':
        return [draw.choice([t for t in types.get(a.name, []) if t not in NOT_ALONE] or ['float32', 'int32', 'string']) for _ in range(max(int(low), draw.randint(1, 3)))]
    if a.type == 'list(float)':
        return [float(x) for x in sorted(draw.randint(-3, 3) for _ in range(draw.randint(0, 4)))]
    if a.type == 'list(string)':
        return [draw.one_of('', 'a', 'b') for _ in range(max(int(low), draw.randint(0, 2)))]
    if a.type == 'list(shape)':
        return [draw.shape(0, 2) for _ in range(max(int(low), draw.randint(0, 2)))]
    raise KeyError(a.type)


class Row:
    def __init__(self, draw):
        self.draw = draw
        self.shape = draw.shape(0, draw.choice([2, 4, 4, 5, 8]), 4 if draw.chance(0.9) else 9, zero=draw.one_of(0, 0, 0.1))
        if draw.chance(0.25):
            self.shape = draw.one_of((1, 5, 5, 2), (2, 4, 6, 3), (3, 3), (2, 3, 3), (4,), (2, 3, 4, 4, 2), ())

    def tensor(self, dtype, number):
        draw = self.draw
        way = draw.random()
        if dtype in INTEGERS and number > 0 and way < 0.6:
            shape = draw.one_of((), (), (1,), (len(self.shape),), (2,), (4,), self.shape, (len(self.shape), 2), self.shape[:1])
            return draw.ints(dtype, shape, 0 if dtype.startswith('u') or draw.chance(0.6) else -3, draw.one_of(1, 3, 5))
        shape = self.shape if number == 0 or way < 0.45 else draw.broadcastable(self.shape) if way < 0.75 else draw.one_of((), (self.shape or (2,))[-1:], self.shape[:1], tuple(reversed(self.shape)))
        return draw.tensor(dtype, shape, edges=draw.one_of(0, 0, 0.5), low=draw.one_of(None, None, 0), high=draw.one_of(None, 1 if dtype in INTEGERS + tuple(FLOATS) else None))


def case(draw):
    op = draw.choice(ALONE)
    spec, types = op_def_registry.get(op), OPS[op]
    row = Row(draw)
    attrs = {a.name: attribute(draw, a, types, len(row.shape)) for a in spec.attr}
    inputs = []
    for number, arg in enumerate(spec.input_arg):
        one = lambda dtype: row.tensor(dtype, number)
        if arg.type_list_attr:
            inputs.append([one(t) for t in attrs[arg.type_list_attr]])
            continue
        dtype = attrs[arg.type_attr] if arg.type_attr else DTYPE_NAMES[arg.type]
        if arg.number_attr:
            count = attrs[arg.number_attr] = max(1, min(attrs[arg.number_attr], 3))
            same = row.tensor(dtype, 0).array.shape
            inputs.append([draw.tensor(dtype, same) if draw.chance(0.9) else one(dtype) for _ in range(count)])
        else:
            inputs.append(one(dtype))
    return Case(op, inputs, attrs)
