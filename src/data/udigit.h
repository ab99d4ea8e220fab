/* SPDX-License-Identifier: Apache-2.0 */
/*
 * udigit - the decimal digits of every script
 *
 * Source   Unicode 15: general category Nd
 * Layer    data (pure)
 * Threads  any
 */
#pragma once

#include <stdint.h>

/* 0..9; -1 when the character is no decimal digit. */
int udigit_value(uint32_t cp);
