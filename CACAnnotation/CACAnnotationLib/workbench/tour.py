"""Five steps for who is here for the first time."""

from __future__ import annotations

from ..controls.words import _

TOUR_STEPS = (
    {
        "title": _("Choose a scan"),
        "says": _("The step Scan lists the scans of this project. Click one; it opens where you left it."),
    },
    {
        "title": _("Label what is lit"),
        "says": _(
            "Everything of 130 HU or more that has no label is lit. Press 2, 3 or 4 for LAD, LCX or RCA, and "
            "click a lesion: all of it is labelled at once. Ctrl+Z takes back anything."
        ),
    },
    {
        "title": _("Let a model begin"),
        "says": _(
            "The step Model proposes labels as outlines. Point at one and press A to accept or X to reject "
            "it, or accept the whole scan and correct it."
        ),
    },
    {
        "title": _("Watch the score"),
        "says": _(
            "The score follows each click, with its state: it counts as reviewed once every slice is signed "
            "off. The step Scores lists arteries and lesions; a click on a lesion goes there."
        ),
    },
    {
        "title": _("Sign off and go on"),
        "says": _(
            "Return signs a slice off and shows the next. The strip beside the picture shows where you are. "
            "The key ? shows all keys."
        ),
    },
)
