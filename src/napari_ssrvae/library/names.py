"""Names that people gave, made fit for storage and for file systems."""

from __future__ import annotations

import re
import unicodedata

from napari_ssrvae.errors import InputError

__all__ = ["FileNames", "checked_file_name", "clean_text", "safe_file_name"]

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
_RESERVED = {"con", "prn", "aux", "nul", "clock$", "conin$", "conout$"} | {
    f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789¹²³"
}
# File systems allow 255 bytes a name; the rest is room for endings and numbers.
_MAX_BYTES = 120


def clean_text(text: object) -> str:
    """`text` as valid Unicode: undecodable bytes of a file name become question marks."""
    return str(text).encode("utf-8", "replace").decode("utf-8")


def safe_file_name(name: str) -> str:
    """Return a name near to `name` that every file system takes as one path component.

    Letters of every language stay. The result is never empty, never hidden, never a device.
    """
    text = unicodedata.normalize("NFC", clean_text(name))
    # Format characters (direction overrides and the like) can make a name look like another.
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Co", "Cn"))
    text = _FORBIDDEN.sub("_", text)
    text = text.encode("utf-8")[:_MAX_BYTES].decode("utf-8", "ignore").strip(". ")
    if not text:
        return "unnamed"
    if text.split(".")[0].strip().casefold() in _RESERVED:
        return f"_{text}"
    return text


class FileNames:
    """Gives out safe file names that differ from each other, letter case aside."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def new(self, name: str) -> str:
        """Return a safe name for `name`; numbered if one like it was given out before."""
        base = safe_file_name(name)
        candidate, number = base, 1
        # NFKC as well: some file systems fold compatibility forms.
        while (key := unicodedata.normalize("NFKC", candidate).casefold()) in self._taken:
            number += 1
            candidate = f"{base} ({number})"
        self._taken.add(key)
        return candidate


def checked_file_name(name: str, what: str) -> str:
    """Return `name` if it can be a file name as it is; raise `InputError` if not."""
    if not isinstance(name, str) or not name or safe_file_name(name) != name:
        raise InputError(
            f"“{clean_text(name)[:60]}” cannot be the name of a {what}: "
            "use letters, digits, spaces, - and _ without slashes."
        )
    return name
