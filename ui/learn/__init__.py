"""Learn: lessons in which the learner predicts, changes something and sees numbers that were just computed.

table       LESSONS: all lessons in their order
lesson      the parts of a lesson
lessons     one module each
frame       draws the parts of any lesson
controls    settings of a lesson, and how they are written in the address
weights     typed numbers, as a control
subjects    a photo and a checkpoint of one's own, as controls
scenes      network, images and ground truth of a lesson
spoilt      a scene corrupted at every severity
robustness_card   all corruptions at once, for the network of a lesson
strip       a network as a row of blocks
slid        a classifier applied convolutionally
fused       colour and depth, and three scales
guess       ways to predict: a choice, a number, a place
formulas    a formula with symbols and numbers
figures     captioned images in a row
outlines    boxes drawn over an image
place       a selected pixel of a photo
colours     numbers and outcomes → colours
progress    the learner's progress in each lesson
records     the JSON files of progress and capstone
overview    all lessons at a glance
capstone    a checklist through all pages, with a run of the learner's own
glossary    terms, each with its lesson

How to add a lesson, say "pooling"
==================================
1. ``segcore/explain/pooling.py``: the numbers, with every intermediate value that is shown, and no drawing. Test it in
   ``tests/explain/test_pooling.py`` against an independent computation (PyTorch, autograd, two loops).
2. ``ui/learn/lessons/pooling.py``: functions for the fields of `Lesson`, and ``LESSON = Lesson(...)`` at the end. See
   lessons/convolution.py (cells) or lessons/metrics_lab.py (cells and a table). What takes more than milliseconds goes
   through ``ui.cache.computed(function, *hashable)``; what takes more than half a second is a short job
   (`ui.widgets.job_panel.panel`). Networks: `subjects.Photo` and `subjects.Network` as controls, hooks and gradients
   only on ``cache.private_network(reference)``.
3. A line in ``table.py``, and its name in ``ui.links.LESSONS``.
4. Texts in every language, all beginning with ``lesson.pooling.``:
       title  idea  predict  explain  practice           the prose; with the steps 120 to 180 English words
       step.<step>                                       for each of ``steps``
       happened.right  happened.wrong1  happened.wrong2  three accounts of the result
       guess.<option>                                    for a `ChoiceGuess`
       set.<control>  set.<control>.<option>             labels of the controls
       link.<page>  and anything else                    texts of views, check and links
   Formulas are not texts: a locale file contains no LaTeX.
5. ``tests/ui/learn/test_pooling_lesson.py``: the values of every formula recomputed for all settings that matter, the
   code executed and compared with the result. ``tests/ui/learn/test_lessons.py`` checks the frame's contract for every
   lesson of the table in all languages, and ``tests/browser/test_learn.py`` opens it in a browser.

The default settings make the point before anything is changed. At most three linked views; at most three visible
controls. Every number on the screen comes from a tensor computed now, or from a run or file that is named.
"""
