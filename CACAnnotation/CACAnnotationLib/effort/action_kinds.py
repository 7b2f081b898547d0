"""What a reader's hand does for each kind of action."""

from __future__ import annotations

CLICKS = frozenset(
    {
        "label lesion",
        "clear lesion",
        "relabel lesion",
        "keep out of the score",
        "count again",
        "the rest is OTHER",
        "no artery in this slice",
        "clear regions",
        "accept proposal",
        "accept lesion",
        "reject lesion",
    }
)
"""A lesion or a button is clicked, or a key pressed for it."""
STROKES = frozenset({"label voxels", "clear voxels", "label by lasso", "scribble", "contour", "erase"})
"""A line is drawn."""
ACCEPTING, REJECTING = frozenset({"accept proposal", "accept lesion"}), frozenset({"reject lesion"})
"""What a reader makes of a proposal. All other kinds, such as signing off and importing, are neither clicks
nor strokes."""
