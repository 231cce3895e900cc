/* Linked into a Lua module made for one test (tests/sh/audio_guard.sh): there, with the linker's --wrap, every
 * rendering of the engine is a guarded section, also the clocked null device's and an offline context's, which no SDL
 * calls. */
#include <stdbool.h>
#include <stdint.h>

struct peri__render;

bool __real_peri__render_frames(struct peri__render *render, float *out, uint32_t frames);
bool __wrap_peri__render_frames(struct peri__render *render, float *out, uint32_t frames);

void audio_guard_enter(void);
void audio_guard_leave(void);

bool __wrap_peri__render_frames(struct peri__render *render, float *out, uint32_t frames) {
  audio_guard_enter();
  bool fine = __real_peri__render_frames(render, out, frames);
  audio_guard_leave();
  return fine;
}
