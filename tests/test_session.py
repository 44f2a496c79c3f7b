"""The session without a window."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import Session
from napari_ssrvae.workflow import ParticlesFound, find_particles
from tests.conftest import disks


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = Session(tmp_path / "home")
    state = session.add_micrograph(Micrograph.from_array(disks()[0], name="disks"))
    found = [e for e in find_particles(state.micrograph) if isinstance(e, ParticlesFound)]
    session.accept_particles(state, found[-1])
    return session


def test_the_library_is_made_under_a_free_name(tmp_path: Path, session: Session) -> None:
    assert session.need_library().folder == tmp_path / "home" / "disks"
    other = Session(tmp_path / "home")
    assert other.ensure_library("disks").folder == tmp_path / "home" / "disks-2"


@pytest.mark.parametrize("name", ["../../evil", "a/b\\c", "", "...", "ж 粒子"])
def test_a_hostile_name_stays_in_the_home(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    folder = Session(home).ensure_library(name).folder
    assert folder.parent == home


def test_a_home_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(InputError, match=r"home"):
        Session(tmp_path / "home").ensure_library("x")


def test_acts_reach_the_library_before_they_are_announced(session: Session) -> None:
    state = session.current
    assert state is not None
    particle = int(state.particle_ids[4])
    seen: list[dict] = []
    session.labels_changed.connect(
        lambda _ids: seen.append(session.need_library().labels().to_dict())
    )
    session.assign([particle], session.classes[1].class_id)
    assert seen == [{particle: session.classes[1].class_id}]
    assert session.undo()
    assert seen[1] == {}
    assert not session.undo()


def test_opening_again_brings_labels_and_history_back(session: Session) -> None:
    state = session.current
    assert state is not None
    ids = [int(i) for i in state.particle_ids[1:4]]
    session.assign(ids, session.classes[0].class_id)
    folder = session.need_library().folder
    session.close()

    again = Session()
    again.add_micrograph(state.micrograph)
    again.open_library(folder)
    assert again.current is not None
    assert (again.current.by_hand[1:4] == again.classes[0].class_id).all()
    assert again.undo()
    assert not again.current.by_hand.any()


def test_the_library_that_is_open_is_opened_again_without_harm(session: Session) -> None:
    state = session.current
    assert state is not None
    session.assign([int(state.particle_ids[2])], session.classes[0].class_id)
    session.open_library(session.need_library().folder)
    assert not session.need_library().read_only
    assert state.by_hand[2] == session.classes[0].class_id
    assert session.undo()


def test_a_damaged_library_changes_nothing(tmp_path: Path, session: Session) -> None:
    other = Session(tmp_path / "other")
    state = other.add_micrograph(Micrograph.from_array(disks()[0], name="disks"))
    found = [e for e in find_particles(state.micrograph) if isinstance(e, ParticlesFound)]
    other.accept_particles(state, found[-1])
    damaged = other.need_library().folder
    other.close()
    next((damaged / "masks").glob("*.tif")).write_bytes(b"damaged")

    mine = session.need_library()
    before = session.micrographs[0].particle_ids.copy()
    with pytest.raises(InputError, match=r"\.tif"):
        session.open_library(damaged)
    assert session.library is mine
    np.testing.assert_array_equal(session.micrographs[0].particle_ids, before)
    session.assign([int(before[5])], session.classes[0].class_id)
    assert session.micrographs[0].by_hand[5]


def test_damaged_traversals_do_not_keep_a_library_closed(session: Session) -> None:
    library = session.need_library()
    ids = [c.class_id for c in library.classes()]
    library.add_model(
        "m", parameters={}, seed=0, class_ids=ids, n_labels=0, versions={}, metrics={}
    )
    library.model_folder("m").mkdir(parents=True)
    (library.model_folder("m") / "traversals.npz").write_bytes(b"PK damaged")
    session.open_library(library.folder)
    assert session.traversals == {}


def test_a_typed_pixel_size_holds_when_the_library_is_opened_again(session: Session) -> None:
    state = session.current
    assert state is not None
    session.set_pixel_size(state, 2.5)
    folder = session.need_library().folder
    session.close()
    again = Session()
    shown = again.add_micrograph(Micrograph.from_array(disks()[0], name="disks"))
    assert shown.micrograph.pixel_size_nm is None
    again.open_library(folder)
    assert shown.micrograph.pixel_size_nm == 2.5
    # Found again, the particles still have their size in nm.
    found = [e for e in find_particles(shown.micrograph) if isinstance(e, ParticlesFound)]
    again.accept_particles(shown, found[-1])
    table = again.need_library().particles()
    np.testing.assert_allclose(table["area_nm2"], 6.25 * table["area_px"])


def test_a_pixel_size_typed_during_the_search_is_not_lost(tmp_path: Path) -> None:
    session = Session(tmp_path)
    state = session.add_micrograph(Micrograph.from_array(disks()[0], name="disks"))
    found = [e for e in find_particles(state.micrograph) if isinstance(e, ParticlesFound)]
    session.set_pixel_size(state, 4.0)
    session.accept_particles(state, found[-1])
    table = session.need_library().particles()
    np.testing.assert_allclose(table["area_nm2"], 16 * table["area_px"])


def test_what_cannot_be_saved_is_not_shown(session: Session) -> None:
    folder = session.need_library().folder
    second = Session()
    second.add_micrograph(Micrograph.from_array(disks()[0], name="disks"))
    second.open_library(folder)
    assert second.need_library().read_only
    assert second.current is not None
    with pytest.raises(InputError):
        second.set_pixel_size(second.current, 3.0)
    assert second.current.micrograph.pixel_size_nm is None
    with pytest.raises(InputError):
        second.assign([int(second.current.particle_ids[1])], 1)
    assert not second.current.by_hand.any()


def test_the_same_picture_twice_is_one_micrograph(session: Session) -> None:
    assert (
        session.add_micrograph(Micrograph.from_array(disks()[0], name="again"))
        is session.micrographs[0]
    )
    assert len(session.micrographs) == 1


def test_unsure_predictions_are_not_shown(session: Session) -> None:
    state = session.current
    assert state is not None
    state.by_model[:] = 1
    state.by_model[0] = 0
    state.probability[1:] = np.linspace(0.1, 1, state.n_particles)
    state.by_hand[1] = 2
    shown = state.shown_classes(0.5)
    assert shown[1] == 2
    assert (shown[2:] == np.where(state.probability[2:] >= 0.5, 1, 0)).all()


def test_training_without_labels_is_one_sentence(session: Session) -> None:
    with pytest.raises(InputError, match="No particle is labelled"):
        session.training_set()
    state = session.current
    assert state is not None
    session.assign([int(state.particle_ids[1])], session.classes[0].class_id)
    with pytest.raises(InputError, match="at least one other class"):
        session.training_set()


def test_a_pixel_size_typed_later_reaches_the_measurements(session: Session) -> None:
    state = session.current
    assert state is not None
    session.set_pixel_size(state, 3.0)
    table = session.need_library().particles()
    np.testing.assert_allclose(table["area_nm2"], 9 * table["area_px"])
    with pytest.raises(InputError):
        session.set_pixel_size(state, 0.0)


def test_two_sessions_do_not_know_each_other(tmp_path: Path, session: Session) -> None:
    other = Session(tmp_path / "other")
    other.add_micrograph(Micrograph.from_array(disks(seed=3)[0], name="other"))
    assert other.library is None
    assert len(session.micrographs) == 1
