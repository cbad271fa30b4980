"""The glossary: every term of the lessons, a sentence, a formula, and where it is learnt."""

from ui.learn import glossary
from ui.widgets import frame

with frame.page("glossary"):
    glossary.show()
