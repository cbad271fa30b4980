"""One module a lesson, named as the lesson; ui/learn/table.py lists them. How to write one: ui/learn/__init__.py."""
