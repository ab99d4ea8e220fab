/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log - one event, one line, key=value, to a sink chosen once
 *
 * errno is kept. Control characters and broken UTF-8 in the text are escaped,
 * so a file name cannot forge a line. Never logged: cell values and their
 * hashes, tokens, keys, signatures, request bodies.
 *
 * Layer    base (base and data never call it; net only at debug)
 * Threads  any, once log_open() has returned
 */
#pragma once

#include "base/errcode.h"

enum log_level { LOG_LVL_ERROR, LOG_LVL_WARNING, LOG_LVL_INFO, LOG_LVL_DEBUG };
enum log_sink { LOG_SINK_STDERR, LOG_SINK_SYSLOG, LOG_SINK_JOURNAL };
enum log_format { LOG_FMT_TEXT, LOG_FMT_JSON };

struct log_opts {
	enum log_level level;
	enum log_sink sink;
	enum log_format format;
	const char *journal_socket; /* NULL = the system's; kept by pointer */
};

/* Before it is called, lines at warning and above go to stderr as text. */
void log_open(const struct log_opts *o);

void log_write(enum log_level level, const char *area, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#define log_error(area, ...) log_write(LOG_LVL_ERROR, area, __VA_ARGS__)
#define log_warn(area, ...)  log_write(LOG_LVL_WARNING, area, __VA_ARGS__)
#define log_info(area, ...)  log_write(LOG_LVL_INFO, area, __VA_ARGS__)
#define log_debug(area, ...) log_write(LOG_LVL_DEBUG, area, __VA_ARGS__)
