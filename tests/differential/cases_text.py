"""Strings: parts, joins, patterns, numbers, encodings, and bytes read as numbers."""
import base64
import gzip
import zlib

from draw import *
from cases_dsl import kernel_dtypes

TEXTS = [b'hello world', b'a,b,,c', b'', b'  lead\tand trail \n', 'h\u00e9llo \u4e16\u754c'.encode(), b'UPPER lower', b'1.5', b'-3', b'x=1;y=2', b'aaa',
         b'\xff\xfe bad', 'na\u00efve \U0001f600!'.encode(), b'a\x00b', b'foo.bar(baz)', b'\xe2\x82', 'STRA\u00dfE \u0130'.encode(), b'the cat sat']
NUMBERS = [b'1', b'-2.5', b'1e3', b'0', b'007', b' 12 ', b'nan', b'-inf', b'Infinity', b'0x1A', b'1e400', b'', b'1.', b'.5', b'+4', b'1_0', b'9223372036854775807',
           b'9223372036854775808', b'-2147483648', b'2147483648', b'1e-46', b'3.4028236e38', b'12abc', b'1,5', b'4294967295', b'256', b'1e5']
PATTERNS = ['[aeiou]+', 'l', '^h', 'o$', '(\\w+) (\\w+)', '.', '', 'a*', '\\d+(\\.\\d+)?', '(?i)HELLO', '[^a-z]', '\\s', '(a)(b)?', 'x|y', '\\pL+', '\\bcat\\b', '(', '[z-a]', 'a{2,}']
REWRITES = ['', 'X', '<\\0>', '\\1', '\\2-\\1', '\\\\', '$1', '\\9']


def texts(draw, shape=None, pool=TEXTS):
    shape = draw.shape(0, 3, 4) if shape is None else shape
    flat = np.empty(int(np.prod(shape)), dtype=object)
    flat[:] = [draw.choice(pool) for _ in range(flat.size)]
    return Literal('string', flat.reshape(shape))


def scalar(text):
    return Literal('string', np.array(text if isinstance(text, bytes) else text.encode(), dtype=object).reshape(()))


def as_string(draw):
    t = draw.one_of(*kernel_dtypes('AsString'))
    attrs = {}
    if draw.chance(0.4):
        attrs['width'] = draw.one_of(-1, 0, 1, 5, 12)
    if draw.chance(0.3):
        attrs['fill'] = draw.one_of('', '0', ' ', '+', '-', '#', 'x')
    if t in FLOATS or t in COMPLEX:
        if draw.chance(0.5):
            attrs['precision'] = draw.one_of(-1, 0, 1, 3, 10)
        kind = draw.randrange(4)
        if kind:
            attrs[['', 'scientific', 'shortest', 'scientific'][kind]] = True
    elif draw.chance(0.05):
        attrs['precision'] = 2
    x = draw.shape(0, 3)
    scale = draw.one_of(1, 1e-5, 1e6, 1e20)
    return Case('AsString', [draw.tensor(t, x, -scale, scale, edges=0.3) if t in FLOATS and t != 'float16' else draw.tensor(t, x, edges=0.3)], attrs)


def substr(draw):
    x = draw.shape(0, 3, 4)
    p = draw.one_of((), x, draw.broadcastable(x), draw.broadcastable(x))
    t = draw.one_of('int32', 'int64')
    return Case('Substr', [texts(draw, x), draw.tensor(t, p, -3, 4), draw.tensor(t, p, 0, 6)], dict(unit=draw.one_of('BYTE', 'UTF8_CHAR')))


def split(draw):
    if draw.chance(0.4):
        return Case('StringSplit', [texts(draw, (draw.dim(4),)), scalar(draw.one_of('', ' ', ',', 'l ', 'ab'))], dict(skip_empty=draw.chance(0.5)))
    return Case('StringSplitV2', [texts(draw, (draw.dim(4),)), scalar(draw.one_of('', ' ', ',', 'll', 'a'))], dict(maxsplit=draw.one_of(-1, -1, 0, 1, 2)))


def join(draw):
    way = draw.randrange(3)
    if way == 0:
        x = draw.shape(0, 3, 3)
        return Case('StringJoin', [[texts(draw, draw.one_of(x, ())) for _ in range(draw.randint(1, 4))]], dict(separator=draw.one_of('', ',', '--')))
    if way == 1:
        x = draw.shape(1, 4, 3)
        axes = draw.sample(range(len(x)), draw.randint(0, len(x)))
        axes = [a - len(x) * draw.chance(0.3) for a in axes]
        return Case('ReduceJoin', [texts(draw, x), lit('int32', axes, (len(axes),)) if draw.chance(0.8) or not axes else lit('int32', axes[0], ())],
                    dict(keep_dims=draw.chance(0.5), separator=draw.one_of('', '+')))
    x = draw.shape(1, 2, 4, 0)
    segments = draw.randint(1, 4)
    ids = draw.tensor(draw.one_of('int32', 'int64'), x[:draw.randint(1, len(x))], 0, segments - 1)
    return Case('UnsortedSegmentJoin', [texts(draw, x), ids, lit(draw.one_of('int32', 'int64'), segments, ())], dict(separator=draw.one_of('', ', ')))


def regex(draw):
    x, pattern, rewrite = texts(draw), draw.choice(PATTERNS), draw.choice(REWRITES)
    way = draw.randrange(4)
    if way == 0:
        return Case('RegexFullMatch', [x, scalar(pattern)])
    if way == 1:
        return Case('StaticRegexFullMatch', [x], dict(pattern=pattern))
    if way == 2:
        return Case('RegexReplace', [x, scalar(pattern), scalar(rewrite)], dict(replace_global=draw.chance(0.6)))
    return Case('StaticRegexReplace', [x], dict(pattern=pattern, rewrite=rewrite, replace_global=draw.chance(0.6)))


def plain(draw):
    x = texts(draw)
    way = draw.randrange(12)
    if way < 2:
        return Case(['StringLower', 'StringUpper'][way], [x], dict(encoding=draw.one_of('', 'utf-8', 'UTF-8')))
    if way == 2:
        return Case('StringStrip', [x])
    if way == 3:
        return Case('StringLength', [x], dict(unit=draw.one_of('BYTE', 'UTF8_CHAR')))
    if way == 4:
        return Case('StringToHashBucketFast', [x], dict(num_buckets=draw.one_of(1, 2, 97, 2**40)))
    if way == 5:
        return Case('StringToHashBucketStrong', [x], dict(num_buckets=draw.one_of(1, 97, 2**62), key=[draw.randint(-5, 99), draw.randint(0, 2**60)]))
    if way == 6:
        return Case('StringToHashBucket', [x], dict(num_buckets=draw.one_of(1, 97)))
    if way == 7:
        return Case('EncodeBase64', [x], dict(pad=draw.chance(0.5)))
    if way == 8:
        pool = [base64.urlsafe_b64encode(t) for t in TEXTS] + [base64.urlsafe_b64encode(t).rstrip(b'=') for t in TEXTS] + [b'a+b/', b'a', b'ab=c', b'====', b'YQ=']
        return Case('DecodeBase64', [texts(draw, None, pool)])
    if way == 9:
        return Case('StringToNumber', [texts(draw, None, [draw.choice(NUMBERS)] if draw.chance(0.7) else NUMBERS)], dict(out_type=draw.one_of(*kernel_dtypes('StringToNumber', 'out_type'))))
    if way == 10:
        widths = draw.sample([1, 2, 3, -1], draw.randint(1, 2))
        widths = [w for w in widths if w > 0] or [2]
        lengths = [draw.randint(0, 4) for _ in range(draw.randint(1, 3))]
        splits = draw.one_of('int32', 'int64')
        return Case('StringNGrams', [texts(draw, (sum(lengths),)), lit(splits, np.concatenate([[0], np.cumsum(lengths)]), (len(lengths) + 1,))],
                    dict(separator=draw.one_of(' ', '', '|'), ngram_widths=widths, left_pad=draw.one_of('', '<'), right_pad=draw.one_of('', '>'),
                         pad_width=draw.one_of(-1, 0, 1, 5), preserve_short_sequences=draw.chance(0.5)))
    t = draw.one_of('float32', 'int32', 'bool', 'string', 'float64', 'uint8', 'int64', 'float16')
    return Case('StringFormat', [[draw.tensor(t, draw.shape(0, 3, 7)) for _ in range(2)]],
                dict(template=draw.one_of('{} and {}', 'x{}{}', '{}\n{}'), placeholder='{}', summarize=draw.one_of(3, 1, 0, -1, 20)))


ENCODINGS = ['UTF-8', 'UTF-16-BE', 'UTF-32-BE']


def encoded(draw, encoding):
    python = {'UTF-8': 'utf-8', 'UTF-16-BE': 'utf-16-be', 'UTF-32-BE': 'utf-32-be'}.get(encoding, 'latin-1')
    good = ['h\u00e9llo', '', '\u4e16\u754c', 'a\U0001f600b', 'x\x07y', '\ufffd']
    return [g.encode(python, 'replace') for g in good] + [b'\xff\xfe\x00', b'\xd8\x00\x00a', b'\xe2\x82', b'\xc0\x80', b'a\x80b']


def unicode(draw):
    way = draw.randrange(5)
    errors, char = draw.one_of('replace', 'replace', 'ignore', 'strict'), draw.one_of(65533, 63, 0x4e16)
    if way < 2:
        encoding = draw.one_of(*ENCODINGS, 'ISO-8859-1', 'US-ASCII', 'utf8', 'UTF-16-LE')
        op = ['UnicodeDecode', 'UnicodeDecodeWithOffsets'][way]
        return Case(op, [texts(draw, draw.shape(1, 2, 4), encoded(draw, encoding))],
                    dict(input_encoding=encoding, errors=errors, replacement_char=char, replace_control_characters=draw.chance(0.4), Tsplits=draw.one_of('int32', 'int64')))
    if way == 2:
        lengths = [draw.randint(0, 4) for _ in range(draw.randint(1, 3))]
        points = draw.tensor('int32', (sum(lengths),), 0, 300)
        for i in range(points.array.size):
            if draw.chance(0.3):
                points.array[i] = draw.one_of(0x1f600, 0xd800, 0x10ffff, 0x110000, -1, 0xfffd, 0x4e16)
        return Case('UnicodeEncode', [points, lit(draw.one_of('int32', 'int64'), np.concatenate([[0], np.cumsum(lengths)]))],
                    dict(output_encoding=draw.one_of(*ENCODINGS), errors=errors, replacement_char=char))
    if way == 3:
        encoding = draw.one_of(*ENCODINGS, 'ISO-8859-1', 'US-ASCII', 'windows-1252')
        return Case('UnicodeTranscode', [texts(draw, None, encoded(draw, encoding))],
                    dict(input_encoding=encoding, output_encoding=draw.one_of(*ENCODINGS), errors=errors, replacement_char=char, replace_control_characters=draw.chance(0.4)))
    return Case('UnicodeScript', [draw.tensor('int32', draw.shape(0, 2), draw.one_of(0, -5), draw.one_of(300, 70000, 0x110005))])


def raw(draw):
    way = draw.randrange(4)
    if way == 0:
        t = draw.one_of(*kernel_dtypes('DecodeRaw', 'out_type'))
        size = numpy_dtype(t).itemsize
        n = draw.randint(0, 4) * size + (draw.chance(0.1) and 1)
        pool = [bytes(draw.randrange(256) if t != 'bool' else draw.randrange(2) for _ in range(n)) for _ in range(4)]
        return Case('DecodeRaw', [texts(draw, draw.shape(0, 3, 3), pool)], dict(out_type=t, little_endian=draw.chance(0.6)))
    if way == 1:
        t = draw.one_of(*kernel_dtypes('DecodePaddedRaw', 'out_type'))
        size = numpy_dtype(t).itemsize
        pool = [bytes(draw.randrange(256) for _ in range(draw.randint(0, 5) * size + (draw.chance(0.1) and 1))) for _ in range(4)]
        length = draw.one_of(size, 2 * size, 3 * size, 4 * size, 6 * size, size + 1, 0)
        return Case('DecodePaddedRaw', [texts(draw, draw.shape(0, 3, 3), pool), lit('int32', length, ())], dict(out_type=t, little_endian=draw.chance(0.6)))
    if way == 2:
        kind = draw.one_of('', 'ZLIB', 'GZIP')
        pack = {'': lambda t: t, 'ZLIB': zlib.compress, 'GZIP': lambda t: gzip.compress(t, mtime=0)}[kind]
        return Case('DecodeCompressed', [texts(draw, None, [pack(t) for t in TEXTS] + ([b'rubbish'] if draw.chance(0.1) else []))], dict(compression_type=kind))
    types = [draw.one_of('float32', 'float64', 'int32', 'int64', 'string') for _ in range(draw.randint(1, 4))]
    delimiter = draw.one_of(',', ';', '\t', ' ')
    quote = draw.chance(0.7)

    def cell(t):
        if draw.chance(0.15):
            return draw.one_of('', 'NA', '  ')
        if t == 'string':
            return draw.one_of('abc', '"a,b"', '"say ""hi"""', 'x y', '', '"', ' "q"', 'a"b', '"multi\nline"', '"x"y') if draw.chance(0.6) else 'plain'
        if t in ('int32', 'int64'):
            return draw.one_of('1', '-7', '+3', '2147483647', '2147483648' if draw.chance(0.2) else '5', '1.5' if draw.chance(0.1) else '6', ' 4')
        return draw.one_of('1.5', '-2', '1e3', 'nan', 'inf', '.5', ' 3 ', '1e39' if draw.chance(0.3) else '2')
    lines = [delimiter.join(cell(t) for t in types).encode() for _ in range(6)]
    defaults = []
    for t in types:
        kind = draw.randrange(3)
        value = lit(t, [b'dflt'] if t == 'string' else [9]) if kind else lit(t, [], (0,))
        defaults.append(draw.one_of(value, value if kind == 0 else lit(t, b'd' if t == 'string' else 8, ())))
    select = sorted(draw.sample(range(len(types)), draw.randint(1, len(types)))) if draw.chance(0.3) else []
    return Case('DecodeCSV', [texts(draw, draw.shape(0, 2, 3), lines), [defaults[i] for i in select] or defaults],
                dict(field_delim=delimiter, use_quote_delim=quote, na_value=draw.one_of('', 'NA'), select_cols=select))


def case(draw):
    return draw.choices((as_string, substr, split, join, regex, plain, unicode, raw), (3, 2, 2, 2, 3, 6, 4, 6))[0](draw)
