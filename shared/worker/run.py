"""A worker process: its loops, its health, its end."""

import threading
import time
from collections.abc import Callable

from shared.broker import Broker
from shared.service import Runtime
from shared.worker.handling import Handling
from shared.worker.loops import Loop
from shared.worker.receiving import Receiving
from shared.worker.relay import Relay
from shared.worker.reminding import Reminding
from shared.worker.repair import Repair
from shared.worker.sealing import Sealing

STUCK_SECONDS = 60.0
BREATH_SECONDS = 0.004
STOP_SECONDS = 20.0
LOOK_SECONDS = 0.5
"""How often a loop looks by itself; news and post wake those that wait for them."""


class Pump:
    """One of a service's own steps."""

    def __init__(self, runtime: Runtime, work: Callable[[Runtime], int]) -> None:
        self._runtime = runtime
        self._work = work

    def step(self) -> bool:
        """Do a little."""
        return bool(self._work(self._runtime))

    def close(self) -> None:
        """Nothing is held between steps."""


class Worker:
    """Everything a service does besides answering requests."""

    def __init__(self, runtime: Runtime, broker: Broker) -> None:
        self.runtime = runtime
        self._stopping = threading.Event()
        self._repair = Repair(runtime)
        self.handling = Handling(runtime, on_gap=self._repair.now)
        name = runtime.service.name
        self.loops = [
            self._loop(f"{name}-relay", Relay(runtime, broker), wake=runtime.news),
            self._loop(
                f"{name}-receiver",
                Receiving(runtime, broker),
                idle_seconds=0.0,
                on_failure=self._repair.now,
            ),
            self._loop(f"{name}-handler", self.handling, wake=runtime.post),
            self._loop(f"{name}-timers", Reminding(runtime)),
            self._loop(f"{name}-repair", self._repair),
            self._loop(f"{name}-sealing", Sealing(runtime)),
            *(
                self._loop(f"{name}-{pump}", Pump(runtime, work))
                for pump, work in runtime.service.pumps.items()
            ),
        ]

    def start(self) -> None:
        """Begin every loop."""
        for loop in self.loops:
            loop.thread.start()

    def stop(self) -> None:
        """End every loop after the step it is in; gives up after twenty seconds."""
        self._stopping.set()
        for loop in self.loops:
            loop.wake()
        deadline = time.monotonic() + STOP_SECONDS
        for loop in self.loops:
            loop.thread.join(max(0.0, deadline - time.monotonic()))

    def stuck(self) -> list[str]:
        """Loops that have not come round for a minute: the process should be ended."""
        now = time.monotonic()
        return [
            loop.name for loop in self.loops if now - loop.ticked_at > STUCK_SECONDS
        ]

    def failing(self) -> dict[str, str]:
        """Loops whose last step failed, and how."""
        return {loop.name: loop.failing for loop in self.loops if loop.failing}

    def _loop(
        self,
        name: str,
        step: Relay | Receiving | Handling | Reminding | Repair | Sealing | Pump,
        idle_seconds: float = LOOK_SECONDS,
        wake: threading.Event | None = None,
        on_failure: Callable[[], None] = lambda: None,
    ) -> Loop:
        return Loop(
            name,
            step,
            idle_seconds=idle_seconds,
            breath_seconds=BREATH_SECONDS,
            wake=wake,
            stopping=self._stopping,
            on_failure=on_failure,
        )
