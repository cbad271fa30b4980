"""The kinds of problem that the doctor knows, and its advice about them."""

from dataclasses import dataclass
from typing import Any

from segcore.advice import Advice, Severity


@dataclass(frozen=True)
class Kind:
    """The fixed facts of a kind of problem; its texts are ``advice.doctor.<kind>``.

    An "error" means that training stops or learns nonsense. A repairable kind can be fixed in a copy; one that is a
    guess about the meaning of the masks is fixed ``on_request`` only.
    """

    severity: Severity
    repairable: bool = True
    on_request: bool = False


KINDS: dict[str, Kind] = {
    "bad_classes": Kind("error", repairable=False),
    "single_class": Kind("error", repairable=False),
    "bad_split": Kind("error", repairable=False),
    "no_pairs": Kind("error", repairable=False),
    "nothing_labelled": Kind("error", repairable=False),
    "no_objects": Kind("error", repairable=False),
    "unreadable": Kind("error"),
    "bad_annotation": Kind("error", repairable=False),
    "same_name": Kind("error"),
    "missing_mask": Kind("error"),
    "missing_image": Kind("error"),
    "unknown_name": Kind("error"),
    "exif_rotated": Kind("error"),
    "exif_unclear": Kind("warning", repairable=False),
    "size_mismatch": Kind("error"),
    "colour_mask": Kind("error"),
    "palette": Kind("error"),
    "jpeg_blurred": Kind("error"),
    "mask_16bit": Kind("error"),
    "binary_255": Kind("error"),
    "one_class": Kind("error"),
    "ids_from_1": Kind("error"),
    "trimap": Kind("error", on_request=True),
    "unknown_value": Kind("error"),
    "cross_split_duplicate": Kind("error"),
    "reader_notes": Kind("warning", repairable=False),
    "sequence_leak": Kind("warning", repairable=False),
    "near_duplicate": Kind("warning"),
    "duplicate": Kind("warning"),
    "absent_class": Kind("warning", repairable=False),
    "brightness": Kind("warning", repairable=False),
    "all_ignored": Kind("warning"),
    "unlabelled": Kind("warning", repairable=False),
    "empty_mask": Kind("note"),
    "skipped": Kind("note", repairable=False),
}
"""By name, in the order in which they are reported."""


def doctor_json(advice: Advice) -> dict[str, Any]:
    """A finding for programs, with its English texts."""
    return {
        "kind": advice.name,
        "severity": advice.severity,
        "title": advice.wording("what"),
        **advice.facts,
        "detail": "; ".join(advice.facts["details"]),
        "why": advice.wording("why"),
        "advice": advice.wording("do"),
        "repairable": KINDS[advice.name].repairable,
    }
