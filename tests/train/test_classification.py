"""The task classification: the same training, of a network that says one class for a whole picture."""

import pytest
import torch
from safetensors.torch import load_file

from segcore.checkpoint import keep_checkpoint, list_checkpoints, load_checkpoint
from segcore.errors import BadCheckpoint, BadConfig
from segcore.runs import new_run, summary
from segcore.train import make_config
from segcore.train.process.worker import run_worker

TINY = {
    "task": "classification",
    "data": ["cifar10:80"],
    "options": {"width": 2},
    "epochs": 2,
    "batch_size": 17,
    "workers": 0,
    "device": "cpu",
    "precision": "32",
    "channels_last": "off",
    "log_every_steps": 1,
}
"""68 pictures to train on, 4 steps an epoch; 12 to validate on."""


def run_of(**changes):
    return new_run(make_config(TINY | changes).to_json())


def test_a_classifier_is_trained_judged_by_its_accuracy_and_kept_apart_from_segmenters():
    run = run_of()
    assert run_worker(run) == "finished", run.last("state")
    assert run.last("setup")["train_images"] == 68 and "stand-in" in run.last("setup")["data_title"]
    validation = run.last("val")
    assert sum(map(sum, validation["counts"])) == 12, "each picture counts once"
    right = sum(row[k] for k, row in enumerate(validation["counts"]))
    assert validation["accuracy"] == pytest.approx(right / 12) and validation["miou"] is None
    assert run.last("worst") is None and run.last("sample") is None
    facts = summary(run)
    assert (facts.best_miou, facts.best_accuracy) == (None, run.last("best")["accuracy"])

    keep_checkpoint(run.checkpoint_path("best"), "ten")
    ((reference, card),) = list_checkpoints("classification")
    assert reference not in [each for each, _ in list_checkpoints()]
    assert (card.task, card.architecture, card.num_classes) == ("classification", "classifier", 10)
    assert (card.scores[0].metric, card.scores[0].value) == ("accuracy", facts.best_accuracy)
    with pytest.raises(BadCheckpoint, match="is a classifier: it predicts one class for a whole image"):
        load_checkpoint(reference)
    network = load_checkpoint(reference, task="classification").model
    assert network(torch.zeros(1, 3, 32, 32)).logits.shape == (1, 10, 1, 1)


def test_a_classification_that_was_paused_ends_like_one_that_was_not():
    whole, paused = run_of(), run_of()
    assert run_worker(whole) == "finished"

    def pause(kind, facts):
        if kind == "step" and facts["step"] == 2:
            paused.request("pause")

    assert run_worker(paused, watch=pause) == "paused"
    assert run_worker(paused, again=True) == "finished"
    first, second = (load_file(run.checkpoint_path("last")) for run in (whole, paused))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_classification_begins_with_settings_of_its_own_and_keeps_what_is_named():
    config = make_config({"task": "classification", "augmentation": {"flip": 0}})
    assert (config.model, config.data, config.size, config.samples) == ("classifier", ("cifar10",), 32, 0)
    assert (config.augmentation.flip, config.augmentation.scale_min) == (0, 0.9)
    assert make_config(config.to_json()) == config


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model": "unet", "options": {}}, "unet labels pixels; the task classification takes classifier"),
        ({"data": ["shapes"]}, "data is shapes; the task classification learns from images"),
        ({"val_data": ["cifar10"]}, "val_data must be empty"),
        ({"folds": 3}, "folds must be 0"),
        ({"size": 64}, "size must be 32"),
        ({"working_side": 64}, "working_side none"),
        ({"loss": "dice"}, "dice measures areas"),
        ({"samples": 8}, "samples must be 0"),
        ({"augmentation": {"copy_paste": 0.5}}, "class_aware_crop and copy_paste must be 0"),
        ({"task": "semantic"}, "cifar10 contains images with one class each and no masks; set task to classification"),
        ({"task": "semantic", "data": ["shapes"], "model": "classifier"}, "which is another task"),
    ],
)
def test_what_makes_no_sense_has_a_sentence(changes, sentence):
    with pytest.raises(BadConfig, match=sentence):
        make_config(TINY | changes)
