"""Meters tell what a run uses, never harm it, and say less the longer it lasts."""

import threading
import time
from types import SimpleNamespace

import psutil
import pynvml
import pytest

from segcore.runs import new_run
from segcore.train import make_config
from segcore.train.loop import Callbacks, EpochProgress, next_group
from segcore.train.process import meters
from segcore.train.process.worker import run_worker

OFTEN = (0.01, 0.01)


def told(device="cpu", *, looks=2, emit=None, folder, every=OFTEN):
    """The facts of some looks."""
    facts, enough = [], threading.Event()

    def collect(kind, **values):
        assert kind == "meter"
        facts.append(values)
        if len(facts) >= looks:
            enough.set()
        if emit is not None:
            emit()

    with meters.meters(collect, device, folder, every=every):
        assert enough.wait(30)
    return facts


@pytest.fixture
def card(monkeypatch):
    """A card with NVML's numbers; whoever asks for something else is told that there is no such thing."""
    calls = SimpleNamespace(opened=0, uuids=[])

    def opened(change):
        calls.opened += change

    monkeypatch.setattr(pynvml, "nvmlInit", lambda: opened(1))
    monkeypatch.setattr(pynvml, "nvmlShutdown", lambda: opened(-1))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByUUID", lambda uuid: calls.uuids.append(uuid) or "handle")
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", lambda card: SimpleNamespace(gpu=71, memory=30))
    monkeypatch.setattr(
        pynvml, "nvmlDeviceGetMemoryInfo", lambda card: SimpleNamespace(used=6_200_000_000, total=140_000_000_000)
    )
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTemperature", lambda card, kind: 54)
    monkeypatch.setattr(
        "torch.cuda.get_device_properties", lambda device: SimpleNamespace(uuid="6ad2f6a0-0000-0000-0000-000000000000")
    )
    return calls


def refused(*_):
    raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_SUPPORTED)


def test_without_a_card_the_machine_is_told(tmp_path):
    first, second = told(folder=tmp_path)[:2]
    assert first.keys() == {
        *("cpu_percent", "cores", "run_cpu_percent", "run_memory_mb"),
        *("memory_used_mb", "memory_total_mb", "disk_free_mb"),
    }
    assert 0 < second["run_memory_mb"] <= second["memory_total_mb"]
    assert 0 <= second["cpu_percent"] <= 100
    assert second["disk_free_mb"] > 0


def test_the_processor_time_of_the_run_is_counted(tmp_path):
    machine = meters._Machine(tmp_path)
    end = time.process_time() + 0.15
    while time.process_time() < end:
        pass
    wall = time.monotonic() - machine._previous[0]
    assert machine.measure()["run_cpu_percent"] == pytest.approx(100 * 0.15 / wall, rel=0.5)


def test_a_card_tells_load_memory_and_warmth(tmp_path, card):
    facts = told("cuda:0", folder=tmp_path)[-1]
    assert facts["gpu_percent"] == 71
    assert (facts["gpu_memory_used_mb"], facts["gpu_memory_total_mb"]) == (6200, 140_000)
    assert facts["gpu_celsius"] == 54
    assert card.uuids == ["GPU-6ad2f6a0-0000-0000-0000-000000000000"]
    assert card.opened == 0, "closed again"


def test_what_a_card_does_not_tell_is_left_out(tmp_path, card, monkeypatch):
    monkeypatch.setattr(pynvml, "nvmlDeviceGetUtilizationRates", refused)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetTemperature", refused)
    facts = told("cuda:0", folder=tmp_path)[-1]
    assert {name for name in facts if name.startswith("gpu")} == {"gpu_memory_used_mb", "gpu_memory_total_mb"}


@pytest.mark.parametrize("missing", ["nvmlInit", "nvmlDeviceGetHandleByUUID"])
def test_without_nvml_the_machine_is_told_all_the_same(tmp_path, card, monkeypatch, missing):
    monkeypatch.setattr(pynvml, missing, refused)
    facts = told("cuda:0", folder=tmp_path)[-1]
    assert "cpu_percent" in facts
    assert not any(name.startswith("gpu") for name in facts)


def test_processes_that_cannot_be_read_are_left_out(tmp_path, monkeypatch):
    def gone(self, **_):
        raise psutil.NoSuchProcess(1)

    monkeypatch.setattr(psutil.Process, "children", gone)
    facts = told(folder=tmp_path)[-1]
    assert "run_memory_mb" not in facts
    assert "memory_used_mb" in facts


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("a surprise")])
def test_what_goes_wrong_inside_never_reaches_the_run(tmp_path, error):
    def broken():
        raise error

    assert told(folder=tmp_path, looks=1, emit=broken)


def test_an_error_of_the_run_is_not_hidden(tmp_path):
    with pytest.raises(KeyError), meters.meters(lambda kind, **_: None, "cpu", tmp_path):
        raise KeyError("the run's own")
    assert not [thread for thread in threading.enumerate() if thread.name == "meters"]


def rests(monkeypatch, tmp_path, *, hours, cost=0.0):
    """The rests of a run of so many hours, without waiting for them; ``cost`` are processor seconds of a look."""
    clock, work, found = [0.0], [0.0], []

    class Over:
        def wait(self, rest):
            found.append(rest)
            clock[0] += rest
            return clock[0] > 3600 * hours

        def is_set(self):
            return False

    def emit(kind, **_):
        work[0] += cost

    monkeypatch.setattr(meters.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(meters.time, "thread_time", lambda: work[0])
    monkeypatch.setattr(meters, "_Machine", lambda folder: SimpleNamespace(measure=dict))
    meters._measure_repeatedly(emit, "cpu", tmp_path, meters.EVERY_SECONDS, Over())
    return found


def test_a_long_run_is_looked_at_less_often(monkeypatch, tmp_path):
    day = rests(monkeypatch, tmp_path, hours=24)
    assert day[0] == 2 and day[-1] == 30
    assert day == sorted(day)
    assert len(day) < 4000


def test_a_look_that_costs_much_is_taken_seldom(monkeypatch, tmp_path):
    found = rests(monkeypatch, tmp_path, hours=1, cost=0.05)
    assert found[1:] == pytest.approx([20.0] * len(found[1:]))
    assert 0.05 / (0.05 + 20) < 0.005, "less than half a percent of a core"


def test_a_look_is_cheap_here(tmp_path):
    machine = meters._Machine(tmp_path)
    began = time.thread_time()
    for _ in range(10):
        machine.measure()
    assert (time.thread_time() - began) / 10 / meters.EVERY_SECONDS[0] < 0.005


def test_a_run_tells_its_meters_and_how_long_it_waited_for_data(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGCORE_HOME", str(tmp_path))
    monkeypatch.setattr(
        "segcore.train.process.worker.meters",
        lambda emit, device, folder: meters.meters(emit, device, folder, every=OFTEN),
    )
    run = new_run(
        make_config(
            {
                "options": {"width": 4, "depth": 2},
                "data": ["shapes:12:32"],
                "size": 32,
                "epochs": 2,
                "batch_size": 4,
                "workers": 0,
                "device": "cpu",
                "precision": "32",
                "channels_last": "off",
                "log_every_steps": 1,
            }
        ).to_json()
    )
    assert run_worker(run) == "finished"
    events, _ = run.events()
    kinds = [event["kind"] for event in events]
    assert "meter" in kinds and kinds[-1] == "state"
    assert all(0 < event["wait_share"] < 1 for event in events if event["kind"] == "step")
    assert all(0 < event["wait_seconds"] < event["train_seconds"] for event in events if event["kind"] == "val")


def test_waiting_is_added_up():
    def slow():
        for number in range(3):
            time.sleep(0.02)
            yield [number]

    groups, progress = slow(), EpochProgress(epoch=0, done=0, step=0)
    while next_group(groups, progress, Callbacks()):
        time.sleep(0.02)  # time between the groups does not count
    assert 0.06 <= progress.wait_seconds < 0.12
