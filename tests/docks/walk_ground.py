"""The ground on which walks go: a viewer without a window, a canvas on it, two micrographs of twelve squares."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import wrapt
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from napari.components import ViewerModel
from napari.utils.interactions import (
    mouse_move_callbacks,
    mouse_press_callbacks,
    mouse_release_callbacks,
)
from tests.docks.walk_checks import check
from tests.docks.walk_model import Classes, Model, Pixels

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.errors import InputError
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import MicrographState, Session
from napari_ssrvae.workflow import ParticlesFound, find_particles

try:
    import resource
except ImportError:  # No such limits on Windows: there the disk of a walk is never full.
    resource = None  # type: ignore[assignment]

__all__ = ["CLASS_IDS", "LEFT", "RIGHT", "SHAPE", "Ground", "found", "pixels_of"]

SHAPE = (36, 48)
LEFT, RIGHT = 1, 2

CLASS_IDS = st.sampled_from([1, 2, 3, 4, 5, 6, 255])


@cache
def picture(number: int) -> Micrograph:
    image = np.random.default_rng(number).integers(0, 255, SHAPE, dtype=np.uint8)
    return Micrograph.from_array(image, name=f"walk {number}", pixel_size_nm=2.0)


@cache
def found(number: int, shift: int) -> ParticlesFound:
    """3 x 4 squares of 6 px, 2 px apart, shifted down; shifted by 5, most overlap those before too little."""
    mask = np.zeros(SHAPE, np.int32)
    for i in range(12):
        row, column = 2 + shift + 9 * (i // 4), 3 + 8 * (i % 4)
        mask[row : row + 6, column : column + 6] = i + 1
    events = find_particles(picture(number), labels=mask, size=8, window=8)
    return next(event for event in events if isinstance(event, ParticlesFound))


def pixels_of(state: MicrographState) -> dict[int, Pixels]:
    """The pixels of each particle id, as the state has them."""
    assert state.labels is not None
    flat = state.labels.ravel()
    order = np.argsort(flat, kind="stable")
    label_ids, starts = np.unique(flat[order], return_index=True)
    parts = np.split(order, starts[1:])
    return {
        int(state.particle_ids[label_id]): frozenset(part.tolist())
        for label_id, part in zip(label_ids, parts, strict=True)
        if label_id
    }


class Ground(RuleBasedStateMachine):
    """A library that is worked on, and the model of what must be true of it."""

    compared = 0

    @initialize()
    def begin(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.viewer = ViewerModel()
        self.canvas = Canvas(self.viewer, Session(self.home, seed=0))
        self.strange: list[tuple[Any, np.ndarray]] = []
        self.models = 0
        self.full = False
        self.went_back = False
        self.states: list[MicrographState] = []
        self.open()
        self.session.set_unsure_below(0.0)
        classes = [(c.class_id, c.name, c.colour) for c in self.session.classes]
        self.model = Model(classes[-1][0], Classes(tuple(classes)), [pixels_of(self.states[0])])

    @property
    def session(self) -> Session:
        return self.canvas.session

    def show(self) -> MicrographState:
        """Open the next micrograph as a layer."""
        number = len(self.states)
        image = self.viewer.add_image(
            picture(number).image, name=f"walk {number}", scale=(2, 2), units=("nm", "nm")
        )
        self.states.append(self.canvas.adopt(image))
        return self.states[-1]

    def open(self) -> None:
        """Open the next micrograph and find its particles."""
        self.session.accept_particles(self.show(), found(len(self.states) - 1, 0))

    def act(self, what: Callable[[], object]) -> bool:
        """Do something; False if it was refused with a sentence."""
        try:
            with self.disk():
                what()
        except InputError as error:
            sentence = str(error)
        else:
            return True
        assert sentence.endswith(".")
        return False

    def number(self) -> int:
        assert self.session.current is not None
        return self.states.index(self.session.current)

    def pick(self, data: st.DataObject, least: int = 1, most: int = 4) -> set[int]:
        """Draw particles of the current micrograph, more often those that are selected or under review."""
        there = sorted(self.model.masks[self.number()])
        if len(there) < least:
            return set()
        under_review = self.session.queue.current
        meant = self.model.selected | ({under_review.particle_id} if under_review else set())
        there += 4 * [particle for particle in there if particle in meant]
        return set(data.draw(st.lists(st.sampled_from(there), min_size=least, max_size=most)))

    def labels_of(self, particles: Iterable[int]) -> list[int]:
        found = [self.session.locate(p) for p in particles]
        return [at[1] for at in found if at is not None]

    def mouse(
        self,
        path: list[tuple[float, float]],
        button: int = LEFT,
        modifiers: tuple[str, ...] = (),
    ) -> None:
        """Press the button at the first place of a path (row, column), let it go at the last."""
        image = self.canvas.image_layer(self.session.current)
        assert image is not None
        told: Any = None
        kinds = ["mouse_press", *["mouse_move"] * (len(path) - 1), "mouse_release"]
        callbacks = {
            "mouse_press": mouse_press_callbacks,
            "mouse_move": mouse_move_callbacks,
            "mouse_release": mouse_release_callbacks,
        }
        for kind, at in zip(kinds, [*path, path[-1]], strict=True):
            told = SimpleNamespace(
                type=kind,
                button=button,
                modifiers=modifiers,
                # The screen shows four points for each pixel.
                pos=4 * np.asarray(at, float)[::-1],
                position=tuple(image.data_to_world(at)),
                is_dragging=kind == "mouse_move",
                handled=False,
                view_direction=None,
                dims_displayed=[0, 1],
            )
            with self.disk():
                # As napari does: what is wrapped is exchanged for the next event.
                callbacks[kind](self.viewer, wrapt.ObjectProxy(told))

    @property
    def pointed_at(self) -> bool:
        """Whether there is a picture that takes clicks."""
        image = self.canvas.image_layer(self.session.current)
        return image is not None and image.visible

    @contextmanager
    def disk(self) -> Iterator[None]:
        """Let nothing be written while the disk is full."""
        if not self.full:
            yield
            return
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    @invariant()
    def same(self) -> None:
        if hasattr(self, "model"):
            check(self)
            self.compared += 1

    def teardown(self) -> None:
        if hasattr(self, "canvas"):
            self.session.close()
            shutil.rmtree(self.home)
