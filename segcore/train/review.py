"""Predictions of a finished or running training on one of its validation images.

A ``worst`` event lists images by index and name only, so the checkpoint predicts them again.
"""

from dataclasses import dataclass

from segcore.checkpoint import load_checkpoint
from segcore.data import Sample, SegDataset
from segcore.errors import BadDataset
from segcore.inference import Predictor
from segcore.metrics import confusion, scores
from segcore.pictures import as_rgb
from segcore.runs import Run
from segcore.train.config import make_config
from segcore.train.training_data import open_data
from segcore.types import RGB, LabelMap, Prediction


@dataclass(frozen=True)
class Review:
    """One image with its ground truth and a new prediction.

    ``miou`` is the mean over the classes in the ground truth or the prediction; NaN if no pixel is labelled.
    """

    name: str
    rgb: RGB
    ground_truth: LabelMap
    prediction: Prediction
    miou: float


def validation_data(run: Run) -> SegDataset:
    """The validation images of a run, in the order that its events refer to.

    Raises:
        SegcoreError: the data is missing or has changed.
    """
    return open_data(make_config(run.plan)).val


def validation_sample(data: SegDataset, index: int, name: str) -> Sample:
    """The image of `validation_data` that an event lists with this index and name.

    Raises:
        BadDataset: the data has changed since the event: there is another image.
    """
    found = data[index] if 0 <= index < len(data) else None
    if found is None or found.name != name:
        here = f'"{found.name}"' if found else f"nothing: there are {len(data)} images"
        raise BadDataset(
            'The data of this run has changed: image {index} of the validation was "{name}", now it is {here}. Bring '
            "the old files back to look at it.",
            index=index,
            name=name,
            here=here,
        )
    return found


def reviewed(sample: Sample, predictor: Predictor) -> Review:
    """Predict an image and compare the prediction with its ground truth.

    Raises:
        BadImage: the checkpoint is not for photos.
    """
    rgb = as_rgb(sample.image)
    prediction = predictor(rgb)
    counts = confusion(prediction.labels, sample.labels, len(prediction.classes))
    return Review(sample.name, rgb, sample.labels, prediction, scores(counts, prediction.classes).miou)


def reviewer(run: Run) -> Predictor:
    """A predictor with the weights of the last validation, or those of the best epoch if there are no others.

    Raises:
        SegcoreError: the run has no checkpoint, or it cannot be read.
    """
    last = run.checkpoint_path("last")
    return Predictor(load_checkpoint(last if last.exists() else run.checkpoint_path("best")), engine="torch")
