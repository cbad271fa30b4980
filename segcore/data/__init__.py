"""Images, labels, datasets: everything up to the tensors a network is fed.

images.py           files → arrays: read_image, read_labels, decode; image_files.py opens, image_bands.py scales them
base.py             the dataset protocol: Sample, SegDataset, DatasetFacts
views.py            subset, mix, cached; splitting.py: split_dataset and folds; class_mapping.py: with_classes
registry.py         DATASETS by name; recognition.py: the layout of a folder; specs.py: open_dataset
dataset_cards.py    the facts of a dataset, and its layout of files
formats/            a file per layout: folder binary_masks voc sbd cityscapes camvid pets coco coco_panoptic
                    instances_folder yolo; cifar: CIFAR-10 or its stand-in
classes_file.py     classes.json of a folder
shapes.py           a synthetic dataset; sample_photos.py: photos of scikit-image
image_labels.py     CIFAR-10 as a dataset to train a classifier on
doctor/             checks of a dataset
dataset_repair.py   a corrected copy; repaired_copy.py writes it, mask_repair.py corrects one mask
download.py         datasets from their publishers; archive.py unpacks zip and tar, archive_members.py checks them
statistics.py       sizes, classes and objects of a dataset; images_by_class.py: which images contain a class
balance.py          class weights from pixel counts
transforms/         Augmentation, TrainTransform, EvalTransform
corruptions.py      noise, blur, brightness, occlusion … at five severities
loaders.py          batches: train_loader, eval_loader
"""

from segcore.data.balance import CLASS_WEIGHTS, ClassCounts, class_counts, weights_from_counts
from segcore.data.base import Sample, SegDataset
from segcore.data.class_mapping import parse_class_map, with_classes
from segcore.data.corruptions import CORRUPTIONS, SEVERITIES, Corruption, corrupt
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.dataset_repair import REPAIRABLE, repair_dataset
from segcore.data.doctor import check_dataset
from segcore.data.image_files import MAX_PIXELS, MAX_SIDE
from segcore.data.image_labels import LabelledImages, has_image_labels, open_labelled_images
from segcore.data.images import NotLabels, decode, read_image, read_labels
from segcore.data.loaders import Batch, Batches, eval_loader, train_loader
from segcore.data.recognition import Recognised, recognise
from segcore.data.registry import DATASETS, named_datasets, stored_datasets
from segcore.data.repaired_copy import RepairReport
from segcore.data.specs import dataset_card, dataset_folder, dataset_splits, full_spec, open_dataset
from segcore.data.splitting import fold_dataset, group_keys, sample_names, split_dataset
from segcore.data.transforms import (
    Augmentation,
    EvalTransform,
    Normalisation,
    TrainTransform,
    resize_image,
    working_size,
)
from segcore.data.views import cached, mix, subset

__all__ = [
    "CLASS_WEIGHTS",
    "CORRUPTIONS",
    "DATASETS",
    "MAX_PIXELS",
    "MAX_SIDE",
    "REPAIRABLE",
    "SEVERITIES",
    "Augmentation",
    "Batch",
    "Batches",
    "ClassCounts",
    "Corruption",
    "DatasetCard",
    "EvalTransform",
    "LabelledImages",
    "Layout",
    "Normalisation",
    "NotLabels",
    "Recognised",
    "RepairReport",
    "Sample",
    "SegDataset",
    "TrainTransform",
    "cached",
    "check_dataset",
    "class_counts",
    "corrupt",
    "dataset_card",
    "dataset_folder",
    "dataset_splits",
    "decode",
    "eval_loader",
    "fold_dataset",
    "full_spec",
    "group_keys",
    "has_image_labels",
    "mix",
    "named_datasets",
    "open_dataset",
    "open_labelled_images",
    "parse_class_map",
    "read_image",
    "read_labels",
    "recognise",
    "repair_dataset",
    "resize_image",
    "sample_names",
    "split_dataset",
    "stored_datasets",
    "subset",
    "train_loader",
    "weights_from_counts",
    "with_classes",
    "working_size",
]
