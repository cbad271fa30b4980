"""The datasets and layouts by name."""

from collections.abc import Mapping

from segcore import paths
from segcore.data import shapes
from segcore.data.dataset_cards import DatasetCard
from segcore.data.formats import (
    binary_masks,
    camvid,
    cityscapes,
    coco,
    coco_panoptic,
    folder,
    instances_folder,
    pets,
    sbd,
    voc,
    yolo,
)

DATASETS: Mapping[str, DatasetCard] = {
    card.name: card
    for card in (
        shapes.CARD,
        folder.CARD,
        binary_masks.CARD,
        voc.CARD,
        sbd.CARD,
        cityscapes.CARD,
        camvid.CARD,
        pets.CARD,
        coco.CARD,
        coco_panoptic.CARD,
        instances_folder.CARD,
        yolo.CARD,
    )
}


def named_datasets() -> tuple[str, ...]:
    """The names that are specs by themselves: synthetic and downloaded datasets."""
    return tuple(
        card.name for card in DATASETS.values() if card.layout is None or (paths.data_dir() / card.name).is_dir()
    )
