"""Random walks of a user: a canvas on a viewer without a window, against the model of `walk_model`.

Everything a user can do to particles, classes, labels, layers and the library comes in any order; after each step
what the library holds, what the session says and what the layers show must be what the model says. Used by
`test_walks` for some walks and by `benchmarks.walks` for thousands.
"""

from __future__ import annotations

import shutil

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from napari.components import ViewerModel
from napari.layers import Labels
from tests.docks.walk_checks import saved_state
from tests.docks.walk_ground import pixels_of, resource
from tests.docks.walk_labels import LabelRules
from tests.docks.walk_masks import MaskRules
from tests.docks.walk_queue import QueueRules

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.library import ParticleLibrary
from napari_ssrvae.session import Session

__all__ = ["Walk"]


class Walk(LabelRules, QueueRules, MaskRules):
    """A user who does whatever comes to mind."""

    # --- history -------------------------------------------------------------------------------

    @rule(n=st.integers(1, 4))
    def undo(self, n: int) -> None:
        for _ in range(n):
            with self.disk():
                assert self.session.undo() == self.model.undo()

    @rule(n=st.integers(1, 4))
    def redo(self, n: int) -> None:
        for _ in range(n):
            with self.disk():
                assert self.session.redo() == self.model.redo()

    # --- the disk ------------------------------------------------------------------------------

    @precondition(lambda self: resource is not None)
    @rule()
    def fill_disk(self) -> None:
        self.full = True

    @precondition(lambda self: self.full)
    @rule()
    def make_room(self) -> None:
        self.full = False

    @rule()
    def save(self) -> None:
        with self.disk():
            saved = self.session.save_unsaved()
        assert saved == (not self.session.unsaved)
        assert saved or self.full

    @rule()
    def kill(self) -> None:
        """What another process finds if this one ends here: all that was saved, and its history."""
        folder = self.session.need_library().folder
        copy = self.home / "after the kill"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("library.lock"))
        with ParticleLibrary.open(copy) as library:
            assert saved_state(library) == self.saved
        shutil.rmtree(copy)

    # --- opening -------------------------------------------------------------------------------

    @rule()
    def reopen(self) -> None:
        """Close the library and go on in the same window."""
        self.full = False
        folder = self.session.need_library().folder
        self.session.close()
        self.session.open_library(folder)
        self.model.selected.clear()

    @rule(library_first=st.booleans())
    def restart(self, library_first: bool) -> None:
        """Close the window and go on in another one."""
        self.full = False
        folder, number = self.session.need_library().folder, self.number()
        self.session.close()
        self.viewer = ViewerModel()
        self.canvas = Canvas(self.viewer, Session(self.home, seed=0))
        self.strange.clear()
        self.model.selected.clear()
        self.session.set_unsure_below(0.0)
        opened, self.states = len(self.states), []
        if library_first:
            self.session.open_library(folder)
        for _ in range(opened):
            self.show()
        if not library_first:
            self.session.open_library(folder)
        self.session.set_current(self.states[number])

    # --- layers --------------------------------------------------------------------------------

    @rule()
    def other_micrograph(self) -> None:
        """Go to the other micrograph; the first time it is opened."""
        if len(self.states) == 1:
            self.full = False
            self.open()
            self.model.masks.append(pixels_of(self.states[1]))
        else:
            self.session.set_current(self.states[1 - self.number()])

    @rule(data=st.data())
    def delete_layer(self, data: st.DataObject) -> None:
        layers = list(self.viewer.layers)
        if len(layers) > 1:
            layer = data.draw(st.sampled_from(range(len(layers))))
            self.viewer.layers.remove(layers[layer])

    @rule()
    def redraw(self) -> None:
        """What was deleted by mistake comes back."""
        state = self.states[self.number()]
        self.canvas.redraw(state)
        assert self.canvas.is_complete(state)

    @rule(data=st.data())
    def rename_layer(self, data: st.DataObject) -> None:
        layers = list(self.viewer.layers)
        one, other = (data.draw(st.integers(0, len(layers) - 1)) for _ in range(2))
        layers[one].name = layers[other].name

    @rule(data=st.data())
    def duplicate_layer(self, data: st.DataObject) -> None:
        """A copy is the user's: nobody writes to it."""
        labels = [layer for layer in self.viewer.layers if isinstance(layer, Labels)]
        if labels and len(self.strange) < 3:
            layer = labels[data.draw(st.integers(0, len(labels) - 1))]
            copy = self.viewer.add_labels(
                np.array(layer.data), name=layer.name, scale=layer.scale, units=layer.units
            )
            self.strange.append((copy, np.array(layer.data)))

    @rule(data=st.data())
    def reorder_layers(self, data: st.DataObject) -> None:
        n = len(self.viewer.layers)
        self.viewer.layers.move(data.draw(st.integers(0, n - 1)), data.draw(st.integers(0, n)))
