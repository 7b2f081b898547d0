"""A synthetic calcium-scoring CT with everything that is true about it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..geometry import VolumeGeometry
from ..schemes import OTHER, label_scheme
from .anatomy import draw_anatomy
from .artefacts import add_metal, draw_metal, draw_stent, stent_patch
from .calcium import plan_lesions
from .extracoronary import draw_extracoronary
from .labelling import label_calcium, label_regions
from .lesions import coronary_lesions, extracoronary_lesions
from .motion import draw_poses
from .patient import draw_patient
from .protocol import KVP, draw_protocol
from .rendering import Canvas
from .scanner import acquire, blur
from .tissues import paint_tissues
from .truth import describe

_STREAMS = (
    "patient",
    "protocol",
    "organs",
    "plan",
    "plaques",
    "extra",
    "tissue",
    "noise",
    "implants",
    "motion",
)
"""What has a stream of chance of its own; a name's place in the list decides the stream."""


@dataclass(frozen=True)
class PhantomOptions:
    """What may be asked for beside the patient's own chance.

    Parameters
    ----------
    motion
        The right coronary artery moved during the acquisition.
    metal
        A pacing lead, a valve prosthesis or sternal wires, with streaks.
    stent
        A stent in one coronary artery.
    severe_noise
        Noise as in a very large patient.
    calcium
        None: by chance (about 40 % of patients have none); True or False forces coronary calcium in or out.
    """

    motion: bool = False
    metal: bool = False
    stent: bool = False
    severe_noise: bool = False
    calcium: bool | None = None


@dataclass(frozen=True)
class LesionPoint:
    """A control point on a candidate of a coronary artery: where (RAS mm) and which artery (label name)."""

    ras_mm: tuple[float, float, float]
    artery: str


@dataclass(frozen=True, eq=False)
class Phantom:
    """A scan and its truth; arrays are ``[slice, row, column]`` on ``geometry``.

    Parameters
    ----------
    hu
        CT numbers, int16, within -1024 … 3071.
    cac
        Label of every voxel at or above 130 HU (artery of a coronary lesion, otherwise OTHER), 0 elsewhere.
    car
        OTHER everywhere but where an artery runs.
    points
        One control point on each coronary candidate component, more where a component spans two arteries,
        so that giving each voxel to its nearest point reproduces ``cac``.
    truth
        JSON-able facts: see :mod:`.truth`.
    kvp
        Tube voltage.
    slice_thickness_mm
        Nominal slice thickness, mm.
    kernel
        Name of the reconstruction kernel.
    """

    hu: NDArray[np.int16]
    geometry: VolumeGeometry
    cac: NDArray[np.uint8]
    car: NDArray[np.uint8]
    points: tuple[LesionPoint, ...]
    truth: dict[str, Any]
    kvp: float
    slice_thickness_mm: float
    kernel: str


def make_phantom(seed: int, options: PhantomOptions = PhantomOptions()) -> Phantom:
    """Make the scan of the patient that ``seed`` stands for.

    Each part of the work has its own stream of chance, so that an option changes only what it is about.

    Parameters
    ----------
    seed
        Same seed, machine and versions of the libraries: same bytes.
    options
        What is wanted beside the patient's own chance.
    """
    streams = np.random.SeedSequence(seed).spawn(len(_STREAMS))
    chance = {name: np.random.default_rng(stream) for name, stream in zip(_STREAMS, streams, strict=True)}
    patient = draw_patient(chance["patient"])
    protocol = draw_protocol(chance["protocol"], patient, severe_noise=options.severe_noise)
    body = draw_anatomy(chance["organs"], patient)
    canvas = Canvas(protocol.geometry)
    poses = draw_poses(chance["motion"], motion=options.motion)
    image = paint_tissues(chance["tissue"], body, canvas, poses)
    implants = []
    if options.metal:
        metal = draw_metal(chance["implants"], body.heart, body.mediastinum, body.chest)
        add_metal(chance["implants"], metal, canvas, image)
        implants.append(metal.name)
    image = blur(image, protocol)

    plans = plan_lesions(chance["plan"], patient, options.calcium)
    coronary = coronary_lesions(chance["plaques"], plans, body.coronaries, protocol, poses)
    deposits = draw_extracoronary(chance["extra"], patient, body.heart, body.mediastinum)
    extracoronary = extracoronary_lesions(deposits, protocol)
    scheme = label_scheme()
    claims = [(scheme[lesion.artery].value, lesion.rendered.patch) for lesion in coronary + extracoronary]
    if options.stent:
        branch, stent = draw_stent(chance["implants"], body.coronaries)
        patch = stent_patch(stent, poses.of(branch), protocol)
        if patch is not None:
            claims.append((scheme[OTHER].value, patch))
            implants.append(f"stent in {branch.name}")
    for _, patch in claims:
        image[patch.box] += patch.values

    hu = acquire(chance["noise"], image, protocol, canvas)
    cac, points = label_calcium(hu, image, claims, protocol.geometry)
    facts = describe(seed, asdict(options), patient, protocol, hu, coronary, extracoronary, implants)
    return Phantom(
        hu=hu,
        geometry=protocol.geometry,
        cac=cac,
        car=label_regions(protocol.geometry, body.coronaries, poses, cac),
        points=tuple(_lesion_point(voxel, value, protocol.geometry) for voxel, value in points),
        truth=facts,
        kvp=KVP,
        slice_thickness_mm=protocol.thickness_mm,
        kernel=protocol.kernel.name,
    )


def _lesion_point(voxel: tuple[int, int, int], value: int, geometry: VolumeGeometry) -> LesionPoint:
    right, anterior, superior = geometry.ras_of(voxel[::-1]).tolist()
    return LesionPoint((right, anterior, superior), label_scheme().of_value(value).name)
