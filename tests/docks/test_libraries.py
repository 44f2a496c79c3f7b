"""Other libraries opened in the same window, again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_ssrvae.session import Session


def test_an_empty_library_empties_the_picture_and_the_next_search_fills_it(
    bench: Any, tmp_path: Path
) -> None:
    bench.open_disks()
    bench.find()
    state, layers = bench.session.current, len(bench.viewer.layers)
    for number in range(4):
        folder = tmp_path / f"other {number}"
        other = Session(tmp_path)
        other.create_library(folder)
        other.close()
        bench.session.open_library(folder)
        particles = bench.canvas.drawn_layer(state, "particles")
        assert not np.asarray(particles.data).any()
        assert not particles.visible
        with bench.qtbot.waitSignal(bench.canvas.preview.drawn, timeout=30_000):
            bench.canvas.preview.update()
        bench.find()
        assert particles.visible
        np.testing.assert_array_equal(np.asarray(particles.data), state.labels)
        assert len(bench.viewer.layers) == layers
