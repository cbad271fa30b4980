"""No import cycles between modules, wherever the import stands: at the top, in a function, behind TYPE_CHECKING."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from tests.house.sources import modules, tree


def _imported(file: Path) -> set[str]:
    """The modules of the project that a file names in any of its import statements."""
    known = modules()
    found = set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports hide where a name comes from"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in known else str(node.module))
    return found & set(known)


def test_modules_do_not_import_each_other_in_circles():
    graph = {name: _imported(file) - {name} for name, file in modules().items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError("import cycle: " + " -> ".join(error.args[1])) from None


def test_the_search_sees_every_kind_of_import(tmp_path):
    file = tmp_path / "sample.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nfrom segcore import paths\n"
        "if TYPE_CHECKING:\n    import segcore.types\n"
        "def f():\n    from segcore.errors import BadImage\n"
    )
    assert _imported(file) == {"segcore.paths", "segcore.types", "segcore.errors"}
