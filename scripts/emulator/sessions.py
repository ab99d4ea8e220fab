# SPDX-License-Identifier: Apache-2.0
"""Temporary keys: who may have them, for how long, and their end.

They live in the world's table of keys beside the permanent ones, so that S3 need not
know where a key came from.
"""
import secrets

from .timefmt import utc

MIN_SECONDS = 900
MAX_SECONDS = 43200
CHAINED_SECONDS = 3600
DEFAULT_SECONDS = 3600
ROTATE_SECONDS = 300


def role_name(arn):
    return arn.rpartition("/")[2]


def role_account(arn):
    return (arn.split(":") + [""] * 5)[4]


def plant_role(world, spec):
    role = {"arn": spec["arn"], "external_id": spec.get("external_id"),
            "trusted": list(spec.get("trusted", ())) or None,
            "web_identity_tokens": list(spec.get("web_identity_tokens", ())),
            "max_seconds": int(spec.get("max_seconds", CHAINED_SECONDS)),
            "container_token": spec.get("container_token"),
            "instance": bool(spec.get("instance", False)),
            "deny": list(spec.get("deny", ()))}
    if len(role["arn"].split(":")) != 6 or ":role/" not in role["arn"]:
        raise ValueError("%s is not a role's ARN" % role["arn"])
    world.roles[role["arn"]] = role


def issue(world, role, seconds, session, source):
    """A new key for the role. The switch session_seconds beats what was asked for, and
    the key says so in its expires_at."""
    with world.lock:
        seconds = world.switches.session_seconds or seconds
        key = {"access_key_id": "ASIA" + secrets.token_hex(8).upper(),
               "secret_access_key": secrets.token_urlsafe(30),
               "session_token": secrets.token_urlsafe(120) + "/+==",
               "expires_at": world.now() + seconds, "seconds": seconds,
               "deny": role["deny"], "role_arn": role["arn"], "session": session,
               "source": source}
        world.keys[key["access_key_id"]] = key
        world.save()
    return key


def current(world, role, source):
    """The key that the machine's own services hand out: the same one until it nears
    its end, as there."""
    with world.lock:
        for key in reversed(list(world.keys.values())):
            if key.get("source") == source and key.get("role_arn") == role["arn"]:
                left = key["expires_at"] - world.now()
                if left > min(ROTATE_SECONDS, key["seconds"] / 2):
                    return key
                break
        return issue(world, role, DEFAULT_SECONDS, source, source)


def expire(world, ident=None):
    """Ends that key, or all that are temporary."""
    with world.lock:
        for key in world.keys.values():
            if key.get("session_token") and ident in (None, key["access_key_id"]):
                key["expires_at"] = min(key.get("expires_at") or world.now(),
                                        world.now())
        world.save()


def view(world):
    """Without the secrets."""
    with world.lock:
        return [dict({n: key[n] for n in ("access_key_id", "role_arn", "session",
                                          "source", "seconds")},
                     expiration=utc(key["expires_at"]),
                     expired=key["expires_at"] <= world.now(), asked=key.get("asked"))
                for key in world.keys.values() if key.get("role_arn")]


def document(key):
    """As credential_process and the services of the machine print it."""
    return {"AccessKeyId": key["access_key_id"],
            "SecretAccessKey": key["secret_access_key"], "Token": key["session_token"],
            "Expiration": utc(key["expires_at"])}
