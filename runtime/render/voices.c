/* Voices: sources that feed one input. Each becomes one or more spans of a quantum, and spans are mixed in the order of
 * the voices' starts, so that a voice's neighbours change no bit of the sum.
 *
 * Web Audio 1.1, AudioBufferSourceNode, "Playback of AudioBuffer Contents". */
#include "render/render.h"

#define N PERI_QUANTUM
#define MAX_PIECES 6

/* Where a quantum's spans are gathered before they are mixed. */
typedef struct span_batch {
  peri__render *render;
  peri__signal *sum;
  peri_interpretation interpretation;
  uint32_t count, scratch;
  bool plain; /* all spans are mono and steady */
  peri__span span[PERI_BATCH_SPANS];
} span_batch;

/* A stretch of the quantum with one gain law: gain[k] + slope[k] × (i + 1) at frame i. */
typedef struct gain_piece {
  uint32_t from, to;
  float gain[4], slope[4];
} gain_piece;

/* ---- The playhead ----------------------------------------------------------------------------------------------- */

typedef struct playback {
  const float *channel[PERI_MAX_CHANNELS]; /* N frames each */
  uint32_t first;                          /* frame of the quantum that sounds */
  bool ended;    /* stands here because one load of first and last, just stored apart, would stall */
  uint32_t last; /* the first that does not */
} playback;

static void loop_bounds(peri__voice *voice, int64_t *start, int64_t *end) {
  const peri__source_details *details = peri__details_of(voice);
  bool fine = (voice->flags & PERI_VOICE_FINE_LOOP) != 0;
  *start = fine ? details->loop_start : (int64_t)voice->loop_start << 32;
  *end = fine ? details->loop_end : (int64_t)voice->loop_end << 32;
}

/* The first frame that sounds: offset, and the way from a start between frames. */
static void begin(peri__voice *voice) {
  peri__source *source = peri__source_of(voice);
  const peri__source_details *details = peri__details_of(voice);
  voice->flags &= (uint8_t)~PERI_VOICE_PENDING;
  voice->position = 0;
  atomic_store_explicit(&source->phase, PERI_SOURCE_SOUNDING, memory_order_relaxed);
  if (!details) return;
  voice->position = details->offset;
  if (voice->flags & PERI_VOICE_LOOP) {
    int64_t start, end;
    loop_bounds(voice, &start, &end);
    if (voice->step >= 0 && voice->position >= end) voice->position = end;
    if (voice->step < 0 && voice->position < start) voice->position = start;
  }
  voice->position += (int64_t)((double)voice->step * ((double)details->fraction / (double)PERI_ONE));
}

/* Moves a playhead that has entered its loop back into it. */
static int64_t wrap(peri__voice *voice, int64_t offset, int64_t start, int64_t end) {
  int64_t position = voice->position, length = end - start;
  if (!(voice->flags & PERI_VOICE_ENTERED)) {
    if (offset < end ? position < start : offset == end || position >= end) return position;
    voice->flags |= PERI_VOICE_ENTERED;
  }
  if (position >= end) return start + (position - start) % length;
  if (position < start) return position + (start - position + length - 1) / length * length;
  return position;
}

static int64_t offset_of(peri__voice *voice) {
  const peri__source_details *details = peri__details_of(voice);
  return details ? details->offset : 0;
}

/* Whole positions at the sound's own rate: stretches of samples, in place where one covers the quantum. */
static void play_unity(peri__voice *voice, playback *play, float *scratch) {
  uint32_t stride = peri__stride(voice->frames), channels = voice->channels;
  bool looping = (voice->flags & PERI_VOICE_LOOP) != 0;
  int64_t offset = looping ? offset_of(voice) : 0;
  for (uint32_t i = play->first; i < play->last;) {
    if (looping)
      voice->position = wrap(voice, offset, (int64_t)voice->loop_start << 32, (int64_t)voice->loop_end << 32);
    uint32_t place = (uint32_t)(voice->position >> 32);
    bool inside = looping && place < voice->loop_end;
    uint32_t bound = inside ? voice->loop_end : voice->frames;
    if (place >= bound) {
      if (looping) { /* past the loop for good: silent until it is stopped */
        for (uint32_t c = 0; c < channels; c++) memset(scratch + c * N + i, 0, (play->last - i) * sizeof(float));
        break;
      }
      play->ended = true;
      play->last = i;
      break;
    }
    uint32_t count = play->last - i < bound - place ? play->last - i : bound - place;
    if (count == N) {
      for (uint32_t c = 0; c < channels; c++) play->channel[c] = voice->samples + (size_t)c * stride + place;
      voice->position += (int64_t)N << 32;
      return;
    }
    for (uint32_t c = 0; c < channels; c++)
      memcpy(scratch + c * N + i, voice->samples + (size_t)c * stride + place, count * sizeof(float));
    voice->position += (int64_t)count << 32;
    i += count;
  }
  for (uint32_t c = 0; c < channels; c++) play->channel[c] = scratch + c * N;
}

_Static_assert(PERI_STORAGE_PADDING >= PERI_READ_AHEAD, "kernels may read past the end");

/* A stretch of the quantum read between frames: all of it forwards and away from loop and end. */
static void interpolate(const peri__render *render, const peri__voice *voice, float *scratch, uint32_t from,
                        uint32_t to) {
  uint32_t stride = peri__stride(voice->frames);
  for (uint32_t c = 0; c < voice->channels; c++) {
    const float *in = voice->samples + (size_t)c * stride;
    render->kernels->linear(scratch + c * N + from, in, voice->position, voice->step, to - from);
  }
}

/* One frame, wherever the playhead is. */
static void interpolate_one(const peri__voice *voice, float *scratch, uint32_t i, int64_t loop_start,
                            int64_t loop_end) {
  int64_t position = voice->position;
  bool outside = position < 0 || position >= (int64_t)voice->frames << 32;
  uint32_t here = outside ? voice->frames : (uint32_t)(position >> 32), next = here + 1; /* padding is silent */
  if (outside)
    next = here;
  else if (voice->flags & PERI_VOICE_ENTERED && ((int64_t)next << 32) >= loop_end)
    next = (uint32_t)(loop_start >> 32);
  else if (next >= voice->frames)
    next = here; /* the last frame is held */
  uint32_t stride = peri__stride(voice->frames);
  float fraction = (float)(int32_t)((uint32_t)position >> 8) * 0x1p-24f;
  for (uint32_t c = 0; c < voice->channels; c++) {
    const float *in = voice->samples + (size_t)c * stride;
    scratch[c * N + i] = in[here] + (in[next] - in[here]) * fraction;
  }
}

/* Any positions and rates, backwards too: linear interpolation. */
static void play_resampled(const peri__render *render, peri__voice *voice, playback *play, float *scratch) {
  bool looping = (voice->flags & PERI_VOICE_LOOP) != 0;
  int64_t start = 0, end = 0, frames = (int64_t)voice->frames << 32, offset = looping ? offset_of(voice) : 0;
  if (looping) loop_bounds(voice, &start, &end);
  for (uint32_t i = play->first; i < play->last;) {
    if (looping) voice->position = wrap(voice, offset, start, end);
    int64_t position = voice->position, bound = frames;
    if (voice->flags & PERI_VOICE_ENTERED)
      bound = end;
    else if (looping && offset < end)
      bound = start;
    /* Frames of which both neighbours lie before the bound: mostly all, and then nothing is divided. */
    int64_t last = bound - PERI_ONE - 1, left = play->last - i, clear = 0;
    if (voice->step > 0 && position >= 0 && position <= last)
      clear = position + (left - 1) * voice->step <= last ? left : (last - position) / voice->step + 1;
    if (clear) {
      uint32_t to = clear < play->last - i ? i + (uint32_t)clear : play->last;
      interpolate(render, voice, scratch, i, to);
      voice->position += (int64_t)(to - i) * voice->step;
      i = to;
      continue;
    }
    bool outside = position < 0 || position >= frames;
    if (outside && !looping && (voice->step < 0 ? position < 0 : position >= frames)) {
      play->ended = true;
      play->last = i;
      break;
    }
    interpolate_one(voice, scratch, i++, start, end);
    if (!outside || (position < 0) == (voice->step > 0)) voice->position += voice->step; /* never runs away */
  }
  for (uint32_t c = 0; c < voice->channels; c++) play->channel[c] = scratch + c * N;
}

static void silence_outside(const peri__voice *voice, const playback *play, float *scratch) {
  if (play->first == 0 && play->last == N) return;
  for (uint32_t c = 0; c < voice->channels; c++) {
    float *out = scratch + c * N;
    memset(out, 0, play->first * sizeof(float));
    memset(out + play->last, 0, (N - play->last) * sizeof(float));
  }
}

/* Copies to scratch what is finite and zero for the rest; counts the quantum. */
static void silence_nonfinite(peri__render *render, const peri__voice *voice, playback *play, float *scratch) {
  bool found = false;
  for (uint32_t c = 0; c < voice->channels; c++) {
    const float *in = play->channel[c];
    float *out = scratch + c * N;
    for (uint32_t i = 0; i < N; i++) {
      bool finite = in[i] - in[i] == 0.0f;
      found = found || !finite;
      out[i] = finite ? in[i] : 0.0f;
    }
    play->channel[c] = out;
  }
  if (found) atomic_fetch_add_explicit(&render->nonfinite, 1, memory_order_relaxed);
}

/* playbackRate and detune are k-rate, and so is what they compute (Web Audio 1.1, computedPlaybackRate). */
static void update_step(peri__render *render, peri__voice *voice, peri__source_details *details) {
  peri__param *params = atomic_load_explicit(&details->params, memory_order_acquire);
  if (!params) return;
  double rate = (double)peri__param_at(render, &params[PERI_SOURCE_PLAYBACK_RATE], render->frame);
  double cents = (double)peri__param_at(render, &params[PERI_SOURCE_DETUNE], render->frame);
  voice->step = peri__step(rate, cents, details->rate_ratio);
}

/* Frames that a limit on the sound's time (start's duration) leaves, at most `most`. */
static uint32_t within_duration(peri__voice *voice, peri__source_details *details, uint32_t most) {
  if (details->duration == PERI_NEVER || voice->step <= 0) return most;
  int64_t left = details->duration - details->elapsed;
  if (left <= 0) return 0;
  int64_t frames = (left + voice->step - 1) / voice->step;
  return frames < (int64_t)most ? (uint32_t)frames : most;
}

/* Whether the details say nothing (any more) that the voice alone does not. */
static bool is_spent(const peri__voice *voice, const peri__source_details *details) {
  bool entering = (voice->flags & (PERI_VOICE_LOOP | PERI_VOICE_ENTERED)) == PERI_VOICE_LOOP;
  return !entering && !(voice->flags & PERI_VOICE_FINE_LOOP) && !details->watched && details->duration == PERI_NEVER &&
         !details->ramp_frames && !details->fade_frames &&
         !atomic_load_explicit(&details->params, memory_order_relaxed);
}

/* One quantum of a voice; false when nothing of it sounds. */
static bool play_voice(peri__render *render, peri__voice *voice, playback *play, float *scratch) {
  int64_t now = (int64_t)render->frame;
  peri__source *source = peri__source_of(voice);
  peri__source_details *details = peri__details_of(voice);
  play->first = 0;
  play->last = N;
  play->ended = false;
  bool pending = (voice->flags & PERI_VOICE_PENDING) != 0;
  int64_t from = pending && source->start > now ? source->start : now;
  if (voice->stop <= from) {
    play->ended = voice->stop < now + N;
    if (!play->ended) render->now_scheduled++;
    return false;
  }
  if (from >= now + N) {
    render->now_scheduled++;
    return false;
  }
  render->now_playing++;
  if (details) update_step(render, voice, details);
  if (pending) {
    play->first = (uint32_t)(from - now);
    begin(voice);
  }
  if (voice->stop <= now + N) {
    play->last = (uint32_t)(voice->stop - now);
    play->ended = true;
  }
  if (details) {
    uint32_t length = play->last - play->first, left = within_duration(voice, details, length);
    if (left < length) {
      play->last = play->first + left;
      play->ended = true;
    }
  }
  int64_t before = voice->position;
  bool has_samples = voice->samples != NULL && play->first < play->last;
  if (has_samples) {
    bool whole = voice->step == PERI_ONE && (uint32_t)voice->position == 0 && !(voice->flags & PERI_VOICE_FINE_LOOP) &&
                 voice->position >= 0;
    if (whole)
      play_unity(voice, play, scratch);
    else
      play_resampled(render, voice, play, scratch);
    if (play->channel[0] == scratch) silence_outside(voice, play, scratch);
    if (voice->flags & PERI_VOICE_NONFINITE) silence_nonfinite(render, voice, play, scratch);
  }
  if (details) {
    if (details->duration != PERI_NEVER &&
        details->elapsed > -PERI_NEVER / 2) /* backwards it counts down, without end */
      details->elapsed += (int64_t)(play->last - play->first) * voice->step;
    atomic_store_explicit(&details->shown_position, has_samples ? voice->position : before, memory_order_relaxed);
    if (is_spent(voice, details)) voice->flags &= (uint8_t)~PERI_VOICE_DETAILED;
  }
  return has_samples && play->first < play->last;
}

/* ---- Gains ------------------------------------------------------------------------------------------------------ */

static void add_piece(gain_piece *pieces, uint32_t *count, uint32_t from, uint32_t to, const float gain[4],
                      const float slope[4]) {
  if (from >= to || *count == MAX_PIECES) return;
  gain_piece *piece = &pieces[(*count)++];
  piece->from = from;
  piece->to = to;
  for (int k = 0; k < 4; k++) {
    piece->slope[k] = slope ? slope[k] : 0.0f;
    piece->gain[k] = gain[k] - piece->slope[k] * (float)from; /* the law counts from the quantum's start */
  }
}

/* One stretch of the ramp or of steady gain, from frame `from` to at most `to`; returns where it ends. */
static uint32_t next_piece(peri__voice *voice, peri__source_details *details, uint32_t from, uint32_t to,
                           gain_piece *pieces, uint32_t *count) {
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

/* The gains of the frames that sound, in pieces; most voices have one, for the whole quantum. */
static uint32_t gain_pieces(peri__render *render, peri__voice *voice, const playback *play, gain_piece *pieces) {
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

/* ---- Spans ------------------------------------------------------------------------------------------------------ */

static void empty(span_batch *batch) {
  batch->count = batch->scratch = 0;
  batch->plain = true;
}

static void flush(span_batch *batch) {
  const peri__kernels *kernels = batch->render->kernels;
  peri__signal *sum = batch->sum;
  bool stereo = sum->channels == 2;
  if (stereo && batch->plain)
    kernels->mix_plain(sum->samples, sum->samples + N, batch->span, batch->count);
  else
    kernels->mix_spans(sum->samples, stereo ? sum->samples + N : NULL, batch->span, batch->count);
  empty(batch);
}

static void add_span(span_batch *batch, const float *left, const float *right, float gain_left, float gain_right,
                     float slope_left, float slope_right) {
  batch->span[batch->count++] =
      (peri__span){left, (int32_t)(right - left), 0, {gain_left, gain_right}, {slope_left, slope_right}};
  batch->plain = batch->plain && left == right && slope_left == 0.0f && slope_right == 0.0f;
}

/* Room for the spans and copies of one voice. */
static void make_room(span_batch *batch) {
  if (batch->count + 2 * MAX_PIECES > PERI_BATCH_SPANS || batch->scratch + MAX_PIECES + 1 > PERI_BATCH_SCRATCH)
    flush(batch);
}

static float *next_scratch(span_batch *batch) { return batch->render->voice_scratch + (size_t)batch->scratch * 2 * N; }

static void add_voice(span_batch *batch, peri__voice *voice, const playback *play, const gain_piece *pieces,
                      uint32_t count) {
  for (uint32_t p = 0; p < count; p++) {
    const gain_piece *piece = &pieces[p];
    const float *in[2] = {play->channel[0], play->channel[voice->channels - 1]};
    if (count > 1) { /* each piece gets a copy that is zero elsewhere */
      float *masked = next_scratch(batch);
      batch->scratch++;
      memset(masked, 0, 2 * N * sizeof(float));
      for (uint32_t c = 0; c < voice->channels; c++) {
        memcpy(masked + c * N + piece->from, in[c] + piece->from, (piece->to - piece->from) * sizeof(float));
        in[c] = masked + c * N;
      }
      if (voice->channels == 1) in[1] = in[0];
    }
    add_span(batch, in[0], in[1], piece->gain[0], piece->gain[1], piece->slope[0], piece->slope[1]);
    bool crossed = voice->channels == 2 && (piece->gain[2] != 0.0f || piece->gain[3] != 0.0f ||
                                            piece->slope[2] != 0.0f || piece->slope[3] != 0.0f);
    if (crossed) add_span(batch, in[1], in[0], piece->gain[2], piece->gain[3], piece->slope[2], piece->slope[3]);
  }
}

/* More channels than two on either side, or discrete: gains first, then the mixing rules. */
static void add_wide_voice(span_batch *batch, peri__voice *voice, const playback *play, const gain_piece *pieces,
                           uint32_t count) {
  float *wide = batch->render->wide_scratch + (size_t)PERI_MAX_CHANNELS * N;
  bool panned = (voice->flags & PERI_VOICE_PANNED) != 0 && voice->channels <= 2;
  uint32_t channels = panned ? 2 : voice->channels;
  memset(wide, 0, (size_t)channels * N * sizeof(float));
  for (uint32_t p = 0; p < count; p++) {
    const gain_piece *piece = &pieces[p];
    for (uint32_t c = 0; c < channels; c++) {
      uint32_t own = panned ? c : 0, from = c < voice->channels ? c : voice->channels - 1u;
      for (uint32_t i = piece->from; i < piece->to; i++) {
        float ramp = (float)(i + 1);
        wide[c * N + i] = play->channel[from][i] * (piece->gain[own] + piece->slope[own] * ramp);
        if (panned && voice->channels == 2)
          wide[c * N + i] += play->channel[1 - c][i] * (piece->gain[2 + c] + piece->slope[2 + c] * ramp);
      }
    }
  }
  peri__mix_channels(batch->sum->samples, batch->sum->channels, wide, channels, batch->interpretation);
}

static bool fits_spans(const span_batch *batch, const peri__voice *voice) {
  uint32_t out = batch->sum->channels, in = voice->flags & PERI_VOICE_PANNED ? 2 : voice->channels;
  if (out > 2 || voice->channels > 2) return false;
  return in == out || (in < out && batch->interpretation == PERI_SPEAKERS);
}

static void mix_voice(span_batch *batch, peri__voice *voice, playback *play) {
  gain_piece pieces[MAX_PIECES];
  uint32_t count = gain_pieces(batch->render, voice, play, pieces);
  batch->sum->silent = false;
  if (fits_spans(batch, voice)) {
    add_voice(batch, voice, play, pieces, count);
    return;
  }
  flush(batch); /* what came before is added before */
  add_wide_voice(batch, voice, play, pieces, count);
}

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

void peri__voices_add(peri__input *input, peri__voice *voice) {
  PERI_ASSERT(input->list && input->count < input->list->capacity);
  input->list->voice[input->count++] = voice;
}

void peri__voices_remove(peri__input *input, const peri__voice *voice) {
  uint32_t kept = 0;
  for (uint32_t v = 0; v < input->count; v++)
    if (input->list->voice[v] != voice) input->list->voice[kept++] = input->list->voice[v];
  input->count = kept;
}

uint32_t peri__voices_channels(const peri__render *render, const peri__input *input) {
  uint32_t most = 0;
  int64_t end = (int64_t)render->frame + N;
  for (uint32_t v = 0; v < input->count && most < PERI_MAX_CHANNELS; v++) {
    peri__voice *voice = input->list->voice[v];
    if (voice->flags & PERI_VOICE_PENDING && peri__source_of(voice)->start >= end) continue;
    uint32_t channels = voice->flags & PERI_VOICE_PANNED && voice->channels < 2 ? 2 : voice->channels;
    if (channels > most) most = channels;
  }
  return most;
}

static void retire(peri__render *render, peri__voice *voice) {
  peri__source *source = peri__source_of(voice);
  atomic_store_explicit(&source->phase, PERI_SOURCE_ENDED, memory_order_relaxed);
  atomic_fetch_add_explicit(&render->ended, 1, memory_order_relaxed);
  peri__handback_add(&render->ended_sources, &source->link);
}

/* The voices that most are, as many in a row as there are: at the sound's own rate, steady, and all of the quantum in
 * one stretch. Reads their hot halves alone; returns the place of the first that is different. */
static uint32_t add_in_place(span_batch *batch, peri__voice **list, uint32_t from, uint32_t to, uint32_t *kept) {
  const int64_t end = (int64_t)batch->render->frame + N;
  const uint8_t others = (uint8_t) ~(PERI_VOICE_LOOP | PERI_VOICE_ENTERED | PERI_VOICE_PANNED);
  const bool stereo = batch->sum->channels == 2 && batch->interpretation == PERI_SPEAKERS;
  uint32_t v = from, count = batch->count, keep = *kept;
  for (; v < to && count + 2 <= PERI_BATCH_SPANS; v++) {
    peri__voice *voice = list[v];
    __builtin_prefetch(list[v + 8 < to ? v + 8 : v], 1);
    if (voice->flags & others || voice->step != PERI_ONE || (uint32_t)voice->position || voice->stop < end) break;
    bool looping = (voice->flags & PERI_VOICE_LOOP) != 0;
    if (looping && !(voice->flags & PERI_VOICE_ENTERED)) break;
    int64_t place = voice->position >> 32;
    if (place < (looping ? voice->loop_start : 0)) break; /* it has run backwards */
    if (place + N > (looping ? voice->loop_end : voice->frames) || !voice->samples) break;
    if (!(stereo && voice->channels <= 2) && !fits_spans(batch, voice)) break;
    const float *left = voice->samples + place, *right = left;
    if (voice->channels == 2) {
      right += peri__stride(voice->frames);
      batch->plain = false;
    }
    batch->span[count++] = (peri__span){left, (int32_t)(right - left), 0, {voice->gain[0], voice->gain[1]}, {0}};
    if (voice->channels == 2 && (voice->gain[2] != 0.0f || voice->gain[3] != 0.0f))
      batch->span[count++] = (peri__span){right, (int32_t)(left - right), 0, {voice->gain[2], voice->gain[3]}, {0}};
    voice->position += (int64_t)N << 32;
    list[keep++] = voice;
  }
  if (v > from) batch->sum->silent = false;
  batch->render->now_playing += v - from;
  batch->count = count;
  *kept = keep;
  return v;
}

void peri__voices_render(peri__render *render, peri__input *input, peri__signal *sum,
                         peri_interpretation interpretation) {
  if (!input->count) return;
  span_batch batch;
  batch.render = render;
  batch.sum = sum;
  batch.interpretation = interpretation;
  empty(&batch);
  peri__voice **list = input->list->voice;
  uint32_t kept = 0, count = input->count;
  for (uint32_t v = 0; v < count;) {
    if (sum) {
      make_room(&batch);
      v = add_in_place(&batch, list, v, count, &kept);
      if (v == count) break;
      if (batch.count + 2 > PERI_BATCH_SPANS) continue;
      make_room(&batch);
    }
    peri__voice *voice = list[v++];
    playback play;
    bool wide = !sum || voice->channels > 2;
    float *scratch = wide ? render->wide_scratch : next_scratch(&batch);
    if (play_voice(render, voice, &play, scratch) && sum) {
      if (play.channel[0] == scratch && !wide) batch.scratch++;
      mix_voice(&batch, voice, &play);
    }
    if (play.ended)
      retire(render, voice);
    else
      list[kept++] = voice;
  }
  input->count = kept;
  if (sum && batch.count) flush(&batch);
}
