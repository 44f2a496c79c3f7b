"""Step 5: the library: where it is kept, opening an earlier one, taking it home."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.widgets import Hint, primary_button
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    import napari

__all__ = ["ExportPanel"]

FORMATS = (
    ("everything: table, pictures, masks, model", "bundle"),
    ("table (CSV)", "csv"),
    ("pictures by class (PNG)", "images"),
    ("masks and patches (TIFF)", "tiff"),
    ("COCO annotations", "coco"),
    ("HDF5", "hdf5"),
    ("Zarr", "zarr"),
    ("AnnData", "anndata"),
)


class ExportPanel(QWidget):
    """Shows where the library is, opens another, and exports."""

    title = "Library"
    status_changed = Signal(str)

    def __init__(self, napari_viewer: napari.Viewer) -> None:
        super().__init__()
        self.canvas = canvas_of(napari_viewer)
        self.session = self.canvas.session

        self.where = Hint()
        self.format = QComboBox()
        self.format.setAccessibleName("Format")
        self.format.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.format.setMinimumContentsLength(14)
        for text, name in FORMATS:
            self.format.addItem(text, name)
        self.export = primary_button("Export \u2026", "Write the labelled library to a new folder")
        self.export.clicked.connect(self._ask_and_export)
        self.open = QPushButton("Open a library \u2026")
        self.open.setToolTip("Go on with a library of an earlier day")
        self.open.clicked.connect(self._ask_and_open)
        self.hint = Hint()

        row = QHBoxLayout()
        row.addWidget(self.format, 1)
        row.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.where)
        column.addLayout(row)
        column.addWidget(self.open)
        column.addWidget(self.hint)
        self.session.library_changed.connect(self.refresh)
        self.session.unsaved_changed.connect(self.refresh)
        self.session.particles_changed.connect(self.refresh)
        for run in (self.canvas.training, self.canvas.segmentation):
            run.changed.connect(self.refresh)
        self.refresh()

    @property
    def status(self) -> str:
        """The state of the step in a few words."""
        library = self.session.library
        if library is None:
            return "none yet"
        if library.unsaved:
            return "not saved"
        return "read-only" if library.read_only else "saved"

    def refresh(self, *_: object) -> None:
        """Show the session as it is."""
        library = self.session.library
        working = self.canvas.training.running or self.canvas.segmentation.running
        self.export.setEnabled(library is not None)
        self.open.setEnabled(not working)
        if library is None:
            self.where.say(
                "A library begins by itself when particles are found; every act is saved at once."
            )
        else:
            self.where.say(f"Saved in {library.folder}")
        self.status_changed.emit(self.status)

    def _ask_and_export(self) -> None:
        library = self.session.library
        if library is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self,
            "Export to a new folder",
            str(library.folder.with_name(f"{library.folder.name} export")),
        )
        if name:
            self.export_to(Path(name))

    def export_to(self, folder: Path) -> bool:
        """Write the library to a new folder in the chosen format; False if it could not be done."""
        from napari_ssrvae.library import export_library

        try:
            target = export_library(
                self.session.need_library(), folder, format=self.format.currentData()
            )
        except InputError as error:
            self.hint.say(str(error), error=True)
            return False
        self.hint.say(f"Written to {target}")
        return True

    def _ask_and_open(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Open a library")
        if folder:
            self.open_from(Path(folder))

    def open_from(self, folder: Path) -> bool:
        """Open a library with its micrographs; False if it could not be done."""
        try:
            self.session.open_library(folder)
            missing = self.canvas.open_micrographs()
        except InputError as error:
            self.hint.say(str(error), error=True)
            return False
        if missing:
            self.hint.say(
                f"Not found where they were: {', '.join(missing[:3])}{' and more' if len(missing) > 3 else ''}; "
                "open these micrographs to see their particles on them."
            )
        else:
            self.hint.say("")
        return True
