"""Makes the frozen graphs that docs/performance.md measures: networks of published structure with random weights, from fixed seeds.

  python bench/make_models.py FOLDER [NAME…]        (--list prints the names of the main set, --list-others those of the other kinds)

Runs in the environment of requirements-onnx.txt. A graph that lies in the folder already is left alone.
"""
import os
import sys

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
import image_models  # noqa: E402
import other_models  # noqa: E402
import plain_models  # noqa: E402
import recurrent_models  # noqa: E402

MAIN = {name: module.graph_def for module in (image_models, plain_models, recurrent_models) for name in module.NETWORKS}
OTHERS = {name: other_models.graph_def for name in other_models.NETWORKS}
MAKERS = MAIN | OTHERS


def main():
    if sys.argv[1:] in (['--list'], ['--list-others']):
        print(*sorted(MAIN if sys.argv[1] == '--list' else OTHERS))
        return
    folder, names = sys.argv[1], sys.argv[2:] or sorted(MAIN)
    unknown = [name for name in names if name not in MAKERS]
    if unknown:
        sys.exit(f"make_models.py: no network {', '.join(unknown)}; there are {' '.join(sorted(MAKERS))}")
    os.makedirs(folder, exist_ok=True)
    for name in names:
        path = os.path.join(folder, name + '.pb')
        if os.path.exists(path):
            continue
        graph = MAKERS[name](name)
        with open(path + '.part', 'wb') as file:
            file.write(graph.SerializeToString(deterministic=True))
        os.replace(path + '.part', path)
        print(path, os.path.getsize(path), flush=True)


if __name__ == '__main__':
    main()
