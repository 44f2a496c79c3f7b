"""The catalogue stays in step with the library, whatever is done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AddClass, ParticleLibrary, RemoveClass
from napari_ssrvae.session import Catalogue, Session
from napari_ssrvae.workflow import ParticlesFound, find_particles
from tests.session.many import PITCH, many_particles, micrograph, predict

SIDE = 4


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "library"
    library = many_particles(folder, 3, SIDE)
    predict(library)
    library.close()
    return folder


@pytest.fixture
def session(template: Path, tmp_path: Path) -> Session:
    """Three micrographs in the library, two of them open."""
    return opened(template, tmp_path / "library")


def opened(template: Path, folder: Path) -> Session:
    import shutil

    shutil.copytree(template, folder)
    session = Session(seed=0)
    session.open_library(folder)
    for number in (1, 0):
        session.add_micrograph(micrograph(number, SIDE))
    return session


def expected_of(library: ParticleLibrary) -> dict[int, tuple[int, int, int, int, float]]:
    """What a catalogue must hold of each particle: the library read one by one."""
    particles, labels, said = library.particles(), library.labels(), library.predictions()
    found = {}
    for particle_id, row in particles.iterrows():
        known = particle_id in said.index
        found[int(particle_id)] = (
            int(row["micrograph_id"]),
            int(row["label_id"]),
            int(labels.get(particle_id, 0)),
            int(said.at[particle_id, "class_id"]) if known else 0,
            round(float(said.at[particle_id, "probability"]), 5) if known else -1.0,
        )
    return found


def held_by(catalogue: Catalogue) -> dict[int, tuple[int, int, int, int, float]]:
    probability = np.nan_to_num(catalogue.probability, nan=-1.0).round(5)
    columns = zip(
        catalogue.micrograph_ids.tolist(),
        catalogue.label_ids.tolist(),
        catalogue.by_hand.tolist(),
        catalogue.by_model.tolist(),
        [round(float(p), 5) for p in probability],
        strict=True,
    )
    return dict(zip(catalogue.particle_ids.tolist(), columns, strict=True))


def assert_in_step(session: Session) -> None:
    library, catalogue = session.need_library(), session.catalogue
    expected, held = expected_of(library), held_by(catalogue)
    assert held.keys() == expected.keys()
    for particle_id, row in expected.items():
        assert held[particle_id] == pytest.approx(row, abs=2e-5)
    fresh = Catalogue()
    fresh.read(library)
    # Of particles that are gone, columns may be left that only they had.
    mine = catalogue.measurements[fresh.measurements.columns]
    pd.testing.assert_frame_equal(mine, fresh.measurements, check_dtype=False)
    for name in ("size", "centroid_px", "angle_rad", "offset_px", "novelty", "uncertainty"):
        np.testing.assert_array_equal(getattr(catalogue, name), getattr(fresh, name), name)
    for name in ("latents", "probabilities", "model_class_ids"):
        np.testing.assert_array_equal(getattr(catalogue, name), getattr(fresh, name), name)
    assert catalogue.size_unit == fresh.size_unit
    # What is open shows the same.
    for state in session.micrographs:
        ids = state.particle_ids[state.label_ids]
        rows = catalogue.rows(ids)
        np.testing.assert_array_equal(state.by_hand[state.label_ids], catalogue.by_hand[rows])
        np.testing.assert_array_equal(state.by_model[state.label_ids], catalogue.by_model[rows])
        for particle_id, label_id in zip(ids.tolist(), state.label_ids.tolist(), strict=True):
            assert session.locate(particle_id) == (state, label_id)


KINDS = (
    "label",
    "label many",
    "off",
    "undo",
    "redo",
    "delete",
    "paint",
    "merge class",
    "remove class",
    "add class",
    "segment",
    "train",
    "scale",
    "check",
)
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 10_000)), min_size=1, max_size=9)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_the_catalogue_is_the_library(
    template: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    session = opened(template, tmp_path_factory.mktemp("walk") / "library")
    library = session.need_library()
    told: list[bool] = []

    def right(*_: object) -> None:
        labels = library.labels().to_dict()
        hand = zip(
            session.catalogue.particle_ids.tolist(), session.catalogue.by_hand.tolist(), strict=True
        )
        told.append({i: c for i, c in hand if c} == labels)

    session.labels_changed.connect(right)
    session.catalogue_changed.connect(right)
    for kind, number in steps:
        step(session, kind, number)
        assert_in_step(session)
    assert all(told)
    session.close()


def step(session: Session, kind: str, number: int) -> None:
    ids = session.catalogue.particle_ids
    classes = session.classes
    state = session.micrographs[number % 2]
    some = [int(ids[number % len(ids)])] if len(ids) else []
    try:
        if kind == "label":
            session.assign(some, classes[number % len(classes)].class_id)
        elif kind == "label many":
            session.assign(ids[number % 5 :: 3], classes[number % len(classes)].class_id)
        elif kind == "off":
            session.assign(ids[::2], None)
        elif kind == "undo":
            session.undo()
        elif kind == "redo":
            session.redo()
        elif kind == "delete":
            session.delete_particles(state, state.label_ids[number % 7 :: 9])
        elif kind == "paint":
            session.paint_particle(state, [[0.0, number % 15], [0.0, number % 15 + 4]], 2.0)
        elif kind in ("merge class", "remove class"):
            to = classes[(number + 1) % len(classes)].class_id if kind == "merge class" else None
            session.do(RemoveClass(classes[number % len(classes)].class_id, to))
        elif kind == "add class":
            session.do(AddClass(f"new {number}"))
        elif kind == "segment":
            labels = state.labels if state.labels is not None else np.zeros((1, 1), np.int32)
            moved = np.where(labels % (2 + number % 5) == 0, 0, labels)
            found = find_particles(state.micrograph, labels=moved, window=4, size=4)
            for event in found:
                if isinstance(event, ParticlesFound):
                    session.accept_particles(state, event)
        elif kind == "train":
            live = [c.class_id for c in classes if c.class_id != 255][:2]
            if not live:
                return  # without a class there is nothing to learn
            predict(session.need_library(), f"m{number % 3}", seed=number, class_ids=tuple(live))
            session.open_library(session.need_library().folder)
        elif kind == "scale":
            session.set_pixel_size(state, 1.0 + number % 7)
        elif kind == "check":
            session.assign(some, classes[0].class_id, check=session.library_model)
    except InputError:
        # Not every act is possible everywhere: then nothing may have changed.
        pass


def test_labels_in_micrographs_that_are_not_open_count(session: Session) -> None:
    closed = session.catalogue.particle_ids[session.catalogue.micrograph_ids == 3]
    assert len(closed) == SIDE**2
    session.assign(closed[:5], 2)
    assert session.counts()[2][0] == 5
    assert session.locate(int(closed[0])) is None
    session.undo()
    assert session.counts()[2][0] == 0


def test_rows_are_found_and_missing_ones_are_told(session: Session) -> None:
    ids = session.catalogue.particle_ids
    rows = session.catalogue.rows([int(ids[3]), 10**9, -1, int(ids[0])])
    assert rows.tolist() == [3, -1, -1, 0]
    assert Catalogue().rows([1, 2]).tolist() == [-1, -1]


def test_sizes_are_in_one_unit(session: Session, tmp_path: Path) -> None:
    assert session.catalogue.size_unit == "nm"
    table = session.catalogue.measurements
    np.testing.assert_allclose(session.catalogue.size, table["equivalent_diameter_nm"], rtol=1e-6)
    library = many_particles(tmp_path / "other", 1, SIDE, nm=None)
    catalogue = Catalogue()
    catalogue.read(library)
    assert catalogue.size_unit == "px"
    np.testing.assert_allclose(
        catalogue.size, library.particles()["equivalent_diameter_px"], rtol=1e-6
    )
    library.close()


def test_uncertainty_is_what_the_two_best_classes_leave(session: Session) -> None:
    best = np.sort(session.catalogue.probabilities, axis=1)
    expected = 1 - (best[:, -1] - best[:, -2])
    np.testing.assert_allclose(session.catalogue.uncertainty, expected, atol=1e-6)


def test_similar_particles_are_near(session: Session) -> None:
    catalogue = session.catalogue
    asked = catalogue.particle_ids[[2, 9]]
    found = catalogue.similarity_to(asked)
    features = catalogue.features("model")
    distance = np.linalg.norm(features[:, None] - features[None, [2, 9]], axis=2).min(axis=1)
    np.testing.assert_allclose(found, distance, atol=2e-3)
    assert found[2] == found[9] == 0
    assert found.dtype == np.float32


def test_without_a_model_shape_says_what_is_similar(tmp_path: Path) -> None:
    library = many_particles(tmp_path / "library", 1, SIDE)
    catalogue = Catalogue()
    catalogue.read(library)
    assert np.isnan(catalogue.probability).all()
    found = catalogue.similarity_to([int(catalogue.particle_ids[0])])
    features = catalogue.features("shape")
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(features.std(axis=0), 1, atol=1e-4)
    np.testing.assert_allclose(found, np.linalg.norm(features - features[0], axis=1), atol=2e-3)
    assert np.isinf(catalogue.similarity_to([])).all()
    library.close()


def test_a_particle_that_is_painted_has_no_prediction_and_a_neighbour_by_shape(
    session: Session,
) -> None:
    state = session.micrographs[0]
    edge = PITCH * SIDE - 1
    session.delete_particles(state, state.label_ids)
    change = session.paint_particle(state, [[edge - 6.0, edge - 6.0]], 3.0)
    row = session.catalogue.rows(change.added)
    assert session.catalogue.by_model[row] == 0
    assert np.isnan(session.catalogue.probability[row]).all()
    found = session.catalogue.similarity_to(change.added)
    assert np.isfinite(found).all()
    assert found[row] == 0


def test_selected_particles_that_go_drop_out(session: Session) -> None:
    state = session.micrographs[0]
    ids = state.particle_ids[state.label_ids]
    session.selection.select(ids, focus=int(ids[0]))
    session.delete_particles(state, state.label_ids[:3])
    assert session.selection.ids.tolist() == ids[3:].tolist()
    assert session.selection.focus is None


def test_patches_come_in_the_order_asked_for(session: Session) -> None:
    ids = session.catalogue.particle_ids[[7, 2]]
    np.testing.assert_array_equal(session.patches(ids), session.need_library().patches(ids)[1])
    with pytest.raises(InputError):
        session.patches([10**9])


def test_each_act_is_told_in_a_sentence(session: Session) -> None:
    told: list[str] = []
    session.acted.connect(told.append)
    session.selection.select(session.catalogue.particle_ids[:2])
    session.assign_selected(1)
    session.assign_selected(1)
    session.undo()
    session.redo()
    session.assign_selected(None)
    assert told == [
        "Labelled 2 particles as single; Ctrl+Z takes it back.",
        "Nothing is different now: label 2 particles as single.",
        "Taken back: label 2 particles as single; Ctrl+Shift+Z does it again.",
        "Done again: label 2 particles as single; Ctrl+Z takes it back.",
        "Took the label off 2 particles; Ctrl+Z takes it back.",
    ]
    session.selection.clear()
    with pytest.raises(InputError, match="No particle is selected"):
        session.assign_selected(1)


def test_labels_that_lost_their_particle_are_listed(session: Session) -> None:
    assert Session().lost_labels().empty
    state = session.micrographs[0]
    lost = int(state.particle_ids[state.label_ids[0]])
    session.assign([lost], 2)
    assert state.labels is not None
    fewer = np.where(state.labels == state.label_ids[0], 0, state.labels)
    for event in find_particles(state.micrograph, labels=fewer, window=4, size=4):
        if isinstance(event, ParticlesFound):
            session.accept_particles(state, event)
    assert session.lost_labels()["class_id"].to_dict() == {lost: 2}


def test_before_there_is_a_library_all_is_empty(tmp_path: Path) -> None:
    session = Session(tmp_path)
    session.add_micrograph(micrograph(7, SIDE))
    assert len(session.catalogue) == 0
    assert session.counts() == {}
    assert session.unsaved == 0
    assert session.save_unsaved()
