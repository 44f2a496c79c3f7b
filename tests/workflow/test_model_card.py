"""What a model's card says: how its particles were found and cut out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AssignClass, ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles import PatchParameters, SegmentationParameters
from napari_ssrvae.workflow import (
    ModelCard,
    ParticlesFound,
    TrainingSet,
    find_particles,
    read_model_card,
    store_particles,
)
from napari_ssrvae.workflow.model_card import write_model_card
from tests.conftest import disks

LOOK = PatchParameters(size=32, mask_neighbours=False, normalise="particle")
OLD = {
    "class_names": ["a", "b"],
    "window_px": 60,
    "pixel_size_nm": 2.0,
    "patch_size": 40,
    "segmentation": {},
}


def card(folder: Path, **changes: Any) -> ModelCard:
    """Read a card as an earlier version wrote it, with changes."""
    (folder / "classes.json").write_text(json.dumps(OLD | changes), encoding="utf-8")
    return read_model_card(folder)


def put(library: ParticleLibrary, seed: int, look: PatchParameters) -> int:
    """Put a micrograph of disks into the library."""
    micrograph = Micrograph.from_array(disks(seed=seed)[0], name=f"disks {seed}", pixel_size_nm=2)
    *_, result = find_particles(micrograph, patches=look)
    assert isinstance(result, ParticlesFound)
    return store_particles(library, micrograph, result)[0]


def label_two(library: ParticleLibrary) -> None:
    particles = library.particles().index[:2].tolist()
    for one, particle in zip(library.classes()[:2], particles, strict=True):
        library.do(AssignClass((particle,), one.class_id))


@given(
    names=st.lists(st.text(max_size=8), max_size=4).map(tuple),
    window=st.integers(8, 4000),
    nm=st.none() | st.floats(1e-3, 1e4),
    look=st.builds(
        PatchParameters,
        size=st.integers(4, 512),
        mask_neighbours=st.booleans(),
        normalise=st.sampled_from(["micrograph", "particle"]),
    ),
    length=st.floats(0.1, 1e4),
    unit=st.sampled_from(["px", "nm"]),
)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    names: tuple[str, ...],
    window: int,
    nm: float | None,
    look: PatchParameters,
    length: float,
    unit: str,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    settings = {"min_diameter": length, "unit": unit}
    written = ModelCard(
        names, window, nm, look.size, settings, look.mask_neighbours, look.normalise
    )
    write_model_card(folder, written)
    again = read_model_card(folder)
    assert again == written
    assert again.patches == look


def test_a_card_of_before_is_cut_as_everything_was(tmp_path: Path) -> None:
    assert card(tmp_path).patches == PatchParameters(size=40)


def test_settings_of_before_are_not_lost(tmp_path: Path) -> None:
    before = {
        "source": "segmentation",
        "polarity": "dark",
        "min_area_px": 100 * math.pi,
        "smoothing_px": 1.5,
        "of_a_later_version": 3,
    }
    read = card(tmp_path, segmentation=before)
    expected = SegmentationParameters(polarity="dark", min_diameter=20, smoothing=1.5)
    for found in (SegmentationParameters(**read.segmentation), read.segmentation_for(2.0)):
        assert found.min_diameter == pytest.approx(20)
        assert found.model_copy(update={"min_diameter": 20}) == expected
    assert read.segmentation_for(1.0).smoothing == 3.0


@pytest.mark.parametrize(
    "changes",
    [
        {"mask_neighbours": None},
        {"mask_neighbours": "perhaps"},
        {"normalise": "none"},
        {"patch_size": 0},
        {"patch_size": math.inf},
        {"pixel_size_nm": 0},
        {"pixel_size_nm": -2},
        {"pixel_size_nm": math.nan},
        {"segmentation": None},
        {"segmentation": [1]},
        {"segmentation": {"polarity": "green"}},
        {"segmentation": {"min_area_px": [3]}},
        {"segmentation": {"min_area_px": -3}},
    ],
)
def test_a_card_that_is_none_is_one_sentence(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="does not hold a model"):
        card(tmp_path, **changes)


@given(
    length=st.floats(0.5, 500),
    unit=st.sampled_from(["px", "nm"]),
    model=st.floats(0.1, 50),
    here=st.floats(0.1, 50),
)
def test_lengths_keep_their_scale(length: float, unit: str, model: float, here: float) -> None:
    settings = {"min_diameter": length, "smoothing": length / 9, "unit": unit}
    said = ModelCard(("a", "b"), 60, model, 48, settings)
    nm = length * (model if unit == "px" else 1)
    found = said.segmentation_for(here).in_pixels(here)
    assert found.min_diameter == pytest.approx(nm / here)
    assert found.smoothing == pytest.approx(nm / 9 / here)
    # As the window: without a scale it is taken for the model's own.
    unknown = said.segmentation_for(None).in_pixels(None)
    assert unknown.min_diameter == pytest.approx(nm / model)
    assert (said.window_for(None), said.window_for(model)) == (60, 60)


def test_without_a_scale_pixels_are_pixels_and_nm_are_not_guessed() -> None:
    pixels = ModelCard(("a", "b"), 60, None, 48, {"min_diameter": 20})
    assert pixels.segmentation_for(3.0) == SegmentationParameters(min_diameter=20)
    nm = ModelCard(("a", "b"), 60, None, 48, {"min_diameter": 20, "unit": "nm"})
    micrograph = Micrograph.from_array(disks()[0], name="disks")
    with pytest.raises(InputError, match="pixel size"):
        list(find_particles(micrograph, nm.segmentation_for(None)))


@pytest.mark.parametrize(
    "settings", [{"min_diameter": 40.0, "unit": "nm"}, {"min_diameter": 20.0, "unit": "px"}]
)
@pytest.mark.parametrize(("times", "nm"), [(1, 2.0), (2, 1.0), (1, None)])
def test_the_same_particles_are_found_in_other_pixels(
    settings: dict[str, Any], times: int, nm: float | None
) -> None:
    # Half of the disks are 32 nm wide, the others 56 nm.
    image = np.kron(disks()[0], np.ones((times, times), np.uint8))
    micrograph = Micrograph.from_array(image, name="disks", pixel_size_nm=nm)
    said = ModelCard(("a", "b"), 60, 2.0, 48, settings)
    *_, result = find_particles(micrograph, said.segmentation_for(nm))
    assert isinstance(result, ParticlesFound)
    assert len(result.table) == 6


def test_a_library_describes_how_it_was_cut(tmp_path: Path) -> None:
    with ParticleLibrary.create(tmp_path / "lib") as library:
        put(library, 0, LOOK)
        put(library, 1, LOOK)
        label_two(library)
        data = TrainingSet.from_library(library)
    assert data.card.patches == LOOK
    assert data.images.shape[1:] == (32, 32)
    assert "patches" not in data.card.segmentation
    # What it says of the segmentation can be used as it stands.
    assert data.card.segmentation_for(2.0) == SegmentationParameters()


def test_nothing_is_learnt_from_micrographs_that_are_cut_differently(tmp_path: Path) -> None:
    with ParticleLibrary.create(tmp_path / "lib") as library:
        put(library, 0, PatchParameters())
        put(library, 1, PatchParameters(normalise="particle"))
        label_two(library)
        with pytest.raises(InputError) as told:
            TrainingSet.from_library(library)
        message = str(told.value)
        assert all(
            word in message
            for word in ("disks 0", "disks 1", "normalise=particle", "normalise=micrograph")
        )
        assert "mask_neighbours" not in message
        put(library, 1, PatchParameters())
        label_ids = TrainingSet.from_library(library).particle_ids
        assert len(label_ids) == 24


@pytest.mark.parametrize("name", ["size", "mask_neighbours", "normalise"])
def test_a_library_cut_otherwise_is_refused(tmp_path: Path, name: str) -> None:
    said = ModelCard(("a", "b"), 60, 2.0, LOOK.size, {}, LOOK.mask_neighbours, LOOK.normalise)
    default = PatchParameters().model_dump()[name]
    with ParticleLibrary.create(tmp_path / "lib") as library:
        said.check_library(library)
        number = put(library, 0, LOOK)
        said.check_library(library)
        assert put(library, 0, LOOK.model_copy(update={name: default})) == number
        with pytest.raises(InputError, match=f"{name}={str(default).lower()}"):
            said.check_library(library)
        if name == "size":
            said.check_library(library, any_size=True)
        else:
            with pytest.raises(InputError, match="disks 0"):
                said.check_library(library, any_size=True)
