/* Graphs of Web Audio nodes, against npm node-web-audio-api through its OfflineAudioContext. That runs in a process of
 * its own, webaudio.mjs under Node, which builds the same graph, renders it and says how long its processor worked.
 * Both sides render a graph afresh up to two lengths, and the difference counts: what is outside the render costs the
 * same in both. Where Node or the module is missing the rows say so. */
#include "bench/bench.h"

#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define RATE 48000
#define LOOP 14400 /* frames: 0.3 s */
#define SCRIPT "tests/bench/webaudio.mjs"
#define MISSING "node-web-audio-api is not here (npm, into build/npm)"

extern char **environ;

/* ---- The peer --------------------------------------------------------------------------------------------------- */

static struct {
  FILE *answers; /* NULL: it is not here */
  pid_t process;
  char name[64];
} peer;

/* False where the peer has ended. */
static bool ask(const char *question, char *answer, int size) {
  if (question && send(fileno(peer.answers), question, strlen(question), MSG_NOSIGNAL) < 0) return false;
  return fgets(answer, size, peer.answers) != NULL;
}

static void close_peer(void) {
  if (!peer.answers) return;
  fclose(peer.answers);
  peer.answers = NULL;
  waitpid(peer.process, NULL, 0);
}

static void open_peer(void) {
  static char *const arguments[] = {"node", SCRIPT, NULL};
  int ends[2];
  bench_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socket");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
  bool spawned = posix_spawnp(&peer.process, arguments[0], &actions, NULL, arguments, environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (!spawned) {
    close(ends[0]);
    return;
  }
  peer.answers = fdopen(ends[0], "r");
  bench_must(peer.answers != NULL, "memory");
  char answer[128], version[32];
  if (ask(NULL, answer, sizeof answer) && sscanf(answer, "ready %31s", version) == 1)
    snprintf(peer.name, sizeof peer.name, "node-web-audio-api %s", version);
  else
    close_peer();
}

/* ---- Graphs: what webaudio.mjs builds --------------------------------------------------------------------------- */

static uint32_t state; /* webaudio.mjs has the same sequence */

static float chance(void) {
  state = state * 1664525u + 1013904223u;
  return (float)(state >> 8) / 16777216.0f;
}

static peri_buffer *noise(uint32_t channels, uint32_t frames, bool fade) {
  peri_buffer *buffer = peri_buffer_create(channels, frames, RATE);
  float *samples = malloc(frames * sizeof *samples);
  bench_must(buffer && samples, "buffer");
  for (uint32_t c = 0; c < channels; c++) {
    for (uint32_t i = 0; i < frames; i++) samples[i] = (2 * chance() - 1) * (fade ? 1 - (float)i / (float)frames : 1);
    bench_must(peri_buffer_write(buffer, c, 0, samples, frames), "buffer");
  }
  free(samples);
  return buffer;
}

static peri_node node_of(peri_engine *engine, peri_node_kind kind) {
  peri_node node = peri_node_create(engine, kind);
  bench_must(node != 0, "node");
  return node;
}

static void set(peri_engine *engine, peri_node node, uint32_t param, float value) {
  bench_must(peri_param_set_value(engine, node, param, value), "parameter");
}

/* Returns `to`. */
static peri_node join(peri_engine *engine, peri_node from, peri_node to) {
  bench_must(peri_connect(engine, from, 0, to, 0), "connect");
  return to;
}

static void start(peri_engine *engine, peri_node source) {
  bench_must(peri_source_start(engine, source, 0.0, 0.0, INFINITY), "start");
}

static peri_node loop_of(peri_engine *engine, peri_buffer *sound) {
  peri_source_def def = peri_default_source_def();
  def.buffer = sound;
  def.loop = true;
  peri_node source = peri_source_create(engine, &def);
  bench_must(source != 0, "source");
  return source;
}

static void build_voices(peri_engine *engine, peri_node out) {
  peri_buffer *sound = noise(1, LOOP, false);
  for (int v = 0; v < 256; v++) {
    peri_node gain = node_of(engine, PERI_NODE_GAIN), filter = node_of(engine, PERI_NODE_BIQUAD_FILTER);
    peri_node panner = node_of(engine, PERI_NODE_STEREO_PANNER), source = loop_of(engine, sound);
    set(engine, gain, PERI_GAIN_GAIN, (0.5f + chance()) / 256);
    set(engine, filter, PERI_BIQUAD_FREQUENCY, 200 + 5000 * chance());
    set(engine, panner, PERI_STEREO_PANNER_PAN, 2 * chance() - 1);
    join(engine, join(engine, join(engine, join(engine, source, gain), filter), panner), out);
    start(engine, source);
  }
  peri_buffer_release(sound);
}

static void build_convolver(peri_engine *engine, peri_node out) {
  peri_buffer *sound = noise(2, LOOP, false), *response = noise(2, 2 * RATE, true);
  peri_node source = loop_of(engine, sound), convolver = node_of(engine, PERI_NODE_CONVOLVER);
  bench_must(peri_node_set_buffer(engine, convolver, response), "response");
  join(engine, join(engine, source, convolver), out);
  start(engine, source);
  peri_buffer_release(sound);
  peri_buffer_release(response);
}

static void build_oscillators(peri_engine *engine, peri_node out, peri_oscillator_type type) {
  peri_node gain = node_of(engine, PERI_NODE_GAIN);
  set(engine, gain, PERI_GAIN_GAIN, 0.001f);
  join(engine, gain, out);
  for (int o = 0; o < 1000; o++) {
    peri_node oscillator = node_of(engine, PERI_NODE_OSCILLATOR);
    bench_must(peri_node_set_option(engine, oscillator, PERI_OSCILLATOR_TYPE, type), "type");
    set(engine, oscillator, PERI_OSCILLATOR_FREQUENCY, 50 + 3000 * chance());
    join(engine, oscillator, gain);
    start(engine, oscillator);
  }
}

static void build_sines(peri_engine *engine, peri_node out) { build_oscillators(engine, out, PERI_OSCILLATOR_SINE); }
static void build_saws(peri_engine *engine, peri_node out) { build_oscillators(engine, out, PERI_OSCILLATOR_SAWTOOTH); }

static void build_gains(peri_engine *engine, peri_node out) {
  peri_buffer *sound = noise(1, LOOP, false);
  peri_node source = loop_of(engine, sound), end = source;
  for (int g = 0; g < 100; g++) {
    peri_node gain = node_of(engine, PERI_NODE_GAIN);
    set(engine, gain, PERI_GAIN_GAIN, g % 2 ? 0.8f : 1.25f);
    end = join(engine, end, gain);
  }
  join(engine, end, out);
  start(engine, source);
  peri_buffer_release(sound);
}

static void build_params(peri_engine *engine, peri_node out) {
  for (int p = 0; p < 1000; p++) {
    const uint32_t offset = PERI_CONSTANT_SOURCE_OFFSET;
    peri_node source = node_of(engine, PERI_NODE_CONSTANT_SOURCE);
    bool well = peri_param_set_value_at_time(engine, source, offset, 0.0001f + chance() / 1000, 0.0);
    if (p % 3 == 0) well = well && peri_param_linear_ramp(engine, source, offset, 0.01f, 100.0);
    if (p % 3 == 1) well = well && peri_param_exponential_ramp(engine, source, offset, 0.01f, 100.0);
    if (p % 3 == 2) well = well && peri_param_set_target(engine, source, offset, 0.01f, 0.0, 100.0);
    bench_must(well, "automation");
    join(engine, source, out);
    start(engine, source);
  }
}

/* ---- Races ------------------------------------------------------------------------------------------------------ */

typedef struct graph {
  const char *title, *name; /* name: webaudio.mjs's */
  void (*build)(peri_engine *engine, peri_node out);
  uint32_t settled, frames; /* the two lengths */
  uint32_t count;           /* of what a figure is for one of */
  double goal;
  const char *reason;
} graph;

typedef struct graph_scene {
  const graph *graph;
  float *out; /* interleaved stereo, all frames */
  double loudness;
} graph_scene;

static double run_engine(void *user) {
  graph_scene *scene = user;
  const graph *g = scene->graph;
  peri_engine *engine = bench_engine();
  state = 1;
  peri_engine_begin(engine);
  g->build(engine, peri_engine_destination(engine));
  bench_must(peri_engine_commit(engine) && peri_engine_render(engine, scene->out, g->settled), "render");
  uint64_t from = bench_now(false);
  bench_must(peri_engine_render(engine, scene->out + 2 * (size_t)g->settled, g->frames - g->settled), "render");
  double time = (double)(bench_now(false) - from), sum = 0;
  peri_engine_destroy(engine);
  for (uint32_t i = 0; i < 2 * g->frames; i++) sum += (double)scene->out[i] * (double)scene->out[i];
  scene->loudness = sqrt(sum / (2 * g->frames));
  return time;
}

/* Nanoseconds. */
static double peer_renders(graph_scene *scene, uint32_t frames) {
  char line[128];
  double microseconds = 0;
  snprintf(line, sizeof line, "%s %u\n", scene->graph->name, frames);
  bool well = ask(line, line, sizeof line) && sscanf(line, "%lf %lf", &microseconds, &scene->loudness) == 2;
  bench_must(well, "node-web-audio-api has ended");
  return microseconds * 1e3;
}

static double run_peer(void *user) {
  graph_scene *scene = user;
  double settled = peer_renders(scene, scene->graph->settled);
  return fmax(peer_renders(scene, scene->graph->frames) - settled, 1);
}

static void race(const graph *g) {
  graph_scene ours = {.graph = g, .out = malloc(2 * (size_t)g->frames * sizeof(float))}, theirs = {.graph = g};
  bench_must(ours.out != NULL, "memory");
  run_engine(&ours), run_peer(&theirs);
  double louder = theirs.loudness / ours.loudness;
  /* It leaves squares and sawtooths unnormalised. */
  bench_must(louder > 0.75 && louder < 1.25, "node-web-audio-api is not about as loud as ours");
  bench_run(&(bench_race){.name = g->title,
                          .ours = {NULL, run_engine, &ours},
                          .limit = {{peer.name, run_peer, &theirs}},
                          .per = (double)g->count * (g->frames - g->settled),
                          .goal = {g->goal},
                          .reason = g->reason});
  free(ours.out);
}

void bench_webaudio(void) {
  static const graph graphs[] = {
      {"256 gain + biquad + stereo panner", "voices", build_voices, 2560, 17920, 256, 1.0 / 15,
       "the filters alone, in doubles and each by itself, take about as much as the goal"},
      {"2 s stereo convolution", "convolver", build_convolver, 104960, 272896, 1, 1.0 / 4, NULL},
      {"1,000 oscillators, sine", "sines", build_sines, 2560, 10240, 1000, 1.0 / 5, NULL},
      {"1,000 oscillators, sawtooth", "saws", build_saws, 2560, 10240, 1000, 1.0 / 5, NULL},
      {"a chain of 100 gains", "gains", build_gains, 5120, 101120, 100, 1.0 / 5, NULL},
      {"1,000 automations", "params", build_params, 2560, 10240, 1000, 1.0 / 5, NULL},
  };
  open_peer();
  for (const graph *g = graphs; g < graphs + sizeof graphs / sizeof *graphs; g++) {
    if (peer.answers)
      race(g);
    else
      bench_print(&(bench_figure){.name = g->title, .unit = "ns", .limit_name = MISSING, .ours = NAN, .limit = NAN});
  }
  close_peer();
}
