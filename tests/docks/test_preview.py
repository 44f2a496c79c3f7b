"""The live preview in the real window: it follows settings and view, and the newest request wins."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from tests.conftest import disks

from napari_ssrvae.docks.latest import Latest
from napari_ssrvae.docks.preview_work import QUICK_PX, compute, visible_region
from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.particles import SegmentationParameters, segment_particles


@pytest.fixture
def shown(bench: Any) -> Any:
    """A bench with the disks open and their preview drawn."""
    with bench.qtbot.waitSignal(bench.canvas.preview.drawn, timeout=30_000):
        bench.open_disks()
    whole = (slice(0, 240), slice(0, 320))

    def fitted() -> bool:
        # The window finds its layout, and the view its size, in the first turns of the event loop.
        bench.viewer.reset_view()
        return not bench.canvas.preview.running and bench.canvas.preview.result.region == whole

    bench.qtbot.waitUntil(fitted, timeout=30_000)
    settle(bench)
    return bench


def settle(bench: Any) -> None:
    bench.qtbot.waitUntil(lambda: not bench.canvas.preview.running, timeout=30_000)


def setting(bench: Any, name: str) -> Any:
    return bench.workbench.segment.form.findChild(object, name)


def test_what_is_previewed_is_what_is_found(shown: Any) -> None:
    preview = shown.canvas.preview
    assert preview.result.count == 12
    state = shown.session.current
    (rows, columns), step = preview.result.region, preview.result.step
    assert step == 1
    found = segment_particles(state.micrograph.image)[rows, columns]
    np.testing.assert_array_equal(preview.result.labels > 0, found > 0)
    histogram = shown.workbench.segment.live.histogram
    assert histogram.isVisible()
    assert histogram.counts.sum() == 12
    assert "12 in view" in histogram.text.text()


def test_the_outlines_lie_on_the_particles(shown: Any) -> None:
    settle(shown)
    layer, image = shown.canvas.preview.layer, shown.canvas.image_layer(shown.session.current)
    rows, columns = np.nonzero(np.asarray(layer.data))
    inside = [
        image.world_to_data(layer.data_to_world(at))
        for at in zip(rows.tolist(), columns.tolist(), strict=True)
    ]
    labels = segment_particles(shown.session.current.micrograph.image)
    assert all(labels[tuple(np.rint(at).astype(int))] for at in inside)
    assert layer.editable is False
    assert str(layer.mode) == "pan_zoom"


def test_moving_the_slider_redraws(shown: Any) -> None:
    settle(shown)
    before = np.asarray(shown.canvas.preview.layer.data).copy()
    with shown.qtbot.waitSignal(shown.canvas.preview.drawn, timeout=30_000):
        setting(shown, "min_diameter").setValue(22.0)
    assert shown.canvas.preview.result.count == 6
    assert (np.asarray(shown.canvas.preview.layer.data) != before).any()
    assert "6 in view" in shown.workbench.segment.live.histogram.text.text()


def test_the_slider_and_its_number_agree(shown: Any) -> None:
    form = shown.workbench.segment.form
    slider = form._fields["sensitivity"].slider
    with shown.qtbot.waitSignal(form.changed):
        slider.setValue(slider.maximum())
    assert form.values().sensitivity == 1.0
    setting(shown, "sensitivity").setValue(-1.0)
    assert slider.value() == slider.minimum()


def test_the_preview_follows_the_view(shown: Any) -> None:
    settle(shown)
    whole = shown.canvas.preview.result.region
    with shown.qtbot.waitSignal(shown.canvas.preview.drawn, timeout=30_000):
        shown.viewer.scene.camera.zoom *= 6
    settle(shown)
    part = shown.canvas.preview.result.region
    assert part[0].stop - part[0].start < whole[0].stop - whole[0].start
    layer = shown.canvas.preview.layer
    np.testing.assert_allclose(layer.translate, (part[0].start, part[1].start))


def test_the_preview_goes_when_particles_are_found_and_comes_back_with_a_setting(
    shown: Any,
) -> None:
    live = shown.workbench.segment.live
    assert live.switch.isChecked()
    shown.find()
    assert not live.switch.isChecked()
    assert shown.canvas.preview.layer is None
    assert not any(layer.name == "preview" and layer.visible for layer in shown.viewer.layers)
    assert "12 in all" in live.histogram.text.text()
    with shown.qtbot.waitSignal(shown.canvas.preview.drawn, timeout=30_000):
        setting(shown, "sensitivity").setValue(0.1)
    assert live.switch.isChecked()
    shown.press(live.switch)
    assert shown.canvas.preview.layer is None
    setting(shown, "sensitivity").setValue(0.2)
    assert not live.switch.isChecked()


def test_a_typed_scale_moves_the_preview_and_its_sizes_to_nm(shown: Any) -> None:
    settle(shown)
    shown.workbench.bar.pixel_size.setValue(2.0)
    layer = shown.canvas.preview.layer
    assert tuple(layer.scale) == (2.0, 2.0)
    assert str(layer.units[-1]) == "nanometer"
    settle(shown)
    text = shown.workbench.segment.live.histogram.text.text()
    assert text.endswith(" nm")


def test_a_deleted_preview_layer_switches_it_off(shown: Any) -> None:
    settle(shown)
    shown.viewer.layers.remove(shown.canvas.preview.layer)
    assert not shown.workbench.segment.live.switch.isChecked()


def test_the_preview_is_no_segmentation_made_elsewhere(shown: Any) -> None:
    settle(shown)
    assert shown.canvas.labels_layers() == []
    assert not shown.workbench.segment.foreign_row.isVisible()


def test_of_many_requests_the_newest_wins_and_none_queue_up(qtbot: Any) -> None:
    latest = Latest()
    go, begun = threading.Event(), threading.Event()
    worked: list[int] = []
    told: list[int] = []
    latest.done.connect(told.append)

    def work(number: int) -> int:
        begun.set()
        go.wait(20)
        worked.append(number)
        return number

    latest.ask(lambda: work(0))
    begun.wait(20)
    for number in range(1, 50):
        latest.ask(lambda n=number: work(n))
    with qtbot.waitSignal(latest.idle, timeout=20_000):
        go.set()
    assert worked == told == [0, 49]


def test_what_was_dropped_is_not_told(qtbot: Any) -> None:
    latest = Latest()
    go = threading.Event()
    told: list[object] = []
    latest.done.connect(told.append)
    latest.ask(lambda: go.wait(20))
    latest.drop()
    with qtbot.waitSignal(latest.idle, timeout=20_000):
        go.set()
    assert told == []


def test_a_reason_the_user_can_mend_is_one_sentence(qtbot: Any) -> None:
    latest = Latest()

    def work() -> None:
        raise InputError("The scale is missing: type it.")

    with qtbot.waitSignal(latest.failed, timeout=20_000) as told:
        latest.ask(work)
    assert told.args == ["The scale is missing: type it."]


@pytest.mark.parametrize(
    ("error", "said"),
    [(MemoryError(), "not enough memory"), (RuntimeError("shapes"), "RuntimeError: shapes")],
)
def test_nothing_that_goes_wrong_is_silent(qtbot: Any, error: Exception, said: str) -> None:
    latest = Latest()

    def work() -> None:
        raise error

    with (
        qtbot.waitSignals([latest.failed, latest.idle], timeout=20_000),
        qtbot.waitSignal(latest.failed) as told,
    ):
        latest.ask(work)
    assert said in told.args[0]


class _Layer:
    """A picture of a given scale at a given place."""

    def __init__(self, scale: float, at: tuple[float, float]) -> None:
        self.scale, self.at = scale, np.array(at)

    def world_to_data(self, corner: np.ndarray) -> np.ndarray:
        return (np.asarray(corner) - self.at) / self.scale


@pytest.mark.parametrize(("scale", "edge"), [(1.0, 4000), (2.5, 300), (0.5, 3000)])
def test_the_region_covers_what_is_in_view_and_stays_quick(scale: float, edge: int) -> None:
    corners = np.array([(r, c) for r in (37.0, 37.0 + edge) for c in (21.0, 21.0 + edge)])
    found = visible_region(_Layer(scale, (10, 20)), corners, (9000, 9000))  # type: ignore[arg-type]
    assert found is not None
    (rows, columns), step = found
    assert rows.start * scale + 10 <= 37.0
    assert (rows.stop - 1) * scale + 10 >= 37.0 + edge - scale
    assert rows.start % step == columns.start % step == 0
    assert (rows.stop - rows.start) * (columns.stop - columns.start) <= 1.1e6 * step**2
    assert visible_region(_Layer(scale, (1e7, 20)), corners, (9000, 9000)) is None  # type: ignore[arg-type]


def test_large_views_come_coarse_first_unless_particles_would_vanish() -> None:
    edge = int(np.ceil(np.sqrt(QUICK_PX))) + 10
    micrograph = Micrograph.from_array(
        np.zeros((edge, edge), np.uint8) + np.arange(edge, dtype=np.uint8), name="x"
    )

    class Look:
        width_px = 30.0

        def serves(self, parameters: Any) -> bool:
            return True

    steps: list[int] = []

    def preview(image: Any, look: Any, parameters: Any, region: Any, *, step: int) -> np.ndarray:
        steps.append(step)
        labels = np.zeros((-(-edge // step), -(-edge // step)), np.int32)
        labels[2:6, 2:6] = 1
        return labels

    look, whole = Look(), (slice(0, edge), slice(0, edge))
    settings = SegmentationParameters()

    def found(**more: Any) -> Any:
        return compute(micrograph, settings, whole, 1, look, pytest.fail, preview, **more)

    coarse, fine = found(quickly=True), found()
    assert steps == [2, 1]
    assert (coarse.finer, fine.finer) == (True, False)
    np.testing.assert_allclose(coarse.diameters_px, 2 * fine.diameters_px)
    look.width_px = 5.0
    assert not found(quickly=True).finer


def test_particles_that_the_view_cuts_are_counted_but_not_measured() -> None:
    image, _ = disks()
    micrograph = Micrograph.from_array(image, name="disks")
    from napari_ssrvae.particles import look_at, preview

    settings = SegmentationParameters()
    # The first row of disks is cut in the middle.
    region = (slice(40, 240), slice(0, 320))
    result = compute(micrograph, settings, region, 1, None, look_at, preview)
    assert result.count == 12
    assert len(result.diameters_px) == 8
    assert sorted(np.round(result.diameters_px / 2)) == pytest.approx([8] * 4 + [14] * 4, abs=1)
