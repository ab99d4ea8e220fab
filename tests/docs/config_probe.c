/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the documentation is compared with:
 *
 *	config_probe keys	the table: SECTION, KEY, DEFAULT, TYPE, "later" or
 *				"", tab-separated
 *	config_probe help	what amcfs --help-config prints
 *	config_probe check FILE	as amcfs check --offline
 */
#include <stdio.h>
#include <string.h>

#include "app/config.h"
#include "app/config_help.h"
#include "app/config_keys.h"
#include "app/config_type.h"

static void keys(void)
{
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys_table[i];
		char preset[CONFIG_TYPE_TEXT], type[CONFIG_TYPE_TEXT];

		printf("%s\t%s\t%s\t%s%s\t%s\n",
		       config_keys_section(k->where & -k->where), k->name,
		       config_type_show_preset(k, preset), config_type_show(k, type),
		       (k->flags & CONFIG_VARIANTS) != 0 ? "; _file and _env too" : "",
		       (k->flags & CONFIG_LATER) != 0 ? "later" : "");
	}
}

static void warning(void *ctx, const char *text)
{
	(void)ctx;
	printf("warning: %s\n", text);
}

static int check(const char *path)
{
	const struct config_opts o = {.path = path, .offline = true, .warn = warning};
	struct config *c;
	struct problem p = {0};
	int r = config_load(&c, &o, &p);

	if (r < 0) {
		fprintf(stderr, "%s\n", problem_text(&p));
		return 3;
	}
	config_free(c);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "keys") == 0)
		keys();
	else if (argc == 2 && strcmp(argv[1], "help") == 0)
		config_help_print(stdout);
	else if (argc == 3 && strcmp(argv[1], "check") == 0)
		return check(argv[2]);
	else
		return 2;
	return 0;
}
