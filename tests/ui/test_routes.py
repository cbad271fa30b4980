"""Addresses of our own: only pictures, only known names, only from this host, always with the headers."""

import asyncio
import io
from typing import NamedTuple

import PIL.Image
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from ui import routes
from ui.server import HEADERS, MIDDLEWARE


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def ask(path: str, *, host: str = "127.0.0.1:8501", method: str = "GET") -> Answer:
    """One request to our routes behind our middleware, without a network."""
    app = Starlette(routes=routes.ROUTES, middleware=MIDDLEWARE)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
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
    address = routes.publish("test a picture", lambda: b"\x89PNG bytes", "image/png")
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

    first, again = (routes.publish("test once", make, "image/png") for _ in range(2))
    other = routes.publish("test once more", make, "image/png")
    assert first == again != other
    assert len(made) == 2


def test_an_address_cannot_be_guessed_from_the_key() -> None:
    address = routes.publish("photo 1", lambda: b"x", "image/jpeg")
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


def test_a_thumbnail_is_a_small_square_jpeg() -> None:
    answer = ask("/api/samples/chelsea")
    assert answer.headers["content-type"] == "image/jpeg"
    with PIL.Image.open(io.BytesIO(answer.body)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (128, 128))


@pytest.mark.parametrize("path", ["/api/samples/chelsea", "/api/samples/nobody", "/no/such/place"])
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
