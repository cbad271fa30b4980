"""Overfitting in closed form: a pixel classifier with a few hundred weights, fitted to any number of images.

The images are synthetic, two per patient. An object is slightly lighter than the ground, and its hue differs too; but
the hue belongs to the patient: useless for others. A pixel is represented by its 3 x 3 neighbourhood through fixed
random features (Rahimi, Recht: "Random Features for Large-Scale Kernel Machines", NeurIPS 2007).

    w minimises   1/m Σ (φ_i · w - t_i)² + λ ‖w‖²         t = 1 in the object, -1 outside; object where φ · w > 0
    w =           (ΦᵀΦ / m + λ I)⁻¹ Φᵀt / m               ridge regression; λ is the weight decay

Shapes   n images, P = LABELLED pixels of each, D features, m = training pixels
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from segcore.metrics import confusion, scores

SIDE, LABELLED, FEATURES = 16, 16, 301
"""Side of an image in pixels; labelled pixels per image; features per pixel, including a constant 1."""

COUNTS = (4, 8, 16, 32, 64, 128, 256)
"""Numbers of images."""

TWO = 2
"""Images per patient."""

NEW = 64
"""Number of images of new patients, who are in no fold."""

CUE, OWN, NOISE = 0.15, 0.9, 0.1
"""Brightness difference of an object, distance of its hue, standard deviation of the noise; values are around ±0.5."""

NO_DECAY = 1e-9
"""Replaces λ = 0: with fewer equations than weights it gives the minimum-norm solution, up to rounding."""


@dataclass(frozen=True, eq=False)
class PatientImages:
    """Images of several patients."""

    images: NDArray[np.float32]  # (n, SIDE, SIDE, 3), around 0
    ground_truth: NDArray[np.bool_]  # (n, SIDE, SIDE) bool: the object
    patient: NDArray[np.int64]  # (n,), the patient of each image


@lru_cache(maxsize=32)
def patient_images(count: int, seed: int, *, others: bool = False) -> PatientImages:
    """Synthetic images, ``others`` of new patients; a longer series begins with the shorter one."""
    rng = np.random.default_rng((seed, int(others)))
    rows, columns = np.mgrid[:SIDE, :SIDE]
    images, ground_truth = np.empty((count, SIDE, SIDE, 3), np.float32), np.empty((count, SIDE, SIDE), bool)
    for n in range(count):
        if n % TWO == 0:
            ground, hue = rng.uniform(-0.5, 0.5, 3), rng.normal(size=3)
            hue -= hue.mean()
            object_colour = CUE + OWN * hue / np.linalg.norm(hue)
        (y, x), radius = rng.uniform(4, SIDE - 4, 2), rng.uniform(3, 6)
        ground_truth[n] = np.hypot(rows - y, columns - x) < radius
        noise = rng.normal(0, NOISE, (SIDE, SIDE, 3))
        images[n] = ground + np.where(ground_truth[n][..., None], object_colour, 0) + noise
    return PatientImages(images, ground_truth, np.arange(count) // TWO)


def patches(images: NDArray[np.float32]) -> NDArray[np.float32]:
    """The 3 x 3 neighbourhood of every pixel of images (n, SIDE, SIDE, 3): (n, SIDE², 27)."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    around = [padded[:, i : i + SIDE, j : j + SIDE] for i in range(3) for j in range(3)]
    return np.concatenate(around, axis=-1).reshape(len(images), SIDE * SIDE, 27)


def features(neighbourhoods: NDArray[np.float32]) -> Tensor:
    """Map neighbourhoods (…, 27) to features (…, FEATURES), float64: max(0, random sums), and a constant 1."""
    rng = np.random.default_rng(0)
    weights, bias = rng.normal(size=(27, FEATURES - 1)) * 0.77, rng.normal(size=FEATURES - 1) * 0.5
    bent = np.maximum(neighbourhoods @ weights + bias, 0)
    return torch.from_numpy(np.concatenate([bent, np.ones((*bent.shape[:-1], 1))], axis=-1))


@lru_cache(maxsize=8)
def labelled(count: int, seed: int, *, others: bool = False) -> tuple[Tensor, Tensor]:
    """Features (n, P, FEATURES) and targets (n, P), 1 or -1, of the labelled pixels."""
    drawn, places = patient_images(count, seed, others=others), where_labelled(count, seed)
    phi = features(np.take_along_axis(patches(drawn.images), places[..., None], axis=1))
    ground_truth = torch.from_numpy(np.take_along_axis(drawn.ground_truth.reshape(count, -1), places, axis=1))
    return phi, 2.0 * ground_truth.double() - 1


def where_labelled(count: int, seed: int) -> NDArray[np.int64]:
    """(n, P): indices of the labelled pixels in the flattened image."""
    rng = np.random.default_rng((seed, 2))
    return np.stack([rng.choice(SIDE * SIDE, LABELLED, replace=False) for _ in range(count)])


def folds(patient: NDArray[np.int64], k: int, *, leak: bool) -> NDArray[np.int64]:
    """(n,): the fold of each image, given its patient; k folds, but at most as many as patients.

    With a leak the images are split one by one, so that one patient's may fall into different folds; else by patient.
    """
    groups = np.arange(len(patient)) if leak else patient
    k = min(k, int(patient.max()) + 1)
    dealt = np.random.default_rng(3).permutation(int(groups.max()) + 1) % k
    return np.asarray(dealt[groups], np.int64)


def solve(gram: Tensor, moment: Tensor, m: int, decay: float) -> Tensor:
    """The weights from the sums ΦᵀΦ (D, D) and Φᵀt (D,) over m pixels."""
    identity = torch.eye(len(gram), dtype=gram.dtype)
    weights: Tensor = torch.linalg.solve(gram / m + max(decay, NO_DECAY) * identity, moment / m)
    return weights


def miou(phi: Tensor, target: Tensor, weights: Tensor) -> float:
    """Mean IoU of object and background over all pixels."""
    found, true = ((each > 0).byte().numpy().ravel() for each in (phi @ weights, target))
    return float(scores(confusion(found[None], true[None], 2), ("background", "object")).miou)


@dataclass(frozen=True, eq=False)
class FoldFit:
    """One fold's model."""

    weights: Tensor  # (D,)
    first: int  # index of its first training image
    learnt: int  # number of its training images
    train: float  # mIoU on the training images
    val: float  # mIoU on the validation fold
    new: float  # mIoU on new patients
    misfit: float  # 1/m Σ (φ · w - t)²
    size: float  # ‖w‖²


def cross_validate(count: int, decay: float, k: int, *, leak: bool, seed: int) -> tuple[FoldFit, ...]:
    """One model per validation fold. The sums of a fold are computed once and shared by all models."""
    phi, target = labelled(count, seed)
    new_phi, new_target = labelled(NEW, seed, others=True)
    fold = folds(patient_images(count, seed).patient, k, leak=leak)
    number = int(fold.max()) + 1
    parts = [torch.from_numpy(np.flatnonzero(fold == each)) for each in range(number)]
    grams = [phi[part].flatten(0, 1).T @ phi[part].flatten(0, 1) for part in parts]
    moments = [phi[part].flatten(0, 1).T @ target[part].flatten() for part in parts]
    results = []
    for held_back in range(number):
        others = [each for each in range(number) if each != held_back]
        chosen = torch.cat([parts[each] for each in others])
        here, wanted = phi[chosen].flatten(0, 1), target[chosen].flatten()
        gram, moment = (torch.stack([sums[each] for each in others]).sum(dim=0) for sums in (grams, moments))
        weights = solve(gram, moment, len(here), decay)
        results.append(
            FoldFit(
                weights=weights,
                first=int(chosen.min()),
                learnt=len(chosen),
                train=miou(here, wanted, weights),
                val=miou(phi[parts[held_back]], target[parts[held_back]], weights),
                new=miou(new_phi, new_target, weights),
                misfit=float((here @ weights - wanted).square().mean()),
                size=float(weights.square().sum()),
            )
        )
    return tuple(results)


def mask(image: NDArray[np.float32], weights: Tensor) -> NDArray[np.bool_]:
    """(SIDE, SIDE): the prediction of a model (D,) for an image (SIDE, SIDE, 3)."""
    found = features(patches(image[None]))[0] @ weights > 0
    return np.asarray(found.reshape(SIDE, SIDE).numpy(), np.bool_)
