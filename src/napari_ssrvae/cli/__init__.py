"""The command line: `napari-ssrvae ...`, also `python -m napari_ssrvae`.

Progress goes to standard error; `--json` puts one JSON object on standard output. Exit 0 done, 1 the data
or the file is at fault (one line says which and why), 2 usage. Ctrl-C leaves a usable library.
"""

from __future__ import annotations

import io
import json
import sqlite3
import sys
from collections.abc import Sequence

from napari_ssrvae.cli.parser import make_parser
from napari_ssrvae.cores import share_cores
from napari_ssrvae.errors import InputError

__all__ = ["main"]

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    options = make_parser().parse_args(arguments)
    share_cores()
    # File names may hold bytes that are no text; showing one must not undo the work.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        answer, text = options.run(options)
    except InputError as error:
        _fail(options.json, str(error))
        return 1
    except sqlite3.Error as error:
        _fail(options.json, f"The library could not be read or written ({error}): check the disk.")
        return 1
    except OSError as error:
        _fail(options.json, f"{error.filename or 'A file'}: {error.strerror or error}.")
        return 1
    except KeyboardInterrupt as stop:
        _fail(options.json, str(stop) or "Stopped; what was done so far is in the library.")
        return INTERRUPTED
    if options.json:
        print(json.dumps(answer))
    elif text:
        print(text)
    return 1 if answer.get("failed") else 0


def _fail(as_json: bool, message: str) -> None:
    print(f"napari-ssrvae: {message}", file=sys.stderr)
    if as_json:
        print(json.dumps({"error": message}))
