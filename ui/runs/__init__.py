"""The parts of the Runs page. Nothing here imports torch, so the page opens at once."""
