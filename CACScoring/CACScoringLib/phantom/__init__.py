"""The synthetic cohort: anatomy, calcium, a scanner, and the truth.

``cac phantom OUT --scans N --seed S`` makes calcium-scoring chest CTs, without contrast, of people who do not
exist. ``OUT/<scan>/`` holds

``dicom/`` or ``ct.nrrd``
    the CT: a DICOM series of 512 x 512 axial slices at 120 kV, or one NRRD file with ``--format nrrd``;
``cac.nrrd``
    the artery of each calcified voxel at or above 130 HU, OTHER for what is not coronary;
``car.nrrd``
    the region of each artery, OTHER elsewhere;
``points.mrk.json``
    control points of 3D Slicer, one or more on each coronary lesion that shows, labelled with its artery;
``truth.json``
    what was put in before the scanner saw it: each lesion's artery, place, mass in mg and volume in mm³, the
    patient, the noise, the options.

``OUT/cohort.csv`` has one row per scan, with file names relative to ``OUT``. It is written last: a folder
without it is an unfinished cohort. Scan ``i`` of seed ``S`` is the same whatever ``N`` and the number of
processes; the same seed, options, machine and versions give the same bytes, DICOM identifiers included.

``--motion``, ``--metal``, ``--stent`` and ``--severe-noise`` make scans harder, ``--calcium`` and
``--no-calcium`` overrule chance.

The scans serve to try the programs, to test them and to teach; whether a method works on patients they cannot
tell. The anatomy is drawn from formulas, disease other than calcium is missing, and noise and artefacts are
those of a simple model of a scanner, not of a product. Names, identifiers and dates in the DICOM files are
made up (``PHANTOM^0001``, ``PHANTOM-<seed>-<number>``, 1 January 2000).

For research use only; not a medical device.
"""
