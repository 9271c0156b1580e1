"""Headless Chromium for tests of pages, over its debugging pipe: no packages but the browser itself.

    with Browser() as browser:
        page = browser.open(path)
        page.run("1 + 1")
"""
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
WAIT_S = 40


def find():
    """The browser's program; None where there is none. RIVULET_BROWSER names another."""
    named = os.environ.get("RIVULET_BROWSER")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    def __init__(self, width=1400, height=900, dark=False):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self.to_write = os.pipe()
        self.to_hear, from_write = os.pipe()

        def pipes():  # the browser reads descriptor 3 and writes 4
            heard = os.dup(from_write)
            os.dup2(to_read, 3)
            os.dup2(heard, 4)
            os.set_inheritable(3, True)
            os.set_inheritable(4, True)

        flags = ["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
                 f"--window-size={width},{height}", f"--user-data-dir={self.folder.name}"]
        if dark:
            flags.append("--blink-settings=preferredColorScheme=0")
        self.process = subprocess.Popen([find(), *flags, "about:blank"], close_fds=False, preexec_fn=pipes,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.left = b""
        self.count = 0
        self.events = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.to_write)
        self.process.kill()
        self.process.wait()
        os.close(self.to_hear)
        self.folder.cleanup()

    def message(self):
        while b"\0" not in self.left:
            if not select.select([self.to_hear], [], [], WAIT_S)[0]:
                raise RuntimeError("the browser does not answer")
            piece = os.read(self.to_hear, 1 << 20)
            if not piece:
                raise RuntimeError("the browser went away")
            self.left += piece
        line, self.left = self.left.split(b"\0", 1)
        return json.loads(line)

    def call(self, method, session=None, **params):
        self.count += 1
        call = {"id": self.count, "method": method, "params": params, **({"sessionId": session} if session else {})}
        os.write(self.to_write, json.dumps(call).encode() + b"\0")
        while True:
            message = self.message()
            if message.get("id") == self.count:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]
            self.events.append(message)

    def open(self, path):
        return Page(self, pathlib.Path(path).resolve().as_uri())


class Page:
    def __init__(self, browser, address):
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Log", "Network"]:
            self.call(f"{domain}.enable")
        started = time.monotonic()
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")
        self.load_s = time.monotonic() - started

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def run(self, script):
        """The value of an expression; an exception of the page is one here."""
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", str(result)))
        return result["result"].get("value")

    def until(self, condition):
        end = time.monotonic() + WAIT_S
        while not self.run(condition):
            if time.monotonic() > end:
                raise RuntimeError(f"never so: {condition}")
            time.sleep(0.02)

    def key(self, key):
        code = {"Enter": 13, "Escape": 27, "Backspace": 8, "ArrowDown": 40, "ArrowUp": 38}.get(key)
        text = {} if code else {"text": key}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **text, **({"windowsVirtualKeyCode": code} if code else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def resize(self, width, height, is_phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2 if is_phone else 1, mobile=is_phone)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def click(self, x, y, count=1):
        for kind in ["mousePressed", "mouseReleased"]:
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=count)

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))

    def complaints(self):
        """What the page threw or logged as an error, and what it asked of a network."""
        self.run("0")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            params = event["params"]
            if event["method"] == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"].get("exception", {}).get("description", "exception"))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
                found.append(params["entry"]["text"])
            elif event["method"] == "Network.requestWillBeSent" and not params["request"]["url"].startswith(("file:", "data:", "about:")):
                found.append("asked for " + params["request"]["url"])
        return found
