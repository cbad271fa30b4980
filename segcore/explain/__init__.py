"""The numbers behind the lessons: every step of a computation as data, so that a page only has to draw it.

    tasks.py          one picture, four answers: bright or dark, regions, classes, single things
    convolution.py    one output cell as a dot product, and the whole output; stride, padding, dilation
    downsampling.py   the best mask that one label per cell can say
    logits.py         softmax, sigmoids and activations; labels and confidences of a picture
    upsampling.py     which inputs each output is made of, and the fingerprints that this leaves
    receptive_field.py  what a stack of layers promises to read, reads, and what a network uses
    losses.py         what a loss makes of a prediction, pixel by pixel; the probability that it likes best
    loss_race.py      a small network trained with one loss after another (a short job)
    descent.py        a loss of two weights as a landscape, and the steps of optimisers on it
    rate_test.py      a small network trained with five learning rates (a short job)
    memorising.py     a pixel classifier fitted at once: number of pictures, weight decay, folds, a leak
    few_pictures.py   a U-Net trained on few pictures, with and without a remedy (a short job)
    live_training.py  the loop that such jobs share
    metrics_lab.py    truth, a prediction that can be painted, and what every score makes of them
    paired.py         a picture and its labels moved together; class ids averaged by mistake
    families.py       five families of networks: shapes, multiply-adds, memory, time, the field of a pixel
    family_race.py    all five timed (a short job)
    sliding.py        a classifier slid over a larger image, and one trained for it (a short job)
    fusion.py         colour and depth in one network, and three scales (a short job)
    skips.py          the skips of a U-Net, found by hooks, each with a dial
    objects.py        objects one by one: drawn ones, or the pieces of a label map
    anchors.py        boxes on offer, which of them match an object, and which outlive each other (NMS)
    roi.py            a box cut out of a feature map with and without rounding, and the mask put back
    gradcam.py        why this pixel: gradient, Seg-Grad-CAM, occlusion, and the deletion test
    occlusion.py      occlusion as a short job
    network.py        several pictures through a network at once, and gradients back to their pixels
    stress.py         IoU of each class as pictures get worse, and one step against the network
    private_copy.py   a network of one's own to put hooks into

A function here returns all intermediate values that a lesson shows, not only the result, and is tested against an
independent computation of the same. Nothing here draws, and a network that others use is never touched.
"""
