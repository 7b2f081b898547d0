"""The project folder: which scans are to be labelled, and their labels. Everything here needs SQLAlchemy."""

import sys
from importlib.util import find_spec

from CACScoringLib.errors import CACError

if not find_spec("sqlalchemy") or (sys.version_info < (3, 11) and not find_spec("tomli")):
    raise CACError("projects need SQLAlchemy; install it with: pip install 'coronary-calcium[annotate]'")
