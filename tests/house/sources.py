"""The product's own source files, and what the rules of the house read of them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from segcore.paths import PROJECT

PACKAGES = ("segcore", "ui", "pages", "benchmarks")


@cache
def modules() -> dict[str, Path]:
    """Dotted name → file, of every module outside the tests."""
    files = [PROJECT / "app.py", *(file for package in PACKAGES for file in sorted((PROJECT / package).rglob("*.py")))]
    return {_dotted(file): file for file in files}


@cache
def tree(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def place(file: Path) -> str:
    """The path of a file within the project, with forward slashes."""
    return file.relative_to(PROJECT).as_posix()


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a module, nested ones included."""
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _dotted(file: Path) -> str:
    parts = file.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
