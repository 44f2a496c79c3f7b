"""What a walk does with the queue of particles to label next."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from tests.docks.walk_ground import Ground

__all__ = ["QueueRules"]


def reviewing(walk: Any) -> bool:
    return walk.session.queue.current is not None


class QueueRules(Ground):
    """Going from particle to particle: answered ones get a label and are not shown again."""

    @rule(order=st.sampled_from(["helpful", "doubt"]))
    def start(self, order: str) -> None:
        said = any(self.model.prediction(p) for p in self.model.live)
        begun = self.act(lambda: self.session.queue.start(order))
        assert begun == (order == "helpful" or said)
        if begun:
            self.went_back = False
            free = self.model.live - self.model.labels.keys()
            if order == "doubt":
                # What an edit by hand made has no prediction that could be doubted.
                free = {p for p in free if self.model.prediction(p)}
            assert reviewing(self) == bool(free)
            assert self.session.queue.remaining == max(0, len(free) - 1)

    @precondition(reviewing)
    @rule(how=st.sampled_from(["accept", "1", "2", "X"]), taken_back=st.booleans())
    def review(self, how: str, taken_back: bool) -> None:
        """An answer by key, and on to another; undone, the one before is there again."""
        queue, model = self.session.queue, self.model
        pick = queue.current
        assert pick is not None
        fresh = pick.particle_id not in model.labels
        predicted = model.prediction(pick.particle_id)
        assert (pick.class_id or 0) == predicted
        ordinary = model.classes.ids[:-1]
        if how == "accept":
            class_id = predicted
            done = self.act(queue.accept)
            assert done == (predicted in model.classes.ids)
        else:
            class_id = (
                model.reserved if how == "X" else dict(enumerate(ordinary, 1)).get(int(how), 0)
            )
            with self.disk():
                self.canvas.commands.press(how, [pick.particle_id])
            done = bool(class_id)
        if not done:
            assert queue.current == pick
            return
        model.assign({pick.particle_id}, class_id)
        following = queue.current
        if following is not None:
            assert following.particle_id != pick.particle_id
            assert following.particle_id not in model.labels
        self.went_back = False
        if fresh and taken_back:
            with self.disk():
                assert self.session.undo() == model.undo()
            assert queue.current is not None
            assert queue.current.particle_id == pick.particle_id

    @precondition(reviewing)
    @rule(how=st.sampled_from(["next", "back", "stop"]))
    def move(self, how: str) -> None:
        getattr(self.session.queue, how)()
        self.went_back = how == "back"
        assert how != "stop" or self.session.queue.order is None
