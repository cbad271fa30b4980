"""The two means of a primary metric, and in words why they differ.

``Scores.miou`` is the mean over the classes in the ground truth or the prediction: a class that the data does not
contain counts as 0 as soon as one pixel is predicted as it. ``Scores.miou_of_present`` is the mean over the classes in
the ground truth.
"""

from collections.abc import Sequence

from segcore.errors import Message
from segcore.formatting import percent
from segcore.metrics import Scores

MAX_NAMED = 4
"""Maximum number of classes with a sentence of their own, those with the most pixels."""


def mean_reasons(scores: Scores, counts: Sequence[Sequence[int]]) -> list[Message]:
    """Return the sentences on the two means of a confusion matrix (K, K), rows the ground truth."""
    predicted = [sum(column) for column in zip(*counts, strict=True)]
    absent = [k for k, support in enumerate(scores.support) if not support and predicted[k]]
    if not absent:
        return [
            Message(
                "Every predicted class occurs in the ground truth of these images ({count} classes), so both means of "
                "the IoU are equal.",
                count=scores.classes_present,
            )
        ]
    absent.sort(key=lambda k: -predicted[k])
    named = MAX_NAMED if len(absent) > MAX_NAMED + 1 else MAX_NAMED + 1  # never “1 more classes”
    sentences = [
        Message(
            "“{name}” does not occur in the ground truth of these images; {share} of the pixels were predicted as "
            "“{name}”, so it counts as 0 in the first mean and is left out of the second.",
            name=Message(scores.classes[k]),  # it is translated, if it is a well-known one
            share=percent(predicted[k] / max(scores.pixels, 1)),
        )
        for k in absent[:named]
    ]
    if others := absent[named:]:
        sentences.append(
            Message(
                "The same holds for {count} more classes: {names}.",
                count=len(others),
                names=[Message(scores.classes[k]) for k in others],
            )
        )
    return sentences
