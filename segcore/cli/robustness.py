"""``robustness``: the relative score of a checkpoint on corrupted photos."""
# ruff: noqa: PLC0415 - torch is imported when the command runs, so that --help answers at once

import argparse
from typing import TYPE_CHECKING

from segcore.cli.checkpoint_options import add_checkpoint_options, make_predictor
from segcore.cli.evaluate import add_data_options, open_evaluation_data
from segcore.cli.output import DONE, notify, number, print_json, print_table, progress_line

if TYPE_CHECKING:
    from segcore.evaluation import RobustnessCard


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``robustness``."""
    parser.description = (
        "Corrupt photos at up to five severities (noise, blur, brightness, JPEG, occlusion, rotation …, and an FGSM "
        "attack) and measure the relative score. The card is written next to the checkpoint."
    )
    add_checkpoint_options(parser)
    add_data_options(parser)
    parser.add_argument(
        "--limit", type=int, default=24, metavar="N", help="N images, evenly spread; 0: all (default: 24)"
    )
    parser.add_argument("--kinds", default="", metavar="A,B,…", help="only these corruptions (default: all)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the corruptions (default: 0)")
    parser.add_argument("--json", action="store_true", help="print the card as JSON")
    parser.set_defaults(command=_robustness)


def _robustness(arguments: argparse.Namespace) -> int:
    from segcore.checkpoint import find_checkpoint, load_checkpoint
    from segcore.data import parse_class_map
    from segcore.evaluation import KINDS, measure_robustness, save_robustness
    from segcore.inference.engines import torch_device

    mapping = parse_class_map(arguments.map)
    dataset, split = open_evaluation_data(arguments)
    predictor = make_predictor(arguments)
    reference = find_checkpoint(arguments.checkpoint)
    kinds = tuple(word.strip() for word in arguments.kinds.split(",") if word.strip())
    with progress_line("predictions") as progress:
        card = measure_robustness(
            predictor,
            load_checkpoint(reference, torch_device(arguments.device)),
            dataset,
            mapping=mapping,
            split=split,
            kinds=kinds or KINDS,
            limit=arguments.limit or None,
            seed=arguments.seed,
            progress=progress,
        )
    if arguments.json:
        print_json(card.to_dict())
    else:
        _print_card(card)
    if kinds:
        notify("Only some corruptions were measured, so the card is not saved.")
    else:
        notify(f"The card is in {save_robustness(card, reference)}.")
    return DONE


def _print_card(card: "RobustnessCard") -> None:
    split = f", split {card.split}" if card.split else ""
    print(
        f"{card.checkpoint} on {card.data}{split}: {card.images} images, mIoU {number(card.clean_miou)} uncorrupted\n"
    )
    kinds = list(dict.fromkeys(cell.corruption for cell in card.cells))
    rows = []
    for kind in sorted(kinds, key=card.relative_of):
        scores = [number(cell.miou) for cell in card.of(kind)]
        rows.append((kind, *scores, *[""] * (5 - len(scores)), number(card.relative_of(kind))))
    print_table(("CORRUPTION", "1", "2", "3", "4", "5", "MEAN RELATIVE MIOU"), rows)
    print(f"\nmean relative mIoU: {number(card.relative)}\n\n{card.convention}")
