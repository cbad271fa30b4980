"""The capstone: one way through everything, on a run of the learner's own.

Train a network, move through its epochs, find its worst image, ask lesson 16 why, write a sentence about it, and take
the report away. Every step is done with what the other pages use, and counts as done only when it was.

taken      what the learner did with which run, in one file
standing   which steps are done: from the run's own folder and from that file
steps      what is drawn for each step
errand     the worst image on its way to lesson 16, and the way back
view       the list of the steps, and the one that is looked at
"""

from ui.learn.capstone.errand import along_the_way, link
from ui.learn.capstone.view import NAME, card, show

__all__ = ["NAME", "along_the_way", "card", "link", "show"]
