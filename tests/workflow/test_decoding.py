"""What a saved model can draw, and which particles are most like that."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae import SSRVAE, SSRVAEParameters
from napari_ssrvae.workflow import ModelCard
from napari_ssrvae.workflow.decoding import (
    Decoder,
    DecodingStopped,
    nearest_particles,
    prior_place,
    prior_quantiles,
    turned,
)
from napari_ssrvae.workflow.model_card import write_model_card
from tests.ssrvae.conftest import rods_and_discs, some_labels

ROD, DISC = 7, 3
"""Class numbers of the library, not in the order of their size."""


@pytest.fixture(scope="module")
def model() -> SSRVAE:
    X, y, _ = rods_and_discs(160)
    few = SSRVAEParameters(
        epochs=5, hidden=32, n_rotations=8, n_pairs=2, batch_size=32, n_latents=3
    )
    return SSRVAE(n_classes=2, parameters=few, device="cpu").fit(X, some_labels(y, 12))


@pytest.fixture(scope="module")
def folder(model: SSRVAE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models") / "model-1"
    model.save(place)
    write_model_card(place, ModelCard(("rod", "disc"), 24, None, 24, {}))
    return place


@pytest.fixture(scope="module")
def decoder(folder: Path) -> Decoder:
    return Decoder.of_model(folder, (ROD, DISC))


def test_a_picture_is_what_the_model_expects_of_the_class(decoder: Decoder, model: SSRVAE) -> None:
    z = np.array([0.4, -0.8, 1.5], np.float32)
    for k, class_id in enumerate((ROD, DISC)):
        expected = model.decode([z], [k])[0]
        np.testing.assert_allclose(decoder.picture(class_id, z), expected, atol=1e-6)


def test_a_rod_is_long_and_a_disc_is_round(decoder: Decoder) -> None:
    long = {i: elongation(decoder.picture(i, np.zeros(3))) for i in (ROD, DISC)}
    assert long[ROD] > 2
    assert long[DISC] < 1.5


def test_the_angle_turns_the_picture_as_the_pose_says(decoder: Decoder, model: SSRVAE) -> None:
    """Turned by a particle's pose, the upright picture lies as the particle does."""
    X, y, _ = rods_and_discs(60, seed=1)
    rods = X[y == 0]
    pose, z = model.pose(rods), model.transform(rods)
    for picture, angle, latents in zip(rods[:12], pose.angle_rad, z, strict=False):
        mine = axis(decoder.picture(ROD, latents, float(angle)))
        apart = np.angle(np.exp(2j * (mine - axis(picture)))) / 2
        assert abs(np.degrees(apart)) < 12


@given(st.floats(-6.4, 6.4))
def test_a_turn_is_counter_clockwise_on_the_screen(angle: float) -> None:
    """A spot to the right of the middle goes up when it is turned by a quarter, since rows count down."""
    picture = np.full((33, 33), 0.25, np.float32)
    picture[15:18, 25:28] = 1.0
    found = turned(picture, angle)
    assert found.shape == picture.shape
    assert 0.25 <= found.min() <= found.max() <= 1.0
    weight = found - 0.25
    row, column = (float((weight * at).sum() / weight.sum()) for at in np.mgrid[:33, :33])
    np.testing.assert_allclose((column - 16, 16 - row), (10 * np.cos(angle), 10 * np.sin(angle)), atol=0.1)  # fmt: skip


def test_a_traversal_changes_one_latent_and_leaves_the_others(
    decoder: Decoder, model: SSRVAE
) -> None:
    at = np.array([0.5, -1.0, 2.0], np.float32)
    tiles = decoder.traversal(DISC, 1, 5, at=at)
    assert tiles.images.shape == (5, 24, 24)
    np.testing.assert_array_equal(tiles.z[:, [0, 2]], np.tile(at[[0, 2]], (5, 1)))
    assert (np.diff(tiles.z[:, 1]) > 0).all()
    np.testing.assert_allclose(tiles.images, model.decode(tiles.z, np.full(5, 1)), atol=1e-6)
    np.testing.assert_array_equal(
        decoder.traversal(DISC, 1, values=[-3, 3]).z, [[0, -3, 0], [0, 3, 0]]
    )


def test_a_traversal_is_the_one_that_training_drew(decoder: Decoder, model: SSRVAE) -> None:
    np.testing.assert_allclose(
        decoder.traversal(ROD, 2, 9).images, model.traverse(0, 2, 9), atol=1e-6
    )
    np.testing.assert_allclose(decoder.manifold(ROD, 4).images, model.manifold(0, 4), atol=1e-6)


@pytest.mark.parametrize("latents", list(itertools.permutations(range(3), 2)))
def test_a_manifold_has_its_first_latent_from_row_to_row(
    decoder: Decoder, latents: tuple[int, int]
) -> None:
    tiles = decoder.manifold(ROD, 4, latents, at=[0.1, 0.2, 0.3])
    first, second = latents
    (other,) = {0, 1, 2} - set(latents)
    assert tiles.images.shape == (4, 4, 24, 24)
    np.testing.assert_array_equal(tiles.z[:, :, first], np.tile(prior_quantiles(4)[:, None], 4))
    np.testing.assert_array_equal(tiles.z[:, :, second], np.tile(prior_quantiles(4)[None], (4, 1)))
    np.testing.assert_allclose(tiles.z[:, :, other], 0.1 * (other + 1))
    np.testing.assert_allclose(tiles.images[1, 3], decoder.picture(ROD, tiles.z[1, 3]), atol=1e-6)


@given(st.integers(1, 40))
def test_between_quantiles_lies_equally_much_of_the_prior(n: int) -> None:
    values = prior_quantiles(n)
    np.testing.assert_allclose([prior_place(v, n) for v in values], np.arange(n), atol=1e-3)
    assert (np.diff(values) > 0).all()
    np.testing.assert_allclose(values, -values[::-1], atol=1e-5)


def test_what_is_not_wanted_any_more_ends_soon(decoder: Decoder) -> None:
    asked: list[int] = []

    def wanted() -> bool:
        asked.append(1)
        return len(asked) < 3

    with pytest.raises(DecodingStopped):
        decoder.manifold(ROD, 30, wanted=wanted)
    assert len(asked) == 3


def test_a_decoder_outlives_its_model(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = shutil.copytree(folder, tmp_path / "copy")
    decoder = Decoder.of_model(copy, (1, 2))
    shutil.rmtree(copy)
    assert decoder.picture(2, np.zeros(3)).shape == (24, 24)


def test_classes_are_those_of_the_traversals_where_nobody_says(
    folder: Path, tmp_path: Path
) -> None:
    import shutil

    copy = shutil.copytree(folder, tmp_path / "copy")
    with pytest.raises(InputError, match="which classes it has"):
        Decoder.of_model(copy)
    np.savez_compressed(copy / "traversals.npz", **{"7": np.zeros(1), "3": np.zeros(1)})
    assert Decoder.of_model(copy).class_ids == (7, 3)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda d: d.picture(5, np.zeros(3)), "class number 5"),
        (lambda d: d.picture(ROD, np.zeros(2)), "array"),
        (lambda d: d.picture(ROD, [0, np.nan, 0]), "finite"),
        (lambda d: d.traversal(ROD, 3), "none with the number 3"),
        (lambda d: d.traversal(ROD, 0, 0), "0 pictures"),
        (lambda d: d.traversal(ROD, 0, at=[0, 0]), "3 latents, not 2"),
        (lambda d: d.manifold(ROD, 3, (1, 1)), "the same"),
        (lambda d: d.manifold(ROD, 3, (0, -1)), "number -1"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_a_sentence(decoder: Decoder, ask, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ask(decoder)


def test_a_model_of_other_classes_is_refused(folder: Path) -> None:
    with pytest.raises(InputError, match="2 classes and the library knows 3"):
        Decoder.of_model(folder, (1, 2, 3))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a saved model"):
        Decoder.of_model(tmp_path)


def test_a_class_is_drawn_no_farther_from_the_middle_than_it_reaches(decoder: Decoder) -> None:
    rows, columns = np.mgrid[:24, :24] - 11.5
    for class_id in (ROD, DISC):
        reach = decoder.reach(class_id)
        picture = decoder.picture(class_id, np.zeros(3))
        beyond = np.hypot(rows, columns) > reach
        assert np.ptp(picture[beyond]) < 0.25 * np.ptp(picture)
        assert 4 < reach <= 12


# --- particles most like a place in the latents ----------------------------------------------------


@dataclass
class Some:
    particle_ids: np.ndarray
    by_hand: np.ndarray
    by_model: np.ndarray
    latents: np.ndarray


def some(n: int, d: int, seed: int) -> Some:
    rng = np.random.default_rng(seed)
    latents = np.round(rng.normal(size=(n, d)) * rng.choice([0.01, 0.5, 3.0], d), 2)
    latents[rng.random(n) < 0.1] = np.nan
    return Some(
        np.sort(rng.choice(10 * n + 1, n, replace=False)).astype(np.int64),
        rng.choice(np.array([0, 0, 1, 2], np.uint8), n),
        rng.choice(np.array([0, 1, 2], np.uint8), n),
        latents.astype(np.float32),
    )


@given(st.integers(0, 60), st.integers(1, 4), st.integers(0, 12), st.integers(0, 99))
def test_the_nearest_are_those_of_the_class_that_no_other_is_nearer_than(
    n: int, d: int, few: int, seed: int
) -> None:
    particles, z = some(n, d, seed), np.random.default_rng(seed + 1).normal(size=d)
    found = nearest_particles(particles, 1, z, few)
    known = np.isfinite(particles.latents).all(axis=1)
    spread = np.std(particles.latents[known].astype(float), axis=0) if known.any() else np.ones(d)
    spread[spread < 0.1] = 1
    far = {
        int(i): float((((latents - z.astype(np.float32)) / spread) ** 2).sum())
        for i, hand, model, latents, there in zip(
            particles.particle_ids,
            particles.by_hand,
            particles.by_model,
            particles.latents,
            known,
            strict=True,
        )
        if there and (hand or model) == 1
    }
    assert len(found) == min(few, len(far)) == len(set(found.tolist()))
    distances = [far[i] for i in found.tolist()]
    assert distances == sorted(distances)
    others = [value for i, value in far.items() if i not in set(found.tolist())]
    if others and distances:
        assert min(others) >= distances[-1]


def test_the_noise_of_a_latent_that_tells_nothing_does_not_decide() -> None:
    rng = np.random.default_rng(0)
    latents = np.column_stack([np.linspace(-2, 2, 41), rng.normal(0, 0.001, 41)])
    particles = Some(np.arange(41), np.ones(41, np.uint8), np.zeros(41, np.uint8), latents)
    assert nearest_particles(particles, 1, [0.5, 2.0], 1).tolist() == [25]


def test_particles_of_another_model_have_nothing_to_do_with_it() -> None:
    assert not len(nearest_particles(some(20, 3, 0), 1, np.zeros(2), 5))


def axis(picture: np.ndarray) -> float:
    """Return the direction of a bright object's long axis, counter-clockwise from the right, modulo pi."""
    return float(0.5 * np.angle(_second(picture)))


def elongation(picture: np.ndarray) -> float:
    """Return long over short axis."""
    m = _moments(picture)
    a, b = np.linalg.eigvalsh(m)
    return float(np.sqrt(b / a))


def _moments(picture: np.ndarray) -> np.ndarray:
    weight = np.clip(picture - 0.4, 0, None)
    rows, columns = np.mgrid[: len(picture), : len(picture)]
    x = columns - (columns * weight).sum() / weight.sum()
    y = (rows * weight).sum() / weight.sum() - rows
    return np.cov(np.stack([x.ravel(), y.ravel()]), aweights=weight.ravel())


def _second(picture: np.ndarray) -> complex:
    m = _moments(picture)
    return complex(m[0, 0] - m[1, 1], 2 * m[0, 1])
