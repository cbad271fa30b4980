"""Segmentation before networks: methods that know light, colour and borders, and nothing of cats.

table.py        METHODS: every method with its paper, its parameters and the kind of its answer
rectangle.py    where a person says that the object is
sides.py        object or background? The rule, and how sure one can be of it
thresholds.py   otsu, adaptive: one value for the whole photo, or one for every place
chan_vese.py    two regions of even brightness with a short border
grabcut.py      two sets of colours with a short border along the edges
growing.py      all that is connected to a point and looks like it
edges.py        canny; and the areas that edges enclose
kmeans.py       pixels of like colour, wherever they are
watershed.py    basins between the ridges of change
felzenszwalb.py, superpixels.py   many small regions that keep to the borders
regions.py      regions numbered by size
oracle.py       regions → classes, with the truth at hand: the most that any naming could reach

A method is a function of a photo (h, w, 3) uint8 and of whole numbers, its parameters. It answers in one of three ways:

    "object"    (h, w) float32, how much a pixel belongs to the object: more than ½ is object. No true probability.
    "edges"     (h, w) float32, 1 on an edge, 0 elsewhere
    "regions"   (h, w) int32, the number of each pixel's region, 0 … n - 1

``segcore.inference`` turns any of these into a Prediction, ``segcore.evaluation`` into scores.
"""

from segcore.classical.chan_vese import chan_vese
from segcore.classical.edges import areas_between, canny
from segcore.classical.felzenszwalb import felzenszwalb
from segcore.classical.grabcut import grabcut
from segcore.classical.growing import grow
from segcore.classical.kmeans import kmeans
from segcore.classical.methods import METHODS, Method, Parameter, method_of, settings_of
from segcore.classical.oracle import best_classes
from segcore.classical.rectangle import Rectangle
from segcore.classical.superpixels import slic
from segcore.classical.thresholds import adaptive, otsu
from segcore.classical.watershed import watershed

__all__ = [
    "METHODS",
    "Method",
    "Parameter",
    "Rectangle",
    "adaptive",
    "areas_between",
    "best_classes",
    "canny",
    "chan_vese",
    "felzenszwalb",
    "grabcut",
    "grow",
    "kmeans",
    "method_of",
    "otsu",
    "settings_of",
    "slic",
    "watershed",
]
