"""Formats that are not read are named, by their content, in the answer about a folder and about an uploaded photo."""

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from segcore.data import check_dataset, open_dataset, read_image
from segcore.data.foreign_formats import identify
from segcore.errors import BadDataset, BadImage
from segcore.paths import PROJECT
from tests.data.sample_files import photo, save, write


def _saved(write_to: object, *arguments: object) -> bytes:
    file = io.BytesIO()
    write_to(file, *arguments)  # type: ignore[operator]
    return file.getvalue()


NIFTI = (348).to_bytes(4, "little") + bytes(340) + b"n+1\0" + bytes(500)
SHAPES = [{"label": "bird", "points": [[1, 2], [3, 4], [5, 6]], "shape_type": "polygon"}]
LABEL_STUDIO = [
    {
        "id": 1,
        "data": {"image": "/data/upload/a.jpg"},
        "annotations": [{"result": [{"from_name": "label", "to_name": "image", "type": "polygonlabels"}]}],
    }
]
FILES: list[tuple[str, bytes | object, str]] = [
    ("slice.dcm", bytes(128) + b"DICM" + bytes(100), "DICOM"),
    ("no-suffix", bytes(128) + b"DICM" + bytes(100), "DICOM"),
    ("brain.nii", NIFTI, "NIfTI"),
    ("brain.nii.gz", gzip.compress(NIFTI), "NIfTI"),
    ("volume.nrrd", b"NRRD0004\ntype: short\n", "NRRD"),
    ("volume.mha", b"ObjectType = Image\nNDims = 3\n", "MetaImage"),
    ("a.npy", _saved(np.save, np.zeros((4, 4))), "NumPy"),
    ("a.npz", _saved(lambda file: np.savez(file, masks=np.zeros(3))), "NumPy"),
    ("a.mat", _saved(scipy.io.savemat, {"mask": np.zeros((4, 4))}), "MATLAB"),
    ("a.h5", b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5"),
    ("roads.shp", b"\0\0\x27\x0a" + bytes(96), "shapefile"),
    ("data.parquet", b"PAR1" + bytes(100), "Parquet"),
    ("photos.zip", b"PK\x03\x04" + bytes(26) + b"a.jpg", "archive"),
    ("a.json", {"version": "5.2.1", "flags": {}, "shapes": SHAPES, "imagePath": "a.jpg", "imageData": None}, "labelme"),
    ("a.json", {"shapes": SHAPES}, "labelme"),
    ("project.json", LABEL_STUDIO, "Label Studio"),
    ("min.json", [{"image": "a.jpg", "label": [{"polygonlabels": ["cat"]}], "annotator": 1}], "Label Studio"),
    (
        "a.jpg.json",
        {"size": {"height": 4}, "objects": [{"classTitle": "cat", "geometryType": "polygon"}]},
        "Supervisely",
    ),
    ("via.json", {"_via_img_metadata": {}}, "VIA"),
    ("via.json", {"a.jpg1": {"regions": [{"shape_attributes": {"name": "polygon"}}]}}, "VIA"),
    ("fields.geojson", {"type": "FeatureCollection", "features": []}, "GeoJSON"),
    ("a.json", {"imgHeight": 4, "imgWidth": 4, "objects": []}, "Cityscapes"),
    ("box.ndjson", {"data_row": {"id": "x"}, "projects": {}}, "Labelbox"),
    ("items.json", {"dm_format_version": "1.0", "items": []}, "Datumaro"),
    ("m.json", [{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {"x": 1}}]}], "CreateML"),
    ("results.json", [{"image_id": 1, "category_id": 3, "segmentation": [], "score": 0.5}], "COCO results"),
    (
        "a.xml",
        b'<?xml version="1.0"?>\n<annotations><version>1.1</version><image id="0"></image></annotations>',
        "CVAT",
    ),
    ("a.xml", b"<annotations><version>1.1</version><track id='0'></track></annotations>", "CVAT"),
    ("a.xml", b"<annotation><filename>a.jpg</filename><object><bndbox></bndbox></object></annotation>", "Pascal VOC"),
    ("doc.kml", b'<?xml version="1.0"?><kml xmlns="x"></kml>', "KML"),
]


def _bytes_of(content: object) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


@pytest.mark.parametrize(("name", "content", "title"), FILES, ids=[f"{title}-{name}" for name, _, title in FILES])
def test_a_foreign_file_is_named_in_a_folder_and_as_a_photo(
    tmp_path: Path, name: str, content: object, title: str
) -> None:
    save(tmp_path / "images" / "a.jpg", photo())
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / name).write_bytes(_bytes_of(content))
    for answer in (lambda: open_dataset(tmp_path), lambda: check_dataset(tmp_path)):
        with pytest.raises(BadDataset, match=rf"{title}.*, as labels/") as caught:
            answer()
    advice = caught.value.facts["advice"]
    assert str(advice).endswith(".")
    with pytest.raises(BadImage, match=rf"^{name} is .*{title}.*, not a photo"):
        read_image(_bytes_of(content), name)


def test_the_content_counts_and_not_the_suffix(tmp_path: Path) -> None:
    for name in ("a.dcm", "a.nii.gz", "a.npy", "a.shp", "a.mat"):
        (tmp_path / name).write_bytes(b"plain text")
    with pytest.raises(BadDataset, match="It was looked for"):
        open_dataset(tmp_path)
    for text in (b"", b"{", b"[1, 2]", b'{"classes": ["a"]}', b"<html>", b"\x1f\x8bbroken"):
        assert identify(text) is None
    assert identify(_saved(save_png)) is None


def save_png(file: io.BytesIO) -> None:

    Image.fromarray(photo()).save(file, "PNG")


def test_yolo_without_yaml_and_several_coco_files(tmp_path: Path) -> None:
    write(tmp_path / "yolo" / "labels" / "a.txt", "0 0.1 0.1 0.2 0.2 0.3 0.1\n")
    with pytest.raises(BadDataset, match=r"It holds YOLO labels.*data\.yaml"):
        open_dataset(tmp_path / "yolo")
    for name in ("north", "south"):
        contents = {"images": [{"file_name": "a.jpg"}], "annotations": [], "categories": []}
        write(tmp_path / "coco" / f"{name}.json", json.dumps(contents))
    with pytest.raises(BadDataset, match=r"several COCO files, north\.json, south\.json"):
        open_dataset(tmp_path / "coco")


EXPORTS = PROJECT.parent / "shared" / "data" / "exports"


@pytest.mark.skipif(not EXPORTS.is_dir(), reason="the exports are not here")
@pytest.mark.parametrize(
    ("folder", "title"),
    [("labelme_json", "labelme"), ("cvat_images_1.1", "CVAT"), ("roboflow_png_mask", "Roboflow")],
)
def test_exports_of_real_tools_are_named(folder: str, title: str) -> None:
    with pytest.raises(BadDataset, match=f"It holds .*{title}"):
        open_dataset(EXPORTS / folder)
