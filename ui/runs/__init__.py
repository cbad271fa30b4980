"""The parts of the Runs page. Nothing in here needs torch, so the page opens at once.

overview    the table of all runs
query       what the table shows, as it stands in the address
rows        one page of it as texts, for the page and for the route that keeps it fresh
filters     search and filters above it
chosen      what can be done with the runs that are ticked in it
queue       who uses which device and who waits for it, with buttons that change the order
compare     several runs side by side
detail      one run: how far it is, its curves, what to do with it
way_back    the button to the table as it was left
notes       what people say about a run
following   what is new in a run, for pages that ask again and again
curves      what happened in a run as lines of points, thinned for a chart or whole as CSV
epochs      scores, counts and pictures of every epoch, for the scrubber
sample_files  the pictures themselves, and which other runs show the same
log         the end of a run's log, with a search
files       what a run can be taken away as: report, curves, TensorBoard events, configuration
worst       the worst images of the last validation, as a gallery
review      one of them in the mask viewer, predicted once more (this part alone needs torch)
overview    the table of all runs
meters      what a run uses of its machine at this moment
coach       the advice about its curves
failure     the card of a run that failed or was lost
words       a run's facts in the reader's words
"""
