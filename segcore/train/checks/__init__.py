"""Checks before training: configuration, memory and time estimates, learning-rate finder."""
