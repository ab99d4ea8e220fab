/* SPDX-License-Identifier: Apache-2.0 */
/*
 * s3xml - the little XML that S3 speaks: a field out of a reply, the list of
 * parts into a Complete request
 *
 * Not an XML parser: no attributes, no namespaces, no DTD. What it does not
 * understand reads as absent.
 *
 * Layer    net (pure)
 * Memory   none of its own; replies are bounded by whoever received them
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/slice.h"
#include "net/s3.h"

/* Is the outermost element called name? */
bool s3xml_root(struct slice doc, const char *name);

/* Text of the first element called name that holds only text, entities decoded.
 * False when there is none, when it is broken, or when it does not fit. */
bool s3xml_field(struct slice doc, const char *name, char *out, size_t out_n);

/* The body of CompleteMultipartUpload, in the order given. */
MUST_CHECK int s3xml_complete(const struct s3_part *parts, size_t n, struct buf *out);
