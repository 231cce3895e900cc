/* Buffers: shared, reference-counted samples; sound files. Part of perilune.h. */
#ifndef PERILUNE_BUFFER_H
#define PERILUNE_BUFFER_H

#include "perilune/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An empty (zero) buffer of 1 to 32 channels and 1 to PERI_MAX_FRAMES frames. It belongs to no engine; the caller holds
 * one reference. */
PERI_API peri_buffer *peri_buffer_create(uint32_t channels, uint64_t frames, double sample_rate);

/* What a buffer keeps of each sample. Sources play both; numbers go in and out as float32. */
typedef enum {
  PERI_FORMAT_F32,
  PERI_FORMAT_S16, /* half the memory; rounded to the nearest of 65,536 steps and clipped to ±1 */
} peri_format;

/* Decodes a whole sound file (WAV, Ogg Vorbis) from memory. `sample_rate` resamples to that rate (windowed sinc);
 * 0 keeps the file's. */
PERI_API peri_buffer *peri_buffer_decode(const void *bytes, size_t size, double sample_rate, peri_format format);

PERI_API peri_buffer *peri_buffer_retain(peri_buffer *buffer); /* returns its argument; NULL is ignored */
PERI_API void peri_buffer_release(peri_buffer *buffer);        /* NULL is ignored */

PERI_API uint64_t peri_buffer_id(const peri_buffer *buffer); /* unique in the process, below 2^53 */
/* The buffer of that id, a reference for the caller; NULL once nobody holds it. */
PERI_API peri_buffer *peri_buffer_find(uint64_t id);
PERI_API uint32_t peri_buffer_channels(const peri_buffer *buffer);
PERI_API uint64_t peri_buffer_frames(const peri_buffer *buffer);
PERI_API double peri_buffer_sample_rate(const peri_buffer *buffer);
PERI_API double peri_buffer_duration(const peri_buffer *buffer); /* seconds */
PERI_API peri_format peri_buffer_format(const peri_buffer *buffer);
PERI_API uint64_t peri_buffer_bytes(const peri_buffer *buffer); /* channels × frames × 4, or 2 */

/* The loop that the buffer's file names, in seconds of the sound (Vorbis comments LOOPSTART and LOOPLENGTH or LOOPEND;
 * the first loop of a WAV's smpl chunk); false when it names none. Sources do not follow it by themselves. */
PERI_API bool peri_buffer_get_loop(const peri_buffer *buffer, double *start, double *end);

/* Copies `count` samples of one channel, from frame `start`. The range must lie inside the buffer. */
PERI_API bool peri_buffer_read(peri_buffer *buffer, uint32_t channel, uint64_t start, float *samples, uint64_t count);

/* Writes likewise. Sources that have the buffer keep the samples they have: while any does, the buffer gets a new
 * storage behind the same id (copy on write). NaN and infinite samples are stored, and silenced when played. */
PERI_API bool peri_buffer_write(peri_buffer *buffer, uint32_t channel, uint64_t start, const float *samples,
                                uint64_t count);

/* Writes a WAV file of 32-bit float samples. */
PERI_API bool peri_buffer_save(peri_buffer *buffer, const char *path);

/* The buffer of a sound file, decoded at the engine's rate: one decode and one copy for all who ask for the same path
 * and format while anybody holds it. The caller gets a reference. */
PERI_API peri_buffer *peri_engine_load(peri_engine *engine, const char *path, peri_format format);

/* The same for a file in memory: equal contents share one buffer. */
PERI_API peri_buffer *peri_engine_load_memory(peri_engine *engine, const void *bytes, size_t size, peri_format format);

/* The same on a loader thread; PERI_EVENT_LOADED with `user` comes to `owner`. The bytes are copied. */
PERI_API bool peri_engine_load_async(peri_engine *engine, peri_owner owner, uint64_t user, const char *path,
                                     peri_format format);
PERI_API bool peri_engine_load_memory_async(peri_engine *engine, peri_owner owner, uint64_t user, const void *bytes,
                                            size_t size, peri_format format);

/* A changed file in the place of the old one, while everything plays: decodes it on a loader thread, at the engine's
 * rate and in the buffer's format, and gives `buffer` the new samples, behind the same id: length, channels, rate and
 * the file's loop are the new file's from then on. Sources that start afterwards play them; one that plays without a
 * loop plays the old samples to its end; one that loops takes the new ones when it next comes round, at its loop start
 * in the new sound, with its own loop points (in seconds). PERI_EVENT_LOADED comes as for a load; where the file does
 * not load, it says why, and nothing has changed. Of several reloads of a buffer, the one asked for last counts.
 * Afterwards peri_engine_load gives this buffer for that path, and peri_engine_load_memory for contents only while they
 * are what it holds. Other engines' sources notice at their peri_engine_update. */
PERI_API bool peri_engine_reload_async(peri_engine *engine, peri_owner owner, uint64_t user, peri_buffer *buffer,
                                       const char *path);
PERI_API bool peri_engine_reload_memory_async(peri_engine *engine, peri_owner owner, uint64_t user, peri_buffer *buffer,
                                              const void *bytes, size_t size);

typedef struct peri_file_info {
  char format[16]; /* "WAV" or "Ogg Vorbis" */
  uint32_t channels;
  double sample_rate; /* Hz, of the file */
  uint64_t frames;
  uint64_t bytes;      /* of the file */
  uint64_t loop_start; /* the file's own loop, in frames; 0, 0: none */
  uint64_t loop_end;   /* the first frame that is not of it */
} peri_file_info;

/* What a sound file holds, from the file system. */
PERI_API bool peri_file_inspect(const char *path, peri_file_info *info);

/* ---- WAV files -------------------------------------------------------------------------------------------------- */

/* Creates a WAV file of 32-bit float samples, to be filled piece by piece. */
PERI_API peri_wav *peri_wav_create(const char *path, uint32_t channels, double sample_rate);
PERI_API bool peri_wav_write(peri_wav *wav, const float *interleaved, uint64_t frames);
/* Completes the header and closes the file; false when anything was not written. */
PERI_API bool peri_wav_close(peri_wav *wav);

#ifdef __cplusplus
}
#endif
#endif
