/* SPDX-License-Identifier: MIT
 *
 * `gaia token`: who else may use the scheduler's HTTP API. Needs the scope admin, which the state
 * directory's secret has.
 *
 * Invariant: a token's text goes to stdout once, alone, so that it can be put into a file; nothing
 * here can show it again.
 */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <gaia/client.h>
#include <gaia/time.h>

#include "clock.h"
#include "error.h"
#include "json.h"

enum { HELP, STATE, JSON, SCOPE, TENANT, DAYS, N_OPTIONS };
enum { DAYS_MAX = 36500 };

static const int64_t day_ms = 86400000;

static int text_take(void *context, const char *bytes, size_t length)
{
    struct text *text = context;
    text_append_n(text, bytes, length);
    return text->failed;
}

static void time_append(struct text *out, const json_t *time_ms, const char *none)
{
    char text[GAIA_TIME_TEXT];
    (void)snprintf(text, sizeof text, "%s", none);
    if (json_is_integer(time_ms)) {
        gaia_time_format(json_integer_value(time_ms) / 1000, text);
    }
    text_printf(out, "%-20s  ", text);
}

/* The texts of the token can be shown. */
static void token_append(struct text *out, const json_t *token)
{
    const char *tenant = json_string_value(json_object_get(token, "tenant"));
    const char *name = json_string_value(json_object_get(token, "name"));
    text_printf(out, "%s  %-6s  ", json_string_value(json_object_get(token, "id")),
                json_string_value(json_object_get(token, "scope")));
    time_append(out, json_object_get(token, "created_ms"), "-");
    time_append(out, json_object_get(token, "expires_ms"), "never expires");
    text_printf(out, "%-12s  %s\n", tenant != NULL && tenant[0] != '\0' ? tenant : "-",
                name != NULL ? name : "");
}

static gaia_status tokens_print(struct gaia_client *client, bool as_json, gaia_error *err)
{
    struct text text = {0};
    struct text out = {0};
    json_t *root = NULL;
    gaia_status status =
        gaia_client_list_json(client, GAIA_CLIENT_TOKENS, NULL, text_take, &text, err);
    if (status == GAIA_OK && as_json) {
        status = command_write(NULL, &text, err);
    } else if (status == GAIA_OK) {
        root = json_loadb(text.s != NULL ? text.s : "", text.length, 0, NULL);
        json_t *tokens = json_object_get(root, "tokens");
        out.failed = !json_clean(tokens);
        for (size_t i = 0; i < json_array_size(tokens); i++) {
            token_append(&out, json_array_get(tokens, i));
        }
        status = json_is_array(tokens)
                     ? command_write(NULL, &out, err)
                     : error_set(err, GAIA_PROTOCOL, "the scheduler's answer is not the API's");
    }
    json_decref(root);
    text_fini(&out);
    text_fini(&text);
    return status;
}

static gaia_status token_create(struct gaia_client *client, const struct option_value *values,
                                const char *name, gaia_error *err)
{
    char id[GAIA_CLIENT_ID];
    char token[GAIA_CLIENT_TOKEN];
    if (!values[SCOPE].is_set) {
        return error_set(err, GAIA_USAGE,
                         "gaia token create: --scope read, submit or admin is "
                         "wanted");
    }
    const int64_t expires_ms =
        values[DAYS].is_set ? clock_realtime_ms() + (int64_t)values[DAYS].number * day_ms : 0;
    json_t *body = json_pack("{s:s, s:s, s:s, s:I}", "name", name, "scope", values[SCOPE].text,
                             "tenant", values[TENANT].is_set ? values[TENANT].text : "",
                             "expires_ms", (json_int_t)expires_ms);
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    gaia_status status =
        text != NULL ? gaia_client_token_create(client, text, strlen(text), id, token, err)
                     : error_set(err, GAIA_USAGE, "the name, --scope or --tenant is not UTF-8");
    free(text);
    if (status == GAIA_OK && values[JSON].is_set) {
        (void)printf("{\"id\":\"%s\",\"token\":\"%s\"}\n", id, token);
    } else if (status == GAIA_OK) {
        (void)printf("%s\n", token);
        command_tell("this is token %s; it is not shown again", id);
    }
    explicit_bzero(token, sizeof token);
    return status;
}

static gaia_status token_do(struct gaia_client *client, const struct option_value *values,
                            const char *const *words, gaia_error *err)
{
    if (strcmp(words[0], "create") == 0 && words[1] != NULL) {
        return token_create(client, values, words[1], err);
    }
    if (strcmp(words[0], "revoke") == 0 && words[1] != NULL) {
        const gaia_status status = gaia_client_token_revoke(client, words[1], err);
        return status == GAIA_OK ? command_done(values[JSON].is_set, words[1], words[0], err)
                                 : status;
    }
    if (strcmp(words[0], "list") == 0 && words[1] == NULL) {
        return tokens_print(client, values[JSON].is_set, err);
    }
    return error_set(err, GAIA_USAGE,
                     "usage: gaia token create NAME --scope SCOPE | list | revoke ID");
}

static const struct option_spec options[N_OPTIONS] = {
    OPTION_HELP,
    OPTION_STATE,
    OPTION_JSON,
    {"scope", OPTION_TEXT, "SCOPE", 0, 0,
     "read: see jobs and scores; submit: also submit, cancel and replay; admin: everything"},
    {"tenant", OPTION_TEXT, "NAME", 0, 0,
     "bind it to a tenant: it sees and submits that one's jobs only [not bound]"},
    {"days", OPTION_NUMBER, "N", 1, DAYS_MAX, "it expires after so many days [never]"},
};

const struct command_spec command_token_spec = {
    "token create NAME --scope SCOPE | list | revoke ID [OPTION]...",
    "Makes, lists and revokes tokens for the scheduler's HTTP API. A token is printed once, when\n"
    "it is made; the scheduler keeps its hash.",
    options,
    N_OPTIONS,
    1,
    1};

int command_token(int argc, char **argv)
{
    struct option_value values[N_OPTIONS];
    const char *words[2] = {NULL, NULL};
    struct gaia_client *client = NULL;
    gaia_error err = {0};
    bool helped = false;
    gaia_status status =
        command_arguments(&command_token_spec, argc, argv, values, words, &helped, &err);
    if (status == GAIA_OK && !helped) {
        status = gaia_client_open(values[STATE].text, &client, &err);
        if (status == GAIA_OK) {
            status = token_do(client, values, words, &err);
        }
    }
    gaia_client_close(client);
    return command_end(status, &err);
}
