"""The capstone: a checklist that leads through all pages, with a run of the learner's own."""

from ui.learn.capstone.view import card, show
from ui.learn.capstone.why_step import return_bar
