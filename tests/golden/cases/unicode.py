"""Text of several encodings to code points and back; scripts."""
from cases_dsl import *

UTF8 = [b'', b'abc', 'aéb漢c😀\U0010ffff'.encode(), b'a\xffb', b'\xe6\xbcA', b'\xed\xa0\x80', b'\xf0\x9f\x98', b'\xf0\x9f\x98a', b'\xc0\xaf', b'a\0b\x01\x1f \x7f\xc2\x85\xc2\xa0', b'\xef\xbb\xbfa',
        b'\xc3', b'\xf4\x90\x80\x80', b'\xf8\x88\x80\x80\x80', b'\xe0\x80\x80', b'\x80\x80', b'\xe2\x80\xa8', b'\xef\xbf\xbe']
UTF16 = ['aé漢😀'.encode('utf-16-be'), b'\xd8\x3d\xde\x00\xd8\x3d', b'\xd8\x3d\x00A', b'\xde\x00\x00A', b'\x00A\x00', b'\xfe\xff\x00A', b'\xff\xfeA\0', b'\xd8\x3d\xde', b'\xd8\x3d\xd8\x3d\xde\0', b'\0\x01\0\x1f', b'',
         b'\xfe', b'\xff\xfe', b'\xfe\xff', b'\xff\xfe\xff\xfeA\0', b'\xfe\xff\xfe\xff', b'A\0', b'\0\xd8A\0', b'\0\xdc', b'\x3d\xd8\0\xde', b'\xff\xfe\x3d', b'\xff\xfe\x3d\xd8']
UTF32 = ['aé漢😀'.encode('utf-32-be'), b'\0\0\0A', b'\0\0\xd8\0', b'\0\x11\0\0', b'\0\0\0', b'\0\0\xfe\xff\0\0\0A', b'\0\x01\xf6\0\0', b'A\0\0\0', b'\xff\xfe\0\0A\0\0\0', b'\0', b'', b'\xff\xfe\0\0', b'\0\0\xfe\xff', b'\xff\xff\xff\xff']
BYTES = [bytes(range(256)), b'', b'abc']
ENCODINGS = [('UTF-8', UTF8), ('utf8', UTF8[:3]), ('UTF_8', UTF8[:3]), ('UTF-16-BE', UTF16), ('UTF-16-LE', UTF16), ('utf-16le', UTF16[:2]), ('UTF-32-BE', UTF32), ('UTF-32-LE', UTF32), 
             ('US-ASCII', BYTES), ('ascii', BYTES), ('ISO-8859-1', BYTES), ('latin1', BYTES),
             ('windows-1252', BYTES), ('cp1252', BYTES), ('ISO-8859-15', BYTES), ('latin9', BYTES)]
# What ICU remembers of a string without a character goes into the next one, so each of these stands alone.
MARKED = [(encoding, one) for encoding, texts in (('UTF-16', UTF16), ('utf32', UTF32)) for one in texts]
WAYS = [{}, dict(errors='ignore'), dict(replacement_char=63), dict(replace_control_characters=True), dict(replace_control_characters=True, errors='ignore', replacement_char=0x1F600),
        dict(replacement_char=0xD800), dict(replacement_char=0), dict(replacement_char=0x10FFFF)]
DECODE = ['UnicodeDecode', 'UnicodeDecodeWithOffsets']
OUTPUTS = ['UTF-8', 'UTF-16-BE', 'UTF-32-BE']


def decode():
    for op in DECODE:
        for encoding, texts in ENCODINGS:
            for way in WAYS:
                yield Case(op, [text(texts)], dict(input_encoding=encoding, **way), name=f'{op} {encoding} {way}')
        for encoding, one in MARKED:
            for way in WAYS[:2]:
                yield Case(op, [text([one])], dict(input_encoding=encoding, **way), name=f'{op} {encoding} {one} {way}')
        yield Case(op, [text(UTF8)], dict(input_encoding='UTF-8', Tsplits='int64'))
        for shape in ((), (0,), (2, 0), (2, 3)):
            yield Case(op, [rand('string', shape)], dict(input_encoding='UTF-8'))
        yield Case(op, [fed(text(UTF8))], dict(input_encoding='UTF-8'))
        yield Case(op, [const(text([b'good']))], dict(input_encoding='UTF-8', errors='strict'))
        yield Case(op, [text([b'a', b'a\xff'])], dict(input_encoding='UTF-8', errors='strict'), error=True)
        yield Case(op, [text([b'a', b'a\x01b'])], dict(input_encoding='UTF-8', errors='strict', replace_control_characters=True))
        for way in (dict(input_encoding='xyz'), dict(input_encoding=''), dict(input_encoding='UTF-8', replacement_char=-1), dict(input_encoding='UTF-8', replacement_char=0x110000),
                    dict(input_encoding='UTF-8', errors='none')):
            yield Case(op, [text([b'a'])], way, error=True)


    yield Case('UnicodeDecode', [text(UTF8)], dict(input_encoding='UTF-8', Tsplits='int32'))
    # TensorFlow aborts the program here; the splits are those of the other type.
    yield Case('UnicodeDecodeWithOffsets', [text(UTF8)], dict(input_encoding='UTF-8', Tsplits='int32'),
               expect=lambda: [a.astype(np.int32) if i == 0 else a for i, a in enumerate(tf_run('UnicodeDecodeWithOffsets', [text(UTF8)], dict(input_encoding='UTF-8')))])


def encode():
    values = [65, 0x1F600, 0xD800, -1, 0x110000, 0, 0xFFFD, 0xFFFE, 0x10FFFF, 0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x10000, 0xDFFF, -2**31, 2**31 - 1]
    for output in OUTPUTS:
        for t in INDEX:
            for way in ({}, dict(errors='ignore'), dict(replacement_char=63), dict(replacement_char=0xD800), dict(replacement_char=0x1F600)):
                yield Case('UnicodeEncode', [i32(values), lit(t, [0, 2, 2, 9, len(values)])], dict(output_encoding=output, **way))
            for bad in (0xD800, -1, 0x110000):
                yield Case('UnicodeEncode', [i32([65, bad]), lit(t, [0, 2])], dict(output_encoding=output, errors='strict'), error=True)
        yield Case('UnicodeEncode', [i32([65, 66]), i64([0, 2])], dict(output_encoding=output, errors='strict'))
    for v, s in (([], [0]), ([], [0, 0, 0])):
        yield Case('UnicodeEncode', [i32(v), i64(s)], dict(output_encoding='UTF-8'))
    for v, s in (([65], [0, 2]), ([65], [1, 1]), ([65, 66], [0, 1]), ([65], []), ([], []), ([65, 66], [0, 2, 1, 2]), ([65], [-1, 1])):
        yield Case('UnicodeEncode', [i32(v), i64(s)], dict(output_encoding='UTF-8'), error=True)
    yield Case('UnicodeEncode', [i32([[65]]), i64([0, 1])], dict(output_encoding='UTF-8'), error=True)
    yield Case('UnicodeEncode', [i32([65]), i64([0, 1])], dict(output_encoding='UTF-8', replacement_char=-1), error=True)
    yield Case('UnicodeEncode', [i32([65]), i64([0, 1])], dict(output_encoding='UTF-16-LE'), error=True)


def transcode():
    for output in OUTPUTS:
        for encoding, texts in ENCODINGS:
            for way in WAYS:
                yield Case('UnicodeTranscode', [text(texts)], dict(input_encoding=encoding, output_encoding=output, **way), name=f'UnicodeTranscode {encoding} {output} {way}')
    for encoding, one in MARKED:
        yield Case('UnicodeTranscode', [text([one])], dict(input_encoding=encoding, output_encoding='UTF-8'), name=f'UnicodeTranscode {encoding} {one}')
    yield Case('UnicodeTranscode', [text([b'a\x01b'])], dict(input_encoding='UTF-8', output_encoding='UTF-8', errors='strict', replace_control_characters=True), error=True)
    for shape in ((), (0,), (2, 0), (2, 3)):
        yield Case('UnicodeTranscode', [rand('string', shape)], dict(input_encoding='UTF-8', output_encoding='UTF-16-BE'))
    yield Case('UnicodeTranscode', [fed(text(UTF8))], dict(input_encoding='UTF-8', output_encoding='UTF-8'))
    for bad in (b'a\xff', b'\xed\xa0\x80'):
        yield Case('UnicodeTranscode', [text([b'a', bad])], dict(input_encoding='UTF-8', output_encoding='UTF-8', errors='strict'), error=True)
    yield Case('UnicodeTranscode', [text([b'a'])], dict(input_encoding='UTF-8', output_encoding='UTF-8', errors='strict'))
    for way in (dict(input_encoding='xyz'), dict(input_encoding='UTF-8', replacement_char=-1), dict(input_encoding='UTF-8', errors='none')):
        yield Case('UnicodeTranscode', [text([b'a'])], dict(output_encoding='UTF-8', **way), error=True)
    yield Case('UnicodeTranscode', [text([b'a'])], dict(input_encoding='UTF-8', output_encoding='UTF-16'), error=True)


def cases():
    for part in (decode, encode, transcode):
        yield from part()
    for first in range(0, 0x20000, 0x1000):
        yield Case('UnicodeScript', [permutation('int32', (0x1000,), lo=first, seed=1)], name=f'UnicodeScript from {first:x}')
    yield Case('UnicodeScript', [i32([-1, 0x110000, 0xD800, 0xDFFF, 2**31 - 1, -2**31, 0x10FFFF, 0xE0001, 0xE0100])])
    for shape in ((), (0,), (2, 3)):
        yield Case('UnicodeScript', [rand('int32', shape, 0, 100)])
