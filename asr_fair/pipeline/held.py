"""A few of the things that were made last, bounded by what they weigh."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

ThingT = TypeVar("ThingT")


class Held(Generic[ThingT]):
    """Keeps what was asked for last, up to `most_bytes` in all, and the very last one whatever it weighs."""

    def __init__(self, most_bytes: int, weigh: Callable[[ThingT], int]) -> None:
        self._most_bytes = most_bytes
        self._weigh = weigh
        self._things: OrderedDict[Hashable, ThingT] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], ThingT]) -> ThingT:
        """The thing of a key, made if it is not held; what `make` raises is raised and not remembered."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        thing = make()
        with self._lock:
            self._things[key] = thing
            self._things.move_to_end(key)
            weight = sum(map(self._weigh, self._things.values()))
            while weight > self._most_bytes and len(self._things) > 1:
                weight -= self._weigh(self._things.popitem(last=False)[1])
        return thing
