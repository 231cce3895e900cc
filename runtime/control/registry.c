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

/* A buffer whose last holder is just letting go stays lost. */
static bool retain_if_alive(peri_buffer *buffer) {
  uint_fast32_t references = atomic_load_explicit(&buffer->references, memory_order_relaxed);
  while (references && !atomic_compare_exchange_weak(&buffer->references, &references, references + 1)) continue;
  return references > 0;
}

static peri_buffer *find(const peri_engine *engine, const char *key, size_t key_bytes, peri_format format) {
  for (peri__registry_entry *entry = engine->registry; entry; entry = entry->next)
    if (entry->key_bytes == key_bytes && entry->format == format && memcmp(entry->key, key, key_bytes) == 0 &&
        retain_if_alive(entry->buffer))
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

static void unlink_entry(peri__registry_entry *entry) {
  peri__registry_entry **place = &entry->engine->registry;
  while (*place != entry) place = &(*place)->next;
  *place = entry->next;
  peri__release(entry, sizeof *entry + entry->key_bytes);
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
