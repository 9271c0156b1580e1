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


def keys(columns):
    return const(text([c[0].encode() for c in columns], (len(columns),)))


def v2(messages, sparse=(), dense=(), ragged=(), lists=(), list_dense=(), list_ragged=(), may_miss=None, names=(), **more):
    """messages: bytes for a scalar; ragged: (key, dtype, dtype of the splits)."""
    may_miss = [True] * len(list_dense) if may_miss is None else may_miss
    return Case('ParseSequenceExampleV2', [
        text(messages) if isinstance(messages, bytes) else text(messages, (len(messages),)), text(list(names), (len(names),)), keys(sparse), keys(dense), keys(ragged), keys(lists), keys(list_dense),
        keys(list_ragged), const(boolean(may_miss, (len(may_miss),))), [const(d[3]) for d in dense]],
        dict(Ncontext_sparse=len(sparse), Nfeature_list_sparse=len(lists), Nfeature_list_dense=len(list_dense), context_sparse_types=[c[1] for c in sparse], context_dense_shapes=[d[2] for d in dense],
             context_ragged_value_types=[c[1] for c in ragged], context_ragged_split_types=[c[2] for c in ragged], feature_list_sparse_types=[c[1] for c in lists],
             feature_list_dense_types=[c[1] for c in list_dense], feature_list_dense_shapes=[c[2] for c in list_dense], feature_list_ragged_value_types=[c[1] for c in list_ragged],
             feature_list_ragged_split_types=[c[2] for c in list_ragged]), **more)


def single(message, sparse=(), dense=(), lists=(), list_dense=(), assumed=(), name_of_it=b'', **more):
    return Case('ParseSingleSequenceExample', [
        text(message), text([a.encode() for a in assumed], (len(assumed),)), [const(text(c[0].encode())) for c in sparse], [const(text(c[0].encode())) for c in dense], [const(text(c[0].encode())) for c in lists],
        [const(text(c[0].encode())) for c in list_dense], [const(d[3]) for d in dense], text(name_of_it)],
        dict(context_sparse_types=[c[1] for c in sparse], context_dense_shapes=[d[2] for d in dense], feature_list_sparse_types=[c[1] for c in lists],
             feature_list_dense_types=[c[1] for c in list_dense], feature_list_dense_shapes=[c[2] for c in list_dense]), **more)


ONE = ('one', 'int64', (1,), i64([]))
DEFAULTS = [('x', 'float32', (1,), f32([4])), ('s', 'string', (3,), text([b'p', b'q', b'r'])), ('one', 'int64', (), i64(5))]
RAGGED = [('n', 'int64', 'int32'), ('x', 'float32', 'int64'), ('s', 'string', 'int32')]
LISTS_RAGGED = [('p', 'int64', 'int64'), ('q', 'float32', 'int32'), ('w', 'string', 'int64')]


def of_one():
    """ParseSingleSequenceExample."""
    for written, what in ((A, 'A'), (B, 'B'), (C, 'C'), (D, 'D')):
        yield single(written, SPARSE, [ONE], LISTS[:1], DENSE, ['w', 'q'], b'name', name=f'single {what}')
        yield single(written, (), DEFAULTS if written != A else DEFAULTS[:2], LISTS, name=f'single {what} defaults')
    yield single(b'', SPARSE, DEFAULTS, LISTS, DENSE, ['q', 'w'], name='single empty')
    yield single(A, SPARSE[:1], [('n', 'int64', (2,), i64([]))], LISTS[1:2], DENSE[:1], name='single a key in two kinds')
    yield single(A, (), (), (), [('q', 'float32', (1, 2)), ('p', 'int64', (5,))][:1], name='single steps of rank 2')
    yield single(message({}, p=[[], []]), (), (), LISTS[:1], [('p', 'int64', (0,))], name='single steps of nothing')
    yield single(message(dict(n=None), p=[None, [1]]), SPARSE, (), LISTS[:1], name='single no kind')
    for bad, what in ((single(C, (), (), (), DENSE[:1], error=True), 'list is missing'), (single(C, (), [DEFAULTS[0][:3] + (f32([]),)], error=True), 'context is missing'),
                      (single(A, (), [('n', 'int64', (1,), i64([]))], error=True), 'too many'), (single(A, [('n', 'float32')], error=True), 'type'), (single(A, (), [('n', 'float32', (2,), f32([]))], error=True), 'dense type'),
                      (single(A, (), (), [('p', 'float32')], error=True), 'list type'), (single(A, (), (), (), [('q', 'int64', (2,))], error=True), 'dense list type'),
                      (single(A, (), (), (), [('q', 'float32', (3,))], error=True), 'step size'), (single(A, (), (), (), [('p', 'int64', (1,))], error=True), 'step sizes'), (single(b'\xff', SPARSE, error=True), 'broken'),
                      (single(A, (), [('n', 'int64', (2,), i64([1]))], error=True), 'default'), (single(A, (), [('n', 'int64', (None,), i64([1]))], error=True), 'unknown dim'),
                      (single(A, (), (), (), [('q', 'float32', (None,))], error=True), 'unknown dim of steps')):
        bad.name = f'single bad {what}'
        yield bad


def second():
    """ParseSequenceExampleV2."""
    every = [A, B, C, D]
    empty_steps = message({}, p=[[1], None, [2, 3]])
    for messages, what in ((every, 'all'), ([C], 'one row'), ([empty_steps, C, empty_steps], 'empty steps')):
        yield v2(messages, SPARSE, (), (), LISTS, name=f'V2 {what} sparse')
        yield v2(messages, (), (), RAGGED, (), (), LISTS_RAGGED, name=f'V2 {what} ragged')
        yield v2(messages, (), (), (), (), DENSE, name=f'V2 {what} dense')
    yield v2(every, SPARSE[:1], [ONE], RAGGED[1:], LISTS[:1], DENSE[:1], LISTS_RAGGED[2:], [True], [b'1', b'2', b'3', b'4'], name='V2 all of it')
    yield v2([b'', B], (), DEFAULTS, name='V2 defaults')
    for at, messages in ((A, 'A'), (C, 'C'), (b'', 'empty')):
        yield v2(at, SPARSE[:1], DEFAULTS if at != A else DEFAULTS[:2], (), LISTS, (), name=f'V2 scalar {messages}')
        yield v2(at, (), (), (), (), DENSE, name=f'V2 scalar {messages} dense')
        # What the splits over no batch are is undefined.
        yield v2(at, (), (), RAGGED, (), (), LISTS_RAGGED, fetch=[0, 1, 2, 6, 7, 8, 12, 13, 14], name=f'V2 scalar {messages} ragged')
    yield v2(A, SPARSE, (), (), LISTS, names=[b'x'], name='V2 scalar with a name')
    yield v2([pairs := message({}, p=[[1, 2], [3, -4]]), pairs], (), (), (), (), [('p', 'int64', (2,))], name='V2 dense lists of integers')
    yield v2([], SPARSE, (), RAGGED[:0], LISTS, (), LISTS_RAGGED[:0], name='V2 no message')
    yield v2([], (), (), RAGGED, (), (), LISTS_RAGGED, name='V2 no message, ragged')
    yield v2([A], SPARSE[:1] + SPARSE[:1], (), RAGGED[1:2] + RAGGED[1:2], name='V2 a key twice')
    for bad, what in ((v2([A], SPARSE[:1], (), RAGGED[:1], error=True), 'two kinds'), (v2([A], (), (), (), LISTS[:1], (), LISTS_RAGGED[:1], error=True), 'two kinds of lists'), (v2([C], (), (), (), (), DENSE, (), [False, True], error=True), 'missing list'),
                      (v2([A], (), (), (), (), DENSE, (), [True], error=True), 'may_miss'), (v2([A, B], SPARSE, names=[b'1'], error=True), 'names'), (v2([A], (), (), [('n', 'float32', 'int32')], error=True), 'ragged type'),
                      (v2([A], (), (), (), (), (), [('p', 'float32', 'int32')], error=True), 'ragged list type'), (v2([b'\xff'], (), (), RAGGED, error=True), 'broken'), (v2([A], (), [('n', 'int64', (None,), i64([0]))], error=True), 'unknown dim'),
                      (v2([A], (), [('n', 'int64', (3,), i64([]))], error=True), 'too few'), (v2([A], (), (), (), (), [('p', 'int64', (1,))], error=True), 'step sizes')):
        bad.name = f'V2 bad {what}'
        yield bad


def cases():
    yield from first()
    yield from of_one()
    yield from second()


def first():
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
