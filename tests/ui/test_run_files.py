"""What a run's page gives away: the report is made when asked for and is that of the events."""

from streamlit.testing.v1 import AppTest

from segcore.paths import PROJECT
from segcore.runs import Run, new_run
from segcore.train import make_config


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


def ended_run() -> Run:
    run = new_run(make_config({"data": ["shapes:8:32"], "epochs": 1}).to_json(), name="one")
    run.emit("setup", classes=["a"], colours=[[0, 0, 0]], steps_per_epoch=1)
    run.emit("step", epoch=0, step=0, loss=0.5)
    run.emit("val", epoch=0, step=1, loss=0.25, miou=0.4, iou=[0.4])
    run.emit("state", state="finished")
    return run
