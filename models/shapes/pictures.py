"""Pictures of ten shapes, drawn from a seed: varied colour, place, size, rotation, background, lines and noise.

    python models/shapes/pictures.py --out FOLDER --count 20 --seed 5000 [--format jpg]

Needs numpy alone. Only RandomState is drawn from, whose streams numpy has frozen, so a seed stands for one picture.
"""
import argparse
import pathlib

import numpy as np

import picture_files

LABELS = ['arrow', 'circle', 'crescent', 'cross', 'heart', 'ring', 'spiral', 'square', 'star', 'triangle']

# Height and width by seed % 4. None is the model's 64x64, so every picture is resized, and not always in proportion.
SIZES = [(72, 96), (72, 72), (72, 96), (96, 72)]

# The pictures that no training sees, and that accuracy is measured on. Training uses seeds from 0 up.
FIRST_UNSEEN, NUM_UNSEEN = 900000, 1000


def inside(label, x, y):
    """Whether points belong to the shape, which fits the unit disc; x points right, y up."""
    r = np.hypot(x, y)
    if label == 'arrow':
        shaft = (abs(y) < 0.2) & (x > -0.95) & (x < 0.2)
        return shaft | ((x >= 0.15) & (abs(y) < 0.94 * (0.97 - x)))
    if label == 'circle':
        return r < 0.95
    if label == 'crescent':
        return (r < 0.95) & (np.hypot(x - 0.42, y) > 0.74)
    if label == 'cross':
        return (np.minimum(abs(x), abs(y)) < 0.28) & (np.maximum(abs(x), abs(y)) < 0.95)
    if label == 'heart':
        u, v = 1.25 * x, 1.25 * y + 0.1
        return (u * u + v * v - 0.95) ** 3 < u * u * v ** 3
    if label == 'ring':
        return (r < 0.97) & (r > 0.6)
    if label == 'spiral':
        return (r < 0.97) & ((r * 2.3 - np.arctan2(y, x) / (2 * np.pi)) % 1.0 < 0.45)
    if label == 'square':
        return np.maximum(abs(x), abs(y)) < 0.8
    if label == 'star':
        # Folded into half a point of the star, whose edge runs from the tip (angle 0, radius 1) to the notch
        # (angle pi/5, radius 0.42).
        sector = 2 * np.pi / 5
        angle = abs((np.arctan2(y, x) - np.pi / 2 + sector / 2) % sector - sector / 2)
        notch_x, notch_y = 0.42 * np.cos(np.pi / 5), 0.42 * np.sin(np.pi / 5)
        return (notch_x - 1) * r * np.sin(angle) > notch_y * (r * np.cos(angle) - 1)
    if label == 'triangle':
        return (y > -0.55) & (1.732 * abs(x) + y < 1.05)
    raise ValueError(label)


def colour_unlike(rng, background):
    """A colour that differs clearly from the background in one channel at least."""
    while True:
        colour = rng.uniform(0, 255, 3)
        if abs(colour - background).max() > 70:
            return colour


def draw(seed):
    """One picture as uint8 [height, width, 3], and the index of its label."""
    rng = np.random.RandomState(seed)
    height, width = SIZES[seed % len(SIZES)]
    label = rng.randint(len(LABELS))
    background = rng.uniform(0, 255, 3)
    colour = colour_unlike(rng, background)
    rows, cols = np.arange(height)[:, None] + 0.5, np.arange(width)[None, :] + 0.5

    slopes = rng.uniform(-50, 50, (2, 3))
    picture = background + (rows / height - 0.5)[..., None] * slopes[0] + (cols / width - 0.5)[..., None] * slopes[1]
    for _ in range(rng.randint(4)):  # thin lines, which are no shape
        angle, offset = rng.uniform(0, np.pi), rng.uniform(-30, 30)
        distance = (cols - width / 2) * np.cos(angle) + (rows - height / 2) * np.sin(angle) - offset
        covered = np.clip(rng.uniform(0.4, 1.0) + 0.5 - abs(distance), 0, 1)[..., None]
        picture += covered * (rng.uniform(0, 255, 3) - picture)

    size = rng.uniform(17, 32)
    centre_y = height / 2 + rng.uniform(-0.9, 0.9) * (height / 2 - size)
    centre_x = width / 2 + rng.uniform(-0.9, 0.9) * (width / 2 - size)
    turn = rng.uniform(0, 2 * np.pi)
    # Four points to a pixel: the mean says how much of it the shape covers.
    right = ((np.arange(2 * width) + 0.5) / 2 - centre_x)[None, :] / size
    up = (centre_y - (np.arange(2 * height) + 0.5) / 2)[:, None] / size
    points = inside(LABELS[label], right * np.cos(turn) + up * np.sin(turn), up * np.cos(turn) - right * np.sin(turn))
    covered = points.reshape(height, 2, width, 2).mean((1, 3))[..., None]
    picture += covered * (colour - picture)

    picture += rng.normal(0, rng.uniform(0, 14), picture.shape)
    return np.clip(np.round(picture), 0, 255).astype(np.uint8), label


def unseen():
    """The unseen pictures: file name, pixels, index of the label."""
    for number in range(NUM_UNSEEN):
        pixels, label = draw(FIRST_UNSEEN + number)
        yield f'{LABELS[label]}_{number:04d}.png', pixels, label


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', type=pathlib.Path, required=True, help='folder for files named LABEL_SEED')
    parser.add_argument('--count', type=int, default=100)
    parser.add_argument('--seed', type=int, default=0, help='seed of the first picture')
    parser.add_argument('--format', choices=['png', 'jpg'], default='png')
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in range(args.seed, args.seed + args.count):
        pixels, label = draw(seed)
        picture_files.write(args.out / f'{LABELS[label]}_{seed}.{args.format}', pixels)
    print(f'{args.count} pictures in {args.out}')


if __name__ == '__main__':
    main()
