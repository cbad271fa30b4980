"""Grids of a convolution: padded input, kernel, products and output, and the links between their cells."""

import numpy as np

from segcore.explain.convolution import Convolution
from ui.components.cells import CellPlace, Grid, GridCell, Mark
from ui.learn import colours
from ui.learn.formulas import digits
from ui.learn.lesson import lesson_texts

text = lesson_texts("convolution")


def is_inside(conv: Convolution, row: int, col: int) -> bool:
    """Whether a cell of the padded input is a pixel of the image."""
    return all(0 <= at - conv.padding < len(conv.image) for at in (row, col))


def input_grid(conv: Convolution) -> Grid:
    """The padded input; unread pixels are hatched, padding is faint."""

    def cell(row: int, col: int) -> GridCell:
        value = float(conv.padded[row, col])
        label = text("pixel", row=row, col=col, value=digits(value))
        mark: Mark = "hatched" if not conv.touched[row, col] else "" if is_inside(conv, row, col) else "faint"
        return GridCell(digits(value), colours.grey(value), mark=mark, label=label)

    title = text("input", side=len(conv.padded))
    return Grid.build("input", title, conv.padded.shape, cell, press="paint", size_px=30)


def kernel_grid(conv: Convolution) -> Grid:
    """The weights."""
    extreme = float(np.abs(conv.kernel).max())

    def cell(row: int, col: int) -> GridCell:
        weight = float(conv.kernel[row, col])
        return GridCell(digits(weight), colours.diverging(weight, extreme))

    return Grid.build("kernel", text("weights"), conv.kernel.shape, cell, size_px=54)


def products_grid(conv: Convolution, at_row: int, at_col: int) -> Grid:
    """The products of weights and pixels for one output cell."""
    products, under = conv.products(at_row, at_col), conv.under(at_row, at_col)
    extreme = float(np.abs(products).max())

    def cell(row: int, col: int) -> GridCell:
        w, x, product = (float(values[row, col]) for values in (conv.kernel, under, products))
        small = f"{digits(w)} × {digits(x)}"
        label = f"{small} = {digits(product)}"
        return GridCell(digits(product), colours.diverging(product, extreme), small, label=label)

    title = text("products", row=at_row, col=at_col)
    return Grid.build("kernel", title, conv.kernel.shape, cell, size_px=54)


def output_grid(conv: Convolution) -> Grid:
    """The output."""
    output = conv.output
    extreme = float(np.abs(output).max())

    def cell(row: int, col: int) -> GridCell:
        value = float(output[row, col])
        label = text("pixel", row=row, col=col, value=digits(value))
        return GridCell(digits(value), colours.diverging(value, extreme), label=label)

    return Grid.build("output", text("output", side=len(output)), output.shape, cell, press="one", size_px=32)


def links(conv: Convolution, at_row: int, at_col: int) -> dict[CellPlace, list[CellPlace]]:
    """Output cell → its window; input pixel → the output cells that read it; product → its pixel."""
    found: dict[CellPlace, list[CellPlace]] = {}
    for row, col in np.ndindex(conv.output.shape):
        cell = CellPlace("output", row, col)
        found[cell] = [CellPlace("input", *place) for place in conv.window(row, col)]
        for pixel in found[cell]:
            found.setdefault(pixel, []).append(cell)
    k = len(conv.kernel)
    for index, place in enumerate(conv.window(at_row, at_col)):
        found[CellPlace("kernel", index // k, index % k)] = [CellPlace("input", *place)]
    return found
