"""A micrograph's measurements as columns of bytes, and their nanometres."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_ssrvae.library.names import clean_text

__all__ = ["Columns", "decode", "encode", "in_nanometres", "stacked"]

Columns: TypeAlias = dict[str, NDArray[Any]]


def encode(column: pd.Series) -> tuple[str, bytes]:
    """Return a column as (dtype, bytes): numbers as they are, all else as text."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "biuf":
        values = column.to_numpy()
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
        return values.dtype.str, values.tobytes()
    if pd.api.types.is_numeric_dtype(column.dtype):  # pandas' own nullable numbers
        return "<f8", column.to_numpy(dtype="<f8", na_value=np.nan).tobytes()
    texts = [None if pd.isna(value) else clean_text(value) for value in column]
    return "text", json.dumps(texts, ensure_ascii=False).encode()


def decode(dtype: str, data: bytes) -> NDArray[Any]:
    """Return the values `encode` wrote."""
    if dtype == "text":
        return np.array(json.loads(data), dtype=object)
    return np.frombuffer(data, dtype=np.dtype(dtype))


def in_nanometres(columns: Columns, pixel_size_nm: float) -> Columns:
    """Return the columns with every length and area in pixels also in nanometres.

    `x_nm` comes from `x_px` and `x_nm2` from `x_px`. Nanometres that were not there are put right
    after their pixels, for the columns that are a length or an area; positions stay in pixels.
    """
    new: Columns = {}
    for name, values in columns.items():
        if not name.endswith(("_nm", "_nm2")):
            new[name] = values
            if name.endswith("_px") and not _is_position(name):
                power = 2 if _is_area(name) else 1
                target = f"{name.removesuffix('_px')}_nm{'2' if power == 2 else ''}"
                if target not in columns:
                    new[target] = values * pixel_size_nm**power
        elif (source := f"{name.rsplit('_nm', 1)[0]}_px") in columns:
            new[name] = columns[source] * pixel_size_nm ** (2 if name.endswith("2") else 1)
        elif name == "equivalent_diameter_nm" and "area_px" in columns:
            new[name] = np.sqrt(4 * columns["area_px"] / np.pi) * pixel_size_nm
        else:
            # Nothing to compute it from: better no number than a wrong one.
            new[name] = np.full(len(values), np.nan)
    return new


def stacked(tables: list[Columns], lengths: list[int]) -> Columns:
    """Columns of several micrographs one below the other; NaN where one lacks a column."""
    names = list(dict.fromkeys(name for table in tables for name in table))
    return {
        name: np.concatenate(
            [
                table[name] if name in table else np.full(length, np.nan)
                for table, length in zip(tables, lengths, strict=True)
            ]
        )
        for name in names
    }


def _is_area(name: str) -> bool:
    return "area" in name


def _is_position(name: str) -> bool:
    return name.startswith(("centroid", "bbox"))
