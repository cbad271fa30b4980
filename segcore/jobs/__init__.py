"""Short jobs: work of seconds to minutes that a page starts, with progress and cancelling, independent of the page.

A job is a run folder like that of a training (`segcore.runs.Run`: events, log, lock, requests, derived state) under
`segcore.paths.jobs_dir()`, named after its settings, with the result in ``result.json``.
"""

from segcore.jobs.start import JobProgress, find_job, is_active, job_progress, job_result, start_job
from segcore.jobs.table import JOBS, JobCard
