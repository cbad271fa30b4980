"""Fetching what others publish: the real code on files made here, and every way in which it can go wrong."""

import dataclasses
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import torch
from torchvision.models import get_model_weights, segmentation

from segcore.checkpoint import (
    fetch_published,
    fetching,
    find_checkpoint,
    find_or_fetch_checkpoint,
    load_card,
    load_checkpoint,
    published_checkpoints,
)
from segcore.checkpoint.torchvision_nets import NETS, PREFIX, build_torchvision
from segcore.errors import BadCheckpoint, NotAvailable

NAME = "lraspp_mobilenet_v3_large"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=21).eval()


def publish(folder, content, digest=None):
    """What a publisher does: a pickle with the beginning of its SHA-256 in its name."""
    draft = folder / "draft.pth"
    torch.save(content, draft)
    digest = digest or hashlib.sha256(draft.read_bytes()).hexdigest()[:8]
    return draft.rename(folder / f"{NAME}-{digest}.pth")


def described(url):
    described = next(p for p in published_checkpoints() if p.card.name == NAME)
    return dataclasses.replace(described, url=url)


def nothing_is_left(home):
    return not home.exists() or not any(path.is_file() for path in home.rglob("*"))


def test_the_facts_are_those_of_the_installed_torchvision():
    found = {p.card.name: p for p in published_checkpoints()}
    assert list(found) == list(NETS)
    for name, published in found.items():
        weights = get_model_weights(name).DEFAULT
        meta, preset, card = weights.meta, weights.transforms(), published.card
        ((data, metrics),) = meta["_metrics"].items()
        assert published.url == weights.url
        assert published.size_mb == pytest.approx(meta["_file_size"] * 1.048576, abs=0.06)  # MB, theirs are MiB
        assert card.title == NETS[name] and card.architecture == PREFIX + name
        assert card.classes == tuple(c.replace("__background__", "background") for c in meta["categories"])
        assert (card.mean, card.std) == (tuple(preset.mean), tuple(preset.std))
        assert [score.value for score in card.scores] == [metrics["miou"] / 100, metrics["pixel_acc"] / 100]
        assert all(score.data == data and score.source == meta["recipe"] and score.convention for score in card.scores)
        with torch.device("meta"):
            network = build_torchvision(card.architecture, num_classes=card.num_classes)
        assert card.parameters == sum(parameter.numel() for parameter in network.parameters())
        assert not published.fetched
    assert found[NAME].card.parameters == 3_221_538  # without an auxiliary head torchvision's own number


def test_fetched_once_then_offline(tmp_path, home, network):
    source = publish(tmp_path, network.state_dict())
    published = described(source.as_uri())
    seen = []
    ref = fetch_published(published, lambda done, total: seen.append((done, total)))
    size = source.stat().st_size
    assert seen[-1] == (size, size)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert published.fetched

    source.unlink()  # no network any more
    assert fetch_published(published) == ref
    assert [path.name for path in (home / "downloads").iterdir()] == [f"{NAME}.safetensors"]
    checkpoint = load_checkpoint(ref)
    x = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        out = checkpoint.model(x)
        assert torch.equal(out.logits, network(x)["out"])
    assert out.aux is None
    assert load_card(ref.path).architecture == f"torchvision/{NAME}"


def test_the_auxiliary_head_is_left_behind(tmp_path):
    name = "deeplabv3_mobilenet_v3_large"
    net = segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=21, aux_loss=True)
    source = publish(tmp_path, net.state_dict())
    published = dataclasses.replace(
        next(p for p in published_checkpoints() if p.card.name == name), url=source.as_uri()
    )
    checkpoint = load_checkpoint(fetch_published(published))
    x = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        assert torch.equal(checkpoint.model(x).logits, net.eval()(x)["out"])
    assert not any("aux" in key for key in checkpoint.model.state_dict())


def test_a_file_put_there_by_hand_is_used_without_a_network(tmp_path, home, network):
    source = publish(tmp_path, network.state_dict())
    (home / "downloads").mkdir(parents=True)
    by_hand = source.rename(home / "downloads" / source.name)
    published = described(f"https://nowhere.invalid/{by_hand.name}")
    assert load_checkpoint(fetch_published(published)).card.name == NAME
    assert by_hand.is_file()  # it is the user's


def test_another_file_under_that_name_is_refused(tmp_path, home, network):
    source = publish(tmp_path, network.state_dict(), digest="00000000")
    with pytest.raises(BadCheckpoint, match="not the file that torchvision published"):
        fetch_published(described(source.as_uri()))
    assert nothing_is_left(home)


class _Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_code_in_a_pickle_never_runs_even_with_the_right_hash(tmp_path, home):
    source = publish(tmp_path, {"classifier": _Evil(tmp_path / "owned")})
    with pytest.raises(BadCheckpoint, match="does not hold the tensors"):
        fetch_published(described(source.as_uri()))
    assert not (tmp_path / "owned").exists()
    assert nothing_is_left(home)


@pytest.mark.parametrize("content", [{"wrong": torch.zeros(1)}, [1, 2], torch.zeros(3)])
def test_other_contents_are_a_sentence(tmp_path, home, content):
    source = publish(tmp_path, content)
    with pytest.raises(BadCheckpoint, match="does not hold the tensors"):
        fetch_published(described(source.as_uri()))
    assert nothing_is_left(home)


def test_without_a_network_one_sentence_says_what_to_do(tmp_path, home):
    with pytest.raises(NotAvailable) as caught:
        fetch_published(described((tmp_path / "gone-12345678.pth").as_uri()))
    assert str(home / "downloads" / "gone-12345678.pth") in str(caught.value)
    assert "Connect to the internet" in str(caught.value)
    assert nothing_is_left(home)


class _BreaksOff(BaseHTTPRequestHandler):
    def do_GET(self):  # the name that the base class looks for
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"x" * 1000)

    def log_message(self, *_):
        pass


def test_a_connection_that_breaks_is_never_taken_for_a_whole_file(home, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with HTTPServer(("127.0.0.1", 0), _BreaksOff) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{NAME}-12345678.pth"
        with pytest.raises(NotAvailable, match="broke off after 1000 of 1000000 bytes"):
            fetch_published(described(url))
    assert nothing_is_left(home)


def test_a_cancelled_download_leaves_nothing(tmp_path, home, network):
    source = publish(tmp_path, network.state_dict())

    def cancel(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch_published(described(source.as_uri()), cancel)
    assert nothing_is_left(home)


def test_a_name_is_enough_and_an_unknown_one_lists_both_kinds(tmp_path, network, monkeypatch):
    source = publish(tmp_path, network.state_dict())
    published = described(source.as_uri())
    others = [each for each in published_checkpoints() if each.card.name != NAME]
    monkeypatch.setattr(fetching, "published_checkpoints", lambda: [published, *others])
    with pytest.raises(BadCheckpoint):
        find_checkpoint(NAME)  # which never touches the network
    ref = find_or_fetch_checkpoint(NAME)
    assert find_or_fetch_checkpoint(str(ref.path)) == find_checkpoint(ref.path) == find_checkpoint(NAME) == ref
    with pytest.raises(BadCheckpoint, match=f"no checkpoint called “nobody”.*{NAME}"):
        find_or_fetch_checkpoint("nobody")
    with pytest.raises(BadCheckpoint, match="There is no published checkpoint"):
        fetch_published("nobody")
