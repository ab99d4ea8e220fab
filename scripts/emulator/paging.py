# SPDX-License-Identifier: Apache-2.0
"""Pages of a listing, with the tokens that lead from one to the next."""
import base64
import hashlib
import json
import urllib.parse

from .schema import Refused

MAX_PAGE = 100


def _token(at, listing):
    """Opaque, tied to its listing, and with characters that need escaping."""
    check = hashlib.sha256(("%s %d" % (listing, at)).encode()).digest()[:12]
    return "+/%s/%s==" % (base64.b64encode(check).decode(), at)


def page(switches, request, name, items, size_name="maxResults", least=1):
    """{name: [..], nextToken} as the query wants it. least: what the size may be."""
    query = dict(urllib.parse.parse_qsl(request.raw_query))
    text = query.get(size_name) or str(switches.page_default)
    if not text.isdigit() or not least <= int(text) <= MAX_PAGE:
        raise Refused("%s must be from %d to %d" % (size_name, least, MAX_PAGE))
    size = min(int(text) or MAX_PAGE, switches.page_cap or MAX_PAGE)
    filters = sorted((n, v) for n, v in query.items()
                     if n not in ("nextToken", size_name))
    listing = json.dumps([request.raw_path, filters])
    # -1 is the empty page before the first one.
    start = -1 if switches.empty_page else 0
    if query.get("nextToken"):
        at = query["nextToken"].rstrip("=").rpartition("/")[2]
        if not at.isdigit() or query["nextToken"] != _token(int(at), listing):
            raise Refused("nextToken is not valid")
        start = int(at)
    if start < 0:
        return {name: [], "nextToken": _token(0, listing)}
    answer = {name: items[start:start + size]}
    if start + size < len(items):
        answer["nextToken"] = _token(start + size, listing)
    elif switches.next_token_end != "absent":
        answer["nextToken"] = None if switches.next_token_end == "null" else ""
    return answer
