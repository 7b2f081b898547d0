"""Keys of the workplace: the same in 3D Slicer and in the browser."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Command(Enum):
    """What a key does, apart from choosing a label."""

    UNDO = "undo"
    REDO = "redo"
    LESION = "lesion"
    BRUSH = "brush"
    LASSO = "lasso"
    STENT = "stent"
    METAL = "metal"
    SCRIBBLE = "scribble"
    CONTOUR = "contour"
    ERASER = "eraser"
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
    command: Command
    says: str


KEYS = (
    Key("Ctrl+Z", Command.UNDO, "undo, without end"),
    Key("Ctrl+Y", Command.REDO, "redo"),
    Key("C", Command.LESION, "click: label whole lesions"),
    Key("B", Command.BRUSH, "brush: label candidate voxels"),
    Key("L", Command.LASSO, "lasso: label all lesions inside"),
    Key("S", Command.SCRIBBLE, "scribble along an artery"),
    Key("D", Command.CONTOUR, "draw the contour around the arteries"),
    Key("E", Command.ERASER, "erase strokes"),
    Key("Shift+S", Command.STENT, "mark lesions as stent: kept out of the score"),
    Key("Shift+M", Command.METAL, "mark lesions as metal: kept out of the score"),
    Key("A", Command.ACCEPT_LESION, "accept the proposal for the lesion under the mouse"),
    Key("X", Command.REJECT_LESION, "reject it: no coronary calcium"),
    Key("O", Command.REST_OF_SLICE, "the rest of this slice is OTHER"),
    Key("Return", Command.SIGN_OFF, "sign the slice off and go to the next"),
    Key("N", Command.NEXT, "next slice of the queue"),
    Key("P", Command.BACK, "previous slice of the queue"),
    Key("K", Command.SKIP, "skip the slice: it comes again at the end"),
    Key("F", Command.FLAG, "flag the slice, with a note"),
    Key("H", Command.CANDIDATES, "highlight candidates, or not"),
    Key("[", Command.CANDIDATES_WEAKER, "candidates weaker"),
    Key("]", Command.CANDIDATES_STRONGER, "candidates stronger"),
    Key("U", Command.UNCERTAINTY, "uncertainty over the CT, or not"),
    Key("W", Command.NEXT_WINDOW, "next window: mediastinum, calcium, bone"),
    Key("Z", Command.HEART, "zoom to the heart"),
    Key("?", Command.KEYS, "these keys"),
)
"""Labels have the keys ``1`` to ``5``: see :func:`~CACAnnotationLib.session.session.label_keys`."""

KEY_OF = {each.command: each.key for each in KEYS}
