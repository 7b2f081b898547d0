"""CTK's widgets for numbers, texts and paths on plain Qt widgets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Property, QDir, Qt, Signal
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QSlider, QToolButton, QWidget

from .dialogs import dialogs
from .held import held, passed_on
from .proxies import implementation

_LARGEST = 1e9


def _row(widget: QWidget, *parts: QWidget) -> None:
    layout = QHBoxLayout(widget)
    layout.setContentsMargins(0, 0, 0, 0)
    for each in parts:
        layout.addWidget(each)


def _parent(parent: Any) -> QWidget | None:
    return parent if isinstance(parent, QWidget) else None


@implementation
class ctkDoubleSpinBox(QWidget):
    """A number."""

    valueChanged = Signal((float,), (str,))
    decimalsChanged = Signal(int)
    editingFinished = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(_parent(parent))
        self._box = QDoubleSpinBox(self)
        _row(self, self._box)
        self.setFocusProxy(self._box)
        self._box.valueChanged.connect(self._changed)
        self._box.editingFinished.connect(self.editingFinished)

    def _changed(self, value: float) -> None:
        self.valueChanged[float].emit(value)
        self.valueChanged[str].emit(self._box.text())

    value = passed_on(float, "_box", "value")
    prefix = passed_on(str, "_box", "prefix")
    suffix = passed_on(str, "_box", "suffix")
    singleStep = passed_on(float, "_box", "singleStep")
    readOnly = passed_on(bool, "_box", "readOnly")
    cleanText = passed_on(str, "_box", "cleanText")
    invertedControls = held(bool, "invertedControls", False)

    def _get_decimals(self) -> int:
        return self._box.decimals()

    def setDecimals(self, decimals: int) -> None:
        if decimals != self._box.decimals():
            self._box.setDecimals(decimals)
            self.decimalsChanged.emit(decimals)

    decimals = Property(int, _get_decimals, setDecimals)

    def _get_minimum(self) -> float:
        return self._box.minimum()

    def _set_minimum(self, value: float) -> None:
        self._box.setMinimum(max(value, -_LARGEST))

    minimum = Property(float, _get_minimum, _set_minimum)

    def _get_maximum(self) -> float:
        return self._box.maximum()

    def _set_maximum(self, value: float) -> None:
        self._box.setMaximum(min(value, _LARGEST))

    maximum = Property(float, _get_maximum, _set_maximum)

    def setValue(self, value: float) -> None:
        self._box.setValue(value)

    setValueIfDifferent = setValueAlways = setValue

    def stepUp(self) -> None:
        self._box.stepUp()

    def stepDown(self) -> None:
        self._box.stepDown()

    def setReadOnly(self, read_only: bool) -> None:
        self._box.setReadOnly(read_only)


@implementation
class ctkSliderWidget(QWidget):
    """A slider with its number."""

    valueChanged = Signal(float)
    valueIsChanging = Signal(float)
    decimalsChanged = Signal(int)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(_parent(parent))
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._box = QDoubleSpinBox(self)
        self._box.setRange(0, 99)
        _row(self, self._slider, self._box)
        self.setFocusProxy(self._slider)
        self._value = 0.0
        self._box.valueChanged.connect(self._from_box)
        self._slider.valueChanged.connect(self._from_slider)
        self._slider.sliderReleased.connect(self._settle)
        self._fit_slider()

    def _fit_slider(self) -> None:
        steps = round((self._box.maximum() - self._box.minimum()) / self._box.singleStep())
        self._slider.blockSignals(True)
        self._slider.setRange(0, min(max(steps, 0), 100_000))
        self._slider.setValue(round((self._box.value() - self._box.minimum()) / self._box.singleStep()))
        self._slider.blockSignals(False)

    def _from_slider(self, step: int) -> None:
        self._box.setValue(self._box.minimum() + step * self._box.singleStep())

    def _from_box(self, value: float) -> None:
        self._fit_slider()
        self.valueIsChanging.emit(value)
        if self.tracking or not self._slider.isSliderDown():
            self._settle()

    def _settle(self) -> None:
        if self._box.value() != self._value:
            self._value = self._box.value()
            self.valueChanged.emit(self._value)

    def _get_value(self) -> float:
        return self._box.value() if self.tracking else self._value

    def setValue(self, value: float) -> None:
        self._box.setValue(value)

    value = Property(float, _get_value, setValue)
    tracking = held(bool, "tracking", True)
    prefix = passed_on(str, "_box", "prefix")
    suffix = passed_on(str, "_box", "suffix")
    invertedAppearance = passed_on(bool, "_slider", "invertedAppearance")
    tickInterval = held(float, "tickInterval", 0.0)
    pageStep = held(float, "pageStep", 10.0)

    def _get_decimals(self) -> int:
        return self._box.decimals()

    def setDecimals(self, decimals: int) -> None:
        if decimals != self._box.decimals():
            self._box.setDecimals(decimals)
            self.decimalsChanged.emit(decimals)

    decimals = Property(int, _get_decimals, setDecimals)

    def _get_step(self) -> float:
        return self._box.singleStep()

    def _set_step(self, step: float) -> None:
        self._box.setSingleStep(step)
        self._fit_slider()

    singleStep = Property(float, _get_step, _set_step)

    def _get_minimum(self) -> float:
        return self._box.minimum()

    def _set_minimum(self, value: float) -> None:
        self._box.setMinimum(value)
        self._fit_slider()

    minimum = Property(float, _get_minimum, _set_minimum)

    def _get_maximum(self) -> float:
        return self._box.maximum()

    def _set_maximum(self, value: float) -> None:
        self._box.setMaximum(value)
        self._fit_slider()

    maximum = Property(float, _get_maximum, _set_maximum)

    def _get_box_visible(self) -> bool:
        return not self._box.isHidden()

    def setSpinBoxVisible(self, visible: bool) -> None:
        self._box.setVisible(visible)

    spinBoxVisible = Property(bool, _get_box_visible, setSpinBoxVisible)

    def reset(self) -> None:
        self._box.setValue(self._box.minimum())


@implementation
class ctkDoubleSlider(QWidget):
    """A slider of numbers that need not be whole."""

    valueChanged = Signal(float)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(_parent(parent))
        self._inner = ctkSliderWidget(self)
        self._inner.setSpinBoxVisible(False)
        _row(self, self._inner)
        self._inner.valueChanged.connect(self.valueChanged)

    value = passed_on(float, "_inner", "value")
    minimum = passed_on(float, "_inner", "minimum")
    maximum = passed_on(float, "_inner", "maximum")
    singleStep = passed_on(float, "_inner", "singleStep")


@implementation
class ctkPathLineEdit(QWidget):
    """A path that can be typed or chosen, with those used before."""

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(_parent(parent))
        self._combo = QComboBox(self)
        self._combo.setEditable(True)
        self._combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._browse = QToolButton(self)
        self._browse.setText("…")
        _row(self, self._combo, self._browse)
        self._combo.setSizePolicy(
            self._combo.sizePolicy().Policy.Expanding, self._combo.sizePolicy().verticalPolicy()
        )
        self.setFocusProxy(self._combo)
        self._browse.clicked.connect(self.browse)
        self._combo.editTextChanged.connect(self.currentPathChanged)

    def comboBox(self) -> QComboBox:
        return self._combo

    def _get_path(self) -> str:
        return self._combo.currentText()

    def setCurrentPath(self, path: str) -> None:
        self._combo.setEditText(path)

    currentPath = Property(str, _get_path, setCurrentPath)
    filters = held(int, "filters", int((QDir.Filter.AllEntries | QDir.Filter.Readable).value))
    label = held(str, "label", "")
    nameFilters = held("QStringList", "nameFilters", [])
    settingKey = held(str, "settingKey", "", "retrieveHistory")
    showHistoryButton = held(bool, "showHistoryButton", True)
    minimumContentsLength = passed_on(int, "_combo", "minimumContentsLength")

    def _get_browse_shown(self) -> bool:
        return not self._browse.isHidden()

    def _set_browse_shown(self, shown: bool) -> None:
        self._browse.setVisible(shown)

    showBrowseButton = Property(bool, _get_browse_shown, _set_browse_shown)

    def browse(self) -> None:
        folders = self.filters & int(QDir.Filter.Dirs.value) and not self.filters & int(
            QDir.Filter.Files.value
        )
        chosen = dialogs.value("getExistingDirectory" if folders else "getOpenFileName", self.label, "")
        if chosen:
            self.setCurrentPath(str(Path(chosen)))
            self.addCurrentPathToHistory()

    def retrieveHistory(self) -> None:
        self._combo.clear()
        self._combo.addItems(_settings().value(self._key(), []) or [])

    def addCurrentPathToHistory(self) -> None:
        path = self._combo.currentText()
        if self.settingKey and path:
            known = [each for each in _settings().value(self._key(), []) or [] if each != path]
            _settings().setValue(self._key(), [path, *known][:10])
        if self._combo.findText(path) < 0:
            self._combo.insertItem(0, path)

    def _key(self) -> str:
        return f"ctkPathLineEdit/{self.settingKey}"


def _settings() -> Any:
    from .qt_module import SettingsFile

    return SettingsFile()


@implementation
class ctkSearchBox(QLineEdit):
    """A line to search for a text."""

    searchIcon = held("QIcon", "searchIcon", None)
    showSearchIcon = held(bool, "showSearchIcon", False)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(_parent(parent))
        self.setClearButtonEnabled(True)
        self.setPlaceholderText("Search...")
