"""The parts of the Evaluate page.

numbers      how ratios are written
question     which checkpoint on which data → the settings of the job
headline     the numbers that are quoted, each with its interval and the convention it follows
classes      every class: IoU, Dice, precision, recall, outlines
confusion    where the pixels of each class went; a cell shows the images with exactly those pixels marked
conventions  the same predictions under the rules of other programs, and why they differ
sizes        objects by size
calibration  whether confidences are right
worst        the images that came out worst, in the viewer
downloads    the report as JSON and as one HTML page
hardiness    what is left of the score on spoilt photos
"""
