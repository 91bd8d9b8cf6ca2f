/* SPDX-License-Identifier: MIT
 *
 * POST /v1/tokens. For http_body.c.
 */
#ifndef HTTP_TOKEN_H
#define HTTP_TOKEN_H

#include "http_body.h"

/* Reads {"name", "scope", "tenant", "expires_ms"}, makes the token and answers with it. */
enum MHD_Result http_token_make(const struct http_whole *whole);

#endif
