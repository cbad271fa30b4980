"""Memory of the server: idle, while one visitor uploads forty photos of 12 MP, and afterwards: ``make bench``.

Prints a table of results.md. Resident memory counts the program's libraries, which the system can drop at any time;
private memory is what the server alone occupies.
"""

import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL.Image
import psutil
from playwright.sync_api import FilePayload, Page, expect

from benchmarks.live_page import open_browser
from benchmarks.tables import machine, print_head, print_row
from tests.browser.dashboard import end, serve, visit
from ui.server import TORCH_AFTER_SECONDS, UNUSED_SECONDS

PHOTOS = 40
SIZE = (4000, 3000)
STEADY_SECONDS = 20
SETTLE_SECONDS = 60
_TIMEOUT = 120_000


def photo(number: int) -> FilePayload:
    """A JPEG of 12 MP as the browser sends it: smooth shapes with some noise, another for every number."""
    generator = np.random.default_rng(number)
    coarse = generator.integers(0, 256, (30, 40, 3), np.uint8)
    pixels = np.asarray(PIL.Image.fromarray(coarse).resize(SIZE, PIL.Image.Resampling.BICUBIC), np.int16)
    pixels = np.clip(pixels + generator.integers(-12, 13, pixels.shape, np.int16), 0, 255).astype(np.uint8)
    file = BytesIO()
    PIL.Image.fromarray(pixels).save(file, "JPEG", quality=88)
    return {"name": f"photo-{number:02d}.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


def report(what: str, server: psutil.Process) -> None:
    """A row of the table."""
    memory = server.memory_full_info()
    print_row(what, f"{memory.rss / 1e6:.0f} MB", f"{memory.uss / 1e6:.0f} MB")


def wait_until_steady(server: psutil.Process) -> None:
    """Return when the server has used no processor time to speak of for a while."""
    idle = 0.0
    while idle < STEADY_SECONDS:
        busy = server.cpu_percent(1.0)
        idle = idle + 1 if busy < 5 else 0.0


def upload(page: Page, number: int) -> None:
    """Upload a photo and wait for its mask."""
    made, inbox = photo(number), page.locator("[class*=st-key-segment-inbox] input[type=file]")
    inbox.set_input_files([made])
    expect(page.locator("[class*=st-key-tiles_own] button")).to_have_count(number + 1, timeout=_TIMEOUT)
    expect(inbox).to_have_count(1, timeout=_TIMEOUT)  # an empty one has taken its place
    expect(page.get_by_test_id("stCaptionContainer").filter(has_text="resized to")).to_be_visible(timeout=_TIMEOUT)
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=_TIMEOUT)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as home, open_browser() as browser:
        served = serve(Path(home))
        server = psutil.Process(served.process.pid)
        try:
            print(f"{machine()}\n")
            print_head("the server", "resident", "private")
            wait_until_steady(server)
            report("idle after start", server)
            context = browser.new_context()
            page = context.new_page()
            visit(page, served.address)
            report("a visitor sees the first page", server)
            time.sleep(TORCH_AFTER_SECONDS)
            wait_until_steady(server)
            report("torch is loaded", server)
            for number in range(PHOTOS):
                upload(page, number)
                if number + 1 in (PHOTOS // 4, PHOTOS // 2, PHOTOS):
                    report(f"{number + 1} photos of 12 MP", server)
            context.close()
            time.sleep(SETTLE_SECONDS)
            report("a minute after the visitor left", server)
            time.sleep(UNUSED_SECONDS)
            report(f"{UNUSED_SECONDS / 60:.0f} minutes later", server)
        finally:
            end(served.process)


if __name__ == "__main__":
    main()
