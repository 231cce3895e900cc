/* The engine's device. */
#include "control/control.h"

#define WATCH_SECONDS 0.5

peri_device_def peri_default_device_def(void) {
  return (peri_device_def){.size = sizeof(peri_device_def), .kind = PERI_DEVICE_SDL, .block_size = 512};
}

/* AUDIO THREAD. */
static void fill(void *user, float *out, uint32_t frames) { peri_engine_render(user, out, frames); }

static void watch(void *user) { peri__device_watch(user); }

static bool check_def(const peri_device_def *def) {
  if (!def || def->size != sizeof *def) return peri__fail("device: begin with peri_default_device_def()");
  if (def->kind != PERI_DEVICE_SDL && def->kind != PERI_DEVICE_NULL)
    return peri__fail("device: there is no kind %d", (int)def->kind);
  if (def->block_size < 16 || def->block_size > 8192)
    return peri__fail("device: blockSize must be 16 to 8192 frames, got %u", def->block_size);
  return true;
}

static bool may_open(peri_engine *engine) {
  peri__lock(engine);
  bool may = engine->device ? peri__fail("the engine has a device: close it first") : peri__need_loader(engine);
  peri__unlock(engine);
  return may;
}

static void set_device(peri_engine *engine, peri__device *device) {
  peri__lock(engine);
  if (engine->device) {
    engine->underruns += peri__device_underruns(engine->device);
    engine->device_losses += peri__device_losses(engine->device);
  }
  engine->device = device;
  peri__unlock(engine);
}

static bool open_device(peri_engine *engine, const peri_device_def *def) {
  peri__device_plan plan = {def->kind, engine->sample_rate, engine->render.channels, def->block_size, fill, engine};
  peri__device *device = may_open(engine) ? peri__device_open(&plan) : NULL;
  if (!device) return false;
  set_device(engine, device);
  if (def->kind != PERI_DEVICE_SDL || peri__loader_set_chore(engine->loader, watch, device, WATCH_SECONDS)) return true;
  set_device(engine, NULL);
  peri__device_close(device);
  return false;
}

bool peri_device_open(peri_engine *engine, const peri_device_def *def) {
  peri_device_def defaults = peri_default_device_def();
  if (!def) def = &defaults;
  if (!check_def(def)) return false;
  peri__mutex_lock(&engine->changing_device);
  bool done = open_device(engine, def);
  peri__mutex_unlock(&engine->changing_device);
  return done;
}

void peri_device_close(peri_engine *engine) {
  peri__mutex_lock(&engine->changing_device);
  peri__device *device = engine->device;
  if (device) {
    peri__loader_set_chore(engine->loader, NULL, NULL, WATCH_SECONDS);
    set_device(engine, NULL);
    peri__device_close(device);
  }
  peri__mutex_unlock(&engine->changing_device);
}

bool peri_device_set_paused(peri_engine *engine, bool paused) {
  peri__lock(engine);
  bool done = engine->device ? true : peri__fail("the engine has no device");
  if (done) peri__device_set_paused(engine->device, paused);
  peri__unlock(engine);
  return done;
}

bool peri_device_get_info(peri_engine *engine, peri_device_info *info) {
  peri__lock(engine);
  *info = (peri_device_info){0};
  bool done = engine->device ? true : peri__fail("the engine has no device");
  if (done) peri__device_get_info(engine->device, info);
  peri__unlock(engine);
  return done;
}
