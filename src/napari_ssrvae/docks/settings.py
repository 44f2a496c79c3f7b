"""What the user set in napari's preferences for this plugin."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["libraries_folder"]

# For scripts and tests, which have no preferences.
ENVIRONMENT = "NAPARI_SSRVAE_LIBRARIES"


def libraries_folder() -> Path | None:
    """Return the folder in which new libraries are kept; None leaves it to the session's default."""
    if chosen := os.environ.get(ENVIRONMENT):
        return Path(chosen)
    try:
        from napari.settings import get_plugin_settings
    except ImportError:
        return None
    try:
        settings = get_plugin_settings("napari-ssrvae")
    except (KeyError, AttributeError, ValueError):
        return None
    folder = str(getattr(getattr(settings, "library", None), "folder", "") or "").strip()
    return Path(folder).expanduser() if folder else None
