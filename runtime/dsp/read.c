/* Reading between samples, in plain C. */
#include "dsp/parts.h"

void peri__linear_scalar(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, position += step) {
    const float *here = in + (position >> 32);
    out[i] = here[0] + (here[1] - here[0]) * peri__fraction(position);
  }
}

/* Hermite's cubic through here[0] and here[1], with the slope at each that its two neighbours have (Catmull and Rom,
 * "A class of local interpolating splines", 1974). */
void peri__cubic_scalar(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, position += step) {
    const float *here = in + (position >> 32);
    float t = peri__fraction(position), fall = here[0] - here[1];
    float c1 = (here[1] - here[-1]) * 0.5f;
    float c3 = (here[2] - here[0]) * 0.5f + c1 + fall * 2.0f;
    float c2 = (here[1] - here[0]) - (c1 + c3);
    out[i] = ((c3 * t + c2) * t + c1) * t + here[0];
  }
}
