# SPDX-License-Identifier: Apache-2.0
"""When AMC answers 429, and what such an answer looks like."""
import threading

from .faults import HTML
from .httpcore import Response

# kind of resource -> the switch with its rate
RATES = {"deletions": "deletion_rate", "audiences": "audience_rate"}


class Throttle:
    """Every n-th request of all, and a bucket of tokens for each kind that has a
    rate: it holds one second's worth and refills evenly."""

    def __init__(self, world):
        self.world = world
        self._lock = threading.Lock()
        self._asked = 0
        self._buckets = {}

    def refuses(self, kind):
        every = self.world.switches.throttle_every
        rate = getattr(self.world.switches, RATES[kind]) if kind in RATES else 0
        with self._lock:
            self._asked += 1
            if every and self._asked % every == 0:
                return True
            return bool(rate) and not self._take(kind, rate)

    def _take(self, kind, rate):
        now = self.world.now()
        left, then = self._buckets.get(kind, (rate, now))
        left = min(rate, left + max(0, now - then) * rate)
        self._buckets[kind] = (left - 1 if left >= 1 else left, now)
        return left >= 1

    def headers(self):
        wait = self.world.switches.retry_after
        return {} if wait is None else {"Retry-After": str(wait)}

    def dress(self, response):
        """The same refusal in the form that the switches want."""
        form = self.world.switches.throttle_body
        if form == "html":
            return Response(response.status, HTML.encode(), self.headers(), "text/html")
        if form == "empty":
            return Response(response.status, b"", self.headers())
        return response
