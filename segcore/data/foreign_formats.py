"""Files and folders of formats that are not read here: their name, by content, and how to convert them.

Only the beginning of a file is looked at, and never its suffix alone.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from segcore.errors import Message

_HEAD = 2**20
"""Bytes of a file that are looked at."""
_FOLDERS = 40
"""Maximum number of folders that are looked into …"""
_FILES = 12
"""… and of files of one suffix in each."""


class Foreign(NamedTuple):
    """A format: its name as part of a sentence, and what to do with it."""

    title: Message
    advice: Message


class Found(NamedTuple):
    """A foreign format in a folder, and one of its files."""

    format: Foreign
    example: Path


def identify(content: bytes) -> Foreign | None:
    """The foreign format of a file, by its beginning; None for all else."""
    if content[:2] == b"\x1f\x8b":  # gzip, as NIfTI usually is
        try:
            content = zlib.decompressobj(wbits=31).decompress(content[:_HEAD], 4096)
        except zlib.error:
            return None
    head = content[:_HEAD]
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    rules = _JSON if start in (b"{", b"[") else _XML if start == b"<" else _BINARY
    return next((form for matches, form in rules if matches(head)), None)


def foreign_folder(root: Path) -> Found | None:
    """The foreign format of the files in a folder or its subfolders, and the first of them; None for others."""
    for path in _candidates(root):
        if path.name == "_classes.csv" and _begins(path, b"Pixel Value"):
            return Found(_ROBOFLOW_MASKS, path)
        if path.suffix.lower() == ".txt":
            if re.fullmatch(rb"\d+( +-?[\d.e-]+){4,}\s*", _head(path).partition(b"\n")[0]):
                return Found(_YOLO_WITHOUT_NAMES, path)
            continue
        found = identify(_head(path))
        if found is not None:
            return Found(found, path)
    return None


def _candidates(root: Path) -> Iterator[Path]:
    """Some files that are no photos, of the folder first and then of its subfolders; by suffix, a few of each."""
    folders = [root]
    for folder in folders:
        counts: dict[str, int] = {}
        try:
            inside = sorted(folder.iterdir())
        except OSError:
            continue
        for path in inside:
            if path.name.startswith((".", "__MACOSX")):
                continue
            if path.is_dir():
                folders += [path] if len(folders) < _FOLDERS else []
                continue
            suffix = path.suffix.lower()
            counts[suffix] = counts.get(suffix, 0) + 1
            if counts[suffix] <= _FILES and suffix not in _PHOTOS:
                yield path


_PHOTOS = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", ".gif", ".heic", ".heif", ".avif"}


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except OSError:
        return b""


def _begins(path: Path, text: bytes) -> bool:
    return _head(path)[: len(text)] == text


Rule = tuple[Callable[[bytes], bool], Foreign]


def _has(*keys: str) -> Callable[[bytes], bool]:
    """Whether all keys occur as keys of JSON; of alternatives "a|b" one."""
    patterns = [re.compile(rb'"(?:%s)"\s*:' % key.encode()) for key in keys]
    return lambda head: all(pattern.search(head) for pattern in patterns)


def _matches(pattern: bytes) -> Callable[[bytes], bool]:
    compiled = re.compile(pattern, re.DOTALL)
    return lambda head: compiled.search(head) is not None


def _is_nifti(head: bytes) -> bool:
    sizes = {size.to_bytes(4, order) for size in (348, 540) for order in ("little", "big")}
    return head[:4] in sizes and (head[344:347] in (b"n+1", b"ni1") or head[4:7] in (b"n+2", b"ni2"))


_RASTERISE = Message(
    "Burn the shapes into masks of the size of the photos (gdal_rasterize, or rasterio.features.rasterize), save them "
    "as 8-bit PNG into masks/, and write classes.json."
)
_EXPORT = Message("Export the project as COCO with polygons or masks, and give that folder.")
_LABEL_STUDIO = Foreign(
    Message("Label Studio's own JSON"),
    Message("In Label Studio choose Export, then COCO (polygons) or “Brush labels to PNG”, and give that folder."),
)
_GEOJSON = Foreign(Message("GeoJSON (shapes on a map)"), _RASTERISE)
_MEDICAL = Message(
    "Save its slices as PNG or TIFF into images/, and the label volume with the same numbers into masks/ (3D Slicer, "
    "or nibabel or pydicom with Pillow), and write classes.json."
)
_ARRAY = Message(
    "Save each image as PNG or TIFF into images/ and each label array as 8-bit PNG into masks/ (NumPy or SciPy with "
    "Pillow), and write classes.json."
)
_ROBOFLOW_MASKS = Foreign(
    Message("Roboflow's semantic masks (NAME_mask.png with _classes.csv)"),
    Message(
        "Move the photos into images/ and the masks into masks/, without _mask in their names, and write the names of "
        "_classes.csv into classes.json; or export as COCO segmentation."
    ),
)
_YOLO_WITHOUT_NAMES = Foreign(
    Message("YOLO labels"),
    Message(
        "Put data.yaml with the classes, as names: [leaf, stem], images/ and labels/ into one folder, and give that. "
        "Lines of four numbers are boxes, from which no mask can be made."
    ),
)
_JSON: tuple[Rule, ...] = (
    (
        _has("shapes", "imagePath|imageData|points"),
        Foreign(
            Message("labelme's JSON (one file for each photo)"),
            Message(
                "Convert it with labelme's script labelme2voc.py (masks) or with labelme2coco, and give that folder."
            ),
        ),
    ),
    (_has("from_name", "to_name"), _LABEL_STUDIO),
    (_has("annotation_id", "annotator"), _LABEL_STUDIO),
    (_has("polygonlabels|brushlabels|rectanglelabels|ellipselabels|keypointlabels"), _LABEL_STUDIO),
    (_has("classTitle"), Foreign(Message("Supervisely's JSON"), _EXPORT)),
    (
        _has("classes", "geometry_config|projectType|tags", "shape|projectType"),
        Foreign(Message("Supervisely's JSON"), _EXPORT),
    ),
    (
        _has("shape_attributes|_via_img_metadata|_via_settings"),
        Foreign(
            Message("the JSON of the VGG Image Annotator (VIA)"),
            Message("In VIA choose Annotation, then Export Annotations (COCO format), and give that folder."),
        ),
    ),
    (_matches(rb'"type"\s*:\s*"(?:FeatureCollection|Feature)"'), _GEOJSON),
    (
        _has("imgHeight", "imgWidth", "objects"),
        Foreign(
            Message("polygons as Cityscapes has them, without masks"),
            Message(
                "Make masks of them with createTrainIdLabelImgs of cityscapesScripts, or give the folder with gtFine/."
            ),
        ),
    ),
    (_has("data_row"), Foreign(Message("Labelbox's JSON"), _EXPORT)),
    (_has("dm_format_version|dm_format"), Foreign(Message("Datumaro's JSON"), _EXPORT)),
    (
        _has("image|imagefilename", "annotations", "coordinates"),
        Foreign(
            Message("CreateML's JSON of boxes"), Message("Boxes make no masks. Annotate polygons or masks instead.")
        ),
    ),
    (
        _matches(rb'^\s*\[.*"image_id"\s*:.*"category_id"\s*:|^\s*\[.*"category_id"\s*:.*"image_id"\s*:'),
        Foreign(
            Message("COCO results, a list without images and categories"),
            Message("Put the list as annotations into the COCO JSON of the images."),
        ),
    ),
)
_XML: tuple[Rule, ...] = (
    (
        _matches(rb"<annotations>.*<(?:image|track|task|job|project)\b"),
        Foreign(
            Message("CVAT's XML"),
            Message("In CVAT choose Export, then COCO 1.0 or “Segmentation mask 1.1”, and give that folder."),
        ),
    ),
    (
        _matches(rb"<annotation\b.*<(?:polygon|segmentation)>\s*<"),
        Foreign(Message("XML of polygons, as LabelMe or VOC has them"), _EXPORT),
    ),
    (
        _matches(rb"<annotation\b.*(?:<bndbox>|<filename>)"),
        Foreign(
            Message("Pascal VOC's XML of boxes"),
            Message("Boxes make no masks. VOC's masks are in SegmentationClass/; if there are none, annotate them."),
        ),
    ),
    (_matches(rb"<kml\b"), Foreign(Message("KML (shapes on a map)"), _RASTERISE)),
    (_matches(rb"<ASAP_Annotations|<Annotations\b"), Foreign(Message("XML of polygons of a slide viewer"), _RASTERISE)),
)
_BINARY: tuple[Rule, ...] = (
    (lambda head: head[128:132] == b"DICM", Foreign(Message("a DICOM file (medical image)"), _MEDICAL)),
    (_is_nifti, Foreign(Message("a NIfTI volume (medical image)"), _MEDICAL)),
    (_matches(rb"^NRRD000|^\s*(?:ObjectType|NDims)\s*="), Foreign(Message("an NRRD or MetaImage volume"), _MEDICAL)),
    (_matches(rb"^MATLAB (?:5\.0|7\.3) MAT-file"), Foreign(Message("a MATLAB file (.mat)"), _ARRAY)),
    (_matches(rb"^\x93NUMPY|^PK\x03\x04.{26}[^/]{1,100}\.npy"), Foreign(Message("a NumPy array"), _ARRAY)),
    (_matches(rb"^\x89HDF\r\n\x1a\n"), Foreign(Message("an HDF5 file"), _ARRAY)),
    (_matches(rb"^PAR1"), Foreign(Message("a Parquet table"), _ARRAY)),
    (_matches(rb"^\x00\x00\x27\x0a"), Foreign(Message("a shapefile (shapes on a map)"), _RASTERISE)),
    (_matches(rb"^SQLite format 3\x00"), Foreign(Message("a GeoPackage or another database"), _RASTERISE)),
    (
        _matches(rb"^PK\x03\x04|^Rar!\x1a\x07|^7z\xbc\xaf\x27\x1c"),
        Foreign(Message("an archive"), Message("Unpack it first; the Data page takes a ZIP of a dataset as it is.")),
    ),
)
