/* The clocked null device: renders a block whenever one would have been played. */
#include "device/drivers.h"

/* Blocks fall due on a grid that is computed, not summed, so that nothing drifts. A thread that was held up catches up
 * to here, and beyond that begins a new grid, as a device would have dropped the sound. */
#define MAX_LATE_NANOSECONDS 250000000u

static size_t block_bytes(const peri__null_output *output) {
  return (size_t)output->block_size * output->channels * sizeof(float);
}

static void render(peri__null_output *output, uint64_t block_nanoseconds) {
  uint64_t begin = peri__nanoseconds();
  output->fill(output->user, output->block, output->block_size);
  if (peri__nanoseconds() - begin > block_nanoseconds)
    atomic_fetch_add_explicit(output->underruns, 1, memory_order_relaxed);
}

static void run(void *user) {
  peri__null_output *output = (peri__null_output *)user;
  double block_nanoseconds = output->block_size / output->sample_rate * 1e9;
  uint64_t origin = peri__nanoseconds(), blocks = 0;
  peri__mutex_lock(&output->lock);
  while (!output->quit) {
    if (output->paused) {
      peri__condition_wait(&output->change, &output->lock, 3600);
      origin = peri__nanoseconds(), blocks = 0;
      continue;
    }
    uint64_t due = origin + (uint64_t)((double)blocks * block_nanoseconds), now = peri__nanoseconds();
    if (now < due) {
      peri__condition_wait(&output->change, &output->lock, (double)(due - now) * 1e-9);
      continue;
    }
    if (now - due > MAX_LATE_NANOSECONDS) origin = now, blocks = 0;
    render(output, (uint64_t)block_nanoseconds);
    blocks++;
  }
  peri__mutex_unlock(&output->lock);
}

static void release(peri__null_output *output) {
  peri__release(output->block, block_bytes(output));
  output->block = NULL;
  peri__condition_destroy(&output->change);
  peri__mutex_destroy(&output->lock);
}

bool peri__null_output_open(peri__null_output *output, const peri__device_plan *plan, bool paused,
                            atomic_uint_fast64_t *underruns) {
  output->fill = plan->fill;
  output->user = plan->user;
  output->block_size = plan->block_size;
  output->channels = plan->channels;
  output->sample_rate = plan->sample_rate;
  output->underruns = underruns;
  output->paused = paused;
  output->quit = false;
  output->block = (float *)peri__allocate(block_bytes(output), PERI_CACHE_LINE);
  if (!output->block) return false;
  peri__mutex_create(&output->lock);
  peri__condition_create(&output->change);
  output->open = peri__thread_start(&output->thread, "peri-null", run, output);
  if (!output->open) release(output);
  return output->open;
}

static void change(peri__null_output *output, bool *flag, bool value) {
  peri__mutex_lock(&output->lock);
  *flag = value;
  peri__condition_signal(&output->change);
  peri__mutex_unlock(&output->lock);
}

void peri__null_output_close(peri__null_output *output) {
  if (!output->open) return;
  change(output, &output->quit, true);
  peri__thread_join(output->thread);
  release(output);
  output->open = false;
}

void peri__null_output_set_paused(peri__null_output *output, bool paused) { change(output, &output->paused, paused); }
