"""The data bar's rows, to be corrected where they were not found right."""

from __future__ import annotations

from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QSpinBox, QWidget

from napari_ssrvae.docks.widgets import Fold, Hint
from napari_ssrvae.errors import InputError
from napari_ssrvae.session import MicrographState, Session

__all__ = ["DataBarFold"]


class DataBarFold(Fold):
    """Rows from and to, none at all, or looked for again; the strip on the picture can be dragged as well."""

    def __init__(self, session: Session) -> None:
        self.start, self.stop = QSpinBox(), QSpinBox()
        for spin, name in ((self.start, "First row"), (self.stop, "Last row")):
            spin.setKeyboardTracking(False)
            spin.setAccessibleName(f"{name} of the data bar")
            spin.setToolTip(f"{name} of the data bar; or drag the edge of the strip on the picture")
            spin.valueChanged.connect(self._set)
        self.none = QPushButton("None")
        self.none.setToolTip("This micrograph has no data bar: all of its rows show the specimen")
        self.none.setAccessibleName("No data bar")
        self.none.clicked.connect(self._remove)
        self.again = QPushButton("Find again")
        self.again.setToolTip("Look for the data bar in the picture, as when it was opened")
        self.again.setAccessibleName("Find the data bar again")
        self.again.clicked.connect(self._find)
        self.hint = Hint()
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(QLabel("Rows"), 0, 0)
        grid.addWidget(self.start, 0, 1)
        grid.addWidget(QLabel("to"), 0, 2)
        grid.addWidget(self.stop, 0, 3)
        grid.addWidget(self.none, 1, 1)
        grid.addWidget(self.again, 1, 3)
        grid.addWidget(self.hint, 2, 0, 1, 4)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        super().__init__("Data bar", inside)
        self._session = session
        self._state: MicrographState | None = None

    def show_state(self, state: MicrographState | None) -> None:
        """Show the rows of a micrograph's data bar."""
        if state is not self._state:
            self.hint.say("")
        self._state = state
        self.setEnabled(state is not None)
        bar = state.micrograph.data_bar if state is not None else None
        rows = state.micrograph.image.shape[0] if state is not None else 1
        # People count rows from 1 and mean the last one too.
        for spin, value in (
            (self.start, bar[0] + 1 if bar else 0),
            (self.stop, bar[1] if bar else 0),
        ):
            spin.blockSignals(True)
            spin.setRange(0, rows)
            spin.setSpecialValueText("none")
            spin.setValue(value)
            spin.blockSignals(False)
        self.none.setEnabled(bar is not None)
        words = f"rows {bar[0] + 1:,} to {bar[1]:,}, left out" if bar else "none"
        self.setText(f"Data bar   \u00b7   {words}")

    def _set(self) -> None:
        start, stop = self.start.value(), self.stop.value()
        if self._state is None:
            return
        rows = self._state.micrograph.image.shape[0]
        if start == 0 and stop == 0:
            self._take(None)
        elif start == 0 or stop == 0:
            # The other one was typed first: the bar reaches down to the last row, as it nearly always does.
            self._take((max(start, 1) - 1, stop or rows))
        else:
            self._take((start - 1, stop))

    def _remove(self) -> None:
        self._take(None)

    def _find(self) -> None:
        from napari_ssrvae.micrographs import find_data_bar

        if self._state is None:
            return
        found = find_data_bar(self._state.micrograph.image)
        if self._take(found) and found is None:
            self.hint.say("No data bar was found: type its rows if there is one.")

    def _take(self, bar: tuple[int, int] | None) -> bool:
        if self._state is None:
            return False
        try:
            self._session.set_data_bar(self._state, bar)
        except InputError as error:
            self.show_state(self._state)
            self.hint.say(str(error), error=True)
            return False
        self.hint.say("")
        self.show_state(self._state)
        return True
