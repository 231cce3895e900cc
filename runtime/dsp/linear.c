/* Reading between samples, in plain C. */
#include "dsp/kernels.h"

void peri__linear_scalar(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, position += step) {
    const float *here = in + (position >> 32);
    float fraction = (float)(int32_t)((uint32_t)position >> 8) * 0x1p-24f;
    out[i] = here[0] + (here[1] - here[0]) * fraction;
  }
}
