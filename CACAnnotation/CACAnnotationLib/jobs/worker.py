"""The process that does a job: the request comes in as the first line, progress and the end go out as lines.

It ends with its job, or soon after its input: whoever closes a panel wants nothing to go on behind it.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import IO, Any

from CACScoringLib.errors import CACError

from ..proposing.messages import received, send
from .report import JobReport
from .requests import request_of

GRACE_S = 5.0
"""So long a job may take to end by itself once nobody waits for it."""


def run(message: dict[str, Any], answers: IO[str], report: JobReport) -> None:
    """Do what a message asks for, and send what came of it."""
    from ..project.project import Project
    from .work import do_job

    try:
        project = Project.open(message.pop("project"))
        result = do_job(project, request_of(message["request"]), report)
    except Exception as error:  # whatever it was, the panel has to hear of it
        said = str(error) if isinstance(error, CACError) else f"the job failed: {error!r}"
        send(answers, "cancelled" if report.cancelled() else "failed", text=said)
    else:
        send(answers, "done", text=result.text, round=result.round)


def main() -> None:
    """Do one job."""
    # what libraries print must not get among the messages
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(stage: str, done: int, total: int, seconds_left: float | None) -> None:
        # A panel that is gone is noticed by its other pipe.
        with contextlib.suppress(OSError):
            send(answers, "progress", stage=stage, done=done, total=total, seconds_left=seconds_left)

    report = JobReport(tell)
    message = received(sys.stdin.readline())
    threading.Thread(target=_listen, args=(report,), daemon=True).start()
    with contextlib.suppress(OSError):
        run(message, answers, report)
    # Not by the interpreter, which would wait for the thread that reads.
    os._exit(0)


def _listen(report: JobReport) -> None:
    for line in sys.stdin:
        if received(line)["kind"] == "cancel":
            report.cancel()
    report.cancel()
    time.sleep(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
