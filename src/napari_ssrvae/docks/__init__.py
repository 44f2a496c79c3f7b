"""Everything with a face. Nothing below this room imports napari, qtpy, magicgui or pyqtgraph."""
