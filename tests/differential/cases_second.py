"""Rows of a second tester (second.py): an operator drawn at random, then all of its attributes. RIVULET_ROWS, GLOBs, keeps to some operators."""
import fnmatch
import importlib
import os

from second import Case, SECOND, op_def_registry

ROOM = os.path.dirname(os.path.abspath(__file__))
for file in sorted(os.listdir(ROOM)):
    if file.startswith('second_') and file.endswith('.py'):
        importlib.import_module(file[:-3])
PAGE = {line.split('`')[1] for line in open(os.path.join(ROOM, '..', '..', 'docs', 'operators.md')) if line.startswith('| `')}
OPS = sorted(op for op in SECOND if op in PAGE and any(fnmatch.fnmatchcase(op, g) for g in os.environ.get('RIVULET_ROWS', '*').split()))


def case(draw):
    op = draw.choice(OPS)
    drawn = draw.choice(SECOND[op])(draw, op)
    spec = op_def_registry.get(drawn.op) if isinstance(drawn, Case) else None
    if spec is not None and spec.deprecation.version and drawn.producer is None:
        drawn.producer = spec.deprecation.version - 1
    return drawn
