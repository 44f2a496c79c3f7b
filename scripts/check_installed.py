"""Use an installed napari-ssrvae as napari does: open it, list and open what the manifest promises."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import napari
from npe2 import PluginManager

import napari_ssrvae

checkout = Path(sys.argv[1])
assert checkout not in Path(napari_ssrvae.__file__).parents, "this is the checkout, not the wheel"

viewer = napari.Viewer()
contributions = PluginManager.instance().get_manifest("napari-ssrvae").contributions
widgets = [w.display_name for w in contributions.widgets]
began = time.perf_counter()
for name in widgets:
    viewer.window.add_plugin_dock_widget("napari-ssrvae", name)
    if name == widgets[0]:
        first = time.perf_counter() - began
        assert "torch" not in sys.modules
viewer.open_sample("napari-ssrvae", "generated")
viewer.open_sample("napari-ssrvae", "cards")
print("docks:  ", ", ".join(widgets), f"(the first in {first:.2f} s, without torch)")
print("samples:", ", ".join(s.key for s in contributions.sample_data))
print("readers:", " ".join(contributions.readers[0].filename_patterns))
print("writers:", ", ".join(w.display_name for w in contributions.writers))

masks = viewer.layers["true particles · agglomerates"]
(written,) = masks.save("masks.tif", plugin="napari-ssrvae")
again = viewer.open(written, plugin="napari-ssrvae")
assert abs(again[0].scale[-1] - masks.scale[-1]) < 1e-3, "the scale did not survive"
viewer.close()
