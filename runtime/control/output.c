/* The engine's device. */
#include "control/control.h"

#define WATCH_SECONDS 0.5

peri_device_def peri_default_device_def(void) {
  return (peri_device_def){.size = sizeof(peri_device_def), .kind = PERI_DEVICE_SDL, .block_size = 512};
}

/* AUDIO THREAD. */
static void fill(void *user, float *out, uint32_t frames) { peri_engine_render(user, out, frames); }

static void watch(void *user) { peri__device_watch(((peri_engine *)user)->device); }

static bool check_def(const peri_device_def *def) {
  if (!def || def->size != sizeof *def) return peri__fail("device: begin with peri_default_device_def()");
  if (def->kind != PERI_DEVICE_SDL && def->kind != PERI_DEVICE_NULL) return peri__fail("device: there is no kind %d", (int)def->kind);
  if (def->block_size < 16 || def->block_size > 8192)
    return peri__fail("device: blockSize must be 16 to 8192 frames, got %u", def->block_size);
  return true;
}

bool peri_device_open(peri_engine *engine, const peri_device_def *def) {
  if (!check_def(def)) return false;
  peri__lock(engine);
  bool done = engine->device ? peri__fail("the engine has a device: close it first") : peri__need_loader(engine);
  if (done) {
    peri__device_plan plan = {def->kind, engine->sample_rate, engine->render.channels, def->block_size, fill, engine};
    engine->device = peri__device_open(&plan);
    done = engine->device != NULL;
  }
  if (done && def->kind == PERI_DEVICE_SDL) peri__loader_set_chore(engine->loader, watch, engine, WATCH_SECONDS);
  peri__unlock(engine);
  return done;
}

void peri_device_close(peri_engine *engine) {
  peri__lock(engine);
  peri__device *device = engine->device;
  peri__loader *loader = engine->loader;
  peri__unlock(engine);
  if (!device) return;
  peri__loader_set_chore(loader, NULL, NULL, WATCH_SECONDS);
  peri__lock(engine);
  engine->device = NULL;
  peri__unlock(engine);
  peri__device_close(device);
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
