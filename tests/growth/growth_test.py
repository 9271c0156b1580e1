"""Loading and planning a graph eight times as long takes about eight times the steps: growth_test.py COUNT_BLOCKS ROOT

Steps are counted, not timed (count_blocks.cc), so a result is the same everywhere. What is sorted or searched may take a
little more than in proportion; what is done once more for each node of a node takes 64 times the steps.
"""
import os
import subprocess
import sys
import tempfile
import unittest

COUNT_BLOCKS, ROOT = sys.argv[1:3]
sys.path.insert(0, os.path.join(ROOT, 'bench'))
import grown_graphs  # noqa: E402

NODES, TIMES = 500, 8
# Growth that is allowed beyond proportion. A part that grows with the square and is a fiftieth of the steps at first
# exceeds it.
ALLOWANCE = 1.2


class Growth(unittest.TestCase):
    def test_every_kind(self):
        for kind, graph in grown_graphs.KINDS.items():
            with self.subTest(kind), tempfile.TemporaryDirectory() as folder:
                paths = []
                for nodes in (NODES, NODES * TIMES):
                    paths.append(os.path.join(folder, f'{kind}_{nodes}.pb'))
                    with open(paths[-1], 'wb') as file:
                        file.write(graph(nodes))
                said = subprocess.run([COUNT_BLOCKS, *paths], capture_output=True, text=True)
                self.assertEqual(said.returncode, 0, said.stderr)
                few, many = ([int(count) for count in line.split()] for line in said.stdout.splitlines())
                for what, before, after in zip(('load', 'plan'), few, many):
                    grown = after / before
                    if '--print' in sys.argv:
                        print(f'{kind:18} {what} {before / NODES:9.0f} steps a node; {TIMES} times the nodes: {grown:.2f} times the steps')
                    self.assertLess(grown, TIMES * ALLOWANCE, f'{what} of {kind}: {before} steps, then {after}')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])
