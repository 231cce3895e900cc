/* libmysofa's functions, found at run time, like SDL2's: whoever needs none of them does without the library. */
#ifndef PERI_MYSOFA_H
#define PERI_MYSOFA_H

#include "base/base.h"

/* Where Debian's package puts the responses that it comes with: MIT's of the dummy head KEMAR. */
#define PERI_MYSOFA_DATA "/usr/share/libmysofa/default.sofa"

struct MYSOFA_EASY; /* libmysofa's own */

/* As mysofa.h of libmysofa 1 has them. `open` resamples to a rate of 8,000 Hz or above and evens out the loudness;
 * x is to the front, y to the left, z upwards; delays are in frames of a response, in seconds. */
typedef struct peri__mysofa {
  struct MYSOFA_EASY *(*open)(const char *path, float sample_rate, int *frames, int *error);
  void (*getfilter_float)(struct MYSOFA_EASY *easy, float x, float y, float z, float *left, float *right,
                          float *delay_left, float *delay_right);
  void (*close)(struct MYSOFA_EASY *easy);
} peri__mysofa;

/* Loaded at the first call; NULL, with a message that names the package, where there is no libmysofa. */
const peri__mysofa *peri__mysofa_functions(void);

/* The functions of a library by its name, which stays loaded for good; false likewise. */
bool peri__mysofa_find(const char *library, peri__mysofa *functions);

/* Tests put a table of their own in place; NULL goes back to the real one. */
void peri__mysofa_replace(const peri__mysofa *functions);

#endif
