"""A tab without a browser: what the page in a browser sends to the server and fetches from it, and nothing is drawn.

Eight browsers on the machine of the server would measure each other: drawing a page takes a browser many times the
processor time that the server needs for it.
"""

import re
import time
import urllib.request
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

_ADDRESS = re.compile(rb"/api/[\w./?=&%:-]+")
_BUTTON = re.compile(rb"\$\$ID-[0-9a-f]+-(\w+)")
_DONE = ForwardMsg.FINISHED_SUCCESSFULLY
_PATIENCE = 120.0


class Tab:
    """An open page of the dashboard at ``address``; ``path`` such as "runs" and ``query`` such as "run=x"."""

    def __init__(self, address: str, path: str = "", query: str = "") -> None:
        self._address, self._path, self._query = address, path, query
        self._buttons: dict[str, str] = {}
        self._named: set[str] = set()
        self._fetched: set[str] = set()
        self._due: dict[str, tuple[float, float]] = {}  # fragment → when it polls next, and how often

    def __enter__(self) -> Self:
        stream = f"{self._address.replace('http', 'ws', 1)}/_stcore/stream"
        origin, protocols = Origin(self._address), [Subprotocol("streamlit")]
        self._socket = connect(stream, origin=origin, subprotocols=protocols, max_size=None)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def open(self) -> float:
        """Open the page and return the seconds until it is whole."""
        return self._run()

    def press(self, key: str) -> float:
        """Press the button of a key and return the seconds until the page is whole again, its masks included."""
        began = time.perf_counter()
        self._run(WidgetState(id=self._buttons[key], trigger_value=True))
        while self._due:  # a fragment waits for work in the background
            self.rest(min(due for due, _ in self._due.values()) - time.monotonic() + 0.001)
        self._fetch()
        return time.perf_counter() - began

    def rest(self, seconds: float) -> None:
        """Stay on the page, whose fragments poll meanwhile."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            for fragment, (due, every) in list(self._due.items()):
                if due <= now:
                    self._due[fragment] = now + every, every
                    self._send(fragment=fragment)
            wake = min([end, *(due for due, _ in self._due.values())])
            self._receive(max(wake - time.monotonic(), 0.001))

    def _run(self, widget: WidgetState | None = None) -> float:
        began = time.perf_counter()
        self._send(widget)
        message = None
        while message is None or message.WhichOneof("type") != "script_finished" or message.script_finished != _DONE:
            message = self._receive(_PATIENCE)
            if message is None:
                raise TimeoutError(f"no answer in {_PATIENCE} s")
        self._fetch()
        return time.perf_counter() - began

    def _fetch(self) -> None:
        """Fetch what the page names and a browser would not have yet; curves grow and are fetched each time."""
        for place in sorted(self._named - self._fetched):
            is_growing = "/events" in place
            address = f"{self._address}{place}{'&since=0' if is_growing else ''}"
            with urllib.request.urlopen(address, timeout=_PATIENCE) as file:  # noqa: S310 - our own server
                file.read()
            if not is_growing:
                self._fetched.add(place)
        self._named.clear()

    def _send(self, widget: WidgetState | None = None, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._path
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        if widget is not None:
            message.rerun_script.widget_states.widgets.append(widget)
        self._socket.send(message.SerializeToString())

    def _receive(self, seconds: float) -> ForwardMsg | None:
        """The next message of the server, whose buttons and polls are noted; None if there is none in time."""
        try:
            data = self._socket.recv(timeout=seconds)
        except TimeoutError:
            return None
        assert isinstance(data, bytes)
        message: ForwardMsg = ForwardMsg.FromString(data)
        kind = message.WhichOneof("type")
        self._named |= {found.decode() for found in _ADDRESS.findall(data)}
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._due.clear()
        elif kind == "delta":
            self._buttons |= {found.group(1).decode(): found.group(0).decode() for found in _BUTTON.finditer(data)}
        elif kind == "auto_rerun":
            every = message.auto_rerun.interval
            self._due[message.auto_rerun.fragment_id] = time.monotonic() + every, every
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        return message
