"""Classes drawn for sampled losses, the hits among them, and the training of word vectors that uses the same draws."""
from cases_dsl import *

raw = tf.raw_ops
RANGES = ('UniformCandidateSampler', 'LogUniformCandidateSampler', 'LearnedUnigramCandidateSampler', 'ThreadUnsafeUnigramCandidateSampler')
SEEDS = dict(seed=3, seed2=17)


def samplers():
    for op in RANGES:
        classes = i64([[0, 3], [1, 1], [6, 2]])
        for unique in (False, True):
            for range_max in (7, 8, 1000):
                yield Case(op, [classes], dict(num_true=2, num_sampled=6, unique=unique, range_max=range_max, **SEEDS))
        yield Case(op, [i64([[2]])], dict(num_true=1, num_sampled=5, unique=True, range_max=5, seed=-1, seed2=2**40))
        yield Case(op, [i64(np.zeros((0, 2)))], dict(num_true=2, num_sampled=3, unique=False, range_max=5, **SEEDS))
        yield Case(op, [fed(i64([[2, 3]]), None)], dict(num_true=2, num_sampled=3, unique=False, range_max=5, **SEEDS))
        yield Case(op, [i64([[0]])], dict(num_true=1, num_sampled=4, unique=False, range_max=1, **SEEDS))
        yield Case(op, [i64([[5]])], dict(num_true=1, num_sampled=4, unique=False, range_max=5, **SEEDS), error=True)
        yield Case(op, [i64([[-1]])], dict(num_true=1, num_sampled=4, unique=False, range_max=5, **SEEDS), error=True)
        yield Case(op, [i64([[2]])], dict(num_true=1, num_sampled=6, unique=True, range_max=5, **SEEDS), error=True)
        yield Case(op, [i64([[2, 3]])], dict(num_true=1, num_sampled=3, unique=True, range_max=5, **SEEDS), error=True)
        yield Case(op, [i64([2])], dict(num_true=1, num_sampled=3, unique=True, range_max=5, **SEEDS), error=True)
    for op in RANGES[:2]:
        yield Case(op, [i64([[2, 2**40]])], dict(num_true=2, num_sampled=20, unique=True, range_max=2**41 + 5, **SEEDS))

    def learnt(g):
        """Two draws of one learning sampler cannot be had in one run; two samplers learn apart."""
        a = raw.LearnedUnigramCandidateSampler(true_classes=g.feed(i64([[1, 1]])), num_true=2, num_sampled=4, unique=False, range_max=3, **SEEDS)
        b = raw.ThreadUnsafeUnigramCandidateSampler(true_classes=g.feed(i64([[1, 1]])), num_true=2, num_sampled=4, unique=False, range_max=3, **SEEDS)
        return [*a, *b]
    yield GraphCase('samplers that learn', learnt)


def fixed():
    op = 'FixedUnigramCandidateSampler'
    unigrams = [3.0, 1.0, 0.5, 7.0, 0.0, 2.0]
    for unique in (False, True):
        for distortion in (1.0, 0.75, 0.0):
            yield Case(op, [i64([[0, 3], [4, 5]])], dict(num_true=2, num_sampled=4, unique=unique, range_max=6, distortion=distortion, unigrams=unigrams, **SEEDS))
    yield Case(op, [i64([[0, 3], [7, 1]])], dict(num_true=2, num_sampled=12, unique=False, range_max=8, num_reserved_ids=2, unigrams=unigrams, **SEEDS))
    yield Case(op, [i64([[0], [1]])], dict(num_true=1, num_sampled=3, unique=False, range_max=3, num_shards=2, shard=1, unigrams=unigrams, **SEEDS))
    yield Case(op, [i64([[0], [1]])], dict(num_true=1, num_sampled=9, unique=False, range_max=4, num_reserved_ids=1, num_shards=2, shard=0, unigrams=unigrams, **SEEDS))
    yield Case(op, [i64([[0]])], dict(num_true=1, num_sampled=3, unique=False, range_max=5, unigrams=unigrams, **SEEDS), error=True)
    yield Case(op, [i64([[0]])], dict(num_true=1, num_sampled=3, unique=False, range_max=5, **SEEDS), error=True)


def all_classes():
    for n, error in ((3, True), (4, False), (7, False)):
        yield Case('AllCandidateSampler', [i64([[0, 3], [1, 1]])], dict(num_true=2, num_sampled=n, unique=True, **SEEDS), error=error)
    yield Case('AllCandidateSampler', [i64([[0]])], dict(num_true=1, num_sampled=3, unique=False))


def hits():
    op = 'ComputeAccidentalHits'
    yield Case(op, [i64([[1, 2], [3, 1], [5, 5]]), i64([1, 7, 5, 1, 3])], dict(num_true=2))
    yield Case(op, [i64([[1], [2]]), i64([3])], dict(num_true=1))
    yield Case(op, [i64(np.zeros((0, 1))), i64([3])], dict(num_true=1))
    yield Case(op, [i64([[1], [2]]), i64([])], dict(num_true=1))
    yield Case(op, [fed(i64([[1, 2]]), None), fed(i64([2, 1]), None)], dict(num_true=2))
    yield Case(op, [i64([[1, 2]]), i64([2, 1])], dict(num_true=1), error=True)
    yield Case(op, [i64([1, 2]), i64([2, 1])], dict(num_true=1), error=True)
    yield Case(op, [i64([[1, 2]]), i64([[2, 1]])], dict(num_true=2), error=True)


def word_vectors():
    def trained(g, counts, samples, examples, labels):
        refs = [raw.VariableV2(shape=[3, 4], dtype='float32', shared_name=name) for name in ('in', 'out')]
        given = [raw.Assign(ref=ref, value=g.feed(rand('float32', (3, 4), seed=k))) for k, ref in enumerate(refs)]
        inputs = dict(examples=g.feed(examples), labels=g.feed(labels), lr=g.feed(f32(0.25)))
        with tf.control_dependencies(given):
            graph = tf.compat.v1.get_default_graph()
            attrs = dict(vocab_count=tf.compat.v1.AttrValue(list=tf.compat.v1.AttrValue.ListValue(i=counts)),
                         num_negative_samples=tf.compat.v1.AttrValue(i=samples))
            step = graph.create_op('NegTrain', [*refs, *inputs.values()], [], attrs=attrs)
        with tf.control_dependencies([step]):
            return [raw.Identity(input=ref) for ref in refs]
    # The draws are random but where one word has all the weight.
    for counts, samples in (([0, 0, 5], 0), ([0, 0, 5], 1), ([0, 4, 0], 3)):
        for examples, labels in (([0, 1, 0], [1, 2, 1]), ([], [])):
            yield GraphCase(f'NegTrain {counts} {samples} {examples}',
                            lambda g, a=(counts, samples, i32(examples), i32(labels)): trained(g, *a), producer=18)
    yield GraphCase('NegTrain a word that is not there', lambda g: trained(g, [0, 0, 0, 1], 1, i32([0]), i32([1])), producer=18, error=True)


def cases():
    for family in (samplers, fixed, all_classes, hits, word_vectors):
        yield from family()
