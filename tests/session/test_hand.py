"""What a person corrects by hand: masks, data bars, pixel sizes."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import ParticleChange, ParticleLibrary
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles import extract_patches, measure_particles
from napari_ssrvae.particles.patch_parameters import PatchParameters
from napari_ssrvae.session import MicrographState, Session
from napari_ssrvae.workflow import ParticlesFound, find_particles

BAR = (150, 160)


def picture() -> tuple[np.ndarray, np.ndarray]:
    """Twenty bright disks with noise; the first two touch."""
    y, x = np.mgrid[:160, :200]
    labels = np.zeros((160, 200), np.int32)
    for i in range(20):
        row, column = 18 + 34 * (i // 5), 20 + 38 * (i % 5) - (14 if i == 1 else 0)
        labels[np.hypot(y - row, x - column) < 12.5] = i + 1
    noise = np.random.default_rng(2).normal(0, 8, labels.shape)
    grey = 50 + 0.1 * x + (labels > 0) * (80 + 4 * labels) + noise
    return np.clip(grey, 0, 255).astype(np.uint8), labels


def find(state: MicrographState, labels: np.ndarray, **how: Any) -> ParticlesFound:
    events = find_particles(state.micrograph, labels=labels, **how)
    return next(event for event in events if isinstance(event, ParticlesFound))


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = Session(tmp_path / "home")
    image, labels = picture()
    micrograph = Micrograph.from_array(image, name="disks", pixel_size_nm=2.0, data_bar=BAR)
    state = session.add_micrograph(micrograph)
    session.accept_particles(state, find(state, labels))
    return session


def state_of(session: Session) -> MicrographState:
    assert session.current is not None
    assert session.current.labels is not None
    return session.current


def reopened(session: Session, micrograph: Micrograph | None = None) -> Session:
    folder = session.need_library().folder
    session.close()
    again = Session()
    again.add_micrograph(micrograph or state_of(session).micrograph)
    again.open_library(folder)
    return again


@pytest.mark.parametrize(
    "options", [{}, {"mask_neighbours": False}, {"normalise": "particle", "size": 32}]
)
def test_edited_particles_are_measured_and_cut_like_the_others(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    session = Session(tmp_path / "home")
    image, labels = picture()
    micrograph = Micrograph.from_array(image, name="disks", pixel_size_nm=2.0, data_bar=BAR)
    state = session.add_micrograph(micrograph)
    look = PatchParameters(**options)
    session.accept_particles(state, find(state, labels, patches=look))
    session = reopened(session)
    state = state_of(session)
    session.merge_particles(state, [1, 2])
    session.split_particle(state, 7, [(35, 58), (70, 58)])
    session.paint_particle(state, [(145, 100), (146, 120)], 5)
    library = session.need_library()
    assert state.labels is not None
    window = int(library.micrographs().loc[1, "window_px"])
    made = extract_patches(image, state.labels, window=window, data_bar=BAR, **look.model_dump())
    table = measure_particles(image, state.labels, 2.0, data_bar=BAR)
    assert state.table is not None
    kept = state.table.reset_index().set_index("label_id").sort_index()
    for name in table:
        np.testing.assert_allclose(kept[name].astype(float), table[name].astype(float), 1e-9, 1e-9)
    assert kept.loc[state.label_ids[-1], "touches_border"]
    by_label = dict(zip(made.label_ids.tolist(), made.images, strict=True))
    ids, images = library.patches()
    for particle_id, patch in zip(ids, images, strict=True):
        expected = by_label[int(state.table.loc[particle_id, "label_id"])]
        # The scale is that of the mask before the edits: the bright end hardly moves.
        np.testing.assert_allclose(patch, expected, atol=0.06)
        assert patch.max() > 0.05
    session.close()


def test_what_is_shown_was_committed_before(session: Session) -> None:
    state = state_of(session)
    folder = session.need_library().folder
    seen: list[tuple[int, int]] = []

    def look(_state: MicrographState, _change: ParticleChange) -> None:
        with ParticleLibrary.open(folder, read_only=True) as library:
            assert np.array_equal(library.mask(1), state.labels)
            seen.append((len(library.particles()), state.n_particles))

    session.particles_changed.connect(look)
    session.delete_particles(state, [3, 4])
    session.undo()
    session.redo()
    assert seen == [(18, 18), (20, 20), (18, 18)]


def test_signals_of_an_edit_and_of_its_undoing(session: Session) -> None:
    state = state_of(session)
    told: list[Any] = []
    session.assign([int(state.particle_ids[5])], session.classes[2].class_id)
    session.particles_changed.connect(lambda _state, change: told.append(change))
    session.labels_changed.connect(lambda ids: told.append(ids.tolist()))
    change = session.delete_particles(state, [5, 6])
    assert told == [change, [5]]
    assert change.region == (slice(6, 65), slice(8, 185))
    assert session.locate(5) is None
    assert state.label_at(18, 172) == 0
    assert session.undo()
    assert told[2].added == (5, 6)
    assert told[2].region == change.region
    assert told[3] == [5]
    assert session.locate(5) == (state, 5)
    assert state.by_hand[5] == session.classes[2].class_id
    session.delete_particles(state, [7])
    assert told[5:] == []


def test_the_mask_is_changed_in_place(session: Session) -> None:
    state = state_of(session)
    shown = state.labels
    session.merge_particles(state, [1, 2])
    session.set_pixel_size(state, 3.0)
    session.undo()
    assert state.labels is shown


def test_predictions_come_back_with_a_particle(session: Session) -> None:
    state = state_of(session)
    library = session.need_library()
    ids = state.particle_ids[1:]
    classes = [c.class_id for c in session.classes if not c.reserved]
    library.add_model(
        "m", parameters={}, seed=0, class_ids=classes, n_labels=0, versions={}, metrics={}
    )
    probabilities = np.tile([0.1, 0.7, 0.1, 0.1], (len(ids), 1))
    zeros = np.zeros(len(ids))
    library.set_predictions(
        "m",
        ids,
        probabilities=probabilities,
        class_ids=classes,
        novelty=zeros,
        angle_rad=zeros,
        offset_px=np.zeros((len(ids), 2)),
        latents=np.zeros((len(ids), 2)),
    )
    session = reopened(session)
    state = state_of(session)
    before = state.by_model.copy()
    assert (before[1:] == classes[1]).all()
    session.split_particle(state, 7, [(35, 58), (70, 58)])
    assert not state.by_model[[7, 21, 22]].any()
    assert np.isnan(state.probability[[7, 21, 22]]).all()
    session.undo()
    np.testing.assert_array_equal(state.by_model[:21], before)
    assert state.probability[7] == pytest.approx(0.7)
    session.close()


def test_a_click_on_a_deleted_particle_is_one_sentence(session: Session) -> None:
    state = state_of(session)
    session.delete_particles(state, [5])
    with pytest.raises(InputError, match="no particle here"):
        session.click(state, 5)
    with pytest.raises(InputError, match="5"):
        session.delete_particles(state, [5])


def test_all_particles_deleted_is_an_empty_micrograph(session: Session) -> None:
    state = state_of(session)
    session.delete_particles(state, state.label_ids.tolist())
    assert state.n_particles == 0
    assert [entry.particles for entry in session.summary()] == [0] * 5
    again = reopened(session)
    state = state_of(again)
    assert state.n_particles == 0
    assert again.undo()
    assert state.n_particles == 20
    again.close()


def test_a_read_only_library_refuses_edits(session: Session) -> None:
    folder = session.need_library().folder
    second = Session()
    state = second.add_micrograph(state_of(session).micrograph)
    second.open_library(folder)
    with pytest.raises(InputError, match="read-only"):
        second.delete_particles(state, [1])
    assert state.n_particles == 20
    with pytest.raises(InputError, match="read-only"):
        second.set_data_bar(state, None)
    assert state.micrograph.data_bar == BAR
    second.close()


@pytest.mark.parametrize("rows", [(120, 160), (0, 9), None])
def test_a_corrected_data_bar_wins_when_the_library_is_opened_again(
    session: Session, rows: tuple[int, int] | None
) -> None:
    state = state_of(session)
    as_read = state.micrograph
    told = []
    session.micrographs_changed.connect(lambda: told.append(state.micrograph.data_bar))
    session.set_data_bar(state, rows)
    assert told == [rows]
    assert state.n_particles == 20
    again = reopened(session, as_read)
    assert state_of(again).micrograph.data_bar == rows
    assert state_of(again).data_bar_by_hand
    again.close()


def test_a_data_bar_corrected_before_there_is_a_library_is_kept(tmp_path: Path) -> None:
    session = Session(tmp_path / "home")
    image, labels = picture()
    as_read = Micrograph.from_array(image, name="disks", data_bar=BAR)
    state = session.add_micrograph(as_read)
    session.set_data_bar(state, None)
    session.accept_particles(state, find(state, labels))
    again = reopened(session, as_read)
    assert state_of(again).micrograph.data_bar is None
    again.close()


def test_without_a_correction_the_reader_is_believed(session: Session) -> None:
    as_read = replace(state_of(session).micrograph, data_bar=(140, 160))
    again = reopened(session, as_read)
    assert state_of(again).micrograph.data_bar == (140, 160)
    again.close()


@pytest.mark.parametrize("rows", [(5, 5), (9, 3), (-1, 5), (150, 161)])
def test_a_data_bar_outside_the_image_is_refused(session: Session, rows: tuple[int, int]) -> None:
    state = state_of(session)
    with pytest.raises(InputError, match="160"):
        session.set_data_bar(state, rows)
    with pytest.raises(InputError, match="160"):
        session.need_library().set_data_bar(1, rows)
    assert state.micrograph.data_bar == BAR


def test_a_contradicting_scale_is_settled_for_good(tmp_path: Path) -> None:
    from napari_ssrvae.micrographs import PixelSize

    session = Session(tmp_path / "home")
    image, labels = picture()
    choices = (PixelSize(2.0, "the Zeiss tag"), PixelSize(5.0, "the text beside it"))
    as_read = replace(Micrograph.from_array(image, name="d"), pixel_size_choices=choices)
    assert "pixel_size_choices" in {f.name for f in fields(Micrograph)}
    state = session.add_micrograph(as_read)
    session.accept_particles(state, find(state, labels))
    assert state.table is not None
    assert state.table["area_nm2"].isna().all()
    session.set_pixel_size(state, 5.0, source="the text beside it")
    assert state.micrograph.pixel_size_choices == ()
    again = reopened(session, as_read)
    settled = state_of(again).micrograph
    assert (settled.pixel_size_nm, settled.pixel_size_source) == (5.0, "the text beside it")
    assert settled.pixel_size_choices == ()
    table = state_of(again).table
    assert table is not None
    np.testing.assert_allclose(table["area_nm2"], table["area_px"] * 25)
    again.close()
