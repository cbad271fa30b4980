"""A dashboard of one's own and a browser to look at it: for the tests of this folder and for the screenshots.

The browser is Chromium or Chrome as the system has it, or Playwright's own.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Page, Playwright, expect

from segcore.paths import PROJECT

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera with a test picture, which nobody has to allow
    "--use-fake-ui-for-media-stream",
)


def browser_path(playwright: Playwright) -> str | None:
    """The program of a browser of the Chromium family, or None."""
    installed = next((found for name in NAMES if (found := shutil.which(name))), None)
    places = [*PLACES, playwright.chromium.executable_path]
    return installed or next((place for place in places if Path(place).exists()), None)


def launch(playwright: Playwright, path: str) -> Browser:
    """A browser without a window."""
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS])


def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_up(address: str, server: subprocess.Popen[bytes], log: Path, seconds: float = 180) -> None:
    """Return when the server answers.

    Raises:
        RuntimeError: it ended, or did not answer in time; with what it wrote.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"the dashboard did not start:\n{log.read_text()}")


class Served(NamedTuple):
    """A dashboard that runs: its address and its process."""

    address: str
    process: subprocess.Popen[bytes]


def serve(home: Path, port: int | None = None) -> Served:
    """Start a dashboard as the README says.

    Args:
        home: a folder for whatever it writes.
        port: None takes a free one.
    """
    log = home / "server.log"
    port = port or free_port()
    served = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = ["--server.port", str(port), "--server.headless", "true"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *options],
            cwd=PROJECT,
            env={**os.environ, "SEGCORE_HOME": str(home), "SEGCORE_STRICT_TEXT": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_up(served, process, log)
    except BaseException:
        end(process)
        raise
    return Served(served, process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a dashboard by its own process id."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def dashboard(home: Path) -> Iterator[str]:
    """The address of a dashboard that ends with the block.

    Args:
        home: an empty folder for whatever it writes.
    """
    served = serve(home)
    try:
        yield served.address
    finally:
        end(served.process)


def visit(page: Page, address: str) -> None:
    """Open an address and wait until its script has run."""
    page.goto(address)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=120_000)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
