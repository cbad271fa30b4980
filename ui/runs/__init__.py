"""The parts of the Runs page. Nothing in here needs torch, so the page opens at once.

curves      what happened in a run as lines of points, thinned for a chart or whole as CSV
log         the end of a run's log
overview    the table of all runs
meters      what a run uses of its machine at this moment
eta         how long a run still takes
detail      one run: how far it is, its curves, what to do with it
words       a run's facts in the reader's words
"""
