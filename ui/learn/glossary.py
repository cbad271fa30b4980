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

    lesson: str  # that explains it
    formula: str = ""  # LaTeX, or empty


TERMS = {
    "pixel": GlossaryTerm("tasks"),
    "semantic_segmentation": GlossaryTerm("tasks"),
    "instance_segmentation": GlossaryTerm("tasks"),
    "mask": GlossaryTerm("tasks", r"m \in \{0,1\}^{H \times W}"),
    "ground_truth": GlossaryTerm("tasks"),
    "threshold": GlossaryTerm("tasks", r"m = [x > \tau]"),
    "panoptic_segmentation": GlossaryTerm("tasks"),
    "connected_component": GlossaryTerm("tasks"),
    "k_means": GlossaryTerm("tasks", r"\arg\min_k \lVert x - \mu_k \rVert^2"),
    "region_growing": GlossaryTerm("tasks", r"|x - x_0| \le \tau"),
    "superpixel": GlossaryTerm("tasks"),
    "convolution": GlossaryTerm("convolution", r"y_{r,c} = \sum_{i,j} w_{i,j}\,x_{r+i,\,c+j}"),
    "kernel": GlossaryTerm("convolution", r"w \in \mathbb{R}^{k \times k}"),
    "stride": GlossaryTerm("convolution", r"o = \lfloor (n - k) / s \rfloor + 1"),
    "padding": GlossaryTerm("convolution", r"o = n + 2p - k + 1"),
    "dilation": GlossaryTerm("convolution", r"k' = d\,(k-1) + 1"),
    "feature_map": GlossaryTerm("convolution", r"F \in \mathbb{R}^{C \times H \times W}"),
    "pooling": GlossaryTerm("downsampling", r"y = \max_{i \in W} x_i"),
    "output_stride": GlossaryTerm("downsampling", r"H / H'"),
    "upsampling": GlossaryTerm("upsampling"),
    "transposed_convolution": GlossaryTerm("upsampling", r"o = (n-1)\,s + k - 2p"),
    "bilinear_interpolation": GlossaryTerm("upsampling"),
    "unpooling": GlossaryTerm("upsampling"),
    "receptive_field": GlossaryTerm("receptive_field", r"r_l = r_{l-1} + (k_l - 1) \prod_{i<l} s_i"),
    "aspp": GlossaryTerm("receptive_field"),
    "logits": GlossaryTerm("logits", r"z \in \mathbb{R}^{K}"),
    "softmax": GlossaryTerm("logits", r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"),
    "activation": GlossaryTerm("logits", r"\mathrm{ReLU}(x) = \max(0, x)"),
    "confidence": GlossaryTerm("logits", r"\max_i p_i"),
    "calibration": GlossaryTerm("logits", r"P(\hat y = y \mid \hat p = c) = c"),
    "sigmoid": GlossaryTerm("logits", r"\sigma(z) = \frac{1}{1 + e^{-z}}"),
    "ece": GlossaryTerm("logits", r"\sum_b \frac{n_b}{n}\,|\mathrm{acc}_b - \mathrm{conf}_b|"),
    "encoder_decoder": GlossaryTerm("skips"),
    "skip_connection": GlossaryTerm("skips", r"[\,x_{\downarrow},\, x_{\uparrow}\,]"),
    "boundary_f": GlossaryTerm("skips", r"F = \frac{2PR}{P + R}"),
    "fully_convolutional": GlossaryTerm("families"),
    "parameters": GlossaryTerm("families", r"k^2\, C\, C' + C'"),
    "multiply_adds": GlossaryTerm("families", r"k^2\, C\, C'\, H\, W"),
    "batch_normalisation": GlossaryTerm("families", r"\hat x = \frac{x - \mu_B}{\sqrt{\sigma_B^2 + \epsilon}}"),
    "pyramid_pooling": GlossaryTerm("families"),
    "anchor": GlossaryTerm("boxes"),
    "nms": GlossaryTerm("boxes"),
    "roi_align": GlossaryTerm("boxes"),
    "loss": GlossaryTerm("losses", r"L(\theta)"),
    "cross_entropy": GlossaryTerm("losses", r"-\log p_y"),
    "dice_loss": GlossaryTerm("losses", r"1 - \frac{2 \sum p\,t}{\sum p + \sum t}"),
    "focal_loss": GlossaryTerm("losses", r"-(1 - p_y)^{\gamma} \log p_y"),
    "class_imbalance": GlossaryTerm("losses"),
    "gradient": GlossaryTerm("descent", r"g = \nabla_\theta L"),
    "gradient_descent": GlossaryTerm("descent", r"\theta \leftarrow \theta - \eta\, g"),
    "learning_rate": GlossaryTerm("descent", r"\eta"),
    "momentum": GlossaryTerm("descent", r"v \leftarrow \mu v + g"),
    "optimiser": GlossaryTerm("descent"),
    "batch": GlossaryTerm("descent"),
    "epoch": GlossaryTerm("descent"),
    "overfitting": GlossaryTerm("overfitting"),
    "validation_set": GlossaryTerm("overfitting"),
    "weight_decay": GlossaryTerm("overfitting", r"\theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\, g"),
    "dropout": GlossaryTerm("overfitting"),
    "transfer_learning": GlossaryTerm("overfitting"),
    "early_stopping": GlossaryTerm("overfitting"),
    "augmentation": GlossaryTerm("augmentation"),
    "confusion_matrix": GlossaryTerm("metrics", r"M_{ij} = \#\{y = i,\ \hat y = j\}"),
    "pixel_accuracy": GlossaryTerm("metrics", r"\frac{\sum_c M_{cc}}{\sum_{c,c'} M_{cc'}}"),
    "iou": GlossaryTerm("metrics", r"\frac{TP}{TP + FP + FN}"),
    "miou": GlossaryTerm("metrics", r"\frac{1}{K} \sum_c \mathrm{IoU}_c"),
    "dice": GlossaryTerm("metrics", r"\frac{2\,TP}{2\,TP + FP + FN}"),
    "precision": GlossaryTerm("metrics", r"\frac{TP}{TP + FP}"),
    "recall": GlossaryTerm("metrics", r"\frac{TP}{TP + FN}"),
    "frequency_weighted_iou": GlossaryTerm("metrics", r"\sum_c f_c\, \mathrm{IoU}_c"),
    "confidence_interval": GlossaryTerm("metrics"),
    "robustness": GlossaryTerm("stress"),
    "adversarial_example": GlossaryTerm("stress", r"x' = x + \varepsilon\, \mathrm{sign}(\nabla_x L)"),
    "grad_cam": GlossaryTerm("why", r"\mathrm{ReLU}\Big(\sum_k \overline{\tfrac{\partial z}{\partial A_k}}\, A_k\Big)"),
    "checkpoint": GlossaryTerm("overfitting"),
    "cross_validation": GlossaryTerm("overfitting", r"\bar m = \frac{1}{k} \sum_i m_i"),
    "l1_penalty": GlossaryTerm("overfitting", r"L + \lambda \sum_i |\theta_i|"),
}
"""By name, in the order of the lessons."""


def show() -> None:
    """Draw all terms that match the search."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        search = st.text_input(t("glossary.search"), key="glossary.search", width=320, persist_state="session").strip()
        page_links.lessons().draw(t("learn.all"), icon=":material/school:")
    found = {name: term for name, term in TERMS.items() if search.lower() in _words(name).lower()}
    if not found:
        st.info(t("glossary.nothing", sought=plain(search)))
    for name, term in found.items():
        with st.container(key=f"term_{name}", border=False):
            words, formula, lesson = st.columns([6, 4, 2], vertical_alignment="center")
            words.markdown(f"**{t(f'term.{name}')}**  \n{t(f'term.{name}.is')}")
            if term.formula:
                formula.latex(term.formula)
            with lesson:
                number = t("learn.number", number=LESSONS[term.lesson].number)
                page_links.lesson(term.lesson).draw(number, icon=":material/school:")


def _words(name: str) -> str:
    return f"{name.replace('_', ' ')} {t(f'term.{name}')} {t(f'term.{name}.is')}"


def links(names: Sequence[str]) -> None:
    """The terms of a lesson, each with its sentence in a popover."""
    with st.container(horizontal=True, gap="small", key="terms"):
        for name in names:
            with st.popover(t(f"term.{name}"), type="tertiary"):
                st.markdown(t(f"term.{name}.is"))
                if TERMS[name].formula:
                    st.latex(TERMS[name].formula)
        page_links.glossary().draw(t("glossary.title"), icon=":material/menu_book:")
