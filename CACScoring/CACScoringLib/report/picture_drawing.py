"""Drawing the picture of a key slice, for the page and for HTML alike."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .calcium_marks import NAME_SIZE_MM, ArteryName, ArteryOutline
from .picture_marks import dark_rim, draw_marks
from .pictures import INSET_SHARE, Inset, SlicePicture
from .sheet import MM_PER_INCH, drawing_settings, font_families
from .slice_view import Window

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CONTEXT_WINDOW = (350.0, 40.0)
INSET_WINDOW = (800.0, 200.0)
"""Window width and level, HU: soft tissue for the whole, calcium for what is enlarged."""


def draw_slice(axes: Axes, picture: SlicePicture, *, plain: bool = False) -> None:
    """Draw a picture into axes of its proportions: slice, calcium, names, inset, marks, scale bar.

    If ``plain``, calcium, names and inset are left out, and the rest stands where it stands beside them.
    """
    window = picture.window
    edges = (window.x, window.x + window.width, window.y + window.height, window.y)
    axes.imshow(grey(picture.hu, *CONTEXT_WINDOW), extent=edges, interpolation="none", aspect="auto")
    axes.set(xlim=edges[:2], ylim=edges[2:], xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    if not plain:
        for outline in picture.outlines:
            # what is large enough to go without an inset needs no colour to be found, and is seen itself
            _draw_calcium(axes, outline, filled=picture.inset is not None)
        for name in picture.names:
            _draw_name(axes, name, window)
    draw_marks(axes, picture)
    if picture.inset is not None and not plain:
        _draw_inset(axes, picture, picture.inset)


def pictures_heading(pictures: Sequence[SlicePicture]) -> tuple[str, str]:
    """Heading of the pictures, and a note on how they are shown."""
    shown = "W {:g} L {:g}".format(*CONTEXT_WINDOW)
    if any(picture.inset for picture in pictures):
        shown += ", enlarged W {:g} L {:g}".format(*INSET_WINDOW)
    heading = "Key slices" if any(picture.outlines for picture in pictures) else "Slices from head to foot"
    return heading, f"Window {shown}; the patient's right is at the left"


def slice_svg(picture: SlicePicture, width_mm: float, height_mm: float) -> bytes:
    """Draw a picture of this size on its own, as SVG."""
    from matplotlib.figure import Figure

    with drawing_settings():
        figure = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH))
        draw_slice(figure.add_axes((0, 0, 1, 1)), picture)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def grey(hu: NDArray, width: float, level: float) -> NDArray[np.uint8]:
    """Show HU through a window, as grey values ``[y, x, 3]``."""
    share = (hu - (level - width / 2)) / width
    values = np.rint(255 * np.clip(share, 0, 1)).astype(np.uint8)
    return np.repeat(values[..., None], 3, axis=2)


def _draw_calcium(axes: Axes, outline: ArteryOutline, *, filled: bool) -> None:
    mask = outline.mask.astype(float)
    if filled:
        axes.contourf(outline.x_mm, outline.y_mm, mask, levels=[0.5, 2], colors=[outline.colour], alpha=0.55)
    # A dark rim keeps yellow and white apart.
    for colour, width in (("black", 1.6), (outline.colour, 0.8)):
        axes.contour(outline.x_mm, outline.y_mm, mask, levels=[0.15], colors=[colour], linewidths=width)


def _draw_name(axes: Axes, name: ArteryName, window: Window) -> None:
    """Set an artery's name, moved as far as it takes to stay within the picture."""
    across_mm = MM_PER_INCH * axes.get_window_extent().width / axes.get_figure().dpi  # type: ignore[union-attr]
    wide, high = (side * window.width / across_mm for side in NAME_SIZE_MM)
    text = axes.annotate(
        name.text,
        (
            float(np.clip(name.x_mm, window.x + wide / 2, window.x + window.width - wide / 2)),
            float(np.clip(name.y_mm, window.y + 1.3 * high, window.y + window.height)),
        ),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        color=name.colour,
        fontsize=7,
        fontweight="bold",
        family=font_families(),
        annotation_clip=False,
    )
    text.set_path_effects(dark_rim(1.6))


def _draw_inset(axes: Axes, picture: SlicePicture, inset: Inset) -> None:
    from matplotlib.patches import Rectangle

    whole, part = picture.window, inset.window
    shorter = min(whole.width, whole.height)
    across, down = INSET_SHARE * shorter / whole.width, INSET_SHARE * shorter / whole.height
    place = (1 - across if inset.at_right else 0.0, 0.0 if inset.at_bottom else 1 - down, across, down)
    frame = Rectangle((part.x, part.y), part.width, part.height)
    frame.set(fill=False, edgecolor="white", linewidth=0.5, alpha=0.8)
    axes.add_patch(frame)
    enlarged = axes.inset_axes(place)
    edges = (part.x, part.x + part.width, part.y + part.height, part.y)
    enlarged.imshow(grey(inset.hu, *INSET_WINDOW), extent=edges, interpolation="none", aspect="auto")
    for outline in picture.outlines:
        _draw_calcium(enlarged, outline, filled=False)
    enlarged.set(xlim=edges[:2], ylim=edges[2:], xticks=[], yticks=[])
    enlarged.spines[:].set(color="white", linewidth=0.8)
