/* Checks of what callers write. */
#include "control/control.h"

#include <float.h>
#include <math.h>

peri_source_def peri_default_source_def(void) {
  return (peri_source_def){
      .size = sizeof(peri_source_def),
      .volume = 1.0f,
      .playback_rate = 1.0f,
      .filter = {PERI_FILTER_NONE, 1000.0f, 0.70710678f},
      .duration = INFINITY,
  };
}

bool peri__check_pan(float pan) {
  return pan >= -1.0f && pan <= 1.0f ? true : peri__fail("pan must be -1 to 1, got %g", (double)pan);
}

bool peri__check_finite(const char *what, double value) {
  return isfinite(value) ? true : peri__fail("%s must be a finite number, got %g", what, value);
}

bool peri__check_time(const char *what, double value) {
  if (!isfinite(value)) return peri__fail("%s must be a finite number of seconds, got %g", what, value);
  return value >= 0.0 ? true : peri__fail("%s must not be negative, got %g", what, value);
}

bool peri__check_duration(double value) {
  return value >= 0.0 ? true : peri__fail("duration must be a number of seconds from 0, got %g", value);
}

bool peri__check_loop(double start, double end) {
  return peri__check_finite("loopStart", start) && peri__check_finite("loopEnd", end);
}

bool peri__check_filter(const peri_filter *filter) {
  if (!filter) return peri__fail("filter: it is NULL; PERI_FILTER_NONE takes one away");
  if ((unsigned)filter->type > PERI_FILTER_BANDPASS)
    return peri__fail("filter: there is no type %d", (int)filter->type);
  if (!(filter->frequency >= 0.0f) || !isfinite(filter->frequency))
    return peri__fail("filter: the frequency must be a number of Hz from 0, got %g", (double)filter->frequency);
  if (!(filter->q >= 0.0001f && filter->q <= 1000.0f))
    return peri__fail("filter: Q must be 0.0001 to 1000, got %g", (double)filter->q);
  return true;
}

bool peri__check_interpolation(const char *whose, peri_interpolation interpolation) {
  if ((unsigned)interpolation > PERI_INTERPOLATION_SINC)
    return peri__fail("%s: there is no interpolation %d", whose, (int)interpolation);
  if (interpolation == PERI_INTERPOLATION_SINC) peri__sinc_prepare();
  return true;
}

static bool check_rate(double rate) {
  return rate > 0.0 && rate < 1e30 ? true : peri__fail("playbackRate must be a number above 0, got %g", rate);
}

/* A sum is finite where its parts are. Which one is wrong, if any, is asked only when this says no. */
static bool times_are_right(const peri_source_def *def) {
  double sum = (double)def->detune + def->loop_start + def->loop_end + def->offset + def->at + def->fade_in;
  return fabs(sum) <= DBL_MAX && def->offset >= 0.0 && def->duration >= 0.0 && def->at >= 0.0 && def->fade_in >= 0.0;
}

static bool check_each(const peri_source_def *def) {
  return peri__check_finite("volume", (double)def->volume) && peri__check_pan(def->pan) &&
         peri__check_filter(&def->filter) && peri__check_interpolation("source", def->interpolation) &&
         check_rate((double)def->playback_rate) && peri__check_finite("detune", (double)def->detune) &&
         peri__check_loop(def->loop_start, def->loop_end) && peri__check_time("offset", def->offset) &&
         peri__check_duration(def->duration) && peri__check_time("the start time", def->at) &&
         peri__check_time("fadeIn", def->fade_in);
}

static uint64_t bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static bool is_plain(const peri_source_def *def) {
  uint64_t any = bits((double)def->detune) | bits(def->loop_start) | bits(def->loop_end) | bits(def->offset) |
                 bits(def->at) | bits(def->fade_in);
  return !any && def->duration == INFINITY && !(def->notify && def->user) && def->filter.type == PERI_FILTER_NONE &&
         def->interpolation == PERI_INTERPOLATION_DEFAULT;
}

peri__def_kind peri__check_source_def(const peri_engine *engine, const peri_source_def *def) {
  if (!def || def->size != sizeof *def)
    return peri__fail("source: begin with peri_default_source_def()"), PERI_DEF_WRONG;
  if (def->owner && !peri__owner_exists(engine, def->owner))
    return peri__fail("source: there is no owner %u", def->owner), PERI_DEF_WRONG;
  bool plain = is_plain(def);
  bool right = fabsf(def->volume) <= FLT_MAX && fabsf(def->pan) <= 1.0f && def->playback_rate > 0.0f &&
               def->playback_rate < 1e30f && (plain || times_are_right(def));
  if (right && !plain) right = def->filter.type == PERI_FILTER_NONE && def->interpolation == PERI_INTERPOLATION_DEFAULT;
  if (!right && !check_each(def)) return PERI_DEF_WRONG;
  return plain ? PERI_DEF_PLAIN : PERI_DEF_DETAILED;
}
