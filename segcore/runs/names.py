"""Names of run folders: which are plain, how any other stands in an address, and as text.

A run that is made here has a plain name. A folder that was copied or renamed by hand may be called anything.
"""

import base64
import binascii
import os
import re

PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""A name that `new_run` makes."""
ADDRESS = re.compile(r"[A-Za-z0-9_-]{1,64}|~[A-Za-z0-9_-]{2,400}")
"""What `address` returns."""


def address(name: str) -> str:
    """A run's name as it stands in addresses and in choices of a page.

    A plain name stands for itself; any other becomes "~" and its bytes in base64.
    """
    if PLAIN_NAME.fullmatch(name):
        return name
    return "~" + base64.urlsafe_b64encode(os.fsencode(name)).decode("ascii").rstrip("=")


def name_of_address(text: str) -> str | None:
    """The name that `address` encoded with "~"; None for any other text."""
    if not text.startswith("~") or not ADDRESS.fullmatch(text):
        return None
    coded = text[1:]
    try:
        name = os.fsdecode(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    except (binascii.Error, ValueError):
        return None
    return name if address(name) == text else None  # each run has one address only


def readable(name: str) -> str:
    """A name as text; bytes that are not UTF-8, which cannot be printed, become replacement characters."""
    return os.fsencode(name).decode("utf-8", "replace")


def is_folder_name(name: str) -> bool:
    """Whether this can be the name of a folder that lies directly in another one and is not hidden."""
    return bool(name) and not name.startswith(".") and not set(name) & {"/", os.sep, "\0"}


def typed_name(name: str) -> str:
    """A name as one types it in a shell: itself, or its `address` if it cannot be printed."""
    return name if name.isprintable() else address(name)
