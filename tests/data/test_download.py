"""Downloads from a server of the test's own: progress, breaks, sums, cancelling."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from segcore.data import download, open_dataset
from segcore.data.download import DOWNLOADS, Download, RemoteFile, get_dataset, work
from segcore.errors import BadDataset, NotAvailable
from segcore.job_context import Cancelled, JobContext
from tests.data.sample_files import photo, save, write


def pack(folder: Path, *names: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name in names:
            archive.add(folder / name, name)
    return stream.getvalue()


class Publisher:
    """Serves bytes under names; ``breaks_after`` makes it close the connection early, ``ranges`` lets one go on."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.breaks_after: int | None = None
        self.asked: list[str | None] = []
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append(self.headers.get("Range"))
                content = publisher.files.get(self.path.strip("/"))
                if content is None:
                    self.send_error(404)
                    return
                start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                end = None if publisher.breaks_after is None else publisher.breaks_after
                self.wfile.write(content[start:end])

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/{name}"


@pytest.fixture
def publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A server that has the two archives of the pets."""
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    tree = tmp_path / "tree"
    save(tree / "images" / "Bengal_1.jpg", photo(64, 64))
    save(tree / "annotations" / "trimaps" / "Bengal_1.png", np.full((64, 64), 1, np.uint8))
    write(tree / "annotations" / "trainval.txt", "Bengal_1 6 1 4\n")
    served = Publisher()
    served.files = {"images.tar.gz": pack(tree, "images"), "annotations.tar.gz": pack(tree, "annotations")}
    files = tuple(
        RemoteFile(served.url(name), hashlib.md5(content).hexdigest()) for name, content in served.files.items()
    )
    monkeypatch.setattr(download, "DOWNLOADS", {"pets": Download(files, 1)})
    monkeypatch.setattr(download, "_CHUNK", 1000)
    yield served
    served.server.shutdown()
    served.server.server_close()


def test_archives_are_fetched_checked_and_put_together(publisher: Publisher, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    folder = get_dataset("pets", lambda *step: bool(seen.append(step)))
    assert folder == tmp_path / "home" / "data" / "pets"
    assert open_dataset("pets")[0].labels.min() == 1
    ends = [doing for doing, done, total in seen if done == total]
    assert ends == ["downloading", "checking"] * 2 + ["unpacking"] * 2
    assert list((tmp_path / "home" / "downloads").iterdir()) == [], "the archives are not kept"
    asked = len(publisher.asked)
    assert get_dataset("pets") == folder
    assert len(publisher.asked) == asked, "what is here is not fetched again"


def test_a_broken_download_goes_on_where_it_broke(publisher: Publisher) -> None:
    publisher.breaks_after = 1500
    with pytest.raises(NotAvailable, match=r"could not be fetched \(.*the download resumes"):
        get_dataset("pets")
    publisher.breaks_after = None
    get_dataset("pets")
    assert publisher.asked[:2] == [None, "bytes=1500-"]


def test_another_file_than_the_published_one_is_refused(publisher: Publisher, tmp_path: Path) -> None:
    content = publisher.files["images.tar.gz"]
    publisher.files["images.tar.gz"] = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(BadDataset, match="its MD5 sum is not"):
        get_dataset("pets")
    assert not (tmp_path / "home" / "data" / "pets").exists()
    publisher.files["images.tar.gz"] = content
    get_dataset("pets")


def test_a_file_put_there_by_hand_is_taken(publisher: Publisher, tmp_path: Path) -> None:
    folder = tmp_path / "home" / "downloads"
    folder.mkdir(parents=True)
    for name, content in publisher.files.items():
        (folder / name).write_bytes(content)
    publisher.files = {}
    assert (get_dataset("pets") / "images").is_dir()
    assert publisher.asked == []


def test_cancelling_keeps_what_has_arrived(publisher: Publisher, tmp_path: Path) -> None:
    def cancel(when: Callable[[str, int], bool]) -> Callable[[str, int, int | None], None]:
        def progress(doing: str, done: int, total: int | None) -> None:
            if when(doing, done):
                raise Cancelled

        return progress

    with pytest.raises(Cancelled):
        get_dataset("pets", cancel(lambda doing, done: done >= 2000))
    assert (tmp_path / "home" / "downloads" / "images.tar.gz.part").stat().st_size == 2000
    with pytest.raises(Cancelled):
        get_dataset("pets", cancel(lambda doing, done: doing == "unpacking"))
    assert not (tmp_path / "home" / "data" / "pets").exists()
    get_dataset("pets")


def test_the_job_says_how_far_it_is(publisher: Publisher, tmp_path: Path) -> None:
    told: list[dict] = []

    def emit(_kind: str, **values: object) -> None:
        told.append(values)

    with pytest.raises(Cancelled):
        work({"name": "pets"}, JobContext(tmp_path, emit, lambda: True))
    assert work({"name": "pets"}, JobContext(tmp_path, emit)) == {
        "name": "pets",
        "folder": str(tmp_path / "home" / "data" / "pets"),
    }
    assert {step["doing"] for step in told} == {"downloading", "checking", "unpacking"}


def test_what_cannot_be_fetched_is_said(publisher: Publisher) -> None:
    publisher.files = {}
    with pytest.raises(NotAvailable, match=r"the server answered 404 .*fetch http://.*images\.tar\.gz elsewhere"):
        get_dataset("pets")
    with pytest.raises(NotAvailable, match=r"register at https://www\.cityscapes-dataset\.com/"):
        get_dataset("cityscapes")
    with pytest.raises(BadDataset, match="Nothing is known"):
        get_dataset("nonsense")


def test_the_real_table_has_sums_and_https() -> None:
    for name, wanted in DOWNLOADS.items():
        for file in wanted.files:
            assert file.url.startswith("https://"), name
            assert len(bytes.fromhex(file.md5)) == 16, name
