"""Rows of strings, parsing, encodings and hashes."""
import base64
import gzip
import zlib

from rows import *
import tensorflow as tf


def texts(draw, shape, pool=None):
    pool = pool or BYTES + ['Z\u00fcrich \u6771\u4eac'.encode(), b'the quick brown fox', b'a-b_c.d', b'\r\nline\r\n', b'::', b'key=val;k2=v2', 'e\u0301'.encode()]
    flat = np.empty(int(np.prod(shape)), dtype=object)
    flat[:] = [draw.choice(pool) for _ in range(flat.size)]
    return Literal('string', flat.reshape(shape))


def word(value):
    return lit('string', value, ())


@row('StringLength', 'StringLower', 'StringUpper', 'StringStrip', 'EncodeBase64', 'StringToHashBucket', 'StringToHashBucketFast', 'StringToHashBucketStrong')
def simple(draw, op):
    x, attrs = texts(draw, sizes(draw, 0, 4, 40)), {}
    if op == 'StringLength':
        attrs['unit'] = draw.one_of('BYTE', 'UTF8_CHAR')
    if op in ('StringLower', 'StringUpper'):
        attrs['encoding'] = draw.one_of('', 'utf-8')
    if op == 'EncodeBase64':
        attrs['pad'] = draw.chance(0.5)
    if 'Hash' in op:
        attrs['num_buckets'] = draw.one_of(1, 2, 97, 1 << 31, (1 << 62) + 1)
    if op.endswith('Strong'):
        attrs['key'] = [draw.randint(-5, 1 << 40), draw.randint(0, 9)]
    return Case(op, [x], attrs)


@row('DecodeBase64', 'StringToNumber')
def decode(draw, op):
    shape = sizes(draw, 0, 3, 12)
    if op == 'DecodeBase64':
        pool = [base64.urlsafe_b64encode(bytes(draw.numpy.randint(0, 256, n).astype(np.uint8))) for n in range(9)]
        pool = [p.rstrip(b'=') if draw.chance(0.5) else p for p in pool] + ([b'a', b'ab=', b'a+b/', b'ab cd'] if draw.chance(0.15) else [])
        return Case(op, [texts(draw, shape, pool)])
    good = [b'0', b'-0', b'12', b'-7', b' 5 ', b'+8', b'007', b'2147483647', b'-2147483648', b'1', b'99']
    t = dtype(draw, op, 'out_type')
    if t in FLOATS:
        good += [b'1e5', b'.5', b'5.', b'nan', b'-inf', b'1e-40', b'1e39', b'0x1p3', b'3.14159265358979', b'INFINITY', b'-1.5E-3']
    if draw.chance(0.25):
        good += [b'', b'x', b'1 2', b'4294967296', b'1e', b'--1', b'9223372036854775808', b'-1', b'0x', b'1.5.2', b'1\x00']
    return Case(op, [texts(draw, shape, good)], dict(out_type=t))


@row('Substr')
def substr(draw, op):
    a, b = two_sides(draw, 0, 3)
    t = draw.one_of('int32', 'int64')
    words = texts(draw, a, [b'hello world', b'abcdef', 'h\u00e9llo \u4e16\u754c'.encode(), b'\xff\xfea\x00bcd', b'longer than the rest'])
    limit = 5 if draw.chance(0.8) else 12
    return Case(op, [words, draw.ints(t, b, -limit + 1, limit - 1), draw.ints(t, b, 0, 9)], dict(unit=draw.one_of('BYTE', 'UTF8_CHAR')))


@row('StringJoin', 'StringFormat', 'ReduceJoin', 'UnsortedSegmentJoin')
def join(draw, op):
    shape = sizes(draw, 0, 3, 24)
    if op == 'StringJoin':
        return Case(op, [[texts(draw, shape if draw.chance(0.7) else ()) for _ in range(draw.randint(1, 4))]], dict(separator=draw.one_of('', ',', '--')))
    if op == 'StringFormat':
        kinds = ['float32', 'int32', 'string', 'bool', 'float64', 'int64', 'uint8', 'float16', 'complex64']
        parts = [elements(draw, draw.choice(kinds), sizes(draw, 0, 3, 30), 'ties' if draw.chance(0.5) else None) for _ in range(draw.randint(0, 3))]
        parts = [texts(draw, p.array.shape, [b'a', b'b c', b'']) if p.dtype == 'string' else p for p in parts]
        return Case(op, [parts], dict(template='<' + '{}|' * len(parts) + '>', placeholder='{}', summarize=draw.one_of(3, 1, 2, -1)))
    if op == 'ReduceJoin':
        axes = draw.permuted(len(shape))[:draw.randint(0, len(shape))]
        return Case(op, [texts(draw, shape), lit('int32', [a - len(shape) if draw.chance(0.3) else a for a in axes], (len(axes),))],
                    dict(keep_dims=draw.chance(0.5), separator=draw.one_of('', '-')))
    shape = sizes(draw, 1, 2, 12)
    ids = shape[:draw.randint(1, len(shape))]
    kind, count = draw.one_of('int32', 'int64'), draw.one_of('int32', 'int64')
    return Case(op, [texts(draw, shape), draw.ints(kind, ids, -1 if draw.chance(0.3) else 0, 3), lit(count, draw.randint(4, 6), ())], dict(separator=draw.one_of('', ':')))


PATTERNS = [r'\w+', r'[^\w]', r'(a|b)+', r'^.', r'.$', r'\d{1,2}', r'(?i)HE', r'(\w)(\w)', r'', r'x*', r'\bfox\b', r'[\xc3]', r'(?s).*', r'a{0}', r'(?P<n>o)', r'\pN', r'[[:alpha:]]+', r'(?U)a+', r'\x00', r'(?m)^l', r'\Q.\E']


@row('RegexReplace', 'RegexFullMatch', 'StaticRegexReplace', 'StaticRegexFullMatch')
def regex(draw, op):
    x, pattern = texts(draw, sizes(draw, 0, 3, 20)), draw.choice(PATTERNS)
    rewrite = draw.one_of('', '_', r'\0\0', r'[\1]', r'\\', 'z') if '(' in pattern[:2] or draw.chance(0.5) else '_'
    if op == 'RegexFullMatch':
        return Case(op, [x, word(pattern.encode())])
    if op == 'StaticRegexFullMatch':
        return Case(op, [x], dict(pattern=pattern))
    attrs = dict(replace_global=draw.chance(0.5))
    if op == 'RegexReplace':
        return Case(op, [x, word(pattern.encode()), word(rewrite.encode())], attrs)
    return Case(op, [x], dict(attrs, pattern=pattern, rewrite=rewrite))


@row('StringSplit', 'StringSplitV2', 'StringNGrams')
def splits(draw, op):
    x = texts(draw, (draw.randint(0, 6),))
    if op == 'StringSplit':
        return Case(op, [x, word(draw.one_of(b'', b' ', b'a', b' ,-', b'::'))], dict(skip_empty=draw.chance(0.5)))
    if op == 'StringSplitV2':
        return Case(op, [x, word(draw.one_of(b'', b' ', b'a', b'::', b'o w'))], dict(maxsplit=draw.one_of(-1, 0, 1, 2, 5)))
    n = x.array.size
    splits_ = np.sort(draw.numpy.randint(0, n + 1, draw.randint(0, 3)))
    t = draw.one_of('int32', 'int64')
    return Case(op, [x, lit(t, [0, *splits_, n])], dict(separator=draw.one_of(' ', '', '|'), ngram_widths=draw.one_of([1], [2], [1, 3], [2, 4], [5]),
                                                     left_pad=draw.one_of('', '<s>'), right_pad=draw.one_of('', '</s>'), pad_width=draw.one_of(-1, 0, 1, 3),
                                                     preserve_short_sequences=draw.chance(0.5)))


@row('UnicodeDecode', 'UnicodeDecodeWithOffsets', 'UnicodeTranscode', 'UnicodeScript', 'UnicodeEncode')
def unicode_row(draw, op):
    errors = dict(errors=draw.one_of('replace', 'replace', 'ignore', 'strict'), replacement_char=draw.one_of(65533, 63, 0x1F600), )
    if op == 'UnicodeScript':
        return Case(op, [draw.ints('int32', sizes(draw, 0, 3, 40), -1, draw.one_of(200, 0x3000, 0x11FFFF))])
    if op == 'UnicodeEncode':
        n, t = draw.randint(0, 9), draw.one_of('int32', 'int64')
        cut = np.sort(draw.numpy.randint(0, n + 1, draw.randint(0, 3)))
        codes = draw.ints('int32', (n,), 1, draw.one_of(127, 0xFFFF, 0x10FFFF))
        return Case(op, [codes, lit(t, [0, *cut, n])], dict(errors, output_encoding=draw.one_of('UTF-8', 'UTF-16-BE', 'UTF-32-BE')))
    attrs = dict(errors, input_encoding=draw.one_of('UTF-8', 'UTF-8', 'UTF-16-BE', 'UTF-32-BE', 'US-ASCII', 'ISO-8859-1', 'UTF-16LE', 'windows-1252', 'ISO-8859-15'),
                 replace_control_characters=draw.chance(0.3))
    if op == 'UnicodeTranscode':
        attrs['output_encoding'] = draw.one_of('UTF-8', 'UTF-16-BE', 'UTF-32-BE')
    else:
        attrs['Tsplits'] = draw.one_of('int32', 'int64')
    return Case(op, [texts(draw, sizes(draw, 0, 2, 12))], attrs)


@row('DecodeRaw', 'DecodePaddedRaw', 'DecodeCompressed')
def raw(draw, op):
    if op == 'DecodeCompressed':
        kind = draw.one_of('', 'GZIP', 'ZLIB')
        pool = [b'', b'abc', b'\x00' * 40, b'hello' * 9]
        pool = [{'': lambda b: b, 'GZIP': gzip.compress, 'ZLIB': zlib.compress}[kind](p) for p in pool] + ([b'broken'] if draw.chance(0.1) else [])
        return Case(op, [texts(draw, sizes(draw, 0, 2, 6), pool)], dict(compression_type=kind))
    t = dtype(draw, op, 'out_type', but=('bool',))
    width = numpy_dtype(t).itemsize
    n = draw.randint(0, 4)
    shape = sizes(draw, 0, 2, 6)
    attrs = dict(out_type=t, little_endian=draw.chance(0.6))
    if op == 'DecodeRaw':
        ragged = draw.chance(0.1)
        pool = [draw.numpy.bytes(width * n + (ragged and draw.randint(0, 2))) for _ in range(3)]
        x = texts(draw, shape, pool)
    else:
        x = texts(draw, shape, [draw.numpy.bytes(draw.randint(0, 9)) for _ in range(4)])
    if t in FLOATS + COMPLEX:
        x = texts(draw, shape, [np.array(draw.numpy.uniform(-9, 9, n)).astype(numpy_dtype(t) if t not in COMPLEX else np.complex64).astype(numpy_dtype(t)).tobytes() for _ in range(3)])
        attrs['little_endian'] = True
    return Case(op, [x] if op == 'DecodeRaw' else [x, lit('int32', draw.randint(1, 4) * width, ())], attrs)


@row('DecodeCSV')
def csv(draw, op):
    kinds = [draw.one_of('float32', 'float64', 'int32', 'int64', 'string') for _ in range(draw.randint(1, 4))]
    delimiter = draw.one_of(',', ';', '\t')
    field = {'string': ['a', '', '"q"', '"a, b"', '"x""y"', 'two words'], 'int32': ['1', '-5', '', ' 7'], 'int64': ['1', '99999999999', ''],
             'float32': ['1.5', '-2', '', '1e3', 'nan'], 'float64': ['1.25', '', '-1e-300']}
    shape = sizes(draw, 0, 2, 6)
    lines = np.empty(int(np.prod(shape)), dtype=object)
    lines[:] = [delimiter.join(draw.choice(field[k]) for k in kinds).encode() for _ in range(lines.size)]
    if draw.chance(0.1) and lines.size:
        lines[0] += b',extra'
    defaults = [draw.one_of(lit(k, [b'd' if k == 'string' else 3]), lit(k, [], (0,)) if draw.chance(0.3) else lit(k, [b'' if k == 'string' else -1], draw.one_of((1,), ()))) for k in kinds]
    return Case(op, [Literal('string', lines.reshape(shape)), defaults], dict(field_delim=delimiter, use_quote_delim=draw.chance(0.8), na_value=draw.one_of('', 'nan', 'a')))


def feature(draw, kind, n):
    if kind == 'string':
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[draw.choice(BYTES) for _ in range(n)]))
    if kind == 'int64':
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[draw.randint(-2**62, 2**62) if draw.chance(0.2) else draw.randint(-5, 300) for _ in range(n)]))
    return tf.train.Feature(float_list=tf.train.FloatList(value=[draw.uniform(-9, 9) for _ in range(n)]))


@row('ParseExampleV2', 'ParseExample', 'ParseSingleExample')
def example(draw, op):
    kinds = ['float32', 'int64', 'string']
    sparse = [draw.choice(kinds) for _ in range(draw.randint(0, 2))]
    dense = [(draw.choice(kinds), draw.one_of((), (1,), (2,), (2, 2), (0,)), draw.chance(0.5)) for _ in range(draw.randint(0, 2))]
    ragged = [(draw.choice(kinds), draw.one_of('int32', 'int64')) for _ in range(draw.randint(0, 2))] if op == 'ParseExampleV2' else []
    if not (sparse or dense or ragged):
        sparse = ['int64']
    single = op == 'ParseSingleExample' or (op == 'ParseExampleV2' and draw.chance(0.3))
    n = 1 if single else draw.randint(0, 4)
    lines = []
    for _ in range(n):
        have = {}
        for i, k in enumerate(sparse):
            if draw.chance(0.8):
                have[f's{i}'] = feature(draw, k, draw.randint(0, 3))
        for i, (k, shape, default) in enumerate(dense):
            if not default or draw.chance(0.6):
                have[f'd{i}'] = feature(draw, k, int(np.prod(shape)) + draw.chance(0.03))
        for i, (k, _) in enumerate(ragged):
            if draw.chance(0.8):
                have[f'r{i}'] = feature(draw, k, draw.randint(0, 3))
        have['other'] = feature(draw, 'int64', 2)
        lines.append(tf.train.Example(features=tf.train.Features(feature=have)).SerializeToString())
    data = word(lines[0]) if single else lit('string', lines, (n,))
    defaults = [elements(draw, k, shape, 'plain') if default else lit(k, [], (0,)) for k, shape, default in dense]
    s, d, r = [f's{i}' for i in range(len(sparse))], [f'd{i}' for i in range(len(dense))], [f'r{i}' for i in range(len(ragged))]
    shapes = [shape for _, shape, _ in dense]
    if op == 'ParseSingleExample':
        return Case(op, [data, defaults], dict(num_sparse=len(s), sparse_keys=s, sparse_types=sparse, dense_keys=d, dense_shapes=shapes, Tdense=[k for k, _, _ in dense]))
    names = lit('string', [], (0,))
    if op == 'ParseExample':
        return Case(op, [data, names, [const(word(x.encode())) for x in s], [const(word(x.encode())) for x in d], defaults],
                    dict(Nsparse=len(s), Ndense=len(d), sparse_types=sparse, dense_shapes=shapes, Tdense=[k for k, _, _ in dense]))
    return Case(op, [data, names, lit('string', [x.encode() for x in s], (len(s),)), lit('string', [x.encode() for x in d], (len(d),)),
                     lit('string', [x.encode() for x in r], (len(r),)), defaults],
                dict(num_sparse=len(s), sparse_types=sparse, ragged_value_types=[k for k, _ in ragged], ragged_split_types=[t for _, t in ragged], dense_shapes=shapes,
                     Tdense=[k for k, _, _ in dense]))


@row('SerializeTensor', 'ParseTensor')
def tensor_bytes(draw, op):
    t = draw.one_of(*FLOATS, 'int8', 'uint16', 'int64', 'bool', 'complex64', 'string', 'uint64')
    x = elements(draw, t, sizes(draw, 0, 4, 60))
    if op == 'SerializeTensor':
        return Case(op, [x])
    data = tf.io.serialize_tensor(tf.constant(x.array)).numpy()
    return Case(op, [word(data[:-1] if draw.chance(0.05) else data)], dict(out_type=t if draw.chance(0.95) else 'int16'))


@row('EncodePng', 'DecodePng', 'DecodeImage', 'DecodeBmp', 'DecodeGif', 'DecodeJpeg')
def pictures(draw, op):
    c = draw.one_of(1, 2, 3, 4)
    t = draw.one_of('uint8', 'uint16')
    shape = (draw.randint(1, 9), draw.randint(1, 12), c)
    if op == 'EncodePng':
        data = elements(draw, t, shape, 'wide')

        def there_and_back(g):
            return [tf.raw_ops.DecodePng(contents=tf.raw_ops.EncodePng(image=g.feed(data), compression=draw_level), dtype=t)]
        draw_level = draw.one_of(-1, 0, 6, 9)
        return GraphCase(f'EncodePng {t} {shape} {draw_level}', there_and_back)
    if op in ('DecodePng', 'DecodeImage'):
        data = tf.io.encode_png(draw.numpy.randint(0, 255, shape).astype(t)).numpy()
        out = draw.one_of('uint8', 'uint16')
        channels = draw.one_of(0, 1, 3, 4)
        if op == 'DecodePng':
            return Case(op, [word(data)], dict(channels=channels, dtype=out))
        return Case(op, [word(data)], dict(channels=channels, dtype=draw.one_of('uint8', 'uint16', 'float32'), expand_animations=draw.chance(0.5)))
    if op == 'DecodeJpeg':
        picture = np.kron(draw.numpy.randint(0, 255, (draw.randint(1, 3), draw.randint(1, 4), 1 if c < 3 else 3)), np.ones((7, 6, 1))).astype(np.uint8)
        data = tf.io.encode_jpeg(picture, quality=draw.randint(30, 100), progressive=draw.chance(0.3), chroma_downsampling=draw.chance(0.5)).numpy()
        return Case(op, [word(data)], dict(channels=draw.one_of(0, 1, 3), ratio=draw.one_of(1, 1, 2, 4, 8), fancy_upscaling=draw.chance(0.5), dct_method=draw.one_of('', 'INTEGER_ACCURATE')),
                    atol=2)
    h, w = draw.randint(1, 6), draw.randint(1, 6)
    channels = draw.one_of(3, 4)
    line = -(-w * channels // 4) * 4
    body = draw.numpy.bytes(line * h)
    head = b'BM' + (54 + len(body)).to_bytes(4, 'little') + b'\0' * 4 + (54).to_bytes(4, 'little') + (40).to_bytes(4, 'little')
    head += w.to_bytes(4, 'little') + (h if draw.chance(0.6) else -h).to_bytes(4, 'little', signed=True) + (1).to_bytes(2, 'little') + (8 * channels).to_bytes(2, 'little') + b'\0' * 24
    return Case('DecodeBmp', [word(head + body)], dict(channels=draw.one_of(0, channels)))
