"""What a walk does to labels, classes and the selection."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.docks.walk_ground import CLASS_IDS, LEFT, RIGHT, SHAPE, Ground

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

__all__ = ["LabelRules"]

names = st.sampled_from(
    ["rod", "Rod", "cube", "single", "", "棒", "none of these", "x" * 65, "=1+1"]
)
colours = st.sampled_from(["#010203", "#ffffff", "#e69f00"])
class_acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(AddClass, names, colours),
    st.builds(AddClasses, st.lists(st.tuples(names, colours), max_size=3).map(tuple)),
    st.builds(RenameClass, CLASS_IDS, names),
    st.builds(RecolourClass, CLASS_IDS, colours),
    st.builds(MoveClass, CLASS_IDS, st.integers(0, 4)),
    st.builds(RemoveClass, CLASS_IDS, st.none() | CLASS_IDS),
)


class LabelRules(Ground):
    """Labels by mouse and in groups, acts on classes, selections."""

    @rule(data=st.data(), class_id=st.none() | CLASS_IDS)
    def label(self, data: st.DataObject, class_id: int | None) -> None:
        particles = self.pick(data, 0)
        allowed = bool(particles) and (class_id is None or class_id in self.model.classes.ids)
        assert self.act(lambda: self.session.assign(particles, class_id)) == allowed
        if allowed:
            self.model.assign(particles, class_id or 0)

    @precondition(lambda self: self.pointed_at)
    @rule(data=st.data(), right=st.booleans(), ctrl=st.booleans(), labelling=st.booleans())
    def click(self, data: st.DataObject, right: bool, ctrl: bool, labelling: bool) -> None:
        """The mouse on a particle: the active class, again: none; the right button: none; Ctrl: selects it too."""
        chosen = self.pick(data, 1, 1)
        if not chosen:
            return
        (particle,) = chosen
        active = self.session.active_class_id or 0
        at = sorted(self.model.masks[self.number()][particle])
        self.canvas.hand.switch(labelling)
        self.mouse(
            [divmod(at[len(at) // 2], SHAPE[1])],
            RIGHT if right else LEFT,
            ("Control",) if ctrl else (),
        )
        if labelling and not ctrl:
            again = self.model.labels.get(particle, 0) == active
            self.model.assign(chosen, 0 if right or again else active)
        if not right:
            self.model.selected = self.model.selected ^ chosen if ctrl else chosen

    @precondition(lambda self: self.pointed_at)
    @rule()
    def click_on_background(self) -> None:
        covered = self.model.masks[self.number()].values()
        bare = set(range(SHAPE[0] * SHAPE[1])).difference(*covered)
        if bare:
            self.mouse([divmod(min(bare), SHAPE[1])])

    @rule(
        data=st.data(),
        how=st.sampled_from(["select", "add", "remove", "toggle"]),
        strange=st.sets(st.integers(-3, 99), max_size=2),
    )
    def select(self, data: st.DataObject, how: str, strange: set[int]) -> None:
        """Also ids that are of no particle, or of one that is gone."""
        chosen = self.pick(data, 0) | strange
        getattr(self.session.selection, how)(chosen)
        now = {
            "select": lambda: chosen,
            "add": lambda: self.model.selected | chosen,
            "remove": lambda: self.model.selected - chosen,
            "toggle": lambda: self.model.selected ^ chosen,
        }[how]()
        self.model.selected = now & self.model.live

    @rule(key=st.sampled_from(["1", "2", "4", "9", "X", "0"]))
    def press_key(self, key: str) -> None:
        """A key in the gallery: meant for the selection."""
        chosen = set(self.model.selected)
        ordinary = self.model.classes.ids[:-1]
        with self.disk():
            assert self.canvas.commands.press(key, sorted(chosen))
        if key == "0":
            labelled = chosen & self.model.labels.keys()
            if labelled:
                self.model.assign(labelled, 0)
        elif key == "X":
            self.answer(chosen, self.model.reserved)
        elif int(key) <= len(ordinary):
            self.answer(chosen, ordinary[int(key) - 1])

    def answer(self, chosen: set[int], class_id: int) -> None:
        if chosen:
            self.model.assign(chosen, class_id)
        assert self.session.active_class_id == class_id

    @rule(class_id=CLASS_IDS)
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
        assert self.act(lambda: self.session.do(ForgetLostLabels(tuple(chosen))))
        self.model.assign(chosen, 0)
