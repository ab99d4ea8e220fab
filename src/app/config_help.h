/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_help - every key with its type, default and meaning
 *
 * Layer    app
 */
#pragma once

#include <stdio.h>

void config_help_print(FILE *out); /* for --help-config */
