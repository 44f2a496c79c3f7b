"""One micrograph of the session drawn into a viewer: the picture, its particles, its classes."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from napari_ssrvae.docks.sources import pixel_size_of_layer
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    import napari

__all__ = ["BY_HAND", "CLASSES", "PARTICLES", "Drawing"]

PARTICLES, CLASSES, BY_HAND = "particles", "classes", "labels by hand"
ROLES = (PARTICLES, CLASSES, BY_HAND)
# Seen on every grey, and none of the classes' colours.
OUTLINE_COLOUR = (1.0, 0.2, 0.6, 1.0)
NOTHING = (0.0, 0.0, 0.0, 0.0)
# From this many on, painting the whole picture anew is quicker than particle by particle.
MANY = 200


class Drawing:
    """The layers of one micrograph, known by identity; what was deleted is drawn again on demand.

    Parameters
    ----------
    viewer : napari.Viewer
        Held weakly: the viewer owns the canvas, and the canvas the drawings.
    on_new_layer : callable
        Called with each layer that is made here.
    plane : tuple of int
        Which plane of a stack the micrograph is; () for a flat layer.
    """

    def __init__(
        self,
        viewer: napari.Viewer,
        session: Session,
        state: MicrographState,
        image: Image | None,
        on_new_layer: Callable[[Layer], None],
        plane: tuple[int, ...] = (),
    ) -> None:
        self._viewer = weakref.ref(viewer)
        self._session = session
        self._state = state
        self._on_new_layer = on_new_layer
        self.plane = plane
        self.drawn: dict[str, Labels] = {}
        self._place: dict[str, Any] = {}
        self.image: Image | None = None
        if image is not None:
            self.attach(image)

    def attach(self, image: Image) -> None:
        """Take this layer as the picture of the micrograph."""
        self.image = image
        self._remember_place()

    def _remember_place(self) -> None:
        """Keep where the picture lies in the world, for the day that its layer is deleted."""
        image = self.image
        if image is None:
            return
        self._place = {
            "scale": tuple(image.scale[-2:]),
            "translate": tuple(image.translate[-2:]),
            "units": tuple(map(str, image.units[-2:])),
        }
        if image.ndim == 2:
            self._place |= {"rotate": image.rotate, "shear": image.shear, "affine": image.affine}

    def layers(self) -> list[Layer]:
        """Return the layers that are in the viewer."""
        return [layer for layer in (self.image, *self.drawn.values()) if layer is not None]

    @property
    def complete(self) -> bool:
        """Whether everything of the micrograph is in the viewer."""
        return self.image is not None and (
            self._state.labels is None or set(ROLES) <= set(self.drawn)
        )

    def forget(self, layer: Layer) -> None:
        """Take note that a layer was deleted."""
        if self.image is layer:
            self.image = None
        for role in [role for role, drawn in self.drawn.items() if drawn is layer]:
            del self.drawn[role]

    def draw(self) -> None:
        """Draw what is missing, and all of it as it is now."""
        viewer, state = self._viewer(), self._state
        if viewer is None:
            return
        if self.image is None:
            self.plane = ()
            picture, name = state.micrograph.image, state.micrograph.name
            again = viewer.add_image(picture, name=name, **self._place)
            self.attach(again)
            self._on_new_layer(again)
        self.calibrate()
        if state.labels is not None:
            outlines = DirectLabelColormap(color_dict={None: OUTLINE_COLOUR, 0: NOTHING})
            classes = state.shown_classes(self._session.unsure_below)
            colours = self._class_colours()
            self._put(PARTICLES, state.labels, outlines, contour=1, opacity=0.7)
            self._put(CLASSES, classes[state.labels], colours, contour=0, opacity=0.45)
            self._put(BY_HAND, state.by_hand[state.labels], colours, contour=2, opacity=1.0)
            self._describe()

    def erase(self) -> None:
        """Take particles and classes out of the viewer."""
        viewer = self._viewer()
        for layer in list(self.drawn.values()):
            if viewer is not None and layer in viewer.layers:
                viewer.layers.remove(layer)

    def calibrate(self) -> None:
        """Give the layers the micrograph's scale, so that napari's scale bar is right."""
        viewer, nm, image = self._viewer(), self._state.micrograph.pixel_size_nm, self.image
        if viewer is None or nm is None or image is None:
            return
        known = pixel_size_of_layer(image)
        if known is None or abs(known - nm) > 1e-9 * nm:
            # A layer in pixels, or one whose scale was corrected: its place grows with its pixels.
            stack = image.ndim - 2
            old = np.asarray(image.scale[stack:], float)
            new = np.sign(old) * nm
            image.translate = (
                *image.translate[:stack],
                *(image.translate[stack:] * np.abs(new / old)),
            )
            image.scale = (*image.scale[:stack], *new)
            image.units = (*map(str, image.units[:stack]), "nm", "nm")
        self._remember_place()
        for layer in self.drawn.values():
            layer.scale, layer.translate = self._place["scale"], self._place["translate"]
            layer.units = self._place["units"]
        viewer.canvas.overlays.scale_bar.visible = True
        self._describe()

    def _class_colours(self) -> DirectLabelColormap:
        colours: dict[int | None, Any] = {None: NOTHING, 0: NOTHING}
        colours.update({c.class_id: c.colour for c in self._session.classes})
        return DirectLabelColormap(color_dict=colours)

    def recolour(self) -> None:
        """Take the classes' names and colours as they are now."""
        for role in (CLASSES, BY_HAND):
            if role in self.drawn:
                self.drawn[role].colormap = self._class_colours()
        self.paint()

    def _put(
        self,
        role: str,
        data: np.ndarray,
        colours: DirectLabelColormap,
        contour: int,
        opacity: float,
    ) -> None:
        if role in self.drawn:
            self.drawn[role].data = data
            return
        viewer = self._viewer()
        assert viewer is not None
        active = viewer.layers.selection.active
        name = f"{role} · {self._state.micrograph.name}"
        layer = viewer.add_labels(data, name=name, colormap=colours, opacity=opacity, **self._place)
        layer.contour = contour
        # Its pixels belong to the session: napari's brush would change the picture and nothing else.
        layer.editable = False
        layer.mode = "pan_zoom"
        self.drawn[role] = layer
        self._on_new_layer(layer)
        if active is not None and active in viewer.layers:
            viewer.layers.selection.active = active

    def paint(self) -> None:
        """Colour all particles anew."""
        state = self._state
        if state.labels is None:
            return
        for role, classes in self._classes_by_role():
            if role in self.drawn:
                self.drawn[role].data = classes[state.labels]
        self._describe()

    def paint_particles(self, label_ids: list[int]) -> None:
        """Colour a few particles anew, touching only their pixels."""
        state = self._state
        if len(label_ids) > MANY:
            self.paint()
            return
        if state.labels is None:
            return
        for role, classes in self._classes_by_role():
            if role not in self.drawn:
                continue
            for label_id in label_ids:
                top, left, bottom, right = state.boxes[label_id]
                rows, columns = np.nonzero(state.labels[top:bottom, left:right] == label_id)
                self.drawn[role].data_setitem((rows + top, columns + left), int(classes[label_id]))
        layer = self.drawn.get(PARTICLES)
        if layer is not None and len(layer.features) == state.n_particles:
            # In place: a table set anew costs more than the click, and nobody but the hover reads it.
            for label_id in label_ids:
                layer.features.loc[label_id - 1, ["class", "by"]] = self._words(label_id)

    def _classes_by_role(self) -> tuple[tuple[str, np.ndarray], ...]:
        shown = self._state.shown_classes(self._session.unsure_below)
        return (CLASSES, shown), (BY_HAND, self._state.by_hand)

    def _words(self, label_id: int) -> list[str]:
        state = self._state
        names = {c.class_id: c.name for c in self._session.classes}
        hand, model = int(state.by_hand[label_id]), int(state.by_model[label_id])
        return [names.get(hand or model, "no class"), "hand" if hand else "model" if model else ""]

    def _describe(self) -> None:
        """Put into the particles layer what napari shows while the mouse is over a particle."""
        layer, state = self.drawn.get(PARTICLES), self._state
        if layer is None or state.table is None:
            return
        import pandas as pd

        ids = np.arange(1, state.n_particles + 1)
        table = state.table.set_index("label_id")
        unit = "nm" if state.micrograph.pixel_size_nm is not None else "px"
        size = table[f"equivalent_diameter_{unit}"].reindex(ids).round(1).to_numpy()
        words = [self._words(int(label_id)) for label_id in ids]
        layer.features = pd.DataFrame(
            {
                "index": ids,
                "class": [word for word, _ in words],
                "by": [by for _, by in words],
                "probability": np.round(state.probability[1:], 2),
                f"diameter ({unit})": size,
            }
        )
