/* The two drivers behind a device. Each renders from a thread of its own, and never while it is closed or paused. */
#ifndef PERI_DRIVERS_H
#define PERI_DRIVERS_H

#include "base/sdl.h"
#include "base/thread.h"
#include "device/device.h"

/* ---- SDL2's default output ---- */

typedef struct peri__sdl_output {
  const peri__sdl *sdl; /* NULL: not open */
  SDL_AudioDeviceID id;
  char name[64];    /* SDL's driver */
  bool gave_events; /* SDL's audio brought its events, and they were given back */

  /* SDL's callback, while the device is open. */
  peri__fill fill;
  void *user;
  uint32_t channels, device_channels; /* where they differ, frames go through `mapped` */
  uint32_t block_size;
  float *mapped; /* block_size × channels */
  double nanoseconds_a_frame;
  atomic_uint_fast64_t *underruns;
} peri__sdl_output;

/* Initialises SDL's audio subsystem and opens the default output, paused; false sets peri_error(), and nothing is left
 * initialised. */
bool peri__sdl_output_open(peri__sdl_output *output, const peri__device_plan *plan, atomic_uint_fast64_t *underruns);
/* Afterwards the callback is not running; quits the subsystem. Ignored when it is not open. */
void peri__sdl_output_close(peri__sdl_output *output);
void peri__sdl_output_set_paused(peri__sdl_output *output, bool paused);
bool peri__sdl_output_is_lost(const peri__sdl_output *output);

/* ---- The clocked null device ---- */

typedef struct peri__null_output {
  peri__thread thread;
  bool open;

  /* With `lock`, which the thread holds while it renders. */
  peri__mutex lock;
  peri__condition change;
  bool paused, quit;

  /* The thread's. */
  peri__fill fill;
  void *user;
  float *block; /* block_size × channels */
  uint32_t block_size, channels;
  double sample_rate;
  atomic_uint_fast64_t *underruns;
} peri__null_output;

/* Starts it; false sets peri_error(). */
bool peri__null_output_open(peri__null_output *output, const peri__device_plan *plan, bool paused,
                            atomic_uint_fast64_t *underruns);
/* Afterwards the thread has ended. Ignored when it is not open. */
void peri__null_output_close(peri__null_output *output);
/* Afterwards, when paused, nothing is rendered; the time until it goes on again is not caught up. */
void peri__null_output_set_paused(peri__null_output *output, bool paused);

#endif
