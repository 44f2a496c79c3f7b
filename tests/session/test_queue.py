"""The queue of what to label next."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.metrics import wilson_interval
from napari_ssrvae.library import RemoveClass
from napari_ssrvae.session import Session
from tests.session.many import many_particles, micrograph, predict

SIDE = 12


def opened(folder: Path, n: int = 1, *, model: bool = True, side: int = SIDE) -> Session:
    library = many_particles(folder / "library", n, side)
    if model:
        predict(library)
    library.close()
    session = Session(seed=1)
    session.open_library(folder / "library")
    return session


@pytest.fixture
def session(tmp_path: Path) -> Session:
    session = opened(tmp_path, 2)
    session.add_micrograph(micrograph(0, SIDE))
    return session


def truth(session: Session) -> dict[int, int]:
    """A class for each particle: what the model says, wrong for every fifth."""
    said = session.catalogue.by_model
    ids = session.catalogue.particle_ids.tolist()
    return {i: int(c) % 3 + 1 if i % 5 == 0 else int(c) for i, c in zip(ids, said, strict=True)}


def run(session: Session, n: int) -> list:
    seen = []
    for _ in range(n):
        assert session.queue.current is not None
        seen.append(session.queue.current)
        session.queue.next()
    return seen


def test_it_rests_until_it_is_started(session: Session) -> None:
    queue = session.queue
    assert (queue.order, queue.current, queue.position, queue.remaining) == (None, None, 0, 0)
    queue.next()
    queue.back()
    queue.accept()
    queue.answer(1)
    assert not session.catalogue.by_hand.any()
    queue.start("helpful")
    assert queue.order == "helpful"
    assert queue.position == 1
    assert queue.remaining == 2 * SIDE**2 - 1
    queue.stop()
    assert queue.current is None


@pytest.mark.parametrize("order", ["helpful", "doubt"])
def test_every_particle_comes_once_and_a_share_at_random(session: Session, order: str) -> None:
    session.queue.start(order)
    n = 2 * SIDE**2
    seen = run(session, n)
    assert session.queue.current is None
    assert session.queue.remaining == 0
    assert sorted(p.particle_id for p in seen) == session.catalogue.particle_ids.tolist()
    share = np.mean([p.reason == "random" for p in seen])
    assert abs(share - 0.15) < 0.02
    others = {p.reason for p in seen} - {"random"}
    assert others <= ({"uncertain"} if order == "doubt" else {"typical", "uncertain"})
    for pick in seen:
        row = session.catalogue.rows([pick.particle_id])[0]
        assert pick.class_id == session.catalogue.by_model[row]
        assert pick.probability == session.catalogue.probability[row]


def test_doubt_comes_first(session: Session) -> None:
    session.queue.start("doubt")
    seen = [p.particle_id for p in run(session, 100) if p.reason != "random"]
    doubt = session.catalogue.uncertainty[session.catalogue.rows(seen)]
    assert (np.diff(doubt) <= 0).all()
    left = np.setdiff1d(session.catalogue.particle_ids, seen)
    # Those drawn at random apart, none that is left was more doubtful.
    assert doubt[-1] >= np.sort(session.catalogue.uncertainty[session.catalogue.rows(left)])[-60]


def test_random_ones_are_drawn_evenly_from_all(tmp_path: Path) -> None:
    session = opened(tmp_path, 1, side=SIDE)
    ids = session.catalogue.particle_ids
    sure = session.catalogue.uncertainty < np.median(session.catalogue.uncertainty)
    drawn = []
    for _ in range(60):
        session.queue.start("doubt")
        drawn += [p.particle_id for p in run(session, 20) if p.reason == "random"]
    share = sure[np.searchsorted(ids, drawn)].mean()
    # 180 draws, half of all particles are sure: four standard deviations either way.
    assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(len(drawn))


def test_without_a_model_typical_particles_come_first(tmp_path: Path) -> None:
    session = opened(tmp_path, model=False)
    session.queue.start("helpful")
    seen = run(session, 20)
    assert {p.reason for p in seen} == {"typical", "random"}
    assert all(p.class_id is None and np.isnan(p.probability) for p in seen)
    with pytest.raises(InputError, match="no prediction to accept"):
        session.queue.accept()
    with pytest.raises(InputError, match="no predictions to review"):
        session.queue.start("doubt")
    assert session.queue.accuracy is None


def test_what_has_a_label_is_passed_over(session: Session) -> None:
    session.queue.start("doubt")
    first = session.queue.current
    assert first is not None
    session.assign([first.particle_id], 2)
    assert session.queue.current != first
    rest = session.catalogue.particle_ids[5:]
    session.assign(rest, 1)
    seen = []
    while session.queue.current is not None:
        seen.append(session.queue.current.particle_id)
        session.queue.next()
    assert set(seen) <= set(session.catalogue.particle_ids[:5].tolist()) - {first.particle_id}


def test_what_is_deleted_is_passed_over(session: Session) -> None:
    state = session.micrographs[0]
    session.queue.start("doubt")
    shown = session.queue.current
    assert shown is not None
    session.delete_particles(state, state.label_ids)
    gone = {*range(1, SIDE**2 + 1)}
    while session.queue.current is not None:
        assert session.queue.current.particle_id not in gone
        session.queue.next()
    assert session.queue.position > 100


def test_undo_brings_the_particle_back_and_redo_goes_on(session: Session) -> None:
    queue = session.queue
    queue.start("helpful")
    picks = []
    for class_id in (1, 2, 3):
        picks.append(queue.current)
        queue.answer(class_id)
    after = queue.current
    session.undo()
    assert queue.current == picks[2]
    session.undo()
    assert queue.current == picks[1]
    assert queue.position == 2
    session.redo()
    assert queue.current == picks[2]
    session.redo()
    assert queue.current == after
    session.undo()
    queue.answer(1)
    assert queue.current == after


def test_back_and_forth(session: Session) -> None:
    queue = session.queue
    queue.start("doubt")
    first = queue.current
    assert first is not None
    queue.accept()
    second = queue.current
    queue.next()
    third = queue.current
    queue.back()
    assert queue.current == second
    queue.back()
    queue.back()
    assert queue.current == first
    # Corrected; then on over what was skipped.
    assert first.class_id is not None
    queue.answer(first.class_id % 3 + 1)
    row = session.catalogue.rows([first.particle_id])[0]
    assert session.catalogue.by_hand[row] == first.class_id % 3 + 1
    assert queue.current == second
    queue.answer(None)
    assert queue.current == third
    queue.back()
    queue.back()
    queue.answer(None)
    assert session.catalogue.by_hand[row] == 0
    assert queue.current == first


def test_accuracy_is_that_of_random_answers_only(session: Session) -> None:
    right, judged = 0, 0
    classes = truth(session)
    queue = session.queue
    queue.start("doubt")
    assert queue.accuracy is not None
    assert (queue.accuracy.judged, queue.accuracy.low, queue.accuracy.high) == (0, 0.0, 1.0)
    for _ in range(120):
        pick = queue.current
        assert pick is not None
        judged += pick.reason == "random"
        right += pick.reason == "random" and pick.class_id == classes[pick.particle_id]
        queue.answer(classes[pick.particle_id])
    session.assign(session.catalogue.particle_ids[-5:], 1)
    accuracy = queue.accuracy
    assert accuracy is not None
    assert judged > 10
    assert (accuracy.model, accuracy.right, accuracy.judged) == ("m", right, judged)
    low, high = wilson_interval(right, judged)
    assert (accuracy.low, accuracy.high) == (float(low), float(high))
    while session.undo():
        pass
    assert queue.accuracy is not None
    assert queue.accuracy.judged == 0
    # It lasts: done again, closed and opened again.
    while session.redo():
        pass
    folder = session.need_library().folder
    session.close()
    again = Session()
    again.open_library(folder)
    assert again.queue.accuracy == accuracy


def test_accuracy_covers_the_truth_as_often_as_it_says(tmp_path: Path) -> None:
    """The model is right on 80 %; doubtful ones answered besides do not spoil that."""
    session = opened(tmp_path, 1, side=20)
    classes = truth(session)
    covered = 0
    for _ in range(12):
        session.queue.start("doubt")
        for _ in range(150):
            assert session.queue.current is not None
            session.queue.answer(classes[session.queue.current.particle_id])
        accuracy = session.queue.accuracy
        assert accuracy is not None
        covered += accuracy.low <= 0.8 <= accuracy.high
        while session.undo():
            pass
    # 95 % of 12; fewer than 9 has a probability of 0.0002.
    assert covered >= 9


def test_a_new_model_judges_anew_and_refills(session: Session) -> None:
    queue = session.queue
    queue.start("doubt")
    for _ in range(40):
        queue.accept()
    assert queue.accuracy is not None
    assert queue.accuracy.judged > 0
    answered = {int(i) for i in np.flatnonzero(session.catalogue.by_hand)}
    current = queue.current
    assert current is not None
    retrained(session, "n", seed=9)
    assert queue.accuracy.model == "n"
    assert queue.accuracy.judged == 0
    row = session.catalogue.rows([current.particle_id])[0]
    assert queue.current is not None
    assert queue.current.particle_id == current.particle_id
    assert queue.current.class_id == session.catalogue.by_model[row]
    queue.next()
    seen = run(session, 30)
    assert not answered & {p.particle_id - 1 for p in seen}
    doubt = [
        session.catalogue.uncertainty[session.catalogue.rows([p.particle_id])[0]]
        for p in seen
        if p.reason != "random"
    ]
    assert (np.diff(doubt) <= 0).all()


def test_an_old_answer_that_is_corrected_does_not_judge_the_new_model(session: Session) -> None:
    queue = session.queue
    queue.start("doubt")
    while queue.current is not None and queue.current.reason != "random":
        queue.accept()
    queue.accept()
    retrained(session, "n", seed=9)
    queue.back()
    assert queue.current is not None
    assert queue.current.reason == "random"
    queue.answer(2)
    assert queue.accuracy is not None
    assert queue.accuracy.judged == 0


def test_a_labelled_particle_come_back_to_shows_what_the_new_model_says(tmp_path: Path) -> None:
    session = opened(tmp_path, model=False)
    session.add_micrograph(micrograph(0, SIDE))
    queue = session.queue
    queue.start("helpful")
    queue.answer(1)
    queue.back()
    assert queue.current is not None
    assert queue.current.class_id is None
    retrained(session, "n", seed=9)
    row = session.catalogue.rows([queue.current.particle_id])[0]
    assert queue.current.class_id == session.catalogue.by_model[row] > 0
    assert queue.current.probability == session.catalogue.probability[row]
    predicted = queue.current.class_id
    queue.accept()
    assert session.catalogue.by_hand[row] == predicted


def retrained(session: Session, name: str, seed: int) -> None:
    """Accept a made-up model as a training hands it over."""
    from napari_ssrvae.workflow import Predictions, Trained

    ids = session.catalogue.particle_ids
    rng = np.random.default_rng(seed)
    n = len(ids)
    predictions = Predictions(
        ids,
        (1, 2, 3),
        rng.dirichlet(np.full(3, 0.4), n).astype(np.float32),
        rng.random(n).astype(np.float32),
        np.zeros(n, np.float32),
        np.zeros((n, 2), np.float32),
        rng.normal(0, 1, (n, 2)).astype(np.float32),
    )
    folder = session.need_library().model_folder(name)
    session.accept_training(Trained(name, folder, predictions, {}))


def test_a_merged_class_is_what_its_predictions_become(session: Session) -> None:
    queue = session.queue
    queue.start("doubt")
    session.do(RemoveClass(1, 2))
    assert not (session.catalogue.by_model == 1).any()
    while queue.current is not None and queue.position < 30:
        assert queue.current.class_id in (2, 3)
        queue.accept()
    assert queue.accuracy is not None
    assert queue.accuracy.right == queue.accuracy.judged > 0


def test_the_same_seed_gives_the_same_run(tmp_path: Path) -> None:
    session = opened(tmp_path)
    runs = []
    for seed in (4, 4, 5):
        other = Session(seed=seed)
        other.open_library(session.need_library().folder)
        other.queue.start("helpful")
        runs.append([p.particle_id for p in run(other, 30)])
        other.close()
    assert runs[0] == runs[1] != runs[2]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.sampled_from(["answer", "accept", "next", "back", "undo", "redo", "else", "off"]),
        min_size=1,
        max_size=30,
    ),
    order=st.sampled_from(["helpful", "doubt"]),
)
def test_what_is_current_is_there_and_was_not_passed_over(
    session: Session, steps: list[str], order: str
) -> None:
    queue, catalogue = session.queue, session.catalogue
    queue.start(order)  # type: ignore[arg-type]
    assert queue.current is not None
    first_seen = [queue.current.particle_id]
    for step in steps:
        before = queue.current
        if step == "answer":
            queue.answer(2)
        elif step == "accept":
            queue.accept()
        elif step in ("next", "back"):
            getattr(queue, step)()
        elif step == "undo":
            session.undo()
        elif step == "redo":
            session.redo()
        elif step == "else":
            session.assign(catalogue.particle_ids[::9], 3)
        elif step == "off":
            session.assign(catalogue.particle_ids[::7], None)
        current = queue.current
        assert current is not None
        row = catalogue.rows([current.particle_id])[0]
        assert row >= 0
        if step in ("answer", "accept", "next"):
            assert current != before
            assert catalogue.by_hand[row] == 0
        if step == "else":
            assert current.particle_id not in catalogue.particle_ids[::9] or current == before
        if current.particle_id not in first_seen:
            first_seen.append(current.particle_id)
            assert queue.position == len(first_seen)
        left = int((catalogue.by_hand == 0).sum())
        assert 0 <= queue.remaining <= left
    while session.undo():
        pass
    queue.stop()


def test_many_particles(tmp_path: Path) -> None:
    session = opened(tmp_path, 10, side=100)
    assert len(session.catalogue) == 100_000
    for order in ("helpful", "doubt"):
        session.queue.start(order)  # type: ignore[arg-type]
        seen = {p.particle_id for p in run(session, 60)}
        assert len(seen) == 60
        assert session.queue.remaining == 100_000 - 61
    session.assign(session.catalogue.particle_ids, 1)
    assert session.counts()[1][0] == 100_000
    assert session.queue.current is None
    assert session.undo()
    assert session.counts()[1][0] == 0
