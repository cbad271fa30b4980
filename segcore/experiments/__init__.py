"""Short trainings and measurements that lessons run as jobs.

live_training          the loop that they share
architecture_timing    five architectures timed on images of several sizes
cifar_classifier       a classifier on CIFAR-10, saved as a checkpoint
depth_fusion           a U-Net on colour and depth, without one of them, at three scales
few_images             a U-Net on few images, with and without regularisation
learning_rates         a U-Net with five learning rates
loss_comparison        a U-Net with one loss after another
occlusion_map          the occlusion map of one image
"""
