"""What a run's page gives away: the report is made when asked for and is that of the events."""

import pytest
from streamlit.testing.v1 import AppTest

from segcore.export import run_report
from segcore.paths import PROJECT
from segcore.runs import Run, new_run
from segcore.train import make_config
from ui.widgets.run_report import Version


def test_the_report_is_made_on_a_press_and_made_anew_for_new_events() -> None:
    run = ended_run()
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    page.query_params["run"] = run.name
    page.run()
    labels = [button.label for button in page.get("download_button")]
    assert {"Curves (CSV)", "TensorBoard (zip)", "Configuration (JSON)"} <= {str(label) for label in labels}
    page.button(key="runs.report").click().run()
    assert not page.exception and not page.error
    _, made = page.session_state["_runs.report"]
    assert b"0.4000" in made and made.startswith(b"<!doctype html>")
    assert not [button for button in page.button if button.key == "runs.report"]
    run.emit("amended", changes={"epochs": 3})
    page.run()
    assert [button for button in page.button if button.key == "runs.report"]


def test_the_report_of_a_live_run_is_delivered_though_the_run_moves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    run = ended_run()
    run.events_path.write_text(run.events_path.read_text().replace("finished", "running"))

    def slow(_run: Run, **_options: object) -> bytes:
        """While it is made, an epoch is validated and meters are written."""
        run.emit("val", epoch=1, step=2, loss=0.2, miou=0.5, iou=[0.5])
        run.emit("meter", cpu_percent=50.0)
        return b"<!doctype html> of epoch 1"

    monkeypatch.setattr(run_report, "html_report", slow)
    with run.hold(again=True):
        run.emit("state", state="running")
        page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
        page.switch_page("../pages/runs.py")
        page.query_params["run"] = run.name
        page.run()
        page.button(key="runs.report").click().run()
        for _ in range(2):
            assert not page.exception and not page.error
            labels = [str(button.label) for button in page.get("download_button")]
            assert any(label.startswith("Report as of epoch 1 (") for label in labels), labels
            assert page.button(key="runs.report").label == "Make it again", "epoch 2 is not in it"
            run.emit("step", epoch=2, step=3, loss=0.1)
            page.run()


def test_the_report_of_another_run_is_not_offered() -> None:
    page = AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=60)
    page.switch_page("../pages/runs.py")
    page.query_params["run"] = ended_run().name
    page.session_state["_runs.report"] = (Version("other", 1, "finished", ()), b"<!doctype html>")
    page.run()
    assert not any("Report" in str(button.label) for button in page.get("download_button"))


def ended_run() -> Run:
    run = new_run(make_config({"data": ["shapes:8:32"], "epochs": 1}).to_json(), name="one")
    run.emit("setup", classes=["a"], colours=[[0, 0, 0]], steps_per_epoch=1)
    run.emit("step", epoch=0, step=0, loss=0.5)
    run.emit("val", epoch=0, step=1, loss=0.25, miou=0.4, iou=[0.4])
    run.emit("state", state="finished")
    return run
