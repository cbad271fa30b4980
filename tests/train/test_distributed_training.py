"""Two processes train as one does: the same batches, the same weights, one folder."""

import math

import pytest
import torch
from safetensors.torch import load_file
from torch.distributed.launcher.api import elastic_launch

from segcore.runs import new_run
from segcore.train import make_config
from segcore.train.process.distributed import launch_config
from segcore.train.process.worker import run_worker
from tests.train.rank_runs import carry_out
from tests.train.small import SMALL, steps, vals

GROUP = {"width": 4, "depth": 2, "norm": "group"}
DROPOUT = {"width": 4, "depth": 2, "dropout": 0.5}
TRAINS_LIKE_ONE = {
    "group-norm": {"options": GROUP, "optimiser": "sgd", "learning_rate": 0.1},
    "batch-norm": {"optimiser": "momentum", "learning_rate": 0.01, "ema": 0.9},
    # Three images for one rank, two for the other, and ignored pixels in different numbers.
    "uneven": {"options": GROUP, "batch_size": 5, "accumulate": 2, "class_weights": "inverse_log", "clip_norm": 1.0},
    "few-images": {"options": GROUP, "data": ["shapes:4:32"], "batch_size": 8},
    "accumulated": {
        **{"options": GROUP, "optimiser": "sgd", "learning_rate": 0.1, "loss": "focal_softmax"},
        **{"data": ["shapes:12:32"], "batch_size": 2, "accumulate": 2},
        **{"class_weights": "inverse_log", "clip_norm": 1.0},
    },
}
"""Settings under which two ranks and one process are compared."""

WITH_DROPOUT = ("dropout-whole", "dropout-parted", "dropout-halted", "dropout-starved")

ONE_LARGE_BATCH = {"accumulated": {"batch_size": 4, "accumulate": 1}}
"""Changes for the one process: accumulated batches of two ranks against a single large batch."""


def made(name, **changes):
    return new_run(make_config(SMALL | {"epochs": 2, "samples": 0} | changes).to_json(), name=name)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Finished runs by name: NAME-two by two ranks, NAME-one by one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEGCORE_HOME", str(tmp_path_factory.mktemp("home")))
        two = [made(f"{name}-two", devices=2, **changes) for name, changes in TRAINS_LIKE_ONE.items()]
        two += [made(name, devices=2, options=DROPOUT, ema=0.9) for name in WITH_DROPOUT]
        two.append(made("own-statistics", devices=2, sync_batchnorm="off", **TRAINS_LIKE_ONE["batch-norm"]))
        place = tmp_path_factory.mktemp("reports")
        elastic_launch(launch_config(make_config(two[0].plan), place), carry_out)([run.path for run in two])
        one = [
            made(f"{name}-one", **changes | ONE_LARGE_BATCH.get(name, {})) for name, changes in TRAINS_LIKE_ONE.items()
        ]
        for run in one:
            assert run_worker(run) == "finished"
    return {run.name: run for run in two + one}


@pytest.mark.parametrize("name", TRAINS_LIKE_ONE)
def test_two_ranks_give_the_weights_of_one(runs, name):
    """Only the order of additions differs: over some steps that stays below 1e-6, or 1e-5 of a large weight."""
    one, two = (load_file(runs[f"{name}-{many}"].checkpoint_path("last")) for many in ("one", "two"))
    assert one.keys() == two.keys()
    for key in one:
        torch.testing.assert_close(one[key], two[key], atol=1e-6, rtol=1e-5)
    assert any(not torch.equal(one[key], torch.zeros_like(one[key])) for key in one)
    first, second = (vals(runs[f"{name}-{many}"]) for many in ("one", "two"))
    assert [event["pixels"] for event in first] == [event["pixels"] for event in second]
    for a, b in zip(first, second, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)
        assert a["miou"] == pytest.approx(b["miou"], abs=1e-3)
        assert a["images"] == b["images"]


def test_batch_norm_of_each_share_is_a_choice(runs):
    shared, own = (load_file(runs[name].checkpoint_path("last")) for name in ("batch-norm-two", "own-statistics"))
    assert shared.keys() == own.keys()
    assert not all(torch.allclose(shared[key], own[key], atol=1e-4) for key in own)


def test_the_same_steps_are_told(runs):
    one, two = steps(runs["uneven-one"]), steps(runs["uneven-two"])
    assert [event["step"] for event in one] == [event["step"] for event in two]
    for a, b in zip(one, two, strict=True):
        assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)
        assert a["gradient_norm"] == pytest.approx(b["gradient_norm"], rel=1e-4)


@pytest.mark.parametrize("how", ["parted", "halted", "starved"])
def test_going_on_with_two_ranks_is_exact(runs, how):
    """Dropout, so that each rank's own random state matters; bit for bit, the order of additions being the same.

    One was paused in an epoch; two were stopped at the second rank alone, which was validating or waiting for a batch.
    """
    whole, parted = (runs[f"dropout-{which}"] for which in ("whole", how))
    assert [event["kind"] for event in parted.timeline(["resumed"])] == ["resumed"]
    numbers = [load_file(run.resume_path) | load_file(run.checkpoint_path("last")) for run in (whole, parted)]
    assert numbers[0].keys() == numbers[1].keys()
    assert [name for name in numbers[0] if not torch.equal(numbers[0][name], numbers[1][name])] == []
    assert not torch.equal(numbers[0]["random.0.torch"], numbers[0]["random.1.torch"]), "each has its own dropout"
    assert [event["loss"] for event in steps(whole)] == [event["loss"] for event in steps(parted)]


def test_both_worked_and_only_the_first_wrote(runs):
    run = runs["group-norm-two"]
    assert all((run.path / f"rank-{rank}-was-here").exists() for rank in (0, 1))
    assert run.last("setup")["processes"] == 2
    assert [event["step"] for event in steps(run)] == list(range(6))
    worst = run.last("worst")["images"]
    assert sorted(row["index"] for row in worst) == list(range(14)), "the images of both ranks"
    by_index = [
        sorted(runs[f"group-norm-{many}"].last("worst")["images"], key=lambda row: row["index"])
        for many in ("one", "two")
    ]
    assert [row["name"] for row in by_index[0]] == [row["name"] for row in by_index[1]]
    assert all(math.isclose(a["loss"], b["loss"], rel_tol=1e-4) for a, b in zip(*by_index, strict=True))
