/* Random scenes of sources: `perilune-fuzz-voices SCENES [FIRST]` plays the scenes of the seeds FIRST, FIRST + 1 …
 * (from 1). Each is played in blocks of several sizes, with silent neighbours, and by every table of kernels that this
 * processor has. All outputs are finite; they have the same bits but for another table's, which stays close; sources
 * end when they must; and all memory comes back. Says which seed breaks a promise, and fails. */
#include "base/base.h"
#include "dsp/kernels.h"
#include "media/media.h"

#include <perilune/perilune.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERS 8
#define SOURCES 48
#define NODES 5   /* destination, gains and a panner */
#define QUANTA 80 /* in which things happen */
#define TAIL 60   /* in which the rest ends */
#define MOST_FRAMES 3000
#define CLOSE 1e-3 /* of another table's output, to the loudest sample: narrow filters magnify differences */

/* ---- Chance ----------------------------------------------------------------------------------------------------- */

typedef struct chance {
  uint64_t state;
} chance;

static chance chance_of(uint64_t seed) {
  seed = (seed + 1) * 0x9E3779B97F4A7C15u;
  seed = (seed ^ seed >> 30) * 0xBF58476D1CE4E5B9u;
  return (chance){(seed ^ seed >> 27) | 1};
}

static uint32_t any(chance *c, uint32_t limit) { /* xorshift64* */
  c->state ^= c->state >> 12, c->state ^= c->state << 25, c->state ^= c->state >> 27;
  return (uint32_t)((c->state * 2685821657736338717u) >> 33) % (limit ? limit : 1);
}

static bool one_in(chance *c, uint32_t limit) { return any(c, limit) == 0; }

static double between(chance *c, double low, double high) { return low + (high - low) * any(c, 1u << 24) / (1u << 24); }

static double pick(chance *c, const double *from, uint32_t count) { return from[any(c, count)]; }

/* ---- Scenes ----------------------------------------------------------------------------------------------------- */

typedef struct sound {
  peri_buffer *buffer;
  bool marked; /* has a NaN or an infinity */
} sound;

typedef struct playing {
  peri_node id;
  bool started;
  double deadline; /* the frame at which it has ended, whatever else happens; INFINITY: none is known */
} playing;

/* How a scene is played. */
typedef struct way {
  const char *name;
  const char *kernels; /* NULL: the best */
  uint32_t block;
  bool neighbours;
} way;

typedef struct scene {
  chance chance, other; /* `other` decides on neighbours */
  peri_engine *engine;
  peri_owner owner; /* of reloads */
  double rate;
  uint32_t channels;
  sound sound[BUFFERS];
  playing source[SOURCES];
  peri_node node[NODES];
  const way *way;
  float *out;
  uint32_t rendered;
} scene;

static uint64_t seed;

static void broken(const scene *s, const char *promise) {
  fprintf(stderr, "seed %llu, %s, frame %u: %s\n", (unsigned long long)seed, s->way->name, s->rendered, promise);
  exit(1);
}

static void put(unsigned char **at, uint32_t value, int bytes) {
  for (; bytes; bytes--, value >>= 8) *(*at)++ = (unsigned char)value;
}

/* Of noise; the caller frees. */
static unsigned char *s16_file(chance *c, uint32_t channels, uint32_t frames, uint32_t rate, size_t *size) {
  uint32_t bytes = channels * frames * 2;
  unsigned char *file = malloc(44 + bytes), *at = file;
  memcpy(at, "RIFF", 4), at += 4, put(&at, 36 + bytes, 4);
  memcpy(at, "WAVEfmt ", 8), at += 8, put(&at, 16, 4), put(&at, 1, 2), put(&at, channels, 2), put(&at, rate, 4);
  put(&at, rate * channels * 2, 4), put(&at, channels * 2, 2), put(&at, 16, 2);
  memcpy(at, "data", 4), at += 4, put(&at, bytes, 4);
  for (uint32_t k = 0; k < channels * frames; k++) put(&at, any(c, 65536), 2);
  *size = 44 + bytes;
  return file;
}

/* Sounds of int16 come from files alone. */
static peri_buffer *s16_sound(chance *c, uint32_t channels, uint32_t frames, uint32_t rate) {
  size_t size;
  unsigned char *file = s16_file(c, channels, frames, rate, &size);
  peri_buffer *buffer = peri_buffer_decode(file, size, 0, PERI_FORMAT_S16);
  free(file);
  return buffer;
}

static void fill(chance *c, sound *sound, uint32_t channel) {
  static const float marks[] = {NAN, INFINITY, -INFINITY};
  static float samples[MOST_FRAMES];
  uint32_t frames = (uint32_t)peri_buffer_frames(sound->buffer);
  for (uint32_t k = 0; k < frames; k++) samples[k] = (float)between(c, -1, 1);
  if (sound->marked) samples[any(c, frames)] = marks[any(c, 3)];
  peri_buffer_write(sound->buffer, channel, 0, samples, frames);
}

static void make_sound(chance *c, sound *sound) {
  static const double lengths[] = {1, 2, 3, 17, 127, 128, 129, 400, 1000}, rates[] = {48000, 44100, 24000, 96000};
  uint32_t frames = one_in(c, 3) ? 1 + any(c, MOST_FRAMES) : (uint32_t)pick(c, lengths, 9);
  uint32_t channels = one_in(c, 4) ? 1 + any(c, 8) : 1 + any(c, 2);
  double rate = one_in(c, 2) ? 48000 : pick(c, rates, 4);
  sound->marked = one_in(c, 8);
  sound->buffer = one_in(c, 3) ? s16_sound(c, channels, frames, (uint32_t)rate) : NULL;
  if (sound->buffer) {
    sound->marked = false;
    return;
  }
  sound->buffer = peri_buffer_create(channels, frames, rate);
  for (uint32_t k = 0; k < channels; k++) fill(c, sound, k);
}

static double now(const scene *s) { return peri_engine_time(s->engine); }

/* A time soon, on a frame or between two; or now. */
static double soon(scene *s) {
  chance *c = &s->chance;
  double frames = any(c, 1500) + (one_in(c, 2) ? between(c, 0, 1) : 0);
  return one_in(c, 2) ? 0 : now(s) + frames / s->rate;
}

static float any_rate(chance *c) {
  static const double rates[] = {1, 1, 1, 0.5, 2, 1.0 / 3, 4, 3.5, 0.05, 17.3, 5000, 1e20, 1e-9};
  return one_in(c, 2) ? (float)between(c, 0.3, 3) : (float)pick(c, rates, 13);
}

static peri_filter any_filter(chance *c) {
  static const double frequencies[] = {0, 1000, 24000, 1e9, 20, 0.1};
  peri_filter filter = {(peri_filter_type)any(c, 4), (float)between(c, 100, 15000), (float)between(c, 0.3, 12)};
  if (one_in(c, 5)) filter.frequency = (float)pick(c, frequencies, 6);
  return filter;
}

static double any_seconds(chance *c) {
  static const double seconds[] = {0, 0, 0.005, 0.01, 0.00001, 0.1, 1e9};
  return pick(c, seconds, 7);
}

static peri_source_def any_def(scene *s, const sound *sound) {
  chance *c = &s->chance;
  peri_source_def def = peri_default_source_def();
  def.buffer = sound->buffer;
  def.notify = one_in(c, 3);
  def.user = any(c, 2);
  def.panned = one_in(c, 2);
  def.whole_frames = one_in(c, 2);
  def.loop = one_in(c, 3);
  def.volume = (float)between(c, -1, 1);
  def.pan = (float)between(c, -1, 1);
  if (!one_in(c, 3)) def.playback_rate = any_rate(c);
  if (one_in(c, 6)) def.detune = (float)between(c, -2400, 2400);
  def.interpolation = (peri_interpolation)any(c, 5);
  if (one_in(c, 4)) def.filter = any_filter(c);
  if (one_in(c, 4)) {
    def.loop_start = between(c, 0, peri_buffer_duration(sound->buffer));
    def.loop_end = between(c, 0, peri_buffer_duration(sound->buffer) * 1.1);
  }
  if (one_in(c, 3)) def.offset = between(c, 0, peri_buffer_duration(sound->buffer) * 1.1);
  if (one_in(c, 3)) def.duration = between(c, 0, 0.1);
  if (one_in(c, 2)) def.at = soon(s);
  if (one_in(c, 4)) def.fade_in = any_seconds(c);
  return def;
}

/* Of a source that neither loops nor rings. */
static double deadline_of(const scene *s, const peri_source_def *def) {
  if (def->loop || def->filter.type != PERI_FILTER_NONE) return INFINITY;
  double rate = (double)def->playback_rate * exp2((double)def->detune / 1200);
  double from = fmax(def->at, now(s)) * s->rate, seconds = peri_buffer_duration(def->buffer) / rate;
  return from + seconds * s->rate + 256;
}

static void connect_somewhere(scene *s, peri_node source) {
  chance *c = &s->chance;
  uint32_t node = any(c, NODES);
  if (one_in(c, 12) && node)
    peri_connect_param(s->engine, source, 0, s->node[node], 0);
  else
    peri_connect(s->engine, source, 0, s->node[node], 0);
}

/* ---- What happens ----------------------------------------------------------------------------------------------- */

static void add_neighbour(scene *s) {
  chance *c = &s->other;
  const sound *sound = &s->sound[any(c, BUFFERS)];
  peri_source_def def = peri_default_source_def();
  if (peri_buffer_channels(sound->buffer) > 1) return; /* more channels would change the mixing */
  def.buffer = sound->buffer;
  def.volume = 0;
  def.loop = one_in(c, 2);
  def.playback_rate = any_rate(c);
  def.interpolation = (peri_interpolation)any(c, 5);
  if (one_in(c, 3)) def.filter = any_filter(c);
  peri_source_play(s->engine, &def, s->node[any(c, NODES)]);
}

static void begin_source(scene *s, playing *source) {
  chance *c = &s->chance;
  const sound *sound = &s->sound[any(c, BUFFERS)];
  peri_source_def def = any_def(s, sound);
  if (source->id) {
    peri_source_set_paused(s->engine, source->id, false);
    peri_source_stop(s->engine, source->id, soon(s));
    peri_node_release(s->engine, source->id);
  }
  source->deadline = deadline_of(s, &def);
  source->started = one_in(c, 2);
  if (source->started) {
    source->id = peri_source_play(s->engine, &def, s->node[any(c, NODES)]);
    return;
  }
  if (one_in(c, 6)) def.buffer = NULL, source->deadline = INFINITY;
  source->id = peri_source_create(s->engine, &def);
  connect_somewhere(s, source->id);
  if (one_in(c, 5)) connect_somewhere(s, source->id);
  if (one_in(c, 8)) return;
  source->started = true;
  peri_source_start(s->engine, source->id, def.at, def.offset, def.duration);
}

static void change_rate(scene *s, playing *source) {
  static const double rates[] = {0, 0, -1, 1, -0.5, -3, 2, 1e30, -1e30, 1.0 / 3};
  chance *c = &s->chance;
  uint32_t param = one_in(c, 4) ? PERI_SOURCE_DETUNE : PERI_SOURCE_PLAYBACK_RATE;
  float value = (float)(param == PERI_SOURCE_DETUNE ? between(c, -3000, 3000)
                        : one_in(c, 2)              ? between(c, -2, 3)
                                                    : pick(c, rates, 10));
  source->deadline = INFINITY;
  switch (any(c, 4)) {
  case 0: peri_param_set_value(s->engine, source->id, param, value); break;
  case 1: peri_param_set_value_at_time(s->engine, source->id, param, value, soon(s)); break;
  case 2: peri_param_linear_ramp(s->engine, source->id, param, value, soon(s)); break;
  default: peri_param_set_target(s->engine, source->id, param, value, soon(s), between(c, 0, 0.02)); break;
  }
}

static void change_loop(scene *s, playing *source) {
  chance *c = &s->chance;
  source->deadline = INFINITY;
  if (one_in(c, 2))
    peri_source_set_loop(s->engine, source->id, !one_in(c, 3));
  else
    peri_source_set_loop_points(s->engine, source->id, between(c, 0, 0.02), between(c, 0, 0.03));
}

static void change_way(scene *s, const playing *source) {
  if (one_in(&s->chance, 3)) peri_disconnect(s->engine, source->id, PERI_ANY, 0, PERI_ANY);
  connect_somewhere(s, source->id);
}

static void change_node(scene *s) {
  chance *c = &s->chance;
  uint32_t k = 1 + any(c, NODES - 1);
  peri_param_linear_ramp(s->engine, s->node[k], 0, (float)between(c, -1, 1), soon(s));
}

static void end_source(scene *s, playing *source) {
  chance *c = &s->chance;
  if (one_in(c, 2))
    peri_source_stop(s->engine, source->id, soon(s));
  else
    peri_source_fade_out(s->engine, source->id, any_seconds(c) * between(c, 0, 1), soon(s));
}

static void write_sound(scene *s) {
  sound *sound = &s->sound[any(&s->chance, BUFFERS)];
  fill(&s->chance, sound, any(&s->chance, peri_buffer_channels(sound->buffer)));
}

/* In the place of what plays, at the engine's rate. Mono stays so: neighbours play it. */
static void reload_sound(scene *s) {
  chance *c = &s->chance;
  peri_buffer *buffer = s->sound[any(c, BUFFERS)].buffer;
  uint32_t channels = peri_buffer_channels(buffer) == 1 ? 1 : 2 + any(c, one_in(c, 3) ? 7 : 1);
  size_t size;
  unsigned char *file = s16_file(c, channels, 1 + any(c, MOST_FRAMES / 5), 48000, &size);
  peri_event event;
  if (!peri_engine_reload_memory_async(s->engine, s->owner, 0, buffer, file, size)) broken(s, "a sound is reloaded");
  while (!peri_owner_poll(s->engine, s->owner, &event)) continue;
  if (event.buffer != buffer) broken(s, "a sound is reloaded");
  peri_buffer_release(event.buffer);
  free(file);
  peri_engine_update(s->engine); /* a neighbour's edit of the graph could put it off until then */
  for (int k = 0; k < SOURCES; k++) s->source[k].deadline = INFINITY; /* those to come are longer or shorter */
}

static void act(scene *s) {
  chance *c = &s->chance;
  playing *source = &s->source[any(c, SOURCES)];
  double seconds;
  peri_filter filter;
  if (!source->id || one_in(c, 3)) {
    begin_source(s, source);
    return;
  }
  switch (any(c, 15)) {
  case 0: peri_source_set_volume(s->engine, source->id, (float)between(c, -1, 1), any_seconds(c)); break;
  case 1: peri_source_set_pan(s->engine, source->id, (float)between(c, -1, 1), any_seconds(c)); break;
  case 2:
  case 3:
    filter = any_filter(c);
    source->deadline = INFINITY;
    peri_source_set_filter(s->engine, source->id, &filter, any_seconds(c));
    break;
  case 4: peri_source_set_interpolation(s->engine, source->id, (peri_interpolation)any(c, 5)); break;
  case 5: change_loop(s, source); break;
  case 6:
  case 7: change_rate(s, source); break;
  case 8: change_way(s, source); break;
  case 9: change_node(s); break;
  case 10: end_source(s, source); break;
  case 12:
    source->deadline = INFINITY;
    peri_source_set_paused(s->engine, source->id, !one_in(c, 3));
    break;
  case 14: reload_sound(s); break;
  case 11: peri_source_get_position(s->engine, source->id, &seconds); break;
  default:
    if (one_in(c, 2))
      write_sound(s);
    else
      peri_source_set_buffer(s->engine, source->id, s->sound[any(c, BUFFERS)].buffer);
    break;
  }
}

/* ---- Playing ---------------------------------------------------------------------------------------------------- */

static void render(scene *s, uint32_t frames) {
  for (uint32_t end = s->rendered + frames; s->rendered < end;) {
    uint32_t count = end - s->rendered < s->way->block ? end - s->rendered : s->way->block;
    if (!peri_engine_render(s->engine, s->out + (size_t)s->rendered * s->channels, count)) broken(s, "it renders");
    s->rendered += count;
  }
}

static void begin_scene(scene *s) {
  static const double widths[] = {2, 2, 2, 1, 6};
  chance *c = &s->chance;
  if (s->way->kernels)
    setenv("PERILUNE_CPU", s->way->kernels, 1);
  else
    unsetenv("PERILUNE_CPU");
  peri_engine_def def = peri_default_engine_def();
  def.channels = s->channels = (uint32_t)pick(c, widths, 5);
  def.interpolation = (peri_interpolation)any(c, 5);
  s->rate = def.sample_rate = one_in(c, 4) ? between(c, 8000, 192000) : 48000;
  s->engine = peri_engine_create(&def);
  s->owner = peri_owner_create(s->engine);
  peri_engine_set_profiling(s->engine, one_in(c, 4));
  s->out = calloc((size_t)(QUANTA + TAIL + 8) * 128 * s->channels, sizeof(float));
  for (int k = 0; k < BUFFERS; k++) make_sound(c, &s->sound[k]);
  s->node[0] = peri_engine_destination(s->engine);
  for (int k = 1; k < NODES; k++) {
    s->node[k] = peri_node_create(s->engine, k == 1 ? PERI_NODE_STEREO_PANNER : PERI_NODE_GAIN);
    peri_connect(s->engine, s->node[k], 0, s->node[k < 3 ? 0 : k - 1], 0);
  }
  if (one_in(c, 4)) {
    peri_channel_rule rule = {1 + any(c, 6), (peri_count_mode)any(c, 3), (peri_interpretation)any(c, 2)};
    peri_node_set_channels(s->engine, s->node[2 + any(c, 3)], &rule);
  }
}

static void check_ends(scene *s) {
  for (int k = 0; k < SOURCES; k++) {
    const playing *source = &s->source[k];
    if (!source->id || !source->started || !(source->deadline < (double)s->rendered)) continue;
    if (peri_source_get_state(s->engine, source->id) != PERI_SOURCE_GONE)
      broken(s, "a source ends where its sound does");
  }
}

static void end_scene(scene *s) {
  check_ends(s);
  for (int k = 0; k < SOURCES; k++) {
    if (!s->source[k].id) continue;
    peri_source_set_paused(s->engine, s->source[k].id, false);
    peri_source_stop(s->engine, s->source[k].id, 0);
    peri_node_release(s->engine, s->source[k].id);
  }
  peri_engine_update(s->engine);
  render(s, 4 * 128);
  peri_engine_update(s->engine);
  peri_stats stats = {.size = sizeof stats};
  peri_engine_stats(s->engine, &stats);
  if (stats.sources && !s->way->neighbours) broken(s, "what is stopped is gone");
  for (size_t k = 0; k < (size_t)s->rendered * s->channels; k++)
    if (!isfinite(s->out[k])) broken(s, "the output is finite");
  peri_engine_destroy(s->engine);
  for (int k = 0; k < BUFFERS; k++) peri_buffer_release(s->sound[k].buffer);
  if (peri_buffers_alive() || peri_buffer_bytes_alive() || peri__memory_bytes()) broken(s, "all memory comes back");
}

/* The output; the caller frees. */
static float *play(const way *way, size_t *samples) {
  scene s = {.chance = chance_of(seed), .other = chance_of(~seed), .way = way};
  begin_scene(&s);
  for (int quantum = 0; quantum < QUANTA; quantum++) {
    bool together = one_in(&s.chance, 4);
    if (together) peri_engine_begin(s.engine);
    for (uint32_t n = any(&s.chance, 5); n; n--) {
      if (way->neighbours && one_in(&s.other, 2)) add_neighbour(&s);
      act(&s);
    }
    if (together) peri_engine_commit(s.engine);
    if (!together || one_in(&s.chance, 3))
      peri_engine_update(s.engine); /* a neighbour's start would publish edits too */
    render(&s, 128);
  }
  render(&s, TAIL * 128);
  end_scene(&s);
  *samples = (size_t)s.rendered * s.channels;
  return s.out;
}

static float loudest(const float *out, size_t samples) {
  float most = 0;
  for (size_t k = 0; k < samples; k++) most = fmaxf(most, fabsf(out[k]));
  return most;
}

/* −0 is 0. */
static void compare(const way *way, const float *out, const float *first, size_t samples, float allowed) {
  const scene s = {.way = way};
  for (size_t k = 0; k < samples; k++) {
    if (fabsf(out[k] - first[k]) <= allowed) continue;
    fprintf(stderr, "sample %zu: %.9g, at first %.9g\n", k, (double)out[k], (double)first[k]);
    broken(&s, allowed > 0 ? "every table's output is close" : "the bits are the same");
  }
}

static void play_each_way(void) {
  static const way ways[] = {{"blocks of 128", NULL, 128, false},
                             {"blocks of 1", NULL, 1, false},
                             {"blocks of 7", NULL, 7, false},
                             {"blocks of 1,000", NULL, 1000, false},
                             {"neighbours", NULL, 128, true}};
  size_t samples, others;
  float *first = play(&ways[0], &samples), most = loudest(first, samples);
  for (size_t w = 1; w < sizeof ways / sizeof *ways; w++) {
    float *out = play(&ways[w], &others);
    compare(&ways[w], out, first, samples, 0);
    free(out);
  }
  for (int k = 1; peri__kernels_built[k]; k++) {
    if (!peri__kernels_built[k]->usable()) continue;
    const way other = {peri__kernels_built[k]->name, peri__kernels_built[k]->name, 128, false};
    float *out = play(&other, &others);
    compare(&other, out, first, samples, (float)CLOSE * (1 + most));
    free(out);
  }
  free(first);
}

static void say_nothing(peri_log_level level, const char *message, void *user) { /* of sounds that are not finite */
  (void)level, (void)message, (void)user;
}

int main(int count, char **arguments) {
  if (count < 2) return fprintf(stderr, "usage: %s SCENES [FIRST]\n", arguments[0]), 2;
  uint64_t first = count > 2 ? strtoull(arguments[2], NULL, 10) : 1, scenes = strtoull(arguments[1], NULL, 10);
  peri_hooks hooks = peri_default_hooks();
  hooks.log = say_nothing;
  peri_set_hooks(&hooks);
  for (seed = first; seed < first + scenes; seed++) play_each_way();
  printf("%llu scenes: all promises kept\n", (unsigned long long)scenes);
  return 0;
}
