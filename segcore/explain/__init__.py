"""The numbers behind the lessons, pure: arrays in, arrays out. No files, no training jobs, no drawing.

    tasks.py             one image, four answers: thresholds, regions, classes, instances
    convolution.py       one output value as a dot product, and the whole output; stride, padding, dilation
    downsampling.py      the best mask that one label per feature-map position can give
    upsampling.py        which inputs each output depends on, and checkerboard artefacts
    receptive_field.py   theoretical and effective receptive field, gaps of dilated layers
    logits.py            softmax, sigmoids and activations; labels and confidences of an image; reliability
    skips.py             the skip connections of a U-Net, found by hooks, each with a gain
    architectures.py     five architectures: shapes, parameters, MACs, memory, time, receptive field
    dense_classification.py  a classifier applied to every window of an image, one by one and as convolutions
    fusion.py            colour and depth in one network; averaging over input scales
    objects.py           instances with mask and box: synthetic ones, or components of a label map
    anchors.py           anchors, matching them with objects, non-maximum suppression
    roi.py               RoIPool and RoIAlign of a box, and the mask pasted back
    losses.py            a loss pixel by pixel, its gradient, and the probability that minimises it
    descent.py           the loss surface of two weights, and the steps of optimisers on it
    overfitting.py       a pixel classifier in closed form: data size, weight decay, folds, a leak
    paired_transforms.py image and labels transformed together; interpolated class ids
    metrics_lab.py       ground truth, an editable prediction, and every score of it
    robustness_curves.py IoU of each class as images are corrupted more, and one FGSM step
    saliency.py          gradient, Seg-Grad-CAM, occlusion, and the deletion test
    network.py           several images through a network at once, and gradients at their pixels
    private_copy.py      a copy of a network for hooks, and the outputs of its stages

Functions return all intermediate values that a lesson shows, and are tested against an independent computation.
The trainings of lessons are in `segcore.experiments`.
"""
