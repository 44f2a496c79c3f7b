from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ssrvae.ssrvae.silhouette import N_MEASURES, fit_line, silhouette


def ellipse(half_length: float, half_width: float, angle: float = 0.0, x=0.0, y=0.0, size=48):
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    right, down = columns - x, rows - y
    along = right * np.cos(angle) + down * np.sin(angle)
    across = -right * np.sin(angle) + down * np.cos(angle)
    d = np.hypot(along / half_length, across / half_width)
    return torch.from_numpy((0.1 + 0.8 / (1 + np.exp(20 * (d - 1)))).astype(np.float32))[None]


def test_area_of_a_disc():
    assert float(silhouette(ellipse(10, 10))[0, 0].exp()) == pytest.approx(np.pi * 100, rel=0.05)


def test_a_disc_is_compact_and_not_elongated():
    disc, rod = silhouette(torch.cat([ellipse(9, 9), ellipse(16, 5)]))
    assert disc[1] < rod[1]
    assert disc[3] < 0.02 < 0.5 < rod[3]


@settings(max_examples=25, deadline=None)
@given(
    angle=st.floats(0, 6.28), x=st.floats(-3, 3), y=st.floats(-3, 3), half=st.floats(6, 14),
    gain=st.floats(0.5, 1.0),
)  # fmt: skip
def test_no_pose_and_no_contrast_changes_it(angle, x, y, half, gain):
    upright = silhouette(ellipse(half, 5))
    moved = silhouette(ellipse(half, 5, angle, x, y) * gain)
    np.testing.assert_allclose(moved[0, [0, 2, 3]], upright[0, [0, 2, 3]], atol=0.12)
    np.testing.assert_allclose(
        moved[0, [1, 4]], upright[0, [1, 4]], atol=0.3
    )  # pixels have corners


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_an_empty_patch_has_finite_numbers(value):
    assert torch.isfinite(silhouette(torch.full((2, 16, 16), value))).all()


def test_the_line_tells_what_the_measures_tell():
    rng = np.random.default_rng(0)
    classes = np.arange(60) % 3
    measures = rng.normal(0, 0.1, (60, N_MEASURES))
    measures[:, 0] += classes
    weight, bias = fit_line(measures, classes, 3)
    assert ((measures @ weight.T + bias).argmax(axis=1) == classes).all()


def test_the_line_says_nothing_of_a_class_without_labels():
    classes = np.array([0, 0, 2, 2])
    weight, _ = fit_line(np.eye(4, N_MEASURES), classes, 3)
    np.testing.assert_allclose(weight[1], weight[[0, 2]].mean(axis=0))
    assert fit_line(np.eye(2, N_MEASURES), np.array([1, 1]), 3)[0].any() == np.False_
