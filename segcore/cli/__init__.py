"""The command line: ``python -m segcore COMMAND``, see ``--help``.

A command is two functions: ``add_options`` declares its options, the other runs it and returns the exit code. Results
go to stdout and everything else to stderr. What programs read is JSON; all other words may change.
"""

from segcore.cli.program import main
