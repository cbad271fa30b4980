"""Networks and what is computed with torch: once, and shared by all visitors, within the budget of bounded_store.py."""

import threading

import streamlit as st
import torch
from torch import nn

from segcore.checkpoint import CheckpointCard, CheckpointRef, load_checkpoint
from segcore.data import SegDataset
from segcore.evaluation import Comparison, EvaluationReport, compare
from segcore.explain.private_copy import private_copy
from segcore.models import MODELS, build_model
from segcore.runs import Run
from ui.bounded_store import BoundedStore, size_in_bytes

_VALIDATION_DATA = BoundedStore[SegDataset](size_in_bytes)
_COMPARISONS = BoundedStore[Comparison](size_in_bytes)
_NETWORKS = BoundedStore[tuple[nn.Module, CheckpointCard, threading.Lock]](size_in_bytes)


def comparison(jobs: tuple[str, str], one: EvaluationReport, other: EvaluationReport) -> Comparison:
    """The comparison of the reports of two jobs; its bootstrap takes a good part of a second.

    Raises:
        BadConfig: the reports have nothing in common.
    """
    return _COMPARISONS.get_or_make(jobs, lambda: compare(one, other))


def validation_data(run: Run) -> SegDataset:
    """The validation images of a run, opened once and again when its settings change.

    Raises:
        SegcoreError: the data is gone or has changed.
    """
    from segcore.train import review  # noqa: PLC0415 - brings the training code, which the first page does not need

    key = (str(run.path), run.created, str(run.plan))
    return _VALIDATION_DATA.get_or_make(key, lambda: review.validation_data(run))


def private_network(ref: CheckpointRef) -> tuple[nn.Module, CheckpointCard, threading.Lock]:
    """A network for the hooks and gradients of lessons, its card, and its lock: hold it while hooks are in place.

    It shares nothing with `predictor`, which makes the predictions.
    """
    return _NETWORKS.get_or_make(ref, lambda: _private_network(ref))


def _private_network(ref: CheckpointRef) -> tuple[nn.Module, CheckpointCard, threading.Lock]:
    checkpoint = load_checkpoint(ref)
    return private_copy(checkpoint.model), checkpoint.card, threading.Lock()


@st.cache_data(show_spinner=False)
def architectures() -> list[tuple[str, int]]:
    """Names and parameter counts of all networks that can be trained, by year; default configuration, 21 classes."""
    found = []
    for name in sorted(MODELS, key=lambda name: (MODELS[name].year, MODELS[name].title)):
        with torch.device("meta"):  # shapes without numbers: nothing is allocated
            model = build_model(name, num_classes=21)
        found.append((name, sum(parameter.numel() for parameter in model.parameters())))
    return found
