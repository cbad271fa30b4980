"""The glossary: term, one sentence, formula, lesson. All pages use the same terms.

The texts of a term are ``term.<name>`` and ``term.<name>.is``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from ui import links as page_links
from ui.learn.table import LESSONS
from ui.text import plain, t


@dataclass(frozen=True)
class GlossaryTerm:
    """One term."""

    name: str  # of its texts
    lesson: str  # that explains it
    formula: str = ""  # LaTeX, or empty


TERMS: dict[str, GlossaryTerm] = {
    term.name: term
    for term in (
        GlossaryTerm("pixel", "tasks"),
        GlossaryTerm("semantic_segmentation", "tasks"),
        GlossaryTerm("instance_segmentation", "tasks"),
        GlossaryTerm("mask", "tasks", r"m \in \{0,1\}^{H \times W}"),
        GlossaryTerm("ground_truth", "tasks"),
        GlossaryTerm("threshold", "tasks", r"m = [x > \tau]"),
        GlossaryTerm("panoptic_segmentation", "tasks"),
        GlossaryTerm("connected_component", "tasks"),
        GlossaryTerm("k_means", "tasks", r"\arg\min_k \lVert x - \mu_k \rVert^2"),
        GlossaryTerm("region_growing", "tasks", r"|x - x_0| \le \tau"),
        GlossaryTerm("superpixel", "tasks"),
        GlossaryTerm("convolution", "convolution", r"y_{r,c} = \sum_{i,j} w_{i,j}\,x_{r+i,\,c+j}"),
        GlossaryTerm("kernel", "convolution", r"w \in \mathbb{R}^{k \times k}"),
        GlossaryTerm("stride", "convolution", r"o = \lfloor (n - k) / s \rfloor + 1"),
        GlossaryTerm("padding", "convolution", r"o = n + 2p - k + 1"),
        GlossaryTerm("dilation", "convolution", r"k' = d\,(k-1) + 1"),
        GlossaryTerm("feature_map", "convolution", r"F \in \mathbb{R}^{C \times H \times W}"),
        GlossaryTerm("pooling", "downsampling", r"y = \max_{i \in W} x_i"),
        GlossaryTerm("output_stride", "downsampling", r"H / H'"),
        GlossaryTerm("upsampling", "upsampling"),
        GlossaryTerm("transposed_convolution", "upsampling", r"o = (n-1)\,s + k - 2p"),
        GlossaryTerm("bilinear_interpolation", "upsampling"),
        GlossaryTerm("unpooling", "upsampling"),
        GlossaryTerm("receptive_field", "receptive_field", r"r_l = r_{l-1} + (k_l - 1) \prod_{i<l} s_i"),
        GlossaryTerm("aspp", "receptive_field"),
        GlossaryTerm("logits", "logits", r"z \in \mathbb{R}^{K}"),
        GlossaryTerm("softmax", "logits", r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"),
        GlossaryTerm("activation", "logits", r"\mathrm{ReLU}(x) = \max(0, x)"),
        GlossaryTerm("confidence", "logits", r"\max_i p_i"),
        GlossaryTerm("calibration", "logits", r"P(\hat y = y \mid \hat p = c) = c"),
        GlossaryTerm("sigmoid", "logits", r"\sigma(z) = \frac{1}{1 + e^{-z}}"),
        GlossaryTerm("ece", "logits", r"\sum_b \frac{n_b}{n}\,|\mathrm{acc}_b - \mathrm{conf}_b|"),
        GlossaryTerm("encoder_decoder", "skips"),
        GlossaryTerm("skip_connection", "skips", r"[\,x_{\downarrow},\, x_{\uparrow}\,]"),
        GlossaryTerm("boundary_f", "skips", r"F = \frac{2PR}{P + R}"),
        GlossaryTerm("fully_convolutional", "families"),
        GlossaryTerm("parameters", "families", r"k^2\, C\, C' + C'"),
        GlossaryTerm("multiply_adds", "families", r"k^2\, C\, C'\, H\, W"),
        GlossaryTerm("batch_normalisation", "families", r"\hat x = \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}"),
        GlossaryTerm("pyramid_pooling", "families"),
        GlossaryTerm("anchor", "boxes"),
        GlossaryTerm("nms", "boxes"),
        GlossaryTerm("roi_align", "boxes"),
        GlossaryTerm("loss", "losses", r"L(\theta)"),
        GlossaryTerm("cross_entropy", "losses", r"-\log p_y"),
        GlossaryTerm("dice_loss", "losses", r"1 - \frac{2 \sum p\,t}{\sum p + \sum t}"),
        GlossaryTerm("focal_loss", "losses", r"-(1 - p_y)^{\gamma} \log p_y"),
        GlossaryTerm("class_imbalance", "losses"),
        GlossaryTerm("gradient", "descent", r"g = \nabla_\theta L"),
        GlossaryTerm("gradient_descent", "descent", r"\theta \leftarrow \theta - \eta\, g"),
        GlossaryTerm("learning_rate", "descent", r"\eta"),
        GlossaryTerm("momentum", "descent", r"v \leftarrow \mu v + g"),
        GlossaryTerm("optimiser", "descent"),
        GlossaryTerm("batch", "descent"),
        GlossaryTerm("epoch", "descent"),
        GlossaryTerm("overfitting", "overfitting"),
        GlossaryTerm("validation_set", "overfitting"),
        GlossaryTerm("weight_decay", "overfitting", r"\theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\, g"),
        GlossaryTerm("dropout", "overfitting"),
        GlossaryTerm("transfer_learning", "overfitting"),
        GlossaryTerm("early_stopping", "overfitting"),
        GlossaryTerm("augmentation", "augmentation"),
        GlossaryTerm("confusion_matrix", "metrics", r"M_{ij} = \#\{y = i,\ \hat y = j\}"),
        GlossaryTerm("pixel_accuracy", "metrics", r"\frac{\sum_c M_{cc}}{\sum_{c,c'} M_{cc'}}"),
        GlossaryTerm("iou", "metrics", r"\frac{TP}{TP + FP + FN}"),
        GlossaryTerm("miou", "metrics", r"\frac{1}{K} \sum_c \mathrm{IoU}_c"),
        GlossaryTerm("dice", "metrics", r"\frac{2\,TP}{2\,TP + FP + FN}"),
        GlossaryTerm("precision", "metrics", r"\frac{TP}{TP + FP}"),
        GlossaryTerm("recall", "metrics", r"\frac{TP}{TP + FN}"),
        GlossaryTerm("frequency_weighted_iou", "metrics", r"\sum_c f_c\, \mathrm{IoU}_c"),
        GlossaryTerm("confidence_interval", "metrics"),
        GlossaryTerm("robustness", "stress"),
        GlossaryTerm("adversarial_example", "stress", r"x' = x + \varepsilon\, \mathrm{sign}(\nabla_x L)"),
        GlossaryTerm(
            "grad_cam", "why", r"\mathrm{ReLU}\Big(\sum_k \overline{\tfrac{\partial z}{\partial A_k}}\, A_k\Big)"
        ),
        GlossaryTerm("checkpoint", "overfitting"),
        GlossaryTerm("cross_validation", "overfitting", r"\bar m = \frac{1}{k} \sum_i m_i"),
        GlossaryTerm("l1_penalty", "overfitting", r"L + \lambda \sum_i |\theta_i|"),
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


def _matches(term: GlossaryTerm, search: str) -> bool:
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
        page_links.glossary().draw(t("glossary.title"), icon=":material/menu_book:")
