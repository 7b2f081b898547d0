"""Undo and redo stacks of a reading, rebuilt from its events; actions are read as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import overload
from weakref import WeakValueDictionary

from .actions import Action
from .packing import damaged_labels

DO, UNDO, REDO = "do", "undo", "redo"

Step = tuple[int, str, int | None]
"""Number of an event, one of DO, UNDO and REDO, and for these two the number of the event they are about."""


class ActionStack(Sequence[Action]):
    """Actions of a reading, oldest first, each read when it is asked for: a long session costs no memory.

    Parameters
    ----------
    numbers
        Numbers of their events.
    action_of
        Reads the action of an event.
    """

    def __init__(self, numbers: list[int], action_of: Callable[[int], Action]) -> None:
        self.numbers = numbers
        self._action_of = action_of

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Action: ...

    @overload
    def __getitem__(self, index: slice) -> list[Action]: ...

    def __getitem__(self, index: int | slice) -> Action | list[Action]:
        if isinstance(index, slice):
            return [self._action_of(number) for number in self.numbers[index]]
        return self._action_of(self.numbers[index])


class History:
    """What can be undone and redone.

    Parameters
    ----------
    steps
        All events of the reading, in their order.
    read_action
        Reads the action of an event from the disk.
    """

    def __init__(self, steps: Iterable[Step], read_action: Callable[[int], Action]) -> None:
        self._read_action = read_action
        # Whoever holds an action gets the same object again.
        self._held: WeakValueDictionary[int, Action] = WeakValueDictionary()
        self.done = ActionStack([], self.action_of)
        self.undone = ActionStack([], self.action_of)
        for number, step, of_event in steps:
            self._follow(number, step, of_event)

    def action_of(self, number: int) -> Action:
        """Return the action of an event."""
        action = self._held.get(number)
        if action is None:
            action = self._held[number] = self._read_action(number)
        return action

    def did(self, number: int, action: Action) -> None:
        """Put a new action on the undo stack; what was undone before cannot be redone any more."""
        self._held[number] = action
        self._follow(number, DO, None)

    def undid(self) -> None:
        """Move the last action to the redo stack."""
        self.undone.numbers.append(self.done.numbers.pop())

    def redid(self) -> None:
        """Move the action undone last back to the undo stack."""
        self.done.numbers.append(self.undone.numbers.pop())

    def _follow(self, number: int, step: str, of_event: int | None) -> None:
        if step == DO:
            self.done.numbers.append(number)
            self.undone.numbers.clear()
            return
        source, move = (self.done, self.undid) if step == UNDO else (self.undone, self.redid)
        if source.numbers[-1:] != [of_event]:
            raise damaged_labels()
        move()
