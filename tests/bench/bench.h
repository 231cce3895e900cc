/* The benchmarks' harness. Every figure stands beside a limit or peer that was measured in the same run: machines
 * differ and are noisy, ratios stay. A race takes turns, round by round, so that whatever else the machine does meets
 * all sides alike, and reports medians. */
#ifndef PERI_BENCH_H
#define PERI_BENCH_H

#include "base/base.h"

#define BENCH_LIMITS 2

/* Nanoseconds. What is `brief`, far shorter than others let this thread run, by the wall; what is longer by the time
 * that the thread had of a processor, which takes a microsecond to ask for. */
uint64_t bench_now(bool brief);

/* One side of a race: does its work once and returns the nanoseconds of it that count. */
typedef struct bench_side {
  const char *name; /* of a limit: what it does */
  double (*run)(void *scene);
  void *scene;
} bench_side;

/* Of the plot, from what costs most to what costs least: later lines are drawn over earlier ones. */
typedef enum {
  BENCH_LINE_NONE,
  BENCH_LINE_OPENAL_FILTERED,
  BENCH_LINE_OPENAL_LINEAR,
  BENCH_LINE_OPENAL_UNITY,
  BENCH_LINE_LIMIT_LINEAR,
  BENCH_LINE_LIMIT_UNITY,
  BENCH_LINE_CUBIC,
  BENCH_LINE_FILTERED,
  BENCH_LINE_LINEAR,
  BENCH_LINE_UNITY,
  BENCH_LINES
} bench_line;

typedef struct bench_race {
  const char *name;
  bench_side ours;                   /* no `run`: the limit alone */
  bench_side limit[BENCH_LIMITS];    /* those with a `run`; one row each */
  double per;                        /* things done in a run: figures are nanoseconds for one of them */
  const char *unit;                  /* or, if not NULL, figures are `per` nanoseconds by this name */
  double sound;                      /* or, if not 0, seconds of sound in a run: figures are times real time */
  double goal[BENCH_LIMITS];         /* the ratio that is wanted at most; 0: none */
  const char *reason;                /* why a goal is missed, printed where it is; NULL: not known */
  bench_line line[1 + BENCH_LIMITS]; /* of the plot: those that the figures of ours and the limits belong to */
  uint32_t voices;                   /* of the plot: where they stand */
} bench_race;

/* Runs a race and prints its rows: medians of ours and the limit, and the median of the rounds' own ratios of time. */
void bench_run(const bench_race *race);

typedef struct bench_pair {
  double ours, limit;
} bench_pair;

#define BENCH_PAIRS 2

/* The same for up to BENCH_PAIRS races whose figures, ours and limit, all come from one run: no side has a `run`. */
void bench_run_pairs(const bench_race *races, int count, void (*round)(void *scene, bench_pair *pairs), void *scene);

/* A row of figures that are no times, or, as NAN, that are not to be had. */
typedef struct bench_figure {
  const char *name, *unit, *limit_name; /* a limit named "goal" is one, and so is "must be 0" */
  double ours, limit;
  const char *reason; /* why the goal is missed */
  double goal;        /* as in a race */
} bench_figure;
void bench_print(const bench_figure *figure);

/* Runs one side alone, for a time with a fixed limit, and prints it in `unit` of `nanoseconds` each. */
void bench_time(const char *name, bench_side ours, const char *unit, double nanoseconds, double limit,
                const char *limit_name);

/* ---- The table as JSON, besides: nothing where it is not open ---------------------------------------------------- */

typedef struct bench_row {
  const char *subject, *name, *unit, *limit_name, *reason;
  double ours, limit, ratio; /* NAN for none */
  double spread, goal;       /* goal: 0 for none */
  int rounds;                /* 0: counted, not measured */
} bench_row;

typedef enum { BENCH_NO_GOAL, BENCH_MET, BENCH_MISSED } bench_verdict;
bench_verdict bench_judge(const bench_row *row);

void bench_json_open(const char *path, const char *command); /* ends the program where it cannot */
void bench_json_row(const bench_row *row);
void bench_json_close(void);

const char *bench_cpu(void);     /* the processor's name */
const char *bench_kernels(void); /* the instruction set that new engines use */

/* ---- The plot: nanoseconds a voice and frame against the number of voices --------------------------------------- */

void bench_plot_point(bench_line line, uint32_t voices, double nanoseconds);
void bench_plot_save(const char *path); /* ends the program where it cannot */

/* ---- What the scenes share -------------------------------------------------------------------------------------- */

/* Ends the program with what failed and peri_error(), unless `well`. */
void bench_must(bool well, const char *what);
peri_engine *bench_engine(void);           /* stereo, 48,000 Hz */
peri_buffer *bench_noise(uint32_t frames); /* mono, 48,000 Hz */
float bench_random(void);                  /* 0 to 1, the same sequence in every run */
void bench_render(peri_engine *engine, uint32_t quanta);
peri_stats bench_stats(peri_engine *engine);

typedef struct bench_voice {
  float volume, pan, rate;
} bench_voice;

/* Volumes and pans by chance, all together about as loud as one; rates of 1 or, by chance, 0.5 to 2. */
void bench_plan_voices(bench_voice *voices, uint32_t count, bool rates);

/* What a voice does besides playing. */
typedef enum { BENCH_PLAIN, BENCH_CUBIC, BENCH_SINC, BENCH_FILTERED, BENCH_PAUSED } bench_extra;
#define BENCH_LOWPASS_HZ 1000.0f
#define BENCH_LOWPASS_Q 0.7071f

/* Loops of `sound`, started over BENCH_STAGGER rendered quanta: their playheads spread over 0.3 s. */
void bench_start_voices(peri_engine *engine, peri_buffer *sound, const bench_voice *voices, uint32_t count,
                        bench_extra extra);
#define BENCH_STAGGER 112

/* ---- Subjects, one file each ------------------------------------------------------------------------------------ */

void bench_starts(void);
void bench_lua(void);
void bench_blocks(void);
void bench_mixing(void);
void bench_convolver(void);
void bench_sinc(void);
void bench_openal(void);
void bench_webaudio(void);
void bench_crowd(void);
void bench_plan(void);
void bench_bytes(void);
void bench_reload(void);
void bench_decode(void);

#endif
