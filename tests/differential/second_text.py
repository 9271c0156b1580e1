"""A second tester's rows: strings, numbers as text, regular expressions, Unicode, hashes, CSV, raw bytes, examples, summaries."""
import gzip
import json as json_
import zlib

from second import *

TEXTS = ['', 'a', 'Hello, World', '  two  words ', '\u00e9t\u00e9', '\u4f60\u597d', '\U0001f600!', 'tab\tnew\nline', 'x=1;y=2', '3.5e-2', '-17', 'A' * 33, 'a.b.c', '\u0130I\u0131', '\ufb01n', 'e\u0301']


def words(draw, shape, pool=None):
    n = int(np.prod(shape))
    flat = np.empty(n, dtype=object)
    raw = [t.encode() for t in TEXTS] + [b'\xff', b'a\0b', b'\xc3', b'\xed\xa0\x80']
    flat[:] = [draw.choice(pool or raw) for _ in range(n)]
    return Literal('string', flat.reshape(shape))


@tests('StringLower', 'StringUpper', 'StringStrip', 'StringLength', 'StringToHashBucket', 'StringToHashBucketFast', 'StringToHashBucketStrong', 'StringJoin', 'StringSplit', 'StringSplitV2',
       'StringToNumber', 'AsString', 'StringFormat', 'StringNGrams', 'Substr', 'ReduceJoin', 'RegexReplace', 'RegexFullMatch', 'StaticRegexReplace', 'StaticRegexFullMatch', 'EncodeBase64', 'DecodeBase64',
       'UnicodeScript', 'UnicodeTranscode', 'UnicodeDecode', 'UnicodeDecodeWithOffsets', 'UnicodeEncode', 'DecodeRaw', 'DecodePaddedRaw', 'DecodeCSV', 'DecodeCompressed', 'UnsortedSegmentJoin',
       'Fingerprint', 'EditDistance', 'StringSplit', 'DecodeJSONExample')
def text_row(draw, op):
    s = dims(draw, 0, 4, 12)
    if op in ('StringLower', 'StringUpper'):
        utf = draw.one_of('', 'utf-8')
        return Case(op, [words(draw, s, [t.encode() for t in TEXTS] if utf else None)], dict(encoding=utf))
    if op in ('StringStrip', 'EncodeBase64'):
        return Case(op, [words(draw, s)], fill(draw, op))
    if op == 'DecodeBase64':
        return Case(op, [words(draw, s, [b'', b'YQ', b'YWI', b'YWJj', b'_-8', b'YWJjZA', b'YQ=='])])
    if op == 'StringLength':
        return Case(op, [words(draw, s)], fill(draw, op))
    if op.startswith('StringToHash'):
        return Case(op, [words(draw, s)], dict(num_buckets=draw.one_of(1, 7, 1000, 2**62), **(dict(key=[draw.getrandbits(62), draw.getrandbits(62)]) if op.endswith('Strong') else {})))
    if op == 'StringJoin':
        return Case(op, [[words(draw, draw.one_of(s, s, ())) for _ in range(draw.randint(1, 4))]], dict(separator=draw.one_of('', ', ', '\u00e9')))
    if op in ('StringSplit', 'StringSplitV2'):
        x, sep = words(draw, (draw.randint(0, 4),)), one('string', draw.one_of(b'', b' ', b',', b'. ', b'l', b'\xc3'))
        return Case(op, [x, sep], fill(draw, op) if op == 'StringSplit' else dict(maxsplit=draw.one_of(-1, 0, 1, 2)))
    if op == 'StringToNumber':
        t = a_type(draw, op, 'out_type')
        pool = [b'0', b'-3', b' 12 ', b'+5', b'007', b'2147483647', b'-2147483648'] + ([b'1e3', b'.5', b'-inf', b'NaN', b'0x1p3', b'1e-50', b'3.4e38', b'1e400'] if t in FLOATS else [])
        if draw.chance(0.2):
            pool += [b'', b'x', b'1 2', b'99999999999999999999']
        return Case(op, [words(draw, s, pool)], dict(out_type=t))
    if op == 'AsString':
        t = a_type(draw, op)
        attrs = dict(precision=draw.one_of(-1, 0, 2, 9), scientific=draw.chance(0.3), width=draw.one_of(-1, 0, 8), fill=draw.one_of('', '0', ' ', '-', '+'))
        attrs['shortest'] = draw.chance(0.3) and not attrs['scientific']
        if t not in FLOATS + COMPLEX and draw.chance(0.8):
            attrs.update(precision=-1, scientific=False, shortest=False)
        return Case(op, [numbers(draw, t, s)], attrs)
    if op == 'StringFormat':
        parts = [numbers(draw, draw.one_of('float32', 'int32', 'string', 'bool', 'float64', 'uint8', 'int64', 'complex64', 'float16'), dims(draw, 0, 3, 40)) for _ in range(draw.randint(0, 3))]
        mark = draw.one_of('{}', '%t')
        return Case(op, [parts], dict(template=draw.one_of('', '<', 'a b') + ' | '.join([mark] * len(parts)) + draw.one_of('', 'end'), placeholder=mark, summarize=draw.one_of(-1, 0, 1, 3, 10)))
    if op == 'StringNGrams':
        n = draw.randint(1, 4)
        splits = np.concatenate([[0], np.cumsum(draw.numpy.randint(0, 6, n))])
        attrs = dict(separator=draw.one_of('', ' ', '||'), ngram_widths=draw.one_of([1], [2], [3, 1], [5]), left_pad=draw.one_of('', 'L'), right_pad=draw.one_of('', 'RR'), pad_width=draw.one_of(0, 1, -1, 5),
                     preserve_short_sequences=draw.chance(0.5))
        return Case(op, [words(draw, (int(splits[-1]),)), lit(draw.one_of('int32', 'int64'), splits)], attrs)
    if op == 'Substr':
        unit = draw.one_of('BYTE', 'UTF8_CHAR')
        x = words(draw, s, [t.encode() for t in TEXTS if len(t) > 3])
        k = draw.one_of('int32', 'int64')
        shape = draw.one_of(s, ())
        return Case(op, [x, ids(draw, shape, -4, 4, k), ids(draw, shape, 0, 6, k)], dict(unit=unit))
    if op == 'ReduceJoin':
        rank = len(s)
        axes = draw.one_of([], list(range(rank)), [-1] if rank else [], draw.permuted(rank)[:1])
        return Case(op, [words(draw, s), lit('int32', axes, (len(axes),))], dict(keep_dims=draw.chance(0.5), separator=draw.one_of('', '+')))
    pattern = draw.one_of('a', '[a-z]+', '(.)(.)', '\\s+', '^', '$', 'l*', '(?i)hello', '\\w', '\\pL', '.*', '(\\d+)', '\\bw', 'x|y', '[^ ]', '(?s).+', 'a{2,}', '\\.', '')
    if op in ('RegexReplace', 'StaticRegexReplace'):
        rewrite = draw.one_of('', '<\\0>', '-', '\\\\', '\\1' if '(' in pattern and not pattern.startswith('(?') else '*')
        if op == 'RegexReplace':
            return Case(op, [words(draw, s), one('string', pattern.encode()), one('string', rewrite.encode())], fill(draw, op))
        return Case(op, [words(draw, s)], fill(draw, op, pattern=pattern, rewrite=rewrite))
    if op == 'RegexFullMatch':
        return Case(op, [words(draw, s), one('string', pattern.encode())])
    if op == 'StaticRegexFullMatch':
        return Case(op, [words(draw, s)], dict(pattern=pattern))
    errors = draw.one_of('replace', 'ignore', 'replace', 'strict')
    encoding = draw.one_of('UTF-8', 'UTF-16-BE', 'UTF-32-BE', 'utf8', 'US-ASCII', 'ISO-8859-1')
    common = dict(errors=errors, replacement_char=draw.one_of(65533, 63, 0x4e2d), replace_control_characters=draw.chance(0.3))
    if op == 'UnicodeScript':
        return Case(op, [ids(draw, s, 0, 0x2ffff, 'int32')])
    if op == 'UnicodeTranscode':
        return Case(op, [words(draw, s)], dict(input_encoding=encoding, output_encoding=draw.one_of('UTF-8', 'UTF-16-BE', 'UTF-32-BE'), **common))
    if op in ('UnicodeDecode', 'UnicodeDecodeWithOffsets'):
        return Case(op, [words(draw, (draw.randint(0, 4),))], dict(input_encoding=encoding, Tsplits=draw.one_of('int32', 'int64'), **common))
    if op == 'UnicodeEncode':
        n = draw.randint(1, 4)
        splits = np.concatenate([[0], np.cumsum(draw.numpy.randint(0, 4, n))])
        points = lit('int32', [draw.one_of(65, 0xe9, 0x4e2d, 0x1f600, 0, 0xd800, 0x10ffff, 0x110000, -1) for _ in range(splits[-1])], (int(splits[-1]),))
        return Case(op, [points, lit(draw.one_of('int32', 'int64'), splits)], dict(errors=errors, replacement_char=common['replacement_char'], output_encoding=draw.one_of('UTF-8', 'UTF-16-BE', 'UTF-32-BE')))
    if op == 'DecodeRaw':
        t = a_type(draw, op, 'out_type', but=('bool', 'string', 'resource', 'variant'))
        n = np.dtype(numpy_dtype(t)).itemsize * draw.randint(0, 3)
        return Case(op, [lit('string', [draw.numpy.bytes(n) or b'' for _ in range(int(np.prod(s)))], s) if np.prod(s) else words(draw, s)], dict(out_type=t, little_endian=draw.chance(0.5)))
    if op == 'DecodePaddedRaw':
        t = a_type(draw, op, 'out_type', but=('bool', 'string', 'resource', 'variant'))
        size = np.dtype(numpy_dtype(t)).itemsize * draw.randint(1, 3)
        raw = np.empty(3, dtype=object)
        raw[:] = [draw.numpy.bytes(draw.randint(0, size)) for _ in range(3)]
        return Case(op, [Literal('string', raw), one('int32', size)], dict(out_type=t, little_endian=draw.chance(0.5)))
    if op == 'DecodeCSV':
        kinds = [draw.one_of('int32', 'int64', 'float32', 'float64', 'string') for _ in range(draw.randint(1, 4))]
        delim = draw.one_of(',', ';', '|')

        def cell(t):
            return draw.one_of('', 'NA', *(('5', '-7', ' 8') if t.startswith('int') else ('1.5', '-2e3', 'nan') if t.startswith('f') else ('ab', '"q"', '"a""b"', f'"x{delim}y"', 'z z')))
        lines = [delim.join(cell(t) for t in kinds).encode() for _ in range(draw.randint(1, 3))]
        defaults = [numbers(draw, t, draw.one_of((), (1,), (0,) if draw.chance(0.2) else (1,)), 'small') for t in kinds]
        chosen = sorted(draw.sample(range(len(kinds)), draw.randint(1, len(kinds)))) if draw.chance(0.3) else []
        return Case(op, [words(draw, (len(lines),), lines), [defaults[i] for i in chosen] if chosen else defaults],
                    dict(field_delim=delim, use_quote_delim=draw.chance(0.8), na_value=draw.one_of('', 'NA'), select_cols=chosen))
    if op == 'DecodeCompressed':
        kind = draw.one_of('', 'ZLIB', 'GZIP')
        pool = [t.encode() * draw.randint(1, 40) for t in TEXTS]
        if kind:
            pool = [zlib.compress(p) if kind == 'ZLIB' else gzip.compress(p, mtime=0) for p in pool]
        return Case(op, [words(draw, s, pool)], dict(compression_type=kind))
    if op == 'UnsortedSegmentJoin':
        lead = dims(draw, 1, 3, 12)
        rank = draw.randint(1, len(lead))
        n = draw.randint(1, 4)
        return Case(op, [words(draw, lead), ids(draw, lead[:rank], -1 if draw.chance(0.2) else 0, n - 1), one(draw.one_of('int32', 'int64'), n)], dict(separator=draw.one_of('', '/')))
    if op == 'Fingerprint':
        t = a_type(draw, op)
        return Case(op, [numbers(draw, t, dims(draw, 1, 4, 40, 0)), one('string', b'farmhash64')])
    if op == 'EditDistance':
        t = a_type(draw, op)
        pool = numbers(draw, t, (3,), 'small')
        pick = lambda n: Literal(t, pool.array[draw.numpy.randint(0, 3, n)])
        rows_ = draw.randint(1, 3)
        a, b = ([(r, c) for r in range(rows_) for c in range(draw.randint(0, 4))] for _ in range(2))
        return Case(op, [lit('int64', a, (len(a), 2)), pick(len(a)), lit('int64', [rows_, 5]), lit('int64', b, (len(b), 2)), pick(len(b)), lit('int64', [rows_, 5])], fill(draw, op))
    n = draw.randint(0, 3)
    docs = [json_.dumps({'features': {'feature': {'a': draw.one_of({'int64List': {'value': [1, '2']}}, {'floatList': {'value': [1.5, 'NaN']}}, {'bytesList': {'value': ['YWI=']}})}}}).encode() for _ in range(3)]
    return Case('DecodeJSONExample', [words(draw, (n,), docs)])


def example(draw, spec, sequence=False):
    """spec: {name: (kind, counts)}; a serialized Example with features missing at times."""
    feature = {}
    for name, (kind, count) in spec.items():
        count = count if isinstance(count, int) else draw.randint(0, 3)
        if kind == 'int64':
            feature[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[draw.randint(-9, 9) for _ in range(count)]))
        elif kind == 'float32':
            feature[name] = tf.train.Feature(float_list=tf.train.FloatList(value=[draw.uniform(-2, 2) for _ in range(count)]))
        else:
            feature[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[draw.choice([b'', b'ab', b'\xff']) for _ in range(count)]))
    return feature


@tests('ParseExample', 'ParseExampleV2', 'ParseSingleExample', 'ParseSequenceExample', 'ParseSequenceExampleV2', 'ParseSingleSequenceExample')
def examples(draw, op):
    kinds = ['int64', 'float32', 'string']
    dense = {f'd{i}': (draw.choice(kinds), draw.one_of((), (1,), (2,), (2, 2))) for i in range(draw.randint(0, 3))}
    loose = {f's{i}': draw.choice(kinds) for i in range(draw.randint(0, 2))}
    ragged = {f'r{i}': draw.choice(kinds) for i in range(draw.randint(0, 2))} if op.endswith('V2') else {}
    if 'Sequence' in op:
        return sequences(draw, op, dense, loose, ragged)
    full = {**{k: (t, int(np.prod(s))) for k, (t, s) in dense.items()}, **{k: (t, None) for k, t in {**loose, **ragged}.items()}}
    defaulted = {k for k in dense if draw.chance(0.5)}

    def record_():
        some = {k: v for k, v in full.items() if not (k in defaulted or k in loose or k in ragged) or draw.chance(0.7)}
        return tf.train.Example(features=tf.train.Features(feature=example(draw, some))).SerializeToString(deterministic=True)
    n = draw.randint(0, 3)
    defaults = [numbers(draw, t, s if k in defaulted else (0,), 'small') for k, (t, s) in dense.items()]
    shapes = [s for _, s in dense.values()]
    strings = lambda names: lit('string', [k.encode() for k in names], (len(names),))
    if op == 'ParseSingleExample':
        return Case(op, [one('string', record_()), defaults], dict(num_sparse=len(loose), sparse_keys=list(loose), dense_keys=list(dense), sparse_types=list(loose.values()), Tdense=[t for t, _ in dense.values()],
                                                                    dense_shapes=shapes))
    x = words(draw, (n,), [record_() for _ in range(4)])
    names = lit('string', [], (0,))
    if op == 'ParseExample':
        return Case(op, [x, names, [one('string', k.encode()) for k in loose], [one('string', k.encode()) for k in dense], defaults],
                    dict(Nsparse=len(loose), Ndense=len(dense), sparse_types=list(loose.values()), Tdense=[t for t, _ in dense.values()], dense_shapes=shapes))
    if draw.chance(0.3):
        x = one('string', record_())
    return Case(op, [x, names, strings(loose), strings(dense), strings(ragged), defaults],
                dict(num_sparse=len(loose), sparse_types=list(loose.values()), Tdense=[t for t, _ in dense.values()], ragged_value_types=list(ragged.values()),
                     ragged_split_types=[draw.one_of('int32', 'int64') for _ in ragged], dense_shapes=shapes))


def sequences(draw, op, dense, loose, ragged):
    kinds = ['int64', 'float32', 'string']
    lists = {f'l{i}': (draw.choice(kinds), draw.one_of((), (2,))) for i in range(draw.randint(0, 2))}
    free = {f'f{i}': draw.choice(kinds) for i in range(draw.randint(0, 2))}
    more = {f'g{i}': draw.choice(kinds) for i in range(draw.randint(0, 1))} if op.endswith('V2') else {}
    defaulted = {k for k in dense if draw.chance(0.5)}

    def record_():
        context = example(draw, {**{k: (t, int(np.prod(s))) for k, (t, s) in dense.items() if k not in defaulted or draw.chance(0.6)}, **{k: (t, None) for k, t in {**loose, **ragged}.items() if draw.chance(0.7)}})
        steps = {}
        for k, (t, s) in lists.items():
            steps[k] = [(t, int(np.prod(s)))] * draw.randint(0, 3)
        for k, t in {**free, **more}.items():
            if draw.chance(0.8):
                steps[k] = [(t, None)] * draw.randint(0, 3)
        made = {k: tf.train.FeatureList(feature=[example(draw, {'x': v})['x'] for v in vs]) for k, vs in steps.items()}
        return tf.train.SequenceExample(context=tf.train.Features(feature=context), feature_lists=tf.train.FeatureLists(feature_list=made)).SerializeToString(deterministic=True)
    defaults = [numbers(draw, t, s if k in defaulted else (0,), 'small') for k, (t, s) in dense.items()]
    attrs = dict(context_sparse_types=list(loose.values()), Tcontext_dense=[t for t, _ in dense.values()], feature_list_dense_types=[t for t, _ in lists.values()],
                 context_dense_shapes=[s for _, s in dense.values()], feature_list_sparse_types=list(free.values()), feature_list_dense_shapes=[s for _, s in lists.values()])
    strings = lambda names: lit('string', [k.encode() for k in names], (len(names),))
    scalars = lambda names: [one('string', k.encode()) for k in names]
    may = [k for k in lists if draw.chance(0.5)]
    if op == 'ParseSingleSequenceExample':
        return Case(op, [one('string', record_()), strings(may), scalars(loose), scalars(dense), scalars(free), scalars(lists), defaults, one('string', b'')],
                    dict(attrs, Ncontext_sparse=len(loose), Ncontext_dense=len(dense), Nfeature_list_sparse=len(free), Nfeature_list_dense=len(lists)))
    x = words(draw, (draw.randint(1, 3),), [record_() for _ in range(4)])
    names = lit('string', [], (0,))
    if op == 'ParseSequenceExample':
        return Case(op, [x, names, defaults], dict(attrs, feature_list_dense_missing_assumed_empty=may, context_sparse_keys=list(loose), context_dense_keys=list(dense), feature_list_sparse_keys=list(free),
                                                    feature_list_dense_keys=list(lists), Ncontext_sparse=len(loose), Ncontext_dense=len(dense), Nfeature_list_sparse=len(free), Nfeature_list_dense=len(lists)))
    return Case(op, [x, names, strings(loose), strings(dense), strings(ragged), strings(free), strings(lists), strings(more), lit('bool', [k in may for k in lists], (len(lists),)), defaults],
                dict(attrs, Ncontext_sparse=len(loose), Nfeature_list_sparse=len(free), Nfeature_list_dense=len(lists), context_ragged_value_types=list(ragged.values()),
                     context_ragged_split_types=[draw.one_of('int32', 'int64') for _ in ragged], feature_list_ragged_value_types=list(more.values()),
                     feature_list_ragged_split_types=[draw.one_of('int32', 'int64') for _ in more]))


@tests('ScalarSummary', 'HistogramSummary', 'ImageSummary', 'AudioSummary', 'AudioSummaryV2', 'TensorSummary', 'TensorSummaryV2', 'MergeSummary')
def summaries(draw, op):
    if op == 'ScalarSummary':
        s = dims(draw, 0, 3, 8, 0.02)
        return Case(op, [words(draw, s, [b'a', b'b/c', b'']), numbers(draw, a_type(draw, op), s)])
    if op == 'HistogramSummary':
        return Case(op, [one('string', b'h'), numbers(draw, a_type(draw, op), dims(draw, 0, 3, 60), draw.one_of('calm', 'vast', 'same', 'small'))])
    if op == 'ImageSummary':
        t = a_type(draw, op)
        bad = lit('uint8', [255, 0, 0, 255])
        return Case(op, [one('string', b'i'), numbers(draw, t, (draw.randint(1, 4), draw.randint(1, 6), draw.randint(1, 6), draw.one_of(1, 3, 4)), 'calm' if t in FLOATS else None)],
                    dict(max_images=draw.randint(1, 3), bad_color=tf.compat.v1.AttrValue(tensor=tf.make_tensor_proto(np.array(bad.array)))) if draw.chance(0.5) else dict(max_images=draw.randint(1, 3)))
    if op.startswith('Audio'):
        s = (draw.randint(1, 3), draw.randint(0, 9)) + ((draw.randint(1, 3),) if draw.chance(0.6) else ())
        x = uniform(draw, 'float32', s, -1.3, 1.3)
        if op.endswith('V2'):
            return Case(op, [one('string', b'a'), x, one('float32', 8000.0)], dict(max_outputs=draw.randint(1, 3)))
        return Case(op, [one('string', b'a'), x], dict(sample_rate=16000.0, max_outputs=draw.randint(1, 3)))
    if op == 'TensorSummary':
        return Case(op, [numbers(draw, a_type(draw, op), dims(draw, 0, 4, 20))], dict(description=draw.one_of('', 'd'), display_name=draw.one_of('', 'n')))
    if op == 'TensorSummaryV2':
        meta = tf.compat.v1.SummaryMetadata(display_name='x').SerializeToString()
        return Case(op, [one('string', b't'), numbers(draw, a_type(draw, op), dims(draw, 0, 4, 20)), one('string', draw.one_of(b'', meta))])
    made = [tf.compat.v1.Summary(value=[tf.compat.v1.Summary.Value(tag=draw.one_of('p', 'q', 'r', 's') + str(i), simple_value=i)]).SerializeToString() for i in range(4)]
    return Case(op, [[words(draw, (draw.randint(0, 2),), made) for _ in range(draw.randint(1, 3))]])
