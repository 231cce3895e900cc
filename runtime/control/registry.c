/* The registry: path, or content of a file in memory, to the buffer that lives for it. An entry holds no reference; its
 * buffer leaves when the last holder lets go. */
#include "control/control.h"

struct peri__registry_entry {
  peri__registry_entry *next;
  peri_engine *engine;
  peri_buffer *buffer;
  size_t key_bytes;
  char key[];
};

/* One lock for all registries: a buffer may be let go on any thread, by any engine. */
static pthread_mutex_t registries = PTHREAD_MUTEX_INITIALIZER;

peri_buffer *peri__registry_find(peri_engine *engine, const char *key, size_t key_bytes) {
  peri_buffer *found = NULL;
  peri__mutex_lock(&registries);
  for (peri__registry_entry *entry = engine->registry; entry && !found; entry = entry->next)
    if (entry->key_bytes == key_bytes && memcmp(entry->key, key, key_bytes) == 0) found = peri_buffer_retain(entry->buffer);
  peri__mutex_unlock(&registries);
  return found;
}

bool peri__registry_add(peri_engine *engine, const char *key, size_t key_bytes, peri_buffer *buffer) {
  peri__registry_entry *entry = peri__allocate(sizeof *entry + key_bytes, 16);
  if (!entry) return false;
  entry->engine = engine;
  entry->buffer = buffer;
  entry->key_bytes = key_bytes;
  memcpy(entry->key, key, key_bytes);
  peri__mutex_lock(&registries);
  entry->next = engine->registry;
  engine->registry = entry;
  buffer->entry = entry;
  peri__mutex_unlock(&registries);
  return true;
}

static void unlink_entry(peri__registry_entry *entry) {
  peri__registry_entry **place = &entry->engine->registry;
  while (*place != entry) place = &(*place)->next;
  *place = entry->next;
  peri__release(entry, sizeof *entry + entry->key_bytes);
}

bool peri__registry_forget(peri_buffer *buffer) {
  peri__mutex_lock(&registries);
  bool unused = atomic_load_explicit(&buffer->references, memory_order_acquire) == 0; /* it may just have been found */
  if (unused && buffer->entry) unlink_entry(buffer->entry);
  peri__mutex_unlock(&registries);
  return unused;
}

void peri__registry_destroy(peri_engine *engine) {
  peri__mutex_lock(&registries);
  while (engine->registry) {
    engine->registry->buffer->entry = NULL;
    unlink_entry(engine->registry);
  }
  peri__mutex_unlock(&registries);
}
