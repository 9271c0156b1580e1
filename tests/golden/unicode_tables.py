"""Writes engine/ops/unicode_tables.inc: what TensorFlow's operators say of every code point.

    python tests/golden/unicode_tables.py        (a Python with TensorFlow 2.21)

Scripts, upper and lower case, and the two properties that decide which sigma ends a word. One Unicode version for all,
the reference's own, whatever version the machine's other libraries have.
"""
import os

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import numpy as np
import tensorflow as tf

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../engine/ops/unicode_tables.inc')
CODE_POINTS = [c for c in range(1, 0x110000) if not 0xD800 <= c < 0xE000]
SIGMA, FINAL_SIGMA = '\u03a3', '\u03c2'


def changed(op, texts):
    return [b.decode() for b in op(input=np.array([t.encode() for t in texts], object), encoding='utf-8').numpy()]


def rows(numbers, width=118):
    line, out = ' ', []
    for number in numbers:
        word = f' {number},'
        if len(line) + len(word) > width:
            out.append(line)
            line = ' '
        line += word
    return out + [line]


def table(name, kind, numbers):
    return [f'constexpr {kind} {name}[] = {{'] + rows(numbers) + ['};']


def case_ranges(mapped):
    """(first, count, step, delta) for single characters that move by one delta; the others as lists."""
    single, special = {}, []
    for c, text in zip(CODE_POINTS, mapped):
        if text == chr(c):
            continue
        if len(text) == 1:
            single[c] = ord(text) - c
        else:
            special.append((c, [ord(t) for t in text]))
    ranges = []
    for c, delta in single.items():
        if ranges:
            first, count, step, d = ranges[-1]
            gap = c - (first + (count - 1) * step)
            if d == delta and gap in (1, 2) and (count == 1 or gap == step):
                ranges[-1] = (first, count + 1, gap, d)
                continue
        ranges.append((c, 1, 1, delta))
    return ranges, special


def property_ranges(flags):
    """Code points where the flag changes; it starts as false."""
    out, before = [], False
    for c, flag in zip(CODE_POINTS, flags):
        if flag != before:
            out.append(c)
            before = flag
    return out + ([0x110000] if before else [])


def main():
    everything = list(range(0x110000))
    scripts = tf.raw_ops.UnicodeScript(input=np.array(everything, np.int32)).numpy().tolist()
    starts = [c << 8 | scripts[c] for c in everything if c == 0 or scripts[c] != scripts[c - 1]]
    texts = [chr(c) for c in CODE_POINTS]
    lower, upper = tf.raw_ops.StringLower, tf.raw_ops.StringUpper
    cased = [t[-1] == FINAL_SIGMA for t in changed(lower, [t + SIGMA for t in texts])]
    passed_over = [t[-1] == FINAL_SIGMA for t in changed(lower, ['A' + t + SIGMA for t in texts])]
    ignored = [p and not c for p, c in zip(passed_over, cased)]
    lines = ['// Made by tests/golden/unicode_tables.py; see there. clang-format off']
    lines += table('kScripts', 'uint32_t', starts)
    for name, op in (('Lower', lower), ('Upper', upper)):
        ranges, special = case_ranges(changed(op, texts))
        lines += table(f'k{name}Ranges', 'CaseRange', ['{%d, %d, %d, %d}' % r for r in ranges])
        assert all(len(s) <= 3 for _, s in special)
        lines += table(f'k{name}Special', 'SpecialCase',
                       ['{%d, {%s}}' % (c, ', '.join(str(x) for x in s)) for c, s in special])
    lines += table('kCased', 'uint32_t', property_ranges(cased))
    lines += table('kCaseIgnored', 'uint32_t', property_ranges(ignored))
    with open(OUT, 'w') as f:
        f.write('\n'.join(lines) + '\n')


if __name__ == '__main__':
    main()
