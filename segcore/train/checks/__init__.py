"""Checks before a training.

preflight.py   the job: reads the data, takes a few steps, and reports problems, time, memory and disk space
findings.py    the rules that turn its measurements into advice
trial.py       a few real steps, timed
memory.py      peak memory of a block of code
validation.py  the problems of a configuration
lr_finder.py   the learning-rate finder
"""
