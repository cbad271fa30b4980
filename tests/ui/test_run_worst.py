"""The worst images: a gallery from the run's own data, one of them in the viewer, and sentences where they are gone."""

import pytest
from streamlit.testing.v1 import AppTest

from segcore.checkpoint import CheckpointCard, save_checkpoint
from segcore.models import build_model
from segcore.palette import default_colours
from segcore.paths import PROJECT
from segcore.runs import Run, new_run
from segcore.train import make_config
from segcore.train.review import validation_data

IMAGES = 3


@pytest.fixture
def run() -> Run:
    made = new_run(make_config({"data": ["shapes:8:32"], "epochs": 1}).to_json(), name="one")
    data = validation_data(made)
    for which in ("best", "last"):
        card = CheckpointCard(
            name=which,
            title=which,
            architecture="unet",
            options={"width": 4},
            classes=data.classes,
            colours=default_colours(data.classes),
            mean=(0.5, 0.5, 0.5),
            std=(0.25, 0.25, 0.25),
        )
        network = build_model("unet", num_classes=len(data.classes), width=4)
        save_checkpoint(made.checkpoint_path(which), network, card)  # type: ignore[arg-type]
    images = [
        {"index": index, "name": data[index].name, "miou": 0.1 * (index + 1), "loss": [1.0, 3.0, 2.0][index]}
        for index in range(IMAGES)
    ]
    made.emit("setup", classes=list(data.classes), colours=[list(colour) for colour in data.colours])
    made.emit("worst", epoch=0, images=images)
    made.emit("state", state="finished")
    return made


def open_page(*, is_open: bool = True) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    page.query_params["run"] = "one"
    page.session_state["runs.worst"] = is_open
    page.run()
    assert not page.exception
    return page


def tiles(page: AppTest) -> list[str]:
    return [button.label for button in page.button if (button.key or "").startswith("worst_")]


def test_nothing_is_opened_before_somebody_asks(run: Run) -> None:
    page = open_page(is_open=False)
    assert tiles(page) == []
    assert any(expander.label.startswith("Worst images") for expander in page.expander)


def test_the_gallery_is_sorted_by_what_was_chosen(run: Run) -> None:
    page = open_page()
    assert [label.split()[1] for label in tiles(page)] == ["0.100", "0.200", "0.300"]
    page.segmented_control(key="worst.sort").set_value("loss").run()
    assert [label.split()[-1] for label in tiles(page)] == ["3.000", "2.000", "1.000"]
    faces = next(each.proto.body for each in page.get("html") if "st-key-worst_0" in each.proto.body)
    assert faces.count("url(/api/blobs/") == IMAGES


def test_a_press_shows_that_image_and_says_with_which_weights(run: Run) -> None:
    page = open_page()
    page.button(key="worst_2").click().run()
    assert not page.exception and not page.error
    assert any(validation_data(run)[2].name.replace("-", "\\-") in each.value for each in page.markdown)
    (said,) = (caption.value for caption in page.caption if "Predicted now" in caption.value)
    assert "last weights" in said and "it was 0.300" in said
    page.segmented_control(key="worst.weights").set_value("best").run()
    assert any("weights of the best epoch" in caption.value for caption in page.caption)


def test_an_image_goes_to_the_segment_page_with_its_pixels(run: Run) -> None:
    page = open_page()
    page.button(key="worst.segment").click().run()
    assert not page.exception
    (photo,) = page.session_state["_segment.album"].photos.values()
    assert photo.name == f"{validation_data(run)[0].name}.png"
    assert page.session_state["_segment.selected"] == photo.image_id


def test_data_that_is_gone_is_a_sentence_and_the_names_stay(run: Run) -> None:
    run.emit("amended", changes={"data": ["/nowhere/leaves"]})
    page = open_page()
    assert any("/nowhere/leaves" in error.value.replace("\\", "") for error in page.error)
    assert any("0.200" in each.proto.body for each in page.get("html"))


def test_data_that_has_changed_is_a_sentence(run: Run) -> None:
    event = run.last("worst")
    assert event is not None
    run.emit("worst", epoch=0, images=[event["images"][0] | {"name": "another"}])
    assert any("has changed" in error.value for error in open_page().error)


def test_without_weights_a_sentence_stands_in_place_of_the_viewer(run: Run) -> None:
    for which in ("best", "last"):
        run.checkpoint_path(which).unlink()  # type: ignore[arg-type]
    page = open_page()
    assert len(tiles(page)) == IMAGES
    assert any("no checkpoint file" in error.value for error in page.error)


def test_a_run_without_a_validation_has_no_gallery() -> None:
    new_run({"model": "unet", "data": ["shapes"], "epochs": 1}, name="one")
    assert not any(expander.label.startswith("Worst images") for expander in open_page().expander)
