"""The command line: ``python -m segcore COMMAND``, see ``--help``.

    program.py      the parser of everything, main(words), exit codes, errors as sentences
    models.py       what can be trained and used
    settings.py     the options of train, made from TrainConfig's own fields
    train.py        start a run and follow it
    preflight.py    what train --check prints
    lr_find.py      suggest a learning rate
    jobs.py         wait for a short job, as the two above do
    checkpoints.py  the options of predict and evaluate that choose a checkpoint and how it is run
    crossval.py     the folds of a cross validation as queued runs, and their spread
    predict.py  evaluate.py  robustness.py  compare.py  runs.py  data.py
    export.py       a run as CSV, TensorBoard events or a report; a verb of runs
    advice.py       the advice of the coach, with the commands that try it
    signals.py      Ctrl-C
    output.py       tables, JSON, numbers and a progress line

A command is two functions: ``add_options`` declares its options, the other runs it and returns the exit code. Results
go to stdout and everything else to stderr. What programs read is JSON; all other words may change.
"""

from segcore.cli.program import main

__all__ = ["main"]
