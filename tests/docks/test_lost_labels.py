"""Labels without a particle: listed, gone to, forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication
from tests.docks.walk_ground import found, picture

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.docks.lost_labels import LostLabels
from napari_ssrvae.session import Session


@pytest.fixture
def canvas(tmp_path: Any) -> Iterator[Canvas]:
    viewer = ViewerModel()
    session = Session(tmp_path)
    canvas = Canvas(viewer, session)
    canvas.kept_viewer = viewer  # type: ignore[attr-defined]
    viewer.add_image(picture(0).image, name="first")
    session.accept_particles(session.current, found(0, 0))
    yield canvas
    session.close()


@pytest.fixture
def lost(canvas: Canvas, qtbot: Any) -> LostLabels:
    lost = LostLabels(canvas)
    qtbot.addWidget(lost)
    return lost


def lose(lost: LostLabels, qtbot: Any, number: int) -> None:
    """Label particles, and segment so that they have no successor."""
    session = lost.session
    ids = session.catalogue.particle_ids[:number]
    session.assign([int(i) for i in ids], session.classes[1].class_id)
    session.accept_particles(session.current, found(0, 5))
    qtbot.waitUntil(lambda: lost.list.count() == number, timeout=5000)


def test_there_only_while_something_is_lost(lost: LostLabels, qtbot: Any) -> None:
    assert lost.isHidden()
    lose(lost, qtbot, 3)
    assert not lost.isHidden()
    assert "3 labels have lost their particles" in lost.words.text()
    name = lost.session.classes[1].name
    assert lost.list.item(0).text().startswith(name)


def test_a_click_goes_to_the_place(lost: LostLabels, qtbot: Any) -> None:
    lose(lost, qtbot, 2)
    table = lost.session.lost_labels()
    lost.show()
    for row in range(2):
        at = lost.list.visualItemRect(lost.list.item(row)).center()
        qtbot.mouseClick(lost.list.viewport(), Qt.MouseButton.LeftButton, pos=at)
        place = table.iloc[row][["centroid_y_px", "centroid_x_px"]].to_numpy(float)
        image = lost.canvas.image_layer(lost.session.current)
        world = np.asarray(image.data_to_world(place))[-2:]
        np.testing.assert_allclose(lost.canvas.viewer.scene.camera.center[-2:], world, atol=1e-6)


def test_forgotten_one_by_one_all_at_once_and_back(lost: LostLabels, qtbot: Any) -> None:
    lose(lost, qtbot, 4)
    assert not lost.forget.isEnabled()
    lost.list.item(1).setSelected(True)
    gone = int(lost.list.item(1).data(Qt.ItemDataRole.UserRole))
    qtbot.mouseClick(lost.forget, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lost.list.count() == 3, timeout=5000)
    assert gone not in lost.session.lost_labels().index
    qtbot.mouseClick(lost.forget_all, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: lost.isHidden(), timeout=5000)
    assert lost.session.lost_labels().empty
    lost.session.undo()
    lost.session.undo()
    qtbot.waitUntil(lambda: lost.list.count() == 4, timeout=5000)


def test_a_label_on_the_micrograph_does_not_list_anew(
    lost: LostLabels, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = lost.session
    asked: list[int] = []
    whole = session.lost_labels
    monkeypatch.setattr(session, "lost_labels", lambda: (asked.append(1), whole())[1])
    session.assign([int(session.catalogue.particle_ids[0])], session.classes[0].class_id)
    QApplication.processEvents()
    assert not asked
    session.particles_changed.emit(session.current, None)
    qtbot.waitUntil(lambda: bool(asked), timeout=5000)
