"""A user who does not wait: nothing stale is shown, nothing goes to the wrong place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.conftest import disks

from napari_ssrvae import particles
from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.latest import Latest
from napari_ssrvae.errors import InputError


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Holds every look at a micrograph until the gate is opened; keeps what was looked at."""
    gate = SimpleNamespace(open=threading.Event(), begun=threading.Event(), looks=[])
    look_at = particles.look_at

    def slow(image: Any, parameters: Any, **more: Any) -> Any:
        gate.looks.append(more)
        gate.begun.set()
        gate.open.wait(30)
        return look_at(image, parameters, **more)

    monkeypatch.setattr(particles, "look_at", slow)
    yield gate
    gate.open.set()


def settle(bench: Any) -> None:
    bench.qtbot.waitUntil(lambda: not bench.canvas.preview.running, timeout=30_000)


def begin(bench: Any, gate: SimpleNamespace) -> list[Any]:
    """Open the disks and wait until they are looked at; return what will be drawn."""
    drawn: list[Any] = []
    bench.canvas.preview.drawn.connect(
        lambda result: drawn.append((bench.session.current, bench.session.current.micrograph))
    )
    bench.open_disks()
    bench.qtbot.waitUntil(gate.begun.is_set, timeout=30_000)
    return drawn


def test_a_data_bar_corrected_while_looking_is_looked_at_anew(
    bench: Any, gate: SimpleNamespace
) -> None:
    drawn = begin(bench, gate)
    bench.session.set_data_bar(bench.session.current, (200, 240))
    gate.open.set()
    bench.qtbot.waitUntil(lambda: bool(drawn), timeout=30_000)
    settle(bench)
    assert [look["data_bar"] for look in gate.looks] == [None, (200, 240)]
    assert all(micrograph.data_bar == (200, 240) for _, micrograph in drawn)
    # Disks reach from row 186 to 214: what is in the bar now is no particle.
    result = bench.canvas.preview.result
    rows = np.nonzero(result.labels)[0] * result.step + result.region[0].start
    assert rows.max() < 200


def test_a_scale_typed_while_looking_is_used(bench: Any, gate: SimpleNamespace) -> None:
    form = bench.workbench.segment.form
    form.set_pixel_size(1.0, same_micrograph=False)
    form.findChild(object, "min_diameter").setValue(44.0)
    gate.open.set()
    bench.open_disks()
    # In nm, and there is no scale: the reason is told, and goes when the scale is typed.
    hint = bench.workbench.segment.hint
    bench.qtbot.waitUntil(lambda: "pixel size" in hint.text(), timeout=30_000)
    with bench.qtbot.waitSignal(bench.canvas.preview.drawn, timeout=30_000):
        bench.workbench.bar.pixel_size.setValue(2.0)
    assert "pixel size" not in hint.text()
    settle(bench)
    # 44 nm are 22 px: of disks of 16 and of 28 px the larger are left.
    assert bench.canvas.preview.result.diameters_px.min() > 22


def test_another_micrograph_taken_while_looking_gets_its_own_outlines(
    bench: Any, gate: SimpleNamespace
) -> None:
    drawn = begin(bench, gate)
    first = bench.session.current
    bench.viewer.add_image(disks(seed=5)[0][:, ::-1].copy(), name="second")
    second = bench.session.current
    assert second is not first
    gate.open.set()
    bench.qtbot.waitUntil(lambda: bool(drawn), timeout=30_000)
    settle(bench)
    assert {id(state) for state, _ in drawn} == {id(second)}


def test_a_picture_deleted_while_looking_leaves_no_outlines(
    bench: Any, gate: SimpleNamespace
) -> None:
    drawn = begin(bench, gate)
    bench.viewer.layers.remove(bench.canvas.image_layer(bench.session.current))
    gate.open.set()
    settle(bench)
    assert drawn == []
    assert bench.canvas.preview.layer is None


def test_a_picture_deleted_under_its_outlines_takes_them_along(bench: Any) -> None:
    with bench.qtbot.waitSignal(bench.canvas.preview.drawn, timeout=30_000):
        bench.open_disks()
    settle(bench)
    preview = bench.canvas.preview
    bench.viewer.layers.remove(bench.canvas.image_layer(bench.session.current))
    assert not preview.layer.visible
    # A person sees the picture go first.
    bench.viewer.screenshot(canvas_only=True, flash=False)
    with bench.qtbot.waitSignal(preview.drawn, timeout=30_000):
        bench.press(bench.workbench.bar.again)
    assert preview.layer.visible
    # And they lie upon the picture.
    names = [layer.name for layer in bench.viewer.layers]
    assert names == ["disks", "preview"]


def test_particles_found_for_a_micrograph_that_was_left_are_not_drawn_over_another(
    bench: Any,
) -> None:
    bench.open_disks()
    first = bench.session.current
    bench.press(bench.workbench.segment.find)
    bench.viewer.add_image(disks(seed=5)[0][:, ::-1].copy(), name="second")
    bench.qtbot.waitUntil(lambda: first.labels is not None, timeout=30_000)
    layers = [bench.canvas.drawn_layer(first, role) for role in ("particles", "classes")]
    assert all(layer is not None and not layer.visible for layer in layers)
    bench.viewer.layers.selection.active = bench.canvas.image_layer(first)
    assert all(layer.visible for layer in layers)


def test_a_library_opened_during_the_first_search_is_not_given_its_particles(
    bench: Any, tmp_path: Path
) -> None:
    bench.open_disks()
    bench.press(bench.workbench.segment.find)
    other = bench.session.create_library(tmp_path / "other")
    bench.qtbot.waitUntil(lambda: not bench.canvas.segmentation.running, timeout=30_000)
    assert other.micrographs().empty
    assert "Another library" in bench.workbench.segment.hint.text()


def test_a_window_closed_while_looking_ends_quietly(new_bench: Any, gate: SimpleNamespace) -> None:
    bench = new_bench()
    drawn = begin(bench, gate)
    preview = canvas_of(bench.viewer).preview
    bench.viewer.close()
    gate.open.set()
    bench.qtbot.waitUntil(lambda: not preview.running, timeout=30_000)
    assert drawn == []


def test_what_is_wrong_with_a_dropped_request_is_not_told(qtbot: Any) -> None:
    latest = Latest()
    go, told, failed = threading.Event(), [], []
    latest.done.connect(told.append)
    latest.failed.connect(failed.append)

    def old() -> None:
        go.wait(20)
        raise InputError("This one has no scale.")

    latest.ask(old)
    latest.drop()
    latest.ask(lambda: "new")
    with qtbot.waitSignal(latest.idle, timeout=20_000):
        go.set()
    assert (told, failed) == (["new"], [])
