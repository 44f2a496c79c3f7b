"""particles.csv."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from napari_ssrvae.library.export.content import Content

__all__ = ["write"]

# What makes a spreadsheet take text for a formula (owasp.org, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(content: Content, folder: Path) -> None:
    """Write `particles.csv`: UTF-8, one row per particle, empty where a number is not known."""
    table = content.table.drop(columns=["micrograph_id", "class_id"])
    table = table.rename(columns=_harmless)
    for column in table.columns:
        if not pd.api.types.is_numeric_dtype(table[column].dtype):
            table[column] = table[column].map(_harmless)
    table.to_csv(folder / "particles.csv", encoding="utf-8", lineterminator="\n")


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
