"""One micrograph of the session drawn into a viewer: the picture, its particles, its classes."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels, Layer
from napari.utils.colormaps import DirectLabelColormap

from napari_ssrvae.docks.fills import Striped
from napari_ssrvae.docks.keeping import keep_from_editing
from napari_ssrvae.docks.painting import BY_HAND, CLASSES, NOTHING, PARTICLES, Painting
from napari_ssrvae.docks.places import place_of, put_in_place
from napari_ssrvae.docks.pyramid import Mapped, pyramid
from napari_ssrvae.docks.sources import pixel_size_of_layer
from napari_ssrvae.docks.strip import Strip
from napari_ssrvae.docks.units import BORROWED, borrow_nm, give_back_nm, mark_like
from napari_ssrvae.session import MicrographState, Session

if TYPE_CHECKING:
    import napari

__all__ = ["BY_HAND", "CLASSES", "PARTICLES", "Drawing"]

ROLES = (PARTICLES, CLASSES, BY_HAND)
# Seen on every grey, and none of the classes' colours.
OUTLINE_COLOUR = (1.0, 0.2, 0.6, 1.0)
# Width of outlines in pixels of the screen: of particles, and of labels by hand.
OUTLINE, HAND_OUTLINE = 1.0, 2.5
# Each with the width of its outline, 0 = filled, and its opacity.
FILLS_AND_OUTLINES = ((CLASSES, 0, 0.6), (BY_HAND, 2, 1.0))


class Drawing(Painting):
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
        super().__init__(session, state)
        self._on_new_layer = on_new_layer
        self.plane = plane
        self._place: dict[str, Any] = {}
        self._erased: set[str] = set()
        self._due: Callable[[], None] | None = None
        self.strip = Strip(viewer, state)
        self.image: Image | None = None
        if image is not None:
            self.attach(image)

    def attach(self, image: Image) -> None:
        """Take this layer as the picture of the micrograph."""
        self.image = image
        self._remember_place()

    def _remember_place(self) -> None:
        """Keep where the picture lies in the world, for the day that its layer is deleted."""
        if self.image is not None:
            self._place = place_of(self.image)

    def layers(self) -> list[Layer]:
        """Return the layers that are in the viewer."""
        every = (self.image, *self.drawn.values(), self.strip.layer)
        return [layer for layer in every if layer is not None]

    @property
    def complete(self) -> bool:
        """Whether everything of the micrograph is in the viewer."""
        return (
            self.image is not None
            and self.strip.complete
            and (self._state.labels is None or set(ROLES) <= set(self.drawn))
        )

    def outlined(self) -> list[tuple[Labels, float]]:
        """Return the layers that are outlines, and how wide these should be on the screen, in pixels."""
        widths = ((PARTICLES, OUTLINE), (BY_HAND, HAND_OUTLINE))
        return [(self.drawn[role], width) for role, width in widths if role in self.drawn]

    def forget(self, layer: Layer) -> None:
        """Take note that a layer was deleted."""
        if self.image is layer:
            self.image = None
        if self.strip.layer is layer:
            self.strip.layer = None
        for role in [role for role, drawn in self.drawn.items() if drawn is layer]:
            del self.drawn[role]

    def draw(self) -> None:
        """Draw what is missing, and all of it as it is now."""
        viewer, state = self._viewer(), self._state
        if viewer is None:
            return
        self._due = None
        if self.image is None:
            self.plane = ()
            picture, name = state.micrograph.image, state.micrograph.name
            again = Image(picture, name=name, **self._place)
            if state.micrograph.pixel_size_nm is None and str(again.units[-1]) != "pixel":
                again.metadata[BORROWED] = tuple(map(float, again.scale[-2:]))
            # Below what lies on it, and below other micrographs, which do not see it.
            viewer.layers.insert(0, again)
            self.attach(again)
            self._on_new_layer(again)
        self.calibrate()
        if state.labels is not None:
            outlines = DirectLabelColormap(color_dict={None: OUTLINE_COLOUR, 0: NOTHING})
            if self._large:
                levels = pyramid(state.labels)
                self._came_or_went()
                self._put(PARTICLES, levels, outlines, contour=1, opacity=0.7)
                for role, contour, opacity in FILLS_AND_OUTLINES:
                    table = self._tables[role] = self._classes(role)
                    kind = Striped if role == CLASSES else Mapped
                    mapped = [kind(level, table) for level in levels]
                    self._put(role, mapped, self._colours(role), contour=contour, opacity=opacity)
            else:
                # A copy: only what differs from the session's own is drawn again after an edit.
                self._put(PARTICLES, state.labels.copy(), outlines, contour=1, opacity=0.7)
                for role, contour, opacity in FILLS_AND_OUTLINES:
                    classes = self._pixels(role)
                    self._put(role, classes, self._colours(role), contour=contour, opacity=opacity)
            self.describe()

    def follow_predictions(self) -> None:
        """Fill the particles anew at once if they are seen; `settle` does the rest."""
        if any(layer.visible for layer in self.drawn.values()):
            self.paint_predictions()
            self._due = self.describe
        else:
            self._due = self.paint

    def settle(self) -> bool:
        """Do what can wait until it is seen, or until there is time; False if there was nothing to do."""
        due, self._due = self._due, None
        if due is None:
            return False
        due()
        return True

    def _on_visible(self) -> None:
        # Nobody is shown what the model said before.
        if any(layer.visible for layer in self.drawn.values()):
            self.settle()

    def erase(self) -> None:
        """Take particles and classes out of the picture.

        The layers stay, empty and hidden, for the next ones: taking several out of napari between two pictures
        crashes it under Mesa's software renderer (napari 0.9.2).
        """
        for layer in self.drawn.values():
            shape = layer.data[0].shape if layer.multiscale else layer.data.shape
            nothing = np.zeros(shape, layer.dtype)
            layer.data = pyramid(nothing) if layer.multiscale else nothing
            layer.visible = False
        self._tables.clear()
        self._erased = set(self.drawn)

    def calibrate(self) -> None:
        """Give the layers the micrograph's scale, so that napari's scale bar is right; draw its data bar."""
        viewer, nm, image = self._viewer(), self._state.micrograph.pixel_size_nm, self.image
        if viewer is None or image is None:
            return
        if nm is not None:
            self._scale_picture(image, nm)
        self._remember_place()
        for layer in self.drawn.values():
            put_in_place(layer, self._place)
            mark_like(layer, image)
        self.strip.draw(self._place, self._on_new_layer)
        self.describe()

    @staticmethod
    def _scale_picture(image: Image, nm: float) -> None:
        known = pixel_size_of_layer(image)
        if known is not None and abs(known - nm) <= 1e-9 * nm:
            return
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
        image.metadata.pop(BORROWED, None)

    def agree_on_units(self, *, others_in_nm: bool) -> None:
        """Let a picture without scale have napari's units in common with those that have one."""
        if self.image is None or self._state.micrograph.pixel_size_nm is not None:
            return
        before = tuple(map(str, self.image.units))
        if others_in_nm:
            borrow_nm(self.image)
        else:
            give_back_nm(self.image)
        if tuple(map(str, self.image.units)) != before:
            self.calibrate()

    def _put(
        self,
        role: str,
        data: Any,
        colours: DirectLabelColormap,
        contour: int,
        opacity: float,
    ) -> None:
        if role in self.drawn:
            self.drawn[role].data = data
            if role in self._erased:
                self._erased.discard(role)
                self.drawn[role].visible = True
            return
        viewer = self._viewer()
        assert viewer is not None
        active = viewer.layers.selection.active
        name = f"{role} · {self._state.micrograph.name}"
        layer = viewer.add_labels(data, name=name, colormap=colours, opacity=opacity, **self._place)
        layer.contour = contour
        keep_from_editing(layer)
        if self.image is not None:
            mark_like(layer, self.image)
        self.drawn[role] = layer
        layer.events.visible.connect(self._on_visible)
        self._on_new_layer(layer)
        if active is not None and active in viewer.layers:
            viewer.layers.selection.active = active

    def paint_region(self, region: tuple[slice, slice]) -> None:
        """Draw a part of the mask that was edited, and nothing else."""
        state = self._state
        if state.labels is None or set(self.drawn) != set(ROLES):
            self.draw()
            return
        if self._large:
            if self.drawn[PARTICLES].data[0] is not state.labels:
                # The session holds another array now: the pyramid is made of views, so it costs nothing.
                self.draw()
                return
            self.drawn[PARTICLES].refresh(extent=False, thumbnail=False)
            # All that an edit changes belongs to particles that came or went; most have no class.
            changed = self._came_or_went()
            for role in (CLASSES, BY_HAND):
                table = self._classes(role)
                old = self._tables[role][changed[changed < len(self._tables[role])]]
                self._look_up_again(
                    role, draw=bool(old.any() or table[changed[changed < len(table)]].any())
                )
        else:
            self._set_part(PARTICLES, region, state.labels[region])
            for role in (CLASSES, BY_HAND):
                self._set_part(role, region, self._pixels(role, region))
        self.describe()
