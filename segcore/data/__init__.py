"""Images, labels, datasets: everything up to the tensors a network is fed."""

from segcore.data.balance import CLASS_WEIGHTS, ClassCounts, class_counts, weights_from_counts
from segcore.data.base import Sample, SegDataset
from segcore.data.class_mapping import parse_class_map, with_classes
from segcore.data.corruptions import CORRUPTIONS, corrupt
from segcore.data.dataset_repair import REPAIRABLE, repair_dataset
from segcore.data.doctor import check_dataset
from segcore.data.image_labels import has_image_labels, open_labelled_images
from segcore.data.images import NotLabels, read_image, read_labels
from segcore.data.loader_workers import WaitingStopped
from segcore.data.loaders import Batch, Batches, eval_loader, train_loader
from segcore.data.registry import DATASETS, named_datasets
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
from segcore.data.views import mix, subset
