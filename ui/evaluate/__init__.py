"""The parts of the Evaluate page.

subject      what can be evaluated: a checkpoint, the best weights of a run, or a classical method
mapping      which class of the data is which class of the subject, where the names differ
settings     subject, data and options → the settings of the jobs
images       image tiles, and the chosen image in the viewer

single       one subject: its job and the views of its report
  downloads  the report as JSON and as HTML
  confusion  the confusion matrix; a cell shows the images with exactly its pixels
  worst      the images with the lowest scores
two          two subjects on the same images: differences by class and by image, both masks under a swipe
robustness   the score on corrupted images
folds        cross-validation: starts the folds, shows their mean and spread

Tables and charts come from ``segcore.export``, whose reports have the same sections.
"""
