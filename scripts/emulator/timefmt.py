# SPDX-License-Identifier: Apache-2.0
"""Times as AMC and AWS write them."""
import time


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
