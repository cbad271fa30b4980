"""METHODS: the registry of methods without a network, each with its facts and parameters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from numpy.typing import NDArray

from segcore.classical.chan_vese import chan_vese
from segcore.classical.edges import canny
from segcore.classical.grabcut import grabcut
from segcore.classical.growing import grow
from segcore.classical.regions import felzenszwalb, kmeans, slic, watershed
from segcore.classical.thresholds import adaptive, otsu
from segcore.errors import BadConfig, Message, joined

Settings = Mapping[str, int]
"""Name of a parameter → its value."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a method, with its range; the default is good for photos of a few hundred pixels a side."""

    name: str
    default: int
    low: int
    high: int


@dataclass(frozen=True)
class Method:
    """The fixed facts of a method."""

    name: str  # in addresses and on the command line
    title: str  # for people, in English
    paper: str  # who, what, where, when
    answers: Literal["object", "edges", "regions"]  # kind of the result, see ``segcore.classical``
    run: Callable[..., NDArray[Any]]  # maps a photo (h, w, 3) uint8 and parameters by name to the result
    parameters: tuple[Parameter, ...] = ()  # the most important first
    takes_rectangle: bool = False  # whether it has the argument ``inside``

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the two sides; () for regions, which have no names."""
        named = {"object": ("background", "object"), "edges": ("background", "edge"), "regions": ()}
        return named[self.answers]


_SMALLEST = Parameter("smallest", 60, 5, 500)

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "grabcut", "GrabCut", "Rother, Kolmogorov, Blake: GrabCut, SIGGRAPH 2004", "object", grabcut,
            (Parameter("rounds", 4, 1, 8),), takes_rectangle=True,
        ),
        Method(
            "otsu", "Otsu", "Otsu: A threshold selection method from gray-level histograms, IEEE Trans. SMC 1979",
            "object", otsu, takes_rectangle=True,
        ),
        Method(
            "adaptive", "Adaptive threshold",
            "Bradley, Roth: Adaptive thresholding using the integral image, JGT 2007",
            "object", adaptive, (Parameter("window", 61, 3, 201), Parameter("offset", 8, -40, 40)),
            takes_rectangle=True,
        ),
        Method(
            "chan_vese", "Chan–Vese", "Chan, Vese: Active contours without edges, IEEE Trans. Image Processing 2001",
            "object", chan_vese, (Parameter("smoothness", 20, 1, 100), Parameter("rounds", 60, 5, 150)),
            takes_rectangle=True,
        ),
        Method(
            "grow", "Region growing", "Adams, Bischof: Seeded region growing, IEEE Trans. PAMI 1994", "object", grow,
            (Parameter("tolerance", 40, 0, 120), Parameter("row", 50, 0, 100), Parameter("column", 50, 0, 100)),
        ),
        Method(
            "canny", "Canny edges", "Canny: A computational approach to edge detection, IEEE Trans. PAMI 1986",
            "edges", canny, (Parameter("strong", 100, 5, 400), Parameter("weak", 40, 5, 400)),
        ),
        Method(
            "kmeans", "k-means", "Lloyd: Least squares quantization in PCM, IEEE Trans. IT 1982 (written 1957)",
            "regions", kmeans, (Parameter("groups", 4, 2, 12), Parameter("place", 0, 0, 200)),
        ),
        Method(
            "watershed", "Watershed", "Vincent, Soille: Watersheds in digital spaces, IEEE Trans. PAMI 1991",
            "regions", watershed, (Parameter("flat", 3, 1, 30), _SMALLEST),
        ),
        Method(
            "felzenszwalb", "Felzenszwalb",
            "Felzenszwalb, Huttenlocher: Efficient graph-based image segmentation, IJCV 2004",
            "regions", felzenszwalb, (Parameter("scale", 150, 10, 1000), _SMALLEST),
        ),
        Method(
            "slic", "SLIC", "Achanta et al.: SLIC superpixels, IEEE Trans. PAMI 2012", "regions", slic,
            (Parameter("segments", 150, 4, 250), Parameter("compactness", 10, 1, 100)),
        ),
    )
}  # fmt: skip
"""By name."""


def settings_of(method: Method, given: Mapping[str, int] | None = None) -> dict[str, int]:
    """Return all parameters of a method: the given ones, and defaults for the rest.

    Raises:
        BadConfig: unknown parameters or values out of range; all problems at once.
    """
    known = {parameter.name: parameter for parameter in method.parameters}
    settings = {name: parameter.default for name, parameter in known.items()} | dict(given or {})
    problems = []
    for name, value in settings.items():
        if name not in known:
            problems.append(
                Message(
                    "{method} has no parameter “{name}”; it has: {known}.",
                    method=method.title,
                    name=name,
                    known=list(known) or Message("none"),
                )
            )
        elif not known[name].low <= value <= known[name].high:
            problems.append(
                Message(
                    "{name} is {value}; it may be {low} to {high}.",
                    name=name,
                    value=value,
                    low=known[name].low,
                    high=known[name].high,
                )
            )
    if problems:
        raise BadConfig(joined(problems))
    return settings


def method_of(name: str) -> Method:
    """Return the method of this name.

    Raises:
        BadConfig: unknown; the text lists the names.
    """
    if name not in METHODS:
        raise BadConfig("There is no method “{name}”. There are: {known}.", name=name[:64], known=list(METHODS))
    return METHODS[name]
