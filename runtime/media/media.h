/* Sample storages and decoders. */
#ifndef PERI_MEDIA_H
#define PERI_MEDIA_H

#include "base/base.h"

/* Frames of silence behind the last frame of each channel, so that kernels may read past the end. */
#define PERI_STORAGE_PADDING 32

/* The stride of a storage of so many frames: with the padding, rounded up so that channels begin on cache lines. */
static inline uint32_t peri__stride(uint32_t frames) { return (frames + PERI_STORAGE_PADDING + 15u) & ~15u; }

/* Samples that voices read, planar: channel c begins at samples + c × stride, on a cache line. Float32, or int16, which
 * counts in 1/32,768.
 * `holders` is counted by control alone (an atomic because several control threads and engines may share a storage);
 * voices hold plain pointers. The audio thread only ever reads the rest. */
typedef struct peri__storage {
  float *samples; /* one of them is NULL */
  int16_t *samples16;
  uint32_t channels;
  uint32_t frames;
  uint32_t stride; /* peri__stride(frames) */
  bool nonfinite;  /* holds a NaN or infinity: voices over it use the checking kernel */
  double sample_rate;
  double loop_start, loop_end; /* seconds, as the file says; 0, 0: it does not */
  atomic_uint_fast32_t holders;
  /* control's */
  peri_buffer *buffer; /* that it was made for */
  uint64_t version;    /* the buffer's, when it was made */
} peri__storage;

/* A storage of silence with one holder; NULL sets peri_error(). Ranges were checked. */
peri__storage *peri__storage_create(uint32_t channels, uint32_t frames, double sample_rate);
/* The same, of float32 whose values are to be written, all of them; behind them is silence. */
peri__storage *peri__storage_create_raw(uint32_t channels, uint32_t frames, double sample_rate);
/* Of silence, of int16. */
peri__storage *peri__storage_create_s16(uint32_t channels, uint32_t frames, double sample_rate);
/* The storage in another format, or itself when it has it; takes over the caller's hold. Rounds to the nearest int16
 * and clips. NULL, and the hold gone, without memory. */
peri__storage *peri__storage_convert(peri__storage *storage, peri_format format);
peri__storage *peri__storage_copy(const peri__storage *storage);
void peri__storage_hold(peri__storage *storage);
void peri__storage_drop(peri__storage *storage); /* the last holder frees it; NULL is ignored */
uint64_t peri__storage_bytes_alive(void);

static inline void *peri__storage_data(const peri__storage *storage) {
  return storage->samples16 ? (void *)storage->samples16 : storage->samples;
}

/* Of a range that was checked: floats to samples and back, whatever the format. */
void peri__storage_write(peri__storage *storage, uint32_t channel, uint32_t from, const float *samples, uint32_t count);
void peri__storage_read(const peri__storage *storage, uint32_t channel, uint32_t from, float *samples, uint32_t count);

/* Of float storages. */
static inline float *peri__storage_channel(const peri__storage *storage, uint32_t channel) {
  return storage->samples + (size_t)channel * storage->stride;
}

/* Decodes a whole file (WAV through SDL2, Ogg Vorbis through stb_vorbis). `name` is for messages. `sample_rate` 0 keeps
 * the file's rate. NULL sets peri_error(): "'name' cannot be decoded: reason". Samples are finite afterwards. */
peri__storage *peri__decode(const char *name, const void *bytes, size_t size, double sample_rate);

/* Fills in all of `info` from the file's bytes. */
bool peri__inspect(const char *name, const void *bytes, size_t size, peri_file_info *info);

/* A whole file from the file system, NULL sets peri_error(): "'path' cannot be read: reason". Free with
 * peri__release(bytes, size); *size is at least 1 (an empty file is an error). Refuses folders. */
void *peri__read_file(const char *path, size_t *size);

#endif
