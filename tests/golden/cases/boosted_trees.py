"""Boosted trees: no TensorFlow since 2.12 has their kernels, so an older one runs them."""
import struct

from cases_dsl import *

raw = tf.raw_ops


# ---- Messages (boosted_trees.proto), field by field ----

def varint(n):
    out, n = bytearray(), n & (2**64 - 1)
    while n >= 0x80:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def message(*fields):
    """(number, value): an int, a float, bytes of a message, or a list of floats or ints, which is packed."""
    out = b''
    for number, value in fields:
        if isinstance(value, float):
            out += varint(number << 3 | 5) + struct.pack('<f', value)
        elif isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            if isinstance(value, list):
                value = b''.join(struct.pack('<f', v) if isinstance(v, float) else varint(v) for v in value)
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def leaf_value(value):
    return message((1, message((1, value)))) if isinstance(value, list) else message((3, float(value))) if value else b''


def metadata(gain, original):
    return [(777, message((1, float(gain)), *([(2, leaf_value(original))] if original is not None else [])))]


def leaf(value, gain=None):
    return message((1, leaf_value(value)), *(metadata(gain, None) if gain is not None else []))


def split(feature, threshold, left, right, dimension=0, default=0, gain=0, original=None):
    return message((2, message((1, feature), (2, threshold), (3, left), (4, right), (5, dimension), (6, default))), *metadata(gain, original))


def category(feature, value, left, right, dimension=0, gain=0, original=None):
    return message((3, message((1, feature), (2, value), (3, left), (4, right), (5, dimension))), *metadata(gain, original))


def tree(*nodes):
    return message(*((1, node) for node in nodes))


def about(layers=0, final=False, pruned=()):
    return message((2, layers), (3, int(final)), *((4, message((1, node), (2, change))) for node, change in pruned))


def ensemble(trees, weights=None, abouts=None, growing=None):
    weights = [1.0] * len(trees) if weights is None else weights
    abouts = [about()] * len(trees) if abouts is None else abouts
    return message(*((1, t) for t in trees), *([(2, weights)] if weights else []), *((3, a) for a in abouts),
                   *([(4, message(*enumerate(growing, 1)))] if growing else []))


# ---- Graphs ----

class Trees:
    """An ensemble; every operation waits for the one before."""

    def __init__(self, g, content=None, stamp=0, **name):
        self.g, self.last = g, []
        self.handle = raw.BoostedTreesEnsembleResourceHandleOp(**name)
        if content is not None:
            self.create(content, stamp)

    def feed(self, value, *shape):
        """A placeholder that waits for nothing: a fed node would not pass a control edge on."""
        with tf.control_dependencies(None):
            return self.g.feed(value, *shape)

    def do(self, name, **more):
        with tf.control_dependencies(self.last):
            result = getattr(raw, name)(tree_ensemble_handle=self.handle, **more)
        self.last = [result if isinstance(result, tf.Operation) else tf.nest.flatten(result)[0].op]
        return result

    def create(self, content, stamp=0, op='BoostedTreesCreateEnsemble'):
        self.do(op, stamp_token=self.feed(i64(stamp)), tree_ensemble_serialized=self.feed(text(content)))

    def deserialize(self, content, stamp=0):
        self.create(content, stamp, 'BoostedTreesDeserializeEnsemble')

    def is_created(self):
        return self.do('IsBoostedTreesEnsembleInitialized')

    def state(self):
        return [*self.do('BoostedTreesSerializeEnsemble'), *self.do('BoostedTreesGetEnsembleStates')]

    def predict(self, *features, logits=1, op='BoostedTreesPredict'):
        return self.do(op, bucketized_features=[self.feed(f) for f in features], logits_dimension=logits)

    def debug(self, *features, logits=1):
        return self.predict(*features, logits=logits, op='BoostedTreesExampleDebugOutputs')

    def training(self, tree_ids, node_ids, *features, logits=1):
        return list(self.do('BoostedTreesTrainingPredict', cached_tree_ids=self.feed(i32(tree_ids)), cached_node_ids=self.feed(i32(node_ids)),
                            bucketized_features=[self.feed(f) for f in features], logits_dimension=logits))

    def update(self, *candidates, depth=2, rate=0.5, pruning=0):
        """A candidate list: (feature, [(node, gain, threshold, left, right)..])."""
        column = lambda make, i, shape=(-1,): [self.feed(make(np.array([c[i] for c in rows]).reshape(shape))) for _, rows in candidates]
        self.do('BoostedTreesUpdateEnsemble', feature_ids=self.feed(i32(np.array([f for f, _ in candidates], np.int32))),
                node_ids=column(i32, 0), gains=column(f32, 1), thresholds=column(i32, 2), left_node_contribs=column(f32, 3, (-1, 1)),
                right_node_contribs=column(f32, 4, (-1, 1)), max_depth=self.feed(i32(depth)), learning_rate=self.feed(f32(rate)), pruning_mode=pruning)

    def update2(self, *groups, depth=2, rate=0.5, pruning=0, logits=1):
        """A group: [(node, gain, feature, dimension, threshold, left, right, type)..]; the type a letter of each word but 'default'."""
        names = dict(il=b'INEQUALITY_DEFAULT_LEFT', ir=b'INEQUALITY_DEFAULT_RIGHT', er=b'EQUALITY_DEFAULT_RIGHT', no=b'no type')
        column = lambda make, i, shape=(-1,): [self.feed(make(np.array([c[i] for c in rows]).reshape(shape))) for rows in groups]
        types = [self.feed(text([names[c[7]] for c in rows])) for rows in groups]
        self.do('BoostedTreesUpdateEnsembleV2', feature_ids=column(i32, 2), dimension_ids=column(i32, 3), node_ids=column(i32, 0),
                gains=column(f32, 1), thresholds=column(i32, 4), left_node_contribs=column(f32, 5, (-1, logits)),
                right_node_contribs=column(f32, 6, (-1, logits)), split_types=types, max_depth=self.feed(i32(depth)),
                learning_rate=self.feed(f32(rate)), pruning_mode=self.feed(i32(pruning)), logits_dimension=logits)

    def center(self, gradient, hessian, l1=0.0, l2=0.0):
        return self.do('BoostedTreesCenterBias', mean_gradients=self.feed(f32([[gradient]])), mean_hessians=self.feed(f32([[hessian]])),
                       l1=self.feed(f32(l1)), l2=self.feed(f32(l2)))

    def end(self, values=()):
        with tf.control_dependencies(self.last):
            return [*(values or []), tf.identity(tf.constant(1))]


def graph(name, act, error=False, content=b'', **more):
    def build(g):
        t = Trees(g, content, 7)
        return t.end(act(t))
    return GraphCase(name, build, error=error, old=True, exact=True, **more)


def single(op, inputs, attrs=None, **more):
    return Case(op, inputs, attrs or {}, old=True, **more)


# ---- Families ----

def stats():
    nodes = [0, 2, 1, 2, 0]
    for gradients, hessians, feature, buckets in ((1, 1, [[0, 2], [1, -1], [2, 2], [1, 0], [-1, 1]], 3), (2, 4, [[0], [1], [-1], [1], [2]], 2)):
        yield single('BoostedTreesAggregateStats', [i32(nodes), rand('float32', (5, gradients)), rand('float32', (5, hessians)), i32(feature)],
                     dict(max_splits=4, num_buckets=buckets))
    yield single('BoostedTreesAggregateStats', [i32([]), f32([], (0, 1)), f32([], (0, 1)), i32([], (0, 2))], dict(max_splits=1, num_buckets=2))
    many = np.arange(300, dtype=np.int32)
    yield single('BoostedTreesAggregateStats', [i32(many % 7), full_range('float32', (300, 1)), full_range('float32', (300, 1)), i32((many % 5 - 1).reshape(-1, 1))],
                 dict(max_splits=7, num_buckets=4), name='sums of many large gradients')
    for width, features in ((1, [[0, 1, 2, 1, 0], [2, 2, 2, 0, 1]]), (3, [[0, 1, 0, 1, 1]])):
        yield single('BoostedTreesMakeStatsSummary', [i32(nodes), rand('float32', (5, width)), rand('float32', (5, width)), [i32(f) for f in features]],
                     dict(max_splits=4, num_buckets=3))
    yield single('BoostedTreesMakeStatsSummary', [i32([]), f32([], (0, 1)), f32([], (0, 1)), [i32([])]], dict(max_splits=2, num_buckets=1))
    for op, last in (('BoostedTreesAggregateStats', i32([[0], [0]])), ('BoostedTreesMakeStatsSummary', [i32([0, 0])])):
        for name, wrong in dict(fewer_gradients=[i32([0, 1]), f32([[1]]), f32([[1], [1]])], flat_gradients=[i32([0, 1]), f32([1, 1]), f32([[1], [1]])],
                                a_matrix_of_nodes=[i32([[0, 1]]), f32([[1], [1]]), f32([[1], [1]])]).items():
            yield single(op, [*wrong, last], dict(max_splits=2, num_buckets=2), error=True, name=f'{op} {name}')


def sparse_stats():
    def of(indices, values, shape, n=5, g=1, h=1, nodes=(0, 2, 1, 2, 0), buckets=3, **more):
        return single('BoostedTreesSparseAggregateStats', [i32(list(nodes)[:n]), rand('float32', (n, g)), rand('float32', (n, h)), i32(np.array(indices).reshape(-1, 2)), i32(values), i32(shape)],
                      dict(max_splits=4, num_buckets=buckets), **more)
    yield of([[0, 0], [0, 2], [1, 1], [3, 0], [3, 1], [3, 2], [4, 2]], [0, 1, 2, 1, 0, 2, 2], [5, 3])
    yield of([[1, 0], [4, 0]], [1, 0], [5, 1], g=2, h=4)
    yield of([], [], [5, 2])
    yield of([], [], [0, 2], n=0)
    yield of([[2, 1]], [3], [5, 2], name='the bucket of what is missing, given')
    yield of([[1, 2], [1, 0], [1, 1]], [0, 1, 2], [5, 3], name='dimensions out of order')
    for name, wrong in dict(index_of_3=dict(indices=[[0, 0]], values=[0, 1], shape=[5, 3]), shape_of_rank_2=dict(indices=[[0, 0]], values=[0], shape=[[5, 3]])).items():
        yield of(**wrong, error=True, name=f'BoostedTreesSparseAggregateStats {name}')


def summary(nodes, dims, buckets, logits, hessians, seed):
    """[nodes, dims, buckets + 1, logits + hessians], the same totals in each dim, whole hessian matrices positive."""
    r = np.random.RandomState(seed)
    n = 40
    g = r.randint(-64, 64, (n, logits)) / 32
    if hessians == logits:
        h = r.randint(1, 64, (n, hessians)) / 32
    else:
        a = r.randint(-16, 16, (n, logits, logits)) / 16
        h = (a @ a.transpose(0, 2, 1) + np.eye(logits)).reshape(n, -1)
    out = np.zeros((nodes, dims, buckets + 1, logits + hessians))
    node = r.randint(0, nodes, n)
    for d in range(dims):
        np.add.at(out, (node, d, r.randint(0, buckets + 1, n)), np.concatenate([g, h], 1))
    return f32(out)


def numbers(l1=0.0, l2=0.0, complexity=0.0, weight=0.0):
    return [f32(l1), f32(l2), f32(complexity), f32(weight)]


def best_splits():
    op = 'BoostedTreesCalculateBestFeatureSplit'
    for kind in ('inequality', 'equality'):
        for more in (dict(), dict(l1=0.5, l2=0.25), dict(complexity=1.5, weight=12.0), dict(l1=100.0), dict(weight=1e6)):
            yield single(op, [i32([0, 4]), summary(4, 3, 5, 1, 1, 1), *numbers(**more)], dict(logits_dimension=1, split_type=kind), name=f'{op} {kind} {more}')
        for logits, hessians in ((3, 3), (3, 9), (2, 4), (5, 25)):
            for l2 in (0.0, 0.5):
                yield single(op, [i32([1, 3]), summary(3, 2, 4, logits, hessians, 2), *numbers(l2=l2 or 0.125, complexity=0.25)],
                             dict(logits_dimension=logits, split_type=kind), name=f'{op} {kind} {logits} logits {hessians} hessians l2={l2}')
    skewed = summary(2, 1, 3, 2, 4, 3).array.copy()
    skewed[..., 3] += skewed[..., 2] / 4
    yield single(op, [i32([0, 2]), f32(skewed), *numbers(l2=0.5)], dict(logits_dimension=2), name=f'{op} a hessian that is not symmetric')
    none = summary(1, 1, 3, 2, 2, 4).array.copy()
    none[..., 3] = 0
    none[..., 1] = 0
    yield single(op, [i32([0, 1]), f32(none), *numbers()], dict(logits_dimension=2, split_type='equality'), name=f'{op} a diagonal with a zero')
    flat = np.ones((1, 2, 4, 2), np.float32)
    yield single(op, [i32([0, 1]), f32(flat), *numbers()], dict(logits_dimension=1), name=f'{op} ties')
    yield single(op, [i32([0, 1]), f32(flat * [1, 0]), *numbers()], dict(logits_dimension=1), name=f'{op} no hessians')
    yield single(op, [i32([0, 1]), f32(flat[:, :, :1]), *numbers()], dict(logits_dimension=1), name=f'{op} only what is missing')
    yield single(op, [i32([2, 2]), f32(flat), *numbers()], dict(logits_dimension=1), name=f'{op} no node')
    for name, wrong in dict(range_of_3=[i32([0, 1, 2]), f32(flat), *numbers()], rank_3=[i32([0, 1]), f32(flat[0]), *numbers()],
                            l1_vector=[i32([0, 1]), f32(flat), f32([1, 2]), *numbers()[1:]]).items():
        yield single(op, wrong, dict(logits_dimension=1), error=True, name=f'{op} {name}')


def best_gains():
    op = 'BoostedTreesCalculateBestGainsPerFeature'
    lists = [f32(summary(4, 1, 5, 1, 1, seed).array[:, 0]) for seed in (5, 6)]
    for more in (dict(), dict(l1=0.5, l2=0.25), dict(complexity=1.5, weight=12.0), dict(weight=1e6)):
        yield single(op, [i32([0, 4]), lists, *numbers(**more)], dict(max_splits=4), name=f'{op} {more}')
    yield single(op, [i32([1, 3]), lists[:1], *numbers()], dict(max_splits=4), name=f'{op} some nodes')
    yield single(op, [i32([0, 1]), [f32(np.ones((1, 3, 2)))], *numbers()], dict(max_splits=1), name=f'{op} ties')
    yield single(op, [i32([0, 1]), [f32(np.ones((1, 3, 2)) * [np.nan, 1])], *numbers()], dict(max_splits=1), name=f'{op} gradients that are no numbers')
    yield single(op, [i32([1, 0]), lists[:1], *numbers()], dict(max_splits=4), name=f'{op} no node')
    for name, wrong in dict(three_numbers=[i32([0, 1]), [f32(np.ones((1, 3, 3)))], *numbers()], range_of_1=[i32([0]), lists, *numbers()],
                            other_splits=[i32([0, 1]), [f32(np.ones((4, 3, 2)))], *numbers()]).items():
        yield single(op, wrong, dict(max_splits=1), error=True, name=f'{op} {name}')


def sparse_best_splits():
    op = 'BoostedTreesSparseCalculateBestFeatureSplit'

    def of(dense, *more, order=None, range_=(0, 9), logits=1, **options):
        index = np.argwhere(dense != 0)
        if order:
            index = np.concatenate([index[index[:, 0] == node] for node in order])
        return single(op, [i32(list(range_)), i32(index.reshape(-1, 4)), f32(dense[tuple(index.T)]), i32(dense.shape), *(more or numbers())], dict(logits_dimension=logits), **options)
    dense = summary(4, 3, 5, 1, 1, 7).array
    for more in (dict(), dict(l1=0.5, l2=0.25), dict(complexity=1.5, weight=12.0), dict(weight=1e6)):
        yield of(dense, *numbers(**more), name=f'{op} {more}')
    yield of(dense, order=(2, 0, 3, 1), name=f'{op} nodes in any order')
    yield of(summary(2, 2, 3, 2, 2, 8).array, name=f'{op} more numbers than two')
    yield of(np.zeros((1, 2, 3, 2)), name=f'{op} no entry')
    gone = dense.copy()
    gone[:, :, 5] = 0
    yield of(gone, name=f'{op} nothing is missing')


ROOT = split(0, 1, 1, 2, original=0.5)
TWO_TREES = ensemble([tree(ROOT, leaf(1.5), split(1, 3, 3, 4, gain=-1.5, original=-0.25), leaf(-2.0), leaf(8.0)), tree(leaf(0.25))], [0.5, 2.0],
                     [about(2, True), about()], (1, 2, 0, 1))
VECTORS = ensemble([tree(split(0, 1, 1, 2, original=[0.5, -1.0]), leaf([1.0, 2.0]), leaf([-1.0, 4.0])), tree(leaf([0.25, 0.75]))])


def ensembles():
    every = ensemble([tree(split(3, -2, 1, 2, 4, 1, gain=0.5), leaf([1.0, -0.5]), category(-1, 2, 3, 4, 5, gain=-2, original=[0.0, 1.0])),
                      tree(message((4, message((1, 2), (2, 0.75), (3, 4), (4, -5)))), message((1, message((2, message((1, [3, 700]), (2, [0.5, 1.5])))))), b''), b''],
                     [1.0, 0.0, -0.5], [about(3, True, [(1, [0.25, 0.5]), (-1, [1.0])]), b'', about(1)], (5, 2**40, 3, -1))
    merged = message((4, message((1, 2))), (4, message((2, 3))), (2, 0.5), (2, 3.0),
                     (1, tree(message((1, leaf_value(1.5)), (2, message((1, 2))), (2, message((2, 3)))), message((1, leaf_value([1.0])), (1, leaf_value([2.0]))),
                              message((1, message((1, message((1, 1.0), (1, 2.0))), (2, message((1, 5)))))))))
    zeros = ensemble([tree(leaf([0.0, -0.0]), message((1, message((3, -0.0)))))], [0.0], [about()], (0, 0, 0, 0))
    for name, content in dict(empty=b'', two_trees=TWO_TREES, vectors=VECTORS, every_field=every, merged=merged, zeros=zeros).items():
        yield graph(f'an ensemble read and written: {name}', lambda t: [t.do('BoostedTreesSerializeEnsemble').tree_ensemble_serialized], content=content)
    for name, content in dict(empty=b'', two_trees=TWO_TREES, finished=ensemble([tree(leaf(1))], [1.0], [about(1, True)], (9, 8, 7, 6))).items():
        yield graph(f'states of an ensemble: {name}', lambda t: t.state(), content=content)

    def begun(g):
        t = Trees(g)
        before = t.is_created()
        t.create(TWO_TREES, 3)
        after = t.is_created()
        t.create(VECTORS, 4)  # too late
        first = t.state()
        t.deserialize(VECTORS, -5)
        return [before, after, *first, *t.state()]
    yield GraphCase('an ensemble is created once and deserialised', begun, old=True)

    def shared(g):
        t, other, own = Trees(g, TWO_TREES, shared_name='trees'), Trees(g, shared_name='trees'), Trees(g)
        other.last = own.last = t.last
        return [other.is_created(), own.is_created(), *other.state()]
    yield GraphCase('ensembles of one name are one', shared, old=True)

    def destroyed(g):
        t = Trees(g, TWO_TREES)
        with tf.control_dependencies(t.last):
            t.last = [raw.DestroyResourceOp(resource=t.handle)]
        gone = t.is_created()
        t.create(VECTORS, 2)
        return [gone, *t.state()]
    yield GraphCase('an ensemble is destroyed and created', destroyed, old=True)

    for name, content in dict(cut=TWO_TREES[:-1], no_message=b'\xff\xff', half_a_float=message((2, b'\0\0\0'))).items():
        yield graph(f'an ensemble deserialised of bytes that are none: {name}', lambda t, content=content: t.deserialize(content), error=True)

    def uncreated(act):
        def build(g):
            t = Trees(g)
            return t.end(act(t))
        return build
    for name, act in dict(written=lambda t: t.state(), deserialised=lambda t: t.deserialize(b''), asked=lambda t: [t.predict(i32([0]))],
                          centered=lambda t: [t.center(1.0, 1.0)], updated=lambda t: t.update((0, [(0, 1.0, 1, 1.0, 2.0)])),
                          explained=lambda t: [t.debug(i32([0]))], trained=lambda t: t.training([0], [0], i32([0]))).items():
        yield GraphCase(f'an ensemble that was not created is {name}', uncreated(act), error=True, old=True)


def predictions():
    columns = i32([0, 1, 2, 3, 1]), i32([4, 3, 2, 5, 1])
    yield graph('predictions of two trees', lambda t: [t.predict(*columns)], content=TWO_TREES)
    yield graph('predictions of two logits', lambda t: [t.predict(columns[0], logits=2)], content=VECTORS)
    yield graph('predictions of no tree', lambda t: [t.predict(*columns, logits=3)])
    yield graph('predictions of no example', lambda t: [t.predict(i32([]), i32([]))], content=TWO_TREES)
    wide = ensemble([tree(split(1, 0, 1, 2, dimension=1), category(0, 2, 3, 4, dimension=2, original=1), leaf(-1), leaf(2), leaf(3))])
    yield graph('predictions by dimensions and categories', lambda t: [t.predict(i32([[0, 1, 2], [0, 2, 1], [2, 2, 2]]), i32([[5, 0], [5, -1], [-5, 1]]))], content=wide)
    yield graph('predictions of many trees', lambda t: [t.predict(i32(np.arange(200) % 7))],
                content=ensemble([tree(split(0, k % 7, 1, 2), leaf(k / 8 + 1), leaf(-k / 4 - 1)) for k in range(40)], [1 / (1 + k) for k in range(40)]), rtol=1e-6)
    yield graph('ways of examples', lambda t: [t.debug(*columns)], content=TWO_TREES)
    bias = ensemble([tree(leaf(0.5)), tree(ROOT, leaf(1.5), leaf(-2.0)), tree(leaf(3.0)), tree(category(1, 3, 1, 2, original=0.5), leaf(1.5), leaf(-2.0))], [1.0, 0.5, 0.25, 2.0])
    yield graph('ways of examples through leaves and categories', lambda t: [t.debug(*columns)], content=bias)
    yield graph('ways of no example', lambda t: [t.debug(i32([]))], content=bias)
    yield graph('ways of examples of two logits', lambda t: [t.debug(i32([1]), logits=2)], content=VECTORS, error=True)

    trees, nodes = [0, 0, 0, 0, 1], [0, -1, 1, 3, 0]
    yield graph('training predictions', lambda t: t.training(trees, nodes, *columns), content=TWO_TREES)
    yield graph('training predictions of two logits', lambda t: t.training(trees, [0, -1, 1, 2, 0], columns[0], logits=2), content=VECTORS)
    yield graph('training predictions of no tree', lambda t: t.training([7, 8, 0, 0, 0], [3, -1, 0, 0, 0], *columns))
    pruned = ensemble([tree(ROOT, leaf(1.5), leaf(-2.0)), tree(leaf(0.25))], [0.5, 2.0], [about(2, True, [(0, [0.0]), (1, [0.25]), (2, [0.5]), (2, [1.0])]), about()])
    yield graph('training predictions of a pruned tree', lambda t: t.training(trees, [0, -1, 1, 3, 0], *columns), content=pruned)
    young = ensemble([tree(split(0, 1, 1, 2), leaf(1.5), leaf(-2.0))])
    yield graph('training predictions of a root without value', lambda t: t.training([0] * 5, [0, 1, 2, -1, 0], *columns), content=young)


def growth():
    def layers(pruning, rate=0.5):
        def act(t):
            out = []
            t.update((3, [(0, 2.0, 4, 0.5, -0.75)]), (1, [(0, 2.0, 2, 1.0, -1.0)]), (2, [(0, 1.5, 1, 9.0, 9.0)]), pruning=pruning, rate=rate)
            out += t.state()
            t.update((0, [(1, -1.0, 3, 0.5, 0.25), (2, 0.5, 1, -0.5, 2.0)]), (4, [(2, 0.75, 6, 0.125, 0.5)]), pruning=pruning, rate=rate)
            out += t.state()
            t.update((0, [(0, 1.0, 1, 0.25, 0.125)]), depth=1, pruning=pruning, rate=rate)
            return out + t.state()
        return act
    for pruning in (0, 1, 2):
        yield graph(f'an ensemble grows, pruning {pruning}', layers(pruning))
    yield graph('an ensemble grows at a rate of 0.1', layers(0, 0.1))

    def all_pruned(t):
        t.update((0, [(0, -2.0, 1, 1.0, 2.0)]), depth=3, pruning=2)
        t.update((0, [(1, -1.0, 1, 3.0, 4.0), (2, -1.0, 1, 5.0, 6.0)]), depth=3, pruning=2)
        t.update((0, [(3, -1.0, 1, 3.0, 4.0), (4, 1.0, 1, 7.0, 8.0), (6, -3.0, 2, 9.0, 1.0)]), depth=3, pruning=2)
        return t.state()
    yield graph('a tree is pruned in part', all_pruned)

    def to_the_root(t):
        t.update((0, [(0, -2.0, 1, 1.0, 2.0)]), depth=2, pruning=2)
        t.update((0, [(1, -1.0, 1, 3.0, 4.0), (2, -1.0, 1, 5.0, 6.0)]), depth=2, pruning=2)
        return [*t.state(), *t.training([0] * 8, [0, 1, 2, 3, 4, 5, 6, -1], i32([0, 1, 2, 3, 0, 1, 2, 3]))]
    yield graph('a tree is pruned to its root', to_the_root)

    def centered_and_pruned(t):
        going = [t.center(2.0, 4.0), t.center(0.25, 0.5, 0.125, 0.5), t.center(-0.001, 1.0)]
        t.update((0, [(0, -2.0, 1, 1.0, 2.0)]), depth=1, pruning=2)
        return [*going, *t.state()]
    yield graph('an ensemble is centered, grows and is pruned', centered_and_pruned)
    yield graph('a bias of nothing', lambda t: [t.center(0.0, 0.0), t.center(0.0, 0.0), t.center(1.0, 1.0, 2.0), *t.state()])
    yield graph('the first leaf of two trees is centered', lambda t: [t.center(1.0, 2.0), *t.state()], content=ensemble([tree(leaf(0.5)), tree(leaf(1.0))]))

    yield graph('nothing to grow', lambda t: [t.update((0, [])), *t.state()][1:])
    yield graph('no feature to grow', lambda t: [t.update(), *t.state()][1:])
    yield graph('nothing good enough to grow', lambda t: [t.update((0, [(0, -1.0, 1, 1.0, 2.0)]), pruning=1), *t.state()][1:])
    yield graph('a split of a new node', lambda t: [t.update((0, [(0, 1.0, 1, 1.0, 2.0), (2, 1.0, 3, 4.0, 5.0)])), *t.state()][1:])
    yield graph('gains that are no numbers', lambda t: [t.update((1, [(0, float('nan'), 1, 1.0, 2.0)]), (0, [(0, 5.0, 3, 4.0, 5.0)])), *t.state()][1:])
    yield graph('a depth of none', lambda t: [t.update((0, [(0, 1.0, 1, 1.0, 2.0)]), depth=0), *t.state()][1:])
    after = ensemble([tree(leaf(1)), tree(leaf(0))], abouts=[about(1, True), about()], growing=(3, 4, 0, 1))
    yield graph('a tree behind a finished one', lambda t: [t.update((2, [(0, 1.0, 1, 1.0, 2.0)])), *t.state()][1:], content=after)

    def layers2(logits, pruning):
        many = lambda *values: [v * (1 + k) for v in values for k in range(logits)] if logits > 1 else values[0]
        def act(t):
            out = []
            t.update2([(0, 2.0, 3, 1, 4, many(0.5), many(-0.75), 'ir')], [(0, 2.0, 1, 0, 2, many(1.0), many(-1.0), 'il'), (0, 3.0, 5, 2, 1, many(2.0), many(4.0), 'il')],
                      pruning=pruning, logits=logits)
            out += t.state()
            t.update2([(1, -1.0, 0, 0, 3, many(0.5), many(0.25), 'il'), (2, 0.5, 0, 1, 1, many(-0.5), many(2.0), 'er' if pruning < 2 else 'ir')], pruning=pruning, logits=logits)
            out += t.state()
            t.update2([(0, 1.0, 2, 0, 1, many(0.25), many(0.125), 'ir')], depth=1, pruning=pruning, logits=logits)
            return out + t.state()
        return act
    for logits in (1, 3):
        for pruning in (0, 1, 2):
            yield graph(f'an ensemble of {logits} logits grows, pruning {pruning}', layers2(logits, pruning))
    yield graph('a tree of vectors grows on', lambda t: [t.update2([(1, 1.0, 0, 0, 1, [1.0, 2.0], [3.0, 4.0], 'il')], logits=2), *t.state()][1:],
                content=ensemble([tree(split(0, 1, 1, 2, original=[0.5, -1.0]), leaf([1.0, 2.0]), leaf([-1.0, 4.0]))], abouts=[about(1)]))
    yield graph('a root of vectors grows', lambda t: [t.update2([(0, 1.0, 0, 0, 1, [1.0, 2.0], [3.0, 4.0], 'er')], logits=2), *t.state()][1:],
                content=ensemble([tree(leaf([0.5, 0.25]))]))


def cases():
    yield from stats()
    yield from sparse_stats()
    yield from best_splits()
    yield from best_gains()
    yield from sparse_best_splits()
    yield from ensembles()
    yield from predictions()
    yield from growth()
