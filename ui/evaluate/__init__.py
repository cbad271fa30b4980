"""The parts of the Evaluate page.

subject      who is judged: a checkpoint, or the best weights of a run
mapping      which class of the data is which of the subject, where their names differ
question     who is judged on which data and how → the settings of the jobs
numbers      how ratios are written
look         the images of an evaluation: small ones to press, and the chosen one in the viewer
badge        the robustness of a checkpoint in one line

one          one subject: its job and the views of its answer
  headline     the numbers that are quoted, each with its interval and the convention it follows
  downloads    the report as JSON and as one HTML page
  classes      every class: IoU, Dice, precision, recall, outlines
  confusion    where the pixels of each class went; a cell of the matrix shows the images with exactly those pixels
  worst        the images that came out worst
  conventions  the same predictions under the rules of other programs, and why they differ
  sizes        objects by size
  calibration  whether confidences are right
versus       two subjects on the same images: difference of each class, images won and lost, both masks under a swipe
hardiness    what is left of the score on spoilt photos
folds        cross validation: starts the folds, tells mean and spread
"""
