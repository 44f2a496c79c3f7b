"""What is compared after each step of a walk: library, session and layers with the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from napari_ssrvae.docks.fills import class_of

if TYPE_CHECKING:
    from napari.layers import Labels
    from tests.docks.walk_ground import Ground

    from napari_ssrvae.library import ParticleLibrary

__all__ = ["check", "saved_state"]


def saved_state(library: ParticleLibrary) -> tuple[object, ...]:
    """What is compared with the library as another process finds it."""
    return (
        library.labels().to_dict(),
        library.classes(),
        library.particles()["area_px"].to_dict(),
        library.undo_text,
        library.redo_text,
    )


def check(walk: Ground) -> None:
    """Compare everything that can be seen or read with what the model says."""
    check_library(walk)
    check_session(walk)
    check_catalogue(walk)
    check_unsaved(walk)
    for number in range(len(walk.states)):
        check_state(walk, number)
        check_layers(walk, number)
    for layer, data in walk.strange:
        assert np.array_equal(layer.data, data), "a copy of a layer was written to"


def check_library(walk: Ground) -> None:
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


def check_session(walk: Ground) -> None:
    session, model = walk.session, walk.model
    assert [c.class_id for c in session.classes] == model.classes.ids
    assert session.active_class_id in model.classes.ids
    live = model.live
    hand = [model.labels.get(p, 0) for p in live]
    said = [model.prediction(p) for p in live]
    counts = {c: (hand.count(c), said.count(c)) for c in model.classes.ids}
    assert session.counts() == counts
    assert session.selection.ids.tolist() == sorted(model.selected)
    focus = session.selection.focus
    assert focus is None or focus in model.selected
    lost = session.lost_labels()
    assert lost["class_id"].to_dict() == {p: model.labels[p] for p in model.lost}
    pick = session.queue.current
    assert pick is None or pick.particle_id in live
    assert pick is None or walk.went_back or pick.particle_id not in model.labels
    assert (session.queue.order is None) <= (pick is None)


def check_catalogue(walk: Ground) -> None:
    """All particles of the library, whatever is open."""
    catalogue, model = walk.session.catalogue, walk.model
    particles = sorted(model.live)
    assert catalogue.particle_ids.tolist() == particles
    assert catalogue.by_hand.tolist() == [model.labels.get(p, 0) for p in particles]
    assert catalogue.by_model.tolist() == [model.prediction(p) for p in particles]
    unknown = np.array([0, -1, 10_000])
    assert (catalogue.rows(unknown) == -1).all()
    assert catalogue.rows(np.array(particles, np.int64)).tolist() == list(range(len(particles)))
    areas = [len(mask[p]) for p in particles for mask in model.masks if p in mask]
    assert catalogue.measurements["area_px"].tolist() == areas


def check_unsaved(walk: Ground) -> None:
    """What cannot be written is counted and told; what is saved is remembered for `kill`."""
    library = walk.session.need_library()
    assert (library.unsaved_reason is None) == (library.unsaved == 0)
    assert walk.session.unsaved == library.unsaved
    if not library.unsaved:
        walk.saved = saved_state(library)


def check_state(walk: Ground, number: int) -> None:
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


def check_layers(walk: Ground, number: int) -> None:
    """Whatever is there shows the state; a layer that was deleted is not missed."""
    for role, data in what_is_shown(walk, number).items():
        layer = walk.canvas.drawn_layer(walk.states[number], role)
        if layer is None:
            continue
        assert layer in walk.viewer.layers
        # What nobody sees may be painted later, but is right once it is seen.
        with shown(layer):
            drawn = np.asarray(layer.data)
            assert np.array_equal(class_of(drawn) if role == "classes" else drawn, data), role
    classes = walk.canvas.drawn_layer(walk.states[number], "classes")
    if classes is not None:
        colours = classes.colormap.color_dict
        for class_id, _, colour in walk.model.classes.listed:
            rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
            assert np.allclose(colours[class_id][:3], rgb, atol=1e-3)


def what_is_shown(walk: Ground, number: int) -> dict[str, np.ndarray]:
    """What the layers of a micrograph must show, by role."""
    state = walk.states[number]
    return {
        "particles": state.labels,
        "classes": state.shown_classes(0.0)[state.labels],
        "labels by hand": state.by_hand[state.labels],
    }


@contextmanager
def shown(layer: Labels) -> Iterator[None]:
    """Show a layer for a while."""
    before, layer.visible = layer.visible, True
    yield
    layer.visible = before
