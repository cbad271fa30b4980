"""An activation function and its derivative, with the logits of one pixel on both."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.explain.logits import Activation, activate
from ui.learn.formulas import digits
from ui.learn.lesson import lesson_texts
from ui.widgets import line_chart
from ui.widgets.line_chart import ChartLine

RANGES = {"relu": [-0.2, 3.1], "sigmoid": [-0.05, 1.05], "tanh": [-1.05, 1.05]}  # of the vertical axis
_VALUE, _SLOPE = "#2a7fb8", "#2e9e6b"

text = lesson_texts("logits")


def draw(activation: Activation, u: NDArray[np.float64]) -> None:
    """Draw the chart of an activation, with (K,) inputs to mark, the largest first."""
    name = text(f"set.activation.{activation}")
    st.markdown(f"**{text('activation', name=name)}**")
    far = max(6.0, float(np.abs(u).max()))
    x = np.linspace(-far, far, 121)
    (y, slope), (values, slopes) = activate(activation, x), activate(activation, u)
    top = digits(float(slopes[0]))
    line_chart.show(
        [
            ChartLine("f", x.tolist(), y.tolist(), _VALUE, width=3),
            ChartLine(text("slope"), x.tolist(), slope.tolist(), _SLOPE, dash="dash"),
            ChartLine(text("here"), u.tolist(), values.tolist(), _VALUE, width=0, symbol="circle"),
            ChartLine(text("here.slope"), u.tolist(), slopes.tolist(), _SLOPE, width=0, symbol="diamond"),
        ],
        key="learn.logits.slope",
        x="u",
        y="f(u), f′(u)",
        alt=text("activation.alt", name=name, u=digits(float(u[0])), slope=top),
        y_axis={"range": RANGES[activation]},
    )
    st.caption(text("gradient", name=name, slope=top, ten=f"{float(slopes[0]) ** 10:.1g}"))
