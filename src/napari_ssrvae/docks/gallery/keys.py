"""Keys that move in the grid: where they lead to."""

from __future__ import annotations

from qtpy.QtCore import Qt

__all__ = ["MOVES", "place_after"]

Key = Qt.Key
MOVES = (
    *(Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down),
    *(Key.Key_Home, Key.Key_End, Key.Key_PageUp, Key.Key_PageDown),
)


def place_after(key: int, here: int, last: int, columns: int, rows: int) -> int:
    """Return where a key of `MOVES` leads to.

    Parameters
    ----------
    key : int
    here, last : int
        The place that is left, and the last one that there is.
    columns, rows : int
        Of the grid, and rows of a screen.
    """
    if key in (Key.Key_Home, Key.Key_End):
        return 0 if key == Key.Key_Home else last
    if key in (Key.Key_Left, Key.Key_Right):
        return max(0, min(last, here + (1 if key == Key.Key_Right else -1)))
    row, column = divmod(here, columns)
    steps = {Key.Key_Up: -1, Key.Key_Down: 1, Key.Key_PageUp: -rows, Key.Key_PageDown: rows}
    target = max(0, min(last // columns, row + steps[Key(key)]))
    # The last row may be shorter than the others.
    return min(last, target * columns + column) if target != row else here
