/* The Vorbis setup header, walked through before stb_vorbis sees it. */
#ifndef PERI_VORBIS_SETUP_H
#define PERI_VORBIS_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct peri__vorbis_form {
  /* From the identification header. */
  uint32_t channels;
  uint32_t block[2]; /* frames of a short and a long block */

  /* From the setup header. */
  uint32_t modes;
  bool long_block[64];
} peri__vorbis_form;

/* Fills in the second half. NULL when all is well, otherwise what is wrong. */
const char *peri__vorbis_check_setup(const unsigned char *bytes, size_t size, peri__vorbis_form *form);

#endif
