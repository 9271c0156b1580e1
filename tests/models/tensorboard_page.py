"""TensorBoard itself, on folders of event files: what its server says of them, and its tabs in headless Chromium.

    python tests/models/tensorboard_page.py --rivulet PATH --tensorboard PROGRAM [--screenshot FILE.png]

`rivulet evaluate --events` twice, of two steps of a training: numbers, the histogram and the picture, beside what `evaluate --json`
says. The graphs are a part of check_tutorial_road.py. Exit status 1 when something is wrong.
"""
import argparse
import contextlib
import json
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "cli"))
from browser import Browser, Page, find

# The drawn nodes, through the shadow roots of TensorBoard's elements.
DRAWN = """(() => { let n = 0; const walk = r => { for (const e of r.querySelectorAll('*')) {
    if (e.tagName === 'g' && e.classList.contains('node')) n++; if (e.shadowRoot) walk(e.shadowRoot); } }; walk(document); return n; })()"""


# What is drawn of scalars and histograms, and the pictures that were decoded.
CHARTS = """(() => { let charts = 0, pictures = 0; const walk = r => { for (const e of r.querySelectorAll('*')) {
    if (e.tagName === 'LINE-CHART' || e.tagName === 'TB-HISTOGRAM') charts++;
    if (e.tagName === 'IMG' && e.naturalWidth > 20) pictures++; if (e.shadowRoot) walk(e.shadowRoot); } }; walk(document); return [charts, pictures]; })()"""


def get(address):
    with urllib.request.urlopen(address, timeout=120) as answer:
        return answer.read().decode()


@contextlib.contextmanager
def serving(program, folder):
    """The address of a TensorBoard."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([program, "--logdir", str(folder), "--port", str(port), "--host", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def wait_for(address, is_there):
    """What a page of the server says, once it has read the files."""
    end, said = time.monotonic() + 180, {}
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            said = json.loads(get(address))
            if is_there(said):
                break
        time.sleep(0.5)
    return said


def check_page(program, folder, screenshot=None):
    """Yields (line, whether it is fine) of the graphs of two runs."""
    with serving(program, folder) as home:
        runs = wait_for(f"{home}/data/plugin/graphs/info", lambda said: len(said) == 2)
        yield f"its graph tab lists {sorted(runs)}", set(runs) == {"retrained", "optimized"}
        for run in sorted(runs):
            nodes = len(re.findall(r"^node \{", get(f"{home}/data/plugin/graphs/graph?run={run}&conceptual=false"), re.M))
            yield f"it gives {nodes} nodes of '{run}'", nodes > 0
        if find() is None:
            yield "no browser: the page was not opened", True
            return
        with Browser(1400, 900) as browser:
            page = Page(browser, f"{home}/#graphs&run=optimized")
            page.until(DRAWN + " > 3")
            time.sleep(2)  # the layout glides into place
            if screenshot:
                page.screenshot(screenshot)
            yield f"Chromium draws {page.run(DRAWN)} nodes", True


def evaluate(rivulet, folder):
    """Two steps, the first of them with a wrong folder for one picture; what `--json` says of each."""
    shapes = ROOT / "models" / "shapes"
    said = {}
    for step in (40, 80):
        pictures = folder / f"pictures{step}"
        for path in sorted((shapes / "samples").glob("*.*g")):
            (pictures / path.stem.split("_")[0]).mkdir(parents=True, exist_ok=True)
            shutil.copy(path, pictures / path.stem.split("_")[0])
        if step == 40:
            shutil.copy(shapes / "samples" / "star.jpg", pictures / "heart" / "odd.jpg")
        call = [rivulet, "evaluate", shapes / "shapes.pb", pictures, "--events", folder / "runs" / "shapes", "--step", str(step), "--json"]
        said[step] = json.loads(subprocess.run(list(map(str, call)), check=True, capture_output=True, text=True).stdout)
    return said


def check_evaluation(rivulet, program, folder, screenshot=None):
    """Yields (line, whether it is fine) of what `rivulet evaluate --events` wrote."""
    said = evaluate(rivulet, folder)
    with serving(program, folder / "runs") as home:
        ask = lambda plugin, tag, more="": json.loads(get(f"{home}/data/plugin/{plugin}?run=shapes&tag={urllib.parse.quote(tag)}{more}"))
        tags = wait_for(f"{home}/data/plugin/scalars/tags", lambda tags: len(tags.get("shapes", {})) > 3).get("shapes", {})
        found = sorted(tag for tag in tags if tag.startswith("found/"))
        yield f"its scalars are {len(tags)}, {len(found)} of them of classes", {"accuracy/top-1", "accuracy/top-5", "milliseconds"} <= set(tags) and len(found) == 10
        points = [(step, round(value, 4)) for _, step, value in ask("scalars/scalars", "accuracy/top-1")]
        yield f"accuracy/top-1 is {points}", points == [(step, round(one["top1"], 4)) for step, one in said.items()] and points[0][1] < points[1][1] == 1
        histogram = ask("histograms/histograms", "score of the right label")
        counts = [sum(bucket[2] for bucket in buckets) for _, _, buckets in histogram]
        yield f"its histogram counts {counts} scores", [round(count) for count in counts] == [13, 12]
        images = ask("images/images", "what is taken for what", "&sample=0")
        sizes = []
        for image in images:
            with urllib.request.urlopen(f"{home}/data/plugin/images/individualImage?{image['query']}", timeout=120) as png:
                sizes.append((image["step"], *struct.unpack(">II", png.read()[16:24])))
        yield f"its pictures are {sizes}", sizes == [(40, 176, 160), (80, 176, 160)]
        if find() is None:
            yield "no browser: the page was not opened", True
            return
        with Browser(1400, 900) as browser:
            page = Page(browser, f"{home}/#timeseries")
            page.until(f"(([charts, pictures]) => charts > 2 || pictures > 0)({CHARTS})")
            time.sleep(3)
            if screenshot:
                page.screenshot(screenshot)
            charts, pictures = page.run(CHARTS)
            yield f"Chromium draws {charts} charts and {pictures} pictures", charts > 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rivulet", required=True, type=lambda p: pathlib.Path(p).resolve())
    parser.add_argument("--tensorboard", required=True)
    parser.add_argument("--screenshot", type=pathlib.Path)
    args = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for line, is_fine in check_evaluation(args.rivulet, args.tensorboard, pathlib.Path(folder), args.screenshot):
            wrong += not is_fine
            print(f"{line}{'' if is_fine else '  WRONG'}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
