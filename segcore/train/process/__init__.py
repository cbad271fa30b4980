"""The process around the training loop: worker, attempts, distributed ranks, signals, resume, failures, meters."""
