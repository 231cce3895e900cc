#include "render/successor.h"

#include "render/gains.h"

void peri__voice_set_storage(peri__voice *voice, const peri__storage *storage) {
  voice->samples = storage ? peri__storage_data(storage) : NULL;
  voice->frames = storage ? storage->frames : 0;
  voice->channels = (uint8_t)(storage ? storage->channels : 1);
  bool marked = storage && storage->nonfinite;
  bool s16 = storage && storage->samples16;
  const unsigned kept = voice->flags & ~(unsigned)(PERI_VOICE_NONFINITE | PERI_VOICE_S16);
  voice->flags = (uint16_t)(kept | (marked ? PERI_VOICE_NONFINITE : 0) | (s16 ? PERI_VOICE_S16 : 0));
}

/* Points that were made for the sound before or behind a successor may lie outside of this one: then they are cut to it
 * until those of the renewal come. */
void peri__voice_set_loop_points(peri__voice *voice, int64_t start, int64_t end) {
  int64_t frames = (int64_t)voice->frames << 32;
  if (end > frames) end = frames;
  if (start >= end) start = 0;
  voice->loop_start = (uint32_t)(start >> 32);
  voice->loop_end = (uint32_t)(end >> 32);
  bool fine = (uint32_t)start || (uint32_t)end;
  voice->flags = (uint16_t)(fine ? voice->flags | PERI_VOICE_FINE_LOOP : voice->flags & ~PERI_VOICE_FINE_LOOP);
  peri__source_details *details = peri__voice_detailed(voice);
  if (!fine) return;
  details->loop_start = start;
  details->loop_end = end;
}

static void hand_back(peri__render *render, peri__successor *successor) {
  peri__handback_add(&render->retired, &successor->retired.link);
}

/* A ramp goes on from the volume where it is. A pan on its way is where it leads to, from here on: its ramps are short,
 * and the two laws have no middle in common. */
static void take_gains(peri__voice *voice, peri__source_details *details, const peri__successor *successor) {
  bool fading = details->fade_frames && details->fade_at == PERI_NEVER;
  float sum = 0.0f;
  for (int k = 0; k < 4; k++) sum += voice->gain[k];
  float now = sum / successor->law_before, goal = fading ? 0.0f : successor->volume;
  for (int k = 0; k < 4; k++) {
    details->target[k] = goal * successor->law[k];
    voice->gain[k] = details->ramp_frames ? now * successor->law[k] : details->target[k];
  }
}

/* Times of the sound, in frames of the new rate. */
static void take_times(peri__voice *voice, peri__source_details *details, double ratio) {
  double rescale = ratio / details->rate_ratio;
  details->rate_ratio = ratio;
  if (rescale != 1.0) {
    details->offset = (int64_t)((double)details->offset * rescale);
    details->elapsed = (int64_t)((double)details->elapsed * rescale);
    if (details->duration != PERI_NEVER) details->duration = (int64_t)((double)details->duration * rescale);
  }
  int64_t frames = (int64_t)voice->frames << 32;
  if (voice->flags & PERI_VOICE_PENDING && details->offset > frames) details->offset = frames;
}

/* Filters of channels that were not there go on from the last one that was. */
static void take_filter(peri__voice *voice, uint32_t channels_before) {
  peri__filter *filter = peri__filter_of(voice);
  for (uint32_t c = channels_before; filter && c < voice->channels; c++)
    memcpy(filter->state[c], filter->state[channels_before - 1], sizeof filter->state[c]);
}

void peri__voice_take_successor(peri__render *render, peri__voice *voice, peri__source_details *details) {
  peri__successor *successor = details->next;
  uint32_t channels = voice->channels;
  details->next = NULL;
  peri__voice_set_storage(voice, successor->storage);
  if (voice->channels != channels) {
    take_gains(voice, details, successor);
    take_filter(voice, channels);
  }
  take_times(voice, details, successor->rate_ratio);
  peri__voice_set_loop_points(voice, successor->loop_start, successor->loop_end);
  voice->step = successor->step;
  successor->taken = true;
  hand_back(render, successor);
}

void peri__voice_set_successor(peri__render *render, peri__voice *voice, peri__successor *successor) {
  peri__source_details *details = peri__voice_detailed(voice);
  bool same = voice->samples == peri__storage_data(successor->storage);
  if (details->next) hand_back(render, details->next);
  details->next = same ? NULL : successor;
  if (same) {
    float gain[4];
    for (int k = 0; k < 4; k++) gain[k] = successor->volume * successor->law[k];
    if (successor->sets_gains) peri__voice_set_gains(voice, gain, successor->ramp_frames, successor->keep_ramp);
    peri__voice_set_loop_points(voice, successor->loop_start, successor->loop_end);
    voice->step = successor->step;
    successor->taken = true;
    hand_back(render, successor);
  } else if (voice->flags & PERI_VOICE_PENDING &&
             atomic_load_explicit(&peri__source_of(voice)->start, memory_order_relaxed) > (int64_t)render->frame) {
    peri__voice_take_successor(render, voice, details);
  }
}
