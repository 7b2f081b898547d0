"""VTK's own keys, which must not reach a view: ``q`` would end the process, ``3`` draw in stereo."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import vtk

_FIRST = 1000.0
"""Priority: before all that VTK and Slicer do with keys."""


def ignore_keys(interactor: vtk.vtkRenderWindowInteractor) -> None:
    """Let no key do anything in a view; the page has keys of its own."""

    def swallow(tag: list[int]) -> None:
        interactor.GetCommand(tag[0]).SetAbortFlag(1)

    for event in ("KeyPressEvent", "KeyReleaseEvent", "CharEvent"):
        tag: list[int] = []
        tag.append(interactor.AddObserver(event, lambda *_, tag=tag: swallow(tag), _FIRST))
    # With an observer, VTK does not end the application.
    interactor.AddObserver("ExitEvent", lambda *_: None)
