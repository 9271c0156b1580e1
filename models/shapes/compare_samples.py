"""Puts `rivulet label --json --all-scores` (standard input) beside TensorFlow's recorded answers (samples.json)."""
import json
import sys

TOLERANCE = 2e-3  # a JPEG may differ by one level before the network


def main():
    recorded = {entry["file"]: entry for entry in json.load(open(sys.argv[1]))["samples"]}
    files = json.load(sys.stdin)["files"]
    worst, wrong = 0.0, 0
    print(f"{'picture':<16} {'rivulet':<10} {'':>7}  {'TensorFlow':<10} {'':>7}  max difference")
    for entry in files:
        expected = recorded.pop(entry["file"].rsplit("/", 1)[-1])
        difference = max(abs(a - b) for a, b in zip(entry["scores"], expected["probability"], strict=True))
        best = entry["labels"][0]
        worst = max(worst, difference)
        wrong += best["label"] != expected["label"]
        print(f"{expected['file']:<16} {best['label']:<10} {best['score']:7.4f}  {expected['label']:<10} {max(expected['probability']):7.4f}  {difference:.1e}")
    for name in recorded:
        print(f"{name}: not answered", file=sys.stderr)
    fine = not recorded and wrong == 0 and worst <= TOLERANCE
    print(f"{len(files)} pictures, {wrong} labels differ, largest difference {worst:.1e}: {'as TensorFlow' if fine else 'NOT as TensorFlow'}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
