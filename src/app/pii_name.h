/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pii_name - is a column named like something that identifies a person?
 *
 * For warnings, so it rather keeps silent than cries wolf: campaign_name,
 * email_opt_in and store_zip are none. Cities and states are left out, as most
 * columns of that name say where a shop is.
 *
 * Layer    app (pure)
 */
#pragma once

#include <stdbool.h>

/* An e-mail address, phone number, name, street address or postcode. */
bool pii_name(const char *column);
