"""Which short jobs there are. Only the worker imports their functions, so this table costs nothing to read.

A function that does a job:

    def work(settings: Mapping[str, Any], emit: Emit, asked: Callable[[], Request | None], folder: Path)
        -> dict[str, Any] | None

``settings`` are the plain values that `start_job` was given. ``emit("progress", done=3, total=40, doing="reading")``
tells how far it is: ``doing`` is a word for programs (the dashboard's text for it is ``jobs.doing.reading``), and
``detail=`` may add a name. The time left is told from ``done`` since the job began, or since ``emit("began")``; a job
that knows better says ``left=`` in seconds, None where it cannot be told. Emit as often as you like, the worker passes
on a few a second. Poll ``asked()`` now and then; once it is not None, return None soon. ``folder`` is the job's own,
for files that belong to the answer. The answer is what JSON can hold; numbers and arrays of numpy and torch become
plain ones, NaN becomes null. Errors that a person can mend are ``SegcoreError``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class JobCard:
    """The fixed facts of a job.

    Attributes:
        work: its function, as "package.module:function".
        version: to be raised when the same settings are to give another answer, so that old answers are not found.
    """

    work: str
    version: int = 1


JOBS: dict[str, JobCard] = {
    "dataset_check": JobCard("segcore.data.doctor.job:check", version=2),
    "dataset_facts": JobCard("segcore.data.statistics:work"),
    "dataset_get": JobCard("segcore.data.download:work"),
    "dataset_import": JobCard("segcore.data.archive:work"),
    "dataset_repair": JobCard("segcore.data.doctor.job:repair"),
    "dataset_showing": JobCard("segcore.data.images_by_class:work"),
    "evaluate": JobCard("segcore.evaluation.evaluation_jobs:evaluate"),
    "lesson-classifier": JobCard("segcore.explain.sliding:work"),
    "lesson-families": JobCard("segcore.experiments.architecture_timing:work"),
    "lesson-fusion": JobCard("segcore.explain.fusion:work"),
    "lesson-losses": JobCard("segcore.experiments.loss_comparison:work"),
    "lesson-overfitting": JobCard("segcore.experiments.few_images:work"),
    "lesson-rates": JobCard("segcore.experiments.learning_rates:work"),
    "lr-find": JobCard("segcore.train.checks.lr_finder:work"),
    "occlusion": JobCard("segcore.explain.occlusion:work"),
    "preflight": JobCard("segcore.train.checks.preflight:work"),
    "robustness": JobCard("segcore.evaluation.evaluation_jobs:robustness"),
}
"""By name: letters, digits, "_" and "-", at most 40 of them."""
