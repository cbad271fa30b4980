"""One dataset layout a file: each recognises its files and opens them as a `SegDataset`."""
