"""Labels from a table, for people who have them already."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.library import ParticleLibrary

__all__ = ["label_from_csv"]


def label_from_csv(library: ParticleLibrary, path: Path) -> dict[str, int]:
    """Label particles from a table with the columns micrograph, class, and label_id or y and x in pixels.

    A row with an empty class takes the label off. Classes that are not there yet are added. Either every
    row is good and all are done, or nothing is.

    Parameters
    ----------
    library : ParticleLibrary
    path : Path
        CSV with a header, UTF-8. `micrograph` is the name, the file name or the SHA-256 of a micrograph
        of the library and may be left out if there is only one.

    Returns
    -------
    dict
        Number of particles labelled per class name.

    Raises
    ------
    InputError
        The table is at fault; the sentence names the line.
    """
    from napari_ssrvae.library import AddClass, AssignClass
    from napari_ssrvae.library.classes import checked_class_name, name_key

    columns, rows = _read(path)
    if "class" not in columns or not ("label_id" in columns or {"y", "x"} <= set(columns)):
        raise InputError(
            f"{path} lacks columns: it needs class and either label_id or y and x, and micrograph if there are several."
        )
    if not rows:
        raise InputError(f"{path} has no rows: nothing was labelled.")

    find = _Finder(library)
    classes = {name_key(c.name): c for c in library.classes()}
    new: dict[str, str] = {}
    wanted: dict[int, tuple[str, str]] = {}
    for line, row in rows:
        where = f"{path.name}, line {line}"
        if row.get("class") is None:
            raise InputError(
                f"{where}: the class is missing; add it, or leave the field empty to take a label off."
            )
        name = row["class"].strip()
        key = name_key(name) if name else ""
        if key and key not in classes and key not in new:
            try:
                new[key] = checked_class_name(name, [])
            except InputError as error:
                raise InputError(f"{where}: {error}") from error
        particle_id = find(row, where)
        before = wanted.get(particle_id)
        if before is not None and before[0] != key:
            raise InputError(
                f"{where}: {before[1]} gives the same particle another class; keep one of the two."
            )
        wanted.setdefault(particle_id, (key, f"line {line}"))

    # All rows are good: nothing below can be refused for what the table says.
    for name in new.values():
        library.do(AddClass(name))
    classes = {name_key(c.name): c for c in library.classes()}
    counts: dict[str, int] = {}
    for key in dict.fromkeys(key for key, _ in wanted.values()):
        members = tuple(i for i, (other, _) in wanted.items() if other == key)
        library.do(AssignClass(members, classes[key].class_id if key else None))
        if key:
            counts[classes[key].name] = len(members)
    return counts


def _read(path: Path) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Return the columns, and the rows with the line each ends at; commas, semicolons and tabs are told apart."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            head = handle.readline()
            handle.seek(0)
            separator = max(",;\t", key=head.count)
            reader = csv.DictReader(handle, delimiter=separator)
            columns = [name.strip() for name in reader.fieldnames or []]
            reader.fieldnames = columns
            return columns, [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a table: save it as CSV in UTF-8.") from error


class _Finder:
    """Finds the particle that a row of the table means."""

    def __init__(self, library: ParticleLibrary) -> None:
        self._library = library
        self._micrographs = library.micrographs()
        self._by_label: dict[int, dict[int, int]] = {}
        self._masks: dict[int, NDArray[np.int32]] = {}
        if self._micrographs.empty:
            raise InputError(
                f"The library {library.folder.name} has no micrographs yet: segment some first."
            )

    def __call__(self, row: dict[str, str], where: str) -> int:
        micrograph_id = self._micrograph((row.get("micrograph") or "").strip(), where)
        if micrograph_id not in self._by_label:
            particles = self._library.particles(micrograph_id)
            self._by_label[micrograph_id] = dict(
                zip(particles["label_id"], particles.index, strict=True)
            )
        label_id = self._label_id(row, micrograph_id, where)
        particle_id = self._by_label[micrograph_id].get(label_id)
        if particle_id is None:
            raise InputError(
                f"{where}: there is no particle with label_id {label_id}; correct or remove the line."
            )
        return int(particle_id)

    def _micrograph(self, name: str, where: str) -> int:
        known = self._micrographs
        if not name and len(known) == 1:
            return int(known.index[0])
        stem = Path(name).name
        names, paths = known["name"].astype(str), known["path"].fillna("").astype(str)
        match = (names == name) | (known["sha256"] == name) | (names == stem)
        match |= paths.map(lambda p: Path(p).name == stem) & (stem != "")
        if match.sum() != 1:
            what = "no micrograph" if not match.any() else "more than one micrograph"
            raise InputError(
                f'{where}: {what} of the library is called "{name}"; correct the name or give its SHA-256.'
            )
        return int(known.index[match][0])

    def _label_id(self, row: dict[str, str], micrograph_id: int, where: str) -> int:
        text = (row.get("label_id") or "").strip()
        try:
            if text:
                number = float(text)
                if number != int(number):
                    raise ValueError(text)
                return int(number)
            y, x = round(float(row["y"])), round(float(row["x"]))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"{where}: label_id must be a whole number, or y and x numbers; correct or remove the line."
            ) from error
        if micrograph_id not in self._masks:
            self._masks[micrograph_id] = self._library.mask(micrograph_id)
        mask = self._masks[micrograph_id]
        if not (0 <= y < mask.shape[0] and 0 <= x < mask.shape[1]) or mask[y, x] == 0:
            raise InputError(
                f"{where}: there is no particle at y {y}, x {x}; correct or remove the line."
            )
        return int(mask[y, x])
