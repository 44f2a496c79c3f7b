"""library.h5ad, for scanpy, squidpy and their kin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from napari_ssrvae.library.export.content import Content
from napari_ssrvae.library.export.tree import needed

__all__ = ["write"]


def write(content: Content, folder: Path) -> None:
    """Write `library.h5ad`.

    X holds the latents, or the measurements where no model has spoken; obs is the table; obsm has
    `spatial` (column, row, squidpy's order) and `patches`; uns has the classes' colours.
    """
    anndata = needed("anndata")
    table = content.table.copy()
    table.index = table.index.astype(str)
    table.columns = [name.replace("/", "_") for name in table.columns]
    numeric = [c for c in map(str, table) if pd.api.types.is_float_dtype(table[c].dtype)]
    latents = [c for c in numeric if c.startswith("z_") and c[2:].isdigit()]
    variables = latents or [c for c in numeric if table[c].notna().all()]
    table["class"] = pd.Categorical(table["class"], ["", *(c.name for c in content.classes)])
    data = anndata.AnnData(
        X=table[variables].to_numpy(dtype=np.float32),
        obs=table,
        var=pd.DataFrame(index=pd.Index(variables, dtype=object)),
    )
    if {"centroid_x_px", "centroid_y_px"} <= set(table):
        data.obsm["spatial"] = table[["centroid_x_px", "centroid_y_px"]].to_numpy(dtype=float)
    data.obsm["patches"] = content.patches.reshape(len(table), -1)
    data.uns["class_colors"] = ["#000000", *(c.colour for c in content.classes)]
    data.uns["patch_size"] = content.patches.shape[1]
    data.write_h5ad(folder / "library.h5ad")
