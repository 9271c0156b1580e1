"""Networks as the suites of other importers have them (suite_*.py): each op's typical test, loops, cells, tables, layers.

RIVULET_SUITES='lstm*' takes only those whose name fits. A Python with tf_keras adds Keras 2's layers and TensorFlow 1's cells.
"""
import fnmatch
import importlib
import os

import cases_networks
import suites

for file in sorted(os.listdir(os.path.dirname(os.path.abspath(__file__)))):
    if file.startswith('suite_'):
        importlib.import_module(file[:-3])
CHOSEN = [n for n in suites.NETS if fnmatch.fnmatchcase(n.__name__, os.environ.get('RIVULET_SUITES', '*'))]


def case(draw):
    return cases_networks.case_of(draw, draw.choice(CHOSEN))
