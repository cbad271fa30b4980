"""The parts of the Segment page.

gallery      choose a photo: upload, camera, bundled samples
method       the parameters of a method without a network
pictures     photo, mask and truth as pictures that the viewer reads by address
results      the quiet line of facts and the table of classes
truth        ground truth: read, check, measure
downloads    files to take away, for one photo or for all
"""
