"""Rows of docs/operators.md: an operator drawn at random, then its dtypes, attributes and values (rows.py, rows_*.py).

RIVULET_ROWS, GLOBs with blanks between, keeps to some operators. The page's operators that no rows_*.py knows are what sweep.py changes recorded
cases of.
"""
import fnmatch
import importlib
import os

from rows import ROWS, Case, op_def_registry

ROOM = os.path.dirname(os.path.abspath(__file__))
for file in sorted(os.listdir(ROOM)):
    if file.startswith('rows_') and file.endswith('.py'):
        importlib.import_module(file[:-3])
OPS = sorted(op for op in ROWS if any(fnmatch.fnmatchcase(op, g) for g in os.environ.get('RIVULET_ROWS', '*').split()))


def case(draw):
    op = draw.choice(OPS)
    drawn = draw.choice(ROWS[op])(draw, op)
    spec = op_def_registry.get(op) if isinstance(drawn, Case) else None  # None, too, where TensorFlow has the operator no more
    withdrawn = spec.deprecation.version if spec else 0
    if withdrawn and drawn.producer is None:
        drawn.producer = withdrawn - 1
    return drawn
