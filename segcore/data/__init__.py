"""Images, labels, datasets: everything up to the tensors a network is fed."""

from typing import TYPE_CHECKING

from segcore.data.allowed_folders import FolderListing, allowed_folders, list_folder, require_allowed
from segcore.data.balance import CLASS_WEIGHTS, ClassCounts, class_counts, weights_from_counts
from segcore.data.base import Sample, SegDataset
from segcore.data.class_mapping import parse_class_map, with_classes
from segcore.data.content_hashes import ImageHashing, content_hash, hash_images, pack_hashes, unpack_hashes
from segcore.data.corruptions import CORRUPTIONS, corrupt
from segcore.data.dataset_range import dataset_range
from segcore.data.dataset_repair import REPAIRABLE, repair_dataset
from segcore.data.doctor import check_dataset
from segcore.data.image_files import PHOTO_SUFFIXES
from segcore.data.image_labels import has_image_labels, open_labelled_images
from segcore.data.images import NotLabels, decode, read_image, read_labels
from segcore.data.recent_data import forget_data, is_there, recent_data, remember_data
from segcore.data.registry import DATASETS, named_datasets
from segcore.data.specs import dataset_card, dataset_folder, dataset_splits, full_spec, open_dataset
from segcore.data.splitting import fold_dataset, group_keys, sample_names, split_dataset
from segcore.data.transforms import Augmentation, resize_image, working_size
from segcore.data.uploaded_pairs import save_pairs
from segcore.data.views import mix, subset
from segcore.lazy import lazy_names

if TYPE_CHECKING:
    from segcore.data.loader_workers import WaitingStopped
    from segcore.data.loaders import Batch, Batches, eval_loader, train_loader
    from segcore.data.transforms import EvalTransform, Normalisation, TrainTransform

__getattr__ = lazy_names(  # these need torch
    __name__,
    {
        "loader_workers": ["WaitingStopped"],
        "loaders": ["Batch", "Batches", "eval_loader", "train_loader"],
        "transforms": ["EvalTransform", "Normalisation", "TrainTransform"],
    },
)
