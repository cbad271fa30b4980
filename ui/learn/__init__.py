"""Learn: lessons in which the learner predicts, changes something and sees real numbers.

``lesson`` holds the parts of a lesson as data, ``lessons`` one module each, ``table`` their order; ``frame`` draws any.

How to add a lesson, say "pooling":

1. ``segcore/explain/pooling.py``: the numbers, every intermediate value that is shown, and no drawing. Test it in
   ``tests/explain/test_pooling.py`` against an independent computation (PyTorch's own, autograd, two loops).
2. ``ui/learn/lessons/pooling.py``: the `LessonFunctions`, and at the end ``LESSON = Lesson(...)`` with its group of the
   overview, its minutes and its thumbnail. Take lessons/convolution.py (cells) or lessons/tasks.py (images that one
   clicks: `pixel_picker.press`) as a model. What ``draw_views`` draws first stays in view on a phone. The answer of the
   guess follows from the result, and so does the question where it names settings. What takes more than some
   milliseconds goes through ``ui.cache.computed(function, *hashable)``; what takes more than half a second is a short
   job (`ui.widgets.job_panel.panel`). Networks: `PhotoControl` and `CheckpointControl`, hooks and
   gradients only on ``network_cache.private_network(reference)``.
3. A line in ``table.py``, and its name in ``ui.links.LESSONS``.
4. Texts, in both languages, all beginning with ``lesson.pooling.``:
       title  idea  predict  explain  practice           the prose; with the steps 120 to 180 English words
       step.<step>                                       one for each of ``steps``
       happened.right  happened.wrong1  happened.wrong2  three explanations of the result
       guess.<option>                                    for a guess of the kind `ChoiceGuess`
       set.<control>  set.<control>.<option>             labels of the controls
       link.<page>  and anything else                    texts of views, check and links
   Formulas are not texts: a locale file holds no LaTeX.
5. ``tests/ui/learn/test_pooling_lesson.py``: every formula's values computed again for all settings that matter, the
   code executed and compared with the result. ``test_lessons.py`` holds every lesson to the frame's contract.

The default settings make the point before anything is changed. At most three linked views; at most three visible
controls. Every number on the screen comes from a tensor computed now, or from a run or file that is named.
"""
