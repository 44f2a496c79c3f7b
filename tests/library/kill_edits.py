"""Run by test_kill: rounds of a child that edits the mask of a library by hand until it is killed.

A step depends on the state of the library alone, so that a library worked on without being killed tells what
must be there after any number of steps. Prints one JSON line per round: steps acknowledged, steps found done.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from functools import partial
from pathlib import Path

from killing import Report, killed_child
from made_up import change_by_hand, new_library

from napari_ssrvae.errors import InputError
from napari_ssrvae.library import AssignClass, ParticleLibrary

KINDS = ("paint", "split", "merge", "undo", "label", "split", "undo", "redo", "paint", "delete")
KINDS += ("label", "paint", "undo")


def step(library: ParticleLibrary, number: int) -> None:
    particles = library.particles(1)
    label_ids = particles["label_id"].tolist()
    kind = KINDS[number % len(KINDS)] if len(particles) > 3 else "paint"
    chance = random.Random(number)
    try:
        if kind == "undo":
            library.undo()
        elif kind == "redo":
            library.redo()
        elif kind == "label":
            chosen = chance.sample(particles.index.tolist(), 3)
            library.do(AssignClass(tuple(chosen), number % 4 + 1))
        elif kind == "paint":
            at = (chance.uniform(0, 59), chance.uniform(0, 79))
            change_by_hand(library, 1, "paint", [at], 3.0)
        elif kind == "split":
            row = particles.sample(1, random_state=number).iloc[0]
            at = row["centroid_x_px"]
            change_by_hand(library, 1, "split", int(row["label_id"]), [(-1, at), (70, at)])
        else:
            # The newest two are often the parts of one.
            chosen = label_ids[-2:] if kind == "merge" else [chance.choice(label_ids)]
            change_by_hand(library, 1, kind, chosen)
    except InputError:
        pass  # Not every stroke divides; what is refused changes nothing.


def state(library: ParticleLibrary) -> str:
    ids, images = library.patches()
    said = (
        library.particles().to_json(),
        library.labels().to_dict(),
        ids.tolist(),
        library.undo_text,
        library.redo_text,
        library.retired().to_json(),
    )
    digest = hashlib.sha256(repr(said).encode())
    digest.update(library.mask(1).tobytes())
    digest.update(images.tobytes())
    return digest.hexdigest()


def child(folder: Path, start: int, acknowledge: Report) -> None:
    library = ParticleLibrary.open(folder)
    assert not library.read_only, library.read_only_reason
    number = start
    while True:
        step(library, number)
        acknowledge("done")
        number += 1


def main(home: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    with new_library(home / "whole") as library:
        states = [state(library)]
        new_library(home / "killed").close()
        done = 0
        for _ in range(rounds):
            work = partial(child, home / "killed", done)
            seen = len(killed_child(work, chance.randint(1, 16)))
            acknowledged = done + seen
            while len(states) < acknowledged + 2:
                step(library, len(states) - 1)
                states.append(state(library))
            with ParticleLibrary.open(home / "killed") as killed:
                found = state(killed)
            done = acknowledged + (found != states[acknowledged])
            right = found == states[done]
            sys.stdout.write(json.dumps([acknowledged, done, right]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
