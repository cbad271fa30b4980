"""TrainConfig ↔ widgets. The fields themselves give their help, range and group.

A widget's key is ``train.<field>``. `fill` writes a configuration into the widgets, `fields` draws some of them,
`values` reads them all, drawn or not, as plain values for `make_config`, which validates them.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from segcore.data import Augmentation, full_spec, parse_class_map, require_allowed
from segcore.errors import BadConfig, SegcoreError, joined
from segcore.losses import LOSSES
from segcore.models import CLASSIFIERS, MODELS
from segcore.train import TrainConfig, devices_here
from ui import state
from ui.text import t, translated
from ui.widgets import dataset_picker
from ui.widgets.choices import choice

FIELDS: dict[str, FieldInfo] = TrainConfig.model_fields | {
    f"augmentation.{name}": field for name, field in Augmentation.model_fields.items()
}
"""Every field that has a widget, by the end of its key; those of the augmentation have two parts."""
del FIELDS["augmentation"]

_TITLES = {
    "model": {name: card.title for name, card in (MODELS | CLASSIFIERS).items()},
    "loss": {name: card.title for name, card in LOSSES.items()},
}
_PLACES = ("data", "val_data")


def groups() -> dict[str, list[str]]:
    """The fields of each group, in the order in which TrainConfig has them; the augmentation is a group of its own."""
    found: dict[str, list[str]] = {}
    for name, field in FIELDS.items():
        extra = field.json_schema_extra
        group = str(extra["group"]) if isinstance(extra, dict) else "augmentation"
        found.setdefault(group, []).append(name)
    return found


def fill(settings: Mapping[str, Any]) -> None:
    """Write settings into the widgets; all others get their defaults. Call it before the widgets are drawn."""
    whole = TrainConfig(task=settings.get("task", "semantic")).to_json() | dict(settings)
    augmentation = Augmentation().model_dump(mode="json") | whole["augmentation"]
    whole |= {f"augmentation.{name}": value for name, value in augmentation.items()}
    change({name: whole[name] for name in FIELDS})


def change(settings: Mapping[str, Any]) -> None:
    """Change some settings in the widgets, each by ``field`` or ``field.inner``; the others stay. For callbacks."""
    for name, value in settings.items():
        state.set_widget(_key(name), _shown(name, value))


def shows(name: str, value: Any) -> bool:
    """Whether the widget of a field, ``field`` or ``field.inner``, has this setting."""
    return bool(state.widget(_key(name)) == _shown(name, value))


def _shown(name: str, value: Any) -> Any:
    """A setting as its widget holds it."""
    if name in _PLACES:
        return list(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name == "class_map":
        return ", ".join(f"{old}={new}" for old, new in value.items())
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return float(value) if _number_type(FIELDS[name]) is float else value


def fields(names: Sequence[str]) -> None:
    """Draw the widgets of these fields: choices of data one below the other, then two in a row."""
    for name in names:
        if name in _PLACES:
            _widget(name, FIELDS[name])
    others = [name for name in names if name not in _PLACES]
    for begin in range(0, len(others), 2):
        row = st.columns(2, vertical_alignment="bottom")
        for place, name in zip(row, others[begin : begin + 2], strict=False):
            with place:
                _widget(name, FIELDS[name])


def _widget(name: str, field: FieldInfo) -> None:
    facts: dict[str, Any] = {
        "label": t(f"field.{name.replace('.', '_')}"),
        "help": translated(field.description or ""),
        "key": _key(name),
        "persist_state": "session",
    }
    number = _number_type(field)
    titles = _devices(state.widget(_key(name))) if name == "device" else _TITLES.get(name)
    if name in _PLACES:
        dataset_picker.places(facts["key"], label=facts["label"], help=facts["help"])
    elif titles is not None:
        st.selectbox(options=list(titles), format_func=titles.__getitem__, **facts)
    elif get_origin(field.annotation) is Literal:
        st.selectbox(options=get_args(field.annotation), format_func=partial(choice, name), **facts)
    elif number is not None:
        _number(field, number, facts)
    else:
        st.text_input(**facts)


def _devices(present: str | None) -> dict[str, str]:
    """Devices of this machine with their names; the present choice stays visible if it is of another machine."""
    titles = {"auto": t("train.device.auto")} | {name: f"{name} · {called}" for name, called in devices_here().items()}
    return titles if present in (None, *titles) else titles | {str(present): str(present)}


def _number(field: FieldInfo, number: type[int] | type[float], facts: dict[str, Any]) -> None:
    limits = {type(each).__name__: getattr(each, type(each).__name__.lower()) for each in field.metadata}
    least, most = limits.get("Ge", limits.get("Gt")), limits.get("Le", limits.get("Lt"))
    facts |= {
        "min_value": None if least is None else number(least),
        "max_value": None if most is None else number(most),
        "value": None if field.default is None else "min",  # its value comes from `fill`
        "step": _step(field, number),
        "format": "%d" if number is int else "%g",
    }
    st.number_input(**facts)


def _step(field: FieldInfo, number: type[int] | type[float]) -> int | float:
    """The step of the + button, as fine as the default."""
    if number is int:
        return 32 if field.default is None or field.default >= 256 else 1
    default = float(field.default)
    return next((step for step in (1.0, 0.1, 0.01, 1e-3, 1e-4) if default >= step), 0.05)


def _number_type(field: FieldInfo) -> type[int] | type[float] | None:
    kinds: dict[Any, type[int] | type[float]] = {int: int, int | None: int, float: float}
    return kinds.get(field.annotation)


def values() -> dict[str, Any]:
    """The values of the widgets, as plain values for `make_config`.

    Raises:
        BadConfig: texts of several values that cannot be parsed, all at once.
    """
    settings: dict[str, Any] = {"augmentation": {}}
    problems = []
    for name, field in FIELDS.items():
        outer, _, inner = name.partition(".")
        place = settings["augmentation"] if inner else settings
        try:
            place[inner or outer] = _read(name, field, state.widget(_key(name)))
        except ValueError as error:
            problems.append(t("train.unreadable", field=t(f"field.{name.replace('.', '_')}"), problem=error))
    if problems:
        raise BadConfig(joined(problems))
    return settings


def _read(name: str, field: FieldInfo, shown: Any) -> Any:
    """The inverse of `_shown`."""
    if name in _PLACES:
        specs = [dataset_picker.spec_of(place) for place in shown or ()]
        try:
            for spec in specs:
                require_allowed(spec)
        except SegcoreError as error:
            raise ValueError(translated(error.message)) from None
        return [full_spec(spec) for spec in specs]
    if name == "class_map":
        try:
            return parse_class_map(shown or "")
        except BadConfig as error:
            raise ValueError(translated(error.message)) from None
    default = field.get_default(call_default_factory=True)
    if isinstance(default, tuple):
        return [word.strip() for word in (shown or "").split(",") if word.strip()]
    if isinstance(default, dict | BaseModel):
        return json.loads(shown) if (shown or "").strip() else {}
    return shown


def _key(name: str) -> str:
    return f"train.{name}"
