"""Run by test_kill: rounds of a child that works on a library until it is killed.

Prints one JSON line per round: how many steps were acknowledged in all rounds so far.
"""

from __future__ import annotations

import json
import random
import sys
from functools import partial
from pathlib import Path

from killing import Report, killed_child
from made_up import fill, grid_mask
from steps import step

from napari_ssrvae.library import ParticleLibrary


def child(folder: Path, start: int, acknowledge: Report) -> None:
    library = ParticleLibrary.open(folder)
    assert not library.read_only, library.read_only_reason
    number = start
    while True:
        kind, argument = step(number)
        if kind == "segment":
            fill(library, 1, grid_mask(shift=argument))
        elif kind == "undo":
            library.undo()
        else:
            library.do(argument)
        acknowledge("done")
        number += 1


def main(folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    done = 0
    for _ in range(rounds):
        done += len(killed_child(partial(child, folder, done), chance.randint(1, 60)))
        with ParticleLibrary.open(folder) as library:
            labels = {int(k): int(v) for k, v in library.labels().items()}
            ids, images = library.patches()
            first = [float(image[0, 0]) for image in images]
            mask_top = int(library.mask(1).any(axis=1).argmax())
            classes = [c.name for c in library.classes() if not c.reserved]
            report = [done, labels, ids.tolist(), first, mask_top, classes]
            sys.stdout.write(json.dumps(report) + "\n")
            # The step that was committed but not acknowledged, if any, counts from here on.
            done = yield_to(done, labels, classes, mask_top)


def yield_to(done: int, labels: dict[int, int], classes: list[str], top: int) -> int:
    from steps import state_after

    return done if state_after(done) == (labels, classes, top) else done + 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
