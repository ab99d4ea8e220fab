# SPDX-License-Identifier: Apache-2.0
"""Requests to delete people: the check of the create call, the life after it, and
what it does to the rows.

Amazon does not say how it finds the people. Here a row goes when one of its e-mail
address, telephone number and external ids is an identity's; an identity that has none
of the three takes the rows that match in all that it has.
"""
import copy
import re
import uuid

from .schema import COUNTRY, EXTERNAL, HASHED_PII, Refused
from .timefmt import utc

MAX_IDENTITIES = 1000
HASH = re.compile(r"[0-9a-f]{64}\Z")
STRONG = ("EMAIL", "PHONE")


def _key_allowed(name, switches):
    spelling = {"upper": (name,), "lower": (name.upper(),) if name.islower() else (),
                "any": (name.upper(),)}[switches.identity_keys]
    return any(n in HASHED_PII for n in spelling)


def _hash_allowed(kind, text, switches):
    if kind == "COUNTRY_CODE":
        plain = COUNTRY.match(text) is not None and text != "UK"
        return {"plain": plain, "hashed": HASH.match(text) is not None,
                "either": plain or HASH.match(text) is not None}[switches.country_code]
    if kind in ("STATE", "ZIP") and switches.plain_state_zip:
        return True
    return HASH.match(text) is not None


def _check_hashed(identity, where, switches):
    if not isinstance(identity, dict) or not identity:
        raise Refused(where + " is not an object with members")
    for name, value in identity.items():
        if not _key_allowed(name, switches):
            raise Refused("%s: %s is not a type of identity" % (where, name[:40]))
        if not isinstance(value, str) or \
                not _hash_allowed(name.upper(), value, switches):
            raise Refused("%s.%s is not a SHA-256 hash in lower-case hexadecimal" % (
                where, name))


def _check_external(identity, where):
    if not isinstance(identity, dict) or set(identity) != {"type", "value"}:
        raise Refused(where + " must have type and value")
    if identity["type"] not in EXTERNAL:
        raise Refused("%s.type must be one of %s" % (where, ", ".join(EXTERNAL)))
    if not isinstance(identity["value"], str) or not identity["value"]:
        raise Refused(where + ".value is not a string with content")


def check_create(body, switches):
    identities = body.get("targetIdentities")
    if not isinstance(identities, list) or len(identities) > MAX_IDENTITIES:
        raise Refused("targetIdentities must be a list of at most %d" % MAX_IDENTITIES)
    for i, identity in enumerate(identities):
        where = "targetIdentities[%d]" % i
        if not isinstance(identity, dict) or len(identity) != 1 or \
                set(identity) - {"hashedIdentity", "externalIdentity"}:
            raise Refused(where + " must have exactly one of hashedIdentity, "
                          "externalIdentity")
        if "hashedIdentity" in identity:
            _check_hashed(identity["hashedIdentity"], where + ".hashedIdentity",
                          switches)
        else:
            _check_external(identity["externalIdentity"], where + ".externalIdentity")


# -- whom it takes ---------------------------------------------------------------

def _known(identity):
    """{type: value}; external ids compare without regard to case."""
    if "hashedIdentity" in identity:
        return {n.upper(): v for n, v in identity["hashedIdentity"].items()}
    external = identity["externalIdentity"]
    return {external["type"]: external["value"].lower()}


class Matcher:
    """Which rows of one data set belong to these people."""

    def __init__(self, dataset, identities):
        self.columns = []
        for at, column in enumerate(dataset["columns"]):
            kind = column.get("externalUserIdType", {})
            name = kind.get("hashedPii") or kind.get("externalIdentity")
            if name:
                self.columns.append((at, name, "externalIdentity" in kind))
        self.single, self.whole = set(), []
        for identity in map(_known, identities):
            strong = {(n, v) for n, v in identity.items()
                      if n in STRONG or n in EXTERNAL}
            self.single |= strong
            if not strong:
                self.whole.append(set(identity.items()))

    def __call__(self, row):
        cells = {(name, row[at].lower() if external else row[at])
                 for at, name, external in self.columns if row[at] is not None}
        return bool(cells & self.single) or any(w <= cells for w in self.whole)


class Deletions:
    def __init__(self, world):
        self.world = world

    def create(self, instance, body):
        check_create(body, self.world.switches)
        deletion = {"id": str(uuid.uuid4()), "instanceId": instance,
                    "status": "PENDING", "created": self.world.now(),
                    "identities": copy.deepcopy(body["targetIdentities"]),
                    "unregistered": self.world.switches.deletion_404s}
        self.world.deletions.append(deletion)
        self.world.save()
        return {"userDeletionRequestId": deletion["id"]}

    @staticmethod
    def view(deletion):
        return {"userDeletionRequestId": deletion["id"], "status": deletion["status"],
                "identityCount": len(deletion["identities"]),
                "creationDateTime": utc(deletion["created"])}

    @staticmethod
    def _asked_for(deletion):
        """Whether it is known already; each time it is asked for brings that nearer."""
        if deletion["unregistered"]:
            deletion["unregistered"] -= 1
            return False
        return True

    def find(self, instance, ident):
        for deletion in self.world.deletions:
            if deletion["id"] == ident and deletion["instanceId"] == instance:
                return self.view(deletion) if self._asked_for(deletion) else None
        return None

    def select(self, instance):
        """Newest first."""
        return [self.view(d) for d in reversed(self.world.deletions)
                if d["instanceId"] == instance and self._asked_for(d)]

    def pending(self):
        return [d for d in self.world.deletions if d["status"] == "PENDING"]

    def settle(self):
        """Brings to an end what has had its time."""
        if self.world.switches.hold_deletions:
            return
        total = self.world.switches.processing_ms / 1000
        for deletion in self.pending():
            if self.world.now() - deletion["created"] >= total:
                self._carry_out(deletion)

    def _carry_out(self, deletion):
        instance = deletion["instanceId"]
        for ident, dataset in self.world.datasets.get(instance, {}).items():
            matcher = Matcher(dataset, deletion["identities"])
            if self.world.tables[instance, ident].remove(matcher):
                self.world.save_rows(instance, ident)
        deletion["status"] = "SUCCEEDED"
        self.world.save()
