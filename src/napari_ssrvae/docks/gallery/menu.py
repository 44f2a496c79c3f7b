"""The menu of what is selected in the gallery."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import QMenu, QWidget

from napari_ssrvae.docks.widgets import swatch

if TYPE_CHECKING:
    from napari_ssrvae.session import Session

__all__ = ["selection_menu"]

Give = Callable[["int | None", NDArray[np.int64]], None]


def selection_menu(
    session: Session, give: Give, sort_alike: Callable[[], None], parent: QWidget
) -> QMenu | None:
    """Return a menu of the classes, the label taken off, the jump, and the sorting; None if nothing is selected.

    It deletes itself when it closes.
    """
    selection = session.selection
    if not len(selection):
        return None
    menu = QMenu(parent)
    menu.aboutToHide.connect(menu.deleteLater)
    ids = selection.ids.copy()
    number = 0
    for entry in session.classes:
        number += not entry.reserved
        key = "X" if entry.reserved else str(number) if number < 10 else ""
        action = menu.addAction(swatch(entry.colour), _as_it_is(entry.name, key))
        action.triggered.connect(lambda _=False, i=entry.class_id: give(i, ids))
    menu.addSeparator()
    menu.addAction(_as_it_is("Take the label off", "0")).triggered.connect(lambda: give(None, ids))
    focus = selection.focus if selection.focus is not None else int(ids[0])
    menu.addAction(_as_it_is("Show on the micrograph", "J")).triggered.connect(
        lambda: selection.jump(focus)
    )
    menu.addAction("Sort by similarity to this").triggered.connect(lambda: sort_alike())
    return menu


def _as_it_is(name: str, key: str) -> str:
    # Qt reads & as the mark of a letter, and a tab as the column of the keys.
    words = name.replace("&", "&&").replace("\t", " ")
    return f"{words}\t{key}" if key else words
