/* A voice's way through its sound: Web Audio 1.1, AudioBufferSourceNode, "Playback of AudioBuffer Contents", with a
 * choice of interpolation. */
#include "render/playhead.h"
#include "render/successor.h"

#define N PERI_QUANTUM

/* A playhead outside of its sound goes on (Web Audio 1.1, process(): bufferTime), as far as this: a step is less. */
#define FAR ((int64_t)1 << 62)

/* ---- Where it is ------------------------------------------------------------------------------------------------ */

static void loop_bounds(peri__voice *voice, int64_t *start, int64_t *end) {
  const peri__source_details *details = peri__details_of(voice);
  bool fine = (voice->flags & PERI_VOICE_FINE_LOOP) != 0;
  *start = fine ? details->loop_start : (int64_t)voice->loop_start << 32;
  *end = fine ? details->loop_end : (int64_t)voice->loop_end << 32;
}

/* The first frame that sounds: offset, and the way from a start between frames. */
void peri__playhead_begin(peri__voice *voice) {
  peri__source *source = peri__source_of(voice);
  peri__source_details *details = peri__details_of(voice);
  voice->flags &= (uint16_t)~PERI_VOICE_PENDING;
  voice->position = 0;
  atomic_store_explicit(&source->phase, PERI_SOURCE_SOUNDING, memory_order_relaxed);
  if (!details) {
    if (voice->flags & PERI_VOICE_LOOP && voice->loop_start == 0) voice->flags |= PERI_VOICE_ENTERED;
    return;
  }
  voice->position = details->offset;
  if (voice->flags & PERI_VOICE_LOOP) {
    int64_t start, end;
    loop_bounds(voice, &start, &end);
    if (voice->step >= 0 && voice->position >= end) voice->position = end;
    if (voice->step < 0 && voice->position < start) voice->position = start;
    details->offset = voice->position; /* whether a loop is entered depends on where it began */
  }
  voice->position += (int64_t)((double)voice->step * ((double)details->fraction / (double)PERI_ONE));
}

static int64_t offset_of(peri__voice *voice) {
  const peri__source_details *details = peri__details_of(voice);
  return details ? details->offset : 0;
}

static bool has_successor(peri__voice *voice) {
  const peri__source_details *details = peri__details_of(voice);
  return details && details->next;
}

/* Moves a playhead that has entered its loop back into it. True, and nothing is done, where its successor takes over.
 */
static bool wrap(peri__voice *voice, int64_t offset, int64_t start, int64_t end) {
  int64_t position = voice->position, length = end - start;
  if (!(voice->flags & PERI_VOICE_ENTERED)) {
    if (offset < end ? position < start : position >= end) return false;
    voice->flags |= PERI_VOICE_ENTERED;
  }
  if (position >= start && position < end) return false;
  if (has_successor(voice)) return true;
  voice->flags |= PERI_VOICE_WRAPPED;
  if (position >= end)
    voice->position = start + (position - start) % length;
  else
    voice->position = position + (start - position + length - 1) / length * length;
  return false;
}

/* A playhead that stands behind its loop's end, or in front of its start, stands as far behind or in front of its
 * successor's loop: a plain cut, and either side of it sounds as if its own sound had gone round. */
static void take_over(peri__render *render, peri__voice *voice, peri__source_details *details) {
  int64_t start, end;
  loop_bounds(voice, &start, &end);
  bool behind = voice->position >= end;
  double over = (double)(behind ? voice->position - end : start - voice->position);
  double rescale = details->next->rate_ratio / details->rate_ratio;
  peri__voice_take_successor(render, voice, details);
  loop_bounds(voice, &start, &end);
  double far = over * rescale;
  int64_t rest = rescale == 1.0 ? (int64_t)over : far < (double)(FAR / 2) ? (int64_t)far : FAR / 2;
  voice->position = behind ? end + rest : start - rest;
}

/* What was to play up to `last` ends here. */
static void turn_at(peri__playback *play, uint32_t frame) {
  play->turns = true;
  play->until = play->last;
  play->last = frame;
}

/* ---- At the sound's own rate ------------------------------------------------------------------------------------ */

/* Copies samples of a channel as floats. */
static void copy(const peri__render *render, const peri__voice *voice, float *out, uint32_t channel, uint32_t from,
                 uint32_t count) {
  size_t place = (size_t)channel * peri__stride(voice->frames) + from;
  if (voice->flags & PERI_VOICE_S16)
    render->kernels->widen(out, (const int16_t *)voice->samples + place, count);
  else
    memcpy(out, (const float *)voice->samples + place, count * sizeof(float));
}

/* Whole positions: stretches of samples, in place where one covers the quantum. */
static void play_whole(const peri__render *render, peri__voice *voice, peri__playback *play, float *scratch) {
  uint32_t channels = voice->channels;
  bool looping = (voice->flags & PERI_VOICE_LOOP) != 0;
  int64_t offset = looping ? offset_of(voice) : 0;
  for (uint32_t i = play->first; i < play->last;) {
    if (looping && wrap(voice, offset, (int64_t)voice->loop_start << 32, (int64_t)voice->loop_end << 32)) {
      turn_at(play, i);
      break;
    }
    uint32_t place = (uint32_t)(voice->position >> 32);
    bool inside = looping && place < voice->loop_end;
    uint32_t bound = inside ? voice->loop_end : voice->frames;
    if (place >= bound) {
      if (looping) { /* past the loop for good: silent until it is stopped */
        for (uint32_t c = 0; c < channels; c++) memset(scratch + c * N + i, 0, (play->last - i) * sizeof(float));
        if (voice->position < FAR) voice->position += (int64_t)(play->last - i) << 32;
        break;
      }
      play->ended = true;
      play->last = i;
      break;
    }
    uint32_t count = play->last - i < bound - place ? play->last - i : bound - place;
    voice->position += (int64_t)count << 32;
    if (count == N && !(voice->flags & PERI_VOICE_S16)) {
      const float *samples = (const float *)voice->samples + place;
      for (uint32_t c = 0; c < channels; c++) play->channel[c] = samples + (size_t)c * peri__stride(voice->frames);
      return;
    }
    for (uint32_t c = 0; c < channels; c++) copy(render, voice, scratch + c * N + i, c, place, count);
    i += count;
  }
  for (uint32_t c = 0; c < channels; c++) play->channel[c] = scratch + c * N;
}

/* ---- Between frames --------------------------------------------------------------------------------------------- */

#define WINDOW 768 /* samples */
_Static_assert(WINDOW >= 2 * PERI_SINC_MOST_TAPS, "a window holds more than one frame's samples");
_Static_assert(PERI_STORAGE_PADDING >= PERI_READ_AHEAD, "kernels may read past the end");

/* How a voice reads between frames at its present step. */
typedef struct reading {
  peri_interpolation way;
  uint32_t before, after;      /* samples needed in front of a position's whole frame and behind it */
  const peri__sinc_bank *bank; /* of PERI_INTERPOLATION_SINC */
  int64_t start, end;          /* of the loop; all of the sound without one, 32.32 frames */
  int64_t low, high;           /* whole frames: the samples of the loop are low to high − 1 */
  bool wraps;                  /* the playhead is in its loop, or will be: `low` follows on high − 1 */
} reading;

/* Filled in through a pointer: copying what was just written in parts would stall. */
static void plan_reading(reading *r, peri__voice *voice) {
  r->way = (peri_interpolation)voice->interpolation;
  r->start = 0;
  r->end = (int64_t)voice->frames << 32;
  if (voice->flags & PERI_VOICE_LOOP) loop_bounds(voice, &r->start, &r->end);
  r->low = r->start >> 32;
  r->high = (r->end + PERI_ONE - 1) >> 32;
  r->bank = NULL;
  r->before = r->way == PERI_INTERPOLATION_CUBIC ? 1 : 0;
  r->after = r->way == PERI_INTERPOLATION_CUBIC ? 2 : r->way == PERI_INTERPOLATION_NONE ? 0 : 1;
  if (r->way != PERI_INTERPOLATION_SINC) return;
  r->bank = peri__sinc_bank_for(voice->step < 0 ? -voice->step : voice->step);
  r->before = r->bank->taps / 2 - 1;
  r->after = r->bank->taps / 2;
}

/* A position's sample, where nothing is read between frames. */
static void hold(float *out, const float *in, int64_t position, int64_t step, uint32_t count) {
  for (uint32_t i = 0; i < count; i++, position += step) out[i] = in[position >> 32];
}

static void read_between(const peri__render *render, const reading *r, float *out, const float *in, int64_t position,
                         int64_t step, uint32_t count) {
  const peri__kernels *kernels = render->kernels;
  switch (r->way) {
  case PERI_INTERPOLATION_NONE: hold(out, in, position, step, count); break;
  case PERI_INTERPOLATION_CUBIC: kernels->cubic(out, in, position, step, count); break;
  case PERI_INTERPOLATION_SINC: kernels->sinc(out, in, position, step, count, r->bank); break;
  default: kernels->linear(out, in, position, step, count); break;
  }
}

/* Whole turns of the loop that stand right before frame `from` already, of the `done` samples written before it: they
 * come again. A short loop is written by doubling what there is, not turn by turn. */
static int64_t turns_before(const peri__voice *voice, const reading *r, int64_t from, int64_t done) {
  bool wrapped = (voice->flags & PERI_VOICE_WRAPPED) != 0;
  if (!r->wraps || (from < r->high && !(wrapped && from < r->low))) return 0;
  int64_t length = r->high - r->low, usable = wrapped || done < from - r->low ? done : from - r->low;
  return usable / length * length;
}

/* The sound as the playhead meets it, `count` samples from frame `from` on: round the loop, and on both sides of the
 * sound its first and last sample, or silence for the sinc, which would take the step at the end for a part of it. */
static void unroll(const peri__render *render, const peri__voice *voice, const reading *r, float *out, uint32_t channel,
                   int64_t from, uint32_t count) {
  const float *begin = out;
  int64_t frames = voice->frames, length = r->high - r->low;
  while (count) {
    int64_t turns = turns_before(voice, r, from, out - begin);
    if (turns) {
      uint32_t again = turns < (int64_t)count ? (uint32_t)turns : count;
      memcpy(out, out - turns, again * sizeof *out);
      out += again;
      from += again;
      count -= again;
      continue;
    }
    int64_t place = from, run = (r->wraps ? r->high : frames) - from;
    if (r->wraps && from >= r->high) {
      place = r->low + (from - r->high) % length;
      run = r->high - place;
    } else if (voice->flags & PERI_VOICE_WRAPPED && from < r->low) {
      place = r->high - 1 - (r->low - 1 - from) % length;
      run = r->high - place < r->low - from ? r->high - place : r->low - from;
    }
    bool outside = place < 0 || place >= frames;
    if (outside) run = place < 0 ? -place : count;
    if (run > count) run = count;
    if (!outside) {
      copy(render, voice, out, channel, (uint32_t)place, (uint32_t)run);
    } else {
      float edge = 0.0f;
      if (r->way != PERI_INTERPOLATION_SINC) copy(render, voice, &edge, channel, place < 0 ? 0 : voice->frames - 1, 1);
      for (int64_t k = 0; k < run; k++) out[k] = edge;
    }
    out += run;
    from += run;
    count -= (uint32_t)run;
  }
}

static void reverse(float *samples, uint32_t count) {
  for (uint32_t a = 0, b = count - 1; a < b; a++, b--) {
    float kept = samples[a];
    samples[a] = samples[b];
    samples[b] = kept;
  }
}

/* Frames from the playhead on that lie before `end` (behind it, when running backwards). */
static int64_t frames_to(int64_t position, int64_t step, int64_t end, int64_t most) {
  int64_t way = step > 0 ? end - 1 - position : position - end, size = step > 0 ? step : -step;
  if (size == 0 || way >= (most - 1) * size) return most; /* mostly, and then nothing is divided */
  return way < 0 ? 0 : way / size + 1;
}

/* Up to `count` frames from a copy of the samples around the playhead, as it meets them; returns how many. All of them
 * lie inside the loop or the sound. What runs backwards is turned round: all ways of reading but holding are the same
 * from both sides. */
static uint32_t play_window(const peri__render *render, const peri__voice *voice, const reading *r, float *scratch,
                            uint32_t count) {
  float window[WINDOW + PERI_READ_AHEAD];
  bool backwards = voice->step < 0, holding = r->way == PERI_INTERPOLATION_NONE;
  int64_t step = backwards ? -voice->step : voice->step, whole = voice->position >> 32, position, from;
  if (holding && backwards) count = 1;
  if (backwards && !holding) {
    int64_t top = whole + 1 + r->before;
    position = (top << 32) - voice->position;
    from = top;
  } else {
    from = whole - r->before;
    position = voice->position - from * PERI_ONE;
  }
  int64_t most = frames_to(position, step, (int64_t)(WINDOW - r->after) << 32, count);
  count = most < 1 ? 1 : (uint32_t)most;
  uint32_t needed = (uint32_t)((position + (count - 1) * step) >> 32) + r->after + 1;
  memset(window + needed, 0, PERI_READ_AHEAD * sizeof(float));
  for (uint32_t c = 0; c < voice->channels; c++) {
    unroll(render, voice, r, window, c, backwards && !holding ? from - needed + 1 : from, needed);
    if (backwards && !holding) reverse(window, needed);
    read_between(render, r, scratch + c * N, window, position, step, count);
  }
  return count;
}

/* Up to `count` frames straight from the storage: 0 when samples from elsewhere are needed too. */
static uint32_t play_clear(const peri__render *render, const peri__voice *voice, const reading *r, float *scratch,
                           uint32_t count) {
  if (voice->step <= 0 || voice->flags & PERI_VOICE_S16) return 0;
  int64_t first = (voice->position >> 32) - r->before, edge = r->wraps ? r->high : voice->frames;
  if (first < (voice->flags & PERI_VOICE_WRAPPED ? r->low : 0)) return 0;
  count = (uint32_t)frames_to(voice->position, voice->step, (edge - r->after) * PERI_ONE, count);
  for (uint32_t c = 0; count && c < voice->channels; c++) {
    const float *in = (const float *)voice->samples + (size_t)c * peri__stride(voice->frames);
    read_between(render, r, scratch + c * N, in, voice->position, voice->step, count);
  }
  return count;
}

/* Any positions and rates, backwards too. */
static void play_between(const peri__render *render, peri__voice *voice, peri__playback *play, float *scratch) {
  bool looping = (voice->flags & PERI_VOICE_LOOP) != 0;
  int64_t offset = looping ? offset_of(voice) : 0;
  reading r;
  plan_reading(&r, voice);
  for (uint32_t i = play->first; i < play->last;) {
    if (looping && wrap(voice, offset, r.start, r.end)) {
      turn_at(play, i);
      break;
    }
    r.wraps = looping && (voice->flags & PERI_VOICE_ENTERED || offset < r.end);
    bool before = voice->position < 0, behind = voice->position >= (int64_t)voice->frames << 32;
    if (before || behind) {
      if (!looping && before == (voice->step < 0)) {
        play->ended = true;
        play->last = i;
        break;
      }
      for (uint32_t c = 0; c < voice->channels; c++) scratch[c * N + i] = 0.0f;
      i++;
      if (voice->position < FAR && voice->position > -FAR) voice->position += voice->step;
      continue;
    }
    /* The next place where the playhead's way changes: the loop's ends, also to enter it, or the sound's. */
    bool entered = (voice->flags & PERI_VOICE_ENTERED) != 0;
    int64_t turn = voice->step < 0 ? (entered ? r.start : 0) : (int64_t)voice->frames << 32;
    if (voice->step >= 0 && entered) turn = r.end;
    if (looping && !entered) {
      if (voice->step >= 0 && voice->position < r.start) turn = r.start;
      if (voice->step < 0 && voice->position >= r.end) turn = r.end;
    }
    uint32_t left = (uint32_t)frames_to(voice->position, voice->step, turn, play->last - i);
    uint32_t count = play_clear(render, voice, &r, scratch + i, left);
    if (!count) count = play_window(render, voice, &r, scratch + i, left);
    voice->position += (int64_t)count * voice->step;
    i += count;
  }
  for (uint32_t c = 0; c < voice->channels; c++) play->channel[c] = scratch + c * N;
}

bool peri__playhead_read_on(const peri__render *render, peri__voice *voice, uint32_t low, uint32_t high,
                            float *scratch) {
  bool cubic = voice->interpolation == PERI_INTERPOLATION_CUBIC;
  int64_t position = voice->position, last = position + (N - 1) * voice->step;
  if (!cubic && voice->interpolation != PERI_INTERPOLATION_LINEAR) return false;
  if (voice->step <= 0 || voice->flags & PERI_VOICE_S16) return false;
  if ((position >> 32) - cubic < (voice->flags & PERI_VOICE_WRAPPED ? low : 0)) return false;
  if ((last >> 32) + 1 + cubic >= high) return false;
  peri__reader *between = cubic ? render->kernels->cubic : render->kernels->linear;
  for (uint32_t c = 0; scratch && c < voice->channels; c++) {
    const float *in = (const float *)voice->samples + (size_t)c * peri__stride(voice->frames);
    between(scratch + c * N, in, position, voice->step, N);
  }
  voice->position = last + voice->step;
  return true;
}

/* ---- One quantum ------------------------------------------------------------------------------------------------ */

static void silence_outside(const peri__voice *voice, const peri__playback *play, float *scratch) {
  if (play->first == 0 && play->last == N) return;
  for (uint32_t c = 0; c < voice->channels; c++) {
    float *out = scratch + c * N;
    memset(out, 0, play->first * sizeof(float));
    memset(out + play->last, 0, (N - play->last) * sizeof(float));
  }
}

/* Copies to scratch what is finite and zero for the rest; counts the quantum. */
static void silence_nonfinite(peri__render *render, const peri__voice *voice, peri__playback *play, float *scratch) {
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
  if (details->duration == PERI_NEVER) return most;
  int64_t left = details->duration - details->elapsed;
  if (left <= 0) return 0;
  if (voice->step <= 0) return most;
  int64_t frames = (left + voice->step - 1) / voice->step;
  return frames < (int64_t)most ? (uint32_t)frames : most;
}

/* Whether the details say nothing (any more) that the voice alone does not; its filter apart. */
static bool is_spent(const peri__voice *voice, const peri__source_details *details) {
  bool entering = (voice->flags & (PERI_VOICE_LOOP | PERI_VOICE_ENTERED)) == PERI_VOICE_LOOP;
  return !entering && !(voice->flags & PERI_VOICE_FINE_LOOP) && !details->watched && details->duration == PERI_NEVER &&
         !details->next && !details->ramp_frames && !details->fade_frames &&
         !atomic_load_explicit(&details->params, memory_order_relaxed);
}

#define QUIET 1e-5f      /* −100 dB */
#define LONGEST_RING 5.0 /* seconds */

bool peri__filter_rings(const peri__filter *filter, uint32_t channels) {
  for (uint32_t c = 0; c < channels; c++)
    for (int k = 0; k < 2; k++)
      if (filter->state[c][k] > QUIET || filter->state[c][k] < -QUIET) return true;
  return false;
}

/* The sound has come to its end by itself. What its filter has kept of it is heard until it is quiet, or stopped: a
 * filter of a fraction of a hertz would keep it for hours. */
static void ring_out(const peri__render *render, peri__voice *voice, peri__playback *play, float *scratch,
                     bool stopped) {
  if (!(voice->flags & PERI_VOICE_RINGING)) {
    int64_t latest = (int64_t)(render->frame + (uint64_t)(LONGEST_RING * render->sample_rate));
    voice->flags |= PERI_VOICE_RINGING;
    if (voice->stop > latest) voice->stop = latest;
  } else if (!peri__filter_rings(peri__filter_of(voice), voice->channels)) {
    return;
  }
  uint32_t from = play->channel[0] ? play->last : 0;
  for (uint32_t c = 0; c < voice->channels; c++) {
    play->channel[c] = scratch + c * N;
    memset(scratch + c * N + from, 0, (N - from) * sizeof(float));
  }
  if (stopped) return;
  play->ended = false;
  play->last = N;
}

static void play_sound(peri__render *render, peri__voice *voice, peri__playback *play, float *scratch) {
  bool whole = voice->step == PERI_ONE && (uint32_t)voice->position == 0 && !(voice->flags & PERI_VOICE_FINE_LOOP) &&
               voice->position >= 0;
  if (whole)
    play_whole(render, voice, play, scratch);
  else
    play_between(render, voice, play, scratch);
  if (play->channel[0] == scratch) silence_outside(voice, play, scratch);
  if (voice->flags & PERI_VOICE_NONFINITE) silence_nonfinite(render, voice, play, scratch);
}

/* After the quantum: how far it came, for the duration and for whoever asked. */
static void keep_time(peri__voice *voice, peri__source_details *details, uint32_t frames, int64_t position) {
  if (details->duration != PERI_NEVER && details->elapsed > -PERI_NEVER / 4) /* backwards it counts down, without end */
    details->elapsed += (int64_t)frames * voice->step;
  int64_t end = voice->samples ? (int64_t)voice->frames << 32 : position;
  if (position > end) position = end;
  atomic_store_explicit(&details->shown_position, position > 0 ? position : 0, memory_order_relaxed);
  if (is_spent(voice, details)) voice->flags &= (uint16_t)~PERI_VOICE_DETAILED;
}

/* From the playback's first frame on, in what is left of its quantum. */
static inline __attribute__((always_inline)) bool play_on(peri__render *render, peri__voice *voice,
                                                          peri__playback *play, float *scratch) {
  peri__source_details *details = peri__details_of(voice);
  bool ringing = (voice->flags & PERI_VOICE_RINGING) != 0;
  int64_t before = voice->position;
  bool has_samples = voice->samples != NULL && play->first < play->last && !ringing;
  play->channel[0] = NULL;
  play->channels = voice->channels;
  play->turns = false;
  if (has_samples) play_sound(render, voice, play, scratch);
  if (details)
    keep_time(voice, details, ringing ? 0 : play->last - play->first, has_samples ? voice->position : before);
  if (play->turns) return play->first < play->last;
  bool over = play->ended && !play->stopped;
  if (ringing) play->ended = true;
  if (voice->flags & PERI_VOICE_FILTERED && voice->samples && (ringing || over))
    ring_out(render, voice, play, scratch, play->stopped);
  return play->channel[0] && play->first < play->last;
}

bool peri__playhead_turn(peri__render *render, peri__voice *voice, peri__playback *play, float *scratch) {
  peri__source_details *details = peri__details_of(voice);
  play->first = play->last;
  play->last = play->until;
  take_over(render, voice, details);
  update_step(render, voice, details);
  return play_on(render, voice, play, scratch);
}

uint32_t peri__playhead_channels(peri__render *render, peri__voice *voice) {
  peri__source_details *details = peri__details_of(voice);
  const uint32_t looks = PERI_VOICE_LOOP | PERI_VOICE_PENDING;
  uint32_t channels = voice->channels;
  if (!details || !details->next || (voice->flags & looks) != PERI_VOICE_LOOP) return channels;
  int64_t start, end;
  update_step(render, voice, details);
  loop_bounds(voice, &start, &end);
  bool forwards = voice->step >= 0, entered = (voice->flags & PERI_VOICE_ENTERED) != 0;
  int64_t left = forwards ? end - voice->position : voice->position - start;
  if (left > (N - 1) * (forwards ? voice->step : -voice->step) || (left < 0 && !entered)) return channels;
  return details->next->storage->channels > channels ? details->next->storage->channels : channels;
}

bool peri__playhead_play(peri__render *render, peri__voice *voice, peri__playback *play, float *scratch) {
  int64_t now = (int64_t)render->frame;
  peri__source_details *details = peri__details_of(voice);
  bool pending = (voice->flags & PERI_VOICE_PENDING) != 0;
  int64_t start = pending ? peri__source_of(voice)->start : now, from = start > now ? start : now;
  play->first = 0;
  play->last = N;
  play->ended = play->turns = false;
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
    peri__playhead_begin(voice);
  }
  if (voice->stop <= now + N) {
    play->last = (uint32_t)(voice->stop - now);
    play->ended = true;
  }
  play->stopped = play->ended;
  if (details && !(voice->flags & PERI_VOICE_RINGING)) {
    uint32_t length = play->last - play->first, left = within_duration(voice, details, length);
    if (left < length) {
      play->last = play->first + left;
      play->ended = true;
    }
  }
  return play_on(render, voice, play, scratch);
}
