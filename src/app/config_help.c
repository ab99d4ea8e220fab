/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_help - every key with its type, default and meaning
 *
 * The manual says the same at more length; tests/docs compares the two.
 */
#include "app/config_help.h"

#include "app/config_keys.h"
#include "app/config_type.h"

static void print_key(FILE *out, const struct config_key *k)
{
	char type[CONFIG_TYPE_TEXT], preset[CONFIG_TYPE_TEXT];

	fprintf(out, "  %s = %s\n", k->name, config_type_show_preset(k, preset));
	fprintf(out, "      %s: %s%s%s\n", config_type_show(k, type), k->help,
		(k->flags & CONFIG_VARIANTS) != 0 ? "; _file and _env too" : "",
		(k->flags & CONFIG_LATER) != 0 ? "; not in this version" : "");
}

void config_help_print(FILE *out)
{
	static const char *const titles[] = {
		"[amc]",
		"[s3], or over it [instance ID]",
		"[upload], or over it [instance ID] and [dataset ID/DATASET]",
		"[mount], or -o KEY=VALUE",
		"[instance ID]",
		"[dataset ID/DATASET]",
		"[group NAME]",
	};

	for (unsigned w = 1, i = 0; w < CONFIG_WHERE_END; w <<= 1, i++) {
		fprintf(out, "%s%s\n", i > 0 ? "\n" : "", titles[i]);
		for (size_t j = 0; j < config_keys_n; j++) {
			const struct config_key *k = &config_keys_table[j];

			if ((k->where & -k->where) == w)
				print_key(out, k);
		}
	}
}
