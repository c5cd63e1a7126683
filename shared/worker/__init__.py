"""What a worker does, as loops: publish, receive, handle, remind, repair, pump.

Each loop is a class with one `step()` that does a little and says whether it did
anything; `loops` runs steps in threads, a test calls them by hand.
"""

from shared.worker.run import Worker

__all__ = ["Worker"]
