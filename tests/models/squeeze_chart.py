"""The curves of docs/squeeze.svg: what squeeze_table.py printed, size in a zip against the share of answers that differ.

    python tests/models/squeeze_chart.py PRINTED [PRINTED ...] > docs/squeeze.svg
    python tests/models/squeeze_chart.py --table PRINTED [PRINTED ...]      the table of docs/squeeze.md
"""
import math
import pathlib
import re
import sys

WIDTH, HEIGHT, GAP = 250, 190, 26
LEFT, TOP, RIGHT, BOTTOM = 44, 26, 10, 34
INK, GRID, CURVE, OTHER = "#24292f", "#d0d7de", "#0969da", "#cf222e"
WANTED = 99  # percent
LEAST = 0.1  # percent: what is nearer is drawn there


def read(paths):
    """{network: [(what, kB in a zip, percent that differ on unseen inputs, percent that the command expects to, and at most)]};
    a later file adds to a former one."""
    networks = {}
    for path in paths:
        name = None
        for line in pathlib.Path(path).read_text().splitlines():
            if title := re.match(r"(.+), (\d+) samples searched with", line):
                name = title[1]
            elif row := re.match(r"\| (.+?) \| [\d.]+ \| ([\d.]+) \| ([\d.]+) % \| (.*?) \| (.*?) \|", line):
                networks.setdefault(name, []).append((row[1], float(row[2]), 100 - float(row[3]), row[4], row[5]))
    return networks


def line(name, rows):
    """What docs/squeeze.md says of a network."""
    def cell(row, bold=""):
        return f"{bold}{row[1]:.1f}{bold} ({100 - row[2]:.1f} %)" if row else ""

    by_name = {row[0]: row for row in rows}
    rounded, eight = by_name["256 levels"], next(row for row in rows if row[0].startswith("8 bits"))
    more = next((row for what, row in by_name.items() if what in ("4096 levels", "65536 levels") and 100 - row[2] >= WANTED), None)
    chosen = by_name["chosen"]
    return (f"| {name} | {by_name['as given'][1]:.1f} | {cell(rounded)} | {cell(more)} | {cell(eight)} | {cell(chosen, '**')} | {chosen[3]} | {chosen[4]} "
            f"| {rounded[1] / chosen[1]:.1f} | {100 * (1 - chosen[1] / eight[1]):.0f} % |")


def panel(name, rows, x, y):
    curve = sorted((size, drop) for what, size, drop, *_ in rows if what in ("squeezed", "chosen"))
    others = {what: (size, drop) for what, size, drop, *_ in rows if "levels" in what or what.startswith("8 bits")}
    sizes = [size for size, _ in [*curve, *others.values()]]
    low, high = math.log(min(sizes) / 1.15), math.log(max(sizes) * 1.15)
    at_x = lambda size: x + LEFT + (math.log(size) - low) / (high - low) * (WIDTH - LEFT - RIGHT)
    at_y = lambda drop: y + TOP + (2 - math.log10(min(max(drop, LEAST), 100))) / 3 * (HEIGHT - TOP - BOTTOM)
    yield f'<text x="{x + LEFT}" y="{y + 14}" font-weight="600">{name}</text>'
    for drop in (0.1, 1, 10, 100):
        yield f'<line x1="{x + LEFT}" x2="{x + WIDTH - RIGHT}" y1="{at_y(drop):.1f}" y2="{at_y(drop):.1f}" stroke="{"#57606a" if drop == 1 else GRID}"/>'
        yield f'<text x="{x + LEFT - 5}" y="{at_y(drop) + 4:.1f}" text-anchor="end" font-size="10">{drop:g} %</text>'
    drawn = -100.0
    for size in (digit * 10**zeros for zeros in range(5) for digit in (1, 2, 3, 5)):
        if low < math.log(size) < high and at_x(size) - drawn > 30:
            drawn = at_x(size)
            yield f'<line x1="{drawn:.1f}" x2="{drawn:.1f}" y1="{y + HEIGHT - BOTTOM}" y2="{y + HEIGHT - BOTTOM + 4}" stroke="{INK}"/>'
            yield f'<text x="{drawn:.1f}" y="{y + HEIGHT - BOTTOM + 15}" text-anchor="middle" font-size="10">{size}</text>'
    points = " ".join(f"{at_x(size):.1f},{at_y(drop):.1f}" for size, drop in curve)
    yield f'<polyline points="{points}" fill="none" stroke="{CURVE}" stroke-width="1.6"/>'
    for size, drop in curve:
        yield f'<circle cx="{at_x(size):.1f}" cy="{at_y(drop):.1f}" r="2.6" fill="{CURVE}"/>'
    for what, (size, drop) in others.items():
        left, middle = at_x(size), at_y(drop)
        if what.startswith("8 bits"):
            yield f'<path d="M{left - 4:.1f} {middle:.1f}l4 -4 4 4 -4 4z" fill="none" stroke="{OTHER}" stroke-width="1.5"/>'
        else:
            yield f'<rect x="{left - 3:.1f}" y="{middle - 3:.1f}" width="6" height="6" fill="none" stroke="{OTHER}" stroke-width="1.5"/>'


def main():
    networks = read(path for path in sys.argv[1:] if path != "--table")
    if "--table" in sys.argv:
        print("\n".join(line(name, rows) for name, rows in networks.items()))
        return
    columns = 3
    lines = math.ceil(len(networks) / columns)
    width, height = columns * (WIDTH + GAP), lines * (HEIGHT + GAP) + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
           f'<rect width="{width}" height="{height}" fill="#fff"/>',
           f'<circle cx="50" cy="15" r="2.6" fill="{CURVE}"/><text x="58" y="19">squeezed</text>'
           f'<rect x="126" y="12" width="6" height="6" fill="none" stroke="{OTHER}" stroke-width="1.5"/><text x="138" y="19">rounded to 256, 4096, 65536 levels</text>'
           f'<path d="M366 15l4 -4 4 4 -4 4z" fill="none" stroke="{OTHER}" stroke-width="1.5"/><text x="380" y="19">8 bits, brotli</text>'
           '<text x="466" y="19">right: kB in a zip; up: answers that differ on unseen inputs</text>']
    for i, (name, rows) in enumerate(networks.items()):
        out += panel(name, rows, i % columns * (WIDTH + GAP), 30 + i // columns * (HEIGHT + GAP))
    print("\n".join([*out, "</svg>"]))


main()
