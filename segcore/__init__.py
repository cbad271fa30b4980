"""segcore: models, training and metrics for semantic image segmentation, without a user interface.

``import segcore`` is cheap: parts are loaded when they are imported. pyproject.toml lists them from top to bottom.
"""

__version__ = "0.1.0"
