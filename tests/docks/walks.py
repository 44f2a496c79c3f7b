"""Random walks of a user: a canvas on a viewer without a window, against the model of `walk_model`.

Two micrographs of twelve squares. Everything a user can do to particles, classes, labels, layers and the library
comes in any order; after each step what the library holds, what the session says and what the layers show must be
what the model says. Used by `test_walks` for some walks and by `benchmarks.walks` for thousands.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from napari.components import ViewerModel
from napari.utils.interactions import mouse_press_callbacks, mouse_release_callbacks
from tests.docks.walk_checks import check
from tests.docks.walk_model import Classes, Done, Model, Pixels

from napari_ssrvae.docks.canvas import Canvas
from napari_ssrvae.errors import InputError
from napari_ssrvae.library import (
    Act,
    AddClass,
    AddClasses,
    ForgetLostLabels,
    MoveClass,
    RecolourClass,
    RemoveClass,
    RenameClass,
)
from napari_ssrvae.micrographs import Micrograph
from napari_ssrvae.session import MicrographState, Session
from napari_ssrvae.workflow import ParticlesFound, Predictions, Trained, find_particles

SHAPE = (36, 48)
LEFT, RIGHT = 1, 2

names = st.sampled_from(
    ["rod", "Rod", "cube", "single", "", "棒", "none of these", "x" * 65, "=1+1"]
)
colours = st.sampled_from(["#010203", "#ffffff", "#e69f00"])
class_ids = st.sampled_from([1, 2, 3, 4, 5, 6, 255])
class_acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(AddClass, names, colours),
    st.builds(AddClasses, st.lists(st.tuples(names, colours), max_size=3).map(tuple)),
    st.builds(RenameClass, class_ids, names),
    st.builds(RecolourClass, class_ids, colours),
    st.builds(MoveClass, class_ids, st.integers(0, 4)),
    st.builds(RemoveClass, class_ids, st.none() | class_ids),
)


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


class Walk(RuleBasedStateMachine):
    """A user who does whatever comes to mind."""

    compared = 0

    @initialize()
    def begin(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.viewer = ViewerModel()
        self.canvas = Canvas(self.viewer, Session(self.home))
        self.strange: list[tuple[Any, np.ndarray]] = []
        self.models = 0
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
        """Draw particles of the current micrograph."""
        there = sorted(self.model.masks[self.number()])
        if len(there) < least:
            return set()
        return set(data.draw(st.lists(st.sampled_from(there), min_size=least, max_size=most)))

    def labels_of(self, particles: Iterable[int]) -> list[int]:
        found = [self.session.locate(p) for p in particles]
        return [at[1] for at in found if at is not None]

    # --- labels --------------------------------------------------------------------------------

    @rule(data=st.data(), class_id=st.none() | class_ids)
    def label(self, data: st.DataObject, class_id: int | None) -> None:
        particles = self.pick(data, 0)
        allowed = bool(particles) and (class_id is None or class_id in self.model.classes.ids)
        assert self.act(lambda: self.session.assign(particles, class_id)) == allowed
        if allowed:
            self.model.assign(particles, class_id or 0)

    @rule(data=st.data(), right=st.booleans())
    def click(self, data: st.DataObject, right: bool) -> None:
        """The mouse on a particle: the active class, again: none; the right button: none."""
        chosen = self.pick(data, 1, 1)
        image = self.canvas.image_layer(self.session.current)
        if not chosen or image is None or not image.visible:
            return
        (particle,) = chosen
        active = self.session.active_class_id or 0
        at = sorted(self.model.masks[self.number()][particle])
        self.press(divmod(at[len(at) // 2], SHAPE[1]), RIGHT if right else LEFT)
        again = self.model.labels.get(particle, 0) == active
        self.model.assign({particle}, 0 if right or again else active)

    @rule()
    def click_on_background(self) -> None:
        self.press((0, 0), LEFT)

    def press(self, at: tuple[int, int], button: int) -> None:
        image = self.canvas.image_layer(self.session.current)
        if image is None:
            return
        event = SimpleNamespace(
            type="mouse_press",
            button=button,
            modifiers=(),
            pos=np.array([5.0, 5.0]),
            position=tuple(image.data_to_world(at)),
            is_dragging=False,
            handled=False,
            view_direction=None,
            dims_displayed=[0, 1],
        )
        mouse_press_callbacks(self.viewer, _Told(event))
        event.type = "mouse_release"
        mouse_release_callbacks(self.viewer, event)

    @rule(class_id=class_ids)
    def choose(self, class_id: int) -> None:
        known = class_id in self.model.classes.ids
        assert self.act(lambda: self.session.set_active_class(class_id)) == known

    @rule(act=class_acts)
    def class_act(self, act: Act) -> None:
        before = {c.class_id for c in self.session.classes}
        done = self.act(lambda: self.session.do(act))
        new = [c.class_id for c in self.session.classes if c.class_id not in before]
        assert self.model.act_on_classes(act, new) == done

    @precondition(lambda self: self.model.lost)
    @rule(data=st.data())
    def forget_lost(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sets(st.sampled_from(sorted(self.model.lost)), min_size=1))
        self.session.do(ForgetLostLabels(tuple(chosen)))
        self.model.assign(chosen, 0)

    # --- masks ---------------------------------------------------------------------------------

    def edit(self, what: Callable[[], object], went: set[int]) -> None:
        """Do an edit; the model learns what came, once what went and what stayed is found right."""
        number = self.number()
        before = self.model.masks[number]
        if not self.act(what):
            return
        after = pixels_of(self.states[number])
        assert after.keys() & before.keys() == before.keys() - went
        came = {particle: after[particle] for particle in after.keys() - before.keys()}
        assert not came.keys() & self.model.labels.keys()
        gone = tuple((particle, before[particle]) for particle in sorted(went))
        self.model.do(Done(number, gone, tuple(came.items())))

    @rule(data=st.data(), kind=st.sampled_from(["delete", "merge"]))
    def delete_or_merge(self, data: st.DataObject, kind: str) -> None:
        chosen = self.pick(data, 1, 3)
        if chosen:
            state, label_ids = self.states[self.number()], self.labels_of(chosen)
            act = getattr(self.session, f"{kind}_particles")
            self.edit(lambda: act(state, label_ids), chosen)

    @rule(data=st.data(), at=st.integers(1, 5))
    def split(self, data: st.DataObject, at: int) -> None:
        chosen = self.pick(data, 1, 1)
        if chosen:
            state, (label_id,) = self.states[self.number()], self.labels_of(chosen)
            top, left, bottom, _ = state.boxes[label_id].tolist()
            stroke = [(top - 1, left + at), (bottom, left + at)]
            self.edit(lambda: self.session.split_particle(state, label_id, stroke), chosen)

    @rule(row=st.integers(0, 35), column=st.integers(0, 47))
    def paint(self, row: int, column: int) -> None:
        state = self.states[self.number()]
        self.edit(lambda: self.session.paint_particle(state, [(row, column)], 2.5), set())

    @rule(shift=st.sampled_from([0, 1, 5]))
    def segment(self, shift: int) -> None:
        number = self.number()
        state = self.states[number]
        self.session.accept_particles(state, found(number, shift))
        self.model.segmented(number, pixels_of(state))
        self.learn_predictions()

    def learn_predictions(self) -> None:
        """Predictions of particles that look otherwise now are stale: which, is a rule of another test."""
        known = self.session.need_library().predictions().index
        live = self.model.live
        self.model.said = {p: c for p, c in self.model.said.items() if p in known or p not in live}

    @rule(seed=st.integers(0, 99))
    def train(self, seed: int) -> None:
        """A training ends: each particle gets a prediction."""
        ids = np.array(sorted(self.model.live), np.int64)
        classes = tuple(self.model.classes.ids[:4])
        if not len(ids) or len(classes) < 2:
            return
        self.models += 1
        name = f"model-{self.models}"
        library = self.session.need_library()
        library.model_folder(name).mkdir(exist_ok=True)
        (library.model_folder(name) / "config.json").write_text("{}")
        chosen = np.random.default_rng(seed).integers(0, len(classes), len(ids))
        share = 0.1 / (len(classes) - 1)
        probabilities = np.full((len(ids), len(classes)), share, np.float32)
        probabilities[np.arange(len(ids)), chosen] = 0.9
        nothing = np.zeros(len(ids), np.float32)
        predictions = Predictions(
            ids,
            classes,
            probabilities,
            nothing,
            nothing,
            np.zeros((len(ids), 2), np.float32),
            np.zeros((len(ids), 2), np.float32),
        )
        self.session.accept_training(Trained(name, library.model_folder(name), predictions, {}))
        said = {int(p): classes[k] for p, k in zip(ids, chosen, strict=True)}
        self.model.said = said

    # --- history -------------------------------------------------------------------------------

    @rule(n=st.integers(1, 4))
    def undo(self, n: int) -> None:
        for _ in range(n):
            assert self.session.undo() == self.model.undo()

    @rule(n=st.integers(1, 4))
    def redo(self, n: int) -> None:
        for _ in range(n):
            assert self.session.redo() == self.model.redo()

    @rule()
    def reopen(self) -> None:
        """Close the library and go on in the same window."""
        folder = self.session.need_library().folder
        self.session.close()
        self.session.open_library(folder)

    @rule(library_first=st.booleans())
    def restart(self, library_first: bool) -> None:
        """Close the window and go on in another one."""
        folder, number = self.session.need_library().folder, self.number()
        self.session.close()
        self.viewer = ViewerModel()
        self.canvas = Canvas(self.viewer, Session(self.home))
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
        labels = [
            layer for layer in self.canvas.viewer.layers if layer.__class__.__name__ == "Labels"
        ]
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

    @invariant()
    def same(self) -> None:
        if hasattr(self, "model"):
            check(self)
            self.compared += 1

    def teardown(self) -> None:
        if hasattr(self, "canvas"):
            self.session.close()
            shutil.rmtree(self.home)


class _Told(SimpleNamespace):
    """An event as napari hands it on: what is wrapped can be exchanged for the next one."""

    def __init__(self, event: Any) -> None:
        super().__init__()
        self.__wrapped__ = event

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["__wrapped__"], name)
