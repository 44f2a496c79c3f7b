"""Run by test_versions: children bring a copy of an old library up to date and are killed on the way.

Prints one JSON line per round: the version found, the labels once it is open, the files beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from time import perf_counter

from napari_ssrvae.library import ParticleLibrary


def main(old: Path, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as home:
        warm = Path(home) / "warm"
        shutil.copytree(old, warm)
        start = perf_counter()
        ParticleLibrary.open(warm).close()
        whole = perf_counter() - start
        for number in range(rounds):
            folder = Path(home) / str(number)
            shutil.copytree(old, folder)
            pid = os.fork()
            if pid == 0:
                # The alarm ends the process: evenly over the time that opening takes.
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_REAL, 2 * whole * (number + 1) / rounds)
                ParticleLibrary.open(folder)
                os._exit(0)
            os.waitpid(pid, 0)
            with closing(sqlite3.connect(folder / "library.sqlite")) as connection:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
            with ParticleLibrary.open(folder) as library:
                labels = {str(k): int(v) for k, v in library.labels().items()}
                names = [path.name for path in folder.iterdir()]
            sys.stdout.write(json.dumps([version, labels, names]) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
