"""What a walk does to particles: edits by hand, new segmentations, trainings that end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.docks.walk_ground import Ground, found, pixels_of
from tests.docks.walk_model import Done

from napari_ssrvae.workflow import Predictions, Trained

__all__ = ["MaskRules"]


class MaskRules(Ground):
    """Particles come and go."""

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

    @precondition(lambda self: self.model.selected & self.model.masks[self.number()].keys())
    @rule()
    def delete_selected(self) -> None:
        number = self.number()
        chosen = self.model.selected & self.model.masks[number].keys()
        label_ids = self.labels_of(chosen)
        self.edit(lambda: self.session.delete_particles(self.states[number], label_ids), chosen)

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
        # Its files cannot be kept in memory: with a full disk it is refused, and nothing is another.
        if (
            self.act(lambda: self.session.accept_particles(state, found(number, shift)))
            == self.full
        ):
            raise AssertionError("a segmentation on a full disk, or none on an empty one")
        if self.full:
            return
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
        if not len(ids) or len(classes) < 2 or self.full:
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
