/* SPDX-License-Identifier: Apache-2.0 */
/*
 * imds - keys that a machine or a container of AWS gets from where it runs
 *
 * Source   EC2 user guide, "Use the Instance Metadata Service"; AWS SDKs and Tools
 *          Reference Guide, "Container credential provider"
 * Layer    net
 * Threads  any; nothing is kept
 */
#pragma once

#include <stdatomic.h>

#include "base/url.h"
#include "net/awskeys.h"
#include "net/http.h"

#define IMDS_ENDPOINT "http://169.254.169.254"

struct imds {
	struct http_client *http;  /* short of patience and without a proxy */
	struct url endpoint;	   /* host "" = IMDS_ENDPOINT */
	const atomic_bool *cancel; /* may be NULL */
};

/* Version 2 of the service only. -ERR_UNREACHABLE when nothing answers. */
MUST_CHECK int imds_keys(const struct imds *m, struct awskeys *out,
			 struct awskeys_result *res, struct problem *p);

struct imds_container {
	struct http_client *http;
	const char *url;
	const struct secret *token; /* sent as Authorization; empty = none */
	const char *token_file;	    /* "" = none; wins, and is read at each call */
	const atomic_bool *cancel;
};

/* Plain http is for loopback and for the addresses that AWS's containers have. */
MUST_CHECK int imds_container_keys(const struct imds_container *c, struct awskeys *out,
				   struct awskeys_result *res, struct problem *p);
