#include <math.h>
#include <stdio.h>

#include "perilune/perilune.h"
#include "picture.h"

#define LABEL 1.5f /* text scales */
#define TITLE 2.0f
#define LEFT 74.0f
#define RIGHT 86.0f /* room for the scale of colours */
#define TOP 52.0f
#define BOTTOM 46.0f
#define GAP 16.0f
#define WAVES_PART 0.3f /* of the height, for the waveforms */

#define LOUDEST 0.0 /* dB at the ends of the scale of colours */
#define QUIETEST (-100.0)
#define LOWEST_HZ 40.0

typedef struct {
  float x, y, width, height;
} box;

/* The colour map "inferno" by Nathaniel Smith and Stéfan van der Walt, as Matt Zucker's polynomial. Its lightness grows
 * evenly, so that equal steps of level look equal. */
static colour heat(double part) {
  static const double C[7][3] = {
      {0.0002189403691192265, 0.001651004631001012, -0.01948089843709184},
      {0.1065134194856116, 0.5639564367884091, 3.932712388889277},
      {11.60249308247187, -3.972853965665698, -15.9423941062914},
      {-41.70399613139459, 17.43639888205313, 44.35414519872813},
      {77.162935699427, -33.40235894210092, -81.80730925738993},
      {-71.31942824499214, 32.62606426397723, 73.20951985803202},
      {25.13112622477341, -12.24266895238567, -23.07032500287172},
  };
  double rgb[3];
  part = fmax(fmin(part, 1), 0);
  for (int i = 0; i < 3; i++) {
    double value = C[6][i];
    for (int power = 5; power >= 0; power--) value = value * part + C[power][i];
    rgb[i] = fmax(fmin(value, 1), 0) * 255;
  }
  return (colour){(uint8_t)lrint(rgb[0]), (uint8_t)lrint(rgb[1]), (uint8_t)lrint(rgb[2]), 255};
}

static void text_left_of(canvas *canvas, float x, float y, const char *text) {
  canvas_text_right(canvas, x - 10, floorf(y - CANVAS_TEXT_HEIGHT * LABEL / 2 + 0.5f), LABEL, INK_FAINT, text);
}

static double seconds_of(const picture_columns *columns) {
  return columns->frames ? (double)columns->frames / columns->sample_rate : 1;
}

/* ---- Waveforms --------------------------------------------------------------------------------------------------- */

/* From a column before, so that neighbours join. */
static picture_range range_between(const picture_columns *columns, uint32_t channel, double from, double to) {
  int first = from >= 1 ? (int)from - 1 : 0, last = (int)ceil(to) - 1;
  if (last < first) last = first;
  picture_range range = {0, 0};
  for (int i = first; i <= last && i < columns->waves; i++) {
    const picture_range *column = &columns->wave[i][channel];
    range.low = i == first ? column->low : fminf(range.low, column->low);
    range.high = i == first ? column->high : fmaxf(range.high, column->high);
  }
  return range;
}

static void draw_wave(canvas *canvas, box plot, const picture_columns *columns, uint32_t channel) {
  float middle = floorf(plot.y + plot.height / 2) + 0.5f, reach = plot.height / 2 - 2;
  canvas_fill(canvas, plot.x, plot.y, plot.width, plot.height, INK_PANEL);
  canvas_fill(canvas, plot.x, middle - 0.5f, plot.width, 1, INK_GRID);
  double step = (double)columns->frames / (double)columns->wave_hop / plot.width;
  for (int x = 0; x < (int)plot.width && columns->waves; x++) {
    picture_range range = range_between(columns, channel, x * step, (x + 1) * step);
    float top = middle - fminf(range.high, 1) * reach, bottom = middle - fmaxf(range.low, -1) * reach;
    bool clips = range.high > 1 || range.low < -1;
    canvas_fill(canvas, plot.x + (float)x, top - 0.5f, 1, bottom - top + 1, clips ? INK_RED : INK_MOON);
  }
}

static const char *channel_name(uint32_t channels, uint32_t channel, char name[16]) {
  if (channels == 1) return "mono";
  if (channels == 2) return channel == 0 ? "left" : "right";
  snprintf(name, 16, "%u", channel + 1);
  return name;
}

static void draw_waves(canvas *canvas, box plot, const picture_columns *columns) {
  float gap = 4, height = floorf((plot.height - gap * (float)(columns->channels - 1)) / (float)columns->channels);
  for (uint32_t c = 0; c < columns->channels; c++) {
    char name[16];
    box wave = {plot.x, plot.y + (height + gap) * (float)c, plot.width, height};
    draw_wave(canvas, wave, columns, c);
    text_left_of(canvas, wave.x, wave.y + wave.height / 2, channel_name(columns->channels, c, name));
  }
}

/* ---- Spectrogram ------------------------------------------------------------------------------------------------- */

static double level_at(const picture_columns *columns, double column, double bin) {
  double x = fmax(fmin(column, columns->spectra - 1), 0), y = fmax(fmin(bin, PERI_VIEW_SPECTRUM - 1), 0);
  int left = (int)x, low = (int)y;
  int right = left + 1 < columns->spectra ? left + 1 : left, high = low + 1 < PERI_VIEW_SPECTRUM ? low + 1 : low;
  const int8_t *a = columns->spectrum + (size_t)left * PERI_VIEW_SPECTRUM;
  const int8_t *b = columns->spectrum + (size_t)right * PERI_VIEW_SPECTRUM;
  double part = y - low, from = a[low] * (1 - part) + a[high] * part, to = b[low] * (1 - part) + b[high] * part;
  return from + (to - from) * (x - left);
}

/* The loudest of the columns and bins that fall into one pixel; between them where pixels lie closer than these. */
static double level_of_pixel(const picture_columns *columns, double column, double width, double bin, double height) {
  double loudest = level_at(columns, column, bin);
  for (double x = column - width / 2; width > 1 && x <= column + width / 2; x++)
    loudest = fmax(loudest, level_at(columns, floor(x), bin));
  for (double y = bin - height / 2; height > 1 && y <= bin + height / 2; y++)
    loudest = fmax(loudest, level_at(columns, column, floor(y)));
  return loudest;
}

static double highest_hertz(const picture_columns *columns) { return fmin(columns->sample_rate / 2, 22000); }

static void draw_spectrogram(canvas *canvas, box plot, const picture_columns *columns) {
  double highest = highest_hertz(columns), octaves = log(highest / LOWEST_HZ);
  double step = (double)columns->frames / (double)columns->spectrum_hop / plot.width;
  double bins = PERI_VIEW_SPECTRUM * 2 / columns->sample_rate;
  canvas_fill(canvas, plot.x, plot.y, plot.width, plot.height, heat(0));
  for (int y = 0; y < (int)plot.height && columns->spectra; y++) {
    double bin = LOWEST_HZ * exp(octaves * (1 - (y + 0.5) / plot.height)) * bins;
    double height = bin * octaves / plot.height;
    for (int x = 0; x < (int)plot.width; x++) {
      double level = level_of_pixel(columns, (x + 0.5) * step - 0.5, step, bin, height);
      canvas_fill(canvas, plot.x + (float)x, plot.y + (float)y, 1, 1, heat((level - QUIETEST) / (LOUDEST - QUIETEST)));
    }
  }
}

/* ---- Axes -------------------------------------------------------------------------------------------------------- */

static void draw_frequencies(canvas *canvas, box plot, const picture_columns *columns) {
  static const struct {
    double hertz;
    const char *label;
  } TICKS[] = {{50, "50 Hz"}, {100, "100"}, {200, "200"},   {500, "500"},  {1000, "1 kHz"},
               {2000, "2k"},  {5000, "5k"}, {10000, "10k"}, {20000, "20k"}};
  double highest = highest_hertz(columns);
  colour line = INK_BRIGHT;
  line.a = 26;
  for (size_t i = 0; i < sizeof TICKS / sizeof *TICKS && TICKS[i].hertz < highest; i++) {
    double part = log(TICKS[i].hertz / LOWEST_HZ) / log(highest / LOWEST_HZ);
    float y = floorf(plot.y + plot.height * (float)(1 - part));
    canvas_fill(canvas, plot.x, y, plot.width, 1, line);
    canvas_fill(canvas, plot.x - 6, y, 6, 1, INK_FAINT);
    text_left_of(canvas, plot.x, y, TICKS[i].label);
  }
}

/* A step of 1, 2 or 5 times a power of ten, or of whole minutes, that makes about ten. */
static double time_step(double seconds) {
  static const double LONG[] = {10, 20, 30, 60, 120, 300, 600};
  for (size_t i = 0; seconds > 50 && i < sizeof LONG / sizeof *LONG; i++)
    if (seconds / LONG[i] <= 12) return LONG[i];
  double step = pow(10, floor(log10(seconds / 10)));
  while (seconds / step > 12) step *= seconds / step > 25 ? 5 : 2;
  return step;
}

static void draw_times(canvas *canvas, box plot, const picture_columns *columns) {
  double seconds = seconds_of(columns), step = time_step(seconds);
  int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
  for (int i = 0; i * step <= seconds * 1.0001; i++) {
    char label[32];
    float x = floorf(plot.x + plot.width * (float)(i * step / seconds));
    snprintf(label, sizeof label, i ? "%.*f" : "%.*f s", i ? decimals : 0, i * step);
    canvas_fill(canvas, x, plot.y + plot.height, 1, 6, INK_FAINT);
    canvas_text_centred(canvas, x, plot.y + plot.height + 14, LABEL, INK_FAINT, label);
  }
}

static void draw_scale(canvas *canvas, box bar) {
  for (int y = 0; y < (int)bar.height; y++)
    canvas_fill(canvas, bar.x, bar.y + (float)y, bar.width, 1, heat(1 - (y + 0.5) / bar.height));
  for (double level = LOUDEST; level >= QUIETEST; level -= 20) {
    char label[16];
    float y = floorf(bar.y + bar.height * (float)((LOUDEST - level) / (LOUDEST - QUIETEST)));
    snprintf(label, sizeof label, level == LOUDEST ? "%.0f dB" : "%.0f", level);
    canvas_fill(canvas, bar.x + bar.width, y, 4, 1, INK_FAINT);
    canvas_text(canvas, bar.x + bar.width + 9, floorf(y - CANVAS_TEXT_HEIGHT * LABEL / 2 + 0.5f), LABEL, INK_FAINT,
                label);
  }
}

void picture_draw(canvas *canvas, const picture_columns *columns, const char *title) {
  char text[96];
  float width = (float)canvas->width - LEFT - RIGHT, height = (float)canvas->height - TOP - BOTTOM;
  float waves = floorf(height * WAVES_PART);
  box above = {LEFT, TOP, width, waves};
  box below = {LEFT, TOP + waves + GAP, width, height - waves - GAP};
  canvas_clear(canvas, INK_GROUND);
  canvas_text(canvas, LEFT, 20, TITLE, INK_BRIGHT, title);
  snprintf(text, sizeof text, "%.2f s   %.0f Hz   %u channel%s", (double)columns->frames / columns->sample_rate,
           columns->sample_rate, columns->channels, columns->channels == 1 ? "" : "s");
  canvas_text_right(canvas, LEFT + width, 23, LABEL, INK_FAINT, text);
  draw_waves(canvas, above, columns);
  draw_spectrogram(canvas, below, columns);
  draw_frequencies(canvas, below, columns);
  draw_times(canvas, below, columns);
  draw_scale(canvas, (box){LEFT + width + 16, below.y, 14, below.height});
}
