# SPDX-License-Identifier: Apache-2.0
"""Rule-based and look-alike audiences: life, listing, and which members of one are
shown in which version of the media type. Their checks are in audiencecheck."""
import copy
import uuid

from . import audiencecheck
from .schema import Refused
from .timefmt import utc

V1 = ("advertiserId", "audienceName", "audienceDescription", "audienceExecutionId",
      "instanceId", "query", "createTime", "lastRefreshedTime", "refreshRateDays",
      "timeWindowStart", "timeWindowEnd", "timeWindowRelative", "status",
      "statusReason", "dspAudienceId", "countryCode")
V1_1 = V1 + ("audienceCount", "dspCanonicalId")
V1_2 = V1_1 + ("audienceType", "advertiserType", "deletable", "workflowId",
               "inputParameters", "parameterValues", "lookalikeAudienceExpectedReach",
               "no3pTrackers")
VERSIONS = {"v1": V1, "v1.1": V1_1, "v1.2": V1_2}
ENDED = ("SUCCEEDED", "FAILED", "DEACTIVATED")
MIN_AUDIENCE = 2000
TOO_SMALL = "The audience did not meet the minimum required size in Amazon DSP."
DEACTIVATED_AFTER_S = 30 * 86400


class Audiences:
    def __init__(self, world):
        self.world = world

    # -- calls ---------------------------------------------------------------

    def create(self, instance, body, lookalike):
        audiencecheck.check(body, lookalike)
        self._check_advertiser(instance, body["advertiserId"])
        kind = "LOOKALIKE" if lookalike else "RULE_BASED"
        if self.world.switches.audience_idempotent:
            for known in self.world.audiences:
                if known["instanceId"] == instance and known["kind"] == kind and \
                        known["request"] == body:
                    return self._created(known)
        self.world.serial += 1
        audience = {"id": str(uuid.uuid4()), "instanceId": instance, "kind": kind,
                    "request": copy.deepcopy(body), "status": "PENDING",
                    "reason": None, "created": self.world.now(), "ended": None,
                    "begun": self.world.now(), "count": None,
                    "dsp": str(580000000000000000 + self.world.serial)}
        self.world.audiences.append(audience)
        self.world.save()
        return self._created(audience)

    def _check_advertiser(self, instance, advertiser):
        known = self.world.instances[instance].get("advertisers", [])
        if self.world.switches.known_advertisers and advertiser not in known:
            raise Refused("advertiserId is none of the instance's advertisers")

    @staticmethod
    def _created(audience):
        return {"audienceExecutionId": audience["id"], "status": audience["status"],
                "audienceExecutionDescription": "audience creation started"}

    def find(self, instance, ident):
        for audience in self.world.audiences:
            if audience["id"] == ident and audience["instanceId"] == instance:
                return audience
        return None

    def update(self, audience, body):
        lookalike = audience["kind"] == "LOOKALIKE"
        audiencecheck.check(body, lookalike)
        if audience["status"] != "FAILED":
            raise Refused("only a FAILED audience can be updated")
        if body.get("audienceType") != audience["kind"]:
            raise Refused("audienceType must be " + audience["kind"])
        for name in ("advertiserId", "audienceName"):
            if body[name] != audience["request"][name]:
                raise Refused(name + " cannot be changed")
        request = {n: copy.deepcopy(v) for n, v in body.items() if n != "audienceType"}
        audience.update(request=request, status="PENDING", reason=None, ended=None,
                        begun=self.world.now())
        self.world.save()
        return self._created(audience)

    def delete(self, audience):
        allowed = ("FAILED",) if self.world.switches.audience_delete == "failed" else \
            ("FAILED", "SUCCEEDED")
        if audience["status"] not in allowed:
            raise Refused("an audience that is %s cannot be deleted" %
                          audience["status"])
        self.world.audiences.remove(audience)
        self.world.save()

    def view(self, audience, version="v1.2"):
        request = audience["request"]
        prefix = "AMC " if self.world.switches.audience_name_prefix else ""
        succeeded = audience["status"] in ("SUCCEEDED", "DEACTIVATED")
        values = dict(
            request, audienceExecutionId=audience["id"], status=audience["status"],
            instanceId=audience["instanceId"],
            audienceName=prefix + request["audienceName"],
            createTime=utc(audience["created"]),
            refreshRateDays=request.get("refreshRateDays", audiencecheck.MAX_REFRESH),
            timeWindowRelative=audiencecheck.truth(request.get("timeWindowRelative")),
            statusReason=audience["reason"], audienceType=audience["kind"],
            advertiserType="SPONSORED_ADS" if request["advertiserId"].startswith(
                "ENTITY") else "DISPLAY",
            deletable=audience["status"] in ("FAILED", "SUCCEEDED"),
            no3pTrackers=False)
        if succeeded:
            values.update(lastRefreshedTime=utc(audience["ended"]),
                          dspAudienceId=audience["dsp"],
                          dspCanonicalId="can-" + audience["dsp"],
                          audienceCount=audience["count"])
        return {n: values[n] for n in VERSIONS[version] if values.get(n) is not None}

    def select(self, instance, version):
        """Newest first."""
        return [self.view(a, version) for a in reversed(self.world.audiences)
                if a["instanceId"] == instance]

    # -- life -------------------------------------------------------------------

    def pending(self):
        return [a for a in self.world.audiences if a["status"] not in ENDED]

    def settle(self):
        """Moves on what has had its time."""
        now, total = self.world.now(), self.world.switches.processing_ms / 1000
        for audience in self.pending():
            age = now - audience["begun"]
            if age >= total and not self.world.switches.hold_audiences:
                self._end(audience, now)
            elif age >= total / 2 and audience["status"] == "PENDING":
                audience["status"] = "RUNNING"
                self.world.save()
        for audience in self.world.audiences:
            if audience["status"] == "SUCCEEDED" and \
                    audience["request"].get("refreshRateDays") == 0 and \
                    now - audience["ended"] >= DEACTIVATED_AFTER_S:
                audience["status"] = "DEACTIVATED"
                self.world.save()

    def _end(self, audience, now):
        switches = self.world.switches
        reason = None
        if switches.fail_audiences > 0:
            switches.fail_audiences -= 1
            reason = switches.fail_audience_reason
        elif audience["request"].get("query") is not None:
            reason = audiencecheck.query_fault(
                audience["request"]["query"],
                set(self.world.datasets.get(audience["instanceId"], {})))
        if reason is None and switches.audience_count < MIN_AUDIENCE:
            reason = TOO_SMALL
        audience.update(status="FAILED" if reason else "SUCCEEDED", reason=reason,
                        ended=now, count=None if reason else switches.audience_count)
        self.world.save()
