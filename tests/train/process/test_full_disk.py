"""A disk that is truly full: a small tmpfs, in a mount namespace of its own so that the machine sees nothing of it."""

import json
import shutil
import subprocess
import sys

import pytest

from segcore.paths import PROJECT

TRAIN = (
    *("train", "--model", "unet", "--options", "width=4", "depth=2", "--data", "shapes:14:32", "--size", "32"),
    *("--batch-size", "4", "--workers", "0", "--device", "cpu", "--precision", "32", "--channels-last", "off"),
    *("--samples", "0", "--epochs", "2", "--run", "tiny"),
)
SCRIPT = """
mount -t tmpfs -o size=240k tmpfs "$1" || exit 77
export SEGCORE_HOME=$1
shift
python=$1
shift
"$python" -m segcore "$@" > /dev/null 2>&1
"$python" -m segcore runs show tiny --json
mount -o remount,size=20m "$SEGCORE_HOME"
"$python" -c "
from segcore.runs import open_run
from segcore.train.process.worker import run_worker
print(run_worker(open_run('tiny'), again=True))
"
"""


@pytest.mark.skipif(not sys.platform.startswith("linux") or shutil.which("unshare") is None, reason="needs unshare")
def test_a_full_disk_ends_a_run_with_a_sentence_and_it_can_go_on(tmp_path):
    words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sh"]
    answer = subprocess.run(
        [*words, str(tmp_path), sys.executable, *TRAIN], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if answer.returncode == 77 or "unshare" in answer.stderr:
        pytest.skip("mounting a small disk needs more rights than this test has")
    facts, _ = json.JSONDecoder().raw_decode(answer.stdout)
    assert (facts["state"], facts["cause"]) == ("failed", "disk_full")
    assert "free some space" in facts["reason"]
    assert answer.stdout.rstrip().rsplit("\n", 1)[1] == "finished"
