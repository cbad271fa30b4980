"""What the weights of a run make of one of its validation images: the very image, opened and predicted once more.

A ``worst`` event tells which images came out worst, by index and name. Nothing else of them was kept, so the data is
opened as the run opened it, and the checkpoint looks at the image as a person's photo is looked at.
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
    """One image, its truth, and what was predicted just now.

    Attributes:
        name: of the image in its dataset.
        rgb: (H, W, 3) uint8.
        truth: (H, W) uint8, ids or IGNORE.
        prediction: at the same size.
        miou: over the classes that occur in the truth or the prediction of this image; NaN where no pixel counts.
    """

    name: str
    rgb: RGB
    truth: LabelMap
    prediction: Prediction
    miou: float


def validation_data(run: Run) -> SegDataset:
    """The validation images of a run, in the order in which its events count them.

    Raises:
        SegcoreError: the data is gone, or is no longer what it was.
    """
    return open_data(make_config(run.plan)).val


def validation_sample(data: SegDataset, index: int, name: str) -> Sample:
    """One of the images that an event names.

    Args:
        data: from `validation_data`.
        index: as the event has it.
        name: as the event has it; says whether it is still the same image.

    Raises:
        BadDataset: the data has changed since the run looked at it.
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
    """Predict an image and measure it against its truth.

    Raises:
        BadImage: the checkpoint is not for photos.
    """
    rgb = as_rgb(sample.image)
    prediction = predictor(rgb)
    counts = confusion(prediction.labels, sample.labels, len(prediction.classes))
    return Review(sample.name, rgb, sample.labels, prediction, scores(counts, prediction.classes).miou)


def reviewer(run: Run) -> Predictor:
    """The weights that the last validation judged, or those of the best epoch where the last are gone.

    Raises:
        SegcoreError: the run has no weights, or they cannot be read.
    """
    last = run.checkpoint_path("last")
    return Predictor(load_checkpoint(last if last.exists() else run.checkpoint_path("best")), engine="torch")
