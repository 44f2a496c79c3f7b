"""Which text file beside an image belongs to it, and what it says about the pixel size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from napari_ssrvae.micrographs.pixel_size import Scales
from napari_ssrvae.micrographs.sidecar_text import SidecarText, read_sidecar
from napari_ssrvae.micrographs.stored_size import fits

__all__ = ["SIDECAR_SUFFIXES", "Sidecar", "find_sidecar"]

SIDECAR_SUFFIXES = (".txt", ".hdr")
# A folder of ten thousand images would otherwise be read through for every one of them.
MOST_SEARCHED = 1000


@dataclass(frozen=True)
class Sidecar:
    """What text files beside an image say; `notes` also tell of those that were not believed."""

    scales: Scales = field(default_factory=Scales)
    record: dict[str, str] = field(default_factory=dict)


def find_sidecar(path: Path, shape: tuple[int, int], *, search: bool = True) -> Sidecar:
    """Find the text file of Hitachi, JEOL or Tescan that belongs to an image.

    The one of the same name is taken even where it names another image, since people rename images; one of
    another name is taken where it names this image. One that tells the size of another image is not taken.

    Parameters
    ----------
    path : Path
        The image.
    shape : (int, int)
        Its rows and columns.
    search : bool
        Look also through text files of other names in the folder.
    """
    notes: list[str] = []
    namesakes = _namesakes(path)
    for beside in namesakes:
        text = read_sidecar(beside)
        if text is None:
            continue
        refused, note = _judge_namesake(text, beside, path, shape)
        notes.extend(note)
        if not refused:
            return Sidecar(text.scales + Scales(notes=tuple(notes)), text.record)
    left_alone: list[str] = []
    if search:
        for beside in _others(path, namesakes):
            text = read_sidecar(beside)
            if text is None:
                continue
            if not _names(text, path):
                left_alone.extend(_maybe_its_own(text, beside, path, shape))
                continue
            if _of_another_size(text, shape):
                notes.append(_other_size(beside, text, shape))
                continue
            notes.append(f"{beside.name} names this image: its pixel size is used")
            return Sidecar(text.scales + Scales(notes=tuple(notes)), text.record)
    # Only a hint, and none where several texts could be meant.
    notes.extend(left_alone if len(left_alone) == 1 else ())
    return Sidecar(Scales(notes=tuple(notes)))


def _judge_namesake(
    text: SidecarText, beside: Path, path: Path, shape: tuple[int, int]
) -> tuple[bool, tuple[str, ...]]:
    if _of_another_size(text, shape):
        return True, (_other_size(beside, text, shape),)
    if not text.image_name or _names(text, path):
        return False, ()
    other = path.parent / text.image_name
    if _is_file(other) and not any(_is_file(p) for p in _candidates(other)):
        return True, (
            f"{beside.name} names {text.image_name}, which is here, too: not used for this image",
        )
    return False, (
        f"{beside.name} names another image ({text.image_name}), but has this one's name: taken as renamed",
    )


def _maybe_its_own(
    text: SidecarText, beside: Path, path: Path, shape: tuple[int, int]
) -> Iterator[str]:
    """Tell of a text whose image is not here any more, and may be this one under a new name."""
    gone = bool(text.image_name) and not _is_file(path.parent / text.image_name)
    if gone and text.size is not None and fits(text.size, shape) and not _has_image(beside):
        nm = text.scales.sizes[0].nm
        yield (
            f"{beside.name} names {text.image_name}, which is not here: if this is that image under a new name, "
            f"a pixel is {nm:.4g} nm"
        )


def _has_image(beside: Path) -> bool:
    return any(_is_file(beside.with_suffix(ending)) for ending in (".tif", ".TIF", ".jpg", ".bmp"))


def _names(text: SidecarText, path: Path) -> bool:
    names = {name.casefold() for name in (text.image_name, text.title) if name}
    return bool(names & {path.name.casefold(), path.stem.casefold()})


def _of_another_size(text: SidecarText, shape: tuple[int, int]) -> bool:
    return text.size is not None and not fits(text.size, shape)


def _other_size(beside: Path, text: SidecarText, shape: tuple[int, int]) -> str:
    assert text.size is not None
    rows, columns = text.size
    return (
        f"{beside.name} belongs to an image of {columns} x {rows} pixels, this one has "
        f"{shape[1]} x {shape[0]}: not used"
    )


def _candidates(path: Path) -> Iterator[Path]:
    # Tescan makes a.tif into a-tif.hdr.
    for name in (path.stem, path.name, path.name.replace(".", "-")):
        for suffix in SIDECAR_SUFFIXES:
            for ending in (suffix, suffix.upper(), suffix.title()):
                yield path.parent / (name + ending)


def _namesakes(path: Path) -> list[Path]:
    found: list[Path] = []
    for candidate in _candidates(path):
        # Where upper and lower case are the same, so are the files.
        if _is_file(candidate) and not any(_same(candidate, p) for p in (path, *found)):
            found.append(candidate)
    return found


def _others(path: Path, namesakes: list[Path]) -> Iterator[Path]:
    try:
        beside = [
            p for p in path.parent.iterdir() if p.suffix.lower() == ".txt" and p not in namesakes
        ]
    except OSError:
        return
    if len(beside) <= MOST_SEARCHED:
        yield from sorted(beside)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _same(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return False
