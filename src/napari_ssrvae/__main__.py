"""`python -m napari_ssrvae` is the command line."""

from __future__ import annotations

import sys

from napari_ssrvae.cli import main

if __name__ == "__main__":
    sys.exit(main())
