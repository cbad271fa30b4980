"""The glossary: every term of the lessons, a sentence, a formula, and where it is learnt."""

from ui import frame
from ui.learn import glossary

with frame.page("glossary"):
    glossary.show()
