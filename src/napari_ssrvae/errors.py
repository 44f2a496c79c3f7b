"""The one exception that is meant for a user."""

from __future__ import annotations

__all__ = ["InputError"]


class InputError(ValueError):
    """The data, the file or the wish is at fault, not the program.

    The message is one sentence that a microscopist understands: what is wrong, where, and what to
    do about it. Docks and command line show it as it is; anything else that is raised is a defect.
    """
