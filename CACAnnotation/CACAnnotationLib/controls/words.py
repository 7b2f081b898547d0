"""Translation of what readers are told: Slicer's where there is a Slicer, none elsewhere."""

try:
    # It finds the file that calls it: an alias, and not a function around it.
    from slicer.i18n import tr as _
except ImportError:

    def _(text: str) -> str:
        return text


__all__ = ["_"]
