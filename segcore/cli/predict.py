"""``predict``: label every pixel of photos."""
# ruff: noqa: PLC0415 - torch is imported when the command runs, so that --help answers at once

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segcore.cli.checkpoint_options import add_checkpoint_options, make_predictor
from segcore.cli.output import DONE, FAILED, notify, print_json_line
from segcore.errors import BadConfig, BadImage

if TYPE_CHECKING:
    from segcore.types import Prediction


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``predict``."""
    parser.description = (
        "Label every pixel of photos. For photo.jpg it writes photo_labels.png (the class id of each pixel, as a "
        "palette image of the photo's size), photo_overlay.png and photo.json (classes, areas, seconds). If a photo "
        "cannot be read, the others are still processed; the exit code is 1."
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE", help="photos")
    add_checkpoint_options(parser)
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder to write to; created if missing")
    parser.add_argument("--opacity", type=float, default=0.5, metavar="X", help="of the overlay, 0 … 1 (default: 0.5)")
    parser.add_argument("--json", action="store_true", help="print the contents of the .json files, one line per photo")
    parser.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from segcore.data import read_image
    from segcore.inference import label_png, overlay_png

    if not 0 <= arguments.opacity <= 1:
        raise BadConfig(
            "--opacity is {opacity}, expected 0 (the photo alone) … 1 (the colours alone).", opacity=arguments.opacity
        )
    predictor = make_predictor(arguments)
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadConfig(
            "--out {folder} cannot be a folder: {error}. Choose another place.",
            folder=arguments.out,
            error=error.strerror,
        ) from None
    broken = 0
    for path, stem in zip(arguments.images, distinct_stems(arguments.images), strict=True):
        try:
            image = read_image(path)
        except BadImage as error:
            notify(str(error))
            broken += 1
            continue
        prediction = predictor(image.rgb)
        facts = {"image": str(path), "checkpoint": arguments.checkpoint, **_facts(prediction)}
        place = arguments.out / stem
        Path(f"{place}_labels.png").write_bytes(label_png(prediction))
        Path(f"{place}_overlay.png").write_bytes(overlay_png(image.rgb, prediction, opacity=arguments.opacity))
        Path(f"{place}.json").write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        if arguments.json:
            print_json_line(facts)
        else:
            areas = sorted(facts["areas"], key=lambda area: -area["share"])
            shares = ", ".join(f"{area['class']} {area['share']:.1%}" for area in areas if area["pixels"])
            print(f"{path} → {place}_labels.png: {shares} ({prediction.seconds:.2f} s)", flush=True)
    if broken:
        notify(f"{broken} of {len(arguments.images)} photos could not be read.")
    return FAILED if broken else DONE


def distinct_stems(paths: Sequence[Path]) -> list[str]:
    """Return a unique name for the results of each photo: cat, dog, cat-2."""
    taken: set[str] = set()
    stems = []
    for path in paths:
        stem = path.stem
        count = 1
        while stem.lower() in taken:  # some file systems ignore case
            count += 1
            stem = f"{path.stem}-{count}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems


def _facts(prediction: "Prediction") -> dict[str, Any]:
    from segcore.inference import class_table

    height, width = prediction.labels.shape
    return {
        "height": height,
        "width": width,
        "classes": list(prediction.classes),
        "areas": [{"class": row.name, "pixels": row.pixels, "share": row.share} for row in class_table(prediction)],
        "seconds": prediction.seconds,
        "engine": prediction.engine,
        "working_height": prediction.working_size[0],
        "working_width": prediction.working_size[1],
        "tiles": prediction.tiles,
    }
