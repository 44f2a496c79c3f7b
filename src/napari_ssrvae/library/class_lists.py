"""Lists of classes as files: what a group has agreed on, for the next library.

CSV (name and colour), plain text (a name per line), or the library.json of an export.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeAlias

from napari_ssrvae.errors import InputError
from napari_ssrvae.files import atomic_file
from napari_ssrvae.library.classes import (
    MOST_CLASSES,
    ParticleClass,
    checked_class_name,
    checked_colour,
    name_key,
)

__all__ = ["ClassEntry", "read_class_list", "write_class_list"]

ClassEntry: TypeAlias = tuple[str, str | None]

_MOST_BYTES = 1 << 20
_ENDINGS = (".csv", ".txt", ".json")
_NAME_HEADS = {"name", "class", "class name"}
_COLOUR_HEADS = {"", "colour", "color"}
# What makes a spreadsheet take text for a formula (owasp.org, "CSV injection"), and the mark itself.
_MARKED = ("=", "+", "-", "@", "'")


def read_class_list(path: str | Path) -> tuple[ClassEntry, ...]:
    """Return the classes of a file, each name once, in their order: (name, "#rrggbb" or None).

    Parameters
    ----------
    path : str or Path
        `.csv`: name and perhaps colour in the first two columns, with or without a header, separated by
        commas, semicolons or tabs; `.txt`: a name per line; `.json`: library.json of an export.

    Raises
    ------
    InputError
        The file cannot be read, is too large, holds no or too many classes, or a name or a colour is bad;
        the sentence names the line.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _ENDINGS:
        raise InputError(f"{path.name} is no list of classes: choose a .csv, .txt or .json file.")
    text = _text(path)
    if suffix == ".json":
        entries = _of_json(text, path)
    elif suffix == ".csv":
        entries = _of_csv(text, path)
    else:
        entries = [(f"line {n}", line, None) for n, line in enumerate(text.splitlines(), start=1)]
    found: dict[str, ClassEntry] = {}
    for where, name, colour in entries:
        if not name.strip():
            continue
        try:
            checked = checked_class_name(name)
            found.setdefault(
                name_key(checked), (checked, checked_colour(colour) if colour else None)
            )
        except InputError as error:
            raise InputError(f"{path.name}, {where}: {error}") from error
        if len(found) > MOST_CLASSES:
            raise InputError(
                f"{path.name} lists more than {MOST_CLASSES} classes: a library holds no more."
            )
    if not found:
        raise InputError(f"{path.name} lists no classes: write a name on each line.")
    return tuple(found.values())


def write_class_list(path: str | Path, classes: Iterable[ParticleClass | ClassEntry]) -> None:
    """Write classes as a .csv with the columns name and colour, safe to open in a spreadsheet.

    A name that begins like a formula gets an apostrophe before it; `read_class_list` takes it off.
    The reserved class is left out: every library has it.

    Raises
    ------
    InputError
        There is nothing to write, or the file cannot be written.
    """
    entries = [
        (c.name, c.colour) if isinstance(c, ParticleClass) else c
        for c in classes
        if not (isinstance(c, ParticleClass) and c.reserved)
    ]
    if not entries:
        raise InputError("There are no classes to write: add one first.")
    text = io.StringIO(newline="")
    # All in quotes: a semicolon in a name must not begin a new cell where that parts the columns.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(("name", "colour"))
    writer.writerows((_harmless(name), colour or "") for name, colour in entries)
    with atomic_file(path) as draft:
        draft.write_text(text.getvalue(), encoding="utf-8-sig")  # or Excel takes it for Latin-1


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            raise InputError(f"There is no file {path}: choose a list of classes.")
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path.name} is too large for a list of classes: choose another.")
        data = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(f"{path} cannot be read ({reason}): choose another file.") from error
    try:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is not text in UTF-8: save it as UTF-8.") from error


def _of_csv(text: str, path: Path) -> list[tuple[str, str, str | None]]:
    separator = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path.name} is not a table ({error}): save it as CSV.") from error
    if rows and _is_head(rows[0][1]):
        del rows[0]
    return [
        (f"line {line}", _plain(row[0]), row[1] if len(row) > 1 and row[1] else None)
        for line, row in rows
        if row
    ]


def _is_head(row: Sequence[str]) -> bool:
    second = row[1].casefold() if len(row) > 1 else ""
    return bool(row) and row[0].casefold() in _NAME_HEADS and second in _COLOUR_HEADS


def _of_json(text: str, path: Path) -> list[tuple[str, str, str | None]]:
    try:
        listed = json.loads(text)["classes"]
        found = [(entry["name"], entry.get("colour")) for entry in listed]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path.name} holds no classes: choose the library.json of an export."
        ) from error
    for name, colour in found:
        if not isinstance(name, str) or not isinstance(colour, str | None):
            raise InputError(f"{path.name}: the name and colour of a class must be text.")
    return [(f"class {n}", *entry) for n, entry in enumerate(found, start=1)]


def _harmless(name: str) -> str:
    return f"'{name}" if name.startswith(_MARKED) else name


def _plain(name: str) -> str:
    return name[1:] if name.startswith("'") and name[1:].startswith(_MARKED) else name
