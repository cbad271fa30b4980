"""``predict``: label every pixel of photos."""
# ruff: noqa: PLC0415 - torch is imported when the command runs, so that --help answers at once

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcore.cli.checkpoint_options import add_checkpoint_options, make_predictor
from segcore.cli.output import DONE, FAILED, notify, print_json_line
from segcore.cli.photo_paths import Photos, find_photos
from segcore.errors import BadConfig, SegcoreError

if TYPE_CHECKING:
    from segcore.inference import Predictor, ResultFolder
    from segcore.types import Image, Prediction

_NAMED_FILES = 3


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict``."""
    parser.description = (
        "Label every pixel of photos. For photo.jpg it writes photo_labels.png (the class id of each pixel, as a "
        "palette image of the photo's size), photo_overlay.png and photo.json (classes, areas, seconds). A file that "
        "predict did not write, or that was changed since, is never overwritten: the results are then called photo-2. "
        "If a photo cannot be read, the others are still processed; the exit code is 1."
    )
    parser.add_argument(
        "images", nargs="+", type=Path, metavar="PHOTO", help="photos, or folders: all photos directly in them"
    )
    add_checkpoint_options(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write to; created if missing")
    parser.add_argument("--opacity", type=float, default=0.5, metavar="X", help="of the overlay, 0 … 1 (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="print the contents of the .json files, one line per photo")
    parser.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from segcore.inference import ResultFolder

    if not 0 <= arguments.opacity <= 1:
        raise BadConfig(
            "--opacity is {opacity}, expected 0 (the photo alone) … 1 (the colours alone).", opacity=arguments.opacity
        )
    photos = find_photos(arguments.images)
    predictor = make_predictor(arguments)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfig(
            "--out {folder} cannot be a folder: {error}. Choose another place.",
            folder=arguments.out,
            error=error.strerror,
        ) from None
    for problem in photos.problems:
        notify(problem)
    results = ResultFolder(arguments.out)
    broken = 0
    for path in photos.paths:
        try:
            facts, line = _label(path, predictor, results, arguments)
        except SegcoreError as error:
            notify(str(error))
            broken += 1
            continue
        except (OSError, MemoryError, RuntimeError) as error:  # a full disk, a photo that the network cannot take
            notify(f"{path}: {type(error).__name__}: {error}.")
            broken += 1
            continue
        if arguments.json:
            print_json_line(facts)
        else:
            print(line, flush=True)
    _summarise(photos, broken)
    return FAILED if broken or photos.problems else DONE


def _label(
    path: Path, predictor: "Predictor", results: "ResultFolder", arguments: argparse.Namespace
) -> tuple[dict[str, Any], str]:
    """Label one photo and write its files; return the contents of its .json file, and a line for people."""
    from segcore.data import read_image
    from segcore.inference import label_png, overlay_png

    image = read_image(path, trained=predictor.card.value_range)
    stem, obstacle = results.stem_for(path, image.image_id)
    if obstacle:
        notify(
            f"{results.folder / obstacle} was not written by predict for {path.name}, or was changed since; it is kept "
            f"and the results are called {stem}."
        )
    prediction = predictor(image.rgb)
    facts = {"image": str(path), "checkpoint": arguments.checkpoint, **_facts(image, prediction)}
    labels = label_png(prediction, image.full_size)
    overlay = overlay_png(image.rgb, prediction, opacity=arguments.opacity)
    file = results.write(stem, path, image.image_id, facts, (labels, overlay))
    areas = sorted(facts["areas"], key=lambda area: -area["share"])
    shares = ", ".join(f"{area['class']} {area['share']:.1%}" for area in areas if area["pixels"])
    notes = "".join(f"; {note}" for note in image.notes)
    return facts, f"{path} → {file}: {shares} ({prediction.seconds:.2f} s){notes}"


def _summarise(photos: Photos, broken: int) -> None:
    if broken:
        notify(f"{broken} of {len(photos.paths)} photos could not be labelled.")
    if photos.skipped:
        shown = ", ".join(photos.skipped[:_NAMED_FILES]) + (" …" if len(photos.skipped) > _NAMED_FILES else "")
        notify(f"Skipped {len(photos.skipped)} files that are no photos, or hidden: {shown}")
    if photos.results:
        notify(f"Skipped {photos.results} results of an earlier predict.")


def _facts(image: "Image", prediction: "Prediction") -> dict[str, Any]:
    import numpy as np

    from segcore.inference import full_labels

    labels = full_labels(prediction, image.full_size)
    height, width = labels.shape
    pixels = np.bincount(labels.ravel(), minlength=len(prediction.classes)).tolist()
    return {
        "height": height,
        "width": width,
        "read_height": image.rgb.shape[0],
        "read_width": image.rgb.shape[1],
        "notes": [str(note) for note in image.notes],
        "classes": list(prediction.classes),
        "areas": [
            {"class": name, "pixels": count, "share": count / labels.size}
            for name, count in zip(prediction.classes, pixels, strict=False)
        ],
        "seconds": prediction.seconds,
        "engine": prediction.engine,
        "working_height": prediction.working_size[0],
        "working_width": prediction.working_size[1],
        "tiles": prediction.tiles,
    }
