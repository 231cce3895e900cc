/* Opens SDL's devices with a callback of the guard's own, which passes on to the one that was given. */
#include "guard.h"

#include <SDL2/SDL_audio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEVICES 256 /* SDL has 16 at a time; a place is taken for good by a device that nobody closes */

typedef struct device {
  atomic_bool taken;
  _Atomic SDL_AudioDeviceID id;
  SDL_AudioCallback callback;
  void *user;
  unsigned frame_bytes;
} device;

static device devices[MAX_DEVICES];

static SDL_AudioDeviceID (*real_open)(const char *, int, const SDL_AudioSpec *, SDL_AudioSpec *, int);
static void (*real_close)(SDL_AudioDeviceID);

static void SDLCALL guarded(void *user, Uint8 *bytes, int size) {
  device *d = user;
  guard_count_callback((unsigned)size / d->frame_bytes);
  audio_guard_enter();
  d->callback(d->user, bytes, size);
  audio_guard_leave();
}

static device *take_place(void) {
  for (int d = 0; d < MAX_DEVICES; d++)
    if (!atomic_exchange(&devices[d].taken, true)) return &devices[d];
  abort();
}

static SDL_AudioDeviceID open_device(const char *name, int capture, const SDL_AudioSpec *desired,
                                     SDL_AudioSpec *obtained, int changes) {
  if (!desired->callback || capture || changes) return real_open(name, capture, desired, obtained, changes);
  device *d = take_place();
  SDL_AudioSpec spec = *desired;
  d->callback = desired->callback;
  d->user = desired->userdata;
  d->frame_bytes = (unsigned)SDL_AUDIO_BITSIZE(desired->format) / 8 * desired->channels;
  spec.callback = guarded;
  spec.userdata = d;
  guard_follow((const void *)(size_t)desired->callback);
  SDL_AudioDeviceID id = real_open(name, capture, &spec, obtained, changes);
  if (obtained && id) {
    obtained->callback = desired->callback;
    obtained->userdata = desired->userdata;
  }
  atomic_store(&d->id, id);
  if (!id) atomic_store(&d->taken, false);
  return id;
}

/* After the real one has returned, the callback does not run any more. */
static void close_device(SDL_AudioDeviceID id) {
  real_close(id);
  for (int d = 0; id && d < MAX_DEVICES; d++) {
    SDL_AudioDeviceID expected = id;
    if (atomic_compare_exchange_strong(&devices[d].id, &expected, 0)) atomic_store(&devices[d].taken, false);
  }
}

void *guard_wrap_symbol(void *library, const char *name, void *(*find)(void *, const char *)) {
  bool open = strcmp(name, "SDL_OpenAudioDevice") == 0, close = strcmp(name, "SDL_CloseAudioDevice") == 0;
  if (!open && !close) return NULL;
  void *real = find(library, name);
  if (!real) return NULL;
  if (open)
    *(void **)&real_open = real;
  else
    *(void **)&real_close = real;
  return open ? (void *)open_device : (void *)close_device;
}
