/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_keys - the one table of keys: what the file may say, and where
 *
 * A row that stands in several kinds of sections has one meaning in all of
 * them. Where a word means something else in another section it has a second
 * row: country is the upload's own in [dataset], and only the last resort in
 * [upload] and [instance]; account_id lands in another struct in [instance].
 *
 * Ranges are there to catch slips (a part_size of 16, a timeout of 30h), not
 * to judge: they are as wide as still makes sense.
 */
#include "app/config_keys.h"

#include <string.h>

#include "app/config.h"

#define KIB	INT64_C(1024)
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define MS	INT64_C(1)
#define SECONDS (1000 * MS)
#define MINUTES (60 * SECONDS)
#define HOURS	(60 * MINUTES)
#define DAYS	(24 * HOURS)

/* longer than any name in the table; no use in comparing longer ones */
#define NAME_MAX_CHARS 32

static const struct config_choice regions[] = {
	{"na", REGION_NA}, {"eu", REGION_EU}, {"fe", REGION_FE}, {NULL}};
static const struct config_choice addressings[] = {{"auto", ADDRESSING_AUTO},
						   {"path", ADDRESSING_PATH},
						   {"virtual", ADDRESSING_VIRTUAL},
						   {NULL}};
static const struct config_choice auths[] = {
	{"auto", AUTH_AUTO},	     {"static", AUTH_STATIC},
	{"env", AUTH_ENV},	     {"profile", AUTH_PROFILE},
	{"role", AUTH_ROLE},	     {"web_identity", AUTH_WEB_IDENTITY},
	{"instance", AUTH_INSTANCE}, {NULL}};
static const struct config_choice strategies[] = {{"ADDITIVE", STRATEGY_ADDITIVE},
						  {"FULL_REPLACE", STRATEGY_FULL_REPLACE},
						  {"OVERLAP_REPLACE",
						   STRATEGY_OVERLAP_REPLACE},
						  {"OVERLAP_KEEP", STRATEGY_OVERLAP_KEEP},
						  {NULL}};
static const struct config_choice compressions[] = {{"gzip", 1}, {"none", 0}, {NULL}};
static const struct config_choice waits[] = {{"staged", WAIT_STAGED},
					     {"submitted", WAIT_SUBMITTED},
					     {"finished", WAIT_FINISHED},
					     {NULL}};
static const struct config_choice encodings[] = {{"utf-8", DECODE_UTF8},
						 {"windows-1252", DECODE_WINDOWS_1252},
						 {"iso-8859-1", DECODE_ISO_8859_1},
						 {"utf-16", DECODE_UTF16},
						 {NULL}};
static const struct config_choice visibilities[] = {
	{"all", VISIBILITY_ALL}, {"own", VISIBILITY_OWN, true}, {NULL}};
static const struct config_choice sinks[] = {{"syslog", LOG_SINK_SYSLOG},
					     {"stderr", LOG_SINK_STDERR},
					     {"journal", LOG_SINK_JOURNAL},
					     {NULL}};
static const struct config_choice levels[] = {{"error", LOG_LVL_ERROR},
					      {"warning", LOG_LVL_WARNING},
					      {"info", LOG_LVL_INFO},
					      {"debug", LOG_LVL_DEBUG},
					      {NULL}};
static const struct config_choice formats[] = {
	{"text", LOG_FMT_TEXT}, {"json", LOG_FMT_JSON}, {NULL}};

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)
#define NO_FIELD	   0, 0

/* where, struct, type, flags, field: the columns that repeat */
#define AMC(type, flags, field) \
	CONFIG_AMC, CONFIG_INTO_AMC, CONFIG_##type, flags, FIELD(settings_amc, field)
#define S3(type, flags, field)                                             \
	CONFIG_S3 | CONFIG_INSTANCE, CONFIG_INTO_S3, CONFIG_##type, flags, \
		FIELD(settings_s3, field)
/* all buckets are reached in one way */
#define S3_ONLY(type, field) \
	CONFIG_S3, CONFIG_INTO_S3, CONFIG_##type, 0, FIELD(settings_s3, field)
#define UPLOAD(type, flags, field)                                            \
	CONFIG_UPLOAD | CONFIG_INSTANCE | CONFIG_DATASET, CONFIG_INTO_UPLOAD, \
		CONFIG_##type, flags, FIELD(settings_upload, field)
#define MOUNT(type, flags, field)                                              \
	CONFIG_MOUNT, CONFIG_INTO_MOUNT, CONFIG_##type, CONFIG_OPTION | flags, \
		FIELD(settings_mount, field)
#define LOG(type, flags, field)                                              \
	CONFIG_MOUNT, CONFIG_INTO_LOG, CONFIG_##type, CONFIG_OPTION | flags, \
		FIELD(config_log, field)
#define RULES(type, field)                                               \
	CONFIG_DATASET, CONFIG_INTO_DATASET, CONFIG_##type, CONFIG_ROWS, \
		FIELD(settings_dataset, field)
#define INSTANCE(type, flags, field)                                 \
	CONFIG_INSTANCE, CONFIG_INTO_INSTANCE, CONFIG_##type, flags, \
		FIELD(settings_instance, field)

#define LATER	    CONFIG_LATER
#define VARIANTS    CONFIG_VARIANTS
#define NEVER_EMPTY CONFIG_NEVER_EMPTY
#define ROWS	    CONFIG_ROWS
#define ANY	    0, 0, NULL

/* clang-format off */
const struct config_key config_keys_table[] = {
	{"region", AMC(ENUM, 0, region), 0, 0, regions, "na", NULL,
	 "the part of the world whose hosts are asked"},
	{"endpoint", AMC(URL, 0, endpoint), ANY, "", "the region's",
	 "where the Amazon Ads API answers"},
	{"token_endpoint", AMC(URL, 0, token_endpoint), ANY, "", "the region's",
	 "where Login with Amazon hands out access tokens"},
	{"client_id", AMC(WORD, VARIANTS, client_id), ANY, "", "required",
	 "the Login with Amazon client"},
	{"client_secret", AMC(SECRET, VARIANTS, client_secret), ANY, "", "required",
	 "the client's secret"},
	{"refresh_token", AMC(SECRET, VARIANTS, refresh_token), ANY, "", "required",
	 "what access tokens are asked with"},
	{"account_id", AMC(WORD, 0, account_id), ANY, "",
	 "the first account that has the instance", "the AMC account, ENTITY..."},
	{"marketplace_id", AMC(WORD, 0, marketplace_id), ANY, "", "the account's",
	 "the marketplace that requests name"},
	{"ads_account_id", AMC(WORD, 0, ads_account_id), ANY, "", "not sent",
	 "sent as Amazon-Ads-AccountId"},
	{"advertiser_id", AMC(WORD, 0, advertiser_id), ANY, "", NULL,
	 "the advertiser that audiences are made for"},
	{"timeout", AMC(TIME, 0, timeout_ms), 1 * SECONDS, 10 * MINUTES, NULL, "30s",
	 NULL, "how long one request to Amazon may stand still"},
	{"ca_bundle", AMC(PATH, 0, ca_bundle), ANY, "", "the system's",
	 "file of the certificate authorities that are trusted"},
	{"proxy", AMC(PROXY, 0, proxy), ANY, "", "the environment's",
	 "HTTP proxy that requests go through"},

	{"bucket", S3(BUCKET, 0, bucket), ANY, "", "required",
	 "the bucket that AMC reads the staged objects from"},
	{"region", S3(REGION, NEVER_EMPTY, region), ANY, "us-east-1", NULL,
	 "the bucket's AWS region"},
	{"endpoint", S3(URL, 0, endpoint), ANY, "", "AWS's for the region",
	 "where S3 answers, when it is not AWS's own host"},
	{"addressing", S3(ENUM, 0, addressing), 0, 0, addressings, "auto", NULL,
	 "whether the bucket stands in the path or in the host name"},
	{"prefix", S3(PREFIX, 0, prefix), ANY, "amc/", NULL,
	 "folder of the bucket that objects are staged in"},
	{"file_prefix", S3(FILE_PREFIX, 0, file_prefix), ANY, "", NULL,
	 "what the object's own name begins with"},
	{"auth", S3(ENUM, 0, auth), 0, 0, auths, "auto", NULL,
	 "where the AWS keys come from"},
	{"access_key_id", S3(WORD, VARIANTS, access_key_id), ANY, "", NULL,
	 "the AWS access key"},
	{"secret_access_key", S3(SECRET, VARIANTS, secret_access_key), ANY, "", NULL,
	 "the access key's secret"},
	{"session_token", S3(SECRET, VARIANTS, session_token), ANY, "", NULL,
	 "goes with keys that expire"},
	{"profile", S3(WORD, 0, profile), ANY, "", NULL,
	 "the profile of the shared AWS files"},
	{"role_arn", S3(WORD, 0, role_arn), ANY, "", NULL, "the role to assume"},
	{"external_id", S3(WORD, 0, external_id), ANY, "", NULL,
	 "what the role's trust policy asks for"},
	{"role_session_name", S3(WORD, 0, role_session_name), ANY, "", NULL,
	 "the name that the role's sessions have"},
	{"role_duration", S3(TIME, 0, role_duration_ms), 15 * MINUTES, 12 * HOURS,
	 NULL, "1h", NULL, "how long a role's keys are asked for"},
	{"sts_endpoint", S3(URL, 0, sts_endpoint), ANY, "", "AWS's for the region",
	 "where STS answers"},
	{"kms_key_id", S3(WORD, 0, kms_key_id), ANY, "", "the bucket's",
	 "key that objects are encrypted with (SSE-KMS)"},
	{"part_size", S3(SIZE, 0, part_bytes), 5 * MIB, 512 * MIB, NULL, "16M", NULL,
	 "how much one part of a multipart upload holds"},
	{"parallel_parts", S3(COUNT, 0, parallel_parts), 1, 64, NULL, "4", NULL,
	 "how many parts of one file travel at once"},
	{"timeout", S3_ONLY(TIME, timeout_ms), 1 * SECONDS, 10 * MINUTES, NULL, "1m",
	 NULL, "how long one request to S3 may stand still"},
	{"ca_bundle", S3_ONLY(PATH, ca_bundle), ANY, "", "that of [amc]",
	 "the same for S3"},
	{"proxy", S3_ONLY(PROXY, proxy), ANY, "", "that of [amc]", "the same for S3"},

	{"update_strategy", UPLOAD(ENUM, 0, strategy), 0, 0, strategies, "ADDITIVE", NULL,
	 "what upload/ itself asks of AMC"},
	{"country", CONFIG_UPLOAD | CONFIG_INSTANCE, CONFIG_INTO_UPLOAD,
	 CONFIG_COUNTRY, 0, FIELD(settings_upload, default_country), ANY, "", NULL,
	 "country of rows where neither row nor data set names one"},
	{"compression", UPLOAD(ENUM, 0, gzip), 0, 0, compressions, "gzip", NULL,
	 "how staged objects are compressed"},
	{"max_object_size", UPLOAD(SIZE, 0, max_object_bytes), 1 * MIB, 1024 * GIB, NULL,
	 "500M", NULL, "larger results become several objects and a manifest"},
	{"wait", UPLOAD(ENUM, 0, wait), 0, 0, waits, "staged", NULL,
	 "what the last close of a file waits for"},
	{"wait_timeout", UPLOAD(TIME, 0, wait_timeout_ms), 1 * SECONDS, 7 * DAYS, NULL,
	 "30m", NULL, "how long it waits at most"},
	{"clean", UPLOAD(BOOL, 0, clean), ANY, "no", NULL,
	 "remove the staged objects when AMC has finished"},
	{"max_skipped", UPLOAD(SHARE, ROWS, max_skipped_share), ANY, "1%", NULL,
	 "more rows skipped than this reject the file"},
	{"max_row", UPLOAD(SIZE, ROWS, max_row_bytes), 1 * KIB, 64 * MIB, NULL, "1M", NULL,
	 "the longest row that is read"},
	{"delimiter", UPLOAD(DELIMITER, ROWS, delim), ANY, "auto", NULL,
	 "what separates the fields of a row"},
	{"encoding", UPLOAD(ENUM, ROWS, encoding), 0, 0, encodings, "utf-8", NULL,
	 "how the input's text is encoded"},
	{"header", UPLOAD(BOOL, ROWS, header), ANY, "yes", NULL,
	 "whether the first row names the columns"},
	{"columns", UPLOAD(TEXT, ROWS, columns), ANY, "", NULL,
	 "the columns of input without a header"},
	{"null", UPLOAD(TEXT, ROWS, null_text), ANY, "", "only empty fields",
	 "a field with this text is null too"},
	{"timezone", UPLOAD(WORD, ROWS | NEVER_EMPTY, timezone), ANY, "UTC", NULL,
	 "the zone of times that do not say theirs"},
	{"ignore", UPLOAD(GLOBS, 0, ignore), ANY, "", NULL,
	 "more patterns of temporary names, comma separated"},

	{"state_dir", MOUNT(PATH, NEVER_EMPTY, state_dir), ANY, "",
	 "/var/lib/amcfs for root, else ${XDG_STATE_HOME:-~/.local/state}/amcfs",
	 "folder of the job database and the spool"},
	{"refresh", MOUNT(TIME, 0, refresh_ms), 1 * SECONDS, 1 * DAYS, NULL, "1m", NULL,
	 "how often instances and data sets are read again"},
	{"retain_days", MOUNT(DAYS, 0, retain_ms), 1, 3650, NULL, "30", NULL,
	 "how long finished files are listed"},
	{"settle", MOUNT(TIME, 0, settle_ms), 0, 1 * HOURS, NULL, "2s", NULL,
	 "how long a closed file may still be reopened or renamed"},
	{"hold_timeout", MOUNT(TIME, 0, hold_ms), 1 * SECONDS, 30 * DAYS, NULL, "1h",
	 NULL, "how long a file with a temporary name waits for its rename"},
	{"staging_timeout", MOUNT(TIME, 0, staging_ms), 1 * SECONDS, 1 * DAYS, NULL,
	 "10m", NULL, "how long a writer waits for S3 before it gets an error"},
	{"max_spool", MOUNT(SIZE, 0, max_spool_bytes), 0, 1048576 * GIB, NULL, "4G", NULL,
	 "the spool's limit; 0 is none"},
	{"max_file_size", MOUNT(SIZE, 0, max_file_bytes), 0, 1048576 * GIB, NULL, "0",
	 NULL, "the largest input that is taken; 0 is any"},
	{"poll_interval", MOUNT(TIME, 0, poll_ms), 100 * MS, 1 * HOURS, NULL, "30s", NULL,
	 "how often AMC is asked how an upload stands"},
	{"visibility", MOUNT(ENUM, 0, visibility), 0, 0, visibilities, "all", NULL,
	 "whose files and jobs a user sees (root sees all)"},
	{"file_mode", MOUNT(MODE, 0, file_mode), ANY, "0220", NULL,
	 "permissions of files in drop folders"},
	{"dir_mode", MOUNT(MODE, 0, dir_mode), ANY, "0775", NULL,
	 "permissions of drop folders"},
	{"uid", MOUNT(COUNT, 0, uid), 0, INT64_C(4294967294), NULL, "", "who mounts",
	 "numeric owner of what is listed"},
	{"gid", MOUNT(COUNT, 0, gid), 0, INT64_C(4294967294), NULL, "", "who mounts",
	 "numeric group of what is listed"},
	{"log", LOG(ENUM, 0, opts.sink), 0, 0, sinks, "syslog", NULL,
	 "where the log goes; with -f it is stderr unless said here"},
	{"log_level", LOG(ENUM, 0, opts.level), 0, 0, levels, "info", NULL,
	 "the least serious lines that are logged"},
	{"log_format", LOG(ENUM, 0, opts.format), 0, 0, formats, "text", NULL,
	 "the form of the log's lines"},
	{"stop_timeout", MOUNT(TIME, 0, stop_ms), 0, 1 * HOURS, NULL, "30s", NULL,
	 "how long open writers may go on when amcfs stops"},
	{"spool_key_file", MOUNT(PATH, 0, spool_key_file), ANY, "", "made in state_dir",
	 "key that the spool is encrypted with"},

	{"account_id", INSTANCE(WORD, 0, account_id), ANY, "", "that of [amc]",
	 "the AMC account of this instance"},
	{"marketplace_id", INSTANCE(WORD, 0, marketplace_id), ANY, "", "that of [amc]",
	 "the marketplace of this instance"},
	{"ads_account_id", INSTANCE(WORD, LATER, ads_account_id), ANY, "",
	 "that of [amc]", "sent as Amazon-Ads-AccountId for this instance"},
	{"advertiser_id", INSTANCE(WORD, 0, advertiser_id), ANY, "", "that of [amc]",
	 "the advertiser of this instance's audiences"},

	{"definition", CONFIG_DATASET, CONFIG_INTO_DATASET, CONFIG_PATH, LATER,
	 FIELD(settings_dataset, definition), ANY, "", NULL,
	 "definition that the data set is created with when AMC has none"},
	{"country", CONFIG_DATASET, CONFIG_INTO_UPLOAD, CONFIG_COUNTRY, ROWS,
	 FIELD(settings_upload, country), ANY, "", NULL,
	 "country that uploads to this data set are sent with"},
	{"map.*", RULES(MAP, maps), ANY, "", NULL,
	 "input column that feeds the data set's column *"},
	{"const.*", RULES(CONST, consts), ANY, "", NULL,
	 "value that the data set's column * has in every row"},

	{"instances", CONFIG_GROUP, CONFIG_INTO_NOTHING, CONFIG_TEXT, LATER, NO_FIELD,
	 ANY, "", "required", "the group's instances, comma separated"},
};
/* clang-format on */
const size_t config_keys_n = sizeof(config_keys_table) / sizeof(*config_keys_table);

const char *config_keys_section(enum config_where where)
{
	static const char *const names[] = {"amc",	"s3",	   "upload", "mount",
					    "instance", "dataset", "group"};
	size_t i = (size_t)__builtin_ctz(where);

	return i < sizeof(names) / sizeof(*names) ? names[i] : "";
}

/* "map.*" is every name that begins with "map." and has more. */
static bool named(const struct config_key *k, const char *name)
{
	size_t n = strlen(k->name);

	if (k->name[n - 1] != '*')
		return strcmp(k->name, name) == 0;
	return strncmp(k->name, name, n - 1) == 0 && name[n - 1] != '\0';
}

const struct config_key *config_keys_find(enum config_where where, const char *name)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];

		if ((k->where & where) != 0 && named(k, name))
			return k;
	}
	return NULL;
}

unsigned config_keys_elsewhere(const char *name)
{
	unsigned where = 0;

	for (size_t i = 0; i < config_keys_n; i++) {
		if (named(&config_keys_table[i], name))
			where |= config_keys_table[i].where;
	}
	return where;
}

/* Edits (insert, delete, replace) that make b of a, both short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_CHARS + 1];
	size_t n = strlen(b);

	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (; *a; a++) {
		size_t diagonal = row[0]++;

		for (size_t j = 1; j <= n; j++) {
			size_t best = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[n];
}

const struct config_key *config_keys_suggest(enum config_where where, const char *name)
{
	const struct config_key *found = NULL;
	size_t best = 3; /* two slips are a slip; three are another word */

	if (strlen(name) > NAME_MAX_CHARS)
		return NULL;
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];
		size_t d;

		if ((k->where & where) == 0)
			continue;
		d = distance(name, k->name);
		if (d < best && d * 2 < strlen(k->name)) {
			best = d;
			found = k;
		}
	}
	return found;
}
