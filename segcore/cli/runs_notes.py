"""``runs rename``, ``note``, ``tag``, ``star``, ``archive``: the user's notes on trainings."""

import argparse
from collections.abc import Callable

from segcore.cli.output import print_result
from segcore.runs import Notes, change_notes, read_notes, typed_name

AddVerb = Callable[[str, Callable[[argparse.Namespace], int], str], argparse.ArgumentParser]
"""Adds a verb to ``runs``: name, command, help."""


def add_note_verbs(verb: AddVerb) -> None:
    """Add the verbs of this file."""
    renaming = verb("rename", _rename, "give a run a name that is shown instead of its folder's, which stays")
    renaming.add_argument("name", metavar="NEW", help='one line of text; "" removes it')
    noting = verb("note", _note, "write or print the note of a run")
    noting.add_argument("text", nargs="?", metavar="TEXT", help='the new note; "" removes it')
    tagging = verb("tag", _tag, "add tags to a run")
    tagging.add_argument("tags", nargs="+", metavar="TAG", help="one or more")
    tagging.add_argument("--remove", action="store_true", help="remove these tags")
    starring = verb("star", _star, "star a run")
    archiving = verb("archive", _archive, "archive a run: it is kept, but hidden from lists")
    for switching in (starring, archiving):
        switching.add_argument("--off", action="store_true", help="undo it")


def _rename(arguments: argparse.Namespace) -> int:
    notes = change_notes(arguments.run, name=arguments.name)
    folder = typed_name(arguments.run.name)
    text = f"Run {folder} is now shown as “{notes.name}”." if notes.name else f"Run {folder} has no other name."
    return _answer(arguments, notes, text)


def _note(arguments: argparse.Namespace) -> int:
    run = arguments.run
    if arguments.text is None:
        notes = read_notes(run)
        return _answer(arguments, notes, notes.text or f"Run {typed_name(run.name)} has no note.")
    notes = change_notes(run, text=arguments.text)
    return _answer(arguments, notes, f"Run {typed_name(run.name)}: {notes.text or 'the note was removed.'}")


def _tag(arguments: argparse.Namespace) -> int:
    run = arguments.run
    tags = read_notes(run).tags
    if arguments.remove:
        unwanted = {tag.casefold() for tag in arguments.tags}
        notes = change_notes(run, tags=[tag for tag in tags if tag.casefold() not in unwanted])
    else:
        notes = change_notes(run, tags=(*tags, *arguments.tags))
    return _answer(arguments, notes, f"Run {typed_name(run.name)} has the tags: {', '.join(notes.tags) or 'none'}.")


def _star(arguments: argparse.Namespace) -> int:
    notes = change_notes(arguments.run, star=not arguments.off)
    return _answer(arguments, notes, f"Run {typed_name(arguments.run.name)} has {'a' if notes.star else 'no'} star.")


def _archive(arguments: argparse.Namespace) -> int:
    notes = change_notes(arguments.run, archived=not arguments.off)
    where = "archived; `runs list --archived` lists it" if notes.archived else "back in the list"
    return _answer(arguments, notes, f"Run {typed_name(arguments.run.name)} is {where}.")


def _answer(arguments: argparse.Namespace, notes: Notes, sentence: str) -> int:
    marks = {"tags": list(notes.tags), "starred": notes.star, "archived": notes.archived}
    names = {"name": typed_name(arguments.run.name), **({"display_name": notes.name} if notes.name else {})}
    return print_result({**names, "note": notes.text, **marks}, sentence, as_json=arguments.json)
