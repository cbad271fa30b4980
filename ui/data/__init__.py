"""The Data page: know your data before you train on it.

choose.py    which dataset and split
arrivals.py  zips that somebody uploads or names, and their unpacking
thumbs.py    small pictures by address, made when the browser asks for them
browse.py    a grid of pictures with their masks, and one of them in the mask viewer
facts.py     classes, sizes and counts of each split
charts.py    the same as charts
doctor.py    the problems of a dataset, and a repaired copy
preview.py   what augmentation makes of an image and its mask
"""
