"""What is shown of a particle, and the counts that follow, by rule and in the session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.library import NONE_OF_THESE_ID, ParticleClass, RemoveClass
from napari_ssrvae.session import Session, Why
from napari_ssrvae.session.showing import Shown, show, summarise
from tests.session.many import many_particles, micrograph, predict

SIDE = 4
CLASS_IDS = (1, 2, 7, NONE_OF_THESE_ID)

unit = st.floats(0, 1, width=32)
class_id = st.sampled_from((0, *CLASS_IDS))
particle = st.tuples(class_id, class_id, unit | st.just(float("nan")), unit | st.just(float("nan")))
particles = st.lists(particle, max_size=12)


def columns(rows: list[Any]) -> tuple[Any, ...]:
    hand, model, sure, novelty = zip(*rows, strict=True) if rows else ((), (), (), ())
    return (
        np.array(hand, np.uint8),
        np.array(model, np.uint8),
        np.array(sure, np.float32),
        np.array(novelty, np.float32),
    )


@given(particles, unit, unit)
def test_the_rule_particle_by_particle(rows: list[Any], unsure: float, novel: float) -> None:
    found = show(*columns(rows), unsure_below=unsure, novel_above=novel)
    for at, (hand, model, sure, novelty) in enumerate(rows):
        if hand:
            expected = hand, Why.HAND
        elif not model:
            expected = 0, Why.NOTHING
        elif novelty > novel:
            expected = NONE_OF_THESE_ID, Why.NOVEL
        elif unsure > 0 and not sure >= unsure:
            expected = model, Why.UNSURE
        else:
            expected = model, Why.SURE
        assert (found.class_ids[at], found.why[at]) == expected


@given(particles)
def test_both_thresholds_can_be_off(rows: list[Any]) -> None:
    hand, model, sure, novelty = columns(rows)
    found = show(hand, model, sure, novelty, unsure_below=0.0, novel_above=1.0)
    assert set(found.why) <= {Why.NOTHING, Why.HAND, Why.SURE}
    assert (found.class_ids == np.where(hand > 0, hand, model)).all()


@given(particles, unit, unit, unit)
def test_a_stricter_threshold_doubts_more(
    rows: list[Any], one: float, two: float, other: float
) -> None:
    low, high = sorted((one, two))
    mild = show(*columns(rows), unsure_below=low, novel_above=other).why == Why.UNSURE
    strict = show(*columns(rows), unsure_below=high, novel_above=other).why == Why.UNSURE
    assert (strict | ~mild).all()
    strict = show(*columns(rows), unsure_below=other, novel_above=low).why == Why.NOVEL
    mild = show(*columns(rows), unsure_below=other, novel_above=high).why == Why.NOVEL
    assert (strict | ~mild).all()


@given(particles, unit, unit, st.data())
def test_counts_are_those_of_counting(
    rows: list[Any], unsure: float, novel: float, data: st.DataObject
) -> None:
    hand, model, sure, novelty = columns(rows)
    n = len(rows)
    sizes = data.draw(st.lists(st.integers(1, 50), min_size=n, max_size=n))
    size = np.array(sizes, np.float32)
    shown = show(hand, model, sure, novelty, unsure_below=unsure, novel_above=novel)
    classes = [ParticleClass(c, f"class {c}", "#112233", c) for c in CLASS_IDS]
    for entry, row in zip(classes, summarise(classes, shown, model, size, "nm"), strict=True):
        mine = [i for i in range(n) if shown.class_ids[i] == entry.class_id]
        assert row.particles == len(mine)
        assert row.by_hand == sum(hand[i] == entry.class_id for i in mine)
        assert row.unsure == sum(shown.why[i] == Why.UNSURE for i in mine)
        assert row.by_model == len(mine) - row.by_hand - row.unsure
        aside = [i for i in range(n) if shown.why[i] == Why.NOVEL]
        if entry.class_id != NONE_OF_THESE_ID:
            aside = [i for i in aside if model[i] == entry.class_id]
        assert row.novel == len(aside)
        median = f"{np.median(size[mine]):.3g} nm" if mine else ""
        assert row.size == median


def test_nothing_is_summed_up_to_nothing() -> None:
    empty = np.zeros(0, np.uint8)
    classes = [ParticleClass(1, "rod", "#112233", 0)]
    rows = summarise(classes, Shown(empty, empty), empty, np.zeros(0, np.float32), "px")
    assert [(row.particles, row.size) for row in rows] == [(0, "")]


# --- in the session --------------------------------------------------------------------------------


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Two micrographs in the library, the first of them open; a model says something of all particles."""
    library = many_particles(tmp_path / "library", 2, SIDE)
    predict(library)
    library.close()
    session = Session(seed=0)
    session.open_library(tmp_path / "library")
    session.add_micrograph(micrograph(0, SIDE))
    return session


def test_a_label_by_hand_is_untouched_by_thresholds(session: Session) -> None:
    ids = session.catalogue.particle_ids
    session.assign([ids[0]], 2)
    session.set_unsure_below(1.0)
    session.set_novel_above(0.0)
    assert session.shown_class([ids[0]]).tolist() == [2]
    assert session.catalogue.by_hand[0] == 2
    assert (session.shown_class(ids[1:]) == NONE_OF_THESE_ID).all()
    # What the hand says is counted as the hand's, what the model says of it as set aside.
    hand, model = zip(*session.counts().values(), strict=True)
    assert hand == (0, 1, 0, 0, 0)
    assert model == (0, 0, 0, 0, len(ids))
    session.undo()
    assert session.shown_class([ids[0]]).tolist() == [NONE_OF_THESE_ID]


def test_predictions_in_the_library_stay_as_they_are(session: Session) -> None:
    before = session.need_library().predictions()["class_id"].to_dict()
    session.set_novel_above(0.1)
    assert session.n_of(Why.NOVEL) > 0
    assert session.need_library().predictions()["class_id"].to_dict() == before
    session.set_novel_above(1.0)
    assert session.n_of(Why.NOVEL) == 0
    assert session.shown().class_ids.tolist() == session.catalogue.by_model.tolist()


def test_of_particles_that_are_not_there_nothing_is_shown(session: Session) -> None:
    assert session.shown_class([-1, 0, 10_000]).tolist() == [0, 0, 0]


def test_the_open_micrograph_agrees_with_the_catalogue(session: Session) -> None:
    state = session.current
    assert state is not None
    session.set_unsure_below(0.7)
    session.set_novel_above(0.4)

    def agrees() -> bool:
        rows = session.catalogue.rows(state.particle_ids[state.label_ids])
        mine = state.shown(session.unsure_below, session.novel_above)
        theirs = session.shown(rows)
        return bool(
            (mine.class_ids[state.label_ids] == theirs.class_ids).all()
            and (mine.why[state.label_ids] == theirs.why).all()
        )

    assert agrees()
    session.assign(state.particle_ids[[2, 3]], 1)
    assert agrees()
    session.delete_particles(state, [4, 5])
    assert agrees()
    session.undo()
    assert state.shown(0.7, 0.4).why[4] in (Why.SURE, Why.UNSURE, Why.NOVEL)
    assert agrees()


def test_counts_of_the_library_or_of_the_micrograph_in_view(session: Session) -> None:
    told: list[str] = []
    session.scope_changed.connect(told.append)
    assert sum(row.particles for row in session.summary()) == 2 * SIDE**2
    session.set_scope("micrograph")
    session.set_scope("micrograph")
    assert told == ["micrograph"]
    assert sum(row.particles for row in session.summary()) == SIDE**2
    assert sum(row.particles for row in session.summary("library")) == 2 * SIDE**2
    session.add_micrograph(micrograph(5, SIDE))
    assert sum(row.particles for row in session.summary()) == 0


def test_sizes_have_the_unit_that_all_that_is_counted_has(tmp_path: Path) -> None:
    library = many_particles(tmp_path / "library", 2, SIDE)
    predict(library)
    number = int(library.micrographs().index[1])
    library.close()
    session = Session(seed=0)
    session.open_library(tmp_path / "library")
    assert {row.size.split()[-1] for row in session.summary() if row.size} == {"nm"}
    # One of the two without a scale: the library's sizes are in pixels, those of the other one in nm.
    session.add_micrograph(micrograph(0, SIDE))
    session.catalogue.size_unit = "px"
    session.catalogue.size = session.catalogue.measurements["equivalent_diameter_px"].to_numpy(
        np.float32
    )
    in_px = session.catalogue.size[session.catalogue.micrograph_ids != number]
    assert {row.size.split()[-1] for row in session.summary("library") if row.size} == {"px"}
    session.set_unsure_below(0.0)
    ids = session.catalogue.particle_ids[session.catalogue.micrograph_ids != number]
    session.assign(ids, 1)
    first = session.summary("micrograph")[0]
    assert first.size == f"{np.median(2 * in_px):.3g} nm"


def test_thresholds_tell_of_themselves_once(session: Session) -> None:
    told: list[float] = []
    session.novel_above_changed.connect(told.append)
    session.set_novel_above(0.5)
    session.set_novel_above(0.5)
    assert told == [0.5]


def test_shares_above_thresholds_fall(session: Session) -> None:
    at = np.linspace(0, 1, 11)
    shares = session.novel_shares(at)
    novelty = session.catalogue.novelty
    assert shares.tolist() == pytest.approx([(novelty > t).mean() for t in at])
    assert Session().novel_shares(at).tolist() == [0.0] * 11


def test_what_was_predicted_as_a_class_that_is_gone_has_no_class(session: Session) -> None:
    before, n = session.summary("library"), len(session.catalogue)
    gone = np.flatnonzero(session.catalogue.by_model == 1)
    assert len(gone)
    assert sum(row.particles for row in before) == n
    session.do(RemoveClass(1))
    shown = session.shown()
    assert (shown.why[gone] == Why.NOTHING).all()
    assert sum(row.particles for row in session.summary("library")) == n - len(gone)
    assert session.n_of(Why.NOTHING) == len(gone)
    session.undo()
    assert session.summary("library") == before
