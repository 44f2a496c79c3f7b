"""Some random walks of a user; `python -m benchmarks.walks` goes thousands."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from napari.components import ViewerModel
from tests.docks.walk_ground import found, picture
from tests.docks.walks import Walk

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.session import Session

# Timers of the canvas want an application.
TestWalks = pytest.mark.usefixtures("qapp")(Walk.TestCase)
TestWalks.settings = settings(
    max_examples=60,
    stateful_step_count=14,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.parametrize("role", ["classes", "labels by hand"])
def test_napari_cannot_paint_in_our_layers(tmp_path: Path, role: str) -> None:
    viewer = ViewerModel()
    canvas = Canvas(viewer, Session(tmp_path))
    state = canvas.adopt(viewer.add_image(picture(0).image, scale=(2, 2), units=("nm", "nm")))
    canvas.session.accept_particles(state, found(0, 0))
    assert not canvas.drawn_layer(state, role).editable
    canvas.session.set_unsure_below(0.25)
    editable = canvas.drawn_layer(state, role).editable
    canvas.session.close()
    assert not editable
