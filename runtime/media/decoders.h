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
