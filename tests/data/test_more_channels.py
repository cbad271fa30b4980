"""Four channels all the way: files, transforms, a training, its checkpoint, and photos that do not fit it."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile

from segcore.checkpoint import CheckpointRef, load_checkpoint
from segcore.data import open_dataset
from segcore.errors import BadConfig, BadDataset, BadImage
from segcore.evaluation import evaluate_checkpoint
from segcore.inference import Predictor
from segcore.runs import new_run
from segcore.train import make_config
from segcore.train.process.worker import run_worker
from tests.data.sample_files import photo, save, write
from tests.train.small import SMALL

MASK = np.zeros((32, 32), np.uint8)
MASK[8:24, 8:24] = 1


def stacked(root: Path, count: int = 6) -> Path:
    """RGB photos with a depth of 16 bits beside them."""
    for number in range(count):
        save(root / "images" / f"{number}.png", photo(32, 32, seed=number))
        save(root / "depth" / f"{number}.png", (MASK.astype(np.uint16) * 60_000))
        save(root / "masks" / f"{number}.png", MASK)
    write(root / "classes.json", json.dumps({"classes": ["ground", "box"], "in_channels": 4, "stack": ["depth"]}))
    return root


def test_a_file_is_laid_behind_the_colours(tmp_path: Path) -> None:
    dataset = open_dataset(stacked(tmp_path, 1))
    sample = dataset[0]
    assert (dataset.in_channels, sample.image.shape, sample.image.dtype) == (4, (32, 32, 4), np.uint8)
    np.testing.assert_array_equal(sample.image[..., :3], photo(32, 32))
    assert sorted(np.unique(sample.image[..., 3]).tolist()) == [0, round(60_000 / 257)]


def test_a_tiff_of_four_bands(tmp_path: Path) -> None:
    bands = np.random.default_rng(0).integers(0, 65_536, (32, 32, 4), np.uint16)
    (tmp_path / "images").mkdir()
    tifffile.imwrite(tmp_path / "images" / "a.tif", bands, photometric="rgb", extrasamples=["unspecified"])
    save(tmp_path / "masks" / "a.png", MASK)
    write(tmp_path / "classes.json", json.dumps({"classes": ["ground", "box"], "in_channels": 4}))
    np.testing.assert_array_equal(open_dataset(tmp_path)[0].image, np.rint(bands / 257).astype(np.uint8))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stack": ["../depth"]}, "expected names of folders beside images/"),
        ({"stack": ["depth"], "in_channels": 1}, "in_channels is 1, but stack adds 1"),
        ({"stack": ["infrared"]}, "has nothing for 0"),
    ],
)
def test_what_cannot_be_stacked_is_said(tmp_path: Path, change: dict, sentence: str) -> None:
    root = stacked(tmp_path, 1)
    write(root / "classes.json", json.dumps({"classes": ["ground", "box"], "in_channels": 4} | change))
    with pytest.raises(BadDataset, match=sentence):
        open_dataset(root)


def test_another_size_is_said(tmp_path: Path) -> None:
    root = stacked(tmp_path, 1)
    save(root / "depth" / "0.png", MASK[:16])
    with pytest.raises(BadDataset, match=r"depth/0\.png is 32 × 16 pixels, but 0\.png is 32 × 32"):
        open_dataset(root)[0]


def test_a_training_sees_all_four_and_its_checkpoint_wants_no_photo(tmp_path: Path) -> None:
    """Depth alone tells the class here (the colours are noise), so a score well above chance needs channel four."""
    settings = {"data": [str(stacked(tmp_path / "set", 12))], "val_share": 0.25, "epochs": 8, "learning_rate": 3e-3}
    run = new_run(make_config(SMALL | settings | {"augmentation": {"brightness": 0.2}}).to_json(), root=tmp_path)
    assert run_worker(run) == "finished"
    last = [event for event in run.timeline(["val"]) if event["kind"] == "val"][-1]
    assert last["miou"] > 0.6, "all ground would be 0.375"
    checkpoint = load_checkpoint(CheckpointRef.of(run.path / "checkpoints" / "best.safetensors"))
    assert (checkpoint.card.in_channels, checkpoint.card.mean) == (4, (0.5,) * 4)
    predictor = Predictor(checkpoint, engine="torch")
    with pytest.raises(BadImage, match="looks at images of 4 channels; a photo has 3"):
        predictor(photo(32, 32))
    report = evaluate_checkpoint(predictor, open_dataset(tmp_path / "set"))
    assert report.scores.miou > 0.6 and report.images == 12
    with pytest.raises(BadConfig, match="have 3 channels, but the network looks at images of 4"):
        evaluate_checkpoint(predictor, open_dataset("shapes:2:32"), mapping={"*": "box"})
