# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Login with Amazon, the AMC APIs, S3 and STS, on loopback.

Written in another language than the program it is for, and from the documents
alone, so that the two share no bug. Standard library only.

  httpcore  sockets, HTTP/1.1, one thread a connection; where faults take effect
  faults    which request gets which fault
  world     everything the services know, and where it is kept on disk
  seed      the world a start begins with
  switches  behaviour that nobody documents, to be chosen by a test
  lwa, consent   Login with Amazon: tokens; the page where a customer consents
  amc       the AMC APIs: who may ask, routes; accounts, instances, audiences
  amcdata   its calls about data sets, columns, uploads and deletions
  apierror, paging, throttle   what these calls share
  schema    what a data set may look like, and its checks on cells
  csvcheck  CSV (and JSON lines) read exactly as csvDataFormat says
  ingest    what AMC does with an upload after accepting it
  uploads   an upload's check, life and listing
  deletions requests to delete people: the same
  audiences, audiencecheck   rule-based and look-alike audiences: the same
  s3        S3: who may ask, and which operation a request is
  s3buckets, s3objects, s3multipart   these operations;  blobs: where object bytes are
  s3sums    Content-MD5 and x-amz-checksum-*
  s3xml     S3's answers and request documents
  sigv4     AWS Signature Version 4, the verifying side
  sessions  temporary keys;  sts, metadata: the services that give them
  control   the port that tests ask and command
  app       options, start, stop
"""
__version__ = "0.1.0"
