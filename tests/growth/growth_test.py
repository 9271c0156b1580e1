"""Loading and planning a graph eight times as large takes about eight times the instructions.

growth_test.py VALGRIND LOAD_AND_PLAN ROOT [--print]. Instructions are counted, not timed, so that no busy machine changes
a result. What is sorted or searched may take a little more than in proportion; what is done once more for each node of a
node takes 64 times the instructions.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

VALGRIND, LOAD_AND_PLAN, ROOT = sys.argv[1:4]
sys.path.insert(0, os.path.join(ROOT, 'bench'))
import grown_graphs  # noqa: E402

NODES, TIMES = 500, 8
# Growth that is allowed beyond proportion. A part that grows with the square and is a fiftieth of the instructions at
# first exceeds it.
ALLOWANCE = 1.2


def counts(paths, folder):
    """Instructions of each path's load and plan, in their order."""
    out = os.path.join(folder, 'counts')
    said = subprocess.run([VALGRIND, '--tool=callgrind', '--combine-dumps=yes', f'--callgrind-out-file={out}', '--dump-before=PartEnds',
                           LOAD_AND_PLAN, *paths], capture_output=True, text=True)
    if said.returncode != 0:
        raise RuntimeError(said.stderr)
    with open(out) as file:
        parts = [int(count) for count in re.findall(r'^totals: (\d+)', file.read(), re.MULTILINE)]
    return list(zip(parts[1::4], parts[3::4]))


class Growth(unittest.TestCase):
    def test_every_kind(self):
        for kind, graph in grown_graphs.KINDS.items():
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                paths = []
                for nodes in (NODES, NODES * TIMES):
                    paths.append(os.path.join(folder, f'{kind}_{nodes}.pb'))
                    with open(paths[-1], 'wb') as file:
                        file.write(graph(nodes))
                few, many = counts(paths, folder)
                for what, before, after in zip(('load', 'plan'), few, many):
                    grown = after / before
                    if '--print' in sys.argv:
                        print(f'{kind:18} {what} {before / NODES:9.0f} instructions a node; {TIMES} times the nodes: {grown:.2f} times the instructions')
                    self.assertLess(grown, TIMES * ALLOWANCE, f'{what} of {kind}: {before} instructions, then {after}')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
