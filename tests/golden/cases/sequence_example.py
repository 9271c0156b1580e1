"""tf.SequenceExample messages parsed: context and lists, sparse and dense."""
from cases_dsl import *


def feature(value):
    f = tf.train.Feature()
    if value is None:
        return f
    if len(value) and isinstance(value[0], bytes):
        f.bytes_list.value.extend(value)
    elif len(value) and isinstance(value[0], float):
        f.float_list.value.extend(value)
    else:
        f.int64_list.value.extend(value)
    return f


def message(context, **lists):
    m = tf.train.SequenceExample()
    for key, value in context.items():
        m.context.feature[key].CopyFrom(feature(value))
    for key, steps in lists.items():
        m.feature_lists.feature_list[key].feature.extend([feature(s) for s in steps])
    return m.SerializeToString(deterministic=True)


A = message(dict(n=[1, 2], x=[.5], s=[b'a', b'', b'c'], one=[7]), p=[[1], [2, 3], None], q=[[.5, 1.5], [2.5, 3.5]], w=[[b'u'], [b'v']])
B = message(dict(n=[3], one=[8]), p=[[4, 5, 6]], q=[[9., 8.]], w=[])
C = message(dict(one=[9]))
D = message(dict(one=[1], x=[1.]), q=[[1., 2.]], w=[[b'z']], p=[])
SPARSE = [('n', 'int64'), ('x', 'float32'), ('s', 'string')]
LISTS = [('p', 'int64'), ('q', 'float32'), ('w', 'string')]
DENSE = [('q', 'float32', (2,)), ('w', 'string', ())]


def case(messages, sparse=(), dense=(), lists=(), list_dense=(), assumed=(), names=(), **more):
    """dense: (key, dtype, shape, default)."""
    return Case('ParseSequenceExample', [text(messages, (len(messages),)), text(list(names), (len(names),)), [const(d[3]) for d in dense]],
                dict(feature_list_dense_missing_assumed_empty=list(assumed), context_sparse_keys=[k for k, _ in sparse], context_dense_keys=[d[0] for d in dense],
                     feature_list_sparse_keys=[k for k, _ in lists], feature_list_dense_keys=[d[0] for d in list_dense], Ncontext_sparse=len(sparse), Ncontext_dense=len(dense),
                     Nfeature_list_sparse=len(lists), Nfeature_list_dense=len(list_dense), context_sparse_types=[t for _, t in sparse], context_dense_shapes=[d[2] for d in dense],
                     feature_list_sparse_types=[t for _, t in lists], feature_list_dense_types=[d[1] for d in list_dense], feature_list_dense_shapes=[d[2] for d in list_dense]), **more)


ONE = ('one', 'int64', (1,), i64([]))


def cases():
    every = [A, B, C, D]
    yield case(every, SPARSE, name='context sparse')
    yield case(every, (), [ONE], name='context dense')
    yield case(every, (), [('x', 'float32', (1,), f32([4])), ('s', 'string', (3,), text([b'p', b'q', b'r'])), ('one', 'int64', (), i64(5)), ('n', 'int64', (2,), i64([1, 1]))][:3], name='context defaults')
    yield case(every, (), (), LISTS, name='lists sparse')
    yield case([A, B, D], (), (), (), DENSE, name='lists dense')
    yield case(every, (), (), (), DENSE, ['q', 'w'], name='lists dense that may miss')
    yield case(every, SPARSE, [ONE], LISTS[:1], DENSE, ['w', 'q'], [b'1', b'2', b'3', b'4'], name='all of it')
    yield case([A], SPARSE, [ONE], LISTS[:1], DENSE, name='one message')
    yield case([C], (), (), LISTS[:1], DENSE, ['w', 'q'], name='no lists')
    yield case([A], (), (), LISTS, DENSE, name='a list in two kinds', error=True)
    yield case([A], SPARSE[:1], [('n', 'int64', (2,), i64([]))], name='a feature in two kinds', error=True)
    yield case([], SPARSE, (), LISTS, name='no message')
    yield case([b''], SPARSE, (), LISTS, name='an empty message')
    yield case([A, A], (), (), (), [('q', 'float32', (1, 2))], name='lists dense of rank 2')
    pairs = message({}, p=[[1, 2], [3, 4], [5, -6]])
    yield case([pairs, pairs], (), (), (), [('p', 'int64', (2,))], name='lists of integers')
    yield case([B, C], (), [ONE], (), DENSE, ['q'], name='list is missing', error=True)
    yield case([C], (), [('x', 'float32', (1,), f32([]))], name='context is missing', error=True)
    yield case([A], (), [('n', 'int64', (1,), i64([]))], name='context has too many', error=True)
    yield case([A], [('n', 'float32')], name='context of another type', error=True)
    yield case([A], (), (), [('p', 'float32')], name='list of another type', error=True)
    yield case([A], (), (), (), [('q', 'float32', (3,))], name='steps of another size', error=True)
    yield case([A], (), (), (), [('p', 'int64', (1,))], name='steps of different sizes', error=True)
    yield case([b'\xff'], SPARSE, name='broken', error=True)
    yield case([A, B], SPARSE, names=[b'1'], name='too few names', error=True)
    yield case([A], (), [('n', 'int64', (2,), i64([1]))], name='default of another shape', error=True)
