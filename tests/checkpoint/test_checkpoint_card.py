"""The card: what it refuses to say, and what is told of a file that has none."""

import json
import struct
import subprocess
import sys

import numpy as np
import pytest
from pydantic import ValidationError
from safetensors.numpy import save_file

from segcore.checkpoint import CheckpointCard, load_card
from segcore.checkpoint.card import CARD_KEY, FORMAT
from segcore.errors import BadCheckpoint

CARD = CheckpointCard(
    name="tiny",
    title="Tiny",
    architecture="unet",
    options={"width": 4},
    classes=("background", "cat"),
    colours=((40, 40, 40), (230, 159, 0)),
    mean=(0.5, 0.5, 0.5),
    std=(0.2, 0.2, 0.2),
)


def write(path, metadata):
    save_file({"weight": np.zeros(10, np.float32)}, path, metadata=metadata)
    return path


def test_reads_back_what_was_written_without_torch(tmp_path):
    path = write(tmp_path / "a.safetensors", {CARD_KEY: CARD.model_dump_json()})
    assert load_card(path) == CARD
    code = (
        "import sys; from segcore.checkpoint import load_card; load_card(sys.argv[1]); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 0


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "../evil", "pattern"),
        ("colours", [(1, 2, 3)], "1 colours for 2 classes"),
        ("colours", [(1, 2, 300), (0, 0, 0)], "outside 0"),
        ("classes", ["cat", "cat"], "same name"),
        ("mean", [0.5], "1 means and 3 stds for 3 channels"),
        ("std", [0.2, 0.0, 0.2], "not positive"),
        ("working_side", 8, "greater than or equal to 32"),
        ("options", {"a": object()}, "JSON"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(field, value, says):
    with pytest.raises(ValidationError, match=says):
        CheckpointCard.model_validate({**CARD.model_dump(), field: value})


def test_a_damaged_card_is_a_sentence_with_the_field(tmp_path):
    text = json.dumps({**CARD.model_dump(), "in_channels": "three"})
    with pytest.raises(BadCheckpoint, match=r"in_channels"):
        load_card(write(tmp_path / "a.safetensors", {CARD_KEY: text}))
    with pytest.raises(BadCheckpoint, match="makes no sense"):
        load_card(write(tmp_path / "b.safetensors", {CARD_KEY: "{"}))


def test_an_unknown_field_of_a_later_version_is_no_problem_but_a_later_format_is(tmp_path):
    text = json.dumps({**CARD.model_dump(), "mood": "sunny"})
    assert load_card(write(tmp_path / "a.safetensors", {CARD_KEY: text})) == CARD
    text = json.dumps({**CARD.model_dump(), "format": FORMAT + 1})
    with pytest.raises(BadCheckpoint, match="newer version"):
        load_card(write(tmp_path / "b.safetensors", {CARD_KEY: text}))


WRONG_FILES = {
    "empty": (b"", "is empty"),
    "short": (b"abc", "no .safetensors file"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "no .safetensors file"),
    "zip pickle": (b"PK\x03\x04" + bytes(50), "pickle.*never"),
    "old pickle": (b"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9 j" + bytes(50), "pickle.*never"),
    "header cut": (struct.pack("<Q", 1000) + b'{"a":', "cut off"),
    "not json": (struct.pack("<Q", 8) + b"{nonsens", "no .safetensors file"),
    "absurd length": (b"\xff" * 8 + b"{", "cut off"),
}


@pytest.mark.parametrize("kind", WRONG_FILES)
def test_a_wrong_file_is_named_for_what_it_is(tmp_path, kind):
    data, says = WRONG_FILES[kind]
    path = tmp_path / "file.safetensors"
    path.write_bytes(data)
    with pytest.raises(BadCheckpoint, match=says):
        load_card(path)


def test_missing_folder_truncated_and_cardless(tmp_path):
    with pytest.raises(BadCheckpoint, match="There is no checkpoint file"):
        load_card(tmp_path / "none.safetensors")
    with pytest.raises(BadCheckpoint, match="There is no checkpoint file"):
        load_card(tmp_path)
    path = write(tmp_path / "a.safetensors", {CARD_KEY: CARD.model_dump_json()})
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(BadCheckpoint, match="cut off"):
        load_card(path)
    for metadata in (None, {"format": "pt"}):
        with pytest.raises(BadCheckpoint, match="no card"):
            load_card(write(tmp_path / "b.safetensors", metadata))


def test_a_header_length_that_looks_like_a_pickle_is_still_safetensors(tmp_path):
    """The first byte is the low byte of a length: 0x80, a pickle's first byte, is one in 256."""
    for padding in range(256):
        card = CARD.model_copy(update={"title": "x" * padding})
        path = write(tmp_path / "a.safetensors", {CARD_KEY: card.model_dump_json()})
        if path.read_bytes()[0] == 0x80:
            assert load_card(path) == card
            return
    pytest.fail("no header of that length was met")
