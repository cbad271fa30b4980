"""Additions to Streamlit's server: security headers, a check of the host name, a warm-up.

Streamlit itself sends no such headers, and its own list of allowed hosts guards the WebSocket only; routes of our
own get no protection from it at all (they answer GET only, see ui/api/routes.py).
"""

import base64
import gc
import hashlib
import logging
import re
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.starlette import App

from ui.bounded_store import SHARED
from ui.process_memory import return_free_memory, return_large_blocks
from ui.warm_up import RUNNING

log = logging.getLogger(__name__)

TORCH_AFTER_SECONDS = 10.0
SWEEP_SECONDS = 20.0
UNUSED_SECONDS = 15 * 60.0
"""A cached value that nobody used for this long is evicted, also while the budget is not used up."""


def _inline_scripts() -> str:
    """Hashes of the inline scripts of Streamlit's start page, in the syntax of the policy."""
    start_page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", start_page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        f"script-src 'self' blob: {_inline_scripts()}",  # components are run from a blob: address
        "style-src 'self' 'unsafe-inline'",  # Streamlit styles its elements inline
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",  # 'self' covers our WebSocket; the camera fetches its image from data:
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class SecurityHeaders:
    """Adds HEADERS to every response. Plain ASGI, so that WebSockets and streams pass unchanged."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and add the headers to the response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class FirstVisitor:
    """Loads torch some seconds after the first visitor came: an idle server stays small, and lessons open at once."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._came = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; the first WebSocket starts the timer."""
        if scope["type"] == "websocket" and not self._came:
            self._came = True
            timer = threading.Timer(TORCH_AFTER_SECONDS, load_torch)
            timer.daemon = True
            timer.start()
        await self.app(scope, receive, send)


_HOSTS = list(config.get_option("server.allowedHosts")) or ["127.0.0.1", "localhost"]
"""Host names of this server: one list, in .streamlit/config.toml."""

MIDDLEWARE = [
    Middleware(SecurityHeaders),
    Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS, www_redirect=False),
    Middleware(FirstVisitor),
]


def warm_up() -> None:
    """Load the default model and segment the first photo, so that the first page need not."""
    # Loaded by these imports: here, beside the server, and not before it.
    from segcore.data import sample_photos  # noqa: PLC0415
    from segcore.runs import sweep_home  # noqa: PLC0415
    from ui import cache  # noqa: PLC0415
    from ui.segment_request import SegmentRequest, default_model  # noqa: PLC0415
    from ui.widgets import pickers  # noqa: PLC0415

    sweep_home()
    try:
        cache.segment(cache.sample(sample_photos.FIRST), SegmentRequest(default_model(pickers.model_choices())))
    except Exception:  # the page meets the same error and shows it to the visitor
        log.exception("The warm-up failed; the first page will take longer")
    finally:
        RUNNING.clear()
    freeze_loaded()


def load_torch() -> None:
    """Import torch, which lessons and training need and the Segment page does not."""
    from ui import network_cache  # noqa: F401, PLC0415

    freeze_loaded()


def freeze_loaded() -> None:
    """Return free memory. What is loaded now stays for good: the garbage collector need not walk through it again."""
    return_free_memory()
    gc.freeze()


def keep_memory_small(stopped: threading.Event) -> None:
    """Evict cached values that are no longer used, and return freed memory to the system, until ``stopped``."""
    returned = 0
    while not stopped.wait(SWEEP_SECONDS):
        SHARED.evict_unused(UNUSED_SECONDS)
        if returned < SHARED.evicted:
            returned = SHARED.evicted
            return_free_memory()


@asynccontextmanager
async def lifespan(_app: App) -> AsyncIterator[None]:
    """Runs the warm-up and the care for memory in threads: the server answers at once."""
    return_large_blocks()
    stopped = threading.Event()
    RUNNING.set()
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    threading.Thread(target=keep_memory_small, args=(stopped,), name="memory", daemon=True).start()
    yield
    stopped.set()
