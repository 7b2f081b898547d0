"""The patient without noise and without calcium: CT numbers of every voxel, painted organ by organ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .anatomy import Anatomy
from .fields import Float, Wobble, smooth_union, tube
from .filling import deposit, fill_tube
from .lungs import lung_vessels
from .motion import Poses
from .rendering import Canvas

AIR, LUNG, FAT, BLOOD, MUSCLE = -1000.0, -855.0, -105.0, 43.0, 52.0
"""CT numbers at 120 kV without contrast agent."""


def paint_tissues(rng: np.random.Generator, body: Anatomy, canvas: Canvas, poses: Poses) -> Float:
    """CT numbers of the patient without calcified plaques, ``[slice, row, column]``, float32.

    Structures are painted from the outside in, later ones over earlier ones.
    """
    points = canvas.coarse
    chest, heart, middle, abdomen = body.chest, body.heart, body.mediastinum, body.abdomen
    depth = chest.depth(points)
    angle = chest.angle(points)
    muscle, sac = heart.muscle(points), heart.sac(points)
    for branch in body.coronaries.values():
        sac = smooth_union(sac, tube(points, branch.line_mm[::12], branch.radius_mm[::12] + 0.9), 8)
    below = abdomen.below_diaphragm(points)
    outline = middle.outline(points, chest.front_y(0), muscle, sac)
    lung = np.maximum(np.maximum(depth + 0.8, -outline), 0.5 - np.minimum(below, 30))

    image = np.full(canvas.geometry.shape, AIR, np.float32)
    _wall(rng, body, canvas, image, depth, angle)
    mottle = Wobble(rng, 1.0, (12, 40), 10)(points)
    canvas.paint(image, depth + 0.2, FAT + 4 * mottle)
    _belly(body, canvas, image, below, depth)
    _soft(body, canvas, image, outline, muscle, sac, mottle, below)
    _bones(rng, body, canvas, image, depth, angle)
    _lungs(rng, body, canvas, image, lung)
    canvas.paint(image, middle.airways(points, 1.0), 20.0)
    canvas.paint(image, middle.airways(points), -960.0)
    _arteries(body, canvas, image, poses)
    return image


def _wall(
    rng: np.random.Generator, body: Anatomy, canvas: Canvas, image: Float, depth: Float, angle: Float
) -> None:
    points, chest = canvas.coarse, body.chest
    skin = chest.skin(depth, angle, points)
    texture = Wobble(rng, 1.0, (10, 40), 8)(points)
    canvas.paint(image, skin, 25.0)
    canvas.paint(image, skin + 2.2, FAT + 4 * texture)
    canvas.paint(image, chest.gland(depth, angle, points), 25.0, opacity=0.8)
    canvas.paint(image, chest.muscle(depth, angle, points), MUSCLE + 5 * texture)
    canvas.paint(image, chest.intercostal(depth), 25.0 + 25 * texture, opacity=0.8)


def _belly(body: Anatomy, canvas: Canvas, image: Float, below: Float, depth: Float) -> None:
    points, abdomen = canvas.coarse, body.abdomen
    inside = np.maximum(below, depth + 1)
    canvas.paint(image, inside, 45.0)
    canvas.paint(image, inside + 2.6, FAT)
    canvas.paint(image, abdomen.spleen(points, below, depth), 48.0)
    canvas.paint(image, abdomen.stomach(points, below), 38.0)
    canvas.paint(image, abdomen.stomach_air(points, below), -930.0)
    canvas.paint(image, abdomen.liver(points, below, depth), abdomen.liver_hu)


def _soft(
    body: Anatomy,
    canvas: Canvas,
    image: Float,
    outline: Float,
    muscle: Float,
    sac: Float,
    mottle: Float,
    below: Float,
) -> None:
    points, heart, middle = canvas.coarse, body.heart, body.mediastinum
    above = -0.5 - below
    fat = np.maximum(outline, above)
    canvas.paint(image, fat, FAT + 5 * mottle)
    canvas.paint(image, np.maximum(middle.nodes(points), fat + 1.5), 10.0, opacity=0.6)
    beside = np.broadcast_to(np.clip(np.abs(points[0]) - 38, -20, 30), fat.shape)
    behind_sternum = body.chest.depth(points) + 0.3 + 0.5 * mottle
    canvas.paint_sheet(image, behind_sternum, beside, 0.5, 35.0, opacity=0.6)
    for side in (-1, 1):
        canvas.paint(image, tube(points, body.chest.mammary_line(side), 1.5), BLOOD)
    canvas.paint(image, np.maximum(body.spine.muscles(points), fat + 3), MUSCLE - 2 + 8 * mottle)
    canvas.paint(image, body.spine.column(points), 75.0)
    canvas.paint(image, np.minimum(middle.venous(points), middle.pulmonary_arteries(points)), BLOOD)
    canvas.paint(image, middle.gullet(points), 36.0)
    canvas.paint(image, middle.gullet_air(points), -750.0)
    aorta = middle.descending_aorta(points)
    canvas.paint(image, aorta, BLOOD + 9)
    canvas.paint(image, aorta + 1.6, BLOOD)
    canvas.paint(image, np.maximum(sac, above), FAT + 8 + 5 * mottle)
    canvas.paint_sheet(image, sac, fat - 0.5, 0.55, 22.0, opacity=0.85)
    canvas.paint(image, muscle, MUSCLE + 2 * mottle)
    canvas.paint(image, heart.cavity(points), BLOOD - 2)
    canvas.paint(image, np.maximum(heart.chamber("RV", points) + 4, -heart.chamber("LV", points)), BLOOD)
    canvas.paint(image, np.minimum(heart.chamber("LA", points), heart.chamber("RA", points)) + 2.5, BLOOD)
    vessels = np.minimum(heart.aorta(points), heart.pulmonary_trunk(points))
    canvas.paint(image, vessels + 1.5, BLOOD)


def _bones(
    rng: np.random.Generator, body: Anatomy, canvas: Canvas, image: Float, depth: Float, angle: Float
) -> None:
    points, chest, spine = canvas.coarse, body.chest, body.spine
    age = body.patient.age_years
    grain = Wobble(rng, 0.7, (4, 14), 16)(points)
    rib = chest.rib(depth, angle, points)
    cartilage = chest.cartilage_share(angle)
    canvas.paint(image, rib, 620 + (112 - 620) * cartilage + 90 * grain * (1 - cartilage))
    canvas.paint(image, rib + 1.5, 190 + (108 - 190) * cartilage + (70 - 60 * cartilage) * grain)
    canvas.paint(image, chest.cartilage_calcium(rib, angle, points), 330.0)
    sternum = chest.sternum(depth, points)
    canvas.paint(image, sternum, 380.0 + 110 * grain)
    canvas.paint(image, sternum + 1.15 + 0.45 * grain, 112.0 + 50 * grain)
    marrow = float(np.clip(178 - 2.0 * (age - 55) + rng.normal(0, 22), 80, 270))
    bone = spine.bone(points)
    canvas.paint(image, bone, 430.0 + 100 * grain)
    canvas.paint(image, bone + 1.6 + 0.5 * grain, marrow + 40 * grain)
    canvas.paint(image, spine.canal(points), 15.0)
    canvas.paint(image, spine.canal(points) + 3.2, 35.0)


def _lungs(rng: np.random.Generator, body: Anatomy, canvas: Canvas, image: Float, lung: Float) -> None:
    points = canvas.coarse
    y = points[1]
    base = LUNG + rng.normal(0, 15)
    density = base + 0.55 * (y + 60) + 14 * Wobble(rng, 1.0, (14, 50), 10)(points)
    density = density + 10 * Wobble(rng, 1.0, (3, 8), 14)(points)
    canvas.paint(image, lung, density.astype(np.float32))
    fissure = (points[2] + 0.9 * (y + 45) + 4 * Wobble(rng, 1.0, (50, 120), 5)(points)) / 1.35
    canvas.paint_sheet(image, fissure, lung + 1, 0.35, -300.0)
    middle = body.mediastinum
    lines = [*middle.arteries.values(), *(line for line, _ in middle.veins)]
    roots = np.concatenate([line[-2:] for line in lines])
    segments = lung_vessels(rng, canvas, lung, roots, 1500)
    voxel = canvas.geometry.voxel_volume_mm3
    filled = [fill_tube(line, radius, point_volume_mm3=voxel / 5) for line, radius in segments]
    _pour(canvas, image, filled, only_brighter=True)


def _arteries(body: Anatomy, canvas: Canvas, image: Float, poses: Poses) -> None:
    voxel = canvas.geometry.voxel_volume_mm3
    filled = []
    for branch in body.coronaries.values():
        shifts = poses.of(branch)
        for shift in shifts:
            line = branch.line_mm + shift
            points, volumes = fill_tube(
                line, branch.radius_mm + 0.35, point_volume_mm3=voxel / 6 * len(shifts)
            )
            filled.append((points, volumes / len(shifts)))
    _pour(canvas, image, filled)


def _pour(
    canvas: Canvas,
    image: Float,
    filled: list[tuple[NDArray[np.float64], NDArray[np.float64]]],
    *,
    only_brighter: bool = False,
) -> None:
    """Give the tissue around points the CT number of blood."""
    positions, volumes = (np.concatenate(part) for part in zip(*filled, strict=True))
    patch = deposit(canvas.geometry, positions, volumes)
    if patch is not None:
        part = image[patch.box]
        difference = BLOOD - part
        part += patch.values * (np.maximum(difference, 0) if only_brighter else difference)
