"""Long work in a thread: whatever ends it is told, and nothing comes after the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_ssrvae.docks.tasks import Task
from napari_ssrvae.errors import InputError
from napari_ssrvae.ssrvae.events import StepEvent
from napari_ssrvae.workflow import Progress


class Told:
    """A task and everything that it told, in order."""

    def __init__(self, qtbot: Any) -> None:
        self.task, self.qtbot = Task(), qtbot
        self.events: list[Any] = []
        self.failures: list[str] = []
        self.running: list[bool] = []
        self.task.event.connect(self.events.append)
        self.task.failed.connect(self.failures.append)
        self.task.running_changed.connect(self.running.append)

    def to_the_end(self, work: Callable[[], Iterator[Any]], **more: Any) -> None:
        self.task.start(work, **more)
        self.wait()

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: not self.task.running, timeout=10_000)


@pytest.fixture
def told(qtbot: Any) -> Told:
    return Told(qtbot)


def raising(error: BaseException) -> Callable[[], Iterator[Any]]:
    def work() -> Iterator[Any]:
        yield "before"
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InputError("The disk is upside down: turn it."), "The disk is upside down: turn it."),
        (MemoryError(), "memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "memory"),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), "mat1 and mat2"),
        (OSError(28, "No space left on device", "model"), "No space left"),
        (ValueError("odd"), "ValueError: odd"),
        (StopIteration(), "StopIteration"),
    ],
)
def test_every_error_arrives_as_one_sentence(told: Told, error: Exception, words: str) -> None:
    told.to_the_end(raising(error))
    assert told.events == ["before"]
    assert len(told.failures) == 1
    assert words in told.failures[0]
    assert "Traceback" not in told.failures[0]
    assert told.running == [True, False]


def test_an_error_before_the_first_event_is_told(told: Told) -> None:
    def work() -> Iterator[Any]:
        raise RuntimeError("at once")
        yield

    told.to_the_end(work)
    assert "at once" in told.failures[0]


def test_abandoned_work_is_closed_and_tells_nothing_any_more(told: Told) -> None:
    closed, inside, go_on = threading.Event(), threading.Event(), threading.Event()

    def work() -> Iterator[Any]:
        try:
            inside.set()
            go_on.wait(10)
            while True:
                yield "late"
        finally:
            closed.set()

    told.task.start(work)
    assert inside.wait(10)
    told.task.abandon()
    go_on.set()
    told.wait()
    assert closed.is_set()
    assert told.events == []
    assert told.running == [True, False]


def test_work_that_ends_itself_is_left_to_do_so(told: Told) -> None:
    inside, go_on, written = threading.Event(), threading.Event(), threading.Event()

    def work() -> Iterator[Any]:
        inside.set()
        go_on.wait(10)
        yield 1
        written.set()
        yield 2

    told.task.start(work, ends_itself=True)
    assert inside.wait(10)
    told.task.abandon()
    go_on.set()
    told.wait()
    assert written.is_set()


def test_no_thread_is_left_and_the_next_work_starts(told: Told) -> None:
    before = threading.active_count()
    for number in range(5):
        told.to_the_end(lambda number=number: iter([number]))
    assert threading.active_count() == before
    assert told.events == [0, 1, 2, 3, 4]


def test_a_second_start_while_it_runs_does_nothing(told: Told) -> None:
    def work() -> Iterator[Any]:
        yield "first"
        told.task.stop_flag.wait(10)
        yield "stopped"

    told.task.start(work)
    told.task.start(lambda: iter(["second"]))
    told.task.stop()
    told.wait()
    assert told.events == ["first", "stopped"]


Events = st.lists(
    st.one_of(
        st.integers(0, 99),
        st.builds(lambda k: StepEvent(1, k, 99, k / 99), st.integers(1, 99)),
        st.builds(lambda f: Progress(f, "far"), st.floats(0, 1)),
    ),
    max_size=40,
)


@given(events=Events)
def test_only_steps_and_progress_may_be_passed_over(qapp: Any, events: list[Any]) -> None:
    """All others arrive in their order, and of each row of steps at least the last."""
    task, seen = Task(), []
    task.event.connect(seen.append)
    task.start(lambda: iter(events))
    while task.running:
        qapp.processEvents()
    thinned = (StepEvent, Progress)
    assert [e for e in seen if not isinstance(e, thinned)] == [
        e for e in events if not isinstance(e, thinned)
    ]
    rest = iter(events)
    assert all(any(e is other for other in rest) for e in seen)
    if events:
        assert seen[-1] is events[-1]
