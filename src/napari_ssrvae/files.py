"""Files that are either whole or not there."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_ssrvae.errors import InputError

__all__ = ["atomic_file", "atomic_folder"]


@contextmanager
def atomic_file(path: str | Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it becomes `path` only when the block ends well.

    The yielded path keeps the suffix, since many writers choose the format by it.

    Raises
    ------
    InputError
        The folder does not exist or must not be written to, or the disk is full.
    """
    path = Path(path)
    draft = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield draft
        with draft.open("rb+") as handle:
            os.fsync(handle.fileno())
        draft.replace(path)
    except OSError as error:
        raise _plain(error, path) from error
    finally:
        # Where the folder is none, the sentence above says it.
        with suppress(OSError):
            draft.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: str | Path) -> Iterator[Path]:
    """Yield a new folder beside `path`; it takes the place of `path` only when the block ends well.

    A folder that was at `path` before is replaced as a whole.

    Raises
    ------
    InputError
        As for `atomic_file`.
    """
    path = Path(path)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    retired = draft.with_name(f"{draft.name}.old")
    try:
        draft.mkdir(parents=False)
        yield draft
        if path.exists():
            path.replace(retired)
            try:
                draft.replace(path)
            except OSError:
                retired.replace(path)
                raise
        else:
            draft.replace(path)
    except OSError as error:
        raise _plain(error, path) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


def _plain(error: OSError, path: Path) -> InputError:
    reason = (error.strerror or str(error)).lower()
    return InputError(
        f"{path} could not be written ({reason}): choose a folder you may write to, with enough room."
    )
