"""napari opened from the command line, with the workbench in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.notifications import show_warning
from qtpy.QtWidgets import QApplication

from napari_ssrvae.docks.canvas import canvas_of
from napari_ssrvae.docks.readers import open_files
from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    import napari

    from napari_ssrvae.docks.workbench import Workbench

__all__ = ["open_paths", "open_workbench", "run_demo", "run_with"]

PLUGIN = "napari-ssrvae"


def open_workbench(viewer: napari.Viewer) -> Workbench:
    """Dock the workbench, once, and let the window find its layout: what comes next is fitted to the room left."""
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, "Workbench")
    QApplication.processEvents()
    return widget


def open_paths(viewer: napari.Viewer, paths: Sequence[Path]) -> None:
    """Open micrographs, folders of them and a library in a viewer that has the workbench.

    What cannot be read is named in one sentence, and the others are open.

    Raises
    ------
    InputError
        None of the files can be read, or the library cannot be opened.
    """
    canvas = canvas_of(viewer)
    libraries = [path for path in paths if is_library(path)]
    files = [path for path in paths if path not in libraries]
    opened = list(open_files(files)) if files else []
    canvas.expect([layer for layer, _ in opened if layer is not None])
    for layer, problem in opened:
        if layer is not None:
            data, attributes, _ = layer
            viewer.add_image(data, **attributes)
        if problem:
            show_warning(problem)
    for path in libraries:
        canvas.session.open_library(path)
        if missing := canvas.open_micrographs():
            canvas.message.emit(
                f"Not found where they were: {', '.join(missing)}; open these micrographs yourself."
            )


def is_library(path: Path) -> bool:
    """Whether this folder holds a library."""
    return path.is_dir() and (path / "library.sqlite").exists()


def run_with(paths: Sequence[Path]) -> None:
    """Open a window with these and stay until it is closed."""
    import napari

    viewer = napari.Viewer(title="ss-rVAE")
    try:
        open_workbench(viewer)
        open_paths(viewer, paths)
    except InputError:
        viewer.close()
        raise
    napari.run()


def run_demo(out: Path | None, n_particles: int, seed: int) -> None:
    """Open a window with the generated sample and the workbench; stay until it is closed."""
    import napari

    from napari_ssrvae.docks.samples import generated_layers

    viewer = napari.Viewer(title="ss-rVAE demo")
    open_workbench(viewer)
    canvas = canvas_of(viewer)
    if out is not None:
        try:
            canvas.session.create_library(out)
        except InputError:
            viewer.close()
            raise
    for data, attributes, kind in generated_layers(n_particles, "agglomerates", seed):
        getattr(viewer, f"add_{kind}")(data, **attributes)
    napari.run()
