"""TensorBoard itself, on a folder of event files: what its server says of the graphs, and its graph tab in headless Chromium."""
import json
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from browser import Browser, Page, find

# The drawn nodes, through the shadow roots of TensorBoard's elements.
DRAWN = """(() => { let n = 0; const walk = r => { for (const e of r.querySelectorAll('*')) {
    if (e.tagName === 'g' && e.classList.contains('node')) n++; if (e.shadowRoot) walk(e.shadowRoot); } }; walk(document); return n; })()"""


def get(address):
    with urllib.request.urlopen(address, timeout=120) as answer:
        return answer.read().decode()


def check_page(program, folder, screenshot=None):
    """Yields (line, whether it is fine)."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([program, "--logdir", str(folder), "--port", str(port), "--host", "127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        home = f"http://127.0.0.1:{port}"
        end, runs = time.monotonic() + 90, {}
        while len(runs) < 2 and time.monotonic() < end:
            time.sleep(0.5)
            try:
                runs = json.loads(get(f"{home}/data/plugin/graphs/info"))
            except OSError:
                continue
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
    finally:
        server.terminate()
        server.wait()
