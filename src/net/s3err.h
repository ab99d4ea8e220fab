/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3err - what S3's refusal means: code, class and a sentence with the remedy
 *
 * Layer    net (pure)
 */
#pragma once

#include "base/problem.h"
#include "net/retry.h"

struct s3err {
	const char *verb;  /* "the upload to", "the removal from", … */
	const char *right; /* "s3:PutObject": what the keys must be allowed */
	const char *bucket;
	const char *region; /* the configured one */
	int status;
	const char *code;	  /* S3's, "" if the reply had none (HEAD) */
	const char *message;	  /* S3's, "" if none */
	const char *right_region; /* S3's opinion, "" if not told */
};

/* The class follows from code and status; each verb may be repeated. */
enum retry_class s3err_class(int status, const char *code);

/* Fills p and returns the negative code. */
int s3err_problem(const struct s3err *e, struct problem *p);
