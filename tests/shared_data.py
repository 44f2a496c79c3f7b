"""Where the real data lies that tests may measure against; it is never part of the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("NAPARI_SSRVAE_SHARED", Path(__file__).parents[2] / "shared"))


def shared_data(relative: str) -> Path:
    """Return the path of a file or folder below the shared data; skip the test where it is absent."""
    path = ROOT / "data" / relative
    if not path.exists():
        pytest.skip(
            f"shared data is absent: {path} (set NAPARI_SSRVAE_SHARED to the folder that holds data/)"
        )
    return path
