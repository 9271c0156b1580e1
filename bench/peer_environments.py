"""The Python environments that peers.py calls, made from requirements-*.txt on their first use."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ('engines', 'tensorflow', 'onnx')


def said(command, **options):
    """What a command prints, or an error with its last words."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines() or ['no word']
        raise RuntimeError(f'{os.path.basename(command[0])}: exit {done.returncode}: {words[-1][:300]}')
    return done.stdout


def add_flags(parser):
    for name in NAMES:
        parser.add_argument(f'--{name}-python', help=f'a Python that has requirements-{name}.txt')
    parser.add_argument('--pnnx', help='the pnnx program')


def python(args, name):
    """The Python of an environment: a given one, else that of the folder."""
    return getattr(args, name + '_python') or made(args.folder, name)


def made(parent, name):
    """The Python of the folder's environment, which is made if there is none."""
    folder = os.path.join(parent, name)
    program = os.path.join(folder, 'bin', 'python')
    if not os.path.exists(os.path.join(folder, 'complete')):
        print(f'making {folder}', file=sys.stderr)
        said([sys.executable, '-m', 'venv', folder])
        said([program, '-m', 'pip', 'install', '-r', os.path.join(HERE, f'requirements-{name}.txt')])
        if name == 'onnx':
            said([program, '-m', 'pip', 'install', '--no-deps', 'pnnx==20261020'])
        open(os.path.join(folder, 'complete'), 'w').close()
    return program


def pnnx(args):
    if args.pnnx:
        return args.pnnx
    script = "import importlib.util, os; print(os.path.join(os.path.dirname(importlib.util.find_spec('pnnx').origin), 'pnnx'))"
    return said([python(args, 'onnx'), '-c', script]).strip()


if __name__ == '__main__':  # FOLDER NAME: for scripts
    print(made(os.path.abspath(sys.argv[1]), sys.argv[2]))
