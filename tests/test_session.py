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
