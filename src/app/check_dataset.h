/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check_dataset - what AMC's data sets and the configuration say of each other
 *
 * Layer    app
 */
#pragma once

#include "job/settings.h"
#include "net/amc.h"

struct check_dataset {
	struct amc *amc;
	const struct amc_as *as;
	const struct settings *settings;
	const char *instance;
};

/* sets: AMC's list of the instance's data sets. Prints a line for each doubt, and
 * gives the number of those that are failures. */
size_t check_dataset_all(const struct check_dataset *c, const struct json *sets);
