"""Latent traversals: pictures kept beside a model."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.files import atomic_file
from napari_ssrvae.workflow.npz import read_arrays

if TYPE_CHECKING:
    from napari_ssrvae.ssrvae import SSRVAE

__all__ = ["read_traversals", "traversal", "write_traversals"]

N_TRAVERSAL = 9


def traversal(model: SSRVAE, k: int) -> NDArray[np.float32]:
    """Return (d * S, n * S): class k as each latent in turn goes through its prior."""
    rows = [
        np.hstack(list(model.traverse(k, latent, n=N_TRAVERSAL)))
        for latent in range(model.n_latents)
    ]
    return np.vstack(rows).astype(np.float32)


def write_traversals(folder: Path, traversals: Mapping[int, NDArray[np.float32]]) -> None:
    """Put the traversals of each class beside a model."""
    with atomic_file(folder / "traversals.npz") as draft:
        np.savez_compressed(draft, **{str(class_id): tile for class_id, tile in traversals.items()})  # type: ignore[arg-type]


def read_traversals(folder: Path) -> dict[int, NDArray[np.float32]]:
    """Return the latent traversals kept beside a model, empty where there are none."""
    path = folder / "traversals.npz"
    if not path.is_file():
        return {}
    try:
        kept = read_arrays(path)
        return {int(key): tile.astype(np.float32) for key, tile in kept.items() if key.isdecimal()}
    except ValueError:
        # Pictures that training draws again; a damaged file must not keep the library closed.
        return {}
