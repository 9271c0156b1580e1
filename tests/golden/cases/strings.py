"""Strings: numbers as text and back, lengths, parts, joins, n-grams, base64, raw bytes, distances, fingerprints."""
from cases_dsl import *

UTF8 = dict(unit='UTF8_CHAR')
ODD = [b'', b'a', b'hello', 'aéb漢c😀'.encode(), b'\x80\x80a\xe9b\xff', b'\xe9\x80', b'a\0b', b' \t\n\v\f\r x y\0 ', b'\xc2\xa0z\xa0']


def shapes(op, attrs=None, values='string'):
    """A scalar, nothing, several ranks, unknown rank and a constant, for what works on each string."""
    attrs = attrs or {}
    for shape in ((), (0,), (2, 0, 3), (2, 3), (1, 2, 1, 2)):
        yield Case(op, [rand(values, shape)], attrs)
    yield Case(op, [fed(rand(values, (3,)))], attrs)
    yield Case(op, [const(rand(values, (4,)))], attrs)


def to_number():
    reals = ['1', ' 1 ', '\t\n\v\f\r1\r', '+1', '-1', '1.', '.5', '1e5', '1E-5', '-0', '0x1F', '0X1f', '0x1.8p3', '-0x10', '0x.8', 'inf', 'INF',
             '-inf', '+Inf', 'infinity', '-Infinity', 'nan', 'NaN', '-nan', 'nan(1)', 'NAN(_a0)', '1e400', '-1e400', '1e-400', '1e39', '1e-39', '1e-45',
             '3.4028235e38', '3.4028236e38', '0.1234567890123456789012345678901', '1' + '0' * 40, '007', '0x1234567890abcdef1234', '0x1p-1074',
             '1e1000000000000', '1e-1000000000000', '16777217', '16777219', '0.1', '8.5899345920000005e9', '4.9e-324', '2.5e-324', '1.7976931348623159e308',
             '9007199254740993', '1.00000005960464477540', '0x1.000001p0', '1' + ' ' * 40]
    ints = ['1', ' 1 ', '+1', '0', '007', '2147483647', '\t9\n']
    signed = ['-1', '-0', '-2147483648']
    bad = ['', ' ', '- 1', '--1', '+-1', '.', '1e', '1e+', '0x', 'infx', 'in', 'na', 'nan(', 'nan(-)', '1f', '1_0', '1,0', '1\0', '\x001', '1 2', '\xa01', '0x1p',
           '1.5.5', '1d5', '0b1', '-', '+', 'i', 'é', '0x1.8p', '1e5.0', 'e5', '١']
    for t in ('float32', 'float64'):
        yield Case('StringToNumber', [text([s.encode() for s in reals])], dict(out_type=t), exact=True, name=f'StringToNumber {t}')
        yield Case('StringToNumber', [text([repr(i * 1.1e-3 - 7).encode() for i in range(40)])], dict(out_type=t), exact=True, name=f'StringToNumber {t} many')
    edges = {'int32': ['-2147483648'], 'int64': ['2147483648', '9223372036854775807', '-9223372036854775808'],
             'uint32': ['4294967295'], 'uint64': ['18446744073709551615']}
    beyond = {'int32': ['2147483648', '-2147483649', '9' * 30], 'int64': ['9223372036854775808', '-9223372036854775809'],
              'uint32': ['4294967296', '-1', '-0'], 'uint64': ['18446744073709551616', '-1']}
    for t in ('int32', 'int64', 'uint32', 'uint64'):
        values = ints + (signed if t[0] == 'i' else []) + edges[t]
        yield Case('StringToNumber', [text([s.encode() for s in values])], dict(out_type=t), name=f'StringToNumber {t}')
        for s in beyond[t] + ['1.0', '1e5', '0x1F', 'inf']:
            yield Case('StringToNumber', [text([b'1', s.encode()])], dict(out_type=t), error=True)
    for s in bad:
        yield Case('StringToNumber', [text(s.encode())], dict(out_type='float32'), error=True, name=f'StringToNumber bad {s!r} float')
        yield Case('StringToNumber', [text(s.encode())], dict(out_type='int64'), error=True, name=f'StringToNumber bad {s!r} int')
    numbers = [b'%d' % i for i in range(12)]
    for shape in ((), (0,), (3, 4), (1, 2, 3)):
        count = int(np.prod(shape))
        yield Case('StringToNumber', [text(numbers[:count] if shape else numbers[5], shape)], name=f'StringToNumber {shape}')
    yield Case('StringToNumber', [fed(text(numbers))], name='StringToNumber of unknown rank')


def as_string():
    real = [0.0, -0.0, 1.5, -2, 100, 0.1, 1e-5, 123456.789, 1e10, float('inf'), float('-inf'), float('nan'), 65504, 0.5, 2.5]
    for t in FLOATS + COMPLEX:
        values = lit(t, real + ([1 + 2j, complex(float('nan'), -1)] if t in COMPLEX else []))
        for style in ({}, dict(scientific=True), dict(shortest=True)):
            for more in ({}, dict(precision=3), dict(precision=0), dict(precision=12)):
                yield Case('AsString', [values], {**style, **more})
        for fill in ('0', ' ', '+', '-', '#'):
            for style in ({}, dict(scientific=True), dict(shortest=True)):
                yield Case('AsString', [values], dict(fill=fill, width=14, precision=2, **style))
                yield Case('AsString', [values], dict(fill=fill, precision=0, **style))
        yield Case('AsString', [values], dict(width=3))
    yield Case('AsString', [lit('float64', [1e300, -1e300, 5e-324, 1e15, 123456789012345.678])])
    yield Case('AsString', [lit('float64', [1e300, 1e15, 0.1, 1 / 3])], dict(precision=40, scientific=True))
    yield Case('AsString', [edge('float32', (31,))], dict(shortest=True))
    yield Case('AsString', [edge('float64', (31,))], dict(shortest=True, precision=17))
    for t in INTS:
        for more in ({}, dict(width=6), *(dict(width=6, fill=f) for f in '0 +-#'), dict(fill='+'), dict(fill=' '), dict(fill='0')):
            yield Case('AsString', [edge(t, (13,))], more)
    for more in ({}, dict(width=8, fill='0'), dict(width=8)):
        yield Case('AsString', [boolean([True, False])], more)
    for more in ({}, dict(width=8), dict(width=8, fill='-'), dict(width=8, fill='0'), dict(precision=2), dict(precision=2, scientific=True), dict(shortest=True)):
        yield Case('AsString', [text([b'', b'ab', b'a\0b', b'longer than it'])], more)
        for precision in (0, 2, 5):
            yield Case('AsString', [text([b'', b'ab', b'a\0b', b'longer than it'])], {**more, 'precision': precision})
    for t, more in (('int32', dict(precision=1)), ('bool', dict(precision=1)), ('int64', dict(scientific=True)), ('uint8', dict(shortest=True)),
                    ('float32', dict(scientific=True, shortest=True)), ('float32', dict(fill='x')), ('float32', dict(fill='00')),
                    ('string', dict(scientific=True, shortest=True))):
        yield Case('AsString', [rand(t, (2,))], more, error=True)
    yield Case('AsString', [lit('float32', [1])], dict(width=-5, precision=-3))
    yield from shapes('AsString', values='float32')
    yield from shapes('AsString', values='int32')


def string_format():
    for t in ALL_NUMERIC + ['bool', 'string', 'qint8', 'quint8', 'qint32', 'qint16', 'quint16']:
        yield Case('StringFormat', [[rand(t, (2, 3))]])
        yield Case('StringFormat', [[rand(t, ())]])
    for t in FLOATS:
        yield Case('StringFormat', [[edge(t, (31,))]], dict(summarize=-1))
    plain = [1.1, 1 / 3, 1e10, 1e-10, 123456789, 0.1, 16777216, 3.4e38, 1234567, 12345678, 1e7, 1e6, 1e15, 1e16, 1e17]
    yield Case('StringFormat', [[f32(plain), lit('float64', plain + [1e300])]], dict(template='%s %s', summarize=-1), name='StringFormat of reals')
    yield Case('StringFormat', [[text([b'ab', b'a"b\\', b"'\n\t\r\0\x7f\xffa", 'é'.encode(), b'\x011', b'\v\x1f\x80'])]], dict(summarize=9), name='StringFormat escapes')
    for shape in ((0,), (2, 0), (0, 2), (2, 3, 0), (7,), (6,), (7, 7), (2, 2, 2), (7, 1, 2), (1, 1, 1, 1), (8, 7, 3)):
        for summarize in (-1, 0, 1, 3):
            if int(np.prod(shape)) < 100 or summarize >= 0:
                yield Case('StringFormat', [[grid('int32', shape, 0, 9)]], dict(summarize=summarize))
    for t in ('int32', 'complex64', 'string'):
        for summarize in (-7, 0, 1, 100):
            yield Case('StringFormat', [[rand(t, ())]], dict(summarize=summarize))
            yield Case('StringFormat', [[rand(t, (5,))]], dict(summarize=summarize))
    for shape in ((), (3,), (2, 3), (0,), (2, 0)):  # of bools not even the brackets are left
        for summarize in (0, 1):
            yield Case('StringFormat', [[rand('bool', shape)]], dict(summarize=summarize))
    one, two = i32(1), i32([2, 3])
    for template, placeholder, inputs in (('{} a', '{}', [one]), ('x%s%sy', '%s', [one, two]), ('abc', '', [one, two]), ('%s', 's', [one]),
                                          ('aaa', 'aa', [one]), ('', '%s', []), ('abc', '%s', []), ('a', '', [])):
        yield Case('StringFormat', [inputs], dict(template=template, placeholder=placeholder, T=[i.dtype for i in inputs]))
    for template, placeholder, inputs in (('abc', '%s', [one]), ('%s%s', '%s', [one]), ('abc', '', [one]), ('%s', '%s', [])):
        yield Case('StringFormat', [inputs], dict(template=template, placeholder=placeholder, T=[i.dtype for i in inputs]), error=True)


def lengths():
    for attrs in ({}, UTF8):
        yield Case('StringLength', [text(ODD)], attrs)
        yield from shapes('StringLength', attrs)
    yield Case('StringLength', [text([b'a'])], dict(unit='WORD'), error=True)
    yield Case('StringStrip', [text(ODD)])
    yield from shapes('StringStrip')
    letters = ODD + ['ÀÉÎõü ß ŉ ΐ ﬁ ǅ ŉ İI ıi ᾳ ᾼ Ꟶꟶ'.encode(), 'ΑΣ ΑΣΑ Σ ΑΣ. ΑΣ.Α Α\u0301Σ ΑΣ\u0301 .Σ ͅΣ ʰΣ'.encode(), '𐐀𐐨 𞤀𞤢 ⱯꞍ'.encode(),
                     b'A\xc3', b'A\xe6\xbcB', b'\xed\xa0\x80Z', b'\xf0\x9f\x98', b'\xc0\xafA', b'\xf5\x80\x80\x80', b'\xf4\x90\x80\x80', b'\xe0\x80\x80', b'Ab\0Cd']
    for op in ('StringLower', 'StringUpper'):
        for encoding in ('', 'utf-8'):
            yield Case(op, [text(letters)], dict(encoding=encoding), name=f'{op} letters {encoding}')
            yield from shapes(op, dict(encoding=encoding))
            for first in range(0x80, 0x20080, 0x2000):  # every code point that has a case, and many that have none
                block = [chr(c) for c in range(first, first + 0x2000) if not 0xD800 <= c < 0xE000]
                cased = [c for c in block if c.lower() != c.upper()]
                if cased and encoding:
                    yield Case(op, [text(['.'.join(cased).encode()])], dict(encoding=encoding), name=f'{op} all from {first:x}')
        for encoding in ('UTF-8', 'utf8', 'latin-1'):
            yield Case(op, [text([b'A'])], dict(encoding=encoding), error=True)
    everything = [chr(c) for c in range(1, 0x800)]
    # Which letters make a sigma the final one, before and behind it.
    yield Case('StringLower', [text([''.join(f'a{c}Σ ' for c in everything[k:k + 1024]).encode() for k in range(0, 0x7ff, 1024)])], dict(encoding='utf-8'), name='StringLower sigma behind')
    yield Case('StringLower', [text([''.join(f'aΣ{c}. ' for c in everything[k:k + 1024]).encode() for k in range(0, 0x7ff, 1024)])], dict(encoding='utf-8'), name='StringLower sigma before')


def substr():
    for t in INDEX:
        for attrs in ({}, UTF8):
            for s in ('aéb漢c😀'.encode(), b'\x80\x80a\xe9b\xff', b'\xe9\x80', b'hello'):
                places = [p for p in range(-7, 8) if -CHARS(s, attrs) <= p <= CHARS(s, attrs)]
                for n in (-100, -1, 0, 1, 2, 100):
                    if n < 0 and attrs:  # an error after a negative place
                        yield Case('Substr', [text([s]), lit(t, [-1]), lit(t, [n])], attrs, error=True)
                        places = [p for p in places if p >= 0]
                    else:
                        places = [p for p in range(-7, 8) if -CHARS(s, attrs) <= p <= CHARS(s, attrs)]
                    yield Case('Substr', [text([s] * len(places)), lit(t, places), lit(t, [n] * len(places))], attrs, name=f'Substr {t} {s!r} {n} {attrs}')
                for p in (-8, -7, 7, 8, 2**31 - 1, -2**31):
                    if not -CHARS(s, attrs) <= p <= CHARS(s, attrs):
                        yield Case('Substr', [text([s]), lit(t, [p]), lit(t, [1])], attrs, error=True)
            yield Case('Substr', [text(b''), lit(t, 0), lit(t, 1)], attrs)
            yield Case('Substr', [text(b''), lit(t, -1), lit(t, 1)], attrs, error=True)
    for p in (2**63 - 1, -2**63):
        for attrs in ({}, UTF8):
            yield Case('Substr', [text([b'hello']), i64([p]), i64([1])], attrs, error=True)
    five = lambda *shape: text([b'hello%d' % i for i in range(int(np.prod(shape)))], shape)
    spread = lambda *shape: i32([i % 3 for i in range(int(np.prod(shape)))], shape)
    for a, b in (((2, 2), (2,)), ((2, 2), (2, 1)), ((2, 2), (1, 2)), ((1,), (2, 2)), ((), (2,)), ((), (2, 3)), ((2, 1), (1, 3)), ((2, 1), (3,)), ((1, 2), ()),
                 ((1, 2, 2), ()), ((2, 1, 2, 1), (2, 1, 2, 1)), ((0,), ()), ((0,), (1,)), ((1,), (0,)), ((3, 0), (3, 1)), ((), ())):
        string = five(*a) if a else text(b'hello')
        yield Case('Substr', [string, spread(*b) if b else i32(1), spread(*b) if b else i32(2)], name=f'Substr {a} {b}')
        yield Case('Substr', [fed(string), fed(spread(*b) if b else i32(1)), fed(spread(*b) if b else i32(2))], name=f'Substr fed {a} {b}')
    for a, b, n in (((2,), (3,), (3,)), ((1, 1, 2), (2,), (2,)), ((), (1, 1, 2), (1, 1, 2)), ((1,), (1,), ()), ((2,), (2,), (2, 1))):
        yield Case('Substr', [five(*a) if a else text(b'hello'), spread(*b), spread(*n) if n else i32(1)], error=True)
    yield Case('Substr', [text([b'a']), i32([0]), i32([1])], dict(unit='x'), error=True)


def CHARS(s, attrs):
    return sum(b & 0xC0 != 0x80 for b in s) if attrs and s[0] & 0xC0 != 0x80 else 5 if attrs and s[0] == 0x80 else len(s)


def joins():
    cube = text([c.encode() for c in 'abcdefghijkl'], (2, 3, 2))
    for axes in ([], [0], [1], [2], [-1], [0, 1], [1, 0], [0, 2], [2, 0], [-1, -2], [0, 1, 2], [2, 1, 0], [1, 2, 0], [-3, 2]):
        for more in ({}, dict(separator='-'), dict(keep_dims=True), dict(keep_dims=True, separator=', ')):
            yield Case('ReduceJoin', [cube, const(i32(axes))], more)
        yield Case('ReduceJoin', [fed(cube), i32(axes)], dict(separator='-'))
    for axes in (0, -1):
        yield Case('ReduceJoin', [cube, i32(axes)], dict(separator='.'))
    for axes in ([3], [-4], [0, 0], [0, -3], 7, [[0]]):
        yield Case('ReduceJoin', [cube, i32(axes)], error=True)
    yield Case('ReduceJoin', [text(b'x'), i32([])])
    yield Case('ReduceJoin', [text(b'x'), i32([0])], error=True)
    for shape, axes in (((0, 2), [0]), ((0, 2), [1]), ((2, 0), [1]), ((2, 0), []), ((2, 0), [0, 1]), ((0,), 0), ((2, 1, 0, 3), [2]), ((2, 1, 0, 3), [1, 2])):
        for keep in (False, True):
            yield Case('ReduceJoin', [rand('string', shape), i32(axes)], dict(keep_dims=keep, separator='-'))
    for t in INDEX:
        for n in INDEX:
            strings = text([b'a', b'b', b'', b'd'])
            yield Case('UnsortedSegmentJoin', [strings, lit(t, [1, 0, 1, 3]), lit(n, 5)], dict(separator='-'))
            yield Case('UnsortedSegmentJoin', [strings, lit(t, [0, 0, 0, 0]), const(lit(n, 1))])
            yield Case('UnsortedSegmentJoin', [rand('string', (2, 2, 3)), lit(t, [[0, 1], [1, 0]]), lit(n, 2)], dict(separator=':'))
            yield Case('UnsortedSegmentJoin', [rand('string', (2, 2)), lit(t, [1, 1]), lit(n, 3)], dict(separator=':'))
            for ids, count in (([-1, 0, 1, 1], 2), ([2, 0, 1, 1], 2), ([0, 0, 0, 0], 0), ([0, 0, 0, 0], -1), ([0, 0], 1), ([0], 1)):
                yield Case('UnsortedSegmentJoin', [strings, lit(t, ids), lit(n, count)], error=True)
    yield Case('UnsortedSegmentJoin', [text(b'a'), i32(0), i32(1)], error=True)
    yield Case('UnsortedSegmentJoin', [text([b'a']), i32([0]), i32([1])], error=True)
    for shape, count in (((0,), 2), ((0,), 0), ((0, 2), 2), ((2, 0), 2)):
        yield Case('UnsortedSegmentJoin', [rand('string', shape), i32([0] * shape[0]), i32(count)])


def splits():
    lines = [b'a b', b'', b' c  d e ', b'a,b;c', b',;x', b' ', b'ab\xc3\xa9', b'a\0b', b'x\t\n\v\f\ry\0z']
    for delimiter in (b' ', b'', b',', b',;', b' ,;', b'\0', b'a b'):
        for skip in (True, False):
            yield Case('StringSplit', [text(lines), text(delimiter)], dict(skip_empty=skip))
    more = lines + [b'1<>2<>3', b'<><>4<>5<><>6<>', b'aaaaa']
    for sep in (b'', b' ', b'<>', b'aa', b',', b'\0'):
        for maxsplit in (-5, -1, 0, 1, 2, 3, 100):
            yield Case('StringSplitV2', [text(more), text(sep)], dict(maxsplit=maxsplit))
    for op, sep in (('StringSplit', 'delimiter'), ('StringSplitV2', 'sep')):
        yield Case(op, [rand('string', (0,)), text(b' ')])
        yield Case(op, [text([b'', b'']), text(b',')])
        yield Case(op, [fed(text([b'a b', b'c'])), fed(text(b' '))])
        yield Case(op, [const(text([b'a b', b'c'])), const(text(b' '))])
        yield Case(op, [text(b'a'), text(b' ')], error=True)
        yield Case(op, [text([[b'a']]), text(b' ')], error=True)
        yield Case(op, [text([b'a']), text([b' '])], error=True)


def ngrams():
    letters = text([b'a', b'b', b'c', b'd', b'ee'])

    def case(data, split, widths, pad, short, t='int64', left='L', right='RR', sep='|', **more):
        return Case('StringNGrams', [data, lit(t, split)],
                    dict(separator=sep, ngram_widths=widths, left_pad=left, right_pad=right, pad_width=pad, preserve_short_sequences=short), **more)
    for t in INDEX:
        for pad in (-1, 0, 1, 10, -5):
            for short in (False, True):
                for widths in ([1, 2], [4, 3], [6]):
                    yield case(letters, [0, 3, 3, 4, 5], widths, pad, short, t)
                    yield case(letters, [0, 5], widths, pad, short, t)
        for split in ([1, 5], [0, 4], [0, 6], [0, 3, 2, 5], [0], [-1, 5]):
            yield case(letters, split, [1], 0, False, t, error=True)
    yield case(letters, [0, 2, 5], [1, 2, 3], -1, False, left='', right='', sep='')
    yield case(letters, [0, 5], [], 0, False)
    yield case(letters, [0, 5], [], 1, True)
    yield case(letters, [0, 5], [], -1, True, error=True)
    yield case(letters, [], [1], 0, False)
    yield case(text([]), [], [1], 0, False)
    yield case(text([]), [0], [1], 0, False)
    yield case(text([]), [0, 0, 0], [1, 2], 1, True)
    yield case(text([]), [5], [1], 0, False, error=True)
    yield case(text([]), [0, 1], [1], 0, False, error=True)
    for width in (0, -1):
        yield case(letters, [0, 5], [width], 0, False, error=True)
    yield case(text([[b'a']]), [0, 1], [1], 0, False, error=True)


def base64():
    everything = [bytes((n + i) % 256 for i in range(k)) for k in range(6) for n in (0, 77, 250)] + [bytes(range(256))]
    for pad in (False, True):
        yield Case('EncodeBase64', [text(everything)], dict(pad=pad))
        yield from shapes('EncodeBase64', dict(pad=pad))
    good = [b'', b'YQ', b'YQ==', b'YR==', b'YWI', b'YWI=', b'YWJ=', b'YWJj', b'YWJjZA', b'YWJjZA==', b'-_-_', b'AAAA', b'____', b'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_']
    yield Case('DecodeBase64', [text(good)])
    for shape in ((), (0,), (2, 7)):
        yield Case('DecodeBase64', [text(good[5], shape) if shape == () else text(good[:int(np.prod(shape))], shape)], name=f'DecodeBase64 {shape}')
    for bad in (b'Y', b'YQ=', b'YWJjZA=', b'YWJjZA===', b'+/+/', b'Y W=', b'====', b'=', b'==', b'Y===', b'YQ==YQ==', b'YQ=a', b'Y=Qa', b'\xff\xff\xff\xff', b'YWJj\n', b'YW\0j', b'Y\0', b'Y=', b'A==='):
        yield Case('DecodeBase64', [text([bad])], error=True)


def raw():
    some = bytes((37 * i + 11) % 256 for i in range(32))
    for t in kernel_dtypes('DecodeRaw', 'out_type'):
        for little in (True, False):
            yield Case('DecodeRaw', [text([some, some[::-1]])] if t != 'bool' else [text([b'\0\1\1\0'])], dict(out_type=t, little_endian=little), exact=True)
            yield Case('DecodeRaw', [text(some if t != 'bool' else b'\1\0')], dict(out_type=t, little_endian=little), exact=True)
    for t in kernel_dtypes('DecodePaddedRaw', 'out_type'):
        for little in (True, False):
            for length in (8, 16):
                yield Case('DecodePaddedRaw', [text([some, b'', some[:5], some[:8]]), const(i32(length))], dict(out_type=t, little_endian=little), exact=True)
        yield Case('DecodePaddedRaw', [fed(text([[some[:6]]])), i32(24)], dict(out_type=t), exact=True)
    for shape in ((0,), (2, 0)):
        yield Case('DecodeRaw', [rand('string', shape)], dict(out_type='int32'))
        yield Case('DecodePaddedRaw', [rand('string', shape), i32(8)], dict(out_type='int32'))
    yield Case('DecodeRaw', [text([b'', b''])], dict(out_type='int32'))
    yield Case('DecodeRaw', [text(b'')], dict(out_type='bool'))
    for strings in ([b'abc', b'efgh'], [b'abc', b'efg'], [b'', b'a'], [b'a', b'']):
        yield Case('DecodeRaw', [text(strings)], dict(out_type='int16'), error=True)
    for length in (3, 0, -2):
        yield Case('DecodePaddedRaw', [text([b'abcd']), i32(length)], dict(out_type='int16'), error=True)
    yield Case('DecodePaddedRaw', [text([b'abcd']), i32([4])], dict(out_type='int16'), error=True)


def distances():
    def case(hi, hv, hs, ti, tv, ts, t='int32', known=True, **more):
        keep = const if known else fed
        return Case('EditDistance', [i64(hi, (len(hv), len(hs))), lit(t, hv), keep(i64(hs)), i64(ti, (len(tv), len(ts))), lit(t, tv), keep(i64(ts))], **more)
    rows = [[0, 0], [0, 1], [0, 2], [2, 0], [3, 0], [3, 1]]
    for t in kernel_dtypes('EditDistance'):
        a, b = ([1, 0, 1, 1, 0, 1], [1, 1, 0, 1]) if t != 'string' else ([b'k', b'', b'x', b'a', b'b', b'c'], [b'k', b'x', b'a', b'q'])
        for normalize in (True, False):
            yield case(rows, a, [4, 3], [[0, 0], [0, 1], [1, 0], [2, 1]], b, [4, 2], t, attrs=dict(normalize=normalize))
    yield case([[0, i] for i in range(7)], list(b'sitting'), [1, 7], [[0, i] for i in range(6)], list(b'kitten'), [1, 6], 'uint8')
    nan = float('nan')
    yield case([[0, 0]], [nan], [1, 2], [[0, 0]], [nan], [1, 2], 'float32')
    yield case([[0, 0], [0, 1]], [0.0, 1], [1, 2], [[0, 0], [0, 1]], [-0.0, 1], [1, 2], 'float16')
    for known in (True, False):
        yield case([], [], [2, 2], [], [], [3, 1], known=known)
        yield case([[0, 0, 1], [1, 1, 0]], [1, 2], [2, 2, 2], [[0, 1, 0], [1, 1, 0]], [1, 3], [2, 3, 1], known=known)
    yield case([[0, 5]], [1], [2, 2], [[0, 0]], [1], [2, 2])
    yield case([[1, 0], [0, 0]], [1, 2], [2, 2], [[1, 0], [0, 0]], [1, 1], [2, 2], name='EditDistance out of order')
    yield case([[0, 1], [0, 0]], [1, 2], [2, 2], [[0, 0], [0, 1]], [1, 2], [2, 2], name='EditDistance columns out of order')
    for hi, hv, hs, ti, tv, ts in (([[0]], [1], [2], [[0]], [1], [2]), ([[0, 0]], [1], [0, 2], [[0, 0]], [1], [0, 2]), ([[5, 0]], [1], [2, 2], [[0, 0]], [1], [2, 2]),
                                   ([[0, 0]], [1], [2, 2], [[7, 0]], [1], [2, 2]), ([[-1, 0]], [1], [2, 2], [[0, 0]], [1], [2, 2]),
                                   ([[0, 0]], [1], [2, 2], [[0, 0, 0]], [1], [2, 2, 2]), ([[0, 0]], [1], [-2, 2], [[0, 0]], [1], [2, 2])):
        yield case(hi, hv, hs, ti, tv, ts, error=True)
    yield Case('EditDistance', [i64([[0, 0]]), i32([1, 2]), i64([2, 2]), i64([[0, 0]]), i32([1]), i64([2, 2])], error=True)


def fingerprints():
    method = const(text(b'farmhash64'))
    for t in kernel_dtypes('Fingerprint'):
        yield Case('Fingerprint', [rand(t, (3, 2, 2)), method])
        yield Case('Fingerprint', [rand(t, (4,)), method])
        if t != 'string':
            yield Case('Fingerprint', [rand(t, (2, 0)), method])
        yield Case('Fingerprint', [rand(t, (0, 2)), method])
    yield Case('Fingerprint', [rand('string', (3, 30)), text(b'farmhash64')])
    yield Case('Fingerprint', [rand('float32', (2, 40)), fed(text(b'farmhash64'))])
    for data, how in ((i32(5), text(b'farmhash64')), (text(b'a'), text(b'farmhash64')), (i32([1]), text(b'x')), (i32([1]), text([b'farmhash64']))):
        yield Case('Fingerprint', [data, how], error=True)


def cases():
    for part in (to_number, as_string, string_format, lengths, substr, joins, splits, ngrams, base64, raw, distances, fingerprints):
        yield from part()
