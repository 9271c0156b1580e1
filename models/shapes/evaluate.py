"""Measures the shapes model on 1,000 pictures that its training never saw, with `rivulet label` doing the work.

    python models/shapes/evaluate.py --out FOLDER
    rivulet label models/shapes/shapes.pb FOLDER --json > answers.json
    python models/shapes/evaluate.py --answers answers.json

The first call draws the pictures, named LABEL_NUMBER.png. The last one prints how many answers are right and how many
agree with what TensorFlow said (unseen_1000.tsv). It exits with 1 where fewer than 95 % are right, a picture is missing,
or a label differs from TensorFlow's that was no tie. Needs numpy alone.
"""
import argparse
import csv
import json
import pathlib
import sys
import zlib

import picture_files
import pictures

RECORDED = pathlib.Path(__file__).parent / 'unseen_1000.tsv'
# Of all pixels in turn. Another value means that this machine's sines and logarithms round a pixel differently.
PIXELS_CRC = 0x154ecb71
# Whole networks agree with TensorFlow to this; two classes as close as this may change places.
TOLERANCE = 1e-3
LEAST_RIGHT = 0.95


def write_pictures(folder):
    folder.mkdir(parents=True, exist_ok=True)
    crc = 0
    for name, pixels, _ in pictures.unseen():
        picture_files.write(folder / name, pixels)
        crc = zlib.crc32(pixels.tobytes(), crc)
    print(f'{pictures.NUM_UNSEEN} pictures in {folder}')
    if crc != PIXELS_CRC:
        print(f'note: pixels differ from those that were recorded: checksum {crc:08x}, recorded {PIXELS_CRC:08x}', file=sys.stderr)


def compare(answers):
    """Prints the figures; returns whether they are as they should be."""
    best = {pathlib.PurePath(entry['file']).name: entry['labels'][0] for entry in answers['files']}
    right, agree, missing, largest, differing = 0, 0, 0, 0.0, []
    with open(RECORDED, newline='') as file:
        recorded = list(csv.DictReader(file, delimiter='\t'))
    for row in recorded:
        answer = best.get(row['file'])
        if answer is None:
            missing += 1
            continue
        right += answer['label'] == row['shape']
        difference = abs(answer['score'] - float(row['probability']))
        if answer['label'] == row['tensorflow']:
            agree += 1
            largest = max(largest, difference)
        elif difference > TOLERANCE:
            differing.append(f'{row["file"]}: {answer["label"]} {answer["score"]:.4f}, TensorFlow {row["tensorflow"]} {row["probability"]}')
    total = len(recorded)
    print(f'right: {right} of {total} ({100 * right / total:.1f} %)')
    print(f'as TensorFlow: {agree} of {total}, largest difference of their scores {largest:.2g}')
    if missing:
        print(f'missing: {missing}')
    for line in differing:
        print(line)
    return right >= LEAST_RIGHT * total and not missing and not differing and largest <= TOLERANCE


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    job = parser.add_mutually_exclusive_group(required=True)
    job.add_argument('--out', type=pathlib.Path, metavar='FOLDER', help='write the pictures here')
    job.add_argument('--answers', type=argparse.FileType(), metavar='FILE', help='what `rivulet label --json` printed')
    args = parser.parse_args()
    if args.out:
        write_pictures(args.out)
        return 0
    return 0 if compare(json.load(args.answers)) else 1


if __name__ == '__main__':
    sys.exit(main())
