"""The collector while a model trains, and afterwards."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from qtpy.QtCore import QObject

from napari_ssrvae.docks.garbage import ShortCollections


class _Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.me = self


def test_what_was_there_is_looked_at_again_afterwards(qtbot: Any) -> None:
    parent = QObject()
    short = ShortCollections(parent)
    ring = _Ring()
    alive = weakref.ref(ring)
    short.on()
    del ring
    gc.collect()
    assert alive() is not None
    short.off()
    gc.collect()
    assert alive() is None


def test_two_trainings_need_it_until_the_last_has_ended(qtbot: Any) -> None:
    parent = QObject()
    one, other = ShortCollections(parent), ShortCollections(parent)
    one.on()
    other.on()
    one.off()
    one.off()
    assert gc.get_freeze_count() > 0
    other.off()
    assert gc.get_freeze_count() == 0


def test_soon_off_without_on_does_nothing(qtbot: Any) -> None:
    parent = QObject()
    one, other = ShortCollections(parent), ShortCollections(parent)
    one.on()
    other.soon_off()
    other.off()
    assert gc.get_freeze_count() > 0
    one.off()


def test_garbage_made_meanwhile_is_collected_as_ever(qtbot: Any) -> None:
    parent = QObject()
    short = ShortCollections(parent)
    short.on()
    ring = _Ring()
    alive = weakref.ref(ring)
    del ring
    gc.collect()
    assert alive() is None
    short.off()
