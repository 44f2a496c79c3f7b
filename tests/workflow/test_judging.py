"""Judging a model: what counts as an answer, the numbers, and the words that go with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.metrics import wilson_interval
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.library.acts import AssignClass, RemoveClass
from napari_ssrvae.workflow.judging import Answers, answers_of, judge
from napari_ssrvae.workflow.reliability import reliability
from tests.session.many import many_particles, predict


@pytest.fixture
def library(tmp_path: Path) -> ParticleLibrary:
    """36 particles, all of them labelled: 12 of each of the classes 1, 2 and 3."""
    library = many_particles(tmp_path / "made", 1, 6)
    ids = library.particles().index.to_numpy()
    for k in range(3):
        library.do(AssignClass(tuple(ids[k::3].tolist()), k + 1))
    return library


def tell(library: ParticleLibrary, predicted: list[int], **more: object) -> np.ndarray:
    """Add a model that kept the first particles aside and took them for these classes; return their ids."""
    ids = library.particles().index.to_numpy()[: len(predicted)]
    told = {
        "particle_ids": ids.tolist(),
        "true": library.labels().reindex(ids).tolist(),
        "predicted": predicted,
        "probability": [0.9] * len(ids),
    }
    library.add_model(
        "m",
        parameters={},
        seed=0,
        class_ids=(1, 2, 3),
        n_labels=0,
        versions={},
        metrics={"held_out": {"particles": told}, **more},
    )
    return ids


def order(library: ParticleLibrary) -> list[int]:
    return [c.class_id for c in library.classes()]


def test_labels_kept_aside_are_counted_by_class(library: ParticleLibrary) -> None:
    ids = tell(library, [1, 2, 3, 1, 1, 3, 1, 2, 3, 2, 2, 3])
    judged = judge(answers_of(library, "m", "held_out"), order(library))
    assert judged.class_ids == (1, 2, 3)
    assert judged.confusion.counts.tolist() == [[3, 1, 0], [1, 3, 0], [0, 0, 4]]
    assert judged.recall.tolist() == judged.precision.tolist() == [0.75, 0.75, 1.0]
    assert judged.accuracy == 10 / 12
    assert (judged.low, judged.high) == tuple(float(x) for x in wilson_interval(10, 12))
    assert judged.balanced == pytest.approx(2.5 / 3)
    assert judged.particles(2, 1).tolist() == [ids[4]]
    assert judged.particles(3, 1).tolist() == []
    assert judged.few.all()
    assert any("3 classes have fewer than 5" in w for w in judged.words)


def test_few_answers_are_called_too_few(library: ParticleLibrary) -> None:
    tell(library, [1, 2, 3])
    judged = judge(answers_of(library, "m", "held_out"), order(library))
    assert judged.too_few
    assert any("Only 3 answers: too few to say" in w for w in judged.words)


def test_what_the_hand_says_now_is_what_counts(library: ParticleLibrary) -> None:
    ids = tell(library, [1, 2, 3, 1])
    library.do(AssignClass((int(ids[0]),), 2))
    library.do(AssignClass((int(ids[3]),), None))
    answers = answers_of(library, "m", "held_out")
    assert answers.particle_ids.tolist() == ids[:3].tolist()
    assert answers.true.tolist() == [2, 2, 3]
    assert answers.left_out == 1


def test_merged_classes_count_as_one_and_removed_ones_no_more(library: ParticleLibrary) -> None:
    tell(library, [1, 1, 3, 2, 2, 1])
    library.do(RemoveClass(1, labels_to=2))
    answers = answers_of(library, "m", "held_out")
    assert answers.true.tolist() == [2, 2, 3, 2, 2, 3]
    assert answers.predicted.tolist() == [2, 2, 3, 2, 2, 2]
    library.do(RemoveClass(3))
    answers = answers_of(library, "m", "held_out")
    assert answers.true.tolist() == [2, 2, 2, 2]
    assert answers.left_out == 2
    assert any("2 left out" in word for word in judge(answers, order(library)).words)


def test_answers_to_random_picks_judge_only_the_model_that_was_asked(
    library: ParticleLibrary,
) -> None:
    predict(library, "m", class_ids=(1, 2, 3))
    said = library.predictions("m")
    ids = said.index.to_numpy()[:5]
    library.do(AssignClass(tuple(ids.tolist()), None))
    for particle_id in ids.tolist():
        library.do(AssignClass((particle_id,), 2, check="m"))
    answers = answers_of(library, "m", "random")
    assert answers.particle_ids.tolist() == ids.tolist()
    assert answers.true.tolist() == [2] * 5
    assert answers.predicted.tolist() == said["class_id"][ids].tolist()
    assert np.allclose(answers.probability, said["probability"][ids])
    predict(library, "n", class_ids=(1, 2, 3))
    with pytest.raises(InputError, match="Nothing that n says"):
        answers_of(library, "n", "random")


def test_a_model_without_labels_kept_aside_says_what_to_do(library: ParticleLibrary) -> None:
    predict(library, "m", class_ids=(1, 2, 3))
    with pytest.raises(InputError, match="kept no labels aside: label some more"):
        answers_of(library, "m", "held_out")
    tell(library, [])
    with pytest.raises(InputError, match="did not note which"):
        answers_of(library, "m", "held_out")


def test_a_model_that_went_on_from_another_says_whose_answers_they_are(
    library: ParticleLibrary,
) -> None:
    tell(library, [1, 2, 3], warm_from="first")
    judged = judge(answers_of(library, "m", "held_out"), order(library))
    assert any("went on from first" in word for word in judged.words)


def made_up(pairs: list[tuple[int, int]]) -> Answers:
    true, predicted = np.array(pairs, np.int64).T
    n = len(pairs)
    return Answers("m", "random", np.arange(n), true, predicted, np.full(n, np.nan))


@given(
    st.lists(
        st.tuples(st.sampled_from([7, 3, 9, 255]), st.sampled_from([7, 3, 9, 255])), min_size=1
    )
)
def test_numbers_of_a_judgement_agree_with_each_other(pairs: list[tuple[int, int]]) -> None:
    judged = judge(made_up(pairs), [9, 3, 7, 255])
    assert list(judged.class_ids) == [
        c for c in [9, 3, 7, 255] if c in {x for p in pairs for x in p}
    ]
    assert judged.confusion.counts.sum() == len(pairs)
    assert judged.accuracy == pytest.approx(np.mean([a == b for a, b in pairs]))
    assert judged.low <= judged.accuracy <= judged.high
    assert 0 <= judged.balanced_low <= judged.balanced <= judged.balanced_high <= 1
    cells = [judged.particles(a, b) for a in judged.class_ids for b in judged.class_ids]
    assert np.array_equal(np.sort(np.concatenate(cells)), np.arange(len(pairs)))
    known = np.isfinite(judged.recall)
    assert np.array_equal(known, judged.support > 0)
    assert (judged.recall_low[known] <= judged.recall[known]).all()


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=150),
)
def test_calibration_error_is_what_its_bins_say(told: list[tuple[float, bool]]) -> None:
    p = np.array([a for a, _ in told])
    right = np.array([b for _, b in told])
    found = reliability(p, right)
    bins = 10 if len(p) >= 100 else 5
    at = np.minimum((p * bins).astype(int), bins - 1)
    error = sum(
        (at == b).sum() * abs(right[at == b].mean() - p[at == b].mean()) for b in np.unique(at)
    )
    assert found.error == pytest.approx(error / len(p))
    assert found.n.sum() == len(p)
    assert (found.n > 0).all()
    assert (found.low <= found.accuracy).all()
    assert (found.accuracy <= found.high).all()


def test_answers_without_a_confidence_leave_the_calibration_unknown() -> None:
    found = reliability(np.array([np.nan, np.nan]), np.array([True, False]))
    assert len(found.n) == 0
    assert np.isnan(found.error)
