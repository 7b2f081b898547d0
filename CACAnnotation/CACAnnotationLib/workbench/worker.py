"""``python -m CACAnnotationLib.workbench.worker PROJECT``: Slicer core for one reader, started by the gate.

Reads its key from standard input and says ``listening PORT`` once it does; ends when standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from CACScoringLib.errors import CACError

from ..project.project import Project


def main() -> int:
    """Serve one reader until whoever started this process goes."""
    folder, key = Path(sys.argv[1]), sys.stdin.readline().strip()
    # trame would take what is meant for this program.
    sys.argv = sys.argv[:1]
    try:
        asyncio.run(_serve(folder, key))
    except CACError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    return 0


async def _serve(folder: Path, key: str) -> None:
    from .core_server import CoreServer

    server = CoreServer(Project.open(folder), key)
    serving = asyncio.ensure_future(server.serve())
    gone = asyncio.ensure_future(asyncio.to_thread(sys.stdin.read))
    await asyncio.wait({serving, gone}, return_when=asyncio.FIRST_COMPLETED)
    await server.stop()
    if serving.done():
        serving.result()


if __name__ == "__main__":
    sys.exit(main())
