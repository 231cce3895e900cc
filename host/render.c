#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"
#include "script.h"
#include "signals.h"

#define BLOCK 512           /* sample frames between two updates of the script: a frame of its onFrame */
#define LONGEST (10 * 60.0) /* seconds, without --seconds */
#define LAST_FADE 0.1       /* seconds, at most, for what a script that quits leaves sounding */

typedef struct {
  host *host;
  peri_engine *engine;
  host_script script;
  peri_wav *wav;
  picture *picture; /* NULL: none wanted */
  float *block;
  uint32_t channels;
  double rate, started;
  int exit_code;          /* that the script quit with */
  uint64_t frames, limit; /* rendered, and the most */
  float peak;
} rendering;

static double seconds_done(const rendering *job) { return (double)job->frames / job->rate; }

static bool fail(rendering *job, const char *why) {
  live_line_say(&job->host->line, "%s", why);
  return false;
}

/* A script may leave by os.exit, from a callback: what was rendered until then is a whole file all the same. */
static rendering *under_way;

static void complete_output(void) {
  if (under_way && !peri_wav_close(under_way->wav)) fail(under_way, peri_error());
  under_way = NULL;
}

static bool open_output(rendering *job) {
  const host_options *options = &job->host->options;
  job->block = malloc(sizeof(float) * BLOCK * job->channels);
  if (options->picture) job->picture = picture_create(job->channels, job->rate);
  if (!job->block || (options->picture && !job->picture)) return fail(job, "no memory to render with");
  job->wav = peri_wav_create(options->output, job->channels, job->rate);
  if (!job->wav) return fail(job, peri_error());
  under_way = job;
  atexit(complete_output);
  return true;
}

static void show_progress(rendering *job) {
  bool bounded = isfinite(job->host->options.seconds);
  char text[64];
  if (!live_line_is_due(&job->host->line)) return;
  snprintf(text, sizeof text, "%.1f s, %.0f x real time", seconds_done(job),
           seconds_done(job) / (host_clock() - job->started));
  live_line_show_progress(&job->host->line, bounded ? (double)job->frames / (double)job->limit : 2, text);
}

static bool render_block(rendering *job) {
  uint64_t left = job->limit - job->frames;
  uint32_t count = left < BLOCK ? (uint32_t)left : BLOCK;
  if (!peri_engine_render(job->engine, job->block, count)) return fail(job, peri_error());
  if (!peri_wav_write(job->wav, job->block, count)) return fail(job, peri_error());
  if (job->picture) picture_add(job->picture, job->block, count);
  for (uint32_t i = 0; i < count * job->channels; i++) job->peak = fmaxf(job->peak, fabsf(job->block[i]));
  job->frames += count;
  return true;
}

static bool is_idle(rendering *job) {
  return !isfinite(job->host->options.seconds) && !script_is_waiting(&job->script, true) &&
         !peri_engine_is_active(job->engine);
}

/* A rendering does not depend on how fast files load: its clock stands until their callbacks have run. */
static void await_loads(rendering *job) {
  while (script_is_loading(&job->script) && !signals_interrupted()) {
    host_sleep(0.001);
    script_update(&job->script);
  }
}

static void update_script(rendering *job) {
  script_update(&job->script);
  await_loads(job);
  script_frame(&job->script, BLOCK / job->rate);
  await_loads(job);
  peri_engine_update(job->engine);
}

/* The script has quit: its sounds fade out as they do when a program ends. */
static int render_end(rendering *job) {
  uint64_t until = job->frames + (uint64_t)(LAST_FADE * job->rate);
  script_close(&job->script);
  peri_engine_update(job->engine);
  while (job->frames < until && job->frames < job->limit && peri_engine_is_active(job->engine)) {
    if (!render_block(job)) return HOST_FAILED;
    peri_engine_update(job->engine);
  }
  return HOST_FINE;
}

static int render_all(rendering *job) {
  bool quit = script_has_quit(&job->script, &job->exit_code);
  while (!quit && job->frames < job->limit && !signals_interrupted()) {
    update_script(job);
    quit = script_has_quit(&job->script, &job->exit_code);
    if (quit || is_idle(job)) break;
    if (!render_block(job)) return HOST_FAILED;
    show_progress(job);
  }
  if (signals_interrupted()) return HOST_INTERRUPTED;
  return quit ? render_end(job) : HOST_FINE;
}

static void print_summary(rendering *job) {
  const char *output = job->host->options.output;
  double elapsed = fmax(host_clock() - job->started, 1e-6);
  char peak[32];
  live_line_clear(&job->host->line);
  snprintf(peak, sizeof peak, job->peak > 0 ? "%.1f dBFS" : "-inf dBFS", 20 * log10(fmax(job->peak, 1e-30)));
  printf("%s: %.2f s, %.0f Hz, %u channels, %.0f x real time, peak %s\n", output, seconds_done(job), job->rate,
         job->channels, seconds_done(job) / elapsed, peak);
  if (!isfinite(job->host->options.seconds) && job->frames >= job->limit)
    live_line_say(&job->host->line, "still sounding after %.0f minutes; --seconds N renders longer", LONGEST / 60);
}

static bool save_picture(rendering *job) {
  const char *path = job->host->options.picture, *output = job->host->options.output, *slash = strrchr(output, '/');
  if (!job->picture || picture_save(job->picture, path, slash ? slash + 1 : output)) return true;
  live_line_say(&job->host->line, "cannot write %s", path);
  return false;
}

/* The script has run: writes what it makes sound. */
static int render_output(rendering *job) {
  job->started = host_clock();
  int result = open_output(job) ? render_all(job) : HOST_FAILED;
  under_way = NULL;
  bool closed = !job->wav || peri_wav_close(job->wav);
  if (!closed && result != HOST_FAILED) fail(job, peri_error());
  if (job->wav && closed && result != HOST_FAILED) {
    print_summary(job);
    if (!save_picture(job)) result = HOST_FAILED;
  }
  picture_destroy(job->picture);
  free(job->block);
  live_line_clear(&job->host->line);
  if (!closed) return HOST_FAILED;
  return result == HOST_FINE ? job->exit_code : result;
}

static int render_on(host *host, peri_engine *engine, const char *folder) {
  double seconds = isfinite(host->options.seconds) ? host->options.seconds : LONGEST;
  rendering job = {
      .host = host, .engine = engine, .channels = peri_engine_channels(engine), .rate = host->options.rate};
  job.limit = (uint64_t)llround(seconds * job.rate);
  if (!script_open(&job.script, host, engine, folder)) return HOST_FAILED;
  int result = script_run(&job.script);
  if (result == HOST_FINE) result = render_output(&job);
  script_close(&job.script);
  return result;
}

int command_render(host *host) { return script_on_engine(host, render_on); }
