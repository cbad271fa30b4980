"""Files have at most 300 lines and functions at most 50; the exceptions are few, and may only become fewer."""

import pytest

from tests.house.sources import functions, modules, place, tree

LONGEST_FILE = 300
LONGEST_FUNCTION = 50

ALLOWED: dict[str, int] = {}
"""Path, or path and function, → lines at most. Shrink a number or remove an entry; never add one."""


def _lengths() -> dict[str, tuple[int, int]]:
    """Place → its lines and the limit, for every file and function."""
    found = {}
    for file in modules().values():
        found[place(file)] = (file.read_text(encoding="utf-8").count("\n"), LONGEST_FILE)
        for function in functions(tree(file)):
            assert function.end_lineno is not None
            lines = function.end_lineno - function.lineno + 1
            name = f"{place(file)}::{function.name}"
            found[name] = (max(lines, found.get(name, (0, 0))[0]), LONGEST_FUNCTION)
    return found


LENGTHS = _lengths()


def test_files_and_functions_are_short():
    long = [
        f"{name}: {lines} lines, at most {ALLOWED.get(name, limit)}"
        for name, (lines, limit) in LENGTHS.items()
        if lines > ALLOWED.get(name, limit)
    ]
    assert not long, "\n".join(["Split by idea:", *long])


@pytest.mark.parametrize("name", ALLOWED)
def test_an_exception_is_still_needed_and_exact(name):
    lines, limit = LENGTHS[name]
    assert lines > limit, "it is short enough now: remove the entry"
    assert lines == ALLOWED[name], "it became shorter: lower the number"


def test_there_are_few_exceptions():
    assert len(ALLOWED) < 10
