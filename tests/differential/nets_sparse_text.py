"""Networks of strings, sparse and ragged tensors, and sequences."""
from draw import *
from nets_layers import constant
import tensorflow as tf


def words(draw):
    texts = [b'hello world', b'a,b,,c', b'', b' lead and trail ', 'h\u00e9llo \u4e16\u754c'.encode(), b'UPPER lower', b'1.5', b'-3', b'x=1;y=2', b'tab\tnew\nline']
    n = draw.randint(1, 4)
    x = lit('string', [draw.choice(texts) for _ in range(n)])
    numbers = lit('string', [draw.one_of(b'1', b'-2.5', b'1e3', b'0', b'007') for _ in range(n)])
    way, sep = draw.randrange(22), draw.one_of(' ', ',', '', 'l')

    def net(x, numbers):
        return [lambda: tf.strings.split(x, sep or None).to_tensor('<none>'), lambda: tf.strings.split(x, ' ', maxsplit=1).values, lambda: tf.strings.join([x, numbers], sep),
                lambda: tf.strings.reduce_join(x, 0, separator=sep), lambda: tf.strings.regex_replace(x, '[aeiou]+', '<\\0>', replace_global=sep == ' '), lambda: tf.strings.substr(x, 0, 3, 'UTF8_CHAR' if sep == ' ' else 'BYTE'),
                lambda: tf.strings.upper(x), lambda: tf.strings.lower(x, 'utf-8'), lambda: tf.strings.length(x, 'UTF8_CHAR'), lambda: tf.strings.to_number(numbers, tf.float64),
                lambda: tf.strings.to_hash_bucket_fast(x, 97), lambda: tf.strings.to_hash_bucket_strong(x, 97, [3, 5]), lambda: tf.strings.regex_full_match(x, '.*l.*'), lambda: tf.strings.strip(x),
                lambda: tf.strings.unicode_decode(x, 'UTF-8').to_tensor(), lambda: tf.strings.unicode_split(x, 'UTF-8').values, lambda: tf.strings.ngrams(tf.strings.split(x), [1, 2], pad_values=('<', '>')).values,
                lambda: tf.strings.as_string(tf.strings.to_number(numbers), precision=2, width=8, fill='0'), lambda: tf.strings.format('{} and {}', (x, numbers)), lambda: tf.io.decode_base64(tf.io.encode_base64(x, pad=sep == ' ')),
                lambda: tf.strings.bytes_split(x).values, lambda: tf.io.decode_csv(tf.strings.join([numbers, numbers], ','), [[0.0], ['']])][way]()
    return net, [x, numbers]


words.ranked = True


def ragged(draw):
    n = draw.randint(1, 4)
    lengths = [draw.randint(0, 4) for _ in range(n)]
    x = draw.tensor(draw.one_of('float32', 'int32', 'int64', 'float64'), (sum(lengths),))
    way = draw.randrange(14)

    def net(x, lengths):
        r = tf.RaggedTensor.from_row_lengths(x, lengths)
        return [lambda: r.to_tensor(), lambda: r.to_tensor(-1, shape=[None, 3]), lambda: tf.reduce_sum(r, 1), lambda: tf.reduce_mean(tf.cast(r, tf.float32), 1), lambda: tf.concat([r, r], 1),
                lambda: tf.gather(r, [0, n - 1]), lambda: r[:, :2], lambda: tf.ragged.map_flat_values(lambda v: v * 2, r), lambda: tf.ragged.range(lengths), lambda: r.to_sparse(),
                lambda: r[::-1], lambda: tf.stack([r, r]).flat_values, lambda: r.bounding_shape(), lambda: tf.RaggedTensor.from_tensor(r.to_tensor(), padding=0).row_splits][way]()
    return net, [x, lit('int64', lengths)]


ragged.static = True


def sparse(draw):
    rows, columns = draw.randint(1, 4), draw.randint(1, 5)
    cells = sorted(draw.sample([(r, c) for r in range(rows) for c in range(columns)], draw.randint(0, rows * columns)))
    values = draw.tensor(draw.one_of('float32', 'float64'), (len(cells),))
    dense = draw.tensor(values.dtype, (columns, 3))
    way = draw.randrange(14)

    def net(indices, values, dense):
        s = tf.SparseTensor(indices, values, [rows, columns])
        return [lambda: tf.sparse.to_dense(s), lambda: tf.sparse.sparse_dense_matmul(s, dense), lambda: tf.sparse.reduce_sum(s, 1), lambda: tf.sparse.transpose(s), lambda: tf.sparse.reshape(s, [-1]),
                lambda: tf.sparse.concat(1, [s, s]), lambda: tf.sparse.add(s, s), lambda: tf.sparse.slice(s, [0, 1], [2, 2]), lambda: tf.sparse.softmax(s), lambda: tf.sparse.fill_empty_rows(s, 7.0)[0] if values.dtype == tf.float32 else s,
                lambda: tf.sparse.reorder(s), lambda: tf.sparse.retain(s, values > 0), lambda: tf.sparse.split(s, 2, 1), lambda: tf.sparse.maximum(s, s)][way]()
    return net, [lit('int64', np.array(cells).reshape(len(cells), 2)), values, dense]


sparse.static = True


def embeddings(draw):
    table = constant(draw, 'float32', (6, 3))
    rows = draw.randint(1, 4)
    cells = sorted(draw.sample([(r, c) for r in range(rows) for c in range(3)], draw.randint(1, rows * 3)))
    ids = draw.tensor('int64', (len(cells),), 0, 5)
    weights = draw.tensor('float32', (len(cells),), 0.1, 2)
    combiner, way = draw.one_of('sum', 'mean', 'sqrtn'), draw.randrange(3)

    def net(indices, ids, weights):
        sp = tf.SparseTensor(indices, ids, [rows, 3])
        if way == 0:
            return tf.nn.safe_embedding_lookup_sparse(table, sp, None, combiner)
        w = tf.SparseTensor(indices, weights, [rows, 3])
        if way == 1:
            return tf.nn.safe_embedding_lookup_sparse(table, sp, w, combiner, default_id=0)
        return tf.nn.embedding_lookup_sparse(table, sp, w, combiner), tf.nn.embedding_lookup(table, ids, max_norm=1.0)
    return net, [lit('int64', np.array(cells).reshape(len(cells), 2)), ids, weights]


embeddings.static = True


def sequences(draw):
    steps, batch, classes = draw.randint(2, 5), draw.randint(1, 3), draw.randint(2, 4)
    x = draw.tensor('float32', (steps, batch, classes), -3, 3)
    lengths = draw.tensor('int32', (batch,), 1, steps)
    way, merge = draw.randrange(7), draw.chance(0.5)

    def net(x, lengths):
        labels = tf.zeros([batch], tf.int32)
        if way == 0:
            decoded, score = tf.nn.ctc_greedy_decoder(x, lengths, merge)
            return decoded[0].values, decoded[0].dense_shape, score
        if way == 1:
            decoded, score = tf.nn.ctc_beam_search_decoder(x, lengths, 4, 2)
            return [d.values for d in decoded], score
        if way == 2:
            return tf.nn.softmax_cross_entropy_with_logits(tf.nn.softmax(-x), x)
        if way == 3:
            return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, x[0])
        if way == 4:
            return tf.nn.sigmoid_cross_entropy_with_logits(tf.sigmoid(x * 2), x), tf.nn.weighted_cross_entropy_with_logits(tf.sigmoid(x), x, 0.7)
        if way == 5:
            return tf.nn.ctc_loss(tf.zeros([batch, 1], tf.int32), x, tf.ones([batch], tf.int32), lengths, blank_index=classes - 1)
        return tf.edit_distance(tf.sparse.from_dense(tf.argmax(x, -1)), tf.sparse.from_dense(tf.argmin(x, -1)), normalize=merge)
    return net, [x, lengths]


sequences.static = True


def noise(draw):
    dtype = draw.one_of('float32', 'float64', 'float16', 'bfloat16')
    shape, seed, way = list(draw.shape(1, 3)), [draw.randint(0, 99), draw.randint(0, 99)], draw.randrange(11)
    x = lit('int32', shape)

    def net(shape):
        return [lambda: tf.random.stateless_uniform(shape, seed, dtype=dtype), lambda: tf.random.stateless_normal(shape, seed, dtype=dtype), lambda: tf.random.stateless_truncated_normal(shape, seed, dtype=dtype),
                lambda: tf.random.stateless_uniform(shape, seed, 0, 9, tf.int32), lambda: tf.random.stateless_gamma(shape, seed, 2.0), lambda: tf.random.stateless_categorical([[0.1, 2.0, 0.3]], 5, seed),
                lambda: tf.random.stateless_poisson(shape, seed, 3.0, tf.float32), lambda: tf.random.uniform(shape, seed=4, dtype=dtype), lambda: tf.random.normal(shape, seed=5, dtype=dtype),
                lambda: tf.random.experimental.stateless_shuffle(tf.range(9), seed), lambda: tf.random.experimental.index_shuffle(tf.range(5), seed, 10)][way]()
    return net, [x]


NETS = [words, words, ragged, sparse, embeddings, sequences, noise]
