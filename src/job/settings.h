/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings - the checked configuration, as plain data for every layer below app
 *
 * Filled by app/config, read-only afterwards. Numbers are in bytes and
 * milliseconds. Strings are never NULL: unset is "". Long, being nothing but fields.
 *
 * Layer    job
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/secret.h"
#include "base/url.h"
#include "data/decode.h"
#include "data/rowmap.h"
#include "data/tz.h"

enum settings_strategy {
	STRATEGY_ADDITIVE,
	STRATEGY_FULL_REPLACE,
	STRATEGY_OVERLAP_REPLACE,
	STRATEGY_OVERLAP_KEEP,
	STRATEGY_COUNT
};
const char *settings_strategy_name(enum settings_strategy s); /* as AMC spells it */

enum settings_wait { WAIT_STAGED, WAIT_SUBMITTED, WAIT_FINISHED };
enum settings_addressing { ADDRESSING_AUTO, ADDRESSING_PATH, ADDRESSING_VIRTUAL };
enum settings_visibility { VISIBILITY_ALL, VISIBILITY_OWN };
/* Where the keys for S3 come from. When the configuration is loaded, STATIC and ENV,
 * and with AUTO and ROLE keys of either kind, have been resolved into access_key_id
 * and its companions; AUTO and ROLE without them search further (net/creds.h). */
enum settings_auth {
	AUTH_AUTO,
	AUTH_STATIC,
	AUTH_ENV,
	AUTH_PROFILE,
	AUTH_ROLE,
	AUTH_WEB_IDENTITY,
	AUTH_INSTANCE
};

enum settings_region { REGION_NA, REGION_EU, REGION_FE };

struct settings_amc {
	enum settings_region region;
	struct url endpoint, token_endpoint;
	char *client_id;
	struct secret client_secret, refresh_token;
	char *refresh_token_file; /* where a login stores it; "" = not in a file */
	char *account_id, *marketplace_id, *ads_account_id, *advertiser_id;
	int64_t timeout_ms;
	char *ca_bundle, *proxy;
};

/* [s3], and what an [instance] overrides of it */
struct settings_s3 {
	char *bucket, *region, *prefix, *file_prefix;
	struct url endpoint; /* host "" = AWS's own for the region */
	enum settings_addressing addressing;
	char *access_key_id;
	struct secret secret_access_key, session_token;
	enum settings_auth auth;
	char *profile, *role_arn, *external_id, *role_session_name;
	int64_t role_duration_ms;
	struct url sts_endpoint; /* host "" = AWS's own for the region */
	char *kms_key_id;
	size_t part_bytes;
	int parallel_parts;
	int64_t timeout_ms;
	char *ca_bundle, *proxy;
};

/* The usual AWS_* variables, and what follows of HOME. */
struct settings_aws {
	char *profile, *config_file, *credentials_file;
	char *web_identity_token_file, *role_arn, *role_session_name;
	char *container_url, *container_token_file;
	struct secret container_token;
	struct url metadata_endpoint; /* host "" = the usual */
	bool metadata_disabled;
	/* for profiles that say credential_source = Environment */
	char *access_key_id;
	struct secret secret_access_key, session_token;
};

/* [upload], and what [instance] and [dataset] override of it */
struct settings_upload {
	enum settings_strategy strategy;
	char *country;	       /* the upload's own ([dataset] country): sent */
	char *default_country; /* [instance] / [upload] country */
	bool gzip;
	uint64_t max_object_bytes;
	enum settings_wait wait;
	int64_t wait_timeout_ms;
	bool clean;
	int32_t max_skipped_share; /* see data/pipeline.h */
	int64_t max_skipped_rows;
	size_t max_row_bytes;
	char delim; /* 0 = auto */
	char *null_text;
	char *ignore; /* glob patterns, comma separated */
	enum decode_encoding encoding;
	bool header;
	char *columns;	/* comma separated; "" exactly when header is true */
	char *timezone; /* IANA name, see settings_tz(); never "" */
};

struct settings_mount {
	char *state_dir;
	int64_t refresh_ms, retain_ms, settle_ms, hold_ms, staging_ms, poll_ms, stop_ms;
	uint64_t max_spool_bytes, max_file_bytes; /* 0 = no limit */
	enum settings_visibility visibility;
	mode_t file_mode, dir_mode;
	uid_t uid;
	gid_t gid;
	char *spool_key_file; /* "" = made in state_dir */
};

/* What map.COLUMN or const.COLUMN say. The words of the latter are those that
 * constant_check() lets through. */
struct settings_rules {
	struct rowmap_rule *list;
	size_t n;
};

struct settings_dataset {
	char *id;
	char *definition; /* absolute path; "" = none */
	struct settings_rules maps, consts;
	struct settings_upload upload; /* already merged */
};

/* A time zone that some timezone key names. */
struct settings_zone {
	char *name;
	struct tz *tz; /* NULL = UTC */
};

struct settings_instance {
	char *id;
	char *account_id, *marketplace_id;    /* already merged; "" = find out */
	char *ads_account_id, *advertiser_id; /* already merged; "" = none */
	struct settings_s3 s3;		      /* already merged */
	struct settings_upload upload;	      /* already merged */
	struct settings_dataset *datasets;
	size_t n_datasets;
};

struct settings {
	struct settings_amc amc;
	struct settings_s3 s3;
	struct settings_aws aws;
	struct settings_upload upload;
	struct settings_mount mount;
	/* One for each [instance] section. When there is none (only_listed is
	 * false) and yet [dataset ID/DS] sections: one for each ID named there. */
	struct settings_instance *instances;
	size_t n_instances;
	bool only_listed; /* [instance] sections exist: no others are shown */
	struct settings_zone *zones;
	size_t n_zones;
};

/* Never NULL: the most specific settings that apply. */
const struct settings_upload *settings_upload_for(const struct settings *s,
						  const char *instance,
						  const char *dataset);
const struct settings_s3 *settings_s3_for(const struct settings *s, const char *instance);
const struct settings_instance *settings_instance_for(const struct settings *s,
						      const char *instance); /* or NULL */
/* The [dataset] section, or NULL. */
const struct settings_dataset *settings_dataset_for(const struct settings *s,
						    const char *instance,
						    const char *dataset);
/* The zone that a timezone key names; NULL = UTC. */
const struct tz *settings_tz(const struct settings *s, const char *timezone);
