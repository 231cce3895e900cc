/* The registry: path, or content of a file in memory, and format, to the buffer that lives for it. An entry holds no
 * reference; its buffer leaves when the last holder lets go. */
#include "control/control.h"

struct peri__registry_entry {
  peri__registry_entry *next;
  peri_engine *engine;
  peri_buffer *buffer;
  peri_format format;
  size_t key_bytes;
  char key[];
};

/* One lock for all registries: a buffer may be let go on any thread, by any engine. */
static pthread_mutex_t registries = PTHREAD_MUTEX_INITIALIZER;

static peri_buffer *find(const peri_engine *engine, const char *key, size_t key_bytes, peri_format format) {
  for (peri__registry_entry *entry = engine->registry; entry; entry = entry->next)
    if (entry->key_bytes == key_bytes && entry->format == format && memcmp(entry->key, key, key_bytes) == 0 &&
        peri__buffer_retain_if_alive(entry->buffer))
      return entry->buffer;
  return NULL;
}

peri_buffer *peri__registry_find(peri_engine *engine, const char *key, size_t key_bytes, peri_format format) {
  peri__mutex_lock(&registries);
  peri_buffer *found = find(engine, key, key_bytes, format);
  peri__mutex_unlock(&registries);
  return found;
}

peri_buffer *peri__registry_add(peri_engine *engine, const char *key, size_t key_bytes, peri_buffer *buffer) {
  peri_format format = peri_buffer_format(buffer);
  peri__registry_entry *entry = peri__allocate(sizeof *entry + key_bytes, 16);
  peri_buffer *known = NULL;
  if (entry) {
    *entry = (peri__registry_entry){NULL, engine, buffer, format, key_bytes};
    memcpy(entry->key, key, key_bytes);
    peri__mutex_lock(&registries);
    known = find(engine, key, key_bytes, format); /* somebody else may have made it meanwhile */
    if (!known) {
      entry->next = engine->registry;
      engine->registry = buffer->entry = entry;
    }
    peri__mutex_unlock(&registries);
    if (!known) return buffer;
    peri__release(entry, sizeof *entry + key_bytes);
  }
  peri_buffer_release(buffer);
  return known;
}

static void release_entry(peri__registry_entry *entry) {
  if (entry) peri__release(entry, sizeof *entry + entry->key_bytes);
}

static void unlink_entry(peri__registry_entry *entry) {
  peri__registry_entry **place = &entry->engine->registry;
  while (*place != entry) place = &(*place)->next;
  *place = entry->next;
  release_entry(entry);
}

static bool is_same_key(const peri__registry_entry *a, const peri__registry_entry *b) {
  return a->key_bytes == b->key_bytes && a->format == b->format && memcmp(a->key, b->key, a->key_bytes) == 0;
}

static bool is_taken(const peri__registry_entry *entry) {
  for (const peri__registry_entry *other = entry->engine->registry; other; other = other->next)
    if (is_same_key(other, entry) && atomic_load_explicit(&other->buffer->references, memory_order_relaxed))
      return true;
  return false;
}

/* Gives the buffer of `entry` that one, where it should; returns an entry that is not needed. */
static peri__registry_entry *rename_buffer(peri__registry_entry *entry) {
  peri__registry_entry *before = entry->buffer->entry;
  if (before && (is_same_key(before, entry) || (peri__key_is_path(before->key) && !peri__key_is_path(entry->key))))
    return entry;
  if (before) unlink_entry(before);
  bool taken = is_taken(entry);
  entry->buffer->entry = taken ? NULL : entry;
  if (taken) return entry;
  entry->next = entry->engine->registry;
  entry->engine->registry = entry;
  return NULL;
}

bool peri__registry_replace(peri_engine *engine, const char *key, size_t key_bytes, peri_buffer *buffer,
                            uint64_t reload, peri__storage **storage) {
  peri__registry_entry *entry = peri__allocate(sizeof *entry + key_bytes, 16);
  if (!entry) return false;
  *entry = (peri__registry_entry){NULL, engine, buffer, peri_buffer_format(buffer), key_bytes};
  memcpy(entry->key, key, key_bytes);
  peri__mutex_lock(&registries); /* nobody is given the buffer for what it held before */
  if (peri__buffer_replace(buffer, reload, storage)) entry = rename_buffer(entry);
  peri__mutex_unlock(&registries);
  release_entry(entry);
  return true;
}

void peri__registry_forget(peri_buffer *buffer) {
  peri__mutex_lock(&registries);
  if (buffer->entry) unlink_entry(buffer->entry);
  peri__mutex_unlock(&registries);
}

void peri__registry_destroy(peri_engine *engine) {
  peri__mutex_lock(&registries);
  while (engine->registry) {
    engine->registry->buffer->entry = NULL;
    unlink_entry(engine->registry);
  }
  peri__mutex_unlock(&registries);
}
