"""What a check has looked for, and what it cannot know: stated with every result, in the shell and on the Data page."""

from collections.abc import Collection

from segcore.data.splits import VAL
from segcore.errors import Message

FEW = 100
"""With fewer images a validation set is too small for a precise score."""

UNKNOWN = Message("What this check cannot know:")


def sound(looked_at: int) -> Message:
    """What was looked for in ``looked_at`` images without finding anything."""
    if looked_at == 1:
        return Message(
            "1 image with its mask was read, and none of the checked problems was found: incomplete pairs, unreadable "
            "files, sizes, invalid values, duplicates, absent classes."
        )
    return Message(
        "{count} images with their masks were read, and none of the checked problems was found: incomplete pairs, "
        "unreadable files, sizes, invalid values, duplicates within and across splits, absent classes.",
        count=looked_at,
    )


def unknown(splits: Collection[str], looked_at: int) -> list[Message]:
    """What no check of a dataset with these splits and number of images can find."""
    found = [Message("whether the masks are right: browse some of them.")]
    if VAL not in splits:
        found.append(
            Message(
                "whether images belong together (frames of one video, tiles of one photo): this dataset has no "
                "validation split, so training divides its images at random, and related images may land on both "
                "sides. Group them by name with the setting group_by."
            )
        )
    if looked_at == 1:
        found.append(Message("how good a network will be: a score on a part of 1 image means nothing."))
    elif looked_at < FEW:
        found.append(
            Message(
                "how good a network will be: validation on a part of {count} images gives a score with a wide "
                "confidence interval. A cross-validation uses all of them.",
                count=looked_at,
            )
        )
    return found
