/* Voices: sources that feed one input. Each becomes one or more spans of a quantum, and spans are mixed in the order of
 * the voices' starts, so that a voice's neighbours change no bit of the sum. Filters come between: those of all voices
 * whose spans wait run together, several a vector. */
#include "render/gains.h"

#define N PERI_QUANTUM
#define MAX_LANES (PERI_BATCH_SCRATCH + 1)

/* Where a quantum's spans are gathered before they are mixed. */
typedef struct span_batch {
  peri__render *render;
  peri__signal *sum;
  peri_interpretation interpretation;
  uint32_t count, scratch, lanes;
  bool plain; /* all spans are float, mono and steady */
  peri__span span[PERI_BATCH_SPANS + PERI_VOICE_SPANS];
  peri__lane lane[MAX_LANES];      /* to be filtered before the spans are mixed */
  peri__filter *filter[MAX_LANES]; /* of each lane; NULL: of the one before, whose voice has a second channel */
} span_batch;

/* ---- Filters ---------------------------------------------------------------------------------------------------- */

/* The filter that the voice goes through. One that leaves, lets all pass and rings no more, is gone. */
static peri__filter *filter_in_use(peri__voice *voice) {
  peri__filter *filter = peri__filter_of(voice);
  if (!filter || filter->quanta || !filter->leaves || peri__filter_rings(filter, voice->channels)) return filter;
  voice->flags &= (uint16_t)~PERI_VOICE_FILTERED;
  memset(filter->state, 0, sizeof filter->state);
  return NULL;
}

/* Before the filter's quantum: its slope. NULL: it is steady. */
static const float *begin_filter(peri__filter *filter) {
  if (!filter->quanta) return NULL;
  for (int k = 0; k < PERI_FILTER_COEFS; k++)
    filter->slope[k] = (filter->target[k] - filter->coefs[k]) / (float)(filter->quanta * N);
  return filter->slope;
}

/* After it. */
static void end_filter(peri__filter *filter) {
  if (!filter->quanta) return;
  filter->quanta--;
  for (int k = 0; k < PERI_FILTER_COEFS; k++)
    filter->coefs[k] = filter->quanta ? filter->coefs[k] + filter->slope[k] * (float)N : filter->target[k];
}

/* A state that is no longer finite is forgotten, and its quantum silenced. */
static void check_lane(peri__render *render, const peri__lane *lane) {
  float *state = lane->state, sum = state[0] + state[1];
  if (sum - sum == 0.0f) return;
  state[0] = state[1] = 0.0f;
  memset(lane->out, 0, N * sizeof(float));
  atomic_fetch_add_explicit(&render->nonfinite, 1, memory_order_relaxed);
}

static void run_lanes(peri__render *render, const peri__lane *lane, uint32_t count) {
  render->kernels->biquad(lane, count);
  for (uint32_t k = 0; k < count; k++) check_lane(render, &lane[k]);
}

/* ---- Spans ------------------------------------------------------------------------------------------------------ */

static void empty(span_batch *batch) {
  batch->count = batch->scratch = batch->lanes = 0;
  batch->plain = true;
}

static void flush(span_batch *batch) {
  const peri__kernels *kernels = batch->render->kernels;
  peri__signal *sum = batch->sum;
  bool stereo = sum->channels == 2;
  if (batch->lanes) {
    run_lanes(batch->render, batch->lane, batch->lanes);
    for (uint32_t k = 0; k < batch->lanes; k++)
      if (batch->filter[k]) end_filter(batch->filter[k]);
  }
  if (stereo && batch->plain)
    kernels->mix_plain(sum->samples, sum->samples + N, batch->span, batch->count);
  else
    kernels->mix_spans(sum->samples, stereo ? sum->samples + N : NULL, batch->span, batch->count);
  empty(batch);
}

static bool is_full(const span_batch *batch) {
  return batch->count >= PERI_BATCH_SPANS || batch->scratch >= PERI_BATCH_SCRATCH;
}

static float *take_scratch(span_batch *batch, uint32_t channels) {
  float *scratch = batch->render->voice_scratch + (size_t)batch->scratch * N;
  batch->scratch += channels;
  return scratch;
}

static void add_span(span_batch *batch, const float *left, const float *right, const float gain[2],
                     const float slope[2]) {
  bool steady = slope[0] == 0.0f && slope[1] == 0.0f;
  batch->span[batch->count++] = (peri__span){
      .in = left, .other = (int32_t)(right - left), .gain = {gain[0], gain[1]}, .slope = {slope[0], slope[1]}};
  batch->plain = batch->plain && left == right && steady;
}

/* Sends the voice's one or two channels through its filter: with the other voices' of the batch, or `now`. What comes
 * out lies in `scratch`, which may be where it came from. */
static void filter_voice(span_batch *batch, uint32_t channels, peri__filter *filter, const float **channel,
                         float *scratch, bool now) {
  peri__lane own[PERI_MAX_CHANNELS], *lane = now ? own : &batch->lane[batch->lanes];
  const float *slope = begin_filter(filter);
  for (uint32_t c = 0; c < channels; c++) {
    lane[c] = (peri__lane){channel[c], scratch + c * N, filter->coefs, slope, filter->state[c]};
    channel[c] = lane[c].out;
    if (!now) batch->filter[batch->lanes++] = c ? NULL : filter;
  }
  if (!now) return;
  run_lanes(batch->render, own, channels);
  end_filter(filter);
}

static inline __attribute__((always_inline)) void add_voice(span_batch *batch, const peri__playback *play,
                                                            const peri__gain_piece *pieces, uint32_t count) {
  const uint32_t channels = play->channels;
  for (uint32_t p = 0; p < count; p++) {
    const peri__gain_piece *piece = &pieces[p];
    const float *in[2] = {play->channel[0], play->channel[channels - 1]};
    if (count > 1) { /* each piece gets a copy that is zero elsewhere */
      float *masked = take_scratch(batch, channels);
      memset(masked, 0, channels * N * sizeof(float));
      for (uint32_t c = 0; c < channels; c++) {
        memcpy(masked + c * N + piece->from, in[c] + piece->from, (piece->to - piece->from) * sizeof(float));
        in[c] = masked + c * N;
      }
      if (channels == 1) in[1] = in[0];
    }
    add_span(batch, in[0], in[1], piece->gain, piece->slope);
    bool crossed = channels == 2 && (piece->gain[2] != 0.0f || piece->gain[3] != 0.0f || piece->slope[2] != 0.0f ||
                                     piece->slope[3] != 0.0f);
    if (crossed) add_span(batch, in[1], in[0], piece->gain + 2, piece->slope + 2);
  }
}

/* More channels than two on either side, or discrete: gains first, then the mixing rules. */
static void add_wide_voice(span_batch *batch, const peri__voice *voice, const peri__playback *play,
                           const peri__gain_piece *pieces, uint32_t count) {
  float *wide = batch->render->wide_scratch + (size_t)PERI_MAX_CHANNELS * N;
  bool panned = (voice->flags & PERI_VOICE_PANNED) != 0 && play->channels <= 2;
  uint32_t channels = panned ? 2 : play->channels;
  memset(wide, 0, (size_t)channels * N * sizeof(float));
  for (uint32_t p = 0; p < count; p++) {
    const peri__gain_piece *piece = &pieces[p];
    for (uint32_t c = 0; c < channels; c++) {
      uint32_t own = panned ? c : 0, from = c < play->channels ? c : play->channels - 1;
      for (uint32_t i = piece->from; i < piece->to; i++) {
        float ramp = (float)(i + 1);
        wide[c * N + i] = play->channel[from][i] * (piece->gain[own] + piece->slope[own] * ramp);
        if (panned && play->channels == 2)
          wide[c * N + i] += play->channel[1 - c][i] * (piece->gain[2 + c] + piece->slope[2 + c] * ramp);
      }
    }
  }
  peri__mix_channels(batch->sum->samples, batch->sum->channels, wide, channels, batch->interpretation);
}

static bool fits_spans(const span_batch *batch, const peri__voice *voice, uint32_t channels) {
  uint32_t out = batch->sum->channels, in = voice->flags & PERI_VOICE_PANNED ? 2 : channels;
  if (out > 2 || channels > 2) return false;
  return in == out || (in < out && batch->interpretation == PERI_SPEAKERS);
}

static void mix_voice(span_batch *batch, peri__voice *voice, peri__playback *play, float *scratch, bool wide) {
  peri__gain_piece pieces[PERI_GAIN_PIECES];
  uint32_t count = peri__gain_pieces(batch->render, voice, play, pieces);
  peri__filter *filter = filter_in_use(voice);
  batch->sum->silent = false;
  if (filter) filter_voice(batch, voice->channels, filter, play->channel, scratch, wide || count > 1 || play->last < N);
  for (uint32_t c = 0; filter && c < voice->channels; c++) /* it rings, but a stop is a stop */
    memset(scratch + c * N + play->last, 0, (N - play->last) * sizeof(float));
  if (!wide) {
    add_voice(batch, play, pieces, count);
    return;
  }
  flush(batch); /* what came before is added before */
  add_wide_voice(batch, voice, play, pieces, count);
}

/* ---- Lists ------------------------------------------------------------------------------------------------------ */

void peri__voices_add(peri__input *input, peri__voice *voice) {
  PERI_ASSERT(input->list && input->count < input->list->capacity);
  input->list->voice[input->count++] = voice;
  if (input->settled) *input->settled = false;
}

void peri__voices_remove_moving(peri__input *input) {
  uint32_t kept = 0;
  for (uint32_t v = 0; v < input->count; v++) {
    peri__voice *voice = input->list->voice[v];
    if (voice->flags & PERI_VOICE_MOVING)
      voice->flags &= (uint16_t)~PERI_VOICE_MOVING;
    else
      input->list->voice[kept++] = voice;
  }
  input->count = kept;
}

uint32_t peri__voices_channels(peri__render *render, const peri__input *input, uint32_t bound) {
  uint32_t most = 0;
  int64_t end = (int64_t)render->frame + N;
  for (uint32_t v = 0; v < input->count && most < bound; v++) {
    peri__voice *voice = input->list->voice[v];
    if (voice->flags & PERI_VOICE_PAUSED) continue;
    if (voice->flags & PERI_VOICE_PENDING && peri__source_of(voice)->start >= end) continue;
    bool plain = !(voice->flags & PERI_VOICE_DETAILED);
    uint32_t channels = plain ? voice->channels : peri__playhead_channels(render, voice);
    if (voice->flags & PERI_VOICE_PANNED && channels < 2) channels = 2;
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

/* The frames, `low` to `high` − 1, that a voice passes from now on until something about it changes; false when it is
 * not one that steadily goes on at once. `others`: flags that it must not have. */
static inline bool goes_on(const peri__voice *voice, int64_t end, uint32_t others, uint32_t *low, uint32_t *high) {
  uint32_t flags = voice->flags;
  if (flags & others || voice->stop < end || !voice->samples) return false;
  *low = 0;
  *high = voice->frames;
  if (!(flags & PERI_VOICE_LOOP)) return voice->position >= 0; /* it may have run backwards */
  *low = voice->loop_start;
  *high = voice->loop_end;
  return flags & PERI_VOICE_ENTERED && voice->position >> 32 >= *low;
}

static inline bool is_whole(const peri__voice *voice) {
  return voice->step == PERI_ONE && (uint32_t)voice->position == 0;
}

#define USUAL (PERI_VOICE_LOOP | PERI_VOICE_ENTERED | PERI_VOICE_WRAPPED | PERI_VOICE_PANNED)

/* The voices that most are, as many in a row as there are: mono, float, at the sound's own rate, steady, and all of the
 * quantum in one stretch of the sound. Reads their hot halves alone; returns the place of the first other one. */
static uint32_t add_plain_voices(span_batch *batch, peri__voice **list, uint32_t from, uint32_t to, uint32_t *kept) {
  const int64_t end = (int64_t)batch->render->frame + N;
  if (batch->sum->channels != 2 || batch->interpretation != PERI_SPEAKERS) return from;
  peri__span *span = &batch->span[batch->count];
  peri__voice **keep = list + *kept;
  uint32_t v = from, most = PERI_BATCH_SPANS - batch->count < to - from ? from + PERI_BATCH_SPANS - batch->count : to;
  for (; v < most; v++) {
    peri__voice *voice = list[v];
    __builtin_prefetch(list[v + PERI_BATCH_SPANS < to ? v + PERI_BATCH_SPANS : v], 1); /* while this batch is mixed */
    uint32_t low, high;
    if (!goes_on(voice, end, ~(uint32_t)USUAL, &low, &high) || !is_whole(voice) || voice->channels != 1) break;
    int64_t place = voice->position >> 32;
    if (place + N > high) break;
    if (voice->gain[0] != 0.0f || voice->gain[1] != 0.0f) /* silent ones only keep time */
      *span++ = (peri__span){.in = (const float *)voice->samples + place, .gain = {voice->gain[0], voice->gain[1]}};
    voice->position += (int64_t)N << 32;
    *keep++ = voice;
  }
  uint32_t count = (uint32_t)(span - batch->span);
  if (count > batch->count) batch->sum->silent = false;
  batch->count = count;
  batch->render->now_playing += v - from;
  *kept += v - from;
  return v;
}

/* Adds a voice that goes on likewise, but is no plain one: stereo, int16, between frames, filtered. False, and nothing
 * is done, where it takes more. */
static bool add_stretch(span_batch *batch, peri__voice *voice) {
  bool s16 = (voice->flags & PERI_VOICE_S16) != 0, stereo = voice->channels == 2, whole = is_whole(voice);
  uint32_t low, high, others = ~(uint32_t)(USUAL | PERI_VOICE_S16 | (s16 ? 0 : PERI_VOICE_FILTERED));
  if (!goes_on(voice, (int64_t)batch->render->frame + N, others, &low, &high) ||
      !fits_spans(batch, voice, voice->channels))
    return false;
  const float *gain = voice->gain;
  bool heard = gain[0] != 0.0f || gain[1] != 0.0f || gain[2] != 0.0f || gain[3] != 0.0f;
  bool needed = heard || voice->flags & PERI_VOICE_FILTERED; /* silent ones only keep time */
  float *scratch = batch->render->voice_scratch + (size_t)batch->scratch * N;
  size_t place = (size_t)(voice->position >> 32);
  const void *in = scratch;
  int32_t other = stereo ? N : 0;
  if (whole && place + N <= high) {
    in = s16 ? (const void *)((const int16_t *)voice->samples + place) : (const float *)voice->samples + place;
    other = stereo ? (int32_t)peri__stride(voice->frames) : 0;
    voice->position += (int64_t)N << 32;
  } else if (whole || !peri__playhead_read_on(batch->render, voice, low, high, needed ? scratch : NULL)) {
    return false;
  }
  batch->render->now_playing++;
  if (!needed) return true;
  peri__filter *filter = filter_in_use(voice);
  if (filter) {
    const float *channel[2] = {in, (const float *)in + other};
    filter_voice(batch, voice->channels, filter, channel, scratch, false);
    in = scratch;
    other = stereo ? N : 0;
  }
  if (in == scratch) batch->scratch += voice->channels;
  float scale = s16 ? 0x1p-15f : 1.0f;
  batch->span[batch->count++] =
      (peri__span){in, other, s16, {voice->gain[0] * scale, voice->gain[1] * scale}, {0.0f, 0.0f}};
  batch->plain = batch->plain && !s16 && !stereo;
  batch->sum->silent = false;
  if (!stereo || (voice->gain[2] == 0.0f && voice->gain[3] == 0.0f)) return true;
  const void *right = s16 ? (const void *)((const int16_t *)in + other) : (const float *)in + other;
  batch->span[batch->count++] =
      (peri__span){right, -other, s16, {voice->gain[2] * scale, voice->gain[3] * scale}, {0.0f, 0.0f}};
  return true;
}

/* What sounds of a playback's quantum in `rows` channels of `out`, where it may be already, silence around it. The last
 * channel stands in for those that it has not. */
static void lay_out(peri__playback *play, float *out, uint32_t rows) {
  uint32_t first = play->first, last = play->channel[0] ? play->last : first;
  for (uint32_t c = rows; c-- > 0;) {
    float *row = out + c * N;
    if (first < last) {
      const float *in = play->channel[c < play->channels ? c : play->channels - 1];
      memmove(row + first, in + first, (last - first) * sizeof *row);
    }
    memset(row, 0, first * sizeof *row);
    memset(row + last, 0, (N - last) * sizeof *row);
  }
  for (uint32_t c = 0; c < play->channels; c++) play->channel[c] = out + c * N;
}

/* The filter knows nothing of the turn: one quantum, of the frames before it and those behind. */
static void filter_turn(span_batch *batch, peri__voice *voice, const peri__playback *rest, float *before, float *behind,
                        uint32_t rows) {
  peri__filter *filter = filter_in_use(voice);
  const float *channel[PERI_MAX_CHANNELS];
  size_t bytes = rest->first * sizeof(float);
  if (!filter) return;
  for (uint32_t c = 0; c < rows; c++) channel[c] = memcpy(behind + c * N, before + c * N, bytes);
  filter_voice(batch, rows, filter, channel, behind, true);
  for (uint32_t c = 0; c < rows; c++) {
    memcpy(before + c * N, behind + c * N, bytes);
    memset(behind + c * N, 0, bytes);
    memset(behind + c * N + rest->last, 0, (N - rest->last) * sizeof(float));
    if (c >= voice->channels) memset(filter->state[c], 0, sizeof filter->state[c]);
  }
}

static void mix_stretch(span_batch *batch, const peri__voice *voice, const peri__playback *play,
                        const peri__gain_piece *pieces, uint32_t count) {
  if (!count) return;
  batch->sum->silent = false;
  if (fits_spans(batch, voice, play->channels)) {
    add_voice(batch, play, pieces, count);
  } else {
    flush(batch);
    add_wide_voice(batch, voice, play, pieces, count);
  }
}

/* A quantum in which the voice takes its successor: two stretches, each mixed as the sound that it is of. */
static __attribute__((noinline)) void turn(span_batch *batch, peri__voice *voice, peri__playback *play) {
  peri__gain_piece pieces[2][PERI_GAIN_PIECES];
  float *before = batch->render->wide_scratch, *behind = before + (size_t)2 * PERI_MAX_CHANNELS * N;
  peri__playback gone = *play;
  if (!batch->sum) {
    peri__playhead_turn(batch->render, voice, play, behind);
    return;
  }
  uint32_t count = peri__gain_pieces(batch->render, voice, &gone, pieces[0]);
  bool sounds = peri__playhead_turn(batch->render, voice, play, behind);
  uint32_t more = sounds ? peri__gain_pieces(batch->render, voice, play, pieces[1]) : 0;
  uint32_t rows = gone.channels > play->channels ? gone.channels : play->channels;
  lay_out(&gone, before, rows);
  lay_out(play, behind, rows);
  flush(batch); /* what came before is added before */
  filter_turn(batch, voice, play, before, behind, rows);
  mix_stretch(batch, voice, &gone, pieces[0], count);
  mix_stretch(batch, voice, play, pieces[1], more);
  flush(batch); /* others need the scratch */
}

/* Any voice, whatever happens to it in this quantum. False: it has ended. */
static bool add_any(span_batch *batch, peri__voice *voice) {
  peri__render *render = batch->render;
  if (voice->flags & PERI_VOICE_PAUSED) return false; /* it was stopped */
  peri__playback play;
  bool wide = !batch->sum || !fits_spans(batch, voice, voice->channels),
       filtered = (voice->flags & PERI_VOICE_FILTERED) != 0;
  uint32_t used = batch->scratch;
  float *scratch = wide ? render->wide_scratch : take_scratch(batch, voice->channels);
  bool sounds = peri__playhead_play(render, voice, &play, scratch);
  if (!wide && !(sounds && (play.channel[0] == scratch || filtered))) batch->scratch = used;
  if (play.turns)
    turn(batch, voice, &play);
  else if (sounds && batch->sum)
    mix_voice(batch, voice, &play, scratch, wide);
  if (voice->flags & PERI_VOICE_PAUSING) peri__voice_go_on_pausing(render, voice);
  bool unheard = !batch->sum && voice->flags & PERI_VOICE_RINGING; /* and its filter stands still */
  return !play.ended && !unheard;
}

const float *peri__voices_lone(peri__render *render, peri__input *input) {
  peri__voice *voice = input->list->voice[0];
  uint32_t low, high, others = ~(uint32_t)(USUAL & ~PERI_VOICE_PANNED);
  if (voice->channels != 1 || voice->gain[0] != 1.0f || !is_whole(voice)) return NULL;
  if (!goes_on(voice, (int64_t)render->frame + N, others, &low, &high)) return NULL;
  int64_t place = voice->position >> 32;
  if (place + N > high) return NULL;
  voice->position += (int64_t)N << 32;
  render->now_playing++;
  return (const float *)voice->samples + place;
}

/* Whether it is paused, and no stop ends it in this quantum. */
static inline bool stands_still(const peri__render *render, const peri__voice *voice) {
  return voice->flags & PERI_VOICE_PAUSED && voice->stop >= (int64_t)render->frame + N;
}

/* Those that stand still, as many in a row as there are; returns the place of the first other one. */
static uint32_t skip_paused(peri__render *render, peri__voice **list, uint32_t from, uint32_t to, uint32_t *kept) {
  uint32_t v = from, keep = *kept;
  for (; v < to && stands_still(render, list[v]); v++) list[keep++] = list[v];
  render->now_paused += v - from;
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
    if (is_full(&batch)) flush(&batch);
    v = skip_paused(render, list, v, count, &kept);
    if (sum) v = add_plain_voices(&batch, list, v, count, &kept);
    if (v == count) break;
    peri__voice *voice = list[v];
    if (is_full(&batch) || stands_still(render, voice)) continue;
    v++;
    if ((sum && add_stretch(&batch, voice)) || add_any(&batch, voice))
      list[kept++] = voice;
    else
      retire(render, voice);
  }
  input->count = kept;
  if (sum && batch.count) flush(&batch);
}
