"""The numbers behind the lessons, pure: arrays in, arrays out. No files, no training jobs, no drawing.

Functions return all intermediate values that a lesson shows, and are tested against an independent computation.
The trainings of lessons are in `segcore.experiments`.
"""
