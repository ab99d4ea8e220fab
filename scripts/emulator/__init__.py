# SPDX-License-Identifier: Apache-2.0
"""A stand-in for Login with Amazon, the AMC APIs and S3, on loopback.

Written in another language than the program it is for, and from the documents
alone, so that the two share no bug. Standard library only.

  httpcore  sockets, HTTP/1.1, one thread a connection; where faults take effect
  faults    which request gets which fault
  world     everything the services know, and where it is kept on disk
  seed      the world a start begins with
  switches  behaviour that nobody documents, to be chosen by a test
  lwa       Login with Amazon: tokens
  amc       accounts, instances, data sets, uploads: routes and paging
  schema    what a data set may look like, and its checks on cells
  csvcheck  CSV (and JSON lines) read exactly as csvDataFormat says
  ingest    what AMC does with an upload after accepting it
  uploads   an upload's check, life and listing
  s3        S3: who may ask, and which operation a request is
  s3buckets, s3objects   these operations;  blobs: where object bytes are
  s3xml     S3's answers and request documents
  sigv4     AWS Signature Version 4, the verifying side
  control   the port that tests ask and command
  app       options, start, stop
"""
__version__ = "0.1.0"
