/* Buffers: counted objects of no engine, with a storage behind them. */
#include "control/control.h"

#include "device/device.h"

static atomic_uint_fast64_t last_id;
static atomic_uint_fast32_t alive;
static pthread_mutex_t all = PTHREAD_MUTEX_INITIALIZER;
static peri_buffer *newest; /* of a list of all that are alive */
static atomic_uint_fast64_t replacements;

uint32_t peri_buffers_alive(void) { return (uint32_t)atomic_load(&alive); }
uint64_t peri_buffer_bytes_alive(void) { return peri__storage_bytes_alive(); }

/* ---- Facts ------------------------------------------------------------------------------------------------------ */

typedef struct facts {
  uint32_t channels, frames;
  double sample_rate, loop_start, loop_end;
} facts;

/* With the lock held, or before anybody else knows the buffer. Each store is behind the one before, as each load of
 * facts_of is ahead of the next. */
static void state_facts(peri_buffer *buffer, const peri__storage *storage) {
  uint_fast32_t count = atomic_load_explicit(&buffer->facts, memory_order_relaxed);
  atomic_store_explicit(&buffer->facts, count + 1, memory_order_relaxed);
  atomic_store_explicit(&buffer->channels, storage->channels, memory_order_release);
  atomic_store_explicit(&buffer->frames, storage->frames, memory_order_release);
  atomic_store_explicit(&buffer->sample_rate, storage->sample_rate, memory_order_release);
  atomic_store_explicit(&buffer->loop_start, storage->loop_start, memory_order_release);
  atomic_store_explicit(&buffer->loop_end, storage->loop_end, memory_order_release);
  atomic_store_explicit(&buffer->facts, count + 2, memory_order_release);
}

static facts facts_of(const peri_buffer *of) {
  peri_buffer *buffer = (peri_buffer *)of;
  for (;;) {
    uint_fast32_t count = atomic_load_explicit(&buffer->facts, memory_order_acquire);
    facts read = {
        .channels = (uint32_t)atomic_load_explicit(&buffer->channels, memory_order_acquire),
        .frames = (uint32_t)atomic_load_explicit(&buffer->frames, memory_order_acquire),
        .sample_rate = atomic_load_explicit(&buffer->sample_rate, memory_order_acquire),
        .loop_start = atomic_load_explicit(&buffer->loop_start, memory_order_acquire),
        .loop_end = atomic_load_explicit(&buffer->loop_end, memory_order_acquire),
    };
    bool same = atomic_load_explicit(&buffer->facts, memory_order_relaxed) == count;
    if (same && count % 2 == 0) return read;
    peri__mutex_lock(&buffer->lock); /* until they are stated */
    peri__mutex_unlock(&buffer->lock);
  }
}

uint64_t peri_buffer_id(const peri_buffer *buffer) { return buffer->id; }
uint32_t peri_buffer_channels(const peri_buffer *buffer) { return facts_of(buffer).channels; }
uint64_t peri_buffer_frames(const peri_buffer *buffer) { return facts_of(buffer).frames; }
double peri_buffer_sample_rate(const peri_buffer *buffer) { return facts_of(buffer).sample_rate; }
peri_format peri_buffer_format(const peri_buffer *buffer) { return buffer->format; }

double peri_buffer_duration(const peri_buffer *buffer) {
  facts now = facts_of(buffer);
  return (double)now.frames / now.sample_rate;
}

uint64_t peri_buffer_bytes(const peri_buffer *buffer) {
  uint64_t sample = buffer->format == PERI_FORMAT_S16 ? sizeof(int16_t) : sizeof(float);
  facts now = facts_of(buffer);
  return (uint64_t)now.frames * now.channels * sample;
}

bool peri_buffer_get_loop(const peri_buffer *buffer, double *start, double *end) {
  facts now = facts_of(buffer);
  if (!(now.loop_end > 0.0)) return false;
  *start = now.loop_start;
  *end = now.loop_end;
  return true;
}

/* ---- Life ------------------------------------------------------------------------------------------------------- */

peri_buffer *peri__buffer_of_storage(peri__storage *storage) {
  if (!storage) return NULL;
  peri_buffer *buffer = PERI_NEW(peri_buffer);
  if (!buffer) {
    peri__storage_drop(storage);
    return NULL;
  }
  buffer->id = atomic_fetch_add(&last_id, 1) + 1;
  atomic_store(&buffer->references, 1);
  peri__mutex_create(&buffer->lock);
  atomic_init(&buffer->storage, storage);
  buffer->format = storage->samples16 ? PERI_FORMAT_S16 : PERI_FORMAT_F32;
  state_facts(buffer, storage);
  storage->buffer = buffer;
  atomic_fetch_add(&alive, 1);
  peri__mutex_lock(&all);
  buffer->older = newest;
  if (newest) newest->newer = buffer;
  newest = buffer;
  peri__mutex_unlock(&all);
  return buffer;
}

peri_buffer *peri_buffer_create(uint32_t channels, uint64_t frames, double sample_rate) {
  if (channels < 1 || channels > PERI_MAX_CHANNELS)
    return peri__fail("buffer: channels must be 1 to %d, got %u", PERI_MAX_CHANNELS, channels), NULL;
  if (frames < 1 || frames > PERI_MAX_FRAMES)
    return peri__fail("buffer: length must be 1 to %u frames, got %llu", PERI_MAX_FRAMES, (unsigned long long)frames),
           NULL;
  if (!(sample_rate >= PERI_MIN_SAMPLE_RATE && sample_rate <= PERI_MAX_SAMPLE_RATE))
    return peri__fail("buffer: the sample rate must be %g to %g Hz, got %g", PERI_MIN_SAMPLE_RATE, PERI_MAX_SAMPLE_RATE,
                      sample_rate),
           NULL;
  return peri__buffer_of_storage(peri__storage_create(channels, (uint32_t)frames, sample_rate));
}

static bool check_rate(double sample_rate) {
  if (sample_rate == 0.0 || (sample_rate >= PERI_MIN_SAMPLE_RATE && sample_rate <= PERI_MAX_SAMPLE_RATE)) return true;
  return peri__fail("decode: the sample rate must be 0 (the file's own) or %g to %g Hz, got %g", PERI_MIN_SAMPLE_RATE,
                    PERI_MAX_SAMPLE_RATE, sample_rate);
}

peri_buffer *peri_buffer_decode(const void *bytes, size_t size, double sample_rate, peri_format format) {
  if (!check_rate(sample_rate)) return NULL;
  if (format != PERI_FORMAT_F32 && format != PERI_FORMAT_S16)
    return peri__fail("decode: there is no format %d", (int)format), NULL;
  peri__storage *storage = peri__decode("memory", bytes, size, sample_rate);
  return peri__buffer_of_storage(storage ? peri__storage_convert(storage, format) : NULL);
}

peri_buffer *peri_buffer_retain(peri_buffer *buffer) {
  if (buffer) atomic_fetch_add_explicit(&buffer->references, 1, memory_order_relaxed);
  return buffer;
}

bool peri__buffer_retain_if_alive(peri_buffer *buffer) {
  uint_fast32_t references = atomic_load_explicit(&buffer->references, memory_order_relaxed);
  while (references && !atomic_compare_exchange_weak(&buffer->references, &references, references + 1)) continue;
  return references > 0;
}

peri_buffer *peri_buffer_find(uint64_t id) {
  peri__mutex_lock(&all);
  peri_buffer *buffer = newest;
  while (buffer && buffer->id != id) buffer = buffer->older;
  if (buffer && !peri__buffer_retain_if_alive(buffer)) buffer = NULL;
  peri__mutex_unlock(&all);
  if (!buffer) peri__fail("there is no buffer %llu any more", (unsigned long long)id);
  return buffer;
}

/* With the lock held, or as the last who holds the buffer. */
static peri__storage *storage_of(peri_buffer *buffer) {
  return atomic_load_explicit(&buffer->storage, memory_order_relaxed);
}

static void leave_all(peri_buffer *buffer) {
  peri__mutex_lock(&all);
  if (buffer->older) buffer->older->newer = buffer->newer;
  if (buffer->newer)
    buffer->newer->older = buffer->older;
  else
    newest = buffer->older;
  peri__mutex_unlock(&all);
}

static void destroy(peri_buffer *buffer) {
  atomic_fetch_sub(&alive, 1);
  peri__storage_drop(storage_of(buffer));
  peri__mutex_destroy(&buffer->lock);
  peri__release(buffer, sizeof *buffer);
}

void peri_buffer_release(peri_buffer *buffer) {
  if (!buffer || atomic_fetch_sub_explicit(&buffer->references, 1, memory_order_acq_rel) != 1) return;
  peri__registry_forget(buffer);
  leave_all(buffer);
  destroy(buffer);
}

peri__storage *peri__buffer_hold_storage(peri_buffer *buffer) {
  peri__mutex_lock(&buffer->lock);
  peri__storage *storage = storage_of(buffer);
  peri__storage_hold(storage);
  peri__mutex_unlock(&buffer->lock);
  return storage;
}

uint64_t peri__buffer_next_reload(peri_buffer *buffer) {
  peri__mutex_lock(&buffer->lock);
  uint64_t reload = ++buffer->reloads;
  peri__mutex_unlock(&buffer->lock);
  return reload;
}

bool peri__buffer_replace(peri_buffer *buffer, uint64_t reload, peri__storage **storage) {
  peri__mutex_lock(&buffer->lock);
  bool done = reload > atomic_load_explicit(&buffer->version, memory_order_relaxed);
  if (done) {
    peri__storage *before = storage_of(buffer), *after = *storage;
    after->buffer = buffer;
    after->version = reload;
    state_facts(buffer, after);
    atomic_store_explicit(&buffer->storage, after, memory_order_relaxed);
    atomic_store_explicit(&buffer->version, reload, memory_order_relaxed);
    *storage = before;
  }
  peri__mutex_unlock(&buffer->lock);
  if (done) atomic_fetch_add_explicit(&replacements, 1, memory_order_release);
  return done;
}

uint64_t peri__buffer_replacements(void) { return atomic_load_explicit(&replacements, memory_order_acquire); }

/* ---- Samples ---------------------------------------------------------------------------------------------------- */

static bool check_range(const peri__storage *storage, uint32_t channel, uint64_t start, const void *samples,
                        uint64_t count) {
  if (!samples && count) return peri__fail("the samples are NULL");
  if (channel >= storage->channels)
    return peri__fail("the buffer has no channel %u: it has %u", channel, storage->channels);
  if (start > storage->frames || count > storage->frames - start)
    return peri__fail("%llu frames from frame %llu on lie outside the buffer: it has %u", (unsigned long long)count,
                      (unsigned long long)start, storage->frames);
  return true;
}

bool peri_buffer_read(peri_buffer *buffer, uint32_t channel, uint64_t start, float *samples, uint64_t count) {
  peri__storage *storage = peri__buffer_hold_storage(buffer);
  bool done = check_range(storage, channel, start, samples, count);
  if (done && count) peri__storage_read(storage, channel, (uint32_t)start, samples, (uint32_t)count);
  peri__storage_drop(storage);
  return done;
}

/* A storage that nobody else reads, in place of the one that sources play. */
static bool make_own(peri_buffer *buffer) {
  peri__storage *storage = storage_of(buffer);
  if (atomic_load_explicit(&storage->holders, memory_order_acquire) == 1) return true;
  peri__storage *copy = peri__storage_copy(storage);
  if (!copy) return false;
  copy->buffer = buffer;
  copy->version = storage->version;
  atomic_store_explicit(&buffer->storage, copy, memory_order_relaxed);
  peri__storage_drop(storage);
  return true;
}

bool peri_buffer_write(peri_buffer *buffer, uint32_t channel, uint64_t start, const float *samples, uint64_t count) {
  peri__mutex_lock(&buffer->lock);
  bool done = check_range(storage_of(buffer), channel, start, samples, count) && make_own(buffer);
  if (done && count) {
    peri__storage *storage = storage_of(buffer);
    peri__storage_write(storage, channel, (uint32_t)start, samples, (uint32_t)count);
    if (storage->samples && !peri__all_finite(samples, count)) storage->nonfinite = true;
  }
  peri__mutex_unlock(&buffer->lock);
  return done;
}

bool peri_buffer_save(peri_buffer *buffer, const char *path) {
  peri__storage *storage = peri__buffer_hold_storage(buffer);
  uint32_t channels = storage->channels;
  float *frames = PERI_NEW_ARRAY(float, (size_t)PERI_QUANTUM *channels);
  peri_wav *wav = frames ? peri_wav_create(path, channels, storage->sample_rate) : NULL;
  bool done = wav != NULL;
  for (uint32_t at = 0; done && at < storage->frames; at += PERI_QUANTUM) {
    uint32_t count = storage->frames - at < PERI_QUANTUM ? storage->frames - at : PERI_QUANTUM;
    for (uint32_t c = 0; c < channels; c++) {
      float samples[PERI_QUANTUM];
      peri__storage_read(storage, c, at, samples, count);
      for (uint32_t i = 0; i < count; i++) frames[i * channels + c] = samples[i];
    }
    done = peri_wav_write(wav, frames, count);
  }
  if (wav && !peri_wav_close(wav)) done = false;
  peri__release(frames, (size_t)PERI_QUANTUM * channels * sizeof(float));
  peri__storage_drop(storage);
  return done;
}
