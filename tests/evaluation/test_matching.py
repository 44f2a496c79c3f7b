"""Matching of found and true particles."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.matching import match_particles

masks = hnp.arrays(np.int32, (9, 11), elements=st.integers(0, 4))


@settings(max_examples=80, deadline=None)
@given(a=masks, b=masks, iou=st.sampled_from([0.5, 0.6, 0.9, 1.0]))
def test_as_counted_pair_by_pair(a, b, iou):
    matching = match_particles(a, b, iou=iou)
    for i, j, overlap in zip(matching.label_ids, matching.truth_ids, matching.iou, strict=True):
        assert overlap == pytest.approx(((a == i) & (b == j)).sum() / ((a == i) | (b == j)).sum())
        assert overlap >= iou
    assert len(set(matching.label_ids)) == len(set(matching.truth_ids)) == len(matching.iou)
    if iou > 0.5:
        expected = sum(
            ((a == i) & (b == j)).sum() >= iou * ((a == i) | (b == j)).sum()
            for i in np.unique(a[a > 0])
            for j in np.unique(b[b > 0])
        )
        assert len(matching.iou) == expected


@settings(max_examples=30, deadline=None)
@given(a=masks)
def test_itself(a):
    assert match_particles(a, a, iou=1.0).f1 == 1.0


def test_precision_and_recall():
    truth = np.zeros((10, 30), int)
    truth[2:6, 2:6], truth[2:6, 12:16], truth[2:6, 22:26] = 1, 2, 3
    found = np.zeros_like(truth)
    found[2:6, 2:6], found[8:, :3] = 9, 4
    matching = match_particles(found, truth)
    assert (matching.precision, matching.recall, matching.f1) == (1 / 2, 1 / 3, 2 / 5)
    assert match_particles(found * 0, truth).f1 == 0
    assert match_particles(found * 0, truth * 0).f1 == 1


def test_bad_input():
    with pytest.raises(InputError):
        match_particles(np.zeros((3, 3), int), np.zeros((3, 4), int))
    with pytest.raises(InputError):
        match_particles(np.zeros((3, 3), int), np.zeros((3, 3), int), iou=0.3)
