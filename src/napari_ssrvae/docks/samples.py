"""The samples under napari's File > Open Sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from napari_ssrvae.docks.readers import LayerData, layer_of_micrograph

__all__ = [
    "cards_sample",
    "generated_large_sample",
    "generated_layers",
    "generated_sample",
    "gold_sample",
]

SAMPLE_SEED = 1


def generated_sample() -> list[LayerData]:
    """Return a generated micrograph of agglomerates of 1-4 touching spheres, and hidden the truth."""
    return generated_layers(300, "agglomerates", SAMPLE_SEED)


def generated_large_sample() -> list[LayerData]:
    """Return a generated micrograph of 3,000 agglomerates."""
    return generated_layers(3000, "agglomerates (large)", SAMPLE_SEED)


def generated_layers(n_particles: int, name: str, seed: int) -> list[LayerData]:
    """Return a generated micrograph as the layers of its sample: true particles, then the picture."""
    from napari_ssrvae.evaluation.agglomerates import generate_micrograph
    from napari_ssrvae.micrographs import Micrograph

    made = generate_micrograph(n_particles, seed=seed)
    micrograph = Micrograph.from_array(
        made.image,
        name=name,
        pixel_size_nm=made.pixel_size_nm,
        pixel_size_source="as generated",
        data_bar=made.data_bar,
    )
    ids = np.arange(1, len(made.classes) + 1)
    truth: dict[str, Any] = {
        "name": f"true particles · {name}",
        "scale": (made.pixel_size_nm, made.pixel_size_nm),
        "units": ("nm", "nm"),
        "visible": False,
        "features": {
            "index": ids,
            "true class": [made.class_names[c - 1] for c in made.classes],
        },
    }
    # The micrograph last, so that it is the active layer.
    return [(made.labels, truth, "labels"), layer_of_micrograph(micrograph)]


def cards_sample() -> list[LayerData]:
    """Return a table of playing-card suits at random angles, as the paper's first experiment."""
    from napari_ssrvae.evaluation.cards import make_cards
    from napari_ssrvae.micrographs import Micrograph

    side, rows = 16, 16
    images, _, _ = make_cards(rows * side // 4, max_angle_deg=60, seed=SAMPLE_SEED)
    order = np.random.default_rng(SAMPLE_SEED).permutation(len(images))
    tiles = images[order].reshape(rows, side, *images.shape[1:])
    table = np.concatenate(np.concatenate(list(tiles), axis=1), axis=1)
    grey = np.round(255 * np.clip(table, 0, 1)).astype(np.uint8)
    return [layer_of_micrograph(Micrograph.from_array(grey, name="cards"))]


def gold_sample() -> list[LayerData]:
    """Return the real micrograph of gold nanoparticles, fetched at the first call and kept.

    Raises
    ------
    InputError
        It is not there yet and cannot be fetched.
    """
    from napari_ssrvae.micrographs import (
        GOLD_PIXEL_SIZE_NM,
        GOLD_PIXEL_SIZE_SOURCE,
        fetch_gold,
        read_micrograph,
    )

    micrograph = replace(
        read_micrograph(fetch_gold()),
        name="gold",
        pixel_size_nm=GOLD_PIXEL_SIZE_NM,
        pixel_size_source=GOLD_PIXEL_SIZE_SOURCE,
    )
    return [layer_of_micrograph(micrograph)]
