"""The parts of the Runs page. Nothing in here needs torch, so the page opens at once.

summary     one run in a few facts, read from the ends of its files
curves      what happened in a run as lines of points, thinned for a chart or whole as CSV
log         the end of a run's log, with a search
files       what a run can be taken away as: report, curves, TensorBoard events, configuration
worst       the worst images of the last validation, as a gallery
review      one of them in the mask viewer, predicted once more (this part alone needs torch)
overview    the table of all runs
detail      one run: how far it is, its curves, what to do with it
words       a run's facts in the reader's words
"""
