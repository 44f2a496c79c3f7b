"""Most memory a training holds at once, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from napari_ssrvae.errors import InputError
from napari_ssrvae.evaluation.bench.rows import CNN, MODEL

__all__ = ["Order", "peak_in_a_process"]


@dataclass(frozen=True, slots=True)
class Order:
    """What to train: the method and the sizes of `Sizes`; parameters of the model, None for its defaults."""

    method: str
    seed: int
    labelled: int
    unlabelled: int
    cnn_steps: int
    parameters: dict[str, Any] | None


def peak_in_a_process(order: Order) -> int:
    """Return the bytes that a fresh interpreter held at most while it trained on cards.

    Raises
    ------
    InputError
        This system does not tell, or the process was ended, as for want of memory.
    """
    command = [sys.executable, "-m", __name__]
    ended = subprocess.run(
        command, input=json.dumps(asdict(order)), capture_output=True, text=True, check=False
    )
    lines = ended.stdout.split()
    if ended.returncode or not lines:
        said = (ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"])[-1]
        raise InputError(f"The memory could not be measured ({said}): free some and try again.")
    return int(lines[-1])


def _train(order: Order) -> None:
    from napari_ssrvae.evaluation.baselines import AugmentedCNN, ShapeClassifier, patch_shapes
    from napari_ssrvae.evaluation.bench.cards import card_sets
    from napari_ssrvae.evaluation.bench.sizes import Sizes
    from napari_ssrvae.evaluation.bench.workshop import Workshop
    from napari_ssrvae.ssrvae import SSRVAEParameters

    given = None if order.parameters is None else SSRVAEParameters(**order.parameters)
    sizes = Sizes(labelled=order.labelled, unlabelled=order.unlabelled, parameters=given)
    shop = Workshop(sizes)
    X, few = card_sets(shop, order.seed)
    if order.method == MODEL:
        shop.model(4, order.seed).fit(X, few).predict_proba(X)
    elif order.method == CNN:
        AugmentedCNN(4, order.seed, order.cnn_steps).fit(X, few).predict_proba(X)
    else:
        labelled = few >= 0
        shapes = ShapeClassifier(4).fit(patch_shapes(X[labelled]), few[labelled])
        for part in range(0, len(X), 1000):
            shapes.predict_proba(patch_shapes(X[part : part + 1000]))


def _peak_bytes() -> int:
    # Of this program alone: what `getrusage` tells can be the peak of the process that started it.
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    try:
        import resource
    except ImportError as error:
        raise SystemExit("this system does not tell a process's peak of memory") from error
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    _train(Order(**json.loads(sys.stdin.read())))
    print(_peak_bytes())  # noqa: T201
