/* Memory runs out: a call that fails has changed nothing, so that the same call succeeds afterwards and what is heard
 * is the same to the bit. */
#include "unit/kinds.h"
#include "unit/scene.h"

#include "base/thread.h"

#include <stdio.h>

#define FRAMES 11776

/* A call that may fail once. Its second try has memory again. */
#define OK(call) CHECK((call) || (call))
#define GET(type, name, call)                                                                                          \
  type name = (call);                                                                                                  \
  if (!name) name = (call);                                                                                            \
  CHECK(name)

typedef struct stage {
  peri_engine *engine;
  float *out;
  uint32_t frames;
  uint32_t ended, loaded, failed;
  peri_owner owner;
} stage;

static void play(stage *s, uint32_t frames) {
  CHECK(peri_engine_render(s->engine, s->out + s->frames * 2, frames));
  s->frames += frames;
}

/* An update reclaims whatever failed before it. */
static void take_events(stage *s) {
  peri_event event;
  OK(peri_engine_update(s->engine));
  CHECK(peri_engine_update(s->engine));
  while (peri_owner_poll(s->engine, s->owner, &event)) {
    if (event.type == PERI_EVENT_ENDED)
      s->ended++;
    else if (event.buffer)
      s->loaded++;
    else
      s->failed++;
    peri_buffer_release(event.buffer);
  }
}

static void load_in_the_background(stage *s, const void *bytes, size_t size) {
  s->loaded = s->failed = 0;
  for (int asked = 1; asked <= 2; asked++) {
    OK(peri_engine_load_memory_async(s->engine, s->owner, 7, bytes, size, PERI_FORMAT_F32));
    for (int tries = 0; tries < 5000 && s->loaded + s->failed < (uint32_t)asked; tries++) {
      take_events(s);
      peri__sleep_until(peri__nanoseconds() + 200000);
    }
    if (s->loaded) break; /* else that one had no memory, and says so */
  }
  CHECK_EQ(s->loaded, 1);
}

/* The same, in the place of what a loop plays: when it is told so, the loop takes it. */
static void reload_while_it_plays(stage *s, peri_buffer *buffer, const void *bytes, size_t size) {
  peri_source_def def = peri_default_source_def();
  def.buffer = buffer;
  def.loop = true;
  GET(peri_node, source, peri_source_play(s->engine, &def, peri_engine_destination(s->engine)));
  play(s, 128);
  s->loaded = s->failed = 0;
  for (int asked = 1; asked <= 2 && !s->loaded; asked++) {
    OK(peri_engine_reload_memory_async(s->engine, s->owner, 7, buffer, bytes, size));
    for (int tries = 0; tries < 5000 && s->loaded + s->failed < (uint32_t)asked; tries++) {
      take_events(s);
      peri__sleep_until(peri__nanoseconds() + 200000);
    }
  }
  CHECK_EQ(s->loaded, 1);
  OK(peri_source_set_volume(s->engine, source, 0.5f, 0.0));
  play(s, 128);
  OK(peri_source_set_loop_points(s->engine, source, 0.00002, 0.0001));
  play(s, 128);
  OK(peri_source_stop(s->engine, source, 0.0));
  play(s, 128);
}

/* Nodes that take memory of their own: a delay in a cycle, whose line grows, a curve that is replaced, a spectrum. */
static void nodes_with_memory(stage *s, peri_buffer *mono, peri_buffer *wide) {
  peri_engine *engine = s->engine;
  peri_node_def def = peri_default_node_def(PERI_NODE_DELAY);
  def.max_delay = 0.01;
  GET(peri_node, delay, peri_node_create_from(engine, &def));
  GET(peri_node, shaper, peri_node_create(engine, PERI_NODE_WAVE_SHAPER));
  GET(peri_node, analyser, peri_node_create(engine, PERI_NODE_ANALYSER));
  const float curve[3] = {-0.5f, 0.0f, 0.5f}, softer[2] = {-0.25f, 0.25f};
  OK(peri_node_set_curve(engine, shaper, curve, 3));
  OK(peri_connect(engine, delay, 0, shaper, 0));
  OK(peri_connect(engine, shaper, 0, delay, 0));
  OK(peri_connect(engine, shaper, 0, analyser, 0));
  OK(peri_connect(engine, analyser, 0, peri_engine_destination(engine), 0));
  peri_source_def source = peri_default_source_def();
  source.buffer = mono;
  source.duration = 0.002;
  GET(peri_node, narrow, peri_source_play(engine, &source, delay));
  play(s, 640);
  source.buffer = wide;
  GET(peri_node, broad, peri_source_play(engine, &source, delay));
  OK(peri_node_set_curve(engine, shaper, softer, 2));
  OK(peri_node_set_option(engine, shaper, PERI_WAVE_SHAPER_OVERSAMPLE, 2.0));
  play(s, 640);
  float levels[32];
  OK(peri_analyser_get_frequency_data(engine, analyser, levels, 32));
  OK(peri_node_set_option(engine, analyser, PERI_ANALYSER_FFT_SIZE, 64.0));
  OK(peri_analyser_get_frequency_data(engine, analyser, levels, 32));
  peri_node_release(engine, delay);
  peri_node_release(engine, shaper);
  peri_node_release(engine, analyser);
  OK(peri_engine_update(engine));
  play(s, 1280);
}

/* Nodes of a host's kinds: parts that it gives, that an option brings, that grow with the channels. */
static void nodes_of_a_host(stage *s, peri_buffer *mono, peri_buffer *wide) {
  peri_engine *engine = s->engine;
  GET(peri_node, table, peri_node_create(engine, peri_find_node_kind("TestTable")));
  GET(peri_node, echo, peri_node_create(engine, peri_find_node_kind("TestEcho")));
  GET(peri_node, tone, peri_node_create(engine, peri_find_node_kind("TestTone")));
  OK(peri_connect(engine, echo, 0, table, 0));
  OK(peri_connect(engine, table, 0, echo, 0));
  OK(peri_connect(engine, tone, 0, echo, 0));
  OK(peri_connect(engine, echo, 0, peri_engine_destination(engine), 0));
  table_part *half = kinds_table(0.5f);
  OK(peri_node_set_part(engine, table, half)); /* still ours when the first try has failed */
  OK(peri_source_start(engine, tone, 0.0, 0.0, INFINITY));
  OK(peri_source_stop(engine, tone, 0.004));
  play(s, 640);
  peri_source_def def = peri_default_source_def();
  def.buffer = mono;
  def.duration = 0.002;
  GET(peri_node, narrow, peri_source_play(engine, &def, echo));
  def.buffer = wide;
  GET(peri_node, broad, peri_source_play(engine, &def, echo));
  table_part *quieter = kinds_table(0.25f);
  OK(peri_node_set_part(engine, table, quieter));
  play(s, 320);
  OK(peri_node_set_option(engine, table, TABLE_SIZE, 2.0));
  OK(peri_node_set_part(engine, table, NULL));
  peri_node_release(engine, table);
  peri_node_release(engine, echo);
  peri_node_release(engine, tone);
  OK(peri_engine_update(engine));
  play(s, 320);
}

static void sources_and_graph(stage *s, peri_buffer *mono, peri_buffer *wide) {
  peri_engine *engine = s->engine;
  peri_node out = peri_engine_destination(engine);
  GET(peri_node, gain, peri_node_create(engine, PERI_NODE_GAIN));
  GET(peri_node, panner, peri_node_create(engine, PERI_NODE_STEREO_PANNER));
  OK(peri_connect(engine, gain, 0, panner, 0));
  OK(peri_connect(engine, panner, 0, out, 0));
  peri_source_def def = peri_default_source_def();
  def.buffer = mono;
  def.owner = s->owner;
  def.user = 9;
  def.notify = true;
  def.panned = true;
  def.duration = 0.01;
  for (int k = 0; k < 20; k++) {
    def.fade_in = k % 3 * 0.001;
    def.at = k * 0.0007;
    def.filter.type = (peri_filter_type)(k % 4);
    GET(peri_node, short_one, peri_source_play(engine, &def, k & 1 ? gain : out));
  }
  def.filter.type = PERI_FILTER_NONE;
  def.loop = true;
  def.duration = INFINITY;
  GET(peri_node, music, peri_source_create(engine, &def));
  OK(peri_connect(engine, music, 0, gain, 0));
  OK(peri_source_start(engine, music, 0.001, 0.0002, INFINITY));
  play(s, 640);
  OK(peri_connect(engine, music, 0, out, 0)); /* a step of the plan */
  OK(peri_source_set_volume(engine, music, 0.3f, 0.01));
  OK(peri_source_set_filter(engine, music, &(peri_filter){PERI_FILTER_LOWPASS, 400.0f, 1.0f}, 0.01));
  OK(peri_source_set_interpolation(engine, music, PERI_INTERPOLATION_SINC));
  OK(peri_source_set_paused(engine, music, true));
  OK(peri_source_set_paused(engine, music, false));
  OK(peri_param_linear_ramp(engine, music, PERI_SOURCE_PLAYBACK_RATE, 1.5f, 0.05));
  OK(peri_param_set_value(engine, gain, PERI_GAIN_GAIN, 0.7f));
  const float curve[3] = {0.7f, 0.1f, 0.6f};
  OK(peri_param_set_curve(engine, gain, PERI_GAIN_GAIN, curve, 3, 0.04, 0.02));
  OK(peri_param_cancel_and_hold(engine, gain, PERI_GAIN_GAIN, 0.05));
  OK(peri_engine_update(engine));
  play(s, 640);
  def.volume = 0.02f;
  for (int k = 0; k < 8; k++) { /* steps of the plan, as the memory of the edges runs out here and there */
    GET(peri_node, step, peri_source_create(engine, &def));
    OK(peri_connect(engine, step, 0, k & 1 ? gain : out, 0));
    OK(peri_source_start(engine, step, 0.0, 0.0, INFINITY));
    OK(peri_connect(engine, step, 0, panner, 0));
    if (k % 3 == 2) OK(peri_connect(engine, step, 0, k & 1 ? out : gain, 0));
    OK(peri_engine_update(engine));
    play(s, 128);
    OK(peri_source_stop(engine, step, 0.04));
  }
  def.volume = 1.0f;
  GET(peri_node, other, peri_source_create(engine, &def));
  OK(peri_source_start(engine, other, 0.0, 0.0, INFINITY)); /* nowhere */
  OK(peri_connect(engine, other, 0, panner, 0));
  OK(peri_connect_param(engine, music, 0, other, PERI_SOURCE_DETUNE));
  OK(peri_source_set_loop_points(engine, other, 0.0001, 0.003));
  GET(peri_tap *, tap, peri_tap_create(engine, other, NULL));
  play(s, 640);
  def.buffer = NULL;
  GET(peri_node, late, peri_source_create(engine, &def));
  OK(peri_connect(engine, late, 0, gain, 0));
  OK(peri_source_start(engine, late, 0.0, 0.0, INFINITY));
  OK(peri_source_set_buffer(engine, late, wide)); /* needs wider signals */
  play(s, 640);
  peri_engine_begin(engine);
  GET(peri_node, second, peri_node_create(engine, PERI_NODE_GAIN));
  OK(peri_connect(engine, second, 0, out, 0));
  def.buffer = wide;
  GET(peri_node, batched, peri_source_play(engine, &def, second));
  OK(peri_disconnect(engine, late, 0, gain, 0));
  if (!peri_engine_commit(engine)) CHECK(peri_engine_update(engine));
  play(s, 640);
  OK(peri_source_fade_out(engine, music, 0.003, 0.0));
  OK(peri_source_set_pan(engine, other, 0.5f, 0.001));
  OK(peri_param_set_target(engine, other, PERI_SOURCE_PLAYBACK_RATE, 0.5f, 0.0, 0.01));
  play(s, 640);
  peri_tap_close(tap);
  peri_node_release(engine, second);
  OK(peri_source_stop(engine, other, 0.0));
  OK(peri_source_stop(engine, late, 0.0));
  OK(peri_source_stop(engine, batched, 0.0));
  play(s, 1280);
  take_events(s);
  CHECK_EQ(s->ended, 32);
}

/* All of it once; the n-th take of memory fails. */
static void perform(uint64_t nth, float *out) {
  stage s = {.out = out};
  peri_engine_def def = peri_default_engine_def();
  peri__memory_fail_at(nth);
  GET(peri_buffer *, mono, peri_buffer_create(1, 700, 44100.0));
  GET(peri_buffer *, wide, peri_buffer_create(6, 300, 48000.0));
  float samples[300];
  for (int i = 0; i < 300; i++) samples[i] = (float)(i % 50) / 500.0f;
  for (uint32_t c = 0; c < 6; c++) OK(peri_buffer_write(wide, c, 0, samples, 300));
  OK(peri_buffer_write(mono, 0, 200, samples, 300));
  GET(peri_engine *, engine, peri_engine_create(&def));
  s.engine = engine;
  s.owner = peri_owner_create(engine);
  if (!s.owner) s.owner = peri_owner_create(engine);
  CHECK(s.owner);
  GET(peri_visualizer *, view, peri_visualizer_create(engine, peri_engine_destination(engine)));
  nodes_with_memory(&s, mono, wide);
  nodes_of_a_host(&s, mono, wide);
  sources_and_graph(&s, mono, wide);
  OK(peri_buffer_write(mono, 0, 0, samples, 300));
  static const unsigned char wav[] =
      "RIFF\44\0\0\0WAVEfmt \20\0\0\0\1\0\1\0\x80\xbb\0\0\x80\xbb\0\0\1\0\10\0data\6\0\0\0abcdefg";
  GET(peri_buffer *, loaded, peri_engine_load_memory(engine, wav, sizeof wav - 1, PERI_FORMAT_F32));
  static const unsigned char other[] =
      "RIFF\46\0\0\0WAVEfmt \20\0\0\0\1\0\2\0\x80\xbb\0\0\0\x77\1\0\2\0\10\0data\10\0\0\0zyxwvutsr";
  reload_while_it_plays(&s, loaded, other, sizeof other - 2);
  peri_buffer_release(loaded);
  load_in_the_background(&s, wav, sizeof wav - 1);
  peri_device_def device = peri_default_device_def();
  device.kind = PERI_DEVICE_NULL;
  OK(peri_device_open(engine, &device));
  peri_buffer_release(mono);
  peri_buffer_release(wide);
  peri_engine_destroy(engine);
  peri__memory_fail_at(0);
  CHECK_EQ(atomic_load(&kinds_tables), 0);
  CHECK_EQ(atomic_load(&kinds_echoes), 0);
  (void)view;
}

TEST(wherever_memory_runs_out_nothing_leaks_and_the_same_is_heard_in_the_end) {
  static float wanted[FRAMES * 2], out[FRAMES * 2];
  uint64_t memory = peri__memory_bytes(), takes = peri__memory_takes();
  uint32_t buffers = peri_buffers_alive();
  perform(0, wanted);
  takes = peri__memory_takes() - takes;
  float heard = 0.0f;
  for (int i = 0; i < FRAMES * 2; i++) heard += fabsf(wanted[i]);
  CHECK(heard > 10.0f && takes > 100);
  for (uint64_t nth = 1; nth <= takes + 10; nth++) {
    memset(out, 0, sizeof out);
    perform(nth, out);
    for (int i = 0; i < FRAMES * 2; i++)
      if (out[i] != wanted[i])
        fail_msg("take %d failed: frame %d is %g, wanted %g", (int)nth, i / 2, out[i], wanted[i]);
    CHECK_EQ(peri_buffers_alive(), buffers);
    if (peri__memory_bytes() != memory)
      fail_msg("take %d failed: %d bytes leak", (int)nth, (int)(peri__memory_bytes() - memory));
  }
}
