"""`bench`: the benchmarks, as a table."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

__all__ = ["bench"]

INTERRUPTED = 130


def bench(options: Namespace) -> tuple[dict[str, Any], str]:
    """Measure the rows asked for, all without a name; what fails is said in the table."""
    from napari_ssrvae.evaluation.bench.rows import Missing, Row, Told
    from napari_ssrvae.evaluation.bench.runner import chosen, run_bench
    from napari_ssrvae.evaluation.bench.sizes import Sizes
    from napari_ssrvae.evaluation.bench.table import as_text
    from napari_ssrvae.evaluation.bench.workshop import Workshop
    from napari_ssrvae.evaluation.paper.glyphs import read_glyphs

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
        glyphs=None if options.glyphs is None else read_glyphs(options.glyphs),
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
