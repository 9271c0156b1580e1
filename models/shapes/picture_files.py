"""PNG and JPEG files from uint8 [height, width, 3] pixels, so that the pictures need no imaging library."""
import collections
import heapq
import pathlib
import struct
import zlib

import numpy as np


def write(path, pixels):
    encode = {'.png': png, '.jpg': jpeg}[pathlib.Path(path).suffix]
    pathlib.Path(path).write_bytes(encode(pixels))


def png(pixels):
    """8-bit RGB. Each row keeps its difference to the pixel above or to the left, whichever is smaller in sum."""
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    above = np.concatenate([np.zeros_like(pixels[:1]), pixels[:-1]])
    left = np.concatenate([np.zeros_like(pixels[:, :1]), pixels[:, :-1]], 1)
    rows = []
    for row in range(height):
        filtered = {0: pixels[row], 1: pixels[row] - left[row], 2: pixels[row] - above[row]}
        best = min(filtered, key=lambda kind: abs(filtered[kind].astype(np.int8).astype(int)).sum())
        rows.append(bytes([best]) + filtered[best].tobytes())
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(b''.join(rows), 9)) + chunk(b'IEND', b'')


# Of the 8x8 frequencies (row * 8 + column), in the order they are stored: along the diagonals, each turning back.
ZIGZAG = sorted(range(64), key=lambda k: (k // 8 + k % 8, k // 8 if (k // 8 + k % 8) % 2 else k % 8))


def cosines():
    """The orthonormal 8-point cosine transform, a row to a frequency."""
    k, n = np.mgrid[0:8, 0:8]
    return np.cos((2 * n + 1) * k * np.pi / 16) * np.where(k == 0, np.sqrt(1 / 8), np.sqrt(1 / 4))


def quantised_blocks(plane, steps):
    """[block rows, block columns, 64] coefficients in zigzag order; the plane's sides are multiples of 8."""
    basis = cosines()
    blocks = plane.reshape(plane.shape[0] // 8, 8, plane.shape[1] // 8, 8).swapaxes(1, 2) - 128.0
    coefficients = basis @ blocks @ basis.T
    return np.round(coefficients.reshape(*coefficients.shape[:2], 64)[..., ZIGZAG] / steps).astype(int)


def magnitude(value):
    """Number of bits of the value, and those bits: negative values are stored less one, without their sign."""
    bits = abs(value).bit_length()
    return bits, value if value >= 0 else value + (1 << bits) - 1


def block_symbols(block, previous):
    """(is it DC, symbol, extra bits, their number) of one block: first the change of the mean, then runs of zeros."""
    bits, extra = magnitude(int(block[0]) - previous)
    yield True, bits, extra, bits
    run = 0
    for value in block[1:np.flatnonzero(block[1:]).max(initial=-1) + 2].tolist():
        if value == 0:
            run += 1
            continue
        for _ in range(run // 16):
            yield False, 0xF0, 0, 0
        bits, extra = magnitude(value)
        yield False, run % 16 << 4 | bits, extra, bits
        run = 0
    if not block[63]:
        yield False, 0, 0, 0


def huffman(counts):
    """Code lengths (at most 16) of the symbols and their canonical codes. All ones is left unused, as JPEG wants."""
    counts = dict(counts)
    while True:
        # The symbol None, the rarest, takes the code of all ones.
        heap = [(count, i, [symbol]) for i, (symbol, count) in enumerate(sorted(counts.items()))] + [(0, len(counts), [None])]
        heapq.heapify(heap)
        lengths, serial = collections.Counter(), len(heap)
        while len(heap) > 1:
            (a, _, first), (b, _, second) = heapq.heappop(heap), heapq.heappop(heap)
            lengths.update(first + second)
            heapq.heappush(heap, (a + b, serial, first + second))
            serial += 1
        if max(lengths.values()) <= 16:
            break
        counts = {symbol: count // 2 + 1 for symbol, count in counts.items()}
    order = sorted((length, symbol is None, symbol or 0) for symbol, length in lengths.items())
    codes, code, last = {}, 0, 0
    for length, unused, symbol in order:
        code <<= length - last
        if not unused:
            codes[symbol] = (code, length)
        code, last = code + 1, length
    return codes


def huffman_table(number, codes):
    per_length = [sum(length == n for _, length in codes.values()) for n in range(1, 17)]
    symbols = sorted(codes, key=lambda symbol: (codes[symbol][1], codes[symbol][0]))
    return bytes([number, *per_length, *symbols])


def jpeg(pixels, coarseness=0.7):
    """Baseline, colour at half the resolution, with Huffman codes made for this picture."""
    height, width, _ = pixels.shape
    padded = np.pad(pixels, ((0, -height % 16), (0, -width % 16), (0, 0)), mode='edge').astype(float)
    red, green, blue = padded[..., 0], padded[..., 1], padded[..., 2]
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    chroma = [128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402]
    halved = [c.reshape(c.shape[0] // 2, 2, c.shape[1] // 2, 2).mean((1, 3)) for c in chroma]
    # The eye forgives errors in high frequencies, and in colour.
    frequency = np.array([k // 8 + k % 8 for k in ZIGZAG])
    steps = [np.round(3 + coarseness * 3 * frequency), np.round(4 + coarseness * 6 * frequency)]
    planes = [quantised_blocks(luma, steps[0])] + [quantised_blocks(c, steps[1]) for c in halved]

    symbols, previous = [], [0, 0, 0]  # symbols: (table number, symbol, extra bits, their number)
    for row in range(planes[1].shape[0]):
        for col in range(planes[1].shape[1]):
            unit = [(0, 2 * row + i, 2 * col + j) for i in range(2) for j in range(2)] + [(1, row, col), (2, row, col)]
            for plane, i, j in unit:
                block = planes[plane][i, j]
                for is_dc, *rest in block_symbols(block, previous[plane]):
                    symbols.append((min(plane, 1) | (0 if is_dc else 0x10), *rest))
                previous[plane] = int(block[0])
    tables = {n: huffman(collections.Counter(s for table, s, _, _ in symbols if table == n)) for n in (0x00, 0x10, 0x01, 0x11)}
    bits = []
    for table, symbol, extra, count in symbols:
        code, length = tables[table][symbol]
        bits.append(f'{code:0{length}b}' + (f'{extra:0{count}b}' if count else ''))
    bits = ''.join(bits)
    bits += '1' * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, 'big').replace(b'\xff', b'\xff\x00')

    def segment(marker, data):
        return struct.pack('>BBH', 0xFF, marker, len(data) + 2) + data

    quantisation = b''.join(bytes([n]) + steps[n].astype(np.uint8).tobytes() for n in range(2))
    frame = struct.pack('>BHHB', 8, height, width, 3) + bytes([1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
    return (b'\xff\xd8' + segment(0xE0, b'JFIF\0\1\1\0\0\1\0\1\0\0') + segment(0xDB, quantisation) + segment(0xC0, frame) +
            segment(0xC4, b''.join(huffman_table(n, codes) for n, codes in tables.items())) +
            segment(0xDA, bytes([3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0])) + scan + b'\xff\xd9')
