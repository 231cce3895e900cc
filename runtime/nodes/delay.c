/* Web Audio 1.1, DelayNode: output(t) = input(t − delayTime(t)).
 *
 * The line is a ring of quanta. Each keeps the number of channels it came with; that of its samples is 0 in silence,
 * which is neither written nor read. A quantum that is put out has the most channels of what is read for it, so that
 * "channel count changes are reflected after the delay time has passed"; what came with fewer is mixed up as it is
 * read.
 *
 * In a cycle the text splits the node in two: `process` is its DelayReader, `absorb` its DelayWriter, and the delay is
 * then at least one quantum. The reader runs before what it leads to, the writer after all of it: so the cycle takes
 * just delayTime. */
#include "nodes/nodes.h"

#define N PERI_QUANTUM
#define LONGEST 180.0 /* seconds, itself excluded */
#define FAR 8192      /* frames apart: what lies between is not looked through */

typedef struct delay_part {
  peri__part part;
  size_t bytes;
  uint32_t channels;
  float *line[]; /* of each channel; they are the state's */
} delay_part;

typedef struct delay_state {
  /* constant */
  uint32_t quanta; /* of a line */
  /* control; freed with the node, so that a larger part can share them with the one before */
  float *line[PERI_MAX_CHANNELS];
  uint32_t lines;
  /* audio thread */
  uint8_t *channels; /* of the samples of each quantum of the line; 0: silence */
  uint8_t *widths;   /* channels that each came with, in silence too; 0: nothing that is active came */
  uint32_t at;       /* the place of the next quantum */
  uint32_t kept;     /* quanta before it that may be read */
  uint32_t quiet;    /* quanta since the last one that was not silent, at most `quanta` */
  uint32_t faint;    /* likewise, that was not fainter than PERI_FAINT */
  uint32_t narrow;   /* likewise, that had more than one channel */
  uint64_t frame;    /* where the next quantum begins */
} delay_state;

/* ---- Set-up ----------------------------------------------------------------------------------------------------- */

static bool check(const peri__setup *setup) {
  double longest = setup->def->max_delay;
  if (longest > 0.0 && longest < LONGEST) return true;
  return peri__fail("maxDelayTime must be above 0 and below 180 seconds, got %g", longest);
}

static void ranges(const peri__setup *setup, peri_param_info *params) {
  params[PERI_DELAY_DELAY_TIME].max_value = (float)setup->def->max_delay;
}

/* The farthest frame read lies one behind the longest delay; the quantum under way has its place too. */
static bool create(void *memory, const peri__setup *setup) {
  delay_state *state = memory;
  double longest = (double)(float)setup->def->max_delay * setup->sample_rate;
  state->quanta = (uint32_t)((longest + 2.0) / N) + 3;
  state->quiet = state->faint = state->narrow = state->quanta;
  state->channels = peri__allocate(2 * (size_t)state->quanta, 16);
  state->widths = state->channels ? state->channels + state->quanta : NULL;
  return state->channels != NULL;
}

static void destroy(void *memory) {
  delay_state *state = memory;
  for (uint32_t c = 0; c < state->lines; c++)
    peri__release(state->line[c], (size_t)state->quanta * N * sizeof *state->line[c]);
  peri__release(state->channels, 2 * (size_t)state->quanta);
}

static void free_part(peri__part *part) {
  delay_part *own = (delay_part *)(void *)part;
  peri__release(own, own->bytes);
}

static peri__part *grow(void *memory, uint32_t channels) {
  delay_state *state = memory;
  for (; state->lines < channels; state->lines++) {
    float *line = peri__allocate_raw((size_t)state->quanta * N * sizeof *line, PERI_CACHE_LINE);
    if (!line) return NULL; /* those that were made serve the next try */
    state->line[state->lines] = line;
  }
  size_t bytes = sizeof(delay_part) + channels * sizeof(float *);
  delay_part *part = peri__allocate(bytes, 16);
  if (!part) return NULL;
  *part = (delay_part){.part = {{{NULL}, PERI_RETIRED_PART}, free_part}, .bytes = bytes, .channels = channels};
  memcpy(part->line, state->line, channels * sizeof *part->line);
  return &part->part;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

/* The largest sample; 0 when it stands for zeros alone, as the last of what dies away in a cycle does. Compared as
 * whole numbers, which floats without their sign are ordered by; a NaN is the largest. */
static float peak_of(const peri__signal *in) {
  uint32_t most = 0;
  for (uint32_t c = 0; !in->silent && c < in->channels; c++) {
    const float *samples = in->samples + (size_t)c * N;
    for (int i = 0; i < N; i++) {
      uint32_t bits;
      memcpy(&bits, &samples[i], sizeof bits);
      bits &= 0x7FFFFFFF;
      most = bits > most ? bits : most;
    }
  }
  float peak;
  memcpy(&peak, &most, sizeof peak);
  return peak;
}

static void count_since(uint32_t *quanta, bool now, uint32_t most) {
  if (now)
    *quanta = 0;
  else if (*quanta < most)
    ++*quanta;
}

/* In a cycle the text calls a delay active only while it sounds: else what went round would keep its channels for ever.
 */
static void take_in(delay_state *state, const delay_part *part, const peri__signal *in, bool in_cycle) {
  float peak = peak_of(in);
  state->channels[state->at] = peak != 0.0f ? (uint8_t)in->channels : 0;
  state->widths[state->at] = in_cycle ? state->channels[state->at] : in->idle ? 0 : (uint8_t)in->channels;
  for (uint32_t c = 0; c < state->channels[state->at]; c++)
    memcpy(part->line[c] + (size_t)state->at * N, in->samples + (size_t)c * N, N * sizeof(float));
  count_since(&state->quiet, peak != 0.0f, state->quanta);
  count_since(&state->faint, !(peak < PERI_FAINT), state->quanta);
  count_since(&state->narrow, state->widths[state->at] > 1, state->quanta);
}

static void advance(delay_state *state) {
  if (++state->at == state->quanta) state->at = 0;
  if (state->kept + 1 < state->quanta) state->kept++;
  state->frame += N;
}

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

/* What is read for one quantum: two neighbours for each frame, as offsets into a line. */
typedef struct reading {
  uint32_t near[N], far[N];
  uint8_t near_channels[N], far_channels[N]; /* 0: silence */
  uint32_t counts;                           /* bit m − 1: something has m channels */
  uint32_t most;                             /* channels, of silence too */
} reading;

/* The same as frames from the beginning of this quantum, before it is known what stands there. */
typedef struct offsets {
  int32_t near[N];     /* the far one lies a frame before it */
  float share[N];      /* of the far one; 0: it is not read */
  int32_t first, last; /* of all that are read */
} offsets;

/* A delay in frames, a whole number where a float could not say it better: 0.1 s is 4,800 frames, no ten-millionth
 * more. */
static double in_frames(const peri__process *p, float seconds) {
  double frames = (double)seconds * p->sample_rate, whole = (double)(int64_t)(frames + 0.5);
  double off = frames - whole, unsaid = frames * 6e-8;
  if (off <= unsaid && -off <= unsaid) frames = whole;
  return p->in_cycle && frames < N ? N : frames;
}

/* The quantum so many before this one, which is kept. */
static uint32_t quantum_before(const delay_state *state, uint32_t back) {
  return state->at >= back ? state->at - back : state->at + state->quanta - back;
}

/* The frame at `offset` from the beginning of this quantum, which is at most its last. */
static uint8_t find(const delay_state *state, int32_t offset, uint32_t *place) {
  uint32_t back = (uint32_t)(N - 1 - offset) / N;
  if (back > state->kept) return 0;
  uint32_t quantum = quantum_before(state, back);
  *place = quantum * N + (uint32_t)(offset + (int32_t)(back * N));
  return state->channels[quantum];
}

static uint8_t width_at(const delay_state *state, int32_t offset) {
  uint32_t back = (uint32_t)(N - 1 - offset) / N;
  return back > state->kept ? 0 : state->widths[quantum_before(state, back)];
}

/* Channels of what is read from `first` to `last`, where all of it is silent. */
static uint32_t widest(const delay_state *state, int32_t first, int32_t last) {
  uint32_t most = 1;
  if (state->narrow >= state->quanta) return most;
  for (int32_t at = first; at <= last; at = at < last && last - at < N ? last : at + N) {
    uint32_t width = width_at(state, at);
    if (width > most) most = width;
  }
  return most;
}

static void note_count(reading *r, uint8_t channels) {
  if (channels) r->counts |= 1u << (channels - 1);
}

static void note_width(reading *r, uint8_t width) {
  if (width > r->most) r->most = width;
}

static void find_offsets(const peri__process *p, offsets *o) {
  const peri__values *seconds = &p->params[PERI_DELAY_DELAY_TIME];
  o->first = o->last = INT32_MIN;
  for (int i = 0; i < N; i++) {
    double delay = in_frames(p, seconds->frames[i]);
    int32_t whole = (int32_t)delay, near = i - whole;
    float share = (float)(delay - (double)whole);
    int32_t far = share > 0.0f ? near - 1 : near;
    if (i == 0 || far < o->first) o->first = far;
    if (near > o->last) o->last = near;
    o->near[i] = near;
    o->share[i] = share;
  }
}

static void find_all(const delay_state *state, const offsets *o, reading *r) {
  r->counts = 0;
  r->most = 1;
  for (int i = 0; i < N; i++) {
    r->near[i] = r->far[i] = 0;
    r->near_channels[i] = find(state, o->near[i], &r->near[i]);
    r->far_channels[i] = o->share[i] > 0.0f ? find(state, o->near[i] - 1, &r->far[i]) : 0;
    note_count(r, r->near_channels[i]);
    note_count(r, r->far_channels[i]);
    note_width(r, width_at(state, o->near[i]));
    if (o->share[i] > 0.0f) note_width(r, width_at(state, o->near[i] - 1));
  }
}

/* What has just so many channels; the rest is left out. */
static void read_some(const delay_part *part, const offsets *o, const reading *r, uint8_t channels, float *out) {
  for (uint32_t c = 0; c < channels; c++, out += N) {
    const float *line = part->line[c];
    for (int i = 0; i < N; i++) {
      float near = r->near_channels[i] == channels ? line[r->near[i]] : 0.0f;
      float far = r->far_channels[i] == channels ? line[r->far[i]] : 0.0f;
      out[i] = o->share[i] > 0.0f ? near + (far - near) * o->share[i] : near;
    }
  }
}

/* Whatever it is. */
static void read_any(const delay_part *part, const peri__process *p, const offsets *o, const reading *r,
                     peri__signal *out) {
  float some[PERI_MAX_CHANNELS * N];
  memset(out->samples, 0, (size_t)r->most * N * sizeof(float));
  for (uint32_t m = 1; m <= r->most; m++) {
    if (!(r->counts >> (m - 1) & 1)) continue;
    read_some(part, o, r, (uint8_t)m, some);
    peri__mix_channels(out->samples, r->most, some, m, p->interpretation);
  }
}

/* What the quanta from `first` to `last` have in common: `*channels`, 0 when all are silent. False when they differ. */
static bool is_uniform(const delay_state *state, int32_t first, int32_t last, uint32_t *channels) {
  uint32_t place = 0;
  *channels = find(state, first, &place);
  for (int32_t at = first; at < last;) {
    at = last - at > N ? at + N : last;
    if (find(state, at, &place) != *channels) return false;
  }
  return true;
}

/* `count` frames in a row of one line, from quanta that all sound. */
static void copy(const delay_state *state, const float *line, int32_t offset, uint32_t count, float *out) {
  while (count) {
    uint32_t place = 0, piece;
    find(state, offset, &place);
    piece = N - place % N;
    if (piece > count) piece = count;
    memcpy(out, line + place, piece * sizeof *out);
    out += piece, offset += (int32_t)piece, count -= piece;
  }
}

static void read_row(const delay_state *state, const delay_part *part, int32_t first, float share, peri__signal *out) {
  float row[N + 1];
  for (uint32_t c = 0; c < out->channels; c++) {
    float *to = out->samples + (size_t)c * N;
    if (share == 0.0f) {
      copy(state, part->line[c], first, N, to);
      continue;
    }
    copy(state, part->line[c], first, N + 1, row);
    for (int i = 0; i < N; i++) to[i] = row[i + 1] + (row[i] - row[i + 1]) * share;
  }
}

/* Whether that was all: the delay is steady and what it reads is silent, or has one number of channels and no gaps. */
static bool read_steady(const delay_state *state, const delay_part *part, const peri__process *p, peri__signal *out) {
  const peri__values *seconds = &p->params[PERI_DELAY_DELAY_TIME];
  if (!seconds->steady) return false;
  double delay = in_frames(p, seconds->first);
  int32_t whole = (int32_t)delay;
  float share = (float)(delay - (double)whole);
  int32_t first = share > 0.0f ? -whole - 1 : -whole;
  uint32_t channels;
  if (!is_uniform(state, first, N - 1 - whole, &channels)) return false;
  out->silent = channels == 0;
  out->channels = channels ? channels : widest(state, first, N - 1 - whole);
  if (channels) read_row(state, part, first, share, out);
  return true;
}

/* The same of one that varies, unless it does so by much. */
static bool read_varying(const delay_state *state, const delay_part *part, const offsets *o, peri__signal *out) {
  uint32_t channels;
  if (o->last - o->first > FAR || !is_uniform(state, o->first, o->last, &channels)) return false;
  out->silent = channels == 0;
  out->channels = channels ? channels : widest(state, o->first, o->last);
  int32_t now = (int32_t)(state->at * N), frames = (int32_t)(state->quanta * N);
  for (uint32_t c = 0; c < channels; c++) {
    const float *line = part->line[c];
    float *to = out->samples + (size_t)c * N;
    for (int i = 0; i < N; i++) {
      int32_t near = now + o->near[i], far = o->share[i] > 0.0f ? near - 1 : near;
      float a = line[near < 0 ? near + frames : near], b = line[far < 0 ? far + frames : far];
      to[i] = a + (b - a) * o->share[i];
    }
  }
  return true;
}

static void put_out(const delay_state *state, const delay_part *part, const peri__process *p) {
  peri__signal *out = &p->outputs[0];
  out->silent = true;
  out->channels = 1;
  bool empty = state->quiet >= state->quanta && state->narrow >= state->quanta;
  if (empty || read_steady(state, part, p, out)) return;
  offsets o;
  find_offsets(p, &o);
  if (read_varying(state, part, &o, out)) return;
  reading r;
  find_all(state, &o, &r);
  out->channels = r.most;
  out->silent = r.counts == 0;
  if (!out->silent) read_any(part, p, &o, &r, out);
}

/* ---- Both, in their order --------------------------------------------------------------------------------------- */

static void forget(void *memory) {
  delay_state *state = memory;
  state->kept = 0;
  state->quiet = state->faint = state->narrow = state->quanta;
}

static void process(const peri__process *p) {
  delay_state *state = p->state;
  const delay_part *part = (const delay_part *)(const void *)p->part;
  if (p->frame != state->frame) forget(state); /* it was muted, and nothing came in meanwhile */
  state->frame = p->frame;
  if (p->in_cycle) {
    state->channels[state->at] = state->widths[state->at] = 0;
    put_out(state, part, p);
    return;
  }
  take_in(state, part, &p->inputs[0], false);
  put_out(state, part, p);
  advance(state);
}

static void absorb(const peri__process *p) {
  delay_state *state = p->state;
  take_in(state, (const delay_part *)(const void *)p->part, &p->inputs[0], true);
  advance(state);
}

static peri__tail tail(const void *memory) {
  const delay_state *state = memory;
  if (state->quiet >= state->quanta) return PERI_TAIL_OVER;
  return state->faint < state->quanta ? PERI_TAIL_HEARD : PERI_TAIL_FAINT;
}

static const peri_param_info params[] = {
    [PERI_DELAY_DELAY_TIME] = {"delayTime", 0.0f, 0.0f, 1.0f, true, false},
};

const peri__kind peri__kind_delay = {
    .info = {.name = "DelayNode", .inputs = 1, .outputs = 1, .params = 1, .param = params},
    .state_bytes = sizeof(delay_state),
    .has_tail = true,
    .breaks_cycles = true,
    .rule = {2, PERI_COUNT_MAX, PERI_SPEAKERS},
    .max_count = PERI_MAX_CHANNELS,
    .check = check,
    .create = create,
    .destroy = destroy,
    .grow = grow,
    .ranges = ranges,
    .process = process,
    .absorb = absorb,
    .tail = tail,
    .reset = forget,
};
