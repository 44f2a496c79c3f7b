"""Some random walks of a user; `python -m benchmarks.walks` goes thousands."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from tests.docks.walks import Walk

TestWalks = Walk.TestCase
TestWalks.settings = settings(
    max_examples=60,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
