from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.metrics import (
    balanced_accuracy,
    confusion,
    per_class_recall,
    wilson_interval,
)

pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


@given(pairs)
def test_agrees_with_scikit_learn(rows):
    true, predicted = np.array(rows).T
    np.testing.assert_array_equal(
        confusion(true, predicted, 4).counts,
        reference.confusion_matrix(true, predicted, labels=range(4)),
    )
    expected = reference.recall_score(
        true, predicted, labels=np.unique(true), average="macro", zero_division=0
    )
    assert balanced_accuracy(true, predicted) == pytest.approx(expected)


@given(st.integers(0, 200), st.integers(0, 200))
def test_wilson_interval_holds_the_fraction_and_mirrors(hits, misses):
    n = hits + misses
    low, high = wilson_interval(hits, n)
    assert 0 <= low <= high <= 1
    if n:
        assert low <= hits / n <= high
    other_low, other_high = wilson_interval(misses, n)
    assert low == pytest.approx(1 - other_high, abs=1e-9)
    assert high == pytest.approx(1 - other_low, abs=1e-9)


def test_wilson_interval_against_the_textbook():
    low, high = wilson_interval(8, 10)
    assert low == pytest.approx(0.4902, abs=1e-4)
    assert high == pytest.approx(0.9433, abs=1e-4)
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_a_class_without_particles_has_no_recall():
    recall = per_class_recall([0, 0, 1], [0, 1, 1], 3)
    np.testing.assert_array_equal(recall, [0.5, 1.0, np.nan])
    assert balanced_accuracy([0, 0, 1], [0, 1, 1]) == 0.75


@pytest.mark.parametrize(
    ("true", "predicted", "k"),
    [([], [], None), ([0, 1], [0], None), ([0, -1], [0, 0], None), ([0, 3], [0, 0], 3),
     ([0.5], [0.5], None)],
)  # fmt: skip
def test_bad_input_is_refused(true, predicted, k):
    with pytest.raises(InputError):
        confusion(true, predicted, k)
