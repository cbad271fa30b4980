"""An image of a dataset as a photo of the visitor, and its way to the Segment page."""

import hashlib

from segcore.data import Sample
from segcore.pictures import as_rgb, encode
from ui import links
from ui.widgets import photos
from ui.widgets.albums import OwnPhoto


def as_photo(sample: Sample) -> OwnPhoto:
    """The same pixels, as a PNG; of more than three channels the first three."""
    data = encode(as_rgb(sample.image))
    return OwnPhoto(hashlib.sha256(data).hexdigest(), f"{sample.name}.png", data)


def open_on_segment(sample: Sample, model: str | None = None) -> None:
    """Open the image on the Segment page, with a checkpoint chosen if one is named."""
    photo = as_photo(sample)
    photos.own()[photo.image_id] = photo
    photos.select(photo.image_id)
    links.segment(model).open()
