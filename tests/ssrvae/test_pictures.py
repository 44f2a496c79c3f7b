"""Pictures while a model learns, and how long it says that it will still take."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.ssrvae import SSRVAE, EpochEvent, FitFinished, FitPictures, SSRVAEParameters
from napari_ssrvae.ssrvae import pictures as pictures_module
from napari_ssrvae.ssrvae.events import StepEvent
from napari_ssrvae.ssrvae.pace import Pace
from napari_ssrvae.ssrvae.pictures import rows_to_show
from tests.ssrvae.conftest import rods_and_discs, some_labels

QUICK = SSRVAEParameters(epochs=3, hidden=16, n_rotations=8, n_pairs=1, batch_size=16)


def fitted(preset: str, **more: Any) -> tuple[list[Any], SSRVAE, np.ndarray, np.ndarray]:
    X, y, _ = rods_and_discs(48)
    labels = some_labels(y, 12)
    p = QUICK if preset == "default" else SSRVAEParameters.of_preset(preset).model_copy(update=more)
    model = SSRVAE(2, preset, device="cpu", parameters=p)
    return list(model.iter_fit(X, labels, pictures=True)), model, X, labels


@pytest.mark.parametrize("preset", ["default", "paper", "ss-vae"])
def test_pictures_show_the_same_particles_as_the_model_sees_them(preset):
    events, model, X, labels = fitted(preset, epochs=2, hidden=8)
    shown = [e for e in events if isinstance(e, FitPictures)]
    epochs = [i for i, e in enumerate(events) if isinstance(e, EpochEvent)]
    assert isinstance(events[epochs[0] + 1], FitPictures)
    assert isinstance(events[-1], FitPictures)
    assert isinstance(events[-2], FitFinished)
    for found in shown:
        m = len(found.particle_rows)
        assert 2 <= m <= 8
        np.testing.assert_array_equal(found.particle_rows, shown[0].particle_rows)
        np.testing.assert_array_equal(found.originals, X[found.particle_rows])
        assert found.reconstructions.shape == (m, 24, 24)
        assert found.templates.shape == (2, 24, 24)
        for images in (found.originals, found.reconstructions, found.templates):
            assert images.dtype == np.float32
            assert images.min() >= 0
            assert images.max() <= 1
    assert {0, 1} <= set(labels[shown[0].particle_rows])
    last = shown[-1]
    np.testing.assert_allclose(
        last.reconstructions, model.reconstruct(X[last.particle_rows]), atol=1e-4
    )
    np.testing.assert_allclose(last.templates, model.decode(np.zeros((2, 2)), [0, 1]), atol=1e-5)


def test_pictures_change_nothing():
    X, y, _ = rods_and_discs(48)
    plain = SSRVAE(2, device="cpu", parameters=QUICK).fit(X, some_labels(y, 12))
    events, model, *_ = fitted("default")
    assert any(isinstance(e, FitPictures) for e in events)
    np.testing.assert_array_equal(plain.predict_proba(X), model.predict_proba(X))


def test_who_does_not_ask_gets_no_pictures():
    X, y, _ = rods_and_discs(48)
    events = SSRVAE(2, device="cpu", parameters=QUICK).iter_fit(X, some_labels(y, 12))
    assert not any(isinstance(e, FitPictures) for e in events)


def test_pictures_that_find_no_memory_are_left_out(monkeypatch):
    def full(_self):
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(pictures_module.FitPainter, "_draw", full)
    events, *_ = fitted("default")
    assert isinstance(events[-1], FitFinished)


@given(st.lists(st.integers(-1, 5), min_size=1, max_size=60).map(np.array), st.integers(1, 12))
def test_of_every_class_one_is_shown(classes, most):
    rows = rows_to_show(classes, most)
    present = set(classes[classes >= 0].tolist())
    assert len(set(rows.tolist())) == len(rows) == min(most, len(classes))
    shown = set(classes[rows].tolist()) - {-1}
    assert len(shown) == min(len(present), most)
    # Those with a class first, in the order of the classes.
    order = [c if c >= 0 else 99 for c in classes[rows].tolist()]
    assert order == sorted(order)


def test_steps_tell_the_running_loss_and_the_time_left():
    events, *_ = fitted("default")
    steps = [e for e in events if isinstance(e, StepEvent)]
    ends = [e for e in events if isinstance(e, EpochEvent)]
    assert all(np.isfinite(e.loss) for e in steps)
    for end in ends:
        last = next(e for e in steps if e.epoch == end.epoch and e.step == e.steps)
        assert last.loss == pytest.approx(end.loss)
    assert [e.seconds for e in steps] == sorted(e.seconds for e in steps)
    assert [e.held_out for e in ends] == [4, 4, 0]


def test_the_pace_follows_what_the_steps_take():
    pace = Pace()
    assert pace.for_steps(10) is None
    for _ in range(10):
        pace.add(0.1)
    assert pace.for_steps(50) == pytest.approx(5.0)
    assert pace.for_steps(0) == 0.0
    for _ in range(400):
        pace.add(0.2)
    assert pace.for_steps(50) == pytest.approx(10.0, rel=0.01)
