"""The stress test: what the distortions do, who is asked, and what comes out."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from napari_ssrvae.errors import InputError
from napari_ssrvae.library.acts import AssignClass
from napari_ssrvae.ssrvae import SSRVAE
from napari_ssrvae.workflow import Progress
from napari_ssrvae.workflow.distortions import contaminated, noisy, sheared, turned
from napari_ssrvae.workflow.stress import (
    STRESSES,
    StressPoint,
    StressSample,
    stress_sample,
    stress_test,
)
from tests.session.many import many_particles, predict
from tests.ssrvae.conftest import rods_and_discs
from tests.workflow.small import QUICK


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="module")
def bars() -> np.ndarray:
    """Eight patches with an upright bar on a grey ground."""
    images = np.full((8, 25, 25), 0.2, np.float32)
    images[:, 6:19, 11:14] = 0.9
    return images


def test_a_turned_bar_lies_and_its_surroundings_stay(
    bars: np.ndarray, rng: np.random.Generator
) -> None:
    assert np.array_equal(turned(bars, 0, rng), bars)
    assert np.allclose(turned(bars, 90, rng), bars.transpose(0, 2, 1), atol=1e-5)
    slanted = turned(bars, 45, rng)
    assert np.allclose(slanted[:, [0, 0, -1, -1], [0, -1, 0, -1]], 0.2)
    # Half of them the other way, more or less.
    assert len(np.unique(slanted.round(4), axis=0)) == 2


def test_shear_moves_what_is_far_from_the_middle(
    bars: np.ndarray, rng: np.random.Generator
) -> None:
    assert np.array_equal(sheared(bars, 0, rng), bars)
    slanted = sheared(bars, 30, rng)
    assert np.allclose(slanted[:, 12, 12], 0.9)
    assert not np.allclose(slanted, bars)


def test_noise_and_wrong_pixels_have_the_strength_that_is_said(rng: np.random.Generator) -> None:
    grey = np.full((20, 40, 40), 0.5, np.float32)
    assert noisy(grey, 0.1, rng).std() == pytest.approx(0.1, rel=0.02)
    loud = noisy(grey, 2.0, rng)
    assert loud.min() == 0
    assert loud.max() == 1
    assert (contaminated(grey, 0.1, rng) == 1).mean() == pytest.approx(0.1, rel=0.1)


def test_the_sample_is_as_even_as_the_labels_allow(tmp_path: Path) -> None:
    library = many_particles(tmp_path / "made", 1, 8)
    ids = library.particles().index.to_numpy()
    library.do(AssignClass(tuple(ids[:40].tolist()), 1))
    library.do(AssignClass(tuple(ids[40:44].tolist()), 2))
    library.do(AssignClass(tuple(ids[44:60].tolist()), 3))
    predict(library, "m", class_ids=(1, 2))
    sample = stress_sample(library, "m", at_most=12)
    # The model knows nothing of class 3.
    assert np.bincount(sample.true).tolist() == [0, 8, 4]
    assert sample.images.shape == (12, 4, 4)
    assert "12 labelled particles" in sample.words
    by_hand = library.labels()
    assert by_hand[sample.particle_ids].tolist() == sample.true.tolist()
    predict(library, "other", class_ids=(4,))
    with pytest.raises(InputError, match="No particle of a class that other knows"):
        stress_sample(library, "other")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> StressSample:
    """Rods and discs, and a model that was trained on them."""
    images, y, _ = rods_and_discs(48)
    model = SSRVAE(2, random_state=0, device="cpu", parameters=QUICK).fit(images, y)
    folder = tmp_path_factory.mktemp("model") / "m"
    model.save(folder)
    learned = np.ones(48, bool)
    # Two outputs of the model that have become the classes 5 and 2.
    return StressSample(
        np.arange(48), images, np.array([5, 2])[y], learned, np.array([5, 2]), folder
    )


def test_each_strength_is_told_with_its_interval(sample: StressSample) -> None:
    told = list(stress_test(sample))
    points = [event for event in told if isinstance(event, StressPoint)]
    assert [(p.kind, p.strength) for p in points] == [
        (kind, strength) for kind, stress in STRESSES.items() for strength in stress.strengths
    ]
    assert all(p.judged == 48 and p.low <= p.right / p.judged <= p.high for p in points)
    begin = {p.right for p in points if p.strength == 0}
    right = SSRVAE.load(sample.folder, device="cpu").predict(sample.images)
    assert begin == {int((sample.outputs[right] == sample.true).sum())}
    fractions = [event.fraction for event in told if isinstance(event, Progress)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert "learned from 48 of them" in sample.words


def test_merged_outputs_are_one_class(sample: StressSample) -> None:
    one = StressSample(
        sample.particle_ids, sample.images, np.full(48, 5), None, np.array([5, 5]), sample.folder
    )
    rotation = {"rotation": STRESSES["rotation"]}
    points = [e for e in stress_test(one, stresses=rotation) if isinstance(e, StressPoint)]
    assert all(p.right == 48 for p in points)


def test_it_can_be_stopped(sample: StressSample) -> None:
    stop = threading.Event()
    events = stress_test(sample, stop=stop)
    first = next(event for event in events if isinstance(event, StressPoint))
    stop.set()
    assert first.kind == "rotation"
    assert list(events) == []
