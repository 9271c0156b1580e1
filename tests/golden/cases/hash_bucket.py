"""Buckets of strings: every length up to 200, bytes that are no text, every size of a number of buckets."""
from cases_dsl import *

FAST, STRONG, OLD = 'StringToHashBucketFast', 'StringToHashBucketStrong', 'StringToHashBucket'


def of_length(n, seed=0):
    """Bytes of every kind, zeros among them."""
    return bytes((7 * i * i + 31 * i + 97 * n + 13 * seed) % 256 for i in range(n))


def each():
    """Every operator with what it needs."""
    for op in (FAST, STRONG, OLD):
        for key in ([1, 2], [-1, 2**62 + 5], [0, -2**63]) if op == STRONG else (None,):
            yield op, {} if key is None else dict(key=key)


def cases():
    for op, more in each():
        longest = 200 if op == FAST else 40  # only the first knows more than the end of a string and what is before
        for start in range(0, longest + 1, 25):
            lengths = text([of_length(n) for n in range(start, min(start + 25, longest + 1))])
            yield Case(op, [lengths], dict(num_buckets=2**62, **more), name=f'{op} lengths from {start} {more}')
        for buckets in (1, 2, 3, 10, 255, 1000003, 2**31 - 1, 2**31, 2**32 + 15, 2**61 - 1, 2**62, 2**63 - 1):
            yield Case(op, [text([b'', b'a', b'\0', b'hello', 'ünïcode'.encode(), b'\xff\xfe', of_length(70, 1)])],
                       dict(num_buckets=buckets, **more))
        for shape in ((), (0,), (3, 0, 2), (2, 3), (1, 2, 1, 2, 1)):
            yield Case(op, [rand('string', shape, hi=100)], dict(num_buckets=1000, **more))
        yield Case(op, [const(rand('string', (3,)))], dict(num_buckets=7, **more))
        yield Case(op, [fed(rand('string', (3,)))], dict(num_buckets=7, **more))
        yield Case(op, [rand('string', (12, 30), hi=24)], dict(num_buckets=2**40, **more), name=f'{op} many {more}')
        for buckets in (0, -1, -2**63):
            yield Case(op, [text([b'a'])], dict(num_buckets=buckets, **more), error=True)
    for key in ([], [1], [1, 2, 3]):
        yield Case(STRONG, [text([b'a'])], dict(num_buckets=5, key=key), error=True)
