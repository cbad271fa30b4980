"""Checks before a training: validation of its configuration, preflight check, learning-rate finder."""
