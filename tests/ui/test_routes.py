"""Addresses of our own: only pictures, only known names, only from this host, always with the headers."""

import asyncio
import io
import json
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import PIL.Image
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from tests.ui.made_runs import made_run
from ui import blobs
from ui.api import routes, runs
from ui.server import HEADERS, MIDDLEWARE


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def ask(path: str, *, host: str = "127.0.0.1:8501", method: str = "GET", query: str = "") -> Answer:
    """One request to our routes behind our middleware, without a network."""
    app = Starlette(routes=routes.ROUTES, middleware=MIDDLEWARE)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", host.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8501),
        "scheme": "http",
        "http_version": "1.1",
    }
    asyncio.run(app(scope, receive, send))
    head = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return Answer(head["status"], {name.decode(): value.decode() for name, value in head["headers"]}, body)


def test_a_published_picture_comes_back_and_may_be_kept() -> None:
    address = blobs.publish("test a picture", lambda: b"\x89PNG bytes", "image/png")
    answer = ask(address)
    assert (answer.status, answer.body) == (200, b"\x89PNG bytes")
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]


def test_the_same_key_is_made_once_and_another_key_has_another_address() -> None:
    made = []

    def make() -> bytes:
        made.append(1)
        return b"picture"

    first, again = (blobs.publish("test once", make, "image/png") for _ in range(2))
    other = blobs.publish("test once more", make, "image/png")
    assert first == again != other
    assert len(made) == 2


def test_an_address_cannot_be_guessed_from_the_key() -> None:
    address = blobs.publish("photo 1", lambda: b"x", "image/jpeg")
    token = address.rsplit("/", 1)[-1]
    assert len(token) == 64 and int(token, 16) >= 0


@pytest.mark.parametrize(
    "path",
    [
        "/api/blobs/" + "0" * 64,
        "/api/blobs/" + "g" * 64,
        "/api/blobs/../../etc/passwd",
        "/api/blobs/..%2f..%2fetc%2fpasswd",
        "/api/blobs/",
        "/api/blobs/" + "a" * 5000,
        "/api/samples/nobody",
        "/api/samples/chelsea.png",
        "/api/samples/..",
        "/api/samples/../../pyproject.toml",
        "/api/samples/%2e%2e%2fREADME.txt",
        "/api/samples/README.txt",
        "/api/samples/chelsea\x00",
    ],
)
def test_unknown_names_and_ways_out_of_the_folder_are_not_found(path: str) -> None:
    answer = ask(path)
    assert answer.status == 404
    assert len(answer.body) < 100


def test_a_run_tells_what_is_new() -> None:
    run = made_run("a-run")
    answer = ask("/api/runs/a-run/events")
    news = json.loads(answer.body)
    assert (answer.status, news["state"], len(news["lines"]["train_loss"])) == (200, "finished", 30)
    assert answer.headers["cache-control"] == "no-store"
    again = json.loads(ask("/api/runs/a-run/events", query=f"since={news['offset']}").body)
    assert again["lines"] == {} and again["offset"] == news["offset"] == run.events_path.stat().st_size


@pytest.mark.parametrize("since", ["-1", "x", "", "1.5", "1e3", "٣", "9" * 16, "0 or 1", "0;0"])
def test_an_offset_that_is_none_is_refused(since: str) -> None:
    made_run("a-run")
    assert ask("/api/runs/a-run/events", query=f"since={quote(since)}").status == 400


@pytest.mark.parametrize("since", ["1", "17", "999999999999999"])
def test_an_offset_from_nowhere_does_no_harm(since: str) -> None:
    made_run("a-run")
    assert ask("/api/runs/a-run/events", query=f"since={since}").status == 200


@pytest.mark.parametrize(
    "name",
    ["nobody", "..", "../a-run", "..%2f..%2fetc", "%2e%2e", "a-run%00", "a-run/../a-run", ".deleted-1", "x" * 65, "ä"],
)
def test_only_a_run_has_events(name: str) -> None:
    made_run("a-run")
    answer = ask(f"/api/runs/{name}/events")
    assert answer.status == 404 and len(answer.body) < 100


def test_a_link_out_of_the_folder_of_runs_is_no_run(tmp_path: Path) -> None:
    run = made_run("a-run")
    outside = tmp_path / "outside"
    run.path.rename(outside)
    run.path.symlink_to(outside)
    assert ask("/api/runs/a-run/events").status == 404


def test_the_chart_library_comes_from_here() -> None:
    answer = ask("/vendor/plotly.min.js")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/javascript")
    assert b"plotly.js v" in answer.body[:200]
    assert ask("/vendor/../pyproject.toml").status == ask("/vendor/widgetbundle.js").status == 404


def test_a_thumbnail_is_a_small_square_jpeg() -> None:
    answer = ask("/api/samples/chelsea")
    assert answer.headers["content-type"] == "image/jpeg"
    with PIL.Image.open(io.BytesIO(answer.body)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (128, 128))


@pytest.mark.parametrize(
    "path", ["/api/samples/chelsea", "/api/samples/nobody", "/no/such/place", "/vendor/plotly.min.js"]
)
def test_every_answer_has_the_headers(path: str) -> None:
    headers = ask(path).headers
    for name, value in HEADERS.items():
        assert headers[name.lower()] == value


def test_pages_may_not_be_framed_and_scripts_come_from_here_only() -> None:
    policy = dict(part.split(" ", 1) for part in HEADERS["Content-Security-Policy"].split("; "))
    assert policy["frame-ancestors"] == "'none'"
    assert policy["object-src"] == "'none'"
    assert "unsafe" not in policy["script-src"] and "http" not in policy["script-src"]
    assert all("*" not in sources for sources in policy.values())


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_foreign_host_gets_nothing(host: str) -> None:
    answer = ask("/api/samples/chelsea", host=host)
    assert answer.status == 400
    assert b"JFIF" not in answer.body


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8501", "localhost:9"])
def test_our_own_names_are_answered(host: str) -> None:
    assert ask("/api/samples/chelsea", host=host).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_changed_through_a_route(method: str) -> None:
    assert ask("/api/samples/chelsea", method=method).status == 405


def test_the_log_is_a_file_to_save() -> None:
    run = made_run("logged")
    assert ask("/api/runs/logged/log").status == 404, "nothing was printed yet"
    run.log_path.write_text("<script>alert(1)</script>\n" * 10_000)
    answer = ask("/api/runs/logged/log")
    assert answer.body == run.log_path.read_bytes()
    assert answer.headers["content-disposition"] == 'attachment; filename="logged-log.txt"'
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("nobody", "..", "%2e%2e", "x" * 300):
        assert ask(f"/api/runs/{name}/log").status == 404


def test_a_log_that_grows_while_it_is_sent_stays_as_long_as_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run("growing")
    run.log_path.write_bytes(b"x" * 100)
    monkeypatch.setattr(runs, "_CHUNK_BYTES", 30)
    with run.log_path.open("rb") as file:
        chunks = runs._chunks(file, 100)
        first = next(chunks)
        with run.log_path.open("ab") as more:
            more.write(b"y" * 100)
        assert (first + b"".join(chunks)) == b"x" * 100


@pytest.mark.parametrize(("query", "place"), [("", "/"), ("model=otsu&lang=zh", "/?model=otsu&lang=zh")])
def test_the_first_page_is_found_under_its_name_too(query: str, place: str) -> None:
    answer = ask("/segment", query=query)
    assert (answer.status, answer.headers["location"]) == (307, place)
