#include "link/commands.h"

#ifdef PERI_VALIDATE
#define CHUNK_BYTES 512u /* chunks change all the time */
#else
#define CHUNK_BYTES 16384u
#endif

static size_t chunk_bytes(const peri__chunk *chunk) { return sizeof *chunk + chunk->capacity; }

static peri__chunk *new_chunk(peri__commands *commands, uint32_t capacity) {
  peri__chunk *chunk = commands->spare;
  if (chunk && chunk->capacity >= capacity) {
    commands->spare = chunk->next;
    chunk->next = NULL;
    chunk->filled = 0;
    atomic_store_explicit(&chunk->committed, 0, memory_order_relaxed);
    return chunk;
  }
  size_t bytes = sizeof *chunk + capacity;
  if (commands->bytes + bytes > commands->limit) {
    peri__fail("%zu bytes of commands wait and nobody renders: render the engine or open a device", commands->bytes);
    return NULL;
  }
  chunk = peri__allocate(bytes, _Alignof(peri__chunk));
  if (!chunk) return NULL;
  chunk->capacity = capacity;
  commands->bytes += bytes;
  return chunk;
}

bool peri__commands_create(peri__commands *commands, size_t limit) {
  commands->limit = limit;
  commands->writing = commands->reading = new_chunk(commands, CHUNK_BYTES);
  return commands->writing != NULL;
}

static void free_chunks(peri__chunk *chunk) {
  while (chunk) {
    peri__chunk *next = chunk->next;
    peri__release(chunk, chunk_bytes(chunk));
    chunk = next;
  }
}

static void free_links(peri__link *link) {
  while (link) {
    peri__chunk *chunk = (peri__chunk *)link;
    link = link->next;
    peri__release(chunk, chunk_bytes(chunk));
  }
}

void peri__commands_destroy(peri__commands *commands) {
  peri__handback_flush(&commands->done); /* nobody renders any more */
  free_links(peri__handback_take(&commands->done));
  free_chunks(commands->reading); /* the rest hangs on it */
  free_chunks(commands->spare);
}

static void reuse_chunks(peri__commands *commands) {
  peri__link *link = peri__handback_take(&commands->done);
  while (link) {
    peri__chunk *chunk = (peri__chunk *)link;
    link = link->next;
    if (chunk->capacity != CHUNK_BYTES) {
      commands->bytes -= chunk_bytes(chunk);
      peri__release(chunk, chunk_bytes(chunk));
      continue;
    }
    chunk->next = commands->spare;
    commands->spare = chunk;
  }
}

bool peri__commands_grow(peri__commands *commands, uint32_t bytes) {
  peri__chunk *last = commands->writing;
  reuse_chunks(commands);
  peri__chunk *chunk = new_chunk(commands, bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES);
  if (!chunk) return false;
  if (!commands->uncommitted) commands->uncommitted = last; /* its seal has to be committed */
  last->next = chunk;
  commands->writing = chunk;
  return true;
}

void peri__commands_commit_chunks(peri__chunk *first) {
  /* Later chunks first: the audio thread sees none of them before the first one's store, and then all. */
  for (peri__chunk *chunk = first->next; chunk; chunk = chunk->next)
    atomic_store_explicit(&chunk->committed, chunk->filled | (chunk->next ? PERI_CHUNK_SEALED : 0),
                          memory_order_relaxed);
  atomic_store_explicit(&first->committed, first->filled | PERI_CHUNK_SEALED, memory_order_release);
}

const peri__command *peri__commands_next(peri__commands *commands) {
  for (;;) {
    peri__chunk *chunk = commands->reading;
    uint32_t committed = (uint32_t)atomic_load_explicit(&chunk->committed, memory_order_acquire);
    if (commands->read < (committed & ~PERI_CHUNK_SEALED)) {
      const peri__command *record = (const peri__command *)(const void *)(chunk->records + commands->read);
      commands->read += record->bytes;
      return record;
    }
    if (!(committed & PERI_CHUNK_SEALED)) return NULL;
    commands->reading = chunk->next;
    commands->read = 0;
    peri__handback_add(&commands->done, &chunk->link);
  }
}
