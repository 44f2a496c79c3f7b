"""The steps of the work without a window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.workflow import (
    Failed,
    ModelCard,
    ParticlesFound,
    Progress,
    find_particles,
    guarded,
    project_window,
    read_model_card,
    read_traversals,
    store_particles,
)
from tests.conftest import disks


def micrograph(nm: float | None = None, seed: int = 0) -> Micrograph:
    return Micrograph.from_array(disks(seed=seed)[0], name="disks", pixel_size_nm=nm)


def found(m: Micrograph, **more: object) -> ParticlesFound:
    events = list(find_particles(m, **more))  # type: ignore[arg-type]
    assert isinstance(events[-1], ParticlesFound)
    fractions = [e.fraction for e in events if isinstance(e, Progress)]
    assert fractions == sorted(fractions)
    return events[-1]


def test_a_mask_of_one_value_is_split_into_its_parts() -> None:
    mask = np.zeros((240, 320), bool)
    for row, column in disks()[1]:
        mask[row - 4 : row + 5, column - 4 : column + 5] = True
    result = found(micrograph(), labels=mask, source="by hand")
    assert result.labels.max() == 12
    assert result.parameters["source"] == "by hand"


def test_numbers_of_a_foreign_segmentation_are_kept_apart() -> None:
    labels = np.zeros((240, 320), np.int64)
    labels[10:20, 10:20], labels[10:20, 20:30], labels[50:60, 50:60] = 5, 900, 17
    result = found(micrograph(), labels=labels)
    assert sorted(np.unique(result.labels)) == [0, 1, 2, 3]
    # Touching objects with different numbers stay two.
    assert result.labels[15, 15] != result.labels[15, 25]


@pytest.mark.parametrize(
    ("labels", "word"),
    [
        (np.ones((10, 10), int), "10 x 10"),
        (np.zeros((240, 320), int), "empty"),
        (np.full((240, 320), 0.5), "whole numbers"),
        (np.full((240, 320), -1), "negative"),
    ],
)
def test_labels_that_are_no_segmentation_are_refused(labels: np.ndarray, word: str) -> None:
    with pytest.raises(InputError, match=word):
        list(find_particles(micrograph(), labels=labels))


def test_nothing_found_is_a_sentence() -> None:
    noise = np.random.default_rng(0).normal(100, 3, (128, 128)).astype(np.uint8)
    with pytest.raises(InputError, match="No particles were found in noise"):
        list(find_particles(Micrograph.from_array(noise, name="noise")))


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (InputError("plain words"), "plain words"),
        (MemoryError(), "memory"),
        (RuntimeError("CUDA out of memory"), "memory"),
        (PermissionError(13, "Permission denied", "/x/y"), "/x/y"),
    ],
)
def test_what_a_user_can_mend_becomes_an_event(error: Exception, word: str) -> None:
    def work() -> Iterator[str]:
        yield "begun"
        raise error

    first, last = guarded(work())
    assert first == "begun"
    assert isinstance(last, Failed)
    assert word in last.message
    assert "\n" not in last.message


def test_a_defect_passes_as_a_type_that_workers_pass_on() -> None:
    def work() -> Iterator[str]:
        yield "begun"
        raise RuntimeError("shapes do not match")

    with pytest.raises(SystemError, match="shapes do not match"):
        list(guarded(work()))


def test_patches_of_a_project_have_one_scale(tmp_path: Path) -> None:
    with ParticleLibrary.create(tmp_path / "lib") as library:
        first = micrograph(nm=2.0)
        assert project_window(library, first) == "auto"
        store_particles(library, first, found(first))
        window = int(library.micrographs()["window_px"].iloc[0])
        # Again the same micrograph: nothing else fixes the window.
        assert project_window(library, first) == "auto"
        for nm, factor in ((1.0, 2), (2.0, 1), (4.0, 0.5)):
            other = micrograph(nm=nm, seed=7)
            assert project_window(library, other) == pytest.approx(window * factor, abs=1)
        assert project_window(library, micrograph(seed=8)) == pytest.approx(window, abs=1)


@given(
    window=st.integers(16, 400),
    here=st.floats(0.1, 100),
    there=st.floats(0.1, 100),
)
def test_a_model_sees_particles_at_the_scale_it_was_trained_at(
    window: int, here: float, there: float
) -> None:
    card = ModelCard(("a", "b"), window, here, 48, {})
    px = card.window_for(there)
    assert px % 2 == 0
    if px > 8:
        assert px * there == pytest.approx(window * here, abs=1.01 * there)
    assert card.window_for(None) == max(8, 2 * round(window / 2))


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"class_names": 3}', "not json"])
def test_a_foreign_model_folder_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="does not hold a model"):
        read_model_card(tmp_path)
    (tmp_path / "classes.json").write_text(content)
    with pytest.raises(InputError, match="does not hold a model"):
        read_model_card(tmp_path)


def test_no_traversals_are_no_error(tmp_path: Path) -> None:
    assert read_traversals(tmp_path) == {}
