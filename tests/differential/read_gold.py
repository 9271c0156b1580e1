"""Reads recordings of golden cases back: the inverse of record.pack."""
import struct
import zlib

import draw as _draw  # noqa: F401  (finds the golden cases' modules)
import inputs
import numpy as np
from cases_dsl import Literal
from inputs import DTYPE_NAMES, numpy_dtype
from record import Feed, MAGIC, Recorded


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        values = struct.unpack_from('<' + form, self.data, self.at)
        self.at += struct.calcsize('<' + form)
        return values[0] if len(values) == 1 else values

    def bytes(self):
        n = self.take('I')
        self.at += n
        return self.data[self.at - n:self.at]

    def text(self):
        return self.bytes().decode()

    def shape(self):
        rank = self.take('B')
        return tuple(struct.unpack(f'<{rank}q', self.data[self.at:self._skip(8 * rank)]))

    def _skip(self, n):
        self.at += n
        return self.at

    def tensor(self):
        dtype, shape = DTYPE_NAMES[self.take('B')], self.shape()
        count = int(np.prod(shape, dtype=np.int64))
        if dtype == 'string':
            flat = np.empty(count, dtype=object)
            for i in range(count):
                flat[i] = self.bytes()
            return Literal(dtype, flat.reshape(shape))
        size = numpy_dtype(dtype).itemsize * count
        self.at += size
        return Literal(dtype, np.frombuffer(self.data[self.at - size:self.at], numpy_dtype(dtype)).reshape(shape).copy())

    def feed(self):
        edge = self.text()
        if self.take('B') == 1:
            return Feed(edge, self.tensor())
        dtype, shape = DTYPE_NAMES[self.take('B')], self.shape()
        kind, seed, lo, hi, shift = self.take('BQqqi')
        return Feed(edge, inputs.Recipe(dtype, shape, inputs.KINDS[kind], seed, lo, hi, shift))


def read_gold(path):
    """The Recorded of one file."""
    with open(path, 'rb') as file:
        data = file.read()
    reader = Reader(zlib.decompress(data[len(MAGIC) + 8:]))
    reader.text()
    records = []
    for _ in range(reader.take('I')):
        name, ops = reader.text(), reader.text()
        kind, rtol, atol = reader.take('Bff')
        graph = reader.bytes()
        feeds = [reader.feed() for _ in range(reader.take('I'))]
        fetches, results = [], []
        for _ in range(reader.take('I')):
            fetches.append(reader.text())
            if kind != 1:
                results.append(reader.tensor())
        targets = [reader.text() for _ in range(reader.take('I'))]
        records.append(Recorded(name, ops, graph, feeds, fetches, targets, results, kind, rtol, atol))
    return records
