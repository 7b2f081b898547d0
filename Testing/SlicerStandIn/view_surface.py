"""A widget that shows a view of Slicer's core and hands Qt's events to its interactor."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget
from trame_slicer.views import AbstractView
from trame_slicer.views.render_scheduler import ScheduledRenderStrategy
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray

from .held import held
from .problems import reporting

_FRAME_MS = 15
_BUTTONS = {
    Qt.MouseButton.LeftButton: "LeftButton",
    Qt.MouseButton.MiddleButton: "MiddleButton",
    Qt.MouseButton.RightButton: "RightButton",
}
# X keysyms of keys that print nothing.
_KEYSYMS = {
    Qt.Key.Key_Escape: "Escape",
    Qt.Key.Key_Return: "Return",
    Qt.Key.Key_Enter: "Return",
    Qt.Key.Key_Tab: "Tab",
    Qt.Key.Key_Backspace: "BackSpace",
    Qt.Key.Key_Delete: "Delete",
    Qt.Key.Key_Insert: "Insert",
    Qt.Key.Key_Home: "Home",
    Qt.Key.Key_End: "End",
    Qt.Key.Key_Left: "Left",
    Qt.Key.Key_Right: "Right",
    Qt.Key.Key_Up: "Up",
    Qt.Key.Key_Down: "Down",
    Qt.Key.Key_PageUp: "Prior",
    Qt.Key.Key_PageDown: "Next",
    Qt.Key.Key_Space: "space",
    Qt.Key.Key_Shift: "Shift_L",
    Qt.Key.Key_Control: "Control_L",
    Qt.Key.Key_Alt: "Alt_L",
}


class TimedRendering(ScheduledRenderStrategy):
    """Requests to render that come close together become one."""

    def __init__(self) -> None:
        super().__init__()
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._render)

    def schedule_render(self) -> None:
        """Render soon."""
        if not self._timer.isActive():
            self._timer.start()

    def did_render(self) -> None:
        """Drop the request that this render fulfilled."""
        self._timer.stop()

    def stop(self) -> None:
        """Render no more."""
        self._timer.stop()
        self.abstract_view = None

    def _render(self) -> None:
        if self.abstract_view is not None:
            self.abstract_view.render()


class ViewSurface(QWidget):
    """Picture of a view, and its mouse and keyboard.

    The view renders off-screen; the widget paints what was rendered last.
    """

    resized = Signal(object)
    backgroundColor = held(QColor, "backgroundColor", QColor(Qt.GlobalColor.black), "_colour")
    backgroundColor2 = held(QColor, "backgroundColor2", QColor(Qt.GlobalColor.black), "_colour")
    gradientBackground = held(bool, "gradientBackground", False)
    cornerAnnotationText = held(str, "cornerAnnotationText", "")
    renderEnabled = held(bool, "renderEnabled", True)

    def __init__(self, view: AbstractView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self.renders = 0
        self._picture = QImage()
        self._pixels = np.empty(0, np.uint8)
        self._paused = 0
        self._last_press: Any = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.WheelFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(80, 60)
        window = view.render_window()
        window.SetOffScreenRendering(1)
        window.SetMultiSamples(0)
        window.AddObserver("EndEvent", self._rendered)
        interactor = view.interactor()
        # VTK's own keys: `q` would end the interactor, `3` switch to stereo.
        self._own_keys = interactor.AddObserver("CharEvent", self._swallow, 1000.0)
        interactor.AddObserver("ExitEvent", lambda *_: None)

    # What ctkVTKAbstractView has.

    def interactor(self) -> Any:
        return self.view.interactor()

    def interactorStyle(self) -> Any:
        return self.view.interactor_style()

    def renderWindow(self) -> Any:
        return self.view.render_window()

    def VTKWidget(self) -> QWidget:
        return self

    def scheduleRender(self) -> None:
        if not self._paused:
            self.view.schedule_render()

    def forceRender(self) -> None:
        self.view.render()

    def pauseRender(self) -> None:
        self._paused += 1
        self.view.set_render_blocked(True)

    def resumeRender(self) -> None:
        self._paused = max(0, self._paused - 1)
        if not self._paused:
            self.view.set_render_blocked(False)

    def setRenderPaused(self, paused: bool) -> None:
        self.pauseRender() if paused else self.resumeRender()

    def getDisplayableManagers(self, collection: Any) -> None:
        group = self.view._displayable_manager_group
        for index in range(group.GetDisplayableManagerCount()):
            collection.AddItem(group.GetNthDisplayableManager(index))

    def displayableManagerByClassName(self, name: str) -> Any:
        return self.view.get_displayable_manager_by_class(name)

    def setViewCursor(self, cursor: Any) -> None:
        self.setCursor(cursor)

    def unsetViewCursor(self) -> None:
        self.unsetCursor()

    setDefaultViewCursor = setViewCursor

    def setBackgroundColor(self, colour: QColor) -> None:
        self.setProperty("backgroundColor", colour)

    def setBackgroundColor2(self, colour: QColor) -> None:
        self.setProperty("backgroundColor2", colour)

    def setGradientBackground(self, gradient: bool) -> None:
        self.setProperty("gradientBackground", gradient)

    def setCornerAnnotationText(self, text: str) -> None:
        self.setProperty("cornerAnnotationText", text)

    def _colour(self) -> None:
        renderer = self.view.first_renderer()
        renderer.SetBackground(*self.backgroundColor.getRgbF()[:3])
        renderer.SetBackground2(*self.backgroundColor2.getRgbF()[:3])
        self.scheduleRender()

    # From the view to the screen.

    def finalize(self) -> None:
        """Give the view's graphics memory back, and let go of what VTK keeps alive through observers."""
        self.view.set_render_blocked(True)
        self.view._scheduled_render.stop()
        self.view._event_observer.SetPythonCallback(lambda *_: None)
        self.view._displayable_manager_group.RemoveAllObservers()
        self.view.interactor().RemoveAllObservers()
        self.view.render_window().RemoveAllObservers()
        self.view.finalize()

    def fit_to_size(self) -> None:
        """Tell the view's node how large it is shown."""

    def _rendered(self, _window: Any, _event: str) -> None:
        self.renders += 1
        self._picture = QImage()
        self.update()

    def picture(self) -> QImage:
        """Picture that was rendered last."""
        if self._picture.isNull():
            window = self.view.render_window()
            width, height = window.GetSize()
            data = vtkUnsignedCharArray()
            window.GetPixelData(0, 0, width - 1, height - 1, 0, data, 0)
            flipped = vtk_to_numpy(data).reshape(height, width, 3)[::-1]
            self._pixels = np.ascontiguousarray(flipped)
            self._picture = QImage(self._pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
        return self._picture

    def pixels(self) -> np.ndarray:
        """Pixels ``[row from the top, column, red green blue]`` that were rendered last."""
        self.picture()
        return self._pixels

    @reporting
    def paintEvent(self, _event: QEvent) -> None:
        with QPainter(self) as painter:
            if self.renders:
                painter.drawImage(self.rect(), self.picture())
            else:
                painter.fillRect(self.rect(), Qt.GlobalColor.black)

    @reporting
    def resizeEvent(self, event: Any) -> None:
        size = event.size()
        self.view.update_size(size.width(), size.height())
        self.view.interactor().InvokeEvent("ConfigureEvent")
        self.fit_to_size()
        self.resized.emit(size)
        self.scheduleRender()

    # From the mouse and the keyboard to the view.

    @reporting
    def mousePressEvent(self, event: Any) -> None:
        self._tell_position(event)
        self._invoke_button(event, "PressEvent")

    @reporting
    def mouseReleaseEvent(self, event: Any) -> None:
        self._tell_position(event)
        self._invoke_button(event, "ReleaseEvent")

    @reporting
    def mouseDoubleClickEvent(self, event: Any) -> None:
        self._tell_position(event, repeat=1)
        self._invoke_button(event, "DoubleClickEvent")

    @reporting
    def mouseMoveEvent(self, event: Any) -> None:
        self._tell_position(event)
        self.interactor().InvokeEvent("MouseMoveEvent")

    @reporting
    def wheelEvent(self, event: Any) -> None:
        self._tell_position(event)
        delta = event.angleDelta().y()
        if delta:
            way = "Forward" if delta > 0 else "Backward"
            self.interactor().InvokeEvent(f"MouseWheel{way}Event")
        event.accept()

    @reporting
    def enterEvent(self, event: Any) -> None:
        self._tell_position(event)
        self.interactor().InvokeEvent("EnterEvent")

    @reporting
    def leaveEvent(self, _event: Any) -> None:
        self.interactor().InvokeEvent("LeaveEvent")

    @reporting
    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._tell_key(event)
        self.interactor().InvokeEvent("KeyPressEvent")
        if event.text():
            self.interactor().InvokeEvent("CharEvent")

    @reporting
    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._tell_key(event)
        self.interactor().InvokeEvent("KeyReleaseEvent")

    def focusNextPrevChild(self, _forward: bool) -> bool:
        return False

    def _invoke_button(self, event: Any, what: str) -> None:
        button = _BUTTONS.get(event.button())
        if button is not None:
            self.interactor().InvokeEvent(button + what)

    def _tell_position(self, event: Any, repeat: int = 0) -> None:
        position = event.position()
        x, y = int(position.x()), self.height() - int(position.y()) - 1
        ctrl, shift = self._modifiers(event)
        self.interactor().SetEventInformation(x, y, ctrl, shift, "\0", repeat, None)

    def _tell_key(self, event: QKeyEvent) -> None:
        text = event.text()
        symbol = _KEYSYMS.get(Qt.Key(event.key())) or _symbol(text)
        ctrl, shift = self._modifiers(event)
        key = text[0] if text and ord(text[0]) < 128 else "\0"
        self.interactor().SetKeyEventInformation(ctrl, shift, key, event.count(), symbol)

    def _modifiers(self, event: Any) -> tuple[int, int]:
        held_keys = event.modifiers() if hasattr(event, "modifiers") else Qt.KeyboardModifier.NoModifier
        self.interactor().SetAltKey(int(bool(held_keys & Qt.KeyboardModifier.AltModifier)))
        ctrl = int(bool(held_keys & Qt.KeyboardModifier.ControlModifier))
        return ctrl, int(bool(held_keys & Qt.KeyboardModifier.ShiftModifier))

    def _swallow(self, interactor: Any, _event: str) -> None:
        interactor.GetCommand(self._own_keys).SetAbortFlag(1)


def _symbol(text: str) -> str:
    names = {"+": "plus", "-": "minus", ".": "period", ",": "comma", "/": "slash", "[": "bracketleft"}
    return names.get(text, text if text.isalnum() else {"]": "bracketright"}.get(text, "None"))
