"""What a run or an evaluation can be taken away as; writes files, and is loaded only when somebody asks for one.

spreadsheet.py   CSV: every logged step, every validation, every meter reading
tensorboard.py   event files that TensorBoard shows: curves, class by class, sample images, configuration
meters.py        the numbers of a meter reading, by name
pictures.py      photos and masks as small JPEGs

sections.py      what a report is made of: plain data, for reports of any kind
page.py          a report as one HTML file; template/ has its template and its styles
figure.py        a chart as the coordinates of a drawing
run_report.py    the report of a run, from its history.py: run_curves.py, run_pictures.py
evaluation_report.py  the report of an evaluation, with evaluation_robustness.py
"""

from segcore.export.evaluation_report import Evaluated, evaluation_html, run_of
from segcore.export.page import render
from segcore.export.run_report import html_report
from segcore.export.spreadsheet import as_csv
from segcore.export.tensorboard import events_zip, write_events

__all__ = ["Evaluated", "as_csv", "evaluation_html", "events_zip", "html_report", "render", "run_of", "write_events"]
