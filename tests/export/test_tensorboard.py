"""Event files are read back with TensorBoard's own reader."""

import io
import json
import socket
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata, plugin_data_pb2

from segcore.export.tensorboard import events_zip, write_events
from segcore.runs import Run, new_run
from tests.export.conftest import EPOCHS, IOU


def read(file: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(file.parent), size_guidance={"scalars": 0, "images": 0, "tensors": 0})
    accumulator.Reload()
    return accumulator


def test_scalars_have_their_steps_times_and_values(run: Run, tmp_path: Path) -> None:
    board = read(write_events(run, tmp_path / "board"))
    steps = [event for event in run.timeline(("step",)) if event["kind"] == "step"]
    for tag, name in (("loss/train", "loss"), ("rate", "rate"), ("gradient_norm", "gradient_norm")):
        scalars = board.Scalars(tag)
        assert [(each.step, each.wall_time) for each in scalars] == [(each["step"], each["time"]) for each in steps]
        assert [each.value for each in scalars] == pytest.approx([each[name] for each in steps])
    validations = [event for event in run.timeline(("val",)) if event["kind"] == "val"]
    assert [each.value for each in board.Scalars("score/miou")] == pytest.approx([each["miou"] for each in validations])
    assert [each.step for each in board.Scalars("loss/validation")] == [4, 8, 12]
    assert [each.value for each in board.Scalars("iou/00 background")] == pytest.approx([each[0] for each in IOU])
    assert board.Scalars("meter/gpus.0.memory_mb")[5].value == 105
    assert board.Scalars("meter/gpus.0.memory_mb")[5].step == 5


def test_tags_are_safe_and_a_class_without_numbers_has_none(run: Run, tmp_path: Path) -> None:
    tags = read(write_events(run, tmp_path / "board")).Tags()["scalars"]
    (odd,) = (tag for tag in tags if tag.startswith("iou/01"))
    assert not set(odd) & set("<>{}&")
    assert odd.count("/") == 1, "a class is no folder"
    assert not [tag for tag in tags if tag.startswith("iou/02")]


def test_samples_are_pictures_of_every_epoch(run: Run, tmp_path: Path) -> None:
    board = read(write_events(run, tmp_path / "board"))
    pictures = board.Images("sample 0/prediction")
    assert [each.step for each in pictures] == [4, 8, 12]
    assert len(board.Images("sample 0/image")) == len(board.Images("sample 0/truth")) == 1
    pixels = cv2.imdecode(np.frombuffer(pictures[-1].encoded_image_string, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (30, 40, 3)
    assert pixels[15, 35, 2] > pixels[15, 5, 2] + 30, "orange lies over the right side"
    assert (pictures[0].width, pictures[0].height) == (40, 30)


def test_the_configuration_is_text_and_hyperparameters(run: Run, tmp_path: Path) -> None:
    board = read(write_events(run, tmp_path / "board"))
    (text,) = board.Tensors("configuration/text_summary")
    lines = text.tensor_proto.string_val[0].decode().splitlines()
    assert all(line.startswith("    ") for line in lines), "Markdown reads indented lines as they stand"
    assert json.loads("\n".join(lines)) == run.plan
    content = board.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert metadata.parse_session_start_info_plugin_data(content).hparams["learning_rate"].number_value == 0.02
    assert isinstance(
        metadata.parse_experiment_plugin_data(board.SummaryMetadata("_hparams_/experiment").plugin_data.content),
        type(plugin_data_pb2.HParamsPluginData().experiment),
    )


def test_the_zip_holds_the_same_file_and_not_the_name_of_this_machine(run: Run, tmp_path: Path) -> None:
    file = write_events(run, tmp_path)
    with zipfile.ZipFile(io.BytesIO(events_zip(run))) as archive:
        assert archive.namelist() == [f"told/{file.name}"]
        assert archive.read(archive.namelist()[0]) == file.read_bytes()
    assert socket.gethostname() not in file.name


def test_a_second_export_replaces_the_first(run: Run, tmp_path: Path) -> None:
    first = write_events(run, tmp_path)
    run.emit("step", epoch=3, step=12, loss=0.1)
    assert write_events(run, tmp_path) == first
    assert [path.name for path in first.parent.iterdir()] == [first.name]
    assert read(first).Scalars("loss/train")[-1].step == 12


def test_missing_pictures_and_missing_numbers_are_left_out(run: Run, tmp_path: Path) -> None:
    (run.samples_dir / "image-0.jpg").unlink()
    board = read(write_events(run, tmp_path))
    assert board.Tags()["images"] == []
    assert len(board.Scalars("score/miou")) == EPOCHS
    empty = read(write_events(new_run({"model": "unet"}, name="new"), tmp_path))
    assert empty.Tags()["scalars"] == []
