"""relaxed_opcodes.py PROGRAM: gives the relaxed SIMD instructions of PROGRAM's .wasm, written in place, their final numbers.

LLVM 14 and binaryen 108 know a draft of the proposal: the fused products are there, under other numbers, of as many bytes. What a
number stands for depends on where an instruction begins, so the code is walked through, instruction by instruction. A file that
later tools made has none of the draft's numbers and stays as it is.
"""
import os
import sys

FINAL = {0xaf: b'\x85\x02', 0xb0: b'\x86\x02'}  # f32x4.relaxed_madd, f32x4.relaxed_nmadd


class Code:
    def __init__(self, data):
        self.data = data
        self.at = 0
        self.changed = 0

    def number(self):
        """An unsigned or, as far as its length goes, a signed LEB128."""
        data, at, value, shift = self.data, self.at, 0, 0
        while data[at] & 0x80:
            value |= (data[at] & 0x7f) << shift
            shift += 7
            at += 1
        self.at = at + 1
        return value | data[at] << shift

    def numbers(self, count):
        for _ in range(count):
            self.number()

    def instruction(self):
        op = self.data[self.at]
        self.at += 1
        if 0x45 <= op <= 0xc4 or op in PLAIN:
            return
        if op in NUMBERS:
            self.numbers(NUMBERS[op])
        elif op == 0x0e:  # br_table
            self.numbers(self.number() + 1)
        elif op == 0x1c:  # select with types
            self.numbers(self.number())
        elif op == 0x43 or op == 0x44:
            self.at += 4 if op == 0x43 else 8
        elif op == 0xfc:
            self.numbers(BULK[self.number()])
        elif op == 0xfd:
            self.vector()
        else:
            raise ValueError(f'unknown instruction {op:#x} at {self.at - 1}')

    def vector(self):
        start = self.at
        op = self.number()
        if op in FINAL:
            if self.at != start + 2:
                raise ValueError(f'an instruction of {self.at - start} bytes at {start}, want 2')
            self.data[start:self.at] = FINAL[op]
            self.changed += 1
        elif op <= 11 or op == 92 or op == 93:  # loads and stores
            self.numbers(2)
        elif op == 12 or op == 13:  # v128.const, shuffle
            self.at += 16
        elif 21 <= op <= 34:  # a lane
            self.at += 1
        elif 84 <= op <= 91:  # a lane in memory
            self.numbers(2)
            self.at += 1


# Instructions of no operand, and how many numbers follow the others.
PLAIN = {0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1}
NUMBERS = {0x02: 1, 0x03: 1, 0x04: 1, 0x0c: 1, 0x0d: 1, 0x10: 1, 0x11: 2, 0x12: 1, 0x13: 2, 0xd0: 1, 0xd2: 1, 0x3f: 1, 0x40: 1, 0x41: 1, 0x42: 1}
NUMBERS.update({op: 1 for op in range(0x20, 0x27)})
NUMBERS.update({op: 2 for op in range(0x28, 0x3f)})
BULK = [0] * 8 + [2, 1, 2, 1, 2, 1, 2, 1, 1, 1]


def translate(data):
    """The number of instructions that were changed in a module, a bytearray."""
    if data[:8] != b'\0asm\1\0\0\0':
        raise ValueError('not a WebAssembly module')
    code = Code(data)
    code.at = 8
    while code.at < len(data):
        kind = data[code.at]
        code.at += 1
        size = code.number()
        end = code.at + size
        if kind == 10:
            for _ in range(code.number()):
                size = code.number()
                body = code.at + size
                for _ in range(code.number()):  # local variables: how many, of which type
                    code.numbers(2)
                while code.at < body:
                    code.instruction()
                if code.at != body:
                    raise ValueError(f'a function ends at {code.at}, want {body}')
        code.at = end
    return code.changed


def main():
    path = os.path.splitext(sys.argv[1])[0] + '.wasm'
    with open(path, 'rb') as file:
        data = bytearray(file.read())
    try:
        changed = translate(data)
    except (ValueError, IndexError) as error:
        sys.exit(f'relaxed_opcodes: {path}: {error}')
    if changed:
        with open(path, 'wb') as file:
            file.write(data)


if __name__ == '__main__':
    main()
