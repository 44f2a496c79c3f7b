"""Taking a library out: one module per format, and the list of them."""

from __future__ import annotations

from napari_ssrvae.library.export.registry import EXPORT_FORMATS, export_library

__all__ = ["EXPORT_FORMATS", "export_library"]
