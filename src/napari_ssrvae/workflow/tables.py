"""Tables for spreadsheets: plain CSV in which no cell is taken for a formula."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari_ssrvae.files import atomic_file

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["write_table"]

# What makes a spreadsheet take text for a formula (owasp.org, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write a table as CSV: UTF-8 with a mark for Excel, no index, empty where a number is not known.

    A text that begins like a formula, in a cell or a header, gets an apostrophe before it. Numbers are left alone.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    import pandas as pd

    safe = table.rename(columns=_harmless)
    for place, column in enumerate(safe.columns):
        values = safe.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(values.dtype):
            safe = safe.assign(**{str(column): values.map(_harmless)})
    with atomic_file(path) as draft:
        safe.to_csv(draft, index=False, encoding="utf-8-sig", lineterminator="\n")


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
