"""One COCO file and one CSV table for many photos, added one at a time, so that no two predictions are in memory."""

import json
from typing import Any

from segcore.inference.coco_files import OnProgress, coco_json
from segcore.inference.polygons import TOLERANCE_PX, polygon_json
from segcore.inference.prediction_files import csv_table
from segcore.types import Prediction


class BatchFiles:
    """Collects the annotations and the class tables of photos.

    Categories are matched by name: methods without a network number their regions anew in every photo.
    """

    def __init__(self) -> None:
        self._documents: dict[str, dict[str, Any]] = {}
        self._categories: dict[str, int] = {}
        self._table: list[str] = []

    def add(
        self,
        name: str,
        prediction: Prediction,
        tolerance: float = TOLERANCE_PX,
        on_progress: OnProgress | None = None,
    ) -> None:
        """Add a photo by the name of its file, which must be unlike all others; ``tolerance`` is of its polygons."""
        rle = coco_json({name: prediction}, on_progress)
        polygons = polygon_json({name: prediction}, tolerance, on_progress)
        self._table.append(csv_table({name: prediction}))
        self._merge("rle", json.loads(rle))
        self._merge("polygons", json.loads(polygons))

    @property
    def table(self) -> str:
        """The CSV table, with one line of names."""
        return "".join(text if not index else text.partition("\n")[2] for index, text in enumerate(self._table))

    def coco(self, kind: str) -> str:
        """The COCO file of kind "rle" or "polygons"."""
        return json.dumps(self._documents[kind], ensure_ascii=False)

    def _merge(self, kind: str, document: dict[str, Any]) -> None:
        whole = self._documents.setdefault(
            kind, {"info": document["info"], "images": [], "categories": [], "annotations": []}
        )
        if whole["info"] is not document["info"] and "pixels" in whole["info"]:
            info = whole["info"]
            for count in ("pixels", "pixels_changed"):
                info[count] += document["info"][count]
            info["tolerance_px"] = max(info["tolerance_px"], document["info"]["tolerance_px"])
            info["share_changed"] = round(info["pixels_changed"] / max(1, info["pixels"]), 6)
        ids = {category["id"]: self._category(category) for category in document["categories"]}
        whole["categories"] = [{"id": number, "name": name} for name, number in self._categories.items()]
        image_id = len(whole["images"]) + 1
        whole["images"] += [image | {"id": image_id} for image in document["images"]]
        for annotation in document["annotations"]:
            numbers = {"id": len(whole["annotations"]) + 1, "image_id": image_id}
            whole["annotations"].append(annotation | numbers | {"category_id": ids[annotation["category_id"]]})

    def _category(self, category: dict[str, Any]) -> int:
        """The id of a category in the whole file: its own if that is free."""
        taken = set(self._categories.values())
        own = int(category["id"])
        return self._categories.setdefault(category["name"], own if own not in taken else max(taken) + 1)
