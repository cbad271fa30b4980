"""A report for people: one HTML file with everything in it, pictures too, that opens without network or program.

Nothing in it is a script. Names of files, classes and checkpoints come from strangers and are escaped. Charts are SVG;
colours are never the only carrier of a meaning, numbers stand beside them.
"""

import base64
import html
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from segcore.checkpoint import CheckpointCard
from segcore.data import SegDataset, resize_image
from segcore.data.transforms import resize_labels, working_size
from segcore.durable import write_whole
from segcore.errors import BadImage
from segcore.evaluation.measure import as_rgb
from segcore.evaluation.predictions import KeptPredictions
from segcore.evaluation.report import Report
from segcore.evaluation.robustness import RobustnessCard
from segcore.palette import overlay
from segcore.types import RGB

WORST = 8
"""So many images are shown, the worst by their own mIoU."""

_PICTURE_SIDE = 320
_MOST_IN_MATRIX = 30
_CONFUSIONS = 15

_STYLE = """
:root{color-scheme:light dark;--line:#8886;--bar:#0072b2}
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
h1{margin-bottom:0}h2{margin-top:2.2rem;border-bottom:1px solid var(--line)}
table{border-collapse:collapse;margin:.6rem 0}td,th{padding:.2rem .6rem;border-bottom:1px solid var(--line)}
th{text-align:left;font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}.note{opacity:.75;max-width:52rem}.big{font-size:2rem;font-weight:700}
figure{display:inline-block;margin:.4rem .8rem .8rem 0;vertical-align:top}figcaption{font-size:.85rem}
figure img{height:200px;max-width:100%;border-radius:4px;margin-right:4px}
svg{max-width:100%;height:auto}svg text{fill:currentColor;font-size:11px}
.dot{display:inline-block;width:.8em;height:.8em;border:1px solid #8888;margin-right:.4em}
"""

Rows = Iterable[Sequence[str]]


def write_page(
    path: Path,
    report: Report,
    card: CheckpointCard,
    dataset: SegDataset,
    kept: Path,
    *,
    robustness: RobustnessCard | None = None,
    history: Mapping[str, Sequence[float | None]] | None = None,
) -> None:
    """Write the page.

    Args:
        path: of the HTML file.
        report: what was measured.
        card: of the checkpoint.
        dataset: that was evaluated, for the photos of the worst images.
        kept: folder of the kept predictions; images that are not there are shown without them.
        robustness: of the checkpoint, if it was measured.
        history: curves of the training, name → one value an epoch.

    Raises:
        OSError: the file cannot be written.
    """
    title = f"{report.checkpoint} on {report.data_title}" + (f", split {report.split}" if report.split else "")
    parts = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="note">{report.images} images, {_text(report.created)}</p>',
        _headline(report),
        _classes(report, card),
        _confusion(report),
        _worst(report, card, dataset, KeptPredictions(kept)),
        _conventions(report),
        _sizes(report),
        _reliability(report),
        "" if robustness is None else _robustness(robustness),
        "" if not history else _history(history),
        _configuration(report, card, robustness),
    ]
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )
    write_whole(path, page.encode())


def _text(value: object) -> str:
    return html.escape(str(value))


def _number(value: float, digits: int = 3) -> str:
    return "—" if math.isnan(value) else f"{value:.{digits}f}"


def _table(header: Sequence[str], rows: Rows, *, words: int = 1) -> str:
    """A table; the first ``words`` columns are text, the others numbers. Cells are HTML already."""
    kinds = ["" if column < words else ' class="n"' for column in range(len(header))]
    head = "".join(f"<th{kind}>{_text(name)}</th>" for kind, name in zip(kinds, header, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _shaded(colour: str, share: float, words: str) -> str:
    """Words on a ground that is the darker the larger the share, 0 … 1."""
    strength = 0.0 if math.isnan(share) else 0.75 * min(max(share, 0.0), 1.0)
    return f'<span style="background:rgba({colour},{strength:.2f});padding:.1rem .3rem">{words}</span>'


def _headline(report: Report) -> str:
    scores, interval = report.scores, report.intervals
    facts = [
        ("pixel accuracy", scores.pixel_accuracy),
        ("mean accuracy", scores.mean_accuracy),
        ("mean Dice", scores.mean_dice),
        ("frequency-weighted IoU", scores.frequency_weighted_iou),
        ("calibration error", report.reliability.ece),
    ]
    if report.outlines is not None:
        facts += [("boundary F", report.outlines.scores.mean_f), ("Boundary IoU", report.outlines.scores.mean_iou)]
    return (
        f'<p><span class="big">mIoU {_number(scores.miou)}</span> '
        f"({_number(interval.miou.low)} … {_number(interval.miou.high)} in {interval.level:.0%} of {interval.draws} "
        f"draws of the images)</p><p>{', '.join(f'{name} {_number(value)}' for name, value in facts)}</p>"
        f'<p class="note">{_text(report.convention)}</p>'
    )


def _classes(report: Report, card: CheckpointCard) -> str:
    scores, outlines = report.scores, report.outlines
    header = ["class", "IoU", "95 % of draws", "Dice", "precision", "recall", "share of true pixels"]
    rows = []
    for c, name in enumerate(scores.classes):
        interval = report.intervals.iou[c]
        row = [
            f'<span class="dot" style="background:rgb{card.colours[c]}"></span>{_text(name)}',
            _number(scores.iou[c]),
            "—" if math.isnan(interval.low) else f"{_number(interval.low)} … {_number(interval.high)}",
            _number(scores.dice[c]),
            _number(scores.precision[c]),
            _number(scores.recall[c]),
            f"{scores.support[c] / max(scores.pixels, 1):.1%}",
        ]
        if outlines is not None:
            row += [_number(outlines.scores.f[c]), _number(outlines.scores.iou[c])]
        rows.append(row)
    if outlines is not None:
        header += ["boundary F", "Boundary IoU"]
    return "<h2>Classes</h2>" + _table(header, rows)


def _confusion(report: Report) -> str:
    """Where the pixels of each class went, as shares of its true pixels."""
    counts = np.array(report.counts, np.float64)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    names = [_text(name) for name in report.classes]
    if len(names) > _MOST_IN_MATRIX:
        wrong = shares * (1 - np.eye(len(names)))
        order = np.argsort(-wrong, axis=None)[:_CONFUSIONS]
        cells = [divmod(int(place), len(names)) for place in order if wrong.flat[place] > 0]
        rows = [(names[i], names[j], f"{shares[i, j]:.1%}", f"{counts[i, j]:,.0f}") for i, j in cells]
        return "<h2>Most frequent confusions</h2>" + _table(
            ("true class", "labelled as", "share of its pixels", "pixels"), rows, words=2
        )
    body = [
        (
            names[i],
            *(_shaded("0,114,178", share, f"{share:.1%}") for share in shares[i]),
        )
        for i in range(len(names))
    ]
    return '<h2>Confusion</h2><p class="note">Rows: the truth. Columns: as what its pixels were labelled.</p>' + _table(
        ("", *report.classes), body
    )


def _worst(report: Report, card: CheckpointCard, dataset: SegDataset, kept: KeptPredictions) -> str:
    figures = []
    numbers = {row.index: number for number, row in enumerate(report.rows)}
    for row in report.worst(WORST):
        photo = as_rgb(dataset[row.index].image)
        size = working_size(photo.shape[:2], min(_PICTURE_SIDE, max(photo.shape[:2])))
        small = resize_image(photo, size)
        pictures = [_picture(small, "the photo")]
        try:
            for labels, words in (
                (kept.labels(numbers[row.index]), "the prediction"),
                (kept.truth(numbers[row.index]), "the truth"),
            ):
                pictures.append(_picture(overlay(small, resize_labels(labels, size), card.colours), words))
        except BadImage:
            pass  # it was not kept; the photo alone still tells something
        figures.append(
            f"<figure>{''.join(pictures)}<figcaption>{_text(row.name)}: mIoU {_number(row.miou)}, pixel accuracy "
            f"{_number(row.pixel_accuracy)}, loss {_number(row.loss)}</figcaption></figure>"
        )
    note = '<p class="note">Photo, prediction, truth; by the mIoU of each image alone.</p>'
    return f"<h2>Worst images</h2>{note}" + "".join(figures)


def _picture(rgb: RGB, words: str) -> str:
    done, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 85])
    assert done, "an image of bytes can always be encoded"
    return f'<img alt="{words}" src="data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode()}">'


def _conventions(report: Report) -> str:
    rows = [(_text(row.title), _text(row.why or row.rule), _number(row.value, 4)) for row in report.conventions]
    return "<h2>The same predictions by other rules</h2>" + _table(
        ("as computed by", "why it differs", "mIoU"), rows, words=2
    )


def _sizes(report: Report) -> str:
    bounds = ["0 %", *(f"{100 * edge:g} %" for edge in report.sizes.edges), "100 %"]
    rows = [
        (
            f"{size.size} ({low} … {high} of the image)",
            str(size.objects),
            *map(_number, (size.found, size.recall, size.iou)),
        )
        for size, low, high in zip(report.sizes.all, bounds[:-1], bounds[1:], strict=True)
    ]
    left_out = f" Without {_text(', '.join(report.sizes.without))}." if report.sizes.without else ""
    return (
        "<h2>Objects by size</h2>"
        '<p class="note">An object is one connected piece of a class. Found: at least half of its pixels are '
        f"labelled as its class. Means over objects.{left_out}</p>"
        + _table(("size", "objects", "found", "recall", "IoU"), rows)
    )


def _reliability(report: Report) -> str:
    """Bars of accuracy over confidence, and the diagonal where they should end."""
    diagram = report.reliability
    side, left = 240, 34
    total = max(sum(diagram.pixels), 1)
    bars = []
    for low, high, accuracy, pixels in zip(
        diagram.edges[:-1], diagram.edges[1:], diagram.accuracy, diagram.pixels, strict=True
    ):
        if pixels:
            bars.append(
                f'<rect x="{left + low * side:.1f}" y="{side * (1 - accuracy):.1f}" '
                f'width="{(high - low) * side - 1:.1f}" height="{accuracy * side:.1f}" fill="#0072b2">'
                f"<title>confidence {low:.2f} … {high:.2f}: accuracy {accuracy:.3f}, {pixels / total:.1%} of the pixels"
                "</title></rect>"
            )
    axes = (
        f'<path d="M{left} 0V{side}H{left + side}" stroke="currentColor" fill="none"/>'
        f'<path d="M{left} {side}L{left + side} 0" stroke="currentColor" stroke-dasharray="4 3"/>'
        f'<text x="{left}" y="{side + 14}">0</text><text x="{left + side - 8}" y="{side + 14}">1</text>'
        f'<text x="{left + 70}" y="{side + 28}">confidence</text><text x="0" y="10">accuracy</text>'
    )
    surer = "surer than right" if diagram.over > 0 else "less sure than right"
    return (
        f"<h2>Calibration</h2><p>Expected calibration error {_number(diagram.ece)}, greatest {_number(diagram.mce)}; "
        f"on average {_number(abs(diagram.over))} {surer}.</p>"
        f'<svg viewBox="0 0 {left + side + 6} {side + 34}" width="340" role="img" aria-label="Reliability diagram">'
        f"{''.join(bars)}{axes}</svg>"
    )


def _robustness(card: RobustnessCard) -> str:
    kinds = sorted(dict.fromkeys(cell.corruption for cell in card.cells), key=card.relative_of)
    rows = []
    for kind in kinds:
        cells = [_shaded("213,94,0", 1 - cell.relative, _number(cell.miou)) for cell in card.of(kind)]
        rows.append((_text(kind), *cells, *[""] * (5 - len(cells)), _number(card.relative_of(kind))))
    return (
        f"<h2>Robustness</h2><p>On average {_number(card.relative)} of the clean mIoU of {_number(card.clean_miou)} is "
        f"left, over {card.images} images of {_text(card.data_title)}.</p>"
        + _table(("corruption", *"12345", "mean share left"), rows)
        + f'<p class="note">{_text(card.convention)}</p>'
    )


def _history(history: Mapping[str, Sequence[float | None]]) -> str:
    charts = []
    for name, values in history.items():
        known = [(epoch, value) for epoch, value in enumerate(values) if value is not None and math.isfinite(value)]
        if len(known) < 2:
            continue
        low, high = min(value for _, value in known), max(value for _, value in known)
        span, last = max(high - low, 1e-9), max(len(values) - 1, 1)
        points = " ".join(
            f"{10 + 280 * epoch / last:.1f},{110 - 100 * (value - low) / span:.1f}" for epoch, value in known
        )
        charts.append(
            f'<figure><svg viewBox="0 0 300 120" width="300" role="img" aria-label="{_text(name)} by epoch">'
            f'<polyline points="{points}" fill="none" stroke="#0072b2" stroke-width="2"/></svg>'
            f"<figcaption>{_text(name)}: {_number(low)} … {_number(high)} in {len(values)} epochs</figcaption></figure>"
        )
    return "<h2>Training</h2>" + "".join(charts) if charts else ""


def _configuration(report: Report, card: CheckpointCard, robustness: RobustnessCard | None) -> str:
    options = ", ".join(f"{name} = {value}" for name, value in card.options.items())
    facts = {
        "checkpoint": f"{card.name}: {card.title}",
        "sha256 of its file": report.checkpoint_sha256 or "—",
        "architecture": f"{card.architecture}{f' ({options})' if options else ''}",
        "parameters": f"{card.parameters:,}",
        "looks at": "photos as they are" if card.working_side is None else f"{card.working_side} pixels, longer side",
        "trained on": "; ".join(f"{data.name} ({data.licence or 'licence unknown'})" for data in card.training_data)
        or "—",
        "licence of the weights": card.licence or "unknown",
        "data": f"{report.data_title} ({report.source or report.data}), split {report.split or 'none'}",
        "classes mapped": ", ".join(f"{old} = {new}" for old, new in report.mapping.items()) or "by name",
        "speed": f"{report.speed.median_ms:.1f} ms for the middle image, {report.speed.engine}, "
        f"{report.speed.threads} threads",
        "seeds": "0 of the draws of images" + (f", {robustness.seed} of the corruptions" if robustness else ""),
        **report.environment,
    }
    return "<h2>Configuration</h2>" + _table(
        ("what", "value"), ((_text(name), _text(value)) for name, value in facts.items()), words=2
    )
