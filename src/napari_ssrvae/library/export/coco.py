"""coco.json: the particles as COCO instances, for detection and segmentation programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_ssrvae.library.export.content import UNCLASSIFIED, Content
from napari_ssrvae.library.matching import Shape, shapes_of

__all__ = ["write"]


def write(content: Content, folder: Path) -> None:
    """Write `coco.json`; category_id is class_id, 0 for particles without a class.

    Segmentations are uncompressed run lengths (counts down the columns, background first), exact
    to the pixel and with holes, which polygons are not (cocodataset.org, "Data format").
    """
    used = set(content.table["class_id"])
    categories = [
        {"id": c.class_id, "name": c.name, "supercategory": "particle", "color": _rgb(c.colour)}
        for c in content.classes
    ]
    if 0 in used:
        categories.insert(0, {"id": 0, "name": UNCLASSIFIED, "supercategory": "particle"})
    document = {
        "info": {"description": "Particles exported by napari-ssrvae", "version": "1.0"},
        "licenses": [],
        "images": [
            {"id": number, "file_name": name, "height": height, "width": width}
            for number, name, height, width in zip(
                content.micrographs.index.tolist(),
                *(content.micrographs[c].tolist() for c in ("name", "height", "width")),
                strict=True,
            )
        ],
        "annotations": list(_annotations(content)),
        "categories": categories,
    }
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    (folder / "coco.json").write_text(text, encoding="utf-8")


def _annotations(content: Content) -> Iterator[dict[str, Any]]:
    for micrograph_id, mask, rows in content.masks():
        shapes = shapes_of(mask, rows["label_id"].tolist())
        for particle_id, label_id, class_id, source in zip(
            rows.index, rows["label_id"], rows["class_id"], rows["class_source"], strict=True
        ):
            shape = shapes[label_id]
            yield {
                "id": int(particle_id),
                "image_id": micrograph_id,
                "category_id": int(class_id),
                "segmentation": {
                    "counts": _run_lengths(shape, mask.shape),
                    "size": [int(edge) for edge in mask.shape],
                },
                "bbox": [shape.left, shape.top, shape.pixels.shape[1], shape.pixels.shape[0]],
                "area": int(shape.pixels.sum()),
                "iscrowd": 0,
                "attributes": {"label_id": int(label_id), "class_source": source},
            }


def _run_lengths(shape: Shape, size: tuple[int, ...]) -> list[int]:
    """Lengths of the runs of 0, 1, 0, ... down the columns of the whole micrograph."""
    column, row = np.nonzero(shape.pixels.T)
    at: NDArray[np.int64] = (column + shape.left) * size[0] + row + shape.top
    breaks = np.flatnonzero(np.diff(at) != 1)
    starts = at[np.r_[0, breaks + 1]]
    stops = at[np.r_[breaks, len(at) - 1]] + 1
    edges = np.column_stack([starts, stops]).ravel()
    counts = np.diff(np.r_[0, edges, size[0] * size[1]])
    return [int(n) for n in (counts[:-1] if counts[-1] == 0 else counts)]


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
