"""The glossary: term, one sentence, formula, lesson. All pages use the same terms.

The texts of a term are ``term.<name>`` and ``term.<name>.is``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ui import links as page_links
from ui.learn.table import LESSONS
from ui.text import plain, t
from ui.widgets import frame


@dataclass(frozen=True)
class Term:
    """One term.

    Attributes:
        name: of its texts.
        lesson: that explains it.
        formula: LaTeX, or empty.
    """

    name: str
    lesson: str
    formula: str = ""


TERMS: dict[str, Term] = {
    term.name: term
    for term in (
        Term("pixel", "tasks"),
        Term("semantic_segmentation", "tasks"),
        Term("instance_segmentation", "tasks"),
        Term("mask", "tasks", r"m \in \{0,1\}^{H \times W}"),
        Term("ground_truth", "tasks"),
        Term("threshold", "tasks", r"m = [x > \tau]"),
        Term("panoptic_segmentation", "tasks"),
        Term("connected_component", "tasks"),
        Term("k_means", "tasks", r"\arg\min_k \lVert x - \mu_k \rVert^2"),
        Term("region_growing", "tasks", r"|x - x_0| \le \tau"),
        Term("superpixel", "tasks"),
        Term("convolution", "convolution", r"y_{r,c} = \sum_{i,j} w_{i,j}\,x_{r+i,\,c+j}"),
        Term("kernel", "convolution", r"w \in \mathbb{R}^{k \times k}"),
        Term("stride", "convolution", r"o = \lfloor (n - k) / s \rfloor + 1"),
        Term("padding", "convolution", r"o = n + 2p - k + 1"),
        Term("dilation", "convolution", r"k' = d\,(k-1) + 1"),
        Term("feature_map", "convolution", r"F \in \mathbb{R}^{C \times H \times W}"),
        Term("pooling", "downsampling", r"y = \max_{i \in W} x_i"),
        Term("output_stride", "downsampling", r"H / H'"),
        Term("upsampling", "upsampling"),
        Term("transposed_convolution", "upsampling", r"o = (n-1)\,s + k - 2p"),
        Term("bilinear_interpolation", "upsampling"),
        Term("unpooling", "upsampling"),
        Term("receptive_field", "receptive_field", r"r_l = r_{l-1} + (k_l - 1) \prod_{i<l} s_i"),
        Term("aspp", "receptive_field"),
        Term("logits", "logits", r"z \in \mathbb{R}^{K}"),
        Term("softmax", "logits", r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"),
        Term("activation", "logits", r"\mathrm{ReLU}(x) = \max(0, x)"),
        Term("confidence", "logits", r"\max_i p_i"),
        Term("calibration", "logits", r"P(\hat y = y \mid \hat p = c) = c"),
        Term("sigmoid", "logits", r"\sigma(z) = \frac{1}{1 + e^{-z}}"),
        Term("ece", "logits", r"\sum_b \frac{n_b}{n}\,|\mathrm{acc}_b - \mathrm{conf}_b|"),
        Term("encoder_decoder", "skips"),
        Term("skip_connection", "skips", r"[\,x_{\downarrow},\, x_{\uparrow}\,]"),
        Term("boundary_f", "skips", r"F = \frac{2PR}{P + R}"),
        Term("fully_convolutional", "families"),
        Term("parameters", "families", r"k^2\, C\, C' + C'"),
        Term("multiply_adds", "families", r"k^2\, C\, C'\, H\, W"),
        Term("batch_normalisation", "families", r"\hat x = \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}"),
        Term("pyramid_pooling", "families"),
        Term("anchor", "boxes"),
        Term("nms", "boxes"),
        Term("roi_align", "boxes"),
        Term("loss", "losses", r"L(\theta)"),
        Term("cross_entropy", "losses", r"-\log p_y"),
        Term("dice_loss", "losses", r"1 - \frac{2 \sum p\,t}{\sum p + \sum t}"),
        Term("focal_loss", "losses", r"-(1 - p_y)^{\gamma} \log p_y"),
        Term("class_imbalance", "losses"),
        Term("gradient", "descent", r"g = \nabla_\theta L"),
        Term("gradient_descent", "descent", r"\theta \leftarrow \theta - \eta\, g"),
        Term("learning_rate", "descent", r"\eta"),
        Term("momentum", "descent", r"v \leftarrow \mu v + g"),
        Term("optimiser", "descent"),
        Term("batch", "descent"),
        Term("epoch", "descent"),
        Term("overfitting", "overfitting"),
        Term("validation_set", "overfitting"),
        Term("weight_decay", "overfitting", r"\theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\, g"),
        Term("dropout", "overfitting"),
        Term("transfer_learning", "overfitting"),
        Term("early_stopping", "overfitting"),
        Term("augmentation", "augmentation"),
        Term("confusion_matrix", "metrics", r"M_{ij} = \#\{y = i,\ \hat y = j\}"),
        Term("pixel_accuracy", "metrics", r"\frac{\sum_c M_{cc}}{\sum_{c,c'} M_{cc'}}"),
        Term("iou", "metrics", r"\frac{TP}{TP + FP + FN}"),
        Term("miou", "metrics", r"\frac{1}{K} \sum_c \mathrm{IoU}_c"),
        Term("dice", "metrics", r"\frac{2\,TP}{2\,TP + FP + FN}"),
        Term("precision", "metrics", r"\frac{TP}{TP + FP}"),
        Term("recall", "metrics", r"\frac{TP}{TP + FN}"),
        Term("frequency_weighted_iou", "metrics", r"\sum_c f_c\, \mathrm{IoU}_c"),
        Term("confidence_interval", "metrics"),
        Term("robustness", "stress"),
        Term("adversarial_example", "stress", r"x' = x + \varepsilon\, \mathrm{sign}(\nabla_x L)"),
        Term("grad_cam", "why", r"\mathrm{ReLU}\Big(\sum_k \overline{\tfrac{\partial z}{\partial A_k}}\, A_k\Big)"),
        Term("checkpoint", "overfitting"),
        Term("cross_validation", "overfitting", r"\bar m = \frac{1}{k} \sum_i m_i"),
        Term("l1_penalty", "overfitting", r"L + \lambda \sum_i |\theta_i|"),
    )
}
"""By name, in the order of the lessons."""


def show() -> None:
    """Draw all terms that match the search."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        search = st.text_input(t("glossary.search"), key="glossary.search", width=320, persist_state="session").strip()
        page_links.lessons().draw(t("learn.all"), icon=":material/school:")
    found = [term for term in TERMS.values() if _matches(term, search.lower())]
    if not found:
        st.info(t("glossary.nothing", sought=plain(search)))
    for term in found:
        with st.container(key=f"term_{term.name}", border=False):
            words, formula, lesson = st.columns([6, 4, 2], vertical_alignment="center")
            words.markdown(f"**{t(f'term.{term.name}')}**  \n{t(f'term.{term.name}.is')}")
            if term.formula:
                formula.latex(term.formula)
            with lesson:
                number = t("learn.number", number=LESSONS[term.lesson].number)
                page_links.lesson(term.lesson).draw(number, icon=":material/school:")


def _matches(term: Term, search: str) -> bool:
    words = f"{term.name.replace('_', ' ')} {t(f'term.{term.name}')} {t(f'term.{term.name}.is')}"
    return search in words.lower()


def links(names: Sequence[str]) -> None:
    """The terms of a lesson, each with its sentence in a popover."""
    with st.container(horizontal=True, gap="small", key="terms"):
        for name in names:
            with st.popover(t(f"term.{name}"), type="tertiary"):
                st.markdown(t(f"term.{name}.is"))
                if TERMS[name].formula:
                    st.latex(TERMS[name].formula)
        st.page_link(frame.PAGES / "glossary.py", label=t("glossary.title"), icon=":material/menu_book:")
