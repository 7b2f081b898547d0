"""A PostgreSQL server of our own for tests, from the system's package, with nothing kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from itertools import count
from pathlib import Path

USER = "cac"
_OPTIONS = "-c listen_addresses= -c fsync=off -c max_connections=300 -c shared_buffers=16MB"


def server_programs() -> Path | None:
    """Folder of ``initdb`` and ``pg_ctl``, None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    # Debian keeps servers of several versions, and none of them on the PATH.
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    return next((each for each in folders if (each / "pg_ctl").exists()), None)


class PostgresServer:
    """A server on a Unix socket in a temporary folder; PostgreSQL's words for it are a cluster.

    Parameters
    ----------
    programs
        What :func:`server_programs` found.
    options
        More options of the server.
    """

    def __init__(self, programs: Path, options: str = "") -> None:
        self._programs = programs
        # Socket paths may have 107 characters, which folders of single tests would use up.
        root = os.environ.get("PYTEST_DEBUG_TEMPROOT", "/tmp")
        self.folder = Path(tempfile.mkdtemp(prefix="cac-pg-", dir=root))
        self._data, self._numbers = self.folder / "data", count(1)
        self._emptied: str | None = None
        self._options = f"{_OPTIONS} -k {self.folder} {options}"
        # The server refuses to run as root.
        self._as_user: list[str] = []
        if os.name == "posix" and os.getuid() == 0:
            shutil.chown(self.folder, "nobody")
            self._as_user = ["setpriv", "--reuid=nobody", "--clear-groups", "--"]
        self.folder.chmod(0o755)
        secret = self.folder / "secret"
        secret.write_text("secret\n")
        self._run(
            "initdb", "-U", USER, f"--pwfile={secret}", "--auth=trust", "-E", "UTF8", "--locale=C",
            "--no-sync", "--no-instructions",
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start, or start again."""
        self._run("pg_ctl", "-w", "-l", str(self.folder / "log"), "-o", self._options, "start")

    def stop(self, mode: str = "immediate") -> None:
        """Stop; ``"immediate"`` is what a crash would do."""
        self._run("pg_ctl", "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Stop and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str, user: str = USER) -> str:
        """Address of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"labels_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def emptied_database(self) -> str:
        """Return the address of a database that is the same each time, and empty: quicker than a new one."""
        import psycopg

        if self._emptied is None:
            self._emptied = self.new_database()
        with psycopg.connect(self._emptied, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
            connection.execute("GRANT USAGE ON SCHEMA public TO public")
        return self._emptied

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Execute one statement as the owner of everything."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def allow(self, rules: str) -> None:
        """Replace the rules of who may log in, lines of ``pg_hba.conf``."""
        (self._data / "pg_hba.conf").write_text(rules)
        self._run("pg_ctl", "reload")

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_user, str(self._programs / program), "-D", str(self._data), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/", check=False)
        assert done.returncode == 0, done.stdout + done.stderr
