"""Segmentation methods without a network, which use brightness, colour and borders but know no classes.

A method is a function of a photo (h, w, 3) uint8 and of integer parameters. It returns one of

    "object"    (h, w) float32, object where above ½; not a true probability
    "edges"     (h, w) float32, 1 on an edge, 0 elsewhere
    "regions"   (h, w) int32, the number of each pixel's region, 0 … n - 1

``segcore.inference`` turns any of these into a Prediction, ``segcore.evaluation`` into scores.
"""

from segcore.classical.chan_vese import chan_vese
from segcore.classical.edges import areas_between, canny
from segcore.classical.grabcut import grabcut
from segcore.classical.growing import grow
from segcore.classical.methods import METHODS, Method, method_of, settings_of
from segcore.classical.oracle import best_classes
from segcore.classical.rectangle import Rectangle
from segcore.classical.regions import felzenszwalb, kmeans, slic, watershed
from segcore.classical.thresholds import adaptive, otsu
