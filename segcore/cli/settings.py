"""The options of ``train``: one for every field of TrainConfig, with the field's help, default and group.

Nothing is validated here: the typed text is passed to ``make_config``, which reports all problems at once.
"""

import argparse
import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from segcore.cli.output import notify, shown
from segcore.data import full_spec, parse_class_map
from segcore.errors import BadConfig
from segcore.models import current_model
from segcore.train import TrainConfig

_DEFAULTS = TrainConfig().to_json()

Kind = Literal["places", "list", "map", "parts", "value"]
"""Syntax of a field: DIR DIR, a,b,c, a=b,c=d, key=value key=value, or one word."""

_SHORT = {"class_map": ["--map"], "nodes": ["--nnodes"], "rendezvous": ["--rdzv-endpoint"]}
"""Additional flags, as in other commands or torchrun."""
_KIND_METAVARS: dict[Kind, str] = {"places": "DIR|NAME", "list": "A,B,…", "map": "A=B,…", "parts": "KEY=VALUE"}


def add_setting_options(parser: argparse.ArgumentParser) -> None:
    """Add one option for every field, in the groups of the dashboard's form."""
    groups: dict[str, Any] = {}
    for name, field in TrainConfig.model_fields.items():
        extra = field.json_schema_extra
        title = str(extra["group"]) if isinstance(extra, dict) and "group" in extra else "other"
        if title not in groups:
            groups[title] = parser.add_argument_group(title)
        groups[title].add_argument(
            *_SHORT.get(name, ()),
            f"--{name.replace('_', '-')}",
            dest=name,
            default=argparse.SUPPRESS,
            nargs="+" if _kind(name) in ("places", "parts") else None,
            metavar=_metavar(name),
            help=f"{field.description} (default: {shown(_DEFAULTS[name])})".replace("%", "%%"),
        )


def typed_settings(arguments: argparse.Namespace) -> dict[str, Any]:
    """The typed settings, for ``make_config``: the --config file, overridden by options, overridden by --set.

    Raises:
        BadConfig: the file is not a JSON object, or a word is not of the form FIELD=VALUE.
    """
    settings = {} if arguments.config is None else read_settings(arguments.config)
    for name in TrainConfig.model_fields:
        if name not in arguments:
            continue
        typed, kind = getattr(arguments, name), _kind(name)
        if kind == "parts":
            for part in typed:
                _put(settings, part, within=f"{name}.")
        elif kind == "map":
            settings[name] = parse_class_map(typed)
        elif kind == "list":
            settings[name] = [word.strip() for word in typed.split(",") if word.strip()]
        elif typed == "none" and _DEFAULTS[name] is None:
            settings[name] = None
        else:
            settings[name] = typed
    settings = with_changes(settings, arguments.set)
    _notify_of_former_model(settings)
    return settings


def _notify_of_former_model(settings: Mapping[str, Any]) -> None:
    name, options = settings.get("model", "unet"), settings.get("options")
    if isinstance(name, str) and isinstance(options, dict) and current_model(name, options)[0] != name:
        notify("unet with an encoder is now called unet-encoder; the old spelling works until the next version")


def with_changes(settings: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """A copy of settings, overridden by FIELD=VALUE words, with absolute paths, for ``make_config``.

    Raises:
        BadConfig: a word is not of the form FIELD=VALUE.
    """
    changed = copy.deepcopy(dict(settings))
    for change in changes:
        _put(changed, change)
    # The process of the run starts in another folder, where a spec must mean the same.
    for name in ("data", "val_data"):
        if isinstance(changed.get(name), list):
            changed[name] = [full_spec(str(word)) for word in changed[name]]
    options = changed.get("options")
    if isinstance(options, dict) and "encoder_weights" in options:
        file = Path(str(options["encoder_weights"])).expanduser()  # or the name of published weights
        if file.exists():
            options["encoder_weights"] = str(file.resolve())
    return changed


def _kind(name: str) -> Kind:
    if name == "class_map":
        return "map"
    if name in ("data", "val_data"):  # a folder's name may hold a comma
        return "places"
    if isinstance(_DEFAULTS[name], list):
        return "list"
    return "parts" if isinstance(_DEFAULTS[name], dict) else "value"


def _metavar(name: str) -> str:
    annotation = TrainConfig.model_fields[name].annotation
    if get_origin(annotation) is Literal:
        return "{" + ",".join(map(str, get_args(annotation))) + "}"
    numbers: dict[Any, str] = {int: "N", int | None: "N", float: "X"}
    return _KIND_METAVARS.get(_kind(name)) or numbers.get(annotation, "TEXT")


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in a JSON file, such as the ``spec.json`` of a run; not validated.

    Raises:
        BadConfig: there is no such file, or it does not contain a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(
            "{path} cannot be read: {error}. Give a JSON file with settings.", path=path, error=error.strerror
        ) from None
    except ValueError as error:
        raise BadConfig(
            '{path} is no JSON ({error}). Give a file such as {{"model": "unet", "epochs": 3}}.', path=path, error=error
        ) from None
    if not isinstance(content, dict):
        raise BadConfig(
            "{path} holds a {found}, expected a JSON object with settings.", path=path, found=type(content).__name__
        )
    return content


def _put(settings: dict[str, Any], typed: str, *, within: str = "") -> None:
    """Set ``field.inner=value``; a value is parsed as JSON if possible: 3, true, [1, 2], null."""
    path, equals, text = typed.partition("=")
    if not equals:
        raise BadConfig('"{typed}" sets nothing; expected NAME=VALUE, as in "{typed}=1".', typed=typed)
    *outer, last = f"{within}{path}".split(".")
    place = settings
    for key in outer:
        place = place.setdefault(key, {})
        if not isinstance(place, dict):
            raise BadConfig('"{typed}" cannot be set: "{key}" has nothing inside.', typed=typed, key=key)
    try:
        place[last] = json.loads(text)
    except ValueError:
        place[last] = text
