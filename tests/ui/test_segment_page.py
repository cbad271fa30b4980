"""The Segment page through ui/main.py, as a visitor uses it, without a browser."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import skimage
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from segcore.checkpoint import load_card
from segcore.inference import colour_png, estimated_seconds, speed
from segcore.paths import PROJECT, shipped_checkpoints_dir
from segcore.types import Image, Prediction
from ui import cache, server
from ui.bounded_store import BoundedStore, size_in_bytes
from ui.segment import request
from ui.segment_request import ModelChoice, SegmentRequest
from ui.warm_up import RUNNING

COINS = Path(skimage.__file__).parent / "data" / "coins.png"


def open_page(**query: str) -> AppTest:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=120)
    for name, value in query.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def png(height: int = 40, width: int = 60, value: int = 0) -> bytes:
    file = io.BytesIO()
    pixels = np.random.default_rng(value).integers(0, 255, (height, width, 3), np.uint8)
    PIL.Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def upload(page: AppTest, *files: tuple[str, bytes]) -> None:
    inbox = next(widget for widget in page.file_uploader if widget.key.startswith("segment.inbox"))
    for name, data in files:
        inbox.upload(name, data, "image/png")
    page.run()
    assert not page.exception


def errors(page: AppTest) -> list[str]:
    return [error.value for error in page.error]


def tables(page: AppTest) -> str:
    return " ".join(html.proto.body for html in page.get("html"))


def own_tiles(page: AppTest) -> list[str]:
    return [button.label for button in page.button if button.key.startswith("own_")]


def test_the_first_open_shows_the_cat_with_a_mask() -> None:
    page = open_page()
    assert not page.error
    assert page.query_params["sample"] == "chelsea"
    assert 'class="chip"' in tables(page)
    assert any("resized to" in caption.value for caption in page.caption)


def test_one_line_names_the_three_uses_and_links_to_two_of_them() -> None:
    page = open_page(model="otsu")
    assert any(each.value == "Segment a photo here," for each in page.markdown)
    links = {each.proto.label: each.proto.page for each in page.get("page_link")}
    assert links["learn how it works"] == "learn" and links["or train your own network"] == "train"
    chinese = open_page(model="otsu", lang="zh")
    assert not {each.proto.label for each in chinese.get("page_link")} & links.keys()


def test_one_click_on_a_sample_shows_it_and_the_address_says_so() -> None:
    page = open_page(model="otsu")
    page.button(key="sample_coins").click().run()
    assert page.query_params["sample"] == "coins"
    assert any("384 × 303" in caption.value for caption in page.caption)


@pytest.mark.parametrize("model", ["otsu", "grabcut"])
def test_an_address_chooses_sample_and_model(model: str) -> None:
    page = open_page(sample="coins", model=model)
    assert page.selectbox(key="segment.model").value == model
    assert page.query_params["sample"] == "coins"


@pytest.mark.parametrize("nonsense", ["nobody", "../../etc/passwd", "<b>x</b>", "![x](http://evil.example/x.png)"])
def test_an_address_that_asks_for_nonsense_gets_a_sentence(nonsense: str) -> None:
    page = open_page(model=nonsense, sample=nonsense, detail=nonsense)
    assert len(page.warning) == 1 and "no model" in page.warning[0].value
    assert "](http" not in page.warning[0].value and "<b>" not in page.warning[0].value
    assert page.query_params["sample"] == "chelsea"
    page.run()
    assert not page.warning


def test_an_upload_is_shown_at_once_and_can_be_forgotten() -> None:
    page = open_page(model="otsu")
    upload(page, ("my photo.png", png()))
    assert own_tiles(page) == [r"my photo\.png"]
    assert "sample" not in page.query_params
    assert any("60 × 40" in caption.value for caption in page.caption)
    page.button(key="remove").click().run()
    assert own_tiles(page) == []
    assert page.query_params["sample"] == "chelsea"


def test_a_press_that_was_quicker_than_the_answer_does_not_bring_the_old_address_back() -> None:
    """The browser sends the address that it had when the visitor pressed, with the sample of before."""
    page = open_page(model="otsu")
    page.run()  # the browser has read the first answer
    upload(page, ("mine.png", png()))
    page.query_params["sample"] = "chelsea"
    del page.query_params["photos"], page.query_params["photo"]
    page.toggle(key="segment.around").set_value(True).run()
    assert "sample" not in page.query_params
    assert any("60 × 40" in caption.value for caption in page.caption)
    page.run()
    page.query_params["sample"] = "coins"  # after that an address is news again
    page.run()
    assert any("384 × 303" in caption.value for caption in page.caption)


def test_several_uploads_make_a_strip_and_a_zip() -> None:
    page = open_page(model="otsu")
    upload(page, *((f"{i}.png", png(value=i)) for i in range(3)))
    assert len(own_tiles(page)) == 3
    page.button(key="zip_make").click().run()
    assert any(button.key == "zip_download" for button in page.get("download_button"))


def test_the_same_photo_twice_is_one_photo() -> None:
    page = open_page(model="otsu")
    upload(page, ("a.png", png()), ("b.png", png()))
    assert len(own_tiles(page)) == 1


def test_what_was_done_to_a_photo_while_it_was_read_is_stated() -> None:
    page = open_page()
    file = io.BytesIO()
    PIL.Image.fromarray(np.full((40, 60), 4000, np.uint16)).save(file, "PNG")
    heic = PROJECT / "tests" / "data" / "photos" / "rotated.heic"
    upload(page, ("deep.png", file.getvalue()))
    assert any("scaled from 0 … 4095 to 0 … 255" in caption.value for caption in page.caption)
    upload(page, ("rotated.heic", heic.read_bytes()))
    assert not page.error


@pytest.mark.parametrize("limit", ["MAX_PHOTOS", "MAX_BYTES"])
def test_what_is_too_much_is_said_and_the_rest_is_taken(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"ui.widgets.photos.{limit}", 1 if limit == "MAX_PHOTOS" else len(png(value=1)) + 9)
    page = open_page(model="otsu")
    upload(page, ("first.png", png(value=1)), ("second.png", png(value=2)))
    assert own_tiles(page) == [r"first\.png"]
    assert len(page.error) == 1 and "second" in errors(page)[0]


def test_own_photos_outlive_a_change_of_page() -> None:
    page = open_page(model="otsu")
    upload(page, ("mine.png", png()))
    page.switch_page("../pages/models.py").run()
    assert not page.exception
    page.switch_page("../pages/segment.py").run()
    assert own_tiles(page) == [r"mine\.png"]
    assert page.selectbox(key="segment.model").value == "otsu"


def bomb() -> bytes:
    file = io.BytesIO()
    PIL.Image.new("1", (30_000, 30_000)).save(file, "PNG")
    return file.getvalue()


def long_side() -> bytes:
    file = io.BytesIO()
    PIL.Image.new("L", (30_000, 4)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n broken", "not an image"),
        (png()[:-200], "cut off"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (png(1, 1), "1 × 1"),
        (bomb(), "million pixels"),
        (long_side(), "30000"),
        (b"%PDF-1.7", "PDF"),
    ],
    ids=["empty", "broken", "cut off", "svg", "1x1", "bomb", "30000 px", "pdf"],
)
def test_a_bad_file_gets_its_sentence_and_the_page_goes_on(data: bytes, says: str) -> None:
    page = open_page(model="otsu")
    upload(page, ("bad.png", data), ("good.png", png()))
    assert len(page.error) == 1 and says in errors(page)[0]
    assert own_tiles(page) == [r"good\.png"]
    upload(page, ("better.png", png(value=2)))
    assert not page.error


def test_a_name_is_never_markdown() -> None:
    page = open_page(model="otsu")
    upload(page, ("![x](https://evil.example/x.png)**.png", b"broken"))
    assert "](https" not in errors(page)[0] and "**" not in errors(page)[0].replace(r"\*\*", "")


def truth_png(height: int, width: int, value: int = 1) -> bytes:
    labels = np.zeros((height, width), np.uint8)
    labels[: height // 2] = value
    file = io.BytesIO()
    PIL.Image.fromarray(labels).save(file, "PNG")
    return file.getvalue()


def give_truth(page: AppTest, name: str, data: bytes) -> None:
    inbox = next(widget for widget in page.file_uploader if widget.key.startswith("segment.truth"))
    inbox.upload(name, data, "image/png").run()
    assert not page.exception


def test_ground_truth_gives_scores_with_their_convention() -> None:
    page = open_page(model="otsu", sample="coins")
    give_truth(page, "coins.png", truth_png(303, 384))
    assert not page.error
    assert "Mean IoU" in tables(page) and "Precision" in tables(page)
    assert any("This photo only" in caption.value and "ignored" in caption.value for caption in page.caption)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (truth_png(20, 30), "20"),
        (png(303, 384), "colours"),
        (b"nothing", "not an image"),
    ],
    ids=["size", "colours", "broken"],
)
def test_ground_truth_that_does_not_fit_gets_a_sentence(data: bytes, says: str) -> None:
    page = open_page(model="otsu", sample="coins")
    give_truth(page, "truth.png", data)
    assert len(page.error) == 1 and says in errors(page)[0]
    assert "Mean IoU" not in tables(page)


def test_what_nobody_foresaw_is_a_sentence_with_a_number(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret path /home/me")

    monkeypatch.setattr("ui.cache.segmented", lambda *_: None)
    monkeypatch.setattr("ui.cache.segment", fail)
    page = open_page(model="otsu")
    assert len(page.error) == 1 and "secret" not in errors(page)[0]
    number = errors(page)[0].split("report error ")[1][:6]
    assert number in caplog.text and "secret path" in caplog.text


def test_a_published_checkpoint_asks_before_it_is_fetched_and_says_why_it_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from segcore.errors import NotAvailable

    def no_network(name: str, progress: object) -> None:
        raise NotAvailable(f"“{name}” could not be fetched. Connect to the internet.")

    monkeypatch.setattr("segcore.checkpoint.fetch_published", no_network)
    page = open_page(model="lraspp_mobilenet_v3_large")
    assert not page.error
    page.button(key="fetch_now").click().run()
    assert len(page.error) == 1 and "Connect to the internet" in errors(page)[0]


def test_a_method_without_a_network_has_parameters_that_stand_in_the_address() -> None:
    page = open_page(model="slic", sample="coins", segments="40", compactness="9999")
    assert page.slider(key="segment.slic.segments").value == 40
    assert page.slider(key="segment.slic.compactness").value == 10
    assert page.query_params["segments"] == "40" and "compactness" not in page.query_params
    assert "#12" in tables(page) and "#13" not in tables(page)
    assert any("smaller ones" in caption.value for caption in page.caption)
    page.selectbox(key="segment.model").select("grow").run()
    assert not page.exception and "segments" not in page.query_params
    page.slider(key="segment.grow.tolerance").set_value(80)
    page.session_state["segment.viewer"] = {"pixel": {"row": 30, "col": 96}}  # a click on the photo
    page.run()
    assert not page.exception
    assert (page.query_params["row"], page.query_params["column"]) == ("10", "25")
    assert page.slider(key="segment.grow.column").value == 25


# --- uploads that survive a reload ------------------------------------------------------------------------------------


def test_a_reload_shows_the_same_photos_and_only_with_the_token() -> None:
    page = open_page(model="otsu")
    upload(page, ("a.png", png(value=1)), ("b.png", png(value=2)))
    page.button(key="segment.next").click().run()
    token, photo = page.query_params["photos"], page.query_params["photo"]
    assert len(str(token)) >= 22
    again = open_page(model="otsu", photos=str(token), photo=str(photo))
    assert own_tiles(again) == [r"a\.png", r"b\.png"]
    assert any(r"**b\.png**" in each.value for each in again.markdown)
    stranger = open_page(model="otsu")
    assert own_tiles(stranger) == [] and "photos" not in stranger.query_params


def test_photos_that_are_gone_are_said_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_page(model="otsu")
    upload(page, ("a.png", png(value=3)))
    token = str(page.query_params["photos"])
    monkeypatch.setattr("ui.widgets.albums.KEPT_HOURS", -1)
    late = open_page(model="otsu", photos=token)
    assert len(late.warning) == 1 and "are gone" in late.warning[0].value
    assert own_tiles(late) == [] and "photos" not in late.query_params
    late.button(key="sample_coins").click().run()
    assert not late.warning


def test_all_albums_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.widgets import albums

    monkeypatch.setattr(albums, "_albums", {})
    monkeypatch.setattr(albums, "MAX_TOTAL_BYTES", 250)
    made = [albums.Album() for _ in range(3)]
    for number, album in enumerate(made):
        album.photos["x"] = albums.OwnPhoto("x", "x.png", bytes(100))
        albums.keep(album)
        albums.keep(made[0])  # used again: it stays
        assert albums.find(made[0].token) is made[0], number
    assert albums.find(made[1].token) is None and albums.find(made[2].token) is made[2]
    assert len({album.token for album in made}) == 3


def test_photos_have_names_neighbours_and_a_way_out() -> None:
    page = open_page(model="otsu")
    upload(page, *((f"{i}.png", png(value=10 + i)) for i in range(3)))

    def name() -> str:
        return next(each.value for each in page.markdown if each.value.startswith("**"))

    assert name().startswith(r"**0\.png** :gray[1 of 3")
    page.button(key="segment.previous").click().run()
    assert name().startswith(r"**2\.png**")
    page.button(key="segment.next").click().run()
    assert name().startswith(r"**0\.png**")
    page.button(key="remove_all").click().run()
    assert own_tiles(page) == [] and name().startswith("**Cat** :gray[1 of 8")
    assert "photos" not in page.query_params


def test_the_zip_has_one_coco_file_and_one_table_and_then_a_gallery() -> None:
    page = open_page(model="otsu")
    upload(page, ("a.png", png(value=21)), ("b.png", png(value=22)))
    page.button(key="zip_make").click().run()
    held = page.session_state["_segment.zip"]
    with zipfile.ZipFile(io.BytesIO(held[1].result())) as archive:
        names = archive.namelist()
        coco = json.loads(archive.read("coco.json"))
        table = archive.read("classes.csv").decode()
    assert [image["file_name"] for image in coco["images"]] == ["a.png", "b.png"]
    assert table.count("image,class_id") == 1 and "b.png," in table
    assert {"01_a/a_labels.png", "02_b/b_overlay.png", "yolo/a.txt", "yolo/data.yaml", "coco_polygons.json"} <= set(
        names
    )
    assert [button.label for button in page.button if button.key.startswith("result_")] == [r"a\.png", r"b\.png"]


# --- sizes, and long work ---------------------------------------------------------------------------------------------


def need_everyday() -> None:
    if not (shipped_checkpoints_dir() / "everyday.safetensors").is_file():
        pytest.skip("checkpoints/everyday.safetensors is not in this copy")


def test_sizes_have_pixels_times_and_a_warning_far_from_the_training() -> None:
    need_everyday()
    page = open_page(model="everyday", sample="coffee")
    sizes = page.radio(key="segment.detail")
    assert sizes.options == ["144 px", "288 px (as trained)", "576 px", "Full size (600 px)"]
    assert all(caption.startswith("about ") for caption in sizes.proto.captions)
    assert "2.1 × the training size" in sizes.proto.captions[3]
    assert not page.warning
    sizes.set_value("full").run()
    assert len(page.warning) == 1 and "2.1 ×" in page.warning[0].value and "drops" in page.warning[0].value
    assert page.query_params["detail"] == "full"


def test_a_size_that_a_photo_lacks_becomes_the_nearest_and_comes_back_with_the_next_photo() -> None:
    need_everyday()
    page = open_page(model="everyday", sample="coffee")
    page.radio(key="segment.detail").set_value("fine").run()
    assert page.query_params["detail"] == "fine"
    page.button(key="sample_chelsea").click().run()
    assert page.radio(key="segment.detail").options[-1] == "Full size (451 px)"
    assert page.radio(key="segment.detail").value == "full"
    assert any("Twice the training size" in each.value and "451 px" in each.value for each in page.caption)
    page.button(key="sample_coffee").click().run()
    assert page.radio(key="segment.detail").value == "fine"
    assert not any("does not exist for this photo" in each.value for each in page.caption)
    page.button(key="sample_chelsea").click().run()
    page.radio(key="segment.detail").set_value("standard").run()
    page.button(key="sample_coffee").click().run()
    assert page.radio(key="segment.detail").value == "standard", "a later choice counts"
    assert not page.exception


def test_a_time_is_unknown_only_where_the_warm_up_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It segments the first photo, which measures the default model at all sizes."""
    need_everyday()
    monkeypatch.setattr(speed, "_measured", {})
    monkeypatch.setattr(speed, "_stored", dict)
    monkeypatch.setattr(cache, "_PREDICTIONS", BoundedStore[Prediction](size_in_bytes))
    monkeypatch.setattr(server, "freeze_loaded", lambda: None)
    card = load_card(shipped_checkpoints_dir() / "everyday.safetensors")
    RUNNING.set()
    assert request.time_text(None) == "the time is being measured …"
    server.warm_up()
    sizes = cache.sizes_for(card, (3000, 4000))
    assert len(sizes) == 4
    assert all(estimated_seconds(card, (3000, 4000), side) for side in sizes.values())
    assert request.time_text(None) == "time not measured yet"


def test_a_cancelled_prediction_leaves_the_previous_one(monkeypatch: pytest.MonkeyPatch) -> None:
    need_everyday()
    monkeypatch.setattr(cache, "_PREDICTIONS", BoundedStore[Prediction](size_in_bytes))  # none of other tests
    page = open_page(model="everyday", sample="coffee")
    released, seen, segment = threading.Event(), list[int](), cache.segment

    def slow(image: Image, request: SegmentRequest, on_tile: Callable[[int, int], None]) -> Prediction:
        for done in range(1000):
            on_tile(done, 1000)
            seen.append(done)
            if released.wait(0.05):
                break
        return segment(image, request)

    monkeypatch.setattr("ui.cache.segment", slow)
    monkeypatch.setattr("ui.widgets.background.PATIENCE_SECONDS", 0.3)
    page.radio(key="segment.detail").set_value("fine").run()
    assert not page.exception
    assert any("previous one" in caption.value for caption in page.caption)
    assert any("288 × 192" in caption.value for caption in page.caption)  # of the result that is shown
    page.button(key="segment.work.cancel").click().run()
    assert any("Cancelled; the previous result" in caption.value for caption in page.caption)
    assert any("288 × 192" in caption.value for caption in page.caption)
    count = len(seen)
    released.wait(0.3)
    assert len(seen) <= count + 1, "it goes on in the background"
    page.run()
    assert any("Cancelled" in caption.value for caption in page.caption), "it began again by itself"
    page.button(key="segment.again").click().run()
    assert any("previous one" in caption.value for caption in page.caption)
    page.radio(key="segment.detail").set_value("standard").run()
    assert not any("previous" in caption.value or "Cancelled" in caption.value for caption in page.caption)
    count = len(seen)
    time.sleep(0.3)
    assert len(seen) <= count + 1, "another choice ends the work"
    page.radio(key="segment.detail").set_value("fine").run()
    assert any("previous one" in caption.value for caption in page.caption)
    released.set()
    monkeypatch.setattr("ui.widgets.background.PATIENCE_SECONDS", 30)
    page.run()
    assert any("576 × 384" in caption.value for caption in page.caption), "the result of the work is shown"
    assert not any("previous" in caption.value for caption in page.caption)
    assert "segment.work.cancel" not in {button.key for button in page.button}


def test_where_nothing_was_found_a_card_says_what_the_model_knows() -> None:
    need_everyday()
    page = open_page(model="everyday", sample="coins")
    words = " ".join(each.value for each in page.markdown)
    assert "Only background was found" in words and "knows person, cat, dog" in words
    assert any("Trained at 288 px" in caption.value for caption in page.caption)
    cat = open_page(model="everyday")
    assert not any("Only background" in each.value for each in cat.markdown)


# --- ground truth in another numbering --------------------------------------------------------------------------------


def test_another_numbering_that_fits_far_better_is_offered_and_used() -> None:
    page = open_page(model="otsu", sample="coins")
    prediction = cache.segment(cache.sample("coins"), SegmentRequest(ModelChoice("otsu", "classical")))
    give_truth(page, "swapped.png", as_png(1 - prediction.labels))
    assert len(page.warning) == 1
    assert "1 \\= background" in page.warning[0].value and "instead of 0" in page.warning[0].value
    page.button(key="segment.truth.use").click().run()
    assert not page.warning and not page.exception
    assert "1.000" in tables(page)


@pytest.mark.parametrize("values", [(0, 255), (7, 9)], ids=["black and white", "numbers that are no classes"])
def test_values_that_are_no_classes_are_asked_for(values: tuple[int, int]) -> None:
    page = open_page(model="otsu", sample="coins")
    prediction = cache.segment(cache.sample("coins"), SegmentRequest(ModelChoice("otsu", "classical")))
    give_truth(page, "truth.png", as_png(np.where(prediction.labels == 1, *values[::-1]).astype(np.uint8)))
    assert len(page.info) == 1 and "Mean IoU" not in tables(page)
    page.button(key="segment.truth.apply").click().run()
    assert not page.info and "1.000" in tables(page)


def test_a_mask_in_the_colours_of_the_model_is_read_by_name() -> None:
    page = open_page(model="otsu", sample="coins")
    prediction = cache.segment(cache.sample("coins"), SegmentRequest(ModelChoice("otsu", "classical")))
    give_truth(page, "colours.png", colour_png(prediction))
    assert not page.error and "1.000" in tables(page)


def as_png(labels: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(labels).save(file, "PNG")
    return file.getvalue()


# --- Chinese ----------------------------------------------------------------------------------------------------------


def test_known_classes_and_models_are_chinese_in_chinese() -> None:
    need_everyday()
    page = open_page(model="everyday", lang="zh")
    assert "猫" in tables(page) and ">cat<" not in tables(page)
    assert any("人" in caption.value and "狗" in caption.value for caption in page.caption)
    assert "日常：人、猫和狗" in page.selectbox(key="segment.model").options
