"""The pieces of the benchmarks: rivals, scores, rows, the real data's reader."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage import io
from skimage.filters import threshold_otsu

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.baselines import (
    AugmentedCNN,
    ShapeClassifier,
    patch_shapes,
    shape_features,
)
from napari_ssrvae.evaluation.bench.real import read_real
from napari_ssrvae.evaluation.bench.rows import Goal, Missing, Row, Table
from napari_ssrvae.evaluation.bench.scores import angle_errors, calibration_error, explained
from napari_ssrvae.evaluation.bench.table import as_text
from napari_ssrvae.evaluation.bench.touching_spheres import touching_spheres
from napari_ssrvae.evaluation.bench.workshop import Workshop, draw_labels
from napari_ssrvae.evaluation.cards import make_cards
from tests.shared_data import shared_data


@given(st.integers(1, 400), st.integers(2, 6), st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_the_calibration_error_is_that_of_its_definition(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(k), n)
    y = rng.integers(0, k, n)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    expected = 0.0
    for b in range(15):
        inside = (confidence >= b / 15) & ((confidence < (b + 1) / 15) | (b == 14))
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert calibration_error(p, y) == pytest.approx(expected, abs=1e-9)


def test_certainty_that_is_wrong_is_an_error_of_one() -> None:
    sure = np.eye(3)[[0, 1, 2, 0]]
    assert calibration_error(sure, [0, 1, 2, 0]) == 0
    assert calibration_error(sure, [1, 2, 0, 1]) == 1


@given(
    arrays(np.float64, 60, elements=st.floats(-3, 3)),
    st.floats(-7, 7),
    st.integers(1, 4),
    st.integers(0, 99),
)
@settings(max_examples=30, deadline=None)
def test_an_offset_and_turns_of_the_symmetry_are_no_error(
    true: np.ndarray, offset: float, fold: int, seed: int
) -> None:
    turns = np.random.default_rng(seed).integers(0, fold, 60) * (2 * np.pi / fold)
    assert np.median(angle_errors(true + offset + turns, true, fold)) <= 0.26 / fold


def test_a_random_angle_is_a_quarter_turn_wrong() -> None:
    rng = np.random.default_rng(0)
    true, found = rng.uniform(-3.14, 3.14, (2, 3000))
    assert np.median(angle_errors(found, true)) == pytest.approx(90, abs=5)
    assert np.median(angle_errors(found, true, 2)) == pytest.approx(45, abs=3)


def test_what_latents_tell() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(size=(400, 2))
    assert explained(z, 3 * z[:, 0] - z[:, 1] ** 2) > 0.98
    assert explained(z, np.sign(z[:, 0]) * np.sign(z[:, 1])) > 0.5  # only the neighbours see it
    assert explained(z, rng.normal(size=400)) < 0.1
    assert explained(rng.normal(size=(300, 40)), rng.normal(size=300)) < 0.2


def test_labels_are_drawn_from_each_class_and_the_same_for_a_seed() -> None:
    y = np.repeat([0, 1, 2], [50, 9, 4])
    few = draw_labels(y, 3, seed=5)
    assert [(few == k).sum() for k in range(3)] == [3, 3, 3]
    assert (few[few >= 0] == y[few >= 0]).all()
    assert (draw_labels(y, 3, seed=5) == few).all()
    assert (draw_labels(y, 3, seed=6) != few).any()
    with pytest.raises(InputError, match="Class 2"):
        draw_labels(y, 4, seed=0)


def test_touching_spheres_are_patches_of_their_counts() -> None:
    X, y = touching_spheres(3, (6, 5, 4, 3))
    assert X.shape == (18, 48, 48)
    assert X.dtype == np.float32
    assert X.min() >= 0
    assert X.max() <= 1
    assert np.bincount(y).tolist() == [6, 5, 4, 3]
    bright = (X > 0.35).sum(axis=(1, 2))
    means = [bright[y == k].mean() for k in range(4)]
    assert means == sorted(means)


# ------------------------------------------------------------------ rivals


def test_the_shapes_of_patches_are_those_of_their_masks() -> None:
    X, _, _ = make_cards(10, 180, seed=4)
    found = patch_shapes(X)
    for image, row in zip(X, found, strict=True):
        mask = (image > threshold_otsu(image, nbins=64)).astype(np.int32)
        alone = shape_features(image, mask)
        assert row == pytest.approx(alone[0], abs=0.1)


def test_a_patch_without_contrast_keeps_its_row() -> None:
    X, _, _ = make_cards(2, 60, seed=4)
    X[3] = 0.5
    found = patch_shapes(X)
    assert found.shape == (len(X), 4)
    assert np.isfinite(found).all()


def test_shapes_tell_cards_apart() -> None:
    X, y, _ = make_cards(40, 180, seed=0)
    X_test, y_test, _ = make_cards(40, 180, seed=1)
    classifier = ShapeClassifier(5).fit(patch_shapes(X), y)
    p = classifier.predict_proba(patch_shapes(X_test))
    assert p.shape == (160, 5)
    assert np.allclose(p.sum(axis=1), 1, atol=1e-5)
    assert (p[:, 4] == 0).all()  # a class nobody labelled
    assert (classifier.predict(patch_shapes(X_test)) == y_test).mean() > 0.8


def test_one_class_alone_is_what_everything_is() -> None:
    classifier = ShapeClassifier(3).fit(np.ones((4, 2)), [1, -1, 1, 1])
    assert (classifier.predict(np.zeros((2, 2))) == 1).all()
    with pytest.raises(InputError, match="not trained"):
        ShapeClassifier(3).predict(np.zeros((2, 2)))


def test_the_cnn_says_how_sure_it_is() -> None:
    X, y, _ = make_cards(15, 20, seed=0)
    cnn = AugmentedCNN(4, steps=60).fit(X, y)
    p = cnn.predict_proba(X)
    assert np.allclose(p.sum(axis=1), 1, atol=1e-5)
    assert (p.argmax(axis=1) == cnn.predict(X)).all()
    assert (cnn.predict(X) == y).mean() > 0.6
    assert cnn.features(X).shape == (60, 128)
    assert (cnn.features(X) >= 0).all()


# ------------------------------------------------------------------ rows and the table


def test_rows_are_gathered_over_seeds() -> None:
    table = Table("cards-5", 5)
    for value in (0.99, 0.97, 0.98):
        table.add("cards", "accuracy", "ss-rVAE", value, goal=Goal(0.98), seconds=value * 10)
        table.add("cards", "accuracy", "CNN", value / 2, goal=Goal(0.98))
    ours, cnn = table.rows()
    assert ours.mean == pytest.approx(0.98)
    assert ours.spread == pytest.approx(0.01)
    assert ours.seconds == pytest.approx(9.8)
    assert ours.as_dict()["n"] == 3
    assert ours.met is Goal(0.98).met(ours.mean)
    assert cnn.met is None
    assert cnn.seconds is None


@pytest.mark.parametrize(
    ("value", "goal", "met"),
    [
        (0.9949, Goal(0.995), "NO"),  # never rounded up
        (0.995, Goal(0.995), "yes"),
        (3.0, Goal(3.0, at_least=False), "yes"),
        (3.01, Goal(3.0, at_least=False), "NO"),
        (float("nan"), Goal(0.5), "NO"),
    ],
)
def test_the_table_says_plainly_what_is_met(value: float, goal: Goal, met: str) -> None:
    text = as_text([Row("t", "d", 1, "ss-rVAE", "m", (value,), goal)])
    assert text.splitlines()[1].endswith(met)


def test_the_table_holds_notes_and_what_is_missing() -> None:
    rows = [
        Row("noise", "cards", 200, "ss-rVAE", "accuracy", (0.9, 0.8), Goal(0.95), note="clipped"),
        Row("noise", "cards", 200, "CNN", "accuracy", (0.25, 0.5), Goal(0.95)),
    ]
    text = as_text(rows, [Missing("gold-1", "It is not here.")])
    assert "0.8500 +- 0.0707 (2)" in text
    assert "0.3750 +- 0.1768 (2)" in text
    assert "clipped" in text
    assert "0 of 1 goals met" in text
    assert "gold-1: not measured. It is not here." in text
    assert as_text([]) == ""


def test_a_workshop_trains_once_and_tidies_up() -> None:
    made = []
    with Workshop() as shop:
        folder = shop.folder
        assert folder.is_dir()
        for _ in range(2):
            assert shop.once("a", lambda: made.append(1) or 7) == 7
        assert shop.seeds(10) == range(10)
    assert made == [1]
    assert not folder.exists()
    assert list(Workshop(n_seeds=2, first_seed=3).seeds()) == [3, 4]


# ------------------------------------------------------------------ the labelled micrographs


def colours(path: Path) -> None:
    """Write a small stand-in for the nmers: two singles, a dimer in two pieces, a trimer."""
    (path / "nmers").mkdir()
    truth = np.zeros((120, 120, 3), np.uint8)
    truth[10:22, 10:22] = truth[10:22, 60:72] = (255, 0, 0)
    truth[50:62, 10:22] = truth[50:62, 23:35] = (0, 255, 0)
    truth[90:102, 60:90] = (255, 255, 0)
    io.imsave(path / "nmers" / "test_labeled.png", truth, check_contrast=False)
    grey = (truth.max(axis=2) // 2 + 40).astype(np.uint8)
    io.imsave(path / "nmers" / "test_noise.png", grey, check_contrast=False)


def test_pieces_of_one_agglomerate_are_one_particle(tmp_path: Path) -> None:
    colours(tmp_path)
    real = read_real(tmp_path, "nmers")
    assert np.bincount(real.y).tolist() == [2, 1, 1]
    assert real.X.shape == (4, 48, 48)
    assert real.shapes.shape == (4, 4)
    assert np.exp(real.shapes[:, 0]) == pytest.approx(
        [{0: 144, 1: 288, 2: 360}[k] for k in real.y], rel=1e-3
    )


def test_data_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        with pytest.raises(InputError, match="--data"):
            read_real(folder, "gold")
    (tmp_path / "gold").mkdir()
    for name in ("nanogold.tif", "nanolabels.tif"):
        (tmp_path / "gold" / name).write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read"):
        read_real(tmp_path, "gold")


@pytest.mark.parametrize(
    ("name", "counts"), [("gold", [1156, 269, 46, 40]), ("nmers", [585, 293, 146, 146])]
)
def test_the_real_particles_are_as_many_as_its_authors_say(name: str, counts: list[int]) -> None:
    folder = shared_data(name).parent
    assert np.bincount(read_real(folder, name).y).tolist() == counts
