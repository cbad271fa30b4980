"""Ground truth of one photo: read it, match its numbers with the classes, measure the prediction against it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from segcore.data import DATASETS, NotLabels, decode, read_labels
from segcore.errors import BadImage
from segcore.export.sections import Named
from segcore.formatting import score
from segcore.metrics import FAR_BETTER, Numbering, best_numbering, confusion, label_values, numbering, scores
from segcore.pictures import palette_of
from segcore.types import IGNORE, RGB, Colour, Image, LabelMap, Prediction
from ui import state
from ui.known_names import class_name
from ui.text import plain, t, translated
from ui.widgets import photos
from ui.widgets.tables import table

INBOX = "segment.truth"
TYPES = ["png", "tif", "tiff", "bmp", "gif"]
_MEANS = ("miou", "mean_dice", "pixel_accuracy", "mean_accuracy", "frequency_weighted_iou")
_OF_CLASSES = ("iou", "dice", "precision", "recall")
_MAX_MENUS = 24


@dataclass(frozen=True)
class Matched:
    """Ground truth in the ids of a model, and how its values were matched with the classes."""

    truth: LabelMap | None  # None: some values are no class yet
    table: dict[int, int]  # value → class id, or IGNORE
    better: Numbering | None  # one that fits far better
    present: Numbering


def choose(image: Image, prediction: Prediction) -> None:
    """Draw the uploader for ground truth, or what the prediction scores against the one that is there.

    Raises:
        BadImage: it has another size than the photo.
    """
    truth = photos.truths().get(image.image_id)
    if truth is None:
        _upload(image, prediction)
        return
    matched = _matched(image, prediction)
    if matched.truth is None:
        st.info(t("segment.truth.asked", classes=plain(_legend(prediction.classes))), icon=":material/help:")
    elif matched.better is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(plain(_remark(matched, prediction)), icon=":material/swap_horiz:")
            st.button(
                t("segment.truth.use"), key="segment.truth.use", on_click=_number,
                args=(image.image_id, _named(matched.better.table, prediction.classes)),
            )  # fmt: skip
    _menus(image, prediction, matched)
    if matched.truth is not None:
        _metrics(prediction, matched.truth)
    st.button(
        t("segment.truth.remove"), type="tertiary", icon=":material/close:", on_click=_forget, args=(image.image_id,)
    )


def fitting(image: Image, prediction: Prediction) -> LabelMap | None:
    """The ground truth of this photo in the ids of this prediction, if there is one that fits it."""
    return _matched(image, prediction).truth if image.image_id in photos.truths() else None


def remark(image: Image, prediction: Prediction) -> str:
    """That another numbering of the ground truth fits far better; empty if none does."""
    if fitting(image, prediction) is None:
        return ""
    matched = _matched(image, prediction)
    return _remark(matched, prediction) if matched.better is not None else ""


def fitted(values: NDArray[np.uint8], image: Image, name: str) -> NDArray[np.uint8]:
    """Ground truth, class ids or colours, at the size at which its photo was read, which may have been shrunk.

    Raises:
        BadImage: it has neither that size nor that of the photo's file.
    """
    size = values.shape[:2]
    if size == image.rgb.shape[:2]:
        return values
    if size != image.full_size:
        there, here = (f"{width} × {height}" for height, width in (size, image.full_size or image.rgb.shape[:2]))
        raise BadImage(t("segment.truth.size", name=name, there=there, here=here))
    shape = image.rgb.shape[1::-1]
    return np.asarray(cv2.resize(values, shape, interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def _upload(image: Image, prediction: Prediction) -> None:
    st.caption(t("segment.truth.about", classes=plain(_legend(prediction.classes))))
    given = st.file_uploader(t("segment.truth.upload"), type=TYPES, key=state.fresh_key(INBOX))
    st.caption(t("segment.truth.ways"))
    if given is None:
        return
    truth, names = _read(given.getvalue(), given.name, image, prediction)
    photos.truths()[image.image_id] = truth
    if names is not None:
        photos.numberings()[image.image_id] = {
            value: names[value] if value < len(names) else "" for value in label_values(truth)
        }
    state.empty_widget(INBOX)
    st.rerun()


def _read(data: bytes, name: str, image: Image, prediction: Prediction) -> tuple[LabelMap, tuple[str, ...] | None]:
    """A label map, and the names of its values if its colours state them: this model's, or Pascal VOC's."""
    voc = DATASETS["voc"]
    known = ((prediction.classes, prediction.colours), (voc.classes, voc.colours))
    try:
        truth = fitted(read_labels(data, name=name), image, name)
    except NotLabels as error:
        if error.kind != "colour_mask":
            raise
        rgb = fitted(decode(data, name), image, name)
        for names, colours in known:
            labels = _labels_of_colours(rgb, colours)
            if labels is not None:
                return labels, names
        raise
    palette = palette_of(data)
    return truth, next((names for names, colours in known if palette[: len(colours)] == tuple(colours)), None)


def _labels_of_colours(rgb: RGB, colours: Sequence[Colour]) -> LabelMap | None:
    """Colours → ids; None if any pixel has another colour."""
    packed = rgb.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    present, where = np.unique(packed, return_inverse=True)
    ids = {(red << 16) + (green << 8) + blue: index for index, (red, green, blue) in enumerate(colours)}
    if not set(present.tolist()) <= ids.keys():
        return None
    return np.array([ids[colour] for colour in present.tolist()], np.uint8)[where].reshape(packed.shape)


def _matched(image: Image, prediction: Prediction) -> Matched:
    """By the names of the values where they are known, else by their numbers."""
    truth, known = photos.truths()[image.image_id], photos.numberings().get(image.image_id)
    version = (image.image_id, id(truth), id(prediction), str(known))
    held: tuple[object, Matched] | None = state.get("segment.truth.matched", None)
    if held is None or held[0] != version:  # the page needs it in three places, and it takes a while for large photos
        held = (version, _match(truth, known, prediction))
        state.put("segment.truth.matched", held)
    return held[1]


def _match(truth: LabelMap, known: dict[int, str] | None, prediction: Prediction) -> Matched:
    classes = prediction.classes
    values = label_values(truth)
    if known is not None:
        table = {value: classes.index(known[value]) if known.get(value) in classes else IGNORE for value in values}
        is_asked = False
    else:
        table = {value: value if value < len(classes) else IGNORE for value in values}
        is_asked = any(value >= len(classes) for value in values)
    present = numbering(prediction.labels, truth, len(classes), table)
    best = best_numbering(prediction.labels, truth, len(classes))
    is_better = is_asked or (known is None and best.mean_iou >= present.mean_iou + FAR_BETTER)
    full = np.full(256, IGNORE, np.uint8)
    full[list(table)] = list(table.values())
    return Matched(None if is_asked else full[truth], table, best if is_better else None, present)


def _remark(matched: Matched, prediction: Prediction) -> str:
    """With 2 = dog, dog would score 0.93 instead of 0.00."""
    if matched.better is None:
        return ""
    best, classes = matched.better, [class_name(name) for name in prediction.classes]
    changed = [
        f"{value} = {classes[class_id]}"
        for value, class_id in best.table.items()
        if class_id != IGNORE and class_id != matched.table.get(value)
    ]
    gains = {class_id: iou - matched.present.ious.get(class_id, 0.0) for class_id, iou in best.ious.items()}
    most = max(gains, key=lambda class_id: gains[class_id])
    old, new = matched.present.ious.get(most, 0.0), best.ious[most]
    return t("segment.truth.better", changes=", ".join(changed), name=classes[most], old=score(old), new=score(new))


def _menus(image: Image, prediction: Prediction, matched: Matched) -> None:
    """One menu per value: which class it is."""
    values = list(matched.table)
    if len(values) > _MAX_MENUS:
        st.caption(t("segment.truth.many", count=len(values)))
        return
    suggested = matched.better.table if matched.truth is None and matched.better is not None else matched.table
    with st.expander(t("segment.truth.numbers"), expanded=matched.truth is None, icon=":material/tag:"):
        options = [*range(len(prediction.classes)), IGNORE]
        chosen: dict[int, int] = {}
        with st.container(horizontal=True, gap="small"):
            for value in values:
                chosen[value] = st.selectbox(
                    t("segment.truth.value", value=value),
                    options,
                    index=options.index(suggested[value]),
                    format_func=lambda k: t("viewer.ignored") if k == IGNORE else class_name(prediction.classes[k]),
                    key=f"segment.truth.{image.image_id[:12]}.{value}.{suggested[value]}",
                    width=160,
                )
        if matched.truth is None or chosen != matched.table:
            st.button(
                t("segment.truth.apply"), type="primary", key="segment.truth.apply", on_click=_number,
                args=(image.image_id, _named(chosen, prediction.classes)),
            )  # fmt: skip


def _named(table: Mapping[int, int], classes: tuple[str, ...]) -> dict[int, str]:
    """By name, so that another model with the same classes in another order understands it."""
    return {value: "" if class_id == IGNORE else classes[class_id] for value, class_id in table.items()}


def _number(image_id: str, names: dict[int, str]) -> None:
    photos.numberings()[image_id] = names


def _legend(classes: tuple[str, ...]) -> str:
    shown = ", ".join(f"{index} {class_name(name)}" for index, name in enumerate(classes[:24]))
    return shown if len(classes) <= 24 else f"{shown} …"


def _forget(image_id: str) -> None:
    photos.truths().pop(image_id, None)
    photos.numberings().pop(image_id, None)


def _metrics(prediction: Prediction, truth: LabelMap) -> None:
    result = scores(confusion(prediction.labels, truth, len(prediction.classes)), prediction.classes)
    table(
        t("segment.metrics"),
        [t("metric.name"), t("metric.value")],
        [[t(f"metric.{name}"), score(getattr(result, name))] for name in _MEANS],
        numbers=(1,),
    )
    table(
        t("segment.metrics_per_class"),
        [t("segment.class"), *(t(f"metric.{name}") for name in _OF_CLASSES)],
        [
            [Named(name, prediction.colours[i]), *(score(getattr(result, metric)[i]) for metric in _OF_CLASSES)]
            for i, name in enumerate(result.classes)
        ],
        numbers=(1, 2, 3, 4),
    )
    st.caption(t("segment.truth.convention", convention=plain(translated(result.convention))))
