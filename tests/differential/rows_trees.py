"""Rows of boosted trees, whose kernels only an older TensorFlow has: RIVULET_OLD_RUNTIME (../golden/README.md)."""
import importlib.util
import os

from rows import *

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'golden', 'cases', 'boosted_trees.py')
SPEC = importlib.util.spec_from_file_location('boosted_trees_cases', PATH)
made = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(made)
HERE = bool(os.environ.get('RIVULET_OLD_RUNTIME'))


def tree_row(*ops):
    return row(*ops) if HERE else lambda function: function


def i32(values, shape=None):
    return lit('int32', values, shape)


def bounds(draw, most):
    a = draw.randint(0, most)
    return i32([a, draw.randint(a, most)])


def rates(draw):
    return [lit('float32', draw.one_of(0.0, 0.0, draw.uniform(0, high)), ()) for high in (2, 2, 2, 9)]


@tree_row('BoostedTreesAggregateStats', 'BoostedTreesMakeStatsSummary', 'BoostedTreesSparseAggregateStats')
def stats(draw, op):
    n, splits, buckets, dims = draw.randint(0, 30), draw.randint(1, 5), draw.randint(1, 6), draw.randint(1, 3)
    g = draw.randint(1, 3)
    h = draw.one_of(g, g * g) if op != 'BoostedTreesMakeStatsSummary' else g
    given = [draw.ints('int32', (n,), 0, splits - 1), floats(draw, 'float32', (n, g)), floats(draw, 'float32', (n, h), 0, 2)]
    attrs = dict(max_splits=splits, num_buckets=buckets)
    if op == 'BoostedTreesAggregateStats':
        return Case(op, given + [draw.ints('int32', (n, dims), -1, buckets - 1)], attrs, old=True)
    if op == 'BoostedTreesMakeStatsSummary':
        return Case(op, given + [[draw.ints('int32', (n,), 0, buckets - 1) for _ in range(dims)]], attrs, old=True)
    cells = [(i, j) for i in range(n) for j in range(dims) if draw.chance(0.5)]
    return Case(op, given + [i32(np.array(cells).reshape(-1, 2), (len(cells), 2)), draw.ints('int32', (len(cells),), 0, buckets - 1), i32([n, dims])], attrs, old=True)


@tree_row('BoostedTreesCalculateBestFeatureSplit', 'BoostedTreesCalculateBestGainsPerFeature', 'BoostedTreesSparseCalculateBestFeatureSplit')
def splits(draw, op):
    nodes, dims, buckets = draw.randint(1, 5), draw.randint(1, 3), draw.randint(1, 6)
    logits = draw.one_of(1, 1, 2, 3) if op == 'BoostedTreesCalculateBestFeatureSplit' else 1
    hessians = draw.one_of(logits, logits * logits)
    summary = lambda d: made.summary(nodes, d, buckets, logits, hessians, draw.randint(0, 1 << 30))
    if op == 'BoostedTreesCalculateBestFeatureSplit':
        l1, l2, complexity, weight = rates(draw)
        if logits > 1:
            l1, l2 = lit('float32', 0.0, ()), lit('float32', draw.uniform(0.1, 2), ())
        return Case(op, [bounds(draw, nodes), summary(dims), l1, l2, complexity, weight], dict(logits_dimension=logits, split_type=draw.one_of('inequality', 'equality')), old=True)
    if op == 'BoostedTreesCalculateBestGainsPerFeature':
        lists = [lit('float32', summary(1).array[:, 0]) for _ in range(dims)]
        return Case(op, [bounds(draw, nodes), lists, *rates(draw)], dict(max_splits=nodes), old=True)
    dense = summary(dims).array.copy()
    dense[draw.numpy.rand(*dense.shape[:3]) < 0.3] = 0
    index = np.argwhere(dense != 0)
    return Case(op, [bounds(draw, nodes), i32(index.reshape(-1, 4)), lit('float32', dense[tuple(index.T)]), i32(dense.shape), *rates(draw)], dict(logits_dimension=1), old=True)


def any_tree(draw, features, logits):
    """A tree with inner nodes of both kinds."""
    value = lambda: draw.uniform(-3, 3) if logits == 1 else [draw.uniform(-3, 3) for _ in range(logits)]
    depth = draw.randint(0, 3)
    nodes, waiting = {}, [(0, 0)]
    count = 1
    while waiting:
        at, level = waiting.pop(0)
        if level >= depth or (level and draw.chance(0.3)):
            nodes[at] = made.leaf(value())
            continue
        left, right = count, count + 1
        count += 2
        gain, original = draw.uniform(-1, 3), value()
        feature = draw.randrange(features)
        if draw.chance(0.3):
            nodes[at] = made.category(feature, draw.randint(0, 5), left, right, gain=gain, original=original)
        else:
            nodes[at] = made.split(feature, draw.randint(0, 5), left, right, default=draw.randint(0, 1), gain=gain, original=original)
        waiting += [(left, level + 1), (right, level + 1)]
    return made.tree(*(nodes[i] for i in range(count))), count


@tree_row('BoostedTreesPredict', 'BoostedTreesTrainingPredict', 'BoostedTreesExampleDebugOutputs', 'BoostedTreesEnsembleResourceHandleOp', 'BoostedTreesCreateEnsemble', 'BoostedTreesSerializeEnsemble',
          'BoostedTreesDeserializeEnsemble', 'BoostedTreesGetEnsembleStates', 'IsBoostedTreesEnsembleInitialized')
def predictions(draw, op):
    features, logits, n = draw.randint(1, 3), draw.one_of(1, 1, 2) if op != 'BoostedTreesExampleDebugOutputs' else 1, draw.randint(0, 9)
    trees = [any_tree(draw, features, logits) for _ in range(draw.randint(0, 4))]
    weights = [draw.uniform(0.1, 1) for _ in trees]
    content = made.ensemble([t for t, _ in trees], weights, [made.about(draw.randint(1, 3), k + 1 < len(trees)) for k in range(len(trees))], tuple(draw.randint(0, 3) for _ in range(4)))
    columns = [draw.ints('int32', (n,), 0, 6) for _ in range(features)]
    at = [draw.randrange(len(trees)) if trees else 0 for _ in range(n)]
    nodes = [draw.randint(-1, trees[k][1] - 1) if trees else 0 for k in at]

    def act(t):
        if op == 'BoostedTreesTrainingPredict':
            return t.training(at, nodes, *columns, logits=logits)
        if op == 'BoostedTreesPredict':
            return [t.predict(*columns, logits=logits)]
        if op == 'BoostedTreesExampleDebugOutputs':
            return [t.debug(*columns)]
        return [t.is_created(), t.do('BoostedTreesSerializeEnsemble').tree_ensemble_serialized, *t.do('BoostedTreesGetEnsembleStates')]
    return plain(f'{op} {features} {logits} {n} {len(trees)}', act, content)


def plain(name, act, content=b''):
    def build(g):
        t = made.Trees(g, content, 7)
        return t.end(act(t))
    return made.GraphCase(name, build, old=True)


@tree_row('BoostedTreesUpdateEnsemble', 'BoostedTreesUpdateEnsembleV2', 'BoostedTreesCenterBias')
def growth(draw, op):
    logits, pruning, depth, rate = draw.one_of(1, 1, 2) if op.endswith('V2') else 1, draw.randint(0, 2), draw.randint(1, 3), draw.one_of(0.5, 0.1, 1.0)
    rounds, leaves = [], [0]
    value = lambda: draw.uniform(-2, 2) if logits == 1 else [draw.uniform(-2, 2) for _ in range(logits)]
    size = 1
    for _ in range(draw.randint(1, 4)):
        groups, grown = [], {}
        for f_ in range(draw.randint(1, 3)):
            rows_ = []
            for node in sorted(draw.sample(leaves, draw.randint(0, len(leaves)))):
                gain = draw.one_of(draw.uniform(-2, 3), float(draw.randint(-1, 2)))
                if op.endswith('V2'):
                    rows_.append((node, gain, draw.randint(0, 3), 0, draw.randint(0, 5), value(), value(), draw.one_of('il', 'ir', 'er')))
                else:
                    rows_.append((node, gain, draw.randint(0, 5), value(), value()))
                grown[node] = max(gain, grown.get(node, -9))
            groups.append(rows_ if op.endswith('V2') else (f_, rows_))
        rounds.append(groups)
        split = [node for node in sorted(grown) if pruning != 1 or grown[node] > 0]
        if split:
            new = list(range(size, size + 2 * len(split)))
            size += len(new)
            leaves = new
    bias = [(draw.uniform(-2, 2), draw.uniform(0, 3), draw.one_of(0.0, 0.5), draw.one_of(0.0, 1.0)) for _ in range(draw.randint(1, 3))]

    def act(t):
        out = []
        if op == 'BoostedTreesCenterBias':
            for b in bias:
                out.append(t.center(*b))
            return out + t.state()
        for groups in rounds[:depth]:
            (t.update2 if op.endswith('V2') else t.update)(*groups, depth=depth, rate=rate, pruning=pruning, **(dict(logits=logits) if op.endswith('V2') else {}))
            out += t.state()
        return out
    return plain(f'{op} {logits} {pruning} {depth} {rate} {len(rounds)}', act)
