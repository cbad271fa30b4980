"""The numbers behind the lessons: every step of a computation as data, so that a page only has to draw it.

    convolution.py    one output cell as a dot product, and the whole output; stride, padding, dilation
    metrics_lab.py    truth, a prediction that can be painted, and what every score makes of them
    private_copy.py   a network of one's own to put hooks into

A function here returns all intermediate values that a lesson shows, not only the result, and is tested against an
independent computation of the same. Nothing here draws, and a network that others use is never touched.
"""
