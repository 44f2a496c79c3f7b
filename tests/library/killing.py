"""Children that work on a library until they are killed."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from time import sleep

__all__ = ["Report", "killed_child"]

Report = Callable[[str], None]


def _child(work: Callable[[Report], None], send: Connection) -> None:
    work(lambda line: send.send_bytes(line.encode()))


def killed_child(
    work: Callable[[Report], None], reports: int, later_s: float = 0.0, context: str = "fork"
) -> list[str]:
    """Let a child work until it has reported so many times, kill it, and return all its reports.

    Parameters
    ----------
    work : callable
        Runs in the child and never returns; it is given a function that reports a line of text.
    reports : int
        The child is killed once so many have come; what it reports until it is dead is returned too.
    later_s : float
        Seconds to wait before the child is killed, to meet it in the middle of its work.
    context : str
        How children are made: "forkserver" where the parent has threads that a fork would not survive.

    Raises
    ------
    RuntimeError
        The child ended by itself.
    """
    processes = multiprocessing.get_context(context)
    receive, send = processes.Pipe(duplex=False)
    child = processes.Process(target=_child, args=(work, send), daemon=True)
    child.start()
    send.close()
    seen: list[str] = []
    with receive:
        try:
            while len(seen) < reports:
                seen.append(receive.recv_bytes().decode())
            sleep(later_s)
            child.kill()
            child.join()
            while receive.poll():
                seen.append(receive.recv_bytes().decode())
        except (EOFError, OSError):
            # It is dead; a report that it was killed in the middle of is none.
            child.join()
    if child.exitcode != -signal.SIGKILL:
        raise RuntimeError(f"the child ended by itself ({child.exitcode})")
    return seen
