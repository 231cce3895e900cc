/* The Vorbis setup header, walked through before stb_vorbis sees it. */
#ifndef PERI_VORBIS_SETUP_H
#define PERI_VORBIS_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct peri__vorbis_modes {
  uint32_t count;
  bool long_block[64];
} peri__vorbis_modes;

/* NULL when all is well, otherwise what is wrong. */
const char *peri__vorbis_check_setup(const unsigned char *bytes, size_t size, uint32_t channels, peri__vorbis_modes *modes);

#endif
