"""Writes recordings without compression, for targets that have no zlib:  unpack.py FROM.gold TO.gold"""
import pathlib
import struct
import sys
import zlib

data = pathlib.Path(sys.argv[1]).read_bytes()
magic = len(b'RVGOLD1\n')
length, = struct.unpack('<Q', data[magic:magic + 8])
payload = zlib.decompress(data[magic + 8:])
assert len(payload) == length, 'not a recording'
pathlib.Path(sys.argv[2]).write_bytes(data[:magic + 8] + payload)
