"""Segmentation methods without a network, which use brightness, colour and borders but know no classes.

    methods.py          METHODS: every method with its paper, parameters and kind of answer
    rectangle.py        a user's rectangle around the object
    sides.py            which side is the object, and with what confidence
    thresholds.py       otsu, adaptive: one threshold for the whole photo, or one per position
    chan_vese.py        two regions of even brightness with a short border
    grabcut.py          two colour models with a short border along the edges
    growing.py          everything connected to a point and similar to it
    edges.py            canny, and the areas that edges enclose
    kmeans.py           pixels of similar colour
    watershed.py        basins between ridges of the gradient
    felzenszwalb.py     regions by graph-based merging
    superpixels.py      SLIC: many small regions that follow borders
    regions.py          regions numbered by size
    oracle.py           regions → classes by the ground truth: an upper bound

A method is a function of a photo (h, w, 3) uint8 and of integer parameters. It returns one of

    "object"    (h, w) float32, object where above ½; not a true probability
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
