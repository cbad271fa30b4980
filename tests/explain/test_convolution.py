"""Convolution by hand against PyTorch's, and which pixels matter against autograd."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from segcore.explain.convolution import KERNELS, Border, convolve, output_size

CASES = st.fixed_dictionaries(
    {
        "n": st.integers(3, 9),
        "k": st.sampled_from([1, 2, 3, 5]),
        "stride": st.integers(1, 4),
        "padding": st.integers(0, 2),
        "dilation": st.integers(1, 3),
        "border": st.sampled_from(["constant", "reflect", "replicate"]),
        "bias": st.floats(-2, 2),
    }
)


@settings(deadline=None, max_examples=60, derandomize=True)
@given(CASES)
def test_it_is_what_pytorch_computes(case: dict[str, object]) -> None:
    n, k, border = int(case["n"]), int(case["k"]), case["border"]  # type: ignore[call-overload]
    stride, padding, dilation = (int(case[name]) for name in ("stride", "padding", "dilation"))  # type: ignore[call-overload]
    random = np.random.default_rng(n * 100 + k)
    image, kernel = random.normal(size=(n, n)), random.normal(size=(k, k))
    side = output_size(n, k, stride=stride, padding=padding, dilation=dilation)
    options = {"stride": stride, "padding": padding, "dilation": dilation, "bias": float(case["bias"])}  # type: ignore[arg-type]
    if side < 1:
        with pytest.raises(ValueError, match="does not fit"):
            convolve(image, kernel, **options)  # type: ignore[arg-type]
        return
    ours = convolve(image, kernel, border=border, **options)  # type: ignore[arg-type]

    x = torch.tensor(image)[None, None].requires_grad_()
    padded = F.pad(x, (padding,) * 4, mode=str(border))
    padded.retain_grad()
    theirs = F.conv2d(padded, torch.tensor(kernel)[None, None], stride=stride, dilation=dilation) + options["bias"]
    np.testing.assert_allclose(ours.output, theirs[0, 0].detach().numpy(), atol=1e-12)
    assert ours.output.shape == (side, side)

    theirs.sum().backward()  # a pixel that no window reads has no gradient
    assert padded.grad is not None
    read = F.conv2d(
        torch.ones_like(padded), torch.ones(1, 1, k, k, dtype=torch.float64), stride=stride, dilation=dilation
    )
    touched = F.conv_transpose2d(read, torch.ones(1, 1, k, k, dtype=torch.float64), stride=stride, dilation=dilation)
    theirs_touched = np.zeros(ours.touched.shape, bool)
    theirs_touched[: touched.shape[2], : touched.shape[3]] = touched[0, 0].numpy() > 0
    np.testing.assert_array_equal(ours.touched, theirs_touched)
    assert not padded.grad[0, 0].numpy()[~ours.touched].any()


def test_the_sum_of_the_products_is_the_cell() -> None:
    ours = convolve(np.arange(49.0).reshape(7, 7), KERNELS["edges"], stride=2, bias=0.5, padding=1)
    for row in range(ours.output.shape[0]):
        for col in range(ours.output.shape[1]):
            assert ours.products(row, col).sum() + 0.5 == pytest.approx(ours.output[row, col])
            places = [ours.padded[place] for place in ours.window(row, col)]
            np.testing.assert_array_equal(ours.under(row, col).ravel(), places)


def test_the_kernel_is_not_turned_round() -> None:
    """Light on the right: right minus left is positive. A true convolution would say the opposite."""
    step = np.zeros((3, 3))
    step[:, 2] = 1
    assert convolve(step, KERNELS["edges"]).output[0, 0] == 4


@pytest.mark.parametrize(("image", "kernel"), [((3, 4), (3, 3)), ((5, 5), (3, 1)), ((5,), (3, 3))])
def test_what_is_not_square_is_refused(image: tuple[int, ...], kernel: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="square"):
        convolve(np.zeros(image), np.zeros(kernel))


def test_modes_of_the_border_are_named_as_pytorch_names_them() -> None:
    borders: tuple[Border, ...] = ("constant", "reflect", "replicate")
    for border in borders:
        F.pad(torch.zeros(1, 1, 3, 3), (1, 1, 1, 1), mode=border)
