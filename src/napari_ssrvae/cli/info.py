"""What the reader sees in files: the command `info`."""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from napari_ssrvae.errors import InputError

__all__ = ["info", "settle_hint"]

SHOWN_APART = ("metadata", "pixel_size_choices")


def info(options: Namespace) -> tuple[dict[str, Any], str]:
    """Say what the reader sees in files and in the files of folders; a bad one does not stop the others."""
    from napari_ssrvae.micrographs import describe, list_micrographs, read_micrograph

    paths = list_micrographs(options.paths)
    answers: list[dict[str, Any]] = []
    failed: list[dict[str, str]] = []
    for path in paths:
        try:
            answers.append(describe(read_micrograph(path)))
        except InputError as error:
            if len(paths) == 1:
                raise
            failed.append({"path": str(path), "error": str(error)})
            print(f"napari-ssrvae: {path}: {error}", file=sys.stderr)
    text = "\n\n".join(_for_people(answer) for answer in answers)
    if len(paths) == 1:
        return answers[0], text
    together: dict[str, Any] = {"files": answers}
    return (together | {"failed": failed} if failed else together), text


def settle_hint(path: Path | str, choices: list[tuple[float, str]]) -> str:
    """Return the sentence about a contradictory pixel size and how to settle it."""
    said = " but ".join(f"{nm:.4g} nm by {source}" for nm, source in choices)
    return (
        f"{path}: the pixel size is contradictory, {said}: none is taken, "
        "give the right one with segment --pixel-size NM, or answer in the window."
    )


def _for_people(answer: dict[str, Any]) -> str:
    lines = [
        f"{key.replace('_', ' '):<20} {_shown(value)}"
        for key, value in answer.items()
        if key not in SHOWN_APART
    ]
    choices = [(float(one["nm"]), str(one["source"])) for one in answer["pixel_size_choices"]]
    lines += [f"{'pixel size choice':<20} {nm:.6g} nm: {source}" for nm, source in choices]
    if choices:
        lines.append(settle_hint(answer["name"], choices))
    return "\n".join(lines)


def _shown(value: Any) -> Any:
    if value is None:
        return "not known"
    return "; ".join(map(str, value)) if isinstance(value, list) else value
