"""The one exception that carries a sentence for the user."""


class CACError(Exception):
    """Something the user can act on: the message says what is wrong, where, and what to do.

    The command line prints it and exits with code 2, a panel shows it in a message box. Everything
    else that escapes is a bug. Messages never hold a patient's name or identifier.
    """


def os_reason(error: OSError) -> str:
    """What the system says went wrong, to end a sentence with; libraries may add a patient's name to it.

    pydicom raises errors anew with a traceback for a text; what the system said is in their cause.
    """
    said: BaseException | None = error
    while said is not None:
        if isinstance(said, OSError) and said.strerror:
            return said.strerror.lower()
        said = said.__cause__
    return "input/output error"
