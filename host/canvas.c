#include "canvas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stb/stb_easy_font.h>
#include <stb/stb_image_write.h>

bool canvas_make(canvas *on, int width, int height) {
  on->width = width;
  on->height = height;
  on->pixels = calloc((size_t)width * (size_t)height, sizeof(colour));
  canvas_unclip(on);
  return on->pixels != NULL;
}

void canvas_free(canvas *on) {
  free(on->pixels);
  *on = (struct canvas){0};
}

void canvas_clear(canvas *on, colour ink) {
  size_t count = (size_t)on->width * (size_t)on->height;
  for (size_t i = 0; i < count; i++) on->pixels[i] = ink;
}

void canvas_clip(canvas *on, float x, float y, float width, float height) {
  on->clip.left = fminf(fmaxf(x, 0), (float)on->width);
  on->clip.top = fminf(fmaxf(y, 0), (float)on->height);
  on->clip.right = fminf(fmaxf(x + width, on->clip.left), (float)on->width);
  on->clip.bottom = fminf(fmaxf(y + height, on->clip.top), (float)on->height);
}

void canvas_unclip(canvas *on) { canvas_clip(on, 0, 0, (float)on->width, (float)on->height); }

static uint8_t mix(uint8_t from, uint8_t to, float part) {
  return (uint8_t)((float)from + ((float)to - (float)from) * part + 0.5f);
}

colour colour_mix(colour from, colour to, float part) {
  return (colour){mix(from.r, to.r, part), mix(from.g, to.g, part), mix(from.b, to.b, part), mix(from.a, to.a, part)};
}

/* `weight` of 256 parts of the ink. */
static colour blend(colour under, colour ink, int weight) {
  return (colour){
      (uint8_t)(under.r + (ink.r - under.r) * weight / 256),
      (uint8_t)(under.g + (ink.g - under.g) * weight / 256),
      (uint8_t)(under.b + (ink.b - under.b) * weight / 256),
      255,
  };
}

/* Pixels from left to right of one row, those at the ends in part. */
static void fill_row(colour *row, float left, float right, colour ink, float cover) {
  float weight = cover * (float)ink.a * (256 / 255.0f);
  int first = (int)left, last = (int)right;
  if (first == last) {
    row[first] = blend(row[first], ink, (int)(weight * (right - left) + 0.5f));
    return;
  }
  row[first] = blend(row[first], ink, (int)(weight * ((float)first + 1 - left) + 0.5f));
  int whole = (int)(weight + 0.5f);
  for (int x = first + 1; x < last; x++) row[x] = whole == 256 ? ink : blend(row[x], ink, whole);
  if (right > (float)last) row[last] = blend(row[last], ink, (int)(weight * (right - (float)last) + 0.5f));
}

void canvas_fill(canvas *on, float x, float y, float width, float height, colour ink) {
  float left = fmaxf(x, on->clip.left), right = fminf(x + width, on->clip.right);
  float top = fmaxf(y, on->clip.top), bottom = fminf(y + height, on->clip.bottom);
  if (!(right > left && bottom > top)) return;
  for (int row = (int)top; (float)row < bottom; row++) {
    float low = (float)row > top ? (float)row : top, high = (float)row + 1 < bottom ? (float)row + 1 : bottom;
    fill_row(on->pixels + (size_t)row * (size_t)on->width, left, right, ink, high - low);
  }
}

void canvas_panel(canvas *on, float x, float y, float width, float height, float radius, colour ink) {
  float right = floorf(x + width + 0.5f), bottom = floorf(y + height + 0.5f); /* parts of pixels would show as seams */
  x = floorf(x + 0.5f), y = floorf(y + 0.5f), radius = floorf(radius + 0.5f);
  width = right - x, height = bottom - y;
  canvas_fill(on, x, y + radius, width, height - 2 * radius, ink);
  for (int row = 0; row < (int)radius; row++) {
    float rise = radius - ((float)row + 0.5f);
    float inset = radius - sqrtf(fmaxf(radius * radius - rise * rise, 0));
    canvas_fill(on, x + inset, y + (float)row, width - 2 * inset, 1, ink);
    canvas_fill(on, x + inset, y + height - (float)row - 1, width - 2 * inset, 1, ink);
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
  for (; *text && length + 1 < TEXT_MOST; text++) {
    if (((unsigned char)*text & 0xC0) == 0x80) continue; /* one mark stands for a character of several bytes */
    into[length++] = *text >= ' ' && *text <= '~' ? *text : *text == '\t' ? ' ' : '?';
  }
  into[length] = 0;
}

float canvas_text_scale(float scale) { return fmaxf(floorf(scale * 2 + 0.5f) / 2, 1); }

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

static void write_piece(void *file, void *bytes, int size) { fwrite(bytes, 1, (size_t)size, file); }

/* stbi_write_png would not notice a full disk. */
bool canvas_save(const canvas *on, const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) return false;
  bool made = stbi_write_png_to_func(write_piece, file, on->width, on->height, 4, on->pixels, on->width * 4) != 0;
  bool well = made && !ferror(file);
  return fclose(file) == 0 && well;
}
