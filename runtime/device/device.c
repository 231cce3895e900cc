/* A device renders through one driver at a time: the one that was asked for, or, where that is SDL's output and it is
 * missing or lost, the null device until an output appears. The old driver is closed before the next one renders; in
 * between nobody renders and the engine's clock stands. */
#include "device/drivers.h"

#include <stdio.h>

#define EAGER_TRIES 8u /* looks that try to open a missing output at once; later every fourth does, as it is dear */

struct peri__device {
  peri__device_plan plan;
  atomic_uint_fast64_t losses, underruns;

  /* Held through a change-over: by watch, and by close, which waits for it. Taken before `lock`. */
  peri__mutex changing;
  uint32_t tries; /* looks for an output since it is missing */

  /* Short holds: which driver renders, and whether. `sdl` is written with both locks held. */
  peri__mutex lock;
  bool paused;
  peri_device_kind active; /* PERI_DEVICE_NONE: between two drivers, or none could be started */
  peri__sdl_output *sdl;   /* SDL's callback keeps a pointer to it */
  peri__null_output null;
};

/* ---- Drivers -------------------------------------------------------------------------------------------------- */

static peri__sdl_output *open_output(peri__device *device) {
  peri__sdl_output *output = PERI_NEW(peri__sdl_output);
  if (!output) return NULL;
  if (peri__sdl_output_open(output, &device->plan, &device->underruns)) return output;
  peri__release(output, sizeof *output);
  return NULL;
}

static void close_output(peri__sdl_output *output) {
  if (!output) return;
  peri__sdl_output_close(output);
  peri__release(output, sizeof *output);
}

/* Takes the driver that renders away and closes it; afterwards nobody renders. */
static void stop_driver(peri__device *device) {
  peri__mutex_lock(&device->lock);
  peri__sdl_output *output = device->sdl;
  bool null = device->active == PERI_DEVICE_NULL;
  device->sdl = NULL;
  device->active = PERI_DEVICE_NONE;
  peri__mutex_unlock(&device->lock);
  close_output(output);
  if (null) peri__null_output_close(&device->null);
}

static void start_sdl(peri__device *device, peri__sdl_output *output) {
  peri__mutex_lock(&device->lock);
  device->sdl = output;
  device->active = PERI_DEVICE_SDL;
  if (!device->paused) peri__sdl_output_set_paused(output, false);
  peri__mutex_unlock(&device->lock);
}

static bool start_null(peri__device *device) {
  peri__mutex_lock(&device->lock);
  bool fine = peri__null_output_open(&device->null, &device->plan, device->paused, &device->underruns);
  if (fine) device->active = PERI_DEVICE_NULL;
  peri__mutex_unlock(&device->lock);
  return fine;
}

/* ---- Changing over -------------------------------------------------------------------------------------------- */

static void replace_lost(peri__device *device) {
  atomic_fetch_add_explicit(&device->losses, 1, memory_order_relaxed);
  stop_driver(device);
  device->tries = 0;
  peri__sdl_output *output = open_output(device);
  if (output) {
    start_sdl(device, output);
    peri__log(PERI_LOG_INFO, "the sound output was lost; another one plays on");
    return;
  }
  if (start_null(device))
    peri__log(PERI_LOG_WARNING, "the sound output was lost (%s); the null device keeps time until one appears",
              peri_error());
  else
    peri__log(PERI_LOG_ERROR, "the sound output was lost and nothing renders: %s", peri_error());
}

/* The null device plays on while the output opens. */
static void find_missing(peri__device *device) {
  uint32_t tries = device->tries++;
  if (tries >= EAGER_TRIES && tries % 4 != 0) return;
  peri__sdl_output *output = open_output(device);
  if (!output) return;
  stop_driver(device);
  start_sdl(device, output);
  peri__log(PERI_LOG_INFO, "a sound output appeared and plays");
}

void peri__device_watch(peri__device *device) {
  if (device->plan.kind != PERI_DEVICE_SDL) return;
  peri__mutex_lock(&device->changing);
  if (!device->sdl)
    find_missing(device);
  else if (peri__sdl_output_is_lost(device->sdl))
    replace_lost(device);
  peri__mutex_unlock(&device->changing);
}

/* ---- Opening and closing -------------------------------------------------------------------------------------- */

static void release(peri__device *device) {
  peri__mutex_destroy(&device->lock);
  peri__mutex_destroy(&device->changing);
  peri__release(device, sizeof *device);
}

static bool start_asked(peri__device *device) {
  if (device->plan.kind == PERI_DEVICE_NULL) return start_null(device);
  peri__sdl_output *output = open_output(device);
  if (output) return start_sdl(device, output), true;
  char reason[256];
  snprintf(reason, sizeof reason, "%s", peri_error());
  if (!start_null(device)) return false;
  peri__log(PERI_LOG_WARNING, "no sound will be heard: %s; the null device keeps time until an output appears", reason);
  return true;
}

peri__device *peri__device_open(const peri__device_plan *plan) {
  if (plan->kind != PERI_DEVICE_SDL && plan->kind != PERI_DEVICE_NULL)
    return peri__fail("device: the kind must be SDL or null, not %d", (int)plan->kind), NULL;
  peri__device *device = PERI_NEW(peri__device);
  if (!device) return NULL;
  device->plan = *plan;
  peri__mutex_create(&device->changing);
  peri__mutex_create(&device->lock);
  if (start_asked(device)) return device;
  release(device);
  return NULL;
}

void peri__device_close(peri__device *device) {
  if (!device) return;
  peri__mutex_lock(&device->changing);
  stop_driver(device);
  peri__mutex_unlock(&device->changing);
  release(device);
}

/* ---- Asking and pausing --------------------------------------------------------------------------------------- */

void peri__device_set_paused(peri__device *device, bool paused) {
  peri__mutex_lock(&device->lock);
  device->paused = paused;
  if (device->active == PERI_DEVICE_SDL) peri__sdl_output_set_paused(device->sdl, paused);
  if (device->active == PERI_DEVICE_NULL) peri__null_output_set_paused(&device->null, paused);
  peri__mutex_unlock(&device->lock);
}

void peri__device_get_info(peri__device *device, peri_device_info *info) {
  peri__mutex_lock(&device->lock);
  *info = (peri_device_info){.kind = device->active, .asked = device->plan.kind};
  info->block_size = device->plan.block_size;
  info->paused = device->paused;
  snprintf(info->name, sizeof info->name, "%s", device->sdl ? device->sdl->name : "null");
  peri__mutex_unlock(&device->lock);
}

uint64_t peri__device_losses(peri__device *device) {
  return atomic_load_explicit(&device->losses, memory_order_relaxed);
}

uint64_t peri__device_underruns(peri__device *device) {
  return atomic_load_explicit(&device->underruns, memory_order_relaxed);
}
