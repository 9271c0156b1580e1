"""The index of a checkpoint, a sorted table of blocks, written anew with Snappy's compression in every block."""
import struct

import cramjam  # Snappy's own block format

FOOTER = 48  # two handles, padding, eight bytes that say what it is
SNAPPY = 1


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def as_varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out) + bytes([value])


def handle(data, at=0):
    """Where a block lies: offset and length."""
    offset, at = varint(data, at)
    length, at = varint(data, at)
    return offset, length, at


def entries(block):
    """The keys and values of a block; a key says how much of its front is the one before's."""
    end = len(block) - 4 - 4 * struct.unpack('<I', block[-4:])[0]
    at, key = 0, b''
    while at < end:
        shared, at = varint(block, at)
        own, at = varint(block, at)
        size, at = varint(block, at)
        key = key[:shared] + block[at:at + own]
        yield key, block[at + own:at + own + size]
        at += own + size


def without_shared_keys(pairs):
    block = b''.join(b'\0' + as_varint(len(k)) + as_varint(len(v)) + k + v for k, v in pairs)
    return block + struct.pack('<II', 0, 1)


def compress(path):
    """Rewrites the table; every block in it must have been plain."""
    old = path.read_bytes()
    new = bytearray()

    def append(block):
        packed = bytes(cramjam.snappy.compress_raw(block))
        assert len(packed) < len(block) or len(block) < 64
        where = as_varint(len(new)) + as_varint(len(packed))
        new.extend(packed + bytes([SNAPPY]) + struct.pack('<I', masked(crc32c(packed + bytes([SNAPPY])))))
        return where

    def block_at(offset, length):
        assert old[offset + length] == 0
        return old[offset:offset + length]

    meta_offset, meta_length, at = handle(old, len(old) - FOOTER)
    index_offset, index_length, _ = handle(old, at)
    index = [(last, append(block_at(*handle(where)[:2]))) for last, where in entries(block_at(index_offset, index_length))]
    footer = append(block_at(meta_offset, meta_length)) + append(without_shared_keys(index))
    path.write_bytes(bytes(new) + footer.ljust(FOOTER - 8, b'\0') + old[-8:])
