"""Files for other programs and for people: CSV, TensorBoard events and HTML reports.

Reports are plain data (`sections`), which `page` writes as HTML. Pages draw the same sections, which need neither torch
nor tensorboardX, so each name below is imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segcore.export.evaluation_report import Evaluated, evaluation_html, run_of
    from segcore.export.run_report import html_report
    from segcore.export.spreadsheet import as_csv
    from segcore.export.tensorboard import events_zip, write_events

__all__ = ["Evaluated", "as_csv", "evaluation_html", "events_zip", "html_report", "run_of", "write_events"]

_MODULES = {
    "Evaluated": "evaluation_report",
    "as_csv": "spreadsheet",
    "evaluation_html": "evaluation_report",
    "events_zip": "tensorboard",
    "html_report": "run_report",
    "run_of": "evaluation_report",
    "write_events": "tensorboard",
}


def __getattr__(name: str) -> Any:
    """Import the module of a name on first use (PEP 562)."""
    if name in _MODULES:
        return getattr(import_module(f"segcore.export.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'segcore.export' has no attribute {name!r}")
