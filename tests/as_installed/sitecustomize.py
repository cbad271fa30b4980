"""Python imports this at its start, in every process that tests start: see tests/conftest.py."""

import sys

sys.modules["torchmetrics"] = None  # type: ignore[assignment]
