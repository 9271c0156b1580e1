"""Crosses of features, sparse, ragged and dense, as strings and as hashes."""
from cases_dsl import *

# Rows of the features: some without values, and one without any.
ROWS = [[0, 2, 2, 3, 5], [0, 1, 3, 3, 6], [0, 1, 3, 4, 4]]
NUMBERS = [5, -1, 2**40 + 7, 0, -2**63, 2**63 - 1]
WORDS = [b'a', b'', b'long enough to be no short string at all', b'\0\xff', 'ü'.encode(), b'_X_']


def values(t, count, turn=0):
    found = NUMBERS if t == 'int64' else WORDS
    return lit(t, (found[turn:] + found[:turn])[:count], (count,)) if t == 'int64' else text((found[turn:] + found[:turn])[:count], (count,))


def matrix(t, rows, width, turn=0):
    found = (NUMBERS if t == 'int64' else WORDS) * (rows * width // 6 + 2)
    found = found[turn:turn + rows * width]
    return i64(found, (rows, width)) if t == 'int64' else text(found, (rows, width))


def places(splits):
    """Sparse indices and shape of rows."""
    at = [(row, i) for row in range(len(splits) - 1) for i in range(splits[row + 1] - splits[row])]
    return lit('int64', np.array(at, np.int64).reshape(-1, 2)), i64([len(splits) - 1, 4])


def features(types, dense):
    """The inputs of sparse features of these types, then dense ones."""
    parts = [places(ROWS[i % 3]) for i in range(len(types))]
    return [[p[0] for p in parts], [values(t, ROWS[i % 3][-1], i) for i, t in enumerate(types)], [p[1] for p in parts],
            [matrix(t, 4, 2 + i, i) for i, t in enumerate(dense)]]


I, S = 'int64', 'string'
MIXES = [([I], []), ([S], []), ([I, S], []), ([S, I, S], []), ([], [I]), ([], [S, I]), ([I], [S]), ([S, I], [I, S]), ([], [])]


def kinds(types, dense, inputs=None, note='', error=False):
    """A case of every operator and way to hash."""
    given = features(types, dense) if inputs is None else inputs
    attrs = dict(N=len(types), sparse_types=types, dense_types=dense)
    label = f'{"".join(t[0] for t in types)}.{"".join(t[0] for t in dense)}{note}'
    for out in (I, S):
        for buckets, key in ((0, 0), (10, 956888297470), (1, -1), (2**62 + 1, -2**63)):
            if out == S and buckets:
                continue
            yield Case('SparseCross', given, dict(hashed_output=out == I, num_buckets=buckets, hash_key=key, out_type=out, internal_type=I, **attrs),
                       name=f'SparseCross {label} to {out} {buckets}', error=error)
    yield Case('SparseCrossV2', [*given, text(b'::')], attrs, name=f'SparseCrossV2 {label}', error=error)
    if not types + dense or 'first row' in note:
        return  # TensorFlow ends here
    for strong in ((False,) if dense else (False, True)):  # nor does it always live through dense features' strong hashes
        for buckets, salt in ((0, [0, 0]), (1000, [-1, 2**62 + 5])):
            yield Case('SparseCrossHashed', [*given, i64(buckets), boolean(strong), i64(salt)], attrs, name=f'SparseCrossHashed {label} {strong} {buckets}', error=error)


def sparse():
    for types, dense in MIXES:
        yield from kinds(types, dense)
    empty, none = places([0, 0, 0])[0], places([0])
    two, one = places([0, 1, 2]), places([0, 0, 1])
    none_of = lit('int64', [], (0,))
    yield from kinds([I, I], [], [[two[0], empty], [values(I, 2), none_of], [two[1], two[1]], []], ' empty')
    yield from kinds([I], [], [[none[0]], [none_of], [none[1]], []], ' no rows')
    yield from kinds([I], [I], [[two[0]], [values(I, 2)], [two[1]], [matrix(I, 2, 0)]], ' no width')
    yield from kinds([S], [I], [[one[0]], [values(S, 1)], [one[1]], [matrix(I, 2, 3)]], ' first row empty')
    attrs = dict(N=2, sparse_types=[S, I], dense_types=[S])
    yield Case('SparseCrossV2', [*features([S, I], [S]), text(b'')], attrs, name='SparseCrossV2 without separator')
    yield Case('SparseCrossHashed', [*features([S, I], [S]), i64(-5), boolean(True), i64([1, 2])], attrs, name='SparseCrossHashed negative buckets')
    plain = dict(hashed_output=False, num_buckets=0, hash_key=1)
    for out in (I, S):
        yield Case('SparseCross', features([S, S], [S]), dict(plain, N=2, sparse_types=[S, S], dense_types=[S], out_type=out, internal_type=S), name=f'SparseCross internal {out}')
        for types, dense in (([I, S], []), ([S], [I])):
            yield Case('SparseCross', features(types, dense), dict(plain, N=len(types), sparse_types=types, dense_types=dense, out_type=out, internal_type=S),
                       name=f'SparseCross internal {out} {len(types)}', error=True)
    yield Case('SparseCrossV2', [[fed(p) for p in features([I], [])[0]], [fed(values(I, 5))], [fed(i64([4, 4]))], [fed(matrix(S, 4, 2))], text(b',')],
               dict(N=1, sparse_types=[I], dense_types=[S]), name='SparseCrossV2 fed')
    yield Case('SparseCrossHashed', [*features([I], []), i64(3), boolean(True), i64([1])], dict(N=1, sparse_types=[I], dense_types=[]), name='SparseCrossHashed short salt', error=True)


def broken():
    at, shape = places([0, 1, 2])
    given = values(I, 2)
    for n, bad in enumerate([
        [[at], [values(I, 3)], [shape], []],
        [[i64([[0], [1]])], [given], [shape], []],
        [[i64([0, 1])], [given], [shape], []],
        [[at], [i64([[1], [2]])], [shape], []],
        [[at], [given], [i64([2, 2, 2])], []],
        [[at], [given], [i64([[2, 2]])], []],
    ]):
        yield from kinds([I], [], bad, f' broken {n}', True)
    yield from kinds([I, I], [], [[at, at], [given, given], [shape, i64([3, 2])], []], ' rows differ', True)
    yield from kinds([I], [I], [[at], [given], [shape], [matrix(I, 3, 1)]], ' dense rows differ', True)
    yield from kinds([], [I, I], [[], [], [], [matrix(I, 2, 1), matrix(I, 3, 1)]], ' dense rows differ', True)
    yield from kinds([I], [I], [[at], [given], [shape], [i64([1, 2])]], ' dense vector', True)


def ragged():
    for order, types in (('R', [I]), ('R', [S]), ('RR', [I, S]), ('RS', [S, I]), ('SRD', [I, S, I]), ('DRSR', [S, I, S, S]), ('D', [I]), ('S', [S]), ('DS', [I, S]), ('', [])):
        of = {letter: [t for o, t in zip(order, types) if o == letter] for letter in 'RSD'}
        for splits in INDEX:
            inputs = [[values(t, ROWS[i % 3][-1], i) for i, t in enumerate(of['R'])], [lit(splits, ROWS[i % 3]) for i in range(len(of['R']))],
                      *(features(of['S'], of['D']))]
            for out in (I, S):
                for buckets, key in ((0, -3), (10, 956888297470)):
                    if out == S and buckets:
                        continue
                    yield ragged_case(order, of, inputs, splits, out, buckets, key)
    one = [[values(I, 2)], [i64([0, 1, 2])], [], [], [], [matrix(I, 2, 2)]]
    of = dict(R=[I], S=[], D=[I])
    yield ragged_case('DR', of, one, 'int64', S, 0, 0, ' dense first')
    for n, (order, splits) in enumerate((('RD', [0, 1, 3]), ('RD', [1, 1, 2]), ('RD', [0, 3, 2]), ('RD', [0, 2]), ('RR', [0, 1, 2]), ('R', [0, 1, 2]), ('RX', [0, 1, 2]), ('RDD', [0, 1, 2]), ('RD', []))):
        yield ragged_case(order, of, [one[0], [lit('int64', splits)], *one[2:]], 'int64', I, 0, 0, f' broken {n}', error=True)
    for n, bad in enumerate(([[i64([[1, 2]])], *one[1:]], [*one[:5], [i64([1, 2])]], [*one[:5], [matrix(I, 3, 1)]])):
        yield ragged_case('RD', of, bad, 'int64', I, 0, 0, f' bad {n}', error=True)


def ragged_case(order, of, inputs, splits, out, buckets, key, note='', error=False):
    return Case('RaggedCross', inputs,
                dict(Nsparse=len(of['S']), input_order=order, hashed_output=out == I, num_buckets=buckets, hash_key=key, ragged_values_types=of['R'],
                     ragged_splits_types=[splits] * len(of['R']), sparse_values_types=of['S'], dense_types=of['D'], out_values_type=out, out_row_splits_type=splits),
                name=f'RaggedCross {order} {"".join(t[0] for l in "RSD" for t in of[l])} {splits} {out} {buckets}{note}', error=error)


def cases():
    yield from sparse()
    yield from broken()
    yield from ragged()
