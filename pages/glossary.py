"""The glossary: every term of the lessons with a sentence, a formula and its lesson."""

from ui.learn import glossary
from ui.widgets import frame

with frame.page("glossary"):
    glossary.show()
