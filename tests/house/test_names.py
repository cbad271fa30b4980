"""A class name exists once in the product, and no module is a dumping ground."""

import ast
from collections import defaultdict

from tests.house.sources import modules, place, tree

DUMPING_GROUNDS = {"utils", "util", "common", "helpers", "helper", "misc", "tools", "lib"}


def test_a_class_name_exists_once():
    places = defaultdict(list)
    for file in modules().values():
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(place(file))
    repeated = {name: found for name, found in places.items() if len(found) > 1}
    assert not repeated, "\n".join(f"{name}: {', '.join(found)}" for name, found in sorted(repeated.items()))


def test_every_module_has_an_idea():
    assert not [place(file) for file in modules().values() if file.stem in DUMPING_GROUNDS]
