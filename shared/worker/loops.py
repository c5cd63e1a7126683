"""A step, repeated in a thread: at once while there is work, later when there is none,
later still when it fails.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 5.0


class Step(Protocol):
    """Something to do again and again."""

    def step(self) -> bool:
        """Do a little; whether there was anything to do."""

    def close(self) -> None:
        """Give back what was held; the next step takes it anew."""


class Loop:
    """Runs a step in a thread until it is told to stop.

    After a busy step it takes a short breath, so that under load work comes in batches.
    A failing step is reported once, then again only when the failure changes; the
    pause grows to five seconds, so an outage neither floods the log nor spins.
    """

    def __init__(
        self,
        name: str,
        step: Step,
        *,
        idle_seconds: float,
        breath_seconds: float = 0.0,
        wake: threading.Event | None = None,
        stopping: threading.Event,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.ticked_at = time.monotonic()
        self.failing: str | None = None
        self._step = step
        self._idle_seconds = idle_seconds
        self._breath_seconds = breath_seconds
        self._wake = wake or threading.Event()
        self._stopping = stopping
        self._on_failure = on_failure
        self._failures = 0
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    def wake(self) -> None:
        """End the present pause."""
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            self.ticked_at = time.monotonic()
            try:
                busy = self._step.step()
            except Exception as error:
                self._failed(error)
                continue
            self._recovered()
            if not busy:
                self._wake.wait(self._idle_seconds)
            elif self._breath_seconds:
                self._stopping.wait(self._breath_seconds)
        self._close()

    def _failed(self, error: Exception) -> None:
        kind = type(error.__cause__ or error).__name__
        if kind != self.failing:
            extra = {"loop": self.name}
            log.warning("a loop fails and is tried again", extra=extra, exc_info=True)
        self.failing = kind
        self._failures += 1
        self._on_failure()
        self._close()
        pause = min(LONGEST_PAUSE_SECONDS, 0.05 * 2 ** min(self._failures, 8))
        self._stopping.wait(pause * random.uniform(0.5, 1))  # noqa: S311

    def _recovered(self) -> None:
        if self.failing:
            log.info("a loop works again", extra={"loop": self.name})
        self.failing, self._failures = None, 0

    def _close(self) -> None:
        try:
            self._step.close()
        except Exception:
            extra = {"loop": self.name}
            log.warning("a loop could not be closed", extra=extra, exc_info=True)
