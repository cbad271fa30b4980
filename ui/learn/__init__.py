"""Learn: lessons in which the learner predicts, changes something and sees real numbers.

table       LESSONS: which lessons there are
lesson      what a lesson is made of
lessons     one module each
frame       draws the parts of any lesson
controls    what can be changed, and how it stands in the address
weights     numbers that are typed, as a control
subjects    a photo and a checkpoint of one's own, as controls
scenes      what a network looks at, and what it is measured against
corrupted      scenes corrupted at every severity
robustness_card   all corruptions at once, for the network of a lesson
strip       a network as a strip of blocks
slid        a classifier slid over a larger image
fused       colour and depth, and three scales
guess       ways to predict: a choice, a number, a place
formulas    a formula with symbols and numbers
cells       grids of numbers or pixels that light each other up (a component of our own)
images    images in a row
outlines    boxes drawn over an image
place       a pixel of a photo that is pointed at
lines       charts of a few named lines
colours     numbers and outcomes → colours
progress    what was done, in one file
overview    all lessons at a glance
capstone    one way through all of it, on a run of the learner's own (a folder)
glossary    terms, and where they are learnt

How to add a lesson, say "pooling"
==================================
1. ``segcore/explain/pooling.py``: the numbers, every intermediate value that is shown, and no drawing. Test it in
   ``tests/explain/test_pooling.py`` against an independent computation (PyTorch's own, autograd, two loops).
2. ``ui/learn/lessons/pooling.py``: functions for the fields of `Lesson`, and at the end ``LESSON = Lesson(...)``. Take
   lessons/convolution.py (cells) or lessons/metrics_lab.py (cells and a table) as a model. What takes more than some
   milliseconds goes through ``ui.cache.computed(function, *hashable)``; what takes more than half a second is a short
   job (`ui.widgets.job_panel.panel`). Networks: `subjects.Photo` and `subjects.Network` as controls, hooks and
   gradients only on ``cache.private_network(reference)``.
3. A line in ``table.py``.
4. Texts, in both languages, all beginning with ``lesson.pooling.``:
       title  idea  predict  explain  practice           the prose; with the steps 120 to 180 English words
       step.<step>                                       one for each of ``steps``
       happened.right  happened.wrong1  happened.wrong2  three accounts of what was seen
       guess.<option>                                    for a guess of the kind `Pick`
       set.<control>  set.<control>.<option>             labels of the controls
       anything else                                     what the views, the check and the links say
   Formulas are not texts: a locale file holds no LaTeX.
5. ``tests/ui/learn/test_pooling_lesson.py``: every formula's values reckoned again for all settings that matter, the
   code executed and compared with what is seen. ``tests/ui/learn/test_lessons.py`` holds every lesson of the table to
   the frame's promises by itself, in both languages, and ``tests/browser/test_learn.py`` opens it in a browser.

A lesson's default settings make its point before anything is touched. Views: at most three, linked; controls: at most
three in view. Every number on the screen comes from a tensor computed now, or from a run or file that is named.
"""
