/* What decode.c shares with the decoders of single formats. */
#ifndef PERI_DECODERS_H
#define PERI_DECODERS_H

#include "media/media.h"

typedef struct peri__sound_file {
  const char *name; /* for messages */
  const unsigned char *bytes;
  size_t size;
} peri__sound_file;

/* Sets peri_error() to "'name' cannot be decoded: reason"; always false. */
bool peri__cannot_decode(const peri__sound_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether that can be played; otherwise the error says what can. */
bool peri__can_play(const peri__sound_file *file, uint32_t channels, double sample_rate, uint64_t frames);

/* A part to be repeated, in frames of the file; end is the first that is not. 0, 0: none. */
typedef struct peri__loop {
  uint64_t start, end;
} peri__loop;

#define PERI_LOOP_TO_END UINT64_MAX /* for end */

/* loop.c: what a file says, from a comment header behind its magic, and from the body of a smpl chunk. */
peri__loop peri__loop_of_comments(const unsigned char *bytes, size_t size);
peri__loop peri__loop_of_sampler(const unsigned char *bytes, size_t size);
/* The same as it holds for so many frames; none when it does not lie within them. */
peri__loop peri__loop_within(peri__loop loop, uint64_t frames);
/* The same for a storage at the file's rate. */
void peri__set_loop(peri__storage *storage, peri__loop loop);

/* wav.c: RIFF, through SDL2. */
peri__storage *peri__decode_wav(const peri__sound_file *file);
bool peri__inspect_wav(const peri__sound_file *file, peri_file_info *info);

/* vorbis.c: Ogg Vorbis, through stb_vorbis. */
peri__storage *peri__decode_vorbis(const peri__sound_file *file);
bool peri__inspect_vorbis(const peri__sound_file *file, peri_file_info *info);

static inline uint32_t peri__little_16(const unsigned char *at) { return at[0] | (uint32_t)at[1] << 8; }
static inline uint32_t peri__little_32(const unsigned char *at) {
  return peri__little_16(at) | peri__little_16(at + 2) << 16;
}

#endif
