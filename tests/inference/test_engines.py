"""Engines: OpenVINO says what torch says, or is not used and the reason is kept."""

import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from skimage import data as photos
from torch import nn

from segcore import paths
from segcore.checkpoint import Checkpoint, CheckpointCard, CheckpointRef, load_checkpoint, save_checkpoint
from segcore.errors import BadConfig, NotAvailable
from segcore.inference import Predictor, conversions, engines, open_predictor, openvino_engine
from segcore.models import build_model
from segcore.models.base import SegOutput
from segcore.palette import default_colours

BUNDLED = ("astronaut", "chelsea", "coffee", "rocket")
"""Photos that come inside scikit-image's package, without a download."""

needs_openvino = pytest.mark.skipif(openvino_engine.find_spec("openvino") is None, reason="OpenVINO is not installed")
CLASSES = ("background", "person", "cat", "dog")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return tmp_path


def checkpoint(model, architecture="unet", options=None):
    card = CheckpointCard(
        name="test",
        title="Test",
        architecture=architecture,
        options=options or {},
        classes=CLASSES,
        colours=default_colours(CLASSES),
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        working_side=256,
    )
    return Checkpoint(model.eval(), card, Path("test.safetensors"))


@pytest.fixture(scope="module")
def tiny():
    torch.manual_seed(0)
    return checkpoint(build_model("unet", num_classes=4, width=4), options={"width": 4})


@needs_openvino
def test_any_size_runs_on_one_conversion_and_equals_torch(tiny):
    openvino, on_torch = engines.open_converted(tiny), engines.TorchEngine(tiny.model, torch.device("cpu"))
    for size in ((32, 32), (64, 256), (160, 96)):
        x = np.random.default_rng(0).normal(size=(1, 3, *size)).astype(np.float32)
        got, wanted = openvino(x), on_torch(x)
        assert got.shape == wanted.shape == (4, *size)
        assert got.dtype == wanted.dtype == np.float32
        np.testing.assert_allclose(got, wanted, atol=1e-4)
        np.testing.assert_allclose(got.sum(axis=0), 1, atol=1e-5)


@needs_openvino
def test_what_was_returned_before_is_not_overwritten(tiny):
    engine = engines.open_converted(tiny)
    first = engine(np.zeros((1, 3, 32, 32), np.float32))
    kept = first.copy()
    engine(np.ones((1, 3, 32, 32), np.float32))
    np.testing.assert_array_equal(first, kept)


def agreement(one, other):
    same = total = 0
    for name in BUNDLED:
        rgb = getattr(photos, name)()
        a, b = one(rgb).labels, other(rgb).labels
        same, total = same + np.count_nonzero(a == b), total + a.size
    return same / total


def taught_in_a_second():
    """A small U-Net after a few steps towards "how bright, in four steps": all classes occur, with clear borders."""
    torch.manual_seed(0)
    model = build_model("unet", num_classes=4, width=4).train()
    pixels = np.stack([cv2.resize(getattr(photos, name)(), (64, 64), interpolation=cv2.INTER_AREA) for name in BUNDLED])
    x = (torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 - 0.45) / 0.225
    target = torch.from_numpy(np.digitize(pixels.mean(axis=3), [40, 90, 150]))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(25):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x).logits, target).backward()
        optimiser.step()
    return checkpoint(model, options={"width": 4})


@needs_openvino
def test_labels_agree_with_torch_on_the_sample_photos():
    given = taught_in_a_second()
    fast, slow = Predictor(given, engine="openvino"), Predictor(given, engine="torch")
    assert set(np.unique(slow(photos.astronaut()).labels)) == {0, 1, 2, 3}
    assert agreement(fast, slow) >= 0.999


@needs_openvino
@pytest.mark.skipif(
    not (paths.shipped_checkpoints_dir() / "everyday.safetensors").is_file(), reason="no checkpoint is shipped yet"
)
def test_labels_agree_with_torch_for_the_shipped_checkpoint():
    path = paths.shipped_checkpoints_dir() / "everyday.safetensors"
    fast = Predictor(load_checkpoint(path), engine="openvino")
    slow = Predictor(load_checkpoint(path), engine="torch", device="cpu")
    assert agreement(fast, slow) >= 0.999
    cat = fast(photos.chelsea())
    assert cat.classes[np.bincount(cat.labels.ravel()).argmax()] == "cat"


@needs_openvino
def test_a_conversion_is_kept_and_a_damaged_one_is_made_again(tiny, home, monkeypatch):
    x = np.ones((1, 3, 32, 32), np.float32)
    first = engines.open_converted(tiny)(x)
    (kept,) = (home / "engines").iterdir()

    with monkeypatch.context() as patch:
        patch.setattr(engines, "convert", None)  # calling it would fail
        np.testing.assert_array_equal(engines.open_converted(tiny)(x), first)

    (kept / "net.xml").write_text("<net")
    np.testing.assert_array_equal(engines.open_converted(tiny)(x), first)
    assert (kept / "net.xml").stat().st_size > 100


@needs_openvino
def test_other_weights_are_another_conversion_and_old_ones_go(tiny, home, monkeypatch):
    monkeypatch.setattr(conversions, "_MAX_CACHED", 1)
    engines.open_converted(tiny)
    (before,) = (home / "engines").iterdir()
    torch.manual_seed(1)
    other = checkpoint(build_model("unet", num_classes=4, width=4), options={"width": 4})
    engines.open_converted(other)
    (after,) = (home / "engines").iterdir()
    assert before != after


def test_changed_code_of_a_network_is_another_conversion(tmp_path, monkeypatch):
    before = conversions.conversion_folder("weights")
    assert conversions.conversion_folder("weights") == before != conversions.conversion_folder("other weights")
    shutil.copytree(paths.PACKAGE / "models", tmp_path / "models")
    monkeypatch.setattr(paths, "PACKAGE", tmp_path)
    assert conversions.conversion_folder("weights") == before
    with (tmp_path / "models" / "unet.py").open("a") as file:
        file.write("# changed")
    assert conversions.conversion_folder("weights") != before


class Stubborn(nn.Module):
    """Cannot be traced."""

    def forward(self, x):
        if torch.jit.is_tracing():
            raise RuntimeError("not with me\nsecond line")
        return SegOutput(logits=x[:, :1].repeat(1, 4, 1, 1))


class Differs(nn.Module):
    """Computes something else when traced."""

    def forward(self, x):
        logits = torch.cat([x, x[:, :1]], dim=1)
        return SegOutput(logits=logits * (2.0 if torch.jit.is_tracing() else 1.0))


@needs_openvino
@pytest.mark.parametrize(("model", "says"), [(Stubborn(), "not with me"), (Differs(), "other probabilities")])
def test_what_cannot_be_converted_rightly_runs_on_torch_and_says_why(model, says):
    with pytest.raises(NotAvailable, match=says):
        engines.make_engine(checkpoint(model), "openvino")
    predictor = Predictor(checkpoint(model))
    assert predictor.engine == "torch (cpu)"
    assert says in predictor.engine_note
    assert "second line" not in predictor.engine_note
    assert predictor(photos.coffee()).engine == "torch (cpu)"


def test_without_openvino_auto_takes_torch(tiny, monkeypatch):
    monkeypatch.setattr(openvino_engine, "find_spec", lambda _name: None)
    predictor = Predictor(tiny)
    assert predictor.engine == "torch (cpu)"
    assert "not installed" in predictor.engine_note
    with pytest.raises(NotAvailable, match="not installed"):
        Predictor(tiny, engine="openvino")
    assert Predictor(tiny, engine="torch").engine_note == ""


def test_unknown_engines_and_devices_are_sentences(tiny):
    with pytest.raises(BadConfig, match=r"no engine “tensorflow”\. Choose one of auto"):
        Predictor(tiny, engine="tensorflow")
    with pytest.raises(BadConfig, match="no device that torch knows"):
        Predictor(tiny, device="toaster")
    with pytest.raises(NotAvailable, match="no device “cuda”"):
        Predictor(tiny, device="cuda")
    with pytest.raises(NotAvailable, match="no device “mps”"):
        engines.make_engine(tiny, "openvino", "mps")
    with pytest.raises(BadConfig, match="no precision “8”"):
        Predictor(tiny, precision="8")
    with pytest.raises(BadConfig, match="OpenVINO computes in 32 bits"):
        Predictor(tiny, engine="openvino", precision="bf16")
    with pytest.raises(BadConfig, match="for graphics cards"):
        Predictor(tiny, device="cpu", precision="16")


def test_shorter_arithmetic_is_torch_and_nearly_the_same(tiny):
    x = np.random.default_rng(0).standard_normal((1, 3, 64, 64)).astype(np.float32)
    whole, _ = engines.make_engine(tiny, "torch", "cpu")
    short, note = engines.make_engine(tiny, "auto", "cpu", "bf16")
    assert (short.name, note) == ("torch (cpu, bf16)", "")
    probs = short(x)
    assert probs.dtype == np.float32 and 0 < np.abs(probs - whole(x)).max() < 0.05


@needs_openvino
def test_auto_takes_openvino_on_a_cpu(tiny):
    predictor = Predictor(tiny)
    assert predictor.engine == "OpenVINO (cpu)"
    assert predictor.engine_note == ""


@needs_openvino
def test_openvino_comes_without_its_telemetry():
    """Its import reports to its makers unless the package for that cannot be found."""
    code = (
        "import sys; from segcore.inference.openvino_engine import import_openvino; import_openvino();"
        "sys.exit(sys.modules.get('openvino_telemetry', 1) is not None)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@needs_openvino
@pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux's signal stack")
def test_signals_still_arrive_after_openvino_was_used(tiny, home):
    """OpenVINO replaces the signal stack of the thread that calls it; once that is freed the next signal is fatal."""
    path = home / "tiny.safetensors"
    save_checkpoint(path, tiny.model, tiny.card)
    code = f"""
import ctypes, faulthandler, gc, signal, subprocess, sys

class Stack(ctypes.Structure):
    _fields_ = [("start", ctypes.c_void_p), ("flags", ctypes.c_int), ("size", ctypes.c_size_t)]

def signal_stack():
    now = Stack()
    ctypes.CDLL(None).sigaltstack(None, ctypes.byref(now))
    return now.start

import numpy as np
from segcore.checkpoint import load_checkpoint
from segcore.inference import Predictor

faulthandler.enable()
signal.signal(signal.SIGCHLD, lambda *_: None)
before = signal_stack()
predictor = Predictor(load_checkpoint({str(path)!r}), engine="openvino")
predictor(np.zeros((64, 64, 3), np.uint8))
assert signal_stack() == before, "the signal stack of the main thread was replaced"
del predictor
gc.collect()
subprocess.run([sys.executable, "-c", "pass"], check=True)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=paths.PROJECT).returncode == 0


@needs_openvino
def test_a_file_is_opened_without_torch_and_segments_as_with_it(tiny, home):
    """Another process converts; what it took of memory and torch's import are not this one's."""
    path = home / "tiny.safetensors"
    ref = save_checkpoint(path, tiny.model, tiny.card)
    code = f"""
import sys
import numpy as np
from segcore.checkpoint import CheckpointRef
from segcore.inference import open_predictor

predictor = open_predictor(CheckpointRef.of({str(path)!r}), device="cpu")
np.save({str(home / "labels.npy")!r}, predictor(np.load({str(home / "photo.npy")!r})).labels)
heavy = {{"torch", "torchvision"}} & set(sys.modules)
assert not heavy, heavy
assert predictor.engine == "OpenVINO (cpu)" and predictor.engine_note == ""
"""
    np.save(home / "photo.npy", photos.coffee())
    subprocess.run([sys.executable, "-c", code], check=True, cwd=paths.PROJECT)
    (conversion,) = (home / "engines").iterdir()
    wanted = open_predictor(ref, engine="torch", device="cpu")(photos.coffee()).labels
    assert np.mean(np.load(home / "labels.npy") == wanted) > 0.999

    (conversion / "net.bin").write_bytes(b"")  # damaged: torch is here by now, and converts again
    again = open_predictor(ref, device="cpu")
    assert again.engine == "OpenVINO (cpu)" and (conversion / "net.bin").stat().st_size > 100
    np.testing.assert_array_equal(again(photos.coffee()).labels, np.load(home / "labels.npy"))


@needs_openvino
def test_a_file_that_cannot_be_converted_runs_on_torch(tiny, home, monkeypatch):
    ref = save_checkpoint(home / "tiny.safetensors", tiny.model, tiny.card)

    def impossible(*_):
        raise NotAvailable("not this one")

    monkeypatch.setattr(engines, "convert", impossible)
    predictor = open_predictor(ref, device="cpu")
    assert (predictor.engine, predictor.engine_note) == ("torch (cpu)", "not this one")


def test_the_process_that_converts_has_the_same_home(tmp_path, monkeypatch):
    """It works in another folder, where a relative SEGCORE_HOME would name another one."""
    path = tmp_path / "tiny.safetensors"
    path.write_bytes(b"weights")
    asked = {}
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SEGCORE_HOME", "here")
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr(conversions, "load_card", lambda _path: None)
    monkeypatch.setattr(conversions.subprocess, "run", lambda command, **options: asked.update(options))
    assert conversions.find_conversion(CheckpointRef.of(path)) is None
    assert asked["env"]["SEGCORE_HOME"] == str(tmp_path / "here")
