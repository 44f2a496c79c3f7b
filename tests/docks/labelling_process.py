"""A process that labels until it is killed, and how to look at what it has left. Used by `benchmarks.kills`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from napari.components import ViewerModel
from qtpy.QtWidgets import QApplication
from tests.library.killing import Report

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AddClass, MoveClass, RecolourClass, RemoveClass, RenameClass
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import Session
from napari_ssrvae.workflow import ParticlesFound, find_particles

__all__ = ["begin", "opened", "shown", "work"]

SIDE = 192
PITCH = 16


def picture() -> Micrograph:
    image = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE), dtype=np.uint8)
    return Micrograph.from_array(image, name="killed", pixel_size_nm=2.0)


def squares() -> np.ndarray:
    """Return a mask of 144 squares of 10 px."""
    row, column = np.mgrid[:SIDE, :SIDE]
    inside = (row % PITCH < 10) & (column % PITCH < 10)
    return np.where(inside, row // PITCH * (SIDE // PITCH) + column // PITCH + 1, 0).astype(
        np.int32
    )


def begin(folder: Path) -> None:
    """Make the library that is worked on."""
    session = Session(folder.parent)
    session.create_library(folder)
    state = session.add_micrograph(picture())
    events = find_particles(state.micrograph, labels=squares(), size=12, window=16)
    found = next(event for event in events if isinstance(event, ParticlesFound))
    session.accept_particles(state, found)
    session.close()


@contextmanager
def opened(folder: Path) -> Iterator[Canvas]:
    """Open the library in a canvas on a viewer without a window."""
    application = QApplication.instance() or QApplication([])
    viewer = ViewerModel()
    canvas = Canvas(viewer, Session(folder.parent))
    viewer.add_image(picture().image, name="killed", scale=(2, 2), units=("nm", "nm"))
    canvas.session.open_library(folder)
    assert not canvas.session.need_library().read_only
    yield canvas
    canvas.session.close()
    del application


def shown(canvas: Canvas) -> str:
    """Return a digest of what a user sees: particles and labels by hand in the layers, the list of classes."""
    session = canvas.session
    state = session.current
    assert state is not None
    digest = hashlib.sha256()
    for role in ("particles", "labels by hand"):
        layer = canvas.drawn_layer(state, role)
        assert layer is not None
        data = np.asarray(layer.data)
        # Particles by their id, which is theirs for life.
        digest.update((state.particle_ids[data] if role == "particles" else data).tobytes())
    digest.update(repr([(c.class_id, c.name, c.colour) for c in session.classes]).encode())
    return digest.hexdigest()[:16]


def act(canvas: Canvas, kind: str, chance: random.Random) -> None:
    """Do one thing; what is refused with a sentence changes nothing."""
    session = canvas.session
    state = session.current
    assert state is not None
    label_ids = state.label_ids.tolist()
    chosen = chance.sample(label_ids, min(len(label_ids), 3))
    classes = [c.class_id for c in session.classes]
    try:
        if kind == "undo":
            session.undo()
        elif kind == "redo":
            session.redo()
        elif kind == "click":
            session.click(state, chosen[0])
        elif kind == "many":
            many = chance.sample(label_ids, len(label_ids) // 2)
            session.assign(state.particle_ids[many], chance.choice(classes))
        elif kind == "queue":
            if session.queue.current is None:
                session.queue.start("helpful")
            session.queue.answer(chance.choice(classes))
        elif kind == "class":
            one, other = chance.sample(classes[:-1], 2)
            number = chance.randrange(10**6)
            acts = (
                AddClass(f"class {number}"),
                RenameClass(one, f"name {number}"),
                RecolourClass(one, f"#{number:06d}"),
                MoveClass(one, 0),
                # The list must not run empty.
                RemoveClass(one, other) if len(classes) > 4 else AddClass(f"class {number}"),
            )
            session.do(chance.choice(acts))
        elif kind == "delete":
            session.delete_particles(state, chosen[:1])
        elif kind == "split":
            top, left, bottom, right = state.boxes[chosen[0]].tolist()
            middle = (left + right) / 2
            session.split_particle(state, chosen[0], [(top - 1, middle), (bottom, middle)])
        else:
            at = chance.uniform(0, SIDE), chance.uniform(0, SIDE)
            session.paint_particle(state, [at], 3)
    except InputError:
        pass


KINDS = (
    ("click",) * 5 + ("undo",) * 4 + ("redo",) * 2 + ("many", "queue", "queue", "class", "class")
)
KINDS += ("delete", "split", "paint")


def work(folder: Path, seed: int, report: Report) -> None:
    """Label until the end."""
    chance = random.Random(seed)
    with opened(folder) as canvas:
        while True:
            kind = chance.choice(KINDS)
            report(f"begin {kind}")
            act(canvas, kind, chance)
            report(f"shown {kind} {shown(canvas)}")
