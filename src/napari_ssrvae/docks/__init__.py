"""Everything with a face. Nothing below this room imports napari, qtpy, magicgui or pyqtgraph."""

from napari_ssrvae.cores import share_cores

# Before anything here imports torch.
share_cores()
