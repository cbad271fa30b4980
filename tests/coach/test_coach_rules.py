"""Each rule speaks for curves that show its case, and is silent for those that do not, however noisy."""

import math

import pytest

from segcore.advice import Remedy
from segcore.coach import RULES, Curves, LoggedStep, advise
from segcore.coach.classes import flattering_accuracy, missed_classes, one_class
from segcore.coach.generalising import overfitting, plateau, still_rising
from segcore.coach.learning import loss_rises, loss_spikes, nan_again, not_learning, rate_too_low
from segcore.coach.speed import loader_bound
from tests.coach.made_curves import falling, made, noisy, rising, straight

SEEDS = range(20)


# What no rule may speak about


@pytest.mark.parametrize("epochs", range(16))
@pytest.mark.parametrize("value", [None, 0.0, 0.7])
def test_any_rule_can_look_at_any_curve(epochs: int, value: float | None) -> None:
    """Short ones, empty ones, flat ones, and such without a single number."""
    flat = [value] * epochs
    for facts in ({}, {"steps": []}, {"each": lambda number: {"iou": (), "support": (), "predicted": ()}}):
        for rule in RULES:
            rule(made(flat, flat, flat, state="finished", **facts))
    assert advise(Curves()) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("share", [0.0, 0.05, 0.15])
def test_a_healthy_training_is_left_alone(seed: int, share: float) -> None:
    epochs = 12 + 4 * seed
    healthy = made(
        noisy(falling(epochs), share, seed),
        noisy(falling(epochs, end=0.4), share, seed + 1),
        noisy(rising(epochs), share / 3, seed + 2),
    )
    assert {advice.name for advice in advise(healthy)} <= {"plateau"}


# Learning


def test_a_training_loss_that_rises() -> None:
    advice = loss_rises(made([*falling(6), *straight(6, 0.5, 1.4)]))
    assert advice is not None
    assert advice.facts["low_epoch"] == 6 and advice.facts["epoch"] == 11
    assert advice.facts["low"] < 0.5 and advice.facts["high"] > 1.2
    assert advice.remedies == (Remedy("clone", {"learning_rate": 0.00033}), Remedy("clone", {"clip_norm": 1.0}))


@pytest.mark.parametrize(
    "losses",
    [
        [*falling(6), 2.0, *falling(6, begin=0.4)],  # one bad epoch
        [*falling(6), 1.4],  # not for long enough
        noisy([0.5] * 40, 0.1),
        straight(10, 1.0, 1.1),
        [None] * 10,
    ],
)
def test_a_training_loss_that_does_not_rise(losses: list[float]) -> None:
    assert loss_rises(made(losses)) is None


def test_gradients_that_are_clipped_already_are_not_clipped_again() -> None:
    advice = loss_rises(made([*falling(6), *straight(6, 0.5, 1.4)], plan={"clip_norm": 5.0}))
    assert advice is not None
    assert advice.remedies == (Remedy("clone", {"learning_rate": 0.00033}),)


def spiky(*at: int, height: float = 5.0, count: int = 150) -> list[LoggedStep]:
    losses = noisy([0.5] * count, 0.1)
    return [LoggedStep(1, height if index in at else loss, 0.001) for index, loss in enumerate(losses)]


def test_a_loss_that_jumps_up_again_and_again() -> None:
    advice = loss_spikes(made(falling(3), steps=spiky(50, 80, 110)))
    assert advice is not None
    assert advice.facts["count"] == 3 and advice.facts["among"] == 140
    assert advice.facts["worst"] == 5.0 and advice.facts["before"] == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize(
    "steps",
    [
        [],
        spiky(),
        spiky(50, 80),  # may happen
        spiky(50, 80, 110, height=1.2),  # hard batches
        spiky(1, 2, 3),  # the first steps
        [LoggedStep(1, None if index % 9 == 0 else 0.5, 0.001) for index in range(200)],
        [LoggedStep(1, loss, 0.001) for loss in noisy([0.5] * 200, 0.4, 3)],
    ],
)
def test_a_loss_that_does_not_jump(steps: list[LoggedStep]) -> None:
    assert loss_spikes(made(falling(3), steps=steps)) is None


def test_old_spikes_are_forgotten() -> None:
    assert loss_spikes(made(falling(3), steps=spiky(50, 80, 110, count=400))) is None


def test_a_rate_that_is_too_low() -> None:
    advice = rate_too_low(made(straight(8, 1.95, 1.8), miou=[0.1] * 8, plan={"learning_rate": 1e-6}))
    assert advice is not None
    assert advice.facts["begin"] == 2.0 and advice.facts["now"] == pytest.approx(1.82, abs=0.02)
    assert advice.remedies == (Remedy("clone", {"learning_rate": 5e-6}),)


@pytest.mark.parametrize(
    "curves",
    [
        made(falling(8), miou=[0.1] * 8),
        made(straight(4, 1.95, 1.85), miou=[0.1] * 4),  # too early
        made(straight(8, 1.95, 1.8), miou=[0.7] * 8),  # trained before
        made(straight(8, 1.95, 1.8), miou=[0.1] * 8, each=lambda number: {"rate": 0.0001}),  # still warming up
        made(noisy([1.8] * 8, 0.02), miou=[0.1] * 8),  # it does not fall
        made(straight(8, 1.95, 1.8), miou=[0.1] * 8, steps=[]),
    ],
)
def test_a_rate_that_is_not_too_low(curves: Curves) -> None:
    assert rate_too_low(curves) is None


def test_a_loss_that_stays_where_it_began() -> None:
    advice = not_learning(made(noisy([2.0] * 8, 0.01), miou=[0.1] * 8))
    assert advice is not None and advice.severity == "error"
    assert [remedy.changes for remedy in advice.remedies] == [{"learning_rate": 0.0001}, {"learning_rate": 0.01}]


@pytest.mark.parametrize(
    "curves",
    [
        made(falling(8), miou=[0.1] * 8),
        made([0.1] * 8, miou=[0.8] * 8, begin=0.1),  # trained before
        made([2.0] * 4, miou=[0.1] * 4),
        made([None] * 8, miou=[0.1] * 8),
    ],
)
def test_a_loss_that_moved(curves: Curves) -> None:
    assert not_learning(curves) is None


def test_nan_that_was_mended_often() -> None:
    advice = nan_again(made(falling(3), nan_remedies=3))
    assert advice is not None and advice.facts == {"count": 3, "rate": 0.001}
    assert nan_again(made(falling(3), nan_remedies=1)) is None


# Generalising


def memorised(epochs: int = 15, low: int = 7) -> Curves:
    return made(falling(epochs, end=0.05), [*falling(low, end=0.41), *straight(epochs - low, 0.45, 0.63)])


def test_a_validation_loss_that_rises_while_the_training_loss_falls() -> None:
    advice = overfitting(memorised())
    assert advice is not None
    assert advice.facts["low_epoch"] == 7 and advice.facts["epoch"] == 14
    assert advice.facts["low"] == pytest.approx(0.43, abs=0.03)
    assert advice.facts["high"] == pytest.approx(0.6, abs=0.03)
    assert advice.facts["train_now"] < advice.facts["train_then"]
    stronger, decay = advice.remedies
    assert stronger.changes["augmentation"]["rotate_degrees"] > 0
    assert decay.changes == {"weight_decay": 0.01}


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_seen_through_noise(seed: int) -> None:
    clean = [*falling(10, end=0.4), *straight(20, 0.42, 0.9)]
    assert overfitting(made(falling(30, end=0.05), noisy(clean, 0.05, seed))) is not None


@pytest.mark.parametrize(
    "curves",
    [
        made(falling(15), falling(15, end=0.4)),
        made([0.5] * 15, [*falling(7, end=0.41), *straight(8, 0.45, 0.63)]),  # the training loss does not fall
        made(falling(9), [*falling(7, end=0.41), 0.6, 0.63]),  # not for long enough
        made(falling(15), [*falling(7, end=0.41), *straight(8, 0.41, 0.43)]),  # not by enough
        made(falling(5), [0.4, 0.5, 0.6, 0.7, 0.8]),  # too short
        made(falling(15), [None] * 15),
        made([None] * 15, straight(15, 0.3, 0.9)),
    ],
)
def test_what_is_no_overfitting(curves: Curves) -> None:
    assert overfitting(curves) is None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("epochs", [12, 40, 120])
def test_noise_about_a_level_is_no_overfitting(seed: int, epochs: int) -> None:
    assert overfitting(made(falling(epochs, end=0.05), noisy([0.5] * epochs, 0.2, seed))) is None


def test_what_varies_already_is_not_varied_less() -> None:
    strong = {"rotate_degrees": 30.0, "brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 0.1}
    curves = memorised()
    advice = overfitting(
        Curves(epochs=curves.epochs, plan={**curves.plan, "augmentation": strong, "weight_decay": 0.02})
    )
    assert advice is not None and advice.remedies == ()


def test_gaps_do_not_hide_it() -> None:
    curves = memorised()
    vals = [None if epoch.number in (3, 10) else epoch.val_loss for epoch in curves.epochs]
    advice = overfitting(made([epoch.train_loss for epoch in curves.epochs], vals))
    assert advice is not None and advice.facts["low_epoch"] == 7


def test_a_score_that_has_long_stopped_rising() -> None:
    advice = plateau(made(miou=[*straight(10, 0.1, 0.6), *noisy([0.6] * 15, 0.002)]))
    assert advice is not None
    assert advice.facts["best_epoch"] in (9, 10, 11) and advice.facts["epoch"] == 25
    assert advice.remedies == (Remedy("clone", {"early_stop": 8}),)


def test_a_constant_rate_on_a_plateau_should_fall() -> None:
    advice = plateau(made(miou=[*straight(10, 0.1, 0.6), *[0.6] * 15], plan={"schedule": "constant"}))
    assert advice is not None and advice.remedies == (Remedy("clone", {"schedule": "cosine"}),)


@pytest.mark.parametrize(
    "mious",
    [
        straight(30, 0.1, 0.6),
        [*straight(10, 0.1, 0.6), *[0.6] * 6],  # not for long enough
        [*straight(60, 0.1, 0.6), *[0.6] * 12],  # not for long enough, for so long a training
        [*[0.3] * 10, 0.9, *straight(15, 0.35, 0.6)],  # one lucky epoch
        [None] * 30,
    ],
)
def test_a_score_that_still_moves(mious: list[float]) -> None:
    assert plateau(made(miou=mious)) is None


def test_a_finished_run_whose_score_still_rose() -> None:
    advice = still_rising(made(miou=straight(20, 0.1, 0.6), state="finished", plan={"epochs": 20}))
    assert advice is not None
    assert advice.facts["best_epoch"] == 20
    assert advice.remedies == (Remedy("extend", {"epochs": 10}),)


@pytest.mark.parametrize(
    "curves",
    [
        made(miou=straight(20, 0.1, 0.6), state="running"),
        made(miou=straight(20, 0.1, 0.6), state="stopped"),
        made(miou=straight(5, 0.1, 0.6), state="finished"),
        made(miou=[*straight(10, 0.1, 0.6), *[0.55] * 10], state="finished"),
        made(miou=straight(20, 0.59, 0.6), state="finished"),
        made(miou=noisy([0.5] * 20, 0.05, 1), state="finished"),
        made(miou=[None] * 20, state="finished"),
    ],
)
def test_a_run_that_was_done(curves: Curves) -> None:
    assert still_rising(curves) is None


# Classes


def test_a_class_that_is_never_found() -> None:
    advice = missed_classes(made(falling(8), each=lambda number: {"iou": (0.9, 0.5, 0.0, None)}))
    assert advice is not None
    assert advice.facts == {"names": "pole (0.4%)", "count": 1, "epochs": 5}
    assert [remedy.changes for remedy in advice.remedies] == [
        {"class_weights": "median_frequency"},
        {"loss": "ce_dice", "loss_options": {}},
    ]


def test_several_are_named_the_largest_first() -> None:
    advice = missed_classes(made(falling(8), each=lambda number: {"iou": (0.9, 0.0, 0.001, None)}))
    assert advice is not None and advice.facts["names"] == "car (9.6%), pole (0.4%)"


def test_of_very_many_only_some_are_named() -> None:
    advice = missed_classes(
        made(falling(8), each=lambda number: {"iou": (0.9, *[0.0] * 10), "support": (90, *[1] * 10)})
    )
    assert advice is not None and str(advice.facts["names"]).endswith("6 (1.0%), + 4")


def test_without_pixel_counts_the_name_alone_is_told() -> None:
    advice = missed_classes(made(falling(8), each=lambda number: {"iou": (0.9, 0.5, 0.0, None), "support": ()}))
    assert advice is not None and advice.facts["names"] == "pole"


@pytest.mark.parametrize(
    "curves",
    [
        made(falling(8)),
        made(falling(4), each=lambda number: {"iou": (0.9, 0.5, 0.0, None)}),
        made(falling(8), each=lambda number: {"iou": (0.9, 0.5, 0.0 if number != 6 else 0.2, None)}),  # found once
        made(falling(8), each=lambda number: {"iou": (0.9, 0.5, 0.2, 0.0)}),  # only where there is none
        made(falling(8), each=lambda number: {"iou": (0.9, 0.5, None, None)}),  # absent
        made(falling(8), each=lambda number: {"iou": ()}),
    ],
)
def test_classes_that_are_found_or_absent(curves: Curves) -> None:
    assert missed_classes(curves) is None


def test_a_prediction_of_one_class() -> None:
    advice = one_class(made([1.0] * 4, each=lambda number: {"predicted": (999, 1, 0, 0)}))
    assert advice is not None and advice.severity == "error"
    assert advice.facts == {"class_name": "road", "share": 0.999, "truth": 0.9, "epoch": 4}


@pytest.mark.parametrize(
    "curves",
    [
        made(falling(4)),
        made(falling(2), each=lambda number: {"predicted": (999, 1, 0, 0)}),  # everybody begins so
        made(falling(4), each=lambda number: {"predicted": (999, 1, 0, 0), "support": (990, 10, 0, 0)}),  # it is so
        made(falling(4), each=lambda number: {"predicted": (999, 1, 0, 0) if number % 2 else (1, 999, 0, 0)}),
        made(falling(4), each=lambda number: {"predicted": ()}),
        made(falling(4), each=lambda number: {"support": (0, 0, 0, 0)}),
    ],
)
def test_a_prediction_of_several_classes(curves: Curves) -> None:
    assert one_class(curves) is None


def test_an_accuracy_that_flatters() -> None:
    advice = flattering_accuracy(made(miou=[0.5] * 6, each=lambda number: {"pixel_accuracy": 0.95}))
    assert advice is not None
    assert advice.facts == {"accuracy": 0.95, "miou": 0.5, "epoch": 6}


@pytest.mark.parametrize(
    "curves",
    [
        made(miou=[0.7] * 6, each=lambda number: {"pixel_accuracy": 0.95}),
        made(miou=[0.5] * 3, each=lambda number: {"pixel_accuracy": 0.95}),
        made(miou=[0.7, 0.7, 0.7, 0.7, 0.7, 0.2], each=lambda number: {"pixel_accuracy": 0.95}),  # one bad epoch
        made(miou=[None] * 6, each=lambda number: {"pixel_accuracy": 0.95}),
    ],
)
def test_an_accuracy_that_does_not(curves: Curves) -> None:
    assert flattering_accuracy(curves) is None


# Speed


def test_waiting_for_data() -> None:
    advice = loader_bound(made(falling(4), each=lambda number: {"wait_share": 0.4}, cores=16))
    assert advice is not None
    assert advice.facts == {"share": 0.4, "workers": 2}
    assert advice.remedies == (Remedy("clone", {"workers": 4}),)


def test_a_long_first_epoch_tells_by_its_steps() -> None:
    steps = [LoggedStep(1, 0.5, 0.001, wait_share=0.6)] * 20
    assert loader_bound(made(steps=steps)) is not None
    assert loader_bound(made(steps=steps[:19])) is None


@pytest.mark.parametrize(("workers", "cores", "wish"), [(0, 2, 2), (0, 64, 4), (12, 64, 16), (4, None, 8)])
def test_as_many_workers_as_the_machine_can_feed(workers: int, cores: int | None, wish: int) -> None:
    curves = made(falling(4), each=lambda number: {"wait_share": 0.4}, cores=cores, plan={"workers": workers})
    advice = loader_bound(curves)
    assert advice is not None and advice.remedies == (Remedy("clone", {"workers": wish}),)


def test_no_more_workers_than_cores_are_advised() -> None:
    advice = loader_bound(made(falling(4), each=lambda number: {"wait_share": 0.4}, cores=2))
    assert advice is not None and advice.remedies == ()


@pytest.mark.parametrize(
    "curves",
    [
        made(falling(4)),
        made(falling(4), each=lambda number: {"wait_share": None}),
        made(falling(4), each=lambda number: {"wait_share": 0.9 if number == 4 else 0.1}),  # somebody copied files
        made(falling(4), each=lambda number: {"wait_share": 0.5}, gpu_percent=(95.0, 97.0, 20.0)),
    ],
)
def test_not_held_up(curves: Curves) -> None:
    assert loader_bound(curves) is None


# All together


def test_the_cause_silences_its_consequences() -> None:
    collapsed = made(
        [1.0] * 9,
        miou=[0.2] * 9,
        each=lambda number: {"predicted": (1000, 0, 0, 0), "iou": (0.9, 0.0, 0.0, None), "pixel_accuracy": 0.9},
    )
    assert missed_classes(collapsed) is not None and flattering_accuracy(collapsed) is not None
    assert [advice.name for advice in advise(collapsed)] == ["one_class"]


def test_the_gravest_comes_first() -> None:
    curves = made([*falling(6), *straight(6, 0.5, 1.4)], each=lambda number: {"wait_share": 0.5})
    assert [advice.severity for advice in advise(curves)][:2] == ["error", "warning"]


def test_all_numbers_are_finite_and_a_remedy_changes_something() -> None:
    for curves in (memorised(), made(straight(8, 1.95, 1.8), miou=[0.1] * 8), made(miou=[0.5] * 30)):
        for advice in advise(curves):
            assert all(isinstance(value, str) or math.isfinite(value) for value in advice.facts.values())
            assert all(remedy.changes for remedy in advice.remedies)
