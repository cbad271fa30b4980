"""``train --check``: problems, time, memory and disk space of a training."""

from collections.abc import Sequence
from typing import Any

from segcore.advice import Advice
from segcore.cli.advice import advice_lines
from segcore.cli.jobs import answer
from segcore.cli.output import DONE, FAILED, duration, image_size, print_json, print_table
from segcore.formatting import byte_size
from segcore.train import TrainConfig, data_folders
from segcore.train.checks.preflight import question
from segcore.train.checks.validation import require_valid

_MEMORY = {"cuda": "on the GPU", "mps": "on the GPU", "resident": "growth of the process's resident memory"}


def check(config: TrainConfig, *, accept: Sequence[str], again: bool, as_json: bool) -> int:
    """Check a training without starting it; the exit code is 1 when it would fail.

    Raises:
        SegcoreError: device, data, model or loss do not fit at all, or a kind in ``accept`` cannot be accepted.
    """
    require_valid(config, accept, with_data=False)
    report = answer("preflight", question(config, accept), files=data_folders(config), again=again)
    if as_json:
        print_json(report)
    else:
        _print_data(report)
        if report["trial"] is not None:
            _print_needs(report)
        print()
        if not report["findings"]:
            print("No problems found.")
        for finding in report["findings"]:
            print("\n".join(advice_lines(Advice.from_json(finding))))
    return FAILED if any(finding["severity"] == "error" for finding in report["findings"]) else DONE


def _print_data(report: dict[str, Any]) -> None:
    for use in report["data_use"]:
        print(use["text"])
    train, val = report["data"]["train"], report["data"]["val"]
    for title, split in (("training", train), ("validation", val)):
        sizes = " / ".join(image_size(split[which]) for which in ("smallest", "median", "largest"))
        print(f"{split['images']} {title} images, smallest / median / largest {sizes} pixels")
    print()
    train_shares, val_shares = (map("{:.2%}".format, split["shares"]) for split in (train, val))
    rows = zip(report["classes"], train_shares, train["showing"], val_shares, val["showing"], strict=True)
    print_table(("CLASS", "TRAINING PIXELS", "IMAGES", "VALIDATION PIXELS", "IMAGES"), rows)


def _print_needs(report: dict[str, Any]) -> None:
    trial, facts = report["trial"], report["trial"]["facts"]
    layout = ", channels last" if facts["channels_last"] else ""
    print(
        f"\ndevice   {facts['device']} ({facts['device_name']}), precision {facts['precision']}{layout}, "
        f"{facts['parameters'] / 1e6:.1f} M parameters"
    )
    step = report["time"]["step"]
    print(f"step     {1000 * step[1]:.0f} ms ({1000 * step[0]:.0f} to {1000 * step[2]:.0f})")
    for title, name in (("epoch", "epoch"), ("all", "run")):
        low, middle, high = map(duration, report["time"][name])
        print(f"{title:8} {middle} ({low} to {high})")
    print(
        f"memory   {byte_size(trial['peak'])} ({_MEMORY[trial['memory_kind']]}), free {byte_size(trial['memory_free'])}"
    )
    print(f"disk     {byte_size(report['disk']['needed'])}, free {byte_size(report['disk']['free'])}")
