/* Loading files, at once or on a loader thread. */
#include "control/control.h"

#include <stdio.h>

/* Somebody who waits for a load. */
typedef struct load_waiter {
  struct load_waiter *next;
  peri_owner owner;
  uint64_t user;
} load_waiter;

/* An asynchronous load. All who ask for the same file meanwhile wait for the same one. */
typedef struct peri__load {
  peri__job job; /* first: a job is a load */
  struct peri__load *next;
  peri_engine *engine;
  load_waiter *waiters;
  void *bytes; /* of a file in memory, ours; NULL: a path */
  size_t size;
  peri_format format;
  peri_buffer *buffer; /* a reference, of a reload: the one whose samples it replaces */
  uint64_t reload;     /* its number */
  size_t key_bytes;
  char key[];
} peri__load;

static bool check_path(const char *path) { return path && *path ? true : peri__fail("load: a path is wanted"); }

static bool check_bytes(const void *bytes, size_t size) {
  return bytes && size ? true : peri__fail("load: the file in memory is empty");
}

static bool check_format(peri_format format) {
  bool known = format == PERI_FORMAT_F32 || format == PERI_FORMAT_S16;
  return known ? true : peri__fail("load: there is no format %d", (int)format);
}

/* The key of a file in memory: its size and two 64-bit hashes of its bytes (FNV-1a, and the same backwards). */
static size_t content_key(const void *bytes, size_t size, char key[80]) {
  const unsigned char *p = bytes;
  uint64_t forwards = 14695981039346656037u, backwards = forwards;
  for (size_t i = 0; i < size; i++) {
    forwards = (forwards ^ p[i]) * 1099511628211u;
    backwards = (backwards ^ p[size - 1 - i]) * 1099511628211u;
  }
  return (size_t)snprintf(key, 80, "%c%zu %016llx %016llx", 1, size, (unsigned long long)forwards,
                          (unsigned long long)backwards);
}

static peri__storage *decode(const peri_engine *engine, const char *name, const void *bytes, size_t size,
                             peri_format format) {
  peri__storage *storage = peri__decode(name, bytes, size, engine->sample_rate);
  return storage ? peri__storage_convert(storage, format) : NULL;
}

/* Asks the engine's files first, then the file system. */
static peri__storage *decode_path(const peri_engine *engine, const char *path, peri_format format) {
  const void *served = NULL;
  size_t size = 0;
  if (engine->files.read && engine->files.read(path, &served, &size, engine->files.user)) {
    peri__storage *storage = decode(engine, path, served, size, format);
    if (engine->files.done) engine->files.done(served, size, engine->files.user);
    return storage;
  }
  void *bytes = peri__read_file(path, &size);
  if (!bytes) return NULL;
  peri__storage *storage = decode(engine, path, bytes, size, format);
  peri__release(bytes, size);
  return storage;
}

/* A buffer for a new storage, known to the registry; or the one that somebody else has made meanwhile. */
static peri_buffer *make_known(peri_engine *engine, const char *key, size_t key_bytes, peri__storage *storage) {
  peri_buffer *buffer = peri__buffer_of_storage(storage);
  return buffer ? peri__registry_add(engine, key, key_bytes, buffer) : NULL;
}

peri_buffer *peri_engine_load(peri_engine *engine, const char *path, peri_format format) {
  if (!check_path(path) || !check_format(format)) return NULL;
  size_t key_bytes = strlen(path);
  peri_buffer *known = peri__registry_find(engine, path, key_bytes, format);
  return known ? known : make_known(engine, path, key_bytes, decode_path(engine, path, format));
}

peri_buffer *peri_engine_load_memory(peri_engine *engine, const void *bytes, size_t size, peri_format format) {
  char key[80];
  if (!check_bytes(bytes, size) || !check_format(format)) return NULL;
  size_t key_bytes = content_key(bytes, size, key);
  peri_buffer *known = peri__registry_find(engine, key, key_bytes, format);
  return known ? known : make_known(engine, key, key_bytes, decode(engine, "memory", bytes, size, format));
}

/* ---- On a loader thread ----------------------------------------------------------------------------------------- */

static void free_load(peri__load *load) {
  peri_buffer_release(load->buffer);
  peri__release(load->bytes, load->size);
  peri__release(load, sizeof *load + load->key_bytes + 1);
}

static void tell_waiters(peri_engine *engine, peri__load *load, peri_buffer *buffer) {
  while (load->waiters) {
    load_waiter *waiter = load->waiters;
    load->waiters = waiter->next;
    peri_event event = {.type = PERI_EVENT_LOADED, .user = waiter->user, .buffer = buffer};
    if (!buffer) snprintf(event.message, sizeof event.message, "%s", peri_error());
    if (buffer) peri_buffer_retain(buffer);
    peri__owner_notify(engine, waiter->owner, &event);
    peri__release(waiter, sizeof *waiter);
  }
}

static void finish_load(peri_engine *engine, peri__load *load, peri_buffer *buffer) {
  peri__lock(engine);
  peri__load **place = &engine->loads;
  while (*place != load) place = &(*place)->next;
  *place = load->next;
  engine->load_count--;
  tell_waiters(engine, load, buffer);
  peri__unlock(engine);
  peri_buffer_release(buffer);
  free_load(load);
}

static peri__storage *decode_load(const peri__load *load) {
  if (load->bytes) return decode(load->engine, "memory", load->bytes, load->size, load->format);
  return decode_path(load->engine, load->key, load->format);
}

/* Whoever asked may be gone, and then nothing is done. */
static bool replace(const peri__load *load, peri__storage **storage) {
  char content[80];
  const char *key = load->bytes ? content : load->key;
  size_t key_bytes = load->bytes ? content_key(load->bytes, load->size, content) : load->key_bytes;
  peri_engine *engine = load->engine;
  peri__lock(engine);
  bool done = !load->waiters || peri__registry_replace(engine, key, key_bytes, load->buffer, load->reload, storage);
  if (done) peri__reloads_offer(engine, false); /* updates go on where it could not be done */
  peri__unlock(engine);
  return done;
}

static void run_reload(peri__job *job) {
  peri__load *load = (peri__load *)(void *)job;
  peri__storage *storage = NULL;
  if (atomic_load(&load->engine->closing))
    peri__fail("the engine was closed");
  else
    storage = decode_load(load);
  bool done = storage && replace(load, &storage);
  peri__storage_drop(storage);                     /* the old samples, or those that came too late */
  if (done) peri__convolvers_follow(load->engine); /* updates go on where it could not be done */
  finish_load(load->engine, load, done ? peri_buffer_retain(load->buffer) : NULL);
}

static void run_load(peri__job *job) {
  peri__load *load = (peri__load *)(void *)job;
  peri_engine *engine = load->engine;
  peri_buffer *buffer = NULL;
  if (atomic_load(&engine->closing))
    peri__fail("the engine was closed");
  else if (!(buffer = peri__registry_find(engine, load->key, load->key_bytes, load->format))) {
    buffer = make_known(engine, load->key, load->key_bytes, decode_load(load));
  }
  finish_load(engine, load, buffer);
}

static peri__load *find_load(const peri_engine *engine, const char *key, size_t key_bytes, peri_format format) {
  for (peri__load *load = engine->loads; load; load = load->next)
    if (!load->buffer && load->key_bytes == key_bytes && load->format == format &&
        memcmp(load->key, key, key_bytes) == 0)
      return load;
  return NULL;
}

/* What is asked for: a load, or with a buffer its reload. */
typedef struct request {
  const char *key; /* a reload's: the path, or nothing for a file in memory */
  size_t key_bytes;
  void *bytes; /* taken over */
  size_t size;
  peri_format format;
  peri_buffer *buffer;
} request;

/* A load that is under way already, or a new one. */
static peri__load *begin_load(peri_engine *engine, const request *r) {
  peri__load *load = r->buffer ? NULL : find_load(engine, r->key, r->key_bytes, r->format);
  if (load) {
    peri__release(r->bytes, r->size);
    return load;
  }
  load = peri__allocate(sizeof *load + r->key_bytes + 1, 16);
  if (!load) return NULL;
  load->job.run = r->buffer ? run_reload : run_load;
  load->engine = engine;
  load->bytes = r->bytes;
  load->size = r->size;
  load->format = r->format;
  load->buffer = peri_buffer_retain(r->buffer);
  if (r->buffer) load->reload = peri__buffer_next_reload(r->buffer);
  load->key_bytes = r->key_bytes;
  memcpy(load->key, r->key, r->key_bytes);
  load->next = engine->loads;
  engine->loads = load;
  engine->load_count++;
  peri__loader_add(engine->loader, &load->job);
  return load;
}

static bool load_async(peri_engine *engine, peri_owner owner, uint64_t user, const request *r) {
  peri__lock(engine);
  bool known = peri__owner_exists(engine, owner) || peri__fail("load: there is no owner %u", owner);
  load_waiter *waiter = known && peri__need_loader(engine) ? PERI_NEW(load_waiter) : NULL;
  bool expected = waiter && peri__owner_expect_load(engine, owner);
  peri__load *load = expected ? begin_load(engine, r) : NULL;
  if (load) {
    *waiter = (load_waiter){load->waiters, owner, user};
    load->waiters = waiter;
  } else {
    if (expected) peri__owner_expect_no_load(engine, owner);
    peri__release(waiter, sizeof *waiter);
    peri__release(r->bytes, r->size);
  }
  peri__unlock(engine);
  return load != NULL;
}

static void *copy_bytes(const void *bytes, size_t size) {
  void *copy = peri__allocate_raw(size, 16);
  if (copy) memcpy(copy, bytes, size);
  return copy;
}

bool peri_engine_load_async(peri_engine *engine, peri_owner owner, uint64_t user, const char *path,
                            peri_format format) {
  if (!check_path(path) || !check_format(format)) return false;
  return load_async(engine, owner, user, &(request){.key = path, .key_bytes = strlen(path), .format = format});
}

bool peri_engine_load_memory_async(peri_engine *engine, peri_owner owner, uint64_t user, const void *bytes, size_t size,
                                   peri_format format) {
  if (!check_bytes(bytes, size) || !check_format(format)) return false;
  char key[80];
  void *copy = copy_bytes(bytes, size);
  size_t key_bytes = content_key(bytes, size, key);
  return copy && load_async(engine, owner, user, &(request){key, key_bytes, copy, size, format, NULL});
}

static bool check_buffer(const peri_buffer *buffer) { return buffer ? true : peri__fail("reload: a buffer is wanted"); }

bool peri_engine_reload_async(peri_engine *engine, peri_owner owner, uint64_t user, peri_buffer *buffer,
                              const char *path) {
  if (!check_buffer(buffer) || !check_path(path)) return false;
  return load_async(engine, owner, user, &(request){path, strlen(path), NULL, 0, peri_buffer_format(buffer), buffer});
}

bool peri_engine_reload_memory_async(peri_engine *engine, peri_owner owner, uint64_t user, peri_buffer *buffer,
                                     const void *bytes, size_t size) {
  if (!check_buffer(buffer) || !check_bytes(bytes, size)) return false;
  void *copy = copy_bytes(bytes, size);
  return copy && load_async(engine, owner, user, &(request){"", 0, copy, size, peri_buffer_format(buffer), buffer});
}

void peri__loads_forget(peri_engine *engine, peri_owner owner) {
  for (peri__load *load = engine->loads; load; load = load->next) {
    for (load_waiter **place = &load->waiters; *place;) {
      load_waiter *waiter = *place;
      if (waiter->owner != owner) {
        place = &waiter->next;
        continue;
      }
      *place = waiter->next;
      peri__release(waiter, sizeof *waiter);
    }
  }
}

bool peri_file_inspect(const char *path, peri_file_info *info) {
  size_t size;
  if (!path || !*path) return peri__fail("inspect: a path is wanted");
  void *bytes = peri__read_file(path, &size);
  bool done = bytes && peri__inspect(path, bytes, size, info);
  peri__release(bytes, size);
  return done;
}
