"""The parts of the Evaluate page.

Tables and charts come from ``segcore.export``, whose reports have the same sections.
"""
