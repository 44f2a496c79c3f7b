"""Generated agglomerates of many primary particles, their artefacts and the table of kinds."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.agglomerates import generate_micrograph
from napari_ssrvae.evaluation.aggregates import Aggregates, grow
from napari_ssrvae.evaluation.artefacts import Artefacts
from napari_ssrvae.evaluation.matching import foreground_dice
from napari_ssrvae.evaluation.micrograph_kinds import KINDS, generate_kind
from napari_ssrvae.evaluation.thresholds import RIVALS, plain_pipeline, with_rival

HABITS = ["sphere", "irregular", "cube", "octahedron", "crystal", "rod", "plate"]
FLAT = {"gradient": 0.0, "noise": 0.0, "data_bar": False}


def few(seed=0, **how):
    given = {"n_particles": 6, "sphere_diameter_px": (10, 14), "coverage": 0.1}
    return generate_micrograph(seed=seed, **(given | {"aggregates": Aggregates()} | how))


@settings(max_examples=15, deadline=None)
@given(
    habit=st.sampled_from(HABITS),
    most=st.integers(1, 20),
    cut=st.booleans(),
    overlap=st.sampled_from([0.0, 1.0]),
    gap=st.integers(2, 6),
    seed=st.integers(0, 1000),
)
def test_truth_is_the_agglomerates(habit, most, cut, overlap, gap, seed):
    how = Aggregates(primaries=(1, most), habit=habit, cut=cut, overlap=overlap)
    m = few(seed, aggregates=how, gap_px=gap, data_bar=False)
    assert m.image.shape == m.labels.shape
    pieces, n = ndimage.label(m.labels > 0)
    assert n == m.labels.max() == len(m.classes) <= 6
    np.testing.assert_array_equal(pieces, m.labels)
    if overlap == 0:
        assert n == 6
        for one in range(1, n + 1):
            far = ndimage.distance_transform_edt(m.labels != one)
            assert far[(m.labels > 0) & (m.labels != one)].min() > gap, (
                "two are nearer than the gap"
            )
    assert m.classes.min() >= 1
    edges = np.concatenate([m.labels[0], m.labels[-1], m.labels[:, 0], m.labels[:, -1]])
    assert cut or not edges.any()


def test_the_same_seed_gives_the_same_picture():
    first, again, other = few(3), few(3), few(4)
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.labels, again.labels)
    assert first.image.shape != other.image.shape or (first.image != other.image).any()


@pytest.mark.parametrize(
    ("how", "digest"),
    [
        ({"n_particles": 40, "seed": 5}, "9f1f18e5b9d97caf"),
        ({"n_particles": 30, "seed": 0, "shape": (400, 500)}, "66ac4d1c10d1e9ea"),
    ],
)
def test_micrographs_of_few_spheres_stay_as_they_were(how, digest):
    m = generate_micrograph(**how)
    whole = m.image.tobytes() + m.labels.tobytes() + m.classes.tobytes()
    assert hashlib.sha256(whole).hexdigest()[:16] == digest


def test_fractal_dimension():
    rng = np.random.default_rng(0)

    def extent(dimension):
        spheres = [grow(60, 5.0, Aggregates(fractal_dimension=dimension), rng) for _ in range(4)]
        return np.mean([np.sqrt((s[:, :3].std(axis=0) ** 2).sum()) for s in spheres])

    for dimension in (1.8, 2.4):
        expected = 5.0 * (60 / 1.3) ** (1 / dimension)
        assert extent(dimension) == pytest.approx(expected, rel=0.2)


def test_spheres_of_an_aggregate_touch_and_stand_on_the_substrate():
    spheres = grow(40, 5.0, Aggregates(sintering=0.1), np.random.default_rng(1))
    gaps = np.linalg.norm(spheres[:, None, :3] - spheres[None, :, :3], axis=2)
    reach = 0.9 * (spheres[:, None, 3] + spheres[None, :, 3])
    np.fill_diagonal(gaps, np.inf)
    assert ((gaps / reach).min(axis=1) < 1.01).all()
    assert (spheres[:, 2] - spheres[:, 3]).min() == pytest.approx(0, abs=1e-9)


def test_faces_can_be_darker_than_the_substrate():
    one = Aggregates(primaries=(1, 1), occlusion=0.0, cut=False)
    m = few(aggregates=one, sphere_diameter_px=(40, 40), edge=1.2, **FLAT)
    depth = ndimage.distance_transform_edt(m.labels > 0)
    away = ndimage.distance_transform_edt(m.labels == 0)
    ground = m.image[away > 60].mean()
    assert m.image[depth > 12].mean() < ground - 5
    assert m.image[(depth > 1) & (depth < 3)].mean() > ground + 20


def changed(**how):
    """Return what an artefact adds to the picture, and the truth."""
    plain, other = few(7, **FLAT), few(7, artefacts=Artefacts(**how), **FLAT)
    np.testing.assert_array_equal(plain.labels, other.labels)
    return other.image.astype(float) - plain.image.astype(float), plain


@pytest.mark.parametrize("sign", [-1, 1])
def test_streaks_lie_behind_particles_along_the_scan(sign):
    added, m = changed(charging_streaks=0.3 * sign)
    added -= np.median(added)
    marked = ndimage.binary_dilation(m.labels > 0, iterations=4)
    right = np.roll(marked, 12, axis=1) & ~marked
    right[:, :12] = False
    behind = added[right & np.roll(m.labels > 0, 12, axis=1)]
    clear = added[~marked.any(axis=1)]
    assert sign * behind.mean() > 5
    assert clear.size == 0 or np.abs(clear).max() < 3


@pytest.mark.parametrize("sign", [-1, 1])
def test_halos_lie_round_particles(sign):
    added, m = changed(charging_halo=0.2 * sign, halo_width_px=5.0)
    away = ndimage.distance_transform_edt(m.labels == 0)
    ring, far = (away > 2) & (away < 5), away > 30
    assert sign * (added[ring].mean() - added[far].mean()) > 15


def test_drift_goes_from_line_to_line():
    added, _ = changed(slow_scan_drift=0.2)
    assert np.ptp(np.median(added, axis=1)) > 20
    assert np.median(np.ptp(added, axis=1)) < 25


def test_defocus_grows_to_one_side():
    plain = few(7, noise=0.1, data_bar=False)
    soft = few(7, data_bar=False, noise=0.0, artefacts=Artefacts(defocus_px=5.0))
    assert np.abs(np.gradient(soft.image.astype(float))[0]).mean() < (
        np.abs(np.gradient(plain.image.astype(float))[0]).mean()
    )


def test_recording():
    deep = few(7, artefacts=Artefacts(bits=16))
    assert deep.image.dtype == np.uint16
    assert deep.image[: deep.data_bar[0]].min() >= 1200
    assert (few(7, artefacts=Artefacts(gain=3.0)).image >= 255).mean() > 0.02
    rough, smooth = (
        few(7, data_bar=False),
        few(7, data_bar=False, artefacts=Artefacts(bandwidth_px=2.0)),
    )
    assert np.diff(smooth.image.astype(float), axis=1).std() < 0.5 * (
        np.diff(rough.image.astype(float), axis=1).std()
    )
    assert (few(7, artefacts=Artefacts(jpeg_quality=20)).image != few(7).image).mean() > 0.2


@pytest.mark.parametrize(
    "support", ["blotchy", "carbon film", "membrane", "scratched", "rough", "fibres"]
)
def test_supports_lie_under_the_particles(support):
    bare = few(7, **FLAT)
    laid = few(7, support=support, support_strength=0.15, **FLAT)
    np.testing.assert_array_equal(bare.labels, laid.labels)
    added = laid.image.astype(float) - bare.image
    depth = ndimage.distance_transform_edt(bare.labels > 0)
    assert added[bare.labels == 0].std() > 3
    assert added[depth > 4].std() < 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_generated(kind):
    # A part of each, for time: the arguments are the kind's but for number and room.
    how = KINDS[kind] | {"n_particles": 1, "coverage": max(0.15, KINDS[kind].get("coverage", 0))}
    m = generate_micrograph(seed=1, **how)
    assert m.labels.max() >= 1
    assert np.ptp(m.image) > 20


def test_a_kind_by_name():
    m = generate_kind("5 px", seed=2)
    np.testing.assert_array_equal(m.labels, generate_kind("5 px", seed=2).labels)
    with pytest.raises(InputError, match="no kind"):
        generate_kind("nonsense")
    with pytest.raises(InputError, match="start at 1"):
        few(aggregates=Aggregates(primaries=(0, 3)))
    with pytest.raises(InputError, match="do not fit"):
        few(shape=(60, 60), n_particles=50)


def test_rivals_find_clear_particles():
    m = few(1, noise=0.02, gradient=0.0, coverage=0.2)
    for name in RIVALS:
        labels = with_rival(name, m.image, data_bar=m.data_bar)
        assert labels.shape == m.labels.shape
        assert not labels[m.data_bar[0] :].any()
        assert foreground_dice(labels, m.labels) > (0.5 if name == "local" else 0.85)
    rows = m.data_bar[0]
    labels, table = plain_pipeline(m.image[:rows])
    np.testing.assert_array_equal(table["label"], np.unique(labels)[1:])
    dark = with_rival("Otsu", 255 - m.image, polarity="dark", data_bar=m.data_bar)
    assert foreground_dice(dark, m.labels) > 0.85


def test_dice():
    truth = np.zeros((4, 4), int)
    truth[:2] = 1
    found = np.zeros((4, 4), int)
    found[1:3] = 7
    assert foreground_dice(found, truth) == 0.5
    assert foreground_dice(truth, truth) == 1.0
    assert foreground_dice(0 * truth, 0 * truth) == 1.0
    with pytest.raises(InputError):
        foreground_dice(found[:3], truth)
