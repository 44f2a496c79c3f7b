"""The benchmarks as text for people: one line per task and measure, the methods beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from napari_ssrvae.evaluation.bench.rows import METHODS, MODEL, Missing, Row

__all__ = ["as_text"]

HEAD = ("task", "data", "labels", "measure", "goal", *METHODS, "met")
NOTHING = "-"


def as_text(rows: Sequence[Row], missing: Sequence[Missing] = ()) -> str:
    """Return the table, then the notes, then what could not be measured.

    Values are mean +- standard deviation (number of seeds); `met` compares the mean of the ss-rVAE, unrounded.
    """
    groups: dict[tuple[str, str, int, str], dict[str, Row]] = {}
    for row in rows:
        groups.setdefault((row.task, row.data, row.labels, row.metric), {})[row.method] = row
    lines: list[tuple[str, ...]] = [HEAD]
    met = []
    for (task, data, labels, metric), found in groups.items():
        first, ours = next(iter(found.values())), found.get(MODEL)
        goal = NOTHING if first.goal is None else str(first.goal)
        verdict = NOTHING
        if first.goal is not None:
            reached = ours is not None and bool(ours.met)
            verdict = "yes" if reached else "NO"
            met.append(reached)
        cells = (_cell(found[m]) if m in found else NOTHING for m in METHODS)
        lines.append((task, data, str(labels or NOTHING), metric, goal, *cells, verdict))
    text = [_aligned(lines)] if rows else []
    if met:
        text.append(f"{sum(met)} of {len(met)} goals met.")
    notes: dict[tuple[str, str], dict[str, None]] = {}
    for row in rows:
        if row.note:
            notes.setdefault((row.task, row.note), {})[row.method] = None
    text += [f"{task} ({', '.join(by)}): {note}." for (task, note), by in notes.items()]
    text += [str(m) for m in missing]
    return "\n".join(text)


def _cell(row: Row) -> str:
    return f"{_short(row.mean)} +- {_short(row.spread, row.mean)} ({len(row.values)})"


def _short(value: float, like: float | None = None) -> str:
    """Return a number with as many digits as one of its size deserves."""
    size = abs(value if like is None else like)
    if size >= 1000:
        return f"{value:.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.4f}" if size < 1.5 else f"{value:.2f}"


def _aligned(lines: list[tuple[str, ...]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
