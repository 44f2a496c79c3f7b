"""What is compared after each step of a walk: library, session and layers with the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tests.docks.walks import Walk

__all__ = ["check"]


def check(walk: Walk) -> None:
    """Compare everything that can be seen or read with what the model says."""
    check_library(walk)
    check_session(walk)
    for number in range(len(walk.states)):
        check_state(walk, number)
        check_layers(walk, number)
    for layer, data in walk.strange:
        assert np.array_equal(layer.data, data), "a copy of a layer was written to"


def check_library(walk: Walk) -> None:
    library, model = walk.session.need_library(), walk.model
    live = model.live
    assert library.labels().to_dict() == {p: c for p, c in model.labels.items() if p in live}
    listed = [(c.class_id, c.name, c.colour) for c in library.classes()]
    assert tuple(listed) == model.classes.listed
    assert library.can_undo == bool(model.past)
    assert library.can_redo == bool(model.future)
    table = library.predictions()
    said = {p: model.prediction(p) for p in model.said.keys() & live}
    assert table["class_id"].to_dict() == said
    lost = library.retired()
    lost = lost[lost["class_id"].notna() & ~lost["by_hand"].astype(bool)]["class_id"]
    assert lost.to_dict() == {p: model.labels[p] for p in model.lost}


def check_session(walk: Walk) -> None:
    session, model = walk.session, walk.model
    assert [c.class_id for c in session.classes] == model.classes.ids
    assert session.active_class_id in model.classes.ids
    live = model.live
    hand = [model.labels.get(p, 0) for p in live]
    said = [model.prediction(p) for p in live]
    counts = {c: (hand.count(c), said.count(c)) for c in model.classes.ids}
    assert session.counts() == counts


def check_state(walk: Walk, number: int) -> None:
    state, mask = walk.states[number], walk.model.masks[number]
    assert state.labels is not None
    expected = np.zeros(state.labels.size, np.int64)
    for particle, pixels in mask.items():
        expected[list(pixels)] = particle
    assert np.array_equal(state.particle_ids[state.labels].ravel(), expected)
    label_ids = state.label_ids
    particles = state.particle_ids[label_ids].tolist()
    assert set(particles) == mask.keys()
    hand = [walk.model.labels.get(p, 0) for p in particles]
    assert state.by_hand[label_ids].tolist() == hand
    assert state.by_model[label_ids].tolist() == [walk.model.prediction(p) for p in particles]
    assert state.table is not None
    assert sorted(state.table.index) == sorted(mask)


def check_layers(walk: Walk, number: int) -> None:
    """Whatever is there shows the state; a layer that was deleted is not missed."""
    state, canvas = walk.states[number], walk.canvas
    shown = {
        "particles": state.labels,
        "classes": state.shown_classes(0.0)[state.labels],
        "labels by hand": state.by_hand[state.labels],
    }
    for role, data in shown.items():
        layer = canvas.drawn_layer(state, role)
        if layer is not None:
            assert layer in walk.viewer.layers
            assert np.array_equal(np.asarray(layer.data), data), role
    classes = canvas.drawn_layer(state, "classes")
    if classes is not None:
        colours = classes.colormap.color_dict
        for class_id, _, colour in walk.model.classes.listed:
            rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            assert np.allclose(colours[class_id][:3], rgb, atol=1e-3)
