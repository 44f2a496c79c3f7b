"""What must be true of a labelled library, as simply as it can be said: sets of pixels, names, a list of what was done.

Particles are known by their particle id. Which ids an edit gives to what comes, and which particles a new
segmentation keeps, are rules of other tests: here the model is told of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from napari_ssrvae.library import (
    Act,
    AddClass,
    AddClasses,
    MoveClass,
    RecolourClass,
    RemoveClass,
    RenameClass,
)

Pixels = frozenset[int]
LONGEST_NAME = 64


@dataclass(frozen=True)
class Classes:
    """The classes: id -> (name, colour), in their order, the reserved one last; who was merged into whom."""

    listed: tuple[tuple[int, str, str], ...]
    merged: tuple[tuple[int, int], ...] = ()

    @property
    def ids(self) -> list[int]:
        return [class_id for class_id, _, _ in self.listed]

    def taken(self, name: str, but: int | None = None) -> bool:
        return any(
            known.casefold() == name.casefold() and class_id != but
            for class_id, known, _ in self.listed
        )

    def good(self, name: str, but: int | None = None) -> bool:
        tidy = name.strip()
        return 0 < len(tidy) <= LONGEST_NAME and not self.taken(tidy, but)

    def counts_as(self, class_id: int) -> int:
        """The class that a prediction of `class_id` counts for now."""
        into = dict(self.merged)
        while class_id in into:
            class_id = into[class_id]
        return class_id


@dataclass(frozen=True)
class Done:
    """One act: what went and came of which micrograph, labels and classes before and after."""

    micrograph: int = 0
    went: tuple[tuple[int, Pixels], ...] = ()
    came: tuple[tuple[int, Pixels], ...] = ()
    before: tuple[tuple[int, int], ...] = ()
    after: int = 0
    classes: tuple[Classes, Classes] | None = None

    @property
    def edit(self) -> bool:
        return bool(self.went or self.came)


@dataclass
class Model:
    """The whole truth: masks per micrograph, labels by hand, classes, predictions, history, selection."""

    reserved: int
    classes: Classes
    masks: list[dict[int, Pixels]]
    labels: dict[int, int] = field(default_factory=dict)
    said: dict[int, int] = field(default_factory=dict)
    past: list[Done] = field(default_factory=list)
    future: list[Done] = field(default_factory=list)
    selected: set[int] = field(default_factory=set)
    by_edit: set[int] = field(default_factory=set)
    """Particles that an edit took away; the others that are not there went with a segmentation."""

    @property
    def live(self) -> set[int]:
        return {particle for mask in self.masks for particle in mask}

    @property
    def lost(self) -> set[int]:
        """Labelled particles that no mask has any more, though nobody took them away."""
        return self.labels.keys() - self.live - self.by_edit

    def prediction(self, particle: int) -> int:
        return self.classes.counts_as(self.said[particle]) if particle in self.said else 0

    # --- acts ----------------------------------------------------------------------------------

    def do(self, done: Done) -> None:
        """Note an act and do it; one that changes nothing leaves no trace."""
        changed = done.edit or done.before or (done.classes and done.classes[0] != done.classes[1])
        if changed:
            self.past.append(done)
            self.future.clear()
            self._apply(done)

    def assign(self, particles: set[int], class_id: int) -> None:
        before = self._labels_of(p for p in particles if self.labels.get(p, 0) != class_id)
        self.do(Done(before=before, after=class_id))

    def _labels_of(self, particles: object) -> tuple[tuple[int, int], ...]:
        return tuple((p, self.labels.get(p, 0)) for p in sorted(particles))  # type: ignore[call-overload]

    def act_on_classes(self, act: Act, new_ids: list[int]) -> bool:
        """Do an act on the classes; False if it is not allowed. `new_ids` are those that the library gave."""
        new = self._after(act, new_ids)
        if new is None:
            return False
        before: tuple[tuple[int, int], ...] = ()
        after = 0
        if isinstance(act, RemoveClass):
            before = self._labels_of(p for p, c in self.labels.items() if c == act.class_id)
            after = act.labels_to or 0
        self.do(Done(before=before, after=after, classes=(self.classes, new)))
        return True

    def _after(self, act: Act, new_ids: list[int]) -> Classes | None:
        now = self.classes
        *ordinary, last = now.listed
        known = {entry[0]: entry for entry in now.listed}
        match act:
            case AddClass(name, colour):
                if not now.good(name):
                    return None
                added = [(new_ids[0], name.strip(), str(colour))] if new_ids else []
                return replace(now, listed=(*ordinary, *added, last))
            case AddClasses(wanted):
                free: dict[str, tuple[str, str | None]] = {}
                for name, colour in wanted:
                    if not now.taken(name.strip()):
                        free.setdefault(name.strip().casefold(), (name.strip(), colour))
                if any(not 0 < len(n.strip()) <= LONGEST_NAME for n, _ in wanted) or not free:
                    return None
                pairs = zip(new_ids, free.values(), strict=False)
                added = [(new, name, str(colour)) for new, (name, colour) in pairs]
                return replace(now, listed=(*ordinary, *added, last))
            case RenameClass(class_id, name):
                if class_id not in known or not now.good(name, class_id):
                    return None
                return self._changed(class_id, (class_id, name.strip(), known[class_id][2]))
            case RecolourClass(class_id, colour):
                if class_id not in known:
                    return None
                return self._changed(class_id, (class_id, known[class_id][1], colour))
            case MoveClass(class_id, position):
                if class_id not in known or class_id == self.reserved:
                    return None
                if not 0 <= position < len(ordinary):
                    return None
                ordinary.remove(known[class_id])
                ordinary.insert(position, known[class_id])
                return replace(now, listed=(*ordinary, last))
            case RemoveClass(class_id, into):
                if class_id not in known or class_id in (self.reserved, into):
                    return None
                if into is not None and into not in known:
                    return None
                rest = tuple(entry for entry in now.listed if entry[0] != class_id)
                merged = now.merged if into is None else (*now.merged, (class_id, into))
                return Classes(rest, merged)
        raise NotImplementedError(act)

    def _changed(self, class_id: int, new: tuple[int, str, str]) -> Classes:
        listed = tuple(new if entry[0] == class_id else entry for entry in self.classes.listed)
        return replace(self.classes, listed=listed)

    # --- history -------------------------------------------------------------------------------

    def undo(self) -> bool:
        if not self.past:
            return False
        done = self.past.pop()
        self.future.append(done)
        self._exchange(done.micrograph, gone=done.came, back=done.went)
        self._set(done.before)
        if done.classes:
            self.classes = done.classes[0]
        return True

    def redo(self) -> bool:
        if not self.future:
            return False
        done = self.future.pop()
        self.past.append(done)
        self._apply(done)
        return True

    def _apply(self, done: Done) -> None:
        self._exchange(done.micrograph, gone=done.went, back=done.came)
        self._set((particle, done.after) for particle, _ in done.before)
        if done.classes:
            self.classes = done.classes[1]

    def _set(self, labels: object) -> None:
        for particle, class_id in labels:  # type: ignore[attr-defined]
            self.labels.pop(particle, None)
            if class_id:
                self.labels[particle] = class_id

    def _exchange(
        self,
        micrograph: int,
        gone: tuple[tuple[int, Pixels], ...],
        back: tuple[tuple[int, Pixels], ...],
    ) -> None:
        mask = self.masks[micrograph]
        for particle, _ in gone:
            del mask[particle]
            self.by_edit.add(particle)
        for particle, pixels in back:
            mask[particle] = pixels
            self.by_edit.discard(particle)
        self.selected &= self.live

    def segmented(self, micrograph: int, mask: dict[int, Pixels]) -> None:
        """Take note of a new segmentation: edits of this micrograph are no longer in the history."""
        self.masks[micrograph] = mask
        self.by_edit -= mask.keys()
        self.past = [
            done for done in self.past if not (done.edit and done.micrograph == micrograph)
        ]
        kept = []
        for done in reversed(self.future):
            if done.edit and done.micrograph == micrograph:
                # What comes after it was done upon it.
                break
            kept.append(done)
        self.future = kept[::-1]
        self.selected &= self.live
