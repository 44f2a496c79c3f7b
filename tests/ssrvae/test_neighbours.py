from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_ssrvae.evaluation.bench.touching_spheres import touching_spheres
from napari_ssrvae.ssrvae.geometry import background, centroid, polar_view
from napari_ssrvae.ssrvae.neighbours import families

from .conftest import rods_and_discs, some_labels


def views(images: np.ndarray) -> torch.Tensor:
    x = torch.from_numpy(images)
    return polar_view(x, centroid(x), 20, 32) - background(x)[:, None, None]


def spread(images: np.ndarray, y: np.ndarray, n_classes: int = 2):
    return families(
        views(images), torch.from_numpy(y), n_classes,
        mirror=True, generator=torch.Generator().manual_seed(0),
    )  # fmt: skip


def test_one_label_names_a_separate_family():
    X, y, _ = rods_and_discs(120)
    found = spread(X, some_labels(y, 1))
    assert (found.shares.argmax(dim=1).numpy() == y[found.indices.numpy()]).all()
    assert found.trust == 1.0


def test_without_labels_separate_families_are_clusters():
    X, y, _ = rods_and_discs(120)
    found = spread(X, np.full(len(y), -1))
    cluster = found.shares.argmax(dim=1).numpy()
    same = (cluster == y).mean()
    assert max(same, 1 - same) == 1.0


def test_labels_that_contradict_their_neighbours_make_nobody_sure():
    X, y, _ = rods_and_discs(150)
    muddled = np.random.default_rng(0).permutation(y)
    unsure = spread(X, some_labels(muddled, 30)).shares.max(dim=1).values
    sure = spread(X, some_labels(y, 30)).shares.max(dim=1).values
    assert (unsure > 0.9).float().mean() < 0.3
    assert (sure > 0.9).all()


def test_classes_that_run_into_each_other_are_not_trusted():
    X, y = touching_spheres(0, (100, 60, 40, 40))
    assert spread(X, some_labels(y, 3), 4).trust == 0.0


@settings(max_examples=10, deadline=None)
@given(n=st.integers(2, 40), labels=st.integers(0, 3), k=st.integers(1, 5))
def test_shares_are_shares(n, labels, k):
    X, y, _ = rods_and_discs(n, seed=n)
    found = spread(X, some_labels(y % k, labels), k)
    shares = found.shares.numpy()
    assert shares.shape == (n, k)
    assert (shares >= 0).all()
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-4)
    assert 0 <= found.trust <= 1


def test_of_very_many_images_all_labelled_ones_are_compared():
    X, y, _ = rods_and_discs(60)
    many = np.tile(X, (40, 1, 1))
    labels = np.full(len(many), -1)
    labels[2200:2206] = np.tile(y, 40)[2200:2206]
    found = spread(many, labels)
    assert len(found.indices) == 2000
    assert set(range(2200, 2206)) <= set(found.indices.tolist())


def test_a_rare_class_finds_room_beside_thousands_of_labels():
    X, y, _ = rods_and_discs(4400)
    labels = y.copy()
    labels[(y == 1) & (np.arange(len(y)) < 4380)] = -1
    found = spread(X, labels)
    chosen = found.indices.numpy()
    assert set(np.flatnonzero(labels == 1)) <= set(chosen)
    share, classes = (part.numpy() for part in found.shares.max(dim=1))
    assert (classes == y[chosen])[share > 0.7].all()
    assert (share > 0.7).mean() > 0.9


def test_the_same_seed_gives_the_same_families():
    X, y, _ = rods_and_discs(80)
    nothing = np.full(len(y), -1)
    assert torch.equal(spread(X, nothing).shares, spread(X, nothing).shares)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_pictures_all_alike_do_no_harm(value):
    X = np.full((20, 24, 24), value, dtype=np.float32)
    found = spread(X, some_labels(np.arange(20) % 2, 2))
    assert np.isfinite(found.shares.numpy()).all()
