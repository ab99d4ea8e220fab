/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_zone - the time zone that a timezone key names
 *
 *	UTC	Europe/Berlin	+02:00	-0530	+09
 *
 * Layer    app
 */
#pragma once

#include "base/problem.h"
#include "data/tz.h"

/* Given; NULL = UTC. -ERR_CONFIG for a name that is none here; the problem says what
 * to write instead, without the key's place in the file. */
MUST_CHECK int config_zone_load(const char *name, struct tz **out, struct problem *p);
