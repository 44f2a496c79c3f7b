"""From a micrograph to its particles."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles import SegmentationParameters, segment_particles
from napari_ssrvae.particles.patch_parameters import PatchParameters
from napari_ssrvae.workflow import (
    ModelCard,
    ParticlesFound,
    Progress,
    find_particles,
    patches_of,
    project_patches,
    store_particles,
)


class Lazy:
    """An image of which only parts may be asked for."""

    def __init__(self, image: np.ndarray, most: int) -> None:
        self._image, self._most = image, most
        self.shape, self.dtype, self.ndim = image.shape, image.dtype, image.ndim

    def __getitem__(self, key: Any) -> np.ndarray:
        part = self._image[key]
        assert part.size <= self._most, "too much at once"
        return part

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise AssertionError("all of it at once")


@pytest.fixture(scope="module")
def micrograph() -> Micrograph:
    made = generate_micrograph(60, seed=4, shape=(600, 640))
    return Micrograph.from_array(made.image, name="made", pixel_size_nm=2.5, data_bar=made.data_bar)


def found(micrograph: Micrograph, *values: Any, **how: Any) -> ParticlesFound:
    return [e for e in find_particles(micrograph, *values, **how) if isinstance(e, ParticlesFound)][
        -1
    ]


def test_progress_rises_to_the_end(micrograph: Micrograph) -> None:
    events = list(find_particles(micrograph))
    assert isinstance(events[-1], ParticlesFound)
    fractions = [event.fraction for event in events if isinstance(event, Progress)]
    assert len(fractions) == len(events) - 1 > 4
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0, 1)


def test_it_can_be_stopped_at_any_event(micrograph: Micrograph) -> None:
    n = len(list(find_particles(micrograph)))
    for last in range(n):
        events = find_particles(micrograph)
        for _ in range(last):
            next(events)
        events.close()  # type: ignore[attr-defined]
        assert next(events, None) is None


def test_a_lazy_image_gives_the_same_particles(micrograph: Micrograph) -> None:
    whole = found(micrograph)
    image = np.asarray(micrograph.image)
    lazy = replace(micrograph, image=Lazy(image, image.size))  # type: ignore[arg-type]
    parts = found(lazy)
    assert np.array_equal(parts.labels, whole.labels)
    np.testing.assert_allclose(parts.patches.images, whole.patches.images, atol=1e-5)
    assert parts.table.equals(whole.table)


def test_a_lazy_micrograph_goes_into_a_library(micrograph: Micrograph, tmp_path: Path) -> None:
    image = np.asarray(micrograph.image)
    lazy = replace(micrograph, image=Lazy(image, image.size - 1))  # type: ignore[arg-type]
    with ParticleLibrary.create(tmp_path / "a") as library:
        number = library.add_micrograph(lazy)
        assert library.add_micrograph(replace(lazy, sha256="")) != number
        same = hash_of(library, micrograph)
        assert same == library.micrographs().iloc[1]["sha256"]


def hash_of(_library: ParticleLibrary, micrograph: Micrograph) -> str:
    import hashlib

    return hashlib.sha256(np.asarray(micrograph.image).tobytes()).hexdigest()


def test_lengths_in_nm_follow_the_micrograph(micrograph: Micrograph) -> None:
    pixels = SegmentationParameters(min_diameter=14)
    settings = pixels.in_nanometres(2.5)
    expected = segment_particles(micrograph.image, pixels, data_bar=micrograph.data_bar)
    assert np.array_equal(found(micrograph, settings).labels, expected)
    assert found(micrograph, settings).parameters["unit"] == "nm"
    with pytest.raises(InputError, match="pixel size"):
        found(replace(micrograph, pixel_size_nm=None), settings)


def test_how_patches_are_cut_is_kept_for_the_project(
    micrograph: Micrograph, tmp_path: Path
) -> None:
    look = PatchParameters(size=32, mask_neighbours=False, normalise="particle")
    other = Micrograph.from_array(np.asarray(micrograph.image)[::-1], name="other")
    with ParticleLibrary.create(tmp_path / "a") as library:
        assert project_patches(library, micrograph) is None
        result = found(micrograph, patches=look)
        assert result.patches.images.shape[1:] == (32, 32)
        number, _ = store_particles(library, micrograph, result)
        row = library.micrographs().to_dict("index")[number]
        assert patches_of(row) == look
        assert project_patches(library, other) == look
        assert project_patches(library, micrograph) is None
        # What a model's card says of the segmentation can still be used to segment.
        card = ModelCard.of_library(library, ["a"])
        known = {
            k: v for k, v in card.segmentation.items() if k in SegmentationParameters.model_fields
        }
        SegmentationParameters(**known)
        assert card.patch_size == 32


def test_libraries_of_before_are_cut_as_they_were(micrograph: Micrograph) -> None:
    row = {"parameters": json.dumps({"source": "x"}), "patch_size": 24}
    assert patches_of(row) == PatchParameters(size=24)
    assert found(micrograph, size=24).patches.images.shape[1] == 24
