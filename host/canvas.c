#include "canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <stb/stb_easy_font.h>
#include <stb/stb_image_write.h>

bool canvas_make(canvas *on, int width, int height) {
  on->width = width;
  on->height = height;
  on->pixels = calloc((size_t)width * (size_t)height, sizeof(colour));
  return on->pixels != NULL;
}

void canvas_free(canvas *on) {
  free(on->pixels);
  *on = (struct canvas){ 0 };
}

void canvas_clear(canvas *on, colour ink) {
  size_t count = (size_t)on->width * (size_t)on->height;
  for (size_t i = 0; i < count; i++) on->pixels[i] = ink;
}

static uint8_t mix(uint8_t from, uint8_t to, float part) {
  return (uint8_t)((float)from + ((float)to - (float)from) * part + 0.5f);
}

colour colour_mix(colour from, colour to, float part) {
  return (colour){ mix(from.r, to.r, part), mix(from.g, to.g, part), mix(from.b, to.b, part), mix(from.a, to.a, part) };
}

static void blend(canvas *on, int x, int y, colour ink, float cover) {
  colour *pixel = &on->pixels[(size_t)y * (size_t)on->width + (size_t)x];
  colour blended = colour_mix(*pixel, ink, cover * (float)ink.a / 255.0f);
  blended.a = 255;
  *pixel = blended;
}

/* How much of the pixel at `index` lies between `from` and `to`. */
static float covered(int index, float from, float to) {
  float low = fmaxf(from, (float)index), high = fminf(to, (float)index + 1);
  return fmaxf(high - low, 0);
}

void canvas_fill(canvas *on, float x, float y, float width, float height, colour ink) {
  float left = fmaxf(x, 0), top = fmaxf(y, 0);
  float right = fminf(x + width, (float)on->width), bottom = fminf(y + height, (float)on->height);
  if (!(right > left && bottom > top)) return;
  int last_x = (int)ceilf(right), last_y = (int)ceilf(bottom);
  for (int row = (int)top; row < last_y; row++) {
    float part = covered(row, top, bottom);
    for (int column = (int)left; column < last_x; column++)
      blend(on, column, row, ink, part * covered(column, left, right));
  }
}

void canvas_panel(canvas *on, float x, float y, float width, float height, float radius, colour ink) {
  canvas_fill(on, x, y + radius, width, height - 2 * radius, ink);
  int rows = (int)ceilf(radius);
  for (int row = 0; row < rows; row++) {
    float rise = radius - ((float)row + 0.5f);
    float inset = radius - sqrtf(fmaxf(radius * radius - rise * rise, 0));
    float part = fminf(radius - (float)row, 1);
    canvas_fill(on, x + inset, y + (float)row, width - 2 * inset, part, ink);
    canvas_fill(on, x + inset, y + height - (float)row - part, width - 2 * inset, part, ink);
  }
}

void canvas_curve(canvas *on, int x, const float *heights, int count, float thickness, colour ink) {
  for (int i = 0; i < count; i++) {
    float left = i > 0 ? (heights[i - 1] + heights[i]) / 2 : heights[i];
    float right = i + 1 < count ? (heights[i + 1] + heights[i]) / 2 : heights[i];
    float top = fminf(heights[i], fminf(left, right)) - thickness / 2;
    float bottom = fmaxf(heights[i], fmaxf(left, right)) + thickness / 2;
    canvas_fill(on, (float)(x + i), top, 1, bottom - top, ink);
  }
}

#define TEXT_MOST 160
#define TEXT_ASCENT 1.0f /* rows that stb_easy_font leaves above its capitals */

typedef struct {
  float x, y, z;
  uint8_t ink[4];
} text_corner;

/* stb_easy_font wants a writable ASCII string. */
static void plain(char into[TEXT_MOST], const char *text) {
  size_t length = 0;
  for (; *text && length + 1 < TEXT_MOST; text++) into[length++] = *text >= ' ' && *text <= '~' ? *text : '?';
  into[length] = 0;
}

float canvas_text_width(float scale, const char *text) {
  char line[TEXT_MOST];
  plain(line, text);
  return (float)stb_easy_font_width(line) * scale;
}

float canvas_text(canvas *on, float x, float y, float scale, colour ink, const char *text) {
  char line[TEXT_MOST];
  plain(line, text);
  text_corner *corners = malloc(TEXT_MOST * 512);
  if (!corners) return 0;
  int quads = stb_easy_font_print(0, 0, line, NULL, corners, TEXT_MOST * 512);
  for (int i = 0; i < quads; i++) {
    const text_corner *from = &corners[i * 4], *to = &corners[i * 4 + 2];
    canvas_fill(on, x + from->x * scale, y + (from->y - TEXT_ASCENT) * scale, (to->x - from->x) * scale,
                (to->y - from->y) * scale, ink);
  }
  free(corners);
  return canvas_text_width(scale, text);
}

float canvas_text_right(canvas *on, float right, float y, float scale, colour ink, const char *text) {
  return canvas_text(on, right - canvas_text_width(scale, text), y, scale, ink, text);
}

float canvas_text_centred(canvas *on, float centre, float y, float scale, colour ink, const char *text) {
  float left = floorf(centre - canvas_text_width(scale, text) / 2 + 0.5f);
  return canvas_text(on, left, y, scale, ink, text);
}

bool canvas_save(const canvas *on, const char *path) {
  return stbi_write_png(path, on->width, on->height, 4, on->pixels, on->width * 4) != 0;
}
