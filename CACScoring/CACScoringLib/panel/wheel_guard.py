"""Keeps the mouse wheel, turned to scroll the panel, from changing a setting that lies under it."""

from __future__ import annotations

import qt


class WheelGuard(qt.QObject):
    """Lets widgets take the wheel only once they were clicked.

    Parameters
    ----------
    widgets
        Spin boxes and lists that the wheel would change.
    """

    def __init__(self, *widgets: qt.QWidget) -> None:
        qt.QObject.__init__(self)
        for widget in widgets:
            widget.focusPolicy = qt.Qt.StrongFocus
            widget.installEventFilter(self)

    def eventFilter(self, widget: qt.QWidget, event: qt.QEvent) -> bool:  # noqa: N802 (Qt's name)
        """Hand the wheel on to the panel."""
        if event.type() != qt.QEvent.Wheel or widget.hasFocus():
            return False
        event.ignore()
        return True
