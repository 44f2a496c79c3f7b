"""The session drawn into a viewer's layers, and the viewer's clicks and keys brought to the session.

One `Canvas` per viewer. Layers are views: each is known by identity, can be renamed, moved, duplicated
or deleted, and can be drawn again from the session at any time.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels
from napari.utils.colormaps import DirectLabelColormap
from qtpy.QtCore import QEvent, QObject, Signal

from napari_ssrvae.docks.runs import SegmentationRun, TrainingRun
from napari_ssrvae.docks.sources import micrograph_of_layer
from napari_ssrvae.errors import InputError
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    import napari
    from napari.layers import Layer

__all__ = ["Canvas", "canvas_of"]

OUTLINE_COLOUR = (1.0, 0.85, 0.1, 1.0)
CLICK_SLACK_PX = 4
PARTICLES, CLASSES, BY_HAND = "particles", "classes", "labels by hand"

_canvases: weakref.WeakKeyDictionary[Any, Canvas] = weakref.WeakKeyDictionary()


def canvas_of(viewer: napari.Viewer) -> Canvas:
    """Return the canvas, and with it the session, of a viewer; made at the first call.

    Held weakly by the viewer, so that it lives exactly as long and no dock owns it.
    """
    viewer = getattr(viewer, "__wrapped__", viewer)
    canvas = _canvases.get(viewer)
    if canvas is None:
        from napari_ssrvae.docks.settings import libraries_folder

        canvas = _canvases[viewer] = Canvas(viewer, Session(libraries_folder()))
    return canvas


class _Layers:
    """The layers in which one micrograph is drawn; None for what was deleted."""

    def __init__(self, image: Image | None) -> None:
        self.image: Image | None = image
        self.drawn: dict[str, Labels] = {}

    def all(self) -> list[Layer]:
        return [layer for layer in (self.image, *self.drawn.values()) if layer is not None]


class Canvas(QObject):
    """Draws a session in a viewer.

    Attributes
    ----------
    layers_changed : Signal
        Layers came or went, so choosers and "show again" must look anew.
    message : Signal
        One sentence for the user, from something done on the canvas.
    """

    layers_changed = Signal()
    message = Signal(str)
    labelling_changed = Signal(bool)

    def __init__(self, viewer: napari.Viewer, session: Session) -> None:
        super().__init__()
        self._viewer = weakref.ref(viewer)
        self.session = session
        self._of: dict[MicrographState, _Layers] = {}
        self._traversals: dict[int, Image] = {}
        self._labelling = True
        self._own = 0
        self._window: weakref.ref[QObject] | None = None
        self.segmentation = SegmentationRun(session, self)
        self.training = TrainingRun(session, self)

        session.current_changed.connect(self._on_current)
        session.micrographs_changed.connect(self._on_micrographs)
        session.particles_changed.connect(self._on_particles)
        session.labels_changed.connect(self._on_labels)
        session.classes_changed.connect(self._on_classes)
        session.predictions_changed.connect(self._repaint_all)
        session.unsure_below_changed.connect(self._repaint_all)
        session.traversals_changed.connect(self._draw_traversals)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        viewer.layers.selection.events.active.connect(self._on_active)
        viewer.mouse_drag_callbacks.append(self._on_drag)
        self._bind_keys(viewer)
        self._adopt_active()

    @property
    def viewer(self) -> napari.Viewer:
        """The viewer that is drawn in."""
        viewer = self._viewer()
        assert viewer is not None, "a canvas does not outlive its viewer"
        return viewer

    # --- which layer is a micrograph -----------------------------------------------------------

    def image_layers(self) -> list[Image]:
        """Return the layers that can be worked on as micrographs."""
        drawn = set(map(id, self._traversals.values()))
        return [
            layer
            for layer in self.viewer.layers
            if isinstance(layer, Image) and id(layer) not in drawn
        ]

    def labels_layers(self) -> list[Labels]:
        """Return the Labels layers that are not drawn by the session: segmentations made elsewhere."""
        drawn = {id(layer) for layers in self._of.values() for layer in layers.drawn.values()}
        return [
            layer
            for layer in self.viewer.layers
            if isinstance(layer, Labels) and id(layer) not in drawn
        ]

    def image_layer(self, state: MicrographState | None) -> Image | None:
        """Return the layer that shows a micrograph, None if it was deleted."""
        layers = self._of.get(state) if state is not None else None
        return layers.image if layers else None

    def drawn_layer(self, state: MicrographState, role: str) -> Labels | None:
        """Return the layer that shows particles, classes or labels by hand, None if it was deleted."""
        layers = self._of.get(state)
        return layers.drawn.get(role) if layers else None

    def adopt(self, layer: Image) -> MicrographState:
        """Work on the picture of this layer.

        Raises
        ------
        InputError
            The picture is not one that particles can be found in.
        """
        for state, layers in self._of.items():
            if layers.image is layer:
                self.session.set_current(state)
                return state
        micrograph = micrograph_of_layer(layer, tuple(self.viewer.dims.current_step))
        known = {id(state) for state in self.session.micrographs}
        for state in self.session.micrographs:
            # The same picture opened again while its first layer is still there stays a plain picture.
            if state.micrograph.sha256 == micrograph.sha256 and self.image_layer(state) is not None:
                self.session.set_current(state)
                return state
        state = self.session.add_micrograph(micrograph)
        if id(state) not in known or state not in self._of:
            self._of[state] = _Layers(layer)
        self._of[state].image = layer
        self._bind_layer_keys(layer)
        self._calibrate(state)
        if state.labels is not None:
            self._draw(state)
        for note in micrograph.notes:
            self.message.emit(f"{micrograph.name}: {note}.")
        self.layers_changed.emit()
        return state

    def _calibrate(self, state: MicrographState) -> None:
        """Give the layers the micrograph's scale, so that napari's scale bar is right."""
        nm = state.micrograph.pixel_size_nm
        layers = self._of.get(state)
        if nm is None or layers is None or layers.image is None:
            return
        image = layers.image
        with self._as_own():
            for layer in layers.all():
                layer.scale = (*image.scale[:-2], nm, nm) if layer is image else (nm, nm)
                layer.units = (
                    (*map(str, image.units[:-2]), "nm", "nm") if layer is image else ("nm", "nm")
                )
        self.viewer.canvas.overlays.scale_bar.visible = True

    def _adopt_active(self) -> None:
        layers = self.image_layers()
        active = self.viewer.layers.selection.active
        if active in layers:
            self._try_adopt(active)
        elif layers and self.session.current is None:
            self._try_adopt(layers[-1])

    def _try_adopt(self, layer: Image) -> None:
        try:
            self.adopt(layer)
        except InputError as error:
            self.message.emit(str(error))

    # --- what the viewer tells -----------------------------------------------------------------

    def _as_own(self) -> Any:
        canvas = self

        class _Own:
            def __enter__(self) -> None:
                canvas._own += 1

            def __exit__(self, *_: object) -> None:
                canvas._own -= 1

        return _Own()

    def _on_inserted(self, event: Any) -> None:
        if self._own:
            return
        if self.session.current is None and isinstance(event.value, Image):
            self._try_adopt(event.value)
        self.layers_changed.emit()

    def _on_removed(self, event: Any) -> None:
        layer = event.value
        for layers in self._of.values():
            if layers.image is layer:
                layers.image = None
            for role in [r for r, drawn in layers.drawn.items() if drawn is layer]:
                del layers.drawn[role]
        for class_id in [c for c, drawn in self._traversals.items() if drawn is layer]:
            del self._traversals[class_id]
        self.layers_changed.emit()

    def _on_active(self, event: Any) -> None:
        layer = event.value
        if self._own or layer is None:
            return
        for state, layers in self._of.items():
            if any(layer is mine for mine in layers.all()):
                self.session.set_current(state)
                return
        if isinstance(layer, Image) and layer in self.image_layers():
            self._try_adopt(layer)

    # --- what the session tells ----------------------------------------------------------------

    def _on_current(self) -> None:
        current = self.session.current
        if len(self._of) > 1 and current in self._of:
            with self._as_own():
                for state, layers in self._of.items():
                    for layer in layers.all():
                        layer.visible = state is current
        self.layers_changed.emit()

    def _on_micrographs(self) -> None:
        for state in self._of:
            self._calibrate(state)
        self._draw_traversals()

    def _on_particles(self, state: MicrographState, _change: object) -> None:
        if state.labels is None:
            self._erase(state)
        else:
            self._draw(state)

    def _on_classes(self) -> None:
        for state, layers in self._of.items():
            for role in (CLASSES, BY_HAND):
                if role in layers.drawn:
                    layers.drawn[role].colormap = self._class_colormap()
            self._paint(state)

    def _repaint_all(self, *_: object) -> None:
        for state in self._of:
            self._paint(state)

    def _on_labels(self, particle_ids: np.ndarray) -> None:
        by_state: dict[MicrographState, list[int]] = {}
        for particle_id in particle_ids:
            at = self.session.locate(particle_id)
            if at is not None:
                by_state.setdefault(at[0], []).append(at[1])
        for state, label_ids in by_state.items():
            if len(label_ids) > 200:
                self._paint(state)
            else:
                self._paint_particles(state, label_ids)

    # --- drawing -------------------------------------------------------------------------------

    def _class_colormap(self) -> DirectLabelColormap:
        colours: dict[int | None, Any] = {None: (0, 0, 0, 0), 0: (0, 0, 0, 0)}
        colours.update({c.class_id: c.colour for c in self.session.classes})
        return DirectLabelColormap(color_dict=colours)

    def redraw(self, state: MicrographState) -> None:
        """Draw again what was deleted from the viewer."""
        layers = self._of.setdefault(state, _Layers(None))
        if layers.image is None:
            with self._as_own():
                layers.image = self.viewer.add_image(
                    state.micrograph.image, name=state.micrograph.name
                )
            self._bind_layer_keys(layers.image)
            self._calibrate(state)
        if state.labels is not None:
            self._draw(state)
        self._draw_traversals()
        self.layers_changed.emit()

    def is_complete(self, state: MicrographState) -> bool:
        """Whether everything of a micrograph is in the viewer."""
        layers = self._of.get(state)
        if layers is None or layers.image is None:
            return False
        return state.labels is None or {PARTICLES, CLASSES, BY_HAND} <= set(layers.drawn)

    def _erase(self, state: MicrographState) -> None:
        layers = self._of.get(state)
        for layer in list(layers.drawn.values()) if layers else []:
            if layer in self.viewer.layers:
                self.viewer.layers.remove(layer)

    def _draw(self, state: MicrographState) -> None:
        labels = state.labels
        layers = self._of.get(state)
        if labels is None or layers is None:
            return
        shown = state.shown_classes(self.session.unsure_below)
        outlines = DirectLabelColormap(color_dict={None: OUTLINE_COLOUR, 0: (0, 0, 0, 0)})
        colours = self._class_colormap()
        with self._as_own():
            self._put(state, PARTICLES, labels, colormap=outlines, contour=1, opacity=0.6)
            self._put(state, CLASSES, shown[labels], colormap=colours, opacity=0.45)
            self._put(
                state, BY_HAND, state.by_hand[labels], colormap=colours, contour=2, opacity=1.0
            )
        self._describe(state)
        self._calibrate(state)
        self.layers_changed.emit()

    def _put(
        self, state: MicrographState, role: str, data: np.ndarray, contour: int = 0, **look: Any
    ) -> None:
        layers = self._of[state]
        if role in layers.drawn:
            layers.drawn[role].data = data
            return
        image = layers.image
        place: dict[str, Any] = {}
        if image is not None:
            place = {
                "scale": image.scale[-2:],
                "translate": image.translate[-2:],
                "units": tuple(map(str, image.units[-2:])),
            }
        viewer = self.viewer
        active = viewer.layers.selection.active
        layer = viewer.add_labels(data, name=f"{role} · {state.micrograph.name}", **place, **look)
        layer.contour = contour
        layer.editable = False
        layer.mode = "pan_zoom"
        self._bind_layer_keys(layer)
        layers.drawn[role] = layer
        if active is not None and active in viewer.layers:
            viewer.layers.selection.active = active

    def _describe(self, state: MicrographState) -> None:
        """Put into the particles layer what napari shows while the mouse is over a particle."""
        layer = self.drawn_layer(state, PARTICLES)
        if layer is None or state.table is None:
            return
        import pandas as pd

        names = {c.class_id: c.name for c in self.session.classes}
        ids = np.arange(1, state.n_particles + 1)
        table = state.table.set_index("label_id")
        in_nm = state.micrograph.pixel_size_nm is not None and "equivalent_diameter_nm" in table
        column = "equivalent_diameter_nm" if in_nm else "equivalent_diameter_px"
        size = table[column].reindex(ids).round(1).to_numpy()
        layer.features = pd.DataFrame(
            {
                "index": ids,
                "class": [names.get(int(c), "no class") for c in state.shown_classes()[1:]],
                "by": np.where(
                    state.by_hand[1:] > 0, "hand", np.where(state.by_model[1:] > 0, "model", "")
                ),
                "probability": np.round(state.probability[1:], 2),
                "diameter (nm)" if in_nm else "diameter (px)": size,
            }
        )

    def _paint(self, state: MicrographState) -> None:
        """Colour all particles of a micrograph anew."""
        if state.labels is None:
            return
        for role, classes in (
            (CLASSES, state.shown_classes(self.session.unsure_below)),
            (BY_HAND, state.by_hand),
        ):
            layer = self.drawn_layer(state, role)
            if layer is not None:
                layer.data = classes[state.labels]
        self._describe(state)

    def _paint_particles(self, state: MicrographState, label_ids: list[int]) -> None:
        """Colour a few particles anew, touching only their pixels."""
        if state.labels is None:
            return
        shown = state.shown_classes(self.session.unsure_below)
        for role, classes in ((CLASSES, shown), (BY_HAND, state.by_hand)):
            layer = self.drawn_layer(state, role)
            if layer is None:
                continue
            for label_id in label_ids:
                top, left, bottom, right = state.boxes[label_id]
                rows, columns = np.nonzero(state.labels[top:bottom, left:right] == label_id)
                layer.data_setitem((rows + top, columns + left), int(classes[label_id]))
        layer = self.drawn_layer(state, PARTICLES)
        if (
            layer is not None
            and "class" in layer.features
            and len(layer.features) == state.n_particles
        ):
            names = {c.class_id: c.name for c in self.session.classes}
            for label_id in label_ids:
                layer.features.loc[label_id - 1, ["class", "by"]] = [
                    names.get(int(state.shown_classes()[label_id]), "no class"),
                    "hand"
                    if state.by_hand[label_id]
                    else ("model" if state.by_model[label_id] else ""),
                ]

    def _draw_traversals(self) -> None:
        """Put one picture per class to the right of the micrograph, at the micrograph's own scale."""
        session, viewer = self.session, self.viewer
        for class_id in [c for c in self._traversals if c not in session.traversals]:
            viewer.layers.remove(self._traversals[class_id])
        state = session.current
        if not session.traversals or state is None or session.library is None:
            return
        names = {c.class_id: c.name for c in session.classes}
        size, window = session.library.patch_size, session.library.window_px
        zoom = (window or 1) / (size or 1)
        image = self.image_layer(state)
        scale = np.asarray(image.scale[-2:] if image is not None else (1.0, 1.0), float)
        origin = np.asarray(image.translate[-2:] if image is not None else (0.0, 0.0), float)
        units = tuple(map(str, image.units[-2:])) if image is not None else None
        height, width = state.micrograph.image.shape
        row = 0.0
        active = viewer.layers.selection.active
        with self._as_own():
            for class_id, tiles in session.traversals.items():
                place = origin + scale * np.array([row, width * 1.03])
                layer = self._traversals.get(class_id)
                if layer is None:
                    layer = viewer.add_image(
                        tiles,
                        name=f"traversal · {names.get(class_id, class_id)}",
                        contrast_limits=(0, 1),
                        scale=scale * zoom,
                        translate=place,
                        units=units,
                    )
                    self._traversals[class_id] = layer
                else:
                    layer.data = tiles
                    layer.scale, layer.translate = scale * zoom, place
                    if units is not None:
                        layer.units = units
                row += tiles.shape[0] * zoom + max(4.0, 0.02 * height)
            if active is not None and active in viewer.layers:
                viewer.layers.selection.active = active
        self.layers_changed.emit()

    def show_layers(self, layers: list[Image]) -> None:
        """Move the view so that these layers fill it."""
        if not layers:
            return
        corners = np.concatenate([np.asarray(layer.extent.world)[:, -2:] for layer in layers])
        low, high = corners.min(axis=0), corners.max(axis=0)
        self.viewer.scene.camera.center = (0.0, *(low + high) / 2)
        height, width = self.viewer._canvas_size
        self.viewer.scene.camera.zoom = 0.95 * min(
            height / (high - low)[0], width / (high - low)[1]
        )

    def open_micrographs(self) -> list[str]:
        """Open the library's micrographs that are not open yet; return the names of those not found."""
        from napari_ssrvae.micrographs import read_micrograph

        missing: list[str] = []
        open_already = {state.micrograph.sha256 for state in self.session.micrographs}
        for row in self.session.need_library().micrographs().itertuples():
            if row.sha256 in open_already:
                continue
            try:
                micrograph = read_micrograph(row.path) if row.path else None
            except InputError:
                micrograph = None
            if micrograph is None or micrograph.sha256 != row.sha256:
                missing.append(str(row.name))
                continue
            self.redraw(self.session.add_micrograph(micrograph))
        return missing

    def watch_window(self, window: QObject | None) -> None:
        """End all work when this window closes: napari has no hook for that."""
        if window is not None and (self._window is None or self._window() is not window):
            # Weakly: a window knows its viewer, and the viewer keeps this canvas.
            self._window = weakref.ref(window)
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """See the window close."""
        mine = self._window is not None and watched is self._window()
        if mine and event is not None and event.type() == QEvent.Type.Close:
            self.segmentation.abandon()
            self.training.abandon()
        return False

    def traversal_layers(self) -> list[Image]:
        """Return the layers that show latent traversals."""
        return list(self._traversals.values())

    # --- clicks and keys -----------------------------------------------------------------------

    @property
    def labelling(self) -> bool:
        """Whether a click on a particle labels it."""
        return self._labelling

    def set_labelling(self, on: bool) -> None:
        """Let clicks label, or leave them to napari."""
        if on != self._labelling:
            self._labelling = on
            self.labelling_changed.emit(on)

    def particle_at(self, position: tuple[float, ...]) -> tuple[MicrographState, int]:
        """Return the current micrograph and the label id at a position in world coordinates; 0 = background.

        Raises
        ------
        LookupError
            There is no micrograph with particles in the viewer.
        """
        state = self.session.current
        layers = self._of.get(state) if state is not None else None
        if state is None or layers is None or state.labels is None or not layers.all():
            raise LookupError
        reference = layers.image if layers.image is not None else layers.all()[0]
        at = np.asarray(reference.world_to_data(position), float)[-2:]
        if getattr(reference, "multiscale", False):
            at = at * np.asarray(reference.downsample_factors[0], float)[-2:]
        return state, state.label_at(at[0], at[1])

    def _on_drag(self, viewer: napari.Viewer, event: Any) -> Iterator[None]:
        active = viewer.layers.selection.active
        busy = active is not None and str(active.mode) not in ("pan_zoom", "transform")
        if not self._labelling or event.button not in (1, 2) or len(event.modifiers) or busy:
            return
        start = np.asarray(event.pos, float)
        yield
        while event.type == "mouse_move":
            if np.abs(np.asarray(event.pos, float) - start).max() > CLICK_SLACK_PX:
                return
            yield
        try:
            state, label_id = self.particle_at(event.position)
        except LookupError:
            return
        if label_id:
            self._act(state, label_id, "click" if event.button == 1 else None)

    def _act(self, state: MicrographState, label_id: int, class_id: int | str | None) -> None:
        try:
            if class_id == "click":
                self.session.click(state, label_id)
            elif isinstance(class_id, int) or class_id is None:
                if class_id is None and not state.by_hand[label_id]:
                    return
                self.session.assign([int(state.particle_ids[label_id])], class_id)
        except InputError as error:
            self.message.emit(str(error))

    def press_class_key(self, number: int) -> None:
        """Choose the class at a place of the list (1-9) and give it to the particle under the cursor; 0 clears."""
        classes = self.session.classes
        try:
            state, label_id = self.particle_at(tuple(self.viewer.cursor.position))
        except LookupError:
            label_id = 0
        if number == 0:
            if label_id:
                self._act(state, label_id, None)
        elif number <= len(classes):
            class_id = classes[number - 1].class_id
            self.session.set_active_class(class_id)
            if label_id and state.by_hand[label_id] != class_id:
                self._act(state, label_id, class_id)

    def undo(self) -> None:
        """Take the last act back and say so if there is none."""
        if not self.session.undo():
            self.message.emit("There is nothing to undo.")

    def redo(self) -> None:
        """Do again what was taken back last."""
        if not self.session.redo():
            self.message.emit("There is nothing to redo.")

    def _keys(self) -> dict[str, Any]:
        def digit(number: int) -> Any:
            return lambda _owner: self.press_class_key(number)

        keys = {str(n): digit(n) for n in range(10)}
        keys["Control-Z"] = lambda _owner: self.undo()
        keys["Control-Shift-Z"] = lambda _owner: self.redo()
        return keys

    def _bind_keys(self, viewer: napari.Viewer) -> None:
        for key, act in self._keys().items():
            viewer.bind_key(key, act, overwrite=True)

    def _bind_layer_keys(self, layer: Layer) -> None:
        # Layers' own tools take the digits before the viewer sees them.
        for key, act in self._keys().items():
            layer.bind_key(key, act, overwrite=True)
