"""The parts of the Runs page. Nothing in here needs torch, so the page opens at once.

summary     one run in a few facts, read from the ends of its files
following   what is new in a run, for pages that ask again and again
curves      what happened in a run as lines of points, thinned for a chart or whole as CSV
epochs      scores, counts and pictures of every epoch, for the scrubber
sample_files  the pictures themselves, and which other runs show the same
log         the end of a run's log
overview    the table of all runs
meters      what a run uses of its machine at this moment
eta         how long a run still takes
coach       advice in plain words, with what could be tried
remedies    a new run with a change, or the same run that goes on with one
detail      one run: how far it is, its curves, what to do with it
words       a run's facts in the reader's words
"""
