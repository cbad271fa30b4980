"""A run as a TensorBoard event file: curves at their steps and times, sample images, the configuration.

TensorBoard shows at most 10 images per tag by default; ``--samples_per_plugin images=0`` shows all.

The file is a sequence of records (length, checksum, protocol buffer); definitions and checksums come from
tensorboardX. Its writer is not used: it starts a thread and puts the host name into the file name.
"""

import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tensorboardX import summary
from tensorboardX.proto.event_pb2 import Event as Record
from tensorboardX.proto.summary_pb2 import Summary
from tensorboardX.record_writer import RecordWriter

from segcore.export.meters import meter_numbers
from segcore.export.sample_images import masked
from segcore.pictures import decode_grey, decode_rgb, encode
from segcore.runs import Event, Run
from segcore.types import RGB

_SCORES = ("miou", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou", "mean_dice")
_STEP_TAGS = {"loss": "loss/train"} | {name: name for name in ("rate", "gradient_norm", "images_per_second")}
_VAL_TAGS = {"loss": "loss/validation"} | {name: f"score/{name}" for name in _SCORES}
_CLASS_TAGS = ("iou", "dice")
_KINDS = ("step", "val", "sample", "meter")
_ODD = re.compile(r"[^\w. -]+")


def write_events(run: Run, root: Path) -> Path:
    """Write the events of a run so far for ``tensorboard --logdir ROOT``, which compares all runs in that folder.

    Returns:
        The file ``ROOT/<name of the run>/events.out.tfevents.<seconds>.segcore``; an earlier one is replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = root / run.name
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"events.out.tfevents.{int(run.created)}.segcore"
    growing = target.with_name(f".{target.name}.part")
    try:
        writer = RecordWriter(str(growing))
        for record in _records(run):
            writer.write(record.SerializeToString())
        writer.close()
        growing.replace(target)
    finally:
        growing.unlink(missing_ok=True)
    return target


def events_zip(run: Run) -> bytes:
    """The same as a ZIP of one folder."""
    buffer = io.BytesIO()
    with TemporaryDirectory() as folder, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        file = write_events(run, Path(folder))
        archive.write(file, file.relative_to(folder))
    return buffer.getvalue()


def _records(run: Run) -> Iterator[Record]:
    """The format version, the configuration, then every event in order."""
    events = run.timeline(_KINDS)
    setup = run.last("setup") or {}
    began = events[0]["time"] if events else run.created
    yield Record(wall_time=began, file_version="brain.Event:2")
    for value in _configuration(run.plan):
        yield Record(wall_time=began, step=0, summary=value)
    step = 0
    for event in events:
        step = event.get("step", step)  # samples and meters belong to the preceding step
        values = list(_values(event, setup, run))
        if values:
            yield Record(wall_time=event["time"], step=step, summary=Summary(value=values))


def _values(event: Event, setup: dict[str, Any], run: Run) -> Iterator[Summary.Value]:
    match event["kind"]:
        case "step":
            yield from _scalars({tag: event.get(name) for name, tag in _STEP_TAGS.items()})
        case "val":
            yield from _scalars({tag: event.get(name) for name, tag in _VAL_TAGS.items()})
            for ratio in _CLASS_TAGS:
                values = zip(setup.get("classes", ()), event.get(ratio, ()), strict=False)
                # The id keeps the order and distinguishes names that differ only in replaced characters.
                yield from _scalars({f"{ratio}/{k:02d} {_tag(name)}": value for k, (name, value) in enumerate(values)})
        case "meter":
            yield from _scalars({f"meter/{_tag(name)}": value for name, value in meter_numbers(event).items()})
        case "sample":
            for sample in event["samples"]:
                yield from _images(sample, event["epoch"], setup.get("colours", ()), run)


def _scalars(values: dict[str, float | None]) -> Iterator[Summary.Value]:
    yield from (Summary.Value(tag=tag, simple_value=value) for tag, value in values.items() if value is not None)


def _images(sample: dict[str, Any], epoch: int, colours: Sequence[Any], run: Run) -> Iterator[Summary.Value]:
    """The prediction of an epoch over its image; with the first epoch also the image and its ground truth."""
    row, folder = f"sample {sample['sample']}", run.samples_dir
    try:
        photo = decode_rgb((folder / sample["image"]).read_bytes())
        yield _image(f"{row}/prediction", masked(photo, decode_grey((folder / sample["labels"]).read_bytes()), colours))
        if epoch == 0:
            yield _image(f"{row}/image", photo)
            yield _image(f"{row}/truth", masked(photo, decode_grey((folder / sample["truth"]).read_bytes()), colours))
    except (OSError, ValueError):  # the files were deleted or damaged; the curves are useful without them
        return


def _image(tag: str, rgb: RGB) -> Summary.Value:
    height, width = rgb.shape[:2]
    jpeg = encode(rgb, "jpg", quality=85)
    image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=jpeg)
    return Summary.Value(tag=tag, image=image)


def _configuration(plan: dict[str, Any]) -> Iterator[Summary]:
    """The settings as text, indented as a Markdown code block, and as hyperparameters."""
    lines = json.dumps(plan, indent=2, ensure_ascii=False).splitlines()
    yield summary.text("configuration", "\n".join(f"    {line}" for line in lines))
    plain = {
        name: value if isinstance(value, int | float | str) else json.dumps(value, ensure_ascii=False)
        for name, value in plan.items()
    }
    yield from summary.hparams(plain, {"score/miou": None})


def _tag(name: str) -> str:
    """A name without characters that TensorBoard reads as folders or rejects."""
    return _ODD.sub("_", name)
