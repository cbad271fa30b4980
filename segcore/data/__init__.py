"""Images, labels, datasets: everything up to the tensors a network is fed.

images.py       files → arrays: read_image, read_labels
samples.py      what a dataset is; subset, split_dataset, mix, with_classes
folds.py        cross validation: sample_names, group_keys, fold_dataset
registry.py     DATASETS, open_dataset: by name, by folder, by layout
cards.py        the facts of a dataset, and what a layout is
folder.py       a folder of images/, masks/ and classes.json; the layouts of publishers and tools have a file each:
                voc sbd cityscapes camvid pets coco coco_panoptic instances_folder binary yolo
doctor/         what is wrong with a dataset
repair.py       a corrected copy; mending.py: how one mask is mended
cifar.py        CIFAR-10 for the lesson on classifiers, or a stand-in; pictures.py: the same as a dataset to train on
download.py     datasets from their publishers; archive.py unpacks what others packed
facts.py        what a dataset is made of: sizes, classes, objects
transforms.py   Augmentation, TrainTransform, EvalTransform
corruptions.py  noise, blur, light, things in the way … at five severities
loaders.py      batches: train_loader, eval_loader
"""

from segcore.data.balance import CLASS_WEIGHTS, ClassCounts, class_counts, weights_from_counts
from segcore.data.base import Sample, SegDataset
from segcore.data.class_mapping import parse_class_map, with_classes
from segcore.data.corruptions import CORRUPTIONS, SEVERITIES, Corruption, corrupt
from segcore.data.dataset_cards import DatasetCard, Layout
from segcore.data.dataset_repair import REPAIRABLE, RepairReport, repair_dataset
from segcore.data.doctor import Finding, check_dataset
from segcore.data.image_labels import LabelledImages, has_image_labels, open_labelled_images
from segcore.data.images import MAX_PIXELS, MAX_SIDE, NotLabels, decode, read_image, read_labels
from segcore.data.loaders import Batch, Batches, eval_loader, train_loader
from segcore.data.recognition import Recognised, recognise
from segcore.data.registry import DATASETS, named_datasets, stored_datasets
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
    "Finding",
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
