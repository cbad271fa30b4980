"""segcore: models, training and metrics for semantic image segmentation, without a user interface.

A map of the package, bottom to top (a part imports only from parts above it in this list):

    errors types paths palette     words that everything shares
    text                           what people read, in their language: locale/*.json
    models                         networks: MODELS, build_model(name, num_classes=..., in_channels=...)
    data                           images, labels, datasets, transforms: open_dataset(name, split)
    losses metrics                 LOSSES, build_loss(name, ...); ConfusionMatrix, scores(counts)
    classical                      METHODS: segmentation without networks
    runs                           the run folder on disk; imports neither torch nor numpy
    explain                        every step of a computation as data: the numbers behind the lessons
    coach                          advice from the curves of a run; standard library only
    checkpoint                     one .safetensors file with its card
    inference                      Predictor: photo -> labels, confidence, runner-up
    evaluation                     model + data -> Report
    train                          TrainConfig, fit, worker
    export                         a run as CSV, TensorBoard events, or a report in one HTML file
    jobs                           short work with progress: start_job(name, settings), found again by its settings
    cli                            python -m segcore models | train | lr-find | predict | evaluate | runs | data

``import segcore`` is cheap: parts are loaded when they are imported.
"""

__version__ = "0.1.0"
