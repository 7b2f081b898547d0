"""Keys of the workplace: the same in 3D Slicer and in the browser."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from .tools import Tool
from .words import _


class Command(Enum):
    """What a key does, apart from choosing a label or a tool."""

    UNDO = "undo"
    REDO = "redo"
    ACCEPT_LESION = "accept lesion"
    REJECT_LESION = "reject lesion"
    REST_OF_SLICE = "rest of slice"
    NEXT = "next"
    BACK = "back"
    SKIP = "skip"
    FLAG = "flag"
    SIGN_OFF = "sign off"
    CANDIDATES = "candidates"
    CANDIDATES_WEAKER = "candidates weaker"
    CANDIDATES_STRONGER = "candidates stronger"
    UNCERTAINTY = "uncertainty"
    NEXT_WINDOW = "next window"
    HEART = "heart"
    KEYS = "keys"


class Key(NamedTuple):
    """A key as Qt and browsers write it, what it does, and the sentence that says so."""

    key: str
    command: Command | Tool
    says: str


KEYS = (
    Key("Ctrl+Z", Command.UNDO, _("undo, without end")),
    Key("Ctrl+Y", Command.REDO, _("redo")),
    Key("C", Tool.LESION, _("click: label whole lesions")),
    Key("B", Tool.BRUSH, _("brush: label candidate voxels")),
    Key("L", Tool.LASSO, _("lasso: label all lesions inside")),
    Key("S", Tool.SCRIBBLE, _("scribble along an artery")),
    Key("D", Tool.CONTOUR, _("draw the contour around the arteries")),
    Key("E", Tool.ERASER, _("erase strokes")),
    Key("Shift+S", Tool.STENT, _("mark lesions as stent: kept out of the score")),
    Key("Shift+M", Tool.METAL, _("mark lesions as metal: kept out of the score")),
    Key("A", Command.ACCEPT_LESION, _("accept the proposal for the lesion under the mouse")),
    Key("X", Command.REJECT_LESION, _("reject it: no coronary calcium")),
    Key("O", Command.REST_OF_SLICE, _("the rest of this slice is OTHER")),
    Key("Return", Command.SIGN_OFF, _("sign the slice off and go to the next")),
    Key("N", Command.NEXT, _("next slice of the queue")),
    Key("P", Command.BACK, _("previous slice of the queue")),
    Key("K", Command.SKIP, _("skip the slice: it comes again at the end")),
    Key("F", Command.FLAG, _("flag the slice, with a note")),
    Key("H", Command.CANDIDATES, _("highlight candidates, or not")),
    Key("[", Command.CANDIDATES_WEAKER, _("candidates weaker")),
    Key("]", Command.CANDIDATES_STRONGER, _("candidates stronger")),
    Key("U", Command.UNCERTAINTY, _("uncertainty over the CT, or not")),
    Key("W", Command.NEXT_WINDOW, _("next window: mediastinum, calcium, bone")),
    Key("Z", Command.HEART, _("zoom to the heart")),
    Key("?", Command.KEYS, _("these keys")),
)
"""Labels have the keys ``1`` to ``5``: see :func:`~CACAnnotationLib.session.session.label_keys`."""
