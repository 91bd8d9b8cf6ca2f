/* SPDX-License-Identifier: MIT
 *
 * Open files, least recently used closed first.
 */
#include "file_table.h"

#include <stdlib.h>

#include "error.h"

static void entry_close(struct file_table *table, struct file_entry *entry)
{
    if (entry->reader != NULL) {
        entry->ops->close(entry->reader);
        entry->reader = NULL;
        table->n_open--;
    }
}

void file_table_fini(struct file_table *table)
{
    for (size_t i = 0; i < table->n_files; i++) {
        entry_close(table, &table->files[i]);
    }
    free(table->files);
    source_accesses_fini(&table->accesses);
    *table = (struct file_table){0};
}

static void oldest_close(struct file_table *table)
{
    struct file_entry *oldest = NULL;
    for (size_t i = 0; i < table->n_files; i++) {
        struct file_entry *entry = &table->files[i];
        if (entry->reader != NULL && (oldest == NULL || entry->last_use < oldest->last_use)) {
            oldest = entry;
        }
    }
    if (oldest != NULL) {
        entry_close(table, oldest);
    }
}

/* Scans the names of the entry, in order, so that variables always get the same indices. */
static gaia_status entry_scan(struct file_entry *entry, reader_found *found, void *context,
                              gaia_error *err)
{
    if (entry->n_names == 0) {
        return entry->ops->scan(entry->reader, NULL, found, context, err);
    }
    gaia_error first = {0};
    size_t n_found = 0;
    for (size_t i = 0; i < entry->n_names; i++) {
        gaia_error error = {0};
        const gaia_status status =
            entry->ops->scan(entry->reader, entry->names[i], found, context, &error);
        n_found += status == GAIA_OK;
        if (status != GAIA_OK && first.status == GAIA_OK) {
            first = error;
        }
        if (status != GAIA_OK && status != GAIA_VARIABLE_MISSING) {
            return error_set(err, status, "%s", error.detail);
        }
    }
    return n_found > 0 ? GAIA_OK : error_set(err, first.status, "%s", first.detail);
}

static gaia_status entry_open(struct file_table *table, struct file_entry *entry,
                              reader_found *found, void *context, gaia_error *err)
{
    if (table->n_open >= table->open_max) {
        oldest_close(table);
    }
    gaia_status status = source_open(entry->ops, entry->path, entry->access, &entry->reader, err);
    if (status != GAIA_OK) {
        entry->reader = NULL;
        return status;
    }
    table->n_open++;
    entry->last_use = ++table->clock;
    status = entry_scan(entry, found, context, err);
    if (status != GAIA_OK) {
        entry_close(table, entry);
    }
    return status;
}

gaia_status file_table_add(struct file_table *table, const struct reader_ops *ops, const char *path,
                           const struct source_access *access, const char *const *names,
                           size_t n_names, reader_found *found, void *context, size_t *index,
                           gaia_error *err)
{
    if (table->n_files == table->capacity) {
        const size_t capacity = table->capacity == 0 ? 16 : 2 * table->capacity;
        struct file_entry *files = realloc(table->files, capacity * sizeof *files);
        if (files == NULL) {
            return error_memory(err, capacity * sizeof *files);
        }
        table->files = files;
        table->capacity = capacity;
    }
    table->files[table->n_files] = (struct file_entry){
        .ops = ops, .path = path, .access = access, .n_names = n_names, .names = names};
    *index = table->n_files++;
    return entry_open(table, &table->files[*index], found, context, err);
}

gaia_status file_table_get(struct file_table *table, size_t index, struct reader **reader,
                           gaia_error *err)
{
    struct file_entry *entry = &table->files[index];
    gaia_status status = GAIA_OK;
    if (entry->reader == NULL) {
        status = entry_open(table, entry, NULL, NULL, err);
    }
    entry->last_use = ++table->clock;
    *reader = entry->reader;
    return status;
}
