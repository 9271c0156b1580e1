"""Writes engine/ops/sobol_directions.inc from the table new-joe-kuo-6.21201 of S. Joe and F. Kuo (lines `d s a m_1 .. m_s`).

  python sobol_directions.py new-joe-kuo-6.21201 > ../../engine/ops/sobol_directions.inc
"""
import sys

DIMS = 1111


def bits(path):
    with open(path) as file:
        rows = [[int(word) for word in line.split()] for line in file if line.split()[0].isdigit()]
    for dim, degree, _, *numbers in rows[:DIMS - 1]:
        assert len(numbers) == degree, dim
        for k, number in enumerate(numbers):
            assert number % 2 == 1 and number < 2 << k, dim
            yield from ((number >> i) & 1 for i in range(1, k + 1))


def main():
    words = [0]
    for at, bit in enumerate(bits(sys.argv[1])):
        if at // 32 == len(words):
            words.append(0)
        words[-1] |= bit << (at % 32)
    print('// Made by tests/golden/sobol_directions.py; see there. clang-format off')
    for at in range(0, len(words), 10):
        print(' '.join(f'0x{word:08x},' for word in words[at:at + 10]))


if __name__ == '__main__':
    main()
