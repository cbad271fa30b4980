"""A click on the photo of the Segment page leads to the lesson "why", at that place."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from ui.components import viewer
from ui.components.viewer import Pixel


def test_a_click_becomes_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    clicks: list[Pixel | None] = [None, Pixel(299, 0)]

    def show(*_shown: Any, **given: Any) -> Pixel | None:
        assert given["ask_pixel"]
        return clicks.pop(0) if clicks else None

    monkeypatch.setattr(viewer, "show", show)
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=240)
    page.switch_page("../pages/segment.py")
    page.run()
    assert not page.exception and not page.error
    assert any("Click a pixel" in element.value for element in page.caption)
    for _ in range(2):  # the link stays when something else draws the page again
        page.run()
        links = [element.proto for element in page.get("page_link")]
        (link,) = [proto for proto in links if "Why this pixel" in proto.label]
        assert "row 299, column 0" in link.label
        assert "lesson=why" in link.query_string and "pixel=1000.0" in link.query_string
        assert "photo=chelsea" in link.query_string
