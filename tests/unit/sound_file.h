/* What tests do to sound files: read those of assets/, and make others, byte by byte. */
#ifndef PERI_SOUND_FILE_H
#define PERI_SOUND_FILE_H

#include "unit/test.h"

#include "media/media.h"

static inline unsigned char *read_asset(const char *path, size_t *size) {
  unsigned char *bytes = peri__read_file(path, size);
  CHECK(bytes);
  return bytes;
}

/* The lowest `bytes` of a number, the lowest first; where the next one goes. */
static inline unsigned char *put(unsigned char *to, uint32_t value, int bytes) {
  for (int i = 0; i < bytes; i++) *to++ = (unsigned char)(value >> (8 * i));
  return to;
}

/* Makes the checksum of a page of Ogg (RFC 3533) right again. */
static inline void mend_checksum(unsigned char *page) {
  size_t size = 27u + page[26];
  for (int i = 0; i < page[26]; i++) size += page[27 + i];
  uint32_t crc = 0;
  put(page + 22, 0, 4);
  for (size_t i = 0; i < size; i++) {
    crc ^= (uint32_t)page[i] << 24;
    for (int bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80000000u ? 0x04c11db7u : 0);
  }
  put(page + 22, crc, 4);
}

#endif
