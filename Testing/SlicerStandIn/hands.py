"""A reader's hands: mouse and keyboard events that go through the window, as the real ones do."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QScrollArea, QWidget

from .proxies import unwrap

if TYPE_CHECKING:
    from .slice_widgets import qMRMLSliceView

Modifier = Qt.KeyboardModifier
LEFT = Qt.MouseButton.LeftButton


def modifiers(names: str) -> Modifier:
    """Modifiers by name: ``"ctrl"``, ``"shift+alt"``, or none."""
    kinds = {"ctrl": Modifier.ControlModifier, "shift": Modifier.ShiftModifier, "alt": Modifier.AltModifier}
    held = Modifier.NoModifier
    for each in filter(None, names.split("+")):
        held |= kinds[each]
    return held


class Hands:
    """Clicks, drags, turns the wheel and types.

    Mouse events are given to the window at a place, so that a widget covered, disabled or out of sight
    does not get them.
    """

    def click(self, widget: Any, held: str = "", button: Qt.MouseButton = LEFT) -> None:
        """Click in the middle of a widget; panels are scrolled to it."""
        inner = self._reach(widget)
        self._click_at(inner, self._handle_of(inner), held, button)

    def click_cell(self, table: Any, row: int, column: int, held: str = "", double: bool = False) -> None:
        """Click a cell of a table or a row of a list or tree."""
        inner = self._reach(table)
        index = inner.model().index(row, column)
        inner.scrollTo(index)
        self.settle()
        place = inner.visualRect(index).center()
        self._click_at(inner.viewport(), place, held, LEFT)
        if double:
            self._double_click_at(inner.viewport(), place)

    def choose(self, combo: Any, text: str) -> None:
        """Choose an entry of a combo box, or of a node selector, from its list."""
        inner = self._reach(combo)
        box = inner if isinstance(inner, QComboBox) else inner.findChild(QComboBox)
        index = box.findText(text)
        if index < 0:
            known = [box.itemText(each) for each in range(box.count())]
            raise ValueError(f"There is no entry {text!r} in {inner.objectName()}, only {known}")
        box.showPopup()
        self.settle()
        view = box.view()
        entry = box.model().index(index, box.modelColumn(), box.rootModelIndex())
        view.scrollTo(entry)
        # The list is a window of its own, which the press begins to close.
        QTest.mouseClick(view.viewport(), LEFT, Modifier.NoModifier, view.visualRect(entry).center())
        self.settle()

    def choose_action(self, menu: Any, text: str) -> None:
        """Click an entry of a menu that is open."""
        inner = unwrap(menu)
        if not inner.isVisible():
            raise AssertionError(f"The menu {inner.title()!r} is not open")
        action = next((each for each in inner.actions() if each.text() == text), None)
        if action is None:
            known = [each.text() for each in inner.actions()]
            raise ValueError(f"There is no entry {text!r} in the menu, only {known}")
        QTest.mouseClick(inner, LEFT, Modifier.NoModifier, inner.actionGeometry(action).center())
        self.settle()

    def type(self, widget: Any, text: str, replace: bool = True, enter: bool = False) -> None:
        """Type a text into a widget, instead of what it holds."""
        inner = self._reach(widget)
        inner.setFocus()
        target = QApplication.focusWidget() or inner
        if replace:
            QTest.keyClick(target, Qt.Key.Key_A, Modifier.ControlModifier)
        QTest.keyClicks(target, text)
        if enter:
            # Given a widget, QTest would take it away from Python for as long as its slots run.
            QTest.keyClick(target.window().windowHandle(), Qt.Key.Key_Return)
        self.settle()

    def press(self, key: str | Qt.Key, held: str = "", on: Any = None) -> None:
        """Press a key where the focus is, or in a widget: a character, or one of ``Qt.Key``."""
        target = unwrap(on) if on is not None else QApplication.focusWidget() or QApplication.activeWindow()
        if on is not None:
            target.setFocus()
            target = target.focusProxy() or target
        code = (
            key
            if isinstance(key, Qt.Key)
            else Qt.Key(ord(key.upper()))
            if len(key) == 1
            else Qt.Key[f"Key_{key}"]
        )
        QTest.keyClick(target, code, modifiers(held))
        self.settle()

    def focus(self, widget: Any) -> None:
        """Give a widget the keyboard."""
        unwrap(widget).setFocus()
        self.settle()

    # In views.

    def place_of(self, view: Any, ras: Sequence[float]) -> QPoint:
        """Position in a slice view of a point in millimetres; the view need not lie in its slice."""
        inner: qMRMLSliceView = unwrap(view)
        x, y, _z = inner.convertRASToXYZ(list(ras))
        return QPoint(round(x), inner.height() - 1 - round(y))

    def click_ras(
        self, view: Any, ras: Sequence[float], held: str = "", button: Qt.MouseButton = LEFT
    ) -> None:
        """Click a slice view at a point in millimetres."""
        self.move(view, ras)
        self._click_at(unwrap(view), self.place_of(view, ras), held, button)

    def double_click_ras(self, view: Any, ras: Sequence[float]) -> None:
        """Click twice at a point in millimetres."""
        self.click_ras(view, ras)
        self._double_click_at(unwrap(view), self.place_of(view, ras))

    def move(self, view: Any, ras: Sequence[float], held: str = "") -> None:
        """Move the mouse to a point in millimetres, no button down."""
        self._mouse(
            QEvent.Type.MouseMove, *self._in_window(unwrap(view), self.place_of(view, ras)), held=held
        )

    def drag_ras(
        self,
        view: Any,
        path: Iterable[Sequence[float]],
        held: str = "",
        button: Qt.MouseButton = LEFT,
        release: bool = True,
    ) -> None:
        """Press at the first of a path of points in millimetres, move along it, release at the last."""
        inner = unwrap(view)
        places = [self._in_window(inner, self.place_of(view, each)) for each in path]
        self._mouse(QEvent.Type.MouseMove, *places[0], held=held)
        self._mouse(QEvent.Type.MouseButtonPress, *places[0], button, held)
        for each in places[1:]:
            self._mouse(QEvent.Type.MouseMove, *each, button, held)
        if release:
            self._mouse(QEvent.Type.MouseButtonRelease, *places[-1], button, held)
        self.settle()

    def wheel(self, view: Any, steps: int, held: str = "", ras: Sequence[float] | None = None) -> None:
        """Turn the wheel over a point in millimetres or the middle of a widget; forwards is positive."""
        inner = unwrap(view)
        place = inner.rect().center() if ras is None else self.place_of(view, ras)
        window, there = self._in_window(inner, place)
        for _ in range(abs(steps)):
            turned = QPoint(0, 120 if steps > 0 else -120)
            kind, phase = modifiers(held), Qt.ScrollPhase.NoScrollPhase
            where = QPointF(window.mapToGlobal(there))
            event = QWheelEvent(
                QPointF(there), where, QPoint(), turned, Qt.MouseButton.NoButton, kind, phase, False
            )
            QApplication.sendEvent(window, event)
        self.settle()

    def settle(self, milliseconds: int = 30) -> None:
        """Let Qt work: layouts, paintings and renderings that are due."""
        QTest.qWait(milliseconds)

    def wait_for(self, condition: Any, seconds: float = 10.0) -> None:
        """Let Qt work until a condition holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"Waited {seconds} s in vain")
            QTest.qWait(20)

    # Inside.

    def _reach(self, widget: Any) -> Any:
        """Scroll to a widget."""
        inner = unwrap(widget)
        # Where it is to be is known once what was changed a moment ago, a section opened say, has its size.
        self.settle()
        parent = inner.parentWidget()
        while parent is not None:
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(inner)
            parent = parent.parentWidget()
        self.settle()
        if not inner.isVisible():
            raise AssertionError(f"{inner.objectName()} cannot be seen")
        return inner

    @staticmethod
    def _handle_of(inner: QWidget) -> QPoint:
        """Where one clicks to press a widget: a collapsible button's headline, a check box's box."""
        from PySide6.QtWidgets import QCheckBox, QRadioButton

        from .ctk_buttons import ctkCollapsibleButton

        if isinstance(inner, ctkCollapsibleButton):
            return QPoint(inner.width() // 2, inner.header_height() // 2)
        if isinstance(inner, (QCheckBox, QRadioButton)):
            return QPoint(8, inner.height() // 2)
        return inner.rect().center()

    @staticmethod
    def _in_window(inner: QWidget, place: QPoint) -> tuple[Any, QPoint]:
        window = inner.window()
        return window.windowHandle(), inner.mapTo(window, place)

    def _click_at(self, inner: QWidget, place: QPoint, held: str, button: Qt.MouseButton) -> None:
        there = self._in_window(inner, place)
        self._mouse(QEvent.Type.MouseButtonPress, *there, button, held)
        self._mouse(QEvent.Type.MouseButtonRelease, *there, button, held)
        self.settle()

    def _double_click_at(self, inner: QWidget, place: QPoint) -> None:
        """Click a second time."""
        there = self._in_window(inner, place)
        self._mouse(QEvent.Type.MouseButtonDblClick, *there, LEFT, "")
        self._mouse(QEvent.Type.MouseButtonRelease, *there, LEFT, "")
        self.settle()

    def _mouse(
        self,
        kind: QEvent.Type,
        window: Any,
        place: QPoint,
        button: Qt.MouseButton = Qt.MouseButton.NoButton,
        held: str = "",
    ) -> None:
        """Give a window a mouse event; it finds the widget, as for the real mouse."""
        none = Qt.MouseButton.NoButton
        pressed = none if kind == QEvent.Type.MouseButtonRelease else button
        changed = none if kind == QEvent.Type.MouseMove else button
        where, everywhere = QPointF(place), QPointF(window.mapToGlobal(place))
        event = QMouseEvent(kind, where, where, everywhere, changed, pressed, modifiers(held))
        QApplication.sendEvent(window, event)
        QApplication.processEvents()


__all__ = ["Hands", "modifiers"]
