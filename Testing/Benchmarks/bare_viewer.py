"""``python bare_viewer.py VOLUME``: trame-slicer's own viewer, as it is, with a CT in four views."""

from __future__ import annotations

import sys

from trame_server import Server
from trame_slicer.app.medical_viewer_app import MedicalViewerApp


def main() -> None:
    """Serve until the process is ended; says ``listening PORT`` once it listens."""
    volume, sys.argv = sys.argv[1], sys.argv[:1]
    app = MedicalViewerApp(Server("bare"))
    core = app._slicer_app
    (node,) = core.io_manager.load_volumes([volume])
    # Not as a rendered volume too, which software takes seconds to draw.
    core.display_manager.show_volume_in_slice_background(node)
    core.display_manager.reset_views()
    app.server.state["current_layout_id"] = "Axial Primary"
    app.server.controller.on_server_ready.add(lambda **_: print(f"\nlistening {app.server.port}", flush=True))
    app.server.start(port=0, host="127.0.0.1", open_browser=False, show_connection_info=False, timeout=0)


if __name__ == "__main__":
    main()
