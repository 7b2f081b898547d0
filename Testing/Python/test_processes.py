"""Work spread over processes."""

import time

from CACScoringLib.processes import process_pool


def test_leaving_drops_what_has_not_begun():
    with process_pool(1) as pool:
        futures = [pool.submit(time.sleep, 0.1) for _ in range(20)]
        futures[0].result()
    assert futures[-1].cancelled()
