"""Views of Slicer core, drawn off-screen and sent to the browser."""
