/* SPDX-License-Identifier: MIT
 *
 * Addresses of sources: which texts are some, and how a key becomes a part of one.
 *
 * Invariant: what http_url_key makes lies below its base, whatever the key holds.
 */
#ifndef HOST_HTTP_URL_H
#define HOST_HTTP_URL_H

#include <stdbool.h>

#include <gaia/status.h>

#include "text.h"

/* Whether text begins with http:// or https:// (in any case of letters). */
bool http_url_is(const char *text);

/* Refuses an address that cannot be the base of keys, or that holds a secret: with a user or
 * password, a query or fragment, "." or ".." in its path, blanks or control characters.
 * GAIA_JOB_INVALID, whose text leaves out user and password. */
GAIA_MUST_USE gaia_status http_url_check(const char *url, gaia_error *err);

/* Writes the address of `key` (names between slashes, none of them empty, "." or "..") below base
 * into out, which is emptied first: whatever is no letter, digit or one of "-._~/" is
 * percent-encoded. out->failed tells of too little memory. */
void http_url_key(const char *base, const char *key, struct text *out);

/* How near a network address is to this process. */
enum http_reach { HTTP_PUBLIC, HTTP_PRIVATE, HTTP_LINK, HTTP_SELF };

/* Of an address in numbers, IPv4 or IPv6; HTTP_PUBLIC of anything else. */
enum http_reach http_reach_of(const char *address);

/* The last name of a path or address, slashes behind it left out; borrowed, of *length bytes. */
const char *http_url_name(const char *path, int *length);

#endif
