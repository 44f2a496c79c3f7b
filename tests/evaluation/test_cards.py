from __future__ import annotations

import numpy as np
import pytest

from napari_ssrvae.evaluation.cards import SUITS, draw_suits, make_cards


def test_suits_are_objects_of_25_to_30_pixels_in_the_middle():
    suits = draw_suits()
    assert suits.shape == (4, 64, 64)
    assert suits.dtype == np.float32
    assert suits.min() == 0
    assert suits.max() > 0.95
    for suit in suits:
        rows, columns = np.nonzero(suit > 0.5)
        height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
        assert 24 <= max(height, width) <= 31
        assert abs(rows.mean() - 31.5) < 4
        assert abs(columns.mean() - 31.5) < 0.6
        np.testing.assert_allclose(suit, suit[:, ::-1], atol=0.15)  # mirror symmetric
    flat = suits.reshape(4, -1)
    assert np.corrcoef(flat)[np.triu_indices(4, 1)].max() < 0.95
    assert SUITS == ("club", "spade", "heart", "diamond")


def test_cards_are_as_asked():
    X, y, factors = make_cards(20, 60, seed=3)
    assert X.shape == (80, 48, 48)
    assert X.dtype == np.float32
    assert X.min() >= 0
    assert X.max() <= 1
    np.testing.assert_array_equal(np.bincount(y), [20] * 4)
    assert np.abs(factors["angle_deg"]).max() <= 60
    assert np.abs(factors["shear_deg"]).max() <= 15
    assert factors["scale"].min() >= 1
    assert factors["scale"].max() <= 1.3
    assert np.abs(factors["offset_px"]).max() <= 4.8
    again, *_ = make_cards(20, 60, seed=3)
    np.testing.assert_array_equal(X, again)
    assert not np.array_equal(X, make_cards(20, 60, seed=4)[0])


@pytest.mark.parametrize(
    ("offset", "moved"), [(None, (0, 0)), ("vertical", (1, 0)), ("2d", (1, 1))]
)
def test_offsets(offset, moved):
    _, _, factors = make_cards(10, 0, offset=offset)
    assert tuple((np.abs(factors["offset_px"]).max(axis=0) > 0).astype(int)) == moved


def dot(row: int, column: int) -> np.ndarray:
    glyphs = np.zeros((4, 64, 64), dtype=np.float32)
    glyphs[:, row - 1 : row + 2, column - 1 : column + 2] = 1
    return glyphs


def test_factors_say_where_a_point_went():
    """A dot 10 px right of the middle lands where shear, turn, scale and offset send it."""
    X, _, f = make_cards(10, 180, max_shear_deg=15, seed=0, glyphs=dot(32, 42))
    rows, columns = np.mgrid[:48, :48]
    total = X.sum(axis=(1, 2))
    found = np.stack([(X * rows).sum((1, 2)), (X * columns).sum((1, 2))], 1) / total[:, None]
    tx, ty = np.tan(np.deg2rad(f["shear_deg"])).T
    x, y = 10.5, 0.5  # of the dot, right and down of the middle
    sheared = x - tx * y, -ty * x + (1 + tx * ty) * y
    a = np.deg2rad(f["angle_deg"])
    right = f["scale"] * (np.cos(a) * sheared[0] + np.sin(a) * sheared[1])
    down = f["scale"] * (-np.sin(a) * sheared[0] + np.cos(a) * sheared[1])
    expected = 23.5 + np.stack([down, right], 1) + f["offset_px"]
    np.testing.assert_allclose(found, expected, atol=0.25)
