#include "render/gains.h"

#define N PERI_QUANTUM

/* ---- A quantum -------------------------------------------------------------------------------------------------- */

static void add_piece(peri__gain_piece *pieces, uint32_t *count, uint32_t from, uint32_t to, const float gain[4],
                      const float slope[4]) {
  if (from >= to || *count == PERI_GAIN_PIECES) return;
  peri__gain_piece *piece = &pieces[(*count)++];
  piece->from = from;
  piece->to = to;
  for (int k = 0; k < 4; k++) {
    piece->slope[k] = slope ? slope[k] : 0.0f;
    piece->gain[k] = gain[k] - piece->slope[k] * (float)from; /* the law counts from the quantum's start */
  }
}

/* One stretch of the ramp or of steady gain, from frame `from` to at most `to`; returns where it ends. */
static uint32_t next_piece(peri__voice *voice, peri__source_details *details, uint32_t from, uint32_t to,
                           peri__gain_piece *pieces, uint32_t *count) {
  if (!details->ramp_frames) {
    add_piece(pieces, count, from, to, voice->gain, NULL);
    return to;
  }
  uint32_t frames = details->ramp_frames < to - from ? details->ramp_frames : to - from;
  float slope[4];
  for (int k = 0; k < 4; k++) slope[k] = (details->target[k] - voice->gain[k]) / (float)details->ramp_frames;
  add_piece(pieces, count, from, from + frames, voice->gain, slope);
  details->ramp_frames -= frames;
  for (int k = 0; k < 4; k++)
    voice->gain[k] = details->ramp_frames ? voice->gain[k] + slope[k] * (float)frames : details->target[k];
  return from + frames;
}

/* As if nothing paused. */
static uint32_t own_pieces(const peri__render *render, peri__voice *voice, const peri__playback *play,
                           peri__gain_piece *pieces) {
  peri__source_details *details = peri__details_of(voice);
  uint32_t count = 0, at = play->first, last = play->last;
  if (!details) {
    add_piece(pieces, &count, 0, N, voice->gain, NULL);
    return count;
  }
  while (at < last) {
    int64_t now = (int64_t)render->frame + at;
    if (details->fade_at <= now) {
      uint32_t late =
          now - details->fade_at < details->fade_frames ? (uint32_t)(now - details->fade_at) : details->fade_frames;
      details->ramp_frames = details->fade_frames - late; /* the stop stays where it is */
      for (int k = 0; k < 4; k++) details->target[k] = 0.0f;
      if (!details->ramp_frames)
        for (int k = 0; k < 4; k++) voice->gain[k] = 0.0f;
      details->fade_at = PERI_NEVER;
    }
    uint32_t to =
        details->fade_at < (int64_t)render->frame + last ? (uint32_t)(details->fade_at - (int64_t)render->frame) : last;
    at = next_piece(voice, details, at, to, pieces, &count);
  }
  if (count == 1) pieces[0].from = 0, pieces[0].to = N; /* outside, the samples are zero */
  return count;
}

static peri__source_details *details_at_hand(const peri__voice *voice) {
  return atomic_load_explicit(&peri__source_of((peri__voice *)voice)->details, memory_order_acquire);
}

#define PAUSE_QUANTA 2 /* 5.3 ms at 48 kHz */

/* The product of a piece's law and the pause's, made straight between its ends. */
static void apply_pause(const peri__source_details *details, peri__gain_piece *piece) {
  float level = (float)details->pause_level / PAUSE_QUANTA,
        bend = (details->pausing ? -1.0f : 1.0f) / (PAUSE_QUANTA * N);
  float from = level + bend * (float)piece->from, to = level + bend * (float)piece->to;
  for (int k = 0; k < 4; k++) {
    float first = (piece->gain[k] + piece->slope[k] * (float)piece->from) * from;
    float last = (piece->gain[k] + piece->slope[k] * (float)piece->to) * to;
    piece->slope[k] = (last - first) / (float)(piece->to - piece->from);
    piece->gain[k] = first - piece->slope[k] * (float)piece->from;
  }
}

uint32_t peri__gain_pieces(const peri__render *render, peri__voice *voice, const peri__playback *play,
                           peri__gain_piece *pieces) {
  uint32_t count = own_pieces(render, voice, play, pieces);
  if (voice->flags & PERI_VOICE_PAUSING)
    for (uint32_t p = 0; p < count; p++) apply_pause(details_at_hand(voice), &pieces[p]);
  return count;
}

/* ---- Pauses ----------------------------------------------------------------------------------------------------- */

/* All times on the engine's clock wait with a pause. Its stop is put away when the pause begins, so that one that comes
 * later is known for a new one, which counts; and so is one that comes before the fade is over. */
static void put_stop_away(peri__voice *voice, peri__source_details *details, int64_t frame) {
  bool near = voice->stop <= frame + PAUSE_QUANTA * N;
  details->kept_stop = near ? PERI_NEVER : voice->stop;
  if (!near) voice->stop = PERI_NEVER;
}

static void bring_stop_back(peri__voice *voice, const peri__source_details *details, int64_t waited) {
  if (voice->stop == PERI_NEVER && details->kept_stop != PERI_NEVER) voice->stop = details->kept_stop + waited;
}

void peri__voice_hold(peri__voice *voice, int64_t frame) {
  peri__source_details *details = details_at_hand(voice);
  voice->flags = (uint16_t)((voice->flags & ~PERI_VOICE_PAUSING) | PERI_VOICE_PAUSED);
  details->pausing = true;
  details->paused_at = frame;
}

static void release(peri__voice *voice, peri__source_details *details, int64_t frame) {
  int64_t waited = frame - details->paused_at;
  voice->flags &= (uint16_t)~PERI_VOICE_PAUSED;
  bring_stop_back(voice, details, waited);
  if (details->fade_at != PERI_NEVER) details->fade_at += waited;
  if (voice->flags & PERI_VOICE_PENDING) {
    atomic_int_fast64_t *start = &peri__source_of(voice)->start;
    atomic_store_explicit(start, atomic_load_explicit(start, memory_order_relaxed) + waited, memory_order_relaxed);
    return;
  }
  details->pause_level = 0;
  voice->flags |= PERI_VOICE_PAUSING;
}

void peri__voice_pause(const peri__render *render, peri__voice *voice, bool pause) {
  peri__source_details *details = details_at_hand(voice);
  bool paused = (voice->flags & PERI_VOICE_PAUSED) != 0, turning = (voice->flags & PERI_VOICE_PAUSING) != 0;
  if (pause == (paused || (turning && details->pausing))) return;
  details->pausing = pause;
  if (pause) put_stop_away(voice, details, (int64_t)render->frame);
  if (!pause && paused) release(voice, details, (int64_t)render->frame);
  if (!pause && !paused) bring_stop_back(voice, details, 0);
  if (!pause || turning) return;
  if (voice->flags & PERI_VOICE_PENDING) {
    peri__voice_hold(voice, (int64_t)render->frame);
    return;
  }
  details->pause_level = PAUSE_QUANTA;
  voice->flags |= PERI_VOICE_PAUSING;
}

void peri__voice_go_on_pausing(const peri__render *render, peri__voice *voice) {
  peri__source_details *details = details_at_hand(voice);
  if (details->pausing && --details->pause_level == 0) peri__voice_hold(voice, (int64_t)render->frame + N);
  if (!details->pausing && ++details->pause_level == PAUSE_QUANTA) voice->flags &= (uint16_t)~PERI_VOICE_PAUSING;
}

/* ---- Commands --------------------------------------------------------------------------------------------------- */

void peri__voice_stop(peri__voice *voice, int64_t frame) {
  peri__source_details *details = peri__details_of(voice);
  voice->stop = frame;
  if (!details || details->fade_at == PERI_NEVER) return;
  details->fade_at = PERI_NEVER; /* the last call counts */
  details->fade_frames = 0;
}

void peri__voice_fade_out(const peri__render *render, peri__voice *voice, int64_t frame, uint32_t frames) {
  bool turning = (voice->flags & PERI_VOICE_PAUSING) != 0, pausing = turning && details_at_hand(voice)->pausing;
  if (!frames || pausing || voice->flags & PERI_VOICE_PAUSED) { /* the pause's own fade is the last that is heard */
    peri__voice_stop(voice, pausing ? (int64_t)render->frame + PAUSE_QUANTA * N : frame);
    return;
  }
  if (frame < (int64_t)render->frame) frame = (int64_t)render->frame; /* a late fade is as long as any */
  voice->stop = frame + frames;
  peri__source_details *details = peri__voice_detailed(voice);
  details->fade_at = frame;
  details->fade_frames = frames;
}

/* A fade to silence goes on, whatever is set meanwhile, and so does a fade-in before its start. `keep_ramp`: so does
 * any ramp that takes longer, towards the new gains. */
void peri__voice_set_gains(peri__voice *voice, const float gain[4], uint32_t frames, bool keep_ramp) {
  peri__source_details *details = frames ? peri__voice_detailed(voice) : peri__details_of(voice);
  uint32_t left = details ? details->ramp_frames : 0;
  if (details && details->fade_frames && details->fade_at == PERI_NEVER) return;
  if (voice->flags & PERI_VOICE_PENDING || (keep_ramp && left > frames)) frames = left;
  for (int k = 0; k < 4; k++) {
    if (frames)
      details->target[k] = gain[k];
    else
      voice->gain[k] = gain[k];
  }
  if (details) details->ramp_frames = frames;
}
