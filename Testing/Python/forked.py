"""Other processes, at the cost of a fork: killed between two statements, or started at the same moment."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeVar

from CACScoringLib.errors import CACError
from sqlalchemy import Engine, event

T = TypeVar("T")
_DONE, _REFUSED, _FAILED = 0, 2, 3


def killed_before_each_statement(prepare: Callable[[], T], work: Callable[[T], object]) -> Iterator[int]:
    """Have work done in a process that is killed before its first statement, in one before its second, …

    Yields the number of the statement after each kill, until a process comes to its end. A commit counts as a
    statement; those of ``prepare``, which makes what is worked on, do not count.
    """
    for number in count(1):
        child = os.fork()
        if child == 0:
            _do(lambda number=number: _work_until(number, prepare(), work))
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            assert os.waitstatus_to_exitcode(status) == _DONE
            return
        yield number


def done_at_once(*works: Callable[[], object]) -> list[bool]:
    """Have each work done in a process of its own, from one moment on; False where it raised a CACError."""
    waits, go = os.pipe()
    children = []
    for work in works:
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(waits, 1)
            _do(work)
        children.append(child)
    os.close(waits)
    os.close(go)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert set(codes) <= {_DONE, _REFUSED}, codes
    return [code == _DONE for code in codes]


def _do(work: Callable[[], object]) -> None:
    """End this process with what became of its work, and without what Python does at an end."""
    code = _FAILED
    try:
        work()
        code = _DONE
    except CACError as error:
        print(error)
        code = _REFUSED
    except BaseException as error:
        print(repr(error))
    finally:
        os._exit(code)


def _work_until(number: int, prepared: T, work: Callable[[T], object]) -> None:
    left = [number]

    def count_down(*_: object) -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count_down)
    event.listen(Engine, "commit", count_down)
    work(prepared)
