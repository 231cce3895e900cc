#include "scene.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "error_panel.h"

#define DESIGN_WIDTH 960.0f /* the size that the numbers below are for */
#define DESIGN_HEIGHT 540.0f

#define SPECTRUM_FLOOR (-90.0f) /* dB */
#define SPECTRUM_FALL 45.0      /* dB a second */
#define LOWEST_HZ 30.0
#define METER_FLOOR (-60.0f) /* dB */
#define WAVE_FRAMES (PERI_VIEW_WAVEFORM / 2)
#define COLUMNS_MOST 8192

typedef struct {
  float x, y, width, height;
} box;

/* What the parts draw with: the canvas, and pixels for one unit of the design. */
typedef struct {
  canvas *on;
  float unit, label, value; /* text scales */
} pen;

static float rounded(float x) { return floorf(x + 0.5f); }

static box panel(const pen *pen, box outer, const char *title) {
  float unit = pen->unit;
  canvas_panel(pen->on, outer.x, outer.y, outer.width, outer.height, 8 * unit, INK_PANEL);
  canvas_text(pen->on, outer.x + 14 * unit, outer.y + rounded(12 * unit), pen->label, INK_FAINT, title);
  return outer;
}

/* ---- Waveform ---------------------------------------------------------------------------------------------------- */

/* The frame at which to begin, so that a steady tone stands still: where the curve rises through zero. */
static int trigger(const float *samples) {
  for (int i = 1; i < PERI_VIEW_WAVEFORM - WAVE_FRAMES; i++)
    if (samples[i - 1] < 0 && samples[i] >= 0) return i;
  return 0;
}

static void draw_wave(const pen *pen, box outer, const host_status *status) {
  float unit = pen->unit;
  panel(pen, outer, "WAVEFORM");
  box plot = {rounded(outer.x + 14 * unit), outer.y + 32 * unit, rounded(outer.width - 28 * unit),
              outer.height - 46 * unit};
  float middle = rounded(plot.y + plot.height / 2) + 0.5f, reach = plot.height / 2;
  canvas_fill(pen->on, plot.x, rounded(plot.y), plot.width, 1, INK_GRID);
  canvas_fill(pen->on, plot.x, rounded(plot.y + plot.height), plot.width, 1, INK_GRID);
  canvas_fill(pen->on, plot.x, middle - 0.5f, plot.width, 1, INK_GRID);
  int columns = (int)plot.width > COLUMNS_MOST ? COLUMNS_MOST : (int)plot.width;
  if (columns < 2) return;
  const float *samples = status->view.waveform + (status->has_view ? trigger(status->view.waveform) : 0);
  float heights[COLUMNS_MOST];
  for (int i = 0; i < columns; i++) {
    float at = (float)i * (WAVE_FRAMES - 1) / (float)columns, part = at - floorf(at);
    float sample = samples[(int)at] * (1 - part) + samples[(int)at + 1] * part;
    if (!status->has_view) sample = 0;
    heights[i] = middle - fmaxf(fminf(sample, 1), -1) * reach;
    float top = fminf(heights[i], middle), tall = fabsf(heights[i] - middle);
    colour haze = INK_MOON;
    haze.a = 46;
    canvas_fill(pen->on, plot.x + (float)i, top, 1, tall, haze);
  }
  canvas_curve(pen->on, (int)plot.x, heights, columns, fmaxf(1.6f * unit, 1.2f), INK_MOON);
}

/* ---- Spectrum ---------------------------------------------------------------------------------------------------- */

static void settle_spectrum(scene *scene, const host_status *status, double now) {
  float fall = scene->time > 0 ? (float)((now - scene->time) * SPECTRUM_FALL) : 1000;
  for (int bin = 0; bin < PERI_VIEW_SPECTRUM; bin++) {
    float level = status->has_view ? status->view.spectrum[bin] : -120;
    scene->spectrum[bin] = fmaxf(level, fmaxf(scene->spectrum[bin] - fall, -120));
  }
  scene->time = now;
}

static float bin_of(double hertz, double sample_rate) { return (float)(hertz * 2 * PERI_VIEW_SPECTRUM / sample_rate); }

static float spectrum_at(const float *spectrum, float bin) {
  if (bin >= PERI_VIEW_SPECTRUM - 1) return spectrum[PERI_VIEW_SPECTRUM - 1];
  float part = bin - floorf(bin);
  return spectrum[(int)bin] * (1 - part) + spectrum[(int)bin + 1] * part;
}

/* The loudest between two bins that may lie closer together than one. */
static float loudest(const float *spectrum, float from, float to) {
  float level = fmaxf(spectrum_at(spectrum, from), spectrum_at(spectrum, to));
  for (int bin = (int)ceilf(from); bin < to && bin < PERI_VIEW_SPECTRUM; bin++) level = fmaxf(level, spectrum[bin]);
  return level;
}

static double highest_hertz(const host_status *status) { return fmin(status->sample_rate / 2, 22000); }

/* The place of a frequency on the axis, 0 to 1. */
static float place_of(double hertz, double highest) {
  return (float)(log(hertz / LOWEST_HZ) / log(highest / LOWEST_HZ));
}

static void draw_spectrum_grid(const pen *pen, box plot, double highest) {
  static const struct {
    double hertz;
    const char *label;
  } TICKS[] = {{50, "50"},   {100, "100 Hz"}, {200, "200"},      {500, "500"},  {1000, "1 kHz"},
               {2000, "2k"}, {5000, "5k"},    {10000, "10 kHz"}, {20000, "20k"}};
  for (float level = 0; level >= SPECTRUM_FLOOR; level -= 20) {
    float y = rounded(plot.y + plot.height * level / SPECTRUM_FLOOR);
    char label[16];
    snprintf(label, sizeof label, "%.0f", level);
    canvas_fill(pen->on, plot.x, y, plot.width, 1, INK_GRID);
    canvas_text_right(pen->on, plot.x - 8 * pen->unit, rounded(y - CANVAS_TEXT_HEIGHT * pen->label / 2), pen->label,
                      INK_FAINT, label);
  }
  for (size_t i = 0; i < sizeof TICKS / sizeof *TICKS; i++) {
    if (TICKS[i].hertz >= highest) break;
    float x = rounded(plot.x + plot.width * place_of(TICKS[i].hertz, highest));
    canvas_fill(pen->on, x, plot.y, 1, plot.height, INK_GRID);
    canvas_text_centred(pen->on, x, rounded(plot.y + plot.height + 8 * pen->unit), pen->label, INK_FAINT,
                        TICKS[i].label);
  }
}

static void draw_spectrum(const pen *pen, box outer, const host_status *status, const float *spectrum) {
  float unit = pen->unit;
  panel(pen, outer, "SPECTRUM, dB");
  box plot = {rounded(outer.x + 48 * unit), rounded(outer.y + 38 * unit), rounded(outer.width - 66 * unit),
              rounded(outer.height - 70 * unit)};
  double highest = highest_hertz(status);
  draw_spectrum_grid(pen, plot, highest);
  int columns = (int)plot.width > COLUMNS_MOST ? COLUMNS_MOST : (int)plot.width;
  if (columns < 2) return;
  float heights[COLUMNS_MOST], bottom = plot.y + plot.height, last_bin = bin_of(LOWEST_HZ, status->sample_rate);
  for (int i = 0; i < columns; i++) {
    double hertz = LOWEST_HZ * pow(highest / LOWEST_HZ, (i + 1.0) / columns);
    float bin = bin_of(hertz, status->sample_rate);
    float level = fmaxf(fminf(loudest(spectrum, last_bin, bin), 0), SPECTRUM_FLOOR);
    last_bin = bin;
    heights[i] = plot.y + plot.height * level / SPECTRUM_FLOOR;
    colour haze = INK_GREEN;
    haze.a = 46;
    canvas_fill(pen->on, plot.x + (float)i, heights[i], 1, bottom - heights[i], haze);
  }
  canvas_curve(pen->on, (int)plot.x, heights, columns, fmaxf(1.6f * unit, 1.2f), INK_GREEN);
}

/* ---- Levels ------------------------------------------------------------------------------------------------------ */

static float meter_part(float decibels) { return fmaxf(fminf(1 - decibels / METER_FLOOR, 1), 0); }

static void draw_meter(const pen *pen, box bar, float peak, float rms) {
  const struct {
    float from, to; /* dB */
    colour ink;
  } ZONES[] = {{METER_FLOOR, -9, INK_GREEN}, {-9, -1, INK_AMBER}, {-1, 0, INK_RED}};
  canvas_fill(pen->on, bar.x, bar.y, bar.width, bar.height, INK_TRACK);
  float bottom = bar.y + bar.height;
  for (int zone = 0; zone < 3; zone++) {
    float low = meter_part(ZONES[zone].from), high = meter_part(ZONES[zone].to);
    float loud = fminf(meter_part(rms), high), crest = fminf(meter_part(peak), high);
    colour soft = colour_mix(INK_TRACK, ZONES[zone].ink, 0.38f);
    if (crest > low)
      canvas_fill(pen->on, bar.x, bottom - crest * bar.height, bar.width, (crest - low) * bar.height, soft);
    if (loud > low)
      canvas_fill(pen->on, bar.x, bottom - loud * bar.height, bar.width, (loud - low) * bar.height, ZONES[zone].ink);
  }
  if (peak > METER_FLOOR)
    canvas_fill(pen->on, bar.x, bottom - meter_part(peak) * bar.height, bar.width, 2 * pen->unit, INK_BRIGHT);
}

static const char *channel_name(uint32_t channels, uint32_t channel, char name[8]) {
  if (channels == 1) return "M";
  if (channels == 2) return channel == 0 ? "L" : "R";
  snprintf(name, 8, "%u", channel + 1);
  return name;
}

static void draw_levels(const pen *pen, box outer, const host_status *status) {
  static const float TICKS[] = {0, -6, -12, -24, -36, -48, -60};
  float unit = pen->unit;
  panel(pen, outer, "LEVELS, dB");
  box plot = {rounded(outer.x + 46 * unit), rounded(outer.y + 38 * unit), outer.width - 62 * unit,
              rounded(outer.height - 100 * unit)};
  for (size_t i = 0; i < sizeof TICKS / sizeof *TICKS; i++) {
    float y = rounded(plot.y + plot.height * TICKS[i] / METER_FLOOR);
    char label[16];
    snprintf(label, sizeof label, "%.0f", TICKS[i]);
    canvas_fill(pen->on, plot.x, y, plot.width, 1, INK_GRID);
    canvas_text_right(pen->on, plot.x - 8 * unit, rounded(y - CANVAS_TEXT_HEIGHT * pen->label / 2), pen->label,
                      INK_FAINT, label);
  }
  uint32_t channels = status->channels < PERI_VIEW_CHANNELS ? status->channels : PERI_VIEW_CHANNELS;
  float step = plot.width / (float)channels, gap = fminf(step * 0.3f, 10 * unit);
  for (uint32_t c = 0; c < channels; c++) {
    box bar = {rounded(plot.x + step * (float)c + gap / 2), plot.y, rounded(step - gap), plot.height};
    bool known = status->has_view && c < status->view.channels;
    draw_meter(pen, bar, known ? (float)status_decibels(status->view.peak[c]) : -120,
               known ? (float)status_decibels(status->view.rms[c]) : -120);
    char name[8];
    canvas_text_centred(pen->on, bar.x + bar.width / 2, rounded(plot.y + plot.height + 10 * unit), pen->label,
                        INK_FAINT, channel_name(channels, c, name));
  }
  char text[32];
  double peak = status_peak(status);
  snprintf(text, sizeof text, peak > -100 ? "%.1f dB" : "-inf dB", peak);
  canvas_text_centred(pen->on, outer.x + outer.width / 2, rounded(outer.y + outer.height - 30 * unit), pen->value,
                      peak >= -0.05 ? INK_RED : INK_BRIGHT, text);
}

/* ---- Text -------------------------------------------------------------------------------------------------------- */

static void draw_header(const pen *pen, box row, const host_status *status) {
  char text[64];
  float y = rounded(row.y), x = row.x + canvas_text(pen->on, row.x, y, pen->value, INK_MOON, "perilune");
  canvas_text(pen->on, x + 14 * pen->unit, y, pen->value, INK_BRIGHT, status->name);
  snprintf(text, sizeof text, "%02d:%04.1f", (int)(status->time / 60), fmod(floor(status->time * 10) / 10, 60));
  canvas_text_right(pen->on, row.x + row.width, y, pen->value, INK_TEXT, text);
}

static float draw_figure(const pen *pen, float x, float y, colour ink, const char *value, const char *label) {
  x += canvas_text(pen->on, x, y, pen->value, ink, value) + 6 * pen->unit;
  float drop = rounded(CANVAS_TEXT_HEIGHT * (pen->value - pen->label));
  return x + canvas_text(pen->on, x, y + drop, pen->label, INK_FAINT, label) + 26 * pen->unit;
}

static void draw_footer(const pen *pen, box row, const host_status *status) {
  char text[96];
  float x = row.x, y = rounded(row.y);
  snprintf(text, sizeof text, "%u", status->stats.sources_playing);
  x = draw_figure(pen, x, y, INK_BRIGHT, text, "playing");
  snprintf(text, sizeof text, "%u", status->stats.sources_scheduled);
  x = draw_figure(pen, x, y, INK_BRIGHT, text, "scheduled");
  snprintf(text, sizeof text, "%.1f %%", status->stats.load * 100);
  x = draw_figure(pen, x, y, status->stats.load > 0.8 ? INK_RED : INK_BRIGHT, text, "load");
  snprintf(text, sizeof text, "%llu", (unsigned long long)status->stats.underruns);
  x = draw_figure(pen, x, y, status->stats.underruns ? INK_RED : INK_BRIGHT, text,
                  status->stats.underruns == 1 ? "underrun" : "underruns");
  snprintf(text, sizeof text, "%s  %.0f Hz  %u frames", status->device.name, status->sample_rate,
           status->device.block_size);
  float drop = rounded(CANVAS_TEXT_HEIGHT * (pen->value - pen->label));
  if (x + canvas_text_width(pen->label, text) <= row.x + row.width)
    canvas_text_right(pen->on, row.x + row.width, y + drop, pen->label, INK_FAINT, text);
}

/* ---- Layouts ----------------------------------------------------------------------------------------------------- */

static void draw_panels(const pen *pen, const scene *scene, const host_status *status) {
  float unit = pen->unit, width = (float)pen->on->width, height = (float)pen->on->height;
  float margin = 18 * unit, gap = 12 * unit, side = rounded(150 * unit);
  float top = rounded(52 * unit), bottom = rounded(height - 50 * unit);
  float left_width = width - 2 * margin - gap - side, wave_height = rounded((bottom - top - gap) * 0.4f);
  draw_header(pen, (box){margin, 20 * unit, width - 2 * margin, 0}, status);
  draw_wave(pen, (box){margin, top, left_width, wave_height}, status);
  draw_spectrum(pen, (box){margin, top + wave_height + gap, left_width, bottom - top - wave_height - gap}, status,
                scene->spectrum);
  draw_levels(pen, (box){width - margin - side, top, side, bottom - top}, status);
  draw_footer(pen, (box){margin, height - 32 * unit, width - 2 * margin, 0}, status);
}

/* A meter that lies: one line a channel. */
static void draw_lying_levels(const pen *pen, box outer, const host_status *status) {
  uint32_t channels = status->channels < PERI_VIEW_CHANNELS ? status->channels : PERI_VIEW_CHANNELS;
  float step = outer.height / (float)channels, gap = step > 4 ? 2 : 0;
  for (uint32_t c = 0; c < channels; c++) {
    bool known = status->has_view && c < status->view.channels;
    float peak = known ? meter_part((float)status_decibels(status->view.peak[c])) : 0;
    float loud = known ? meter_part((float)status_decibels(status->view.rms[c])) : 0;
    colour ink = peak >= meter_part(-1) ? INK_RED : peak >= meter_part(-9) ? INK_AMBER : INK_GREEN;
    float y = rounded(outer.y + step * (float)c), tall = rounded(step - gap);
    canvas_fill(pen->on, outer.x, y, outer.width, tall, INK_TRACK);
    canvas_fill(pen->on, outer.x, y, outer.width * peak, tall, colour_mix(INK_TRACK, ink, 0.38f));
    canvas_fill(pen->on, outer.x, y, outer.width * loud, tall, ink);
  }
}

static void draw_small_wave(const pen *pen, box outer, const host_status *status) {
  enum { COLUMNS = 512 };
  float heights[COLUMNS], middle = rounded(outer.y + outer.height / 2) + 0.5f, reach = outer.height / 2;
  int columns = (int)outer.width > COLUMNS ? COLUMNS : (int)outer.width;
  canvas_fill(pen->on, outer.x, middle - 0.5f, outer.width, 1, INK_GRID);
  if (!status->has_view) return;
  const float *samples = status->view.waveform + trigger(status->view.waveform);
  for (int i = 0; i < columns; i++)
    heights[i] = middle - fmaxf(fminf(samples[i * WAVE_FRAMES / columns], 1), -1) * reach;
  canvas_curve(pen->on, (int)outer.x, heights, columns, fmaxf(1.2f * pen->unit, 1), INK_MOON);
}

/* What is left of the host's own scene at the foot of a window on which a script draws. */
static void draw_strip(const pen *pen, box row, const host_status *status) {
  float unit = pen->unit, margin = 18 * unit, text_y = rounded(row.y + (row.height - 7 * pen->value) / 2);
  canvas_fill(pen->on, row.x, row.y, row.width, row.height, INK_PANEL);
  canvas_fill(pen->on, row.x, row.y, row.width, 1, INK_GRID);
  float x = margin + canvas_text(pen->on, margin, text_y, pen->value, INK_MOON, "perilune");
  canvas_text(pen->on, x + 14 * unit, text_y, pen->value, INK_BRIGHT, status->name);
  char text[64];
  snprintf(text, sizeof text, "%02d:%04.1f", (int)(status->time / 60), fmod(floor(status->time * 10) / 10, 60));
  float right = row.width - margin;
  canvas_text_right(pen->on, right, text_y, pen->value, INK_TEXT, text);
  right -= 100 * unit;
  box levels = {rounded(right - 170 * unit), rounded(row.y + 20 * unit), rounded(170 * unit), rounded(20 * unit)};
  draw_lying_levels(pen, levels, status);
  box wave = {rounded(levels.x - 218 * unit), rounded(row.y + 10 * unit), rounded(200 * unit), rounded(40 * unit)};
  draw_small_wave(pen, wave, status);
  snprintf(text, sizeof text, "%u", status->stats.sources_playing);
  if (status->stats.underruns) snprintf(text, sizeof text, "%llu", (unsigned long long)status->stats.underruns);
  const char *label = status->stats.underruns ? "underruns" : "playing";
  float wide = canvas_text_width(pen->value, text) + 6 * unit + canvas_text_width(pen->label, label) + 20 * unit;
  draw_figure(pen, wave.x - wide, text_y, status->stats.underruns ? INK_RED : INK_BRIGHT, text, label);
}

/* The script's drawing in the middle above, the strip below. */
static void draw_stage(const pen *pen, const host_status *status) {
  float width = (float)pen->on->width, height = (float)pen->on->height, strip = rounded(60 * pen->unit);
  float scale = fminf(width / DRAWING_WIDTH, (height - strip) / DRAWING_HEIGHT);
  float left = rounded((width - DRAWING_WIDTH * scale) / 2);
  float top = rounded((height - strip - DRAWING_HEIGHT * scale) / 2);
  drawing_show(status->drawing, pen->on, left, top, scale);
  draw_strip(pen, (box){0, height - strip, width, strip}, status);
}

void scene_draw(scene *scene, canvas *canvas, const host_status *status, double now) {
  float unit = fmaxf(fminf((float)canvas->width / DESIGN_WIDTH, (float)canvas->height / DESIGN_HEIGHT), 0.6f);
  pen pen = {canvas, unit, canvas_text_scale(1.5f * unit), canvas_text_scale(2 * unit)};
  settle_spectrum(scene, status, now);
  canvas_clear(canvas, INK_GROUND);
  if (status->drawing)
    draw_stage(&pen, status);
  else
    draw_panels(&pen, scene, status);
  if (status->error) error_panel_draw(canvas, unit, status->error);
}
