"""CTK's buttons and boxes on plain Qt widgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QChildEvent, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QGroupBox,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QWidget,
)

from .dialogs import dialogs
from .held import held
from .problems import reporting
from .proxies import implementation

_UNLIMITED = 16777215


class _Folding:
    """Children that hide while the container is collapsed.

    What is added, shown or hidden meanwhile is so once it is opened again.
    """

    def fold(self: Any, collapsed: bool) -> None:
        """Hide the children, or bring back those that are to be seen."""
        self._moving = True
        children = [each for each in self.children() if isinstance(each, QWidget)]
        if collapsed:
            self._waiting = [each for each in children if not each.isHidden()]
            for each in self._waiting:
                each.hide()
            self.setMaximumHeight(self.header_height() + self.collapsedHeight)
        else:
            self.setMaximumHeight(_UNLIMITED)
            for each in getattr(self, "_waiting", children):
                each.show()
        self._moving = False
        self.updateGeometry()

    def take_child(self: Any, event: QChildEvent) -> None:
        """Watch a child that was added; not before it is complete, or Python would know it as a QWidget."""
        if not event.polished():
            return
        child = event.child()
        if child.isWidgetType():
            child.installEventFilter(self)
            if self.collapsed and not child.isHidden():
                self._waiting.append(child)
                self._hide(child)

    def watch_child(self: Any, child: Any, event: QEvent) -> None:
        """Remember that a child was shown or hidden while the container is collapsed."""
        if getattr(self, "_moving", False) or not self.collapsed or child.parent() is not self:
            return
        if event.type() == QEvent.Type.ShowToParent:
            self._waiting.append(child)
            self._hide(child)
        elif event.type() == QEvent.Type.HideToParent and child in self._waiting:
            self._waiting.remove(child)

    def _hide(self: Any, child: QWidget) -> None:
        self._moving = True
        child.hide()
        self._moving = False


@implementation
class ctkCollapsibleButton(_Folding, QAbstractButton):
    """A headline that shows and hides what stands below it."""

    contentsCollapsed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent if isinstance(parent, QWidget) else None)
        self.setCheckable(True)
        self.setChecked(True)
        if isinstance(parent, str):
            self.setText(parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setContentsMargins(0, self.header_height(), 0, 0)
        self.toggled.connect(lambda shown: self._set_collapsed(not shown))

    def header_height(self) -> int:
        return self.fontMetrics().height() + 10

    def _get_collapsed(self) -> bool:
        return not self.isChecked()

    def _set_collapsed(self, collapsed: bool) -> None:
        if self.isChecked() == collapsed:
            self.setChecked(not collapsed)
        elif self.__dict__.setdefault("_was_collapsed", False) != collapsed:
            self.__dict__["_was_collapsed"] = collapsed
            self.fold(collapsed)
            self.contentsCollapsed.emit(collapsed)

    collapsed = Property(bool, _get_collapsed, _set_collapsed)
    collapsedHeight = held(int, "collapsedHeight", 0)
    flat = held(bool, "flat", False, "update")
    buttonTextAlignment = held(int, "buttonTextAlignment", 0x81, "update")
    contentsFrameShape = held(int, "contentsFrameShape", 0, "update")
    contentsFrameShadow = held(int, "contentsFrameShadow", 16, "update")
    contentsLineWidth = held(int, "contentsLineWidth", 1, "update")

    def hitButton(self, position: Any) -> bool:
        return position.y() < self.header_height()

    def sizeHint(self) -> QSize:
        header = QSize(self.fontMetrics().horizontalAdvance(self.text()) + 40, self.header_height())
        return self.layout().totalSizeHint().expandedTo(header) if self.layout() else header

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), self.header_height())

    @reporting
    def paintEvent(self, _event: Any) -> None:
        option = QStyleOptionButton()
        option.initFrom(self)
        option.rect.setHeight(self.header_height())
        if self.isDown():
            option.state |= QStyle.StateFlag.State_Sunken
        arrow = QStyleOptionButton()
        arrow.initFrom(self)
        arrow.rect.setRect(8, (self.header_height() - 10) // 2, 10, 10)
        primitive = QStyle.PrimitiveElement
        kind = primitive.PE_IndicatorArrowRight if self.collapsed else primitive.PE_IndicatorArrowDown
        place = option.rect.adjusted(26, 0, -4, 0)
        with QPainter(self) as painter:
            if not self.flat:
                self.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, option, painter, self)
            self.style().drawPrimitive(kind, arrow, painter, self)
            painter.drawText(
                place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), self.text()
            )

    @reporting
    def childEvent(self, event: QChildEvent) -> None:
        self.take_child(event)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        self.watch_child(watched, event)
        return False

    @reporting
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self.setContentsMargins(0, self.header_height(), 0, 0)
        super().changeEvent(event)


@implementation
class ctkCollapsibleGroupBox(_Folding, QGroupBox):
    """A group box with a check box that hides what it holds."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent if isinstance(parent, QWidget) else None)
        if isinstance(parent, str):
            self.setTitle(parent)
        self.setCheckable(True)
        self.toggled.connect(lambda shown: self.fold(not shown))

    def header_height(self) -> int:
        return self.fontMetrics().height() + 8

    def _get_collapsed(self) -> bool:
        return not self.isChecked()

    def _set_collapsed(self, collapsed: bool) -> None:
        self.setChecked(not collapsed)

    collapsed = Property(bool, _get_collapsed, _set_collapsed)
    collapsedHeight = held(int, "collapsedHeight", 14)

    @reporting
    def childEvent(self, event: QChildEvent) -> None:
        self.take_child(event)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        self.watch_child(watched, event)
        return False


@implementation
class ctkCheckBox(QCheckBox):
    """A check box."""


@implementation
class ctkPushButton(QPushButton):
    """A push button."""


@implementation
class ctkCheckablePushButton(ctkPushButton):
    """A push button that can stay pressed."""

    checkBoxControlsButtonToggleState = held(bool, "checkBoxControlsButtonToggleState", True)


@implementation
class ctkMenuButton(QPushButton):
    """A push button with an arrow for its menu."""


@implementation
class ctkComboBox(QComboBox):
    """A combo box with a text for no choice."""

    defaultText = held(str, "defaultText", "", "_show_default")

    def _show_default(self) -> None:
        self.setPlaceholderText(self.defaultText)

    def _get_data(self) -> str:
        return str(self.currentData() or "")

    def _set_data(self, value: str) -> None:
        self.setCurrentIndex(self.findData(value))

    currentUserDataAsString = Property(str, _get_data, _set_data)


@implementation
class ctkColorPickerButton(QPushButton):
    """A button that shows a colour."""

    colorChanged = Signal(QColor)
    colorNameChanged = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent if isinstance(parent, QWidget) else None)
        self._color = QColor(Qt.GlobalColor.black)
        self.clicked.connect(self.changeColor)
        self._show()

    def _get_color(self) -> QColor:
        return self._color

    def setColor(self, color: QColor) -> None:
        if color != self._color:
            self._color = color
            self._show()
            self.colorChanged.emit(color)
            self.colorNameChanged.emit(color.name())

    color = Property(QColor, _get_color, setColor)
    displayColorName = held(bool, "displayColorName", True, "_show")

    def setDisplayColorName(self, shown: bool) -> None:
        self.setProperty("displayColorName", shown)

    def changeColor(self) -> None:
        chosen = dialogs.value("color", self.toolTip(), self._color)
        if chosen is not None:
            self.setColor(QColor(chosen))

    def _show(self) -> None:
        picture = QPixmap(16, 16)
        picture.fill(self._color)
        self.setIcon(QIcon(picture))
        self.setText(self._color.name() if self.displayColorName else "")


@implementation
class ctkDirectoryButton(QWidget):
    """A button that shows a folder and asks for another."""

    directoryChanged = Signal(str)
    directorySelected = Signal(str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent if isinstance(parent, QWidget) else None)
        self._button = QPushButton(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._button)
        self._button.clicked.connect(self.browse)
        self._directory = str(Path.cwd())
        self._show()

    def _get_directory(self) -> str:
        return self._directory

    def _set_directory(self, directory: str) -> None:
        if directory != self._directory:
            self._directory = directory
            self._show()
            self.directoryChanged.emit(directory)

    directory = Property(str, _get_directory, _set_directory)
    caption = held(str, "caption", "")
    text = held(str, "text", "", "_show")
    acceptMode = held(int, "acceptMode", 0)

    def browse(self) -> None:
        chosen = dialogs.value("getExistingDirectory", self.caption, "")
        if chosen:
            self._set_directory(str(chosen))
            self.directorySelected.emit(str(chosen))

    def _show(self) -> None:
        self._button.setText(self.text or self._directory)


@implementation
class ctkMessageBox(QMessageBox):
    """A message box that can be told not to come again."""

    dontShowAgainSettingsKey = held(str, "dontShowAgainSettingsKey", "")
    dontShowAgainVisible = held(bool, "dontShowAgainVisible", False)
    dontShowAgain = held(bool, "dontShowAgain", False)
