"""Whether the images of an evaluation were in the training of the checkpoint: by content, not by name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from segcore.checkpoint import CheckpointCard
from segcore.data import unpack_hashes
from segcore.errors import Message


@dataclass(frozen=True)
class TrainingOverlap:
    """The images of an evaluation compared with those of the training."""

    found: int | None  # number of images that were in the training; None if the checkpoint has no record of its images
    hashed: int  # number of training images on record
    images: int  # number of training images, 0 if unknown
    same_name: str = ""  # a training set whose name is that of the data, or begins with it


def training_overlap(card: CheckpointCard, hashes: Iterable[int], data_title: str) -> TrainingOverlap:
    """Compare hashes of images (`segcore.data.content_hashes`) with those in a card."""
    known = unpack_hashes(card.image_hashes)
    return TrainingOverlap(
        found=sum(each in known for each in hashes) if known else None,
        hashed=len(known),
        images=sum(each.images or 0 for each in card.training_data),
        same_name=same_name(card, data_title),
    )


def same_name(card: CheckpointCard, data_title: str) -> str:
    """Return the name of a training set that is the title of this data, or begins with that word for word.

    "Leaves, 240 photos" and "Leaves (train)" are like "Leaves", but "Leaves2" is not; "" if there is none.
    """
    like = re.compile(re.escape(data_title) + r"(?:$|[ ,;(])")
    return next((data.name for data in card.training_data if data_title and like.match(data.name)), "")


def overlap_sentence(overlap: TrainingOverlap, images: int) -> Message:
    """Return what is known about ``images`` evaluated images, as one sentence."""
    partly = overlap.images > overlap.hashed
    if overlap.found is None and overlap.same_name:
        return Message(
            "The checkpoint has no record of its training images. One of its training sets is called “{name}”, like "
            "this data, so images may overlap and scores may be higher than on new images.",
            name=overlap.same_name,
        )
    if overlap.found is None:
        return Message(
            "The checkpoint has no record of its training images, so it is unknown whether it was trained on some of "
            "these."
        )
    if overlap.found and partly:
        return Message(
            "At least {found} of these {count} images were in its training (equal pixels; {hashed} of its {images} "
            "training images are on record). Expect lower scores on new images.",
            found=overlap.found,
            count=images,
            hashed=overlap.hashed,
            images=overlap.images,
        )
    if overlap.found:
        return Message(
            "{found} of these {count} images were in its training (equal pixels). Expect lower scores on new images.",
            found=overlap.found,
            count=images,
        )
    if partly:
        return Message(
            "None of these {count} images equals one of the {hashed} training images on record, of {images} in all.",
            count=images,
            hashed=overlap.hashed,
            images=overlap.images,
        )
    return Message(
        "None of these {count} images was in its training, compared pixel by pixel; resized or recompressed copies are "
        "not recognised.",
        count=images,
    )
