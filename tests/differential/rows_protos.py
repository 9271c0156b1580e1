"""Rows of messages' fields: messages of the golden cases' types with random fields, in random order, some of them unknown."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'golden', 'cases'))

import protos
from rows import *

# What TensorFlow mixes up or takes otherwise (decode_proto.cc says so) is left out: fields that return behind others, packed lists where one value is due.


def content(draw, kind, n):
    rng = draw.numpy
    if kind in ('string', 'bytes'):
        return [bytes(draw.choices(b'abc \xc3' if kind == 'bytes' else b'abc ', k=draw.randint(0, 4))) for _ in range(n)]
    if kind in ('double', 'float'):
        return [draw.one_of(0.0, -1.5, float('inf'), float('nan'), rng.randn() * 10.0**rng.randint(-5, 6)) for _ in range(n)]
    if kind == 'bool':
        return [draw.randint(0, 1) for _ in range(n)]
    bits = 32 if kind.endswith('32') else 64
    unsigned = kind.startswith(('u', 'f'))
    low, high = (0, 2**bits - 1) if unsigned else (-2**(bits - 1), 2**(bits - 1) - 1)
    return [draw.one_of(low, high, 0, 1, draw.randint(low, high)) for _ in range(n)]


@row('DecodeProtoV2')
def decoded(draw, op):
    message = draw.one_of('p.M', 'p.M', 'p.T')
    kinds = draw.sample(list(protos.TYPES), draw.randint(1, 4))
    asked = [(form + kind, kind) for kind in kinds for form in ('o_', 'r_') if draw.chance(0.7)] or [('o_' + kinds[0], kinds[0])]
    shape = draw.one_of((), (1,), (3,), (2, 2))
    messages = []
    for _ in range(int(np.prod(shape))):
        parts = []
        for kind in set(kinds) | {draw.choice(list(protos.TYPES))}:
            parts.append(protos.put('o_' + kind, kind, content(draw, kind, draw.randint(0, 2))))
            several = content(draw, kind, draw.randint(0, 4))
            packs = draw.chance(0.4) and several and kind not in ('string', 'bytes')
            parts.append(protos.packed('r_' + kind, kind, several) if packs else protos.put('r_' + kind, kind, several))
        draw.shuffle(parts)
        data = b''.join(parts)
        messages.append(data[:draw.randint(0, len(data))] if draw.chance(0.03) else data)
    value = np.empty(len(messages), dtype=object)
    value[:] = messages
    names, types = zip(*[(name, draw.choice(protos.DTYPES[kind])) for name, kind in asked])
    return Case(op, [Literal('string', value.reshape(shape))], dict(message_type=message, field_names=list(names), output_types=list(types), descriptor_source=protos.SOURCE, sanitize=draw.chance(0.2)))


@row('EncodeProto')
def encoded(draw, op):
    kinds = draw.sample(list(protos.TYPES), draw.randint(1, 4))
    fields = [(draw.one_of('o_', 'r_') + kind, kind) for kind in kinds]
    shape = draw.one_of((1,), (3,), (2, 2))
    most = [draw.randint(1, 3) for _ in fields]
    sizes = np.stack([draw.numpy.randint(0, (1 if name[0] == 'o' else n) + 1, shape) for n, (name, _) in zip(most, fields)], -1)
    values = []
    for n, (_, kind) in zip(most, fields):
        t = draw.choice(protos.DTYPES[kind])
        count = int(np.prod(shape)) * n
        found = content(draw, kind, count)
        array = np.array(found, dtype=object if t == 'string' else None) if t == 'string' else np.array([float(v) for v in found]).astype(t) if 'float' in t else np.array(found).astype(t)
        values.append(Literal(t, np.asarray(array).reshape(shape + (n,))))
    return Case(op, [lit('int32', sizes), values], dict(message_type=draw.one_of('p.M', 'p.T'), field_names=[name for name, _ in fields], descriptor_source=protos.SOURCE))
