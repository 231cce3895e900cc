/* Devices: what calls the engine to render. They know one thing, a fill callback. */
#ifndef PERI_DEVICE_H
#define PERI_DEVICE_H

#include "base/base.h"

/* AUDIO THREAD. Fills `frames` interleaved frames. Sets its own role. */
typedef void (*peri__fill)(void *user, float *out, uint32_t frames);

typedef struct peri__device_plan {
  peri_device_kind kind;
  double sample_rate;
  uint32_t channels;
  uint32_t block_size;
  peri__fill fill;
  void *user;
} peri__device_plan;

typedef struct peri__device peri__device;

/* Opens the device and starts it. For PERI_DEVICE_SDL without an output: the clocked null device and one warning in the
 * log. NULL sets peri_error(). CONTROL. */
peri__device *peri__device_open(const peri__device_plan *plan);

/* Stops it; afterwards the fill callback is not running and never will again. NULL is ignored. CONTROL. */
void peri__device_close(peri__device *device);

/* Looks whether the output was lost or a lost one is back, and changes over: the old driver is closed before the new
 * one renders. To be called every half second or so by a loader thread. */
void peri__device_watch(peri__device *device);

void peri__device_set_paused(peri__device *device, bool paused);
void peri__device_get_info(peri__device *device, peri_device_info *info);
uint64_t peri__device_losses(peri__device *device);
uint64_t peri__device_underruns(peri__device *device);

#endif
