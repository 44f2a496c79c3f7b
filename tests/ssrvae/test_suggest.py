"""What to label next: rules that hold for any particles, and what each kind of pick is good for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.suggest import label_next


def particles(seed: int, n: int, classes: int, d: int = 2, labelled: float = 0.3) -> tuple:
    """Return latents, probabilities and labels of anything at all."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(n, d)).round(rng.integers(0, 3))
    p = rng.dirichlet(np.full(classes, 0.3), n)
    y = np.where(rng.random(n) < labelled, rng.integers(0, classes, n), -1)
    return z, p, y


def blobs(seed: int = 0, each: int = 50) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return latents of four kinds of particle far apart, undecided classes, and their kind."""
    rng = np.random.default_rng(seed)
    kind = np.repeat(np.arange(4), each)
    centres = np.array([[-5.0, -5], [-5, 5], [5, -5], [5, 5]])
    return centres[kind] + rng.normal(size=(4 * each, 2)), np.full((4 * each, 4), 0.25), kind


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_particles=st.integers(1, 60),
    classes=st.integers(1, 4),
    d=st.integers(1, 3),
    labelled=st.sampled_from([0.0, 0.1, 0.6, 1.0]),
    n=st.integers(1, 80),
    share=st.floats(0, 1),
    novel=st.booleans(),
)
def test_the_rules_hold(seed, n_particles, classes, d, labelled, n, share, novel):
    z, p, y = particles(seed, n_particles, classes, d, labelled)
    novelty = np.random.default_rng(seed).random(n_particles) if novel else None
    copies = z.copy(), p.copy(), y.copy()
    rng = np.random.default_rng(seed)
    found = label_next(z, p, y, n, rng, novelty, share)
    left = int((y < 0).sum())
    assert len(found) == len(found.indices) == len(found.reasons) == min(n, left)
    assert len(set(found.indices.tolist())) == len(found)
    assert (y[found.indices] == -1).all()
    assert found.indices.dtype == np.int64
    counts = Counter(found.reasons)
    assert set(counts) <= {"typical", "uncertain", "random"}
    assert abs(counts["random"] - min(n, left) * share) <= 1
    assert counts["typical"] <= max(0, 5 * classes - (y >= 0).sum())
    for array, copy in zip((z, p, y), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    again = label_next(z, p, y, n, np.random.default_rng(seed), novelty, share)
    np.testing.assert_array_equal(found.indices, again.indices)
    assert found.reasons == again.reasons


@pytest.mark.parametrize("seed", range(5))
def test_the_first_picks_are_one_of_each_kind_from_its_middle(seed):
    z, p, kind = blobs(seed)
    y = np.full(len(z), -1)
    found = label_next(z, p, y, 4, np.random.default_rng(seed), random_share=0)
    assert found.reasons == ("typical",) * 4
    assert sorted(kind[found.indices]) == [0, 1, 2, 3]
    for i in found.indices:
        own = z[kind == kind[i]]
        away = np.linalg.norm(own - own.mean(axis=0), axis=1)
        assert np.linalg.norm(z[i] - own.mean(axis=0)) < np.median(away)


@pytest.mark.parametrize("seed", range(5))
def test_kinds_that_have_a_label_come_later(seed):
    z, p, kind = blobs(seed)
    y = np.full(len(z), -1)
    y[np.flatnonzero(kind == 2)[:1]] = 2
    found = label_next(z, p, y, 3, np.random.default_rng(seed), random_share=0)
    assert sorted(kind[found.indices]) == [0, 1, 3]


def test_equal_latents_of_two_classes_are_two_kinds():
    rng = np.random.default_rng(0)
    z, kind = rng.normal(size=(80, 2)), np.arange(80) % 2
    p = np.where(np.eye(2)[kind] == 1, 0.95, 0.05)
    found = label_next(z, p, np.full(80, -1), 2, rng, random_share=0)
    assert sorted(kind[found.indices]) == [0, 1]


def test_a_large_kind_is_asked_before_a_small_one():
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(0, 0.2, (200, 2)), rng.normal(9, 0.2, (12, 2))])
    found = label_next(z, np.full((212, 2), 0.5), np.full(212, -1), 2, rng, random_share=0)
    assert found.indices[0] < 200 <= found.indices[1]


def doubtful(n: int = 400, classes: int = 2) -> tuple:
    """Return particles with enough labels, every tenth of which the model cannot tell."""
    rng = np.random.default_rng(1)
    best = np.where(np.arange(n) % 10 == 0, 0.52, 0.999)
    p = np.stack([best, 1 - best], axis=1)
    y = np.full(n, -1)
    y[1 : 1 + 5 * classes] = np.arange(5 * classes) % classes
    return rng.normal(size=(n, 2)), p, y


def test_with_enough_labels_the_doubtful_are_asked():
    z, p, y = doubtful()
    found = label_next(z, p, y, 20, np.random.default_rng(0), random_share=0)
    assert set(found.reasons) == {"uncertain"}
    assert (found.indices % 10 == 0).mean() > 0.8


def test_doubts_are_drawn_not_ranked():
    z, p, y = doubtful()
    draws = [label_next(z, p, y, 5, np.random.default_rng(s), random_share=0) for s in range(8)]
    assert len({tuple(sorted(d.indices)) for d in draws}) > 4


def test_few_labels_are_filled_up_with_typical_ones_first():
    z, p, y = doubtful()
    y[3:11] = -1  # two of the ten that two classes need
    found = label_next(z, p, y, 20, np.random.default_rng(0), random_share=0)
    assert found.reasons == ("typical",) * 8 + ("uncertain",) * 12


def test_the_most_novel_are_left_to_chance():
    z, p, y = doubtful()
    novelty = np.where(np.arange(400) % 20 == 0, 0.99, 0.1)  # half of the doubtful
    for labels in (y, np.full(400, -1)):
        found = label_next(z, p, labels, 15, np.random.default_rng(0), novelty, 0)
        assert (novelty[found.indices] < 0.9).all()
    everything = label_next(z, p, y, 400, np.random.default_rng(0), novelty, 0)
    assert len(everything) == 390
    assert (novelty[everything.indices[-20:]] > 0.9).all()


@pytest.mark.parametrize("n", [1, 4, 10])
def test_the_share_of_random_picks_is_kept_on_average(n):
    z, p, y = doubtful()
    rng = np.random.default_rng(3)
    picks = [label_next(z, p, y, n, rng).reasons.count("random") for _ in range(600)]
    assert np.mean(picks) == pytest.approx(0.15 * n, abs=4 * np.std(picks) / np.sqrt(600))
    assert max(picks) - min(picks) <= 1


def test_random_picks_estimate_the_accuracy_without_bias():
    """The model is wrong on half of what it doubts: asking only those would say 50 %."""
    z, p, y = doubtful()
    right = ~(np.arange(400) % 20 == 0)
    free = y < 0
    rng = np.random.default_rng(4)
    apart, others, drawn = [], [], np.zeros(400)
    for _ in range(600):
        found = label_next(z, p, y, 10, rng)
        random = np.array(found.reasons) == "random"
        apart += right[found.indices[random]].tolist()
        others += right[found.indices[~random]].tolist()
        drawn[found.indices[random]] += 1
    true = right[free].mean()
    assert np.mean(apart) == pytest.approx(true, abs=4 * np.sqrt(true * (1 - true) / len(apart)))
    assert np.mean(others) < 0.8
    # Evenly: as the Poisson distribution scatters, no particle is preferred.
    assert drawn[free].var() == pytest.approx(drawn[free].mean(), rel=0.4)


def test_random_picks_stand_anywhere_in_the_list():
    z, p, y = doubtful()
    rng = np.random.default_rng(5)
    places = [label_next(z, p, y, 7, rng).reasons.index("random") for _ in range(300)]
    assert set(places) == set(range(7))


def test_nothing_left_is_an_empty_answer():
    z, p, _ = particles(0, 9, 2)
    found = label_next(z, p, np.zeros(9, dtype=int), 3, np.random.default_rng(0))
    assert len(found) == 0
    assert found.reasons == ()


def test_the_global_generators_are_left_alone():
    z, p, _ = doubtful()
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    label_next(z, p, np.full(400, -1), 5, np.random.default_rng(0))
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n": 0}, "n is 0"),
        ({"random_share": 1.5}, "random_share is 1.5"),
        ({"latents": np.zeros((3, 2))}, "same particles"),
        ({"probabilities": np.zeros((3, 2))}, "same particles"),
        ({"novelty": np.zeros(3)}, "same particles"),
        ({"latents": np.full((9, 2), np.nan)}, "finite"),
        ({"y": np.full(9, 2)}, "out of range"),
        ({"y": np.full(8, -1)}, "9 particles"),
    ],
)
def test_what_does_not_belong_together_is_refused(change, message):
    z, p, y = particles(0, 9, 2)
    arguments = {"latents": z, "probabilities": p, "y": y, "n": 2} | change
    with pytest.raises(InputError, match=message) as caught:
        label_next(**arguments, rng=np.random.default_rng(0))
    assert "\n" not in str(caught.value)
