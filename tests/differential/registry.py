"""Names the operators that TensorFlow registers and the engine neither runs, nor refuses by name, nor counts as dead weight.

  python tests/differential/registry.py --rivulet build/release/cli/rivulet

Exit status 1 when there is one.
"""
import argparse
import subprocess
import sys

from tensorflow.core.framework import op_def_pb2
from tensorflow.python.client import pywrap_tf_session


def registered():
    listed = pywrap_tf_session.TF_GetAllOpList()
    return sorted(op.name for op in op_def_pb2.OpList.FromString(pywrap_tf_session.TF_GetBuffer(listed)).op)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rivulet', required=True)
    options = parser.parse_args()
    ops = registered()
    unknown = [op for op in ops if subprocess.run([options.rivulet, 'ops', op], capture_output=True).returncode != 0]
    print(*unknown, f'{len(ops)} operators, {len(unknown)} unknown', sep='\n')
    return 1 if unknown else 0


if __name__ == '__main__':
    sys.exit(main())
