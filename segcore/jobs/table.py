"""JOBS: the short jobs and the function of each. Only the worker imports these functions; the table is cheap to read.

The function of a job:

    def work(settings: Mapping[str, Any], job: JobContext) -> dict[str, Any]

``settings`` are the plain values that `start_job` was given. The result is anything that `plain_values` accepts. Errors
that a user can fix are ``SegcoreError``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class JobCard:
    """The function of a job, as "package.module:function".

    Raise the version when the same settings give another result, so that stored results are not reused.
    """

    work: str
    version: int = 1


JOBS: dict[str, JobCard] = {
    "dataset_check": JobCard("segcore.data.doctor.job:check", version=4),
    "dataset_facts": JobCard("segcore.data.statistics:work"),
    "dataset_get": JobCard("segcore.data.download:work"),
    "dataset_import": JobCard("segcore.data.archive:work"),
    "dataset_repair": JobCard("segcore.data.doctor.job:repair"),
    "dataset_showing": JobCard("segcore.data.images_by_class:work"),
    "evaluate": JobCard("segcore.evaluation.evaluation_jobs:evaluate", version=2),
    "lesson-classifier": JobCard("segcore.experiments.cifar_classifier:work"),
    "lesson-families": JobCard("segcore.experiments.architecture_timing:work"),
    "lesson-fusion": JobCard("segcore.experiments.depth_fusion:work"),
    "lesson-losses": JobCard("segcore.experiments.loss_comparison:work"),
    "lesson-overfitting": JobCard("segcore.experiments.few_images:work"),
    "lesson-rates": JobCard("segcore.experiments.learning_rates:work"),
    "lr-find": JobCard("segcore.train.checks.lr_finder:work"),
    "occlusion": JobCard("segcore.experiments.occlusion_map:work"),
    "preflight": JobCard("segcore.train.checks.preflight:work", version=2),
    "robustness": JobCard("segcore.evaluation.evaluation_jobs:robustness"),
}
"""By name: at most 40 letters, digits, "_" and "-"."""
