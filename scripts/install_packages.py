"""Usage: .venv/bin/python scripts/install_packages.py ARGUMENT...

Does what ``pip install ARGUMENT...`` does in this environment, held to requirements/constraints.txt.
With uv, which takes seconds where pip takes minutes; with pip where uv cannot be had, fails, or would not
heed how pip is set up on this machine.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys

CONSTRAINTS = ["--constraint", "requirements/constraints.txt"]
PIP = [sys.executable, "-m", "pip"]
PIP_INSTALL = [*PIP, "install", "--quiet", "--disable-pip-version-check", *CONSTRAINTS]
UV = [sys.executable, "-m", "uv", "pip"]
# The same options in uv; those of pip that may hold several values separate them by spaces.
SHARED = {"index-url", "extra-index-url", "find-links", "constraint"}
RENAMED = {"trusted-host": "allow-insecure-host"}
OF_NO_MATTER = {
    "cache-dir", "default-timeout", "disable-pip-version-check", "no-cache-dir", "no-color", "no-input",
    "progress-bar", "quiet", "require-virtualenv", "retries", "root-user-action", "timeout",
}  # fmt: skip


def pip_settings() -> dict[str, str]:
    """Options of ``pip install`` from its files and the environment: what comes later overrides."""
    listed = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True, check=True).stdout
    pairs = (line.partition("=") for line in listed.splitlines())
    given = [(*name.rpartition(".")[::2], value) for name, _, value in pairs]
    sections = ("global", "install", ":env:")
    return {
        name: ast.literal_eval(value)
        for section in sections
        for where, name, value in given
        if where == section
    }


def uv_options(settings: dict[str, str]) -> list[str] | None:
    """The same for uv, None where it has no word for a setting."""
    # pip takes the best version of all indexes, uv by default that of the first index.
    options = ["--index-strategy", "unsafe-best-match"]
    for name, value in settings.items():
        if name == "cert":
            os.environ.setdefault("SSL_CERT_FILE", value)
        elif name in SHARED or name in RENAMED:
            for each in value.split():
                options += [f"--{RENAMED.get(name, name)}", each]
        elif name not in OF_NO_MATTER:
            return None
    return options


def has_uv() -> bool:
    """Whether uv is there now; it is never built from source."""
    return run(*UV, "--version") or run(*PIP_INSTALL, "--only-binary", ":all:", "uv")


def run(*command: str, quiet: bool = True) -> bool:
    """Whether a command succeeded."""
    where = subprocess.DEVNULL if quiet else None
    return subprocess.run(command, stdout=where, stderr=where, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Install; return an exit code."""
    options = uv_options(pip_settings())
    # As pip does; where Python is told to write no bytecode, each process would compile PyTorch for itself.
    with_uv = [*UV, "install", "--quiet", "--compile-bytecode", "--python", sys.executable, *CONSTRAINTS]
    if options is not None and has_uv() and run(*with_uv, *options, *arguments):
        return 0
    return 0 if run(*PIP_INSTALL, *arguments, quiet=False) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
