/* SPDX-License-Identifier: MIT
 *
 * The configuration file, line by line.
 *
 * Invariant: whatever the bytes are, each line is a comment, an option's value, or a fault that
 * names the line.
 */
#include "config_take.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "file.h"

enum { FILE_BYTES_MAX = 256 << 10, LINE_BYTES_MAX = 4096, LABEL_BYTES = PATH_MAX + 128 };

struct place {
    const char *name;
    const char *folder;
    unsigned line;
    unsigned first[CONFIG_OPTIONS]; /* the line that names the option; 0: none yet */
};

/* Cuts blanks off both ends of what lies in [begin, end), and ends it with a zero. */
static char *trim(char *begin, char *end)
{
    static const char blanks[] = " \t\r";
    while (begin < end && strchr(blanks, *begin) != NULL) {
        begin++;
    }
    while (end > begin && strchr(blanks, end[-1]) != NULL) {
        end--;
    }
    *end = '\0';
    return begin;
}

static enum config_option option_find(const char *name)
{
    enum config_option option = 0;
    while (option < CONFIG_OPTIONS && strcmp(config_specs[option].name, name) != 0) {
        option++;
    }
    return option;
}

static void name_unknown(struct config *config, const struct place *place, const char *name)
{
    size_t distance = 0;
    const struct option_spec *nearest =
        option_nearest(config_specs, CONFIG_OPTIONS, name, strlen(name), &distance);
    const bool near = distance <= strlen(name) / 2;
    config_fault(config, "%s:%u: unknown option '%.80s'%s%s%s", place->name, place->line, name,
                 near ? "; did you mean " : "", near ? nearest->name : "", near ? "?" : "");
}

/* Takes a line that is neither empty nor a comment. */
static void line_take(struct config *config, struct place *place, char *line)
{
    char label[LABEL_BYTES];
    char *equals = strchr(line, '=');
    if (equals == NULL) {
        config_fault(config, "%s:%u: '%.80s': NAME = VALUE is wanted", place->name, place->line,
                     line);
        return;
    }
    char *value = trim(equals + 1, equals + 1 + strlen(equals + 1));
    const char *name = trim(line, equals);
    const enum config_option option = option_find(name);
    if (option == CONFIG_OPTIONS) {
        name_unknown(config, place, name);
        return;
    }
    if (place->first[option] != 0) {
        config_fault(config, "%s:%u: %s was set in line %u already", place->name, place->line, name,
                     place->first[option]);
        return;
    }
    place->first[option] = place->line;
    if (value[0] == '"' || value[0] == '\'') {
        config_fault(config, "%s:%u: %s: a value is written without quotes", place->name,
                     place->line, name);
        return;
    }
    (void)snprintf(label, sizeof label, "%s:%u: %s", place->name, place->line, name);
    const struct config_given given = {
        .label = label, .text = value, .folder = place->folder, .source = CONFIG_FROM_FILE};
    if (config_take(config, option, &given)) {
        config->values[option].line = place->line;
    }
}

/* Whether the line has only characters that a line may have; what is wrong, if not. */
static const char *line_fault(const char *line, size_t length)
{
    if (length > LINE_BYTES_MAX) {
        return "a line of more than 4096 bytes";
    }
    for (size_t i = 0; i < length; i++) {
        const unsigned char byte = (unsigned char)line[i];
        const bool ends = byte == '\r' && i + 1 == length;
        if ((byte < ' ' && byte != '\t' && !ends) || byte == 127) {
            return "a control character";
        }
    }
    return NULL;
}

void config_take_text(struct config *config, const char *name, const char *folder,
                      const char *bytes, size_t length)
{
    struct place place = {.name = name, .folder = folder};
    char line[LINE_BYTES_MAX + 1];
    for (const char *at = bytes, *end = bytes + length; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const size_t n = (size_t)((newline != NULL ? newline : end) - at);
        const char *fault = line_fault(at, n);
        place.line++;
        if (fault == NULL) {
            memcpy(line, at, n);
            line[n] = '\0';
            fault = text_is_utf8(line) ? NULL : "bytes that are not UTF-8";
        }
        if (fault != NULL) {
            config_fault(config, "%s:%u: %s", name, place.line, fault);
        } else {
            char *content = trim(line, line + n);
            if (content[0] != '\0' && content[0] != '#') {
                line_take(config, &place, content);
            }
        }
        at += n + (newline != NULL);
    }
}

void config_take_file(struct config *config, const char *path)
{
    char folder[PATH_MAX];
    char *bytes = NULL;
    size_t length = 0;
    gaia_error err = {0};
    free(config->file);
    config->file = strdup(path);
    config->failed = config->failed || config->file == NULL;
    if (file_read_regular(path, FILE_BYTES_MAX, &bytes, &length, &err) != GAIA_OK) {
        config_fault(config, "%s", err.detail);
        return;
    }
    if (realpath(path, folder) == NULL) {
        config_fault(config, "%s: its folder cannot be told", path);
    } else {
        char *slash = strrchr(folder, '/');
        slash[slash == folder ? 1 : 0] = '\0';
        config_take_text(config, path, folder, bytes, length);
    }
    free(bytes);
}
