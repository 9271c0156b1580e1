"""Fourier transforms."""
from cases_dsl import *

# TensorFlow computes complex64 in float: what it gives for long axes is off by some 1e-6 of the largest value.
TIGHT = {'complex64': dict(rtol=1e-5, atol=2e-6), 'complex128': dict(rtol=1e-12, atol=1e-13)}
REAL_OF = {'complex64': 'float32', 'complex128': 'float64'}
# Powers, products of small primes, primes up to 31 and above, products of large primes.
LENGTHS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 25, 29, 30, 31, 32, 36, 37, 41, 62, 64, 74, 97, 100]


def whole():
    for t in COMPLEX:
        tight = TIGHT[t]
        for op in ('FFT', 'IFFT'):
            for n in LENGTHS:
                yield Case(op, [rand(t, (n,))], **tight)
            yield Case(op, [rand(t, (2, 3, 5))], **tight)
            yield Case(op, [fed(rand(t, (3, 4)))], **tight)
            yield Case(op, [fed(rand(t, (3, 4)), (None, 4))], **tight)
            yield Case(op, [rand(t, (3, 0))], **tight)
            yield Case(op, [rand(t, (0, 3))], **tight)
            yield Case(op, [grid(t, (8,), -2**20, 2**20, 10)], **tight)
            yield Case(op + '2D', [rand(t, (3, 4))], **tight)
            yield Case(op + '2D', [rand(t, (2, 2, 5, 7))], **tight)
            yield Case(op + '2D', [rand(t, (1, 37))], **tight)
            yield Case(op + '2D', [rand(t, (37, 1))], **tight)
            yield Case(op + '2D', [fed(rand(t, (2, 3, 2)))], **tight)
            yield Case(op + '2D', [rand(t, (3, 0))], **tight)
            yield Case(op + '3D', [rand(t, (2, 3, 4))], **tight)
            yield Case(op + '3D', [rand(t, (2, 5, 2, 3))], **tight)
            yield Case(op + '3D', [fed(rand(t, (3, 2, 2)))], **tight)
            yield Case(op + '3D', [rand(t, (2, 0, 4))], **tight)
    for op in ('FFT', 'IFFT'):
        yield Case(op, [rand('complex64', ())], error=True)
        yield Case(op + '2D', [rand('complex64', (4,))], error=True)
        yield Case(op + '3D', [rand('complex64', (4, 4))], error=True)


def forward():
    for t in COMPLEX:
        tight, real = TIGHT[t], REAL_OF[t]
        to = dict(Tcomplex=t)

        def lengths(*n):
            return const(i32(n))
        for n in LENGTHS:
            yield Case('RFFT', [rand(real, (n,)), lengths(n)], to, **tight)
        for n in (1, 2, 5, 6, 7):
            yield Case('RFFT', [rand(real, (2, 7)), lengths(n)], to, **tight)
            yield Case('RFFT', [fed(rand(real, (2, 7))), fed(i32([n]))], to, **tight)
        yield Case('RFFT', [rand(real, (0, 6)), lengths(4)], to)
        yield Case('RFFT', [rand(real, (2, 0)), lengths(0)], to)
        for n in ((3, 4), (2, 4), (3, 3), (1, 1), (2, 3)):
            yield Case('RFFT2D', [rand(real, (3, 4)), lengths(*n)], to, **tight)
            yield Case('RFFT2D', [rand(real, (2, 2, 3, 4)), lengths(*n)], to, **tight)
        yield Case('RFFT2D', [fed(rand(real, (2, 5, 37))), fed(i32([5, 37]))], to, **tight)
        yield Case('RFFT2D', [rand(real, (0, 2, 3)), lengths(2, 3)], to)
        for n in ((2, 3, 4), (1, 3, 4), (2, 2, 3), (2, 3, 3)):
            yield Case('RFFT3D', [rand(real, (2, 3, 4)), lengths(*n)], to, **tight)
            yield Case('RFFT3D', [rand(real, (2, 2, 3, 4)), lengths(*n)], to, **tight)
        yield Case('RFFT3D', [fed(rand(real, (2, 3, 4))), fed(i32([2, 3, 4]))], to, **tight)


def backward():
    for t in COMPLEX:
        tight, real = TIGHT[t], REAL_OF[t]
        to = dict(Treal=real)

        def lengths(*n):
            return const(i32(n))
        for n in LENGTHS:
            yield Case('IRFFT', [rand(t, (n // 2 + 1,)), lengths(n)], to, **tight)
        for n in (1, 2, 3, 5, 6, 7):
            yield Case('IRFFT', [rand(t, (2, 4)), lengths(n)], to, **tight)
            yield Case('IRFFT', [fed(rand(t, (2, 4))), fed(i32([n]))], to, **tight)
        yield Case('IRFFT', [rand(t, (0, 3)), lengths(4)], to)
        yield Case('IRFFT', [rand(t, (2, 0)), lengths(0)], to)
        for n in ((3, 4), (2, 4), (3, 5), (3, 3), (1, 1), (2, 3)):
            yield Case('IRFFT2D', [rand(t, (3, 3)), lengths(*n)], to, **tight)
            yield Case('IRFFT2D', [rand(t, (2, 2, 3, 3)), lengths(*n)], to, **tight)
        yield Case('IRFFT2D', [fed(rand(t, (2, 37, 3))), fed(i32([37, 4]))], to, **tight)
        yield Case('IRFFT2D', [rand(t, (0, 2, 3)), lengths(2, 4)], to)
        for n in ((2, 3, 4), (1, 3, 4), (2, 2, 5), (2, 3, 3)):
            yield Case('IRFFT3D', [rand(t, (2, 3, 3)), lengths(*n)], to, **tight)
            yield Case('IRFFT3D', [rand(t, (2, 2, 3, 3)), lengths(*n)], to, **tight)
        yield Case('IRFFT3D', [fed(rand(t, (2, 3, 3))), fed(i32([2, 3, 4]))], to, **tight)


def errors():
    for op, t, attrs in (('RFFT', 'float32', dict(Tcomplex='complex64')), ('IRFFT', 'complex64', dict(Treal='float32'))):
        for shape, n in (((2, 6), [12]), ((2, 6), [-1]), ((2, 6), [4, 4]), ((2, 6), [[4]]), ((2, 6), 4), ((), [1])):
            yield Case(op, [rand(t, shape), i32(n)], attrs, error=True)
        for shape, n in (((2, 6), [4, 4]), ((6,), [4, 4]), ((2, 6), [2]), ((2, 6), [-1, 4])):
            yield Case(op + '2D', [rand(t, shape), i32(n)], attrs, error=True)
        for shape, n in (((2, 2, 6), [2, 4, 4]), ((2, 6), [1, 2, 4]), ((2, 2, 6), [2, 2])):
            yield Case(op + '3D', [rand(t, shape), i32(n)], attrs, error=True)
    yield Case('RFFT', [rand('float32', (4,)), i32([4])], dict(Tcomplex='complex128'), error=True)
    yield Case('IRFFT', [rand('complex64', (3,)), i32([4])], dict(Treal='float64'), error=True)


def cases():
    yield from whole()
    yield from forward()
    yield from backward()
    yield from errors()
