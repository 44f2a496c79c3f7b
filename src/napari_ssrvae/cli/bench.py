"""`bench`: the benchmarks, as a table."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_ssrvae.errors import InputError

if TYPE_CHECKING:
    from napari_ssrvae.evaluation.bench.rows import Images

__all__ = ["bench"]

INTERRUPTED = 130


def bench(options: Namespace) -> tuple[dict[str, Any], str]:
    """Measure the rows asked for, all without a name; what fails is said in the table."""
    from napari_ssrvae.evaluation.bench.rows import Missing, Row, Told
    from napari_ssrvae.evaluation.bench.runner import chosen, run_bench
    from napari_ssrvae.evaluation.bench.sizes import Sizes
    from napari_ssrvae.evaluation.bench.table import as_text
    from napari_ssrvae.evaluation.bench.workshop import Workshop

    tasks = chosen(options.names)
    if options.list:
        listed = [{"name": t.name, "about": t.about, "goal": t.goal} for t in tasks]
        return {"tasks": listed}, "\n".join(
            f"{t.name:<15} {t.about}; goal: {t.goal or 'none'}" for t in tasks
        )
    rows: list[Row] = []
    missing: list[Missing] = []
    interrupted = False
    with Workshop(
        sizes=Sizes.tiny() if options.quick else Sizes(),
        n_seeds=options.seeds,
        first_seed=options.first_seed,
        glyphs=_glyphs(options.glyphs),
        data=_data(options.data),
    ) as shop:
        try:
            for event in run_bench(tasks, shop, options.out):
                if isinstance(event, Row):
                    rows.append(event)
                elif isinstance(event, Missing):
                    missing.append(event)
                    _say(options, str(event))
                elif isinstance(event, Told):
                    _say(options, str(event))
        except KeyboardInterrupt:
            interrupted = True
            where = f"; they are in {options.out / 'results.json'}" if options.out else ""
            _say(options, f"Stopped; the finished rows follow{where}.")
        settings = shop.settings()
    text = as_text(rows, missing)
    if interrupted:
        if not options.json:
            print(text)
        raise SystemExit(INTERRUPTED)
    asked = {name for name in options.names if any(m.task == name for m in missing)}
    answer: dict[str, Any] = {
        "settings": settings,
        "rows": [row.as_dict() for row in rows],
        "missing": [m.as_dict() for m in missing],
    }
    if asked:
        answer["failed"] = sorted(asked)
    return answer, text


def _say(options: Namespace, text: str) -> None:
    if not options.quiet:
        print(text, file=sys.stderr, flush=True)


def _data(folder: Path | None) -> Path | None:
    if folder is not None:
        return folder
    named = os.environ.get("NAPARI_SSRVAE_SHARED")
    return Path(named) if named else None


def _glyphs(path: Path | None) -> Images | None:
    """Return the glyphs (4, 64, 64) of a file, or say what is wrong with it."""
    if path is None:
        return None
    import numpy as np

    try:
        glyphs = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise InputError(f"{path} is no array: write it with numpy.save.") from error
    if glyphs.shape != (4, 64, 64) or glyphs.dtype.kind not in "buif":
        raise InputError(
            f"{path} holds {glyphs.dtype} of the shape {glyphs.shape}: give (4, 64, 64) float32, "
            "in the order club, spade, heart, diamond."
        )
    if not np.isfinite(glyphs).all() or glyphs.min() < 0 or glyphs.max() > 1:
        raise InputError(f"{path} holds values outside [0, 1]: divide by the largest possible.")
    result: Images = glyphs.astype(np.float32)
    return result
