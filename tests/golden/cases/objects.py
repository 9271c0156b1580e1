"""Operators that move elements, with references as elements: tensors of variants (lists) and of resources (variables)."""
from tensorflow.core.protobuf import composite_tensor_variant_pb2
from tensorflow.python.ops import composite_tensor_ops

from cases_dsl import *

ops = tf.raw_ops


class Variants:
    name = 'variant'

    def __init__(self, g):
        self.g = g

    def make(self, first, *dims):
        """Element i is a list of the one number first + i, which is fed."""
        count = int(np.prod(dims, dtype=np.int64))
        numbers = self.g.feed(f32(np.arange(first, first + count)))
        lists = [ops.TensorListFromTensor(tensor=numbers[i:i + 1], element_shape=np.zeros(0, np.int32)) for i in range(count)]
        return ops.Reshape(tensor=ops.Pack(values=lists), shape=np.array(dims, np.int32))

    def read(self, handle):
        return ops.TensorListGetItem(input_handle=handle, index=0, element_shape=np.zeros(0, np.int32), element_dtype='float32')


class Resources:
    name = 'resource'

    def __init__(self, g):
        self.g = g
        self.changes = []

    def make(self, first, *dims):
        count = int(np.prod(dims, dtype=np.int64))
        numbers = self.g.feed(f32(np.arange(first, first + count)))
        handles = [ops.VarHandleOp(dtype='float32', shape=[], shared_name=f'v{first + i}') for i in range(count)]
        self.changes += [ops.AssignVariableOp(resource=h, value=numbers[i]) for i, h in enumerate(handles)]
        return ops.Reshape(tensor=ops.Pack(values=handles), shape=np.array(dims, np.int32))

    def read(self, handle):
        with tf.control_dependencies(self.changes):
            return ops.ReadVariableOp(resource=handle, dtype='float32')


def numbers(kind, moved, count):
    """The shape of `moved`, whose elements are known to be `count`, and the numbers that they refer to."""
    flat = ops.Unpack(value=ops.Reshape(tensor=moved, shape=[-1]), num=count)
    return [ops.Shape(input=moved), ops.Pack(values=[kind.read(h) for h in flat])]


def i64(*values):
    return np.array(values, np.int64)


MOVES = {
    'BroadcastTo': lambda k: (ops.BroadcastTo(input=k.make(0, 2, 1), shape=[2, 3]), 6),
    'Fill': lambda k: (ops.Fill(dims=[2, 2], value=k.make(3)), 4),
    'OneHot': lambda k: (ops.OneHot(indices=[2, 0], depth=3, on_value=k.make(0), off_value=k.make(7)), 6),
    'RandomShuffle': lambda k: (ops.RandomShuffle(value=k.make(0, 5), seed=3, seed2=7), 5),
    'StatelessShuffle': lambda k: (ops.StatelessShuffle(value=k.make(0, 3, 2), key=np.array([5], np.uint64),
                                                        counter=np.array([1, 2], np.uint64), alg=1), 6),
    'Roll': lambda k: (ops.Roll(input=k.make(0, 2, 3), shift=[1], axis=[1]), 6),
    'Select': lambda k: (ops.Select(condition=[True, False], x=k.make(0, 2), y=k.make(4, 2)), 2),
    'Select of rows': lambda k: (ops.Select(condition=[True, False], x=k.make(0, 2, 2), y=k.make(4, 2, 2)), 4),
    'SelectV2': lambda k: (ops.SelectV2(condition=[[True], [False]], t=k.make(0, 2), e=k.make(4)), 4),
    'SpaceToDepth': lambda k: (ops.SpaceToDepth(input=k.make(0, 1, 2, 4, 1), block_size=2), 8),
    'DepthToSpace': lambda k: (ops.DepthToSpace(input=k.make(0, 1, 1, 1, 4), block_size=2), 4),
    'StridedSlice': lambda k: (ops.StridedSlice(input=k.make(0, 4), begin=[3], end=[0], strides=[-2]), 2),
    'TensorStridedSliceUpdate': lambda k: (ops.TensorStridedSliceUpdate(
        input=k.make(0, 4), begin=[1], end=[3], strides=[1], value=k.make(5, 2)), 4),
    'StridedSliceGrad': lambda k: (ops.StridedSliceGrad(shape=[3], begin=[0], end=[3], strides=[1], dy=k.make(5, 3)), 3),
    'SparseReorder': lambda k: (ops.SparseReorder(input_indices=i64([1, 0], [0, 1]), input_values=k.make(0, 2),
                                                  input_shape=i64(2, 2))[1], 2),
    'SparseConcat': lambda k: (ops.SparseConcat(indices=[i64([0, 1]), i64([0, 0])], values=[k.make(0, 1), k.make(4, 1)],
                                                shapes=[i64(1, 2), i64(1, 2)], concat_dim=1)[1], 2),
    'SparseSlice': lambda k: (ops.SparseSlice(indices=i64([0], [2], [3]), values=k.make(0, 3), shape=i64(5), start=i64(1),
                                              size=i64(3))[1], 2),
    'SparseFillEmptyRows': lambda k: (ops.SparseFillEmptyRows(indices=i64([1, 0]), values=k.make(0, 1), dense_shape=i64(3, 1),
                                                              default_value=k.make(8))[1], 3),
}


def composites():
    """Tensors of several kinds in one variant, which is named by the kind."""
    def metadata(kind):
        message = composite_tensor_variant_pb2.CompositeTensorVariantMetadata()
        message.type_spec_proto.type_spec_class = kind
        return message.SerializeToString()

    def through(parts, types=None, kinds=(1, 1), count=1):
        def build(g):
            fed = [g.feed(p) for p in parts]
            encoded = ops.CompositeTensorVariantFromComponents(components=fed, metadata=metadata(kinds[0]))
            if count != 1:
                encoded = ops.Pack(values=[encoded] * count)
            out = ops.CompositeTensorVariantToComponents(encoded=encoded, metadata=metadata(kinds[1]), Tcomponents=types or [t.dtype for t in fed])
            return [ops.Identity(input=x) for x in out]
        return build
    for t in ALL_PLAIN:
        yield GraphCase(f'composite of {t}', through([rand(t, (2, 3), seed=1), rand('int64', (4,), seed=2), rand(t, (), seed=3)]), exact=True)
    yield GraphCase('composite of two', through([rand('float32', (2,), seed=1)], count=2))
    yield GraphCase('composite refused: another kind', through([rand('float32', (2,), seed=1)], kinds=(1, 2)), error=True)
    yield GraphCase('composite refused: another type', through([rand('float32', (2,), seed=1)], ['int32']), error=True)
    yield GraphCase('composite refused: another number', through([rand('float32', (2,), seed=1)], ['float32', 'float32']), error=True)
    yield GraphCase('composite refused: metadata', lambda g: [ops.CompositeTensorVariantToComponents(encoded=ops.CompositeTensorVariantFromComponents(
        components=[g.feed(f32([1]))], metadata=b'\xff\xff'), metadata=b'', Tcomponents=['float32'])[0]], error=True)

    def whole(g):  # as tf.sparse does it
        dense = g.feed(f32([[0, 1, 0], [2, 0, 3]]))
        made = composite_tensor_ops.composite_tensor_to_variants(tf.sparse.from_dense(dense))
        back = composite_tensor_ops.composite_tensor_from_variant(made, tf.SparseTensorSpec([None, None], tf.float32))
        return [back.indices, back.values, back.dense_shape]
    yield GraphCase('composite of a sparse tensor', whole)


def cases():
    yield from composites()
    for kind in (Variants, Resources):
        for name, move in MOVES.items():
            if kind is Resources and name in ('RandomShuffle', 'SparseReorder', 'SparseConcat'):
                continue  # these end TensorFlow's process

            def moved(g, kind=kind, move=move):
                k = kind(g)
                return numbers(k, *move(k))
            yield GraphCase(f'{name} of {kind.name}', moved)

        def parted(g, kind=kind):
            k = kind(g)
            parts = ops.DynamicPartition(data=k.make(0, 3), partitions=[1, 0, 1], num_partitions=2)
            return [*numbers(k, parts[0], 1), *numbers(k, parts[1], 2)]
        yield GraphCase(f'DynamicPartition of {kind.name}', parted)

        def split(g, kind=kind):
            k = kind(g)
            _, values, _ = ops.SparseSplit(split_dim=np.int64(0), indices=i64([0], [3]), values=k.make(0, 2),
                                           shape=i64(4), num_split=2)
            return [*numbers(k, values[0], 1), *numbers(k, values[1], 1)]
        yield GraphCase(f'SparseSplit of {kind.name}', split)

    for op in (ops.DynamicStitch, ops.ParallelDynamicStitch):
        def stitched(g, op=op):
            k = Variants(g)
            return numbers(k, op(indices=[[2, 0], [1]], data=[k.make(0, 2), k.make(5, 1)]), 3)
        yield GraphCase(f'{op.__name__} of variant', stitched)
