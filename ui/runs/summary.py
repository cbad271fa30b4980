"""The facts of a run are found out in `segcore.runs.facts`, for the shell too; this is their old address."""

from segcore.runs import Summary, summary

__all__ = ["Summary", "summary"]
